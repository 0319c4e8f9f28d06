"""The loop that the tests drive a pool with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from syncra._workers import Event, Lease, WorkerPool

Call = tuple[Callable[..., Any], Sequence[Any]] | tuple[Callable[..., Any], Sequence[Any], Mapping[str, Any]]


def events_of(pool: WorkerPool, *calls: Call) -> list[Event]:
    """The events of these calls, in the order of the calls."""
    with pool.lease() as lease:
        return events_on(lease, pool, *calls)


def events_on(lease: Lease, pool: WorkerPool, *calls: Call) -> list[Event]:
    """The same on a lease that stays open."""
    found: dict[int, Event] = {}
    started = 0
    while len(found) < len(calls):
        while started < len(calls):
            function, *rest = calls[started]
            if not lease.start(started, pool.refer(function), *rest):
                break
            started += 1
        for event in lease.wait():
            assert event.token not in found, "a call ended twice"
            found[event.token] = event
    return [found[token] for token in range(len(calls))]


def event_of(pool: WorkerPool, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Event:
    """The event of one call."""
    (event,) = events_of(pool, (function, arguments, keywords))
    return event


def value_of(pool: WorkerPool, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """The value of one call that returns."""
    event = event_of(pool, function, *arguments, **keywords)
    assert hasattr(event, "value"), event
    return event.value
