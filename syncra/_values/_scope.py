"""The names and variables inside a hint: fields of classes with their annotations evaluated, type parameters replaced."""

from __future__ import annotations

import inspect
import sys
import typing
from collections.abc import Mapping
from typing import ForwardRef

Bindings = Mapping[object, object]


class Unresolved:
    """An annotation that can't be evaluated."""

    def __init__(self, text: str) -> None:
        self.text = text


def annotations_of(cls: type) -> dict[str, tuple[object, type]]:
    """The annotations of a class and its bases as written, each with the class in whose module its names are."""
    found: dict[str, tuple[object, type]] = {}
    for base in reversed(cls.__mro__):
        try:
            written = inspect.get_annotations(base)
        except Exception:  # since Python 3.14 this evaluates, and names may be missing
            continue
        found |= {name: (annotation, base) for name, annotation in written.items()}
    return found


def evaluated(annotation: object, scope: object) -> object:
    """What a string or forward reference stands for, by the names of its module, else of the scope's; else Unresolved."""
    if isinstance(annotation, str):
        text, module = annotation, None
    elif isinstance(annotation, ForwardRef):
        text, module = annotation.__forward_arg__, annotation.__forward_module__
    else:
        return annotation
    for names in _namespaces(module, scope):
        try:
            return eval(text, names[0], names[1])  # noqa: S307  # an annotation of the user's own program
        except Exception:  # noqa: S112  # a missing name, or any other reason why it has no value yet
            continue
    return Unresolved(text)


def _namespaces(module: object, scope: object) -> typing.Iterator[tuple[dict[str, object], dict[str, object]]]:
    own = {parameter.__name__: parameter for parameter in getattr(scope, "__type_params__", ())}
    own[getattr(scope, "__name__", "")] = scope
    for name in (module, getattr(scope, "__module__", None)):
        found = sys.modules.get(name) if isinstance(name, str) else name
        if found is not None:
            yield vars(found), own


def bindings_of(parameters: tuple[object, ...], arguments: tuple[object, ...]) -> Bindings:
    """Type parameters to arguments, where these are simple enough to match one to one."""
    simple = all(isinstance(parameter, typing.TypeVar) for parameter in parameters)
    return dict(zip(parameters, arguments)) if simple and len(parameters) == len(arguments) else {}


def substituted(hint: object, bindings: Bindings) -> object:
    """The hint with its type variables replaced; a class stays as it is."""
    if not bindings or isinstance(hint, type):
        return hint
    if isinstance(hint, typing.TypeVar):
        return bindings.get(hint, hint)
    parameters = getattr(hint, "__parameters__", ())
    if not any(parameter in bindings for parameter in parameters):
        return hint
    try:
        return hint[tuple(bindings.get(parameter, parameter) for parameter in parameters)]  # type: ignore[index]
    except Exception:  # a form that typing itself can't substitute in: its variables stay
        return hint
