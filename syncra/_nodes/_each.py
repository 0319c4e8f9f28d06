"""`each`: one call of a task for every item of a value that is known only in a run."""

# A coroutine function is a function too: the narrow overloads come first.
# pyright: reportOverlappingOverload=false
# mypy: disable-error-code="overload-overlap"

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from inspect import Parameter
from types import GenericAlias
from typing import Any, TypeVar, cast, overload

from syncra._nodes._connections import Connection, Filler, Open, Wiring
from syncra._nodes._fit import fit
from syncra._nodes._node import Node, Settled, checked_node
from syncra._nodes._recovery import outcome_of
from syncra._nodes._task import BaseTask, declare, is_task
from syncra._outcome import Outcome
from syncra._relation import Answer, Fit, assignable, solve, type_name
from syncra.errors import DeclarationError, DependencyTypeError, OptionError, WiringError

__all__ = ["EachNode", "each", "each_outcome"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
R = TypeVar("R")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")

_MOST_VALUES = 4


class EachNode(Node[T_co]):
    """A fan-out: a task called once for each item of the values of other nodes; its value is the list of results.

    Args:
        template: the task; its open parameters take the items.
        over: the nodes whose values are gone over, side by side.
        max_concurrency: how many items may be running at once; None: any number.
        keeps_outcomes: a failing item fails nothing; the value is the list of outcomes.

    Raises:
        WiringError: the task has not as many open parameters as there are nodes.
        DependencyTypeError: items do not fit the parameters.
    """

    template: BaseTask[..., Any]
    over: tuple[Node[Any], ...]
    max_concurrency: int | None
    keeps_outcomes: bool

    def __init__(
        self,
        template: BaseTask[..., Any],
        over: tuple[Node[Any], ...],
        max_concurrency: int | None,
        *,
        keeps_outcomes: bool,
    ) -> None:
        wiring = template.wiring
        if len(wiring.open) != len(over):
            listed = " and ".join(repr(each.parameter) for each in wiring.open) or "none"
            raise WiringError(
                f"{template.describe()} has {len(wiring.open)} open parameters ({listed}), and over= gives"
                f" {len(over)}; every other parameter needs depends(...), an argument or a default"
            )
        filled = _filled(wiring)
        others, items = iter(template.sources), iter(over)
        self._define(
            template=template,
            over=over,
            max_concurrency=max_concurrency,
            keeps_outcomes=keeps_outcomes,
            name=f"{'each_outcome' if keeps_outcomes else 'each'}({template.name})",
            function=template.function,
            is_async=template.is_async,
            policy=template.policy,
            wiring=filled,
            sources=tuple(next(items if each.takes == "items" else others) for each in filled.connections),
            result_type=Any,
        )
        if not template.signature.unresolved:
            self._settle_if_known()

    def settle(self, sources: Sequence[Node[object]], types: Sequence[object]) -> Settled:
        signature, wiring = self.template.read_again()
        wiring = _filled(wiring)
        faults: list[DependencyTypeError] = []
        given: list[object] = []
        for connection, source, hint in zip(wiring.connections, sources, types, strict=True):
            if connection.takes != "items":
                given.append(hint)
                continue
            answer = assignable(hint, Iterable[Any])
            if answer.fit is Fit.REJECTED:
                faults.append(self._not_iterable(connection, source, hint, answer))
            given.append(_item_of(hint))
        DeclarationError.raise_all(self.describe(), faults)
        fixed = self.template.fixed_with_hints(signature, wiring)
        settled, faults = fit(self, wiring, sources, given, result_type=signature.result, fixed=fixed)
        DeclarationError.raise_all(self.describe(), faults)
        result = Any if settled.result_type is Parameter.empty else settled.result_type
        item = outcome_of(result) if self.keeps_outcomes else result
        return Settled(GenericAlias(list, (item,)), settled.sources, settled.hints, settled.answers, result)

    def _not_iterable(
        self, connection: Connection, source: Node[object], hint: object, answer: Answer
    ) -> DependencyTypeError:
        came_from = f" ({source.place})" if source.place else ""
        return DependencyTypeError(
            f"{self.describe()} cannot go over {source.describe()}{came_from}, which gives {type_name(hint)}:\n"
            f"  {answer.reason}",
            source=source.name,
            target=self.name,
            parameter=connection.parameter or "",
            reason=answer.reason,
        )

    @property
    def is_task(self) -> bool:
        return True

    @property
    def place(self) -> str:
        return self.template.place

    def describe(self) -> str:
        return self.name

    def __reduce__(self) -> tuple[object, ...]:
        # The function itself can't be found by a name that leads to the task.
        return _restored, (self.template, self.over, self.max_concurrency, self.keeps_outcomes)


def _filled(wiring: Wiring) -> Wiring:
    """The wiring with items in its open parameters."""

    def fill(filler: Filler) -> Filler:
        return Connection(filler.parameter, filler.hint, "items") if isinstance(filler, Open) else filler

    positional = tuple(fill(each) for each in wiring.positional)
    keyword = tuple((name, fill(each)) for name, each in wiring.keyword)
    return Wiring(positional, keyword, tuple(each for each in wiring.connections if each.parameter is None))


def _restored(
    template: BaseTask[..., Any], over: tuple[Node[Any], ...], max_concurrency: int | None, keeps_outcomes: bool
) -> EachNode[Any]:
    return EachNode(template, over, max_concurrency, keeps_outcomes=keeps_outcomes)


def _item_of(hint: object) -> object:
    """The type of the items of an iterable type."""
    return solve([(hint, Iterable[T])]).get(T, Any)  # type: ignore[valid-type]  # a hint at run time


# fmt: off
@overload
def each(
    task: Callable[[A], Coroutine[Any, Any, R]], /, *, over: Node[Iterable[A]], max_concurrency: int | None = ...
) -> Node[list[R]]: ...
@overload
def each(
    task: Callable[[A], R], /, *, over: Node[Iterable[A]], max_concurrency: int | None = ...
) -> Node[list[R]]: ...
@overload
def each(
    task: Callable[[A, B], Coroutine[Any, Any, R]], /, *,
    over: tuple[Node[Iterable[A]], Node[Iterable[B]]], max_concurrency: int | None = ...,
) -> Node[list[R]]: ...
@overload
def each(
    task: Callable[[A, B], R], /, *,
    over: tuple[Node[Iterable[A]], Node[Iterable[B]]], max_concurrency: int | None = ...,
) -> Node[list[R]]: ...
@overload
def each(
    task: Callable[[A, B, C], Coroutine[Any, Any, R]], /, *,
    over: tuple[Node[Iterable[A]], Node[Iterable[B]], Node[Iterable[C]]], max_concurrency: int | None = ...,
) -> Node[list[R]]: ...
@overload
def each(
    task: Callable[[A, B, C], R], /, *,
    over: tuple[Node[Iterable[A]], Node[Iterable[B]], Node[Iterable[C]]], max_concurrency: int | None = ...,
) -> Node[list[R]]: ...
@overload
def each(
    task: Callable[[A, B, C, D], Coroutine[Any, Any, R]], /, *,
    over: tuple[Node[Iterable[A]], Node[Iterable[B]], Node[Iterable[C]], Node[Iterable[D]]],
    max_concurrency: int | None = ...,
) -> Node[list[R]]: ...
@overload
def each(
    task: Callable[[A, B, C, D], R], /, *,
    over: tuple[Node[Iterable[A]], Node[Iterable[B]], Node[Iterable[C]], Node[Iterable[D]]],
    max_concurrency: int | None = ...,
) -> Node[list[R]]: ...
# fmt: on
def each(task: Callable[..., Any], /, *, over: Any, max_concurrency: int | None = None) -> Node[list[Any]]:
    """Calls a task once for every item of a node's value; gives the list of what the calls return, in order.

    The task's one open parameter takes the items; dependencies, arguments and defaults fill the others, once for all
    items. Retries and timeout of the task hold for each item. Over another `each`, an item begins as soon as the one
    that it is made of is there. Items are drawn from the value one at a time, by the thread that is free for the next.

    Args:
        task: a task, or a plain function.
        over: a node with an iterable value, or a tuple of two to four whose items go side by side into as many open
            parameters; these must be of equal length.
        max_concurrency: how many items may be running at once; any number, if left out.

    Raises:
        WiringError: the task has not as many open parameters as `over` has nodes.
        DependencyTypeError: the items do not fit; or a node gives no iterable.
        OptionError: `max_concurrency` is not a positive whole number.

    In a run, failures of items fail this node with one ExceptionGroup; a note on each member says which item it was.

    Example:
        >>> from syncra import Input, each, run, task
        >>> words = Input[list[str]]("words", default=["a", "bcd"])
        >>> @task
        ... def size(word: str) -> int:
        ...     return len(word)
        >>> run(each(size, over=words))
        [1, 3]
    """
    return _made(task, over, max_concurrency, keeps_outcomes=False)


# fmt: off
@overload
def each_outcome(
    task: Callable[[A], Coroutine[Any, Any, R]], /, *, over: Node[Iterable[A]], max_concurrency: int | None = ...
) -> Node[list[Outcome[R]]]: ...
@overload
def each_outcome(
    task: Callable[[A], R], /, *, over: Node[Iterable[A]], max_concurrency: int | None = ...
) -> Node[list[Outcome[R]]]: ...
@overload
def each_outcome(
    task: Callable[[A, B], Coroutine[Any, Any, R]], /, *,
    over: tuple[Node[Iterable[A]], Node[Iterable[B]]], max_concurrency: int | None = ...,
) -> Node[list[Outcome[R]]]: ...
@overload
def each_outcome(
    task: Callable[[A, B], R], /, *,
    over: tuple[Node[Iterable[A]], Node[Iterable[B]]], max_concurrency: int | None = ...,
) -> Node[list[Outcome[R]]]: ...
@overload
def each_outcome(
    task: Callable[[A, B, C], Coroutine[Any, Any, R]], /, *,
    over: tuple[Node[Iterable[A]], Node[Iterable[B]], Node[Iterable[C]]], max_concurrency: int | None = ...,
) -> Node[list[Outcome[R]]]: ...
@overload
def each_outcome(
    task: Callable[[A, B, C], R], /, *,
    over: tuple[Node[Iterable[A]], Node[Iterable[B]], Node[Iterable[C]]], max_concurrency: int | None = ...,
) -> Node[list[Outcome[R]]]: ...
@overload
def each_outcome(
    task: Callable[[A, B, C, D], Coroutine[Any, Any, R]], /, *,
    over: tuple[Node[Iterable[A]], Node[Iterable[B]], Node[Iterable[C]], Node[Iterable[D]]],
    max_concurrency: int | None = ...,
) -> Node[list[Outcome[R]]]: ...
@overload
def each_outcome(
    task: Callable[[A, B, C, D], R], /, *,
    over: tuple[Node[Iterable[A]], Node[Iterable[B]], Node[Iterable[C]], Node[Iterable[D]]],
    max_concurrency: int | None = ...,
) -> Node[list[Outcome[R]]]: ...
# fmt: on
def each_outcome(
    task: Callable[..., Any], /, *, over: Any, max_concurrency: int | None = None
) -> Node[list[Outcome[Any]]]:
    """`each` that hands on how every item ended: the list of outcomes, Succeeded or Failed, in order.

    A failing item fails nothing. Arguments and errors are those of `each`.

    Example:
        >>> from syncra import Input, each_outcome, run, task
        >>> words = Input[list[str]]("words", default=["1", "one"])
        >>> @task
        ... def number(word: str) -> int:
        ...     return int(word)
        >>> [type(outcome).__name__ for outcome in run(each_outcome(number, over=words))]
        ['Succeeded', 'Failed']
    """
    return _made(task, over, max_concurrency, keeps_outcomes=True)


def _made(task: object, over: object, max_concurrency: object, *, keeps_outcomes: bool) -> EachNode[Any]:
    where = "each_outcome()" if keeps_outcomes else "each()"
    nodes: tuple[object, ...] = (over,)
    if isinstance(over, tuple):
        nodes = cast("tuple[object, ...]", over)  # cast: of whatever was given; each is looked at below
    if not 1 <= len(nodes) <= _MOST_VALUES:
        raise WiringError(f"{where} goes over one to {_MOST_VALUES} nodes side by side, not over {len(nodes)}")
    if max_concurrency is not None and (
        isinstance(max_concurrency, bool) or not isinstance(max_concurrency, int) or max_concurrency < 1
    ):
        raise OptionError(f"max_concurrency must be a whole number, 1 or more, not {max_concurrency!r:.100}")
    checked = tuple(checked_node(each, f"over= of {where}") for each in nodes)
    return EachNode(_template(task), checked, max_concurrency, keeps_outcomes=keeps_outcomes)


def _template(task: object) -> BaseTask[..., Any]:
    """The task, made here of what is only a function; one without a name of its own is called by its kind."""
    if is_task(task):
        return task
    name = getattr(task, "__name__", None)
    options = {} if isinstance(name, str) and name != "<lambda>" else {"name": name or type(task).__name__}
    return declare(task, options, _names_around())


def _names_around() -> Callable[[], Mapping[str, object]]:
    """Gives the names that are visible where the user wrote `each`: four calls up from here."""
    frame = sys._getframe(4)  # pyright: ignore[reportPrivateUsage]  # CPython's own way to the caller's names
    return lambda: dict(frame.f_locals)
