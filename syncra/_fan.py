"""The books of one fan-out in one run: which items have been given, what each of them came to.

Items are made when a driver asks for one, and are gone when they have ended; what stays is the list of results. A
Fan is as little thread-safe as the run that owns it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from operator import length_hint
from typing import Any

from syncra._calls import Shape
from syncra._each import EachNode
from syncra._nodes import Node
from syncra._outcome import Failed, Succeeded
from syncra._policy import Policy
from syncra._steps import PENDING, Step
from syncra.errors import ValueCheckError

__all__ = ["Fan", "Item"]

_UNEQUAL = "the values that it goes over side by side have different numbers of items"


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
        return self.fan.step.call(*self.arguments(values))

    def describe(self) -> str:
        """What it is called in messages."""
        return f"item {self.number} of {self.fan.step.describe()}"


class Fan:
    """A fan-out that has begun.

    Args:
        step: what is called.
        node: its node.
        values: of the run.
        upstream: for some of the places, the fan-outs whose items it goes over while these still give them.

    Attributes:
        results: what each item came to, PENDING until it has; the value of the step in the end.
        failures: items that failed for good, where their outcomes are not handed on.
        attempts: of items, the exceptions that were followed by another attempt.
        again: items that are ready for another attempt.
        running: how many items are.
        resting: how many wait for another attempt.
        ended: the step has its value.
        broken: what going over the values raised.
        doomed: the step will have no value, whatever its items come to; it gives no more of them.
        is_listed: its run has noted that it has something to give.

    Raises:
        ValueCheckError: a value is nothing to go over.
        Exception: whatever `iter()` of a value raises.
    """

    def __init__(self, step: Step, node: EachNode[Any], values: Sequence[object], upstream: dict[int, Fan]) -> None:
        self.step = step
        self.node = node
        self.results: list[Any] = []
        self.failures: dict[int, Failed] = {}
        self.attempts: dict[int, list[BaseException]] = {}
        self.again: deque[Item] = deque()
        self.running = 0
        self.resting = 0
        self.ended = self.doomed = self.is_listed = False
        self.broken: BaseException | None = None
        self._next: tuple[int, tuple[object, ...]] | None = None
        values_of = [values[slot] for slot in (step.slots[place] for place in step.places)]
        self._feed: _Drawn | _Flow
        if upstream:
            given = [upstream.get(place, each) for place, each in zip(step.places, values_of, strict=True)]
            self._feed = _Flow([each if isinstance(each, Fan) else tuple(self._items(each)) for each in given])
        else:
            self._feed = _Drawn([self._items(each) for each in values_of])

    def _items(self, value: Any) -> Iterator[object]:  # Any: what it is is asked here
        try:
            return iter(value)
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
        if self.doomed or (self.node.max_concurrency is not None and self.running >= self.node.max_concurrency):
            return False
        return self.available > 0

    @property
    def available(self) -> int:
        """How many items it would give now, as far as that is known."""
        found = len(self.again) + (self._next is not None)
        if self.broken is None:
            found += self._feed.available
        most = self.node.max_concurrency
        return found if most is None else min(found, most - self.running)

    def give(self, token: int) -> Item | None:
        """The next item, now running; None: there is none. What going over the values raises breaks the fan-out."""
        if self.again:
            item = self.again.popleft()
            item.is_running = True
            self.running += 1
            return item
        if not self.look_ahead() or self._next is None:
            return None
        found, self._next = self._next, None
        number, parts = found
        self.results.extend([PENDING] * (number + 1 - len(self.results)))
        self.running += 1
        return Item(token, self, number, parts)

    def look_ahead(self) -> bool:
        """Whether it has an item to give; that one is drawn."""
        if not self.may_give:
            return False
        if self.again or self._next is not None:
            return True
        try:
            self._next = self._feed.take()
        except BaseException as error:  # noqa: BLE001 - the users' own iterators
            self.broken = error
        return self._next is not None

    def item(self, token: int, part: object) -> Item:
        """The item that was drawn from `row` last, now running."""
        assert isinstance(self._feed, _Drawn)
        self.results.append(PENDING)
        self._feed.skip(len(self.results))
        parts: Any = part if len(self.step.places) > 1 else (part,)  # Any: a row over several values has tuples of them
        self.running += 1
        return Item(token, self, len(self.results) - 1, parts)

    def row(self) -> Iterator[Any]:
        """All items, for who calls `called` with one after the other."""
        assert isinstance(self._feed, _Drawn)  # in order no fan-out is unfinished when the next one begins
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
        if isinstance(self._feed, _Flow):
            self._feed.arrived(number)

    def doom(self) -> None:
        """The step will have no value: no further item is begun."""
        self.doomed = True
        self.again.clear()
        self.resting = 0

    def upstream_ended(self) -> None:
        """A fan-out that this one goes over has all its results."""
        if isinstance(self._feed, _Flow):
            self._feed.end()

    # ------------------------------------------------------------------ ending

    def keep(self, item: Item, value: object) -> None:
        """The item has its value."""
        before = tuple(self.attempts.pop(item.number, ()))
        self.results[item.number] = Succeeded(value, before) if self.node.keeps_outcomes else value

    def keep_next(self, value: object) -> None:
        """The next item in order has its value, at the first attempt."""
        self.results.append(Succeeded(value) if self.node.keeps_outcomes else value)

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


class _Drawn:
    """Items drawn from values that are there, as late as they are asked for."""

    def __init__(self, iterators: Sequence[Iterator[object]]) -> None:
        self._is_single = len(iterators) == 1
        self.items: Iterator[Any] = iterators[0] if self._is_single else _zipped(iterators)
        self._count = 0
        self.exhausted = False
        self.fault = None

    @property
    def available(self) -> int:
        """At least how many items there are; one, as long as nobody knows."""
        return 0 if self.exhausted else max(1, length_hint(self.items, 1))

    def take(self) -> tuple[int, tuple[object, ...]] | None:
        """The next items and their number; None: there are no more."""
        try:
            parts = next(self.items)
        except BaseException as error:
            self.exhausted = True
            if isinstance(error, StopIteration):
                return None
            raise
        self._count += 1
        return self._count - 1, (parts,) if self._is_single else parts

    def skip(self, count: int) -> None:
        """So many items were drawn from `items` itself."""
        self._count += count


class _Flow:
    """Items of other fan-outs as they get their results, in whatever order; values that are there go beside them.

    Attributes:
        fault: the sources are not of one length. Items that all of them have are given all the same, as in any order.
    """

    def __init__(self, sources: Sequence[Fan | tuple[object, ...]]) -> None:
        self._sources = sources
        self._fans = list({id(each): each for each in sources if isinstance(each, Fan)}.values())
        self._shortest = min((len(each) for each in sources if not isinstance(each, Fan)), default=None)
        self._arrived: dict[int, int] = {}
        self._ready: deque[int] = deque()
        self._all_ended = False
        self.fault: ValueError | None = None
        for fan in self._fans:
            for number, result in enumerate(fan.results):
                if result is not PENDING:
                    self.arrived(number)

    @property
    def available(self) -> int:
        """How many items there are now."""
        return len(self._ready)

    @property
    def exhausted(self) -> bool:
        return self._all_ended and not self._ready

    def arrived(self, number: int) -> None:
        """One of the fan-outs has the result of this item."""
        count = self._arrived.pop(number, 0) + 1
        if count < len(self._fans):
            self._arrived[number] = count
        elif self._shortest is None or number < self._shortest:
            self._ready.append(number)

    def take(self) -> tuple[int, tuple[object, ...]] | None:
        """Items that are there in all sources, and their number; None: there are none now."""
        if not self._ready:
            return None
        number = self._ready.popleft()
        return number, tuple(each.results[number] if isinstance(each, Fan) else each[number] for each in self._sources)

    def end(self) -> None:
        """One of the fan-outs has all its results."""
        self._all_ended = all(each.ended for each in self._fans)
        lengths = {len(each.results if isinstance(each, Fan) else each) for each in self._sources}
        if self._all_ended and len(lengths) > 1:
            self.fault = ValueError(_UNEQUAL)


def _zipped(iterators: Sequence[Iterator[object]]) -> Iterator[tuple[object, ...]]:
    while True:
        parts = tuple([next(each, PENDING) for each in iterators])
        ended = [part is PENDING for part in parts]
        if all(ended):
            return
        if any(ended):
            raise ValueError(_UNEQUAL)
        yield parts
