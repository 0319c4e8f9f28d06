"""The classes of a user's program that the values are checked against."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Sequence
from typing import (
    Annotated,
    Generic,
    NamedTuple,
    NewType,
    NotRequired,
    Protocol,
    Required,
    TypedDict,
    TypeVar,
    runtime_checkable,
)

import pydantic
import typing_extensions

T = TypeVar("T")
Number = TypeVar("Number", int, str)
Bounded = TypeVar("Bounded", bound=Sequence[int])


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Access(enum.Flag):
    READ = 1
    WRITE = 2


class Animal: ...


class Dog(Animal): ...


class Box(Generic[T]):
    def __init__(self, item: T) -> None:
        self.item = item


@dataclasses.dataclass
class Size:
    width: int
    height: int


class Point(NamedTuple):
    x: int
    y: float


class Pair(NamedTuple, Generic[T]):
    left: T
    right: T


class Person(pydantic.BaseModel):
    name: str


class Employee(Person):
    salary: int


class Envelope(pydantic.BaseModel, Generic[T]):
    content: T


class Names(pydantic.RootModel[list[str]]): ...


class Film(TypedDict):
    title: str
    year: NotRequired[int]


class Options(TypedDict, total=False):
    depth: Required[int]
    name: str


class Tree(TypedDict):
    value: int
    children: list[Tree]


class Page(TypedDict, Generic[T]):
    items: list[T]


class Sealed(typing_extensions.TypedDict, closed=True):
    a: int


class Loose(typing_extensions.TypedDict, extra_items=int):  # type: ignore[call-arg]  # new to mypy
    a: str
    b: typing_extensions.ReadOnly[NotRequired[str]]


class Closer(Protocol):
    def close(self) -> None: ...


@runtime_checkable
class Sizer(Protocol):
    def size(self) -> int: ...


class Named(Protocol):
    name: str


class Priced(Protocol):
    @property
    def price(self) -> float: ...


class Holder(Protocol[T]):
    item: T

    def get(self) -> T: ...


class Door:
    def close(self) -> None: ...


class Broken:
    close = 3


class Thing:
    def __init__(self, name: object) -> None:
        self.name = name


class Priceless:
    @property
    def price(self) -> float:
        raise AssertionError("a property of a value was run")


class Coin:
    __slots__ = ("price",)

    def __init__(self, price: object) -> None:
        self.price = price


class Cell:
    def __init__(self, item: object) -> None:
        self.item = item

    def get(self) -> object:
        return self.item


UserId = NewType("UserId", int)
Score = Annotated[int, pydantic.Field(ge=0, le=100)]
