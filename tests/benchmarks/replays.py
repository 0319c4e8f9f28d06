"""Recorded workflows, run again with their times scaled down: how near each strategy comes to what is possible.

Each task gives the seconds that it really took, sleeping or computing, so that a run is compared with what list
schedules of these very times come to, on the same number of workers, by simulation. Once each task tells the run its
recorded seconds as its cost, once none does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from syncra import Asyncio, Graph, Node, Plan, Processes, Sequential, Threads, task
from tests.benchmarks.list_schedule import best_makespan, least_possible, makespan, syncra_priority
from tests.benchmarks.side_by_side import in_turns
from tests.benchmarks.workflows import WORKFLOWS, Workflow, load

__all__ = ["print_replays"]

_REPEATS = 3
_SHORT_MEAN = 20e-6
_MEAN = 5e-3
_SLEEPERS = 8
_COMPUTERS = 2

_HEAD = f"""\
Nine recorded workflows. Sequential: tasks of {_SHORT_MEAN * 1e6:.0f} us on average, over the same calls in a loop.
Others: tasks of {_MEAN * 1e3:.0f} ms on average, sleeping (asyncio and threads, {_SLEEPERS} at a time) or computing \
({_COMPUTERS} processes).
With the recorded seconds told as costs: time over the list schedule by the same priority / over the best list
schedule, which knows all times in advance / over the bound of critical path and work; without costs: time over the best
list schedule. The least disturbed of {_REPEATS} runs."""

Runner = Callable[[Plan], tuple[float, dict[str, float]]]
"""Runs the plan once: the seconds that took, and those of each task."""


def sleeps(seconds: float, *_: float) -> float:
    began = time.perf_counter()
    time.sleep(seconds)
    return time.perf_counter() - began


async def sleeps_on_loop(seconds: float, *_: float) -> float:
    began = time.perf_counter()
    await asyncio.sleep(seconds)
    return time.perf_counter() - began


def computes(turns: int, *_: float) -> float:
    began = time.perf_counter()
    for _turn in range(turns):
        pass
    return time.perf_counter() - began


def turns_a_second() -> float:
    """How many turns of its loop `computes` does here in a second."""
    return 100_000 / min(computes(100_000) for _ in range(20))


def plan_of(
    workflow: Workflow, function: Callable[..., Any], unit: float = 1.0, *, costs: Sequence[float] | None = None
) -> Plan:
    """The workflow with this function for each task, its first argument the task's seconds times `unit`.

    Without costs, no task tells one.
    """
    nodes: list[Node[Any]] = []
    first = "seconds" if unit == 1.0 else "turns"
    told = [1] * len(workflow.tasks) if costs is None else costs
    for name, seconds, parents, cost in zip(workflow.tasks, workflow.seconds, workflow.parents, told, strict=True):
        amount = seconds if unit == 1.0 else round(seconds * unit)
        needed = tuple(nodes[parent] for parent in parents)
        nodes.append(task(name=name, dependencies=needed, arguments={first: amount}, cost=cost)(function))
    return Graph.of(*nodes).compile()


class Way(NamedTuple):
    """How a workflow is run.

    Attributes:
        function: what each task calls, and
        unit: by how much its seconds are multiplied for that.
        workers: how many there are.
        run: runs a plan under the strategy.
    """

    function: Callable[..., Any]
    unit: float
    workers: int
    run: Runner


class Replay(NamedTuple):
    """Ratios of the seconds that a run took.

    Attributes:
        schedule: to the list schedule by the run's own priority.
        best: to the best list schedule, which knows how long each task will take.
        bound: to what no schedule is shorter than.
    """

    schedule: float
    best: float
    bound: float


def replayed(workflow: Workflow, way: Way, costs: Sequence[float] | None) -> Replay:
    """The least disturbed of a few runs: what else the machine does makes them longer only."""
    plan, workers, parents = plan_of(workflow, way.function, way.unit, costs=costs), way.workers, workflow.parents
    priority = syncra_priority(parents, costs)
    found: list[Replay] = []
    for _ in range(_REPEATS):
        took, by_name = way.run(plan)
        seconds = [by_name[each] for each in workflow.tasks]
        found.append(
            Replay(
                took / makespan(seconds, parents, workers, priority),
                took / best_makespan(seconds, parents, workers),
                took / least_possible(seconds, parents, workers),
            )
        )
    return min(found)


def compared(workflow: Workflow, way: Way) -> tuple[str, str]:
    """Two cells: with costs, and without."""
    told, untold = replayed(workflow, way, workflow.seconds), replayed(workflow, way, None)
    return f"{told.schedule:.2f} / {told.best:.2f} / {told.bound:.2f}", f"{untold.best:.2f}"


def on_strategy(strategy: Threads | Processes) -> Runner:
    def run(plan: Plan) -> tuple[float, dict[str, float]]:
        began = time.perf_counter()
        results = plan.run(strategy=strategy)
        took = time.perf_counter() - began
        return took, {node.name: value for node, value in results.items()}

    return run


def on_loop(plan: Plan) -> tuple[float, dict[str, float]]:
    async def run() -> tuple[float, dict[str, float]]:
        began = time.perf_counter()
        results = await plan.arun(strategy=Asyncio(max_concurrency=_SLEEPERS))
        took = time.perf_counter() - began
        return took, {node.name: value for node, value in results.items()}

    return asyncio.run(run())


def over_loop(workflow: Workflow) -> float:
    """Sequential over the same calls in a loop by hand, tasks of microseconds."""
    short, unit = workflow.scaled(_SHORT_MEAN), turns_a_second()
    plan = plan_of(short, computes, unit)
    amounts = [round(each * unit) for each in short.seconds]

    def by_hand() -> None:
        values: list[float] = []
        for turns, parents in zip(amounts, short.parents, strict=True):
            values.append(computes(turns, *[values[parent] for parent in parents]))

    return in_turns(lambda: plan.run(strategy=Sequential()), by_hand, repeats=7).ratio


def print_replays() -> None:
    """Print the table of all workflows under all strategies."""
    print(f"{_HEAD}\n")
    ways_told = " | ".join(f"{name}, costs told | without" for name in ("asyncio", "threads", "processes"))
    print(f"| workflow | tasks | edges | sequential | {ways_told} |\n|---|{'--:|' * 9}")
    with Threads(_SLEEPERS) as threads, Processes(_COMPUTERS) as processes:
        ways = [
            Way(sleeps_on_loop, 1.0, _SLEEPERS, on_loop),
            Way(sleeps, 1.0, _SLEEPERS, on_strategy(threads)),
            Way(computes, turns_a_second(), _COMPUTERS, on_strategy(processes)),
        ]
        for name in WORKFLOWS:
            workflow = load(name)
            scaled = workflow.scaled(_MEAN)
            cells = [f"{over_loop(workflow):.2f}"]
            for way in ways:
                cells += compared(scaled, way)
            edges = sum(map(len, workflow.parents))
            print(f"| {name} | {len(workflow.tasks)} | {edges} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    print_replays()
