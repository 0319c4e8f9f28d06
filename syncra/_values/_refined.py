"""Annotated: what a type can't say of a value is asked of pydantic, once the value is of the type.

The type itself is not left to pydantic: its strict mode refuses True for an int and takes a dict for a model.
"""

from __future__ import annotations

import collections
import types
import typing
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any

from syncra._values._checks import Check
from syncra._values._faults import Fault, clipped

if typing.TYPE_CHECKING:
    from pydantic import ValidationError

Validator = Callable[[object], object]

_HOOK = "__get_pydantic_core_schema__"
_PACKAGES = ("annotated_types", "pydantic")
# About the way to a value or on from it; a finished value can't break them.
_ABOUT_CONVERSION = frozenset({
    "Strict", "FailFast", "InstanceOf", "Discriminator", "Tag", "Json", "EncodedBytes", "EncodedStr",
    "WithJsonSchema", "Examples", "PlainSerializer", "WrapSerializer", "SerializeAsAny", "_OnErrorOmit",
    "Unit", "DocInfo",
})  # fmt: skip
_VALIDATORS = frozenset({"BeforeValidator", "AfterValidator", "WrapValidator", "PlainValidator"})
_LISTED = 10_000
# Pydantic's own schemas of these are quick, and take whatever our check of the class takes.
_NATIVE = (int, float, str, bytes)
_UNIONS = (typing.Union, types.UnionType)


def demands(metadata: tuple[object, ...]) -> tuple[object, ...]:
    """The parts of an Annotated's metadata that pydantic holds against a finished value, in their order."""
    found: list[object] = []
    for item in metadata:
        kind = item if isinstance(item, type) else type(item)
        if kind.__name__ == "FieldInfo" and kind.__module__.startswith("pydantic."):
            field: Any = item  # pydantic is not imported here
            found.extend(demands(tuple(field.metadata)))
        elif kind.__name__ not in _ABOUT_CONVERSION and _is_of_pydantic(kind):
            found.append(item)
    return tuple(found)


def _is_of_pydantic(kind: type) -> bool:
    packages = {base.__module__.partition(".")[0] for base in kind.__mro__}
    return not packages.isdisjoint(_PACKAGES) or hasattr(kind, _HOOK)


def is_unvalidated(metadata: tuple[object, ...]) -> bool:
    """Whether the metadata holds pydantic's SkipValidation."""
    kinds = (item if isinstance(item, type) else type(item) for item in metadata)
    return any(kind.__name__ == "SkipValidation" and _is_of_pydantic(kind) for kind in kinds)


def conversions(metadata: tuple[object, ...]) -> Iterator[str]:
    """What a user's validators make of a value, which is dropped."""
    for item in metadata:
        kind = item if isinstance(item, type) else type(item)
        own = kind.__module__.partition(".")[0] not in _PACKAGES
        if kind.__name__ in _VALIDATORS or (own and hasattr(kind, _HOOK)):
            yield f"what {kind.__name__} makes of the value: it is run, and its result dropped"
        elif kind.__name__ in ("Json", "EncodedBytes", "EncodedStr"):
            yield f"the encoding that {kind.__name__} reads: a value is taken as already decoded"


class Refined(Check):
    """A value of a base hint that also meets the demands of its metadata."""

    __slots__ = ("_base", "_base_hint", "_demands", "_each", "_every")

    def __init__(self, hint: object, base_hint: object, base: Check, demanded: tuple[object, ...]) -> None:
        super().__init__(hint)
        self._base_hint = base_hint
        self._base = base
        self._demands = demanded
        self._each: tuple[Validator, ...] | None = None
        self._every: tuple[Validator, ...] | None = None

    def accepts(self, value: object) -> bool:
        if not self._base.accepts(value):
            return False
        if _is_iterator(type(value)):
            return True
        try:
            for validator in self._validators():
                validator(value)
        except Exception:  # noqa: BLE001 - what was raised is told by the closer look
            return False
        return True

    def accepts_all(self, values: Iterable[object]) -> bool:
        if any(map(_is_iterator, set(map(type, values)))):
            return all(map(self.accepts, values))
        if not self._base.accepts_all(values):
            return False
        if self._every is None:
            self._every = _validators(self._base_hint, self._demands, many=True)
        return not any(reason for validator in self._every for reason in _refusals(_drained(validator), values))

    def faults(self, value: object) -> Iterator[Fault]:
        of_base = False
        for fault in self._base.faults(value):
            of_base = True
            yield fault
        if not of_base:
            yield from self._refusals(value)

    def _refusals(self, value: object) -> Iterator[Fault]:
        if _is_iterator(type(value)):  # a validator could use it up
            return
        for validator in self._validators():
            yield from _refusals(validator, value)

    def _validators(self) -> tuple[Validator, ...]:
        if self._each is None:
            self._each = _validators(self._base_hint, self._demands, many=False)
        return self._each


