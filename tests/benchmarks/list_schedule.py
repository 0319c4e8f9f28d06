"""List schedules by simulation: how long tasks of known length take on so many workers, none of which is ever idle
while a task is ready.

Tasks are numbers from 0, parents before their children.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from itertools import repeat

__all__ = ["best_makespan", "least_possible", "longest_ways", "makespan", "successors", "syncra_priority"]

Parents = Sequence[Sequence[int]]


def makespan(seconds: Sequence[float], parents: Parents, workers: int, priority: Sequence[float]) -> float:
    """When the last task ends, if of the ready ones that of the least priority goes first."""
    waiting = [len(each) for each in parents]
    further = successors(parents)
    ready = [(priority[task], task) for task, needed in enumerate(waiting) if not needed]
    heapify(ready)
    running: list[tuple[float, int]] = []
    now = 0.0
    while ready or running:
        while ready and len(running) < workers:
            _, task = heappop(ready)
            heappush(running, (now + seconds[task], task))
        now = running[0][0]
        while running and running[0][0] == now:
            for child in further[heappop(running)[1]]:
                waiting[child] -= 1
                if not waiting[child]:
                    heappush(ready, (priority[child], child))
    return now


def best_makespan(seconds: Sequence[float], parents: Parents, workers: int) -> float:
    """The shortest of four list schedules, two of which know how long tasks take: longest way in seconds first, longest
    task first, longest way in tasks first, and in order.
    """
    rules: list[Sequence[float]] = [
        [-each for each in longest_ways(parents, seconds)],
        [-each for each in seconds],
        syncra_priority(parents),
        range(len(seconds)),
    ]
    return min(makespan(seconds, parents, workers, rule) for rule in rules)


def syncra_priority(parents: Parents, costs: Sequence[float] | None = None) -> list[float]:
    """The rule of `Program.counting`: the most costly way to the end, or the longest one in tasks where no costs are
    told, then the most successors, then the order.
    """
    ways, further = longest_ways(parents, costs), successors(parents)
    ranked = sorted(range(len(parents)), key=lambda task: (-ways[task], -len(further[task]), task))
    priority = [0.0] * len(parents)
    for rank, task in enumerate(ranked):
        priority[task] = rank
    return priority


def longest_ways(parents: Parents, seconds: Sequence[float] | None = None) -> list[float]:
    """For each task the longest way from its start to the end: in seconds, or in tasks."""
    ways = [0.0] * len(parents)
    weights = list(repeat(1.0, len(parents)) if seconds is None else seconds)
    for task in reversed(range(len(parents))):
        ways[task] += weights[task]
        for parent in parents[task]:
            ways[parent] = max(ways[parent], ways[task])
    return ways


def least_possible(seconds: Sequence[float], parents: Parents, workers: int) -> float:
    """What no schedule is shorter than: the longest way, or the work by the workers."""
    return max(*longest_ways(parents, seconds), sum(seconds) / workers)


def successors(parents: Parents) -> list[list[int]]:
    """The tasks that need each task."""
    found: list[list[int]] = [[] for _ in parents]
    for task, needed in enumerate(parents):
        for parent in needed:
            found[parent].append(task)
    return found
