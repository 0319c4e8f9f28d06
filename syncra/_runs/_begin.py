"""The beginning of a run: the state machine that knows what its program has, and no more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from time import monotonic

from syncra._programs._program import Program
from syncra._programs._shapes import Shapes
from syncra._runs._run import Run

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
    kind = Run if program.shapes is None else _kind_for(program.shapes)
    return kind(program, given, unneeded=unneeded, goes_on=goes_on, strategy=strategy, clock=clock)


def _kind_for(shapes: Shapes) -> type[Run]:
    if shapes.routines:
        from syncra._runs._nested_run import NestedRun

        return NestedRun
    if shapes.goes_over_items:
        from syncra._runs._fan_out_run import FanOutRun

        return FanOutRun
    from syncra._runs._choosing_run import ChoosingRun

    return ChoosingRun
