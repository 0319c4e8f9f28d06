"""Nodes: what gives a value in a run. Inputs, tasks and views are built on Node."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar, TypeVarTuple, cast, overload

from syncra._frozen import Frozen
from syncra._policy import DEFAULT_POLICY, Policy
from syncra._relation import Answer, type_name
from syncra._signature import MISSING
from syncra.errors import NodeUseError, OptionError, WiringError

if TYPE_CHECKING:
    from typing_extensions import TypeIs

    from syncra._nodes._connections import Wiring

__all__ = [
    "Binding",
    "Dependency",
    "Node",
    "Settled",
    "checked_name",
    "checked_node",
    "depends",
]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Ts = TypeVarTuple("Ts")

_LONGEST_NAME = 200


class Node(Frozen, Generic[T_co]):
    """Anything that gives a value of type T in a run: a task, an input, or a view on another node.

    Nodes are compared by identity and frozen.

    Attributes:
        name: what it is called in graphs, results and messages.
        result_type: the declared type of its value, as a type hint.
        function: what gives the value, called as the wiring says; None: the caller of a run gives it.
        is_async: the function gives a coroutine.
        wiring: what fills the function's parameters.
        sources: the nodes that the wiring's connections lead from, in order, or the names of tasks that may not exist
            yet.
        policy: retries, timeout, offload and cost.
        settled: its edges and its final type, where all it needs is known; None where a graph has to find them out.
        absorbs: the exceptions that it takes in place of its first source's value; none, for nearly all nodes.
    """

    name: str
    result_type: object
    function: Callable[..., Any] | None  # Any: what T_co says to the checkers
    is_async: bool = False
    wiring: Wiring
    sources: tuple[Node[object] | str, ...] = ()
    policy: Policy = DEFAULT_POLICY
    settled: Settled | None = None
    absorbs: tuple[type[BaseException], ...] = ()

    def bind(self, value: T_co, /) -> Binding:  # type: ignore[misc]  # a covariant parameter: sound, nodes keep no value
        """The value that this node has in one run: fills an input, overrides any other node.

        Example:
            >>> from syncra import Input, run, task
            >>> price = Input[float]("price")
            >>> run(price, price.bind(2.5))
            2.5
        """
        return Binding(self, value)

    @overload
    def __and__(self, other: Node[T], /) -> tuple[Node[T_co], Node[T]]: ...
    @overload
    def __and__(self, other: tuple[*Ts], /) -> tuple[Node[T_co], *Ts]: ...

    def __and__(self, other: Node[Any] | tuple[Any, ...], /) -> tuple[Any, ...]:
        """The tuple of both, for `dependencies=a & b`."""
        if isinstance(other, Node):
            return (self, other)
        return (self, *other) if isinstance(other, tuple) else NotImplemented

    def __rand__(self, other: tuple[*Ts], /) -> tuple[*Ts, Node[T_co]]:
        """The tuple with this node behind it, so that `a & b & c` has three items."""
        return (*other, self) if isinstance(other, tuple) else NotImplemented

    def __bool__(self) -> NoReturn:
        raise NodeUseError(
            f"{self!r} has no truth value: it stands for a value that exists only in a run;"
            " take it as a dependency and decide inside a task"
        )

    @property
    def is_task(self) -> bool:
        """It is a user's function; not an input, nor a view on another node."""
        return False

    def settle(self, sources: Sequence[Node[object]], types: Sequence[object]) -> Settled:
        """Its edges and its final type, now that all it needs is known.

        Args:
            sources: the nodes that the wiring's connections lead from, in order.
            types: the final types of these.

        Raises:
            DeclarationError: something does not fit; all faults at once.
        """
        raise NotImplementedError

    def _settle_if_known(self) -> None:
        """Settle a node that is being made, where all its sources are settled."""
        sources = [each for each in self.sources if isinstance(each, Node)]
        known = [each.settled.result_type for each in sources if each.settled is not None]
        settled = self.settle(sources, known) if len(known) == len(self.sources) else None
        self._define(settled=settled, result_type=Any if settled is None else settled.result_type)

    @property
    def place(self) -> str:
        """Where it is declared, "file:line"; empty where that is not known."""
        return ""

    def describe(self) -> str:
        """What it is and its name, as messages call it: "task 'load'"."""
        return f"node {self.name!r}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}: {type_name(self.result_type)}>"


