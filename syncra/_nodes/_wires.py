"""What `@task(...)` gives: it takes the function, and says to type checkers which functions fit the dependencies.

A function fits if its first parameters take the values of all the dependencies, or only of the first few: the others
only order. A type checker can't be told "any prefix of these" in fewer words, so the prefixes are written out: for
functions that give Any, for coroutine functions, and for others. Beyond eight dependencies, and for names and mappings,
any function fits, and the check at decoration speaks.
"""

# A coroutine function is a function too: the narrow overloads come first.
# pyright: reportOverlappingOverload=false
# mypy: disable-error-code="overload-overlap"

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Generic, Never, ParamSpec, Protocol, TypeAlias, TypeVar, overload

from syncra._nodes._task import AsyncTask, Task, declare

if TYPE_CHECKING:
    import typing_extensions

    # mypy finds no names in a plain Callable; then a task takes any arguments.
    P = typing_extensions.ParamSpec("P", default=...)
else:
    P = ParamSpec("P")

__all__ = ["OpenWire", "Unmade", "Wire", "names_around"]

Q = ParamSpec("Q")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
S_co = TypeVar("S_co", covariant=True)
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")
G = TypeVar("G")
H = TypeVar("H")

Rest: TypeAlias = tuple[object, ...]
Coro: TypeAlias = Coroutine[Any, Any, R]  # Any: what goes in and out of a coroutine is the event loop's affair


class Unmade:
    """A result that no function has, so that only a result of type Any fits."""


class Takes(Protocol[Q, R_co, P]):
    """A function of any signature P that can be called as Q says.

    A function has to fit every overload of a protocol: two of them are an intersection. With a plain `Callable[Q, R]`
    tasks would lose the names, the defaults and the wider types of their parameters.
    """

    @overload
    def __call__(self, *args: Q.args, **kwargs: Q.kwargs) -> R_co: ...
    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...


# Two more callables, which no function is: of the first, checkers take the types of a lambda's parameters; the second
# keeps mypy from checking the lambda's result against the first.
Fits: TypeAlias = Takes[Q, R, P] | Callable[Q, Never] | Callable[Q, Unmade]


