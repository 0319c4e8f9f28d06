"""Calls that are sent ahead, each to wait behind another in the pipe of its worker."""

from __future__ import annotations

import errno
import math
import os
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import called_functions as functions
import pytest
from pool_driving import events_on

from syncra._workers import (
    Died,
    Event,
    FunctionRef,
    Lease,
    Raised,
    Returned,
    Unsendable,
    Untaken,
    WorkerPool,
    _memory,
    _remote,
    _wire,
)
from syncra._workers._wire import INLINE_LIMIT

pytestmark = pytest.mark.skipif(not _wire.TAKES_BACK, reason="messages can be taken back on Linux only")

FIRST, SECOND, THIRD = 1, 2, 3
LAST = 1_000
"""What `until` is for calls behind which any may wait."""

add, touch, at_gate = (FunctionRef(each) for each in (functions.add, functions.touch, functions.at_gate))


@pytest.fixture(autouse=True)
def all_calls_are_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine any call may take longer than what counts as short."""
    monkeypatch.setattr(_remote, "_SHORT_SECONDS", math.inf)


@pytest.fixture
def gate(tmp_path: Path) -> str:
    """A fifo that calls can wait at."""
    path = str(tmp_path / "gate")
    os.mkfifo(path)
    return path


@pytest.fixture
def lease() -> Iterator[Lease]:
    """A lease on one worker, which knows the functions above."""
    with WorkerPool(1) as pool, pool.lease() as lease:
        yield ready(lease)


def ready(lease: Lease) -> Lease:
    """The lease, when every worker of its pool has made a call of each function, the last of one that it knew."""
    workers = lease.most // 2
    for function, *arguments in ((touch, os.devnull), (at_gate, os.devnull, functions.add, 1), (add, 1), (add, 1)):
        for token in range(workers):
            assert lease.start(token, function, arguments)
        assert [type(event) for event in events(lease, workers)] == [Returned] * workers
    return lease


def events(lease: Lease, count: int) -> list[Event]:
    """So many events, as they come."""
    found: list[Event] = []
    while len(found) < count:
        found += lease.wait()
    return found


def block(lease: Lease, gate: str, act: Callable[..., Any] | None = None, *arguments: Any) -> None:
    """Have a worker make the first call: wait at the gate, and then do something, or add one and one."""
    then = (functions.add, 1) if act is None else (act, *arguments)
    assert lease.start(FIRST, at_gate, (gate, *then), rank=FIRST, until=LAST)


def wait_behind(lease: Lease, function: FunctionRef, *arguments: Any, token: int = SECOND) -> None:
    """Have a call wait behind another."""
    assert lease.start(token, function, arguments, rank=token, until=LAST)
    assert token in lease.waiting


def test_each_call_of_many_has_its_own_value() -> None:
    """Two workers, each of which always has another call to go on with."""
    with WorkerPool(2) as pool, pool.lease() as lease:
        found = events_on(lease, *[(functions.add, (number,)) for number in range(2_000)])
    assert [event.value for event in found if isinstance(event, Returned)] == list(range(1, 2_001))


def test_a_call_waits_behind_one_that_is_being_made(lease: Lease, gate: str) -> None:
    """It is made when that has ended, without being sent again."""
    block(lease, gate)
    wait_behind(lease, add, 2)
    functions.open_gate(gate)
    assert [(event.token, event.value) for event in events(lease, 2) if isinstance(event, Returned)] == [
        (FIRST, 2),
        (SECOND, 3),
    ]
    assert not lease.waiting


def test_one_call_waits_behind_each(lease: Lease, gate: str) -> None:
    """There is no place for a third."""
    block(lease, gate)
    wait_behind(lease, add, 2)
    assert not lease.start(THIRD, add, (3,), rank=THIRD, until=LAST)
    functions.open_gate(gate)
    assert len(events(lease, 2)) == 2


@pytest.mark.parametrize(
    ("until", "waits"),
    [(0, True), (SECOND, True), (LAST, False)],
    ids=["nothing waits behind it", "what follows goes first", "it waits behind nothing"],
)
def test_no_call_waits_where_it_must_not(lease: Lease, gate: str, until: int, waits: bool) -> None:
    """What follows a call may have to go before the other, and a call may want a worker for itself."""
    assert lease.start(FIRST, at_gate, (gate, functions.add, 1), rank=FIRST, until=until)
    assert not lease.start(SECOND, add, (2,), rank=SECOND, until=LAST, waits=waits)
    functions.open_gate(gate)
    assert [event.token for event in events(lease, 1)] == [FIRST]


def test_no_call_waits_behind_the_first_one_of_a_function(lease: Lease, gate: str) -> None:
    """The worker may not know that function yet, and ask for its code."""
    unknown = FunctionRef(functions.at_gate)
    assert lease.start(FIRST, unknown, (gate, functions.add, 1), rank=FIRST, until=LAST)
    assert not lease.start(SECOND, add, (2,), rank=SECOND, until=LAST)
    functions.open_gate(gate)
    assert isinstance(events(lease, 1)[0], Returned)


def test_no_call_waits_behind_a_long_one(gate: str, lease: Lease, monkeypatch: pytest.MonkeyPatch) -> None:
    """The call before was long, and so may be this one."""
    monkeypatch.setattr(_remote, "_SHORT_SECONDS", 0.0)
    assert [type(event) for event in events_on(lease, (functions.add, (1,)))] == [Returned]
    block(lease, gate)
    assert not lease.start(SECOND, add, (2,), rank=SECOND, until=LAST)
    functions.open_gate(gate)
    assert isinstance(events(lease, 1)[0], Returned)


def test_what_is_taken_back_is_not_made(lease: Lease, gate: str, tmp_path: Path) -> None:
    """No event follows, and its place can be taken by another."""
    block(lease, gate)
    wait_behind(lease, touch, str(tmp_path / "touched"))
    assert lease.take_back(SECOND)
    wait_behind(lease, add, 3, token=THIRD)
    functions.open_gate(gate)
    assert [event.token for event in events(lease, 2)] == [FIRST, THIRD]
    assert not (tmp_path / "touched").exists()


def test_what_has_begun_is_not_taken_back(lease: Lease, gate: str, tmp_path: Path) -> None:
    """The worker has gone on to it, though nobody has asked yet what the call before came to."""
    begun = str(tmp_path / "begun")
    os.mkfifo(begun)
    block(lease, gate)
    wait_behind(lease, at_gate, begun, functions.add, 2)
    functions.open_gate(gate)
    functions.open_gate(begun)  # returns when the second call waits there
    assert not lease.take_back(SECOND)
    assert not lease.take_back(SECOND)
    assert [(event.token, event.value) for event in events(lease, 2) if isinstance(event, Returned)] == [
        (FIRST, 2),
        (SECOND, 3),
    ]


@pytest.mark.parametrize(
    ("act", "arguments", "kind"),
    [
        (functions.raise_error, (ValueError("raised"),), Raised),
        (functions.give_lock, (), Raised),
        (functions.text, (INLINE_LIMIT,), Returned),
    ],
    ids=["raises", "does not pickle", "is large"],
)
def test_what_waits_behind_anything_but_a_small_value_is_not_begun(
    lease: Lease, gate: str, tmp_path: Path, act: Callable[..., Any], arguments: tuple[Any, ...], kind: type[Event]
) -> None:
    """After a failure the run may want nothing more to begin; it is told, and can start the call again."""
    block(lease, gate, act, *arguments)
    wait_behind(lease, touch, str(tmp_path / "touched"))
    functions.open_gate(gate)
    first, second = sorted(events(lease, 2), key=lambda event: event.token)
    assert isinstance(first, kind)
    assert isinstance(second, Untaken)
    assert not (tmp_path / "touched").exists()
    assert lease.start(SECOND, touch, (str(tmp_path / "touched"),))
    assert isinstance(events(lease, 1)[0], Returned)
    assert (tmp_path / "touched").exists()


def test_what_waits_in_place_of_another_is_not_begun_after_a_failure_either(
    lease: Lease, gate: str, tmp_path: Path
) -> None:
    """The call that waited first was taken back."""
    begun = str(tmp_path / "begun")
    os.mkfifo(begun)
    block(lease, begun, functions.at_gate, gate, functions.raise_error, ValueError("raised"))
    functions.open_gate(begun)  # returns when the call has begun
    wait_behind(lease, add, 2)
    assert lease.take_back(SECOND)
    wait_behind(lease, touch, str(tmp_path / "touched"), token=THIRD)
    functions.open_gate(gate)
    assert {event.token: type(event) for event in events(lease, 2)} == {FIRST: Raised, THIRD: Untaken}
    assert not (tmp_path / "touched").exists()


def test_what_waits_behind_a_call_of_a_function_that_no_worker_can_use_is_not_begun(
    lease: Lease, tmp_path: Path
) -> None:
    """That ends as the first call of the function did, though the worker was not told of the function again."""
    gate = tmp_path / "gate"
    gate.touch()  # it is open at first
    unusable = FunctionRef(Unusable(str(gate)))
    assert lease.start(FIRST, unusable)
    assert isinstance(events(lease, 1)[0], Unsendable)
    for _ in range(2):
        assert lease.start(FIRST, add, (1,))
        assert isinstance(events(lease, 1)[0], Returned)
    gate.unlink()
    os.mkfifo(gate)
    assert lease.start(FIRST, unusable, rank=FIRST, until=LAST)
    wait_behind(lease, touch, str(tmp_path / "touched"))
    functions.open_gate(str(gate))
    assert {event.token: type(event) for event in events(lease, 2)} == {FIRST: Unsendable, SECOND: Untaken}
    assert not (tmp_path / "touched").exists()


def test_a_call_is_made_again_at_once_when_its_function_has_to_travel_by_value(lease: Lease) -> None:
    """It is not taken for one that waited behind itself."""
    assert lease.start(FIRST, FunctionRef(rewritten), (1,))
    assert [(event.token, type(event)) for event in events(lease, 1)] == [(FIRST, Returned)]


def test_what_waits_behind_a_value_that_has_to_be_sent_once_more_is_told_first(
    lease: Lease, gate: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the value can't be copied, the worker says that it has not begun the next call before it sends it."""

    def refused(process: int, target: memoryview, source: int) -> None:
        raise OSError(errno.EPERM, "refused")

    monkeypatch.setattr(_memory, "copy_in", refused)
    block(lease, gate, functions.text, 2 * INLINE_LIMIT)
    wait_behind(lease, add, 2)
    functions.open_gate(gate)
    found = events(lease, 1)
    assert not lease.waiting
    found += events(lease, 2 - len(found))
    assert [(type(event), event.token) for event in found] == [(Untaken, SECOND), (Returned, FIRST)]


