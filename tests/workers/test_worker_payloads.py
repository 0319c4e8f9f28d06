"""Large and awkward values, in both directions."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import called_functions as functions
import numpy as np
import pytest
from pool_driving import event_of, value_of

from syncra._workers import FunctionRef, Raised, Unsendable, WorkerPool

SIZES = [0, 1_000, 40_000, 3_000_000, 20_000_000]


@pytest.fixture(params=["copied", "sent"])
def any_pool(request: pytest.FixtureRequest, pool: WorkerPool) -> Iterator[WorkerPool]:
    """A pool that copies large buffers between the processes, and one on a system that does not allow it."""
    value_of(pool, functions.add, 1)
    assert pool._starter is not None
    if request.param == "copied" and not pool._starter.copies_memory:
        pytest.skip("this system does not let a process read its workers' memory")
    before = pool._starter.copies_memory
    pool._starter.copies_memory = request.param == "copied"
    yield pool
    pool._starter.copies_memory = before


@pytest.mark.parametrize("size", SIZES)
def test_arrays_travel_both_ways(any_pool: WorkerPool, size: int) -> None:
    """An array comes back equal and writable; the sent one is not touched."""
    array = np.arange(size, dtype=np.uint8)
    found = value_of(any_pool, functions.identity, array)
    assert (found == array).all()
    assert found.flags.writeable
    found[:] = 0
    assert (array == np.arange(size, dtype=np.uint8)).all()


def test_a_readonly_array_stays_readonly(any_pool: WorkerPool) -> None:
    """Writability belongs to the value."""
    array = np.ones(100_000)
    array.flags.writeable = False
    assert not value_of(any_pool, functions.identity, array).flags.writeable


@pytest.mark.parametrize("size", SIZES)
def test_values_without_buffers_travel(any_pool: WorkerPool, size: int) -> None:
    """A long bytes object is part of its pickle, however long that is."""
    assert value_of(any_pool, functions.identity, b"x" * size) == b"x" * size


def test_a_large_pickle_is_copied_as_buffers_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long list goes straight into the worker's memory, with the buffers in it, and no file is made for it."""
    from syncra._workers import _wire

    def refuse(*_: object) -> NoReturn:
        raise OSError(28, "No space left on device")

    long = ["x" * 100 + str(number) for number in range(5_000)]
    with WorkerPool(1) as pool:
        value_of(pool, functions.add, 1)
        assert pool._starter is not None
        if not pool._starter.copies_memory:
            pytest.skip("this system does not let a process read its workers' memory")
        monkeypatch.setattr(_wire, "_memory_file", refuse)
        assert value_of(pool, functions.length, long) == 5_000
        found = value_of(pool, functions.identity, [long, np.ones(50_000), long])
    assert found[0] == found[2] == long
    assert found[1].sum() == 50_000


def test_many_buffers_travel_in_order(any_pool: WorkerPool) -> None:
    """Large and small ones, among other values."""
    arrays = [np.full(size, size % 251, dtype=np.uint8) for size in (10, 50_000, 2_000_000, 32_768, 1)]
    found = value_of(any_pool, functions.identity, {"a": arrays, "b": 3})
    assert found["b"] == 3
    assert all((left == right).all() for left, right in zip(found["a"], arrays, strict=True))


def test_a_refused_copy_falls_back_to_sending(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the kernel does not allow it, in either direction, the value arrives all the same."""
    from syncra._workers import _memory

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    array = np.ones(1_000_000)
    with WorkerPool(1) as pool:
        monkeypatch.setattr(_memory, "copy_in", refuse)
        assert value_of(pool, functions.ones, 1_000_000).sum() == 1_000_000
        assert pool._starter is not None
        assert not pool._starter.copies_memory
        pool._starter.copies_memory = True
        monkeypatch.setattr(_memory, "copy_out", refuse)
        assert value_of(pool, functions.length, array) == 1_000_000
        assert not pool._starter.copies_memory


def test_large_values_leave_nothing_behind(any_pool: WorkerPool) -> None:
    """No descriptor is held by a value, and none by the worker that made or took it."""

    def count() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    array = np.ones(5_000_000)
    value_of(any_pool, functions.identity, array)
    before = count(), value_of(any_pool, count)
    kept = [value_of(any_pool, functions.identity, array) for _ in range(4)]
    gc.collect()
    assert (count(), value_of(any_pool, count)) == before
    assert len(kept) == 4


def test_a_result_too_large_for_memory_is_that_calls_failure(pool: WorkerPool) -> None:
    """MemoryError in the worker comes back, and the worker lives."""
    event = event_of(pool, functions.fill_memory)
    assert isinstance(event, Raised)
    assert isinstance(event.error, MemoryError)


def test_no_room_for_a_result_is_that_calls_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error tells the size, the worker lets go of the value and lives."""
    from syncra._workers import _memory

    def refuse(size: int) -> memoryview:
        raise MemoryError(f"no memory for {size} bytes")

    with WorkerPool(1) as pool:
        process = value_of(pool, functions.process_id)
        with monkeypatch.context() as patch:
            patch.setattr(_memory, "allocate", refuse)
            event = event_of(pool, functions.ones, 1_000_000)
        assert isinstance(event, Raised)
        assert "1000000 bytes" in str(event.error)
        assert value_of(pool, functions.process_id) == process


def test_a_large_function_travels_once(pool: WorkerPool) -> None:
    """A closure over a large value is sent with the first call only."""
    table = np.ones(2_000_000)

    def look_up(index: int) -> float:
        return float(table[index])

    reference = FunctionRef(look_up)
    with pool.lease() as lease:
        for _ in range(3):
            assert lease.start(1, reference, (5,))
            assert lease.wait()[0].value == 1.0  # type: ignore[union-attr]


def test_deep_values_are_refused_not_crashed_on(pool: WorkerPool) -> None:
    """What is nested too deeply for the pickler is an error of that call."""
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    event = event_of(pool, functions.identity, value)
    assert isinstance(event, Unsendable)
    assert event.what == "argument 0"
    while value:
        value = value[0]  # type: ignore[assignment]
