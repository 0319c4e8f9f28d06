# ruff: noqa: ASYNC110  # what is waited for is set by other threads, or is no event at all
"""What a hostile or unlucky task does to a run under the strategies of this process."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NoReturn
from weakref import ref

import pytest
from strategies import IN_PROCESS, Way, opened

from syncra import (
    Asyncio,
    Failed,
    Graph,
    Node,
    Retry,
    Sequential,
    Strategy,
    Succeeded,
    Threads,
    depends,
    task,
    unchecked,
)
from syncra.errors import TaskTimeoutError, ValueCheckError

PARALLEL: list[Strategy] = [Threads(3), Asyncio(offload=True)]
WITH_LOOPS: list[Strategy] = [Threads(1), Threads(3), Asyncio(), Asyncio(max_concurrency=2)]


class RefusedError(Exception):
    """What failing tasks raise here."""


def refuse() -> NoReturn:
    raise RefusedError


def give() -> int:
    return 1


every_way = pytest.mark.parametrize("way", IN_PROCESS, ids=str)
every_loop = pytest.mark.parametrize("strategy", WITH_LOOPS, ids=repr)


@pytest.mark.parametrize("strategy", PARALLEL, ids=repr)
def test_a_step_starts_as_soon_as_its_last_dependency_is_done(strategy: Strategy) -> None:
    """A slow task does not keep the successors of a quick one waiting: there are no levels."""
    done = threading.Event()
    slow = task(name="slow")(lambda: done.wait(60))
    quick = task(name="quick")(give)
    last = task(name="last", dependencies=quick)(lambda _: done.set())
    results = Graph.of(slow, last).compile().run(strategy=strategy)
    assert results[slow] is True


@every_loop
def test_coroutines_wait_together(strategy: Strategy) -> None:
    """Two coroutines that wait for each other both end, whatever the number of workers."""
    met: list[str] = []

    async def meet(name: str) -> int:
        met.append(name)
        while len(met) < 2:
            await asyncio.sleep(0)
        return len(met)

    both = [task(name=name, arguments={"name": name})(meet) for name in ("left", "right")]
    results = Graph.of(*both).compile().run(strategy=strategy)
    assert [results[each] for each in both] == [2, 2]


@every_loop
def test_a_failure_cancels_the_coroutines_that_wait(strategy: Strategy) -> None:
    """With on_error="raise" a failure cancels what waits, and the run ends when that has cleaned up."""
    told: list[str] = []
    waiting = threading.Event()

    @task
    async def waits() -> int:
        try:
            waiting.set()
            await asyncio.Event().wait()
        finally:
            told.append("cleaned up")
        return 1

    @task
    async def fails() -> int:
        while not waiting.is_set():
            await asyncio.sleep(0)
        raise RefusedError

    with pytest.raises(RefusedError):
        Graph.of(waits, fails).compile().run(strategy=strategy)
    assert told == ["cleaned up"]


@pytest.mark.parametrize("strategy", [*WITH_LOOPS, Sequential(), Asyncio(offload=True)], ids=repr)
def test_cancelling_a_run_from_outside_cancels_what_waits(strategy: Strategy) -> None:
    """`arun` inside of a cancelled task cancels its coroutines, waits for them, and leaves no Task and no thread."""
    told: list[str] = []
    waiting = threading.Event()

    @task
    async def waits() -> int:
        try:
            waiting.set()
            await asyncio.Event().wait()
        finally:
            told.append("cleaned up")
        return 1

    async def main() -> None:
        before = threading.active_count()
        running = asyncio.ensure_future(Graph.of(waits).compile().arun(strategy=strategy))
        while not waiting.is_set():
            await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert threading.active_count() == before

    asyncio.run(main(), debug=True)
    assert told == ["cleaned up"]


@pytest.mark.parametrize("strategy", [Sequential(), Threads(2), Asyncio()], ids=repr)
def test_cancelling_a_run_ends_a_pause_between_attempts(strategy: Strategy) -> None:
    """A run that waits an hour for another attempt is cancelled at once."""
    called = threading.Event()

    @task(retries=Retry(1, delay=3600.0))
    def fails() -> int:
        called.set()
        raise RefusedError

    async def main() -> None:
        running = asyncio.ensure_future(Graph.of(fails).compile().arun(strategy=strategy))
        while not called.is_set():
            await asyncio.sleep(0)
        for _ in range(100):
            await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(main())


@every_way
def test_cancelled_before_it_began_a_run_calls_nothing(way: Way) -> None:
    """A run whose Task is cancelled at once starts nothing or ends it, and warns of nothing."""
    with opened(way) as make:

        async def main() -> None:
            running = asyncio.ensure_future(Graph.of(task(name="t")(give)).compile().arun(strategy=make()))
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running

        asyncio.run(main(), debug=True)


@pytest.mark.parametrize("limit", [1, 2, 5])
@pytest.mark.parametrize("offload", [False, True])
def test_the_limit_of_asyncio_is_never_exceeded(limit: int, offload: bool) -> None:
    """At most `max_concurrency` steps have begun and not ended, coroutines and offloaded ones together, and it is
    reached; no more Tasks exist than that.
    """
    lock = threading.Lock()
    now, most, tasks = 0, 0, 0

    def enter(change: int) -> None:
        nonlocal now, most
        with lock:
            now += change
            most = max(most, now)

    async def in_loop() -> None:
        nonlocal tasks
        enter(1)
        for _ in range(3):
            await asyncio.sleep(0)
            tasks = max(tasks, len(asyncio.all_tasks()))
        enter(-1)

    def in_thread() -> None:
        enter(1)
        enter(-1)

    nodes: list[Node[None]] = [task(name=f"a{n}")(in_loop) for n in range(50)]
    nodes += [task(name=f"s{n}")(in_thread) for n in range(50)]
    Graph.of(*nodes).compile().run(strategy=Asyncio(max_concurrency=limit, offload=offload))
    assert most == limit
    assert tasks <= limit + 1


def test_coroutines_keep_what_asyncio_promises() -> None:  # noqa: C901 - five small tasks
    """Timeouts, task groups and the current Task work inside of tasks, each in a context of its own."""
    setting: ContextVar[str] = ContextVar("setting", default="outside")

    @task
    async def limited() -> str:
        try:
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        except TimeoutError:
            return "timed out"
        return "went on"

    @task
    async def grouped() -> int:
        async def part(value: int) -> int:
            await asyncio.sleep(0)
            return value

        async with asyncio.TaskGroup() as group:
            parts = [group.create_task(part(value)) for value in range(5)]
        return sum(each.result() for each in parts)

    @task
    async def failing_group() -> int:
        async def part() -> int:
            raise RefusedError

        async with asyncio.TaskGroup() as group:
            group.create_task(part())
        return 1

    @task
    async def context() -> str:
        setting.set("inside")
        await asyncio.sleep(0)
        return setting.get()

    @task(after=context)
    async def sibling() -> str:
        await asyncio.sleep(0)
        return setting.get()

    for strategy in (Asyncio(), Threads(2), Sequential()):
        graph = Graph.of(limited, grouped, failing_group, context, sibling)
        results = graph.compile().run(strategy=strategy, on_error="continue")
        assert results[limited] == "timed out"
        assert results[grouped] == 10
        assert isinstance(results.failures[failing_group], ExceptionGroup)
        assert (results[context], results[sibling], setting.get()) == ("inside", "outside", "outside")


@every_way
def test_a_task_that_cancels_itself_harms_nobody_else(way: Way) -> None:
    """Cancelling the current Task is the failure of the task that does it."""

    @task
    async def suicidal() -> int:
        this = asyncio.current_task()
        assert this is not None
        this.cancel()
        await asyncio.sleep(0)
        return 1

    async def count() -> int:
        await asyncio.sleep(0)
        return 1

    others = [task(name=f"t{n}")(count) for n in range(5)] + [task(name=f"s{n}")(give) for n in range(5)]
    after = task(name="after", dependencies=others[0])(lambda value: value)
    with opened(way) as make:
        results = Graph.of(suicidal, *others, after).compile().run(strategy=make(), on_error="continue")
    assert [type(each) for each in results.failures.values()] == [asyncio.CancelledError]
    assert all(results[each] == 1 for each in (*others, after))


@every_way
def test_timeouts_leave_others_alone(way: Way) -> None:
    """Sync and async attempts that take too long fail in their own time, are tried again, and the notes say what
    became of them.
    """
    release = threading.Event()

    @task(timeout=0.01, retries=1)
    async def hangs() -> int:
        await asyncio.Event().wait()
        return 1

    @task(timeout=0.01)
    def blocks() -> bool:
        return release.wait(60)

    @task(timeout=60.0)
    async def own_timeout() -> int:
        raise TimeoutError("of its own")

    quick = [task(name=f"t{n}", timeout=60.0)(give) for n in range(3)]
    with opened(way) as make:
        results = Graph.of(hangs, blocks, own_timeout, *quick).compile().run(strategy=make(), on_error="continue")
        release.set()
    outcome = results.outcome(hangs)
    assert isinstance(outcome, Failed)
    assert [type(each) for each in (outcome.error, *outcome.attempts)] == [TaskTimeoutError] * 2
    assert any("was cancelled" in note for note in outcome.error.__notes__)
    assert any("left behind" in note for note in results.failures[blocks].__notes__)
    assert type(results.failures[own_timeout]) is TimeoutError
    assert [results[each] for each in quick] == [1, 1, 1]


@every_way
def test_hostile_exceptions_are_failures_like_any_other(way: Way) -> None:
    """Exceptions that can't be shown, noted or compared, groups, and one object raised by two tasks."""

    class HostileError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

        __repr__ = __str__

        def add_note(self, note: str) -> None:
            raise RuntimeError

        def __eq__(self, other: object) -> bool:
            raise RuntimeError

        __hash__ = None  # type: ignore[assignment]  # what is tested

    class OwnBaseException(BaseException):
        pass

    same = RefusedError("twice")

    def raising(error: BaseException) -> Callable[[], NoReturn]:
        def fail() -> NoReturn:
            raise error

        return fail

    errors = [HostileError(), OwnBaseException(), same, same, ExceptionGroup("two", [RefusedError(), ValueError()])]
    nodes: list[Node[Any]] = [task(name=f"t{n}")(raising(error)) for n, error in enumerate(errors)]
    with opened(way) as make:
        results = Graph.of(*nodes).compile().run(strategy=make(), on_error="continue")
        assert [results.failures[node] is error for node, error in zip(nodes, errors, strict=True)] == [True] * 5
        for node, error in zip(nodes, errors, strict=True):
            with pytest.raises(type(error)):
                Graph.of(node).compile().run(strategy=make())


