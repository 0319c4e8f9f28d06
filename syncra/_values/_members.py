"""Structural protocols: an object fits when it has each member, runtime-checkable or not."""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator, Mapping
from typing import get_type_hints

from syncra._values._checks import Check, inside
from syncra._values._faults import Fault, hint_text, shown

_MISSING = object()


class Members(Check):
    """An object with a protocol's members: methods that can be called, attributes that fit their hints."""

    __slots__ = ("_attributes", "_methods", "_protocol")

    def __init__(self, hint: object, protocol: type, methods: frozenset[str], attributes: Mapping[str, Check]) -> None:
        super().__init__(hint)
        self._protocol = protocol
        self._methods = methods
        self._attributes = attributes

    def accepts(self, value: object) -> bool:
        return self._protocol in type(value).__mro__ or not any(self.faults(value))

    def faults(self, value: object) -> Iterator[Fault]:
        if self._protocol in type(value).__mro__:
            return
        for name in sorted(self._methods):
            if not _is_method(_member(value, name)):
                yield self._lacks(value, f"method {name}()")
        for name in sorted(self._attributes):
            found = _member(value, name)
            if found is _MISSING:
                yield self._lacks(value, f"attribute {name!r}")
            elif not hasattr(type(found), "__get__"):
                yield from inside(f".{name}", self._attributes[name], found)

    def _lacks(self, value: object, member: str) -> Fault:
        return Fault("", f"{shown(value)} is not {hint_text(self.hint)}: it has no {member}")


def _member(value: object, name: str) -> object:
    """The attribute without running a property; slots, and what only `__getattr__` gives, are asked for."""
    found: object = inspect.getattr_static(value, name, _MISSING)
    plain = found is not _MISSING and not isinstance(found, types.MemberDescriptorType)
    return found if plain else getattr(value, name, _MISSING)


def _is_method(found: object) -> bool:
    # A descriptor, as functions are, may give anything callable; `__hash__ = None` takes a method away.
    return found is not _MISSING and found is not None and (callable(found) or hasattr(type(found), "__get__"))


def members_of(protocol: type) -> tuple[frozenset[str], frozenset[str]]:
    """The names of the protocol's methods, and of its attributes and properties."""
    from typing_extensions import get_protocol_members

    names = get_protocol_members(protocol)
    methods = frozenset(name for name in names if _is_declared_method(protocol, name))
    return methods, names - methods


def _is_declared_method(protocol: type, name: str) -> bool:
    declared = inspect.getattr_static(protocol, name, None)
    return callable(declared) or isinstance(declared, (staticmethod, classmethod))


def property_hint(protocol: type, name: str) -> object:
    """What the property of a protocol returns, by its annotation; object where none can be had."""
    declared = inspect.getattr_static(protocol, name, None)
    getter = declared.fget if isinstance(declared, property) else None
    if getter is None:
        return object
    try:
        return get_type_hints(getter, include_extras=True).get("return", object)
    except Exception:  # noqa: BLE001 - a name that does not resolve
        return object
