"""`choose` and `switch`: nodes that take the value of one of several, and run only what that one needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, overload

from syncra._nodes._connections import Connection, Wiring
from syncra._nodes._fit import fit
from syncra._nodes._node import Node, Settled, checked_node
from syncra._nodes._recovery import either
from syncra.errors import CaseNotFoundError, DeclarationError, WiringError

__all__ = ["ChoiceNode", "choose", "switch"]

T = TypeVar("T")
U = TypeVar("U")
K = TypeVar("K")
T_co = TypeVar("T_co", covariant=True)


class ChoiceNode(Node[T_co]):
    """The value of one of several nodes, chosen in each run by the value of another one.

    Args:
        key: the node that decides.
        wanted: the type that its value has to have.
        options: the nodes to choose from, by what messages call them.
        which: gives the place of the chosen one, from 1, for the key's value.
        name: what it is called.

    Attributes:
        cases: the keys of a switch, in the order of the options; None for a condition.
    """

    cases: tuple[object, ...] | None
    key: Node[Any]

    def __init__(
        self, key: Node[Any], wanted: object, options: Mapping[str, Node[Any]], which: _Either | _Cases, name: str
    ) -> None:
        chosen = [Connection(called, Any, "option") for called in options]
        self._define(
            key=key,
            cases=which.keys if isinstance(which, _Cases) else None,
            name=name,
            function=which,
            wiring=Wiring(positional=(Connection("key", wanted), *chosen)),
            sources=(key, *options.values()),
        )
        self._settle_if_known()

    def settle(self, sources: Sequence[Node[object]], types: Sequence[object]) -> Settled:
        settled, faults = fit(self, self.wiring, sources, types, result_type=either(types[1:]))
        DeclarationError.raise_all(self.describe(), faults)
        return settled

    @property
    def place(self) -> str:
        return self.key.place

    def describe(self) -> str:
        return self.name


class _Either:
    """The place of the option for a condition."""

    def __call__(self, condition: object) -> int:
        return 1 if condition else 2


class _Cases:
    """The place of the option for a key."""

    def __init__(self, name: str, keys: Sequence[object]) -> None:
        self._name = name
        self.keys = tuple(keys)
        self._places = {key: place for place, key in enumerate(keys, 1)}

    def __call__(self, key: object) -> int:
        place = self._places.get(key)
        if place is None:
            known = ", ".join(f"{each!r:.40}" for each in list(self._places)[:8])
            raise CaseNotFoundError(f"{self._name} has no case for {key!r:.100}; there is {known}", name=self._name)
        return place


def choose(condition: Node[bool], then: Node[T], otherwise: Node[U]) -> Node[T | U]:
    """The value of `then` where the condition holds, else that of `otherwise`; what only the other needs is not run.

    What was not chosen is Skipped, which is no failure.

    Raises:
        WiringError: one of these is not a node.
        DependencyTypeError: the condition is not a bool.

    Example:
        >>> from syncra import Input, choose, run
        >>> first, second = Input("first", default=1), Input("second", default="2")
        >>> is_new = Input("is_new", default=True)
        >>> run(choose(is_new, first, second))
        1
    """
    key = checked_node(condition, "choose()")
    options = {"then": checked_node(then, "choose()"), "otherwise": checked_node(otherwise, "choose()")}
    return ChoiceNode(key, bool, options, _Either(), f"choose({key.name})")


@overload
def switch(key: Node[K], cases: Mapping[K, Node[T]], /) -> Node[T]: ...
@overload  # mypy takes a dict of tasks with different parameters for one of objects, unless it is told what to expect
def switch(key: Node[K], cases: Mapping[K, Node[Any]], /) -> Node[Any]: ...
def switch(key: Node[K], cases: Mapping[K, Node[Any]], /) -> Node[Any]:
    """The value of the node that stands beside the key's value; nothing that only the others need is run.

    What was not chosen is Skipped, which is no failure. A value that is no case fails this node.

    Raises:
        WiringError: `key` or a case's value is not a node; there are no cases.

    In a run, a key without a case fails this node with a CaseNotFoundError.

    Example:
        >>> from syncra import Input, run, switch
        >>> kind, small, large = Input("kind", default="s"), Input("small", default=1), Input("large", default=9)
        >>> run(switch(kind, {"s": small, "l": large}))
        1
    """
    node = checked_node(key, "switch()")
    if not isinstance(cases, Mapping) or not cases:
        raise WiringError("switch() takes a mapping from the key's values to nodes, with at least one case")
    options = {f"case {value!r:.40}": checked_node(each, "switch()") for value, each in cases.items()}
    if len(options) < len(cases):  # long keys, shown alike
        options = {f"case {n}": checked_node(each, "switch()") for n, each in enumerate(cases.values(), 1)}
    name = f"switch({node.name})"
    return ChoiceNode(node, Any, options, _Cases(name, tuple(cases)), name)
