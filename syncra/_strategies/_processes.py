"""Processes: steps in worker processes, one call at a time in each, driven by the caller's thread.

Short calls are sent ahead, each to wait behind another in its worker, so that a worker need not be woken for each. That
changes nothing of what runs when: what waits is taken back when something else goes before it, or nothing shall begin
any more.

Views, and whatever else is too small to be worth sending, are called in the caller's process. Values are checked there
before they are sent. An async task is awaited in its worker.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Collection, Mapping, Sequence
from contextvars import Context, copy_context
from heapq import heappop, heappush
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Literal, Protocol, get_args

from syncra._programs._steps import Job
from syncra._runs._run import Run
from syncra._strategies._calling import timed_out
from syncra._strategies._function_refs import function_refs
from syncra._strategies._options import is_executor, worker_count
from syncra._strategies._remote_failures import remote_failure
from syncra.errors import OptionError, WorkerStartError

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from syncra._workers import Died, Event, FunctionRef, Raised, Unsendable, Untaken, WorkerPool

__all__ = ["Processes"]

StartMethod = Literal["forkserver", "spawn"]


class Processes:
    """Runs steps in worker processes; a worker that dies costs the task that it was running and is replaced.

    Kept open by `with`, its workers stay between runs; used bare, they live as long as a run. Functions travel by name
    where a worker can import them, otherwise by value with cloudpickle (`pip install cloudpickle`); arguments and
    results are pickled.

    Args:
        max_workers: the most processes at a time, the usable processors if left out; or an executor of
            `concurrent.futures` to use, which is never closed.
        max_calls: a worker is replaced by a new process after that many calls; never, if left out.
        start_method: "forkserver", or "spawn", which starts a new interpreter for each worker.

    Raises:
        OptionError: an option makes no sense.

    Example:
        >>> from syncra import Processes
        >>> Processes(max_workers=2)
        Processes(2)
    """

    def __init__(
        self,
        max_workers: int | Executor | None = None,
        *,
        max_calls: int | None = None,
        start_method: StartMethod = "forkserver",
    ) -> None:
        if start_method not in get_args(StartMethod):
            raise OptionError(f"start_method must be 'forkserver' or 'spawn', not {start_method!r:.100}")
        self._executor = max_workers if is_executor(max_workers) else None
        self._size = 0 if is_executor(max_workers) else worker_count(max_workers, default=0)
        self._max_calls = worker_count(max_calls, default=0, option="max_calls")
        self._start_method: StartMethod = start_method
        self._kept: WorkerPool | None = None

    def __enter__(self) -> Processes:
        if self._executor is None and self._kept is None:
            self._kept = self._pool()
        return self

    def __exit__(self, *_: object) -> None:
        """End the kept workers."""
        pool, self._kept = self._kept, None
        if pool is not None:
            pool.close()

    def execute(self, run: Run, /) -> None:
        from syncra import _workers

        try:
            if self._executor is not None:
                from syncra._strategies._executor_calls import ExecutorCalls

                with ExecutorCalls(self._executor) as calls:
                    _Driver(run, calls).drive()
            elif self._kept is not None:
                with self._kept.lease() as lease:
                    _Driver(run, lease).drive()
            else:
                with self._pool() as pool, pool.lease() as lease:
                    _Driver(run, lease).drive()
        except _workers.WorkerStartError as error:
            raise WorkerStartError(str(error)) from None

    def _pool(self) -> WorkerPool:
        from syncra._workers import WorkerPool

        return WorkerPool(self._size or None, max_calls=self._max_calls or None, start_method=self._start_method)

    def __repr__(self) -> str:
        return f"Processes({self._executor or self._size or ''})"


class _Calls(Protocol):
    """Where calls are made: a lease on a pool of our own, or somebody's executor.

    Attributes:
        most: how many calls can be under way at once, those that wait behind others included.
        waiting: the tokens of the latter.
    """

    @property
    def most(self) -> int: ...
    @property
    def waiting(self) -> Collection[int]: ...
    def last_waiting(self, *, behind: int) -> int | None: ...
    def may_have_place(self, *, waits: bool) -> bool: ...
    def start(
        self,
        token: int,
        function: FunctionRef,
        arguments: Sequence[object],
        keywords: Mapping[str, object],
        *,
        rank: int,
        until: int,
        waits: bool,
    ) -> bool: ...
    def take_back(self, token: int) -> bool: ...
    def wait(self, timeout: float | None) -> Sequence[Event]: ...
    def wake(self) -> None: ...
    def kill(self, token: int) -> None: ...


class _Driver:
    """Drives one run from the caller's thread, which owns everything here but `_is_stopped`, which any may set."""

    def __init__(self, run: Run, calls: _Calls) -> None:
        from syncra import _workers

        self._run = run
        self._calls = calls
        self._most = calls.most
        self._returned = _workers.Returned
        self._context: Context = copy_context()
        self._functions = function_refs(run.program)
        self._rank = run.program.counting.rank
        self._soonest = run.program.soonest
        # Taken from the run and not under way, that which goes first at the end.
        self._held: list[Job] = []
        self._deadlines: list[tuple[float, int]] = []
        self._sent: dict[int, tuple[Job, float]] = {}  # and its deadline
        self._is_stopped = False

    def drive(self) -> None:
        self._run.when_stopped(self._stopped)
        while True:
            self._hand_out()
            if self._run.finished:
                return
            for event in self._calls.wait(self._patience()):
                self._end(event)
            self._kill_late()
            if self._is_stopped:
                self._kill_all()
            elif self._run.stopping:
                self._take_all_back()

    def _hand_out(self) -> None:
        """Hand ready steps out until there is none, or no place for one, which is held."""
        while (step := self._next()) is not None:
            if not self._run.wants(step):
                self._run.cancelled(step)
            elif step.is_local:
                self._call_here(step)
            elif not self._sends(step) and not (self._takes_back_for(step) and self._sends(step)):
                self._hold(step)
                return

    def _hold(self, step: Job) -> None:
        insort(self._held, step, key=lambda each: -self._rank[each.index])

    def _takes_back_for(self, step: Job) -> bool:
        """Whether something was waiting behind a call that the step goes before: it is held from now on."""
        last = self._calls.last_waiting(behind=self._rank[step.index])
        if last is None or not self._calls.take_back(last):
            return False
        other, _ = self._sent.pop(last)
        self._hold(other)
        return True

    def _next(self) -> Job | None:
        """The step to be sent now: what is held, unless one that goes before it has become ready meanwhile."""
        if not self._held:
            return self._run.take()
        return self._run.take(before=self._held[-1]) or self._held.pop()

    def _sends(self, step: Job) -> bool:
        """Whether the step was sent, or has failed on the way out; False: there is no place for it now."""
        # A call that takes too long costs its worker: nothing waits there, and its own time begins when it is sent.
        limit = step.policy.timeout
        waits = limit is None
        if len(self._sent) == self._most or not self._calls.may_have_place(waits=waits):
            return False
        values = self._run.values
        try:
            arguments, keywords = step.shape.arguments(step.arguments(values))
        except BaseException as error:  # told to the run, which decides whether it goes on
            self._run.fail(step, error)
            return True
        token, index = step.token, step.index
        until = self._soonest[index] if waits else 0
        deadline = inf if limit is None else monotonic() + limit
        self._sent[token] = step, deadline
        function, rank = self._functions(step), self._rank[index]
        if not self._calls.start(token, function, arguments, keywords, rank=rank, until=until, waits=waits):
            del self._sent[token]
            return False
        if limit is not None:
            heappush(self._deadlines, (deadline, token))
        return True

    def _call_here(self, step: Job) -> None:
        try:
            value = self._context.copy().run(step.run, self._run.values)
        except BaseException as error:  # told to the run, which decides whether it goes on
            self._run.fail(step, error)
        else:
            self._run.succeed(step, value)

    def _patience(self) -> float | None:
        """Seconds until something has to be done though nothing has ended; None: nothing has."""
        while self._deadlines and not self._is_due(*self._deadlines[0]):
            heappop(self._deadlines)
        until = [each for each in (self._run.delay(),) if each is not None]
        if self._deadlines:
            until.append(max(0.0, self._deadlines[0][0] - monotonic()))
        return min(until, default=None)

    def _is_due(self, deadline: float, token: int) -> bool:
        """Whether this is the deadline of an attempt that is under way, and not of an earlier one."""
        return token in self._sent and self._sent[token][1] == deadline

    def _kill_late(self) -> None:
        now = monotonic()
        while self._deadlines and self._deadlines[0][0] <= now:
            deadline, token = heappop(self._deadlines)
            if self._is_due(deadline, token):
                step, _ = self._sent.pop(token)
                self._calls.kill(token)
                self._run.fail(step, timed_out(step, "its worker process was killed"))

    def _stopped(self) -> None:
        """The run was stopped, in any thread: have the driver look."""
        self._is_stopped = True
        self._calls.wake()

    def _take_all_back(self) -> None:
        """Nothing new begins, and what has not begun is not waited for."""
        for token in tuple(self._calls.waiting):
            if self._calls.take_back(token):
                step, _ = self._sent.pop(token)
                self._run.cancelled(step)

    def _kill_all(self) -> None:
        """Nobody waits for what a process does that can be killed."""
        while self._sent:
            token, (step, _) = self._sent.popitem()
            self._calls.kill(token)
            self._run.cancelled(step)

    def _end(self, event: Event) -> None:
        if event.token not in self._sent:  # killed
            return
        step, _ = self._sent.pop(event.token)
        if isinstance(event, self._returned):
            self._run.succeed(step, event.value)
        else:
            self._end_without_value(step, event)

    def _end_without_value(self, step: Job, event: Raised | Unsendable | Died | Untaken) -> None:
        from syncra._workers import Untaken

        if isinstance(event, Untaken):
            self._hold(step)
        else:
            self._run.fail(step, remote_failure(step, event))
