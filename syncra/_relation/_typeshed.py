"""What stubs say about classes of the standard library and numpy.

The tables `typeshed_*.txt` are generated (`tests/relation/write_stubs.py`), and read on demand.
"""

from __future__ import annotations

import ast
import os  # instead of pathlib, which would be 4 ms of the first import
import sys
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Final

from syncra._relation._terms import (
    ALL_PARAMETERS,
    ANY,
    NEVER,
    SELF,
    Class,
    Function,
    Gradual,
    Instance,
    Kind,
    Literal,
    Parameter,
    Parameters,
    Term,
    Tuple,
    TypeOf,
    Variable,
    union_of,
)

__all__ = [
    "UNKNOWN",
    "class_of",
    "stub_alias",
    "stub_bases",
    "stub_default",
    "stub_is_protocol",
    "stub_members",
    "stub_parameters",
    "stub_signatures",
    "stub_term",
]


@cache
def _classes_table() -> Mapping[str, tuple[str, str, str]]:
    """Path -> type parameters, bases, kind."""
    rows = (line.split("\t") for line in _lines("typeshed_classes.txt"))
    return {path: (parameters, bases, kind) for path, parameters, bases, kind in rows}


@cache
def _names_table() -> Mapping[str, str]:
    """What a class calls itself -> its path, where these differ."""
    return dict(line.split("\t") for line in _lines("typeshed_names.txt"))


@cache
def _members() -> Mapping[str, Mapping[str, str]]:
    """Path -> name -> declaration; 350 kB, needed by structural questions only."""
    table: dict[str, dict[str, str]] = {}
    own: dict[str, str] = {}
    for line in _lines("typeshed_members.txt"):
        if line[0] != "\t":
            own = table[line] = {}
        else:
            _, name, declaration = line.split("\t")
            own[name] = declaration
    return table


def _lines(name: str) -> list[str]:
    with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as file:  # noqa: PTH118, PTH120, PTH123
        text = file.read()
    return [line for line in text.splitlines() if not line.startswith("#")]


# Classes that were met, by id; the entry holds the class, so the id stays its own. Bounded, as local classes
# come and go.
_MOST_CLASSES: Final = 8192
_classes: dict[int, Class] = {}

UNKNOWN: Final = Gradual("its stub uses a type that does not exist at run time", unknown=True)


def class_of(cls: type) -> Class:
    """The one Class that stands for a class."""
    known = _classes.get(id(cls))
    if known is None:
        if len(_classes) >= _MOST_CLASSES:
            _classes.clear()
        known = _classes[id(cls)] = Class(cls, _path_of(cls))
    return known


def _path_of(cls: type) -> str | None:
    path = f"{cls.__module__}.{cls.__qualname__}"
    # From 3.13 on some classes live in a private part of the package that exports them: pathlib._local.Path.
    exported = f"{cls.__module__.partition('.')[0]}.{cls.__qualname__}"
    candidates = (path, _names_table().get(path, ""), exported)
    return next((each for each in candidates if each in _classes_table() and _find(each) is cls), None)


def _find(path: str) -> object:
    module, _, name = path.rpartition(".")
    # What is not imported yet can't be what a user's annotation means.
    return getattr(sys.modules.get(module), name, None)


def stub_parameters(path: str) -> tuple[tuple[str, Variable], ...]:
    """The type parameters of a class in its stub, each with its variance (`+`, `-` or "" for invariant)."""
    text = _classes_table()[path][0]
    return tuple(_parameter(path, part) for part in text.split(", ")) if text else ()


def _parameter(path: str, text: str) -> tuple[str, Variable]:
    text = text.partition("=")[0]
    name = text.lstrip("+-*")
    sign = text[: len(text) - len(name)]
    return (sign, Variable(f"{path}.{name}", name)) if sign in "+-" else ("", Variable(f"{path}.{name}", name, sign))


def stub_default(key: str) -> Term | None:
    """The default of a type parameter (PEP 696), by the key of its Variable."""
    path, _, name = key.rpartition(".")
    if path not in _classes_table():
        return None
    texts = (text.partition("=") for text in _classes_table()[path][0].split(", "))
    default = next((default for head, _, default in texts if head.lstrip("+-*") == name), "")
    return stub_term(default, path) if default else None


def stub_bases(path: str) -> tuple[Term, ...]:
    """The bases of a class in its stub, in terms of its type parameters."""
    read = stub_term(f"tuple[{_classes_table()[path][1]},]", path)
    assert isinstance(read, Tuple)
    return read.prefix


