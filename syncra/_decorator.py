"""`@task` as its users and their type checkers see it.

The WireN protocols say which functions fit N dependencies given in order: those whose first parameters take the
values of all of them, or only of the first few (the rest only order), plain or async. A type checker can't be
told "any prefix of these" in fewer words, so the prefixes are written out, up to eight dependencies; beyond, and
for names and mappings, Wire stays quiet and the check at decoration speaks.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol, TypeAlias, TypedDict, TypeVar, Unpack, overload

from typing_extensions import ParamSpec

from syncra._nodes import Node
from syncra._policy import Retry
from syncra._signature import MISSING
from syncra._task import AsyncTask, Task, declare

__all__ = ["task"]

P = ParamSpec("P")
R = TypeVar("R")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")
G = TypeVar("G")
H = TypeVar("H")

Source: TypeAlias = Node[Any] | str


class Options(TypedDict, total=False):
    """The options of `@task` besides its dependencies; `task` documents them."""

    name: str
    graph_name: str
    after: Source | tuple[Source, ...]
    retries: int | Retry
    timeout: float | None
    offload: bool


class OptionsWithArguments(Options, total=False):
    """The same with fixed arguments, for which a type checker can't know which parameters are left."""

    arguments: Mapping[str, object]


class Wire(Protocol):
    """Takes any function."""

    @overload
    def __call__(self, function: Callable[P, Coroutine[Any, Any, R]], /) -> AsyncTask[P, R]: ...
    @overload
    def __call__(self, function: Callable[P, R], /) -> Task[P, R]: ...


class Wire1(Protocol[A]):
    @overload
    def __call__(self, function: Callable[[A], Coroutine[Any, Any, R]], /) -> AsyncTask[[A], R]: ...
    @overload
    def __call__(self, function: Callable[[A], R], /) -> Task[[A], R]: ...
    @overload
    def __call__(self, function: Callable[[], Coroutine[Any, Any, R]], /) -> AsyncTask[[], R]: ...
    @overload
    def __call__(self, function: Callable[[], R], /) -> Task[[], R]: ...


class Wire2(Protocol[A, B]):
    @overload
    def __call__(self, function: Callable[[A, B], Coroutine[Any, Any, R]], /) -> AsyncTask[[A, B], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B], R], /) -> Task[[A, B], R]: ...
    @overload
    def __call__(self, function: Callable[[A], Coroutine[Any, Any, R]], /) -> AsyncTask[[A], R]: ...
    @overload
    def __call__(self, function: Callable[[A], R], /) -> Task[[A], R]: ...
    @overload
    def __call__(self, function: Callable[[], Coroutine[Any, Any, R]], /) -> AsyncTask[[], R]: ...
    @overload
    def __call__(self, function: Callable[[], R], /) -> Task[[], R]: ...


class Wire3(Protocol[A, B, C]):
    @overload
    def __call__(self, function: Callable[[A, B, C], Coroutine[Any, Any, R]], /) -> AsyncTask[[A, B, C], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C], R], /) -> Task[[A, B, C], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B], Coroutine[Any, Any, R]], /) -> AsyncTask[[A, B], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B], R], /) -> Task[[A, B], R]: ...
    @overload
    def __call__(self, function: Callable[[A], Coroutine[Any, Any, R]], /) -> AsyncTask[[A], R]: ...
    @overload
    def __call__(self, function: Callable[[A], R], /) -> Task[[A], R]: ...
    @overload
    def __call__(self, function: Callable[[], Coroutine[Any, Any, R]], /) -> AsyncTask[[], R]: ...
    @overload
    def __call__(self, function: Callable[[], R], /) -> Task[[], R]: ...


class Wire4(Protocol[A, B, C, D]):
    @overload
    def __call__(self, function: Callable[[A, B, C, D], Coroutine[Any, Any, R]], /) -> AsyncTask[[A, B, C, D], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C, D], R], /) -> Task[[A, B, C, D], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C], Coroutine[Any, Any, R]], /) -> AsyncTask[[A, B, C], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C], R], /) -> Task[[A, B, C], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B], Coroutine[Any, Any, R]], /) -> AsyncTask[[A, B], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B], R], /) -> Task[[A, B], R]: ...
    @overload
    def __call__(self, function: Callable[[A], Coroutine[Any, Any, R]], /) -> AsyncTask[[A], R]: ...
    @overload
    def __call__(self, function: Callable[[A], R], /) -> Task[[A], R]: ...
    @overload
    def __call__(self, function: Callable[[], Coroutine[Any, Any, R]], /) -> AsyncTask[[], R]: ...
    @overload
    def __call__(self, function: Callable[[], R], /) -> Task[[], R]: ...


