"""Classes as targets: subclasses, structure, promotion, class objects; and what can be called.

Specification: "Nominal and structural types", "Variance", "Special cases for float and complex", "type[]".
"""

from __future__ import annotations

from typing import Final

from syncra._relation._callables import function_fits, parameters_fit
from syncra._relation._classes import (
    TUPLE,
    ancestors_of,
    as_instance,
    has_unknown_base,
    is_protocol,
    is_typed_dict,
    metaclass_of,
    solution_of,
)
from syncra._relation._findings import Compare, Doubt, Finding, Mismatch, first_fault
from syncra._relation._hints import bound_of, constraints_of, instance
from syncra._relation._members import constructor_of, instance_member
from syncra._relation._protocols import protocol_fits
from syncra._relation._reasons import invariant_cure, invariant_reason
from syncra._relation._records import record_fits
from syncra._relation._replacing import replace_variables
from syncra._relation._terms import (
    Constrained,
    Function,
    Gradual,
    Instance,
    Literal,
    NewName,
    Overloaded,
    Parameters,
    Term,
    Tuple,
    TypeOf,
    Union,
    Variable,
)
from syncra._relation._tuples import tuple_fits
from syncra._relation._typeshed import class_of, stub_alias
from syncra._relation._variance import variances_of

__all__ = ["as_tuple", "called_fits", "fits_tuple", "instance_fits", "type_fits"]

# An int goes for a float, both go for a complex; int's own subclasses follow it.
_FLOAT, _COMPLEX = class_of(float), class_of(complex)
_PROMOTIONS: Final = ((class_of(int), (_FLOAT, _COMPLEX)), (_FLOAT, (_COMPLEX,)))
_TYPE: Final = class_of(type)
_FUNCTION: Final = instance(type(lambda: None))


def instance_fits(compare: Compare, source: Term, target: Instance) -> Finding:
    """Whether a source fits a class with its type arguments."""
    if target.of.cls is object:
        return None
    match source:
        case Instance():
            return _class_fits(compare, source, target)
        case Literal(of):
            return _named(source, of, target, _class_fits(compare, of, target))
        case Tuple():
            return _tuple_fits_class(compare, source, target)
        case TypeOf(made):
            return _class_object_fits(compare, source, made, target)
        case Function() | Overloaded() if is_protocol(target.of):
            return protocol_fits(compare, source, target)
        case Function() | Overloaded() if target == _FUNCTION:
            return Doubt("what can be called need not be a plain function")
        case _:
            return Mismatch(source, target)


def _named(source: Term, view: Instance, target: Instance, found: Finding) -> Finding:
    """A finding about the class that a literal or tuple was taken for, said of itself."""
    if isinstance(found, Mismatch) and found.source == view and found.target == target:
        return Mismatch(source, target, found.why, found.cure)
    return found


def _tuple_fits_class(compare: Compare, source: Tuple, target: Instance) -> Finding:
    view = as_instance(source)
    if is_protocol(target.of) and target.of not in ancestors_of(view.of):
        return protocol_fits(compare, source, target)
    return _named(source, view, target, _class_fits(compare, view, target))


def _class_fits(compare: Compare, source: Instance, target: Instance) -> Finding:
    """By the bases, else by structure, else by promotion."""
    if is_typed_dict(source.of) and is_typed_dict(target.of):
        return compare.once(source, target, lambda: record_fits(compare, source, target))
    base = ancestors_of(source.of).get(target.of)
    if isinstance(base, Tuple):
        base = as_instance(base)
    if isinstance(base, Instance):
        solution = solution_of(source)
        given = tuple(replace_variables(each, solution) for each in base.args)
        places = zip(variances_of(target.of), given, target.args, strict=False)
        return first_fault(_argument_fits(compare, source, target, *place) for place in places)
    if is_protocol(target.of):
        return protocol_fits(compare, source, target)
    if _is_promoted(source, target):
        return None
    doubt = _unknown_base(source) or _aliased(source, target) or _registered(source, target)
    return doubt or Mismatch(source, target)


def _argument_fits(
    compare: Compare, source: Instance, target: Instance, variance: str, given: Term, wanted: Term
) -> Finding:
    """One type argument, by the variance of its parameter."""
    if isinstance(given, Parameters) and isinstance(wanted, Parameters):
        return parameters_fit(compare, given, wanted)
    if variance == "-":
        return compare.against(wanted, given)
    forth = compare.fits(given, wanted)
    if variance == "+" or isinstance(forth, Mismatch):
        return forth
    back = compare.against(wanted, given)
    if isinstance(back, Mismatch):
        return Mismatch(source, target, lambda: invariant_reason(target), lambda: invariant_cure(target))
    return forth or back