def stub_is_protocol(path: str) -> bool:
    """Whether the stub declares the class as a Protocol."""
    return _classes_table()[path][2] == "protocol"


def stub_alias(path: str) -> Instance | None:
    """The applied class that the stub declares a class to be an alias of."""
    base = stub_bases(path)[0] if _classes_table()[path][2] == "alias" else None
    return base if isinstance(base, Instance) else None


def stub_members(path: str) -> Mapping[str, str]:
    """The members that the stub declares for the class itself: name -> declaration (see `_stub_members`)."""
    return _members().get(path, {})


@lru_cache(4096)
def stub_term(text: str, path: str) -> Term:
    """The type that a stub writes so within a class."""
    return _Reader(path).term(ast.parse(text, mode="eval").body)


@lru_cache(4096)
def stub_signatures(text: str, path: str) -> tuple[Function, ...]:
    """The overloads of a method, the receiver included: `(self, x: int) -> str | def (self) -> int`."""
    reader = _Reader(path)
    functions = [ast.parse(f"def f{part}: ...").body[0] for part in text.split(" | def ")]
    return tuple(reader.function(node) for node in functions if isinstance(node, ast.FunctionDef))


class _Reader:
    """Reads stub expressions; a name without a dot is a type parameter of the class, or of the method."""

    def __init__(self, path: str) -> None:
        self.scope = {variable.name: variable for _, variable in stub_parameters(path)}

    def term(self, node: ast.expr) -> Term:
        match node:
            case ast.Constant(value=None):
                return Instance(class_of(type(None)))
            case ast.Name(id=name):
                return _NAMES[name] if name in _NAMES else self.scope.get(name) or Variable(f"def.{name}", name)
            case ast.Attribute():
                return self.instance(ast.unparse(node), ())
            case ast.BinOp(left=left, right=right):
                return union_of((self.term(left), self.term(right)))
            case ast.Subscript(value=value, slice=ast.Tuple(elts=elements)):
                return self.subscript(ast.unparse(value), elements)
            case ast.Subscript(value=value, slice=element):
                return self.subscript(ast.unparse(value), [element])
            case _:
                return UNKNOWN

    def subscript(self, path: str, elements: list[ast.expr]) -> Term:
        match path, elements:
            case "Literal", [element]:
                return self.literal(element)
            case "type", [element]:
                return TypeOf(self.term(element))
            case "tuple", [ast.Tuple(elts=[])]:
                return Tuple(())
            case "tuple", _:
                return Tuple(tuple(map(self.term, elements)))
            case "builtins.tuple", [element, _]:
                return Tuple((), self.term(element))
            case "Callable", [ast.List(elts=parameters), returns]:
                items = tuple(Parameter("", Kind.POSITION, self.term(each)) for each in parameters)
                return Function(Parameters(items), self.term(returns))
            case "Callable", [_, returns]:
                return Function(ALL_PARAMETERS, self.term(returns))
            case _:
                return self.instance(path, tuple(map(self.term, elements)))

    def literal(self, element: ast.expr) -> Term:
        if isinstance(element, ast.Constant | ast.UnaryOp):
            value: object = ast.literal_eval(element)
        else:
            path, _, name = ast.unparse(element).rpartition(".")
            value = getattr(_find(path), name, None)
        return UNKNOWN if value is None else Literal(Instance(class_of(type(value))), value)

    def instance(self, path: str, args: tuple[Term, ...]) -> Term:
        found = _find(path)
        return Instance(class_of(found), args) if isinstance(found, type) else UNKNOWN

    def function(self, node: ast.FunctionDef) -> Function:
        spec = node.args
        positional = [*spec.posonlyargs, *spec.args]
        first_optional = len(positional) - len(spec.defaults)
        items = [
            self.parameter(
                each, Kind.POSITION if index < len(spec.posonlyargs) else Kind.EITHER, index < first_optional
            )
            for index, each in enumerate(positional)
        ]
        if spec.vararg:
            items.append(self.parameter(spec.vararg, Kind.REST, False))
        for each, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
            items.append(self.parameter(each, Kind.KEYWORD, default is None))
        if spec.kwarg:
            items.append(self.parameter(spec.kwarg, Kind.OPTIONS, False))
        return Function(Parameters(tuple(items)), self.term(node.returns) if node.returns else ANY)

    def parameter(self, node: ast.arg, kind: Kind, required: bool) -> Parameter:
        return Parameter(node.arg, kind, self.term(node.annotation) if node.annotation else ANY, required)


_NAMES: Final[Mapping[str, Term]] = {"Any": ANY, "Never": NEVER, "Self": SELF, "Unknown": UNKNOWN}
