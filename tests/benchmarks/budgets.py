"""What Syncra costs beside the same work written by hand: one row a budget, each a ratio taken side by side.

    python -m tests.benchmarks.budgets [ROW ...]

Rows whose name begins with one of the words are measured; all of them, if there is none. Nothing here fails when a
budget is missed: the table says so.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, wait
from statistics import median
from typing import Any

from syncra import Graph, Node, Plan, Processes, Sequential, Threads, task
from tests.benchmarks.shapes import shape_rows
from tests.benchmarks.side_by_side import Ratio, in_turns, in_turns_on_loop

Wires = Sequence[Sequence[int]]


def no_arguments() -> int:
    return 1


def one_argument(a: int) -> int:
    return a


def two_arguments(a: int, b: int) -> int:
    return a


def three_arguments(a: int, b: int, c: int) -> int:
    return a


async def straight() -> int:
    return 1


async def straight_on(a: int) -> int:
    return a


async def suspending() -> int:
    await asyncio.sleep(0)
    return 1


async def suspending_on(a: int) -> int:
    await asyncio.sleep(0)
    return a


SYNC: Sequence[Callable[..., Any]] = (no_arguments, one_argument, two_arguments, three_arguments)


def chain(size: int) -> Wires:
    """Each task needs the one before."""
    return [[index - 1] if index else [] for index in range(size)]


def fan(size: int) -> Wires:
    """No task needs another."""
    return [[] for _ in range(size)]


def drawn(size: int) -> Wires:
    """Each task needs up to three others, drawn by a seeded generator."""
    generator = random.Random(1)
    return [sorted(generator.sample(range(index), min(index, generator.randint(0, 3)))) for index in range(size)]


def nodes(wires: Wires, functions: Sequence[Callable[..., Any]] = SYNC) -> list[Node[Any]]:
    """A task for each, the functions chosen by the number of its dependencies."""
    made: list[Node[Any]] = []
    for index, sources in enumerate(wires):
        function = functions[len(sources)]
        name = f"t{index}"
        if sources:
            made.append(task(name=name, dependencies=tuple(made[each] for each in sources))(function))
        else:
            made.append(task(name=name)(function))
    return made


def plan(wires: Wires, functions: Sequence[Callable[..., Any]] = SYNC) -> Plan:
    return Graph.of(*nodes(wires, functions)).compile()


def bare_loop(wires: Wires) -> Callable[[], object]:
    """The same calls in the same order by hand, specialised by the number of arguments."""
    calls: list[tuple[int, Callable[..., Any], int, int, int, int]] = []
    for index, sources in enumerate(wires):
        first, second, third = [*sources, 0, 0, 0][:3]
        calls.append((index, SYNC[len(sources)], len(sources), first, second, third))

    def run() -> object:
        values: list[Any] = [None] * len(calls)
        for index, function, arity, a, b, c in calls:
            if arity == 1:
                values[index] = function(values[a])
            elif arity == 2:
                values[index] = function(values[a], values[b])
            elif arity == 0:
                values[index] = function()
            else:
                values[index] = function(values[a], values[b], values[c])
        return values

    return run


def sequential(wires: Wires, repeats: int) -> Ratio:
    compiled, strategy = plan(wires), Sequential()
    return in_turns(lambda: compiled.run(strategy=strategy), bare_loop(wires), repeats=repeats)


def threads(wires: Wires, by_hand: Callable[[ThreadPoolExecutor], object]) -> Ratio:
    compiled = plan(wires)
    with Threads(2) as strategy, ThreadPoolExecutor(2) as pool:
        return in_turns(lambda: compiled.run(strategy=strategy), lambda: by_hand(pool), repeats=11)


def submit_all(pool: ThreadPoolExecutor | ProcessPoolExecutor, size: int) -> object:
    return wait([pool.submit(no_arguments) for _ in range(size)])


def submit_each(pool: ThreadPoolExecutor | ProcessPoolExecutor, size: int) -> object:
    value = 0
    for _ in range(size):
        value = pool.submit(one_argument, value).result()
    return value


def on_loop(wires: Wires, first: Callable[..., Any], further: Callable[..., Any]) -> Ratio:
    compiled = plan(wires, (first, further))
    is_chain = any(wires)

    async def by_hand() -> None:
        if is_chain:
            value = await first()
            for _ in wires[1:]:
                value = await further(value)
            return
        async with asyncio.TaskGroup() as group:
            for _ in wires:
                group.create_task(first())

    async def measure() -> Ratio:
        return await in_turns_on_loop(compiled.arun, by_hand, repeats=11)

    return asyncio.run(measure())


def processes(wires: Wires, by_hand: Callable[[ProcessPoolExecutor], object]) -> Ratio:
    compiled = plan(wires)
    with Processes(2) as strategy, ProcessPoolExecutor(2) as pool:
        return in_turns(lambda: compiled.run(strategy=strategy), lambda: by_hand(pool), repeats=11)


def imported(program: str) -> Ratio:
    """Whole processes. Both packages have their bytecode, as installed ones do, whatever this process was told."""

    def run(program: str) -> Callable[[], object]:
        return lambda: subprocess.run([sys.executable, "-c", program], check=True, env=environment)

    with tempfile.TemporaryDirectory() as bytecode:
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = bytecode
        return in_turns(run(program), run("from pydantic import TypeAdapter"), repeats=11)


FIRST_RUN = """
from syncra import depends, run, task
@task
def one() -> int:
    return 1
