"""The ways of looking at a value: one class for each, composed into a tree that mirrors the hint.

Every check answers twice. `accepts` is quick and may raise for a hostile value; `faults` says what is wrong
and where, and decides when `accepts` did not say yes. Neither converts, copies or keeps the value, and
nothing lazy is iterated.
"""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TypeGuard, TypeVar, get_origin

from syncra._values._faults import Fault, hint_text, shown

Classes = tuple[type, ...]
K = TypeVar("K")


class Check(metaclass=ABCMeta):
    """Decides whether a value is a value of `hint`."""

    __slots__ = ("hint",)

    def __init__(self, hint: object) -> None:
        self.hint = hint

    @abstractmethod
    def accepts(self, value: object) -> bool:
        """True only if the value fits; False where a closer look is needed."""

    def accepts_all(self, values: Iterable[object]) -> bool:
        """True only if each of the values fits; they can be iterated again and again."""
        return all(map(self.accepts, values))

    @abstractmethod
    def faults(self, value: object) -> Iterator[Fault]:
        """What keeps the value from fitting, in the order of the value; nothing if it fits."""

    def misfit(self, value: object) -> Fault:
        return Fault("", f"{shown(value)} is not {hint_text(self.hint)}")


def is_a(value: object, kind: type[K]) -> TypeGuard[K]:
    """As isinstance, for a generic class with its arguments taken as given: they are about to be looked at."""
    return isinstance(value, kind)


def inside(step: str, check: Check, value: object) -> Iterator[Fault]:
    """The faults of a part of a value, with the step that leads to it; what it raises is a fault too."""
    try:
        if check.accepts(value):
            return
    except Exception:  # noqa: BLE001, S110 - decided by the closer look
        pass
    try:
        for path, reason, near in check.faults(value):
            yield Fault(step + path, reason, near)
    except RecursionError:
        yield Fault(step, "it contains itself or is nested too deep to be checked")
    except Exception as error:  # noqa: BLE001 - whatever a user's class raises when it is looked at
        yield Fault(step, f"{type(value).__qualname__} object could not be checked: {type(error).__name__} was raised")


class Everything(Check):
    """Any, object, a missing or unresolved annotation."""

    __slots__ = ()

    def accepts(self, value: object) -> bool:
        return True

    def accepts_all(self, values: Iterable[object]) -> bool:
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

    def accepts_all(self, values: Iterable[object]) -> bool:
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


class Attributes(Check):
    """An object of a class, some attributes of which fit: a NamedTuple's fields, an array's dtype."""

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
