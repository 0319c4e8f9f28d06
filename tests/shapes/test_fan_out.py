"""Fan-outs: a task for each item of a value, in a run."""

from __future__ import annotations

import asyncio
import gc
import os
import pickle
import tracemalloc
from collections.abc import Iterator
from contextvars import ContextVar, copy_context
from pathlib import Path
from threading import Event
from typing import Any, TypeVar
from weakref import ref

import fan_out_tasks
import pytest

from syncra import (
    Asyncio,
    Failed,
    Graph,
    Input,
    Node,
    Processes,
    Retry,
    Sequential,
    Skipped,
    Strategy,
    Succeeded,
    Threads,
    Verdict,
    depends,
    each,
    each_outcome,
    run,
    task,
    unchecked,
)
from syncra.errors import (
    DependencyTypeError,
    OptionError,
    TaskTimeoutError,
    ValueCheckError,
    WiringError,
)
from syncra.testing import Shuffled

T = TypeVar("T")
STRATEGIES = [Sequential(), Threads(3), Asyncio(), Asyncio(offload=True), Shuffled(1), Shuffled(2, at_once=2)]
everywhere = pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
numbers = Input[list[int]]("numbers", default=[1, 2, 3, 4])
words = Input[list[str]]("words", default=["a", "b"])


@task
def doubled(number: int) -> int:
    return 2 * number


@task
def refuses_odd(number: int) -> int:
    if number % 2:
        raise ValueError(number)
    return number


# ---------------------------------------------------------------------- declared


def test_the_items_type_must_fit() -> None:
    """What an item is, where it comes from and what the parameter wants stand in the error."""
    with pytest.raises(DependencyTypeError) as raised:
        each(doubled, over=words)  # type: ignore[arg-type]
    message = str(raised.value)
    assert "an item of input 'words' as parameter 'number'" in message
    assert "it gets   str" in message
    assert "it wants  int" in message
    assert (raised.value.source, raised.value.parameter) == ("words", "number")


def test_what_is_not_iterable_is_refused() -> None:
    """A node that gives no iterable can't be gone over."""
    with pytest.raises(DependencyTypeError, match=r"each\(doubled\) cannot go over input 'n'"):
        each(doubled, over=Input[int]("n"))  # type: ignore[arg-type]


def test_parameters_and_nodes_must_be_equally_many() -> None:
    """Each open parameter takes the items of one node; others need a value."""
    with pytest.raises(WiringError, match=r"has 1 open parameters .'number'., and over= gives 2"):
        each(doubled, over=(numbers, numbers))  # type: ignore[arg-type]

    @task
    def nothing_left() -> int:
        return 1

    with pytest.raises(WiringError, match="0 open parameters"):
        each(nothing_left, over=numbers)  # type: ignore[arg-type]


@pytest.mark.parametrize("limit", [0, -1, True, 2.0, "2"])
def test_a_limit_is_a_positive_whole_number(limit: Any) -> None:
    """Nonsense is refused where it is written."""
    with pytest.raises(OptionError, match="max_concurrency must be a whole number"):
        each(doubled, over=numbers, max_concurrency=limit)


def test_only_nodes_are_gone_over() -> None:
    """A list is no node: it would be known before the run."""
    with pytest.raises(WiringError, match="over= of each"):
        each(doubled, over=[1, 2])  # type: ignore[call-overload]
    with pytest.raises(WiringError, match="one to 4 nodes"):
        each(doubled, over=(numbers,) * 5)  # type: ignore[arg-type]


def test_the_edges_are_those_of_the_task() -> None:
    """Each edge leads to a parameter of the task, with its own verdict; what depends() fills is there too."""
    factor = Input[int]("factor", default=3)

    @task
    def times(number: int, by: int = depends(factor)) -> int:
        return number * by

    node = each(times, over=unchecked(numbers))
    edges = {edge.parameter: edge for edge in Graph.of(node).edges if edge.target is node}
    assert edges["number"].verdict is Verdict.CHECKED
    assert edges["by"].verdict is Verdict.PROVEN
    assert run(node) == [3, 6, 9, 12]


def test_type_variables_are_solved_by_items() -> None:
    """A generic task gives a list of what it makes of the items."""

    @task
    def pair(item: T) -> tuple[T, T]:
        return item, item

    assert each(pair, over=words).result_type == list[tuple[str, str]]


