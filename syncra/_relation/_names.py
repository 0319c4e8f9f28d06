"""Terms as one would write them in an annotation, of bounded length."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Final

from syncra._relation._parameters import parameters_of
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
    Parameter,
    Parameters,
    Term,
    Tuple,
    TypeOf,
    Union,
    Variable,
)

__all__ = ["counted", "show"]

_LONGEST: Final = 200
_DEEPEST: Final = 8


def show(term: Term) -> str:
    """The term as an annotation, cut off where it grows too long."""
    text = _show(term, _DEEPEST)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def counted(count: int, noun: str) -> str:
    """`1 item`, `2 items`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _show(term: Term, depth: int) -> str:  # noqa: C901, PLR0912  a case a kind of term
    if depth == 0:
        return "..."
    match term:
        case Gradual():
            return "Any"
        case Never():
            return "Never"
        case Instance(of, args):
            return _instance(of, args, depth)
        case Literal():
            return f"Literal[{_value(term.value)}]"
        case Union(members):
            return _union(members, depth)
        case Tuple():
            return f"tuple[{_tuple(term, depth) or '()'}]"
        case Parameters():
            return _parameters(term, depth)
        case Function(parameters, returns):
            return f"Callable[{_parameters(parameters, depth)}, {_show(returns, depth - 1)}]"
        case Overloaded(items):
            return f"overloaded {_show(items[0], depth)}"
        case TypeOf(instance):
            return "type" if isinstance(instance, Gradual) else f"type[{_show(instance, depth - 1)}]"
        case NewName(name) | Variable(_, name):
            return name
        case Constrained(base, atoms):
            return f"Annotated[{_show(base, depth - 1)}, {', '.join(atom.shown for atom in atoms)}]"
        case Alias(name, _, args):
            return f"{name}[{_join(args, depth)}]" if args else name


def _instance(of: Class, args: tuple[Term, ...], depth: int) -> str:
    cls = of.cls
    if cls is type(None):
        return "None"
    name = cls.__qualname__.rpartition("<locals>.")[2]
    if not args or all(_is_unknown(arg) for arg in args):
        return name
    sorts = (variable.sort for _, variable in parameters_of(of))
    shown = (_argument(arg, sort, depth) for arg, sort in zip(args, sorts, strict=False))
    return f"{name}[{', '.join(shown)}]"


def _argument(term: Term, sort: str, depth: int) -> str:
    """The items of a TypeVarTuple stand among the arguments."""
    return _tuple(term, depth) or "()" if sort == "*" and isinstance(term, Tuple) else _show(term, depth - 1)


def _is_unknown(argument: Term) -> bool:
    return isinstance(argument, Gradual) and argument.reason.endswith(("has no item type", "has no type argument"))


def _join(terms: Iterable[Term], depth: int) -> str:
    return ", ".join(_show(term, depth - 1) for term in terms)


def _union(members: tuple[Term, ...], depth: int) -> str:
    values = [_value(member.value) for member in members if isinstance(member, Literal)]
    shown = [_show(member, depth) for member in members if not isinstance(member, Literal)]
    if values:
        shown.insert(0, f"Literal[{', '.join(values)}]")
    if "None" in shown:
        shown.remove("None")
        shown.append("None")
    return " | ".join(shown)


def _tuple(term: Tuple, depth: int) -> str:
    shown = [_show(item, depth - 1) for item in term.prefix]
    if term.middle is not None:
        middle = _show(term.middle, depth - 1)
        if not term.prefix and not term.suffix and not isinstance(term.middle, Variable):
            return f"{middle}, ..."
        shown.append(f"*{middle}" if isinstance(term.middle, Variable) else f"*tuple[{middle}, ...]")
    return ", ".join((*shown, *(_show(item, depth - 1) for item in term.suffix)))


def _parameters(parameters: Parameters, depth: int) -> str:
    shown = [_parameter(item, depth) for item in parameters.items]
    if parameters.rest is None:
        return f"[{', '.join(shown)}]"
    rest = "..." if isinstance(parameters.rest, Gradual) else parameters.rest.name
    return f"Concatenate[{', '.join(shown)}, {rest}]" if shown else rest


def _parameter(parameter: Parameter, depth: int) -> str:
    shown = _show(parameter.term, depth - 1)
    match parameter.kind:
        case Kind.REST | Kind.OPTIONS:
            return f"{parameter.kind.value}{parameter.name or 'args'}: {shown}"
        case Kind.KEYWORD:
            return f"{parameter.name}: {shown}"
        case _:
            return shown


def _value(value: object) -> str:
    text = f"{type(value).__qualname__}.{value.name}" if isinstance(value, Enum) else repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
