"""What is and what is not a value of a hint, for each kind of hint."""

# ruff: noqa: PYI061, SIM115 - the older spellings are hints like others

from __future__ import annotations

import array
import collections
import datetime as dt
import decimal
import fractions
import io
import ipaddress
import os
import pathlib
import re
import tempfile
import types
import uuid
from collections import abc
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import (
    IO,
    Annotated,
    Any,
    BinaryIO,
    Final,
    Hashable,
    Iterable,
    List,
    Literal,
    LiteralString,
    Never,
    Optional,
    Sized,
    SupportsFloat,
    SupportsIndex,
    TextIO,
    Tuple,
    Type,
    Union,
    Unpack,
)

import annotated_types
import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl
import pydantic
import pytest
import typing_extensions
from pydantic import Field

from syncra._values import value_check
from tests.values import _user_types as user

Json = typing_extensions.TypeAliasType("Json", "None | int | str | list[Json] | dict[str, Json]")
Nested = typing_extensions.TypeAliasType("Nested", Union[user.T, "list[Nested[user.T]]"], type_params=(user.T,))


@dataclass(frozen=True)
class Row:
    """A hint, with values that fit and values that don't."""

    hint: object
    fit: tuple[object, ...]
    misfit: tuple[object, ...]


def row(hint: object, fit: abc.Iterable[object], misfit: abc.Iterable[object]) -> object:
    return pytest.param(Row(hint, tuple(fit), tuple(misfit)), id=str(hint).replace("typing.", ""))


def lazily() -> abc.Generator[str, None, None]:
    yield "a"


class Lines:
    """Iterable and no more: to iterate it is to use it up."""

    def __iter__(self) -> abc.Iterator[str]:
        raise AssertionError("a plain iterable was iterated")


async def answer() -> int:
    return 1


TREE = {"value": 1, "children": [{"value": 2, "children": []}]}
MISFIT: Any = ("a", 1.0)
NOW = dt.datetime(2024, 5, 1, 12, 0)
AWARE = NOW.replace(tzinfo=dt.UTC)
ARRAY = np.zeros(3)

SCALARS = [
    row(int, (1, True, user.Level.LOW, 10**100), (1.0, "1", None, decimal.Decimal(1), np.int64(1))),
    row(float, (1.0, 1, True, np.float64(1), float("nan")), ("1", 1j, decimal.Decimal(1), np.float32(1))),
    row(complex, (1j, 1.0, 1, True), ("1j", None)),
    row(bool, (True,), (1, 0, "true", np.True_)),
    row(str, ("", "a"), (b"a", 1, None, pathlib.Path("a"))),
    row(bytes, (b"",), ("", bytearray(b"a"), memoryview(b"a"))),
    row(bytearray, (bytearray(),), (b"",)),
    row(None, (None,), (0, False, "")),
    row(type(None), (None,), (0,)),
    row(decimal.Decimal, (decimal.Decimal(1), decimal.Decimal("nan")), (1, 1.0, "1")),
    row(fractions.Fraction, (fractions.Fraction(1, 2),), (0.5, 1)),
    row(dt.date, (NOW.date(), NOW), ("2024-05-01", NOW.time())),
    row(dt.datetime, (NOW, AWARE), (NOW.date(), 0)),
    row(dt.timedelta, (dt.timedelta(1),), (1, "P1D")),
    row(uuid.UUID, (uuid.UUID(int=1),), ("00000000-0000-0000-0000-000000000001",)),
    row(ipaddress.IPv4Address, (ipaddress.IPv4Address("10.0.0.1"),), ("10.0.0.1",)),
    row(pathlib.Path, (pathlib.Path("a"), pathlib.PosixPath("a")), ("a", pathlib.PureWindowsPath("a"))),
    row(os.PathLike, (pathlib.Path("a"),), ("a",)),
    row(os.PathLike[str], (pathlib.Path("a"),), ("a", b"a")),
    row(slice, (slice(1),), (1,)),
    row(range, (range(3),), ([0, 1, 2],)),
    row(types.ModuleType, (os,), ("os",)),
    row(np.float32, (np.float32(1),), (1.0, np.float64(1))),
    row(np.floating[Any], (np.float32(1), np.float64(1)), (1.0, np.int64(1))),
]

