"""No annotation breaks the relation or keeps it busy: what can't be decided is checked, and says why."""

# mypy: ignore-errors
# Most of what is tested here is what type checkers refuse.

from __future__ import annotations

import collections
import dataclasses
import enum
import functools
import inspect
import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ForwardRef, Generic, Literal, Protocol, TypeVar, Union

import pytest
import typing_extensions
from typing_extensions import TypeAliasType

from syncra._annotations import Unresolved, resolve
from syncra._relation import Fit, assignable, has_variables, solve, substitute, type_name, unwrap_awaitable

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class RefusingMeta(type):
    """A metaclass that refuses everything that is asked of its classes."""

    def __eq__(cls, other: object) -> bool:
        raise RuntimeError("no comparison")

    def __hash__(cls) -> int:
        raise RuntimeError("no hash")

    def __instancecheck__(cls, instance: object) -> bool:
        raise RuntimeError("no instance check")

    def __subclasscheck__(cls, subclass: type) -> bool:
        raise RuntimeError("no subclass check")

    def __repr__(cls) -> str:
        raise RuntimeError("no repr")

    def __iter__(cls) -> Iterator[object]:
        raise RuntimeError("no iteration")


class SecretiveMeta(RefusingMeta):
    def __getattribute__(cls, name: str) -> Any:  # Any: as the one that it overrides
        if name in ("__mro__", "__dict__", "__name__", "__qualname__", "__module__"):
            raise RuntimeError("no attributes")
        return super().__getattribute__(name)


class Refusing(metaclass=RefusingMeta): ...


class Secretive(metaclass=SecretiveMeta): ...


class Broken:
    """An object that breaks whatever looks at it."""

    __hash__ = None  # type: ignore[assignment]  # unhashable on purpose

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no comparison")

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    def __getattr__(self, name: str) -> object:
        raise RuntimeError("no attributes")


class Lying:
    @property
    def __class__(self) -> type:  # type: ignore[override]  # it lies about its class
        raise RuntimeError("no class")


Loop = TypeAliasType("Loop", "Loop")
Ping = TypeAliasType("Ping", "list[Pong]")
Pong = TypeAliasType("Pong", "Ping | int")
Circle = TypeAliasType("Circle", "int | Arc")
Arc = TypeAliasType("Arc", "Annotated[Circle, 'metadata'] | str")
Counted = TypeAliasType("Counted", "tuple[Sequence[Counted], int]")
Named = TypeAliasType("Named", "tuple[Sequence[Named], str]")
Json = Union[None, str, list["Json"], dict[str, "Json"]]
Growing = TypeAliasType("Growing", "list[Growing[list[T]]]", type_params=(T,))
Swelling = TypeAliasType("Swelling", "list[Swelling[list[T]]]", type_params=(T,))
NEWTYPE = typing.NewType("NEWTYPE", "Nowhere")  # type: ignore[valid-newtype]  # noqa: F821 - no such name


class Widening(Protocol[T_co]):
    def wider(self) -> Widening[list[T_co]]: ...


class Broadening(Protocol[T_co]):
    def wider(self) -> Broadening[list[T_co]]: ...


class Later:
    def get(self) -> NotDefinedYet: ...  # type: ignore[name-defined]  # noqa: F821 - the point of the test


class GetsInt(Protocol):
    def get(self) -> int: ...


def _deep(form: Any, leaf: object, levels: int) -> object:
    hint = leaf
    for _ in range(levels):
        hint = form[hint]
    return hint


NOWHERE: Any = Unresolved("Nowhere", "Nowhere")
SELF_HOLDING: list[object] = []
SELF_HOLDING.append(SELF_HOLDING)

HINTS: list[object] = [
    None, int, Any, object, Refusing, Secretive, list[Refusing], list[Secretive], type[Secretive],
    Broken(), Lying(),
    Annotated[int, Broken()], Annotated[int, [1]], Annotated[int, Unresolved("Gt", "Gt")], Loop, Ping, Pong,
    Growing[int], Swelling[int], Widening[int], Broadening[int], Later, GetsInt, NEWTYPE, "Nowhere",
    "list[Nowhere]",
    "", "((", "import os", b"bytes", ForwardRef("Nowhere"), ForwardRef("int"), typing.List["int"],
    inspect.Parameter.empty, Unresolved("Nowhere", "Nowhere"), list[Unresolved("x", "x")],
    ..., NotImplemented, 42, {}, SELF_HOLDING, print, typing, Generic, Protocol, Generic[T], T,
    typing.Final, typing.ClassVar, typing.Unpack, typing.Concatenate, typing.Union, typing.Optional,
    typing.Callable,
    typing.Tuple, typing.Self, typing.Never, typing.TypeGuard[int], typing_extensions.ReadOnly,
    typing.ParamSpec("P"), typing.TypeVarTuple("Ts"), Literal[tuple(range(300))], dataclasses.InitVar[int],
    enum.Enum("Direction", "up down"), collections.namedtuple("Pair", "a b"), functools.partial,
    typing_extensions.TypedDict("Item", {"a": "Nowhere"}),  # noqa: F821  # pyright: ignore  - no such name
    _deep(list, int, 300), Sequence[T], tuple[()],
]  # fmt: skip


