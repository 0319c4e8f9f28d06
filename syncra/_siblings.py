"""Functions that one `def` makes again and again: what was read of one of them holds for the next."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import is_not
from types import CodeType, FunctionType
from typing import Final, Generic, TypeVar
from weakref import WeakKeyDictionary

from syncra._annotations import names_in

__all__ = ["Siblings"]

T = TypeVar("T")

_ATTRIBUTE: Final = re.compile(r"\.\s*[^\W\d]")
_BUILT: Final = (types.GenericAlias, types.UnionType)


@dataclass(frozen=True, slots=True)
class _Looks:
    """What of a function, besides its code, decides what is read of it.

    Attributes:
        annotated: the parameters with annotations, and "return".
        hints: their annotations, as they were when they were looked at.
        named: what the names in annotations stand for that are strings.
    """

    name: str
    annotated: tuple[str, ...]
    hints: tuple[object, ...]
    named: tuple[object, ...]

    def are_those_of(self, other: _Looks) -> bool:
        """Whether the same would be read; False also where that is not sure."""
        if self.name != other.name or self.annotated != other.annotated or len(self.named) != len(other.named):
            return False
        if any(map(is_not, self.named, other.named)):
            return False
        return all(map(_is_written_so, self.hints, other.hints))


class Siblings(Generic[T]):
    """Readings of functions, the last one of each `def`, kept as long as its code is."""

    def __init__(self) -> None:
        self._kept: WeakKeyDictionary[CodeType, tuple[_Looks, T]] = WeakKeyDictionary()

    def of(
        self,
        function: FunctionType,
        scopes: Callable[[], Sequence[Mapping[str, object]]],
        read: Callable[[], tuple[T, bool]],
    ) -> T:
        """What was read of a sibling that looks the same, else what `read` gives.

        Args:
            function: what is to be read, whose attributes say nothing besides.
            scopes: gives where names in its annotations are looked up, one after the other; asked only where these are
                strings.
            read: reads the function, and says whether that holds for siblings too.
        """
        looks = _looks_of(function, scopes)
        kept = self._kept.get(function.__code__) if looks is not None else None
        if looks is not None and kept is not None and kept[0].are_those_of(looks):
            return kept[1]
        reading, lasts = read()
        if lasts and looks is not None:
            self._kept[function.__code__] = looks, reading
        return reading


def _looks_of(function: FunctionType, scopes: Callable[[], Sequence[Mapping[str, object]]]) -> _Looks | None:
    """None: its annotations may stand for something else every time."""
    annotations = function.__annotations__
    hints = tuple(annotations.values())
    names = _names_in(tuple([hint for hint in hints if type(hint) is str]))
    if names is None:
        return None
    named = _named(names, scopes()) if names else ()
    return _Looks(function.__name__, tuple(annotations), hints, named)


def _named(names: Sequence[str], scopes: Sequence[Mapping[str, object]]) -> tuple[object, ...]:
    found: list[object] = []
    for name in names:
        for scope in scopes:
            if name in scope:
                found.append(scope[name])
                break
        else:
            found.append(None)
    return tuple(found)


@lru_cache(maxsize=1_000)
def _names_in(written: tuple[str, ...]) -> tuple[str, ...] | None:
    """The names in annotations; None where one of an attribute is among them, which may be another object by now."""
    if any(map(_ATTRIBUTE.search, written)):
        return None
    return tuple(dict.fromkeys(name for text in written for name in names_in(text)))


def _is_written_so(hint: object, other: object) -> bool:
    if type(hint) is str:
        return hint is other or (type(other) is str and hint == other)
    return _is_same(hint, other)


def _is_same(hint: object, other: object) -> bool:
    """Whether two hints are the same for sure, and hold no strings, which would have to be read.

    Classes are asked of their type, as hints are anybody's objects.
    """
    if type(hint) in _BUILT and type(hint) is type(other):
        mine, others = typing.get_args(hint), typing.get_args(other)
        same_origin = typing.get_origin(hint) is typing.get_origin(other)
        return same_origin and len(mine) == len(others) and all(map(_is_same, mine, others))
    return hint is other and (hint is None or hint is typing.Any or issubclass(type(hint), type))
