"""Which step goes next, and that no worker waits while a step is ready: seen with workers on a clock of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from heapq import heappop, heappush
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from importable_tasks import turn

from syncra import (
    Asyncio,
    Graph,
    Input,
    Node,
    Processes,
    Sequential,
    Strategy,
    Task,
    Threads,
    choose,
    depends,
    each,
    function,
    task,
    unchecked,
)
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


COSTS = st.sampled_from([0, 0.1, 0.25, 0.7, 1, 2, 30, 1e17])


def _nothing(*_: None) -> None:
    pass


def graph_of(parents: Sequence[Sequence[int]], costs: Sequence[float] | None = None) -> Graph:
    nodes: list[Node[None]] = []
    for number, needed in enumerate(parents):
        needs = tuple(nodes[parent] for parent in needed)
        if costs is None:
            nodes.append(task(name=f"t{number}", dependencies=needs)(_nothing))
        else:
            nodes.append(task(name=f"t{number}", dependencies=needs, cost=costs[number])(_nothing))
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


@given(timed_graphs(), st.integers(1, 4), st.data())
def test_a_run_with_costs_is_the_list_schedule(
    timed: tuple[list[float], list[list[int]]], workers: int, data: st.DataObject
) -> None:
    """So it does with costs, whether these are what tasks take or not, in whatever unit."""
    seconds, parents = timed
    costs = data.draw(st.lists(COSTS, min_size=len(seconds), max_size=len(seconds)))
    strategy = Virtual(workers, seconds)
    graph_of(parents, costs)(strategy=strategy)
    assert strategy.now == makespan(seconds, parents, workers, syncra_priority(parents, costs))


@pytest.mark.parametrize("name", WORKFLOWS)
def test_recorded_workflows_with_costs_run_as_list_schedules(name: str) -> None:
    """A run that is told the seconds of its tasks goes by the longest way in seconds."""
    workflow = load(name)
    seconds, parents = workflow.seconds, workflow.parents
    strategy = Virtual(8, seconds)
    graph_of(parents, seconds)(strategy=strategy)
    assert strategy.now == makespan(seconds, parents, 8, syncra_priority(parents, seconds))


def begun(parents: Sequence[Sequence[int]], costs: Sequence[float] | None = None) -> list[str]:
    """The order in which a single worker takes them."""
    return begun_of(graph_of(parents, costs))


def begun_of(graph: Graph) -> list[str]:
    """The order in which a single worker takes its steps."""
    strategy = Virtual(1, [1.0] * len(graph))
    graph(strategy=strategy)
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


# ---------------------------------------------------------------------- costs

# Two chains and one task alone; the chain that is shorter in tasks is the more costly one.
NAMES = ("a", "b", "c", "x", "y", "z")
WAYS = {"b": "a", "c": "b", "z": "y"}
TOLD = {"x": 5, "y": 0.5, "z": 4}


async def turn_on_loop() -> int:
    return turn()


def in_turns(strategy: Strategy, costs: Mapping[str, float], call: Callable[[], Any] = turn) -> str:
    """The tasks of NAMES, in the order in which they are called."""
    nodes: dict[str, Node[Any]] = {}
    for name in NAMES:
        after = (nodes[WAYS[name]],) if name in WAYS else ()
        nodes[name] = task(name=name, after=after, cost=costs.get(name, 1))(call)
    results = Graph.of(*nodes.values()).compile().run(strategy=strategy)
    return "".join(sorted(NAMES, key=lambda name: results[nodes[name]]))


ONE_WORKER = [Virtual(1, [1.0] * 6), Threads(1), Processes(1), Asyncio(max_concurrency=1)]


@pytest.mark.parametrize("strategy", ONE_WORKER, ids=lambda each: type(each).__name__)
def test_the_most_costly_way_to_the_end_goes_first(strategy: Strategy) -> None:
    """With one worker the order is that of the costs; a task without one counts as 1."""
    assert in_turns(strategy, TOLD) == "xyzabc"


@pytest.mark.parametrize("strategy", [Asyncio(max_concurrency=1), Asyncio(1, offload=True)], ids=repr)
def test_coroutines_go_by_their_costs(strategy: Strategy) -> None:
    """So do coroutines."""
    assert in_turns(strategy, TOLD, turn_on_loop) == "xyzabc"


def test_the_first_step_on_a_loop_goes_by_its_cost_too() -> None:
    """Where several may wait at once, those begin that their costs put first, and not the first one of the plan."""
    begins: list[str] = []

    def waits(name: str) -> Node[None]:
        async def wait() -> None:
            begins.append(name)
            await asyncio.sleep(0)

        return task(name=name, cost=TOLD.get(name, 1))(wait)

    Graph.of(*map(waits, NAMES)).compile().run(strategy=Asyncio(max_concurrency=2))
    assert begins[:2] == ["x", "z"]


@pytest.mark.parametrize("strategy", ONE_WORKER[:3], ids=lambda each: type(each).__name__)
def test_without_costs_tasks_are_counted(strategy: Strategy) -> None:
    """Where no task tells a cost, or all tell the same, the longest way in tasks goes first."""
    assert in_turns(strategy, {}) == in_turns(strategy, dict.fromkeys(NAMES, 0.5)) == "abycxz"


def test_in_order_means_in_the_order_of_the_plan() -> None:
    """Sequential asks for no priority; neither does a loop with one worker, unless costs are told."""
    assert in_turns(Sequential(), TOLD) == in_turns(Asyncio(max_concurrency=1), {}) == "abcxyz"


def test_a_choice_ends_the_order_of_the_plan() -> None:
    """From there on Sequential takes what is ready, and that goes by costs."""
    begins: list[str] = []

    def noting(name: str, cost: float = 1) -> Node[bool]:
        def note() -> bool:
            begins.append(name)
            return True

        return task(name=name, cost=cost)(note)

    first, condition, left, right = map(noting, ("first", "if", "l", "r"))
    cheap, costly = noting("cheap", 0.5), noting("costly", 9)
    chosen = choose(condition, left, right)
    Graph.of(first, chosen, cheap, costly).compile().run(strategy=Sequential())
    assert begins == ["first", "if", "costly", "l", "cheap"]


@given(timed_graphs(), st.sampled_from([0.5, 2, 2.0, 1024]))
def test_equal_costs_are_as_good_as_none(timed: tuple[list[float], list[list[int]]], cost: float) -> None:
    """A unit of its own changes nothing."""
    _, parents = timed
    assert begun(parents, [cost] * len(parents)) == begun(parents)


def test_tasks_that_cost_nothing_still_go_before_what_waits_for_them() -> None:
    """A cost of 0 makes no way longer: what stands behind a task counts for it, and of equals its successors."""
    assert begun([(), (), (1,)], [2, 0, 3]) == ["t1", "t2", "t0"]
    assert begun([(), (), (1,)], [3, 0, 3]) == ["t1", "t0", "t2"]
    assert begun([(), (), (1,), (2,)], [0, 0, 0, 0]) == ["t1", "t2", "t0", "t3"]


def test_views_count_nothing_beside_costs() -> None:
    """Whatever the unit, a view takes no time: that it has no cost does not make it a task of 1."""
    first = task(name="first", cost=0.002)(_nothing)
    last = task(name="last", dependencies=unchecked(unchecked(first)), cost=0.001)(_nothing)
    alone = task(name="alone", cost=0.004)(_nothing)
    assert [name for name in begun_of(Graph.of(last, alone)) if "(" not in name] == ["alone", "first", "last"]


def test_a_choice_is_made_as_soon_as_it_can_be() -> None:
    """A choice waits for no task once its condition is there, so that a costly option waits for none either."""
    condition = task(name="condition", cost=6)(lambda: True)
    left = task(name="left", cost=4)(_nothing)
    others = [task(name=name, cost=cost)(_nothing) for name, cost in (("more", 5), ("less", 3))]
    begins = begun_of(Graph.of(choose(condition, left, task(name="right")(_nothing)), *others))
    assert [name for name in begins if "(" not in name] == ["condition", "more", "left", "less"]


def test_options_stand_before_what_their_choice_is_for() -> None:
    """What comes after a choice counts for its condition and for its options."""
    condition = task(name="condition", cost=0)(lambda: False)
    left = task(name="left", cost=0)(_nothing)
    right = task(name="right", cost=0)(_nothing)
    chosen = choose(condition, left, right)
    last = task(name="last", dependencies=chosen, cost=10)(_nothing)
    alone = task(name="alone", cost=9)(_nothing)
    begins = begun_of(Graph.of(alone, last))
    assert [name for name in begins if "(" not in name] == ["condition", "right", "last", "alone"]


@pytest.mark.parametrize("costs", [(0, 0, 0), (5, 0, 0), (0, 5, 0), (1e17, 1, 0), (0.1, 0.2, 0.3), (1, 1, 1)], ids=str)
def test_items_go_on_before_others_are_begun(costs: tuple[float, float, float]) -> None:
    """Whatever the costs, an item is through all fan-outs before the next one enters the first."""
    begins: list[str] = []

    def noting(name: str, cost: float) -> Task[[int], int]:
        def note(item: int) -> int:
            begins.append(f"{name}{item}")
            return item

        return task(name=name, cost=cost)(note)

    numbers = Input[list[int]]("numbers", default=[0, 1, 2])
    first, second, third = (noting(name, cost) for name, cost in zip("abc", costs, strict=True))
    last = each(third, over=each(second, over=each(first, over=numbers)))
    Graph.of(last).compile().run(strategy=Threads(1))
    assert begins == ["a0", "b0", "c0", "a1", "b1", "c1", "a2", "b2", "c2"]


def test_a_fan_out_counts_as_one_of_its_items() -> None:
    """What it goes over has ended and counts no more; how many items there will be, nobody knows."""
    numbers = task(name="numbers", cost=1000)(lambda: [0, 1])
    item = task(name="item", cost=1)(lambda number: number)
    alone, behind = (task(name=name, cost=2, after=numbers)(_nothing) for name in ("alone", "behind"))
    last = task(name="last", after=behind, cost=1)(_nothing)
    begins = begun_of(Graph.of(each(item, over=numbers), alone, last))
    assert begins == ["numbers", "behind", "alone", "each(item)", "each(item)", "last"]


def test_the_steps_of_a_function_go_by_their_costs() -> None:
    """As they do in a graph of their own."""
    parts = [task(name=f"part{cost}", cost=cost)(turn) for cost in (1, 3, 2)]

    @task
    def order(a: int = depends(parts[0]), b: int = depends(parts[1]), c: int = depends(parts[2])) -> list[int]:
        return [a, b, c]

    inside = task(name="inside", cost=7)(function(order))
    a, b, c = Graph.of(inside).compile().run(strategy=Threads(1))[inside]
    assert b < c < a
