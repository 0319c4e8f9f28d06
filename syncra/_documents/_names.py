"""Things by name: functions and classes as module:name, types as they are written in annotations."""

from __future__ import annotations

import ast
import builtins
import re
import types
import typing
from importlib import import_module
from inspect import Parameter
from operator import attrgetter
from typing import Any, Literal, Union, cast, get_args, get_origin

from syncra.errors import DocumentError, suggestion

__all__ = ["exception_of", "name_of", "object_of", "type_of", "type_text"]

_REFERENCE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


def object_of(reference: str) -> object:
    """What module:name names; the module is imported.

    Raises:
        DocumentError: it is no such name, or there is nothing of that name, or importing the module raised.
    """
    if not _REFERENCE.fullmatch(reference):
        raise DocumentError(f"{reference!r} should be written as module:name")
    module_name, _, name = reference.partition(":")
    try:
        module = import_module(module_name)
    except Exception as error:
        raise DocumentError(f"importing {module_name!r} raised {type(error).__name__}: {error}") from error
    try:
        return attrgetter(name)(module)
    except AttributeError:
        raise DocumentError(f"module {module_name!r} has no {name!r}{suggestion(name, vars(module))}") from None


def name_of(value: Any) -> str:  # Any: whatever may have a module and a name
    """The module:name that leads to this very object, of a public package rather than of its private modules.

    Raises:
        DocumentError: there is none: it is local, a lambda, or of a script.
    """
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", getattr(value, "__name__", None))
    shown = name or type(value).__name__
    if not isinstance(module, str) or not isinstance(name, str) or "<" in name:
        raise DocumentError(f"{shown!r} has no name that leads to it from outside; define it at the top of a module")
    if module == "__main__":
        raise DocumentError(f"{shown!r} is defined in a script; define it in a module that can be imported")
    for reference in (f"{module.partition('._')[0]}:{name}", f"{module}:{name}"):
        if _leads_to(reference, value):
            return reference
    raise DocumentError(f"{module}:{name} does not lead to this {shown!r}; call it as its variable")


def _leads_to(reference: str, value: object) -> bool:
    try:
        found = object_of(reference)
    except DocumentError:
        return False
    return found is value or getattr(found, "function", None) is value


def exception_of(reference: str) -> type[Exception]:
    """The class of exceptions of this name: a builtin one, or module:Name.

    Raises:
        DocumentError: it is none.
    """
    found = object_of(reference if ":" in reference else f"builtins:{reference}")
    if not (isinstance(found, type) and issubclass(found, Exception)):
        raise DocumentError(f"{reference!r} is no subclass of Exception")
    return found


def type_of(text: str) -> Any:  # Any: a type hint
    """The type that is written so.

    Raises:
        DocumentError: it is no type.
    """
    found: dict[str, object] = {}

    def placeholder(match: re.Match[str]) -> str:
        found[f"_{len(found)}"] = object_of(match[0])
        return f"_{len(found) - 1}"

    written = _REFERENCE.sub(placeholder, text)
    try:
        hint = _Reader(found).read(ast.parse(written.strip(), mode="eval").body)
    except DocumentError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a class makes of its arguments
        raise DocumentError(f"{text!r} is no type: {error}") from None
    if not _is_type(hint):
        raise DocumentError(f"{text!r} is no type")
    return hint


def _is_type(hint: object) -> bool:
    return hint is None or hint is Any or isinstance(hint, type) or get_origin(hint) is not None or callable(hint)


class _Reader:
    """Reads the expression of a type; calls nothing."""

    def __init__(self, found: dict[str, object]) -> None:
        self._found = found

    def read(self, node: ast.expr) -> Any:  # Any: a type hint, or an argument of one
        match node:
            case ast.Name(name):
                return self._named(name)
            case ast.Constant(value):
                return value
            case ast.Tuple(items):
                return tuple(map(self.read, items))
            case ast.List(items):
                return list(map(self.read, items))
            case ast.UnaryOp(ast.USub(), ast.Constant(int(value))):
                return -value
            case ast.Subscript(origin, arguments):
                return self.read(origin)[self.read(arguments)]
            case ast.BinOp(left, ast.BitOr(), right):
                return Union[self.read(left), self.read(right)]  # noqa: UP007 - of what is read
            case _:
                raise ValueError(f"a type can't hold {ast.unparse(node)!r}")

    def _named(self, name: str) -> object:
        if name in self._found:
            return self._found[name]
        for module in (builtins, typing):
            if hasattr(module, name):
                return getattr(module, name)
        raise ValueError(f"{name!r} is neither a builtin nor of typing; write module:{name}")


def type_text(hint: Any) -> str:  # Any: a type hint
    """How a type is written, so that `type_of` reads it.

    Raises:
        DocumentError: a part of it has no name that leads to it.
    """
    if hint is Any or hint is Parameter.empty:
        return "Any"
    if hint is None or hint is type(None):
        return "None"
    if hint is Ellipsis:
        return "..."
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is None:
        return _class_text(hint)
    if origin is Literal:
        return f"Literal[{', '.join(map(_literal_text, arguments))}]"
    if origin in (Union, types.UnionType):
        return " | ".join(map(type_text, arguments))
    if origin is typing.Annotated:
        raise DocumentError(f"{hint} has metadata, which can't be written; give the type a name in a module")
    return f"{_class_text(origin)}[{', '.join(map(_argument_text, arguments)) or '()'}]"


def _argument_text(argument: Any) -> str:  # Any: a type hint, or a list of them, as Callable has
    if isinstance(argument, list):
        return f"[{', '.join(map(type_text, cast('list[object]', argument)))}]"  # cast: of types
    return type_text(argument)


def _class_text(hint: Any) -> str:  # Any: a class, or what typing has in place of one
    name = getattr(hint, "__name__", None)
    for module in (builtins, typing):
        if name is not None and getattr(module, name, None) is hint:
            return str(name)
    return name_of(hint)


def _literal_text(value: object) -> str:
    if value is None or (isinstance(value, (str, int, bool, bytes)) and type(value) in (str, int, bool, bytes)):
        return repr(value)
    raise DocumentError(f"{value!r} in a Literal can't be written")