def _is_iterator(kind: type) -> bool:
    return hasattr(kind, "__next__")


def _drained(validator: Validator) -> Validator:
    """A validator of iterables, iterated to the end: pydantic's is lazy, and no list of results is made."""

    def drain(values: Any) -> object:  # an iterable, as are the validator's results
        results: Any = validator(iter(values))
        return collections.deque(results, maxlen=0)

    return drain


def _refusals(validator: Validator, value: object) -> Iterator[Fault]:
    try:
        validator(value)
    except Exception as error:  # noqa: BLE001 - a validator raises anything, and a constraint may not apply
        yield from _told(error)


def _told(error: Exception) -> Iterator[Fault]:
    from pydantic import ValidationError

    if isinstance(error, ValidationError):
        yield from reasons(error)
    else:
        yield Fault("", clipped(f"{type(error).__name__}: {error}"), near=True)


def reasons(error: ValidationError) -> Iterator[Fault]:
    """Pydantic's reasons as faults; only their number where a list of them would take gigabytes."""
    if error.error_count() > _LISTED:
        yield Fault("", f"pydantic gives {error.error_count()} reasons, too many to list", near=True)
        return
    for reason in error.errors(include_url=False, include_context=False, include_input=False):
        path = "".join(f"[{step!r}]" for step in reason["loc"])
        yield Fault(path, reason["msg"], near=True)


def _validators(base: object, demanded: tuple[object, ...], *, many: bool) -> tuple[Validator, ...]:
    """Pydantic's validators of the demands.

    Constraints are held against the value itself; where validators may change it first, the whole is run too.
    """
    constraints = tuple(item for item in demanded if not hasattr(item, _HOOK))
    chains = [constraints] if len(constraints) < len(demanded) else []
    built: list[Validator] = []
    for chain in filter(None, (*chains, demanded)):
        whole = _validator(base, chain, many=many)
        alone = [_validator(base, (item,), many=many) for item in chain] if whole is None else [whole]
        built.extend(validator for validator in alone if validator is not None)
    return tuple(built)


def _validator(base: object, chain: tuple[object, ...], *, many: bool) -> Validator | None:
    """One validator of some demands, or None where pydantic can't hold them against a finished value."""
    from pydantic import ConfigDict, TypeAdapter

    annotated: Any = Annotated  # forms made at run time, which no type checker follows
    iterable: Any = Iterable
    attempts: list[tuple[object, ...]] = [
        (_loosened(base), *(_Hook(item, base) if hasattr(item, _HOOK) else item for item in chain))
    ]
    if isinstance(base, type):  # demands that look at the schema of their base: the version of a UUID
        attempts.append((base, *chain))
    for attempt in attempts:
        target = iterable[annotated[attempt]] if many else annotated[attempt]
        try:
            adapter = TypeAdapter[object](target, config=ConfigDict(arbitrary_types_allowed=True))
            adapter.rebuild(raise_errors=True)  # nothing to do but where a name is missing
        except Exception:  # noqa: BLE001, S112 - pydantic raises a dozen classes, and a hook any
            continue
        return adapter.validate_python
    return None


def _loosened(base: object) -> object:
    """What stands for the base, which was checked before: Any, or a scalar with a quick schema of its own."""
    alternatives = typing.get_args(base) if typing.get_origin(base) in _UNIONS else (base,)
    kinds = [kind for kind in alternatives if kind is not None and kind is not type(None)]
    inner = kinds[0] if len(kinds) == 1 and any(kinds[0] is kind for kind in _NATIVE) else Any
    # Pydantic exempts None from the constraints of an optional hint.
    if len(kinds) == len(alternatives):
        return inner
    return typing.Union[inner, None]  # noqa: UP007 - not every form has the operator


class _Hook:
    """A hook of metadata that is told the true base, and handed the schema of what stands for it."""

    def __init__(self, item: object, base: object) -> None:
        self._item = item
        self._base = base

    def __get_pydantic_core_schema__(
        self, source: object, handler: Any
    ) -> object:  # pydantic's handler has no public class
        return getattr(self._item, _HOOK)(self._base, _Handler(source, handler))


class _Handler:
    """Pydantic's handler, which gives the schema of what stands for the base whatever it is asked for."""

    def __init__(self, source: object, handler: Any) -> None:  # as above
        self._source = source
        self._handler = handler

    def __call__(self, _: object) -> object:
        return self._handler(self._source)

    def __getattr__(self, name: str) -> object:
        return getattr(self._handler, name)


class Whole:
    """The demand of a class of pydantic's that is never instantiated: `AwareDatetime` is a datetime."""

    def __init__(self, cls: type) -> None:
        self._cls = cls

    def __get_pydantic_core_schema__(self, source: object, handler: Any) -> object:  # as above
        return handler.generate_schema(self._cls)
