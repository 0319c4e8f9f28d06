"""Typed dictionaries: their items, and when one fits another (specification: "Typed dictionaries")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import get_args, get_origin

from syncra._annotations import resolve
from syncra._relation._classes import names_of, remembered, solution_of
from syncra._relation._findings import Compare, Finding, Mismatch, first_fault
from syncra._relation._hints import OBJECT, read_hint
from syncra._relation._replacing import replace_variables
from syncra._relation._terms import Class, Instance, Term

__all__ = ["record_fits"]


@dataclass(frozen=True, slots=True)
class _Item:
    term: Term
    required: bool
    read_only: bool


def record_fits(compare: Compare, source: Instance, target: Instance) -> Finding:
    """Whether one TypedDict fits another, item by item; names play no part."""
    given = _items(source)
    return first_fault(
        _item_fits(compare, source, target, key, given.get(key), wanted) for key, wanted in _items(target).items()
    )


def _item_fits(
    compare: Compare, source: Instance, target: Instance, key: str, given: _Item | None, wanted: _Item
) -> Finding:
    if given is None:
        return _missing_fits(compare, source, target, key, wanted)
    if wanted.required and not given.required:
        return Mismatch(source, target, f"its item {key!r} may be missing")
    if wanted.read_only:
        return compare.fits(given.term, wanted.term)
    if given.read_only:
        return Mismatch(source, target, f"its item {key!r} is read-only")
    if given.required and not wanted.required:
        return Mismatch(source, target, f"its item {key!r} can't be deleted")
    return compare.same(given.term, wanted.term)


def _missing_fits(compare: Compare, source: Instance, target: Instance, key: str, wanted: _Item) -> Finding:
    """An item that the source does not speak of may hold anything: only a read-only `object` takes it."""
    if wanted.required or not wanted.read_only or compare.fits(OBJECT, wanted.term) is not None:
        return Mismatch(source, target, f"it has no item {key!r}")
    return None


def _items(applied: Instance) -> Mapping[str, _Item]:
    solution = solution_of(applied)
    return {
        key: replace(item, term=replace_variables(item.term, solution)) for key, item in _own_items(applied.of).items()
    }


@remembered
def _own_items(of: Class) -> Mapping[str, _Item]:
    """All items, inherited ones too, in terms of the type parameters of this class."""
    inherited: dict[str, _Item] = {}
    for base in _record_bases(of.cls):
        inherited.update(_items(base))
    hints: Mapping[str, object] = of.cls.__annotations__
    raw_bases = [getattr(each, "__annotations__", {}) for each in map(_origin, _base_hints(of.cls))]
    items = dict(inherited)
    for key, hint in hints.items():
        if not any(bases.get(key) is hint for bases in raw_bases) or key not in items:
            items[key] = _item(of.cls, key, resolve(hint, *names_of(of.cls)))
    return items


def _base_hints(cls: type) -> tuple[object, ...]:
    hints: tuple[object, ...] = vars(cls).get("__orig_bases__", ())
    return hints


def _origin(hint: object) -> object:
    return get_origin(hint) or hint


def _record_bases(cls: type) -> Iterator[Instance]:
    for hint in _base_hints(cls):
        if type(_origin(hint)).__name__ == "_TypedDictMeta" and getattr(_origin(hint), "__annotations__", None):
            term = read_hint(hint)
            if isinstance(term, Instance):
                yield term


def _item(cls: type, key: str, hint: object) -> _Item:
    """The item's qualifiers; a string annotation hides them from the class itself, so they are read here."""
    required, read_only = (key in getattr(cls, keys, ()) for keys in ("__required_keys__", "__readonly_keys__"))
    inner = hint
    while (name := getattr(get_origin(inner), "_name", None)) in ("Required", "NotRequired", "ReadOnly"):
        required = name == "Required" or (required and name != "NotRequired")
        read_only = read_only or name == "ReadOnly"
        inner = get_args(inner)[0]
    return _Item(read_hint(inner), required, read_only)
