"""Results: a mapping of values, the look-up of outcomes, and what has to be awaited first."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Mapping
from typing import Any

import pytest

from syncra import Failed, Graph, Input, Node, Results, Skipped, Succeeded, depends, run, task
from syncra.errors import NodeNotFoundError, NoResultError, NotAwaitedError, RunningLoopError, TaskReturnError


@task
def one() -> int:
    return 1


@task
def fails(value: int = depends(one)) -> int:
    raise ValueError(value)


@task
def after_failure(value: int = depends(fails)) -> int:
    return value


@task
async def later() -> int:
    await asyncio.sleep(0)
    return 2


def test_results_are_a_mapping_by_node_and_by_name() -> None:
    """Look-up, membership, length, order, items, equality with another run's."""
    number = Input[int]("number", default=5)
    graph = Graph.of(one, number)
    results = graph()
    assert isinstance(results, Mapping)
    assert (results[one], results["one"], results["number"]) == (1, 1, 5)
    assert list(results) == list(graph) == [number, one]
    assert dict(results) == {number: 5, one: 1}
    assert results == graph()
    assert results != graph(number.bind(6))
    keys: list[Any] = [one, "one", later, 7]
    assert [key in results for key in keys] == [True, True, False, False]
    assert [results.get(key, 8) for key in keys] == [1, 1, 8, 8]
    with pytest.raises(NodeNotFoundError, match="did you mean 'number'"):
        results["numbr"]
    with pytest.raises(NodeNotFoundError):
        results[later]
    with pytest.raises(TypeError):
        results[one] = 3  # type: ignore[index]  # what is tested


def test_failures_and_skips_are_told_apart() -> None:
    """Each node has one outcome; the values of failed and skipped ones can't be had, and say why."""
    results = Graph.of(after_failure)(on_error="continue")
    assert results.outcome(one) == Succeeded(1)
    failed, skipped = results.outcome(fails), results.outcome(after_failure)
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, ValueError)
    assert skipped == Skipped("'fails' failed", (fails,))
    assert dict(results.failures) == {fails: failed.error}
    assert dict(results.skipped) == {after_failure: (fails,)}
    with pytest.raises(NoResultError, match="task 'fails' failed: ValueError") as raised:
        results[fails]
    assert raised.value.__cause__ is failed.error
    assert isinstance(raised.value, LookupError)
    with pytest.raises(NoResultError, match="skipped: 'fails' failed"):
        results["after_failure"]
    with pytest.raises(ExceptionGroup) as group:
        results.raise_failures()
    assert group.value.exceptions == (failed.error,)
    assert repr(results) == "<Results of the graph: 3 nodes, 1 failed>"
    Graph.of(one)().raise_failures()


def test_outcomes_of_many_skipped_nodes_are_found_quickly() -> None:
    """Looking at every outcome of a run is no quadratic step: 20 000 skips share one reason."""

    def same(value: int) -> int:
        return value

    last: Node[Any] = fails
    for number in range(20_000):
        last = task(name=f"link{number}", dependencies=last)(same)
    results = Graph.of(last)(on_error="continue")
    assert len({id(results.outcome(node)) for node in results if isinstance(results.outcome(node), Skipped)}) == 1


def test_a_failure_that_cannot_be_shown_is_still_named() -> None:
    """An exception whose repr raises is its task's failure like any other."""

    class HostileError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text for you")

        __repr__ = __str__

    @task
    def hostile() -> int:
        raise HostileError

    results = Graph.of(hostile)(on_error="continue")
    with pytest.raises(NoResultError, match="a HostileError that can't be shown"):
        results[hostile]
    with pytest.raises(HostileError):
        Graph.of(hostile)()


def test_results_of_an_asynchronous_graph_have_to_be_awaited() -> None:
    """Any use before says so; awaited, they are the results, and awaiting them again changes nothing."""

    async def main() -> None:
        results = Graph.of(later)()
        for use in (lambda: results[later], lambda: len(results), lambda: list(results), lambda: results.failures):
            with pytest.raises(NotAwaitedError, match="await"):
                use()
        assert "not awaited" in repr(results)
        assert (await results) is results
        assert (await results)[later] == 2

    asyncio.run(main())


def test_results_can_be_gathered() -> None:
    """Several runs are awaited at once, also of one graph; asyncio tells them apart by identity."""
    number = Input[int]("number")
    graph = Graph.of(later, number)

    async def both() -> tuple[Results, Results]:
        return await asyncio.gather(graph(number.bind(1)), graph(number.bind(2)))

    assert [results[number] for results in asyncio.run(both())] == [1, 2]


def test_results_that_nobody_awaits_warn() -> None:
    """A call of an asynchronous graph that is dropped is reported, as Python does for coroutines."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        Graph.of(later, name="forgotten")()
        gc.collect()
    assert [str(each.message) for each in seen] == ["graph 'forgotten' was called but never awaited, so it did not run"]


def test_a_blocking_run_inside_a_loop_works_or_explains_itself() -> None:
    """Sync plans block the loop and work; plans with async tasks name the twin to use."""

    async def main() -> None:
        assert Graph.of(one)()[one] == 1
        with pytest.raises(RunningLoopError, match=r"await plan\.arun"):
            Graph.of(later).compile().run()
        assert (await Graph.of(one).compile().arun())[one] == 1

    asyncio.run(main())
    assert Graph.of(later).compile().run()[later] == 2


@pytest.mark.parametrize("annotated", [True, False])
def test_what_stands_for_a_value_is_none(annotated: bool) -> None:
    """A coroutine, a future or a node is the failure of the task that returned it, with a cure."""

    async def coroutine() -> int:
        return 1

    from concurrent.futures import Future

    for give in (coroutine, Future, lambda: one):

        def returns() -> object:
            return give()  # noqa: B023 - called within the loop

        def returns_anything():  # type: ignore[no-untyped-def]
            return give()  # noqa: B023 - called within the loop

        with pytest.raises(TaskReturnError, match="not a value"):
            Graph.of(task(returns if annotated else returns_anything))()


def test_a_coroutine_against_the_annotation_is_not_given_out() -> None:
    """Where the annotation of a sync task rules a coroutine out nobody looks, until somebody asks for the value."""

    async def coroutine() -> int:
        return 1

    @task
    def wrong() -> int:
        return coroutine()  # type: ignore[return-value]  # what is tested

    results = Graph.of(wrong)()
    with pytest.raises(TaskReturnError, match="'wrong' returned a coroutine, not a value"):
        results[wrong]
    with pytest.raises(TaskReturnError):
        run(wrong)


def test_results_are_made_by_runs_alone() -> None:
    """A finished run's results need no awaiting and no loop."""
    assert isinstance(Graph.of(one)(), Results)
