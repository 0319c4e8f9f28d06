"""Functions as terms: parameters and result of a plain Python function, from its code object and annotations.

Specification: "Callables" (parameter kinds), "Unpack for keyword arguments".
"""

from __future__ import annotations

import types
from collections.abc import Coroutine, Iterator, Mapping

from syncra._annotations import resolve
from syncra._relation._hints import instance, read_hint
from syncra._relation._parameters import is_type_variable
from syncra._relation._terms import (
    ANY,
    Function,
    Gradual,
    Kind,
    Parameter,
    Parameters,
    Variable,
)

__all__ = ["open_parameters", "read_function"]

# Flags of a code object: it has *args, it has **kwargs, calling it gives a coroutine.
_REST, _OPTIONS, _COROUTINE = 0x04, 0x08, 0x80


def read_function(function: types.FunctionType, local_names: Mapping[str, object]) -> Function:
    """The signature of a function as it is called; unannotated parts are Any."""
    names = dict(local_names)
    names.update((str(getattr(each, "__name__", "")), each) for each in getattr(function, "__type_params__", ()))
    hints = {name: resolve(hint, function.__globals__, names) for name, hint in function.__annotations__.items()}
    returns = read_hint(hints["return"]) if "return" in hints else Gradual("no annotation")
    if function.__code__.co_flags & _COROUTINE:
        returns = instance(Coroutine, ANY, ANY, returns)
    return Function(open_parameters(tuple(_parameters(function, hints))), returns)


def _parameters(function: types.FunctionType, hints: Mapping[str, object]) -> Iterator[Parameter]:
    code = function.__code__
    positional, keyword = code.co_argcount, code.co_kwonlyargcount
    defaults = len(function.__defaults__ or ())
    named = function.__kwdefaults__ or {}
    names = code.co_varnames
    for index, name in enumerate(names[:positional]):
        hidden = index < code.co_posonlyargcount or _is_private(name)
        yield _parameter(name, Kind.POSITION if hidden else Kind.EITHER, hints, index < positional - defaults)
    after = positional + keyword
    if code.co_flags & _REST:
        yield _parameter(names[after], Kind.REST, hints, False)
        after += 1
    for name in names[positional : positional + keyword]:
        yield _parameter(name, Kind.KEYWORD, hints, name not in named)
    if code.co_flags & _OPTIONS:
        yield _parameter(names[after], Kind.OPTIONS, hints, False)


def _is_private(name: str) -> bool:
    """Names with two leading underscores were the positional-only parameters before `/`."""
    return name.startswith("__") and not name.endswith("__")


def _parameter(name: str, kind: Kind, hints: Mapping[str, object], required: bool) -> Parameter:
    term = read_hint(_parameter_hint(hints[name])) if name in hints else Gradual("no annotation")
    return Parameter(name, kind, term, required)


def _parameter_hint(hint: object) -> object:
    """`*args: P.args` and `**kwargs: P.kwargs` mean the ParamSpec."""
    origin = getattr(hint, "__origin__", None)
    return origin if type(hint).__name__ in ("ParamSpecArgs", "ParamSpecKwargs") and is_type_variable(origin) else hint


def open_parameters(items: tuple[Parameter, ...]) -> Parameters:
    """`*args: Any, **kwargs: Any` is `...`, and `*args: P.args, **kwargs: P.kwargs` is the ParamSpec."""
    ends = {item.kind: item.term for item in items if item.kind in (Kind.REST, Kind.OPTIONS)}
    if len(ends) == 2:
        rest, options = ends[Kind.REST], ends[Kind.OPTIONS]
        both = isinstance(rest, Gradual) and isinstance(options, Gradual)
        if both or (isinstance(rest, Variable) and rest.sort == "**"):
            first = tuple(item for item in items if item.kind not in (Kind.REST, Kind.OPTIONS))
            assert isinstance(rest, Gradual | Variable)
            return Parameters(first, rest)
    return Parameters(items)
