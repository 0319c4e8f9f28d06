# ruff: noqa: ASYNC110  # what is waited for is set by other threads
"""Odd failures and odd values in this process, under each strategy that calls tasks here."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

import pytest

from syncra import (
    Asyncio,
    Failed,
    Graph,
    Node,
    Plan,
    Retry,
    Sequential,
    Skipped,
    Strategy,
    Succeeded,
    Threads,
    task,
)
from syncra.errors import TaskReturnError, TaskTimeoutError

STRATEGIES: list[Strategy] = [Sequential(), Threads(1), Threads(4), Asyncio(), Asyncio(offload=True)]
every_strategy = pytest.mark.parametrize("strategy", STRATEGIES, ids=repr)


@dataclass(frozen=True)
class FrozenError(Exception):
    """Nothing of it can be set, so neither traceback nor notes by their names."""

    code: int


class GuardedError(Exception):
    """Refuses every attribute, and has no room for any."""

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise RuntimeError(name)

    def __getattribute__(self, name: str) -> Any:
        if name in {"__notes__", "add_note", "args"}:
            raise RuntimeError(name)
        return super().__getattribute__(name)


class LoudError(Exception):
    """Says 100 million characters."""

    def __str__(self) -> str:
        return "loud" * 25_000_000

    __repr__ = __str__


def raising(make: Callable[[], BaseException]) -> Callable[[], NoReturn]:
    """A function that raises what is made."""

    def fail() -> NoReturn:
        raise make()

    return fail


def give() -> int:
    return 1


@every_strategy
def test_a_frozen_exception_is_raised_as_it_is_with_its_note(strategy: Strategy) -> None:
    """An exception that is a frozen dataclass is a failure as any other, with traceback and note."""
    fails, fine = task(name="fails")(raising(lambda: FrozenError(3))), task(name="fine")(give)
    results = Graph.of(fails, fine).compile().run(strategy=strategy, on_error="continue")
    error = results.failures[fails]
    assert isinstance(error, FrozenError)
    assert error.code == 3
    assert any("'fails'" in note for note in error.__notes__)
    assert results[fine] == 1
    with pytest.raises(FrozenError) as raised:
        Graph.of(fails).compile().run(strategy=strategy)
    assert raised.traceback[-1].name == "fail"


@every_strategy
def test_an_exception_that_refuses_everything_is_still_the_failure(strategy: Strategy) -> None:
    """Where no note can be added, the failure itself is kept, and others go on."""
    fails, fine = task(name="fails")(raising(GuardedError)), task(name="fine")(give)
    results = Graph.of(fails, fine).compile().run(strategy=strategy, on_error="continue")
    assert type(results.failures[fails]) is GuardedError
    assert results[fine] == 1


@every_strategy
def test_what_is_told_of_failures_is_bounded(strategy: Strategy) -> None:
    """The texts about an exception of 100 million characters stay short."""
    fails = task(name="fails")(raising(LoudError))
    after = task(name="after", dependencies=fails)(lambda value: value)
    results = Graph.of(fails, after).compile().run(strategy=strategy, on_error="continue")
    with pytest.raises(LookupError) as raised:
        results[fails]
    assert len(str(raised.value)) < 1_000
    assert len(repr(results)) < 1_000


@pytest.fixture(scope="module")
def failing() -> tuple[Plan, Node[int]]:
    """100 000 tasks that fail, and one that waits for all of them."""
    fail = raising(ValueError)
    nodes: list[Node[Any]] = [task(name=f"t{n}")(fail) for n in range(100_000)]
    last = task(name="last", after=tuple(nodes))(give)
    return Graph.of(last).compile(), last


@pytest.mark.parametrize("strategy", [Sequential(), Threads(4), Asyncio()], ids=repr)
def test_100_000_failures_are_told_in_a_short_text(strategy: Strategy, failing: tuple[Plan, Node[int]]) -> None:
    """Each is in the results, their group is raised once, and neither texts nor time grow out of bounds."""
    plan, last = failing
    results = plan.run(strategy=strategy, on_error="continue")
    assert len(results.failures) == len(results.skipped[last]) == 100_000
    with pytest.raises(ExceptionGroup) as raised:
        results.raise_failures()
    assert len(str(raised.value)) < 1_000
    with pytest.raises(LookupError, match="and 99995 more") as lookup:
        results[last]
    assert len(str(lookup.value)) < 1_000
    with pytest.raises(ValueError, match="'t0' of the graph failed") as alone:
        plan.run(strategy=strategy)
    assert len("".join(alone.value.__notes__)) < 2_000


@every_strategy
def test_one_exception_of_many_tasks_keeps_few_notes(strategy: Strategy) -> None:
    """A thousand tasks that raise the same object do not pile up a thousand notes on it."""
    same = ValueError("the same")
    nodes: list[Node[Any]] = [task(name=f"t{n}")(raising(lambda: same)) for n in range(1_000)]
    results = Graph.of(*nodes).compile().run(strategy=strategy, on_error="continue")
    assert all(error is same for error in results.failures.values())
    assert len(same.__notes__) <= 100


@every_strategy
def test_values_that_raise_when_asked_for_their_class_or_as_they_die_pass(strategy: Strategy) -> None:
    """Neither `__class__` nor `__del__` of a value is anybody's business but its own."""

    class Hostile:
        @property  # type: ignore[misc]  # what is tested
        def __class__(self) -> type:  # pyright: ignore[reportIncompatibleMethodOverride]
            raise RuntimeError

        def __getattr__(self, name: str) -> NoReturn:
            raise RuntimeError(name)

    value = Hostile()
    first: Node[Any] = task(name="first")(lambda: value)
    second = task(name="second", dependencies=first)(lambda given: given)
    assert Graph.of(second).compile(second).run(strategy=strategy)[second] is value


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@every_strategy
def test_a_value_that_raises_as_it_is_freed_harms_no_run(strategy: Strategy) -> None:
    """Python reports what a `__del__` raises; the run whose value is freed in between goes on."""

    class Dying:
        def __del__(self) -> None:
            raise RuntimeError("as it is freed")

    def make() -> object:
        return Dying()

    first = task(name="first")(make)
    second = task(name="second", dependencies=first)(lambda value: type(value).__name__)
    third = task(name="third", dependencies=second)(lambda name: name)
    assert Graph.of(third).compile(third).run(strategy=strategy)[third] == "Dying"
    gc.collect()


