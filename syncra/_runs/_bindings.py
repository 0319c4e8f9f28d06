"""The values that a run starts with: bindings and defaults, checked all together before anything runs."""

from __future__ import annotations

from collections.abc import Sequence

from syncra._nodes._input import Input
from syncra._nodes._node import Binding
from syncra._programs._program import Program
from syncra._relation import type_name
from syncra._signature import MISSING
from syncra.errors import BindingError, suggestion

__all__ = ["start_values"]


def start_values(
    program: Program, bindings: Sequence[Binding], types: Sequence[object]
) -> tuple[dict[int, object], list[int]]:
    """The values of inputs and overridden nodes by slot, and the steps that no one needs because of these.

    Args:
        program: what will run.
        bindings: what the caller gave.
        types: the final type of each step's value.

    Raises:
        BindingError: values are missing, of unknown nodes, given twice or of a wrong type; all faults at once.
    """
    faults: list[str] = []
    given: dict[int, object] = {}
    for binding in bindings:
        fault = _add(given, binding, program, types)
        if fault is not None:
            faults.append(fault)
    overridden = {index for index in given if index >= program.inputs}
    unneeded = [each for each in _unneeded(program, overridden) if each not in given] if overridden else []
    skipped = set(unneeded)
    for step in program.steps[: program.inputs]:
        default = step.node.default if isinstance(step.node, Input) else MISSING
        if step.index in given or step.index in skipped:
            continue
        if default is MISSING:
            wanted = type_name(types[step.index])
            faults.append(f"input {step.node.name!r} has no value: bind one ({wanted}), or give it a default")
        given[step.index] = default
    if faults:
        raise BindingError(program.describe(), faults)
    return given, unneeded


def _add(given: dict[int, object], binding: object, program: Program, types: Sequence[object]) -> str | None:
    """Add what a binding gives, or say what is wrong with it."""
    if not isinstance(binding, Binding):
        return f"a run takes bindings, node.bind(value), not {type(binding).__name__!r}"
    index = program.index.get(binding.node)
    described = binding.node.describe()
    if index is None:
        return f"{described} is not in the plan{_near(binding.node.name, program)}"
    if index in given:
        return f"{described} is bound twice; keep one"
    from syncra._values import value_check

    given[index] = binding.value
    reasons = value_check(types[index]).faults(binding.value)
    return None if reasons is None else f"the value for {described} is not {type_name(types[index])}: {reasons}"


def _near(name: str, program: Program) -> str:
    """The end of a sentence about a node that is not in the plan: one of the same name, or names near to it."""
    namesake = next((each for each in program.index if each.name == name), None)
    if namesake is not None:
        return f", which has another node of that name, {namesake.describe()}: bind that one"
    return suggestion(name, [each.name for each in program.index])


def _unneeded(program: Program, overridden: set[int]) -> list[int]:
    """The steps that only overridden nodes need: all that no target, or no end of the graph, reaches without them."""
    needed = bytearray(len(program.steps))
    if program.targets is None:
        ends = set(range(len(program.steps)))
        for step in program.steps:
            ends.difference_update(step.sources, step.options)
    else:
        ends = set(program.targets)
    for index in ends:
        needed[index] = 1
    for step in reversed(program.steps):
        if needed[step.index] and step.index not in overridden:
            for source in (*step.sources, *step.options):
                needed[source] = 1
    return [index for index in range(len(needed)) if not needed[index] and index not in overridden]
