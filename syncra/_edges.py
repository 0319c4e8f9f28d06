"""Edges and their verdicts: declarations become a closed, acyclic and checked set of nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from syncra._nodes._input import Input
from syncra._nodes._node import Node, Settled
from syncra._nodes._registry import registered
from syncra._nodes._task import BaseTask
from syncra._relation import Answer, Fit
from syncra._topology import Cycle, dependencies_first
from syncra.errors import (
    CycleError,
    DeclarationError,
    DuplicateTaskError,
    NodeNotFoundError,
    WiringError,
    suggestion,
)

__all__ = ["Edge", "SettledNodes", "Verdict", "edges_of", "inputs_first", "named_nodes", "settle"]

SettledNodes: TypeAlias = Mapping[Node[Any], Settled]


class Verdict(Enum):
    """What the types of an edge prove: nothing is left to do at run time, or the value is checked there."""

    PROVEN = "proven"
    CHECKED = "checked"


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """A dependency and the task that needs it.

    Attributes:
        source: the node that comes first.
        target: the node that needs it.
        parameter: the target's parameter that takes the source's value; None: the edge only orders.
        verdict: PROVEN, or CHECKED where pydantic validates the value in a run.
        reason: why there is no proof; empty for a proven edge.
    """

    source: Node[Any]
    target: Node[Any]
    parameter: str | None
    verdict: Verdict
    reason: str = ""

    def __repr__(self) -> str:
        bound = "" if self.parameter is None else f".{self.parameter}"
        return f"<Edge {self.source.name} -> {self.target.name}{bound}: {self.verdict.value}>"


def settle(
    roots: Iterable[Node[Any]], registered_names: Mapping[str, Mapping[str, Node[Any]]]
) -> dict[Node[Any], Settled]:
    """All nodes that the roots need, in topological order, every edge checked.

    Args:
        roots: nodes.
        registered_names: snapshots of registered graphs, for dependencies given by name; others are looked up.

    Raises:
        DeclarationError: edges do not fit, or parameters are filled by nothing; all faults at once.
        NodeNotFoundError: a dependency's name is not registered.
        CycleError: a node needs itself.
    """
    needs = _Needs(registered_names)
    try:
        order = dependencies_first(roots, needs)
    except Cycle as cycle:
        raise CycleError([node.name for node in cycle.path]) from None
    settled: dict[Node[Any], Settled] = {}
    faults: list[DeclarationError] = []
    for node in inputs_first(order):
        try:
            settled[node] = _settled(node, needs, settled)
        except DeclarationError as error:
            faults += error.faults or (error,)
            settled[node] = Settled(node.result_type)
    DeclarationError.raise_all("the graph", faults)
    return settled


def inputs_first(order: Sequence[Node[Any]]) -> list[Node[Any]]:
    """The same order with the inputs before all else: they need nothing, and a run begins with their values."""
    return sorted(order, key=lambda node: node.function is not None)


def _settled(node: Node[Any], needs: _Needs, settled: SettledNodes) -> Settled:
    if node.wiring.open:
        listed = " and ".join(repr(each.parameter) for each in node.wiring.open)
        raise WiringError(f"nothing fills {listed} of {node.describe()}: give it depends(...) or dependencies=")
    if node.settled is not None:
        return node.settled
    sources = needs(node)
    return node.settle(sources, [settled[each].result_type for each in sources])


class _Needs:
    """What a node needs, with names looked up among the tasks registered beside the one that names them."""

    def __init__(self, registered_names: Mapping[str, Mapping[str, Node[Any]]]) -> None:
        self._graphs = dict(registered_names)

    def __call__(self, node: Node[Any]) -> Sequence[Node[Any]]:
        if node.settled is not None:
            return node.settled.sources
        return [each if isinstance(each, Node) else self._find(each, node) for each in node.sources]

    def _find(self, name: str, needed_by: Node[Any]) -> Node[Any]:
        # Only tasks of a named graph get past their declaration with names in them.
        graph = (needed_by.graph_name if isinstance(needed_by, BaseTask) else None) or ""
        if graph not in self._graphs:
            self._graphs[graph] = registered(graph)
        if name in self._graphs[graph]:
            return self._graphs[graph][name]
        raise NodeNotFoundError(
            f"{needed_by.describe()} depends on {name!r}, which is no task of graph {graph!r}"
            f"{suggestion(name, self._graphs[graph])}"
        )


def named_nodes(nodes: Iterable[Node[Any]], graph: str) -> dict[str, Node[Any]]:
    """The nodes by name; a view has no claim to a name that a task or an input has.

    Raises:
        DuplicateTaskError: two tasks or inputs have one name.
    """
    named: dict[str, Node[Any]] = {}
    views: list[Node[Any]] = []
    for node in nodes:
        if not isinstance(node, (BaseTask, Input)):
            views.append(node)
        elif named.setdefault(node.name, node) is not node:
            places = " and ".join(each.place or each.describe() for each in (named[node.name], node))
            raise DuplicateTaskError(
                f"{graph} has two nodes called {node.name!r}: {places}; give one another name", name=node.name
            )
    for view in views:
        named.setdefault(view.name, view)
    return named


def edges_of(settled: SettledNodes) -> Iterator[Edge]:
    """Every edge with its verdict, in the order of the targets."""
    for target, known in settled.items():
        joined = zip(target.wiring.connections, known.sources, known.answers, known.hints, strict=True)
        for connection, source, answer, hint in joined:
            yield Edge(source, target, connection.parameter, *_verdict(answer, hint))


def _verdict(answer: Answer | None, hint: object) -> tuple[Verdict, str]:
    if answer is None or answer.fit is Fit.PROVEN:
        return Verdict.PROVEN, ""
    from syncra._values import value_check

    limits = value_check(hint).limits
    unchecked = f"; a run does not look at {', '.join(limits)}" if limits else ""
    return Verdict.CHECKED, f"{answer.reason}{unchecked}"
