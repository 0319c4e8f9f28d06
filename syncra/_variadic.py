"""What `*args` and `**options` want of each value, where their annotation speaks of all of them at once.

`*args: *tuple[int, str]` and `**options: Unpack[Movie]` (specification: "Unpacked tuple form", "Unpack for keyword
arguments").
"""

from __future__ import annotations

from typing import Any, get_args, get_origin, get_type_hints

from syncra._relation import tuple_items

__all__ = ["hint_of_option", "hints_of_items"]


def hints_of_items(hint: object, count: int) -> tuple[object, ...] | None:
    """The hint of each of so many values of `*args`; None where it takes another number of them."""
    if not _is_unpacked(hint):
        return (hint,) * count
    items = tuple_items(hint)
    if items is not None:
        return items if len(items) == count else None
    inner = get_args(_packed(hint))
    if len(inner) == 2 and inner[1] is ...:
        return (inner[0],) * count
    return (Any,) * count  # a TypeVarTuple takes any values; which place is in an open middle is not told apart


def hint_of_option(hint: object, name: str) -> object | None:
    """The hint of a value of `**options` by its name; None where there is no such name."""
    if not _is_unpacked(hint):
        return hint
    try:
        items: dict[str, object] = get_type_hints(_packed(hint), include_extras=True)
    except Exception:  # noqa: BLE001 - annotations are the users' code
        return Any
    return items.get(name)


def _is_unpacked(hint: object) -> bool:
    return _is_form(hint) or getattr(hint, "__unpacked__", False) is True


def _is_form(hint: object) -> bool:
    """`Unpack[...]`, of typing or of typing_extensions."""
    return getattr(get_origin(hint), "_name", None) == "Unpack"


def _packed(hint: object) -> Any:  # Any: a form that type checkers read and no program
    """The tuple or TypedDict that is unpacked."""
    return get_args(hint)[0] if _is_form(hint) else hint
