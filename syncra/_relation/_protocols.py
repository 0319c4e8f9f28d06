"""Protocols: whether a type has the members that a protocol asks for (specification: "Protocols")."""

from __future__ import annotations

from syncra._relation._body import member_names
from syncra._relation._classes import ancestors_of, has_unknown_base, is_protocol, remembered
from syncra._relation._findings import Compare, Doubt, Finding, Mismatch, first_fault
from syncra._relation._hints import instance
from syncra._relation._members import (
    Member,
    class_member,
    constructor_of,
    instance_member,
    metaclass_member,
)
from syncra._relation._terms import Class, Function, Instance, Overloaded, Term, Tuple, TypeOf

__all__ = ["protocol_fits", "protocol_members"]


@remembered
def protocol_members(of: Class) -> tuple[str, ...]:
    """The names of the members of a protocol, those of the protocols that it extends included."""
    bases = (ancestor for ancestor in ancestors_of(of) if is_protocol(ancestor))
    return tuple(dict.fromkeys(name for base in bases for name in member_names(base)))


def protocol_fits(compare: Compare, source: Term, target: Instance) -> Finding:
    """Whether each member of the protocol is a member of the source and of a fitting type."""
    names = protocol_members(target.of)
    return compare.once(
        source, target, lambda: first_fault(_member_fits(compare, source, target, each) for each in names)
    )


def _member_fits(compare: Compare, source: Term, target: Instance, name: str) -> Finding:
    given = _given_member(source, name)
    if given is None:
        if isinstance(source, Instance) and has_unknown_base(source.of):
            return Doubt(f"a base of {source.of.cls.__name__} is not known")
        return Mismatch(source, target, f"it has no member {name!r}")
    if name == "__hash__" and isinstance(source, Instance) and is_protocol(source.of):
        return Doubt(f"what is {source.of.cls.__name__} need not be hashable")
    wanted = instance_member(target, name, bound_to=source)
    if wanted is None:  # the protocol forbids it: `__hash__ = None`
        return None
    return _typed_member_fits(compare, source, target, name, given, wanted)


def _typed_member_fits(
    compare: Compare, source: Term, target: Instance, name: str, given: Member, wanted: Member
) -> Finding:
    if wanted.in_class and not wanted.method and not given.in_class:
        return Mismatch(source, target, f"{name!r} is not a class variable")
    if wanted.in_class and not wanted.method and isinstance(source, TypeOf):
        return Mismatch(source, target, f"{name!r} is a class variable")
    if not wanted.in_class and given.in_class and not given.method and wanted.settable:
        return Mismatch(source, target, f"{name!r} is a class variable")
    if wanted.settable and not given.settable:
        return Mismatch(source, target, f"its member {name!r} can't be set")
    found = compare.same(given.term, wanted.term) if wanted.settable else compare.fits(given.term, wanted.term)
    if isinstance(found, Mismatch) and not found.why:
        return Mismatch(found.source, found.target, found.why or _member_reason(name, found), found.cure)
    return found


def _member_reason(name: str, found: Mismatch) -> str:
    return f"member {name!r}"


def _given_member(source: Term, name: str) -> Member | None:
    match source:
        case Instance() | Tuple():
            return instance_member(source, name)
        case TypeOf(Instance() as made) if name == "__call__":
            return Member(constructor_of(made), in_class=True, method=True)
        case TypeOf(Instance() as made):
            special = name.startswith("__") and name.endswith("__")
            own = metaclass_member(made, name) if special else class_member(made, name)
            return own or metaclass_member(made, name)
        case Function() | Overloaded() if name == "__call__":
            return Member(source, in_class=True, method=True)
        case Function() | Overloaded():
            return instance_member(instance(type(_given_member)), name)
        case _:
            return None