class Binding(Frozen):
    """The value that a node has in one run; made by `node.bind(value)`."""

    __slots__ = ("node", "value")

    node: Node[object]
    value: object

    def __init__(self, node: Node[object], value: object) -> None:
        self._define(node=node, value=value)

    def __repr__(self) -> str:
        return f"<Binding of {self.node.name!r}>"


class Settled:
    """What is known of a node once all it needs is known; frozen.

    Attributes:
        result_type: the type of its value, without type variables.
        sources: the nodes that its connections lead from, in order.
        hints: what the parameters want that these go to.
        answers: whether the value of each fits where it goes; None for those that only order.
        call_type: what one call of its function gives, where that is not the whole value but an item of it.
    """

    __slots__ = ("answers", "call_type", "hints", "result_type", "sources")

    def __init__(
        self,
        result_type: object,
        sources: tuple[Node[object], ...] = (),
        hints: tuple[object, ...] = (),
        answers: tuple[Answer | None, ...] = (),
        call_type: object = MISSING,
    ) -> None:
        self.result_type = result_type
        self.sources = sources
        self.hints = hints
        self.answers = answers
        self.call_type = call_type


class Dependency:
    """The default value that marks a parameter as filled by a node: what `depends` really gives. Frozen."""

    __slots__ = ("node",)

    def __init__(self, node: Node[object]) -> None:
        self.node = node

    def __repr__(self) -> str:
        return f"depends({self.node.name!r})"


def depends(node: Node[T], /) -> T:
    """Says which node fills a parameter, as the default of this parameter.

    For a type checker it is the node's value, so a wrong wiring is an incompatible default on this very parameter.

    Raises:
        WiringError: `node` is not a node.

    Example:
        >>> from syncra import Input, depends, run, task
        >>> price = Input[float]("price", default=2.0)
        >>> @task
        ... def doubled(value: float = depends(price)) -> float:
        ...     return 2 * value
        >>> run(doubled)
        4.0
    """
    return cast(T, Dependency(checked_node(node, "depends()")))  # cast: the promise that a run keeps


def is_node(value: object) -> TypeIs[Node[Any]]:
    """Whether it is a node, of whatever type."""
    return isinstance(value, Node)


def checked_node(value: object, where: str) -> Node[Any]:
    """The value, which is a node.

    Raises:
        WiringError: it is something else; the message says what to write instead.
    """
    if is_node(value):
        return value
    if isinstance(value, staticmethod):  # as a class body sees its own
        return checked_node(cast("staticmethod[..., object]", value).__func__, where)  # cast: of whatever function
    if isinstance(value, str):
        raise WiringError(
            f"{where} takes a node, not the name {value!r}; names go into dependencies= of a task with a graph_name="
        )
    shown = getattr(value, "__name__", None) or type(value).__name__
    if callable(value):
        cure = "decorate it with @task first"
    elif isinstance(value, (list, tuple, set, frozenset)):
        cure = "give it the nodes one by one; and the task itself, not what calling it gives"
    else:
        cure = "a node is a task, an Input or a view on one; pass the task itself, not what calling it gives"
    raise WiringError(f"{where} takes a node, not {shown!r}; {cure}")


def checked_name(name: object, what: str) -> str:
    """The name, which is a string that can be printed on one line.

    Raises:
        OptionError: it is not; `what` begins the message.
    """
    if not isinstance(name, str):
        raise OptionError(f"{what} must be a str, not {type(name).__name__}")
    if not name or not name.isprintable():
        raise OptionError(f"{what} must have printable characters only, and at least one: {name[:50]!r}")
    if len(name) > _LONGEST_NAME:
        raise OptionError(f"{what} is {len(name)} characters long, {_LONGEST_NAME} at most: {name[:30]!r}...")
    return name
