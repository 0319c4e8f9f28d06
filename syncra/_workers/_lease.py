"""One run's calls on a pool's workers: start, wait, kill; all in the thread of the run.

It is one class, and long, as all of it keeps the same books: which worker has which call.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from math import inf
from threading import RLock
from types import TracebackType
from typing import Final, Self

from syncra._workers import _failure, _messages
from syncra._workers._ahead import Ahead
from syncra._workers._answers import event_of, not_started, script_failure, unsendable
from syncra._workers._events import Died, Event, Raised, Unsendable, Untaken
from syncra._workers._function import FunctionRef
from syncra._workers._pickling import UnsendableError, describe, encode_arguments
from syncra._workers._pool import WorkerPool
from syncra._workers._remote import Call, Worker
from syncra._workers._wire import Body

_LONGEST_SLEEP: Final = 1_000_000.0
_NO_KEYWORDS: Final[Mapping[str, object]] = {}
_NOTHING: Final = Body(b"", [])


class Lease:
    """What one run does with a pool. Owned by one thread; `wake` may be called from any, or from signals.

    Each call is named by a token of the caller's and ends in exactly one event, unless it is killed or taken back.

    While calls are short, one is sent ahead to each worker, which takes it without being woken when it is done with the
    one before: a call costs 15 us then, where it costs 35. A worker that idles takes over what waits behind another.
    """

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool
        self._calls: dict[int, Worker] = {}
        """By token: the worker that has the call."""
        self._ahead = Ahead(pool.max_workers)
        self._may_send_ahead = pool.sends_ahead
        self._refused: tuple[int, Body] | None = None
        """A call that was too large to wait, as it was encoded."""
        self._reading: dict[int, Worker] = {}
        """By descriptor: workers that have calls."""
        self._events: list[Event] = []
        self.offered: Worker | None = None
        """A worker that it waited for, put there by whoever released one, under the pool's lock."""
        self._told_of_offer = False
        self.is_waiting = False
        """Whether it is in the pool's line; changes under the pool's lock too."""
        self._woken, self._waker = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(self._waker, False)
        self._poll = select.poll()
        self._poll.register(self._woken, select.POLLIN)
        self._is_woken = False
        self._waking = RLock()  # `wake` may interrupt itself, called by a signal's handler
        self._is_closed = False

    @property
    def most(self) -> int:
        """How many calls can be under way at once, those that wait behind others included."""
        return self._pool.max_workers * (2 if self._may_send_ahead else 1)

    def may_have_place(self, *, waits: bool) -> bool:
        """Whether it is worth to `start` a call now, one that may wait behind another or not."""
        if self.offered is not None or (waits and self._may_send_ahead and self._ahead.has_places):
            return True
        return not self.is_waiting and len(self._reading) < self._pool.max_workers

    @property
    def waiting(self) -> Collection[int]:
        """The tokens of calls that wait behind others, as far as is known."""
        return self._ahead.tokens

    def last_waiting(self, *, behind: int) -> int | None:
        """The token of that which goes last of these, if it goes behind this rank."""
        return self._ahead.last(behind=behind)

    def start(
        self,
        token: int,
        function: FunctionRef,
        arguments: Sequence[object] = (),
        keywords: Mapping[str, object] = _NO_KEYWORDS,
        *,
        rank: int = 0,
        until: int = 0,
        waits: bool = True,
    ) -> bool:
        """Hand one call to an idle worker, or have it wait behind a short one; False if there is no place for it now:
        `wait` returns once there may be one.

        What is wrong with the call itself is told by an event, never raised. `rank` is its place among the calls,
        smaller ones first; calls of a smaller rank than `until` may wait behind it, and it may itself if it `waits`.

        Raises:
            WorkerStartError: no worker can be started here.
            ValueError: a call with this token is still running.
        """
        if token in self._calls:
            raise ValueError(f"call {token} is still running")
        call = Call(token, function, _NOTHING, rank, until)
        while (worker := self._acquired()) is not None:
            if self._ahead.tokens and self._takes_over(worker, rank):
                continue
            try:
                call.arguments = self._encoded(token, arguments, keywords)
            except UnsendableError as error:
                self._pool.release(worker)
                self._events.append(unsendable(token, error))
                return True
            if self._hand(worker, call):
                return True
        return waits and self._sends_ahead(call, arguments, keywords)

    def take_back(self, token: int) -> bool:
        """Whether the call was waiting behind another, and now won't be made; False: a worker has begun it."""
        return token in self._ahead.tokens and self._taken_back(token) is not None

    def wait(self, timeout: float | None = None) -> list[Event]:
        """Block until a call has ended, there may be a place after `start` gave False, or time is over.

        Gives the events since the last time, which are none where it was for one of the other reasons, or
        `wake`.

        Raises:
            WorkerStartError: workers cannot be started here, or cannot import the script.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        if self._ahead.tokens:
            self._spread()
        self._decline_offer()
        while not self._events and self.offered is None:
            rest = None if deadline is None else _milliseconds(deadline - time.monotonic())
            ready = self._poll.poll(rest)
            if self._collect_all(ready) or not ready:
                break
        if self._is_woken:
            self._sleep_again()
        self._told_of_offer = self.offered is not None
        events, self._events = self._events, []
        return events

    def wake(self) -> None:
        """Make the `wait` that is under way, or the next one, return."""
        with self._waking, suppress(BlockingIOError):  # full: enough wakers have been here
            if not self._is_closed:
                self._is_woken = True
                os.write(self._waker, b"w")

    def kill(self, token: int) -> None:
        """End the call, and the process that runs it; no event follows, and when this returns it is gone.

        So is a call that waits behind it; nothing happens if this one has gone that way.
        """
        worker = self._calls.get(token)
        if worker is not None:
            self._let_go(worker)
            self._pool.discard(worker)

    def close(self) -> None:
        """Kill what still runs and give the other workers back."""
        if self._is_closed:
            return
        for worker in self._pool.leave(self):
            if worker is self.offered:
                self._pool.release(worker)
            else:
                self._pool.discard(worker)
        self.offered = None
        self._calls.clear()
        self._ahead = Ahead(0)
        self._reading.clear()
        with self._waking:
            self._is_closed = True
            os.close(self._woken)
            os.close(self._waker)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _acquired(self) -> Worker | None:
        offered = self.offered
        if offered is None:
            # In line it is told when there is one, and what becomes of its own it learns from `wait`: no need to ask.
            is_told = self.is_waiting or len(self._reading) == self._pool.max_workers
            return None if is_told else self._pool.acquire(self)
        self.offered = None
        return offered

    def _hand(self, worker: Worker, call: Call) -> bool:
        """Hand the call to a worker that has none; False: it had died while it was idle, and nobody's call is lost."""
        try:
            worker.call(call)
        except ConnectionError:
            ending = self._pool.discard(worker)
            self._pool.check_usable()  # closed under a run, as is said then
            if worker.is_fresh():
                raise not_started(ending) from None
            return False
        except (UnsendableError, MemoryError) as error:
            self._pool.release(worker)
            self._events.append(unsendable(call.token, error))
            return True
        self._calls[call.token] = worker
        self._reading[worker.channel.fileno] = worker
        self._poll.register(worker.channel.fileno, select.POLLIN)
        self._ahead.began(worker)
        return True

    def _sends_ahead(self, call: Call, arguments: Sequence[object], keywords: Mapping[str, object]) -> bool:
        """Whether the call was sent to wait behind another, or can't be sent at all."""
        if not self._may_send_ahead or self._pool.is_wanted(self):
            return False
        try:
            self._move_on()
            worker = self._ahead.place_for(call)
            if worker is None:
                return False
            call.arguments = self._encoded(call.token, arguments, keywords)
            if call.arguments.is_large:
                self._refused = call.token, call.arguments
                return False
            self._ahead.send(worker, call)
        except UnsendableError as error:
            self._events.append(unsendable(call.token, error))
            return True
        except ConnectionError:  # the pool was closed, as `wait` will say
            return False
        self._calls[call.token] = worker
        return True

    def _move_on(self) -> None:
        """Have a call that has been overtaken often wait behind another one."""
        late = self._ahead.overtaken()
        worker = None if late is None else self._ahead.place_for(late)
        if late is None or worker is None or not self.take_back(late.token):
            return
        self._ahead.send(worker, late)
        self._calls[late.token] = worker

    def _encoded(self, token: int, arguments: Sequence[object], keywords: Mapping[str, object]) -> Body:
        refused = self._refused
        if refused is not None and refused[0] == token:
            self._refused = None
            return refused[1]
        return encode_arguments(arguments, keywords)

    def _spread(self) -> None:
        """Let workers that idle take over what waits behind others; let nothing wait while other leases do."""
        if self._pool.is_wanted(self):
            self._events += [Untaken(token) for token in tuple(self._ahead.tokens) if self.take_back(token)]
        while self._ahead.tokens and (worker := self._acquired()) is not None:
            if not self._takes_over(worker):
                self._pool.release(worker)

    def _takes_over(self, worker: Worker, rank: float = inf) -> bool:
        """Whether the worker, which has no call, has got the first one that waits.

        With a rank there is another call for it, and it gets this one only if that goes before and won't begin at once.
        """
        while (first := self._ahead.first(before=rank)) is not None:
            if rank < inf and self._calls[first].has_just_begun():
                return False  # there is something else for the worker, and this begins as soon
            call = self._taken_back(first)
            if call is not None:
                if not self._hand(worker, call):
                    self._events.append(Untaken(first))
                return True
        return False

    def _taken_back(self, token: int) -> Call | None:
        """The call that is waiting behind another; None: it has been begun."""
        try:
            found = self._ahead.take_back(self._calls[token], token)
        except ConnectionError:
            self._pool.check_usable()  # closed under a run, as is said then
            raise
        if found is not None:
            del self._calls[token]
        return found

    def _decline_offer(self) -> None:
        """A worker that was on offer when `wait` last returned, and was not used, is for others."""
        if self._told_of_offer and self.offered is not None:
            self._pool.release(self.offered)
            self.offered = None

    def _sleep_again(self) -> None:
        """Whoever has called `wake` until now has been answered."""
        self._is_woken = False
        with suppress(BlockingIOError):  # it is only just being called: then the next `wait` returns too
            os.read(self._woken, 4_096)

    def _collect_all(self, ready: list[tuple[int, int]]) -> bool:
        """Turn what is there to read into events; whether somebody has called `wake`."""
        woken = False
        for descriptor, _ in ready:
            if descriptor == self._woken:
                woken = True
                continue
            worker = self._reading[descriptor]
            self._collect(worker)
            while descriptor in self._reading and worker.channel.has_more:  # or it may be another lease's by now
                self._collect(worker)
        return woken

    def _collect(self, worker: Worker) -> None:
        """Turn the worker's next message into an event, if it comes to one."""
        try:
            answer = self._answer(worker)
        except (EOFError, ConnectionError):
            self._died(worker)
            return
        except MemoryError as error:
            refusal = UnsendableError("the result", str(error))
            self._events.append(Raised(self._answered(worker, _messages.RAISED), refusal, ""))
            return
        if answer is None:
            return
        kind, body = answer
        if kind == _messages.UNDEFINED:
            self._define_by_value(worker, body)
        elif kind == _messages.SCRIPT_FAILED:
            self._let_go(worker)
            self._pool.discard(worker)
            raise script_failure(body)
        else:
            self._events.append(event_of(self._answered(worker, kind), kind, body))

    def _answer(self, worker: Worker) -> tuple[int, Body] | None:
        """The worker's answer to its call, after all that is said before it; None while it is not there.

        Raises:
            EOFError, ConnectionError: the worker is dead.
            MemoryError: there is no room for its answer.
        """
        while (message := worker.channel.receive(wait=False)) is not None:
            kind, number, _, body = message
            if kind == _messages.READY:
                worker.greet(number)
            elif kind == _messages.PLACED:
                worker.fill(body)
            elif kind == _messages.RETURNED_HERE:
                value = worker.take(body)
                if value is not None:
                    return _messages.RETURNED, value
            else:
                return kind, body
        return None

    def _define_by_value(self, worker: Worker, body: Body) -> None:
        """The worker did not find the function by its name: send its code, if that is not what was sent."""
        error, _ = _failure.unpack(body)
        reason = describe(error)
        try:
            if worker.call_by_value():
                return
        except UnsendableError as further:
            reason = f"{reason}; {further.reason}"
        except ConnectionError:
            self._died(worker)
            return
        refusal = UnsendableError("function", f"a worker cannot use it: {reason}")
        refusal.__cause__ = error
        self._events.append(Unsendable(self._answered(worker, _messages.UNDEFINED), "function", refusal))

    def _died(self, worker: Worker) -> None:
        """The pipe is at its end: exactly the call that the worker had begun is lost."""
        begun, unread = worker.lost()
        self._let_go(worker)
        ending = self._pool.discard(worker)
        self._pool.check_usable()  # closed under a run it takes the workers along: no call is to blame
        if not worker.is_ready:
            if ending.signal is None:
                raise not_started(ending)
            begun, unread = [*begun, *unread], []  # one that has never been ready may never be
        self._events += [Died(call.token, ending.exit_code, ending.signal) for call in begun]
        self._events += [Untaken(call.token) for call in unread]

    def _answered(self, worker: Worker, kind: int) -> int:
        """The token of the call that has ended; without another the worker may be another lease's from now on."""
        call = worker.answered(kind)
        del self._calls[call.token]
        self._ahead.ended(call)
        if worker.calls:
            self._ahead.began(worker)
        else:
            self._let_go(worker)
            self._pool.release(worker)
        return call.token

    def _let_go(self, worker: Worker) -> None:
        """Forget the worker and what calls it still has."""
        self._poll.unregister(worker.channel.fileno)
        del self._reading[worker.channel.fileno]
        self._ahead.forget(worker)
        for call in worker.calls.values():
            del self._calls[call.token]
        worker.calls.clear()


def _milliseconds(seconds: float) -> float:
    """What `poll` takes for a rest of time; it refuses more than 24 days."""
    return min(max(0.0, seconds), _LONGEST_SLEEP) * 1_000
