"""Definitions that the labelled pairs and the grammar of types speak about."""
import abc, array, asyncio, collections, contextlib, dataclasses, datetime as dt, enum, fractions, functools
import io, ipaddress, logging, numbers, os, pathlib, queue, re, types, typing, uuid
from collections import ChainMap, Counter, OrderedDict, defaultdict, deque
from collections.abc import (
    AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Collection, Container, Coroutine, Generator,
    Hashable, ItemsView, Iterable, Iterator, KeysView, Mapping, MutableMapping, MutableSequence, MutableSet,
    Reversible, Sequence, Set, Sized, ValuesView,
)
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, Flag, IntEnum, IntFlag, StrEnum
from fractions import Fraction
from pathlib import Path, PosixPath, PurePath, PurePosixPath
from typing import (
    IO, Annotated, Any, AnyStr, BinaryIO, ClassVar, Concatenate, Dict, Final, FrozenSet, Generic, List, Literal,
    LiteralString, NamedTuple, Never, NewType, NoReturn, Optional, ParamSpec, Protocol, SupportsFloat, SupportsIndex,
    SupportsInt, TextIO, Tuple, Type, TypeVar, TypeVarTuple, Union, Unpack, final, overload, runtime_checkable,
)
from uuid import UUID

import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl
import pydantic
from annotated_types import Ge, Gt, Interval, Le, Len, Lt, MaxLen, MinLen, MultipleOf
from pydantic import (
    AfterValidator, AnyUrl, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, HttpUrl, InstanceOf,
    NegativeInt, NonNegativeInt, PlainValidator, PositiveInt, RootModel, SecretStr, SkipValidation, Strict, StrictInt,
    StringConstraints,
)
from pydantic.dataclasses import dataclass as pyd_dataclass
from typing_extensions import NotRequired, ReadOnly, Required, Self, TypeAliasType, TypedDict

from tests.relation.labelled import forward
from tests.relation.labelled.forward import *  # noqa

# ---------------------------------------------------------------- type variables
T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
T_co = TypeVar("T_co", covariant=True)
T_contra = TypeVar("T_contra", contravariant=True)
P = ParamSpec("P")
Ts = TypeVarTuple("Ts")


# ---------------------------------------------------------------- plain classes
class A:
    a: int = 1

    def meth(self) -> int:
        return 1


class B(A):
    b: str = ""


class C(B): ...


class Unrel: ...


class M1: ...


class M2: ...


class M12(M1, M2): ...


@final
class Fin: ...


class Abst(abc.ABC):
    @abc.abstractmethod
    def run(self) -> int: ...


class Impl(Abst):
    def run(self) -> int:
        return 1


class Slotted:
    __slots__ = ("x",)
    x: int


TA = TypeVar("TA", bound=A)
TB = TypeVar("TB", bound=B)
TIS = TypeVar("TIS", int, str)
TNum = TypeVar("TNum", bound=float)
TSeq = TypeVar("TSeq", bound=Sequence[int])


class MyInt(int): ...


class MyStr(str): ...


class MyFloat(float): ...


class ListOfInt(list[int]): ...


class StrDict(dict[str, T]): ...


class MyTuple(tuple[int, str]): ...


class DuckIter:
    def __iter__(self) -> Iterator[int]:
        return iter([])


class DuckLen:
    def __len__(self) -> int:
        return 0


class NomIter(Iterable[int]):
    def __iter__(self) -> Iterator[int]:
        return iter([])


class MySeq(Sequence[T_co]):
    @overload
    def __getitem__(self, i: int) -> T_co: ...
    @overload
    def __getitem__(self, i: slice) -> Sequence[T_co]: ...
    def __getitem__(self, i: int | slice) -> T_co | Sequence[T_co]:
        raise IndexError

    def __len__(self) -> int:
        return 0


class MyMap(Mapping[str, int]):
    def __getitem__(self, k: str) -> int:
        raise KeyError

    def __iter__(self) -> Iterator[str]:
        return iter([])

    def __len__(self) -> int:
        return 0


class VirtSeq:
    """A virtual subclass: registered, not inherited."""


Sequence.register(VirtSeq)


class Hasher:
    def __hash__(self) -> int:
        return 1


class NoHash:
    __hash__ = None  # type: ignore[assignment]


class Caller:
    def __call__(self, x: int) -> str:
        return ""


class CallerAny:
    def __call__(self, *args: Any, **kwargs: Any) -> int:
        return 1


class Awaiter:
    def __await__(self) -> Generator[Any, None, int]:
        raise NotImplementedError


class MyPathLike:
    def __fspath__(self) -> str:
        return ""


class CM:
    def __enter__(self) -> int:
        return 1

    def __exit__(self, *a: object) -> None: ...


# ---------------------------------------------------------------- user generics
class Box(Generic[T]):
    def __init__(self, v: T) -> None:
        self.v = v

    def get(self) -> T:
        return self.v

    def put(self, v: T) -> None: ...


