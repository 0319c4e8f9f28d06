"""Tasks that worker processes find by name."""

from __future__ import annotations

import os
from pathlib import Path

from syncra import Input, depends, each, function, task

folder = Input[Path]("folder")
numbers = Input[list[int]]("numbers", default=[1, 2, 3, 4])
KILLED = 3


@task(retries=1, arguments={"folder": Path("/nowhere")})
def named(number: int, folder: Path) -> str:
    return f"{folder}/{number}"


@task(retries=1)
def killed_once(number: int, root: Path) -> int:
    if number == KILLED:
        mark = root / "killed"
        if not mark.exists():
            mark.touch()
            os._exit(9)
    with (root / f"called-{number}").open("a") as calls:
        calls.write("x")
    return number


pipe = Input[Path]("pipe")


@task
def waits_for_others(number: int, pipe: Path = depends(pipe)) -> int:
    if number == 1:
        with pipe.open() as end:  # until item 0 opens the other end
            end.read()
    return number


@task
def tells(number: int, pipe: Path = depends(pipe)) -> int:
    if number == 0:
        with pipe.open("w") as end:
            end.write("x")
    return number


@task
def halved(number: int) -> float:
    return number / 2


halves = each(halved, over=numbers)


@task
def halved_sum(numbers: list[float] = depends(halves)) -> float:
    return sum(numbers)


halved_total = function(halved_sum, numbers)
