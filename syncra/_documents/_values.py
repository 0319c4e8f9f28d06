"""Values in documents: what a file can say of a value, read as its type and written back."""

from __future__ import annotations

import json
from inspect import Parameter
from typing import Any

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError

from syncra._relation import type_name
from syncra._values import value_check
from syncra.errors import DocumentError

__all__ = ["plain_value", "value_of"]


def value_of(plain: object, hint: Any) -> object:  # Any: a type hint
    """The value of this type that a document means: the plain value itself, if it is one, or what it is written for.

    As in JSON: a path, a date or a model is written as a string or a table, but a number is no string.

    Raises:
        DocumentError: it is no value of the type.
    """
    reasons = None if hint is Parameter.empty else value_check(hint).faults(plain)
    if reasons is None:
        return plain
    try:
        return _adapter(hint).validate_json(json.dumps(plain), strict=True)
    except ValidationError as error:
        listed = "; ".join(str(each["msg"]) for each in error.errors(include_url=False)[:3])
        raise DocumentError(f"this is not {type_name(hint)}: {listed}") from None
    except (TypeError, ValueError, PydanticUserError):
        raise DocumentError(f"this is not {type_name(hint)}: {reasons}") from None


def plain_value(value: object, hint: Any) -> Any:  # Any: as JSON has it
    """How a value of this type is written, so that `value_of` reads an equal one.

    Raises:
        DocumentError: it can't be written.
    """
    try:
        adapter = _adapter(hint)
        plain = adapter.dump_python(value, mode="json", warnings="error")
        again = value_of(plain, hint)
        is_same = type(again) is type(value) and bool(again == value)
    except Exception as error:  # noqa: BLE001 - whatever a value's own methods raise
        raise DocumentError(f"a {type(value).__name__} can't be written: {error}") from None
    if not is_same:
        raise DocumentError(f"a {type(value).__name__} can't be written so that it is read as the same value")
    return plain


def _adapter(hint: Any) -> TypeAdapter[Any]:  # Any: a type hint
    form = Any if hint is Parameter.empty else hint
    try:
        return TypeAdapter(form, config=ConfigDict(arbitrary_types_allowed=True))
    except PydanticUserError:  # a model brings its own configuration
        return TypeAdapter(form)
