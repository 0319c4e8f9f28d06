"""The normal form of types: a few frozen terms, equal where the types are written alike.

Every rule of the relation speaks about these and never about the objects of `typing`. Terms don't know how
they were read (`_hints`), nor what a class holds (`_classes`, `_members`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias, TypeVar

__all__ = [
    "ALL_PARAMETERS",
    "ANY",
    "NEVER",
    "SELF",
    "Alias",
    "Atom",
    "Class",
    "Constrained",
    "Function",
    "Gradual",
    "Instance",
    "Kind",
    "Literal",
    "Never",
    "NewName",
    "Overloaded",
    "Parameter",
    "Parameters",
    "Term",
    "Tuple",
    "TypeOf",
    "Union",
    "Variable",
    "union_of",
]

R = TypeVar("R")


class Class:
    """A class, compared by identity whatever its metaclass says; facts about it are remembered on it."""

    __slots__ = ("cls", "facts", "path")

    def __init__(self, cls: type, path: str | None) -> None:
        self.cls = cls
        self.path = path  # under which the tables of stubs know it; None if they don't
        self.facts: dict[object, object] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Class) and self.cls is other.cls

    def __hash__(self) -> int:
        return id(self.cls)

    def __repr__(self) -> str:
        return f"Class({self.cls.__qualname__})"


@dataclass(frozen=True, slots=True)
class Gradual:
    """Any, with the reason why nothing more is known.

    Attributes:
        unknown: there is a type, but it could not be read, so that even a target proves nothing.
    """

    reason: str = field(default="Any", compare=False)
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Never:
    """The type without values."""


@dataclass(frozen=True, slots=True)
class Instance:
    """A class applied to its type arguments, one for each type parameter."""

    of: Class
    args: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Literal:
    """One value of int, str, bytes, bool, or one member of an enum."""

    of: Instance
    value: object

    def __eq__(self, other: object) -> bool:
        # Literal[1] is not Literal[True], so the classes decide first.
        return isinstance(other, Literal) and self.of == other.of and bool(self.value == other.value)

    def __hash__(self) -> int:
        return hash((self.of, self.value))


@dataclass(frozen=True, slots=True)
class Union:
    """One of several types; made by `union_of` only, so at least two and none a union."""

    members: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Tuple:
    """`tuple[*prefix, *tuple[middle, ...], *suffix]`; middle may be a TypeVarTuple, and None is no middle."""

    prefix: tuple[Term, ...]
    middle: Term | None = None
    suffix: tuple[Term, ...] = ()


class Kind(Enum):
    """How an argument can be given for a parameter."""

    POSITION = "position"
    EITHER = "either"
    KEYWORD = "keyword"
    REST = "*"
    OPTIONS = "**"


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    kind: Kind
    term: Term
    required: bool = True


@dataclass(frozen=True, slots=True)
class Parameters:
    """A parameter list; rest is `...` (Gradual) or a ParamSpec that stands for all further parameters."""

    items: tuple[Parameter, ...]
    rest: Gradual | Variable | None = None


@dataclass(frozen=True, slots=True)
class Function:
    parameters: Parameters
    returns: Term


@dataclass(frozen=True, slots=True)
class Overloaded:
    items: tuple[Function, ...]


@dataclass(frozen=True, slots=True)
class TypeOf:
    """`type[instance]`: the class object itself."""

    instance: Term


@dataclass(frozen=True, slots=True)
class NewName:
    """A `NewType`: a subclass of its base that exists for type checkers only."""

    name: str
    key: int
    base: Term
    hint: object = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Atom:
    """One constraint on values: (gt, 0), or an opaque piece of metadata that only equals itself."""

    kind: str
    value: object
    shown: str

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Atom) or self.kind != other.kind:
            return False
        return self.value is other.value or bool(self.value == other.value)

    def __hash__(self) -> int:
        return hash(self.kind)


@dataclass(frozen=True, slots=True)
class Constrained:
    """`Annotated[base, *metadata]`, reduced to what of the metadata constrains values."""

    base: Term
    atoms: tuple[Atom, ...]
    metadata: tuple[object, ...] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Variable:
    """A TypeVar, ParamSpec or TypeVarTuple.

    Attributes:
        key: the variable itself, or a name where it comes from a stub.
        sort: "" for a TypeVar, "*" for a TypeVarTuple, "**" for a ParamSpec.
        rigid: it belongs to the source: one unknown type, not a hole to be filled.
    """

    key: object
    name: str
    sort: str = ""
    rigid: bool = False


@dataclass(frozen=True, slots=True)
class Alias:
    """A named alias applied to arguments, unfolded when it is looked into, so that it may name itself."""

    name: str
    key: int
    args: tuple[Term, ...]
    hint: object = field(compare=False, repr=False)
    value: Callable[[tuple[Term, ...]], Term] = field(compare=False, repr=False)

    def unfold(self) -> Term:
        """What the alias stands for; still an alias where it stands for one, and Any where it stands for itself."""
        value = self.value(self.args)
        return Gradual(f"{self.name} stands for itself", unknown=True) if _leads_to(value, {self.key}) else value


Term: TypeAlias = (
    Gradual
    | Never
    | Instance
    | Literal
    | Union
    | Tuple
    | Parameters
    | Function
    | Overloaded
    | TypeOf
    | NewName
    | Constrained
    | Variable
    | Alias
)

ANY = Gradual()
NEVER = Never()
SELF = Variable("Self", "Self")
ALL_PARAMETERS = Parameters((), ANY)


def _leads_to(term: Term, aliases: set[int]) -> bool:
    """Whether one of the aliases is met before any type that it is a part of: `type A = int | A`."""
    match term:
        case Union(members):
            return any(_leads_to(each, aliases) for each in members)
        case Constrained(base):
            return _leads_to(base, aliases)
        case Alias(_, key, args, _, value):
            return key in aliases or _leads_to(value(args), aliases | {key})
        case _:
            return False


def union_of(members: Iterable[Term]) -> Term:
    """The union, flat and without repetition; Never adds nothing."""
    flat: dict[Term, None] = {}
    for member in members:
        if isinstance(member, Union):
            flat.update(dict.fromkeys(member.members))
        elif not isinstance(member, Never):
            flat[member] = None
    if not flat:
        return NEVER
    return next(iter(flat)) if len(flat) == 1 else Union(tuple(flat))
