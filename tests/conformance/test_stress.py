"""Many runs of large drawn graphs, and a soak: what shows up rarely, or only after a while."""

from __future__ import annotations

import asyncio
import gc
import threading
import tracemalloc
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from strategies import IN_PROCESS, Way, opened

from syncra import Graph, Node, Plan, Sequential, Strategy, task

pytestmark = pytest.mark.stress

_TASKS = 300
_RUNS = 200
_SOAK = 2_000
_MOST_WORKERS = 40
_BYTES_OF_A_RUN = 100  # its results alone take thousands


class DrawnError(Exception):
    """What tasks raise that are drawn to fail."""


def _value(number: int, fails: bool, *values: int) -> int:
    if fails:
        raise DrawnError(number)
    return number + sum(values) % 1_000


async def _value_async(number: int, fails: bool, *values: int) -> int:
    await asyncio.sleep(0)
    return _value(number, fails, *values)


def drawn_plan(draw: Random) -> Plan:
    """A graph of 300 tasks, one in twenty failing, one in three async, each needing up to four others."""
    nodes: list[Node[int]] = []
    for number in range(_TASKS):
        sources = tuple(draw.sample(nodes, draw.randint(0, min(4, len(nodes)))))
        fixed: dict[str, Any] = {"number": number, "fails": draw.random() < 0.05}
        wired = task(name=f"t{number}", dependencies=sources, arguments=fixed)
        nodes.append(wired(_value_async) if draw.random() < 0.3 else wired(_value))
    return Graph.of(*nodes).compile()


def told(plan: Plan, strategy: Strategy) -> tuple[Counter[str], list[object]]:
    """How many tasks came to what, and the values of those that succeeded."""
    results = plan.run(strategy=strategy, on_error="continue")
    outcomes = [results.outcome(node) for node in results]
    return Counter(type(each).__name__ for each in outcomes), [getattr(each, "value", None) for each in outcomes]


@pytest.mark.parametrize("way", IN_PROCESS, ids=str)
def test_large_drawn_graphs_come_to_the_same(way: Way) -> None:
    """200 runs of drawn graphs of 300 tasks give the outcomes and the values of sequential ones."""
    with opened(way) as make:
        for seed in range(_RUNS // 4):
            plan = drawn_plan(Random(seed))
            expected = told(plan, Sequential())
            for _ in range(4):
                assert told(plan, make()) == expected


def _descriptors() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


@pytest.mark.parametrize("way", IN_PROCESS, ids=str)
def test_a_soak_leaves_memory_threads_and_descriptors_flat(way: Way) -> None:
    """Through 2 000 runs on one strategy memory and descriptors stay, and threads are those of one run at most."""
    plan = drawn_plan(Random(0))
    small = Graph.of(*plan.nodes[:20]).compile()
    most_threads = threading.active_count() + _MOST_WORKERS
    with opened(way) as make:
        strategy = make()
        tracemalloc.start()
        used: list[int] = []
        descriptors: list[int] = []
        for _ in range(3):
            for _ in range(_SOAK // 2):
                told(small, strategy)
                assert threading.active_count() <= most_threads
            gc.collect()
            used.append(tracemalloc.get_traced_memory()[0])
            descriptors.append(_descriptors())
        tracemalloc.stop()
        # One of the two halves may have a step of 2 or 4 MB: asyncio has the interpreter intern some names for each new
        # loop, and of the many that have gone again the table of interned names is made anew from time to time.
        assert min(used[1] - used[0], used[2] - used[1]) < _SOAK // 2 * _BYTES_OF_A_RUN
        assert descriptors[2] <= descriptors[0]
