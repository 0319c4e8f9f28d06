"""Tasks at the top of a module, for tests that pickle them or send them to other processes."""

from __future__ import annotations

from itertools import count

from syncra import Graph, Input, depends, parse, task, unchecked, unpack

start = Input[int]("start", default=3)


@task
def increment(value: int = depends(start)) -> int:
    return value + 1


@task(name="outer", dependencies=increment)
@task(name="inner")
def stacked(value: int) -> int:
    return value * 10


@task
async def pair(value: int = depends(increment)) -> tuple[int, str]:
    return value, "x"


number, letter = unpack(pair)


@task(dependencies=(number, letter, parse(letter, str), unchecked(start)), arguments={"more": [1]})
def joined(a: int, b: str, c: str, d: int, more: list[int]) -> str:
    return b * a + c + str(d + len(more))


class Holder:
    """A class with a task."""

    @staticmethod
    @task
    def held(value: int = depends(start)) -> int:
        return value + 100


graph = Graph.of(joined, stacked, Holder.held, name="importable")
plan = graph.compile()


def run_plan(value: int) -> str:
    """Runs the plan of this module, wherever it is imported."""
    return plan.run(start.bind(value))[joined]


_turns = count()


def turn() -> int:
    """How many calls of it there were before in this process."""
    return next(_turns)
