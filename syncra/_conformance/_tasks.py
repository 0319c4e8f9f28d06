"""A graph with every kind of task, at the top of a module so that worker processes find it by name.

    number -> base -> doubled (async) -> joined <- as_text <- base
                      doubled -> refuses_later (async, fails) -> needs_both
              base -> refuses (fails) -> needs_refused -> needs_both
                      refuses -> waits_for_refused (only ordered)

Whatever leads on from `refuses` or `refuses_later` is skipped.
"""

from __future__ import annotations

import asyncio

from syncra._nodes._decorator import task
from syncra._nodes._input import Input
from syncra._nodes._node import depends

__all__ = [
    "FAILING",
    "Refused",
    "as_text",
    "base",
    "doubled",
    "joined",
    "needs_both",
    "needs_refused",
    "number",
    "refuses",
    "refuses_later",
    "waits_for_refused",
]

number = Input[int]("number", default=20)


class Refused(Exception):
    """What the failing tasks of the cases raise."""


@task
def base(value: int = depends(number)) -> int:
    return value + 1


@task
async def doubled(value: int = depends(base)) -> int:
    await asyncio.sleep(0)
    return 2 * value


@task(dependencies=base)
def as_text(value: int) -> str:
    return str(value)


@task
def refuses(value: int = depends(base)) -> int:
    raise Refused(value)


@task
async def refuses_later(value: int = depends(doubled)) -> int:
    await asyncio.sleep(0)
    raise Refused(value)


@task
def needs_refused(value: int = depends(refuses), text: str = depends(as_text)) -> str:
    return text * value


@task
def needs_both(text: str = depends(needs_refused), value: int = depends(refuses_later)) -> str:
    return text * value


@task(after=refuses)
def waits_for_refused(value: int = depends(base)) -> int:
    return value


@task
def joined(text: str = depends(as_text), value: int = depends(doubled)) -> str:
    return f"{text} {value}"


FAILING = (joined, needs_both, waits_for_refused)
