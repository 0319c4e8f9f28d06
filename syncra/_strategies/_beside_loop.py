"""A run driven on a thread of its own, beside the event loop of its caller."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import copy_context
from threading import Thread

from syncra._runs._run import Run
from syncra._strategies._interface import Strategy

__all__ = ["drive_from_thread", "drive_on_thread"]


async def drive_from_thread(strategy: Strategy, run: Run) -> None:
    """Drive the run on a thread of its own while the loop goes on.

    Cancelled, it stops the run, waits for the steps that are running, and is cancelled then.
    """
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[BaseException | None] = loop.create_future()
    context = copy_context()

    def drive() -> None:
        error: BaseException | None = None
        try:
            context.run(strategy.execute, run)
        except BaseException as caught:  # raised again on the loop's side
            error = caught
        loop.call_soon_threadsafe(ended.set_result, error)

    thread = Thread(target=drive, name="syncra-driver", daemon=True)
    thread.start()
    cancelled: asyncio.CancelledError | None = None
    while not ended.done():
        try:
            await asyncio.shield(ended)
        except asyncio.CancelledError as cancellation:
            cancelled = cancellation
            run.stop()
    thread.join()
    raised = cancelled or ended.result()
    if raised is not None:
        raise raised


def drive_on_thread(execute: Callable[[Run], None], run: Run) -> None:
    """Drive the run on a thread of its own while this one waits, its loop blocked as by any other call.

    An interrupt of the waiting thread stops the run, which raises it.
    """
    failures: list[BaseException] = []
    context = copy_context()

    def drive() -> None:
        try:
            context.run(execute, run)
        except BaseException as raised:
            failures.append(raised)

    thread = Thread(target=drive, name="syncra-driver", daemon=True)
    thread.start()
    while thread.is_alive():
        try:
            thread.join()
        except BaseException as interrupt:
            run.stop(interrupt)
    if failures:
        raise failures.pop()
