"""From a checked set of nodes to a program: slots for values and fixed arguments, checks put into the calls.

What a step calls is put together here, once, so that a run only fetches slots and calls.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from inspect import Parameter
from typing import Any, Literal, TypeAlias, get_args

from syncra._edges import SettledNodes, inputs_first
from syncra._nodes._connections import Connection, Filler, Fixed, Open, Wiring
from syncra._nodes._node import Node, Settled
from syncra._programs._calls import Accept, Check, Shape, hides_coroutines, may_be_awaitable
from syncra._programs._program import Program
from syncra._programs._steps import Step
from syncra._relation import Fit
from syncra._signature import MISSING
from syncra._topology import dependencies_first
from syncra.errors import OptionError, ProtocolError

__all__ = ["Validation", "compile_program"]

Validation: TypeAlias = Literal["edges", "all", "off"]


def compile_program(
    settled: SettledNodes, targets: Sequence[Node[Any]], validate: Validation, name: str | None
) -> Program:
    """The program that gives the targets' values; without targets, the values of all nodes.

    Raises:
        OptionError: `validate` is none of its words.
    """
    if validate not in get_args(Validation):
        raise OptionError(f"validate must be one of {', '.join(map(repr, get_args(Validation)))}, not {validate!r}")
    nodes = inputs_first(dependencies_first(targets, lambda node: settled[node].sources)) if targets else list(settled)
    compiler = _Compiler(settled, nodes, validate)
    steps = tuple(compiler.steps())
    kept = frozenset(compiler.index[each] for each in targets) if targets else None
    return Program(steps, compiler.constants, kept, name)


class _Compiler:
    """One compilation: gives each fixed argument a slot behind the steps."""

    def __init__(self, settled: SettledNodes, nodes: Sequence[Node[Any]], validate: Validation) -> None:
        self.settled = settled
        self.validate = validate
        self.index = {node: position for position, node in enumerate(nodes)}
        self.constants: list[object] = []
        self.bare: dict[Wiring, Shape] = {}
        self.looked_at: dict[int, bool] = {}

    def steps(self) -> Iterator[Step]:
        for node, index in self.index.items():
            known = self.settled[node]
            if node.wiring.is_plain:  # as nearly all are
                slots = tuple([self.index[each] for each in known.sources])
                distinct = dict.fromkeys(slots)
                sources = slots if len(distinct) == len(slots) else tuple(distinct)
                yield Step(index, node, slots, sources, self._shape(node, known))
                continue
            taken = tuple(zip(node.wiring.connections, known.sources, strict=True))
            sources = tuple(dict.fromkeys(self.index[each] for way, each in taken if way.takes != "option"))
            options = dict.fromkeys(self.index[each] for way, each in taken if way.takes == "option")
            places = _places_of_items(node) if any(way.takes == "items" for way, _ in taken) else ()
            further = tuple(each for each in options if each not in sources)
            yield Step(index, node, self._slots(node, known), sources, self._shape(node, known), further, places)

    def _slots(self, node: Node[Any], known: Settled) -> tuple[int, ...]:
        sources = iter(known.sources)
        fillers = _fillers(node)
        return tuple(
            self.index[next(sources)] if isinstance(each, Connection) else self._constant(each) for each in fillers
        )

    def _shape(self, node: Node[Any], known: Settled) -> Shape:
        """How the slots are handed over; one object for all tasks of a function of which nothing is checked."""
        result = known.result_type if known.call_type is MISSING else known.call_type
        accept = self._accept(node, result)
        checks = () if known.answers is node.wiring.proven or self.validate == "off" else _checks(node, known)
        if accept is None and not checks:
            bare = self.bare.get(node.wiring)
            if bare is None:
                bare = self.bare[node.wiring] = _shape_of(node.wiring)
            return bare
        return _shape_of(node.wiring, checks, accept)

    def _accept(self, node: Node[Any], result: object) -> Accept | None:
        if not node.is_task:
            return None
        if self.validate == "all":
            return Accept(node.name, result, is_checked=True)
        # Most tasks have one of few types; hints may be unhashable, and what is settled keeps them alive.
        looked_at = self.looked_at.get(id(result))
        if looked_at is None:
            looked_at = self.looked_at[id(result)] = may_be_awaitable(result)
        return Accept(node.name, result, is_checked=False) if looked_at or hides_coroutines(node) else None

    def _constant(self, filler: Fixed | Open) -> int:
        if isinstance(filler, Open):  # a graph with an open parameter does not exist
            raise ProtocolError(f"parameter {filler.parameter!r} is filled by nothing")
        self.constants.append(filler.value)
        return len(self.index) + len(self.constants) - 1


def _fillers(node: Node[Any]) -> tuple[Filler, ...]:
    return (*node.wiring.positional, *(filler for _, filler in node.wiring.keyword))


def _shape_of(wiring: Wiring, checks: tuple[tuple[int, Check], ...] = (), accept: Accept | None = None) -> Shape:
    return Shape(len(wiring.positional), tuple(name for name, _ in wiring.keyword), checks, accept)


def _checks(node: Node[Any], known: Settled) -> tuple[tuple[int, Check], ...]:
    joined = iter(zip(known.sources, known.answers, known.hints, strict=True))
    checks: list[tuple[int, Check]] = []
    for place, filler in enumerate(_fillers(node)):
        if not isinstance(filler, Connection):
            continue
        source, answer, hint = next(joined)
        if answer is not None and answer.fit is not Fit.PROVEN and hint is not Parameter.empty:
            checks.append((place, Check(hint, source.name, node.name, filler.parameter or "")))
    return tuple(checks)


def _places_of_items(node: Node[Any]) -> tuple[int, ...]:
    return tuple(n for n, each in enumerate(_fillers(node)) if isinstance(each, Connection) and each.takes == "items")