@every_way
def test_hostile_values_pass_untouched(way: Way) -> None:
    """Values are neither compared, hashed, copied nor asked for their truth."""

    class Hostile:
        def __eq__(self, other: object) -> bool:
            raise RuntimeError

        __hash__ = None  # type: ignore[assignment]  # what is tested

        def __bool__(self) -> bool:
            raise RuntimeError

        def __len__(self) -> int:
            raise RuntimeError

        def __repr__(self) -> str:
            raise RuntimeError

        def __reduce__(self) -> NoReturn:
            raise RuntimeError

    value = Hostile()
    values: list[Any] = [
        value,
        None,
        NotImplemented,
        ...,
        RefusedError("a value"),
        RefusedError,
        Succeeded(1),
        float("nan"),
    ]
    with opened(way) as make:
        for each in values:
            first = task(name="first", arguments={"given": each})(lambda given: given)
            second = task(name="second", dependencies=first)(lambda given: given)
            assert Graph.of(second).compile(second).run(strategy=make())[second] is each


@every_way
def test_tasks_do_not_see_each_others_context(way: Way) -> None:
    """What a task sets in its context is not seen by one that runs after it."""
    setting: ContextVar[str] = ContextVar("setting", default="outside")

    @task
    def first() -> None:
        setting.set("inside")

    @task(after=first)
    def second() -> str:
        return setting.get()

    with opened(way) as make:
        if way.name == "Sequential":
            pytest.skip("steps that are called in a row share one context, apart from the caller's")
        assert Graph.of(second).compile().run(strategy=make())[second] == "outside"


