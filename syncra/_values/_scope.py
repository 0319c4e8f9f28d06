"""The names and variables in a hint: where its strings are evaluated, what its type parameters stand for."""

from __future__ import annotations

import inspect
import sys
import typing
from collections.abc import Iterator
from typing import ForwardRef, NamedTuple, TypeVar

from syncra._annotations import Unresolved


class Scope(NamedTuple):
    """The class or alias in which a hint was written, and the arguments of its type parameters."""

    owner: object = None
    bindings: tuple[tuple[object, object], ...] = ()

    def evaluated(self, annotation: object) -> object:
        """What an annotation stands for here: a string by its module's names, a variable by its argument."""
        text, module = annotation, None
        if isinstance(annotation, ForwardRef):
            text, module = annotation.__forward_arg__, annotation.__forward_module__
        if not isinstance(text, str):
            return self._substituted(annotation)
        for names in self._namespaces(module):
            try:
                return self._substituted(eval(text, names, self._own_names()))  # noqa: S307  annotations are code
            except Exception:  # noqa: BLE001, S112 - a missing name, or whatever else it raises
                continue
        return Unresolved(text, "")

    def _namespaces(self, module: object) -> Iterator[dict[str, object]]:
        for name in (module, getattr(self.owner, "__module__", None)):
            found = sys.modules.get(name) if isinstance(name, str) else name
            if found is not None:
                yield vars(found)
        yield {}

    def _own_names(self) -> dict[str, object]:
        parameters: tuple[object, ...] = getattr(self.owner, "__type_params__", ())
        own = {getattr(parameter, "__name__", ""): parameter for parameter in parameters}
        return own | {getattr(self.owner, "__name__", ""): self.owner}

    def _substituted(self, hint: object) -> object:
        if not self.bindings or isinstance(hint, type):
            return hint
        arguments = dict(self.bindings)
        if isinstance(hint, TypeVar):
            return arguments.get(hint, hint)
        parameters: tuple[object, ...] = getattr(hint, "__parameters__", ())
        if not any(parameter in arguments for parameter in parameters):
            return hint
        generic: typing.Any = hint  # it has parameters, so that it can be given arguments
        try:
            return generic[tuple(arguments.get(parameter, parameter) for parameter in parameters)]
        except Exception:  # noqa: BLE001 - a form that typing itself can't substitute in: its variables stay
            return hint


def scope_of(owner: object, parameters: tuple[object, ...], arguments: tuple[object, ...]) -> Scope:
    """The scope inside a generic class or alias that was given arguments; a variadic one binds nothing."""
    simple = all(isinstance(parameter, TypeVar) for parameter in parameters)
    return Scope(
        owner, tuple(zip(parameters, arguments, strict=False)) if simple and len(parameters) == len(arguments) else ()
    )


def annotations_of(cls: type) -> dict[str, tuple[object, type]]:
    """The annotations of a class and its bases as written, each with the class that wrote it."""
    found: dict[str, tuple[object, type]] = {}
    for base in reversed(cls.__mro__):
        try:
            written = inspect.get_annotations(base)
        except Exception:  # noqa: BLE001, S112 - since Python 3.14 it evaluates, and names may be missing
            continue
        found |= {name: (annotation, base) for name, annotation in written.items()}
    return found
