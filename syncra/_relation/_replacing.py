"""Terms with parts of them replaced, above all variables by what they stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from syncra._relation._terms import (
    ANY,
    Alias,
    Constrained,
    Function,
    Gradual,
    Instance,
    Overloaded,
    Parameter,
    Parameters,
    Term,
    Tuple,
    TypeOf,
    Union,
    Variable,
    union_of,
)

__all__ = ["rebuild", "replace_variables", "variables_in"]


def rebuild(term: Term, change: Callable[[Term], Term]) -> Term:  # noqa: C901  a case a kind of term
    """The term with each part changed; itself where it has no parts."""
    match term:
        case Instance(of, args) if args:
            return Instance(of, tuple(map(change, args)))
        case Union(members):
            return union_of(map(change, members))
        case Tuple(prefix, middle, suffix):
            return _spliced(prefix, middle, suffix, change)
        case Parameters(items, rest):
            return _rebuilt_parameters(items, rest, change)
        case Function(parameters, returns):
            changed = change(parameters)
            assert isinstance(changed, Parameters)
            return Function(changed, change(returns))
        case Overloaded(items):
            return Overloaded(tuple(item for item in map(change, items) if isinstance(item, Function)))
        case TypeOf(instance):
            return TypeOf(change(instance))
        case Constrained(base):
            return replace(term, base=change(base))
        case Alias(args=args) if args:
            return replace(term, args=tuple(map(change, args)))
        case _:
            return term


def _spliced(
    prefix: tuple[Term, ...], middle: Term | None, suffix: tuple[Term, ...], change: Callable[[Term], Term]
) -> Tuple:
    """`tuple[int, *Ts]` where Ts became a tuple itself."""
    before, after = tuple(map(change, prefix)), tuple(map(change, suffix))
    if middle is None:
        return Tuple(before, None, after)
    changed = change(middle)
    if isinstance(middle, Variable) and middle.sort == "*" and isinstance(changed, Tuple):
        return Tuple(before + changed.prefix, changed.middle, changed.suffix + after)
    return Tuple(before, changed, after)


def _rebuilt_parameters(
    items: tuple[Parameter, ...], rest: Gradual | Variable | None, change: Callable[[Term], Term]
) -> Parameters:
    changed = tuple(replace(item, term=change(item.term)) for item in items)
    if not isinstance(rest, Variable):
        return Parameters(changed, rest)
    match change(rest):
        case Parameters(more, further):
            return Parameters(changed + more, further)
        case Variable() as variable:
            return Parameters(changed, variable)
        case _:
            return Parameters(changed, ANY)


def replace_variables(term: Term, solution: Mapping[Variable, Term]) -> Term:
    """The term with variables replaced, as far as the solution names them."""
    if not solution:
        return term

    def change(part: Term) -> Term:
        if isinstance(part, Variable):
            return solution.get(part, part)
        return rebuild(part, change)

    return change(term)


def variables_in(term: Term) -> frozenset[Variable]:
    """The variables that occur in a term."""
    found: set[Variable] = set()

    def look(part: Term) -> Term:
        if isinstance(part, Variable):
            found.add(part)
            return part
        return rebuild(part, look)

    look(term)
    return frozenset(found)