def test_a_worker_that_dies_costs_the_call_that_it_was_making(lease: Lease, gate: str, tmp_path: Path) -> None:
    """The one that waited behind it was not begun, and can be made by another worker."""
    block(lease, gate, os._exit, 7)
    wait_behind(lease, touch, str(tmp_path / "touched"))
    functions.open_gate(gate)
    first, second = events(lease, 2)
    assert isinstance(first, Died)
    assert (first.token, first.exit_code) == (FIRST, 7)
    assert isinstance(second, Untaken)
    assert not (tmp_path / "touched").exists()


def test_a_worker_that_dies_in_what_has_waited_costs_that(lease: Lease, gate: str) -> None:
    """The call before has its value."""
    block(lease, gate)
    wait_behind(lease, at_gate, os.devnull, os._exit, 7)
    functions.open_gate(gate)
    first, second = events(lease, 2)
    assert isinstance(first, Returned)
    assert isinstance(second, Died)
    assert (second.token, second.exit_code) == (SECOND, 7)


def test_a_kill_takes_what_waits_along(lease: Lease, gate: str, tmp_path: Path) -> None:
    """Neither gives an event, and the next worker has neither."""
    block(lease, gate)
    wait_behind(lease, touch, str(tmp_path / "touched"))
    lease.kill(FIRST)
    lease.kill(SECOND)
    assert not lease.waiting
    assert [type(event) for event in events_on(lease, (functions.add, (1,)))] == [Returned]
    assert not (tmp_path / "touched").exists()


