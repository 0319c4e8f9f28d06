"""The questions that Syncra asks about type hints, answered once for each pair and never with an exception.

The rules are imported with the first question that needs them: to import a package costs nothing of them.
"""

from __future__ import annotations

import collections.abc
import types
from collections.abc import Iterable, Mapping
from typing import Any, Final, ParamSpec, TypeVar, TypeVarTuple, get_args, get_origin

from syncra._annotations import Unresolved
from syncra._relation._answer import Answer, Fit

__all__ = ["assignable", "has_variables", "solve", "substitute", "tuple_items", "type_name", "unwrap_awaitable"]

# Keyed by the ids of hints, which the entry keeps alive: hints may be unhashable, or hash and compare as they
# like. Bounded, because entries keep local classes alive.
_MOST_ANSWERS: Final = 8192
_answers: dict[tuple[int, int], tuple[object, object, Answer]] = {}
# Tasks of one generic function ask the same again and again: the same pairs have one solution object, and one
# solution object gives the same hint, whose answers are then known too.
_solutions: dict[tuple[int, ...], tuple[object, Mapping[object, object]]] = {}
_substituted: dict[tuple[int, int], tuple[object, object, object]] = {}

K = TypeVar("K")
V = TypeVar("V")
_NOTHING: Final[Mapping[object, object]] = types.MappingProxyType({})
_VARIABLES: Final = (TypeVar, ParamSpec, TypeVarTuple)
_COROUTINES: Final = (collections.abc.Coroutine, types.CoroutineType)


def assignable(source: object, target: object) -> Answer:
    """Whether a value of one type may be given where another is wanted, by the typing specification.

    Type variables of the target are solved; those of the source stand for types that are not known.
    Never raises.
    """
    known = _answers.get((id(source), id(target)))
    if known is not None:
        return known[2]
    from syncra._relation import _engine  # see the module's docstring

    try:
        found, lasting = _engine.decide(source, target)
    except Exception as error:  # noqa: BLE001 - hints hold other people's code
        return Answer(Fit.CHECKED, f"the types can't be compared: {_described(error)}")
    if lasting:
        _keep(_answers, (id(source), id(target)), (source, target, found))
    return found


def _keep(known: dict[K, V], key: K, entry: V) -> None:
    if len(known) >= _MOST_ANSWERS:
        known.clear()
    known[key] = entry


def _described(error: Exception) -> str:
    try:
        return f"{type(error).__name__}: {error}"[:200]
    except Exception:  # noqa: BLE001 - so do exceptions
        return type(error).__name__


def type_name(hint: object) -> str:
    """The hint as one would write it in an annotation, of bounded length; never raises."""
    if type(hint) is type:
        if hint.__module__ == "inspect" and hint.__name__ == "_empty":  # no annotation
            return "Any"
        return "None" if hint is type(None) else hint.__qualname__.rpartition("<locals>.")[2]
    from syncra._relation import _engine  # see the module's docstring

    try:
        return hint.text if isinstance(hint, Unresolved) else _engine.name(hint)
    except Exception:  # noqa: BLE001 - hints hold other people's code
        return object.__repr__(hint)[:200]


def tuple_items(hint: object) -> tuple[object, ...] | None:
    """The types of the items of a tuple of known length, or of a class or alias for one; None for any other type."""
    from syncra._relation import _engine  # see the module's docstring

    try:
        return _engine.items(hint)
    except Exception:  # noqa: BLE001 - hints hold other people's code
        return None


def solve(pairs: Iterable[tuple[object, object]]) -> Mapping[object, object]:
    """The solution of the type variables in the parameters of one generic call: variable -> hint.

    Args:
        pairs: what is given and what the parameter's hint is, for each argument of the call.
    """
    asked = tuple(pairs)
    key = tuple(id(each) for pair in asked for each in pair)
    if key in _solutions:
        return _solutions[key][1]
    from syncra._relation import _engine  # see the module's docstring

    try:
        found, lasting = _engine.solution(asked)
    except Exception:  # noqa: BLE001 - hints hold other people's code
        return _NOTHING
    if lasting:
        _keep(_solutions, key, (asked, found))
    return found


def substitute(hint: object, solution: Mapping[object, object]) -> object:
    """The hint with its type variables replaced; the unsolved by their default, bound, or Any."""
    if not has_variables(hint):
        return hint
    known = _substituted.get((id(hint), id(solution)))
    if known is not None:
        return known[2]
    from syncra._relation import _engine  # see the module's docstring

    try:
        found = _engine.replaced(hint, solution)
    except Exception:  # noqa: BLE001 - hints hold other people's code
        return hint
    if isinstance(solution, types.MappingProxyType):  # as `solve` gives it: it does not change
        _keep(_substituted, (id(hint), id(solution)), (hint, solution, found))
    return found


def has_variables(hint: object) -> bool:
    """Whether type variables occur in the hint; typing itself has noted it on every alias."""
    try:
        if isinstance(hint, type):
            return False
        return isinstance(hint, _VARIABLES) or bool(getattr(hint, "__parameters__", ()))
    except Exception:  # noqa: BLE001 - hints hold other people's code
        return False


def unwrap_awaitable(hint: object) -> object | None:
    """What awaiting gives, for `Coroutine[Any, Any, T]`: T. None for anything but a coroutine."""
    try:
        if any(hint is each for each in _COROUTINES):
            return Any
        if not any(get_origin(hint) is each for each in _COROUTINES):
            return None
        args = get_args(hint)
        return args[2] if len(args) == 3 else Any
    except Exception:  # noqa: BLE001 - hints hold other people's code
        return None
