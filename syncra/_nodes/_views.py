"""Views: nodes that give another node's value, or a part of it, in another form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from syncra._nodes._connections import Connection, Wiring
from syncra._nodes._node import Node, Settled, checked_node
from syncra._relation import PROVEN, tuple_items, type_name
from syncra.errors import DeclarationError, ValueCheckError, WiringError

if TYPE_CHECKING:
    from typing_extensions import TypeForm

__all__ = ["parse", "unchecked", "unpack"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")
G = TypeVar("G")
H = TypeVar("H")

_ONE_VALUE = Wiring(positional=(Connection("value"),))


class View(Node[T_co]):
    """A node that makes its value of another node's, where the run is driven.

    Args:
        source: the other node.
        name: what it is called.
        function: makes the value.
        type_of: the type of the value, from the source's type.
        made_by: the function of the API that gives it, and what that was told beside the node.
    """

    made_by: tuple[Literal["parse", "unchecked", "unpack"], object]
    source: Node[Any]
    type_of: Callable[[object], object]

    def __init__(
        self,
        source: Node[Any],
        name: str,
        function: Callable[[Any], Any],
        type_of: Callable[[object], object],
        made_by: tuple[Literal["parse", "unchecked", "unpack"], object],
    ) -> None:
        self._define(name=name, function=function, wiring=_ONE_VALUE, sources=(source,), made_by=made_by)
        self._define(source=source, type_of=type_of)
        self._settle_if_known()

    def settle(self, sources: Sequence[Node[object]], types: Sequence[object]) -> Settled:
        return Settled(self.type_of(types[0]), tuple(sources), (Any,), (PROVEN,))

    @property
    def place(self) -> str:
        return self.source.place

    def describe(self) -> str:
        return f"{self.name} of {self.source.describe()}"


def unchecked(node: Node[Any], /) -> Node[Any]:
    """The node's value as Any: what takes it is CHECKED against the value in each run, not against the type before.

    Raises:
        WiringError: `node` is not a node.
    """
    source = checked_node(node, "unchecked()")
    return View(source, f"unchecked({source.name})", _same, _Always(Any), ("unchecked", None))


# For every checker a class is a `type[T]`. `int | None` and `Annotated[...]` are forms of a type, which older ones do
# not know.
@overload
def parse(node: Node[Any], model: type[T], /) -> Node[T]: ...
@overload
def parse(node: Node[Any], model: TypeForm[T], /) -> Node[T]: ...
def parse(node: Node[Any], model: Any, /) -> Node[Any]:
    """The node's value as pydantic reads it into `model`: converted, narrowed, built from plain data.

    Args:
        node: gives the value.
        model: any type that pydantic can validate: a class, `list[int]`, `int | None`, `Annotated[int, Gt(0)]`.

    Raises:
        WiringError: `node` is not a node.
        DeclarationError: pydantic can't build values of `model`.

    In a run, a value that can't be read fails this node with a ValueCheckError.

    Example:
        >>> from syncra import Input, parse, run
        >>> text = Input[str]("text", default="[1, 2]")
        >>> run(parse(Input[list[str]]("words", default=["1", "2"]), list[int]))
        [1, 2]
    """
    from syncra._values import parser

    source = checked_node(node, "parse()")
    try:
        read = parser(model)
    except TypeError as error:
        raise DeclarationError(f"parse() can't give {type_name(model)}: {error}") from None
    reading, name = _Parsing(model, read, source.name), f"parse({source.name}, {type_name(model)})"
    return View(source, name, reading, _Always(model), ("parse", model))


class _Parsing:
    """Reads a value with pydantic, and says whose value it was where that fails."""

    def __init__(self, model: object, read: Callable[[object], object], source: str) -> None:
        self._model, self._read, self._source = model, read, source

    def __call__(self, value: object) -> object:
        from syncra._values import ParseFault

        try:
            return self._read(value)
        except ParseFault as fault:
            wanted = type_name(self._model)
            raise ValueCheckError(
                f"what {self._source!r} gave can't be parsed as {wanted}: {fault.reasons}",
                source=self._source,
                target=f"parse({self._source}, {wanted})",
                parameter="value",
                reasons=fault.reasons,
            ) from None

    def __reduce__(self) -> tuple[object, ...]:
        return _parsing, (self._model, self._source)


def _parsing(model: object, source: str) -> _Parsing:
    from syncra._values import parser

    return _Parsing(model, parser(model), source)


def _same(value: T) -> T:
    return value


class _Always:
    """The same type, whatever the source's is."""

    def __init__(self, hint: object) -> None:
        self._hint = hint

    def __call__(self, _: object) -> object:
        return self._hint


# fmt: off
@overload
def unpack(node: Node[tuple[A]], /) -> tuple[Node[A]]: ...
@overload
def unpack(node: Node[tuple[A, B]], /) -> tuple[Node[A], Node[B]]: ...
@overload
def unpack(node: Node[tuple[A, B, C]], /) -> tuple[Node[A], Node[B], Node[C]]: ...
@overload
def unpack(node: Node[tuple[A, B, C, D]], /) -> tuple[Node[A], Node[B], Node[C], Node[D]]: ...
@overload
def unpack(node: Node[tuple[A, B, C, D, E]], /) -> tuple[Node[A], Node[B], Node[C], Node[D], Node[E]]: ...
@overload
def unpack(
    node: Node[tuple[A, B, C, D, E, F]], /
) -> tuple[Node[A], Node[B], Node[C], Node[D], Node[E], Node[F]]: ...
@overload
def unpack(
    node: Node[tuple[A, B, C, D, E, F, G]], /
) -> tuple[Node[A], Node[B], Node[C], Node[D], Node[E], Node[F], Node[G]]: ...
@overload
def unpack(
    node: Node[tuple[A, B, C, D, E, F, G, H]], /
) -> tuple[Node[A], Node[B], Node[C], Node[D], Node[E], Node[F], Node[G], Node[H]]: ...
# fmt: on
def unpack(node: Node[Any], /) -> tuple[Node[Any], ...]:
    """One node for each item of a node's tuple, so that tasks can take single items.

    Args:
        node: its declared type is a tuple of a fixed length, such as `tuple[int, str]`, or a NamedTuple.

    Raises:
        WiringError: it is not a node, or its type does not say how many items there are.

    Example:
        >>> from syncra import run, task, unpack
        >>> @task
        ... def bounds() -> tuple[int, str]:
        ...     return 3, "three"
        >>> number, word = unpack(bounds)
        >>> run(word)
        'three'
    """
    source = checked_node(node, "unpack()")
    items = tuple_items(source.result_type)
    if items is None:
        raise WiringError(
            f"unpack() needs a tuple of known length, and {source.describe()} gives {type_name(source.result_type)};"
            " annotate it as tuple[X, Y]"
        )
    return tuple(
        View(source, f"{source.name}[{n}]", itemgetter(n), _ItemType(n), ("unpack", n)) for n in range(len(items))
    )


class _ItemType:
    """The type of one item of a tuple type."""

    def __init__(self, place: int) -> None:
        self._place = place

    def __call__(self, hint: object) -> object:
        items = tuple_items(hint)
        return Any if items is None or self._place >= len(items) else items[self._place]
