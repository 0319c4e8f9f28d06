"""What fan-outs cost: beside a bare loop, and beside the best schedule of the same sleeping items."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Any

from syncra import Asyncio, Graph, Input, Sequential, Strategy, Threads, each, task
from tests.benchmarks.side_by_side import Ratio, in_turns

__all__ = ["shape_rows"]

Sleeps = Sequence[float]

ITEMS = 100_000
PIPED = 200
WORKERS = 8


def shape_rows() -> Iterator[tuple[str, float, int, Callable[[], Ratio]]]:
    """Name, budget, number of calls, and how the row is measured; as the other budgets have them."""
    yield "each over 100 000 no-ops / bare loop", 3.0, ITEMS, each_beside_a_loop
    yield "three each over 200 sleeps, asyncio / best schedule", 1.1, 3 * PIPED, lambda: piped(Asyncio(), PIPED)
    yield (
        "three each over 200 sleeps, 8 threads / best schedule",
        1.1,
        3 * PIPED,
        lambda: piped(Threads(WORKERS), WORKERS),
    )


def same(number: int) -> int:
    return number


def each_beside_a_loop() -> Ratio:
    """Sequential, nothing to check on the edge."""
    numbers = list(range(ITEMS))
    over = Input[list[int]]("numbers", default=numbers)
    node = each(same, over=over)
    plan, strategy = Graph.of(node).compile(node), Sequential()

    def by_hand() -> list[int]:
        return [same(number) for number in numbers]

    return in_turns(lambda: plan.run(strategy=strategy), by_hand, repeats=9)


def piped(strategy: Strategy, workers: int) -> Ratio:
    """Three fan-outs on top of each other over uneven sleeps, beside the bound that no schedule goes below."""
    generator = random.Random(5)
    # Long enough that what is measured is the schedule, and not the grain of timers.
    sleeps: list[Sleeps] = [[generator.uniform(0.005, 0.05) for _ in range(3)] for _ in range(PIPED)]
    bound = max(*map(sum, sleeps), sum(map(sum, sleeps)) / workers)
    node: Any = Input[list[Sleeps]]("sleeps", default=sleeps)
    is_async = isinstance(strategy, Asyncio)
    for stage in range(3):
        sleeping = _awaited(stage) if is_async else _blocking(stage)
        node = each(task(name=f"stage {stage}")(sleeping), over=node)
    plan = Graph.of(node).compile(node)
    seconds: list[float] = []
    for _ in range(5):
        began = time.perf_counter()
        plan.run(strategy=strategy)
        seconds.append(time.perf_counter() - began)
    return Ratio(median(seconds), bound, median(seconds) / bound)


def _awaited(stage: int) -> Callable[[Sleeps], Any]:
    async def sleep(sleeps: Sleeps) -> Sleeps:
        await asyncio.sleep(sleeps[stage])
        return sleeps

    return sleep


def _blocking(stage: int) -> Callable[[Sleeps], Any]:
    def sleep(sleeps: Sleeps) -> Sleeps:
        time.sleep(sleeps[stage])
        return sleeps

    return sleep
