"""What a fan-out gets its items from: values that are there, or other fan-outs that still give theirs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextvars import Context
from operator import length_hint
from typing import Any, Protocol

from syncra._programs._steps import PENDING

__all__ = ["Drawn", "Flow", "Source", "consumed"]

_UNEQUAL = "the values that it goes over side by side have different numbers of items"


class Source(Protocol):
    """A fan-out whose items others go over.

    Attributes:
        results: what each item came to, PENDING until it has.
        ended: it has all of them.
        lets_go: nobody wants a result again that was taken once.
    """

    @property
    def results(self) -> list[Any]: ...
    @property
    def ended(self) -> bool: ...
    @property
    def lets_go(self) -> bool: ...


class Drawn:
    """Items drawn from values that are there, as late as they are asked for.

    Args:
        iterators: of the values that go side by side.
        context: the users' iterators advance in it, whichever thread asks.
    """

    def __init__(self, iterators: Sequence[Iterator[object]], context: Context) -> None:
        self._context = context
        self._is_single = len(iterators) == 1
        self.items: Iterator[Any] = iterators[0] if self._is_single else _zipped(iterators)
        self._count = 0
        self.exhausted = False
        self.fault = None

    @property
    def has_more(self) -> bool:
        """It is worth asking for an item."""
        return not self.exhausted

    @property
    def available(self) -> int:
        """At least how many items there are; one, as long as nobody knows."""
        return 0 if self.exhausted else max(1, length_hint(self.items, 1))

    def take(self) -> tuple[int, tuple[object, ...]] | None:
        """The next items and their number; None: there are no more."""
        try:
            parts = self._context.run(next, self.items)
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


class Flow:
    """Items of other fan-outs as they get their results, in whatever order; values that are there go beside them.

    Attributes:
        fault: the sources are not of one length. Items that all of them have are given all the same, as in any order.
    """

    def __init__(self, sources: Sequence[Source | tuple[object, ...]]) -> None:
        self._sources = sources
        self._fans = list({id(each): each for each in sources if not isinstance(each, tuple)}.values())
        self._shortest = min((len(each) for each in sources if isinstance(each, tuple)), default=None)
        self._arrived: dict[int, int] = {}
        self._ready: deque[int] = deque()
        self._all_ended = False
        self.fault: ValueError | None = None
        for fan in self._fans:
            for number, result in enumerate(fan.results):
                if result is not PENDING:
                    self.arrived(number)

    @property
    def has_more(self) -> bool:
        """It is worth asking for an item."""
        return bool(self._ready)

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
        parts = tuple(each[number] if isinstance(each, tuple) else each.results[number] for each in self._sources)
        for fan in self._fans:
            if fan.lets_go:
                fan.results[number] = None
        return number, parts

    def end(self) -> None:
        """One of the fan-outs has all its results."""
        self._all_ended = all(each.ended for each in self._fans)
        lengths = {len(each if isinstance(each, tuple) else each.results) for each in self._sources}
        if self._all_ended and len(lengths) > 1:
            self.fault = ValueError(_UNEQUAL)


def consumed(items: list[Any]) -> Iterator[Any]:
    """The items of a list that nobody wants again; it forgets each as it is drawn."""
    for number, item in enumerate(items):
        items[number] = None
        yield item


def _zipped(iterators: Sequence[Iterator[object]]) -> Iterator[tuple[object, ...]]:
    try:
        yield from zip(*iterators, strict=True)  # a sixth of the time of asking each iterator here
    except ValueError as error:
        if not str(error).startswith("zip() argument "):
            raise
        raise ValueError(_UNEQUAL) from None
