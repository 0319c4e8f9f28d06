"""The items of fan-outs, as drivers get them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from syncra._nodes._node import Node
from syncra._policy import Policy
from syncra._programs._calls import Shape

if TYPE_CHECKING:
    from syncra._programs._steps import Step
    from syncra._runs._fan import Fan

__all__ = ["Item"]


@dataclass(slots=True, eq=False)
class Item:
    """One call of a fan-out's step; for drivers a job like any step.

    Attributes:
        fan: what it is an item of.
        number: its place, from 0.
        parts: the items that it takes, one of each value that the step goes over.
    """

    token: int
    fan: Fan
    number: int
    parts: tuple[object, ...]
    is_running: bool = True

    @property
    def step(self) -> Step:
        return self.fan.step

    @property
    def index(self) -> int:
        return self.fan.step.index

    @property
    def node(self) -> Node[Any]:
        return self.fan.step.node

    @property
    def shape(self) -> Shape:
        return self.fan.step.shape

    @property
    def is_async(self) -> bool:
        return self.fan.step.is_async

    @property
    def is_local(self) -> bool:
        return self.fan.step.is_local

    @property
    def policy(self) -> Policy:
        return self.fan.step.policy

    def arguments(self, values: Sequence[object]) -> list[object]:
        """The values of the step's slots, with these items in place of what they are items of."""
        step = self.fan.step
        arguments = [values[slot] for slot in step.slots]
        for place, part in zip(step.places, self.parts, strict=True):
            arguments[place] = part
        return arguments

    def run(self, values: Sequence[object]) -> Any:  # Any: the node's type is the users' business
        """Call it here; where it is async it gives its coroutine."""
        step = self.fan.step
        if len(step.slots) == 1:  # a third of the time of putting a list together
            return step.call(self.parts[0])
        return step.call(*self.arguments(values))

    def describe(self) -> str:
        """What it is called in messages."""
        return f"item {self.number} of {self.fan.step.describe()}"
