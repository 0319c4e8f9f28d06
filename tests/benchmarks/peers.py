"""What peers take for the same graph of 1 000 functions that do nothing: the run alone, the graph already built.

    make peers

Peers are no dependency of anything here: `make peers` installs those that can be had into an environment of their own,
and a peer that is not there is left out of the table.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from graphlib import TopologicalSorter
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from statistics import median
from typing import Any

from syncra import Asyncio, Sequential, Threads
from tests.benchmarks.__main__ import machine
from tests.benchmarks.budgets import SYNC, Wires, bare_loop, drawn, plan

_SIZE = 1_000
_REPEATS = 15
_WORKERS = 2

Begin = Callable[[], Callable[[], object]]
"""Builds what a run needs, unmeasured, and gives the run; some peers run a graph only once."""


@dataclass(frozen=True)
class Contender:
    """One way to run the graph.

    Attributes:
        name: in the table.
        where: "sequential", "threads" or "asyncio".
        package: that has to be installed; empty for the standard library.
        begin: see Begin.
    """

    name: str
    where: str
    package: str
    begin: Begin


def contenders(wires: Wires, threads: Threads, pool: ThreadPoolExecutor) -> Iterator[Contender]:
    """All of them; a peer is imported when its run is built."""
    compiled, compiled_async = plan(wires), plan(wires, ASYNC)
    by_hand = bare_loop(wires)
    order = list(TopologicalSorter(dict(enumerate(wires))).static_order())
    yield Contender("a loop by hand", "sequential", "", lambda: by_hand)
    yield Contender("Syncra", "sequential", "syncra", lambda: lambda: compiled.run(strategy=Sequential()))
    yield Contender("graphlib, order taken once", "sequential", "", lambda: lambda: in_order(wires, order))
    yield Contender("graphlib, driven", "sequential", "", lambda: lambda: driven(wires))
    yield Contender("taskade", "sequential", "taskade", lambda: taskade_run(wires, None))
    yield Contender("joblib, by levels", "sequential", "joblib", lambda: joblib_run(wires))
    yield Contender("Hamilton", "sequential", "sf-hamilton", lambda: hamilton_run(wires))
    yield Contender("dask.get", "sequential", "dask", lambda: dask_run(wires, import_module("dask").get))
    yield Contender("dask.delayed", "sequential", "dask", lambda: delayed_run(wires))
    yield Contender("Syncra", "threads", "syncra", lambda: lambda: compiled.run(strategy=threads))
    yield Contender("graphlib and a pool", "threads", "", lambda: lambda: driven_on(pool, wires))
    yield Contender("taskade", "threads", "taskade", lambda: taskade_run(wires, pool))
    yield Contender("dask", "threads", "dask", lambda: dask_run(wires, threaded_get(pool)))
    yield Contender("Syncra", "asyncio", "syncra", lambda: lambda: asyncio.run(compiled_async.arun(strategy=Asyncio())))
    yield Contender("taskade", "asyncio", "taskade", lambda: taskade_async_run(wires))


def in_order(wires: Wires, order: Sequence[int]) -> object:
    values: dict[int, object] = {}
    for index in order:
        sources = wires[index]
        values[index] = SYNC[len(sources)](*[values[each] for each in sources])
    return values


def driven(wires: Wires) -> object:
    sorter = TopologicalSorter(dict(enumerate(wires)))
    sorter.prepare()
    values: dict[int, object] = {}
    while sorter.is_active():
        for index in sorter.get_ready():
            sources = wires[index]
            values[index] = SYNC[len(sources)](*[values[each] for each in sources])
            sorter.done(index)
    return values


def driven_on(pool: ThreadPoolExecutor, wires: Wires) -> object:
    sorter = TopologicalSorter(dict(enumerate(wires)))
    sorter.prepare()
    values: dict[int, object] = {}
    running: dict[Future[Any], int] = {}
    while sorter.is_active():
        for index in sorter.get_ready():
            sources = wires[index]
            running[pool.submit(SYNC[len(sources)], *[values[each] for each in sources])] = index
        ended, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in ended:
            index = running.pop(future)
            values[index] = future.result()
            sorter.done(index)
    return values


def taskade_graph(wires: Wires, functions: Sequence[Callable[..., Any]]) -> Any:  # Any: taskade is not here to be typed
    taskade = import_module("taskade")
    if taskade.get_graph("graph") is not None:  # a graph runs once
        import_module("taskade._execution").delete_graph("graph")
    made: list[Any] = []
    for index, sources in enumerate(wires):
        needed = tuple(made[each] for each in sources)
        made.append(taskade.task("graph", name=f"t{index}", dependencies=needed)(functions[len(sources)]))
    return taskade.get_graph("graph")


def taskade_run(wires: Wires, pool: ThreadPoolExecutor | None) -> Callable[[], object]:
    graph = taskade_graph(wires, SYNC)
    execute = import_module("taskade").execute_graph
    if pool is None:
        return lambda: execute(graph)
    return lambda: execute(graph, concurrency_pool=pool)


def taskade_async_run(wires: Wires) -> Callable[[], object]:
    graph = taskade_graph(wires, ASYNC)
    execute = import_module("taskade").aexecute_graph
    return lambda: asyncio.run(execute(graph))


def joblib_run(wires: Wires) -> Callable[[], object]:
    joblib = import_module("joblib")
    levels: list[list[int]] = []
    level_of: list[int] = []
    for index, sources in enumerate(wires):
        level_of.append(max((level_of[each] + 1 for each in sources), default=0))
        if level_of[index] == len(levels):
            levels.append([])
        levels[level_of[index]].append(index)

    def run() -> object:
        values: dict[int, object] = {}
        for level in levels:
            calls = (joblib.delayed(SYNC[len(wires[n])])(*[values[each] for each in wires[n]]) for n in level)
            values.update(zip(level, joblib.Parallel(n_jobs=1)(calls), strict=True))
        return values

    return run


def hamilton_run(wires: Wires) -> Callable[[], object]:
    driver, utilities = import_module("hamilton.driver"), import_module("hamilton.ad_hoc_utils")
    made: dict[str, Any] = {}
    for index, sources in enumerate(wires):
        parameters = ", ".join(f"t{each}: int" for each in sources)
        exec(f"def t{index}({parameters}) -> int: return 1", made)  # noqa: S102 - it reads edges off parameters' names
    names = [f"t{index}" for index in range(len(wires))]
    module = utilities.create_temporary_module(*[made[name] for name in names])
    built = driver.Builder().with_modules(module).build()
    return lambda: built.execute(names)


def dask_run(wires: Wires, get: Callable[[Mapping[str, Any], Sequence[str]], object]) -> Callable[[], object]:
    graph = {
        f"t{index}": (SYNC[len(sources)], *(f"t{each}" for each in sources)) for index, sources in enumerate(wires)
    }
    return lambda: get(graph, list(graph))


def threaded_get(pool: ThreadPoolExecutor) -> Callable[[Mapping[str, Any], Sequence[str]], object]:
    threaded = import_module("dask.threaded")
    return lambda graph, keys: threaded.get(graph, keys, pool=pool)


def delayed_run(wires: Wires) -> Callable[[], object]:
    dask = import_module("dask")
    made: list[Any] = []
    for sources in wires:
        made.append(dask.delayed(SYNC[len(sources)])(*[made[each] for each in sources]))
    return lambda: dask.compute(*made, scheduler="sync")


async def no_arguments() -> int:
    return 1


async def one_argument(a: int) -> int:
    return a


async def two_arguments(a: int, b: int) -> int:
    return a


async def three_arguments(a: int, b: int, c: int) -> int:
    return a


ASYNC: Sequence[Callable[..., Any]] = (no_arguments, one_argument, two_arguments, three_arguments)


def found_version(package: str) -> str | None:
    """The installed version; None: it is not installed."""
    try:
        return version(package) if package else "standard library"
    except PackageNotFoundError:
        return None


def seconds(contender: Contender) -> float:
    """Of one run; where a graph can run again, the caches are warm, as they are after building one."""
    run = contender.begin()
    if contender.package != "taskade":
        run()
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def print_peers() -> None:
    """Print the table, the contenders measured in turns."""
    wires = drawn(_SIZE)
    times: dict[Contender, list[float]] = {}
    with Threads(_WORKERS) as threads, ThreadPoolExecutor(_WORKERS) as pool:
        present = [each for each in contenders(wires, threads, pool) if found_version(each.package) is not None]
        for _ in range(_REPEATS):
            for each in present:
                times.setdefault(each, []).append(seconds(each))
    print(f"{machine()}; {_SIZE} tasks with up to 3 dependencies, medians of {_REPEATS} runs in turns, run alone.\n")
    print("| where | what | version | us a task | over Syncra |\n|---|---|---|--:|--:|")
    ours = {each.where: median(times[each]) for each in present if each.name == "Syncra"}
    for each in sorted(present, key=lambda each: list(ours).index(each.where)):
        found = median(times[each])
        print(
            f"| {each.where} | {each.name} | {found_version(each.package)} | {found / _SIZE * 1e6:.3f} |"
            f" {found / ours[each.where]:.2f} |"
        )


if __name__ == "__main__":
    print_peers()
