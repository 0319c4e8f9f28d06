"""The ways of looking at a value: one class for each, composed into a tree that mirrors the hint.

Every check answers twice. `accepts` is quick and may raise for a hostile value; `faults` says what is wrong and where,
and is what decides when `accepts` did not say yes. Neither converts, copies or keeps the value; nothing lazy is iterated.
"""

from __future__ import annotations

import collections
from abc import ABCMeta, abstractmethod
from collections import abc
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import get_origin

from syncra._values._faults import Fault, hint_text, literal, shown

Classes = tuple[type, ...]


class Check(metaclass=ABCMeta):
    """Decides whether a value is a value of `hint`."""

    __slots__ = ("hint",)

    def __init__(self, hint: object) -> None:
        self.hint = hint

    @abstractmethod
    def accepts(self, value: object) -> bool:
        """True only if the value fits; False where a closer look is needed."""

    def accepts_all(self, values: Collection[object]) -> bool:
        """True only if each of the values fits; the collection can be iterated again and again."""
        return all(map(self.accepts, values))

    @abstractmethod
    def faults(self, value: object) -> Iterator[Fault]:
        """What keeps the value from fitting, in the order of the value; nothing if it fits."""

    def misfit(self, value: object) -> Fault:
        return Fault("", f"{shown(value)} is not {hint_text(self.hint)}")


def inside(step: str, check: Check, value: object) -> Iterator[Fault]:
    """The faults of a part of a value, with the step that leads to it; what a hostile part raises is a fault of its own."""
    try:
        if check.accepts(value):
            return
    except Exception:  # decided by the closer look
        pass
    try:
        for path, reason, near in check.faults(value):
            yield Fault(step + path, reason, near)
    except RecursionError:
        yield Fault(step, "it contains itself or is nested too deep to be checked")
    except Exception as error:  # whatever a user's class raises when it is looked at
        yield Fault(step, f"{type(value).__qualname__} object could not be checked: {type(error).__name__} was raised")


class Everything(Check):
    """Any, object, a missing or unresolved annotation."""

    __slots__ = ()

    def accepts(self, value: object) -> bool:
        return True

    def accepts_all(self, values: Collection[object]) -> bool:
        return True

    def faults(self, value: object) -> Iterator[Fault]:
        return iter(())


class Instances(Check):
    """Of one of some classes, as isinstance says; no class at all is Never."""

    __slots__ = ("_by_type", "classes")

    def __init__(self, hint: object, classes: Classes) -> None:
        super().__init__(hint)
        self.classes = classes
        plain = (type.__instancecheck__, ABCMeta.__instancecheck__)
        self._by_type = all(type(kind).__instancecheck__ in plain for kind in classes)

    def accepts(self, value: object) -> bool:
        return isinstance(value, self.classes)

    def accepts_all(self, values: Collection[object]) -> bool:
        # A million items have few types: collecting these runs at the speed of C.
        if not self._by_type:
            return all(map(self.accepts, values))
        try:
            return all(issubclass(kind, self.classes) for kind in set(map(type, values)))
        except TypeError:  # a metaclass whose classes can't be hashed
            return False

    def faults(self, value: object) -> Iterator[Fault]:
        if not isinstance(value, self.classes):
            yield self.misfit(value)


class Literals(Check):
    """One of some literal values, of that very type: True is not 1, and an enum's member is only itself."""

    __slots__ = ("_kinds", "_values")

    def __init__(self, hint: object, values: Iterable[object]) -> None:
        super().__init__(hint)
        self._values = frozenset((type(value), value) for value in values)
        self._kinds = frozenset(kind for kind, _ in self._values)

    def accepts(self, value: object) -> bool:
        # The type first: only values of the literals' own types are hashed and compared.
        return type(value) in self._kinds and (type(value), value) in self._values

    def faults(self, value: object) -> Iterator[Fault]:
        if not self.accepts(value):
            yield self.misfit(value)


