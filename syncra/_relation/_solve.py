"""Type variables of a generic call, solved from what is given (specification: "Generics")."""

from __future__ import annotations

from collections.abc import Iterable

from syncra._relation._findings import Finding, Mismatch, first_fault
from syncra._relation._fits import Comparison, limit_fits
from syncra._relation._hints import bound_of, constraints_of, default_of
from syncra._relation._holes import Holes
from syncra._relation._replacing import replace_variables, variables_in
from syncra._relation._terms import ALL_PARAMETERS, ANY, Gradual, Term, Tuple, Union, Variable, union_of

__all__ = ["compare", "freeze", "solve_terms", "unsolved"]


def freeze(term: Term) -> Term:
    """The term with its variables made rigid: a source's variable is one type that nobody may choose."""
    variables = variables_in(term)
    return replace_variables(term, {each: Variable(each.key, each.name, each.sort, rigid=True) for each in variables})


def compare(source: Term, target: Term, *, resolved: bool = True) -> Finding:
    """Whether a source fits a target, whose variables are solved first; `resolved` as for Comparison."""
    source, holes = freeze(source), variables_in(target)
    if not holes:
        return Comparison(resolved=resolved).fits(source, target)
    solution = solve_terms([(source, target)])
    open_ones = {each: unsolved(each) for each in holes if each not in solution}
    found = Comparison(resolved=resolved).fits(source, replace_variables(target, solution | open_ones))
    return first_fault((_bound_fault(solution), found))


def _bound_fault(solution: dict[Variable, Term]) -> Finding:
    """The first solution that leaves the bounds or constraints of its variable."""
    return first_fault(limit_fits(solved, variable) for variable, solved in solution.items())


def solve_terms(pairs: Iterable[tuple[Term, Term]]) -> dict[Variable, Term]:
    """What the variables of the targets stand for; those that nothing was learnt of are left out."""
    pairs = list(pairs)
    holes = Holes({variable for _, target in pairs for variable in variables_in(target)})
    for source, target in pairs:
        Comparison(holes).fits(source, target)
    solved = ((each, _solved(holes, each)) for each in holes.variables)
    return {variable: term for variable, term in solved if term is not None}


def _solved(holes: Holes, variable: Variable) -> Term | None:
    if variable.sort:
        return holes.fills.get(variable)
    lowers, uppers = holes.lowers.get(variable, []), holes.uppers.get(variable, [])
    if not lowers and not uppers:
        return None
    given = lowers or uppers
    unknown = next((each for each in given if isinstance(each, Gradual)), None)
    if unknown is not None:
        return unknown
    constraints = constraints_of(variable)
    if constraints:
        rigid = [each for each in (*lowers, *uppers) if isinstance(each, Variable)]
        return _constraint((*constraints, *rigid), lowers, uppers) or _join(given)
    if lowers:
        return _join(lowers)
    return uppers[0] if _fits(uppers[0], bound_of(variable)) else bound_of(variable)


def _constraint(constraints: tuple[Term, ...], lowers: list[Term], uppers: list[Term]) -> Term | None:
    """The first that takes what is given, or what the places take if nothing is; one that fits these if there is."""
    near = [each for each in constraints if (_between(lowers, each, []) if lowers else _meets(uppers, each))]
    return next((each for each in near if _between([], each, uppers)), next(iter(near), None))


def _meets(uppers: list[Term], constraint: Term) -> bool:
    """Whether the constraint takes each, or one of its alternatives."""
    return all(
        any(_fits(each, constraint) for each in (upper.members if isinstance(upper, Union) else (upper,)))
        for upper in uppers
    )


def _between(lowers: list[Term], term: Term, uppers: list[Term]) -> bool:
    return all(_fits(lower, term) for lower in lowers) and all(_fits(term, upper) for upper in uppers)


def _join(terms: list[Term]) -> Term:
    """The widest of the terms, or their union where none takes all."""
    distinct = list(dict.fromkeys(terms))
    widest = (each for each in distinct if all(_fits(other, each) for other in distinct))
    return next(widest, union_of(distinct))


def _fits(source: Term, target: Term) -> bool:
    return not isinstance(Comparison().fits(source, target), Mismatch)


def unsolved(variable: Variable) -> Term:
    """What stands for a variable that nothing is known of: its default, its bound, or Any."""
    default = default_of(variable)
    if default is not None:
        return default
    if variable.sort == "**":
        return ALL_PARAMETERS
    if variable.sort == "*":
        return Tuple((), ANY)
    constraints = constraints_of(variable)
    if constraints:
        return union_of(constraints)
    bound = getattr(variable.key, "__bound__", None)
    return ANY if bound is None else bound_of(variable)
