"""Type aliases and type parameters by the syntax of Python 3.12."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from syncra._values import value_check

SOURCE = """
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, NamedTuple, NotRequired, Protocol, TypedDict

type Json = None | int | str | list[Json] | dict[str, Json]
type Nested[T] = T | list[Nested[T]]
type Growing[T] = T | list[Growing[list[T]]]
type Loop = Loop
type Half = Half | int
type Missing = list[Nowhere]
type Rows[T] = list[T]
type Record[*Ts] = tuple[*Ts]

class Box[T]:
    def __init__(self, item: T) -> None:
        self.item = item

class Holder[T](Protocol):
    item: T

class Pair[T](NamedTuple):
    left: T
    right: list[T]

class Page[T](TypedDict):
    first: T
    rest: NotRequired[list["T"]]

class Bounded[T: Sequence[int]]: ...

TABLE = {
    "Json": (Json, [None, {"a": [1, "b"]}], [1.5, {"a": [1.5]}]),
    "list of Json": (list[Json] | None, [None, [1]], [[1.5]]),
    "Nested": (Nested[int], [1, [1, [2]]], ["a", [["a"]]]),
    "Growing": (Growing[int], [1], ["a"]),
    "Loop": (Loop, [1], []),
    "Half": (Half, [1], ["a"]),
    "Missing": (Missing, [[1]], []),
    "Rows": (Rows[int], [[1]], [["a"], 1]),
    "Record": (Record[int, str], [(1, "a")], [[1]]),
    "Box": (Box[int], [Box(1)], [1]),
    "Holder": (Holder[int], [Box(1)], [Box("a"), 1]),
    "Pair": (Pair[int], [Pair(1, [2])], [Pair("a", [1]), Pair(1, ["a"])]),
    "Page": (Page[int], [{"first": 1}, {"first": 1, "rest": [2]}], [{"first": ""}, {"first": 1, "rest": [""]}]),
    "bound": (Bounded.__type_params__[0], [[1]], [["a"]]),
    "Annotated": (Annotated[Json, "a note"], [1], [1.5]),
}
"""

pytestmark = pytest.mark.skipif(sys.version_info < (3, 12), reason="syntax of Python 3.12")


@pytest.fixture(scope="module")
def module() -> ModuleType:
    made = ModuleType("newer_syntax")
    sys.modules[made.__name__] = made
    exec(SOURCE, vars(made))
    return made


def test_aliases_and_type_parameters_are_what_they_stand_for(module: ModuleType) -> None:
    """Values fit aliases, recursive and generic, and generic classes as they fit the older spellings."""
    for name, (hint, fit, misfit) in module.TABLE.items():
        check = value_check(hint)
        assert [check.faults(value) for value in fit] == [None] * len(fit), name
        assert all(check.faults(value) for value in misfit), name


def test_an_alias_of_a_missing_name_says_so(module: ModuleType) -> None:
    """An alias whose value does not resolve accepts everything and is named in the limits."""
    assert value_check(module.Missing).limits == ("Missing, which does not resolve",)