LITERALS = [
    row(Literal[1], (1,), (True, 1.0, user.Level.LOW, "1", np.int64(1))),
    row(Literal[True], (True,), (1, "true")),
    row(Literal["a", "b"], ("a",), ("c", b"a", ["a"], {})),
    row(Literal[b"a"], (b"a",), ("a",)),
    row(Literal[None, 0], (None, 0), (False, "")),
    row(Literal[user.Color.RED], (user.Color.RED,), (user.Color.BLUE, "red")),
    row(Literal[user.Level.LOW], (user.Level.LOW,), (1, user.Level.HIGH)),
    row(user.Color, (user.Color.RED,), ("red", "RED")),
    row(user.Level, (user.Level.LOW,), (1,)),
    row(user.Access, (user.Access.READ | user.Access.WRITE,), (3,)),
    row(LiteralString, ("a",), (b"a", 1)),
]

UNIONS = [
    row(int | None, (1, None, True), ("1", 1.5)),
    row(Optional[str], ("a", None), (1,)),
    row(Union[int, str], (1, "a"), (1.0, None)),
    row(int | list[str], (1, ["a"], []), ([1], "a", ("a",))),
    row(list[int] | list[str], ([1], ["a"], []), ([1, "a"],)),
    row(Union[int, Any], (1, "a", None), ()),
    row(Literal["a"] | None, ("a", None), ("b",)),
    row(user.Film | user.Point, ({"title": "a"}, user.Point(1, 2)), ({}, (1, 2))),
]

EVERYTHING = [
    row(Any, (1, None, object()), ()),
    row(object, (1, None, object()), ()),
    row("Missing", (1, None), ()),
    row(list["Missing"], ([1], []), (1, (1,))),  # type: ignore[name-defined]  # noqa: F821
    row(Never, (), (1, None, "")),
    row(3, (1, "a"), ()),
]

CONTAINERS = [
    row(list, ([], ["a", 1]), ((), "a")),
    row(List, ([], ["a", 1]), ((), "a")),
    row(list[int], ([], [1, True]), ([1.0], ["1"], (1,), {1}, None, [1, None])),
    row(List[float], ([1, 2.0],), (["a"], [np.float32(1)])),
    row(list[list[int]], ([[1], []],), ([["a"]], [1], [[1], [1.5]])),
    row(list[int | None], ([1, None],), ([""],)),
    row(list[Any], ([1, "a", None],), ((1,),)),
    row(set[int], ({1}, set()), ([1], {"a"}, frozenset({1}))),
    row(frozenset[str], (frozenset({"a"}),), ({"a"}, frozenset({1}))),
    row(dict[str, int], ({"a": 1}, {}, collections.Counter("a")), ({1: 1}, {"a": "b"}, [("a", 1)])),
    row(dict[str, list[float]], ({"a": [1, 2.0]},), ({"a": ["x"]}, {"a": 1.0})),
    row(
        collections.OrderedDict[str, int],
        (collections.OrderedDict(a=1),),
        ({"a": 1}, collections.OrderedDict(a="")),
    ),
    row(collections.defaultdict[str, int], (collections.defaultdict(int, a=1),), ({"a": 1},)),
    row(collections.Counter[str], (collections.Counter("ab"),), ({"a": 1}, collections.Counter([1]))),
    row(
        collections.ChainMap[str, int],
        (collections.ChainMap({"a": 1}),),
        ({"a": 1}, collections.ChainMap({1: 1})),
    ),
    row(collections.deque[int], (collections.deque([1]),), ([1], collections.deque(["a"]))),
    row(
        types.MappingProxyType[str, int],
        (types.MappingProxyType({"a": 1}),),
        ({"a": 1}, types.MappingProxyType({1: 1})),
    ),
    row(array.array, (array.array("i", [1]),), ([1],)),
    row(bytes | list[int], (b"a", [1]), ("a",)),
]

TUPLES = [
    row(tuple, ((), (1, "a"), user.Point(1, 2)), ([], "ab")),
    row(Tuple, ((), (1, "a")), ([],)),
    row(tuple[()], ((),), ((1,), [])),
    row(tuple[int, ...], ((), (1, 2, True)), (("a",), [1], (1, "a"))),
    row(tuple[int, str], ((1, "a"),), ((1,), (1, "a", 2), ("a", 1), [1, "a"])),
    row(tuple[int, float], ((1, 2), user.Point(1, 2.0)), ((1, "a"),)),
    row(
        tuple[int, Unpack[tuple[str, ...]], float],
        ((1, 2.0), (1, "a", "b", 1)),
        ((1,), (1, 2, 2.0), ("a", 1.0)),
    ),
    row(tuple[int, *tuple[str, bytes]], ((1, "a", b""),), ((1, "a"), (1, b"", "a"))),
    row(tuple[tuple[int, int], ...], (((1, 2), (3, 4)), ()), (((1,),), ((1, "a"),))),
    row(user.Point, (user.Point(1, 2.0), user.Point(1, 2)), ((1, 2.0), user.Point(*MISFIT))),
    row(user.Pair[int], (user.Pair(1, 2),), (user.Pair(1, "a"), (1, 2))),
]

