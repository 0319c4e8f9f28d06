"""`function`: a graph as a typed function of some of its inputs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, TypeVar, overload

from syncra._edges import settle
from syncra._graph_function import GraphFunction
from syncra._nodes._input import Input
from syncra._nodes._node import Node, checked_name, checked_node
from syncra._nodes._task import is_task
from syncra._plan import ErrorMode, check_options
from syncra._programs._compiler import compile_program
from syncra._programs._program import Program
from syncra._signature import MISSING
from syncra._strategies._interface import Strategy
from syncra.errors import DeclarationError, WiringError

__all__ = ["function"]

R = TypeVar("R")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")
G = TypeVar("G")
H = TypeVar("H")


# fmt: off
@overload
def function(
    node: Node[R], /, *, name: str | None = ..., strategy: Strategy | None = ..., on_error: ErrorMode = ...,
) -> GraphFunction[[], R]: ...
@overload
def function(
    node: Node[R], a: Input[A], /, *,
    name: str | None = ..., strategy: Strategy | None = ..., on_error: ErrorMode = ...,
) -> GraphFunction[[A], R]: ...
@overload
def function(
    node: Node[R], a: Input[A], b: Input[B], /, *,
    name: str | None = ..., strategy: Strategy | None = ..., on_error: ErrorMode = ...,
) -> GraphFunction[[A, B], R]: ...
@overload
def function(
    node: Node[R], a: Input[A], b: Input[B], c: Input[C], /, *,
    name: str | None = ..., strategy: Strategy | None = ..., on_error: ErrorMode = ...,
) -> GraphFunction[[A, B, C], R]: ...
@overload
def function(
    node: Node[R], a: Input[A], b: Input[B], c: Input[C], d: Input[D], /, *,
    name: str | None = ..., strategy: Strategy | None = ..., on_error: ErrorMode = ...,
) -> GraphFunction[[A, B, C, D], R]: ...
@overload
def function(
    node: Node[R], a: Input[A], b: Input[B], c: Input[C], d: Input[D], e: Input[E], /, *,
    name: str | None = ..., strategy: Strategy | None = ..., on_error: ErrorMode = ...,
) -> GraphFunction[[A, B, C, D, E], R]: ...
@overload
def function(
    node: Node[R], a: Input[A], b: Input[B], c: Input[C], d: Input[D], e: Input[E], f: Input[F], /, *,
    name: str | None = ..., strategy: Strategy | None = ..., on_error: ErrorMode = ...,
) -> GraphFunction[[A, B, C, D, E, F], R]: ...
@overload
def function(
    node: Node[R], a: Input[A], b: Input[B], c: Input[C], d: Input[D], e: Input[E], f: Input[F], g: Input[G], /, *,
    name: str | None = ..., strategy: Strategy | None = ..., on_error: ErrorMode = ...,
) -> GraphFunction[[A, B, C, D, E, F, G], R]: ...
@overload
def function(
    node: Node[R], a: Input[A], b: Input[B], c: Input[C], d: Input[D], e: Input[E], f: Input[F], g: Input[G],
    h: Input[H], /, *,
    name: str | None = ..., strategy: Strategy | None = ..., on_error: ErrorMode = ...,
) -> GraphFunction[[A, B, C, D, E, F, G, H], R]: ...
@overload
def function(
    node: Node[R], a: Input[Any], b: Input[Any], c: Input[Any], d: Input[Any], e: Input[Any], f: Input[Any],
    g: Input[Any], h: Input[Any], i: Input[Any], /, *more: Input[Any],
    name: str | None = ..., strategy: Strategy | None = ..., on_error: ErrorMode = ...,
) -> GraphFunction[..., R]: ...
# fmt: on
def function(
    node: Node[R],
    /,
    *inputs: Input[Any],
    name: str | None = None,
    strategy: Strategy | None = None,
    on_error: ErrorMode = "raise",
) -> GraphFunction[..., R]:
    """Makes a graph a function: its parameters are the inputs in this order, its result is the node's value.

    The graph is compiled once, here. Inputs that are not named keep their defaults. As a task of another graph it takes
    the workers of the outer run, whatever strategy it has for calls of its own.

    Args:
        node: whose value is the result.
        inputs: what a call takes, by position.
        name: what it is called; the node's name, if left out.
        strategy: where and when its steps run when it is called, as for `Plan.run`.
        on_error: "raise" stops at the first failure and raises that; "continue" runs all that does not need a failed
            task and raises one ExceptionGroup then.

    Raises:
        WiringError: an input is not needed, or given twice; one that is needed has no default and is not given.
        DeclarationError, DuplicateTaskError, CycleError: as `Graph.of` does.
        OptionError: `name` or `on_error` makes no sense.

    Example:
        >>> from syncra import Input, depends, function, task
        >>> price, count = Input[float]("price"), Input[int]("count")
        >>> @task
        ... def total(price: float = depends(price), count: int = depends(count)) -> float:
        ...     return price * count
        >>> bill = function(total, price, count)
        >>> bill(2.5, 4)
        10.0
    """
    wanted = checked_node(node, "function()")
    check_options(strategy, on_error)
    named = wanted.name if name is None else checked_name(name, "name=")
    settled = settle([wanted], {})
    program = compile_program(settled, [wanted], "edges", named)
    places = _places(program, wanted, inputs)
    frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]  # CPython's own way to the caller's place
    called = {
        "name": named,
        "module": frame.f_globals.get("__name__", "__main__"),
        "doc": wanted.__doc__ if is_task(wanted) else None,
        "place": f"{frame.f_code.co_filename}:{frame.f_lineno}",
    }
    types = [settled[step.node].result_type for step in program.steps]
    return GraphFunction(program, types, places, called, strategy, on_error)


def _places(program: Program, node: Node[Any], inputs: Sequence[object]) -> tuple[int, ...]:
    """Where the inputs stand in the program.

    Raises:
        WiringError: they are not the inputs that the node needs; all faults at once.
    """
    index = program.index
    faults: list[DeclarationError] = []
    for number, each in enumerate(inputs):
        if not isinstance(each, Input):
            shown = each.describe() if isinstance(each, Node) else f"a {type(each).__name__}"
            faults.append(WiringError(f"after the node come inputs, not {shown}"))
        elif each not in index:
            faults.append(WiringError(f"{node.describe()} does not need {each.describe()}; leave it out"))
        elif each in inputs[:number]:
            faults.append(WiringError(f"{each.describe()} is given twice; keep one"))
    faults += [
        WiringError(f"{node.describe()} needs {each.describe()}, which has no default; add it")
        for each in index
        if isinstance(each, Input) and each.default is MISSING and each not in inputs
    ]
    DeclarationError.raise_all("function()", faults)
    return tuple(index[each] for each in inputs if isinstance(each, Input))
