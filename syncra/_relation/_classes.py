"""What a class is: its bases as terms, all its ancestors with their type arguments, its kind.

Specification: "Generics" (user-defined generic types), "Named Tuples", "Typed dictionaries", "Protocols".
"""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Callable, Mapping
from enum import Enum
from functools import wraps
from typing import Final, TypeVar, cast

from syncra._annotations import resolve
from syncra._relation._hints import OBJECT, bare, instance, missing, read_hint
from syncra._relation._parameters import parameters_of, pydantic_generic
from syncra._relation._replacing import replace_variables
from syncra._relation._terms import (
    ANY,
    Class,
    Gradual,
    Instance,
    Literal,
    Term,
    Tuple,
    TypeOf,
    Variable,
    union_of,
)
from syncra._relation._typeshed import UNKNOWN, class_of, stub_bases, stub_is_protocol

__all__ = [
    "TUPLE",
    "ancestors_of",
    "as_instance",
    "bases_of",
    "has_unknown_base",
    "is_named_tuple",
    "is_protocol",
    "is_typed_dict",
    "literals_of",
    "names_of",
    "own_annotations",
    "own_hints",
    "remembered",
    "solution_of",
]

R = TypeVar("R")
# What type checkers take for the base of each TypedDict; at run time it is a dict, and that must not show.
_RECORD: Final = instance(getattr(typing, "_TypedDict", dict))
TUPLE: Final = class_of(tuple)


def remembered(read: Callable[[Class], R]) -> Callable[[Class], R]:
    """Read a fact of a class once, unless a name that it needs does not exist yet."""

    @wraps(read)
    def recall(of: Class) -> R:
        known = of.facts.get(read)
        if known is None:
            before = missing.met
            known = read(of)
            if missing.met == before:
                of.facts[read] = known
        return cast("R", known)  # what `read` gave for this class

    return recall


def is_protocol(of: Class) -> bool:
    """Whether the class itself is a protocol; an explicit subclass of one is none."""
    if of.path is not None:
        return stub_is_protocol(of.path)
    return vars(of.cls).get("_is_protocol") is True


def is_typed_dict(of: Class) -> bool:
    """Whether the class was made by TypedDict."""
    return type(of.cls).__name__ == "_TypedDictMeta"


def is_named_tuple(of: Class) -> bool:
    """Whether the class itself was made by NamedTuple or namedtuple."""
    return tuple in of.cls.__bases__ and "_fields" in vars(of.cls)


def names_of(cls: type) -> tuple[Mapping[str, object], Mapping[str, object]]:
    """The module's names and the local names that an annotation in the class body can see."""
    module = sys.modules.get(cls.__module__)
    variables: tuple[object, ...] = getattr(cls, "__type_params__", ())
    local = {cls.__name__: cls} | {str(getattr(each, "__name__", "")): each for each in variables}
    return (vars(module) if module is not None else {}), local


def own_hints(cls: type) -> Mapping[str, object]:
    """The annotations of the class body itself, resolved as far as their names exist."""
    return {name: resolve(hint, *names_of(cls)) for name, hint in own_annotations(cls).items()}


def own_annotations(cls: type) -> Mapping[str, object]:
    """The annotations of the class body itself, as they were written."""
    own = vars(cls)
    if "__annotations__" in own or "__annotate_func__" in own:  # the latter from 3.14 on
        annotations: Mapping[str, object] = cls.__annotations__
        return annotations
    return {}


@remembered
def bases_of(of: Class) -> tuple[Term, ...]:
    """The bases of a class in terms of its type parameters; a Gradual is a base that nothing is known of."""
    if of.cls is object:
        return ()
    if of.path is not None:
        stubbed = stub_bases(of.path)
        known = tuple(base for base in stubbed if base is not UNKNOWN)
        return known if len(known) == len(stubbed) else known + _running_bases(of.cls)
    if is_named_tuple(of):
        return (_fields_tuple(of.cls),)
    if is_typed_dict(of):
        return (_RECORD,)
    return _running_bases(of.cls)


