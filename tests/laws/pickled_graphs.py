"""Graphs of functions that a pickle can refer to by name."""

from __future__ import annotations

from typing import Any

from syncra import Graph, Input, Node, parse, task, unchecked

__all__ = ["graph_of"]


def add(*values: int) -> int:
    return 1 + sum(values)


async def add_async(*values: int) -> int:
    return 1 + sum(values)


def graph_of(edges: list[tuple[int, int]]) -> Graph:
    """Five tasks and an input; an edge from a task leads to a later one, directly or through a view."""
    nodes: list[Node[Any]] = [Input[int]("input", default=1)]
    for place in range(5):
        sources: list[Node[Any]] = [nodes[0]]
        for source, kind in edges:
            if source < len(nodes) and place % 2 == kind % 2:
                sources.append([nodes[source], unchecked(nodes[source]), parse(nodes[source], int)][kind % 3])
        made: Any = task(name=f"t{place}", dependencies=tuple(sources), retries=place)
        nodes.append(made(add_async if place == 3 else add))
    return Graph.of(*nodes)