def test_a_worker_that_idles_takes_over_what_waits(gate: str, tmp_path: Path) -> None:
    """The call before it can only end when the one behind it has been made, by another worker."""
    other_gate = str(tmp_path / "other")
    os.mkfifo(other_gate)
    with WorkerPool(2) as pool, pool.lease() as lease:
        ready(lease)
        block(lease, gate)
        assert lease.start(THIRD, at_gate, (other_gate, functions.add, 3), rank=THIRD)
        wait_behind(lease, at_gate, os.devnull, functions.open_gate, gate)
        functions.open_gate(other_gate)
        assert {event.token for event in events(lease, 3)} == {FIRST, SECOND, THIRD}


@pytest.mark.parametrize(("moment", "is_left"), [(math.inf, True), (0.0, False)], ids=["just begun", "begun before"])
def test_what_will_begin_at_once_is_left_where_it_waits(
    gate: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: float, is_left: bool
) -> None:
    """A free worker gets the call that is being started instead; otherwise many would be sent twice."""
    other_gate = str(tmp_path / "other")
    os.mkfifo(other_gate)
    with WorkerPool(2) as pool, pool.lease() as lease:
        ready(lease)
        block(lease, gate)
        assert lease.start(0, at_gate, (other_gate, functions.add, 3))
        wait_behind(lease, at_gate, os.devnull, functions.add, 2)
        functions.open_gate(other_gate)
        assert [event.token for event in lease.wait()] == [0]
        monkeypatch.setattr(_remote, "_MOMENT_SECONDS", moment)
        assert lease.start(THIRD, add, (3,), rank=THIRD, until=LAST)
        assert (SECOND in lease.waiting) is is_left
        functions.open_gate(gate)
        assert {event.token for event in events(lease, 3)} == {FIRST, SECOND, THIRD}


