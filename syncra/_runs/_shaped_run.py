"""The state machine of a run whose program has shapes: what all of them share.

It is the machine of `_run`, with other rules for ends without a value:

- A step that has ended without a value is counted down like any other. What needs it ends without a value too, when
  all that it waits for has ended, so that what caused it is the same in whatever order things end.
- A failure stops the run when it comes to an end of the graph for sure; one that steps on all ways take stops nothing.

`_choosing_run` adds steps that choose or take failures, `_fan_out_run` fan-outs, `_nested_run` runs inside the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from itertools import count
from typing import Any

from syncra._outcome import Failed
from syncra._programs._shapes import Shapes
from syncra._programs._steps import Job, Step
from syncra._runs._ended import skipped_for
from syncra._runs._run import DONE, Run

__all__ = ["ShapedRun"]


class ShapedRun(Run):
    """The state of one run of a program that has shapes; arguments and attributes are those of Run."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: as Run declares them
        super().__init__(*args, **kwargs)
        assert self.program.shapes is not None  # or it would be a plain Run
        self._shapes: Shapes = self.program.shapes
        program = self.program
        given = {n for n in range(program.inputs, len(program.steps)) if self._passed[n] and not self._barred[n]}
        if given:  # what an overridden step would have needed may now be needed by a choice only
            self._shapes = Shapes.of(program.steps, program.targets, given)
        self._tokens = count(len(self.program.steps))
        # For a step that has ended without a value, the failed steps that are the reason.
        self._roots: dict[int, frozenset[int]] = {}
        # The failed steps that have stopped the run.
        self._surfaced: set[int] = set()
        # Steps that have ended and have not been counted down yet.
        self._endings: list[int] = []

    # ------------------------------------------------------------------ in order

    def row(self) -> tuple[int, int] | None:
        """The next steps as (start, stop), up to one that takes more than a call; None: go on with `take`."""
        row = self._whole_row()
        if row is None:
            return None
        start, stop = row
        special = self._shapes.stops.find(1, start, stop)
        stop = stop if special < 0 else special
        return (start, stop) if start < stop else None

    def _whole_row(self) -> tuple[int, int] | None:
        """The same, whatever its steps take."""
        return super().row()

    # ------------------------------------------------------------------ counted

    def take(self, *, before: Job | None = None) -> Job | None:
        """A job that is ready, now running; the most costly way to the end goes first. None: none is ready now.

        Args:
            before: a job that the driver has taken and not begun: only one that goes before that is given.
        """
        if self._counting is None:
            self._count()
        if self._delayed:
            self._wake()
        last = len(self._passed) if before is None else self.program.counting.rank[before.index]
        job: Job | None = None
        while job is None and self._ready and self._ready[0] < last and not self.stopping:
            job = self._next_job(self.program.steps[self.program.counting.by_rank[heappop(self._ready)]])
        return job

    def _next_job(self, step: Step) -> Job | None:
        """The next job of a step that was ready; None: it has none after all."""
        self._begin_step(step.index)
        return step

    @property
    def finished(self) -> bool:
        """Nothing is running and nothing will become ready any more."""
        if self._counting is None and not super().finished and self.row() is None:
            self._count()
        return super().finished

    def succeed(self, step: Job, value: object) -> None:
        """The running job gave its value.

        Raises:
            ProtocolError: it is not running.
        """
        if self._counting is None:
            super().succeed(step, value)
            return
        self._end(step)
        self._came_to(step, value)
        self._spread()

    def fail(self, step: Job, error: BaseException) -> None:
        """The running job raised: it is tried again if its policy allows it, or it has failed.

        KeyboardInterrupt and SystemExit stop the run; they are what it raises.

        Raises:
            ProtocolError: it is not running.
        """
        if self._counting is None:
            self.leave_order(step)
        super().fail(step, error)
        self._spread()

    def _recovered(self) -> frozenset[int]:
        ends = (self._roots[index] for index in self._shapes.ends if index in self._roots)
        return frozenset(self._failures).difference(*ends)

    # ------------------------------------------------------------------ endings

    def _came_to(self, step: Job, value: object) -> None:
        """What the value of a job that has ended means for its step."""
        self._give(step.index, value)

    def _give(self, index: int, value: object) -> None:
        """The step ends with this value."""
        self.values[index] = value
        self._state[index] = DONE
        self._endings.append(index)

    def _pass(self, index: int, roots: frozenset[int]) -> None:
        """The step ends without a value, because of these failed ones."""
        self._roots[index] = roots
        self._state[index] = DONE
        self._passed[index] = self._barred[index] = 1
        if index not in self._failures:
            self._skips[index] = skipped_for(self.program, roots)
        self._endings.append(index)

    def _spread(self) -> None:
        """Count down what waits for the steps that have ended."""
        while self._endings:
            index = self._endings.pop()
            self._release(self.program.steps[index])
            self._tell_of(index)

    def _tell_of(self, index: int) -> None:
        """Have what waits for the step know that it has ended."""
        self._count_down_for(index)

    def _count_down_for(self, index: int) -> None:
        for successor in self.program.counting.successors[index]:
            self._count_down(successor)

    def _count_down(self, index: int) -> None:
        self._needed[index] -= 1
        if not self._needed[index] and not self._passed[index]:
            self._due(index)

    def _due(self, index: int) -> None:
        """All that the step waits for has ended."""
        self._go_on(index, self._roots_of(self.program.steps[index].sources))

    def _go_on(self, index: int, roots: frozenset[int] | None) -> None:
        """The step is ready, or ends without a value, as there are failed steps that are the reason or not."""
        if roots is None:
            heappush(self._ready, self.program.counting.rank[index])
        else:
            self._pass(index, roots)

    def _roots_of(self, sources: Iterable[int]) -> frozenset[int] | None:
        """The failed steps because of which one of these has no value; None: all have theirs."""
        found = [self._roots[each] for each in sources if each in self._roots]
        return frozenset[int]().union(*found) if found else None

    def _count(self) -> None:
        super()._count()
        due, self._ready = self._ready, []
        for rank in due:
            self._due(self.program.counting.by_rank[rank])

    # ------------------------------------------------------------------ failures

    def _give_up(self, step: Job, failed: Failed) -> None:
        self._failures[step.index] = failed
        self._pass(step.index, frozenset((step.index,)))
        self._look_behind(step.index)

    def _look_behind(self, index: int, errors: Sequence[BaseException] = ()) -> None:
        """Stop the run, unless it goes on after failures, if this one comes to an end of the graph for sure."""
        roots = self._roots.get(index, frozenset((index,)))
        errors = errors or [self._failures[each].error for each in roots]
        if not self._goes_on and self._surfaces(index, errors):
            self._surfaced |= roots
            self.stopping = True

    def _surfaces(self, index: int, errors: Sequence[BaseException]) -> bool:
        waiting, seen = [index], {index}
        while waiting:
            current = waiting.pop()
            if current in self._shapes.ends:
                return True
            for behind in self._behind(current) - seen:
                step = self.program.steps[behind]
                if self._is_in_the_way(current, step) and not self._absorbs(step, errors, at=current):
                    seen.add(behind)
                    waiting.append(behind)
        return False

    def _behind(self, index: int) -> set[int]:
        """The steps that may need this one."""
        return set(self.program.counting.successors[index])

    def _is_in_the_way(self, index: int, step: Step) -> bool:
        """The step needs this one, and has no value of its own."""
        return index in step.sources and not self._has_value_of_its_own(step)

    def _has_value_of_its_own(self, step: Step) -> bool:
        return bool(self._passed[step.index]) and not self._barred[step.index]

    def _absorbs(self, step: Step, errors: Sequence[BaseException], at: int | None = None) -> bool:
        """Whether the step takes failures like these of its first source."""
        if not step.node.absorbs or (at is not None and at not in step.sources):
            return False
        return all(_is_one_of(error, step.node.absorbs) for error in errors)

    def _raised(self) -> Sequence[int]:
        return sorted(self._surfaced)


def _is_one_of(error: BaseException, kinds: tuple[type[BaseException], ...]) -> bool:
    """Whether it is an exception of these kinds; a group is, if all its members are."""
    if isinstance(error, kinds):
        return True
    members: tuple[BaseException, ...] = getattr(error, "exceptions", ()) if _is_group(error) else ()
    return bool(members) and all(_is_one_of(each, kinds) for each in members)


def _is_group(error: BaseException) -> bool:
    return isinstance(error, BaseExceptionGroup)
