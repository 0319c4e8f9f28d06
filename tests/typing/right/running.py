"""Right user code: graphs, plans, strategies, results."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, assert_never, assert_type

from syncra import (
    Asyncio,
    Binding,
    Edge,
    Failed,
    Graph,
    Input,
    Node,
    Outcome,
    Plan,
    Results,
    Sequential,
    Skipped,
    Strategy,
    Succeeded,
    Threads,
    Verdict,
    delete_graph,
    depends,
    get_graph,
    run,
    task,
)

count = Input[int]("count", default=2)
label = Input[str]("label", default="")


@task(graph_name="right_running")
def numbers(size: int = depends(count)) -> list[int]:
    return list(range(size))


@task(graph_name="right_running", dependencies=(numbers, label))
async def described(values: list[int], text: str) -> str:
    return f"{text}{values}"


graph = Graph.of(described, name="running")
plan = graph.compile(numbers, described, validate="all")
assert_type(graph, Graph)
assert_type(plan, Plan)
assert_type(graph["numbers"], Node[Any])
assert_type(graph[numbers], Node[list[int]])
assert_type([each.verdict for each in graph.edges], list[Verdict])
edges: tuple[Edge, ...] = graph.edges
parameters: list[str | None] = [each.parameter for each in edges]

bindings: list[Binding] = [count.bind(3), label.bind("x"), numbers.bind([1])]
results = plan.run(*bindings, strategy=Threads(max_workers=2), on_error="continue")
assert_type(results, Results)
assert_type(results[numbers], list[int])
assert_type(results[described], str)
assert_type(results["numbers"], Any)
assert_type(results.get(numbers), list[int] | None)
assert_type(results.get("numbers", 3), Any)
assert_type(run(numbers, count.bind(3)), list[int])
assert_type(run(described, strategy=Asyncio(max_concurrency=4)), str)
as_mapping: Mapping[Node[Any], Any] = results
by_name = {node.name: value for node, value in results.items()}
failed: dict[str, BaseException] = {node.name: error for node, error in results.failures.items()}


def told(outcome: Outcome[list[int]]) -> int:
    match outcome:
        case Succeeded(value):
            return sum(value)
        case Failed(error=error):
            raise error
        case Skipped(reason=reason):
            return len(reason)
        case _:
            assert_never(outcome)


assert_type(told(results.outcome(numbers)), int)


def strategies() -> list[Strategy]:
    return [Sequential(), Threads(2), Threads(ThreadPoolExecutor(1)), Asyncio(offload=True)]


def kept_open() -> int:
    with Threads(max_workers=2) as threads, Sequential() as sequential:
        assert_type(threads, Threads)
        first = plan.run(strategy=threads)
        second = plan.run(strategy=sequential)
        return len(first[numbers]) + len(second[described])


async def awaited() -> str:
    loop = Asyncio()
    found = await get_graph("right_running")(count.bind(1))
    assert_type(found, Results)
    again = await plan.arun(label.bind("y"), strategy=loop)
    elsewhere = await plan.arun(strategy=Threads())
    return found[described] + again[described] + elsewhere[described]


class Backwards:
    """Somebody else's strategy."""

    def execute(self, run: Any, /) -> None:
        Sequential().execute(run)


assert_type(run(numbers, strategy=Backwards()), list[int])
delete_graph("right_running")