def _running_bases(cls: type) -> tuple[Term, ...]:
    hints: tuple[object, ...] = vars(cls).get("__orig_bases__", cls.__bases__)
    read = (_base(cls, resolve(hint, *names_of(cls))) for hint in hints)
    return tuple(base for base in read if base is not None) or (OBJECT,)


def _base(cls: type, hint: object) -> Term | None:
    origin = typing.get_origin(hint) or hint
    if origin is typing.Generic or getattr(origin, "__name__", "") == "Protocol":
        return None
    if isinstance(hint, type) and pydantic_generic(hint) is not None:
        return _model_base(cls, hint)
    term = read_hint(hint)
    if isinstance(term, TypeOf):
        return instance(type)
    return term if isinstance(term, Instance | Tuple) else ANY


def _model_base(cls: type, hint: type) -> Term:
    """`class Sub(Model[T], Generic[T])`: pydantic gives Model itself for `Model[T]` with its own T."""
    term = read_hint(hint)
    assert isinstance(term, Instance)
    base = parameters_of(term.of)
    own = {variable for _, variable in parameters_of(class_of(cls))}
    if hint is term.of.cls and all(variable in own for _, variable in base):
        return Instance(term.of, tuple(variable for _, variable in base))
    return term


def _fields_tuple(cls: type) -> Tuple:
    hints = own_hints(cls)
    fields: tuple[str, ...] = vars(cls)["_fields"]
    return Tuple(tuple(read_hint(hints[name]) if name in hints else Gradual("no annotation") for name in fields))


def solution_of(applied: Instance) -> dict[Variable, Term]:
    """The arguments of an instance by the parameters of its class."""
    return dict(zip((variable for _, variable in parameters_of(applied.of)), applied.args, strict=False))


@remembered
def ancestors_of(of: Class) -> Mapping[Class, Term]:
    """The class and all its bases: class -> Instance (for tuple: Tuple), in its own type parameters."""
    found: dict[Class, Term] = {of: Instance(of, tuple(variable for _, variable in parameters_of(of)))}
    for declared in bases_of(of):
        if isinstance(declared, Tuple):
            found.setdefault(TUPLE, declared)
        base = as_instance(declared) if isinstance(declared, Tuple) else declared
        if isinstance(base, Instance):
            solution = solution_of(base)
            for ancestor, term in ancestors_of(base.of).items():
                found.setdefault(ancestor, replace_variables(term, solution))
    return found


@remembered
def has_unknown_base(of: Class) -> bool:
    """Whether some base can't be known, so that the class may be anything besides."""
    bases = bases_of(of)
    return any(
        isinstance(base, Gradual) or (isinstance(base, Instance) and has_unknown_base(base.of)) for base in bases
    )


def as_instance(fixed: Tuple) -> Instance:
    """A tuple as a sequence of the union of its items (specification: "Tuples")."""
    middle = () if fixed.middle is None else (fixed.middle,)
    return Instance(TUPLE, (union_of((*fixed.prefix, *middle, *fixed.suffix)),))


@remembered
def literals_of(of: Class) -> tuple[Literal, ...]:
    """The values of a class that has finitely many: bool, and enums that are no flags ("Enumerations")."""
    if of.cls is bool:
        return tuple(Literal(Instance(of), value) for value in (True, False))
    if not isinstance(of.cls, type(Enum)) or _is_flag(of.cls):
        return ()
    members: Mapping[str, object] = getattr(of.cls, "__members__", {})
    return tuple(dict.fromkeys(Literal(Instance(of), member) for member in members.values()))


def _is_flag(cls: type) -> bool:
    return any(base.__module__ == "enum" and base.__name__ == "Flag" for base in cls.__mro__)


def metaclass_of(of: Class) -> Instance:
    """The class of a class object."""
    return bare(class_of(type(of.cls)))


def is_function(value: object) -> bool:
    """Whether a class attribute is a function that becomes a method."""
    return isinstance(value, types.FunctionType)