class Wire5(Protocol[A, B, C, D, E]):
    @overload
    def __call__(self, function: Callable[[A, B, C, D, E], Coroutine[Any, Any, R]], /) -> AsyncTask[[A, B, C, D, E], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C, D, E], R], /) -> Task[[A, B, C, D, E], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C, D], Coroutine[Any, Any, R]], /) -> AsyncTask[[A, B, C, D], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C, D], R], /) -> Task[[A, B, C, D], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C], Coroutine[Any, Any, R]], /) -> AsyncTask[[A, B, C], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C], R], /) -> Task[[A, B, C], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B], Coroutine[Any, Any, R]], /) -> AsyncTask[[A, B], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B], R], /) -> Task[[A, B], R]: ...
    @overload
    def __call__(self, function: Callable[[A], Coroutine[Any, Any, R]], /) -> AsyncTask[[A], R]: ...
    @overload
    def __call__(self, function: Callable[[A], R], /) -> Task[[A], R]: ...
    @overload
    def __call__(self, function: Callable[[], Coroutine[Any, Any, R]], /) -> AsyncTask[[], R]: ...
    @overload
    def __call__(self, function: Callable[[], R], /) -> Task[[], R]: ...


class Wire6(Protocol[A, B, C, D, E, F]):
    @overload
    def __call__(self, function: Callable[[A, B, C, D, E, F], Coroutine[Any, Any, R]], /) -> AsyncTask[[A, B, C, D, E, F], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C, D, E, F], R], /) -> Task[[A, B, C, D, E, F], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C, D, E], Coroutine[Any, Any, R]], /) -> AsyncTask[[A, B, C, D, E], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C, D, E], R], /) -> Task[[A, B, C, D, E], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C, D], Coroutine[Any, Any, R]], /) -> AsyncTask[[A, B, C, D], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C, D], R], /) -> Task[[A, B, C, D], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C], Coroutine[Any, Any, R]], /) -> AsyncTask[[A, B, C], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C], R], /) -> Task[[A, B, C], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B], Coroutine[Any, Any, R]], /) -> AsyncTask[[A, B], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B], R], /) -> Task[[A, B], R]: ...
    @overload
    def __call__(self, function: Callable[[A], Coroutine[Any, Any, R]], /) -> AsyncTask[[A], R]: ...
    @overload
    def __call__(self, function: Callable[[A], R], /) -> Task[[A], R]: ...
    @overload
    def __call__(self, function: Callable[[], Coroutine[Any, Any, R]], /) -> AsyncTask[[], R]: ...
    @overload
    def __call__(self, function: Callable[[], R], /) -> Task[[], R]: ...


class Wire7(Protocol[A, B, C, D, E, F, G]):
    @overload
    def __call__(self, function: Callable[[A, B, C, D, E, F, G], Coroutine[Any, Any, R]], /) -> AsyncTask[[A, B, C, D, E, F, G], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C, D, E, F, G], R], /) -> Task[[A, B, C, D, E, F, G], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C, D, E, F], Coroutine[Any, Any, R]], /) -> AsyncTask[[A, B, C, D, E, F], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C, D, E, F], R], /) -> Task[[A, B, C, D, E, F], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C, D, E], Coroutine[Any, Any, R]], /) -> AsyncTask[[A, B, C, D, E], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C, D, E], R], /) -> Task[[A, B, C, D, E], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C, D], Coroutine[Any, Any, R]], /) -> AsyncTask[[A, B, C, D], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C, D], R], /) -> Task[[A, B, C, D], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C], Coroutine[Any, Any, R]], /) -> AsyncTask[[A, B, C], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C], R], /) -> Task[[A, B, C], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B], Coroutine[Any, Any, R]], /) -> AsyncTask[[A, B], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B], R], /) -> Task[[A, B], R]: ...
    @overload
    def __call__(self, function: Callable[[A], Coroutine[Any, Any, R]], /) -> AsyncTask[[A], R]: ...
    @overload
    def __call__(self, function: Callable[[A], R], /) -> Task[[A], R]: ...
    @overload
    def __call__(self, function: Callable[[], Coroutine[Any, Any, R]], /) -> AsyncTask[[], R]: ...
    @overload
    def __call__(self, function: Callable[[], R], /) -> Task[[], R]: ...


