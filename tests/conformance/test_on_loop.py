"""What Asyncio's workers, which carry many steps each, keep apart and let happen at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import Any

import pytest

from syncra import Asyncio, Graph, Input, Node, task
from syncra._strategies import _on_loop

marked: ContextVar[object] = ContextVar("marked", default="nothing")


@contextmanager
def marking(value: object) -> Iterator[None]:
    """The caller's context has this value."""
    token: Token[object] = marked.set(value)
    try:
        yield
    finally:
        marked.reset(token)


def async_mark(value: object) -> Callable[[], Awaitable[object]]:
    async def mark() -> object:
        before = marked.get()
        marked.set(value)
        return before

    return mark


def mark(value: object) -> Callable[[], object]:
    def sync_mark() -> object:
        before = marked.get()
        marked.set(value)
        return before

    return sync_mark


async def wait_and_mark() -> object:
    before = marked.get()
    await asyncio.sleep(0)
    marked.set("waited")
    return before


def give() -> int:
    return 1


class Unequal:
    """Raises when it is compared, as arrays do."""

    __hash__ = None  # type: ignore[assignment]  # as arrays

    def __eq__(self, other: object) -> bool:
        raise ValueError


def named(function: Callable[[], object], number: int) -> Node[Any]:
    return task(name=f"t{number}")(function)


@pytest.mark.parametrize("limit", [None, 1, 2])
@pytest.mark.parametrize("before", ["nothing", [], Unequal()], ids=["str", "list", "unequal"])
def test_no_step_sees_what_another_has_set(before: object, limit: int | None) -> None:
    """Neither a straight, nor a waiting, nor a sync step reaches the next one through a ContextVar, even with a value
    that equals the one before.
    """
    functions = [async_mark([]), mark([]), wait_and_mark, async_mark(Unequal()), wait_and_mark, mark(1), async_mark(2)]
    nodes = [named(each, number) for number, each in enumerate(functions * 3)]
    with marking(before):
        results = Graph.of(*nodes).compile().run(strategy=Asyncio(limit))
    assert all(results[node] is before for node in nodes)
    results = Graph.of(*nodes).compile().run(strategy=Asyncio(limit))
    assert all(results[node] == "nothing" for node in nodes)


def test_a_step_that_fails_takes_its_context_along() -> None:
    """What a failed step has set is gone with it."""

    async def refuse() -> None:
        marked.set("refused")
        raise ValueError

    async def look() -> object:
        return marked.get()

    nodes = [named(refuse, 0), named(look, 1), named(refuse, 2), named(look, 3)]
    results = Graph.of(*nodes).compile().run(strategy=Asyncio(), on_error="continue")
    assert [results[nodes[1]], results[nodes[3]]] == ["nothing", "nothing"]


def test_workers_that_leave_are_replaced_up_to_the_limit() -> None:
    """Steps that set variables cost a Task each, and never one of the limit's places."""

    async def meet() -> None:
        await asyncio.wait_for(barrier.wait(), 60)

    barrier = asyncio.Barrier(3)
    first = [named(wait_and_mark, number) for number in range(30)]
    last = [task(name=f"meet{number}", after=tuple(first))(meet) for number in range(3)]
    Graph.of(*last).compile().run(strategy=Asyncio(3))


def test_what_a_leaving_worker_has_made_ready_begins_at_once() -> None:
    """A step behind one that has set a variable does not wait for whoever else is busy."""

    async def hold() -> None:
        await asyncio.wait_for(released.wait(), 60)

    async def release() -> None:
        released.set()

    released = asyncio.Event()
    marking_one = named(wait_and_mark, 0)
    Graph.of(named(hold, 1), task(name="release", after=marking_one)(release)).compile().run(strategy=Asyncio())


def test_steps_after_a_row_of_straight_ones_wait_together() -> None:
    """In a chain beside which nothing can run the rest is not counted; where it opens up, all of it waits at once."""

    async def next_of(number: int) -> int:
        return number + 1

    async def meet(number: int) -> int:
        await asyncio.wait_for(barrier.wait(), 60)
        return number

    barrier = asyncio.Barrier(5)
    start = Input[int]("number")
    link: Node[int] = start
    for number in range(250):
        link = task(name=f"link{number}", dependencies=link)(next_of)
    ends = [task(name=f"end{number}", dependencies=link)(meet) for number in range(5)]
    results = Graph.of(*ends).compile().run(start.bind(0), strategy=Asyncio())
    assert [results[end] for end in ends] == [250] * 5


def test_a_chain_whose_link_is_given_waits_together_with_what_it_frees() -> None:
    """A value given in place of a step's makes others ready out of order: they are begun beside a step that waits."""

    async def meet() -> None:
        await asyncio.wait_for(barrier.wait(), 60)

    async def meet_after(_: object) -> None:
        await asyncio.wait_for(barrier.wait(), 60)

    barrier = asyncio.Barrier(2)
    first = named(meet, 0)
    given = task(name="given", dependencies=first)(meet_after)
    behind = task(name="behind", dependencies=given)(meet_after)
    beside = task(name="beside", after=first)(give)
    Graph.of(beside, behind).compile().run(given.bind(None), strategy=Asyncio())


def test_a_cancelled_run_begins_no_further_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker of a cancelled step is not replaced: a loop that is being closed would never run the new one."""
    made: list[object] = []

    def make(*args: Any, **options: Any) -> asyncio.Task[Any]:
        made.append(args)
        return original(*args, **options)

    async def hold() -> None:
        begun.set()
        await asyncio.Event().wait()

    async def main() -> None:
        running = asyncio.create_task(Graph.of(named(hold, 0), named(hold, 1)).compile().arun(strategy=Asyncio()))
        await begun.wait()
        await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait([running])

    original, begun = asyncio.Task, asyncio.Event()
    monkeypatch.setattr(asyncio, "Task", make)
    asyncio.run(main())
    assert len(made) == 2


@pytest.mark.parametrize("function", [lambda: None, async_mark(0)], ids=["sync", "async"])
@pytest.mark.parametrize("cost", [1, 2], ids=["in order", "by costs"])
def test_straight_steps_give_the_loop_a_turn(
    function: Callable[[], object], cost: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many steps do not wait, other coroutines of the loop go on after a while."""
    monkeypatch.setattr(_on_loop, "_SECONDS_BEFORE_OTHERS", -1.0)
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async def main() -> None:
        counting = asyncio.create_task(count_turns())
        tasks = (task(name=f"t{number}", cost=cost)(function) for number in range(1_000))
        await Graph.of(*tasks).compile().arun(strategy=Asyncio())
        counting.cancel()

    asyncio.run(main())
    assert turns >= 10


def test_the_callers_loop_may_begin_tasks_at_once() -> None:
    """A loop whose Tasks begin as they are made runs a plan like any other."""
    eager: Any = getattr(asyncio, "eager_task_factory", None)  # Any: absent before 3.12
    if eager is None:
        pytest.skip("eager Tasks came with Python 3.12")

    async def main() -> list[object]:
        asyncio.get_running_loop().set_task_factory(eager)
        nodes = [named(wait_and_mark, number) for number in range(10)]
        return [*(await Graph.of(*nodes).compile().arun(strategy=Asyncio(2))).values()]

    assert asyncio.run(main()) == ["nothing"] * 10
