"""What a run came to: the outcome of every step, without the machinery that found it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from syncra._outcome import Failed, Outcome, Skipped, Succeeded
from syncra._programs._program import Program

__all__ = ["Ended", "skipped_for"]

_NAMED = 5


@dataclass(frozen=True, slots=True, eq=False)
class Ended:
    """A run that is over; nobody changes it any more.

    Attributes:
        program: what was run.
        values: by slot; of the targets only, where the program has targets.
        failed: the steps that failed.
        excused: steps that were not called for another reason than a failure.
        attempts: the exceptions of attempts that were followed by another one.
        barred: 1 for each step that has no value.
        error: what the run raises instead of giving results: an interrupt, or the first failure in the plan's order.
        recovered: the failed steps whose failure ended in steps that take it, and is none of the run.
    """

    program: Program
    values: Sequence[object]
    failed: Mapping[int, Failed]
    excused: Mapping[int, Skipped]
    attempts: Mapping[int, Sequence[BaseException]]
    barred: bytearray
    error: BaseException | None
    recovered: frozenset[int] = frozenset()
    _skips: dict[int, Skipped] = field(
        default_factory=dict[int, Skipped], init=False
    )  # filled by `skips` when it is asked first

    def outcome(self, index: int) -> Outcome[object]:
        """What a step came to."""
        if index in self.failed:
            return self.failed[index]
        if self.barred[index]:
            return self.skips()[index]
        return Succeeded(self.values[index], tuple(self.attempts.get(index, ())))

    def failures(self) -> dict[int, Failed]:
        """The failed steps whose failures are the run's, in the plan's order."""
        return {index: self.failed[index] for index in sorted(self.failed) if index not in self.recovered}

    def group(self) -> BaseExceptionGroup[BaseException] | None:
        """Every failure of the run as one exception; None: there is none."""
        errors = [failed.error for failed in self.failures().values()]
        count = f"{len(errors)} tasks" if len(errors) > 1 else "a task"
        return BaseExceptionGroup(f"{count} of {self.program.describe()} failed", errors) if errors else None

    def skips(self) -> Mapping[int, Skipped]:
        """The skipped steps in the plan's order, each with the failed nodes that it needs."""
        if not self._skips:
            self._skips.update(self._found_skips())
        return self._skips

    def _found_skips(self) -> dict[int, Skipped]:
        found: dict[int, Skipped] = {}
        roots: dict[int, frozenset[int]] = {index: frozenset((index,)) for index in self.failed}
        reasons: dict[frozenset[int], Skipped] = {}  # one for all that were skipped for the same failures
        for index, barred in enumerate(self.barred):
            if barred and index not in self.failed:
                above = {roots[each] for each in self.program.steps[index].sources if each in roots}
                # Nearly always one and the same set: chains share it.
                roots[index] = above.pop() if len(above) == 1 else frozenset[int]().union(*above)
                if index in self.excused:
                    found[index] = self.excused[index]
                    continue
                if roots[index] not in reasons:
                    reasons[roots[index]] = skipped_for(self.program, roots[index])
                found[index] = reasons[roots[index]]
        return found


def skipped_for(program: Program, failed: Iterable[int]) -> Skipped:
    """What a step comes to that needs these failed ones."""
    nodes = tuple(program.steps[each].node for each in sorted(failed))
    more = f" and {len(nodes) - _NAMED} more" if len(nodes) > _NAMED else ""
    return Skipped(f"{' and '.join(repr(each.name) for each in nodes[:_NAMED])}{more} failed", nodes)
