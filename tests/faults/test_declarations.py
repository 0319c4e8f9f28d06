"""Odd declarations: names, defaults, nodes where they do not belong, and what plans are compiled for."""

from __future__ import annotations

import gc
import operator
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, NoReturn

import pytest

from syncra import Asyncio, Graph, Input, Node, Processes, Sequential, Strategy, Threads, depends, run, task
from syncra.errors import OptionError, WiringError
from tests.faults import worker_tasks as tasks

EVERYWHERE: list[Strategy] = [Sequential(), Threads(2), Asyncio(), Asyncio(offload=True), Processes(1)]


@task
def one() -> int:
    return 1


def refuse(value: int) -> NoReturn:
    raise ValueError(value)


def takes_list(values: list[Any]) -> int:
    return len(values)


def takes_any(value: Any) -> Any:
    return value


def takes_node(value: Node[int]) -> str:
    return value.name


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (takes_any, {"value": one}),
        (takes_list, {"values": [one]}),
        (takes_list, {"values": [{"deep": (1, {one})}]}),
        (takes_list, {"values": [depends(one)]}),
    ],
)
def test_a_node_in_a_fixed_value_is_refused(function: Callable[..., Any], arguments: dict[str, Any]) -> None:
    """At any depth of built-in containers: it would be handed on in place of its value."""
    with pytest.raises(WiringError, match="holds task 'one', whose value would not be there"):
        task(name="taker", arguments=arguments)(function)


def test_depends_in_a_container_is_refused() -> None:
    """A type checker takes a list of what `depends` gives for a list of values; a run has nothing to put there."""
    with pytest.raises(WiringError, match=r"holds depends\('one'\) inside of a container"):

        @task
        def total(values: list[int] = [depends(one)]) -> int:  # noqa: B006 - what is tested
            return sum(values)


def test_a_function_that_asks_for_nodes_gets_them() -> None:
    """A fixed value that is a node is one where the parameter says so."""
    assert run(task(name="taker", arguments={"value": one})(takes_node)) == "one"


def test_parameters_may_be_called_as_options_are() -> None:
    """No option of ours is taken for a parameter, nor a parameter for an option."""

    def add(name: int, key: int, retries: int, timeout: int, strategy: int, graph: int, dependencies: int) -> int:
        return name + key + retries + timeout + strategy + graph + dependencies

    names = ("name", "key", "retries", "timeout", "strategy", "graph", "dependencies")
    by_name = task(name="by name", dependencies=dict.fromkeys(names, one), retries=1, timeout=60.0)(add)
    in_order = task(name="in order", dependencies=(one,) * 7)(add)
    for strategy in (Sequential(), Threads(2), Asyncio()):
        results = Graph.of(by_name, in_order).compile().run(strategy=strategy)
        assert (results[by_name], results[in_order]) == (7, 7)
    assert add(*range(7)) == in_order(*range(7)) == 21


@pytest.mark.parametrize("strategy", EVERYWHERE, ids=repr)
@pytest.mark.parametrize("name", ["a/b", "ü ☃", "..", "None", "a" * 50, "%s {0}"])
def test_a_name_is_only_a_name(strategy: Strategy, name: str) -> None:
    """Whatever can be printed names a task, in every strategy, and in its failure."""
    node = task(name=name, dependencies=tasks.one)(operator.neg)
    broken = task(name=f"{name}!", dependencies=tasks.one)(refuse)
    results = Graph.of(node, broken).compile().run(strategy=strategy, on_error="continue")
    assert results[name] == -1
    assert any(repr(f"{name}!") in note for note in results.failures[broken].__notes__)


def test_a_node_is_not_mistaken_for_its_value() -> None:
    """Whatever one would do with the value says that this is a task; only its text and `==` are those of any object."""
    node: Any = one

    async def awaited() -> None:
        await node

    attempts: list[Callable[[], object]] = [
        lambda: bool(node),
        lambda: iter(node),
        lambda: len(node),
        lambda: node + 1,
        lambda: node[0],
        lambda: node < 2,
        lambda: 1 in node,
        lambda: awaited().send(None),
    ]
    for attempt in attempts:
        with pytest.raises(TypeError):
            attempt()
    assert node != 1
    assert f"{node}" == "<Task 'one': int>"


