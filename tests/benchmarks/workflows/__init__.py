"""Recorded runs of real workflows: which tasks needed which, and how long each took."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

__all__ = ["WORKFLOWS", "Workflow", "load"]

_HERE = Path(__file__).parent

WORKFLOWS = tuple(sorted(path.stem for path in _HERE.glob("*.txt")))


@dataclass(frozen=True)
class Workflow:
    """One recorded run; tasks are numbered from 0, parents before their children.

    Attributes:
        name: of the workflow.
        tasks: the name of each task.
        seconds: that each took.
        parents: the tasks that each needed.
    """

    name: str
    tasks: tuple[str, ...]
    seconds: tuple[float, ...]
    parents: tuple[tuple[int, ...], ...]

    def scaled(self, mean: float) -> Workflow:
        """The same with a task taking `mean` seconds on average."""
        factor = mean * len(self.seconds) / sum(self.seconds)
        return replace(self, seconds=tuple(each * factor for each in self.seconds))


def load(name: str) -> Workflow:
    """One of `WORKFLOWS`."""
    lines = (_HERE / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    fields = [[*line.split(), ""][:3] for line in lines]
    return Workflow(
        name,
        tuple(task for task, _, _ in fields),
        tuple(float(seconds) for _, seconds, _ in fields),
        tuple(_numbers(ranges) for _, _, ranges in fields),
    )


def _numbers(ranges: str) -> tuple[int, ...]:
    """The numbers of "3,7-9": 3, 7, 8 and 9."""
    found: list[int] = []
    for each in filter(None, ranges.split(",")):
        first, _, last = each.partition("-")
        found.extend(range(int(first), int(last or first) + 1))
    return tuple(found)
