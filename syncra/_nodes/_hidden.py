"""Finds nodes where nobody would look for them: inside of values that are handed to a task as they are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, get_args

from syncra._nodes._node import Dependency, Node

__all__ = ["hidden_dependency", "hidden_node"]

_CONTAINERS: Final = frozenset({dict, frozenset, list, set, tuple})
_MOST_LOOKED_AT: Final = 10_000
"""A node that somebody put into a container by mistake is not behind ten thousand values."""


def hidden_dependency(default: object) -> Dependency | None:
    """What `depends` gave for a default and was put into a container, where it stands for nothing."""
    found = _first_in(default, Dependency) if type(default) in _CONTAINERS else None
    return found if isinstance(found, Dependency) else None


def hidden_node(value: object, hint: object) -> Node[Any] | None:
    """A node in, or as, a fixed value for a parameter that does not ask for nodes."""
    found = _first_in(value, (Node, Dependency))
    if found is None or _asks_for_nodes(hint):
        return None
    return found.node if isinstance(found, Dependency) else found


def _first_in(value: object, kinds: Any) -> Any:  # Any: a class or several, as issubclass takes them; one of these
    waiting = [value]
    for _ in range(_MOST_LOOKED_AT):
        if not waiting:
            return None
        each = waiting.pop()
        kind = type(each)  # not isinstance: a value may claim any class
        if issubclass(kind, kinds):
            return each
        if kind in _CONTAINERS:
            waiting.extend(islice(_parts(each), _MOST_LOOKED_AT))
    return None


def _parts(container: Any) -> Iterator[object]:  # Any: one of the containers, of whatever items
    if isinstance(container, dict):
        yield from container.values()
    yield from container


def _asks_for_nodes(hint: object) -> bool:
    parts = [hint]
    while parts:
        part = parts.pop()
        named = getattr(part, "__origin__", part)
        if isinstance(named, type) and issubclass(named, Node):
            return True
        parts.extend(get_args(part))
    return False
