"""Variance of type parameters: as declared, or inferred from use (specification: "Variance Inference")."""

from __future__ import annotations

from threading import get_ident
from typing import Final

from syncra._relation._assigned import assigned_attributes
from syncra._relation._classes import bases_of, own_annotations, remembered
from syncra._relation._hints import missing
from syncra._relation._members import instance_member
from syncra._relation._parameters import INFERRED, parameters_of
from syncra._relation._replacing import rebuild
from syncra._relation._terms import Class, Function, Instance, Overloaded, Parameters, Term, Variable

__all__ = ["variances_of"]

_OPPOSITE: Final = {"+": "-", "-": "+", "": ""}
# Constructors say nothing about the instances that they make.
_IGNORED: Final = frozenset({"__init__", "__new__"})


@remembered
def variances_of(of: Class) -> tuple[str, ...]:
    """The variance of each type parameter: `+`, `-`, or "" for invariant."""
    declared = parameters_of(of)
    if all(sign != INFERRED for sign, _ in declared):
        return tuple(sign for sign, _ in declared)
    # Classes that use each other: while one is being read it is taken as covariant, the greatest fixed point,
    # and what is found on that ground is found again and not remembered.
    under_way = ("variances", get_ident())
    if under_way in of.facts:
        missing.met += 1
        return ("+",) * len(declared)
    of.facts[under_way] = True
    try:
        return tuple(_inferred(of, variable) if sign == INFERRED else sign for sign, variable in declared)
    finally:
        del of.facts[under_way]


def _inferred(of: Class, variable: Variable) -> str:
    uses = _Uses(variable, of)
    for base in bases_of(of):
        uses.look(base, "+")
    receiver = Instance(of, tuple(each for _, each in parameters_of(of)))
    own = (*vars(of.cls), *own_annotations(of.cls), *assigned_attributes(of))
    for name in dict.fromkeys(own):
        if name in _IGNORED or (name.startswith("__") and not name.endswith("__")):
            continue
        member = instance_member(receiver, name)
        if member is not None:
            private = name.startswith("_") and not name.endswith("__")
            uses.look(member.term, "" if member.settable and not private else "+")
    return uses.verdict()


class _Uses:
    """The polarities in which a variable occurs."""

    def __init__(self, variable: Variable, of: Class) -> None:
        self.variable, self.of = variable, of
        self.found: set[str] = set()

    def verdict(self) -> str:
        if self.found <= {"+"}:
            return "+"
        return "-" if self.found == {"-"} else ""

    def look(self, term: Term, sign: str) -> None:  # noqa: C901  a case a kind of term
        match term:
            case Variable():
                if term == self.variable:
                    self.found.add(sign)
            case Instance(of, args):
                for variance, argument in zip(self.variances(of), args, strict=False):
                    self.look(argument, _times(sign, variance))
            case Parameters(items):
                for item in items:
                    self.look(item.term, _OPPOSITE[sign])
            case Function(parameters, returns):
                self.look(parameters, sign)
                self.look(returns, sign)
            case Overloaded(functions):
                for function in functions:
                    self.look(function, sign)
            case _:
                self.parts(term, sign)

    def parts(self, term: Term, sign: str) -> None:
        def look(part: Term) -> Term:
            self.look(part, sign)
            return part

        rebuild(term, look)

    def variances(self, of: Class) -> tuple[str, ...]:
        # Its own use of itself decides nothing.
        return ("+",) * len(parameters_of(of)) if of == self.of else variances_of(of)


def _times(sign: str, variance: str) -> str:
    if not sign or not variance:
        return ""
    return "+" if sign == variance else "-"
