"""Attributes that methods assign to self: they need no declaration, so the code itself is read for them."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping

from syncra._relation._classes import names_of, remembered
from syncra._relation._signatures import read_function
from syncra._relation._terms import Class, Gradual, Kind, Term

__all__ = ["assigned_attributes"]


@remembered
def assigned_attributes(of: Class) -> Mapping[str, Term]:
    """Name -> type of each attribute that the class's own methods assign, as far as that tells it."""
    found: dict[str, Term] = {}
    functions = [each for each in vars(of.cls).values() if isinstance(each, types.FunctionType)]
    for function in sorted(functions, key=lambda each: each.__name__ != "__init__"):
        for name, value in _assignments(function):
            found.setdefault(name, _assigned_type(of.cls, function, name, value))
    return found


def _assignments(function: types.FunctionType) -> Iterator[tuple[str, str]]:
    """Each `self.name = value` with the name of the value, "" where it is no plain name."""
    import dis  # needed by structural questions about undeclared attributes only

    names = function.__code__.co_varnames
    if not function.__code__.co_argcount:
        return
    loaded: list[str] = []
    for step in dis.get_instructions(function):
        if step.opname == "STORE_ATTR" and loaded[-1:] == [names[0]]:
            yield str(step.argval), loaded[-2] if len(loaded) == 2 else ""
        if step.opname.startswith("LOAD_FAST"):  # from 3.13 on one step may load two names: "v, self"
            loaded = [*loaded, *step.argrepr.split(", ")][-2:]
        else:
            loaded = []


def _assigned_type(cls: type, function: types.FunctionType, name: str, value: str) -> Term:
    """`self.v = v` has the type of the parameter v; anything else would have to be inferred."""
    signature = read_function(function, names_of(cls)[1])
    for parameter in signature.parameters.items[1:]:
        if parameter.name == value and parameter.kind not in (Kind.REST, Kind.OPTIONS):
            return parameter.term
    return Gradual(f"attribute {name!r} has no annotation", unknown=True)
