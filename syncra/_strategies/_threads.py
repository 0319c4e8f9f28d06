"""Threads: steps on the caller's thread and on worker threads, async steps on one event loop beside them.

Work goes first to who made it: the worker that ends a step asks the run for the next ready one and goes on, and calls
for help only when there is more ready work than workers that look for it. The caller's thread is itself a worker, so
a run never waits for a thread of a team that others keep busy: a task may run a plan on the very same strategy.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, copy_context
from functools import partial
from threading import Condition, RLock, current_thread
from typing import TYPE_CHECKING

from syncra._programs._steps import Job
from syncra._runs._run import Run
from syncra._strategies._calling import call_within
from syncra._strategies._options import is_executor, worker_count
from syncra._strategies._team import Team

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from syncra._strategies._loops import LoopThread

__all__ = ["Threads"]

_LARGEST_DEFAULT = 32
# The executors whose tasks the current code runs inside of, directly or through further runs.
_at_work: ContextVar[tuple[Executor, ...]] = ContextVar("_at_work", default=())


class Threads:
    """Runs steps on threads: the caller's and up to `max_workers - 1` others; async tasks on one event loop.

    Kept open by `with`, its threads stay between runs; used bare, they live as long as a run. They are daemon threads:
    a task that hangs doesn't keep the interpreter from exiting.

    Args:
        max_workers: how many steps may run at once (the usable processors + 4, at most 32, if left out); or an
            executor of `concurrent.futures` to use, which is never closed. With an executor the steps run on its
            threads only.

    Raises:
        OptionError: `max_workers` is neither a positive whole number nor an executor.

    Example:
        >>> from syncra import Graph, Threads, task
        >>> @task
        ... def one() -> int:
        ...     return 1
        >>> with Threads(max_workers=2) as threads:
        ...     Graph.of(one)(strategy=threads)[one]
        1
    """

    def __init__(self, max_workers: int | Executor | None = None) -> None:
        self._executor = max_workers if is_executor(max_workers) else None
        self._size = 0
        if not is_executor(max_workers):
            self._size = worker_count(max_workers, default=0) or _default_size()
        self._kept: Team | None = None

    def __enter__(self) -> Threads:
        if self._executor is None and self._kept is None:
            self._kept = self._team()
        return self

    def __exit__(self, *_: object) -> None:
        """End the kept threads."""
        team, self._kept = self._kept, None
        if team is not None:
            team.close()

    def execute(self, run: Run, /) -> None:
        if self._executor is not None:
            _Crew(run, _handed_to(self._executor), _helpers(self._executor), works_for=self._executor).drive()
            return
        kept = self._kept
        team = self._team() if kept is None else kept
        try:
            _Crew(run, team.hand, self._size - 1).drive()
        except BaseException:  # a second Ctrl-C: what runs is left behind, and the next run has threads of its own
            team.abandon()
            if self._kept is team:
                self._kept = self._team()
            raise
        if kept is None:
            team.close()

    def _team(self) -> Team:
        return Team(self._size - 1, "threads")

    def __repr__(self) -> str:
        return f"Threads({self._executor or self._size!r})"


def _default_size() -> int:
    from syncra._cpus import usable_cpus

    return min(_LARGEST_DEFAULT, usable_cpus() + 4)


def _handed_to(executor: Executor) -> Callable[[Callable[[], None]], bool]:
    def hand(work: Callable[[], None]) -> bool:
        executor.submit(work)
        return True

    return hand


def _helpers(executor: Executor) -> int:
    size = getattr(executor, "_max_workers", None)
    return size if isinstance(size, int) else _LARGEST_DEFAULT


def _is_inside(executor: Executor) -> bool:
    """The current code keeps a thread of the executor busy, so it must not wait for another one."""
    if executor in _at_work.get():
        return True
    # A ThreadPoolExecutor lists a thread only after it has started it, so its name has to tell whose it is.
    prefix = getattr(executor, "_thread_name_prefix", None)
    return isinstance(prefix, str) and current_thread().name.startswith(f"{prefix}_")


class _Invitation:
    """Asks threads to help a crew. Who comes after the run finds nobody, so that no run waits for a busy thread."""

    def __init__(self, crew: _Crew) -> None:
        self.crew: _Crew | None = crew

    def accept(self) -> None:
        crew = self.crew
        if crew is not None:
            crew.help()


class _Crew:
    """All who work on one run: the caller's thread, helpers, and a loop for async steps.

    Everything mutable, the run included, is held under `_lock`; `_changed` is notified when the caller's thread may
    have something to do.

    Args:
        run: what they work on.
        hand: has a thread do something; False where there is none to be had any more.
        most: how many helpers there may be.
        works_for: the executor on whose threads steps must run; the caller takes part where it keeps one busy anyway.
    """

    def __init__(
        self, run: Run, hand: Callable[[Callable[[], None]], bool], most: int, works_for: Executor | None = None
    ) -> None:
        self._run = run
        self._hand = hand
        self._most = most
        self._takes_part = works_for is None or _is_inside(works_for)
        self._lock = RLock()
        self._changed = Condition(self._lock)
        self._caller_waits = False
        self._invitation = _Invitation(self)
        self._invited = 0
        self._helpers = 0
        self._awaited = 0
        self._was_stopped = False
        self._context = copy_context()
        if works_for is not None:
            self._context.run(_at_work.set, (*_at_work.get(), works_for))
        self._loop: LoopThread | None = None

    def drive(self) -> None:
        """Work until the run has ended and every helper has left it.

        Raises:
            KeyboardInterrupt: a second one, which does not wait for what can't be cancelled.
        """
        self._run.when_stopped(self._stopped)
        waits = True
        try:
            while not self._is_over():
                if self._takes_part:
                    self._work()
                self._wait()
        except BaseException as error:  # Ctrl-C outside of a step; within one it is the step's failure
            waits = not self._was_stopped
            self._run.stop(error)
            if not waits:
                raise
            try:
                self._wait_for_others()
            except BaseException:
                waits = False
                raise
        finally:
            with self._lock:
                self._invitation.crew = None
                loop, self._loop = self._loop, None
            if loop is not None:
                loop.close(wait=waits)

    def _wait_for_others(self) -> None:
        with self._lock:
            while self._helpers or self._awaited:
                self._changed.wait()

    def _stopped(self) -> None:
        """The run was stopped, in any thread: cancel what can be, and have the caller's thread look."""
        with self._lock:
            self._was_stopped = True
            self._cancel_async()
            self._changed.notify_all()

    def _is_over(self) -> bool:
        with self._lock:
            if not self._takes_part:
                self._share()
            return self._has_ended()

    def _has_ended(self) -> bool:
        """Nothing is running, and nothing will: seen from the caller's thread, under the lock."""
        return not self._helpers and not self._awaited and (self._run.finished or self._run.stopping)

    def _wait(self) -> None:
        """Until there is something to do for the caller's thread."""
        with self._lock:
            ready = self._run.ready if self._takes_part else 0
            if ready or self._has_ended():
                return
            self._caller_waits = True
            self._changed.wait(self._run.delay())
            self._caller_waits = False

    def _work(self) -> None:
        """Call ready steps until none is ready."""
        run, lock, base = self._run, self._lock, self._context
        with lock:
            step = self._take()
        while step is not None:
            try:
                if step.policy.timeout is None:
                    value = base.copy().run(step.run, run.values)
                else:
                    value = call_within(step, partial(base.copy().run, partial(step.run, run.values)))
            except BaseException as error:  # told to the run, which decides whether it goes on
                with lock:
                    self._end(step, None, error)
                    step = self._take()
            else:
                with lock:
                    self._end(step, value, None)
                    step = self._take()
                del value

    def _take(self) -> Job | None:
        """A ready step to be called; async ones on the way begin on the loop. Under the lock."""
        while (step := self._run.take()) is not None and step.is_async:
            if self._loop is None:
                from syncra._strategies._loops import LoopThread
                from syncra._unbroken import Unbroken

                with Unbroken():
                    self._loop = LoopThread(self._end_async)
            self._awaited += 1
            self._loop.start(step, self._run, self._context.copy())
        if step is not None and (self._caller_waits or self._helpers + self._invited < self._most):
            self._share()
        return step

    def _end(self, step: Job, value: object, error: BaseException | None) -> None:
        """Tell the run how a step ended. Under the lock."""
        if error is None:
            self._run.succeed(step, value)
        else:
            self._run.fail(step, error)
        if self._run.stopping:
            self._cancel_async()

    def _end_async(self, step: Job, value: object, error: BaseException | None) -> None:
        """The same for an async step, on the loop's thread, which takes no further step itself."""
        from asyncio import CancelledError

        with self._lock:
            self._awaited -= 1
            if isinstance(error, CancelledError) and self._run.stopping:
                self._run.cancelled(step)
            else:
                self._end(step, value, error)
            self._share()
            self._changed.notify_all()

    def _share(self) -> None:
        """Have as many threads help as there are ready steps that nobody is looking for."""
        wanted = self._run.ready - self._invited
        if wanted > 0 and self._caller_waits and self._takes_part:
            self._changed.notify_all()
            wanted -= 1
        most = self._most - self._helpers
        while wanted > 0 and self._invited < most and self._invites():
            self._invited += 1
            wanted -= 1

    def _invites(self) -> bool:
        try:
            return self._hand(self._invitation.accept)
        except RuntimeError:  # there is no thread to be had: the caller's goes on alone, where it takes part
            if self._takes_part:
                return False
            raise

    def help(self) -> None:
        """What a helper does: work while there is work, then leave."""
        with self._lock:
            if self._invitation.crew is None:
                return
            self._invited -= 1
            self._helpers += 1
        try:
            self._work()
        except BaseException as error:  # a bug of ours, which must not be lost in a thread
            with self._lock:
                self._run.stop(error)
        finally:
            with self._lock:
                self._helpers -= 1
                self._share()  # between looking for work in vain and leaving, more may have come
                self._changed.notify_all()

    def _cancel_async(self) -> None:
        if self._loop is not None:
            self._loop.cancel()
