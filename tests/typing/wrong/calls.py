"""Wrong user code: calls, options, bindings, results. Each marked line has an error in every checker, no other has one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from syncra import AsyncTask, Graph, Input, Node, Retry, Task, Threads, depends, get_graph, parse, run, task, unpack

count = Input[int]("count")


@task
def load(size: int = depends(count)) -> list[float]:
    return [0.0] * size


@task
async def rate() -> float:
    return 1.0


@task(dependencies=(load, rate))
def total(prices: Sequence[float], fx: float, *, digits: int = 2) -> float:
    return round(sum(prices) * fx, digits)


@task(dependencies=load)
def variadic(*prices: list[float]) -> int:
    return len(prices)


@task
def pair() -> tuple[int, str]:
    return 1, ""


graph = Graph.of(total)
plan = graph.compile()
results = plan.run(count.bind(2))

# Inputs and bindings.
wrong_input_default = Input[int]("size", default="2")  # error: the default is a str
wrong_input_name = Input[int](3)  # error: the name is an int
count.bind("2")  # error: a str for an int
load.bind([""])  # error: a list[str] for a list[float]
rate.bind(rate())  # error: a coroutine for a float
plan.run(count)  # error: an input without its value
plan.run(2)  # error: a value without its input

# Results.
price: str = results[total]  # error: a float
prices: list[int] = results[load]  # error: a list[float]
fx: str = results[rate]  # error: a float
results[len]  # error: no node
answer: str = run(total)  # error: a float
waited: str = run(rate)  # error: what awaiting it gives, a float
run(len)  # error: no node
text: str = results.outcome(load)  # error: an outcome

# Views.
one, two, three = unpack(pair)  # error: two items
first: Node[str] = unpack(pair)[0]  # error: an int
unpack(load)  # error: a list
table: Node[str] = parse(load, int)  # error: parsed as int
parse(load, 5)  # error: no type

# Calling tasks.
total("prices", 1.0)  # error: a str for prices
total([1.0])  # error: fx is missing
total([1.0], 1.0, 3)  # error: digits is keyword-only
total([1.0], fx=1.0, digit=3)  # error: no such parameter
variadic([1.0], "")  # error: a str among them
load(size="2")  # error: a str for an int
loaded: int = load(2)  # error: a list[float]
rate(1)  # error: it takes nothing
unawaited: float = rate()  # error: a coroutine


async def in_a_loop() -> None:
    awaited: str = await rate()  # error: a float
    await total([1.0], 1.0)  # error: no coroutine
    loaded: Sequence[float] = await load(1)  # error: no coroutine
    value: float = await graph()  # error: results
    other: str = (await get_graph("graph")())[total]  # error: a float


# Tasks as callbacks.
def call(function: Callable[[list[float], float], float]) -> None: ...


def call_with_name(function: Callable[[str], object]) -> None: ...


call(total)
call(load)  # error: it takes other parameters
call_with_name(total)  # error: it takes two parameters
call_with_name(load)  # error: it takes an int
call(rate)  # error: it is async
held: Task[[], float] = rate  # error: an AsyncTask
kept: AsyncTask[[], float] = pair  # error: a Task


# Options.
@task(retries="3")  # error: a str
def wrong_retries() -> None: ...


@task(retries=Retry("3"))  # error: a str
def wrong_retry() -> None: ...


@task(retries=Retry(3, on=KeyboardInterrupt))  # error: no Exception
def wrong_exception() -> None: ...


@task(timeout="soon")  # error: a str
def wrong_timeout() -> None: ...


@task(retry=3)  # error: no such option
def unknown_option() -> None: ...


@task(dependencies=load, retry=3)  # error: no such option, beside dependencies
def unknown_option_beside(prices: list[float]) -> None: ...


@task(name=3)  # error: an int
def wrong_name() -> None: ...


@task(graph_name=b"graph", dependencies=load)  # error: bytes
def wrong_graph_name(prices: list[float]) -> None: ...


@task(offload="yes")  # error: a str
def wrong_offload() -> None: ...


@task(cost="2")  # error: a str
def wrong_cost() -> None: ...


@task(dependencies=load, cost="2")  # error: a str, beside dependencies
def wrong_cost_beside(prices: list[float]) -> None: ...


@task(arguments=3)  # error: no mapping
def wrong_arguments(value: int) -> None: ...


@task("name")  # error: a name by position
def by_position() -> None: ...


# Graphs, plans, strategies.
Graph.of(len)  # error: no node
Graph.of("total")  # error: a name
get_graph(total)  # error: a node
graph.compile(len)  # error: no node
graph.compile(validate="some")  # error: no such word
plan.run(strategy=len)  # error: no strategy
plan.run(strategy=Threads)  # error: a class, not an instance
plan.run(strategy=Threads("2"))  # error: a str
plan.run(on_error="ignore")  # error: no such word
plan.run(count.bind(1), strategies=None)  # error: no such option
graph(count.bind(1), on_error=False)  # error: no such word
number: int = graph["total"].name  # error: a str
anything: Any = results.failures["total"]  # error: failures are by node
