"""What is awaited on a loop that the loop does not know: begun coroutines, and calls on threads."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from contextvars import Context
from typing import TYPE_CHECKING, Any

from syncra._strategies._team import Team

if TYPE_CHECKING:
    import asyncio

__all__ = ["Begun", "Came", "uncancelled"]


class Came:
    """What a call came to, on its way between threads: a StopIteration can't be raised out of a coroutine."""

    def __init__(self) -> None:
        self._outcome: tuple[Any, BaseException | None] = None, None

    def call(self, call: Callable[[], Any]) -> None:
        """Make the call and keep what it comes to."""
        try:
            self._outcome = call(), None
        except BaseException as error:
            self._outcome = None, error

    def value(self) -> Any:  # Any: the node's value
        """Give the value or raise the exception; once, as a kept exception would keep this alive."""
        (value, error), self._outcome = self._outcome, (None, None)
        if error is None:
            return value
        try:
            raise error
        finally:
            del error


async def uncancelled(ended: asyncio.Future[None], team: Team) -> None:
    """Until a call of the team's has ended: it can't be cancelled, so the cancellation goes on only then."""
    from asyncio import CancelledError, shield

    cancelled: CancelledError | None = None
    while not (ended.done() or (cancelled is not None and team.is_abandoned)):
        try:
            await shield(ended)
        except CancelledError as error:
            cancelled = error
    if cancelled is not None:
        try:
            raise cancelled
        finally:
            del cancelled  # or it and this frame would keep each other alive


class Begun:
    """Awaits the rest of a coroutine that was begun, and waits for something, in the context of its step.

    Begun and continued inside of the same Task, so that `asyncio.timeout`, task groups and `current_task` work in it.
    """

    __slots__ = ("_context", "_coroutine", "_waits_for")

    def __init__(self, coroutine: Coroutine[Any, Any, Any], waits_for: object, context: Context) -> None:
        self._coroutine = coroutine
        self._waits_for = waits_for
        self._context = context

    def __await__(self) -> Generator[Any, Any, Any]:
        coroutine, waits_for, run = self._coroutine, self._waits_for, self._context.run
        try:
            while True:
                try:
                    sent = yield waits_for
                except BaseException as error:
                    waits_for = run(coroutine.throw, error)
                else:
                    waits_for = run(coroutine.send, sent)
        except StopIteration as end:
            return end.value
