"""Runs that are large, many at once, inside of each other, or beside the caller's event loop."""

from __future__ import annotations

import asyncio
import threading
from asyncio import CancelledError
from collections.abc import Coroutine
from typing import Any

from syncra._conformance._case import Make, anywhere, holds, in_process, raised
from syncra._conformance._tasks import Refused, base, joined, needs_refused, number
from syncra._graph import Graph
from syncra._nodes._decorator import task
from syncra._nodes._node import Node, depends

__all__: list[str] = []  # the cases register themselves

_LONG = 2_000
_TURNS = 50
_DEPTH = 20


def _add(left: int, right: int) -> int:
    return left + right


def _nothing() -> int:
    return 0


def _count(*values: int) -> int:
    return len(values)


@in_process
def long_chains_and_wide_joins_run(make: Make) -> None:
    """A long chain and a wide join run without recursion."""
    link: Node[int] = base
    for place in range(_LONG):
        link = task(name=f"link{place}", dependencies={"left": link}, arguments={"right": 1})(_add)
    holds(
        Graph.of(link).compile(link).run(strategy=make())[link] == 21 + _LONG,
        "the chain's sum is wrong",
    )
    wide = [task(name=f"leaf{n}", arguments={"left": n, "right": 1})(_add) for n in range(_LONG)]
    join = task(name="join", dependencies=tuple(wide))(_count)
    holds(
        Graph.of(join).compile(join).run(strategy=make())[join] == _LONG,
        "the join lost values",
    )


@anywhere
def a_plan_runs_in_many_threads_at_once(make: Make) -> None:
    """The same plan gives the same results in several threads at once."""
    plan, found = Graph.of(joined).compile(), list[object]()

    def drive() -> None:
        try:
            found.append(plan.run(number.bind(1), strategy=make())[joined])
        except Exception as error:  # noqa: BLE001 - shown with what was found
            found.append(error)

    threads = [threading.Thread(target=drive) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    holds(found == ["2 4"] * 4, f"the results are {found}")


@in_process
def tasks_run_plans_on_the_same_strategy(make: Make) -> None:
    """A task may run a plan on the very strategy that runs it, as deep as it likes; no run waits for another one."""
    strategy = make()

    def total(depth: int) -> int:
        def deeper() -> int:
            return total(depth - 1) if depth else 0

        both = (
            task(name="left")(deeper),
            task(name="right")(deeper if depth > _DEPTH - 3 else _nothing),
        )
        join = task(name="join", dependencies=both)(_add)
        return Graph.of(join).compile().run(strategy=strategy)[join] + 1

    holds(total(_DEPTH) > _DEPTH, "a nested run was lost")


def _awaited(coroutine: Coroutine[Any, Any, Any]) -> Any:  # Any: as asyncio declares it
    with asyncio.Runner() as runner:
        return runner.run(coroutine)


@anywhere
def the_asynchronous_twin_gives_the_same(make: Make) -> None:
    """`arun` gives the results of `run`, and raises what it raises."""
    results = _awaited(Graph.of(joined).compile().arun(number.bind(1), strategy=make()))
    holds(results[joined] == "2 4", f"the value is {results[joined]!r}")
    raised(
        Refused,
        lambda: _awaited(Graph.of(needs_refused).compile().arun(strategy=make())),
    )


@in_process
def a_cancelled_run_starts_nothing_more(make: Make) -> None:
    """Cancelling `arun` ends it with a CancelledError; no further task is called, and none is still running."""
    begun, release, called = threading.Event(), threading.Event(), list[str]()

    @task
    async def first() -> int:
        begun.set()
        while not release.is_set():  # noqa: ASYNC110 - it may run on another loop than the one that sets it
            await asyncio.sleep(0.001)
        return 1

    @task
    def second(value: int = depends(first)) -> int:
        called.append("second")
        return value

    async def cancel_it() -> None:
        running = asyncio.ensure_future(Graph.of(second).compile().arun(strategy=make()))
        while not (begun.is_set() or running.done()):  # noqa: ASYNC110 - set by another thread
            await asyncio.sleep(0.001)
        running.cancel()
        asyncio.get_running_loop().call_later(0.01, release.set)
        try:
            await running
        except CancelledError:
            return
        raise AssertionError("a cancelled run ended as if it had not been")

    _awaited(cancel_it())
    holds(not called, "a task was called after the run was cancelled")


@in_process
def a_failure_cancels_the_coroutines_that_wait(make: Make) -> None:
    """Where coroutines wait side by side, a failure that stops the run cancels those that still wait."""
    waiting, failed, told = threading.Event(), threading.Event(), list[str]()

    async def seen(event: threading.Event) -> bool:
        for _ in range(_TURNS):  # a strategy that calls one at a time never sees it
            if event.is_set():
                break
            await asyncio.sleep(0.001)
        return event.is_set()

    @task
    async def waits() -> int:
        waiting.set()
        if await seen(failed):
            await asyncio.sleep(5)
            told.append("waited to its end")
        return 1

    @task
    async def refuse() -> int:
        await seen(waiting)
        failed.set()
        raise Refused

    raised(Refused, lambda: Graph.of(waits, refuse).compile().run(strategy=make()))
    holds(not told, "a coroutine was not cancelled")
