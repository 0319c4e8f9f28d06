"""The state machine of a run whose program has fan-outs, choices or recoveries.

It is the machine of `_run`, with more books:

- A step that goes over items is *open* once its sources are there: it gives an Item at a time, and ends when all items
  have ended. A fan-out over an open one takes its items as they get their results.
- A *dormant* step waits for one thing more than its sources: that a step which may choose it does.
- A step that has ended without a value is counted down like any other. What needs it ends without a value too, when
  all that it waits for has ended, so that what caused it is the same in whatever order things end.
- A step that takes failures ends the way of a failure. A failure with nothing else behind it stops nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Any

from syncra._calls import Shape
from syncra._each import EachNode
from syncra._ended import Ended, skipped_for
from syncra._fan import Fan, Item
from syncra._nodes import Node
from syncra._outcome import Failed, Outcome, Skipped, Succeeded
from syncra._policy import DEFAULT_POLICY, Policy
from syncra._recovery import OutcomeNode
from syncra._run import Run
from syncra._shapes import Shapes
from syncra._steps import Job, Step

__all__ = ["ShapedRun"]

_WAITING, _RUNNING, _DONE = 0, 1, 2
_NOT_CHOSEN = Skipped("nothing chose it in this run")


@dataclass(slots=True, eq=False)
class _Turn:
    """One of the calls that a step makes which chooses, or which takes an outcome: small, and made by the driver."""

    step: Step
    call: Any  # Any: a function of the slots' values
    slots: tuple[int, ...]
    is_async: bool = False
    is_local: bool = True
    policy: Policy = DEFAULT_POLICY

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
        self._asleep = {index for index in self._shapes.dormant if not self._passed[index]}
        self._fans: dict[int, Fan] = {}
        self._tokens = count(len(self.program.steps))
        self._resting: dict[int, Item] = {}
        # For a step that has ended without a value, the failed steps that are the reason.
        self._roots: dict[int, frozenset[int]] = {}
        # For a step that has chosen, the slot of the value that becomes its own.
        self._chosen: dict[int, int] = {}
        self._surfaced: set[int] = set()
        # Steps that have ended and have not been counted down yet.
        self._endings: list[int] = []

    # ------------------------------------------------------------------ in order

    def row(self) -> tuple[int, int] | None:
        """The next steps as (start, stop), up to one that takes more than a call; None: go on with `open` or `take`."""
        row = super().row()
        if row is None:
            return None
        start, stop = row
        special = self._shapes.stops.find(1, start, stop)
        stop = stop if special < 0 else special
        return (start, stop) if start < stop else None

    def open_in_order(self) -> Fan | None:
        """The fan-out that is the next step, to be called in a row; None: there is none, or it has to be counted."""
        row = super().row()
        if row is None:
            return None
        step = self.program.steps[row[0]]
        if not step.places or step.is_async or step.policy.timeout is not None:
            return None
        if step.index in self._shapes.dormant or step.index in self._shapes.routines:
            return None
        return self._open(step)

    def break_row(self, fan: Fan, part: object, error: BaseException) -> None:
        """The item that was drawn last from the row that was opened in order has raised; count what is left of it."""
        self._count_on(fan)
        item = fan.item(next(self._tokens), part)
        self._running += 1
        self._offer(fan)
        self.fail(item, error)

    def end_row(self, fan: Fan) -> None:
        """There are no further items in the row that was opened in order; or what it draws from has raised."""
        if isinstance(fan.broken, (KeyboardInterrupt, SystemExit)):
            self.stop(fan.broken)
        elif fan.broken is not None:
            self._count_on(fan)
            self._finish(fan)
            self._spread()
        elif not self.stopping:
            del self._fans[fan.step.index]
            self.succeed(fan.step, fan.results)

    def _count_on(self, fan: Fan) -> None:
        self._count()
        rank = self.program.counting.rank[fan.step.index]
        if rank in self._ready:
            self._ready.remove(rank)
            heapify(self._ready)
        self._begin(fan)

    # ------------------------------------------------------------------ counted

    def take(self, *, before: Job | None = None) -> Job | None:
        """A job that is ready, now running; the longest way to the end goes first. None: none is ready now.

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
            step = self.program.steps[self.program.counting.by_rank[heappop(self._ready)]]
            job = self._next_job(step)
        return job

    def _next_job(self, step: Step) -> Job | None:
        """The next job of a step that was ready; None: it has none after all."""
        if step.places:
            item = self._next_item(step)
            self._spread()
            return item
        self._state[step.index] = _RUNNING
        self._running += 1
        return self._job(step)

    @property
    def ready(self) -> int:
        """How many jobs `take` would give now, as far as that is known."""
        listed = super().ready
        return listed + sum(fan.available - 1 for fan in self._fans.values() if fan.is_listed) if listed else 0

    @property
    def finished(self) -> bool:
        """Nothing is running and nothing will become ready any more."""
        if self._counting is None and not super().finished and self.row() is None:
            self._count()
        if self._counting is not None and not self._running:
            self._look_ahead()
        return super().finished

    def _look_ahead(self) -> None:
        """Find out whether the next fan-out has a next item: a driver that is told of work has to get some."""
        while self._ready and not self.stopping:
            rank = heappop(self._ready)  # finding out may make others ready that go first
            if self._has_job(self.program.steps[self.program.counting.by_rank[rank]]):
                heappush(self._ready, rank)
                return
            self._spread()

    def _has_job(self, step: Step) -> bool:
        """Whether a step that is ready has a job to give."""
        if not step.places:
            return True
        fan = self._opened(step)
        if fan is not None and not fan.look_ahead():
            self._exhaust(fan)
            return False
        return fan is not None

    def _opened(self, step: Step) -> Fan | None:
        """Its fan-out; None: that can't begin."""
        fan = self._fans.get(step.index)
        if fan is None and not self._is_passed_over(step):
            fan = self._open(step)
            if fan is not None:
                self._begin(fan)
        return fan

    def _is_passed_over(self, step: Step) -> bool:
        """A fan-out whose items it was to go over has ended without a value; the step ends once all sources have."""
        roots = self._roots_of(step.sources)
        if roots is None or self._state[step.index] == _DONE:
            return roots is not None
        if all(self._state[each] == _DONE for each in step.sources):
            self._pass(step.index, roots)
        return True

    def _exhaust(self, fan: Fan) -> None:
        """It has nothing to give now."""
        fan.is_listed = False
        if isinstance(fan.broken, (KeyboardInterrupt, SystemExit)):
            self.stop(fan.broken)
        else:
            self._finish(fan)

    def _next_item(self, step: Step) -> Item | None:
        item = self._drawn(step)
        if item is not None:
            self._running += 1
            self._offer(item.fan)
        return item

    def _drawn(self, step: Step) -> Item | None:
        """The next item of the step's fan-out; None: there is none now."""
        fan = self._opened(step)
        if fan is None:
            return None
        fan.is_listed = False
        item = fan.give(next(self._tokens)) if fan.may_give else None
        if item is None:
            self._exhaust(fan)
        return item

    def _job(self, step: Step) -> Job:
        """The call that a ready step makes now."""
        index = step.index
        if step.options and index not in self._chosen and not step.node.absorbs:
            return _Turn(step, step.call, step.slots[:1])
        if isinstance(step.node, OutcomeNode):
            return _Turn(step, partial(_same, self._outcome(step.sources[0])), ())
        if index in self._chosen:
            return _Turn(step, _same, (self._chosen[index],))
        return step

    def succeed(self, step: Job, value: object) -> None:
        """The running job gave its value.

        Raises:
            ProtocolError: it is not running.
        """
        if self._counting is None:
            super().succeed(step, value)
            return
        self._end(step)
        if isinstance(step, Item):
            step.fan.keep(step, value)
            self._item_ended(step)
        elif isinstance(step, _Turn) and step.step.options and step.index not in self._chosen:
            assert isinstance(value, int)  # choices give the place of the option
            self._state[step.index] = _WAITING
            self._choose(step.step, step.step.slots[value])
        else:
            self._give(step.index, value)
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

    # ------------------------------------------------------------------ afterwards

    def end(self) -> Ended:
        """What the finished run came to. The run forgets it.

        Raises:
            ProtocolError: the driver has left before the run was over, or stopped it without an exception to raise.
        """
        if self.finished:
            for index, fan in self._fans.items():
                error = fan.error()
                if error is not None and index not in self._failures:  # the run was stopped on the way
                    self._note(fan.step, error, 1)
                    self._failures[index] = Failed(error)
            for index in self._asleep:
                self._skips[index] = _NOT_CHOSEN
                self._passed[index] = self._barred[index] = 1
        recovered = self._recovered()
        ended = super().end()
        self._fans, self._resting = {}, {}
        return Ended(
            ended.program,
            ended.values,
            ended.failed,
            ended.excused,
            ended.attempts,
            ended.barred,
            ended.error,
            recovered,
        )

    def stopped_by(self) -> BaseException | None:
        """The failure that has stopped the run, as far as it is known while others are still running."""
        for index in self._raised():
            if index not in self._failures and index in self._fans:
                return self._fans[index].error()
        return super().stopped_by()

    def _raised(self) -> Sequence[int]:
        return sorted(self._surfaced)

    def _recovered(self) -> frozenset[int]:
        """The failed steps that are no reason for an end of the graph to have no value."""
        ends = (self._roots[index] for index in self._shapes.ends if index in self._roots)
        return frozenset(self._failures).difference(*ends)

    # ------------------------------------------------------------------ fan-outs

    def _open(self, step: Step) -> Fan | None:
        """Begin to go over the values; None: that has failed."""
        upstream = {place: fan for place in step.places if (fan := self._fans.get(step.slots[place])) is not None}
        assert isinstance(step.node, EachNode)  # nothing else has places
        try:
            fan = Fan(step, step.node, self.values, upstream)
        except BaseException as error:  # noqa: BLE001 - the users' own iterables
            if self._counting is None:
                self.leave_order(step)
            else:
                self._state[step.index] = _RUNNING
                self._running += 1
            self.fail(step, error)
            return None
        self._fans[step.index] = fan
        if any(each.doomed or each.failures for each in upstream.values()):
            fan.doom()
        return fan

    def _begin(self, fan: Fan) -> None:
        """It is open: what goes over its items waits for it no longer."""
        index = fan.step.index
        self._state[index] = _RUNNING
        for follower in self._shapes.flows.get(index, ()):
            self._count_down(follower)

    def _offer(self, fan: Fan) -> None:
        """Have `take` ask it, if it has something to give."""
        if fan.may_give and not fan.is_listed:
            fan.is_listed = True
            heappush(self._ready, self.program.counting.rank[fan.step.index])

    def _item_ended(self, item: Item) -> None:
        """The item has a result, or has failed for good."""
        fan = item.fan
        if item.number not in fan.failures:
            for follower in self._followers(fan):
                follower.arrived(item.number)
                self._offer(follower)
        self._offer(fan)
        self._finish(fan)

    def _followers(self, fan: Fan) -> list[Fan]:
        followers = (self._fans.get(each) for each in self._shapes.flows.get(fan.step.index, ()))
        return [each for each in followers if each is not None]

    def _finish(self, fan: Fan) -> None:
        """End the step, if its items have all ended."""
        index = fan.step.index
        if not fan.is_over or self._state[index] == _DONE:
            return
        if fan.doomed:
            self._is_passed_over(fan.step)
            return
        error = fan.error()
        if error is None:
            fan.ended = True
            self._give(index, fan.results)
        else:
            self._note(fan.step, error, 1)
            self._give_up(fan.step, Failed(error))

    def _upstream_ended(self, step: Step) -> None:
        """A fan-out that this one goes over has ended."""
        fan = self._fans.get(step.index)
        if fan is None:
            self._is_passed_over(step)
        else:
            fan.upstream_ended()
            self._offer(fan)
            self._finish(fan)

    def _doom(self, fan: Fan) -> None:
        """It will have no value, and neither will what goes over its items: begin none of them any more."""
        waiting = self._followers(fan)
        while waiting:
            follower = waiting.pop()
            if not follower.doomed:
                follower.doom()
                keys = {key for key, item in self._resting.items() if item.fan is follower}
                for key in keys:
                    del self._resting[key]
                self._delayed = [each for each in self._delayed if each[1] not in keys]
                heapify(self._delayed)
                waiting += self._followers(follower)

    # ------------------------------------------------------------------ choices

    def _choose(self, step: Step, slot: int) -> None:
        """The step's value will be that of this slot."""
        index = step.index
        self._chosen[index] = slot
        if slot >= len(self._state) or (self._state[slot] == _DONE and not self._barred[slot]):
            heappush(self._ready, self.program.counting.rank[index])
        elif self._state[slot] == _DONE:
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
                self._count_down(index)

    def _due(self, index: int) -> None:
        """All that the step waits for has ended."""
        step = self.program.steps[index]
        roots = self._roots_of([self._chosen[index]] if index in self._chosen else step.sources)
        if step.node.absorbs and index not in self._chosen:
            self._take_outcome(step, roots)
        elif roots is None:
            heappush(self._ready, self.program.counting.rank[index])
        elif not step.places:
            self._pass(index, roots)
        else:
            self._is_passed_over(step)

    def _take_outcome(self, step: Step, roots: frozenset[int] | None) -> None:
        """What a step with a source that may fail does, now that this has ended."""
        index = step.index
        if roots is None or isinstance(step.node, OutcomeNode):
            self._chosen[index] = step.slots[0]
            heappush(self._ready, self.program.counting.rank[index])
        elif self._absorbs(step, [self._failures[each].error for each in roots]):
            self._choose(step, step.slots[1])
        else:
            self._pass(index, roots)

    # ------------------------------------------------------------------ endings

    def _give(self, index: int, value: object) -> None:
        self.values[index] = value
        self._state[index] = _DONE
        self._endings.append(index)

    def _pass(self, index: int, roots: frozenset[int]) -> None:
        """The step ends without a value, because of these failed ones."""
        self._roots[index] = roots
        self._state[index] = _DONE
        self._passed[index] = self._barred[index] = 1
        if index not in self._failures:
            self._skips[index] = skipped_for(self.program, roots)
        self._endings.append(index)
        if index in self._chosen:
            self._look_behind(index)

    def _spread(self) -> None:  # noqa: C901 - one place where endings go on from, in the order in which they must
        """Count down what waits for the steps that have ended."""
        while self._endings:
            index = self._endings.pop()
            self._release(self.program.steps[index])
            fan = self._fans.get(index)
            opened = self._shapes.flows.get(index, ()) if fan is not None else ()
            for successor in self.program.counting.successors[index]:
                if successor not in opened:
                    self._count_down(successor)
            for taker in self._shapes.takers.get(index, ()):
                if self._chosen.get(taker) == index and self._state[taker] == _WAITING:
                    self._count_down(taker)
            if fan is not None:
                del self._fans[index]  # what goes over its items has it
                if self._barred[index]:
                    self._doom(fan)
                for follower in opened:
                    self._upstream_ended(self.program.steps[follower])

    def _count_down(self, index: int) -> None:
        self._needed[index] -= 1
        if not self._needed[index] and not self._passed[index]:
            self._due(index)

    def _roots_of(self, sources: Iterable[int]) -> frozenset[int] | None:
        """The failed steps because of which one of these has no value; None: all have theirs."""
        found = [self._roots[each] for each in sources if each in self._roots]
        return frozenset[int]().union(*found) if found else None

    def _outcome(self, index: int) -> Outcome[object]:
        if index in self._failures:
            return self._failures[index]
        if index in self._skips:
            return self._skips[index]
        return Succeeded(self.values[index], tuple(self._attempts.get(index, ())))

    # ------------------------------------------------------------------ failures

    def _give_up(self, step: Job, failed: Failed) -> None:
        if isinstance(step, Item):
            if step.fan.lose(step, failed):
                self._doom(step.fan)
                self._look_behind(step.index, [failed.error])
            self._item_ended(step)
            return
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
        return {*self.program.counting.successors[index], *self._shapes.takers.get(index, ())}

    def _is_in_the_way(self, index: int, step: Step) -> bool:
        """The step needs this one, or has chosen it; it has no value of its own."""
        if self._passed[step.index] and not self._barred[step.index]:
            return False
        return index in step.sources or self._chosen.get(step.index) == index

    def _absorbs(self, step: Step, errors: Sequence[BaseException], at: int | None = None) -> bool:
        """Whether the step takes failures like these of its first source."""
        if not step.node.absorbs or (at is not None and at not in step.sources):
            return False
        return all(_is_one_of(error, step.node.absorbs) for error in errors)

    # ------------------------------------------------------------------ what the plain machine asks

    def _count(self) -> None:
        super()._count()
        for index in self._asleep:
            self._needed[index] += 1
        waiting = {self.program.counting.rank[index] for index in self._asleep}
        due = [rank for rank in self._ready if rank not in waiting]
        self._ready = []
        for rank in due:
            self._due(self.program.counting.by_rank[rank])

    def _end(self, step: Job) -> None:
        if isinstance(step, Item):
            self._expect(step.is_running, step)
            step.is_running = False
            step.fan.running -= 1
            self._running -= 1
        else:
            super()._end(step)

    def _attempts_of(self, step: Job) -> list[BaseException]:
        if isinstance(step, Item):
            return step.fan.attempts.setdefault(step.number, [])
        return super()._attempts_of(step)

    def _try_again(self, step: Job, seconds: float) -> None:
        if not isinstance(step, Item):
            super()._try_again(step, seconds)
        elif step.fan.doomed:
            self._finish(step.fan)
        elif seconds:
            step.fan.resting += 1
            key = next(self._tokens)
            self._resting[key] = step
            heappush(self._delayed, (self._clock() + seconds, key))
        else:
            step.fan.again.append(step)
            self._offer(step.fan)

    def _wake(self) -> None:
        now = self._clock()
        while self._delayed and self._delayed[0][0] <= now:
            _, key = heappop(self._delayed)
            self._rested(key)

    def _rested(self, key: int) -> None:
        """The time has come for what waits under this key: an item, or a step under its rank."""
        item = self._resting.pop(key, None)
        if item is None:
            heappush(self._ready, key)
        else:
            item.fan.resting -= 1
            item.fan.again.append(item)
            self._offer(item.fan)


def _same(value: object) -> object:
    return value


def _is_one_of(error: BaseException, kinds: tuple[type[BaseException], ...]) -> bool:
    """Whether it is an exception of these kinds; a group is, if all its members are."""
    if isinstance(error, kinds):
        return True
    members: tuple[BaseException, ...] = getattr(error, "exceptions", ()) if _is_group(error) else ()
    return bool(members) and all(_is_one_of(each, kinds) for each in members)


def _is_group(error: BaseException) -> bool:
    return isinstance(error, BaseExceptionGroup)