def test_a_plain_function_is_called_for_each_item() -> None:
    """Functions, lambdas and builtins need no decorator."""
    assert run(each(lambda word: word * 2, over=words)) == ["aa", "bb"]
    assert run(each(len, over=words)) == [1, 1]


def test_what_takes_a_fan_out_takes_a_list() -> None:
    """The edge from a fan-out is checked against the list of results."""
    with pytest.raises(DependencyTypeError, match=r"list\[int\]"):

        @task(dependencies=each(doubled, over=numbers))  # type: ignore[arg-type]  # the error is the point
        def takes_one(number: int) -> int:
            return number


# ---------------------------------------------------------------------- run


@everywhere
@pytest.mark.parametrize("make", [list, tuple, iter, dict.fromkeys, range], ids=lambda make: make.__name__)
def test_any_iterable_is_gone_over_in_order(strategy: Strategy, make: Any) -> None:
    """Lists, iterators, mappings and ranges give their items in order; the results stand in the same."""
    source = unchecked(Input[Any]("source"))
    node = each(doubled, over=source)
    value = make(3) if make is range else make([0, 1, 2])
    assert run(node, source.bind(value), strategy=strategy) == [0, 2, 4]


@everywhere
def test_nothing_gives_nothing(strategy: Strategy) -> None:
    """An empty list is gone over like any other, also where items flow."""
    node = each(doubled, over=each(doubled, over=numbers))
    assert run(node, numbers.bind([]), strategy=strategy) == []


def draws(drawn: list[int], count: int) -> Iterator[int]:
    for number in range(count):
        drawn.append(number)
        yield number


@pytest.mark.parametrize("strategy", [Sequential(), Shuffled(3, at_once=2)], ids=str)
def test_items_are_drawn_when_somebody_calls_the_task_with_them(strategy: Strategy) -> None:
    """A generator is never far ahead of the items that have ended."""
    drawn: list[int] = []
    ended: list[int] = []
    ahead: list[int] = []

    @task
    def source() -> Iterator[int]:
        return draws(drawn, 100)

    @task
    def noted(number: int) -> None:
        ahead.append(len(drawn) - len(ended))
        ended.append(number)

    run(each(noted, over=source), strategy=strategy)
    assert sorted(ended) == list(range(100))
    assert max(ahead) <= 3


@everywhere
def test_each_item_goes_on_as_soon_as_it_is_there(strategy: Strategy) -> None:
    """Under every strategy items end in the second fan-out while the first one still has some to begin."""
    called: list[tuple[str, int]] = []

    @task
    def first(number: int) -> int:
        called.append(("first", number))
        return number

    @task
    def second(number: int) -> int:
        called.append(("second", number))
        return number

    many = list(range(50))
    assert run(each(second, over=each(first, over=numbers)), numbers.bind(many), strategy=strategy) == many
    for number in many:
        assert called.index(("first", number)) < called.index(("second", number))
    begun = [place for place, (name, _) in enumerate(called) if name == "first"]
    assert called.index(("second", called[0][1])) < begun[-1]