@every_strategy
def test_a_task_may_return_itself_or_its_own_generator_only_as_told(strategy: Strategy) -> None:
    """A task as a value is refused with a cure; a generator is a value, and nobody has taken anything from it."""

    def itself() -> Any:
        return node

    def count() -> Any:
        yield from (1, 2, 3)

    node: Node[Any] = task(name="itself")(itself)
    counts = task(name="counts")(count)
    results = Graph.of(node, counts).compile().run(strategy=strategy, on_error="continue")
    assert isinstance(results.failures[node], TaskReturnError)
    assert list(results[counts]) == [1, 2, 3]


@every_strategy
def test_memory_and_recursion_errors_are_ordinary_failures(strategy: Strategy) -> None:
    """A task that runs out of memory or of stack has failed, and nothing else has."""

    def recurse() -> int:
        return recurse()

    deep, hungry, fine = task(name="deep")(recurse), task(name="m")(raising(MemoryError)), task(name="fine")(give)
    results = Graph.of(deep, hungry, fine).compile().run(strategy=strategy, on_error="continue")
    assert {type(each) for each in results.failures.values()} == {RecursionError, MemoryError}
    assert results[fine] == 1


@every_strategy
def test_what_a_task_needs_of_its_thread_is_its_own_failure(strategy: Strategy) -> None:
    """`asyncio.run` inside of a loop and `signal.signal` beside the main thread fail their task or work, no more."""

    async def nothing() -> int:
        return 1

    def own_loop() -> int:
        coroutine = nothing()
        try:
            return asyncio.run(coroutine)
        finally:
            coroutine.close()

    loop, fine = task(name="loop")(own_loop), task(name="fine")(give)
    results = Graph.of(loop, fine).compile().run(strategy=strategy, on_error="continue")
    assert results[fine] == 1
    outcome = results.outcome(loop)
    assert not isinstance(outcome, Failed) or isinstance(outcome.error, RuntimeError)


