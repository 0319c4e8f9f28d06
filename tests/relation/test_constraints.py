"""What metadata say about values, and so leave to be checked."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Iterator
from typing import Annotated, Any

import pydantic
import pytest
from annotated_types import BaseMetadata, GroupedMetadata, Gt, Lt
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema

from syncra._relation import Fit, assignable

AWARE: Any = pydantic.AwareDatetime
EMAIL: Any = pydantic.EmailStr
PAST: Any = pydantic.PastDate
JSON: Any = pydantic.Json
ADDRESS: Any = pydantic.IPvAnyAddress


class Validating:
    """Takes part in validation by pydantic's hook, and may do anything there."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return handler(source)


class Between(GroupedMetadata):
    def __iter__(self) -> Iterator[BaseMetadata]:
        return iter((Gt(0), Lt(9)))


class Above(Gt):
    """A constraint of the library's by another name."""


@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [
        (int, Annotated[int, Validating()], "Validating is checked on the value"),
        (int, Annotated[int, Validating], "Validating is checked on the value"),
        (int, Annotated[int, Between()], "Field(gt=0) is checked on the value"),
        (Annotated[int, Gt(0)], Annotated[int, Between()], "Field(lt=9) is checked on the value"),
        (int, Annotated[int, Above(3)], "Field(gt=3) is checked on the value"),
        (dt.datetime, AWARE, "AwareDatetime is checked on the value"),
        (str, EMAIL, "EmailStr is checked on the value"),
    ],
)
def test_constraints_are_checked(source: object, target: object, reason: str) -> None:
    """What pydantic would hold against a value is left to the value, whoever wrote it."""
    assert assignable(source, target).reason == reason


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (Annotated[int, Gt(1), Lt(5)], Annotated[int, Between()]),
        (Annotated[int, Above(3)], Annotated[int, Gt(0)]),
        (AWARE, dt.datetime),
        (AWARE, AWARE),
        (PAST, dt.date),
        (EMAIL, str),
        (str, JSON),
        (ipaddress.IPv4Address, ADDRESS),
    ],
)
def test_what_constraints_imply_is_proven(source: object, target: object) -> None:
    """Pydantic's classes are what type checkers take them for; what is said is said once."""
    assert assignable(source, target).fit is Fit.PROVEN


def test_a_validator_of_the_user_implies_nothing() -> None:
    """Not even itself: it may make another value of each that it is given."""
    hint = Annotated[int, Validating()]
    assert assignable(hint, hint).fit is Fit.CHECKED


def test_classes_of_pydantic_are_not_just_anything() -> None:
    """They stand for one type, and what does not fit that is refused."""
    assert assignable(int, AWARE).reason == "int is not datetime"
    assert assignable(dt.datetime, EMAIL).fit is Fit.REJECTED
