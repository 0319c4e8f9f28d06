"""Order of things that need each other: closure, topological order and the shortest cycle, over any hashable."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

__all__ = ["Cycle", "dependencies_first"]

K = TypeVar("K")


class Cycle(Exception):
    """The things need each other in a circle.

    Attributes:
        path: the circle, each needing the next, the first repeated at the end.
    """

    def __init__(self, path: Sequence[Any]) -> None:  # Any: whatever was to be ordered
        super().__init__(f"a cycle of {len(path) - 1}")
        self.path: tuple[Any, ...] = tuple(path)


def dependencies_first(roots: Iterable[K], needs: Callable[[K], Iterable[K]]) -> list[K]:
    """The closure of `roots` under `needs`, each thing after all that it needs.

    Depth first, in the order in which roots and needs are given: what one thing needs stands close before it,
    so that values which are used once can be freed early, and the same call always gives the same order.

    Raises:
        Cycle: where no such order exists.
    """
    order: list[K] = []
    done: set[K] = set()
    open_: set[K] = set()
    path: list[tuple[K, Iterator[K]]] = []
    for root in roots:
        if root in done:
            continue
        path.append((root, iter(needs(root))))
        open_.add(root)
        while path:
            current, rest = path[-1]
            for needed in rest:
                if needed in done:
                    continue
                if needed in open_:
                    raise Cycle(_shortest_way(needed, current, needs, within=open_))
                path.append((needed, iter(needs(needed))))
                open_.add(needed)
                break
            else:
                path.pop()
                open_.discard(current)
                done.add(current)
                order.append(current)
    return order


def _shortest_way(start: K, end: K, needs: Callable[[K], Iterable[K]], *, within: set[K]) -> list[K]:
    """From `start` along `needs` to `end` and back to `start`, which `end` needs; breadth first."""
    came_from: dict[K, K | None] = {start: None}
    waiting = deque([start])
    while waiting and end not in came_from:
        current = waiting.popleft()
        for needed in needs(current):
            if needed in within and needed not in came_from:
                came_from[needed] = current
                waiting.append(needed)
    way: list[K] = [start]
    step: K | None = end
    while step is not None:
        way.append(step)
        step = came_from[step]
    return way[::-1]
