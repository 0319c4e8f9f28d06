"""Generic calls: what their type variables stand for, and the hints that come of it."""

# mypy: disable-error-code=valid-type
# Type variables are looked at here, outside of any generic function.

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Generic, Literal, NewType, Optional, ParamSpec, TypeVar, TypeVarTuple, Unpack

import pytest
from typing_extensions import TypeAliasType

from syncra._annotations import Unresolved
from syncra._relation import Fit, assignable, has_variables, solve, substitute, unwrap_awaitable

T = TypeVar("T")
K = TypeVar("K")
P = ParamSpec("P")
Ts = TypeVarTuple("Ts")
Text = TypeVar("Text", str, bytes)


class Base: ...


class Left(Base): ...


class Right(Base): ...


UserId = NewType("UserId", int)
Tree = TypeAliasType("Tree", "int | list[Tree] | dict[str, Tree]")
Tagged = TypeAliasType("Tagged", tuple[str, T], type_params=(T,))
Bound = TypeVar("Bound", bound=Base)


class Box(Generic[T]):
    def get(self) -> T:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("pairs", "hint", "wanted"),
    [
        ([(list[int], Sequence[T])], T, int),
        ([(list[int], Sequence[T])], dict[str, T], dict[str, int]),
        ([(bool, T), (int, T)], T, int),
        ([(Left, T), (Base, T)], list[T], list[Base]),
        ([(dict[str, list[int]], Mapping[K, Sequence[T]])], tuple[K, T], tuple[str, int]),
        ([(Optional[int], Optional[T])], T, int),
        ([(Box[int], Box[T])], T, int),
        ([(Left, Bound)], Bound, Left),
        ([(str, Text)], list[Text], list[str]),
        ([(Callable[[int], str], Callable[[K], T])], dict[K, T], dict[int, str]),
        ([(Callable[[int, str], bytes], Callable[P, T])], Callable[P, T], Callable[[int, str], bytes]),
        ([(tuple[int, str], tuple[Unpack[Ts]])], tuple[Unpack[Ts]], tuple[int, str]),
        ([(dict[str, tuple[int, str]], T)], T, dict[str, tuple[int, str]]),
        ([(type[Left], type[T])], T, Left),
        ([(None, T)], T, None),
        ([(list[UserId], Sequence[T])], T, UserId),
        ([(list[Tree], Sequence[T])], dict[str, T], dict[str, Tree]),
        ([(list[Tagged[int]], Sequence[T])], T, Tagged[int]),
    ],
)
def test_variables_are_solved_by_what_is_given(
    pairs: list[tuple[object, object]], hint: object, wanted: object
) -> None:
    """The solution of one call, put into another hint of the function, is the type that mypy infers."""
    found = substitute(hint, solve(pairs))
    assert assignable(found, wanted).fit is Fit.PROVEN
    assert assignable(wanted, found).fit is Fit.PROVEN
    assert not has_variables(found)


def test_unrelated_types_are_joined_to_their_union() -> None:
    """`pair(x: T, y: T)` given a Left and a Right has T = Left | Right, which fits their base."""
    found = substitute(T, solve([(Left, T), (Right, T)]))
    assert assignable(found, Base).fit is Fit.PROVEN
    assert assignable(found, Left).fit is Fit.REJECTED


@pytest.mark.parametrize(("variable", "wanted"), [(T, Any), (Bound, Base), (Text, str | bytes)])
def test_an_unsolved_variable_is_its_bound_or_any(variable: object, wanted: object) -> None:
    """Nothing is known of a variable that no argument mentions but its bound or constraints."""
    assert substitute(variable, {}) == wanted


def test_a_solution_outside_the_bound_is_rejected() -> None:
    """What a variable can't be does not fit it, and the message names the bound."""
    assert assignable(int, Bound).reason == "int is not Base"


def test_a_source_keeps_its_own_variables() -> None:
    """A variable of the producer is a type that nobody knows: only its bound counts."""
    assert assignable(T, int).fit is Fit.REJECTED
    assert assignable(Bound, Base).fit is Fit.PROVEN
    assert assignable(list[T], Sequence[object]).fit is Fit.PROVEN


def takes(*kinds: object) -> object:
    """`Callable[[...], None]` of kinds that no checker knows."""
    return Callable[[*kinds], None]


@pytest.mark.parametrize(("wide", "fit"), [(str, Fit.PROVEN), (object, Fit.REJECTED), (Any, Fit.CHECKED)])
def test_a_constrained_variable_is_one_of_its_constraints_where_values_go_too(wide: object, fit: Fit) -> None:
    """What takes any object is no function of a str or of a bytes to mypy, as object is neither of them."""
    assert assignable(takes(wide), takes(Text)).fit is fit


def test_another_member_of_a_union_takes_what_is_beyond_the_limits() -> None:
    """`T` does, where a function of an object is none of a str."""
    assert assignable(takes(object), takes(Text) | T).fit is Fit.PROVEN
    assert assignable(takes(str | int), takes(Text)).fit is Fit.PROVEN
    assert assignable(takes(Literal["a"]), takes(Text)).reason.startswith("str is not Literal['a']")


def test_what_is_given_as_any_beside_a_type_is_any() -> None:
    """So mypy joins the two, and nothing speaks against the whole."""
    pairs: list[tuple[object, object]] = [(dict[str, Any], dict[Text, Text]), (Any, T), (int, T)]
    assert substitute(Text, solve(pairs)) is Any
    assert substitute(T, solve(pairs)) is Any
    assert assignable(dict[str, Any], dict[Text, Text]).fit is Fit.CHECKED


def test_one_call_is_solved_once() -> None:
    """Tasks of one generic function share a solution and the hints that come of it, and so their answers."""
    given, wanted, result = list[int], Sequence[T], dict[str, T]
    solution = solve([(given, wanted)])
    assert solve([(given, wanted)]) is solution
    assert substitute(result, solution) is substitute(result, solution)
    assert substitute(result, {T: str}) == dict[str, str]


def test_what_awaiting_gives() -> None:
    """Only a Coroutine is an asynchronous function's annotation; an Awaitable is a value."""
    assert unwrap_awaitable(Coroutine[Any, Any, int]) is int
    assert unwrap_awaitable(list[int]) is None
    assert unwrap_awaitable(Unresolved("x", "x")) is None
