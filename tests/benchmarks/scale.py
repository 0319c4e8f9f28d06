"""Graphs from 1 000 to 1 000 000 edges: what declaring, compiling and running them takes, a task and in all.

    python -m tests.benchmarks.scale EDGES

measures one size in this process, as lines of a name and a number; the table does so for each size in a process of its
own, so that none has the memory of another.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from syncra import Graph, Sequential
from tests.benchmarks.budgets import drawn, nodes, plan

__all__ = ["Collections", "counted_collections", "print_scale"]

_SIZES = (1_000, 10_000, 100_000, 1_000_000)
_EDGES_A_TASK = 1.5
_MILLION = 1_000_000


class Collections:
    """How often the garbage collector has run, by generation, and the seconds that took.

    Attributes:
        counts: of the young, the middle and the full collections.
        seconds: of all of them.
    """

    def __init__(self) -> None:
        self.counts = [0, 0, 0]
        self.seconds = 0.0
        self._began = 0.0

    def note(self, phase: str, found: Mapping[str, int]) -> None:
        """What `gc.callbacks` calls."""
        if phase == "start":
            self._began = time.perf_counter()
            return
        self.counts[found["generation"]] += 1
        self.seconds += time.perf_counter() - self._began


@contextmanager
def counted_collections() -> Iterator[Collections]:
    """Count the collections in the block."""
    found = Collections()
    gc.callbacks.append(found.note)
    try:
        yield found
    finally:
        gc.callbacks.remove(found.note)


def resident() -> int:
    """Bytes of this process in memory; 0 where that is not told."""
    status = Path("/proc/self/statm")
    return int(status.read_text(encoding="ascii").split()[1]) * 4096 if status.exists() else 0


def measured(edges: int) -> Iterator[tuple[str, float]]:
    """What one size comes to."""
    plan(drawn(10)).run()  # whatever is imported once
    wires = drawn(round(edges / _EDGES_A_TASK))
    yield "tasks", len(wires)
    yield "edges", sum(map(len, wires))
    before = resident()
    with counted_collections() as building:
        began = time.perf_counter()
        declared = nodes(wires)
        yield "declare", time.perf_counter() - began
        began = time.perf_counter()
        compiled = Graph.of(*declared).compile()
        yield "compile", time.perf_counter() - began
    with counted_collections() as running:
        began = time.perf_counter()
        results = compiled.run(strategy=Sequential())
        yield "first run", time.perf_counter() - began
        began = time.perf_counter()
        results = compiled.run(strategy=Sequential())
        yield "run", time.perf_counter() - began
    yield "memory", resident() - before
    yield "full collections while building", building.counts[2]
    yield "seconds of them", building.seconds
    yield "full collections while running", running.counts[2]
    assert len(results) == len(wires)


def print_scale() -> None:
    """Print the curve, and what freeing values costs."""
    print("Microseconds a task unless said otherwise; each size in a process of its own, up to three dependencies.\n")
    print(
        "| edges | tasks | declare | compile | first run | further runs | in all, s | bytes a task |"
        " full collections | seconds of all collections |\n|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    )
    for edges in _SIZES:
        command = [sys.executable, "-m", "tests.benchmarks.scale", str(edges)]
        ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        found = {name: float(value) for name, _, value in (line.rpartition(" ") for line in ended.stdout.splitlines())}
        tasks = found["tasks"]
        phases = [found[name] for name in ("declare", "compile", "first run", "run")]
        each = " | ".join(f"{seconds / tasks * _MILLION:.2f}" for seconds in phases)
        often = f"{found['full collections while building']:.0f} + {found['full collections while running']:.0f}"
        print(
            f"| {found['edges']:.0f} | {tasks:.0f} | {each} | {sum(phases):.2f} | {found['memory'] / tasks:.0f} |"
            f" {often} | {found['seconds of them']:.2f} |",
            flush=True,
        )
    print("\nFull collections: while declaring and compiling + while running twice.\n")
    print("| freeing values, ns a task more than keeping them all | budget | |\n|---|--:|--:|")
    for size in (1_000, 100_000):
        more = freeing(size)
        print(f"| random {size} | 30 | {more:.1f}{'' if more <= 30 else ' (missed)'} |", flush=True)


def freeing(size: int) -> float:
    """Nanoseconds a task that it costs to free values once nothing needs them any more; the least disturbed runs."""
    wires = drawn(size)
    declared = nodes(wires)
    needed = {source for sources in wires for source in sources}
    ends = [node for index, node in enumerate(declared) if index not in needed]
    graph = Graph.of(*ends)
    plans = graph.compile(), graph.compile(*ends)
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(41):
        for compiled, found in zip(plans, times, strict=True):
            began = time.perf_counter()
            compiled.run(strategy=Sequential())
            found.append(time.perf_counter() - began)
    return (min(times[1]) - min(times[0])) / size * 1e9


if __name__ == "__main__":
    for what, number in measured(int(sys.argv[1])):
        print(what, number)