ABSTRACT = [
    row(
        abc.Sequence[int],
        ([1], (1,), range(10**15), b"a", bytearray(b"a"), collections.deque([1]), user.Point(1, 2)),
        ("ab", {1}, {1: 2}, iter([1]), ["a"], ARRAY),
    ),
    row(abc.Sequence[str], ("abc", ["a"], ("a",)), (b"abc", [1], {"a"})),
    row(abc.Sequence[abc.Sequence[str]], (["a", ["b"]], "ab"), ([1], [[1]])),
    row(abc.MutableSequence[int], ([1], bytearray(b"a"), array.array("i", [1])), ((1,), ["a"])),
    row(abc.Set[int], ({1}, frozenset({1}), {1: "a"}.keys()), ([1], {"a"}, {"a": 1}.keys())),
    row(abc.MutableSet[int], ({1},), (frozenset({1}),)),
    row(
        abc.Mapping[str, int],
        ({"a": 1}, types.MappingProxyType({"a": 1}), collections.ChainMap({"a": 1})),
        ({"a": "b"}, {1: 1}, [("a", 1)], types.MappingProxyType({"a": "b"})),
    ),
    row(abc.MutableMapping[str, int], ({"a": 1},), (types.MappingProxyType({"a": 1}), {"a": None})),
    row(abc.Mapping[str, Any], ({"a": 1, "b": None},), ({1: 1},)),
    row(abc.KeysView[str], ({"a": 1}.keys(),), ({1: 1}.keys(), ["a"])),
    row(abc.ValuesView[int], ({"a": 1}.values(),), ({"a": "b"}.values(), [1])),
    row(abc.ItemsView[str, int], ({"a": 1}.items(),), ({"a": "b"}.items(), [("a", 1)])),
    row(abc.Collection[int], ([1], {1}, {1: "a"}, range(3), b"a"), (["a"], iter([1]), 1, "a")),
    row(
        Iterable[int],
        ([1], range(3), iter(["a"]), lazily(), Lines(), {1: "a"}, ARRAY),
        (["a"], "a", 1, {"a": 1}),
    ),
    row(abc.Reversible[int], ([1], {1: 2}), (["a"], {1})),
    row(abc.Container[int], ([1], {1}), (["a"], 1)),
    row(abc.Iterator[int], (iter([1]), iter(["a"]), lazily()), ([1], "a")),
    row(abc.Generator[int, None, None], (lazily(),), (iter([1]), [1])),
    row(abc.Awaitable[int], (types.SimpleNamespace,)[:0], (1, answer)),
    row(Hashable, (1, (1,), "a"), ([], {}, set())),
    row(Sized, ([], "a", {}), (1, iter(()))),
    row(SupportsFloat, (1, 1.0, decimal.Decimal(1)), ("1", None)),
    row(SupportsIndex, (1, True, np.int64(1)), (1.0, "1")),
    row(AbstractContextManager[int], (nullcontext(1),), (1,)),
]

CALLABLES = [
    row(abc.Callable[[int], int], (len, lambda x: x, int), (1, "len")),
    row(abc.Callable[..., Any], (len,), (1,)),
    row(abc.Callable, (len,), (1,)),
    row(type, (int, user.Animal), (1, "int")),
    row(Type[Any], (int, list[int]), (1,)),
    row(type[user.Animal], (user.Animal, user.Dog), (int, user.Dog(), "Dog")),
    row(type[int | str], (int, bool, str), (float, 1)),
    row(type[user.T], (int,), (1,)),
]

