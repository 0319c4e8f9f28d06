"""Many runs on worker processes: large drawn graphs with failures and deaths, and a soak."""

from __future__ import annotations

import gc
import threading
import tracemalloc
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from syncra import Failed, Graph, Plan, Processes, Sequential, Strategy, Succeeded
from syncra.errors import WorkerDiedError
from tests.stress.drawn_tasks import drawn_plan

pytestmark = [pytest.mark.stress, pytest.mark.timeout(1_800)]

_RUNS = 200
_SOAK = 2_000
_BYTES_OF_A_RUN = 50  # its results alone take thousands


def told(plan: Plan, strategy: Strategy) -> tuple[Counter[str], list[object], int]:
    """How many tasks came to what, the values of those that succeeded, and how many deaths there were."""
    results = plan.run(strategy=strategy, on_error="continue")
    outcomes = [results.outcome(node) for node in results]
    deaths = 0
    for each in outcomes:
        assert not (isinstance(each, Failed) and isinstance(each.error, WorkerDiedError))
        if isinstance(each, Succeeded | Failed):
            deaths += sum(isinstance(attempt, WorkerDiedError) for attempt in each.attempts)
    kinds = Counter(type(each).__name__ for each in outcomes)
    return kinds, [getattr(each, "value", None) for each in outcomes], deaths


@pytest.mark.parametrize("strategy", [Processes(2), Processes(4, max_calls=50)], ids=["2", "4 of 50 calls"])
def test_large_drawn_graphs_with_deaths_come_to_the_same(strategy: Processes, tmp_path: Path) -> None:
    """200 runs of drawn graphs of 300 tasks give the outcomes and values of sequential ones, through failures and
    through workers that are killed as they run a task.
    """
    deaths = 0
    with strategy:
        for seed in range(_RUNS):
            folder = tmp_path / str(seed)
            folder.mkdir()
            kinds, values, died = told(drawn_plan(Random(seed), str(folder)), strategy)
            assert (kinds, values) == told(drawn_plan(Random(seed), ""), Sequential())[:2]
            assert died == len(list(folder.iterdir()))
            deaths += died
    assert deaths > _RUNS


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _descendants() -> int:
    found, unseen = 0, [Path("/proc/self")]
    while unseen:
        for listed in (unseen.pop() / "task").glob("*/children"):
            children = listed.read_text().split()
            found += len(children)
            unseen.extend(Path("/proc") / each for each in children)
    return found


def test_a_soak_leaves_memory_threads_processes_and_descriptors_flat() -> None:
    """Through 2 000 runs on one kept strategy nothing grows: memory, threads, processes, descriptors."""
    plan = Graph.of(*drawn_plan(Random(0), "").nodes[:20]).compile()
    with Processes(2) as strategy:
        told(plan, strategy)
        tracemalloc.start()
        used: list[int] = []
        counted: list[tuple[int, int, int]] = []
        try:
            for _ in range(3):  # in the first one whatever is made once is made
                for _ in range(_SOAK // 2):
                    told(plan, strategy)
                gc.collect()
                used.append(tracemalloc.get_traced_memory()[0])
                counted.append((_descriptors(), _descendants(), threading.active_count()))
        finally:
            tracemalloc.stop()
        # A table of the interpreter that has to grow may fall into one of the two halves.
        assert min(used[1] - used[0], used[2] - used[1]) < _SOAK // 2 * _BYTES_OF_A_RUN
        assert counted[0] == counted[1] == counted[2]
    assert _descendants() == 0
