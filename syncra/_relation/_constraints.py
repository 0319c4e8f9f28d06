"""Constraints on values in `Annotated`: which metadata constrain, and when some imply others.

Specification: "Annotated" (metadata mean nothing to the type relation). What constrains is what pydantic and
annotated-types say; unknown metadata are ignored, as pydantic does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Final, cast

from syncra._annotations import Unresolved
from syncra._relation._terms import Atom, Constrained, Term

__all__ = ["constrained", "satisfied", "unmet"]

_MEASURES: Final = ("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length")
_RULES: Final = (
    "pattern",
    "max_digits",
    "decimal_places",
    "allow_inf_nan",
    "to_upper",
    "to_lower",
    "strip_whitespace",
)
# Classes of pydantic and annotated-types whose every instance says something about values.
_OPAQUE: Final = frozenset({
    "AfterValidator", "BeforeValidator", "PlainValidator", "WrapValidator", "ValidateAs", "Predicate", "Not",
    "Timezone", "Unit", "EncodedBytes", "EncodedStr", "UuidVersion", "PathType", "UrlConstraints",
    "AllowInfNan", "AwareDatetime", "NaiveDatetime", "PastDatetime", "FutureDatetime", "PastDate", "FutureDate",
    "EmailStr",
})  # fmt: skip
_TRANSFORMS: Final = frozenset({
    "AfterValidator", "BeforeValidator", "PlainValidator", "WrapValidator", "ValidateAs", "a validator of the user's",
})  # fmt: skip
_LIBRARIES: Final = ("pydantic", "annotated_types")
# By this hook pydantic takes part in any class, as a validator may.
_HOOK: Final = "__get_pydantic_core_schema__"
_OWN: Final = "a validator of the user's"


def constrained(base: Term, metadata: Iterable[object]) -> Term:
    """The base with those metadata that constrain its values."""
    metadata = tuple(metadata)
    atoms = tuple(dict.fromkeys(atom for each in metadata for atom in _atoms(each)))
    if not atoms:
        return base
    if isinstance(base, Constrained):
        return Constrained(base.base, tuple(dict.fromkeys(base.atoms + atoms)), base.metadata + metadata)
    return Constrained(base, atoms, metadata)


def _atoms(metadata: object) -> Iterator[Atom]:
    if metadata == "LiteralString" and isinstance(metadata, str):
        yield Atom("LiteralString", True, "LiteralString")
        return
    if isinstance(metadata, Unresolved):
        yield Atom("unresolved", metadata, metadata.text)
        return
    kind = metadata if isinstance(metadata, type) else type(metadata)
    if _is_own(kind) and hasattr(kind, _HOOK):
        yield Atom(_OWN, metadata, kind.__name__)
        return
    bases = [base.__name__ for base in kind.__mro__ if base.__module__.partition(".")[0] in _LIBRARIES]
    if not _OPAQUE.isdisjoint(bases):
        yield Atom(bases[0], metadata, kind.__name__)
    elif bases and not isinstance(metadata, type):
        yield from _measures(metadata, bases)


def _is_own(kind: type) -> bool:
    """Whether it is a class of the user's, and not of the libraries."""
    return kind.__module__.partition(".")[0] not in _LIBRARIES


def _measures(metadata: object, bases: list[str]) -> Iterator[Atom]:
    """What an instance of the libraries' classes, or of a class derived from one, says in its attributes."""
    for nested in _nested(metadata, bases):
        yield from _atoms(nested)
    if "FieldInfo" in bases:
        return  # its parts were read
    for name in _MEASURES + _RULES:
        value = _value(metadata, name)
        if (value is not None and value is not False) or (name == "allow_inf_nan" and value is False):
            yield Atom(name, value, _shown(name, value))


def _nested(metadata: object, bases: list[str]) -> tuple[object, ...]:
    """Field(...) keeps its constraints in parts, and a user's group of constraints gives them one by one."""
    if "GroupedMetadata" in bases and _is_own(type(metadata)):
        return tuple(cast("Iterable[object]", metadata))  # its protocol says so
    parts: object = getattr(metadata, "metadata", ())
    return tuple(cast("list[object]", parts)) if isinstance(parts, list) else ()


def _value(metadata: object, name: str) -> object:
    value = getattr(metadata, name, None)
    if name == "min_length" and value == 0:
        return None
    return value


def _shown(name: str, value: object) -> str:
    text = f"{name}={value!r}"
    return f"Field({text})" if len(text) <= 60 else f"Field({name}=...)"


def unmet(given: tuple[Atom, ...], wanted: tuple[Atom, ...]) -> Atom | None:
    """The first wanted constraint that the given ones don't imply."""
    return next((atom for atom in wanted if not implied(given, atom)), None)


def implied(given: tuple[Atom, ...], wanted: Atom) -> bool:
    """Whether a given constraint implies the wanted one; nothing implies a validator that may transform."""
    if wanted.kind in _TRANSFORMS:
        return False
    return any(_implies(atom, wanted) for atom in given)


def _implies(given: Atom, wanted: Atom) -> bool:
    if given == wanted:
        return True
    try:
        return _implies_measure(given.kind, given.value, wanted.kind, wanted.value)
    except Exception:  # noqa: BLE001 - values of any type are compared
        return False


def _implies_measure(kind: str, value: object, wanted_kind: str, wanted: object) -> bool:
    match kind, wanted_kind:
        case ("gt", "gt" | "ge") | ("ge", "ge") | ("min_length", "min_length"):
            return bool(value >= wanted)  # type: ignore[operator]  # bounds of one value compare
        case "ge", "gt":
            return bool(value > wanted)  # type: ignore[operator]  # as above
        case ("lt", "lt" | "le") | ("le", "le") | ("max_length", "max_length"):
            return bool(value <= wanted)  # type: ignore[operator]  # as above
        case "le", "lt":
            return bool(value < wanted)  # type: ignore[operator]  # as above
        case "multiple_of", "multiple_of":
            return math.fmod(value, wanted) == 0  # type: ignore[arg-type]  # as above
        case _:
            return False


def satisfied(value: object, wanted: Atom) -> bool:
    """Whether a literal value meets a constraint, where that can be computed."""
    try:
        return _satisfied(value, wanted.kind, wanted.value)
    except Exception:  # noqa: BLE001 - values of any type are compared
        return False


def _satisfied(value: object, kind: str, wanted: object) -> bool:
    match kind:
        case "gt" | "ge" | "lt" | "le":
            exact = Atom("ge", value, ""), Atom("le", value, "")
            return any(_implies(bound, Atom(kind, wanted, "")) for bound in exact)
        case "multiple_of":
            return math.fmod(value, wanted) == 0  # type: ignore[arg-type]  # a multiple is asked of numbers
        case "min_length":
            return bool(len(value) >= wanted)  # type: ignore[arg-type,operator]  # asked of sized values
        case "max_length":
            return bool(len(value) <= wanted)  # type: ignore[arg-type,operator]  # as above
        case "LiteralString":
            return isinstance(value, str)
        case _:
            return False
