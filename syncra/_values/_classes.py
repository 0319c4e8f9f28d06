"""Classes: what makes an object an instance of a class for a type checker, beyond isinstance."""

from __future__ import annotations

import re
import sys
import typing
from collections import abc
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, get_args, get_origin

from syncra._annotations import Unresolved
from syncra._stand_ins import stands_for
from syncra._values._checks import (
    Attributes,
    Check,
    Classes,
    Everything,
    Instances,
    Literals,
)
from syncra._values._containers import Keys
from syncra._values._faults import hint_text
from syncra._values._files import Files
from syncra._values._members import Members, members_of, property_hint
from syncra._values._refined import Refined, Whole
from syncra._values._scope import Scope, annotations_of, scope_of

if typing.TYPE_CHECKING:
    from syncra._values._reading import Reader

# The numeric tower of the typing specification.
_PROMOTED: tuple[tuple[type, Classes], ...] = ((float, (float, int)), (complex, (complex, float, int)))
# Pairs, not a dict: a user's metaclass may take its classes their hash.
_FILES: tuple[tuple[type[Any], object], ...] = (
    (typing.TextIO, str),
    (typing.BinaryIO, bytes),
    (typing.IO, object),
)
_UNSEEN: dict[object, str] = {
    abc.Iterator: "the items of an iterator",
    abc.Generator: "what a generator yields, is sent and returns",
    abc.AsyncIterable: "the items of an asynchronous iterable",
    abc.AsyncIterator: "the items of an asynchronous iterator",
    abc.AsyncGenerator: "what an asynchronous generator yields and is sent",
    abc.Awaitable: "what an awaitable gives",
    abc.Coroutine: "what a coroutine gives",
    AbstractContextManager: "what a context manager enters with",
    AbstractAsyncContextManager: "what a context manager enters with",
}


def check_of_class(reader: Reader, hint: object, cls: type, arguments: tuple[object, ...]) -> Check:
    """The check of a class, with the arguments it is given, if any; parts of it are read by the reader."""
    for file, kind in _FILES:
        if cls is file:
            return Files(hint, arguments[0] if arguments else kind)
    if getattr(cls, "_is_protocol", False):
        return _protocol(reader, hint, cls, arguments)
    if _is_typed_dict(cls):
        return _typed_dict(reader, hint, cls, arguments)
    if _is_named_tuple(cls):
        return _named_tuple(reader, hint, cls, arguments)
    if arguments:
        return _with_arguments(reader, hint, cls, arguments)
    return _plain(reader, cls)


def _is_typed_dict(cls: type) -> bool:
    return hasattr(cls, "__required_keys__") and issubclass(cls, dict)


def _is_named_tuple(cls: type) -> bool:
    return hasattr(cls, "_fields") and issubclass(cls, tuple)


def _named_tuple(reader: Reader, hint: object, cls: Any, arguments: tuple[object, ...]) -> Check:
    """A NamedTuple and its fields; typing knows no class that has such fields."""
    annotated = _fields(reader, cls, arguments)
    fields = {name: annotated[name] for name in cls._fields if name in annotated}
    return Attributes(Instances(hint, (cls,)), fields)


def _plain(reader: Reader, cls: type) -> Check:
    for promoted, classes in _PROMOTED:
        if cls is promoted:
            return Instances(cls, classes)
    found = stands_for(cls)
    if found is not None:
        return _stand_in(reader, cls, found)
    generic: Mapping[str, Any] | None = getattr(cls, "__pydantic_generic_metadata__", None)
    if generic and generic["args"]:
        return _model(reader, cls, generic["origin"])
    return Instances(cls, (cls,))


def _stand_in(reader: Reader, cls: type, classes: Classes) -> Check:
    """The check of a class of pydantic's by the classes that it stands for."""
    if not classes:
        reader.leave(f"what {cls.__name__} stands for")
        return Everything(cls)
    whole = Instances(cls, classes)
    return Refined(cls, cls, whole, (Whole(cls),)) if len(classes) == 1 else whole


def say_nothing(arguments: tuple[object, ...]) -> bool:
    """Whether arguments leave everything open, so that nothing of them could be checked."""
    return all(argument is Any or argument is object for argument in arguments)