def test_what_waits_behind_a_long_call_moves_on(gate: str, tmp_path: Path) -> None:
    """While another worker has one short call after the other to go on with, what waits is overtaken by a few only."""
    gates = [str(tmp_path / f"gate{number}") for number in range(20)]
    for each in gates:
        os.mkfifo(each)
    with WorkerPool(2) as pool, pool.lease() as lease:
        ready(lease)
        block(lease, gate)
        assert lease.start(THIRD, at_gate, (gates[0], functions.add, 1), rank=THIRD, until=LAST)
        wait_behind(lease, at_gate, os.devnull, functions.open_gate, gate)
        ended: list[int] = []
        for token, (current, following) in enumerate(pairwise(gates), THIRD + 1):
            assert lease.start(token, at_gate, (following, functions.add, 1), rank=token, until=LAST)
            functions.open_gate(current)
            ended += [event.token for event in events(lease, 1)]
            if SECOND in ended:
                break
        assert SECOND in ended
        assert len(ended) < 10
        lease.close()


def test_nothing_waits_while_another_lease_does(gate: str) -> None:
    """What waits is taken back when another lease asks for a worker: then they take turns, a call each."""
    with WorkerPool(1) as pool, pool.lease() as lease, pool.lease() as other:
        ready(lease)
        block(lease, gate)
        wait_behind(lease, add, 2)
        assert not other.start(FIRST, add, (1,))
        assert [(type(event), event.token) for event in lease.wait()] == [(Untaken, SECOND)]
        assert not lease.start(SECOND, add, (2,), rank=SECOND, until=LAST)
        functions.open_gate(gate)
        assert [event.token for event in lease.wait()] == [FIRST]
        for _ in range(2):
            assert not lease.start(SECOND, add, (2,), rank=SECOND, until=LAST)
            assert other.start(FIRST, add, (1,))
            assert isinstance(events(other, 1)[0], Returned)
            assert not other.start(FIRST, add, (1,))
            assert lease.start(SECOND, add, (2,), rank=SECOND, until=LAST)
            assert not lease.start(THIRD, add, (3,), rank=THIRD, until=LAST)
            assert [event.token for event in events(lease, 1)] == [SECOND]


