"""A program with parameters and one result: what a graph is to a run that calls it as a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from syncra._frozen import Frozen

if TYPE_CHECKING:
    from syncra._programs._program import Program

__all__ = ["Routine"]


class Routine(Frozen):
    """A program that is called with the values of some of its inputs, and gives the value of one of its nodes.

    A run that meets one as the function of a step does not have it called: it takes the program's own steps among its
    jobs, so that the same workers do them.

    Attributes:
        program: what is run; its one target is the result.
        places: of the inputs that are its parameters, in order.
        defaults: the values of all other inputs, by place.
        result: the place of the node whose value it gives.
        goes_on: after a failure everything that does not need the failed step still runs.
    """

    program: Program
    places: tuple[int, ...]
    defaults: Mapping[int, object]
    result: int
    goes_on: bool

    def given(self, args: Sequence[object]) -> dict[int, object]:
        """The values of all inputs for a call with these arguments, which are as many as there are parameters."""
        return {**self.defaults, **dict(zip(self.places, args, strict=True))}
