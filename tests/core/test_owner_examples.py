# the examples as their owner wrote them, some without annotations
"""The examples that the product was ordered with, word for word."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from syncra import Asyncio, Graph, Input, Threads, Verdict, depends, get_graph, run, task
from syncra import Results as AnyResults

path = Input[Path]("path")


@task
def load(source: Path = depends(path)) -> list[float]:
    return [float(line) for line in source.read_text().split()]


@task(retries=3, timeout=5.0)
async def rate() -> float:
    return 2.0


@task
def total(prices: list[float] = depends(load), fx: float = depends(rate)) -> float:
    return sum(prices) * fx


def test_the_form_with_defaults(tmp_path: Path) -> None:
    """Graph, plan, run with a binding and a strategy, and look-up by node."""
    (tmp_path / "p.csv").write_text("1 2.5")
    graph = Graph.of(total)
    plan = graph.compile()
    results = plan.run(path.bind(tmp_path / "p.csv"), strategy=Threads(max_workers=8))
    assert results[total] == 7.0
    assert results[load] == [1.0, 2.5]
    assert run(total, path.bind(tmp_path / "p.csv")) == 7.0


def test_the_form_with_names() -> None:
    """Tasks in a named graph: a dependency that only orders, and the first of two as the parameter."""
    called: list[str] = []

    @task(graph_name="my_graph")
    def my_task() -> str:
        called.append("my_task")
        return "example_output"

    @task(graph_name="my_graph", dependencies=my_task)
    def my_second_task() -> str:
        called.append("my_second_task")
        return "second"

    @task(graph_name="my_graph")
    def my_third_task() -> str:
        called.append("my_third_task")
        return "third"

    @task(graph_name="my_graph", dependencies=(my_second_task, my_third_task))
    def my_final_task(dependent_result: str) -> str:
        called.append("my_final_task")
        return dependent_result + "!"

    results = get_graph("my_graph")()
    assert results[my_task] == "example_output"
    assert results["my_final_task"] == "second!"
    assert called.index("my_task") < called.index("my_second_task")
    assert called[-1] == "my_final_task"
    edges = {(edge.source.name, edge.target.name, edge.parameter) for edge in get_graph("my_graph").edges}
    assert ("my_task", "my_second_task", None) in edges
    assert ("my_third_task", "my_final_task", None) in edges
    assert ("my_second_task", "my_final_task", "dependent_result") in edges


def test_the_asynchronous_form(capsys: pytest.CaptureFixture[str]) -> None:
    """A graph with an async task is awaited; a function without annotations takes what it is given, CHECKED."""

    @task(graph_name="my_graph")
    async def my_task():  # type: ignore[no-untyped-def]  # word for word
        return "example_output"

    @task(graph_name="my_graph", dependencies=my_task)
    def my_final_task(dependent_result):  # type: ignore[no-untyped-def]  # word for word
        print(dependent_result)  # noqa: T201 - word for word

    async def main() -> AnyResults:
        results = await get_graph("my_graph")()
        assert len(results) == 2
        return results

    results = asyncio.run(main())
    assert capsys.readouterr().out == "example_output\n"
    assert results["my_task"] == "example_output"
    assert results["my_final_task"] is None
    (edge,) = get_graph("my_graph").edges
    assert edge.verdict is Verdict.CHECKED
    assert "annotation" in edge.reason


@pytest.mark.parametrize("strategy", [None, Asyncio(), Asyncio(offload=True), Threads(2)], ids=repr)
def test_two_ready_sync_tasks_of_an_async_graph_get_their_own_results(strategy: Any) -> None:
    """Sync tasks that are ready at the same time beside an async one are not mixed up."""

    @task
    async def slow() -> str:
        await asyncio.sleep(0)
        return "slow"

    @task
    def left() -> str:
        return "left"

    @task
    def right() -> str:
        return "right"

    @task(dependencies=(slow, left, right))
    def join(a: str, b: str, c: str) -> tuple[str, str, str]:
        return a, b, c

    plan = Graph.of(join).compile()
    results = plan.run(strategy=strategy)
    assert [results[each] for each in (slow, left, right)] == ["slow", "left", "right"]
    assert results[join] == ("slow", "left", "right")
    begin: Callable[[], Awaitable[AnyResults]] = lambda: plan.arun(strategy=strategy)  # noqa: E731 - a coroutine each time

    async def main() -> AnyResults:
        return await begin()

    assert asyncio.run(main())[join] == ("slow", "left", "right")
