"""Reading: from a hint to the check that looks at values the way a type checker understands the hint."""

from __future__ import annotations

import inspect
import types
import typing
from collections import abc
from dataclasses import InitVar
from typing import Annotated, Any, ForwardRef, Literal, TypeVar, get_args, get_origin

from syncra._annotations import RecursiveAlias, Unresolved
from syncra._values._checks import (
    Check,
    Everything,
    Instances,
    Literals,
    Reference,
    Union,
)
from syncra._values._classes import check_of_class
from syncra._values._faults import hint_text
from syncra._values._generics import check_of_generic
from syncra._values._refined import Refined, conversions, demands, is_unvalidated
from syncra._values._scope import Scope, scope_of

_DEEPEST = 60

_MAYBE_ITERATORS: frozenset[object] = frozenset({abc.Iterable, abc.Iterator, abc.Generator, abc.Reversible})
_QUALIFIERS = frozenset({"Required", "NotRequired", "ReadOnly", "Final", "ClassVar", "Unpack"})
_NEVER = (typing.Never, typing.NoReturn)


def read(hint: object) -> tuple[Check, tuple[str, ...]]:
    """The check of a hint, and what of the hint it leaves unchecked; never raises."""
    reader = Reader()
    try:
        check = reader.read(hint)
    except Exception as error:  # noqa: BLE001 - annotations are made of users' classes, which raise anything
        return Everything(object), (f"{hint_text(hint)}, which can't be read ({type(error).__name__})",)
    return check, tuple(reader.limits)


