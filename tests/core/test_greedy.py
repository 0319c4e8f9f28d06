"""Which step goes next, and that no worker waits while a step is ready: seen with workers on a clock of their own."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush

import pytest
from hypothesis import given
from hypothesis import strategies as st
from importable_tasks import turn

from syncra import Graph, Node, Processes, task
from syncra._programs._steps import Job
from syncra._runs._run import Run
from tests.benchmarks.list_schedule import makespan, syncra_priority
from tests.benchmarks.workflows import WORKFLOWS, load


class Virtual:
    """So many workers, each of which takes a step as soon as it is free; only this strategy moves their clock.

    Attributes:
        now: the seconds that the run has taken.
        begun: the steps in the order in which they began.
    """

    def __init__(self, workers: int, seconds: Sequence[float]) -> None:
        self._workers = workers
        self._seconds = seconds
        self.now = 0.0
        self.begun: list[str] = []

    def execute(self, run: Run, /) -> None:
        busy: list[tuple[float, int, Job]] = []
        while not run.finished:
            while len(busy) < self._workers and (step := run.take()) is not None:
                self.begun.append(step.node.name)
                heappush(busy, (self.now + self._seconds[step.index], step.index, step))
            self.now = busy[0][0]
            while busy and busy[0][0] == self.now:
                _, _, step = heappop(busy)
                run.succeed(step, step.run(run.values))


def _nothing(*_: None) -> None:
    pass


def graph_of(parents: Sequence[Sequence[int]]) -> Graph:
    nodes: list[Node[None]] = []
    for number, needed in enumerate(parents):
        nodes.append(task(name=f"t{number}", dependencies=tuple(nodes[each] for each in needed))(_nothing))
    return Graph.of(*nodes)


@st.composite
def timed_graphs(draw: st.DrawFn) -> tuple[list[float], list[list[int]]]:
    """Up to 12 tasks with whole seconds, so that many end at once."""
    size = draw(st.integers(1, 12))
    parents = [
        draw(st.lists(st.integers(0, task - 1), unique=True, max_size=4)) if task else [] for task in range(size)
    ]
    return [float(draw(st.integers(1, 4))) for _ in range(size)], parents


@given(timed_graphs(), st.integers(1, 4))
def test_a_run_is_the_list_schedule(timed: tuple[list[float], list[list[int]]], workers: int) -> None:
    """On so many workers a run takes what the list schedule by the stated priority takes, to the second."""
    seconds, parents = timed
    strategy = Virtual(workers, seconds)
    graph_of(parents)(strategy=strategy)
    assert strategy.now == makespan(seconds, parents, workers, syncra_priority(parents))


@pytest.mark.parametrize("workers", [2, 8, 64])
@pytest.mark.parametrize("name", WORKFLOWS)
def test_recorded_workflows_run_as_list_schedules(name: str, workers: int) -> None:
    """So do the recorded workflows, with the seconds that their tasks took."""
    workflow = load(name)
    strategy = Virtual(workers, workflow.seconds)
    graph_of(workflow.parents)(strategy=strategy)
    expected = makespan(workflow.seconds, workflow.parents, workers, syncra_priority(workflow.parents))
    assert strategy.now == expected


def begun(parents: Sequence[Sequence[int]]) -> list[str]:
    """The order in which a single worker takes them."""
    strategy = Virtual(1, [1.0] * len(parents))
    graph_of(parents)(strategy=strategy)
    return strategy.begun


def test_the_longest_way_to_the_end_goes_first() -> None:
    """Of two ready steps that one begins which more steps stand behind of in a row, whatever their order."""
    assert begun([(), (), (1,), (2,)]) == ["t1", "t2", "t0", "t3"]


def test_of_equal_ways_the_one_with_most_successors_goes_first() -> None:
    """It makes more steps ready."""
    assert begun([(), (), (0,), (1,), (1,)]) == ["t1", "t0", "t2", "t3", "t4"]


def test_of_equals_the_first_in_order_goes_first() -> None:
    """Nothing is left to chance: the same plan gives the same order each time."""
    assert begun([(), (), (), ()]) == ["t0", "t1", "t2", "t3"]
    assert {tuple(begun([(), (), (0, 1), (0,), (1,)])) for _ in range(5)} == {("t0", "t1", "t2", "t3", "t4")}


def test_a_step_that_waits_for_a_worker_lets_others_before() -> None:
    """The links of a chain go before what stands alone, also under worker processes, where a step that was ready when
    no worker was free waits for one.
    """
    alone = [task(name=f"alone{number}")(turn) for number in range(3)]
    links: list[Node[int]] = [task(name="link0")(turn)]
    for number in range(1, 4):
        links.append(task(name=f"link{number}", after=links[-1])(turn))
    with Processes(1) as strategy:
        results = Graph.of(*links, *alone).compile().run(strategy=strategy)
    assert [results[node] for node in (*links, *alone)] == list(range(7))