def _is_promoted(source: Instance, target: Instance) -> bool:
    ancestors = ancestors_of(source.of)
    return any(base in ancestors and target.of in wider for base, wider in _PROMOTIONS)


def _unknown_base(source: Term) -> Finding:
    if isinstance(source, Instance) and has_unknown_base(source.of):
        return Doubt(f"a base of {source.of.cls.__name__} is not known")
    return None


def _aliased(source: Instance, target: Instance) -> Finding:
    """A stub's alias: `float32` is `floating[_32Bit]`, so `floating[Any]` may be it."""
    named = stub_alias(target.of.path) if target.of.path is not None else None
    if named is None or source.of != named.of or not all(isinstance(each, Gradual) for each in source.args):
        return None
    return Doubt(f"{source.of.cls.__name__}[Any] need not be {target.of.cls.__name__}")


def _registered(source: Instance, target: Instance) -> Finding:
    """A class registered with an ABC: type checkers don't see that, but stubs of its library may say more."""
    if source.of.path is not None or type(target.of.cls).__name__ != "ABCMeta" or is_typed_dict(source.of):
        return None
    if not issubclass(source.of.cls, target.of.cls):
        return None
    return Doubt(f"{source.of.cls.__name__} is registered with {target.of.cls.__name__}, not derived from it")


def _class_object_fits(compare: Compare, source: TypeOf, made: Term, target: Instance) -> Finding:
    """A class object is an instance of its metaclass, with the members of the class itself."""
    match made:
        case Gradual():
            return _class_fits(compare, Instance(_TYPE), target)
        case Union(members):
            return first_fault(compare.fits(TypeOf(member), target) for member in members)
        case Variable():
            limits = constraints_of(made) or (bound_of(made),)
            return first_fault(compare.fits(TypeOf(limit), target) for limit in limits)
        case NewName(base=base) | Constrained(base=base):
            return compare.fits(TypeOf(base), target)
        case Tuple():
            return compare.fits(TypeOf(as_instance(made)), target)
        case Instance(of):
            meta = metaclass_of(of)
            if target.of in ancestors_of(meta.of):
                return _class_fits(compare, meta, target)
            return protocol_fits(compare, source, target) if is_protocol(target.of) else Mismatch(source, target)
        case _:
            return Mismatch(source, target)


def type_fits(compare: Compare, source: Term, target: TypeOf) -> Finding:
    """`type[T]`: class objects, covariant in their instances."""
    if isinstance(source, TypeOf):
        return compare.fits(source.instance, target.instance)
    if isinstance(source, Instance) and _TYPE in ancestors_of(source.of):
        return compare.fits(instance(object), target.instance) and Mismatch(source, target)
    return _unknown_base(source) or Mismatch(source, target)


def fits_tuple(compare: Compare, source: Term, target: Tuple) -> Finding:
    """A tuple, or a class that is one."""
    found = as_tuple(source)
    if found is not None:
        return tuple_fits(compare, found, target)
    return _unknown_base(source) or Mismatch(source, target)


def as_tuple(term: Term) -> Tuple | None:
    """A tuple, or the one that a class is derived from, a NamedTuple from that of its fields."""
    if isinstance(term, Instance):
        base = ancestors_of(term.of).get(TUPLE)
        term = term if base is None else replace_variables(base, solution_of(term))
    return term if isinstance(term, Tuple) else None


def called_fits(compare: Compare, source: Term, target: Function | Overloaded) -> Finding:
    """Section "Callables", "Callback protocols", "Constructors": anything that can be called may fit."""
    match source:
        case Function() | Overloaded():
            return function_fits(compare, source, target)
        case TypeOf(Instance() as made):
            called = constructor_of(made)
        case TypeOf(Gradual(reason)):
            return Doubt(reason)
        case Instance() | Tuple() | Literal():
            member = instance_member(source.of if isinstance(source, Literal) else source, "__call__")
            if member is None:
                return _unknown_base(source) or Mismatch(source, target, "it can't be called")
            called = member.term
        case _:
            return Mismatch(source, target)
    return compare.once(source, target, lambda: compare.fits(called, target))