CLASSES = [
    row(user.Animal, (user.Animal(), user.Dog()), (user.Animal, 1, None)),
    row(user.Dog, (user.Dog(),), (user.Animal(),)),
    row(user.Size, (user.Size(1, 2),), ({"width": 1, "height": 2}, (1, 2))),
    row(user.Box[int], (user.Box(1),), (1,)),
    row(user.Person, (user.Person(name="a"), user.Employee(name="a", salary=1)), ({"name": "a"}, "a")),
    row(user.Employee, (user.Employee(name="a", salary=1),), (user.Person(name="a"),)),
    row(
        user.Envelope[int],
        (user.Envelope(content=1), user.Envelope[int](content=1)),
        (user.Envelope(content="a"), user.Envelope[str](content="a"), {"content": 1}),
    ),
    row(user.Names, (user.Names(["a"]),), (["a"],)),
    row(user.UserId, (1, user.UserId(1)), ("1", 1.0)),
    row(user.T, (1, "a"), ()),
    row(user.Number, (1, "a", True), (1.0, None)),
    row(user.Bounded, ([1], (1,)), (1, ["a"])),
    row(Final[int], (1,), ("a",)),
    row(typing_extensions.ReadOnly[int], (1,), ("a",)),
]

RECORDS = [
    row(
        user.Film,
        ({"title": "a"}, {"title": "a", "year": 1}, {"title": "a", "other": 1}),
        (
            {},
            {"title": 1},
            {"title": "a", "year": "b"},
            [("title", "a")],
            types.MappingProxyType({"title": "a"}),
        ),
    ),
    row(user.Options, ({"depth": 1}, {"depth": 1, "name": "a"}), ({}, {"name": "a"}, {"depth": 1, "name": 1})),
    row(user.Tree, (TREE,), ({"value": 1}, {"value": 1, "children": [{"value": "a", "children": []}]})),
    row(user.Page[int], ({"items": [1]},), ({"items": ["a"]}, {})),
    row(user.Sealed, ({"a": 1},), ({"a": 1, "b": 2}, {"a": ""})),
    row(
        user.Loose,
        ({"a": ""}, {"a": "", "c": 2}, {"a": "", "b": ""}),
        ({"a": "", "b": 2}, {"a": "", "c": ""}),
    ),
]

PROTOCOLS = [
    row(user.Closer, (user.Door(), io.StringIO(), user.Door), (user.Broken(), 1, "close")),
    row(user.Sizer, (), (user.Door(), 1)),
    row(user.Named, (user.Thing("a"),), (user.Thing(3), 1)),
    row(user.Priced, (user.Priceless(), user.Coin(1)), (1, user.Door())),
    row(user.Holder[int], (user.Cell(1),), (user.Cell("a"), 1, user.Thing("a"))),
]

CONSTRAINED = [
    row(user.Score, (0, 100, True), (-1, 101, "5", 5.0)),
    row(list[user.Score], ([], [1, 2]), ([101], ["a"], [1, -1])),
    row(Annotated[int, "a note", {}], (1, -1), ("a",)),
    row(Annotated[int | None, Field(gt=0)], (None, 1), (0, "a")),
    row(Annotated[list[int], Field(min_length=1)], ([1],), ([], ["a"], (1,))),
    row(Annotated[str, pydantic.StringConstraints(pattern="^a", min_length=2)], ("ab",), ("a", "ba", b"ab")),
    row(Annotated[float, Field(multiple_of=0.1)], (0.3, 1), (0.35, "0.3")),
    row(Annotated[int, annotated_types.Interval(gt=1, lt=3)], (2,), (1, 3, 2.0)),
    row(Annotated[str, annotated_types.Predicate(str.islower)], ("a",), ("A", 1)),
    row(
        Annotated[decimal.Decimal, Field(max_digits=3)],
        (decimal.Decimal("1.23"),),
        (decimal.Decimal("1.234"), 1.2),
    ),
    row(
        Annotated[dt.date, Field(gt=dt.date(2000, 1, 1))],
        (dt.date(2001, 1, 1),),
        (dt.date(1999, 1, 1), "2001-01-01"),
    ),
    row(Annotated[int, pydantic.AfterValidator(lambda value: -value)], (1,), ("1",)),
    row(Annotated[str, pydantic.BeforeValidator(str.strip), Field(max_length=1)], ("a",), ("ab", " a ", 1)),
    row(pydantic.PositiveInt, (1,), (0, "1")),
    row(pydantic.StrictInt, (1, True), ("1", 1.0)),
    row(pydantic.UUID4, (uuid.UUID(int=1, version=4),), (uuid.UUID(int=1, version=1), "a")),
    row(pydantic.FilePath, (pathlib.Path(__file__),), (pathlib.Path(__file__).parent, __file__)),
    row(pydantic.AwareDatetime, (AWARE,), (NOW, "2024-05-01T12:00:00Z")),
    row(
        pydantic.IPvAnyAddress,
        (
            ipaddress.IPv6Address("::1"),
            ipaddress.IPv4Address("127.0.0.1"),
        ),
        ("127.0.0.1",),
    ),
    row(pydantic.PastDate, (dt.date(2000, 1, 1),), (dt.date(9999, 1, 1), "2000-01-01")),
    row(pydantic.SecretStr, (pydantic.SecretStr("a"),), ("a",)),
    row(pydantic.HttpUrl, (pydantic.HttpUrl("http://a.b"),), ("http://a.b",)),
    row(pydantic.InstanceOf[user.Animal], (user.Dog(),), (1,)),
]

