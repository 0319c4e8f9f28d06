"""The beginning of a run: the state machine that knows what its program has, and no more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from time import monotonic

from syncra._program import Program
from syncra._run import Run

__all__ = ["begin"]


def begin(
    program: Program,
    given: Mapping[int, object],
    *,
    unneeded: Iterable[int] = (),
    goes_on: bool,
    strategy: str,
    clock: Callable[[], float] = monotonic,
) -> Run:
    """A run of the program, with the arguments of Run; what few programs have is imported for these."""
    kind = Run if program.shapes is None else _kind_with_shapes(program)
    return kind(program, given, unneeded=unneeded, goes_on=goes_on, strategy=strategy, clock=clock)


def _kind_with_shapes(program: Program) -> type[Run]:
    if program.shapes is not None and program.shapes.routines:
        from syncra._nested_run import NestedRun

        return NestedRun
    from syncra._shaped_run import ShapedRun

    return ShapedRun