class Union(Check):
    """At least one of some alternatives."""

    __slots__ = ("_alternatives",)

    def __init__(self, hint: object, alternatives: tuple[Check, ...]) -> None:
        super().__init__(hint)
        self._alternatives = alternatives

    def accepts(self, value: object) -> bool:
        for alternative in self._alternatives:
            if alternative.accepts(value):
                return True
        return False

    def faults(self, value: object) -> Iterator[Fault]:
        near: list[Fault] = []
        for alternative in self._alternatives:
            found = list(islice(inside("", alternative, value), 10))
            if not found:
                return
            near.extend(fault for fault in found if fault.near or fault.path)
        yield from near or [self.misfit(value)]


class Subclasses(Check):
    """A class that is one of some classes or a subclass; `list[int]` stands for the class `list`."""

    __slots__ = ("_classes",)

    def __init__(self, hint: object, classes: Classes) -> None:
        super().__init__(hint)
        self._classes = classes

    def accepts(self, value: object) -> bool:
        kind = value if isinstance(value, type) else get_origin(value)
        return isinstance(kind, type) and issubclass(kind, self._classes)

    def faults(self, value: object) -> Iterator[Fault]:
        if not self.accepts(value):
            yield self.misfit(value)


class Calls(Check):
    """Anything that can be called."""

    __slots__ = ()

    def accepts(self, value: object) -> bool:
        return callable(value)

    def faults(self, value: object) -> Iterator[Fault]:
        if not callable(value):
            yield self.misfit(value)


# What is exactly of these types can be iterated again, and its length is the number of its items.
_STEADY = frozenset({list, tuple, set, frozenset, dict, collections.deque, type({}.values()), type({}.keys()), type({}.items())})
# The items of these are all of one class, so that a range of any length and a long text are known by their first item.
_UNIFORM = frozenset({str, bytes, bytearray, range})
_CONTAINERS = (abc.Sequence, abc.Set, abc.Mapping, abc.ValuesView)


class Items(Check):
    """A container of one class whose items all fit; what is not declared a sequence, set or mapping is never iterated."""

    __slots__ = ("_item", "_kind")

    def __init__(self, hint: object, kind: type, item: Check) -> None:
        super().__init__(hint)
        self._kind = kind
        self._item = item

    def accepts(self, value: object) -> bool:
        if not isinstance(value, self._kind):
            return False
        if type(value) in _STEADY:
            return self._item.accepts_all(value)  # type: ignore[arg-type]  # each steady type is a collection
        return all(map(self._item.accepts, self._looked_at(value)))

    def faults(self, value: object) -> Iterator[Fault]:
        if not isinstance(value, self._kind):
            yield self.misfit(value)
            return
        ordered = isinstance(value, abc.Sequence)
        for index, item in enumerate(self._looked_at(value)):
            yield from inside(f"[{index}]" if ordered else f"{{{literal(item)}}}", self._item, item)

    def _looked_at(self, value: object) -> Iterable[object]:
        if type(value) in _STEADY:
            return value  # type: ignore[return-value]  # each steady type is a collection
        if not isinstance(value, _CONTAINERS):
            return ()
        uniform = type(value) in _UNIFORM and isinstance(self._item, (Instances, Everything))
        # The length bounds a sequence whose `__getitem__` never raises IndexError.
        return islice(value, 1 if uniform else len(value))


class Pairs(Check):
    """A mapping of one class whose keys and values all fit."""

    __slots__ = ("_key", "_kind", "_value")

    def __init__(self, hint: object, kind: type, key: Check, value: Check) -> None:
        super().__init__(hint)
        self._kind = kind
        self._key = key
        self._value = value

    def accepts(self, value: object) -> bool:
        if not isinstance(value, self._kind):
            return False
        if type(value) is dict:
            return self._key.accepts_all(value) and self._value.accepts_all(value.values())
        return not any(self._of_pairs(value))

    def faults(self, value: object) -> Iterator[Fault]:
        return self._of_pairs(value) if isinstance(value, self._kind) else iter((self.misfit(value),))

    def _of_pairs(self, value: object) -> Iterator[Fault]:
        assert isinstance(value, abc.Mapping)
        for key, item in islice(value.items(), len(value)):
            yield from inside(f"<key {literal(key)}>", self._key, key)
            yield from inside(f"[{literal(key)}]", self._value, item)


