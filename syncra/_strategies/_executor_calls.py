"""Calls on somebody's executor of `concurrent.futures`, in the shape of calls on workers of our own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from functools import partial
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Self

from syncra._workers import Died, Event, FunctionRef, Raised, Returned, Unsendable, UnsendableError
from syncra._workers._pickling import decode
from syncra._workers._wire import Body

__all__ = ["ExecutorCalls"]

_MOST_AT_ONCE = 64


class ExecutorCalls:
    """Hands calls to an executor. It can't be asked to kill one, nor say which of its calls a dead worker was running.

    Owned by the driver's thread; other threads only put futures into `_ended`, or None to wake it.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        size = getattr(executor, "_max_workers", None)
        self.most = size if isinstance(size, int) else _MOST_AT_ONCE
        self._ended: SimpleQueue[tuple[int, Future[Any]] | None] = SimpleQueue()
        self._running: dict[int, Future[Any]] = {}
        self._refused: list[Event] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for future in self._running.values():
            future.cancel()

    def start(
        self,
        token: int,
        function: FunctionRef,
        arguments: Sequence[object],
        keywords: Mapping[str, object],
        *,
        rank: int = 0,
        until: int = 0,
        waits: bool = False,
    ) -> bool:
        """Submit one call; False: as many as there are workers are under way. None waits behind another."""
        if len(self._running) >= self.most:
            return False
        try:
            call = partial(_call, bytes(function.definition().pickled), function.is_async)
            future = self._executor.submit(call, tuple(arguments), dict(keywords))
        except UnsendableError as error:
            self._refused.append(Unsendable(token, "function", error))
            return True
        except BrokenExecutor:
            self._refused.append(Died(token, None, None))
            return True
        self._running[token] = future
        future.add_done_callback(partial(self._put, token))
        return True

    def may_have_place(self, *, waits: bool) -> bool:
        """Whether there are fewer calls under way than there are workers."""
        return len(self._running) < self.most

    def _put(self, token: int, future: Future[Any]) -> None:
        self._ended.put((token, future))

    @property
    def waiting(self) -> Collection[int]:
        """None is."""
        return ()

    def last_waiting(self, *, behind: int) -> int | None:
        """None is."""
        return None

    def take_back(self, token: int) -> bool:
        """None can be."""
        return False

    def wait(self, timeout: float | None) -> Sequence[Event]:
        """The calls that have ended, at least one of them unless the seconds are over or `wake` was called."""
        events, self._refused = self._refused, []
        block = not events
        while True:
            try:
                ended = self._ended.get(block, timeout)
            except Empty:
                return events
            block = False
            if ended is None:
                continue
            token, future = ended
            if self._running.pop(token, None) is not None:
                events.append(_event(token, future))

    def wake(self) -> None:
        """Make the `wait` that is under way, or the next one, return; from any thread, or a signal's handler."""
        self._ended.put(None)

    def kill(self, token: int) -> None:
        """Forget a call; if it has begun it goes on, and nobody waits for it."""
        self._running.pop(token).cancel()


def _event(token: int, future: Future[Any]) -> Event:
    try:
        return Returned(token, future.result())
    except BrokenExecutor:
        return Died(token, None, None)
    except BaseException as error:
        return Raised(token, error, "")


def _call(definition: bytes, is_async: bool, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    """In the executor's worker: make one call."""
    function = decode(Body(definition, []))
    assert callable(function)  # it was pickled as a function
    made: Callable[..., Any] = function
    return asyncio.run(made(*args, **kwargs)) if is_async else made(*args, **kwargs)
