"""The state machine of a run that chooses: by a key, or because something has failed.

It is the machine of `_shaped_run`, with more books:

- A *dormant* step waits for one thing more than its sources: that a step which may choose it does.
- A step that chooses is called twice. The first call gives the place of its option, the second one hands on the value.
- A step that takes failures ends the way of a failure: it hands on its fallback's value, or the outcome itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from heapq import heappush
from typing import Any

from syncra._nodes._node import Node
from syncra._nodes._recovery import OutcomeNode
from syncra._outcome import Outcome, Skipped, Succeeded
from syncra._policy import DEFAULT_POLICY, Policy
from syncra._programs._calls import Shape
from syncra._programs._steps import Job, Step
from syncra._runs._ended import Ended
from syncra._runs._run import DONE, WAITING
from syncra._runs._shaped_run import ShapedRun

__all__ = ["ChoosingRun"]

_NOT_CHOSEN = Skipped("nothing chose it in this run")


class _Turn:
    """One of the calls that a step makes which chooses, or which takes an outcome: small, and made by the driver."""

    __slots__ = ("call", "slots", "step")

    is_async: bool = False
    is_local: bool = True
    policy: Policy = DEFAULT_POLICY

    def __init__(self, step: Step, call: Any, slots: tuple[int, ...]) -> None:  # Any: a function of the slots' values
        self.step = step
        self.call = call
        self.slots = slots

    @property
    def token(self) -> int:
        return self.step.index

    @property
    def index(self) -> int:
        return self.step.index

    @property
    def node(self) -> Node[Any]:
        return self.step.node

    @property
    def shape(self) -> Shape:
        return self.step.shape

    def arguments(self, values: Sequence[object]) -> list[object]:
        return [values[slot] for slot in self.slots]

    def run(self, values: Sequence[object]) -> Any:  # Any: the node's type is the users' business
        return self.call(*self.arguments(values))

    def describe(self) -> str:
        return self.step.describe()


class ChoosingRun(ShapedRun):
    """The state of one run with choices and recoveries; arguments and attributes are those of Run."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: as Run declares them
        super().__init__(*args, **kwargs)
        self._asleep = {index for index in self._shapes.dormant if not self._passed[index]}
        # For a step that has chosen, the slot of the value that becomes its own.
        self._chosen: dict[int, int] = {}

    def end(self) -> Ended:
        """What the finished run came to; what was never chosen is skipped. The run forgets it.

        Raises:
            ProtocolError: the driver has left before the run was over, or stopped it without an exception to raise.
        """
        if self.finished:
            for index in self._asleep:
                self._skips[index] = _NOT_CHOSEN
                self._passed[index] = self._barred[index] = 1
        return super().end()

    # ------------------------------------------------------------------ the calls of a step

    def _next_job(self, step: Step) -> Job | None:
        self._begin_step(step.index)
        if self._decides(step):
            return _Turn(step, step.call, step.slots[:1])
        if isinstance(step.node, OutcomeNode):
            return _Turn(step, partial(_same, self._outcome(step.sources[0])), ())
        if step.index in self._chosen:
            return _Turn(step, _same, (self._chosen[step.index],))
        return step

    def _decides(self, step: Step) -> bool:
        """Its next call gives the place of an option."""
        return bool(step.options) and step.index not in self._chosen and not step.node.absorbs

    def _came_to(self, step: Job, value: object) -> None:
        if isinstance(step, _Turn) and self._decides(step.step):
            assert isinstance(value, int)  # choices give the place of the option
            self._state[step.index] = WAITING
            self._choose(step.step, step.step.slots[value])
        else:
            super()._came_to(step, value)

    # ------------------------------------------------------------------ choices

    def _choose(self, step: Step, slot: int) -> None:
        """The step's value will be that of this slot."""
        index = step.index
        self._chosen[index] = slot
        if slot >= len(self._state) or (self._state[slot] == DONE and not self._barred[slot]):
            heappush(self._ready, self.program.counting.rank[index])
        elif self._state[slot] == DONE:
            self._pass(index, self._roots[slot])
        else:
            self._needed[index] = 1
            self._rouse(slot)

    def _rouse(self, option: int) -> None:
        """A step that may choose it has chosen this step: it and all that it needs waits for nothing else."""
        waiting = [option]
        while waiting:
            index = waiting.pop()
            if index in self._asleep:
                self._asleep.discard(index)
                waiting += self.program.steps[index].sources
                if not self._needed[index] and not self._passed[index]:
                    self._due(index)

    def _due(self, index: int) -> None:
        if index in self._asleep:
            return
        step = self.program.steps[index]
        if index in self._chosen:
            self._go_on(index, self._roots_of([self._chosen[index]]))
        elif step.node.absorbs:
            self._take_outcome(step, self._roots_of(step.sources))
        else:
            super()._due(index)

    def _tell_of(self, index: int) -> None:
        super()._tell_of(index)
        for taker in self._shapes.takers.get(index, ()):
            if self._chosen.get(taker) == index and self._state[taker] == WAITING:
                self._count_down(taker)

    # ------------------------------------------------------------------ failures

    def _take_outcome(self, step: Step, roots: frozenset[int] | None) -> None:
        """What a step with a source that may fail does, now that this has ended."""
        if roots is None or isinstance(step.node, OutcomeNode):
            self._chosen[step.index] = step.slots[0]
            heappush(self._ready, self.program.counting.rank[step.index])
        elif self._absorbs(step, [self._failures[each].error for each in roots]):
            self._choose(step, step.slots[1])
        else:
            self._pass(step.index, roots)

    def _outcome(self, index: int) -> Outcome[object]:
        if index in self._failures:
            return self._failures[index]
        if index in self._skips:
            return self._skips[index]
        return Succeeded(self.values[index], tuple(self._attempts.get(index, ())))

    def _pass(self, index: int, roots: frozenset[int]) -> None:
        super()._pass(index, roots)
        if index in self._chosen:  # a failure that might not have been chosen comes further now
            self._look_behind(index)

    def _behind(self, index: int) -> set[int]:
        return super()._behind(index).union(self._shapes.takers.get(index, ()))

    def _is_in_the_way(self, index: int, step: Step) -> bool:
        if self._chosen.get(step.index) == index:
            return not self._has_value_of_its_own(step)
        return super()._is_in_the_way(index, step)


def _same(value: object) -> object:
    return value
