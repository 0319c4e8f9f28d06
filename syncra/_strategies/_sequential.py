"""Sequential: every step in the caller's thread, one after the other."""

from __future__ import annotations

from contextvars import Context, copy_context
from threading import Event
from typing import TYPE_CHECKING, Any

from syncra._programs._steps import Job
from syncra._runs._run import Run
from syncra._strategies._calling import call_items, call_row, call_within

if TYPE_CHECKING:
    from syncra._strategies._loops import PrivateLoop

__all__ = ["Sequential"]


class Sequential:
    """Runs every step in the caller's thread, one after the other; async tasks on an event loop of the run's own.

    A sync task with a timeout runs on a thread beside the caller's, which can be left behind.

    Example:
        >>> from syncra import Graph, Sequential, task
        >>> @task
        ... def one() -> int:
        ...     return 1
        >>> Graph.of(one)(strategy=Sequential())[one]
        1
    """

    def __enter__(self) -> Sequential:
        return self

    def __exit__(self, *_: object) -> None:
        """There is nothing to close."""

    def execute(self, run: Run, /) -> None:
        context = copy_context()
        context.run(_Driver(run, context).drive)

    def __repr__(self) -> str:
        return "Sequential()"


class _Driver:
    """Drives one run in the current thread; asyncio is imported at the first async step."""

    def __init__(self, run: Run, context: Context) -> None:
        self._run = run
        self._context = context
        self._loop: PrivateLoop | None = None
        self._pause: Event | None = None

    def drive(self) -> None:
        run = self._run
        run.when_stopped(self._stopped)
        try:
            while (row := run.row()) is not None or call_items(run):
                special = None if row is None else call_row(run, *row)
                if special is not None:
                    self._perform(special)
            while not run.finished:
                while (step := run.take()) is not None:
                    self._perform(step)
                if not run.finished:
                    self._pause_for(run.delay())
        finally:
            if self._loop is not None:
                self._loop.close()

    def _pause_for(self, seconds: float | None) -> None:
        self._pause = Event()
        if not self._run.stopping:
            self._pause.wait(seconds)
        self._pause = None

    def _stopped(self) -> None:
        """The run was stopped, from another thread: end what this one is waiting for."""
        pause, loop = self._pause, self._loop
        if pause is not None:
            pause.set()
        if loop is not None:
            loop.cancel()

    def _perform(self, step: Job) -> None:
        try:
            value = self._value(step)
        except BaseException as error:  # told to the run, which decides whether it goes on
            self._run.fail(step, error)
        else:
            self._run.succeed(step, value)

    def _value(self, step: Job) -> Any:  # Any: the node's value
        inside, values = self._context.copy(), self._run.values
        if step.is_async:
            if self._loop is None:
                from syncra._strategies._loops import PrivateLoop

                self._loop = PrivateLoop()
            return self._loop.value(step, self._run, inside)
        if step.policy.timeout is not None:
            return call_within(step, lambda: inside.run(step.run, values))
        return inside.run(step.run, values)
