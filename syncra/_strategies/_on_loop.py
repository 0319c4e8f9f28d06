"""How Asyncio drives a run: with as few asyncio Tasks as there are coroutines that really wait.

A worker is an asyncio Task that calls and awaits one step after the other, at first in order, unless costs are told.
Where other steps are ready it has the loop look after it: when the loop gets its turn while the worker is in the middle
of a step, that step waits, and other workers begin. So work that does not wait costs no Task, and work that does costs
at most one.
A worker whose step has changed what following steps would see, its context or its Task, leaves, and another begins.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import Context, copy_context
from functools import partial
from gc import get_referents
from operator import length_hint
from typing import Any

from syncra._programs._program import MANY, SPECIAL, Entry
from syncra._programs._steps import PENDING, Job
from syncra._runs._run import Run
from syncra._strategies._calling import Came, call_within
from syncra._strategies._loops import await_step, uncancelled
from syncra._strategies._team import Team

__all__ = ["LoopDriver"]

# Steps that do not wait give the loop a turn after so long, on which they look after so many calls.
_SECONDS_BEFORE_OTHERS = 0.005
_CALLS_BEFORE_LOOK = 100


class LoopDriver:
    """Drives one run on the running loop; everything here is touched by the loop's thread only.

    Args:
        run: what is driven.
        limit: how many steps may have begun and not ended at once; 0: there is no limit.
        team: calls the sync steps that are offloaded.
        context: what each step sees, and sees alone.
        offload_all: sync steps are offloaded even if they don't ask for it.
    """

    def __init__(self, run: Run, limit: int, team: Team, context: Context, *, offload_all: bool) -> None:
        self._run = run
        self._limit = limit
        self._team = team
        self._offload_all = offload_all
        self._context = context
        self._loop = asyncio.get_running_loop()
        self._workers: set[asyncio.Task[None]] = set()
        self._beginning: set[asyncio.Task[None]] = set()
        self._changed = self._loop.create_future()
        self._look: asyncio.Handle | None = None
        # A context holds its variables in one object, which each change replaces; the garbage collector knows it.
        self._untouched = get_referents(context)[0]
        self._is_lone = not len(context)
        # As long as steps are called in order: what is left of the row that the only worker calls, and where it stops.
        self._row: Iterator[Entry] | None = None
        self._stop = 0

    async def drive(self) -> None:
        """Until the run has ended and no worker is left."""
        self._run.when_stopped(self._when_stopped)
        try:
            self._begin_worker()
            while self._workers or not self._run.finished:
                await self._change()
                if not self._run.finished and self._run.ready:
                    self._begin_worker()
        except BaseException:  # the caller is cancelled, which is how Ctrl-C comes as well
            self._run.stop()
            await self._cancel_all()
            raise
        finally:
            if self._look is not None:
                self._look.cancel()

    async def _change(self) -> None:
        """Until the last worker has left, or a step that waits for another attempt may have become ready."""
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

    # ------------------------------------------------------------------ workers

    def _begin_worker(self) -> None:
        """One more worker, if the limit leaves room."""
        if not self._limit or len(self._workers) < self._limit:
            # Not the loop's own way to make Tasks, which may begin them at once: who calls this is not done yet.
            worker = asyncio.Task(self._work(), loop=self._loop, name="syncra", context=self._context.copy())
            self._workers.add(worker)
            self._beginning.add(worker)

    async def _work(self) -> None:
        """Call one step after the other until there is none to be called now."""
        this = asyncio.current_task()
        assert this is not None  # this is a Task's coroutine
        self._beginning.discard(this)
        spoiled = False
        try:
            if self._run.in_order:
                spoiled = await self._work_in_order(this)
            if not spoiled:
                spoiled = await self._work_counted(this)
        except Exception as error:  # a bug of ours: not to be lost
            if not self._changed.done():
                self._changed.set_exception(error)
        finally:
            self._leave(this)
        if spoiled and not self._run.stopping:
            self._begin_worker()

    def _leave(self, worker: asyncio.Task[None]) -> None:
        self._workers.discard(worker)
        self._beginning.discard(worker)
        if not self._workers:
            self._wake()

    async def _work_in_order(self, this: asyncio.Task[None]) -> bool:
        """Call rows of steps as long as steps are called in order. Whether the Task is spoiled for further ones."""
        run, turn_began = self._run, self._loop.time()
        if self._offload_all or run.program.has_costs:  # steps go by their costs from the first one on
            return False
        while run.in_order and (row := run.row()) is not None:
            start, stop = row[0], min(row[1], row[0] + _CALLS_BEFORE_LOOK)
            if run.program.entries[start][2] == SPECIAL:
                return False
            alone = stop if self._limit == 1 else run.alone(start, stop)
            if alone > start:
                stop = alone
            else:
                self._look_soon()
            if await self._call_row(start, stop, this):
                return True
            turn_began = await self._turn_after(turn_began)
        return False

    async def _call_row(self, start: int, stop: int, this: asyncio.Task[None]) -> bool:  # noqa: C901, PLR0912
        """Call the steps of a row, up to one that fails, needs more, or waits while others begin.

        Whether the Task is spoiled for further steps.
        """
        # As `call_row`. What a coroutine that does not wait costs is decided here: everything is in locals.
        run, cancelling, lone, untouched = self._run, this.cancelling, self._is_lone, self._untouched
        values = run.values
        index = start
        self._row, self._stop = iter(run.program.entries[start:stop]), stop
        try:
            for index, call, arity, a, b, c, freed, more in self._row:
                if arity < 0:
                    if arity == ~1:
                        values[index] = await call(values[a])
                    elif arity == ~0:
                        values[index] = await call()
                    elif arity == ~MANY:
                        values[index] = await call(*a(values))
                    else:
                        run.advance(index)
                        return False
                    if not run.in_order:  # it has waited, and others go on since
                        run.succeed(run.program.steps[index], values[index])
                        return self._is_spoiled(this)
                elif arity == 1:
                    values[index] = call(values[a])
                elif arity == 2:
                    values[index] = call(values[a], values[b])
                elif arity == 0:
                    values[index] = call()
                elif arity == 3:
                    values[index] = call(values[a], values[b], values[c])
                else:
                    values[index] = call(*a(values))
                if freed is not None:
                    values[freed] = PENDING
                    if more is not None:
                        for slot in more:
                            values[slot] = PENDING
                # `_is_spoiled`, twice as fast where there are no variables.
                if cancelling() or (len(copy_context()) if lone else get_referents(copy_context())[0] is not untouched):
                    run.advance(index + 1)
                    return True
        except BaseException as error:  # told to the run, which decides whether it goes on
            if run.in_order:
                run.advance(index)
            self._fail(run.program.steps[index], error)
            return self._is_spoiled(this)
        finally:
            self._row = None
        run.advance(stop)
        return False

    async def _work_counted(self, this: asyncio.Task[None]) -> bool:  # noqa: C901  a call more is paid for each step
        """Call whatever step is ready, as long as one is. Whether the Task is spoiled for further ones."""
        run, calls, turn_began = self._run, 0, self._loop.time()
        if run.in_order and run.finished:
            return False
        while (step := run.take()) is not None:
            if self._look is None and run.ready:
                self._look_soon()
            try:
                if step.is_async:
                    value = await (step.run(run.values) if step.policy.timeout is None else await_step(step, run))
                elif self._is_inline(step):
                    value = step.run(run.values)
                else:
                    value = (await self._offloaded(step)).value()
            except BaseException as error:  # told to the run, which decides whether it goes on
                self._fail(step, error)
            else:
                run.succeed(step, value)
                value = None  # the next step may wait for long
                if run.stopping:  # it has shown that an earlier failure stays one
                    self._cancel_others()
            if self._is_spoiled(this):
                return True
            calls += 1
            if not calls % _CALLS_BEFORE_LOOK:
                turn_began = await self._turn_after(turn_began)
        return False

    async def _turn_after(self, began: float) -> float:
        """Give the loop a turn, if the last one is long ago; when the turn began that is under way now."""
        if self._loop.time() <= began + _SECONDS_BEFORE_OTHERS:
            return began
        if self._look is not None:  # not in the middle of a step: who gives the turn goes on with what is ready
            self._look.cancel()
            self._look = None
        await asyncio.sleep(0)
        return self._loop.time()

    def _is_spoiled(self, worker: asyncio.Task[None]) -> bool:
        """Whether the step that has ended would reach the next one through the Task that carries them.

        It has set ContextVars, or has cancelled the Task.
        """
        return bool(worker.cancelling()) or get_referents(copy_context())[0] is not self._untouched

    # ------------------------------------------------------------------ waiting

    def _look_soon(self) -> None:
        """Look whether a step waits, when the loop has its next turn."""
        if self._look is None:
            self._look = self._loop.call_soon(self._look_after, context=self._context)

    def _look_after(self) -> None:
        """Have others do what is ready, if a step waits.

        As many begin as there are: a wide graph is under way after a few turns, and where nothing waits any more no
        Task was made for nothing.
        """
        self._look = None
        run = self._run
        if run.stopping or (run.in_order and not self._leaves_order()):
            return
        for _ in range(min(run.ready - len(self._beginning), max(1, len(self._workers)))):
            self._begin_worker()

    def _leaves_order(self) -> bool:
        """Have steps counted from now on, if one of the row waits beside which others could run."""
        if self._row is None:
            return False
        run = self._run
        at = self._stop - 1 - length_hint(self._row)
        if run.alone(at, at + 1) > at:
            return False
        run.advance(at)
        run.leave_order(run.program.steps[at])
        return True

    # ------------------------------------------------------------------ single steps

    def _is_inline(self, step: Job) -> bool:
        """Whether a sync step is called on the loop's own thread."""
        is_offloaded = self._offload_all or step.policy.offload or step.policy.timeout is not None
        return step.is_local or not is_offloaded

    async def _offloaded(self, step: Job) -> Came:
        """What a sync step came to that is called on a worker thread."""
        ended: asyncio.Future[None] = self._loop.create_future()
        came = Came()
        call: Callable[[], Any] = partial(self._context.copy().run, partial(step.run, self._run.values))
        if step.policy.timeout is not None:
            call = partial(call_within, step, call)

        def tell() -> None:
            with suppress(RuntimeError):  # left behind: its loop is closed
                self._loop.call_soon_threadsafe(ended.set_result, None)

        if not self._team.hand(partial(came.call, call), tell):
            raise RuntimeError("the strategy was closed while a run was using it")
        await uncancelled(ended, self._team)
        return came

    def _fail(self, step: Job, error: BaseException) -> None:
        if isinstance(error, asyncio.CancelledError) and self._run.stopping:
            self._run.cancelled(step)
            return
        self._run.fail(step, error)
        if self._run.stopping:
            self._cancel_others()

    # ------------------------------------------------------------------ stopping

    def _when_stopped(self) -> None:
        self._loop.call_soon_threadsafe(self._stopped)

    def _stopped(self) -> None:
        for worker in self._workers:
            self._cancel(worker)
        self._wake()

    def _cancel_others(self) -> None:
        for worker in self._workers - {asyncio.current_task()}:
            self._cancel(worker)

    def _cancel(self, worker: asyncio.Task[None]) -> None:
        if worker in self._beginning:  # its coroutine will not get to the end that it has not begun
            worker.add_done_callback(self._leave)
        worker.cancel()

    async def _cancel_all(self) -> None:
        """Cancel every worker and wait until all are gone, however often this is cancelled itself."""
        while self._workers:
            for worker in self._workers:
                self._cancel(worker)
            try:
                await asyncio.wait(tuple(self._workers))
            except asyncio.CancelledError:
                continue
