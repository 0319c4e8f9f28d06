"""Parsing: a value converted by pydantic to what a hint says."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from syncra._values._faults import clipped, hint_text, told
from syncra._values._refined import reasons


class ParseFault(Exception):
    """A value could not be converted; `reasons` says why, in a bounded text."""

    def __init__(self, reasons: str) -> None:
        super().__init__(reasons)
        self.reasons = reasons


def parser(hint: object) -> Callable[[object], object]:
    """The conversion of values to a hint by pydantic's lax rules.

    What the function returned raises: ParseFault for a value that can't be converted, and whatever a validator of the
    user raises besides the errors of pydantic.

    Raises:
        TypeError: pydantic can't build values of the hint.
    """
    try:
        return _remembered(hint)
    except TypeError:
        return _made(hint)


def _made(hint: object) -> Callable[[object], object]:
    from pydantic import ValidationError

    validate = _validator(hint)

    def parse(value: object) -> object:
        try:
            return validate(value)
        except ValidationError as error:
            raise ParseFault(told(reasons(error)) or "pydantic gives no reason") from None

    return parse


_remembered = lru_cache(1024)(_made)


def _validator(
    hint: Any,
) -> Callable[[object], object]:  # pydantic wants a type form, and says itself what is none
    from pydantic import ConfigDict, PydanticUserError, TypeAdapter

    try:
        try:
            return TypeAdapter[object](hint, config=ConfigDict(arbitrary_types_allowed=True)).validate_python
        except PydanticUserError as error:
            if error.code != "type-adapter-config-unused":  # a model brings its own configuration
                raise
            return TypeAdapter[object](hint).validate_python
    except Exception as error:  # pydantic raises a dozen classes, and so may hooks of the user
        reason = clipped(str(error).partition("\n")[0], 300)
        raise TypeError(f"a value can't be parsed as {hint_text(hint)}: {reason}") from error
