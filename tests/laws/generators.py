"""Random graphs for the laws: shapes, kinds of tasks, failures, attempts, bindings and targets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from syncra import Graph, Input, Node, Plan, Results, Strategy, depends, task

__all__ = ["Attempts", "DrawnError", "Job", "TaskShape", "jobs"]

_MOST_TASKS = 9


class DrawnError(Exception):
    """What a task raises that is drawn to fail."""


@dataclass(frozen=True)
class TaskShape:
    """One drawn task.

    Attributes:
        needs: the places of the nodes whose values it takes.
        after: the places of those that only have to be done before.
        form: how it is wired: by `dependencies=` in order, by a mapping, or by `depends` defaults.
        is_async: it is a coroutine function that gives way to others once.
        fails: how many of its attempts fail, at the beginning.
        retries: how many attempts it has after the first one.
    """

    needs: tuple[int, ...]
    after: tuple[int, ...]
    form: str
    is_async: bool
    fails: int
    retries: int

    @property
    def is_doomed(self) -> bool:
        """All of its attempts fail."""
        return self.fails > self.retries


@dataclass
class Attempts:
    """How often each task was called, by its place, since the last run began."""

    calls: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """A drawn graph with what is bound and asked for, ready to be run again and again.

    Attributes:
        shapes: of the tasks; node 0 and 1 are inputs, task `n` is node `n + 2`.
        nodes: the inputs and the tasks.
        graph: of all of them.
        bound: the values given to nodes, by their place.
        wanted: the places of the targets; empty for all.
        attempts: the calls of the last run.
    """

    shapes: tuple[TaskShape, ...]
    nodes: tuple[Node[Any], ...]
    graph: Graph
    bound: Mapping[int, int]
    wanted: tuple[int, ...]
    attempts: Attempts

    @property
    def plan(self) -> Plan:
        """For the drawn targets."""
        return self.graph.compile(*(self.nodes[place] for place in self.wanted))

    def run(self, strategy: Strategy, plan: Plan | None = None) -> Results:
        """The results of a run that goes on after failures."""
        plan = plan or self.plan
        self.attempts.calls.clear()
        bindings = [self.nodes[n].bind(value) for n, value in self.bound.items() if self.nodes[n] in plan.nodes]
        return plan.run(*bindings, strategy=strategy, on_error="continue")

    def needs_of(self, place: int) -> tuple[int, ...]:
        """The places of all that a node waits for."""
        return () if place < 2 else (*self.shapes[place - 2].needs, *self.shapes[place - 2].after)


@st.composite
def shapes(draw: st.DrawFn, place: int) -> TaskShape:
    """The shape of the task at a place, which needs only nodes before it."""
    before = st.lists(st.integers(0, place - 1), max_size=3, unique=True)
    return TaskShape(
        needs=tuple(draw(before)),
        after=tuple(draw(st.lists(st.integers(0, place - 1), max_size=1))),
        form=draw(st.sampled_from(["in order", "by name", "defaults"])),
        is_async=draw(st.booleans()),
        fails=draw(st.sampled_from([0, 0, 0, 1, 2, 9])),
        retries=draw(st.integers(0, 2)),
    )


@st.composite
def jobs(draw: st.DrawFn) -> Job:
    """A graph of up to nine tasks and two inputs, with bindings and targets."""
    count = draw(st.integers(1, _MOST_TASKS))
    drawn = tuple(draw(shapes(place + 2)) for place in range(count))
    attempts = Attempts()
    nodes: list[Node[Any]] = [Input[int]("input0", default=7), Input[int]("input1")]
    for place, shape in enumerate(drawn):
        nodes.append(_declared(place, shape, nodes, attempts))
    overridden = draw(st.lists(st.integers(2, count + 1), max_size=2, unique=True))
    wanted = draw(st.lists(st.integers(0, count + 1), max_size=3, unique=True))
    bound = {1: draw(st.integers(0, 9)), **{place: 1000 + place for place in overridden}}
    return Job(drawn, tuple(nodes), Graph.of(*nodes), bound, tuple(wanted), attempts)


def _declared(place: int, shape: TaskShape, nodes: list[Node[Any]], attempts: Attempts) -> Node[Any]:
    function = _function(place, shape, attempts)
    sources = tuple(nodes[each] for each in shape.needs)
    names = ("a", "b", "c")
    waits = tuple(nodes[each] for each in shape.after)
    if shape.form == "in order":
        dependencies: Any = sources
    elif shape.form == "by name":
        dependencies = dict(zip(names, sources, strict=False))
    else:
        dependencies = None
        function.__defaults__ = tuple(map(depends, sources)) + (0,) * (3 - len(sources))
    made: Node[Any] = task(name=f"t{place}", dependencies=dependencies, after=waits, retries=shape.retries)(function)
    return made


def _function(place: int, shape: TaskShape, attempts: Attempts) -> Any:  # Any: sync or async, its defaults are set
    def attempt(values: tuple[int, ...]) -> int:
        number = attempts.calls[place] = attempts.calls.get(place, 0) + 1
        if number <= shape.fails:
            raise DrawnError(place, number)
        return place + 10 * sum(values)

    def call(a: int = 0, b: int = 0, c: int = 0) -> int:
        return attempt((a, b, c))

    async def call_async(a: int = 0, b: int = 0, c: int = 0) -> int:
        await asyncio.sleep(0)
        return attempt((a, b, c))

    functions: dict[bool, Callable[..., Any]] = {False: call, True: call_async}
    return functions[shape.is_async]
