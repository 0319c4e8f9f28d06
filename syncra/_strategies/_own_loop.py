"""An event loop of a run's own, which Ctrl-C ends: once, and what runs on it has its grace; twice, at once.

`asyncio.Runner` cancels its Task at the first Ctrl-C, which a task that blocks the loop does not see, and waits without
end for Tasks that do not end at the second one.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import Context
from inspect import CO_COROUTINE
from types import CodeType, FrameType
from typing import Any, Final

from syncra._unbroken import Unbroken, takes_interrupts

__all__ = ["OwnLoop", "new_loop"]

_TURNS_TO_END_IN: Final = 100
_TOOLS: Final = frozenset({"_weakrefset", "abc", "contextlib", "random", "threading", "weakref"})
"""Modules that are called by tasks and by ourselves, so that a frame of theirs tells nothing."""


def new_loop() -> asyncio.AbstractEventLoop:
    """A new event loop.

    Raises:
        OSError: the process has no descriptors left; nothing of the loop is left behind.
    """
    try:
        return asyncio.new_event_loop()
    except OSError as error:
        trace = error.__traceback__
        while trace is not None:
            half_made = trace.tb_frame.f_locals.get("self")
            if isinstance(half_made, asyncio.BaseEventLoop):  # or it would complain of itself as it is freed
                asyncio.BaseEventLoop.close(half_made)
            trace = trace.tb_next
        raise


class OwnLoop:
    """A loop for the current thread, closed at the end of the block with all that is left on it.

    Args:
        leave: called at a second Ctrl-C: what threads are doing is not to be waited for.
    """

    def __init__(self, leave: Callable[[], None] | None = None) -> None:
        self._leave = leave
        self._runner = asyncio.Runner(loop_factory=new_loop)
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self, coroutine: Coroutine[Any, Any, None], *, context: Context | None = None) -> None:
        """Run the coroutine to its end.

        Raises:
            KeyboardInterrupt: there was a Ctrl-C, which has not been raised in a task that blocked the loop.
        """
        try:
            loop = self._loop or self._made()
        except BaseException:
            coroutine.close()
            raise
        carrier = loop.create_task(coroutine, context=context)
        if not takes_interrupts():
            loop.run_until_complete(carrier)
            return
        presses = _Presses(carrier)
        try:
            presses.watch(loop)
        except asyncio.CancelledError:
            if not presses.is_owed:
                raise
        except KeyboardInterrupt:
            if presses.count > 1:
                self._abandon(loop)
            raise
        if presses.is_owed:
            raise KeyboardInterrupt

    def _made(self) -> asyncio.AbstractEventLoop:
        with Unbroken():
            self._loop = self._runner.get_loop()
        return self._loop

    def close(self) -> None:
        """Close the loop with all that is left on it."""
        if getattr(self._loop, "_default_executor", None) is not None:  # its threads are waited for, until Ctrl-C
            self._runner.close()
            return
        with Unbroken():
            self._runner.close()

    def __enter__(self) -> OwnLoop:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _abandon(self, loop: asyncio.AbstractEventLoop) -> None:
        """Give the Tasks on the loop a few turns to end in, and forget those that don't."""
        if self._leave is not None:
            self._leave()
        for each in asyncio.all_tasks(loop):
            each.cancel()
        for _ in range(_TURNS_TO_END_IN):
            if not asyncio.all_tasks(loop):
                return
            loop.run_until_complete(asyncio.sleep(0))
        for each in asyncio.all_tasks(loop):
            each._log_destroy_pending = False  # type: ignore[attr-defined]  # as asyncio does with those it leaves
            asyncio._unregister_task(each)
            left = each.get_coro()
            if isinstance(left, Coroutine):
                with suppress(RuntimeError):  # it goes on whatever it is told
                    left.close()


class _Presses:
    """The handler of SIGINT while a loop runs on the main thread.

    Attributes:
        count: how often it was called.
        is_owed: one of them is to be raised when the loop has come to its end.
    """

    def __init__(self, carrier: asyncio.Task[None]) -> None:
        self._carrier = carrier
        self.count = 0
        self.is_owed = False
        self._is_over = False

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Run the loop until the carrier has ended."""
        signal.signal(signal.SIGINT, self)
        try:
            loop.run_until_complete(self._carrier)
        finally:
            self._is_over = True
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def __call__(self, _number: int, frame: FrameType | None) -> None:
        self.count += 1
        is_first, loop = self.count == 1, self._carrier.get_loop()
        if is_first and self._carrier.done():  # the loop is stopping, and an exception would leave it half stopped
            self.is_owed = True
            return
        if not is_first:
            loop.call_soon_threadsafe(self._leave)
        if _blocks_loop(frame, coroutines_too=not is_first):
            raise KeyboardInterrupt
        if is_first:
            self.is_owed = True
            loop.call_soon_threadsafe(self._carrier.cancel)

    def _leave(self) -> None:
        # Between two callbacks of the loop, which could lose one by an exception that comes anywhere.
        if not self._is_over:
            raise KeyboardInterrupt


def _blocks_loop(frame: FrameType | None, *, coroutines_too: bool) -> bool:
    """Whether this thread is in the code of a sync task, where a KeyboardInterrupt is that task's end.

    That is so where a function of somebody else's was called by one of ours, and not by asyncio on its own account. A
    coroutine is as a rule about to wait, and is cancelled then.
    """
    called: FrameType | None = None
    while frame is not None and frame.f_code is not _WATCH:
        package = frame.f_globals.get("__name__", "").partition(".")[0]
        if package == "syncra":
            if called is not None:
                return coroutines_too or not called.f_code.co_flags & CO_COROUTINE
        elif package == "asyncio":
            called = None
        elif package not in _TOOLS:
            called = frame
        frame = frame.f_back
    return False


_WATCH: Final[CodeType] = _Presses.watch.__code__
