"""Parsing: a value converted by pydantic to what a hint says."""

from __future__ import annotations

import typing
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any

from syncra._values._faults import clipped, hint_text, told
from syncra._values._refined import reasons

_REMEMBERED = 1024
# The first item that can't be converted is reason enough: a million reasons take a gigabyte.
_STOPPED_EARLY = frozenset({list, set, frozenset, tuple})


class ParseFault(Exception):
    """A value could not be converted; `reasons` says why, in a bounded text."""

    def __init__(self, reasons: str) -> None:
        super().__init__(reasons)
        self.reasons = reasons


def parser(hint: object) -> Callable[[object], object]:
    """The conversion of values to a hint by pydantic's lax rules.

    The function returned raises ParseFault for a value that can't be converted; what a user's validator
    raises that is no error of pydantic's passes through it.

    Raises:
        TypeError: pydantic can't build values of the hint.
    """
    try:
        hash(hint)
    except Exception:  # noqa: BLE001 - metadata that can't be hashed
        return _Parser(hint, _validator(hint))
    return _remembered(hint)


@lru_cache(_REMEMBERED, typed=True)
def _remembered(hint: Hashable) -> Callable[[object], object]:
    return _Parser(hint, _validator(hint))


@dataclass(frozen=True, slots=True)
class _Parser:
    """One conversion; it travels to another process as its hint."""

    hint: object
    validate: Callable[[object], object] = field(repr=False)

    def __call__(self, value: object) -> object:
        from pydantic import ValidationError

        try:
            return self.validate(value)
        except ValidationError as error:
            raise ParseFault(told(reasons(error)) or "pydantic gives no reason") from None

    def __reduce__(self) -> tuple[object, ...]:
        return parser, (self.hint,)


def _validator(hint: object) -> Callable[[object], object]:
    from pydantic import FailFast

    early: Any = Annotated  # a form made at run time, which no type checker follows
    form = early[hint, FailFast()] if typing.get_origin(hint) in _STOPPED_EARLY else hint
    try:
        return _adapted(form)
    except Exception as error:  # pydantic raises a dozen classes, and so may hooks of the user
        reason = clipped(str(error).partition("\n")[0], 300)
        raise TypeError(f"a value can't be parsed as {hint_text(hint)}: {reason}") from error


def _adapted(form: Any) -> Callable[[object], object]:  # pydantic says itself what is no type form
    from pydantic import ConfigDict, PydanticUserError, TypeAdapter

    try:
        adapter = TypeAdapter[object](form, config=ConfigDict(arbitrary_types_allowed=True))
    except PydanticUserError as error:
        if error.code != "type-adapter-config-unused":  # a model brings its own configuration
            raise
        adapter = TypeAdapter[object](form)
    if not adapter.pydantic_complete:
        adapter.rebuild(raise_errors=True)  # names which name is missing
    return adapter.validate_python
