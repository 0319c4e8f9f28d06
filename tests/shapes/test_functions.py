"""Graphs as functions: called, awaited, and as tasks of other graphs."""

from __future__ import annotations

import asyncio
import inspect
import pickle
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event, Lock, get_ident
from typing import Any

import fan_out_tasks
import pytest

from syncra import (
    Asyncio,
    Failed,
    Graph,
    GraphFunction,
    Input,
    Node,
    Processes,
    Retry,
    Sequential,
    Strategy,
    Succeeded,
    Threads,
    depends,
    each,
    each_outcome,
    function,
    recover,
    run,
    task,
    unchecked,
)
from syncra._runs._begin import begin
from syncra.errors import (
    BindingError,
    DeclarationError,
    DependencyTypeError,
    FrozenError,
    OptionError,
    RunningLoopError,
    TaskTimeoutError,
    ValueCheckError,
    WiringError,
)
from syncra.testing import Shuffled

STRATEGIES = [Sequential(), Threads(3), Asyncio(), Asyncio(offload=True), Shuffled(1), Shuffled(2, at_once=2)]
everywhere = pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
price = Input[float]("price")
count = Input("count", default=2)
numbers = Input[list[int]]("numbers", default=[1, 2, 3])
number = Input[int]("number")


@task
def gross(net: float = depends(price)) -> float:
    """What is paid in the end."""
    return net * 1.5


@task
def total(one: float = depends(gross), many: int = depends(count)) -> float:
    """The price of all."""
    return one * many


@task
async def later(value: int = depends(number)) -> int:
    await asyncio.sleep(0)
    return value + 1


@task
def refuses(value: int = depends(number)) -> int:
    raise ValueError(value)


@task
def refuses_too(value: int = depends(number)) -> int:
    raise KeyError(value)


@task
def both(a: int = depends(refuses), b: int = depends(refuses_too)) -> int:
    return a + b


# ---------------------------------------------------------------------- made and called


def test_a_graph_is_called() -> None:
    """The parameters are the inputs in order; inputs that are not named keep their defaults."""
    assert function(total, price)(2.0) == 6.0
    assert function(total, count, price)(3, 2.0) == 9.0
    assert function(price, price)(1.0) == 1.0
    assert function(numbers)() == [1, 2, 3]


def test_it_looks_like_a_function() -> None:
    """Name, docstring, module, signature and repr say what it takes and gives."""
    made = function(total, price, count)
    assert str(inspect.signature(made)) == "(price: float, count: int, /) -> float"
    assert (made.__name__, made.__doc__, made.__module__) == ("total", "The price of all.", __name__)
    assert repr(made) == "<GraphFunction total(price: float, count: int, /) -> float>"
    assert function(total, price, name="bill").__name__ == "bill"
    assert task(made).place.startswith(__file__)
    odd = Input[int]("the number")
    assert list(inspect.signature(function(odd, odd)).parameters) == ["input_1"]


def test_it_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is compiled in a call."""
    made = function(total, price)
    monkeypatch.setattr("syncra._programs._compiler._Compiler.steps", None)
    assert made(2.0) == 6.0


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: function(total), "needs input 'price', which has no default; add it"),
        (lambda: function(gross, price, count), "task 'gross' does not need input 'count'; leave it out"),
        (lambda: function(gross, price, price), "input 'price' is given twice"),
        (lambda: function(total, gross), "after the node come inputs, not task 'gross'"),  # type: ignore[call-overload]
        (lambda: function(total, "price"), "after the node come inputs, not a str"),  # type: ignore[call-overload]
        (lambda: function(abs), "function.. takes a node, not 'abs'"),  # type: ignore[call-overload]
    ],
)
def test_wrong_inputs_are_refused_where_it_is_made(make: Any, said: str) -> None:
    """Missing, unknown, doubled inputs and what is none are named, with what to do."""
    with pytest.raises(WiringError, match=said):
        make()


def test_all_faults_are_told_at_once() -> None:
    """As of every declaration."""
    with pytest.raises(WiringError) as raised:
        function(total, count, count, number)
    assert len(raised.value.faults) == 3
    with pytest.raises(OptionError, match="on_error must be"):
        function(total, price, on_error="ignore")  # type: ignore[call-overload]
    with pytest.raises(OptionError, match="name="):
        function(total, price, name="")

    @task
    def open_one(value: int) -> int:
        return value

    with pytest.raises(DeclarationError):
        function(open_one)


def test_wrong_calls_are_refused() -> None:
    """Too few or too many arguments are a TypeError, values of another type a BindingError."""
    made = function(total, price)
    for arguments in ((), (1.0, 2)):
        with pytest.raises(TypeError, match=r"total\(price: float, /\) -> float: "):
            made(*arguments)
    with pytest.raises(TypeError, match=r"positional.only"):
        made(price=1.0)  # type: ignore[call-arg]  # the error is the point
    with pytest.raises(BindingError, match="input 'price' is not float"):
        made("2")  # type: ignore[arg-type]  # the error is the point


def test_the_first_failure_is_raised_or_all_of_them() -> None:
    """on_error="raise" gives the task's own exception, "continue" a group of every failure."""
    with pytest.raises(ValueError, match="7") as raised:
        function(both, number)(7)
    assert "task 'refuses' of graph 'both' failed under Sequential" in raised.value.__notes__[0]
    with pytest.raises(ExceptionGroup, match="2 tasks of graph 'both' failed") as group:
        function(both, number, on_error="continue")(7)
    assert [type(each) for each in group.value.exceptions] == [ValueError, KeyError]


