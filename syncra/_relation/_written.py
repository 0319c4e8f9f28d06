"""Terms back into type hints, for solutions that are put into other hints."""

from __future__ import annotations

import collections.abc
import types
import typing

from syncra._relation._parameters import parameters_of, variable_of
from syncra._relation._terms import (
    Alias,
    Class,
    Constrained,
    Function,
    Gradual,
    Instance,
    Kind,
    Literal,
    Never,
    NewName,
    Overloaded,
    Parameters,
    Term,
    Tuple,
    TypeOf,
    Union,
    Variable,
)

__all__ = ["write"]

_CALLABLE: typing.Any = collections.abc.Callable  # Any: it is subscripted with what a type checker can't know


def write(term: Term) -> object:  # noqa: C901, PLR0912  a case a kind of term
    """A type hint that means the term; parts that no hint can say become Any."""
    match term:
        case Gradual():
            return typing.Any
        case Never():
            return typing.Never
        case Instance(of, args):
            return _instance(of, args)
        case Literal(value=value):
            return typing.Literal[value]
        case Union(members):
            return typing.Union[tuple(map(write, members))]
        case Tuple():
            return types.GenericAlias(tuple, _items(term))
        case Function(parameters, returns):
            return _CALLABLE[_parameters(parameters), write(returns)]
        case Overloaded():
            return _CALLABLE[..., typing.Any]
        case TypeOf(instance):
            return type[write(instance)]
        case Constrained(base, _, metadata):
            return typing.Annotated[(write(base), *metadata)] if _is_hashable(metadata) else write(base)
        case NewName(hint=hint):
            return hint
        case Variable(key):
            return typing.Any if isinstance(key, str) else key
        case Alias(args=args, hint=hint):
            return _alias(hint, args)
        case Parameters():
            return _parameters(term)


def _instance(of: Class, args: tuple[Term, ...]) -> object:
    cls = of.cls
    if cls is type(None):
        return None
    if not args:
        return cls
    sorts = (variable.sort for _, variable in parameters_of(of))
    written = tuple(each for arg, sort in zip(args, sorts, strict=False) for each in _argument(arg, sort))
    subscript = getattr(cls, "__class_getitem__", None)
    if subscript is None:
        return types.GenericAlias(cls, written)
    made: object = subscript(written)
    return made


def _is_hashable(metadata: tuple[object, ...]) -> bool:
    """Whether a hint with these metadata may stand in a union, which asks its members for their hashes."""
    try:
        hash(metadata)
    except Exception:  # noqa: BLE001 - metadata are anybody's objects
        return False
    return True


def _alias(alias: typing.Any, args: tuple[Term, ...]) -> object:  # Any: a class of Python 3.12, or of two libraries
    """The alias itself and not what it stands for, which may hold the alias again."""
    sorts = [variable_of(each).sort for each in alias.__type_params__]
    written = tuple(each for arg, sort in zip(args, sorts, strict=True) for each in _argument(arg, sort))
    return alias[written] if written else alias


def _argument(term: Term, sort: str) -> tuple[object, ...]:
    """The items of a TypeVarTuple stand among the arguments."""
    return _items(term) if sort == "*" and isinstance(term, Tuple) else (write(term),)


def _items(fixed: Tuple) -> tuple[object, ...]:
    before, after = tuple(map(write, fixed.prefix)), tuple(map(write, fixed.suffix))
    if fixed.middle is None:
        return before + after
    middle = write(fixed.middle)
    if not before and not after:
        return (middle, ...)
    return (*before, typing.Unpack[tuple[middle, ...]], *after)  # type: ignore[valid-type]  # as above


def _parameters(parameters: Parameters) -> object:
    if parameters.rest is not None and not parameters.items:
        return parameters.rest.key if isinstance(parameters.rest, Variable) else ...
    if parameters.rest is not None or any(item.kind not in (Kind.POSITION, Kind.EITHER) for item in parameters.items):
        return ...
    return [write(item.term) for item in parameters.items]
