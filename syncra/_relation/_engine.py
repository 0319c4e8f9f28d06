"""From hints to answers: hints are read into terms, terms are compared, findings become answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, TypeVarTuple, get_args

from syncra._relation._answer import Answer
from syncra._relation._hints import missing, read_argument, read_hint
from syncra._relation._instances import as_tuple
from syncra._relation._names import show
from syncra._relation._parameters import is_type_variable, variable_of
from syncra._relation._reasons import answer
from syncra._relation._replacing import replace_variables, variables_in
from syncra._relation._solve import compare, freeze, solve_terms, unsolved
from syncra._relation._terms import Alias, Constrained, NewName, Term
from syncra._relation._written import write

__all__ = ["decide", "items", "name", "replaced", "solution"]

# By the ids of hints, which the entry keeps alive; bounded, because it keeps local classes alive too.
_MOST_TERMS: Final = 8192
_terms: dict[int, tuple[object, Term]] = {}


def decide(source: object, target: object) -> tuple[Answer, bool]:
    """The answer, and whether it lasts: not while names that it depends on don't exist."""
    before = missing.met
    given, wanted = _read(source), _read(target)
    found = answer(compare(given, wanted, resolved=missing.met == before))
    return found, missing.met == before


def name(hint: object) -> str:
    """The hint as one would write it in an annotation, of bounded length."""
    return show(_read(hint))


def _read(hint: object) -> Term:
    known = _terms.get(id(hint))
    if known is not None:
        return known[1]
    before = missing.met
    term = read_hint(hint)
    if missing.met == before:
        if len(_terms) >= _MOST_TERMS:
            _terms.clear()
        _terms[id(hint)] = (hint, term)
    return term


def items(hint: object) -> tuple[object, ...] | None:
    """The items of a tuple of known length, by whatever name; None for any other type."""
    term = _read(hint)
    while isinstance(term, Alias | Constrained | NewName):
        term = term.unfold() if isinstance(term, Alias) else term.base
    found = as_tuple(term)
    if found is None or found.middle is not None:
        return None
    # As they were written, where they were: of the same object the answers are known.
    written: tuple[object, ...] = get_args(hint)
    return written if tuple(map(_read, written)) == found.prefix else tuple(map(write, found.prefix))


def solution(pairs: Iterable[tuple[object, object]]) -> tuple[Mapping[object, object], bool]:
    """What the type variables of one generic call stand for (variable -> hint), and whether it lasts."""
    before = missing.met
    terms = [(freeze(_read(given)), _read(wanted)) for given, wanted in pairs]
    solved = {variable.key: write(term) for variable, term in solve_terms(terms).items()}
    return MappingProxyType(solved), missing.met == before


def replaced(hint: object, solved: Mapping[object, object]) -> object:
    """The hint with its type variables replaced; the unsolved by their default, bound, or Any."""
    if is_type_variable(hint):
        return _value(hint, solved)
    variables: tuple[object, ...] = getattr(hint, "__parameters__", ())
    if not any(isinstance(each, TypeVarTuple) for each in variables):
        values = tuple(_value(each, solved) for each in variables)
        try:
            return hint[values]  # type: ignore[index]  # it has parameters
        except TypeError:
            pass  # an alias that can't be subscripted is written anew
    term = read_hint(hint)
    terms = {each: read_argument(each, _value(each.key, solved)) for each in variables_in(term)}
    return write(replace_variables(term, terms))


def _value(variable: object, solved: Mapping[object, object]) -> object:
    return solved[variable] if variable in solved else write(unsolved(variable_of(variable)))