def test_the_strategy_is_that_of_the_function() -> None:
    """Its steps run where it was said when it was made."""
    threads: list[int] = []
    barrier = Barrier(2)

    @task
    def one() -> None:
        threads.append(get_ident())
        barrier.wait(10)

    @task
    def two() -> None:
        threads.append(get_ident())
        barrier.wait(10)

    @task(dependencies=(one, two))
    def joined(a: None, b: None) -> int:
        return 1

    function(joined, strategy=Threads(2))()
    assert len(set(threads)) == 2
    with pytest.raises(OptionError, match="strategy must be an object, not a class"):
        function(joined, strategy=Threads)  # type: ignore[call-overload]
    with pytest.raises(OptionError, match="strategy must be a Strategy"):
        function(joined, strategy="threads")  # type: ignore[call-overload]


def test_an_async_graph_is_awaited_where_a_loop_is_running() -> None:
    """Outside of a loop it is called; inside, the call says what to write, and `arun` is awaited."""
    made = function(later, number)
    assert made.is_async
    assert made(1) == 2

    async def inside() -> int:
        with pytest.raises(RunningLoopError, match=r"later\(\) has async tasks.* write `await later.arun\(...\)`"):
            made(1)
        assert await function(total, price).arun(2.0) == 6.0
        with pytest.raises(BindingError):
            await made.arun("1")  # type: ignore[arg-type]  # the error is the point
        return await made.arun(2)

    assert asyncio.run(inside()) == 3


def test_it_pickles() -> None:
    """What comes back is called alike, under its name."""
    made = pickle.loads(pickle.dumps(fan_out_tasks.halved_total))
    assert made([2, 4]) == fan_out_tasks.halved_total([2, 4]) == 3.0
    assert (made.__name__, str(inspect.signature(made))) == ("halved_sum", "(numbers: list[int], /) -> float")


# ---------------------------------------------------------------------- as a task


def test_its_edges_are_checked_as_of_any_function() -> None:
    """A wrong type is refused where the task is declared, with the input's name for the parameter."""
    with pytest.raises(DependencyTypeError, match="task 'total' cannot take input 'numbers' as parameter 'price'"):
        task(dependencies=numbers)(function(total, price))  # type: ignore[arg-type]  # the error is the point
    by_name = task(dependencies={"price": gross}, name="by_name")(function(total, price))
    assert run(by_name, price.bind(2.0)) == 9.0
    assert by_name.result_type is float


@everywhere
def test_values_on_its_checked_edges_are_checked(strategy: Strategy) -> None:
    """A wrong value fails the task before anything of the graph runs, one by one in a fan-out."""
    node = each_outcome(function(later, number), over=unchecked(Input[Any]("any", default=[1, "2", 3])))
    first, second, third = run(node, strategy=strategy)
    assert (first, third) == (Succeeded(2), Succeeded(4))
    assert isinstance(second, Failed)
    assert isinstance(second.error, ValueCheckError)


@everywhere
def test_failures_say_where_on_both_levels(strategy: Strategy) -> None:
    """A note names the inner task and its graph, a further one the task of the outer graph, or the item."""
    node = task(dependencies=Input("n", default=3), name="nested")(function(both, number))
    with pytest.raises((ValueError, KeyError)) as raised:
        run(node, strategy=strategy)
    inner, *_, outer = raised.value.__notes__
    assert "of graph 'both' failed" in inner
    assert outer.startswith("task 'nested' of graph 'nested' failed")
    with pytest.raises(ExceptionGroup) as group:
        run(each(function(refuses, number), over=numbers), strategy=strategy)
    notes = group.value.exceptions[0].__notes__
    assert notes[0].startswith("task 'refuses' of graph 'refuses' failed")
    assert notes[1].startswith("item 0 of each(refuses) of graph")


