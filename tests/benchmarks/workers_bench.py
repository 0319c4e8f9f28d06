"""What a call on the worker pool costs beside the standard library's pool, and a large array beside a copy.

    python tests/benchmarks/workers_bench.py

Each pair is measured in turns in one process; medians are shown. Read the ratios: times are the machine's.
"""

from __future__ import annotations

import operator
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, wait
from multiprocessing import get_context
from statistics import median

import numpy as np

from syncra._workers import FunctionRef, Lease, WorkerPool

CALLS = 400
REPEATS = 21
ARRAY_BYTES = 100_000_000


def main() -> None:
    """Print one line for each pair."""
    print(f"Python {sys.version.split()[0]}")
    context = get_context("forkserver")
    with WorkerPool(2) as pool, pool.lease() as lease, ProcessPoolExecutor(2, mp_context=context) as executor:
        add = FunctionRef(operator.add)
        for name, ahead in (("small call", True), ("small call, none sent ahead", False)):
            ours, theirs = in_turns(lambda: call(lease, add, CALLS, ahead), lambda: submit(executor, CALLS))  # noqa: B023
            show(f"{name} / ProcessPoolExecutor.submit", ours / CALLS, theirs / CALLS)

        array = np.ones(ARRAY_BYTES, dtype=np.uint8)
        length, ones = FunctionRef(len), FunctionRef(np.ones)
        ours, theirs = in_turns(lambda: one(lease, length, array), array.copy)
        show("100 MB argument / array.copy()", ours, theirs)
        ours, theirs = in_turns(
            lambda: one(lease, ones, ARRAY_BYTES, np.uint8),
            lambda: np.ones(ARRAY_BYTES, dtype=np.uint8).copy(),
        )
        show("100 MB made and returned / made and copied", ours, theirs)
    ours, theirs = in_turns(first_result, first_result_of_executor)
    show("first result of a new pool / of a new executor", ours, theirs)


def call(lease: Lease, function: FunctionRef, count: int, ahead: bool) -> None:
    """That many small calls, each started as soon as a worker is free, or before that."""
    started = ended = 0
    until = count if ahead else 0
    while ended < count:
        while started < count and lease.start(started, function, (started, 1), rank=started, until=until):
            started += 1
        ended += len(lease.wait())


def submit(executor: ProcessPoolExecutor, count: int) -> None:
    """The same on the standard library's pool."""
    wait([executor.submit(operator.add, number, 1) for number in range(count)])


def one(lease: Lease, function: FunctionRef, *arguments: object) -> None:
    """One call from start to end."""
    lease.start(0, function, arguments)
    while not lease.wait():
        pass


def first_result() -> None:
    """A pool from nothing to nothing, with one call."""
    with WorkerPool(1) as pool, pool.lease() as lease:
        one(lease, FunctionRef(operator.add), 1, 2)


def first_result_of_executor() -> None:
    """The same with the standard library's pool, whose fork server is kept from one to the next."""
    with ProcessPoolExecutor(1, mp_context=get_context("forkserver")) as executor:
        executor.submit(operator.add, 1, 2).result()


def in_turns(left: Callable[[], object], right: Callable[[], object]) -> tuple[float, float]:
    """The median seconds of both, measured alternately after one unmeasured time each."""
    left()
    right()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(REPEATS):
        for action, found in zip((left, right), times, strict=True):
            start = time.perf_counter()
            action()
            found.append(time.perf_counter() - start)
    return median(times[0]), median(times[1])


def show(name: str, ours: float, theirs: float) -> None:
    print(f"{name:<50} {ours * 1e6:10.1f} us {theirs * 1e6:10.1f} us   ratio {ours / theirs:.2f}")


if __name__ == "__main__":
    main()
