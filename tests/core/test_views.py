"""Views: which tuples have items that are nodes."""

from __future__ import annotations

from typing import Annotated, Any, Generic, NamedTuple, NewType, TypeVar

import pytest
from annotated_types import Gt
from typing_extensions import TypeAliasType

from syncra import Node, task, unpack
from syncra.errors import WiringError

T = TypeVar("T")


class Derived(tuple[int, str]):
    __slots__ = ()


class Bounds(NamedTuple, Generic[T]):
    low: T
    name: str


@pytest.mark.parametrize(
    ("hint", "types"),
    [
        (tuple[Annotated[int, Gt(0)], str], [Annotated[int, Gt(0)], str]),
        (Bounds[int], [int, str]),
        (NewType("Named", tuple[int, str]), [int, str]),
        (TypeAliasType("Pair", "tuple[int, str]"), [int, str]),
        (Annotated[tuple[int, str], "metadata"], [int, str]),
        (Derived, [int, str]),
        (tuple[*tuple[int, str]], [int, str]),
        (tuple[()], []),
    ],
)
def test_every_tuple_of_known_length_can_be_unpacked(hint: object, types: list[object]) -> None:
    """By whatever name the tuple goes, there is a node of each item's type."""

    def give():  # type: ignore[no-untyped-def]  # its annotation is set below
        return (1, "x")

    give.__annotations__["return"] = hint
    source: Node[Any] = task(give)
    assert [item.result_type for item in unpack(source)] == types


@pytest.mark.parametrize("hint", [tuple[int, ...], tuple[int, *tuple[str, ...]], tuple, int | None, Any])
def test_what_has_no_known_length_cannot_be_unpacked(hint: object) -> None:
    """How many nodes there would be is said by no type."""

    def give():  # type: ignore[no-untyped-def]  # its annotation is set below
        return (1, "x")

    give.__annotations__["return"] = hint
    source: Node[Any] = task(give)
    with pytest.raises(WiringError, match="known length"):
        unpack(source)
