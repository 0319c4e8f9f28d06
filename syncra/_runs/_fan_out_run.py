"""The state machine of a run with fan-outs, which grows by their items.

It is the machine of `_choosing_run`, with the books of each fan-out (`_fan`) beside. A step that goes over items is
*open* once its sources are there: it gives an Item at a time, and ends when all items have ended. A fan-out over an
open one takes its items as they get their results.
"""

from __future__ import annotations

from collections.abc import Collection
from contextvars import copy_context
from heapq import heapify, heappop, heappush
from typing import Any

from syncra._nodes._each import EachNode
from syncra._outcome import Failed
from syncra._programs._steps import Job, Step
from syncra._runs._choosing_run import ChoosingRun
from syncra._runs._ended import Ended
from syncra._runs._fan import Fan
from syncra._runs._item import Item
from syncra._runs._run import DONE, RUNNING

__all__ = ["FanOutRun"]


class FanOutRun(ChoosingRun):
    """The state of one run with fan-outs; arguments and attributes are those of Run."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: as Run declares them
        super().__init__(*args, **kwargs)
        self._context = copy_context()
        # The fan-outs that are open, by step.
        self._fans: dict[int, Fan] = {}
        # Items that wait for another attempt, by what they are called among the delayed things.
        self._resting: dict[int, Item] = {}

    # ------------------------------------------------------------------ in order

    def open_in_order(self) -> Fan | None:
        """The fan-out that is the next step, to be called in a row; None: there is none, or it has to be counted."""
        row = self._whole_row()
        if row is None:
            return None
        step = self.program.steps[row[0]]
        if not step.places or step.is_async or step.policy.timeout is not None:
            return None
        shapes = self._shapes
        # Where items flow, each goes on before the next one is begun.
        if step.index in shapes.dormant or step.index in shapes.routines or step.index in shapes.flows:
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
        if self.program.counting.rank[fan.step.index] in self._ready:
            self._unlist(fan.step.index)
        self._begin(fan)

    # ------------------------------------------------------------------ counted

    @property
    def ready(self) -> int:
        """How many jobs `take` would give now, as far as that is known."""
        listed = super().ready
        return listed + sum(fan.available - 1 for fan in self._fans.values() if fan.is_listed) if listed else 0

    @property
    def finished(self) -> bool:
        """Nothing is running and nothing will become ready any more."""
        if self._counting is not None:
            if self._running:
                return False
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

    def _next_job(self, step: Step) -> Job | None:
        if not step.places:
            return super()._next_job(step)
        item = self._drawn(step)
        if item is not None:
            self._running += 1
            self._offer(item.fan)
        self._spread()
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

    def _offer(self, fan: Fan) -> None:
        """Have `take` ask it, if it has something to give."""
        if fan.may_give and not fan.is_listed:
            fan.is_listed = True
            heappush(self._ready, self.program.counting.rank[fan.step.index])

    # ------------------------------------------------------------------ opening

    def _opened(self, step: Step) -> Fan | None:
        """Its fan-out; None: that can't begin."""
        fan = self._fans.get(step.index)
        if fan is None and not self._is_passed_over(step):
            fan = self._open(step)
            if fan is not None:
                self._begin(fan)
        return fan

    def _open(self, step: Step) -> Fan | None:
        """Begin to go over the values; None: that has failed."""
        upstream = {place: fan for place in step.places if (fan := self._fans.get(step.slots[place])) is not None}
        assert isinstance(step.node, EachNode)  # nothing else has places
        try:
            used_up = self._used_up(step)
            fan = Fan(step, step.node, self.values, upstream=upstream, used_up=used_up, context=self._context)
        except BaseException as error:  # noqa: BLE001 - the users' own iterables
            if self._counting is None:
                self.leave_order(step)
            else:
                self._begin_step(step.index)
            self.fail(step, error)
            return None
        self._fans[step.index] = fan
        for each in upstream.values():
            each.lets_go = each.step.index in used_up
            if fan not in each.followers:
                each.followers.append(fan)
        if any(each.doomed or each.failures for each in upstream.values()):
            fan.doom()
        return fan

    def _used_up(self, step: Step) -> set[int]:
        """The lists of other fan-outs that are taken here, once, and nowhere else, and that nobody wants in the end."""
        slots = [step.slots[place] for place in step.places]
        return {slot for slot in slots if step.slots.count(slot) == 1 and self._is_let_go(slot)}

    def _is_let_go(self, slot: int) -> bool:
        kept, steps = self.program.targets, self.program.steps
        if kept is None or slot in kept or slot >= len(steps) or self._passed[slot]:
            return False
        return bool(steps[slot].places) and self.program.counting.uses[slot] == 1

    def _begin(self, fan: Fan) -> None:
        """It is open: what goes over its items waits for it no longer."""
        index = fan.step.index
        self._state[index] = RUNNING
        for follower in self._shapes.flows.get(index, ()):
            self._count_down(follower)

    def _go_on(self, index: int, roots: frozenset[int] | None) -> None:
        step = self.program.steps[index]
        if roots is not None and step.places:
            self._is_passed_over(step)
        else:
            super()._go_on(index, roots)

    def _is_passed_over(self, step: Step) -> bool:
        """A fan-out whose items it was to go over has ended without a value; the step ends once all sources have."""
        roots = self._roots_of(step.sources)
        if roots is None or self._state[step.index] == DONE:
            return roots is not None
        if all(self._state[each] == DONE for each in step.sources):
            self._pass(step.index, roots)
        return True

    # ------------------------------------------------------------------ ending

    def _came_to(self, step: Job, value: object) -> None:
        if isinstance(step, Item):
            step.fan.keep(step, value)
            self._item_ended(step)
        else:
            super()._came_to(step, value)

    def _give_up(self, step: Job, failed: Failed) -> None:
        if not isinstance(step, Item):
            super()._give_up(step, failed)
            return
        if step.fan.lose(step, failed):
            self._doom_followers(step.fan)
            self._look_behind(step.index, [failed.error])
        self._item_ended(step)

    def _item_ended(self, item: Item) -> None:
        """The item has a result, or has failed for good."""
        fan = item.fan
        if item.number not in fan.failures:
            for follower in fan.followers:
                follower.arrived(item.number)
                self._offer(follower)
        self._offer(fan)
        self._finish(fan)

    def _exhaust(self, fan: Fan) -> None:
        """It has nothing to give now."""
        fan.is_listed = False
        if isinstance(fan.broken, (KeyboardInterrupt, SystemExit)):
            self.stop(fan.broken)
        else:
            self._finish(fan)

    def _finish(self, fan: Fan) -> None:
        """End the step, if its items have all ended."""
        index = fan.step.index
        if not fan.is_over or self._state[index] == DONE:
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

    def _tell_of(self, index: int) -> None:
        fan = self._fans.get(index)
        super()._tell_of(index)
        if fan is None:
            return
        del self._fans[index]  # what goes over its items has it
        if self._barred[index]:
            self._doom_followers(fan)
        fan.followers = []
        for follower in self._shapes.flows.get(index, ()):
            self._upstream_ended(self.program.steps[follower])

    def _count_down_for(self, index: int) -> None:
        # What goes over the items of an open fan-out was counted down when that was opened.
        opened = self._shapes.flows.get(index, ()) if index in self._fans else ()
        for successor in self.program.counting.successors[index]:
            if successor not in opened:
                self._count_down(successor)

    def _upstream_ended(self, step: Step) -> None:
        """A fan-out that this one goes over has ended."""
        fan = self._fans.get(step.index)
        if fan is None:
            self._is_passed_over(step)
        else:
            fan.upstream_ended()
            self._offer(fan)
            self._finish(fan)

    def _doom_followers(self, fan: Fan) -> None:
        """It will have no value, and neither will what goes over its items: begin none of them any more."""
        waiting = [*fan.followers]
        while waiting:
            follower = waiting.pop()
            if not follower.doomed:
                follower.doom()
                keys = {key for key, item in self._resting.items() if item.fan is follower}
                for key in keys:
                    del self._resting[key]
                self._undelay(keys)
                waiting += follower.followers

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
        ended = super().end()
        for fan in self._fans.values():
            fan.followers = []  # what they follow holds them, and they hold that
        self._fans, self._resting = {}, {}
        return ended

    def stopped_by(self) -> BaseException | None:
        """The failure that has stopped the run, as far as it is known while others are still running."""
        for index in self._raised():
            if index not in self._failures and index in self._fans:
                return self._fans[index].error()
        return super().stopped_by()

    # ------------------------------------------------------------------ what the plain machine asks of an item

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

    def _undelay(self, keys: Collection[int]) -> None:
        """What waits under these keys waits no more."""
        self._delayed = [each for each in self._delayed if each[1] not in keys]
        heapify(self._delayed)

    def _rested(self, key: int) -> None:
        """The time has come for what waits under this key: an item, or a step under its rank."""
        item = self._resting.pop(key, None)
        if item is None:
            heappush(self._ready, key)
        else:
            item.fan.resting -= 1
            item.fan.again.append(item)
            self._offer(item.fan)