def test_an_item_goes_on_in_worker_processes(tmp_path: Path) -> None:
    """Item 0 of the second fan-out runs while item 1 of the first one waits for it."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    node = each(fan_out_tasks.tells, over=each(fan_out_tasks.waits_for_others, over=numbers))
    with Processes(2) as processes:
        bound = numbers.bind([0, 1])
        plan = Graph.of(node).compile(node)
        assert plan.run(bound, fan_out_tasks.pipe.bind(pipe), strategy=processes)[node] == [0, 1]


@pytest.mark.parametrize("strategy", [Sequential(), Threads(3), Asyncio(), Shuffled(2, at_once=2)], ids=str)
def test_items_that_were_taken_are_forgotten(strategy: Strategy) -> None:
    """A fan-out over another one, whose list nobody wants, does not keep what it has gone over."""

    class Thing:
        pass

    made: list[ref[Thing]] = []
    alive: list[int] = []

    @task
    def thing(number: int) -> Thing:
        found = Thing()
        made.append(ref(found))
        return found

    @task
    def counted(thing: Thing) -> None:
        alive.append(sum(each() is not None for each in made))

    run(each(counted, over=each(thing, over=numbers)), numbers.bind(list(range(20))), strategy=strategy)
    assert max(alive) <= 9


@everywhere
def test_a_list_that_somebody_wants_stays_whole(strategy: Strategy) -> None:
    """A target, a list that is bound, and one that two nodes take are left as they are."""
    inner = each(doubled, over=numbers)
    outer, other = each(doubled, over=inner), each(doubled, over=(inner))
    results = Graph.of(outer).compile(outer, inner).run(strategy=strategy)
    assert (results[inner], results[outer]) == ([2, 4, 6, 8], [4, 8, 12, 16])
    results = Graph.of(outer, other).compile(outer, other).run(strategy=strategy)
    assert results[outer] == results[other] == [4, 8, 12, 16]
    bound = [1, 2]
    assert run(outer, inner.bind(bound), strategy=strategy) == [2, 4]
    assert bound == [1, 2]
    assert run(each(lambda a, b: a + b, over=(inner, inner)), strategy=strategy) == [4, 8, 12, 16]


@everywhere
def test_generators_see_the_callers_context(strategy: Strategy) -> None:
    """What a generator asks for while it is drawn from is what the caller of the run has set."""
    variable = ContextVar("variable", default="unset")

    @task
    def words() -> Iterator[str]:
        return (variable.get() for _ in range(20))

    def seen() -> list[str]:
        variable.set("set")
        return run(each(lambda word: word, over=words), strategy=strategy)

    assert copy_context().run(seen) == ["set"] * 20


@pytest.mark.parametrize("strategy", [Sequential(), Threads(2), Asyncio()], ids=str)
@pytest.mark.parametrize("is_flowing", [False, True])
@pytest.mark.parametrize("count", [20_000, pytest.param(1_000_000, marks=pytest.mark.stress)])
def test_many_items_take_no_more_room_than_their_list(strategy: Strategy, is_flowing: bool, count: int) -> None:
    """Beside the list of results, no record stays of an item that has ended, and none is made before it begins."""

    @task
    def nothing(number: int) -> None:
        return None

    node = each(nothing, over=Input[range]("range", default=range(count)))
    if is_flowing:
        node = each(lambda item: None, over=node)
    plan = Graph.of(node).compile(node)
    plan.run(strategy=strategy)
    tracemalloc.start()
    try:
        results = plan.run(strategy=strategy)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert results[node] == [None] * count
    lists = 2 if is_flowing else 1
    assert peak < 100_000 + count * 17 * lists  # a list grows by an eighth, and is copied then


@pytest.mark.parametrize("strategy", [Threads(2), Asyncio(offload=True)], ids=str)
def test_items_flow(strategy: Strategy) -> None:
    """An item begins when the one that it is made of is there, while others of that list are still running."""
    seen = Event()

    @task
    def first(number: int) -> int:
        if number == 1:
            assert seen.wait(10), "item 2 did not go on while item 1 was running"
        return number

    @task
    def second(number: int) -> int:
        if number == 2:
            seen.set()
        return number

    assert run(each(second, over=each(first, over=numbers)), strategy=strategy) == [1, 2, 3, 4]


@everywhere
def test_items_flow_side_by_side(strategy: Strategy) -> None:
    """Over two fan-outs and a list an item begins when all its parts are there."""

    @task
    async def awaited(number: int) -> str:
        await asyncio.sleep(0)
        return str(number)

    def joined(one: int, two: str, three: int) -> str:
        return f"{one}{two}{three}"

    node = each(joined, over=(each(doubled, over=numbers), each(awaited, over=numbers), numbers))
    assert run(node, strategy=strategy) == ["211", "422", "633", "844"]


@everywhere
def test_values_side_by_side_are_of_one_length(strategy: Strategy) -> None:
    """Otherwise the node fails, also where one of them flows."""

    def joined(one: int, two: str) -> str:
        return f"{one}{two}"

    for over in ((numbers, words), (each(doubled, over=numbers), words)):
        with pytest.raises(ValueError, match="different numbers of items"):
            run(each(joined, over=over), strategy=strategy)


@pytest.mark.parametrize("limit", [None, 1])
def test_items_that_all_values_have_are_called_in_any_order(limit: int | None) -> None:
    """That the values are not of one length may be known before the items are called that all of them have."""

    @task
    async def pair() -> list[int]:
        return [10, 20]

    def refuse(one: int, two: int) -> int:
        raise KeyError(one + two)

    node = each(refuse, over=(each(doubled, over=numbers), pair), max_concurrency=limit)
    plan = Graph.of(node).compile()
    for seed in range(50):
        error = plan.run(strategy=Shuffled(seed), on_error="continue").failures[node]
        assert isinstance(error, ExceptionGroup)
        assert [type(each) for each in error.exceptions] == [KeyError, KeyError, ValueError]


@pytest.mark.parametrize("strategy", [Asyncio(), Threads(8)], ids=str)
def test_a_limit_holds(strategy: Strategy) -> None:
    """Never more items run at once than max_concurrency says, and as many do."""
    running = [0]
    most = [0]

    @task
    async def counted(number: int) -> int:
        running[0] += 1
        most[0] = max(most[0], running[0])
        for _ in range(5):
            await asyncio.sleep(0)
        running[0] -= 1
        return number

    bounded = each(counted, over=numbers, max_concurrency=2)
    assert len(run(bounded, numbers.bind(list(range(20))), strategy=strategy)) == 20
    assert most[0] == 2


@everywhere
def test_retries_hold_for_each_item(strategy: Strategy) -> None:
    """An item that fails is tried again by itself; its outcome has the attempts before."""
    calls: list[int] = []

    @task(retries=Retry(2, delay=0.0001, on=KeyError))
    def flaky(number: int) -> int:
        calls.append(number)
        if calls.count(number) < number:
            raise KeyError(number)
        return number

    outcomes = run(each_outcome(flaky, over=numbers), strategy=strategy)
    assert [type(each) for each in outcomes] == [Succeeded, Succeeded, Succeeded, Failed]
    assert [len(each.attempts) for each in outcomes if not isinstance(each, Skipped)] == [0, 1, 2, 2]
    assert sorted(calls) == [1, 2, 2, 3, 3, 3, 4, 4, 4]


def test_a_timeout_holds_for_each_item() -> None:
    """The item that takes too long fails by itself, and the error names it."""

    @task(timeout=0.02)
    async def slow(number: int) -> int:
        if number == 3:
            await asyncio.Event().wait()
        return number

    first, second, third, last = run(each_outcome(slow, over=numbers))
    assert (first, second, last) == (Succeeded(1), Succeeded(2), Succeeded(4))
    assert isinstance(third, Failed)
    assert isinstance(third.error, TaskTimeoutError)
    assert "item 2 of each_outcome(slow)" in str(third.error)


@everywhere
def test_a_run_that_raises_begins_no_item_after_a_failure(strategy: Strategy) -> None:
    """The first failing item stops the run, which raises a group of what failed until then."""
    calls: list[int] = []

    @task
    def refuses(number: int) -> int:
        calls.append(number)
        raise ValueError(number)

    with pytest.raises(ExceptionGroup) as raised:
        run(each(refuses, over=numbers), numbers.bind(list(range(1000))), strategy=strategy)
    assert len(calls) < 1000 or isinstance(strategy, Shuffled)
    assert {each.args[0] for each in raised.value.exceptions} <= set(calls)


@everywhere
def test_what_a_failed_item_would_have_gone_into_is_not_begun(strategy: Strategy) -> None:
    """The fan-out behind a failed one is skipped for it, and no failure of its own items counts."""
    node = each(refuses_odd, over=each(refuses_odd, over=numbers))
    [source] = [each for each in Graph.of(node) if each.name == "each(refuses_odd)" and each is not node]
    results = Graph.of(node).compile().run(strategy=strategy, on_error="continue")
    assert list(results.failures) == [source]
    assert results.skipped == {node: (source,)}


@everywhere
@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_interrupts_stop_the_run(strategy: Strategy, kind: type[BaseException]) -> None:
    """An interrupt in an item, or in the value that is gone over, is what the run raises, outcomes or not."""

    @task
    def interrupted(number: int) -> int:
        raise kind

    @task
    def breaks() -> Iterator[int]:
        return iter(_raising(kind()))

    for make in (each, each_outcome):
        nodes: tuple[Node[Any], ...] = make(interrupted, over=numbers), make(doubled, over=breaks)
        for node in nodes:
            with pytest.raises(kind):
                Graph.of(node).compile().run(strategy=strategy, on_error="continue")


def _raising(error: BaseException) -> Iterator[int]:
    yield 1
    raise error


@everywhere
def test_a_value_that_breaks_off_fails_the_node(strategy: Strategy) -> None:
    """What its iterator raises is the failure; with the failures of items, where there are some."""

    def breaks() -> Iterator[int]:
        return _raising(OSError("gone"))

    once, again = task(name="once")(breaks), task(name="again")(breaks)
    alone, beside = each(doubled, over=once), each(refuses_odd, over=again)
    results = Graph.of(alone, beside).compile().run(strategy=strategy, on_error="continue")
    failure, group = results.failures[alone], results.failures[beside]
    assert isinstance(failure, OSError)
    assert isinstance(group, ExceptionGroup)
    assert [type(each) for each in group.exceptions] == [ValueError, OSError]


@everywhere
def test_items_of_gradual_values_are_checked_one_by_one(strategy: Strategy) -> None:
    """A wrong item of an unchecked list fails alone; a value that can't be gone over fails the node."""
    source = unchecked(Input[Any]("source"))
    node = each_outcome(doubled, over=source)
    first, second = run(node, source.bind([1, "2"]), strategy=strategy)
    assert first == Succeeded(2)
    assert isinstance(second, Failed)
    assert isinstance(second.error, ValueCheckError)
    with pytest.raises(ValueCheckError, match="goes over a int, which is not iterable"):
        run(node, source.bind(1), strategy=strategy)