@everywhere
def test_a_failing_function_is_tried_again_as_a_whole(strategy: Strategy) -> None:
    """Retries of the task begin all of its graph anew, and fail with the last attempt's exception."""
    calls: list[str] = []

    @task
    def before() -> int:
        calls.append("before")
        return 1

    @task(dependencies=before)
    def flaky(value: int) -> int:
        calls.append("flaky")
        if len(calls) < 6:
            raise OSError(len(calls))
        return value

    node = task(name="nested", retries=2)(function(flaky))
    assert Graph.of(node).compile().run(strategy=strategy).outcome(node).attempts  # type: ignore[union-attr]
    assert calls == ["before", "flaky"] * 3


@everywhere
def test_a_failing_function_is_recovered_from(strategy: Strategy) -> None:
    """The failure of its graph is the failure of the node."""
    node = recover(task(dependencies=Input("n", default=3), name="nested")(function(both, number)), -1, on=LookupError)
    other = recover(task(dependencies=Input("n", default=3), name="one")(function(refuses_too, number)), -1)
    with pytest.raises(ValueError, match="3"):
        run(task(dependencies=node, name="end")(abs), strategy=Sequential())
    assert run(other, strategy=strategy) == -1


@everywhere
@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_interrupts_inside_stop_the_outer_run(strategy: Strategy, kind: type[BaseException]) -> None:
    """They are never swallowed on the way out."""

    @task
    def interrupted() -> int:
        raise kind

    node = task(name="nested")(function(interrupted, on_error="continue"))
    with pytest.raises(kind):
        Graph.of(recover(node, 0)).compile().run(strategy=strategy, on_error="continue")


@everywhere
def test_graphs_nest_deeper_than_there_are_workers(strategy: Strategy) -> None:
    """However many functions are inside of each other, a run ends."""
    made: GraphFunction[[int], int] = function(later, number)
    for depth in range(40):
        outer = task(dependencies=number, name=f"level {depth}")(made)
        made = function(outer, number)
    assert run(each(made, over=numbers), strategy=strategy) == [2, 3, 4]


def test_a_nested_graph_takes_the_workers_of_the_outer_run() -> None:
    """Never more steps run at once than the outer strategy has workers, whatever the function has for itself."""
    running, most, threads = [0], [0], set[int]()
    lock = Lock()

    @task
    def counted(value: int = depends(number)) -> int:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
            threads.add(get_ident())
        with lock:
            running[0] -= 1
        return value

    @task
    def counted_again(a: int = depends(counted), b: int = depends(number)) -> int:
        counted.function(a)
        return a + b

    inner = function(counted_again, number, strategy=Threads(8))
    outer = function(task(name="middle", dependencies=number)(inner), number, strategy=Threads(8))
    assert run(each(outer, over=numbers), numbers.bind(list(range(200))), strategy=Threads(2)) == [
        2 * each for each in range(200)
    ]
    assert most[0] <= 2
    assert len(threads) <= 2


def test_steps_of_a_nested_graph_run_on_all_workers() -> None:
    """Two independent steps inside run at the same time, on two threads of the outer run."""
    barrier = Barrier(2)

    @task
    def left() -> int:
        return barrier.wait(10)

    @task
    def right() -> int:
        return barrier.wait(10)

    @task
    def joined(a: int = depends(left), b: int = depends(right)) -> int:
        return a + b

    assert run(task(name="nested")(function(joined)), strategy=Threads(2)) == 1
    with ThreadPoolExecutor(2) as pool:
        assert run(task(name="nested")(function(joined)), strategy=Threads(pool)) == 1


def test_coroutines_of_nested_graphs_wait_at_the_same_time() -> None:
    """Under Asyncio all items of a fan-out over an async graph are waiting together."""
    waiting: list[int] = []
    all_there = asyncio.Event()

    @task
    async def waits(value: int = depends(number)) -> int:
        waiting.append(value)
        if len(waiting) == 3:
            all_there.set()
        await all_there.wait()
        return value

    node = each(function(waits, number), over=numbers)

    async def inside() -> Sequence[int]:
        return (await Graph.of(node)())[node]

    assert asyncio.run(inside()) == [1, 2, 3]