def test_a_closed_executor_is_an_error_and_no_hang() -> None:
    """An executor that takes nothing any more ends the run with what it says."""
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(RuntimeError, match="shutdown"):
        Graph.of(task(name="t")(give)).compile().run(strategy=Threads(executor))


def test_a_run_from_a_thread_of_its_own_executor_takes_part() -> None:
    """A plan that somebody runs on the executor's only thread, on that executor, does not wait for another thread."""
    node = task(name="t")(give)
    with ThreadPoolExecutor(1) as executor:
        run = Graph.of(node).compile().run
        assert executor.submit(lambda: run(strategy=Threads(executor))[node]).result(60) == 1


def test_runs_on_different_strategies_nest_in_turn() -> None:
    """A kept team and an executor of one thread each, running plans on each other, never wait for each other."""
    with ThreadPoolExecutor(1) as executor, Asyncio(max_concurrency=1, offload=True) as kept, Threads(2) as team:
        strategies: list[Strategy] = [Threads(executor), kept, team]

        def at(depth: int) -> int:
            if not depth:
                return 0
            inner = task(name="inner", arguments={"depth": depth - 1})(at)
            beside = task(name="beside")(give)
            plan = Graph.of(inner, beside).compile()
            return 1 + plan.run(strategy=strategies[depth % 3])[inner]

        assert at(12) == 12