class Tuple(Check):
    """A tuple with a check for each of its first and last items, and one for any number between them (None: no others)."""

    __slots__ = ("_between", "_first", "_last")

    def __init__(self, hint: object, first: tuple[Check, ...], between: Check | None, last: tuple[Check, ...]) -> None:
        super().__init__(hint)
        self._first = first
        self._between = between
        self._last = last

    def accepts(self, value: object) -> bool:
        if type(value) is tuple and not self._first and not self._last and self._between is not None:
            return self._between.accepts_all(value)
        if not isinstance(value, tuple) or not self._right_length(value):
            return False
        return all(check.accepts(item) for check, item in zip(self._spread(len(value)), value))

    def faults(self, value: object) -> Iterator[Fault]:
        if not isinstance(value, tuple):
            yield self.misfit(value)
        elif not self._right_length(value):
            yield Fault("", f"a tuple of {len(value)} is not {hint_text(self.hint)}", near=True)
        else:
            for index, (check, item) in enumerate(zip(self._spread(len(value)), value)):
                yield from inside(f"[{index}]", check, item)

    def _right_length(self, value: tuple[object, ...]) -> bool:
        fixed = len(self._first) + len(self._last)
        return len(value) == fixed if self._between is None else len(value) >= fixed

    def _spread(self, length: int) -> Iterator[Check]:
        yield from self._first
        if self._between is not None:
            for _ in range(length - len(self._first) - len(self._last)):
                yield self._between
        yield from self._last


class Keys(Check):
    """A dict with the keys of a TypedDict: the required ones are there, each one's value fits, others fit `extra`."""

    __slots__ = ("_extra", "_fields", "_required")

    def __init__(self, hint: object, fields: Mapping[str, Check], required: frozenset[str], extra: Check) -> None:
        super().__init__(hint)
        self._fields = fields
        self._required = required
        self._extra = extra

    def accepts(self, value: object) -> bool:
        if not isinstance(value, dict) or not self._required <= value.keys():
            return False
        if isinstance(self._extra, Everything):
            return all(name not in value or check.accepts(value[name]) for name, check in self._fields.items())
        return not any(self._of_items(value))

    def faults(self, value: object) -> Iterator[Fault]:
        if not isinstance(value, dict):
            yield self.misfit(value)
            return
        for name in sorted(self._required - value.keys()):
            yield Fault("", f"the key {name!r} of {hint_text(self.hint)} is missing", near=True)
        yield from self._of_items(value)

    def _of_items(self, value: dict[object, object]) -> Iterator[Fault]:
        for key, item in value.items():
            check = self._fields.get(key, self._extra) if type(key) is str else self._extra
            yield from inside(f"[{literal(key)}]", check, item)


class Attributes(Check):
    """An object of a class, some attributes of which fit: the fields of a NamedTuple, the dtype of an array."""

    __slots__ = ("_attributes", "_whole")

    def __init__(self, whole: Check, attributes: Mapping[str, Check]) -> None:
        super().__init__(whole.hint)
        self._whole = whole
        self._attributes = attributes

    def accepts(self, value: object) -> bool:
        if not self._whole.accepts(value):
            return False
        return all(check.accepts(getattr(value, name)) for name, check in self._attributes.items())

    def faults(self, value: object) -> Iterator[Fault]:
        found = False
        for fault in self._whole.faults(value):
            found = True
            yield fault
        for name, check in () if found else self._attributes.items():
            yield from inside(f".{name}", check, getattr(value, name))


class Reference(Check):
    """A hint met again inside itself: stands for the check that was being read then."""

    __slots__ = ("target",)
    target: Check

    def accepts(self, value: object) -> bool:
        return self.target.accepts(value)

    def faults(self, value: object) -> Iterator[Fault]:
        return self.target.faults(value)
