"""Asyncio: steps on an event loop, with as few asyncio Tasks as there are coroutines that really wait.

A worker is an asyncio Task that takes steps and calls them, at first in order. It drives a coroutine's first part
itself, in a context of the step's own; only when the coroutine is about to wait, and other steps are ready, other
workers begin. So work that does not wait costs no Task, and work that does costs one, as if written by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import Context, ContextVar, copy_context
from functools import partial
from typing import TYPE_CHECKING, Any

from syncra._run import Run
from syncra._steps import Job, Step
from syncra._strategies._awaiting import Begun, Came, uncancelled
from syncra._strategies._calling import call_within, timed_out
from syncra._strategies._options import worker_count
from syncra._strategies._team import Team
from syncra.errors import OptionError

if TYPE_CHECKING:
    import asyncio

__all__ = ["Asyncio"]

_MOST_OFFLOADED = 32
_CALLS_BEFORE_OTHERS = 100
# The kept teams whose threads the current code may keep busy, directly or through further runs.
_busy_teams: ContextVar[tuple[Team, ...]] = ContextVar("_busy_teams", default=())


class Asyncio:
    """Runs coroutines on an event loop: the caller's under `arun`, one of its own under `run`.

    Sync tasks run on the loop's thread and block it while they run, or are offloaded to worker threads.

    Args:
        max_concurrency: how many steps may have begun and not ended at once; no limit if left out.
        offload: sync tasks run on worker threads; `@task(offload=True)` asks that for one task. A sync task with a
            timeout is offloaded always.

    Raises:
        OptionError: `max_concurrency` is not a positive whole number.

    Example:
        >>> from syncra import Asyncio, Graph, task
        >>> @task
        ... async def one() -> int:
        ...     return 1
        >>> Graph.of(one).compile().run(strategy=Asyncio(max_concurrency=10))[one]
        1
    """

    def __init__(self, max_concurrency: int | None = None, offload: bool = False) -> None:
        self._limit = worker_count(max_concurrency, default=0, option="max_concurrency")
        if not isinstance(offload, bool):
            raise OptionError(f"offload must be True or False, not {offload!r:.100}")
        self._offload = offload
        self._kept: Team | None = None

    def __enter__(self) -> Asyncio:
        if self._kept is None:
            self._kept = self._team()
        return self

    def __exit__(self, *_: object) -> None:
        """End the kept worker threads."""
        team, self._kept = self._kept, None
        if team is not None:
            team.close()

    def execute(self, run: Run, /) -> None:
        import asyncio

        if asyncio._get_running_loop() is not None:  # this thread's loop: it can't run a second one
            from syncra._strategies._beside_loop import drive_on_thread

            drive_on_thread(self.execute, run)
            return
        from syncra._strategies._own_loop import OwnLoop

        team = self._team_for_run()
        with OwnLoop(leave=partial(self._leave, team)) as loop:
            loop.run(self._drive(run, team))

    async def aexecute(self, run: Run, /) -> None:
        """Drive the run on the running loop. Cancelled, it cancels what waits and lets nothing of the run go on."""
        await self._drive(run, self._team_for_run())

    async def _drive(self, run: Run, team: Team) -> None:
        try:
            await _Driver(run, self._limit, team, offload_all=self._offload).drive()
        finally:
            if team is not self._kept:
                team.close()

    def _leave(self, team: Team) -> None:
        """After a second Ctrl-C: what its threads do is left behind, and the next run has others."""
        team.abandon()
        if self._kept is team:
            self._kept = self._team()

    def _team_for_run(self) -> Team:
        # Inside of a task on one of its threads a kept team may have no thread left: this run has its own.
        return self._team() if self._kept is None or self._kept in _busy_teams.get() else self._kept

    def _team(self) -> Team:
        return Team(self._limit or _MOST_OFFLOADED, "offload")

    def __repr__(self) -> str:
        return f"Asyncio(max_concurrency={self._limit or None}, offload={self._offload})"


class _Driver:
    """Drives one run on the running loop; everything here is touched by the loop's thread only."""

    def __init__(self, run: Run, limit: int, team: Team, *, offload_all: bool) -> None:
        from asyncio import get_running_loop

        self._run = run
        self._limit = limit
        self._team = team
        self._offload_all = offload_all
        self._context = copy_context()
        self._context.run(_busy_teams.set, (*_busy_teams.get(), team))
        self._loop = get_running_loop()
        self._row: Iterator[Step] = iter(())
        self._workers: set[asyncio.Task[None]] = set()
        self._beginning: set[asyncio.Task[None]] = set()
        self._changed = self._loop.create_future()

    async def drive(self) -> None:
        """Until the run has ended and no worker is left."""
        self._run.when_stopped(self._when_stopped)
        try:
            self._begin_worker()
            while self._workers or not self._run.finished:
                await self._change()
                if self._run.ready:
                    self._begin_worker()
        except BaseException:  # the caller is cancelled, which is how Ctrl-C comes as well
            self._run.stop()
            await self._cancel_all()
            raise

    async def _change(self) -> None:
        """Until a worker has left, or a step that waits for another attempt may have become ready."""
        delay = self._run.delay()
        timer = None if delay is None else self._loop.call_later(delay, self._wake)
        try:
            await self._changed
        finally:
            self._changed = self._loop.create_future()
            if timer is not None:
                timer.cancel()

    def _wake(self) -> None:
        if not self._changed.done():
            self._changed.set_result(None)

    def _when_stopped(self) -> None:
        self._loop.call_soon_threadsafe(self._stopped)

    def _stopped(self) -> None:
        for worker in self._workers:
            worker.cancel()
        self._wake()

    async def _cancel_all(self) -> None:
        """Cancel every worker and wait until all are gone, however often this is cancelled itself."""
        from asyncio import CancelledError, wait

        while self._workers:
            for worker in self._workers:
                worker.cancel()
            try:
                await wait(tuple(self._workers))
            except CancelledError:
                continue

    def _begin_worker(self) -> None:
        """One more worker, if the limit leaves room."""
        if not self._limit or len(self._workers) < self._limit:
            worker = self._loop.create_task(self._work(), context=self._context)
            self._workers.add(worker)
            self._beginning.add(worker)
            worker.add_done_callback(self._left)

    def _left(self, worker: asyncio.Task[None]) -> None:
        self._workers.discard(worker)
        self._beginning.discard(worker)
        if not worker.cancelled() and worker.exception() is not None and not self._changed.done():
            self._changed.set_exception(worker.exception() or RuntimeError())  # a bug of ours: not to be lost
        if not self._workers:
            self._wake()

    def _about_to_wait(self, step: Job) -> None:
        """A step is going to wait: others do what is ready meanwhile.

        Each step that waits has two workers begin, so that a wide graph is under way after a few turns of the loop;
        never more than there are ready steps, of which each worker that is beginning takes one.
        """
        if self._run.in_order:
            self._run.leave_order(step)
        for _ in range(min(2, self._run.ready - len(self._beginning))):
            self._begin_worker()

    def _next(self) -> Job | None:
        """The next step to call: in order as long as none has waited, then one that is ready."""
        if not self._run.in_order:
            return self._run.take()
        step: Job | None = next(self._row, None)
        if step is not None:
            return step
        row = self._run.row()
        if row is None:
            return None if self._run.finished else self._run.take()  # something that has to be counted
        self._row = iter(self._run.program.steps[slice(*row)])
        return next(self._row)

    async def _work(self) -> None:  # noqa: C901  the loop that decides what a coroutine costs: nothing is a call more
        """Call one step after the other until there is none to be called now."""
        from asyncio import current_task, sleep

        run, values = self._run, self._run.values
        this = current_task()
        assert this is not None  # this is a Task's coroutine
        self._beginning.discard(this)
        calls = 0
        while (step := self._next()) is not None:
            context = self._context.copy()
            try:
                if step.is_async and step.policy.timeout is None:
                    coroutine = context.run(step.run, values)
                    try:
                        waits_for = context.run(coroutine.send, None)
                    except StopIteration as end:
                        value = end.value
                    else:
                        self._about_to_wait(step)
                        value = await Begun(coroutine, waits_for, context)
                elif step.is_async:
                    value = await self._within(step, context)
                elif self._is_inline(step):
                    value = context.run(step.run, values)
                else:
                    value = (await self._offloaded(step, context)).value()
            except BaseException as error:  # told to the run, which decides whether it goes on
                self._fail(step, error)
            else:
                run.succeed(step, value)
                if run.stopping:  # it has shown that an earlier failure stays one
                    self._cancel_others()
            if this.cancelling():
                # The step has cancelled the Task that carried it, which would reach the next one.
                self._begin_worker()
                return
            calls += 1
            if not calls % _CALLS_BEFORE_OTHERS:
                await sleep(0)

    async def _within(self, step: Job, context: Context) -> Any:  # Any: the node's value
        """The value of an async step that has a time limit.

        Raises:
            TaskTimeoutError: the time was over; the coroutine was cancelled.
        """
        from asyncio import timeout

        limit = timeout(step.policy.timeout)
        try:
            async with limit:
                coroutine = context.run(step.run, self._run.values)
                try:
                    waits_for = context.run(coroutine.send, None)
                except StopIteration as end:
                    return end.value
                self._about_to_wait(step)
                return await Begun(coroutine, waits_for, context)
        except TimeoutError:
            if not limit.expired():
                raise
            raise timed_out(step, "its coroutine was cancelled") from None

    def _is_inline(self, step: Job) -> bool:
        """Whether a sync step is called on the loop's own thread."""
        is_offloaded = self._offload_all or step.policy.offload or step.policy.timeout is not None
        return step.is_local or not is_offloaded

    def _fail(self, step: Job, error: BaseException) -> None:
        from asyncio import CancelledError

        if isinstance(error, CancelledError) and self._run.stopping:
            self._run.cancelled(step)
            return
        self._run.fail(step, error)
        self._row = iter(())  # what is left of the row may need the step
        if self._run.stopping:
            self._cancel_others()

    def _cancel_others(self) -> None:
        from asyncio import current_task

        for worker in self._workers - {current_task()}:
            worker.cancel()

    async def _offloaded(self, step: Job, context: Context) -> Came:
        """What a sync step came to that is called on a worker thread."""
        ended: asyncio.Future[None] = self._loop.create_future()
        came = Came()
        call: Callable[[], Any] = partial(context.run, partial(step.run, self._run.values))
        if step.policy.timeout is not None:
            call = partial(call_within, step, call)

        def work() -> None:
            nonlocal call
            came.call(call)
            del call  # this thread may be in here a moment longer than the run, and must not hold its values
            with suppress(RuntimeError):  # left behind: its loop is closed
                self._loop.call_soon_threadsafe(ended.set_result, None)

        if not self._team.hand(work):
            raise RuntimeError("the strategy was closed while a run was using it")
        self._about_to_wait(step)
        await uncancelled(ended, self._team)
        return came
