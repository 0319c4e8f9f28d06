"""What a single type comes down to: its finite values, all values, what a variable is left with."""

from __future__ import annotations

from syncra._relation._classes import is_protocol, literals_of
from syncra._relation._hints import bound_of, constraints_of
from syncra._relation._protocols import protocol_members
from syncra._relation._terms import Gradual, Instance, Parameters, Term, Tuple, TypeOf, Union, Variable

__all__ = ["spread", "stands_for", "takes_all"]


def takes_all(target: Term) -> bool:
    """Whether every value fits, so that nothing need be known of the source."""
    match target:
        case Instance(of):
            return of.cls is object or (is_protocol(of) and not protocol_members(of))
        case Union(members):
            return any(isinstance(member, Gradual) or takes_all(member) for member in members)
        case _:
            return False


def spread(source: Term) -> tuple[Term, ...]:
    """The parts that a type comes down to: values of bool or an enum, limits of a variable, `type[A | B]`."""
    match source:
        case Instance(of):
            return literals_of(of)
        case Variable(key) if not isinstance(key, str):
            return constraints_of(source) or (bound_of(source),)
        case TypeOf(Union(members)):
            return tuple(TypeOf(member) for member in members)
        case _:
            return ()


def stands_for(source: Term, hole: Variable) -> bool:
    """Whether a source is no more than the ParamSpec or TypeVarTuple itself."""
    match source:
        case Parameters((), rest):
            return rest == hole or isinstance(rest, Gradual)
        case Tuple((), middle, ()):
            return middle == hole
        case _:
            return source == hole