def test_a_default_of_another_type_is_for_type_checkers_to_find() -> None:
    """Defaults are Python's own: what no dependency fills is what the function says."""

    @task
    def wrong(value: int = "x") -> object:  # type: ignore[assignment]  # what is tested
        return value

    assert run(wrong) == "x"


def test_defaults_and_fixed_values_are_the_very_objects() -> None:
    """Nothing is copied: what a task does to its default, or to a fixed value, the next run sees, as calls would."""
    fixed: list[int] = []

    @task(arguments={"values": fixed})
    def grow(values: list[int]) -> int:
        values.append(1)
        return len(values)

    @task
    def grow_default(values: list[int] = []) -> int:  # noqa: B006 - what is tested
        values.append(1)
        return len(values)

    plan = Graph.of(grow, grow_default).compile()
    assert [tuple(plan.run().values()) for _ in range(2)] == [(1, 1), (2, 2)]
    assert fixed == [1, 1]


@pytest.mark.parametrize("strategy", EVERYWHERE[:-1], ids=repr)
def test_generators_are_values(strategy: Strategy) -> None:
    """A generator function gives its generator, an async one its own; nobody has taken anything from them."""

    @task
    def count() -> Iterator[int]:
        yield 1

    @task
    async def count_later() -> AsyncIterator[int]:
        yield 2

    results = Graph.of(count, count_later).compile().run(strategy=strategy)
    assert list(results[count]) == [1]
    with pytest.raises(StopIteration) as given:
        results[count_later].__anext__().__await__().__next__()
    assert given.value.value == 2


def test_one_node_serves_many_graphs() -> None:
    """A node has no graph of its own: each graph it is in, and each run of that, is another."""
    left = Graph.of(task(name="left", dependencies=one)(operator.neg), name="left")
    right = Graph.of(task(name="right", dependencies=one)(operator.invert), name="right")
    assert left[one] is right[one] is one
    del left
    gc.collect()
    assert right()["right"] == -2


def test_targets_may_repeat_and_be_inputs() -> None:
    """A target that is named twice is one, and an input is a target as any other node."""
    start = Input[int]("start", default=3)
    graph = Graph.of(task(name="negated", dependencies=start)(operator.neg))
    plan = graph.compile("negated", "negated", start)
    assert [node.name for node in plan.targets] == ["start", "negated"]
    assert list(plan.run().values()) == [3, -3]
    assert list(plan.run(start.bind(4)).values()) == [4, -4]


def test_a_plan_holds_all_it_needs() -> None:
    """It runs when the graph, the nodes and the functions that it was made of are gone from everywhere else."""

    def planned() -> Any:
        first = task(name="first")(lambda: 41)
        return Graph.of(task(name="last", dependencies=first)(lambda value: value + 1)).compile("last")

    plan = planned()
    gc.collect()
    assert plan.run()["last"] == 42


@pytest.mark.parametrize("wrong", [0, -1, 10**6, "2", True, 1.5, float("nan")])
@pytest.mark.parametrize("strategy", [Threads, Processes, Asyncio])
def test_nonsense_numbers_of_workers_are_refused(strategy: Callable[..., Strategy], wrong: object) -> None:
    """Where the strategy is made, by the option's name."""
    with pytest.raises(OptionError, match=r"max_workers|max_concurrency"):
        strategy(wrong)


@pytest.mark.parametrize("wrong", ["fork", "", None, 5])
def test_processes_are_never_forked_from_the_caller(wrong: Any) -> None:
    """A fork copies locks that other threads hold: there is no way to ask for it."""
    with pytest.raises(OptionError, match="'forkserver' or 'spawn'"):
        Processes(1, start_method=wrong)
