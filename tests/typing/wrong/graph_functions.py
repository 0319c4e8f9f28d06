"""Wrong user code: graphs as functions. Each marked line is one that every checker has to find."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from syncra import Graph, GraphFunction, Input, depends, each, function, task

path = Input[Path]("path")
rate = Input[float]("rate")
numbers = Input[list[int]]("numbers")


@task
def load(source: Path = depends(path)) -> list[float]:
    return [1.0]


@task
def total(values: list[float] = depends(load), by: float = depends(rate)) -> float:
    return sum(values) * by


price = function(total, path, rate)
loading = function(load, path)

# Calls.
price("prices.csv", 2.0)  # error: a str is no Path
price(Path("a"))  # error: one argument is missing
price(Path("a"), 2.0, 3)  # error: one too many
price(rate=2.0, path=Path("a"))  # error: by position only
text: str = price(Path("a"), 2.0)  # error: a float
price.arun(2.0, Path("a"))  # error: the wrong way round


async def awaited() -> str:
    return await price.arun(Path("a"), 2.0)  # error: a float


# What is made a function, and of what.
function(total, load)  # error: a task is no input
function(total, path, "rate")  # error: a name is no input
function(sum, path)  # error: no node
function(total, path, rate, strategy="threads")  # error: no strategy
function(total, path, rate, on_error="ignore")  # error: another word
wrong: GraphFunction[[Path], float] = function(total, path, rate)  # error: two parameters
taken: Callable[[Path, float], str] = price  # error: gives a float

# Graphs as data.
Graph.load(3)  # error: no path
Graph.from_data([1])  # error: no mapping
read: Graph = Graph.json_schema()  # error: a dict

# As a task.
task(dependencies=(rate, path))(price)  # error: the wrong way round
task(dependencies=(path, load))(price)  # error: a list[float] is no float


@task
def takes_text(value: str = depends(task(dependencies=(path, rate))(price))) -> str:  # error: a float
    return value


each(loading, over=numbers)  # error: items are int
each(price, over=numbers)  # error: two parameters
