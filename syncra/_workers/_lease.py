"""One run's calls on a pool's workers: start, wait, kill; all in the thread of the run."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from threading import RLock
from types import TracebackType
from typing import Final, Self

from syncra import errors
from syncra._workers import _failure, _messages, _script
from syncra._workers._events import Died, Event, Raised, Returned, Unsendable, Untaken
from syncra._workers._function import FunctionRef
from syncra._workers._pickling import UnsendableError, decode, describe, encode_arguments
from syncra._workers._pool import WorkerPool, WorkerStartError
from syncra._workers._remote import Worker
from syncra._workers._starter import Ending
from syncra._workers._wire import Body, UnreadError

_LONGEST_SLEEP: Final = 1_000_000.0
_NO_KEYWORDS: Final[Mapping[str, object]] = {}


class Lease:
    """What one run does with a pool. Owned by one thread; `wake` may be called from any, or from signals.

    Each call is named by a token of the caller's and ends in exactly one event, unless it is killed.
    """

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool
        self._running: dict[int, Worker] = {}
        """By token: workers that have a call."""
        self._reading: dict[int, Worker] = {}
        """The same by descriptor."""
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
        """How many calls can be under way at once."""
        return self._pool.max_workers

    def start(
        self,
        token: int,
        function: FunctionRef,
        arguments: Sequence[object] = (),
        keywords: Mapping[str, object] = _NO_KEYWORDS,
    ) -> bool:
        """Hand one call to an idle worker; False if there is none now: `wait` returns once one may be had.

        What is wrong with the call itself is told by an event, never raised.

        Raises:
            WorkerStartError: no worker can be started here.
            ValueError: a call with this token is still running.
        """
        if token in self._running:
            raise ValueError(f"call {token} is still running")
        while (worker := self._acquired()) is not None:
            try:
                worker.call(token, function, encode_arguments(arguments, keywords))
            except ConnectionError:  # it died while it was idle: nobody's call is lost
                if worker.is_fresh():
                    raise _not_started(self._pool.discard(worker)) from None
                self._pool.discard(worker)
                continue
            except (UnsendableError, MemoryError) as error:
                what = error.what if isinstance(error, UnsendableError) else "arguments"
                self._events.append(Unsendable(token, what, error))
                self._pool.release(worker)
                return True
            self._running[token] = worker
            self._reading[worker.channel.fileno] = worker
            self._poll.register(worker.channel.fileno, select.POLLIN)
            return True
        return False

    def wait(self, timeout: float | None = None) -> list[Event]:
        """Block until a call has ended, a worker may be had after `start` gave False, or time is over.

        Gives the events since the last time, which are none where it was for one of the other reasons, or
        `wake`.

        Raises:
            WorkerStartError: workers cannot be started here, or cannot import the script.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
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

        Raises:
            KeyError: no call of this lease that still runs has this token.
        """
        worker = self._running[token]
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
        self._running.clear()
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
            return self._pool.acquire(self)
        self.offered = None
        return offered

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
            elif (event := self._collected(self._reading[descriptor])) is not None:
                self._events.append(event)
        return woken

    def _collected(self, worker: Worker) -> Event | None:
        """What the worker's next message comes to; None while its answer is not there."""
        try:
            answer = self._answer(worker)
        except UnreadError:  # what is sent last is the call
            return self._died(worker, took_call=False)
        except (EOFError, ConnectionError):
            return self._died(worker)
        except MemoryError as error:
            return Raised(self._given_back(worker), UnsendableError("the result", str(error)), "")
        if answer is None:
            return None
        kind, body = answer
        if kind == _messages.UNDEFINED:
            return self._defined_by_value(worker, body)
        if kind == _messages.SCRIPT_FAILED:
            self._let_go(worker)
            self._pool.discard(worker)
            raise _script_failure(body)
        return _ended(self._given_back(worker), kind, body)

    def _answer(self, worker: Worker) -> tuple[int, Body] | None:
        """The worker's answer to its call, after all that is said before it; None while it is not there.

        Raises:
            EOFError, ConnectionError: the worker is dead.
            MemoryError: there is no room for its answer.
        """
        while (message := worker.channel.receive(wait=False)) is not None:
            kind, number, body = message
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

    def _defined_by_value(self, worker: Worker, body: Body) -> Event | None:
        """The worker did not find the function by its name: send its code, if that is not what was sent."""
        error, _ = _failure.unpack(body)
        reason = describe(error)
        try:
            if worker.call_by_value():
                return None
        except UnsendableError as refusal:
            reason = f"{reason}; {refusal.reason}"
        except ConnectionError:
            return self._died(worker)
        unsendable = UnsendableError("function", f"a worker cannot use it: {reason}")
        unsendable.__cause__ = error
        return Unsendable(self._given_back(worker), "function", unsendable)

    def _died(self, worker: Worker, *, took_call: bool = True) -> Event:
        """The pipe is at its end: exactly this worker's call is lost."""
        token = self._let_go(worker)
        ending = self._pool.discard(worker)
        self._pool.check_usable()  # closed under a run it takes the workers along: no call is to blame
        if not worker.is_ready and ending.signal is None:
            raise _not_started(ending)
        if worker.is_ready and not took_call:  # one that has never been ready may never be
            return Untaken(token)
        return Died(token, ending.exit_code, ending.signal)

    def _given_back(self, worker: Worker) -> int:
        """The token of the call that has ended; from now on the worker may be another lease's."""
        token = self._let_go(worker)
        self._pool.release(worker)
        return token

    def _let_go(self, worker: Worker) -> int:
        self._poll.unregister(worker.channel.fileno)
        del self._reading[worker.channel.fileno]
        del self._running[worker.token]
        return worker.token


def _milliseconds(seconds: float) -> float:
    """What `poll` takes for a rest of time; it refuses more than 24 days."""
    return min(max(0.0, seconds), _LONGEST_SLEEP) * 1_000


def _ended(token: int, kind: int, body: Body) -> Event:
    """The event that a worker's answer stands for."""
    if kind == _messages.RETURNED:
        return _returned(token, body)
    error, text = _failure.unpack(body)
    if kind == _messages.UNREADABLE:
        unsendable = UnsendableError("arguments", f"they do not unpickle in a worker: {describe(error)}")
        unsendable.__cause__ = error
        return Unsendable(token, "arguments", unsendable)
    return Raised(token, error, text)


def _returned(token: int, body: Body) -> Event:
    try:
        return Returned(token, decode(body))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  a class may raise anything while it is unpickled
        unsendable = UnsendableError("the result", f"it does not unpickle in the caller: {describe(error)}")
        unsendable.__cause__ = error
        return Raised(token, unsendable, "")


def _not_started(ending: Ending) -> WorkerStartError:
    if ending.start_error is not None:
        reason = os.strerror(ending.start_error)
    elif ending.exit_code is not None:
        reason = f"it left with exit code {ending.exit_code}; what it printed says more"
    else:
        reason = "the process that starts workers is gone; what it printed says more"
    return WorkerStartError(f"a worker process could not start: {reason}", ending.exit_code)


def _script_failure(body: Body) -> WorkerStartError:
    """Why no worker can import the caller's script."""
    error, text = _failure.unpack(body)
    # The script may have met the public error, which the strategy makes of ours.
    if isinstance(error, (WorkerStartError, errors.WorkerStartError)):
        return WorkerStartError(str(error))
    failure = WorkerStartError(
        f"a worker process could not import the script: {describe(error)}\n\n{text}\n"
        f"If the script does its work as it is imported: {_script.GUARD}"
    )
    failure.__cause__ = error
    return failure
