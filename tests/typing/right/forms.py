"""Right user code: what can be a task, and where tasks are made."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Literal, NamedTuple, Optional, TypeVar, assert_type

from typing_extensions import TypedDict

from syncra import AsyncTask, Graph, Input, Node, Task, depends, parse, run, task, unchecked, unpack

T = TypeVar("T")
X = TypeVar("X")

words = Input[list[str]]("words", default=["a", "b"])


@task
def sizes(values: Sequence[str] = depends(words)) -> list[int]:
    return [len(each) for each in values]


# Lambdas, partials, callable objects, builtins.
def scaled(factor: int, values: list[int]) -> list[int]:
    return [factor * each for each in values]


class Threshold:
    def __init__(self, least: int) -> None:
        self.least = least

    def __call__(self, values: list[int]) -> bool:
        return min(values) >= self.least


three = task(name="three")(lambda: 3)
longest = task(name="longest", dependencies=sizes)(lambda values: max(values))
pairs = task(name="pairs", dependencies=(sizes, words))(lambda numbers, texts: dict(zip(texts, numbers)))
doubled = task(name="doubled", dependencies=sizes)(partial(scaled, 2))
summed = task(name="summed", dependencies=sizes)(math.fsum)
passes = task(name="passes", dependencies=sizes)(Threshold(1))
a_number: int = run(three)
assert_type(run(doubled), list[int])
assert_type(run(passes), bool)
assert_type(run(summed), float)
assert_type(doubled([1, 2]), list[int])


# Stacked, with other names and in other graphs.
@task(name="sizes_again", graph_name="right_forms")
@task(name="sizes_first")
def stacked(values: list[str] = depends(words)) -> int:
    return len(values)


@task(name="again", dependencies=sizes)
@task(name="first", dependencies=sizes)
async def stacked_in_order(values: list[int]) -> int:
    return len(values)


assert_type(run(stacked), int)
assert_type(stacked(["x"]), int)


# Static methods of classes.
class Steps:
    @task
    @staticmethod
    def first() -> int:
        return 1

    @staticmethod
    @task(dependencies=first)
    def second(value: int) -> float:
        return value / 2


assert_type(run(Steps.second), float)
assert_type(Steps.second(value=3), float)


# Made inside functions, generic helpers included.
def scaling(source: Node[Sequence[float]], factor: float) -> Task[..., list[float]]:
    @task(name=f"scaled by {factor}")
    def result(values: Sequence[float] = depends(source)) -> list[float]:
        return [factor * each for each in values]

    return result


def listed(source: Node[T]) -> Node[list[T]]:
    @task(name=f"listed {source.name}", dependencies=source)
    def result(value: T) -> list[T]:
        return [value]

    return result


def mapped(source: Node[Iterable[T]], function: Callable[[T], X]) -> Node[list[X]]:
    return task(name=f"mapped {source.name}", dependencies=source)(lambda values: [function(each) for each in values])


assert_type(run(scaling(sizes, 2.0)), list[float])
assert_type(run(listed(sizes)), list[list[int]])


# A node of a narrower type is a node of a wider one.
numbers: Node[Sequence[float]] = sizes
anything: list[Node[object]] = [sizes, words, three, passes]


# Tasks are callables still.
def apply(function: Callable[[Sequence[str]], T], value: Sequence[str]) -> T:
    return function(value)


async def await_it(function: Callable[[], Awaitable[T]]) -> T:
    return await function()


def coroutine_of(function: Callable[[], Coroutine[Any, Any, T]]) -> Coroutine[Any, Any, T]:
    return function()


@task
async def fetched() -> bytes:
    return b""


async def use() -> None:
    assert_type(await fetched(), bytes)
    assert_type(await await_it(fetched), bytes)
    assert_type(await coroutine_of(fetched), bytes)


assert_type(apply(sizes, ["x"]), list[int])
assert_type(list(map(stacked, [["x"], ["y"]])), list[int])
table: Mapping[str, Callable[[list[str]], object]] = {"sizes": sizes, "stacked": stacked}
annotated: AsyncTask[[], bytes] = fetched
also_annotated: Task[..., int] = stacked


# Views.
class Bounds(NamedTuple):
    low: int
    high: str


@task
def bounds() -> tuple[int, str, bytes]:
    return 1, "", b""


class Record(TypedDict):
    low: int


def parsed_as(cls: type[X]) -> Node[X]:
    return parse(untyped, cls)


@task
def untyped() -> Any:
    return {"low": 1}


low, high, rest = unpack(bounds)
assert_type(low, Node[int])
assert_type(high, Node[str])
assert_type(rest, Node[bytes])
assert_type(parse(untyped, dict[str, int]), Node[dict[str, int]])
assert_type(parse(untyped, Record), Node[Record])
assert_type(parse(untyped, int | None), Node[int | None])
assert_type(parse(untyped, Optional[int]), Node[int | None])
assert_type(parse(untyped, Annotated[int, "positive"]), Node[int])
assert_type(parse(untyped, Literal["a", "b"]), Node[Literal["a", "b"]])
assert_type(run(parse(words, list[str] | None)), list[str] | None)
assert_type(unchecked(bounds), Node[Any])


@task
def joined(
    least: float = depends(low),
    table: dict[str, int] = depends(parse(untyped, dict[str, int])),
    either: int | None = depends(parse(untyped, int | None)),
    small: Annotated[int, "small"] = depends(parse(untyped, Annotated[int, "positive"])),
    loose: bytes = depends(unchecked(bounds)),
) -> None: ...


graph = Graph.of(joined, low, words, name="forms")
