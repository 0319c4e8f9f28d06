"""The books of one fan-out in one run: which items have been given, what each of them came to.

Items are made when a driver asks for one, and are gone when they have ended; what stays is the list of results. A
Fan is as little thread-safe as the run that owns it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextvars import Context
from functools import partial
from typing import Any

from syncra._nodes._each import EachNode
from syncra._outcome import Failed, Succeeded
from syncra._programs._steps import PENDING, Step
from syncra._runs._feeds import Drawn, Flow, consumed
from syncra._runs._item import Item
from syncra.errors import ValueCheckError

__all__ = ["Fan"]


class Fan:
    """A fan-out that has begun.

    Args:
        step: what is called.
        node: its node.
        values: of the run.
        upstream: for some of the places, the fan-outs whose items it goes over while these still give them.
        used_up: the slots of lists that nothing else takes: each item is forgotten when it is drawn.
        context: what the users' iterators advance in.

    Attributes:
        results: what each item came to, PENDING until it has; the value of the step in the end.
        failures: items that failed for good, where their outcomes are not handed on.
        attempts: of items, the exceptions that were followed by another attempt.
        again: items that are ready for another attempt.
        followers: the fan-outs that go over its items.
        running: how many items are.
        resting: how many wait for another attempt.
        ended: the step has its value.
        lets_go: a result that was taken by what goes over it is forgotten, as nothing else takes it.
        broken: what going over the values raised.
        doomed: the step will have no value, whatever its items come to; it gives no more of them.
        is_listed: its run has noted that it has something to give.

    Raises:
        ValueCheckError: a value is nothing to go over.
        Exception: whatever `iter()` of a value raises.
    """

    def __init__(
        self,
        step: Step,
        node: EachNode[Any],
        values: Sequence[object],
        *,
        upstream: Mapping[int, Fan],
        used_up: Collection[int],
        context: Context,
    ) -> None:
        self.step = step
        self.node = node
        self.results: list[Any] = []
        self.failures: dict[int, Failed] = {}
        self.attempts: dict[int, list[BaseException]] = {}
        self.again: deque[Item] = deque()
        self.followers: list[Fan] = []
        self.running = 0
        self._most = node.max_concurrency
        self.resting = 0
        self.ended = self.doomed = self.is_listed = self.lets_go = False
        self.broken: BaseException | None = None
        self._next: tuple[int, tuple[object, ...]] | None = None
        self._feed = context.run(self._fed, values, upstream, used_up, context)

    def _fed(
        self, values: Sequence[object], upstream: Mapping[int, Fan], used_up: Collection[int], context: Context
    ) -> Drawn | Flow:
        """What it gets its items from."""
        slots = {place: self.step.slots[place] for place in self.step.places}
        if not upstream:
            return Drawn([self._items(values[slot], slot in used_up) for slot in slots.values()], context)
        sources: list[Fan | tuple[object, ...]] = []
        for place, slot in slots.items():
            fan = upstream.get(place)
            sources.append(tuple(self._items(values[slot])) if fan is None else fan)
        return Flow(sources)

    def _items(self, value: Any, is_used_up: bool = False) -> Iterator[object]:  # Any: what it is is asked here
        try:
            return consumed(value) if is_used_up else iter(value)
        except TypeError:
            if hasattr(value, "__iter__"):
                raise
            raise ValueCheckError(
                f"{self.node.describe()} goes over a {type(value).__name__}, which is not iterable",
                source=self.node.name,
                target=self.node.name,
                parameter="over",
                reasons="not iterable",
            ) from None

    # ------------------------------------------------------------------ giving

    @property
    def may_give(self) -> bool:
        """Whether it is worth asking it for an item."""
        if self.doomed or (self._most is not None and self.running >= self._most):
            return False
        return self._next is not None or bool(self.again) or (self.broken is None and self._feed.has_more)

    @property
    def available(self) -> int:
        """How many items it would give now, as far as that is known."""
        found = len(self.again) + (self._next is not None)
        if self.broken is None:
            found += self._feed.available
        return found if self._most is None else min(found, self._most - self.running)

    def give(self, token: int) -> Item | None:
        """The next item, now running; None: there is none. What going over the values raises breaks the fan-out.

        Asked only where it `may_give`.
        """
        if self.again:
            item = self.again.popleft()
            item.is_running = True
            self.running += 1
            return item
        if self._next is None:
            self._draw()
        found, self._next = self._next, None
        if found is None:
            return None
        number, parts = found
        while len(self.results) <= number:
            self.results.append(PENDING)
        self.running += 1
        return Item(token, self, number, parts)

    def look_ahead(self) -> bool:
        """Whether it has an item to give; that one is drawn."""
        if not self.may_give:
            return False
        if not self.again and self._next is None:
            self._draw()
        return bool(self.again) or self._next is not None

    def _draw(self) -> None:
        try:
            self._next = self._feed.take()
        except BaseException as error:  # noqa: BLE001 - the users' own iterators
            self.broken = error

    def item(self, token: int, part: object) -> Item:
        """The item that was drawn from `row` last, now running."""
        assert isinstance(self._feed, Drawn)
        self.results.append(PENDING)
        self._feed.skip(len(self.results))
        parts: Any = part if len(self.step.places) > 1 else (part,)  # Any: a row over several values has tuples of them
        self.running += 1
        return Item(token, self, len(self.results) - 1, parts)

    def row(self) -> Iterator[Any]:
        """All items, for who calls `called` with one after the other."""
        assert isinstance(self._feed, Drawn)  # in order no fan-out is unfinished when the next one begins
        return self._feed.items

    def called(self, values: Sequence[object]) -> Callable[[Any], Any]:
        """What is called with each item of `row`."""
        step = self.step
        if len(step.slots) == 1:
            return step.call
        arguments, places, call = [values[slot] for slot in step.slots], step.places, step.call
        if len(places) == len(arguments):
            return lambda parts: call(*parts)
        if len(places) > 1:

            def call_with(parts: tuple[object, ...]) -> Any:
                for place, part in zip(places, parts, strict=True):
                    arguments[place] = part
                return call(*arguments)

            return call_with
        place = min(places)  # the only one
        before, after = arguments[:place], arguments[place + 1 :]
        if not after:
            return partial(call, *before)
        if not before and len(after) == 1:
            only = after[0]
            return lambda part: call(part, only)
        return lambda part: call(*before, part, *after)

    def arrived(self, number: int) -> None:
        """An item that this one goes over has its result."""
        if isinstance(self._feed, Flow):
            self._feed.arrived(number)

    def doom(self) -> None:
        """The step will have no value: no further item is begun."""
        self.doomed = True
        self.again.clear()
        self.resting = 0

    def upstream_ended(self) -> None:
        """A fan-out that this one goes over has all its results."""
        if isinstance(self._feed, Flow):
            self._feed.end()

    # ------------------------------------------------------------------ ending

    def keep(self, item: Item, value: object) -> None:
        """The item has its value."""
        before = tuple(self.attempts.pop(item.number, ()))
        self.results[item.number] = Succeeded(value, before) if self.node.keeps_outcomes else value

    def keep_next(self, value: object) -> None:
        """The next item in order has its value, at the first attempt, and outcomes are what is kept."""
        self.results.append(Succeeded(value))

    def lose(self, item: Item, failed: Failed) -> bool:
        """The item has failed for good. Whether that is a failure of the step."""
        self.attempts.pop(item.number, None)
        if self.node.keeps_outcomes:
            self.results[item.number] = failed
            return False
        self.failures[item.number] = failed
        return True

    @property
    def is_over(self) -> bool:
        """Nothing of it is running, and nothing will."""
        if self.running or self.resting:
            return False
        if self.doomed:
            return True
        return not self.again and self._next is None and (self.broken is not None or self._feed.exhausted)

    def error(self) -> BaseException | None:
        """What the step fails with; None: it has succeeded."""
        broken = self.broken or self._feed.fault
        if not self.failures:
            return broken
        errors = [self.failures[number].error for number in sorted(self.failures)]
        count = "an item" if len(errors) == 1 else f"{len(errors)} items"
        if broken is not None:
            errors.append(broken)
        return BaseExceptionGroup(f"{count} of {self.node.describe()} failed", errors)
