"""`recover` and `outcome`: nodes that take the failure of another one."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import Parameter
from typing import Any, TypeVar, Union, overload

from syncra._nodes._connections import Connection, Fixed, Wiring
from syncra._nodes._node import Node, Settled, checked_node, is_node
from syncra._outcome import Outcome
from syncra._relation import PROVEN
from syncra.errors import OptionError

__all__ = ["OutcomeNode", "RecoverNode", "outcome", "recover"]

T = TypeVar("T")
U = TypeVar("U")
T_co = TypeVar("T_co", covariant=True)


class _Absorbing(Node[T_co]):
    """A node whose first source may fail."""

    source: Node[Any]

    def __init__(
        self,
        sources: tuple[Node[Any], ...],
        wiring: Wiring,
        absorbs: tuple[type[BaseException], ...],
        name: str,
        **further: object,
    ) -> None:
        self._define(
            source=sources[0], sources=sources, wiring=wiring, absorbs=absorbs, name=name, function=_same, **further
        )
        self._settle_if_known()

    @property
    def place(self) -> str:
        return self.source.place

    def describe(self) -> str:
        return self.name


class RecoverNode(_Absorbing[T_co]):
    """A node's value, or that of its fallback where the node has failed.

    Args:
        source: the node.
        fallback: a node that runs only then, or the value itself.
        on: the exceptions that it takes.
    """

    fallback: object

    def __init__(self, source: Node[Any], fallback: object, on: tuple[type[BaseException], ...]) -> None:
        sources = (source, fallback) if is_node(fallback) else (source,)
        instead = Connection("fallback", Any, "option") if is_node(fallback) else Fixed("fallback", fallback)
        wiring = Wiring(positional=(Connection("node"), instead))
        super().__init__(sources, wiring, on, f"recover({source.name})", fallback=fallback)

    def settle(self, sources: Sequence[Node[object]], types: Sequence[object]) -> Settled:
        known = [*types, *(() if is_node(self.fallback) else (type(self.fallback),))]
        return Settled(either(known), tuple(sources), (Any,) * len(sources), (PROVEN,) * len(sources))


class OutcomeNode(_Absorbing[T_co]):
    """How another node ended, as a value."""

    def __init__(self, source: Node[Any]) -> None:
        wiring = Wiring(positional=(Connection("node"),))
        super().__init__((source,), wiring, (BaseException,), f"outcome({source.name})")

    def settle(self, sources: Sequence[Node[object]], types: Sequence[object]) -> Settled:
        given = Any if types[0] is Parameter.empty else types[0]
        return Settled(outcome_of(given), tuple(sources), (Any,), (PROVEN,))


@overload
def recover(
    node: Node[T], fallback: Node[U], *, on: type[Exception] | tuple[type[Exception], ...] = ...
) -> Node[T | U]: ...
@overload
def recover(node: Node[T], fallback: U, *, on: type[Exception] | tuple[type[Exception], ...] = ...) -> Node[T | U]: ...
def recover(
    node: Node[Any], fallback: object, *, on: type[Exception] | tuple[type[Exception], ...] = Exception
) -> Node[Any]:
    """The node's value; or, where it failed or something that it needs did, the fallback's.

    The failure is none of the run's, unless something else needs the node: it stops nothing, is left out of
    `results.failures`, and is found in `results.recovered`. A fallback node, and what only it needs, runs only then;
    if it fails, that is a failure like any other.

    Args:
        node: what may fail.
        fallback: a node, or a value.
        on: the exceptions that are recovered from; others fail as ever. An ExceptionGroup, as a fan-out raises it, is
            recovered from where each of its members is one of these. KeyboardInterrupt and SystemExit always stop
            the run.

    Raises:
        WiringError: `node` is not a node.
        OptionError: `on` is something else than exceptions.

    Example:
        >>> from syncra import recover, run, task
        >>> @task
        ... def price() -> float:
        ...     raise ConnectionError("the price server is away")
        >>> run(recover(price, 2.5, on=ConnectionError))
        2.5
    """
    kinds = on if isinstance(on, tuple) else (on,)
    for kind in kinds:
        if not (isinstance(kind, type) and issubclass(kind, Exception)):
            raise OptionError(f"on= takes subclasses of Exception, not {kind!r:.100}")
    if not kinds:
        raise OptionError("on= names no exception, so nothing would be recovered from; leave it out for all")
    return RecoverNode(checked_node(node, "recover()"), fallback, kinds)


def outcome(node: Node[T], /) -> Node[Outcome[T]]:
    """How the node ended, for a task that looks at it: Succeeded, Failed, or Skipped because of what it needs.

    Its failure is none of the run's, unless something else needs it. KeyboardInterrupt and SystemExit stop the run.

    Raises:
        WiringError: `node` is not a node.

    Example:
        >>> from syncra import Failed, Outcome, depends, outcome, run, task
        >>> @task
        ... def price() -> float:
        ...     raise ConnectionError("the price server is away")
        >>> @task
        ... def line(came: Outcome[float] = depends(outcome(price))) -> str:
        ...     return "no price" if isinstance(came, Failed) else "a price"
        >>> run(line)
        'no price'
    """
    return OutcomeNode(checked_node(node, "outcome()"))


def either(hints: Sequence[Any]) -> object:  # Any: hints at run time
    """The union of types; one that nobody has said makes it Any."""
    if any(each is Parameter.empty or each is Any for each in hints):
        return Any
    return Union[tuple(hints)]  # noqa: UP007 - of as many as there are


def outcome_of(hint: Any) -> object:  # Any: a hint at run time
    """The type of how something ended that gives this."""
    made: object = Outcome[hint]  # type: ignore[misc]  # an alias of a union, subscripted at run time
    return made


def _same(value: object, *_: object) -> object:
    return value
