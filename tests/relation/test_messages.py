"""What a user reads when types don't fit, or when it can't be proven that they do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter
from pathlib import Path
from typing import Annotated, Any, Literal, NewType, Protocol, TypeVar

import pytest
from annotated_types import Gt
from pydantic import Field
from typing_extensions import ReadOnly, TypedDict

from syncra._annotations import Unresolved
from syncra._relation import Fit, assignable, type_name

UserId = NewType("UserId", int)
Number = TypeVar("Number", int, float)


class Base: ...


class Derived(Base): ...


@dataclass(frozen=True)
class Frozen:
    x: int


class HasX(Protocol):
    x: int


class Closes(Protocol):
    def close(self) -> None: ...


class ClosesWith:
    def close(self, force: bool) -> None: ...


class Movie(TypedDict):
    name: str


class Partial(TypedDict, total=False):
    name: str


class Rated(Movie):
    rating: float


class Seen(TypedDict):
    name: ReadOnly[str]


class Named(Protocol):
    def __call__(self, x: int) -> str: ...


class Textual:
    x: str


def _other_future() -> object:
    import asyncio

    return asyncio.Future[int]


def _future() -> object:
    from concurrent.futures import Future

    return Future[int]


REJECTED: list[tuple[object, object, str]] = [
    (int, str, "int is not str"),
    (list[int], list[float], "list[int] is not list[float]: list is invariant; Sequence[float] would fit"),
    (
        dict[str, list[int]],
        dict[str, Sequence[int]],
        (
            "dict[str, list[int]] is not dict[str, Sequence[int]]: dict is invariant; "
            "Mapping[str, Sequence[int]] would fit"
        ),
    ),
    (set[bool], set[int], "set[bool] is not set[int]: set is invariant; collections.abc.Set[int] would fit"),
    (dict[str, list[int]], Mapping[str, Sequence[str]], "int is not str"),
    (int | None, int, "None is not int: None is not handled; parse(...) or int | None"),
    (Base, Derived, "Base is not Derived; parse(..., Derived) narrows it"),
    (object, int, "object is not int; parse(..., int) narrows it"),
    (int, UserId, "int is not UserId; UserId(...) makes one"),
    (str, Literal["a"], "str is not Literal['a']; parse(..., Literal['a']) narrows it"),
    (tuple[int, ...], tuple[int, int], "tuple[int, ...] is not tuple[int, int]: its length is not known"),
    (tuple[int], tuple[int, int], "tuple[int] is not tuple[int, int]: it has 1 item, not 2"),
    (bytes, int | str, "bytes is not int | str"),
    (int, Closes, "int is not Closes: it has no member 'close'"),
    (
        ClosesWith,
        Closes,
        "Callable[[bool], None] is not Callable[[], None]: it needs 1 argument, not 0",
    ),
    (Frozen, HasX, "Frozen is not HasX: its member 'x' can't be set"),
    (Movie, Rated, "Movie is not Rated: it has no item 'rating'"),
    (Seen, Movie, "Seen is not Movie: its item 'name' is read-only"),
    (
        Callable[[int], str],
        Named,
        "Callable[[int], str] is not Callable[[int], str]: it can't be called with x=",
    ),
    (Textual, HasX, "str is not int: member 'x'"),
    (
        Callable[[int], str],
        Callable[[], str],
        "Callable[[int], str] is not Callable[[], str]: it needs 1 argument, not 0",
    ),
    (Partial, Movie, "Partial is not Movie: its item 'name' may be missing"),
    (int, Callable[[], int], "int is not Callable[[], int]: it can't be called"),
    (Callable[[int], str], Callable[[str], str], "str is not int: a parameter takes int"),
    (Iterator[int], Sequence[int], "Iterator[int] is not Sequence[int]"),
    (bytes, Number, "bytes is not int | float: Number is one of these types"),
    (_other_future(), _future(), "_asyncio.Future[int] is not concurrent.futures._base.Future[int]"),
]

CHECKED: list[tuple[object, object, str]] = [
    (Any, int, "Any need not be int"),
    (Parameter.empty, int, "no annotation"),
    (list, list[int], "list has no item type"),
    (Unresolved("Foo", "Foo"), int, "name 'Foo' is not defined"),
    (Unresolved("int[", ""), int, "'int[' can't be evaluated"),
    (int, Annotated[int, Field(gt=0)], "Field(gt=0) is checked on the value"),
    (Annotated[int, Gt(0)], Annotated[int, Gt(5)], "Field(gt=5) is checked on the value"),
    (Callable[..., int], Callable[[str], int], "`...` says nothing about parameters"),
    (int, 3, "3 is not a type"),
]


@pytest.mark.parametrize(("source", "target", "reason"), REJECTED)
def test_a_mismatch_names_the_smallest_part_and_a_cure(source: object, target: object, reason: str) -> None:
    """The reason of a rejection is the part that doesn't fit, why, and what would."""
    answer = assignable(source, target)
    assert (answer.fit, answer.reason) == (Fit.REJECTED, reason)


@pytest.mark.parametrize(("source", "target", "reason"), CHECKED)
def test_a_doubt_says_what_is_not_known(source: object, target: object, reason: str) -> None:
    """The reason of a check is what kept the relation from a proof."""
    answer = assignable(source, target) if not isinstance(target, int) else assignable(target, source)
    assert (answer.fit, answer.reason) == (Fit.CHECKED, reason)


@pytest.mark.parametrize(
    ("hint", "name"),
    [
        (None, "None"),
        (int | None, "int | None"),
        (dict[str, tuple[int, ...]], "dict[str, tuple[int, ...]]"),
        (tuple[()], "tuple[()]"),
        (dict[str, tuple[int, str]], "dict[str, tuple[int, str]]"),
        (Callable[[int, str], None], "Callable[[int, str], None]"),
        (Callable[..., int], "Callable[..., int]"),
        (type[Base], "type[Base]"),
        (Literal[1, "a"], "Literal[1, 'a']"),
        (Annotated[int, Field(gt=0)], "Annotated[int, Field(gt=0)]"),
        (Annotated[int, "unit"], "int"),
        (list, "list"),
        (list[Any], "list[Any]"),
        (UserId, "UserId"),
        (Unresolved("pkg.Foo", "pkg"), "pkg.Foo"),
    ],
)
def test_a_type_is_named_as_one_would_write_it(hint: object, name: str) -> None:
    """`type_name` gives the annotation back, without metadata that mean nothing."""
    assert type_name(hint) == name


def test_the_name_of_a_type_is_bounded() -> None:
    """However large a type is, its name fits a line or two."""
    hint: object = int
    for _ in range(40):
        hint = dict[str, list[hint]]  # type: ignore[valid-type]  # it grows at run time
    assert len(type_name(hint)) <= 200
    assert len(type_name(Literal[tuple(range(1000))])) <= 200


def test_the_reference_lists_the_messages() -> None:
    """Each reason that is tested here stands in the reference, so that the page says what is really said."""
    page = (Path(__file__).parents[2] / "docs" / "reference" / "type-relation.md").read_text().replace("\\|", "|")
    assert not [reason for _, _, reason in (*REJECTED, *CHECKED) if reason not in page]
