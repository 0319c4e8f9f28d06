"""Nodes: what gives a value in a run. Inputs are given theirs by the caller; tasks and views are built on Node."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from types import GenericAlias
from typing import TYPE_CHECKING, Any, Generic, Literal, NoReturn, TypeAlias, TypeVar, TypeVarTuple, cast, overload

from syncra._frozen import Frozen
from syncra._policy import DEFAULT_POLICY, Policy
from syncra._relation import PROVEN, Answer, has_variables, type_name
from syncra._signature import MISSING
from syncra.errors import ArgumentError, NodeUseError, OptionError, WiringError

if TYPE_CHECKING:
    from typing_extensions import TypeIs

__all__ = [
    "Binding",
    "Connection",
    "Dependency",
    "Filler",
    "Fixed",
    "Input",
    "Node",
    "Open",
    "Settled",
    "Wiring",
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
        policy: retries, timeout and offload.
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


# Records are written out: generated by `dataclass` they would take most of the time of importing the package.
class Connection:
    """That a node needs another one; which one, its `sources` say. Frozen.

    Attributes:
        parameter: the parameter that takes the source's value; None: it only has to be done before.
        hint: what the parameter wants.
        takes: its value; or the items of its value one by one, in a call for each; or its value only if that is what
            the node chooses in a run, and nothing of the source is needed otherwise.
    """

    __slots__ = ("hint", "parameter", "takes")

    def __init__(
        self, parameter: str | None, hint: object = Any, takes: Literal["value", "items", "option"] = "value"
    ) -> None:
        self.parameter = parameter
        self.hint = hint
        self.takes = takes


class Fixed:
    """A parameter that has the same value in every run; frozen."""

    __slots__ = ("parameter", "value")

    def __init__(self, parameter: str, value: object) -> None:
        self.parameter = parameter
        self.value = value


class Open:
    """A parameter that nothing fills yet; frozen."""

    __slots__ = ("hint", "parameter")

    def __init__(self, parameter: str, hint: object) -> None:
        self.parameter = parameter
        self.hint = hint


Filler: TypeAlias = Connection | Fixed | Open


class Wiring:
    """How the call of a function is put together, whatever nodes are needed; frozen.

    One object serves all tasks of a function that are wired alike.

    Attributes:
        positional: what fills the arguments given by position, in order.
        keyword: what fills the arguments given by name.
        connections: all that is needed, in order: what fills parameters, then what only has to be done before.
        hints: what each of these wants.
        proven: the answers on them where every type fits.
        fixed: the parameters with fixed values.
        open: the parameters that nothing fills.
        is_generic: the hints hold type variables.
        is_plain: each argument is the value of a connection, by position, and nothing else is needed.
    """

    __slots__ = (
        "connections",
        "fixed",
        "hints",
        "is_generic",
        "is_plain",
        "keyword",
        "open",
        "positional",
        "proven",
    )

    def __init__(
        self,
        positional: tuple[Filler, ...] = (),
        keyword: tuple[tuple[str, Filler], ...] = (),
        after: tuple[Connection, ...] = (),
    ) -> None:
        fillers = (*positional, *[filler for _, filler in keyword])
        connections = tuple([each for each in fillers if isinstance(each, Connection)])
        self.positional = positional
        self.keyword = keyword
        self.connections = (*connections, *after)
        self.hints = tuple([each.hint for each in self.connections])
        self.proven = tuple([None if each.parameter is None else PROVEN for each in self.connections])
        self.fixed = tuple([each for each in fillers if isinstance(each, Fixed)])
        self.open = tuple([each for each in fillers if isinstance(each, Open)])
        self.is_generic = any(map(has_variables, self.hints))
        values = [each for each in connections if each.takes == "value"]
        self.is_plain = len(values) == len(positional) and not keyword and not after


_NOTHING_NEEDED = Wiring()


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


class _InputOf(GenericAlias):
    """`Input[T]`, which tells the inputs made from it what T is before their default is checked."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # Any: the checkers see Input.__init__ instead
        cls: Any = self.__origin__  # Any: GenericAlias says that it may be a type alias too
        made = cls.__new__(cls)
        made._define(result_type=self.__args__[0], module=_module_of_caller())
        made.__init__(*args, **kwargs)
        return made


_NO_DEFAULT = cast(Any, MISSING)  # cast: an optional argument of type T has no default that is a T


class Input(Node[T_co]):
    """A value that the caller gives to a run.

    Written with its type, `Input[Path]("path")`; without one the type is that of the default, or anything.

    Args:
        name: unique in a graph.
        default: its value in runs that bind none; it must be a value of T.

    One that is a global of its module pickles by reference, as functions do.

    Raises:
        ArgumentError: the default is not a value of T.
        OptionError: the name is empty, too long or not printable.

    Example:
        >>> from syncra import Input, run
        >>> run(Input[int]("workers", default=4))
        4
    """

    default: object
    module: str

    def __init__(self, name: str, *, default: T_co = _NO_DEFAULT) -> None:
        # `Input[T](...)` has set the type and the module already.
        hint = self.__dict__.get("result_type", Any if default is MISSING else type(default))
        self._define(
            module=self.__dict__.get("module") or _module_of_caller(),
            name=checked_name(name, "an input's name"),
            default=default,
            function=None,
            wiring=_NOTHING_NEEDED,
            result_type=hint,
            settled=Settled(hint),
        )
        if default is not MISSING:
            from syncra._values import value_check

            reasons = value_check(hint).faults(default)
            if reasons is not None:
                raise ArgumentError(
                    f"the default of input {name!r} is not {type_name(hint)}: {reasons}; change the default or the type"
                )

    if not TYPE_CHECKING:

        def __class_getitem__(cls, hint: object) -> GenericAlias:
            return _InputOf(cls, (hint,))

    def describe(self) -> str:
        return f"input {self.name!r}"

    def __reduce_ex__(self, protocol: Any) -> Any:  # Any: as object declares it
        """By reference where its module has it under a name, so that it is the same input there; by value otherwise."""
        for name, value in list(vars(sys.modules.get(self.module, object)).items()):
            if value is self:
                return _input_at, (self.module, name)
        return object.__reduce_ex__(self, protocol)


def _module_of_caller() -> str:
    """The module in which the input is made: two calls up from here."""
    frame = sys._getframe(2)  # pyright: ignore[reportPrivateUsage]  # CPython's own way to the caller's names
    return str(frame.f_globals.get("__name__", ""))


def _input_at(module: str, name: str) -> object:
    """The input that a pickle refers to."""
    __import__(module)
    found = getattr(sys.modules[module], name, None)
    if isinstance(found, Input):
        return cast(object, found)  # cast: of whatever type
    raise WiringError(f"{module}.{name} is no input here, but it was one where it was pickled")


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
