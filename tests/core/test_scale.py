"""Graphs that are long, wide or circular, and many threads that declare and run at once."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable

import pytest

from syncra import Asyncio, Graph, Input, Node, Plan, Sequential, Strategy, Threads, get_graph, task
from syncra.errors import CycleError
from syncra.testing import Shuffled

MANY = 100_000


def _start() -> int:
    return 0


def _next(value: int) -> int:
    return value + 1


def _count(*values: int) -> int:
    return len(values)


@pytest.fixture(scope="module")
def chain() -> list[Node[int]]:
    """Tasks of which each needs the one before."""
    nodes: list[Node[int]] = [task(name="t0")(_start)]
    for place in range(1, MANY):
        nodes.append(task(name=f"t{place}", dependencies=nodes[-1])(_next))
    return nodes


@pytest.mark.parametrize("strategy", [Sequential(), Threads(2), Asyncio(), Shuffled(1)], ids=repr)
def test_a_long_chain_runs_without_recursion(chain: list[Node[int]], strategy: Strategy) -> None:
    """100 000 tasks in a row compile and run."""
    assert Graph.of(chain[-1]).compile(chain[-1]).run(strategy=strategy)[chain[-1]] == MANY - 1


def test_a_long_chain_fails_and_is_described_without_recursion(chain: list[Node[int]]) -> None:
    """When its first task fails, 99 999 are skipped for it; look-ups, edges and reprs are as quick as for few."""
    broken = task(name="broken")(lambda: 1 // 0)
    nodes: list[Node[int]] = [broken]
    for place in range(1, MANY // 10):
        nodes.append(task(name=f"t{place}", dependencies=nodes[-1])(_next))
    graph = Graph.of(nodes[-1])
    results = graph(on_error="continue")
    assert len(results.skipped) == MANY // 10 - 1
    assert set(results.skipped.values()) == {(broken,)}
    assert len(graph.edges) == MANY // 10 - 1
    assert len(repr(graph)) < 200


def test_few_objects_are_made_for_a_task() -> None:
    """The garbage collector has four objects more to look at for a task of a function that many are made of.

    These are the node, its dependencies, what is known of its types, and its step. Large graphs wait for collections.
    """
    size = 2_000
    gc.collect()
    before = len(gc.get_objects())
    nodes: list[Node[int]] = [task(name="t0")(_start)]
    for place in range(1, size):
        nodes.append(task(name=f"t{place}", dependencies=nodes[-1])(_next))
    plan = Graph.of(*nodes).compile()
    gc.collect()
    assert len(gc.get_objects()) - before < 4.1 * size
    assert len(plan.nodes) == size


@pytest.fixture(scope="module")
def wide() -> Plan:
    """A task that needs all the others."""
    leaves = tuple(task(name=f"t{place}")(_start) for place in range(MANY))
    join = task(name="join", dependencies=leaves)(_count)
    return Graph.of(join).compile(join)


@pytest.mark.parametrize("strategy", [Sequential(), Threads(2), Asyncio()], ids=repr)
def test_a_wide_join_runs(wide: Plan, strategy: Strategy) -> None:
    """One task takes the values of 100 000 others."""
    assert wide.run(strategy=strategy)["join"] == MANY


def test_a_graph_of_many_edges_runs() -> None:
    """300 tasks that each need 300 others: 90 000 edges."""
    first = tuple(task(name=f"a{place}")(_start) for place in range(300))
    second = tuple(task(name=f"b{place}", dependencies=first)(_count) for place in range(300))
    join = task(name="join", dependencies=second)(_count)
    graph = Graph.of(join)
    assert len(graph.edges) == 90_300
    for strategy in (Sequential(), Threads(2)):
        assert graph.compile(join).run(strategy=strategy)[join] == 300


def test_a_cycle_of_many_shows_ten_names() -> None:
    """A circle of 100 000 tasks is refused without recursion, in a message of at most ten names."""
    for place in range(MANY):
        task(graph_name="circle", name=f"t{place}", dependencies=f"t{(place + 1) % MANY}")(_next)
    with pytest.raises(CycleError) as raised:
        get_graph("circle")
    assert len(raised.value.path) == MANY + 1
    assert str(raised.value).count("'t") <= 10


def _together(count: int, work: Callable[[int], None]) -> None:
    """Call `work` in so many threads that begin at once, and raise what one of them raised."""
    barrier, failures = threading.Barrier(count), list[BaseException]()

    def enter(number: int) -> None:
        barrier.wait()
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001 - raised again below
            failures.append(error)

    threads = [threading.Thread(target=enter, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def test_eight_threads_declare_and_run_at_once() -> None:
    """Tasks registered from eight threads are all there, and each thread runs graphs of its own."""

    def work(number: int) -> None:
        for place in range(50):
            last = task(graph_name="shared", name=f"t{number}.{place}")(_start)
            after = task(graph_name=f"own{number}", name=f"t{place}", dependencies=last)(_next)
            assert Graph.of(after)(strategy=Threads(2) if place % 10 == 0 else None)[after] == 1
        assert len(get_graph(f"own{number}").tasks) == 100

    _together(8, work)
    assert len(get_graph("shared")) == 400


@pytest.mark.parametrize("strategy", [Sequential(), Threads(2), Asyncio()], ids=repr)
def test_eight_threads_run_one_plan_at_once(strategy: Strategy) -> None:
    """A plan holds nothing of its runs."""
    leaves = tuple(task(name=f"t{place}")(_start) for place in range(20))
    join = task(name="join", dependencies=leaves)(_count)
    plan = Graph.of(join).compile(join)

    def work(_: int) -> None:
        for _ in range(20):
            assert plan.run(strategy=strategy)[join] == 20

    with Threads(3) as kept:
        _together(8, work)
        _together(8, lambda _: assert_equal(plan.run(strategy=kept)[join], 20))


def assert_equal(got: object, expected: object) -> None:
    assert got == expected


def test_overriding_many_tasks_is_no_quadratic_step() -> None:
    """20 000 inputs that nobody needs any more are passed over at once; a look at each pair would take minutes."""
    inputs = tuple(Input[int](f"n{place}") for place in range(20_000))
    join = task(name="join", dependencies=inputs)(_count)
    plan = Graph.of(join).compile()
    assert plan.run(join.bind(5))[join] == 5
