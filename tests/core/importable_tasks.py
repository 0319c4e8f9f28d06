"""Tasks at the top of a module, for tests that pickle them or send them to other processes."""

from __future__ import annotations

from itertools import count
from pathlib import Path

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


def noted(path: str, name: str, fails: bool) -> None:
    """Write its name behind those of the tasks that have begun before."""
    with Path(path).open("a") as file:
        file.write(f"{name} ")
    if fails:
        raise ValueError(name)


def at_gate(path: str, gate: str, name: str, failures: int = 0) -> None:
    """Wait until the gate, a fifo, was opened for writing and closed again, unless it is empty; note its name; fail as
    often as it is to, counted by the notes.
    """
    if gate:
        Path(gate).read_text()
    noted(path, name, False)
    if Path(path).read_text().split().count(name) <= failures:
        raise ValueError(name)