def test_an_executor_that_others_keep_busy_is_waited_for() -> None:
    """Steps run on the executor's threads only, once there is one."""
    release, names = threading.Event(), list[str]()
    with ThreadPoolExecutor(1, thread_name_prefix="mine") as executor:
        executor.submit(release.wait, 60)
        threading.Timer(0.01, release.set).start()
        node = task(name="t")(lambda: names.append(threading.current_thread().name))
        Graph.of(node).compile().run(strategy=Threads(executor))
    assert names == ["mine_0"]


@pytest.mark.parametrize("make", [lambda: Threads(3), lambda: Asyncio(offload=True)], ids=["Threads", "Asyncio"])
def test_a_strategy_can_be_opened_again(make: Callable[[], Threads | Asyncio]) -> None:
    """After its block a strategy has no threads, runs as a bare one, and can be kept open once more."""
    strategy, node = make(), task(name="t")(give)
    before = threading.active_count()
    for _ in range(2):
        with strategy:
            assert Graph.of(node).compile().run(strategy=strategy)[node] == 1
        assert threading.active_count() == before
        assert Graph.of(node).compile().run(strategy=strategy)[node] == 1
        assert threading.active_count() == before


@every_way
@pytest.mark.parametrize("on_error", ["raise", "continue"])
def test_values_die_with_a_failed_run(way: Way, on_error: Any) -> None:  # noqa: C901 - six small tasks
    """Whatever fails, sync or async, checked, tried again, interrupted, no value waits for the garbage collector."""
    watched: list[ref[Held]] = []

    @task
    def make() -> Held:
        held = Held()
        watched.append(ref(held))
        return held

    loosely = unchecked(make)

    @task(dependencies=make, retries=1)
    def fails(value: Held) -> int:
        raise RefusedError

    @task(dependencies=make, retries=Retry(1, delay=0.001))
    async def fails_later(value: Held) -> int:
        await asyncio.sleep(0)
        raise RefusedError

    @task(dependencies=make, timeout=60.0)
    def fails_in_time(value: Held) -> int:
        raise RefusedError

    @task(dependencies=loosely)
    def refused(value: int) -> int:
        return value

    @task(dependencies=make)
    def interrupted(value: Held) -> int:
        raise KeyboardInterrupt

    gc.disable()
    try:
        with opened(way) as strategy:
            for node in (fails, fails_later, fails_in_time, refused, interrupted):
                try:
                    results = Graph.of(node).compile().run(strategy=strategy(), on_error=on_error)
                except (RefusedError, ValueCheckError, KeyboardInterrupt):
                    pass
                else:
                    del results
                assert watched[-1]() is None, node
    finally:
        gc.enable()


class Held:
    """Something that a weak reference can watch."""


@every_way
def test_no_descriptor_is_left_open(way: Way) -> None:
    """Loops are closed with all that they hold, after runs that end well and after others."""

    @task
    async def waits() -> int:
        await asyncio.sleep(0)
        return 1

    @task(dependencies=waits)
    async def fails(_: int) -> int:
        raise RefusedError

    folder = Path("/proc/self/fd")
    if not folder.exists():
        pytest.skip("this system does not list descriptors")
    with opened(way) as make:
        Graph.of(waits).compile().run(strategy=make())
        before = list(folder.iterdir())
        for _ in range(3):
            Graph.of(waits).compile().run(strategy=make())
            with pytest.raises(RefusedError):
                Graph.of(fails).compile().run(strategy=make())
        assert len(list(folder.iterdir())) <= len(before)


def test_an_async_task_may_await_a_plan_on_its_own_loop() -> None:
    """Runs nest inside of coroutines, as deep as they like."""
    strategy = Asyncio(max_concurrency=1)

    def at(depth: int) -> Node[int]:
        @task
        async def nested() -> int:
            if not depth:
                return 0
            inner = at(depth - 1)
            return 1 + (await Graph.of(inner).compile().arun(strategy=strategy))[inner]

        return nested

    node = at(20)
    assert Graph.of(node).compile().run(strategy=strategy)[node] == 20


def test_views_of_a_value_stay_on_the_loop() -> None:
    """`depends` chains of sync and async tasks under offload give each its own value."""

    @task
    def thread_name() -> str:
        return threading.current_thread().name

    @task
    async def loop_name(offloaded: str = depends(thread_name)) -> tuple[str, str]:
        return offloaded, threading.current_thread().name

    offloaded, on_loop = Graph.of(loop_name).compile().run(strategy=Asyncio(offload=True))[loop_name]
    assert offloaded.startswith("syncra-offload")
    assert on_loop == threading.current_thread().name
