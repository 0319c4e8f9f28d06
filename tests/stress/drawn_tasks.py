"""Tasks of drawn graphs, which worker processes import from here by name."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from random import Random
from typing import Any

from syncra import Graph, Node, Plan, Retry, task
from syncra.errors import WorkerDiedError

__all__ = ["DrawnError", "drawn_plan", "fleeting", "value", "value_async"]

_TASKS = 300


class DrawnError(Exception):
    """What tasks raise that are drawn to fail."""


def value(number: int, fate: str, *values: int) -> int:
    """A number made of all that came before; or the failure that was drawn."""
    if fate == "fails":
        raise DrawnError(number)
    return number + sum(values) % 1_000


async def value_async(number: int, fate: str, *values: int) -> int:
    await asyncio.sleep(0)
    return value(number, fate, *values)


def fleeting(number: int, folder: str, *values: int) -> int:
    """The same, but the first worker that calls it in this folder is killed meanwhile."""
    mark = Path(folder) / str(number)
    if folder and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return value(number, "", *values)


def drawn_plan(draw: Random, folder: str) -> Plan:
    """A graph of 300 tasks, each needing up to four others.

    One in twenty fails, one in three is async, and of one in a hundred the worker is killed at its first attempt, if
    there is a folder to remember that in.
    """
    nodes: list[Node[int]] = []
    for number in range(_TASKS):
        sources = tuple(draw.sample(nodes, draw.randint(0, min(4, len(nodes)))))
        nodes.append(_drawn_node(number, sources, draw.random(), folder))
    return Graph.of(*nodes).compile()


def _drawn_node(number: int, sources: tuple[Node[int], ...], chance: float, folder: str) -> Node[int]:
    options: dict[str, Any] = {"name": f"t{number}", "dependencies": sources}
    if chance < 0.01:
        retry = Retry(1, on=WorkerDiedError)
        return task(**options, arguments={"number": number, "folder": folder}, retries=retry)(fleeting)
    wired = task(**options, arguments={"number": number, "fate": "fails" if chance < 0.06 else ""})
    return wired(value_async) if chance > 0.7 else wired(value)
