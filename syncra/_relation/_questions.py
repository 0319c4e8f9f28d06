"""The questions that Syncra asks about type hints, answered once for each pair and never with an exception."""

from __future__ import annotations

import collections.abc
from collections.abc import Iterable, Mapping
from typing import Final, get_args, get_origin

from syncra._annotations import Unresolved
from syncra._relation._answer import Answer, Fit
from syncra._relation._hints import missing, read_hint
from syncra._relation._names import show
from syncra._relation._parameters import is_type_variable, variable_of
from syncra._relation._reasons import answer
from syncra._relation._solve import compare, freeze, solve_terms, unsolved
from syncra._relation._terms import Term, replace_variables, variables_in
from syncra._relation._written import write

__all__ = ["assignable", "has_variables", "solve", "substitute", "type_name", "unwrap_awaitable"]

# Keyed by the ids of hints, which the entry keeps alive: hints may be unhashable, or hash and compare as they like.
# Bounded, because entries keep local classes alive.
_MOST_ANSWERS: Final = 8192
_answers: dict[tuple[int, int], tuple[object, object, Answer]] = {}
_terms: dict[int, tuple[object, Term]] = {}


def assignable(source: object, target: object) -> Answer:
    """Whether a value of one type may be given where another is wanted, as the typing specification defines it.

    Type variables of the target are solved; those of the source stand for types that are not known. Never raises.
    """
    key = (id(source), id(target))
    known = _answers.get(key)
    if known is not None:
        return known[2]
    try:
        before = missing.met
        found = answer(compare(_read(source), _read(target)))
    except (Exception, RecursionError) as error:  # noqa: BLE001 - hints hold other people's code
        return Answer(Fit.CHECKED, f"the types can't be compared: {_described(error)}")
    if missing.met == before:
        if len(_answers) >= _MOST_ANSWERS:
            _answers.clear()
        _answers[key] = (source, target, found)
    return found


def _described(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"[:200]
    except Exception:  # noqa: BLE001 - so do exceptions
        return type(error).__name__


def _read(hint: object) -> Term:
    known = _terms.get(id(hint))
    if known is not None:
        return known[1]
    term = read_hint(hint)
    if len(_terms) >= _MOST_ANSWERS:
        _terms.clear()
    _terms[id(hint)] = (hint, term)
    return term


def type_name(hint: object) -> str:
    """The hint as one would write it in an annotation, of bounded length; never raises."""
    try:
        if isinstance(hint, Unresolved):
            return hint.text
        return show(_read(hint))
    except Exception:  # noqa: BLE001 - hints hold other people's code
        return object.__repr__(hint)[:200]


def solve(pairs: Iterable[tuple[object, object]]) -> Mapping[object, object]:
    """The solution of the type variables in the parameters of one generic call: variable -> hint.

    Args:
        pairs: what is given and what the parameter's hint is, for each argument of the call.
    """
    try:
        terms = [(freeze(_read(given)), _read(wanted)) for given, wanted in pairs]
        return {variable.key: write(term) for variable, term in solve_terms(terms).items()}
    except Exception:  # noqa: BLE001 - hints hold other people's code
        return {}


def substitute(hint: object, solution: Mapping[object, object]) -> object:
    """The hint with its type variables replaced; the unsolved by their default, bound, or Any."""
    if not has_variables(hint):
        return hint
    try:
        if is_type_variable(hint):
            return _value(hint, solution)
        variables: tuple[object, ...] = getattr(hint, "__parameters__", ())
        return hint[tuple(_value(each, solution) for each in variables)]  # type: ignore[index]  # it has parameters
    except Exception:  # noqa: BLE001 - aliases that can't be subscripted are rebuilt
        return _substitute_term(hint, solution)


def _value(variable: object, solution: Mapping[object, object]) -> object:
    return solution[variable] if variable in solution else write(unsolved(variable_of(variable)))


def _substitute_term(hint: object, solution: Mapping[object, object]) -> object:
    try:
        term = read_hint(hint)
        replaced = {each: read_hint(_value(each.key, solution)) for each in variables_in(term)}
        return write(replace_variables(term, replaced))
    except Exception:  # noqa: BLE001 - hints hold other people's code
        return hint


def has_variables(hint: object) -> bool:
    """Whether type variables occur in the hint; typing itself has noted it on every alias."""
    try:
        if isinstance(hint, type):
            return False
        return is_type_variable(hint) or bool(getattr(hint, "__parameters__", ()))
    except Exception:  # noqa: BLE001 - hints hold other people's code
        return False


def unwrap_awaitable(hint: object) -> object | None:
    """What awaiting gives, for `Coroutine[Any, Any, T]`: T. None for anything else."""
    try:
        if get_origin(hint) is not collections.abc.Coroutine:
            return None
        args = get_args(hint)
        return args[2] if len(args) == 3 else None
    except Exception:  # noqa: BLE001 - hints hold other people's code
        return None