class Reader:
    """Reads one hint with all its parts; remembers what it has met, so that recursive hints end.

    `limits` holds, in order and once each, what the checks leave unchecked.
    """

    def __init__(self) -> None:
        self.limits: dict[str, None] = {}
        self._met: dict[object, tuple[Reference, int]] = {}
        self._scope = Scope()
        self._depth = 0
        self._containers = 0

    def read(self, hint: object) -> Check:
        """The check of a hint for the same value as the one being read: an alternative, an alias's value."""
        key = self._key(hint)
        if key in self._met:
            return self._again(*self._met[key])
        if self._depth == _DEEPEST:
            return self._unchecked(hint, "whatever is nested deeper than sixty types")
        reference = Reference(hint)
        self._met[key] = reference, self._containers
        self._depth += 1
        check = self._form(hint)
        self._depth -= 1
        reference.target = check
        return check

    def part(self, hint: object, scope: Scope | None = None) -> Check:
        """The check of a hint for a part of the value: an item, a field, an attribute.

        Args:
            hint: the hint of the part.
            scope: where the hint was written, if elsewhere than that of the whole.
        """
        self._containers += 1
        check = self._written_in(scope or self._scope, hint)
        self._containers -= 1
        return check

    def _written_in(self, scope: Scope, hint: object) -> Check:
        outer = self._scope
        self._scope = scope
        check = self.read(hint)
        self._scope = outer
        return check

    def leave(self, limit: str) -> None:
        """Note that something is left unchecked."""
        self.limits.setdefault(limit)

    def _key(self, hint: object) -> object:
        # Equal references mean different things in different scopes.
        key = (hint, type(hint), self._scope if not isinstance(hint, type) else None)
        try:
            hash(key)
        except Exception:  # noqa: BLE001 - metadata that can't be hashed
            return id(hint)
        return key

    def _again(self, reference: Reference, containers: int) -> Check:
        if hasattr(reference, "target"):
            return reference.target
        # An alternative that is the union itself adds no value to it: `type A = A | int`.
        return reference if containers < self._containers else Instances(reference.hint, ())

    def _unchecked(self, hint: object, limit: str) -> Check:
        self.leave(limit)
        return Everything(hint)

    def _form(self, hint: object) -> Check:
        origin = get_origin(hint)
        if origin is None:
            return self._plain(hint)
        if origin is Annotated:
            return self._annotated(hint)
        if origin is Literal:
            return Literals(hint, get_args(hint))
        if origin is typing.Union or origin is types.UnionType:
            return self._union(hint, get_args(hint))
        if isinstance(origin, type):
            return check_of_generic(self, hint, origin)
        if _is_alias(origin):
            return self._alias(origin, get_args(hint))
        return self._qualified(hint, getattr(origin, "_name", ""))

    def _plain(self, hint: object) -> Check:
        """A hint without arguments."""
        if hint is Any or hint is object or hint is inspect.Parameter.empty:
            return Everything(hint)
        if hint is None:
            return Instances(hint, (types.NoneType,))
        if isinstance(hint, type):
            return check_of_class(self, hint, hint, ())
        if isinstance(hint, (str, ForwardRef, Unresolved)):
            return self._reference(hint)
        if any(hint is never for never in _NEVER):
            return Instances(hint, ())
        if hint is typing.LiteralString:
            self.leave("that a string is literal")
            return Instances(hint, (str,))
        return self._named(hint)

    def _named(self, hint: object) -> Check:
        """A name that stands for another hint."""
        if isinstance(hint, typing.NewType):
            self.leave(f"that a value was made by {hint.__name__}()")
            return self.read(hint.__supertype__)
        if isinstance(hint, TypeVar):
            return self._variable(hint)
        if _is_alias(hint):
            return self._alias(hint, ())
        if isinstance(hint, InitVar):
            return self.read(typing.cast("Any", hint).type)  # declared as a class of nobody knows what
        if type(hint).__module__ in ("typing", "typing_extensions"):  # Self, a ParamSpec, a bare Union
            return self._unchecked(hint, f"what {hint_text(hint)} stands for")
        return self._unchecked(hint, f"{hint_text(hint)}, which is not a type of values")

    # Any: TypeAliasType is new in Python 3.12, and typing_extensions has its own.
    def _alias(self, alias: Any, arguments: tuple[object, ...]) -> Check:
        name: str = alias.__name__
        try:
            value = alias.__value__
        except Exception:  # noqa: BLE001 - it is evaluated now, and a name may be missing
            return self._unchecked(alias, f"{name}, which does not resolve")
        scope = scope_of(alias, alias.__type_params__, arguments)
        check = self._written_in(scope, scope.evaluated(value))
        if isinstance(check, Instances) and check.hint is alias:  # as it was met again in its own value
            return self._unchecked(alias, f"{name}, which stands for itself only")
        return check

    def _reference(self, hint: str | ForwardRef | Unresolved) -> Check:
        found = hint if isinstance(hint, Unresolved) else self._scope.evaluated(hint)
        if isinstance(found, Unresolved):
            return self._unchecked(hint, f"{found.name or found.text!r}, which does not resolve")
        return self.read(found)

    def _variable(self, variable: TypeVar) -> Check:
        self.leave(f"what the type variable {variable.__name__} stands for")
        if variable.__constraints__:
            return self._union(variable, variable.__constraints__)
        return Everything(variable) if variable.__bound__ is None else self.read(variable.__bound__)

    def _qualified(self, hint: object, name: str) -> Check:
        arguments = get_args(hint)
        if name in _QUALIFIERS and len(arguments) == 1:
            return self.read(arguments[0])
        if name in ("TypeGuard", "TypeIs"):
            return Instances(hint, (bool,))
        return self._unchecked(hint, f"{hint_text(hint)}, which is not a type of values")

    def _union(self, hint: object, alternatives: tuple[object, ...]) -> Check:
        classes: list[type] = []
        others: list[Check] = []
        for check in map(self.read, alternatives):
            if isinstance(check, Everything):
                return check
            if isinstance(check, Instances):
                classes.extend(check.classes)
            else:
                others.append(check)
        together = Instances(hint, tuple(classes))
        return Union(hint, (together, *others)) if others else together

    def _annotated(self, hint: Any) -> Check:  # the class of Annotated's aliases is private
        base: object = hint.__origin__
        metadata: tuple[object, ...] = hint.__metadata__
        if is_unvalidated(metadata):
            return self._unchecked(hint, "everything, as SkipValidation says")
        for limit in conversions(metadata):
            self.leave(limit)
        check = self.read(base)
        demanded = demands(metadata)
        if demanded and (get_origin(base) or base) in _MAYBE_ITERATORS:
            self.leave("what is demanded of an iterator, which looking could use up")
        return Refined(hint, base, check, demanded) if demanded else check


def _is_alias(hint: object) -> bool:
    # By name: its attributes are evaluated when they are asked for, and names may be missing.
    return type(hint).__name__ == "TypeAliasType" or isinstance(hint, RecursiveAlias)
