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
    """After 2 000 runs on one strategy there is no more of anything than after the first hundred."""
    plan = drawn_plan(Random(0))
    small = Graph.of(*plan.nodes[:20]).compile()
    with opened(way) as make:
        strategy = make()
        for _ in range(100):
            told(small, strategy)
        gc.collect()
        tracemalloc.start()
        memory, threads, descriptors = tracemalloc.get_traced_memory()[0], threading.active_count(), _descriptors()
        for _ in range(_SOAK):
            told(small, strategy)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - memory
        tracemalloc.stop()
        assert grown < 100_000  # bytes; one of the 2 000 results alone takes a few thousand
        assert threading.active_count() <= threads
        assert _descriptors() <= descriptors
