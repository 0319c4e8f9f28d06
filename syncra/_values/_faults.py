"""A fault: where inside a value something is not what the hint says, and why; told in a bounded text."""

from __future__ import annotations

import typing
from collections.abc import Iterable
from itertools import islice
from types import NoneType, UnionType
from typing import Annotated, Literal, NamedTuple, get_args, get_origin

SHOWN = 5
COUNTED = 100
LONGEST = 200

# Only the repr of these is sure to be quick and to keep no secret of a user's class.
_PLAIN = frozenset({int, float, complex, bool, str, bytes, NoneType})


class Fault(NamedTuple):
    """One reason, and the path to it from the value that was checked (`[3]['price']`)."""

    path: str
    reason: str
    near: bool = False
    """The outer kind did fit: among the alternatives of a union this one was meant."""


def shown(value: object) -> str:
    """The value in a few words: its type, and what it is where that is short and plain."""
    kind = type(value)
    if value is None:
        return "None"
    if kind not in _PLAIN:
        return f"{kind.__qualname__} object" if kind is not type else f"class {hint_text(value)}"
    return f"{kind.__name__} {literal(value)}"


def literal(value: object) -> str:
    """The repr of a plain value, cut short; of any other value only its type in angle brackets."""
    kind = type(value)
    if kind not in _PLAIN:
        return f"<{kind.__qualname__}>"
    if kind is int and isinstance(value, int) and value.bit_length() > 256:
        return f"of {value.bit_length()} bits"
    return clipped(repr(value[:LONGEST] if isinstance(value, (str, bytes)) else value), 40)


def clipped(text: str, longest: int = LONGEST) -> str:
    """The text, its middle left out where it is longer than `longest`."""
    return text if len(text) <= longest else f"{text[: longest // 2]}...{text[-(longest // 3) :]}"


def hint_text(hint: object) -> str:
    """The hint as one writes it, without modules."""
    try:
        return clipped(_written(hint), 120)
    except Exception:  # noqa: BLE001 - a user's metaclass or metadata may raise anything
        return "the annotated type"


def _written(hint: object) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is NoneType or hint is ...:
        return "None" if hint is NoneType else "..."
    if isinstance(hint, list):  # the parameters of a callable
        parameters = typing.cast("list[object]", hint)  # isinstance says only that it is a list
        return f"[{', '.join(map(_written, parameters))}]"
    if origin is None or origin is Literal or not arguments:
        return _name(hint) if isinstance(hint, type) and origin is None else repr(hint).removeprefix("typing.")
    if origin is Annotated:
        return _written(arguments[0])
    if origin in (typing.Union, UnionType):
        return " | ".join(map(_written, arguments))
    name = _name(origin) if isinstance(origin, type) else str(origin).rpartition(".")[2]
    return f"{name}[{', '.join(map(_written, arguments))}]"


def _name(cls: type) -> str:
    return cls.__qualname__.rpartition("<locals>.")[2]


def told(faults: Iterable[Fault]) -> str | None:
    """The first faults in one line and how many more there are, up to a hundred; None if there is none."""
    found = list(islice(faults, COUNTED))
    if not found:
        return None
    lines = [f"{clipped(path)}: {clipped(reason)}" if path else clipped(reason) for path, reason, _ in found[:SHOWN]]
    rest = len(found) - SHOWN
    if rest > 0:
        lines.append(f"... and {rest} more" if len(found) < COUNTED else f"... and {rest} or more others")
    return "; ".join(lines)
