"""Calls of one lease that were sent ahead: what waits behind what, until a worker begins it or it is taken back."""

from __future__ import annotations

from collections.abc import Collection
from math import inf
from typing import Final

from syncra._workers._remote import Call, Worker

__all__ = ["Ahead"]

_OVERTAKEN: Final = 2
"""So many calls begun on each worker make one that waits move on to another: that behind which it waits is long."""


class Ahead:
    """The workers of a lease that have a call, and what else was sent to them. Owned by the lease's thread."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._calls: dict[int, Call] = {}
        self._roomy: dict[Worker, None] = {}
        self._begun = 0

    @property
    def tokens(self) -> Collection[int]:
        """Of the calls that wait, as far as is known, in the order in which they were sent."""
        return self._calls.keys()

    @property
    def has_places(self) -> bool:
        """There are workers with one call only, which is likely to be short."""
        return any(worker.is_quick for worker in self._roomy)

    def began(self, worker: Worker) -> None:
        """The worker has begun the only call that it has."""
        self._calls.pop(worker.last().token, None)
        self._roomy[worker] = None
        self._begun += 1

    def ended(self, call: Call) -> None:
        """The call has ended, perhaps without having begun."""
        self._calls.pop(call.token, None)

    def forget(self, worker: Worker) -> None:
        """The worker is gone, or has no call."""
        self._roomy.pop(worker, None)
        for call in worker.calls.values():
            self._calls.pop(call.token, None)

    def place_for(self, call: Call) -> Worker | None:
        """A worker behind whose call this one may wait."""
        return next((worker for worker in self._roomy if worker.has_room_for(call)), None)

    def send(self, worker: Worker, call: Call) -> None:
        """Have the call wait there.

        Raises:
            ConnectionError: the pool was closed.
        """
        worker.call_next(call)
        del self._roomy[worker]
        self._calls[call.token] = call
        call.since = self._begun

    def take_back(self, worker: Worker, token: int) -> Call | None:
        """The call that waits at this worker, which now won't make it; None if it has begun it.

        Raises:
            ConnectionError: the pool was closed.
        """
        found = worker.take_back(token)
        del self._calls[token]
        if found is not None:
            self._roomy[worker] = None
        elif (last := worker.last()).token != token:  # it was begun just then, before the one that it was behind
            self._calls[last.token] = last
        return found

    def first(self, *, before: float = inf) -> int | None:
        """The token of the call that goes first of those that wait, if it goes before this rank."""
        call = min(self._calls.values(), key=_rank, default=None)
        return None if call is None or call.rank >= before else call.token

    def last(self, *, behind: int) -> int | None:
        """The token of the call that goes last of those that wait, if it goes behind this rank."""
        call = max(self._calls.values(), key=_rank, default=None)
        return None if call is None or call.rank <= behind else call.token

    def overtaken(self) -> Call | None:
        """The call that has waited for longest, if so many have begun meanwhile that it should wait elsewhere."""
        call = next(iter(self._calls.values()), None)
        return None if call is None or self._begun - call.since <= _OVERTAKEN * self._workers else call


def _rank(call: Call) -> int:
    return call.rank