class Wire(Generic[S_co]):
    """Makes a task of a function; S is the tuple of what its dependencies give.

    Args:
        options: of `@task`.
    """

    def __init__(self, options: Mapping[str, object]) -> None:
        self._options = options

    @overload
    def __call__(
        self: Wire[tuple[A, B, C, D, E, F, G, H, *Rest]], function: Fits[[A, B, C, D, E, F, G, H], Unmade, P], /
    ) -> Task[P, Any]: ...
    @overload
    def __call__(
        self: Wire[tuple[A, B, C, D, E, F, G, H, *Rest]], function: Fits[[A, B, C, D, E, F, G, H], Coro[R], P], /
    ) -> AsyncTask[P, R]: ...
    @overload
    def __call__(
        self: Wire[tuple[A, B, C, D, E, F, G, H, *Rest]], function: Fits[[A, B, C, D, E, F, G, H], R, P], /
    ) -> Task[P, R]: ...
    @overload
    def __call__(
        self: Wire[tuple[A, B, C, D, E, F, G, *Rest]], function: Fits[[A, B, C, D, E, F, G], Unmade, P], /
    ) -> Task[P, Any]: ...
    @overload
    def __call__(
        self: Wire[tuple[A, B, C, D, E, F, G, *Rest]], function: Fits[[A, B, C, D, E, F, G], Coro[R], P], /
    ) -> AsyncTask[P, R]: ...
    @overload
    def __call__(
        self: Wire[tuple[A, B, C, D, E, F, G, *Rest]], function: Fits[[A, B, C, D, E, F, G], R, P], /
    ) -> Task[P, R]: ...
    @overload
    def __call__(
        self: Wire[tuple[A, B, C, D, E, F, *Rest]], function: Fits[[A, B, C, D, E, F], Unmade, P], /
    ) -> Task[P, Any]: ...
    @overload
    def __call__(
        self: Wire[tuple[A, B, C, D, E, F, *Rest]], function: Fits[[A, B, C, D, E, F], Coro[R], P], /
    ) -> AsyncTask[P, R]: ...
    @overload
    def __call__(
        self: Wire[tuple[A, B, C, D, E, F, *Rest]], function: Fits[[A, B, C, D, E, F], R, P], /
    ) -> Task[P, R]: ...
    @overload
    def __call__(
        self: Wire[tuple[A, B, C, D, E, *Rest]], function: Fits[[A, B, C, D, E], Unmade, P], /
    ) -> Task[P, Any]: ...
    @overload
    def __call__(
        self: Wire[tuple[A, B, C, D, E, *Rest]], function: Fits[[A, B, C, D, E], Coro[R], P], /
    ) -> AsyncTask[P, R]: ...
    @overload
    def __call__(self: Wire[tuple[A, B, C, D, E, *Rest]], function: Fits[[A, B, C, D, E], R, P], /) -> Task[P, R]: ...
    @overload
    def __call__(self: Wire[tuple[A, B, C, D, *Rest]], function: Fits[[A, B, C, D], Unmade, P], /) -> Task[P, Any]: ...
    @overload
    def __call__(
        self: Wire[tuple[A, B, C, D, *Rest]], function: Fits[[A, B, C, D], Coro[R], P], /
    ) -> AsyncTask[P, R]: ...
    @overload
    def __call__(self: Wire[tuple[A, B, C, D, *Rest]], function: Fits[[A, B, C, D], R, P], /) -> Task[P, R]: ...
    @overload
    def __call__(self: Wire[tuple[A, B, C, *Rest]], function: Fits[[A, B, C], Unmade, P], /) -> Task[P, Any]: ...
    @overload
    def __call__(self: Wire[tuple[A, B, C, *Rest]], function: Fits[[A, B, C], Coro[R], P], /) -> AsyncTask[P, R]: ...
    @overload
    def __call__(self: Wire[tuple[A, B, C, *Rest]], function: Fits[[A, B, C], R, P], /) -> Task[P, R]: ...
    @overload
    def __call__(self: Wire[tuple[A, B, *Rest]], function: Fits[[A, B], Unmade, P], /) -> Task[P, Any]: ...
    @overload
    def __call__(self: Wire[tuple[A, B, *Rest]], function: Fits[[A, B], Coro[R], P], /) -> AsyncTask[P, R]: ...
    @overload
    def __call__(self: Wire[tuple[A, B, *Rest]], function: Fits[[A, B], R, P], /) -> Task[P, R]: ...
    @overload
    def __call__(self: Wire[tuple[A, *Rest]], function: Fits[[A], Unmade, P], /) -> Task[P, Any]: ...
    @overload
    def __call__(self: Wire[tuple[A, *Rest]], function: Fits[[A], Coro[R], P], /) -> AsyncTask[P, R]: ...
    @overload
    def __call__(self: Wire[tuple[A, *Rest]], function: Fits[[A], R, P], /) -> Task[P, R]: ...
    @overload
    def __call__(self: Wire[Any], function: Fits[[], Unmade, P], /) -> Task[P, Any]: ...
    @overload
    def __call__(self: Wire[Any], function: Fits[[], Coro[R], P], /) -> AsyncTask[P, R]: ...
    @overload
    def __call__(self: Wire[Any], function: Fits[[], R, P], /) -> Task[P, R]: ...
    def __call__(self, function: object, /) -> object:
        """The task made of the function; `task` documents what is checked."""
        return declare(function, self._options, names_around())


class OpenWire(Protocol):
    """Takes any function: the dependencies are not known to type checkers."""

    @overload
    def __call__(self, function: Callable[Q, Unmade], /) -> Task[Q, Any]: ...
    @overload
    def __call__(self, function: Callable[Q, Coro[R]], /) -> AsyncTask[Q, R]: ...
    @overload
    def __call__(self, function: Callable[Q, R], /) -> Task[Q, R]: ...


def names_around() -> Callable[[], Mapping[str, object]]:
    """Gives the names that are visible where the user wrote `@task`: two calls up from here."""
    frame = sys._getframe(2)  # pyright: ignore[reportPrivateUsage]  # CPython's own way to the caller's names
    return lambda: dict(frame.f_locals)
