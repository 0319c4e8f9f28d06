"""Calls where none can be taken back: each worker gets one when it is free, through a stream of bytes."""

from __future__ import annotations

import os
from collections.abc import Iterator

import called_functions as functions
import pytest
from pool_driving import Call, events_on, values_on

from syncra._workers import Died, Event, FunctionRef, Raised, Returned, WorkerPool, _pool, _wire


@pytest.fixture
def plain_pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkerPool]:
    """A pool of two workers as other systems than Linux have it; its workers need not know."""
    for module in (_wire, _pool):
        monkeypatch.setattr(module, "TAKES_BACK", False)
    with WorkerPool(2) as pool:
        yield pool


def test_calls_of_any_size_come_back(plain_pool: WorkerPool) -> None:
    """Small and large, in both directions, many of them."""
    sizes = [10, 100_000, 0, 1_000_000] * 20
    with plain_pool.lease() as lease:
        assert lease.most == 2
        assert values_on(lease, *[(functions.length, ("1" * size,)) for size in sizes]) == sizes
        assert [len(each) for each in values_on(lease, *[(functions.text, (size,)) for size in sizes])] == sizes


def test_every_call_has_its_own_end(plain_pool: WorkerPool) -> None:
    """Failures and deaths among the calls cost no other."""
    kinds: list[type[Event]] = [Returned, Raised, Died, Returned] * 5
    calls: dict[type[Event], Call] = {
        Returned: (functions.add, (1,)),
        Raised: (functions.raise_error, (ValueError("raised"),)),
        Died: (os._exit, (7,)),
    }
    with plain_pool.lease() as lease:
        assert [type(event) for event in events_on(lease, *[calls[kind] for kind in kinds])] == kinds


def test_no_call_waits_behind_another(plain_pool: WorkerPool) -> None:
    """Not even where a lease has fewer calls than there are workers, as others have them."""
    hang, add = FunctionRef(functions.hang), FunctionRef(functions.add)
    with plain_pool.lease() as lease, plain_pool.lease() as other:
        for _ in range(4):
            assert lease.start(1, add, (1,))
            assert isinstance(lease.wait()[0], Returned)
        assert lease.start(1, hang)
        assert other.start(1, hang)
        assert not lease.start(2, add, (2,), rank=2, until=3)
        assert not lease.waiting