class Src(Generic[T_co]):
    def get(self) -> T_co:
        raise NotImplementedError


class Sink(Generic[T_contra]):
    def put(self, v: T_contra) -> None: ...


class IntBox(Box[int]): ...


class SubBox(Box[T]): ...


class ListBox(Box[list[T]]): ...


class PairG(Generic[K, V]):
    def __init__(self, k: K, v: V) -> None:
        self.k, self.v = k, v


class Swapped(PairG[V, K], Generic[K, V]): ...


class StrKeyed(PairG[str, V]): ...


class SubSrc(Src[T_co]): ...


class IntSrc(Src[int]): ...


class Both(Src[T_co], Sized):
    def __len__(self) -> int:
        return 0


class Tensor(Generic[Unpack[Ts]]): ...


class Hook(Generic[P, T]):
    def call(self, *args: P.args, **kwargs: P.kwargs) -> T:
        raise NotImplementedError


# ---------------------------------------------------------------- dataclasses
@dataclass
class DPoint:
    x: int
    y: int


@dataclass
class DPoint3(DPoint):
    z: int


@dataclass
class DLook:
    x: int
    y: int


@dataclass(frozen=True)
class DFrozen:
    x: int


@dataclass
class DGen(Generic[T]):
    x: T


@dataclass(frozen=True)
class DGenF(Generic[T_co]):
    x: T_co


@dataclass
class DGenInt(DGen[int]): ...


@pyd_dataclass
class PDPoint:
    x: int
    y: int


# ---------------------------------------------------------------- pydantic models
class PUser(BaseModel):
    name: str
    age: int


class PAdmin(PUser):
    level: int = 1


class PLook(BaseModel):
    name: str
    age: int


class PGen(BaseModel, Generic[T]):
    item: T


class PGenSub(PGen[T], Generic[T]):
    extra: int = 0


class PGenInt(PGen[int]): ...


class PGenCo(BaseModel, Generic[T_co]):
    model_config = ConfigDict(frozen=True)
    item: T_co


class PRoot(RootModel[list[int]]): ...


# ---------------------------------------------------------------- TypedDict
class TDMovie(TypedDict):
    name: str
    year: int


class TDMovieExtra(TypedDict):
    name: str
    year: int
    rating: float


class TDMovieSub(TDMovie):
    rating: float


class TDName(TypedDict):
    name: str


class TDMovieNT(TypedDict, total=False):
    name: str
    year: int


class TDMovieNR(TypedDict):
    name: str
    year: NotRequired[int]


class TDMovieReq(TypedDict, total=False):
    name: Required[str]
    year: Required[int]


class TDMovieBadYear(TypedDict):
    name: str
    year: str


class TDMovieBool(TypedDict):
    name: str
    year: bool


class TDRO(TypedDict):
    name: ReadOnly[str]
    year: ReadOnly[int]


class TDROObj(TypedDict):
    name: ReadOnly[object]


class TDRONR(TypedDict):
    name: ReadOnly[NotRequired[str]]


class TDInts(TypedDict):
    a: int
    b: int


class TDGen(TypedDict, Generic[T]):
    item: T


class TDEmpty(TypedDict): ...


# ---------------------------------------------------------------- NamedTuple
class NTPoint(NamedTuple):
    x: int
    y: int


class NTSub(NTPoint): ...


class NTOther(NamedTuple):
    x: int
    y: int


class NTMix(NamedTuple):
    a: int
    b: str = ""


class NTGen(NamedTuple, Generic[T]):
    a: T


# ---------------------------------------------------------------- Protocols
class PClose(Protocol):
    def close(self) -> None: ...


@runtime_checkable
class PCloseR(Protocol):
    def close(self) -> None: ...


class PHasX(Protocol):
    x: int


class PHasXRO(Protocol):
    @property
    def x(self) -> int: ...


class PHasXROObj(Protocol):
    @property
    def x(self) -> object: ...


class PHasName(Protocol):
    name: str


class PGet(Protocol[T_co]):
    def get(self) -> T_co: ...


class PPut(Protocol[T_contra]):
    def put(self, v: T_contra) -> None: ...


class PGetPut(Protocol[T]):
    def get(self) -> T: ...
    def put(self, v: T) -> None: ...


class PMeth(Protocol):
    def meth(self) -> int: ...


class PMethStr(Protocol):
    def meth(self) -> str: ...


class PMethObj(Protocol):
    def meth(self) -> object: ...


class PCallIS(Protocol):
    def __call__(self, x: int) -> str: ...


class PCallPos(Protocol):
    def __call__(self, x: int, /) -> str: ...


class PCallKw(Protocol):
    def __call__(self, *, key: int) -> str: ...


class PCopy(Protocol):
    def copy(self) -> Self: ...


class PCloseable2(PClose, Protocol):
    def flush(self) -> None: ...


class PEmpty(Protocol): ...


