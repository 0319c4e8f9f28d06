"""Containers: checks that look inside lists, mappings, tuples and the dicts of a TypedDict."""

from __future__ import annotations

import collections
from collections import abc
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from itertools import chain, islice
from operator import itemgetter
from typing import Any, TypeGuard

from syncra._values._checks import Check, Everything, Instances, K, inside, is_a
from syncra._values._faults import Fault, hint_text, literal

_TUPLE: type[tuple[object, ...]] = tuple
_DICT: type[dict[object, object]] = dict
_EMPTY: dict[str, str] = {}
# What is exactly of these types can be iterated again and again, and all at once.
_STEADY: frozenset[object] = frozenset(
    (
        list,
        tuple,
        set,
        frozenset,
        dict,
        collections.deque,
        type(_EMPTY.keys()),
        type(_EMPTY.values()),
        type(_EMPTY.items()),
    )
)
# The items of these are all of one class, so that the first tells of a range of any length.
_UNIFORM: frozenset[object] = frozenset((str, bytes, bytearray, range))
# Who inherits from these promises to be iterable again; who only has their methods does not.
_DECLARED = (abc.Sequence, abc.Set, abc.Mapping, abc.ValuesView)


def _is_steady(value: object) -> TypeGuard[Collection[object]]:
    return type(value) in _STEADY


class _Parts:
    """The parts of many containers as one iterable, made anew whenever it is iterated."""

    __slots__ = ("_made",)

    def __init__(self, made: Callable[[], Iterator[object]]) -> None:
        self._made = made

    def __iter__(self) -> Iterator[object]:
        return self._made()


def _are_steady(values: Iterable[object], kind: type) -> TypeGuard[Iterable[Collection[object]]]:
    try:
        return all(each in _STEADY and issubclass(each, kind) for each in set(map(type, values)))
    except TypeError:  # a metaclass whose classes can't be hashed
        return False


def _are_exactly(values: Iterable[object], kind: type[K]) -> TypeGuard[Iterable[K]]:
    return all(type(value) is kind for value in values)


def _values_of(mappings: Iterable[Mapping[object, object]]) -> Iterator[object]:
    return chain.from_iterable(mapping.values() for mapping in mappings)


def _column(rows: Iterable[tuple[object, ...]], index: int) -> Iterator[object]:
    return map(itemgetter(index), rows)


def _is_declared(value: object) -> TypeGuard[Collection[object]]:
    return isinstance(value, _DECLARED)


class Items(Check):
    """A container whose items all fit; what is not declared a sequence, set or mapping is never iterated."""

    __slots__ = ("_item", "_kind")

    def __init__(self, hint: object, kind: type[Any], item: Check) -> None:  # of items of any type
        super().__init__(hint)
        self._kind: type[Iterable[object]] = kind
        self._item = item

    def accepts(self, value: object) -> bool:
        if not is_a(value, self._kind):
            return False
        if _is_steady(value):
            return self._item.accepts_all(value)
        return all(map(self._item.accepts, self._looked_at(value)))

    def accepts_all(self, values: Iterable[object]) -> bool:
        if not _are_steady(values, self._kind):
            return all(map(self.accepts, values))
        return self._item.accepts_all(_Parts(partial(chain.from_iterable, values)))

    def faults(self, value: object) -> Iterator[Fault]:
        if not is_a(value, self._kind):
            yield self.misfit(value)
            return
        ordered = isinstance(value, abc.Sequence)
        for index, item in enumerate(self._looked_at(value)):
            yield from inside(f"[{index}]" if ordered else f"{{{literal(item)}}}", self._item, item)

    def _looked_at(self, value: Iterable[object]) -> Iterable[object]:
        if _is_steady(value):
            return value
        if not _is_declared(value):
            return ()
        uniform = type(value) in _UNIFORM and isinstance(self._item, (Instances, Everything))
        # The length bounds a sequence whose `__getitem__` never raises IndexError.
        return islice(value, 1 if uniform else len(value))