@pytest.mark.parametrize("how", ["stop", "close"])
@every_strategy
def test_a_task_that_ends_the_loop_ends_its_run_at_most(strategy: Strategy, how: str) -> None:
    """Stopping or closing the loop that a run is on is an error of that run, no hang; the next run works."""

    @task
    async def ends() -> int:
        loop = asyncio.get_running_loop()
        getattr(loop, how)()
        await asyncio.sleep(0)
        return 1

    @task
    async def fine() -> int:
        await asyncio.sleep(0)
        return 1

    with suppress(RuntimeError):  # asyncio's own, where the loop is the run's
        Graph.of(ends, fine).compile().run(strategy=strategy, on_error="continue")
    assert Graph.of(fine).compile().run(strategy=strategy)[fine] == 1


@every_strategy
def test_a_time_limit_holds_for_each_attempt(strategy: Strategy) -> None:
    """Of three attempts two take too long; the third one has all its time, and the thread left behind harms none."""
    release, calls = threading.Event(), list[int]()

    @task(timeout=0.05, retries=Retry(2, delay=0.001))
    def at_last() -> int:
        calls.append(1)
        if len(calls) < 3:
            release.wait(60)
        return len(calls)

    outcome = Graph.of(at_last).compile().run(strategy=strategy).outcome(at_last)
    release.set()
    assert not isinstance(outcome, Failed)
    assert [type(each) for each in getattr(outcome, "attempts", ())] == [TaskTimeoutError] * 2


@every_strategy
def test_what_means_something_to_us_is_a_value_all_the_same(strategy: Strategy) -> None:
    """Outcomes, exceptions, None and the like are handed on as the objects that they are."""
    outcomes = [Succeeded(1), Failed(ValueError()), Skipped("")]
    odd: list[object] = [None, NotImplemented, ..., ValueError("a value"), *outcomes]
    nodes = [task(name=f"t{n}", arguments={"value": value})(hand_on) for n, value in enumerate(odd)]
    takers = [task(name=f"taker{n}", dependencies=node)(hand_on) for n, node in enumerate(nodes)]
    results = Graph.of(*takers).compile().run(strategy=strategy, on_error="continue")
    assert not results.failures
    assert all(results[taker] is value for taker, value in zip(takers, odd, strict=True))


def hand_on(value: Any) -> Any:
    return value


WITH_LOOPS: list[Strategy] = [Threads(2), Asyncio(), Asyncio(offload=True), Asyncio(max_concurrency=2)]
every_loop = pytest.mark.parametrize("strategy", WITH_LOOPS, ids=repr)


@every_loop
def test_a_run_that_is_cancelled_twice_is_cancelled_once_more(strategy: Strategy) -> None:
    """The second cancellation reaches what is still cleaning up, and the run ends when nothing of it is left."""
    told: list[str] = []
    begun = threading.Event()

    @task
    async def cleans_up() -> int:
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            told.append("first")
            try:
                await asyncio.Event().wait()
            finally:
                told.append("second")
        return 1

    async def main() -> None:
        running = asyncio.ensure_future(Graph.of(cleans_up).compile().arun(strategy=strategy))
        for name in ("begun", "first"):
            while not (begun.is_set() if name == "begun" else told):
                await asyncio.sleep(0)
            running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert told == ["first", "second"]

    asyncio.run(main())


@every_loop
def test_a_coroutine_that_goes_on_when_it_is_cancelled_is_waited_for(strategy: Strategy) -> None:
    """What the rest of it comes to is its own affair: the failure that stopped the run is raised, and only then."""
    told: list[str] = []
    waiting = threading.Event()

    @task
    async def goes_on() -> int:
        try:
            waiting.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            told.append("ended in its own time")
        return 1

    @task
    async def fails() -> int:
        while not waiting.is_set():
            await asyncio.sleep(0)
        raise KeyError("the failure")

    with pytest.raises(KeyError, match="the failure"):
        Graph.of(goes_on, fails).compile().run(strategy=strategy)
    assert told == ["ended in its own time"]


