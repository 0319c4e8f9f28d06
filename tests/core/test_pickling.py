"""Tasks pickle by reference, graphs and plans unchanged."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import importable_tasks as tasks
import pytest

from syncra import Graph, Input, Node, Plan, Results, task
from syncra.errors import BindingError, WiringError


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
        yield executor


@pytest.mark.parametrize("node", [tasks.increment, tasks.stacked, tasks.pair, tasks.joined, tasks.Holder.held])
def test_a_task_pickles_by_reference(node: Node[object]) -> None:
    """What comes back is the very task, in a few bytes, whatever it depends on; copies are the task itself."""
    pickled = pickle.dumps(node)
    assert pickle.loads(pickled) is node
    assert len(pickled) < 120
    assert copy.deepcopy(node) is node


def test_an_input_of_a_module_pickles_by_reference() -> None:
    """A plan that went through a pickle knows the inputs that were bound before, and results are looked up by them."""
    assert pickle.loads(pickle.dumps(tasks.start)) is tasks.start
    assert copy.deepcopy(tasks.start) is tasks.start
    again: Plan = pickle.loads(pickle.dumps(tasks.plan))
    results = again.run(tasks.start.bind(1))
    assert results[tasks.start] == 1
    assert results["joined"] == "xxx2"


def test_an_input_in_a_function_pickles_by_value() -> None:
    """It has no name to be found by; its copy is another input, and binding the one for the other is explained."""
    local = Input[int]("local")
    again: Plan = pickle.loads(pickle.dumps(Graph.of(local).compile()))
    with pytest.raises(BindingError, match="another node of that name, input 'local': bind that one"):
        again.run(local.bind(1))
    assert again.run(again.nodes[0].bind(1))["local"] == 1


def test_a_task_below_another_decorator_pickles_by_reference() -> None:
    """The inner one of two stacked tasks is found through the outer one."""
    inner = tasks.stacked.stacked_on
    assert inner is not None
    assert inner.name == "inner"
    assert pickle.loads(pickle.dumps(inner)) is inner


def test_tasks_and_plans_go_through_a_process_pool(pool: ProcessPoolExecutor) -> None:
    """A decorated function can be submitted, sent as an argument, and comes back as the task of this process."""
    assert pool.submit(tasks.increment, 4).result(60) == 5
    assert pool.submit(copy.copy, tasks.increment).result(60) is tasks.increment
    assert pool.submit(tasks.run_plan, 1).result(60) == "xxx2"
    results: Results = pool.submit(tasks.plan.run, tasks.start.bind(1)).result(60)
    assert results[tasks.joined] == "xxx2"


def test_a_plan_pickles_unchanged() -> None:
    """The steps, names, targets and results of the plan that comes back are the same."""
    for plan in (tasks.plan, tasks.graph.compile("outer", validate="all")):
        again = pickle.loads(pickle.dumps(plan))
        assert isinstance(again, Plan)
        assert [node.name for node in again.nodes] == [node.name for node in plan.nodes]
        assert [node.name for node in again.targets] == [node.name for node in plan.targets]
        expected = {node.name: value for node, value in plan.run().items()}
        assert {node.name: value for node, value in again.run().items()} == expected


def test_a_graph_pickles_with_its_edges() -> None:
    """Verdicts and reasons come back; what it gives when it is run is the same."""
    again = pickle.loads(pickle.dumps(tasks.graph))
    assert isinstance(again, Graph)
    assert list(map(repr, again.edges)) == list(map(repr, tasks.graph.edges))
    assert [edge.reason for edge in again.edges] == [edge.reason for edge in tasks.graph.edges]
    assert again.name == "importable"


def test_results_pickle_by_name() -> None:
    """Values, failures and skips can be looked up on the other side."""
    results = tasks.plan.run()
    again = pickle.loads(pickle.dumps(results))
    assert again["joined"] == results["joined"]
    assert again[tasks.joined] == results[tasks.joined]


def test_a_reference_to_what_is_no_task_any_more_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the name leads to something else on the other side, the error says which name."""
    pickled = pickle.dumps(tasks.increment), pickle.dumps(tasks.start)
    monkeypatch.setattr(tasks, "increment", len)
    monkeypatch.setattr(tasks, "start", len)
    with pytest.raises(WiringError, match=r"importable_tasks\.increment is no task here"):
        pickle.loads(pickled[0])
    with pytest.raises(WiringError, match=r"importable_tasks\.start is no input here"):
        pickle.loads(pickled[1])


def _plus(left: int, right: int) -> int:
    return left + right


def test_a_long_plan_pickles_without_recursion() -> None:
    """A chain of 20 000 tasks that share one importable function goes there and back."""
    last: Node[int] = tasks.increment
    for place in range(20_000):
        last = task(name=f"link{place}", dependencies={"left": last}, arguments={"right": 1})(_plus)
    plan = Graph.of(last).compile(last)
    again = pickle.loads(pickle.dumps(plan))
    assert list(again.run().values()) == list(plan.run().values()) == [20_004]
