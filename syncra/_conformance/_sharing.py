"""What tasks and their caller share in one process: contexts, objects, and nothing after the run."""

from __future__ import annotations

import gc
import threading
from contextvars import ContextVar
from typing import NoReturn
from weakref import ref

from syncra._conformance._case import Make, holds, in_process, raised
from syncra._conformance._tasks import Refused
from syncra._graph import Graph
from syncra._nodes._decorator import task
from syncra._nodes._node import depends

__all__: list[str] = []  # the cases register themselves

_setting: ContextVar[str] = ContextVar("_setting", default="unset")


@in_process
def context_variables_go_in_and_not_out(make: Make) -> None:
    """Tasks see the caller's context variables; what they set does not reach the caller."""

    @task
    def see() -> str:
        seen = _setting.get()
        _setting.set("changed by a task")
        return seen

    @task
    async def see_async() -> str:
        return _setting.get()

    token = _setting.set("given by the caller")
    try:
        results = Graph.of(see, see_async).compile().run(strategy=make())
        holds(results[see] == "given by the caller", f"a sync task saw {results[see]!r}")
        alone = Graph.of(see_async).compile().run(strategy=make())
        holds(
            alone[see_async] == "given by the caller",
            f"an async task saw {alone[see_async]!r}",
        )
        holds(
            _setting.get() == "given by the caller",
            f"the caller has {_setting.get()!r}",
        )
    finally:
        _setting.reset(token)


@in_process
def failures_are_raised_as_the_same_object(make: Make) -> None:
    """The very exception object that the task raised is raised, with its traceback."""
    refusal = Refused("this one")

    @task
    def refuse() -> NoReturn:
        raise refusal

    error = raised(Refused, lambda: Graph.of(refuse).compile().run(strategy=make()))
    holds(error is refusal, "another object was raised")
    trace, names = error.__traceback__, set[str]()
    while trace is not None:
        names.add(trace.tb_frame.f_code.co_name)
        trace = trace.tb_next
    holds(
        "refuse" in names,
        f"the task is not in the traceback, which has {sorted(names)}",
    )


@in_process
def order_only_edges_order(make: Make) -> None:
    """A task that only waits for another one is called after it."""
    called: list[str] = []

    def note(item: str) -> None:
        called.append(item)

    first = task(name="first", arguments={"item": "first"})(note)
    second = task(name="second", arguments={"item": "second"}, after=first)(note)
    third = task(name="third", arguments={"item": "third"}, after=second)(note)
    Graph.of(third, second, first).compile().run(strategy=make())
    holds(called == ["first", "second", "third"], f"the order was {called}")


@in_process
def every_task_is_called_once(make: Make) -> None:
    """A task that several others need is called once, and its consumers get the very object that it returned."""
    made: list[object] = []

    @task
    def give() -> object:
        made.append(object())
        return made[-1]

    def same(value: object) -> bool:
        return value is made[-1]

    takers = [task(name=f"taker{n}", dependencies=give)(same) for n in range(20)]
    results = Graph.of(*takers).compile().run(strategy=make())
    holds(len(made) == 1, f"the task was called {len(made)} times")
    holds(all(results[each] for each in takers), "a consumer got another object")


class _Value:
    """Something that a weak reference can watch."""


@in_process
def values_in_between_are_freed_early(make: Make) -> None:
    """With targets a value is freed as soon as its last consumer is done, before the run has ended."""
    watched: list[ref[_Value]] = []

    @task
    def give() -> _Value:
        value = _Value()
        watched.append(ref(value))
        return value

    @task(dependencies=give)
    def take(value: _Value) -> bool:
        return isinstance(value, _Value)

    @task
    def look(_: bool = depends(take)) -> bool:
        return watched[0]() is None

    holds(
        Graph.of(look).compile(look).run(strategy=make())[look],
        "a value is held after its last use",
    )


@in_process
def nothing_is_left_behind(make: Make) -> None:
    """After a run no thread of it is left, and its values die with its results, without the garbage collector."""
    watched: list[ref[_Value]] = []

    @task
    def give() -> _Value:
        value = _Value()
        watched.append(ref(value))
        return value

    @task(dependencies=give, retries=1)
    def refuse(value: _Value) -> NoReturn:
        raise Refused

    strategy = make()
    plans = Graph.of(give).compile(), Graph.of(refuse).compile()
    plans[0].run(strategy=strategy)  # strategies that are kept open have their threads from now on
    before, was_enabled = threading.active_count(), gc.isenabled()
    gc.disable()
    try:
        for plan in plans:
            results = plan.run(strategy=strategy, on_error="continue")
            del results
        raised(Refused, lambda: plans[1].run(strategy=strategy))
        holds(all(each() is None for each in watched), "a value outlived its results")
    finally:
        if was_enabled:
            gc.enable()
    holds(threading.active_count() <= before, f"threads are left: {threading.enumerate()}")
