"""The tasks that were declared with a graph's name, in the order of their declaration."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from syncra.errors import DuplicateTaskError, GraphNotFoundError

if TYPE_CHECKING:
    from syncra._nodes._node import Node

__all__ = ["Definition", "forget", "register", "registered"]


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """Where a task is defined, and in which execution of its module.

    Attributes:
        module, qualname: as Python names the function.
        place: "file:line".
        execution: differs between two executions of the module's code; None where code has no module file of its
            own, as in a notebook, where cells are run again and again.
    """

    module: str
    qualname: str
    place: str
    execution: object | None

    @classmethod
    def of(cls, module: str, qualname: str, place: str) -> Definition:
        """The definition of a function that is being declared now."""
        found = sys.modules.get(module)
        # A reload gives the module a new spec; a notebook and a script typed in have neither file nor spec.
        has_file = getattr(found, "__file__", None) is not None
        return cls(module, qualname, place, (getattr(found, "__spec__", None) or found) if has_file else None)

    def replaces(self, earlier: Definition) -> bool:
        """Whether this is the same definition executed again, and not another function of the same name."""
        if (self.module, self.qualname) != (earlier.module, earlier.qualname):
            return False
        return self.execution is None or self.execution is not earlier.execution or self.place == earlier.place


_lock = Lock()
_graphs: dict[str, dict[str, tuple[Definition, Node[object]]]] = {}  # held: _lock


def register(graph: str, node: Node[object], definition: Definition) -> None:
    """Keep a task under a graph's name; the same definition executed again replaces the earlier task.

    Raises:
        DuplicateTaskError: another task of this name is registered there.
    """
    with _lock:
        tasks = _graphs.setdefault(graph, {})
        if node.name in tasks:
            earlier, _ = tasks[node.name]
            if not definition.replaces(earlier):
                raise DuplicateTaskError(
                    f"graph {graph!r} already has a task {node.name!r}, defined at {earlier.place}; the one at"
                    f" {definition.place} needs another name= or another graph_name=",
                    name=node.name,
                )
        tasks[node.name] = definition, node


def registered(graph: str) -> dict[str, Node[object]]:
    """The tasks of a graph by name, in the order of their declaration, as they are now.

    Raises:
        GraphNotFoundError: no task was declared under this name.
    """
    with _lock:
        if not isinstance(graph, str) or graph not in _graphs:
            raise GraphNotFoundError(graph, tuple(_graphs))
        return {name: node for name, (_, node) in _graphs[graph].items()}


def forget(graph: str) -> None:
    """Forget a graph's name and its tasks; graphs and plans made from them live on.

    Raises:
        GraphNotFoundError: no task was declared under this name.
    """
    with _lock:
        if not isinstance(graph, str) or graph not in _graphs:
            raise GraphNotFoundError(graph, tuple(_graphs))
        del _graphs[graph]
