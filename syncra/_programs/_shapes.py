"""What a run of a program may decide: which steps wait to be chosen, who may choose them, which fan-outs flow."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from syncra._programs._routine import Routine
from syncra._programs._steps import Step

__all__ = ["Shapes"]


@dataclass(frozen=True, slots=True, eq=False)
class Shapes:
    """The parts of a program that are not settled before it runs.

    Attributes:
        dormant: steps that run only if a step that may choose them does.
        takers: for an option, the steps that may choose it.
        flows: for a fan-out, the fan-outs that go over its items while it is still giving them.
        goes_over_items: there are fan-outs.
        routines: steps whose calls are runs inside the run.
        ends: steps behind which nothing takes a failure away: targets, and steps that nothing needs.
        stops: 1 for each step at which a row of plain calls ends.
    """

    dormant: frozenset[int]
    takers: Mapping[int, Sequence[int]]
    flows: Mapping[int, Sequence[int]]
    goes_over_items: bool
    routines: Mapping[int, Routine]
    ends: frozenset[int]
    stops: bytes

    @classmethod
    def of(cls, steps: Sequence[Step], targets: Iterable[int] | None, given: Container[int] = frozenset()) -> Shapes:
        """The shapes of a program's steps, which are in topological order; those with given values need nothing."""
        takers: dict[int, list[int]] = {}
        flows: dict[int, list[int]] = {}
        routines: dict[int, Routine] = {}
        ends = set(range(len(steps)))
        for step in steps:
            ends.difference_update(step.sources, step.options)
            routine = _routine_of(step)
            if routine is not None:
                routines[step.index] = routine
            for option in step.options:
                takers.setdefault(option, []).append(step.index)
            for source in {step.slots[place] for place in step.places}:
                if steps[source].places:
                    flows.setdefault(source, []).append(step.index)
        ends.update(targets or ())
        dormant = _dormant(steps, ends, given)
        # From the first choice on, steps may end in an order that nobody knows before.
        decided = next(
            (step.index for step in steps if step.options or step.node.absorbs or step.index in dormant), len(steps)
        )
        stops = bytes(step.index >= decided or bool(step.places) or step.index in routines for step in steps)
        goes_over_items = any(step.places for step in steps)
        return cls(dormant, takers, flows, goes_over_items, routines, frozenset(ends), stops)


def _routine_of(step: Step) -> Routine | None:
    """What a run takes the steps of in place of calling this one; with a timeout it is one call like any other."""
    function = step.node.function
    return function if isinstance(function, Routine) and step.policy.timeout is None else None


def _dormant(steps: Sequence[Step], ends: Iterable[int], given: Container[int]) -> frozenset[int]:
    """The steps that no end needs without a choice between them; inputs have their values anyway."""
    needed = bytearray(len(steps))
    for end in ends:
        needed[end] = 1
    for step in reversed(steps):
        if needed[step.index] and step.index not in given:
            for source in step.sources:
                needed[source] = 1
    return frozenset(step.index for step in steps if not needed[step.index] and step.node.function is not None)