@pytest.mark.parametrize("strategy", [Asyncio(), Threads(2)], ids=str)
def test_a_failure_inside_cancels_what_waits(strategy: Strategy) -> None:
    """The outer run does not wait for coroutines beside the failed step of a nested graph."""
    begun = Event()
    cancelled: list[bool] = []

    @task
    async def waits() -> int:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise
        return 1

    @task(offload=True)
    def fails() -> int:
        begun.wait(10)
        raise ValueError("inside")

    @task
    def joined(a: int = depends(waits), b: int = depends(fails)) -> int:
        return a + b

    with pytest.raises(ValueError, match="inside"):
        run(task(name="nested")(function(joined)), strategy=strategy)
    assert cancelled == [True]


def test_with_a_timeout_it_is_one_call() -> None:
    """A call that takes too long fails, and another one does not."""

    @task
    async def waits(value: int = depends(number)) -> int:
        if value == 2:
            await asyncio.Event().wait()
        return value

    @task
    def quick(value: int = depends(number)) -> int:
        return value

    within = each_outcome(task(timeout=10.0, name="quick")(function(quick, number)), over=numbers)
    assert [type(each) for each in run(within)] == [Succeeded] * 3
    limited = each_outcome(task(timeout=0.05, name="waits")(function(waits, number).arun), over=numbers)
    came = run(limited)
    assert [type(each) for each in came] == [Succeeded, Failed, Succeeded]
    assert isinstance(came[1], Failed)
    assert isinstance(came[1].error, TaskTimeoutError)


def test_its_twin_can_be_a_task_too() -> None:
    """`task(f.arun)` is an async task of the same parameters."""
    node = task(dependencies=Input("n", default=1), name="twin")(function(later, number).arun)
    assert node.is_async
    assert run(node) == 2


def test_steps_of_nested_graphs_run_in_worker_processes(tmp_path: Path) -> None:
    """Each inner step is a call of a worker; one that dies costs that step's attempt, and nothing begins anew."""
    root = Input("root", default=tmp_path)

    @task(retries=1)
    def called(number: int = depends(number), root: Path = depends(root)) -> int:
        killed: int = fan_out_tasks.killed_once.function(number, root)
        return killed

    @task
    def doubled(number: int = depends(called)) -> int:
        return 2 * number

    node = each(function(doubled, number), over=numbers)
    with Processes(2) as processes:
        assert run(node, strategy=processes) == [2, 4, 6]
    assert {each.name: each.read_text() for each in tmp_path.glob("called-*")} == {
        f"called-{number}": "x" for number in (1, 2, 3)
    }


@everywhere
def test_nested_results_are_freed(strategy: Strategy) -> None:
    """A finished run holds nothing of the runs inside it."""
    import gc
    from weakref import ref

    class Thing:
        pass

    made: list[ref[Thing]] = []

    @task
    def thing() -> Thing:
        found = Thing()
        made.append(ref(found))
        return found

    @task
    def forgotten(thing: Thing = depends(thing), value: int = depends(number)) -> int:
        return value

    @task(dependencies=each(function(forgotten, number), over=numbers))
    def alive(ones: list[int]) -> int:
        gc.collect()
        return sum(each() is not None for each in made)

    assert Graph.of(alive).compile(alive).run(strategy=strategy)[alive] == 0


def test_node_types() -> None:
    """A task made of a function has its types."""
    node: Node[float] = task(function(total, price))
    assert node.result_type is float


def test_it_is_frozen() -> None:
    """What was checked stays so."""
    made = function(total, price)
    with pytest.raises(FrozenError):
        made.on_error = "continue"
    with pytest.raises(FrozenError):
        del made.plan


def test_another_attempt_waits_for_its_time() -> None:
    """Also where the failed attempt has left steps that were ready: none of them brings the next one forward."""
    now = [0.0]

    @task
    def beside() -> int:
        return 1

    @task
    def joined(a: int = depends(refuses), b: int = depends(beside)) -> int:
        return a + b

    made = function(joined, number)
    node = task(dependencies=number, name="nested", retries=Retry(1, delay=5.0))(made)
    program = Graph.of(node).compile(node)._program
    run = begin(program, {0: 1}, goes_on=False, strategy="", clock=lambda: now[0])
    first = run.take()
    assert first is not None
    assert first.node is refuses
    run.fail(first, ValueError("once"))
    assert run.take() is None
    assert run.delay() == 5.0
    now[0] = 5.0
    again = run.take()
    assert again is not None
    assert again.node is refuses