class Wire8(Protocol[A, B, C, D, E, F, G, H]):
    @overload
    def __call__(self, function: Callable[[A, B, C, D, E, F, G, H], Coroutine[Any, Any, R]], /) -> AsyncTask[[A, B, C, D, E, F, G, H], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C, D, E, F, G, H], R], /) -> Task[[A, B, C, D, E, F, G, H], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C, D, E, F, G], Coroutine[Any, Any, R]], /) -> AsyncTask[[A, B, C, D, E, F, G], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C, D, E, F, G], R], /) -> Task[[A, B, C, D, E, F, G], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C, D, E, F], Coroutine[Any, Any, R]], /) -> AsyncTask[[A, B, C, D, E, F], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C, D, E, F], R], /) -> Task[[A, B, C, D, E, F], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C, D, E], Coroutine[Any, Any, R]], /) -> AsyncTask[[A, B, C, D, E], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C, D, E], R], /) -> Task[[A, B, C, D, E], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C, D], Coroutine[Any, Any, R]], /) -> AsyncTask[[A, B, C, D], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C, D], R], /) -> Task[[A, B, C, D], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C], Coroutine[Any, Any, R]], /) -> AsyncTask[[A, B, C], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, C], R], /) -> Task[[A, B, C], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B], Coroutine[Any, Any, R]], /) -> AsyncTask[[A, B], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B], R], /) -> Task[[A, B], R]: ...
    @overload
    def __call__(self, function: Callable[[A], Coroutine[Any, Any, R]], /) -> AsyncTask[[A], R]: ...
    @overload
    def __call__(self, function: Callable[[A], R], /) -> Task[[A], R]: ...
    @overload
    def __call__(self, function: Callable[[], Coroutine[Any, Any, R]], /) -> AsyncTask[[], R]: ...
    @overload
    def __call__(self, function: Callable[[], R], /) -> Task[[], R]: ...


@overload
def task(function: Callable[P, Coroutine[Any, Any, R]], /) -> AsyncTask[P, R]: ...
@overload
def task(function: Callable[P, R], /) -> Task[P, R]: ...
@overload
def task(**options: Unpack[OptionsWithArguments]) -> Wire: ...
@overload
def task(*, dependencies: Node[A] | tuple[Node[A]], **options: Unpack[Options]) -> Wire1[A]: ...
@overload
def task(
    *, dependencies: tuple[Node[A], Node[B]], **options: Unpack[Options]
) -> Wire2[A, B]: ...
@overload
def task(
    *, dependencies: tuple[Node[A], Node[B], Node[C]], **options: Unpack[Options]
) -> Wire3[A, B, C]: ...
@overload
def task(
    *, dependencies: tuple[Node[A], Node[B], Node[C], Node[D]], **options: Unpack[Options]
) -> Wire4[A, B, C, D]: ...
@overload
def task(
    *, dependencies: tuple[Node[A], Node[B], Node[C], Node[D], Node[E]], **options: Unpack[Options]
) -> Wire5[A, B, C, D, E]: ...
@overload
def task(
    *, dependencies: tuple[Node[A], Node[B], Node[C], Node[D], Node[E], Node[F]], **options: Unpack[Options]
) -> Wire6[A, B, C, D, E, F]: ...
@overload
def task(
    *, dependencies: tuple[Node[A], Node[B], Node[C], Node[D], Node[E], Node[F], Node[G]], **options: Unpack[Options]
) -> Wire7[A, B, C, D, E, F, G]: ...
@overload
def task(
    *, dependencies: tuple[Node[A], Node[B], Node[C], Node[D], Node[E], Node[F], Node[G], Node[H]], **options: Unpack[Options]
) -> Wire8[A, B, C, D, E, F, G, H]: ...
@overload
def task(
    *, dependencies: Source | tuple[Source, ...] | Mapping[str, Source], **options: Unpack[OptionsWithArguments]
) -> Wire: ...
def task(function: Any = MISSING, /, **options: Any) -> Any:  # Any: the overloads say it
    """Makes a function a typed node: checked where it is declared, run by a graph, still callable as it is.

    Bare (`@task`) or with options (`@task(retries=3)`), on functions, coroutine functions, static methods, partials,
    lambdas and callable objects (these three with a `name=`), and stacked for several names or graphs.

    Args:
        function: what to decorate, where there are no options.
        name: unique in a graph; the function's own name if left out.
        graph_name: registers the task, so that `get_graph` finds it and others may name it in `dependencies=`.
        dependencies: what fills the positional parameters in order: a node, the name of a task, or a tuple of these;
            dependencies that are more than the parameters only order. Or a mapping from parameters to nodes and names.
        arguments: fixed values by parameter, each checked against its annotation.
        after: nodes or names that only have to be done before.
        retries: attempts after the first one, or a Retry with delays and the exceptions that count.
        timeout: seconds that one attempt may take.
        offload: under Asyncio a sync task runs on a worker thread instead of the loop's.

    Raises:
        DeclarationError: the function can't be a task, an option has no sense, or the wiring or the types do not fit;
            all faults at once.
        DuplicateTaskError: the graph already has another task of this name.

    Example:
        >>> from syncra import depends, run, task
        >>> @task
        ... def prices() -> list[float]:
        ...     return [1.5, 2.5]
        >>> @task
        ... def total(values: list[float] = depends(prices)) -> float:
        ...     return sum(values)
        >>> run(total)
        4.0
        >>> total([1.0])
        1.0
    """
    frame = sys._getframe(1)
    if function is MISSING:
        return lambda decorated: declare(decorated, options, lambda: dict(sys._getframe(2).f_locals))
    return declare(function, options, lambda: dict(frame.f_locals))
