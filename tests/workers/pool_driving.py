"""The loop that the tests drive a pool with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from syncra._workers import Event, FunctionRef, Lease, Returned, Untaken, WorkerPool

Call = tuple[Callable[..., Any], Sequence[Any]] | tuple[Callable[..., Any], Sequence[Any], Mapping[str, Any]]


def events_of(pool: WorkerPool, *calls: Call) -> list[Event]:
    """The events of these calls, in the order of the calls."""
    with pool.lease() as lease:
        return events_on(lease, *calls)


def events_on(lease: Lease, *calls: Call) -> list[Event]:
    """The same on a lease that stays open; calls that no worker has begun are started again."""
    references = {id(function): FunctionRef(function) for function, *_ in calls}
    found: dict[int, Event] = {}
    pending = list(reversed(range(len(calls))))
    while len(found) < len(calls):
        while pending:
            function, *rest = calls[pending[-1]]
            given: Any = rest  # Any: arguments, and keywords where there are some
            token = pending[-1]
            if not lease.start(token, references[id(function)], *given, rank=token, until=len(calls)):
                break
            pending.pop()
        for event in lease.wait():
            assert event.token not in found, "a call ended twice"
            if isinstance(event, Untaken):
                pending.append(event.token)
            else:
                found[event.token] = event
    return [found[token] for token in range(len(calls))]


def values_on(lease: Lease, *calls: Call) -> list[Any]:
    """The values of calls that all return."""
    events = events_on(lease, *calls)
    assert all(isinstance(event, Returned) for event in events), events
    return [event.value for event in events if isinstance(event, Returned)]


def event_of(pool: WorkerPool, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Event:
    """The event of one call."""
    (event,) = events_of(pool, (function, arguments, keywords))
    return event


def value_of(pool: WorkerPool, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """The value of one call that returns."""
    with pool.lease() as lease:
        return values_on(lease, (function, arguments, keywords))[0]