def _with_arguments(reader: Reader, hint: object, cls: type, arguments: tuple[object, ...]) -> Check:
    whole = Instances(hint, (cls,))
    if cls is re.Pattern:
        return Attributes(whole, {"pattern": reader.part(arguments[0])})
    if cls is re.Match:
        return Attributes(whole, {"string": reader.part(arguments[0])})
    numpy = sys.modules.get("numpy")
    if numpy is not None and cls is numpy.dtype:
        return Attributes(whole, {"type": reader.part(type[arguments[0]])})
    if numpy is not None and cls is numpy.ndarray:
        return _array(reader, whole, *arguments)
    if not say_nothing(arguments):
        reader.leave(_UNSEEN.get(cls, f"the type arguments of {hint_text(hint)}"))
    return whole


def _array(reader: Reader, whole: Instances, shape: object, dtype: object = Any) -> Check:
    attributes = {"dtype": reader.part(dtype)}
    lengths = get_args(shape)
    if get_origin(shape) is tuple and ... not in lengths:
        attributes["ndim"] = Literals(len(lengths), (len(lengths),))
    return Attributes(whole, attributes)


def _model(reader: Reader, cls: Any, origin: type) -> Check:  # a class of pydantic, which is not imported here
    """A generic model with its arguments: instances of the bare one fit as well, if their fields do."""
    fields = {name: reader.part(field.annotation) for name, field in cls.model_fields.items()}
    return Attributes(Instances(cls, (origin,)), fields)


def _fields(reader: Reader, cls: type, arguments: tuple[object, ...]) -> dict[str, Check]:
    return {name: reader.part(hint, scope) for name, (hint, scope) in _hints(cls, arguments).items()}


def _hints(cls: type, arguments: tuple[object, ...]) -> dict[str, tuple[object, Scope]]:
    """The hints of a class's fields, with its arguments in place, and the scopes they were written in."""
    parameters: tuple[object, ...] = getattr(cls, "__parameters__", ())
    written = annotations_of(cls).items()
    scoped = {name: (annotation, scope_of(base, parameters, arguments)) for name, (annotation, base) in written}
    return {name: (scope.evaluated(annotation), scope) for name, (annotation, scope) in scoped.items()}


def _typed_dict(reader: Reader, hint: object, cls: Any, arguments: tuple[object, ...]) -> Check:
    """The keys of a TypedDict; its metaclass sets attributes that no class of typing declares."""
    fields: dict[str, Check] = {}
    required: set[str] = set(cls.__required_keys__)
    for name, (field, scope) in _hints(cls, arguments).items():
        qualifier = _qualifier(field)
        if qualifier == "NotRequired":
            required.discard(name)
        elif qualifier == "Required":
            required.add(name)
        fields[name] = reader.part(field, scope)
    return Keys(hint, fields, frozenset(required), _extra(reader, cls))


def _qualifier(hint: object) -> str:
    """What a field's hint says of its key: Required, NotRequired, or nothing."""
    if isinstance(hint, Unresolved):  # annotations as strings hide their qualifiers from the class
        return hint.text.partition("[")[0].rpartition(".")[2]
    name = getattr(get_origin(hint), "_name", None)
    if get_origin(hint) is typing.Annotated or name == "ReadOnly":
        return _qualifier(get_args(hint)[0])
    return name if isinstance(name, str) else ""


def _extra(reader: Reader, cls: Any) -> Check | None:  # as above
    if getattr(cls, "__closed__", None):
        return None
    extra = getattr(cls, "__extra_items__", None)
    declared = extra is not None and type(extra).__name__ != "NoExtraItemsType" and "NoExtraItems" not in repr(extra)
    return reader.part(extra, Scope(cls)) if declared else Everything(cls)


def _protocol(reader: Reader, hint: object, cls: type, arguments: tuple[object, ...]) -> Check:
    methods, attributes = members_of(cls)
    if methods:
        reader.leave(f"the signatures of the methods of {hint_text(cls)}")
    fields = _fields(reader, cls, arguments)
    checks = {name: fields[name] if name in fields else reader.part(property_hint(cls, name)) for name in attributes}
    return Members(hint, cls, methods, checks)