@task
def two(value: int = depends(one)) -> int:
    return value + 1
assert run(two) == 2
"""


def nodes_of_own(wires: Wires) -> list[Node[Any]]:
    """The same, each task a function of its own, as a loop over a `def` makes them."""
    made: list[Node[Any]] = []
    for index, sources in enumerate(wires):

        @task(name=f"t{index}", dependencies=tuple(made[each] for each in sources))
        def function(*values: int) -> int:
            return 1

        made.append(function)
    return made


def declared_and_compiled(nodes: Callable[[Wires], list[Node[Any]]] = nodes) -> tuple[float, float]:
    """Microseconds a task and bytes a task, 100 000 tasks with up to three dependencies.

    There is nothing by hand to stand beside it, so the time is what the processor spends, and the median of three.
    """
    wires = drawn(100_000)
    took: list[float] = []
    declared: list[Node[Any]] = []
    for _ in range(3):
        declared.clear()
        gc.collect()
        began = time.process_time()
        declared += nodes(wires)
        Graph.of(*declared).compile()
        took.append(time.process_time() - began)
    seconds = median(took)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    compiled = Graph.of(*declared).compile()
    results = compiled.run(strategy=Sequential())
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(results) == len(wires)
    return seconds / len(wires) * 1e6, (after - before) / len(wires)


def rows() -> Iterator[tuple[str, float, int, Callable[[], Ratio]]]:
    """Name, budget, number of tasks, and how the row is measured."""
    yield "sequential chain 1 000 / bare loop", 1.5, 1000, lambda: sequential(chain(1000), 21)
    yield "sequential random 1 000 / bare loop", 1.5, 1000, lambda: sequential(drawn(1000), 21)
    yield "sequential random 100 000 / bare loop", 1.5, 100_000, lambda: sequential(drawn(100_000), 5)
    yield "threads fan 2 000 / submit and wait", 0.2, 2000, lambda: threads(fan(2000), lambda p: submit_all(p, 2000))
    yield (
        "threads chain 2 000 / submit and result",
        0.1,
        2000,
        lambda: threads(chain(2000), lambda p: submit_each(p, 2000)),
    )
    yield "asyncio fan 2 000 straight / TaskGroup", 0.25, 2000, lambda: on_loop(fan(2000), straight, straight_on)
    yield "asyncio fan 2 000 suspending / TaskGroup", 1.0, 2000, lambda: on_loop(fan(2000), suspending, suspending_on)
    yield "asyncio chain 2 000 straight / await", 4.0, 2000, lambda: on_loop(chain(2000), straight, straight_on)
    yield "asyncio chain 2 000 suspending / await", 1.5, 2000, lambda: on_loop(chain(2000), suspending, suspending_on)
    yield "processes fan 400 / ProcessPoolExecutor", 0.5, 400, lambda: processes(fan(400), lambda p: submit_all(p, 400))
    yield (
        "processes chain 400 / submit and result",
        0.5,
        400,
        lambda: processes(chain(400), lambda p: submit_each(p, 400)),
    )
    yield "import syncra / import TypeAdapter", 0.5, 1, lambda: imported("import syncra")
    yield "import of a script's first run / import TypeAdapter", 1.0, 1, lambda: imported(FIRST_RUN)
    yield from shape_rows()


def print_budgets(words: Sequence[str] = ()) -> None:
    """Print the table of the rows whose name begins with one of the words; of all rows, if there is none."""
    print("Medians of interleaved repeats.\n")
    print("| what | budget | ratio | ours, us a task | by hand, us a task |\n|---|--:|--:|--:|--:|")
    for name, budget, size, measure in rows():
        if not words or name.startswith(tuple(words)):
            found = measure()
            ours, theirs = found.ours / size * 1e6, found.theirs / size * 1e6
            mark = "" if found.ratio <= budget else " (missed)"
            print(f"| {name} | {budget} | {found.ratio:.2f}{mark} | {ours:.3f} | {theirs:.3f} |", flush=True)
    if not words or "declare".startswith(tuple(words)):
        for name, made in (("", nodes), (", each a function of its own", nodes_of_own)):
            micros, size_of_one = declared_and_compiled(made)
            mark = "" if micros <= 25 else " (missed)"
            print(f"| declare and compile 100 000 tasks{name}, us a task | 25 | {micros:.1f}{mark} | | |", flush=True)
            print(f"| plan and results of these, bytes a task | 1500 | {size_of_one:.0f} | | |", flush=True)


if __name__ == "__main__":
    print_budgets(sys.argv[1:])
