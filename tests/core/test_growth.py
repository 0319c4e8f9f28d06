"""What grows with a graph, and how: calls, memory that the garbage collector walks, and a million edges."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence
from random import Random
from types import FrameType

import pytest

from syncra import Asyncio, Graph, Node, Plan, Sequential, Strategy, Threads, task
from tests.benchmarks.scale import counted_collections


def give() -> list[int]:
    return [1]


def one(a: list[int]) -> list[int]:
    return [1]


def two(a: list[int], b: list[int]) -> list[int]:
    return [1]


def three(a: list[int], b: list[int], c: list[int]) -> list[int]:
    return [1]


def number() -> int:
    return 1


def less_one(a: int) -> int:
    return (a + 1) % 1_000


def less_two(a: int, b: int) -> int:
    return (a + b) % 1_000


def less_three(a: int, b: int, c: int) -> int:
    return (a + b + c) % 1_000


LISTS: Sequence[Callable[..., list[int]]] = (give, one, two, three)
NUMBERS: Sequence[Callable[..., int]] = (number, less_one, less_two, less_three)


def drawn(size: int) -> list[list[int]]:
    """The sources of each task: up to three of those before it."""
    draw = Random(size)
    return [draw.sample(range(index), min(index, draw.randint(0, 3))) for index in range(size)]


def declared(wires: Sequence[Sequence[int]], functions: Sequence[Callable[..., object]]) -> list[Node[object]]:
    nodes: list[Node[object]] = []
    for index, sources in enumerate(wires):
        needed = tuple(nodes[each] for each in sources)
        nodes.append(task(name=f"t{index}", dependencies=needed)(functions[len(sources)]))
    return nodes


def calls_of(work: Callable[[], object]) -> int:
    """How many functions, of Python and of C, the work calls."""
    found = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal found
        found += event in ("call", "c_call")

    previous = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(previous)
    return found


def test_work_grows_as_the_graph_does() -> None:
    """Ten times the tasks and edges are ten times the calls, of declaring, compiling and running."""

    def calls(size: int) -> int:
        wires = drawn(size)
        return calls_of(lambda: Graph.of(*declared(wires, NUMBERS)).compile().run(strategy=Sequential()))

    calls(10)
    assert calls(3_000) < 10.5 * calls(300)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return Graph.of(*declared(drawn(20_000), LISTS)).compile()


@pytest.mark.parametrize("strategy", [Sequential(), Threads(2), Asyncio()], ids=repr)
def test_a_run_gives_the_garbage_collector_nothing_but_its_results(plan: Plan, strategy: Strategy) -> None:
    """20 000 lists as results are 20 000 objects to watch, and the run itself adds none that stays."""
    plan.run(strategy=strategy)
    gc.collect()
    with counted_collections() as found:
        results = plan.run(strategy=strategy)
    assert len(results) == 20_000
    assert found.counts[0] <= 20_000 // gc.get_threshold()[0] + 3
    assert found.counts[2] == 0


@pytest.mark.stress
def test_a_million_edges() -> None:
    """1 000 000 edges are declared, compiled and run; the values are those of a loop by hand."""
    wires = drawn(670_000)
    assert sum(map(len, wires)) >= 1_000_000
    nodes = declared(wires, NUMBERS)
    expected: list[int] = []
    for sources in wires:
        expected.append(NUMBERS[len(sources)](*[expected[each] for each in sources]))
    results = Graph.of(*nodes).compile().run(strategy=Sequential())
    assert [results[node] for node in nodes] == expected