class PFoo(Protocol):
    def foo(self, x: int, y: str = ...) -> int: ...


class PClassM(Protocol):
    @classmethod
    def make(cls) -> int: ...


class PClsVar(Protocol):
    kind: ClassVar[str]


class PIterInt(Protocol):
    def __iter__(self) -> Iterator[int]: ...


class ImplClose:
    def close(self) -> None: ...


class ImplCloseBad:
    def close(self, force: bool) -> None: ...


class ImplCloseOpt:
    def close(self, force: bool = False) -> None: ...


class ImplCloseRet:
    def close(self) -> int:
        return 1


class ImplCloseFlush:
    def close(self) -> None: ...
    def flush(self) -> None: ...


class ImplX:
    x: int = 0


class ImplXStr:
    x: str = ""


class ImplXProp:
    @property
    def x(self) -> int:
        return 1


class ImplCopy:
    def copy(self) -> "ImplCopy":
        return self


class ImplCopySelf:
    def copy(self) -> Self:
        return self


class ImplCopyBad:
    def copy(self) -> int:
        return 1


class ImplFoo:
    def foo(self, x: int, y: str = "") -> int:
        return 1


class ImplFooWide:
    def foo(self, x: float, y: object = "", z: int = 0) -> bool:
        return True


class ImplFooNarrow:
    def foo(self, x: bool, y: str = "") -> int:
        return 1


class ImplFooNoDef:
    def foo(self, x: int, y: str) -> int:
        return 1


class ImplFooVar:
    def foo(self, *args: Any, **kwargs: Any) -> int:
        return 1


class ImplMake:
    @classmethod
    def make(cls) -> int:
        return 1


class ImplKind:
    kind: ClassVar[str] = "k"


class ImplUnann:
    def close(self):  # type: ignore[no-untyped-def]
        pass


# ---------------------------------------------------------------- enums
class Color(Enum):
    RED = "red"
    GREEN = "green"


class Shape(Enum):
    SQ = 1
    CI = 2
    TR = 3


class IColor(IntEnum):
    R = 1
    G = 2


class SColor(StrEnum):
    R = "r"
    G = "g"


class StrMix(str, Enum):
    A = "a"


class Perm(Flag):
    READ = 1
    WRITE = 2


class IPerm(IntFlag):
    READ = 1


class EmptyEnum(Enum): ...


# ---------------------------------------------------------------- NewType
UserId = NewType("UserId", int)
AdminId = NewType("AdminId", UserId)
OrderId = NewType("OrderId", int)
Name = NewType("Name", str)
IntListNT = NewType("IntListNT", list[int])
ANT = NewType("ANT", A)
NTTuple = NewType("NTTuple", tuple[int, int])

# ---------------------------------------------------------------- aliases
IntListA = TypeAliasType("IntListA", list[int])
IntOrStr = TypeAliasType("IntOrStr", Union[int, str])
ListOf = TypeAliasType("ListOf", list[T], type_params=(T,))
PairOf = TypeAliasType("PairOf", tuple[T, T], type_params=(T,))
MapOf = TypeAliasType("MapOf", dict[K, V], type_params=(K, V))
Json = TypeAliasType("Json", "Union[dict[str, Json], list[Json], str, int, float, bool, None]")
JsonRO = TypeAliasType("JsonRO", "Union[Mapping[str, JsonRO], Sequence[JsonRO], str, int, float, bool, None]")
NestInt = TypeAliasType("NestInt", "Union[int, list[NestInt]]")
NestInt2 = TypeAliasType("NestInt2", "Union[int, list[NestInt2]]")
NestStr = TypeAliasType("NestStr", "Union[str, list[NestStr]]")
SeqNest = TypeAliasType("SeqNest", "Union[int, Sequence[SeqNest]]")
PosInt = TypeAliasType("PosInt", Annotated[int, Field(gt=0)])
PlainAlias = Union[int, None]
GenAlias = dict[str, T]


# ---------------------------------------------------------------- recursive classes
class Tree:
    left: "Tree | None" = None


class TreeP(Protocol):
    @property
    def left(self) -> "TreeP | None": ...


class LinkP(Protocol[T_co]):
    def next(self) -> "LinkP[T_co]": ...
    def val(self) -> T_co: ...


class Link(Generic[T]):
    def next(self) -> "Link[T]":
        return self

    def val(self) -> T:
        raise NotImplementedError


# ---------------------------------------------------------------- Annotated helpers
class Meta:
    def __init__(self, s: str) -> None:
        self.s = s


def plus1(x: int) -> int:
    return x + 1


GtZero = Annotated[int, Field(gt=0)]
F8 = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
F4 = np.ndarray[tuple[int, ...], np.dtype[np.float32]]
I8 = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
F8_1D = np.ndarray[tuple[int], np.dtype[np.float64]]
F8_2D = np.ndarray[tuple[int, int], np.dtype[np.float64]]
