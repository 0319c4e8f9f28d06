"""The type parameters of a class: which variables, in which order, with which declared variance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ParamSpec, TypeVar, TypeVarTuple, cast

from syncra._relation._terms import Class, Variable
from syncra._relation._typeshed import stub_parameters

__all__ = [
    "INFERRED",
    "declared_variance",
    "is_type_variable",
    "parameters_of",
    "pydantic_generic",
    "variable_of",
]

# The variance of a PEP 695 parameter is not declared: it follows from how the class uses it.
INFERRED = "?"


def parameters_of(of: Class) -> tuple[tuple[str, Variable], ...]:
    """The type parameters of a class, each with its variance: `+`, `-`, "" for invariant, or INFERRED."""
    known = of.facts.get(parameters_of)
    if known is None:
        known = of.facts[parameters_of] = _read(of)
    return cast("tuple[tuple[str, Variable], ...]", known)  # put there by the line above only


def _read(of: Class) -> tuple[tuple[str, Variable], ...]:
    if of.path is not None:
        return stub_parameters(of.path)
    return tuple((declared_variance(each), variable_of(each)) for each in _variables(of.cls))


def _variables(cls: type) -> Iterable[object]:
    own = vars(cls)
    generic = pydantic_generic(cls)
    if generic is not None:
        return cast("Iterable[object]", generic["parameters"])  # pydantic's own record: a tuple of TypeVars
    if own.get("__type_params__"):
        return cast("Iterable[object]", own["__type_params__"])  # a tuple of variables, by PEP 695
    if "__parameters__" in own:
        return cast("Iterable[object]", own["__parameters__"])  # a tuple of variables, set by typing.Generic
    # `class D(dict[str, T])` has no __parameters__, yet D[int] is accepted.
    bases: tuple[object, ...] = own.get("__orig_bases__", ())
    return dict.fromkeys(each for base in bases for each in getattr(base, "__parameters__", ()))


def pydantic_generic(
    cls: type,
) -> dict[str, Any] | None:  # Any: a record of a library that is not imported here
    """What pydantic remembers of a generic model: its origin, arguments and parameters."""
    if "BaseModel" not in {base.__name__ for base in cls.__mro__}:
        return None
    record: dict[str, Any] | None = vars(cls).get("__pydantic_generic_metadata__")  # Any: as above
    return record


def is_type_variable(hint: object) -> bool:
    """Whether the hint is a TypeVar, ParamSpec or TypeVarTuple, whichever module made it."""
    return isinstance(hint, TypeVar | ParamSpec | TypeVarTuple)


def variable_of(hint: object) -> Variable:
    """The Variable that stands for a TypeVar, ParamSpec or TypeVarTuple."""
    sort = "**" if isinstance(hint, ParamSpec) else "*" if isinstance(hint, TypeVarTuple) else ""
    return Variable(hint, str(getattr(hint, "__name__", hint)), sort)


def declared_variance(hint: object) -> str:
    """`+`, `-`, "" for invariant, or INFERRED."""
    if getattr(hint, "__infer_variance__", False):
        return INFERRED
    if getattr(hint, "__covariant__", False):
        return "+"
    return "-" if getattr(hint, "__contravariant__", False) else ""