class Pairs(Check):
    """A mapping of one class whose keys and values all fit."""

    __slots__ = ("_key", "_kind", "_value")

    def __init__(self, hint: object, kind: type[Any], key: Check, value: Check) -> None:  # as above
        super().__init__(hint)
        self._kind: type[Mapping[object, object]] = kind
        self._key = key
        self._value = value

    def accepts(self, value: object) -> bool:
        if not is_a(value, self._kind):
            return False
        kind: object = type(value)
        if kind is dict:
            return self._key.accepts_all(value) and self._value.accepts_all(value.values())
        return not any(self._of_pairs(value))

    def accepts_all(self, values: Iterable[object]) -> bool:
        if not _are_exactly(values, _DICT) or not issubclass(dict, self._kind):
            return all(map(self.accepts, values))
        keys, items = _Parts(partial(chain.from_iterable, values)), _Parts(partial(_values_of, values))
        return self._key.accepts_all(keys) and self._value.accepts_all(items)

    def faults(self, value: object) -> Iterator[Fault]:
        return self._of_pairs(value) if is_a(value, self._kind) else iter((self.misfit(value),))

    def _of_pairs(self, value: Mapping[object, object]) -> Iterator[Fault]:
        for key, item in islice(value.items(), len(value)):
            yield from inside(f"<key {literal(key)}>", self._key, key)
            yield from inside(f"[{literal(key)}]", self._value, item)


class Tuple(Check):
    """A tuple with a check for each of its first and last items, and one for all between, if any may be."""

    __slots__ = ("_between", "_first", "_last")

    def __init__(self, hint: object, first: tuple[Check, ...], between: Check | None, last: tuple[Check, ...]) -> None:
        super().__init__(hint)
        self._first = first
        self._between = between
        self._last = last

    def accepts(self, value: object) -> bool:
        if not is_a(value, _TUPLE):
            return False
        if type(value) is tuple and not self._first and not self._last and self._between is not None:
            return self._between.accepts_all(value)
        return self._right_length(value) and all(check.accepts(item) for check, item in self._matched(value))

    def accepts_all(self, values: Iterable[object]) -> bool:
        mixed = self._between is not None and (self._first or self._last)
        if mixed or not _are_exactly(values, _TUPLE) or not all(map(self._right_length, values)):
            return all(map(self.accepts, values))
        if self._between is not None:
            return self._between.accepts_all(_Parts(partial(chain.from_iterable, values)))
        columns = (_Parts(partial(_column, values, index)) for index in range(len(self._first)))
        return all(check.accepts_all(column) for check, column in zip(self._first, columns, strict=True))

    def faults(self, value: object) -> Iterator[Fault]:
        if not is_a(value, _TUPLE):
            yield self.misfit(value)
            return
        if not self._right_length(value):
            yield Fault("", f"a tuple of {len(value)} is not {hint_text(self.hint)}", near=True)
            return
        for index, (check, item) in enumerate(self._matched(value)):
            yield from inside(f"[{index}]", check, item)

    def _right_length(self, value: tuple[object, ...]) -> bool:
        fixed = len(self._first) + len(self._last)
        return len(value) == fixed if self._between is None else len(value) >= fixed

    def _matched(self, value: tuple[object, ...]) -> Iterator[tuple[Check, object]]:
        upto, until = len(self._first), len(value) - len(self._last)
        for index, item in enumerate(value):
            if self._between is not None and upto <= index < until:
                yield self._between, item
            else:
                yield (self._first[index] if index < upto else self._last[index - until]), item


class Keys(Check):
    """A dict with the keys of a TypedDict: the required ones are there, and each one's value fits.

    Other keys have values that fit `extra`; where it is None there are none.
    """

    __slots__ = ("_extra", "_fields", "_required")

    def __init__(
        self, hint: object, fields: Mapping[str, Check], required: frozenset[str], extra: Check | None
    ) -> None:
        super().__init__(hint)
        self._fields = fields
        self._required = required
        self._extra = extra

    def accepts(self, value: object) -> bool:
        if not is_a(value, _DICT) or not self._required <= value.keys():
            return False
        if isinstance(self._extra, Everything):
            return all(name not in value or check.accepts(value[name]) for name, check in self._fields.items())
        return not any(self._of_items(value))

    def faults(self, value: object) -> Iterator[Fault]:
        if not is_a(value, _DICT):
            yield self.misfit(value)
            return
        for name in sorted(self._required - value.keys()):
            yield Fault("", f"the key {name!r} of {hint_text(self.hint)} is missing", near=True)
        yield from self._of_items(value)

    def _of_items(self, value: dict[object, object]) -> Iterator[Fault]:
        for key, item in value.items():
            check = self._fields.get(key, self._extra) if isinstance(key, str) else self._extra
            if check is None:
                yield Fault("", f"{hint_text(self.hint)} has no key {literal(key)}", near=True)
            else:
                yield from inside(f"[{literal(key)}]", check, item)