def test_workers_that_are_replaced_after_some_calls_get_one_at_a_time() -> None:
    """What waits would be a call more than they may make."""
    with WorkerPool(1, max_calls=3) as pool, pool.lease() as lease:
        assert lease.most == 1


def test_workers_that_are_replaced_get_one_at_a_time_beside_other_leases_too(gate: str, tmp_path: Path) -> None:
    """A lease that has fewer calls under way than there are workers has none wait either."""
    other_gate = str(tmp_path / "other")
    os.mkfifo(other_gate)
    with WorkerPool(2, max_calls=10) as pool, pool.lease() as lease, pool.lease() as other:
        for _ in range(2):
            assert lease.start(FIRST, at_gate, (os.devnull, functions.add, 1))
            events(lease, 1)
        block(lease, gate)
        assert other.start(FIRST, at_gate, (other_gate, functions.add, 1))
        assert not lease.start(SECOND, at_gate, (os.devnull, functions.add, 2), rank=SECOND, until=LAST)


def test_a_large_call_waits_for_a_worker_and_is_pickled_once(lease: Lease, gate: str) -> None:
    """It is refused as often as it is started; what was made of it is kept, also while others are started."""
    pickled: list[int] = []
    length = FunctionRef(functions.length)
    for function, argument in ((length, ""), (add, 1)):  # the last one of a function that the worker knew
        assert lease.start(0, function, (argument,))
        events(lease, 1)
    large = [functions.Travels(pickled.append, 1, when="unpickled"), *range(INLINE_LIMIT)]
    counted = Counted(large, pickled)
    block(lease, gate)
    assert not lease.start(SECOND, length, (counted,), rank=SECOND, until=LAST)
    assert not lease.start(SECOND, length, (counted,), rank=SECOND, until=LAST)
    wait_behind(lease, add, 3, token=THIRD)
    functions.open_gate(gate)
    assert [event.token for event in events(lease, 2)] == [FIRST, THIRD]
    assert lease.start(SECOND, length, (counted,), rank=SECOND, until=LAST)
    (event,) = events(lease, 1)
    assert isinstance(event, Returned)
    assert event.value == len(large)
    assert pickled == [1]


def rewritten(value: int) -> int:
    """Has other code in a worker: pytest rewrites its assertion."""
    assert value
    return value


class Unusable:
    """Can be called, and does not unpickle: it fails when somebody opens the gate."""

    def __init__(self, gate: str) -> None:
        self.gate = gate

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return functions.at_gate, (self.gate, functions.raise_error, ImportError("unusable"))

    def __call__(self) -> None:
        raise AssertionError("it was called where it should not be")


class Counted:
    """Travels as its content, and notes each time that it is pickled."""

    def __init__(self, content: list[Any], pickled: list[int]) -> None:
        self.content = content
        self.pickled = pickled

    def __reduce__(self) -> tuple[type[list[Any]], tuple[list[Any]]]:
        self.pickled.append(1)
        return list, (self.content,)
