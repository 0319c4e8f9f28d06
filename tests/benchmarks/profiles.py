"""Where the nanoseconds of a task go: each strategy's whole, and its parts measured by themselves.

Parts are the very functions that a run calls, so what is left of the whole after them is what can't be called alone:
waking threads and processes, and the lines in between.
"""

from __future__ import annotations

import asyncio
import pickle
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from contextvars import copy_context
from threading import RLock

from syncra import Plan, Processes, Sequential, Threads
from syncra._runs._run import Run
from tests.benchmarks.budgets import (
    bare_loop,
    chain,
    fan,
    no_arguments,
    plan,
    straight,
    straight_on,
    suspending,
    suspending_on,
)

__all__ = ["print_profiles"]

_REPEATS = 31
_SIZE = 2_000
_CALLS = 400

Part = tuple[str, float]
"""What it is, and nanoseconds a task."""


def nanoseconds(work: Callable[[], object], size: int) -> float:
    """Of the least disturbed of many repeats, for one of so many."""
    times: list[float] = []
    for _ in range(_REPEATS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times) / size * 1e9


def on_loop(work: Callable[[], Awaitable[object]], size: int) -> float:
    """The same for what is awaited, all repeats on one loop."""

    async def measure() -> float:
        times: list[float] = []
        for _ in range(_REPEATS):
            began = time.perf_counter()
            await work()
            times.append(time.perf_counter() - began)
        return min(times)

    return asyncio.run(measure()) / size * 1e9


def told(compiled: Plan) -> Callable[[], object]:
    """A run whose steps are taken and ended, and not called: the books alone."""

    def work() -> None:
        run = Run(compiled._program, {})
        while (step := run.take()) is not None:
            run.succeed(step, 1)

    return work


def sequential() -> Iterator[Part]:
    wires = chain(1_000)
    compiled, one = plan(wires), plan(chain(1))
    whole = nanoseconds(lambda: compiled.run(strategy=Sequential()), 1_000)
    fixed = nanoseconds(lambda: one.run(strategy=Sequential()), 1)
    yield "a chain of 1 000", whole
    yield "the same calls in a loop by hand", nanoseconds(bare_loop(wires), 1_000)
    yield "what a run costs once, for 1 000", fixed / 1_000


def threads() -> Iterator[Part]:
    fanned, chained = plan(fan(_SIZE)), plan(chain(_SIZE))
    with Threads(2) as strategy:
        yield "a fan of 2 000 on two threads", nanoseconds(lambda: fanned.run(strategy=strategy), _SIZE)
        yield "a chain of 2 000 on two threads", nanoseconds(lambda: chained.run(strategy=strategy), _SIZE)
    yield "the books of the run: a fan", nanoseconds(told(fanned), _SIZE)
    yield "the books of the run: a chain", nanoseconds(told(chained), _SIZE)
    yield "a context for each step", nanoseconds(contexts, _SIZE) - nanoseconds(calls, _SIZE)
    yield "a lock taken and given back twice", nanoseconds(locks, _SIZE)
    yield "calling the functions", nanoseconds(calls, _SIZE)


def calls() -> None:
    for _ in range(_SIZE):
        no_arguments()


def contexts() -> None:
    outer = copy_context()
    for _ in range(_SIZE):
        outer.copy().run(no_arguments)


def locks() -> None:
    lock = RLock()
    for _ in range(_SIZE):
        with lock:
            pass
        with lock:
            pass


def asyncio_() -> Iterator[Part]:
    fanned = plan(fan(_SIZE), (straight, straight_on))
    chained = plan(chain(_SIZE), (straight, straight_on))
    waiting = plan(fan(_SIZE), (suspending, suspending_on))

    async def awaits() -> None:
        for _ in range(_SIZE):
            await straight()

    async def group() -> None:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(_SIZE):
                tasks.create_task(suspending())

    yield "a fan of 2 000 that do not wait", on_loop(fanned.arun, _SIZE)
    yield "a chain of 2 000 that do not wait", on_loop(chained.arun, _SIZE)
    yield "awaiting them in a loop by hand", on_loop(awaits, _SIZE)
    yield "a look whether a step has left its context as it was", nanoseconds(looks, _SIZE)
    yield "a fan of 2 000 that wait once", on_loop(waiting.arun, _SIZE)
    yield "a Task for each of these by hand", on_loop(group, _SIZE)
    yield "the books of the run", nanoseconds(told(waiting), _SIZE)
    yield "a context for each Task", nanoseconds(contexts, _SIZE) - nanoseconds(calls, _SIZE)


def looks() -> None:
    for _ in range(_SIZE):
        len(copy_context())


def processes() -> Iterator[Part]:
    compiled = plan(fan(_CALLS))
    with Processes(2) as strategy:
        yield "a fan of 400 on two processes", nanoseconds(lambda: compiled.run(strategy=strategy), _CALLS)
    yield "the books of the run", nanoseconds(told(compiled), _CALLS)
    yield "pickling arguments and result, on both sides", nanoseconds(pickles, _CALLS)
    left, right = socket.socketpair()
    with left, right:
        yield "two messages through a socket that nobody waits at", nanoseconds(lambda: messages(left, right), _CALLS)


def pickles() -> None:
    for _ in range(_CALLS):
        pickle.loads(pickle.dumps(((), {}), 5))
        pickle.loads(pickle.dumps(1, 5))


def messages(left: socket.socket, right: socket.socket) -> None:
    for _ in range(_CALLS):
        left.sendall(b"a call of some bytes")
        right.recv(100)
        right.sendall(b"an answer of some")
        left.recv(100)


def print_profiles() -> None:
    """Print the parts of each strategy."""
    print(f"The least disturbed of {_REPEATS} repeats, ns a task.\n")
    print("| strategy | part | ns |\n|---|---|--:|")
    parts = {"Sequential": sequential, "Threads": threads, "Asyncio": asyncio_, "Processes": processes}
    for strategy, measure in parts.items():
        for what, found in measure():
            print(f"| {strategy} | {what} | {found:.0f} |", flush=True)


if __name__ == "__main__":
    print_profiles()