ALIASES = [
    row(Json, (None, 1, {"a": [1, "b", {"c": None}]}), (1.5, {"a": [1.5]}, {1: 1}, [b"a"])),
    row(Nested[int], (1, [1, [2]]), ("a", [1, ["a"]])),
]

ARRAYS = [
    row(np.ndarray, (ARRAY,), ([0.0],)),
    row(
        npt.NDArray[np.float64],
        (ARRAY, np.zeros((2, 2))),
        (np.zeros(3, np.int64), np.zeros(3, np.float32), [0.0]),
    ),
    row(npt.NDArray[Any], (ARRAY, np.zeros(3, object)), ([0.0],)),
    row(
        np.ndarray[tuple[int, int], np.dtype[np.floating[Any]]],
        (np.zeros((2, 2), np.float32),),
        (ARRAY, np.zeros((2, 2), int)),
    ),
    row(npt.ArrayLike, (ARRAY, 1, "a", [1.0, [2]]), ()),
    row(np.dtype[np.int64], (np.dtype("int64"),), (np.dtype("float64"), np.int64)),
    row(pd.DataFrame, (pd.DataFrame({"a": [1]}),), ({"a": [1]}, pd.Series([1]))),
    row(pd.Series, (pd.Series([1]),), ([1],)),
    row(pl.DataFrame, (pl.DataFrame({"a": [1]}),), (pd.DataFrame({"a": [1]}), pl.LazyFrame({"a": [1]}))),
    row(pl.Series, (pl.Series([1]),), ([1],)),
]

FILES = [
    row(TextIO, (io.StringIO(), io.TextIOWrapper(io.BytesIO())), (io.BytesIO(), "a")),
    row(BinaryIO, (io.BytesIO(), io.BufferedReader(io.BytesIO())), (io.StringIO(), b"a")),
    row(IO[str], (io.StringIO(), tempfile.SpooledTemporaryFile(mode="w")), (io.BytesIO(), "a")),
    row(IO[bytes], (io.BytesIO(),), (io.StringIO(), b"a")),
    row(IO[Any], (io.BytesIO(), io.StringIO()), ("a",)),
    row(re.Pattern[str], (re.compile("a"),), (re.compile(b"a"), "a")),
    row(re.Match[str], (re.match("a", "a"),), (re.match(b"a", b"a"), None)),
]

TABLE = [
    *SCALARS,
    *LITERALS,
    *UNIONS,
    *EVERYTHING,
    *CONTAINERS,
    *TUPLES,
    *ABSTRACT,
    *CALLABLES,
    *CLASSES,
    *RECORDS,
    *PROTOCOLS,
    *CONSTRAINED,
    *ALIASES,
    *ARRAYS,
    *FILES,
]


@pytest.mark.parametrize("row", TABLE)
def test_what_fits_has_no_fault(row: Row) -> None:
    """A value that a type checker takes for the hint is accepted."""
    check = value_check(row.hint)
    assert [check.faults(value) for value in row.fit] == [None] * len(row.fit)


@pytest.mark.parametrize("row", TABLE)
def test_what_does_not_fit_is_refused_with_a_reason(row: Row) -> None:
    """A value that a type checker refuses for the hint is refused, by a text that is not empty."""
    check = value_check(row.hint)
    assert [value for value in row.misfit if not check.faults(value)] == []


@pytest.mark.parametrize("row", TABLE)
def test_the_quick_look_and_the_closer_look_agree(row: Row) -> None:
    """What is accepted at once has no faults in the closer look either, and the other way round."""
    check = value_check(row.hint)._check
    for value in (*row.fit, *row.misfit):
        assert check.accepts(value) is (not list(check.faults(value)))