@pytest.mark.parametrize("strategy", [Threads(2), Asyncio(offload=True)], ids=repr)
def test_a_cancelled_run_waits_for_its_threads(strategy: Strategy) -> None:
    """A thread can't be cancelled: the loop goes on, and the run is cancelled when the thread is done."""
    begun, release, told = threading.Event(), threading.Event(), list[str]()

    @task
    def blocks() -> int:
        begun.set()
        release.wait(60)
        told.append("ended")
        return 1

    async def main() -> None:
        running = asyncio.ensure_future(Graph.of(blocks).compile().arun(strategy=strategy))
        while not begun.is_set():
            await asyncio.sleep(0)
        running.cancel()
        for _ in range(10):
            await asyncio.sleep(0)
        assert not running.done()
        release.set()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert told == ["ended"]

    asyncio.run(main())


def test_an_offloaded_task_leaves_the_loop_to_others() -> None:
    """A sync task waits for what a coroutine does meanwhile, where all tasks or it alone are offloaded."""
    for strategy, offload in ((Asyncio(offload=True), None), (Asyncio(), True)):
        done = threading.Event()
        blocks = task(name="blocks", offload=offload or False)(partial(done.wait, 60))

        @task
        async def sets(done: threading.Event = done) -> int:
            await asyncio.sleep(0)
            done.set()
            return 1

        results = Graph.of(blocks, sets).compile().run(strategy=strategy)
        assert results[blocks] is True


def test_10_000_coroutines_under_a_limit_are_not_begun_at_once() -> None:
    """Neither more steps than the limit are under way, nor more asyncio Tasks than these need."""
    under_way, most_steps, most_tasks = 0, 0, 0

    async def suspends() -> int:
        nonlocal under_way, most_steps, most_tasks
        under_way += 1
        most_steps = max(most_steps, under_way)
        await asyncio.sleep(0)
        if not under_way % 7:
            most_tasks = max(most_tasks, len(asyncio.all_tasks()))
        under_way -= 1
        return 1

    nodes = [task(name=f"t{n}")(suspends) for n in range(10_000)]
    results = Graph.of(*nodes).compile().run(strategy=Asyncio(max_concurrency=7))
    assert len(results) == 10_000
    assert most_steps == 7
    assert most_tasks <= 8


@pytest.mark.parametrize("debug", [False, True])
def test_a_kept_strategy_serves_one_loop_after_another(debug: bool) -> None:
    """Nothing of a loop is kept: the caller's loops may be of any make, in debug mode, and closed in between."""

    @task
    async def later() -> int:
        await asyncio.sleep(0)
        return 1

    node = task(name="then", dependencies=later)(hand_on)
    plan = Graph.of(node).compile()
    with Asyncio(offload=True) as strategy:
        for _ in range(3):
            with asyncio.Runner(debug=debug, loop_factory=asyncio.SelectorEventLoop) as runner:

                async def main() -> Any:
                    return (await plan.arun(strategy=strategy))[node]

                assert runner.run(main()) == 1
            assert plan.run(strategy=strategy)[node] == 1


def test_attempts_without_a_pause_or_jitter_follow_at_once() -> None:
    """No delay and no jitter is a policy as any other, and every attempt is counted."""
    calls: list[int] = []

    @task(retries=Retry(3, delay=0.0, jitter=0.0))
    def fails() -> int:
        calls.append(1)
        raise ValueError(len(calls))

    for strategy in STRATEGIES:
        calls.clear()
        outcome = Graph.of(fails).compile().run(strategy=strategy, on_error="continue").outcome(fails)
        assert isinstance(outcome, Failed)
        assert [each.args[0] for each in (*outcome.attempts, outcome.error)] == [1, 2, 3, 4]