# By number: pytest itself can't look at all of them.
@pytest.mark.parametrize("number", range(len(HINTS)))
def test_every_pair_of_strange_hints_has_an_answer(number: int) -> None:
    """Nothing raises, whatever stands in an annotation; every answer but a proof has its reason."""
    for target in HINTS:
        answer = assignable(HINTS[number], target)
        assert (answer.reason == "") is (answer.fit is Fit.PROVEN)


@pytest.mark.parametrize("number", range(len(HINTS)))
def test_no_question_about_a_strange_hint_raises(number: int) -> None:
    """Names, variables, solutions and substitutions are had of any object."""
    hint = HINTS[number]
    assert len(type_name(hint)) <= 200
    assert isinstance(has_variables(hint), bool)
    assert isinstance(solve([(hint, Sequence[T]), (int, hint)]), Mapping)
    substitute(hint, {T: int})
    unwrap_awaitable(hint)
    resolve(hint, {})


def test_recursive_types_come_to_an_end() -> None:
    """A type that meets itself again is equal to itself; one that only grows is given up."""
    assert assignable(Ping, Pong).fit is Fit.PROVEN
    assert assignable(Ping, list[Pong]).fit is Fit.PROVEN
    assert assignable(Pong, Ping).fit is Fit.REJECTED
    assert assignable(Growing[int], Swelling[int]).reason == "the types are too large to be compared"
    assert assignable(Widening[int], Broadening[int]).reason == "the types are too large to be compared"


def test_aliases_of_strings_may_name_themselves() -> None:
    """An alias without a `type` statement is the same type however deep it is looked at, and compared at once."""
    json, again = resolve("Json", globals()), resolve(Json, globals())
    assert assignable(json, again).fit is Fit.PROVEN
    assert assignable(resolve("dict[str, Json]", globals()), again).fit is Fit.PROVEN
    assert assignable(resolve("list[Json]", globals()), json).fit is Fit.PROVEN
    assert assignable(list[str], json).reason == "list[str] is not str | list[Json] | dict[str, Json] | None"


def test_what_was_taken_for_granted_is_forgotten_when_it_fails() -> None:
    """That a Counted is a Named is assumed while it is asked, and its parts rest on that for no longer."""
    assert assignable(tuple[Counted], tuple[Named]).fit is Fit.REJECTED
    assert assignable(tuple[Counted], Union[tuple[Named], tuple[tuple[Sequence[Named], int]]]).fit is Fit.REJECTED


@pytest.mark.parametrize("alias", [Loop, Circle, Arc])
def test_an_alias_that_stands_for_itself_proves_nothing(alias: object) -> None:
    """No value is one of `type A = int | A` by that definition alone, so each value has to be looked at."""
    assert assignable(bytes, alias).reason.endswith(" stands for itself")
    assert assignable(alias, bytes).fit is Fit.CHECKED


def test_nested_invariant_containers_are_compared_once_per_level() -> None:
    """Asking both ways at each of 25 levels must not double the work at each."""
    one, other = _deep(list, Union[int, str], 25), _deep(list, Union[str, int], 25)
    assert assignable(one, other).fit is Fit.PROVEN
    assert assignable(_deep(list, Any, 25), other).fit is Fit.CHECKED
    assert assignable(_deep(list, int, 25), _deep(list, bool, 25)).reason.startswith("int is not bool")


def test_large_literals_are_compared() -> None:
    """Two orders of a thousand literals are one type, and each is an int."""
    one, other = Literal[tuple(range(1000))], Literal[tuple(reversed(range(1000)))]
    assert assignable(one, other).fit is Fit.PROVEN
    assert assignable(one, int).fit is Fit.PROVEN
    assert assignable(one, Literal[tuple(range(999))]).reason.startswith("Literal[999] is not Literal[0, 1")


def test_a_hint_is_compared_by_what_it_is_and_never_by_its_own_eq() -> None:
    """A class that refuses to be compared or hashed is still itself, an object, and no other class."""
    assert assignable(Refusing, Refusing).fit is Fit.PROVEN
    assert assignable(list[Refusing], Sequence[object]).fit is Fit.PROVEN
    assert assignable(Refusing, int).fit is Fit.REJECTED
    assert assignable(Secretive, int).fit is Fit.CHECKED


@pytest.mark.parametrize(("source", "target"), [(int, NOWHERE), (NOWHERE, NOWHERE), (list[NOWHERE], list[NOWHERE])])
def test_a_name_that_does_not_exist_proves_nothing(source: object, target: object) -> None:
    """Not on the target's side either, and not against itself: there may be two types of one name."""
    assert assignable(source, target).reason == "name 'Nowhere' is not defined"


def test_a_name_that_appears_later_is_looked_up_again() -> None:
    """What was unknown because a name did not exist is not remembered."""
    assert assignable(Later, GetsInt).reason == "name 'NotDefinedYet' is not defined"
    globals()["NotDefinedYet"] = int
    try:
        assert assignable(Later, GetsInt).fit is Fit.PROVEN
    finally:
        del globals()["NotDefinedYet"]