@everywhere
def test_a_bound_fan_out_is_not_called(strategy: Strategy) -> None:
    """It gives the bound list, and what flows from it takes the items of that."""
    inner = each(refuses_odd, over=numbers)
    outer = each(doubled, over=inner)
    assert run(outer, inner.bind([5]), strategy=strategy) == [10]


@everywhere
def test_values_in_between_are_freed(strategy: Strategy) -> None:
    """With targets, neither a list in between nor its items outlive their last use."""

    class Thing:
        pass

    made: list[ref[Thing]] = []

    @task
    def thing(number: int) -> Thing:
        found = Thing()
        made.append(ref(found))
        return found

    @task
    def forgotten(thing: Thing) -> int:
        return 1

    @task(dependencies=each(forgotten, over=each(thing, over=numbers)))
    def alive(ones: list[int]) -> int:
        gc.collect()
        return sum(each() is not None for each in made)

    assert Graph.of(alive).compile(alive).run(strategy=strategy)[alive] == 0


def test_late_names_in_annotations_are_read_when_there_is_a_graph() -> None:
    """A task whose annotation is not there yet can be a template."""

    @task
    def size(thing: Late) -> int:  # noqa: F821  # type: ignore[name-defined]  # pyright: ignore[reportUndefinedVariable,reportInvalidTypeForm]
        return 1

    node = each(size, over=unchecked(words))
    globals()["Late"] = str
    try:
        assert run(node) == [1, 1]
    finally:
        del globals()["Late"]


def test_a_plan_with_a_fan_out_pickles() -> None:
    """The plan that comes back gives the same."""
    plan = pickle.loads(pickle.dumps(Graph.of(fan_out_tasks.halves).compile()))
    results = plan.run()
    assert list(results.values())[-1] == [0.5, 1.0, 1.5, 2.0]


def test_a_killed_worker_costs_an_attempt_of_one_item(tmp_path: Path) -> None:
    """Only the item that it was running is called again."""
    root = Input[Path]("root")

    @task(retries=1)
    def template(number: int, root: Path = depends(root)) -> int:
        killed: int = fan_out_tasks.killed_once.function(number, root)
        return killed

    node = each(template, over=numbers)
    with Processes(2) as processes:
        assert run(node, root.bind(tmp_path), strategy=processes) == [1, 2, 3, 4]
    assert {each.name: each.read_text() for each in tmp_path.glob("called-*")} == {
        f"called-{number}": "x" for number in (1, 2, 3, 4)
    }


Late: Any
