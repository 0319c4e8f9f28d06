"""What a comparison learns about the type variables of its target."""

from __future__ import annotations

from collections.abc import Iterable

from syncra._relation._terms import Term, Variable

__all__ = ["Holes"]


class Holes:
    """Type variables to be solved, with the types that were met in their places.

    Attributes:
        lowers: types that the variable must take.
        uppers: types that must take the variable.
        fills: parameter lists and item lists, for a ParamSpec or TypeVarTuple.
    """

    def __init__(self, variables: Iterable[Variable]) -> None:
        self.variables = tuple(variables)
        self.lowers: dict[Variable, list[Term]] = {}
        self.uppers: dict[Variable, list[Term]] = {}
        self.fills: dict[Variable, Term] = {}

    def __contains__(self, variable: Variable) -> bool:
        return variable in self.variables

    def mark(self) -> tuple[dict[Variable, list[Term]], dict[Variable, list[Term]], dict[Variable, Term]]:
        """What is known now, to come back to where an alternative of a union fails."""
        lowers = {variable: list(terms) for variable, terms in self.lowers.items()}
        uppers = {variable: list(terms) for variable, terms in self.uppers.items()}
        return lowers, uppers, dict(self.fills)

    def restore(
        self, mark: tuple[dict[Variable, list[Term]], dict[Variable, list[Term]], dict[Variable, Term]]
    ) -> None:
        """Forget what was noted since the mark."""
        self.lowers, self.uppers, self.fills = mark

    def lower(self, variable: Variable, term: Term) -> None:
        """Note a type that the variable must take."""
        self.lowers.setdefault(variable, []).append(term)

    def upper(self, variable: Variable, term: Term) -> None:
        """Note a type that must take the variable."""
        self.uppers.setdefault(variable, []).append(term)

    def fill(self, variable: Variable, term: Term) -> None:
        """Note what a ParamSpec or TypeVarTuple stands for; the first wins."""
        self.fills.setdefault(variable, term)
