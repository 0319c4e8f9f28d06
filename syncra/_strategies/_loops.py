"""What strategies await on event loops, and the loops of those that are not themselves on one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from functools import partial
from threading import Thread
from typing import Any

from syncra._programs._steps import Job
from syncra._runs._run import Run
from syncra._strategies._calling import Came, timed_out
from syncra._strategies._own_loop import OwnLoop, new_loop
from syncra._strategies._team import Team

__all__ = ["LoopThread", "PrivateLoop", "await_step", "uncancelled"]


async def await_step(step: Job, run: Run) -> Any:  # Any: the node's value
    """Call and await an async step, within its time limit.

    Raises:
        TaskTimeoutError: the time was over; the coroutine was cancelled.
        BaseException: what the coroutine raised.
    """
    if step.policy.timeout is None:
        return await step.run(run.values)
    limit = asyncio.timeout(step.policy.timeout)
    try:
        async with limit:
            return await step.run(run.values)
    except TimeoutError:
        if not limit.expired():
            raise
        raise timed_out(step, "its coroutine was cancelled") from None


async def uncancelled(ended: asyncio.Future[None], team: Team) -> None:
    """Until a call of the team's has ended: it can't be cancelled, so the cancellation goes on only then."""
    cancelled: asyncio.CancelledError | None = None
    while not (ended.done() or (cancelled is not None and team.is_abandoned)):
        try:
            await asyncio.shield(ended)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        try:
            raise cancelled
        finally:
            del cancelled  # or it and this frame would keep each other alive


class PrivateLoop:
    """A loop on the thread of a driver that awaits one step at a time."""

    def __init__(self) -> None:
        self._loop = OwnLoop()
        self._awaiting: asyncio.Task[Any] | None = None
        self._came = Came()

    def value(self, step: Job, run: Run, context: Context) -> Any:  # Any: the node's value
        """The value of an async step, in this context."""
        self._loop.run(self._await(step, run), context=context)
        return self._came.value()

    async def _await(self, step: Job, run: Run) -> None:
        # The Task ends with nothing: frames of an exception's traceback hold the Task that ended with it.
        self._awaiting = asyncio.current_task()
        try:
            if run.stopping:  # `cancel` may have come before there was anything to cancel
                raise asyncio.CancelledError
            self._came.keep(await await_step(step, run), None)
        except BaseException as error:
            if self._awaiting is not None and self._awaiting.cancelling():  # from outside, by Ctrl-C for one
                raise
            self._came.keep(None, error)
        finally:
            self._awaiting = None

    def cancel(self) -> None:
        """Cancel the step that is being awaited, if one is; from any thread."""
        awaiting = self._awaiting
        if awaiting is not None:
            with suppress(RuntimeError):  # it has ended meanwhile, and its loop with it
                awaiting.get_loop().call_soon_threadsafe(awaiting.cancel)

    def close(self) -> None:
        """Close the loop with all that is left on it."""
        self._loop.close()


class LoopThread:
    """A loop on a thread of its own, for all async steps of a run whose driver has several threads.

    Its tasks are touched by its own thread only.

    Args:
        ended: told on the loop's thread how each step ended: its value, or its exception.
    """

    def __init__(self, ended: Callable[[Job, object, BaseException | None], None]) -> None:
        self._ended = ended
        self._tasks: set[asyncio.Task[Any]] = set()
        self._loop = new_loop()
        self._thread = Thread(target=self._stay, name="syncra-loop", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:  # the system gives no more threads
            self._loop.close()
            raise

    def start(self, step: Job, run: Run, context: Context) -> None:
        """Begin an async step in this context; from any thread."""
        self._loop.call_soon_threadsafe(self._begin, step, run, context)

    def cancel(self) -> None:
        """Cancel every step that has begun; from any thread."""
        self._loop.call_soon_threadsafe(self._cancel)

    def close(self, *, wait: bool = True) -> None:
        """End the loop and its thread; without `wait` a step that blocks them is left behind."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        if wait:
            self._thread.join()

    def _stay(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.get_loop().run_forever()

    def _begin(self, step: Job, run: Run, context: Context) -> None:
        task = self._loop.create_task(_outcome(step, run), context=context)
        self._tasks.add(task)
        task.add_done_callback(partial(self._end, step))

    def _end(self, step: Job, task: asyncio.Task[tuple[object, BaseException | None]]) -> None:
        self._tasks.discard(task)
        value, error = (None, asyncio.CancelledError()) if task.cancelled() else task.result()
        self._ended(step, value, error)

    def _cancel(self) -> None:
        for task in self._tasks:
            task.cancel()


async def _outcome(step: Job, run: Run) -> tuple[object, BaseException | None]:
    # A KeyboardInterrupt or SystemExit that left an asyncio Task would end the loop with it.
    try:
        return await await_step(step, run), None
    except BaseException as error:
        return None, error
