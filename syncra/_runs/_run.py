"""One run of a program, as a state machine that runs nothing: strategies ask it what is ready and tell it what ended.

A run is in one of two phases. It begins *in order*: a driver that is the only one may take `row` after row of steps
and call them one after the other, and nothing is counted. With the first `take` it is *counted*: each step that ends
counts down those that wait for it, and steps may end in any order. Both phases keep the same books of failures, skips
and attempts. A Run is not thread-safe: a strategy with several threads holds one lock around every call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from heapq import heapify, heappop, heappush
from time import monotonic
from typing import TYPE_CHECKING

from syncra._outcome import Failed, Skipped
from syncra._programs._program import PENDING, Counting, Program, Step
from syncra._programs._steps import Job
from syncra._runs._ended import Ended
from syncra.errors import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = ["DONE", "RUNNING", "WAITING", "Run"]

WAITING, RUNNING, DONE = 0, 1, 2
_NAMED_IN_NOTE = 5
_LONGEST_ROW = 1_000  # drivers copy a row, and each failure begins another: rows without end would be quadratic
_NOTES_ON_ONE = 50  # an exception object that many tasks raise would gather a note of each


class Run:
    """The state of one run.

    Args:
        program: what is run.
        given: values of inputs, and of nodes that are overridden, by slot.
        unneeded: steps that only overridden nodes need.
        goes_on: after a failure everything that does not need the failed step still runs.
        strategy: the driver's name, for notes on failures.
        clock: seconds that only grow, for the delays between attempts.

    Attributes:
        program: what is run.
        values: the value of each slot; a driver calls `step.run(run.values)`.
        in_order: nothing has been counted yet.
        stopping: nothing new starts; what runs should be cancelled where it can be, and waited for where it can't.
    """

    def __init__(
        self,
        program: Program,
        given: Mapping[int, object],
        *,
        unneeded: Iterable[int] = (),
        goes_on: bool = False,
        strategy: str = "",
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.program = program
        self.values = program.template.copy()
        self.in_order = True
        self.stopping = False
        self._goes_on = goes_on
        self._strategy = strategy
        self._clock = clock
        self._interrupt: BaseException | None = None
        self._when_stopped: Callable[[], None] | None = None
        self._failures: dict[int, Failed] = {}
        self._skips: dict[int, Skipped] = {}
        self._attempts: dict[int, list[BaseException]] = {}
        # In order: everything before _position has ended; a step that is 1 in _passed is not called when it is reached:
        # it was given its value, or it is 1 in _barred as well and gets none.
        self._position = program.inputs
        self._passed = bytearray(len(program.steps))
        self._barred = bytearray(len(program.steps))
        # Counted.
        self._counting: Counting | None = None
        self._needed: list[int] = []
        self._uses: list[int] | None = None
        self._state = bytearray()
        self._ready: list[int] = []
        self._delayed: list[tuple[float, int]] = []
        self._running: int = 0
        for slot, value in given.items():
            self.values[slot] = value
            self._passed[slot] = 1
        for index in unneeded:
            self._skips[index] = Skipped("nothing needs it in this run")
            self._passed[index] = self._barred[index] = 1
        self._is_overridden = self._passed.find(1, program.inputs) >= 0

    # ------------------------------------------------------------------ in order

    def row(self) -> tuple[int, int] | None:
        """The next steps as (start, stop), to be called one after the other by the only driver there is.

        None: the run is over or counted; go on with `take`.
        """
        if self._counting is not None or self.stopping:
            return None
        passed, size = self._passed, len(self._passed)
        position = passed.find(0, self._position)
        if position < 0:
            self._position = size
            return None
        self._position = position
        longest = min(size, position + _LONGEST_ROW)
        stop = passed.find(1, position, longest)
        return position, longest if stop < 0 else stop

    def alone(self, start: int, stop: int) -> int:
        """How far the row goes, from `start`, until the first step beside which others could run; up to `stop`."""
        if self._is_overridden:
            return start
        beside = self.program.beside.find(1, start, stop)
        return stop if beside < 0 else beside

    def advance(self, stop: int) -> None:
        """The steps of the row have their values up to, and without, `stop`."""
        if self._counting is not None or not self._position <= stop <= len(self._passed):
            raise ProtocolError(f"advance({stop}) is not in the row that was given")
        self._position = stop

    def leave_order(self, step: Job) -> None:
        """The next step of the row is running and will take its time: count from now on, so that others can go on.

        Raises:
            ProtocolError: it is not the next step in order.
        """
        self._expect(self._counting is None and step.index == self._position, step)
        self._count()
        self._unlist(step.index)
        self._begin_step(step.index)

    # ------------------------------------------------------------------ counted

    def take(self, *, before: Job | None = None) -> Job | None:
        """A step that is ready, now running; the most costly way to the end goes first. None: none is ready now.

        Args:
            before: a step that the driver has taken and not begun: only one that goes before that is given.
        """
        if self._counting is None:
            self._count()
        if self._delayed:
            self._wake()
        if self.stopping or not self._ready or self._counting is None:
            return None
        if before is not None and self._ready[0] >= self._counting.rank[before.index]:
            return None
        index = self._counting.by_rank[heappop(self._ready)]
        self._state[index] = RUNNING
        self._running += 1
        return self.program.steps[index]

    @property
    def ready(self) -> int:
        """How many steps `take` would give now."""
        if self._counting is None:
            self._count()
        if self._delayed:
            self._wake()
        return 0 if self.stopping else len(self._ready)

    @property
    def finished(self) -> bool:
        """Nothing is running and nothing will become ready any more."""
        if self._counting is None:
            return self.stopping or self._passed.find(0, self._position) < 0
        return not self._running and (self.stopping or not (self._ready or self._delayed))

    def delay(self) -> float | None:
        """Seconds until the next attempt of a step that waits for one; None: none does."""
        if not self._delayed or self.stopping:
            return None
        return max(0.0, self._delayed[0][0] - self._clock())

    def succeed(self, step: Job, value: object) -> None:
        """The running step gave its value.

        Raises:
            ProtocolError: it is not running.
        """
        index = step.index
        self.values[index] = value
        if self._counting is None:
            self._expect(index == self._position, step)
            self._position += 1
            if self.program.last_uses is not None:
                for slot in self.program.last_uses[index]:
                    self.values[slot] = PENDING
            return
        if self._state[index] != RUNNING:  # as `_end`, which would be a call more for every step
            self._expect(False, step)
        self._state[index] = DONE
        self._running -= 1
        needed = self._needed
        for successor in self._counting.successors[index]:
            left = needed[successor] = needed[successor] - 1
            if not left and not self._passed[successor]:
                heappush(self._ready, self._counting.rank[successor])
        if self._uses is not None:
            self._release(self.program.steps[index])

    def fail(self, step: Job, error: BaseException) -> None:
        """The running step raised: it is tried again if its policy allows it, or it has failed.

        KeyboardInterrupt and SystemExit stop the run; they are what it raises.

        Raises:
            ProtocolError: it is not running.
        """
        if self._counting is not None:
            self._end(step)
        else:
            self._expect(step.index == self._position, step)
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            self.stop(error)
            return
        before = self._attempts_of(step)
        retry = step.policy.retry
        if retry is not None and not self.stopping and retry.allows(error, len(before) + 1):
            before.append(error)
            self._try_again(step, retry.seconds_before(len(before) + 1))
            return
        # Past the class, which may be frozen as a dataclass is.
        BaseException.with_traceback(error, _from_users_code(error.__traceback__))
        self._note(step, error, len(before) + 1)
        self._give_up(step, Failed(error, tuple(before)))

    def wants(self, step: Job) -> bool:
        """Whether a running step that the driver has not begun is to be begun; otherwise it is to be `cancelled`."""
        return not self.stopping

    def cancelled(self, step: Job) -> None:
        """The running step was cancelled by the driver, because the run is stopping.

        Raises:
            ProtocolError: it is not running, or the run is not stopping.
        """
        self._expect(self.stopping, step)
        if self._counting is not None:
            self._end(step)
        self._skips[step.index] = Skipped("the run was stopped while it was running")
        self._passed[step.index] = self._barred[step.index] = 1

    def stop(self, error: BaseException | None = None) -> None:
        """Start nothing more; `error` is what the run raises, in place of any failure; from any thread."""
        self.stopping = True
        if self._interrupt is None:
            self._interrupt = error
        if self._when_stopped is not None:
            self._when_stopped()

    def when_stopped(self, do: Callable[[], None]) -> None:
        """Have this done when `stop` is called, in whatever thread: a driver that waits wakes up and cancels."""
        self._when_stopped = do

    # ------------------------------------------------------------------ afterwards

    def end(self) -> Ended:
        """What the finished run came to. The run forgets it: frames of drivers, which tracebacks hold, hold the run.

        Raises:
            ProtocolError: the driver has left before the run was over, or stopped it without an exception to raise.
        """
        # An interrupt that came between taking a step and ending it is not to be hidden by what it has left undone.
        if not self.finished and self._interrupt is None:
            raise ProtocolError(f"{self._strategy or 'the strategy'} returned before the run had ended")
        error = self._first_error()
        if self.stopping and error is None:
            raise ProtocolError(f"{self._strategy or 'the strategy'} stopped the run and did not say why")
        kept = self._kept_values()
        books = self._failures, self._skips, self._attempts, self._barred
        ended = Ended(self.program, kept, *books, error, self._recovered())
        self.values, self._failures, self._skips, self._attempts = [], {}, {}, {}
        self._interrupt = self._when_stopped = None
        return ended

    def stopped_by(self) -> BaseException | None:
        """The failure that has stopped the run, as far as it is known while others are still running."""
        return self._interrupt or next((self._failures[index].error for index in self._raised()), None)

    def _first_error(self) -> BaseException | None:
        raised = self._raised()
        if self._interrupt is not None or self._goes_on or not raised:
            return self._interrupt
        first, *others = raised
        error = self._failures[first].error
        if others:
            names = [repr(self.program.steps[index].node.name) for index in others[:_NAMED_IN_NOTE]]
            more = f" and {len(others) - _NAMED_IN_NOTE} more" if len(others) > _NAMED_IN_NOTE else ""
            _add_note(error, f"meanwhile {', '.join(names)}{more} failed too")
        return error

    def _recovered(self) -> frozenset[int]:
        """The failed steps that are no reason for an end of the graph to have no value."""
        return frozenset()

    def _raised(self) -> Sequence[int]:
        """The failed steps whose failure has stopped the run, in the plan's order."""
        return sorted(self._failures)

    def _kept_values(self) -> list[object]:
        targets = self.program.targets
        if targets is None or self._passed.find(1) < 0:
            return self.values
        # A step that was not called has not freed what it would have taken.
        return [value if slot in targets else PENDING for slot, value in enumerate(self.values)]

    # ------------------------------------------------------------------ inside

    def _count(self) -> None:
        """Leave the order: count what each step that has not ended still waits for."""
        counting = self._counting = self.program.counting
        self.in_order = False
        size = len(self.program.steps)
        done = bytearray(self._passed)
        done[: self._position] = b"\1" * self._position
        self._state = bytearray(DONE if each else WAITING for each in done)
        self._needed = counting.needed.copy()
        for index in range(size):
            if done[index] and not self._barred[index]:
                for successor in counting.successors[index]:
                    self._needed[successor] -= 1
        self._ready = [counting.rank[index] for index in range(size) if not done[index] and not self._needed[index]]
        heapify(self._ready)
        if self.program.targets is not None:
            self._uses = counting.uses.copy()
            for index in range(size):
                if done[index]:
                    self._release(self.program.steps[index])

    def _unlist(self, index: int) -> None:
        """Take a step out of those that are ready."""
        self._ready.remove(self.program.counting.rank[index])
        heapify(self._ready)

    def _begin_step(self, index: int) -> None:
        """The step is running."""
        self._state[index] = RUNNING
        self._running += 1

    def _wake(self) -> None:
        """Make the delayed steps ready whose time has come."""
        now = self._clock()
        while self._delayed and self._delayed[0][0] <= now:
            heappush(self._ready, heappop(self._delayed)[1])

    def _try_again(self, step: Job, seconds: float) -> None:
        if self._counting is None:
            if not seconds:
                return  # the row begins with this step again
            self._count()
            self._unlist(step.index)
        rank = self.program.counting.rank[step.index]
        self._state[step.index] = WAITING
        if seconds:
            heappush(self._delayed, (self._clock() + seconds, rank))
        else:
            heappush(self._ready, rank)

    def _attempts_of(self, step: Job) -> list[BaseException]:
        """The exceptions of its attempts so far, to be added to."""
        return self._attempts.setdefault(step.index, [])

    def _give_up(self, step: Job, failed: Failed) -> None:
        """It has failed, and there is no further attempt."""
        self._failures[step.index] = failed
        self._pass_over(step)
        if not self._goes_on:
            self.stopping = True

    def _pass_over(self, failed: Job) -> None:
        """Nothing that needs the failed step will be called."""
        successors = self.program.counting.successors
        self._passed[failed.index] = self._barred[failed.index] = 1
        waiting = [failed.index]
        while waiting:
            index = waiting.pop()
            if self._uses is not None:
                self._release(self.program.steps[index])
            for successor in successors[index]:
                if not self._passed[successor]:
                    self._passed[successor] = self._barred[successor] = 1
                    waiting.append(successor)

    def _release(self, step: Step) -> None:
        """The step has ended: free the values that nothing takes any more."""
        uses, kept = self._uses, self.program.targets
        if uses is None or kept is None:
            return
        for slot in set(step.slots):
            uses[slot] -= 1
        for slot in (*step.slots, step.index):
            if not uses[slot] and slot not in kept and slot < len(self._passed):
                self.values[slot] = PENDING

    def _end(self, step: Job) -> None:
        self._expect(self._state[step.index] == RUNNING, step)
        self._state[step.index] = DONE
        self._running -= 1

    def _expect(self, is_so: bool, step: Job) -> None:
        if not is_so:
            raise ProtocolError(f"{step.describe()} was ended although it is not running")

    def _note(self, step: Job, error: BaseException, attempt: int) -> None:
        needed = self.program.steps[step.index].sources
        sources = [repr(self.program.steps[each].node.name) for each in needed[:_NAMED_IN_NOTE]]
        more = f" and {len(needed) - _NAMED_IN_NOTE} more" if len(needed) > _NAMED_IN_NOTE else ""
        under = f" under {self._strategy}" if self._strategy else ""
        came = f"; its arguments came from {', '.join(sources)}{more}" if sources else ""
        attempts = f" in attempt {attempt}" if attempt > 1 else ""
        _add_note(error, f"{step.describe()} of {self.program.describe()} failed{attempts}{under}{came}")


def _add_note(error: BaseException, note: str) -> None:
    with suppress(Exception):  # classes may forbid notes, or make a puzzle of them; the failure itself matters more
        notes = getattr(error, "__notes__", ())
        if len(notes) >= _NOTES_ON_ONE:
            return
        if len(notes) == _NOTES_ON_ONE - 1:
            note = "further tasks raised this same exception"
        # Past the class, which may be frozen as a dataclass is.
        object.__setattr__(error, "__notes__", [*notes, note])


def _from_users_code(traceback: TracebackType | None) -> TracebackType | None:
    """The traceback without the frames of the driver at its top.

    Readers look for their own code, and a driver's frame would keep the whole run alive.
    """
    current = traceback
    while current is not None and str(current.tb_frame.f_globals.get("__name__")).startswith("syncra."):
        current = current.tb_next
    return traceback if current is None else current
