"""Calls of routines: the runs inside a run, and the jobs that these give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from syncra._nodes._node import Node
from syncra._policy import Policy
from syncra._programs._calls import Shape
from syncra._programs._steps import Job
from syncra._runs._ended import Ended
from syncra._runs._run import Run

__all__ = ["CutOff", "InnerCall", "InnerJob"]


class CutOff(BaseException):
    """What stops a run inside a run that stops; never raised to anybody."""


@dataclass(slots=True, eq=False)
class InnerCall:
    """A call of a routine that is under way.

    Attributes:
        caller: the step of the outer run, or the item of its fan-out, that the call is made for.
        run: of the routine's program.
        result: the place of the value that the call gives.
        ready: how many jobs the run had to give when it was looked at last.
        is_listed: the outer run has noted that it has jobs to give.
        is_closed: it has ended.
        rests_as: what it is called among the outer run's delayed things; None: nothing of it is delayed.
    """

    caller: Job
    run: Run
    result: int
    ready: int = 0
    is_listed: bool = False
    is_closed: bool = False
    rests_as: int | None = None

    def end(self) -> tuple[object, BaseException | None]:
        """The value of the finished call, or what it failed with: a CutOff, if it was only stopped."""
        ended = self.run.end()
        error = _error(ended)
        return (ended.values[self.result], None) if error is None else (None, error)


def _error(ended: Ended) -> BaseException | None:
    if isinstance(ended.error, CutOff):
        return next((failed.error for failed in ended.failures().values()), ended.error)
    return ended.error if ended.error is not None else ended.group()


@dataclass(slots=True, eq=False)
class InnerJob:
    """A job of a run inside the run; for drivers a job like any other, which brings its own values."""

    token: int
    job: Job
    call: InnerCall

    @property
    def index(self) -> int:
        return self.call.caller.index

    @property
    def node(self) -> Node[Any]:
        return self.job.node

    @property
    def shape(self) -> Shape:
        return self.job.shape

    @property
    def is_async(self) -> bool:
        return self.job.is_async

    @property
    def is_local(self) -> bool:
        return self.job.is_local

    @property
    def policy(self) -> Policy:
        return self.job.policy

    def arguments(self, _: Sequence[object]) -> list[object]:
        """What its shape makes the function's arguments of."""
        return self.job.arguments(self.call.run.values)

    def run(self, _: Sequence[object]) -> Any:  # Any: the node's type is the users' business
        """Call it here; where it is async it gives its coroutine."""
        return self.job.run(self.call.run.values)

    def describe(self) -> str:
        """What it is called in messages."""
        return self.job.describe()
