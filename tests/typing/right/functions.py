"""Right user code: graphs as functions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, assert_type

from syncra import (
    Graph,
    GraphFunction,
    Input,
    Node,
    Task,
    Threads,
    depends,
    each,
    each_outcome,
    function,
    recover,
    run,
    task,
)

path = Input[Path]("path")
rate = Input[float]("rate")
count = Input("count", default=2)
names = Input[list[str]]("names", default=["a", "b"])


@task
def load(source: Path = depends(path), number: int = depends(count)) -> list[float]:
    return [1.0] * number


@task
def total(values: Sequence[float] = depends(load), by: float = depends(rate)) -> float:
    return sum(values) * by


@task
async def later(value: float = depends(rate)) -> str:
    return str(value)


# The parameters are the inputs in order, the result is the node's.
price = function(total, path, rate)
assert_type(price, GraphFunction[[Path, float], float])
assert_type(price(Path("a"), 2.0), float)
assert_type(function(load, path)(Path("a")), list[float])
assert_type(function(names)(), list[str])
assert_type(
    function(total, rate, path, count, name="priced", strategy=Threads(2), on_error="continue")(1, Path(), 3), float
)

# It is a function of that type.
as_callable: Callable[[Path, float], float] = price
as_object: GraphFunction[[Path, float], object] = price

# The twin is awaited.
shown = function(later, rate)


async def both() -> None:
    assert_type(await price.arun(Path("a"), 2.0), float)
    assert_type(await shown.arun(2.0), str)
    coroutine: Coroutine[Any, Any, str] = shown.arun(1.5)
    assert_type(await coroutine, str)


asyncio.run(both())
assert_type(shown(2.0), str)


# It is a task of another graph, checked as any function is.
@task
def folder() -> Path:
    return Path("a")


@task
def paths() -> list[Path]:
    return [Path("a"), Path("b")]


inner = task(dependencies=(folder, rate), name="inner", retries=1)(price)
as_node: Node[float] = inner
assert_type(run(inner, rate.bind(1.0)), float)
bare = task(function(load, path))
assert_type(bare, Task[[Path], list[float]])
assert_type(bare(Path("a")), list[float])
asynchronous = task(dependencies=rate, name="shown")(shown.arun)


@task
def sum_of(values: float = depends(inner), text: str = depends(asynchronous)) -> int:
    return 1


# It is called for each item.
loaded = each(function(load, path), over=paths)
assert_type(loaded, Node[list[list[float]]])
assert_type(run(loaded), list[list[float]])
priced = each(price, over=(paths, Input[list[float]]("rates", default=[1.0, 2.0])))
assert_type(priced, Node[list[float]])
each_outcome(function(load, path), over=paths)
assert_type(each(shown.arun, over=Input[list[float]]("many", default=[1.0])), Node[list[str]])
assert_type(each(shown, over=Input[list[float]]("more", default=[1.0])), Node[list[str]])
assert_type(recover(inner, None), Node[float | None])

# Graphs as data.
read = Graph.from_data({"inputs": {"x": {"type": "int", "default": 1}}})
assert_type(read, Graph)
assert_type(read.to_data(), dict[str, Any])
assert_type(Graph.json_schema(), dict[str, Any])
load_file: Callable[[Path], Graph] = Graph.load
load_text: Callable[[str], Graph] = Graph.load

# Eight inputs keep their types, more take anything.
i1, i2, i3 = Input("i1", default=1), Input("i2", default="2"), Input("i3", default=3.0)
i4, i5, i6 = Input("i4", default=b"4"), Input("i5", default=5), Input("i6", default="6")
i7, i8, i9 = Input("i7", default=7.0), Input("i8", default=b"8"), Input("i9", default=9)


@task(dependencies=(i1, i2, i3, i4, i5, i6, i7, i8))
def eight(a: int, b: str, c: float, d: bytes, e: int, f: str, g: float, h: bytes) -> str:
    return f"{a}{b}{c}{d!r}{e}{f}{g}{h!r}"


@task
def nine(first: str = depends(eight), ninth: int = depends(i9)) -> str:
    return first


of_eight = function(eight, i1, i2, i3, i4, i5, i6, i7, i8)
assert_type(of_eight, GraphFunction[[int, str, float, bytes, int, str, float, bytes], str])
assert_type(of_eight(1, "2", 3.0, b"4", 5, "6", 7.0, b"8"), str)
of_nine = function(nine, i1, i2, i3, i4, i5, i6, i7, i8, i9)
assert_type(of_nine(1, "2", 3.0, b"4", 5, "6", 7.0, b"8", 9), str)
