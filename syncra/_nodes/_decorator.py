"""`@task` as its users and their type checkers see it."""

# A coroutine function is a function too, and any tuple of nodes may be a longer one: the narrow overloads come first.
# pyright: reportOverlappingOverload=false
# mypy: disable-error-code="overload-overlap"

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, ParamSpec, TypeAlias, TypeVar, overload

from syncra._nodes._node import Node
from syncra._nodes._task import AsyncTask, Task, declare
from syncra._nodes._wires import OpenWire, Unmade, Wire, names_around
from syncra._policy import Retry
from syncra._signature import MISSING

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

Source: TypeAlias = Node[Any] | str  # Any: a node of whatever type
Sources: TypeAlias = Source | tuple[Source, ...]


# Options are written out each time, as ty does not yet read an unpacked TypedDict, in which they would stand once.
# Where nodes that give Any fit several overloads, mypy knows the result only if these give the same class: hence Wire
# for every number of nodes, and no single node in the last overloads. With fixed arguments a type checker can't know
# which parameters are left.
@overload
def task(function: Callable[P, Unmade], /) -> Task[P, Any]: ...
@overload
def task(function: Callable[P, Coroutine[Any, Any, R]], /) -> AsyncTask[P, R]: ...
@overload
def task(function: Callable[P, R], /) -> Task[P, R]: ...
# fmt: off
@overload
def task(
    *, arguments: Mapping[str, object] = ...,
    name: str = ..., graph_name: str = ..., after: Sources = ...,
    retries: int | Retry = ..., timeout: float | None = ..., offload: bool = ..., cost: float = ...,
) -> OpenWire: ...
@overload
def task(
    *, dependencies: Node[A] | tuple[Node[A]],
    name: str = ..., graph_name: str = ..., after: Sources = ...,
    retries: int | Retry = ..., timeout: float | None = ..., offload: bool = ..., cost: float = ...,
) -> Wire[tuple[A]]: ...
@overload
def task(
    *, dependencies: tuple[Node[A], Node[B]],
    name: str = ..., graph_name: str = ..., after: Sources = ...,
    retries: int | Retry = ..., timeout: float | None = ..., offload: bool = ..., cost: float = ...,
) -> Wire[tuple[A, B]]: ...
@overload
def task(
    *, dependencies: tuple[Node[A], Node[B], Node[C]],
    name: str = ..., graph_name: str = ..., after: Sources = ...,
    retries: int | Retry = ..., timeout: float | None = ..., offload: bool = ..., cost: float = ...,
) -> Wire[tuple[A, B, C]]: ...
@overload
def task(
    *, dependencies: tuple[Node[A], Node[B], Node[C], Node[D]],
    name: str = ..., graph_name: str = ..., after: Sources = ...,
    retries: int | Retry = ..., timeout: float | None = ..., offload: bool = ..., cost: float = ...,
) -> Wire[tuple[A, B, C, D]]: ...
@overload
def task(
    *, dependencies: tuple[Node[A], Node[B], Node[C], Node[D], Node[E]],
    name: str = ..., graph_name: str = ..., after: Sources = ...,
    retries: int | Retry = ..., timeout: float | None = ..., offload: bool = ..., cost: float = ...,
) -> Wire[tuple[A, B, C, D, E]]: ...
@overload
def task(
    *, dependencies: tuple[Node[A], Node[B], Node[C], Node[D], Node[E], Node[F]],
    name: str = ..., graph_name: str = ..., after: Sources = ...,
    retries: int | Retry = ..., timeout: float | None = ..., offload: bool = ..., cost: float = ...,
) -> Wire[tuple[A, B, C, D, E, F]]: ...
@overload
def task(
    *, dependencies: tuple[Node[A], Node[B], Node[C], Node[D], Node[E], Node[F], Node[G]],
    name: str = ..., graph_name: str = ..., after: Sources = ...,
    retries: int | Retry = ..., timeout: float | None = ..., offload: bool = ..., cost: float = ...,
) -> Wire[tuple[A, B, C, D, E, F, G]]: ...
@overload
def task(
    *, dependencies: tuple[Node[A], Node[B], Node[C], Node[D], Node[E], Node[F], Node[G], Node[H]],
    name: str = ..., graph_name: str = ..., after: Sources = ...,
    retries: int | Retry = ..., timeout: float | None = ..., offload: bool = ..., cost: float = ...,
) -> Wire[tuple[A, B, C, D, E, F, G, H]]: ...
@overload
def task(
    *, dependencies: tuple[Source, Source, Source, Source, Source, Source, Source, Source, Source, *tuple[Source, ...]],
    name: str = ..., graph_name: str = ..., after: Sources = ...,
    retries: int | Retry = ..., timeout: float | None = ..., offload: bool = ..., cost: float = ...,
) -> OpenWire: ...
@overload
def task(
    *, dependencies: tuple[Source, ...],
    name: str = ..., graph_name: str = ..., after: Sources = ...,
    retries: int | Retry = ..., timeout: float | None = ..., offload: bool = ..., cost: float = ...,
) -> Wire[Any]: ...  # Any: which of them are nodes is not known
@overload
def task(
    *, dependencies: str | Mapping[str, Source],
    name: str = ..., graph_name: str = ..., after: Sources = ...,
    retries: int | Retry = ..., timeout: float | None = ..., offload: bool = ..., cost: float = ...,
) -> OpenWire: ...
@overload
def task(
    *, dependencies: Sources | Mapping[str, Source], arguments: Mapping[str, object],
    name: str = ..., graph_name: str = ..., after: Sources = ...,
    retries: int | Retry = ..., timeout: float | None = ..., offload: bool = ..., cost: float = ...,
) -> OpenWire: ...
# fmt: on
def task(function: Any = MISSING, /, **options: Any) -> Any:  # noqa: D417  # Any: the overloads say it
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
        cost: how long the task takes beside others, 0 or more, in a unit that all costs of the graph share (seconds,
            say); 1 if left out. It decides nothing but the order: of ready tasks the one with the most costly way to
            the end goes first. Sequential runs in the order of the plan, whatever costs say, unless what is chosen or
            tried again in the run makes it another one.

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
    if function is MISSING:
        made: Wire[Any] = Wire(options)
        return made
    return declare(function, options, names_around())
