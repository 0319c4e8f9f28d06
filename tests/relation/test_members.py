"""What a class has as members, as far as the run-time class tells it."""

from __future__ import annotations

import functools
from typing import Protocol

import pydantic_core

from syncra._relation import Fit, assignable


class HasName(Protocol):
    name: str


class ReadsName(Protocol):
    @property
    def name(self) -> str: ...


class HasTitle(Protocol):
    @property
    def title(self) -> str: ...


class Slotted:
    __slots__ = ("name", "number")

    def __init__(self, name: str) -> None:
        self.name = name
        self.number = len(name)


class Numbered(Protocol):
    number: int


class Misnamed:
    __slots__ = ("name",)

    def __init__(self, name: bytes) -> None:
        self.name = name


class Cached:
    @functools.cached_property
    def name(self) -> str:
        return ""


def test_a_slot_is_an_attribute() -> None:
    """It has the type of what is assigned to it, where that is known, and is settable."""
    assert assignable(Slotted, HasName).fit is Fit.PROVEN
    assert assignable(Misnamed, HasName).reason == "bytes is not str: member 'name'"
    assert assignable(Slotted, Numbered).reason == "attribute 'number' has no annotation"


def test_a_cached_property_can_be_read_only() -> None:
    """Type checkers let nobody assign to one."""
    assert assignable(Cached, ReadsName).fit is Fit.PROVEN
    assert assignable(Cached, HasName).reason == "Cached is not HasName: its member 'name' can't be set"


def test_an_attribute_of_an_extension_class_is_no_function() -> None:
    """It may be anything, so it is checked."""
    assert assignable(pydantic_core.SchemaValidator, HasTitle).fit is Fit.CHECKED
