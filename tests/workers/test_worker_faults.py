"""Workers that die, and what must not be harmed by it."""

from __future__ import annotations

import errno
import os
import select
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import called_functions as functions
import pytest
from pool_driving import event_of, events_of, events_on, value_of, values_on

from syncra._workers import Died, Event, FunctionRef, Raised, Returned, Unsendable, WorkerPool, _memory, _wire
from syncra._workers._remote import Worker

CRASHES: list[tuple[Callable[..., Any], tuple[Any, ...], int | None, int | None]] = [
    (os._exit, (7,), 7, None),
    (os._exit, (0,), 0, None),
    (functions.kill_self, (signal.SIGKILL,), None, signal.SIGKILL),
    (functions.kill_self, (signal.SIGSEGV,), None, signal.SIGSEGV),
]
RAISES: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (functions.raise_error, (ValueError("raised"),)),
    (sys.exit, (3,)),
]


def beside_a_neighbour(pool: WorkerPool, function: Callable[..., Any], *arguments: Any) -> Event:
    """The event of the call, made while other calls are made, which must all return."""
    event, *others = events_of(pool, (function, arguments), *[(functions.add, (n,)) for n in range(8)])
    assert [other.value for other in others if isinstance(other, Returned)] == list(range(1, 9))
    return event


@pytest.mark.parametrize(("act", "arguments", "exit_code", "number"), CRASHES)
@pytest.mark.parametrize("phase", ["unpickling argument", "running", "pickling result"])
def test_a_crash_costs_exactly_its_call(
    pool: WorkerPool,
    phase: str,
    act: Callable[..., Any],
    arguments: tuple[Any, ...],
    exit_code: int | None,
    number: int | None,
) -> None:
    """Whatever kills a worker, and when: that call died, how it did is known, and all others return."""
    call: tuple[Any, ...]
    if phase == "unpickling argument":
        call = (functions.identity, functions.Travels(act, *arguments, when="unpickled"))
    elif phase == "running":
        call = (act, *arguments)
    else:
        call = (functions.give_travelling, act, arguments, "pickled")
    event = beside_a_neighbour(pool, *call)
    assert isinstance(event, Died)
    assert (event.exit_code, event.signal) == (exit_code, number)


@pytest.mark.parametrize(("act", "arguments"), RAISES)
@pytest.mark.parametrize(
    ("phase", "kind"),
    [
        ("pickling argument", Unsendable),
        ("unpickling argument", Unsendable),
        ("running", Raised),
        ("pickling result", Raised),
        ("unpickling result", Raised),
    ],
)
def test_an_exception_in_any_phase_costs_no_worker(
    pool: WorkerPool, phase: str, kind: type[Event], act: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:
    """Errors of pickling and unpickling, on either side, are told as what they are."""
    call: tuple[Any, ...]
    if phase == "running":
        call = (act, *arguments)
    elif phase.endswith("argument"):
        when = phase.split("ing", maxsplit=1)[0] + "ed"
        call = (functions.identity, functions.Travels(act, *arguments, when=when))
    else:
        call = (functions.give_travelling, act, arguments, phase.split("ing", maxsplit=1)[0] + "ed")
    event = beside_a_neighbour(pool, *call)
    assert type(event) is kind
    assert isinstance(event, Unsendable | Raised)
    assert "raised" in str(event.error) or "3" in str(event.error)


@pytest.mark.parametrize("when", ["pickled", "unpickled"])
def test_an_interrupt_while_values_are_converted_leaves_the_pool_usable(when: str) -> None:
    """KeyboardInterrupt in the caller goes on to the caller, and no worker is lost by it."""
    interrupt = functions.raise_error, KeyboardInterrupt()
    if when == "pickled":
        call: tuple[Any, ...] = (functions.identity, functions.Travels(*interrupt, when=when))
    else:
        call = (functions.give_travelling, interrupt[0], interrupt[1:], when)
    with WorkerPool(1) as pool:
        with pytest.raises(KeyboardInterrupt):
            event_of(pool, *call)
        assert value_of(pool, functions.add, 1) == 2


def test_the_death_of_an_idle_worker_is_repaired_silently() -> None:
    """The next call runs in a new process."""
    with WorkerPool(1) as pool:
        process = value_of(pool, functions.process_id)
        end(process)
        event = event_of(pool, functions.process_id)
        assert isinstance(event, Returned)
        assert event.value != process


def test_a_kill_is_final_and_silent() -> None:
    """When `kill` returns the process is gone; no event follows, and the place is free again."""
    with WorkerPool(1) as pool, pool.lease() as lease:
        process = values_on(lease, (functions.process_id, ()))[0]
        assert lease.start(7, FunctionRef(functions.hang))
        lease.kill(7)
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)
        assert isinstance(events_on(lease, (functions.add, (1,)))[0], Returned)
        lease.kill(7)
        assert lease.wait(0) == []


@pytest.mark.parametrize("function", [functions.spin, functions.hang])
def test_a_stopped_or_busy_worker_can_be_killed(function: Callable[..., Any]) -> None:
    """Neither SIGSTOP nor C code that keeps the interpreter's lock stands in the way of a time limit."""
    with WorkerPool(1) as pool, pool.lease() as lease:
        process = values_on(lease, (functions.process_id, ()))[0]
        assert lease.start(1, FunctionRef(function))
        os.kill(process, signal.SIGSTOP)
        assert lease.wait(0.0) == []
        lease.kill(1)
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


@pytest.mark.parametrize("function", [functions.fork_and_die, functions.run_command_and_die])
def test_a_dead_worker_is_noticed_though_its_child_lives(function: Callable[..., Any]) -> None:
    """A process that a task forked, or a program that it started, does not keep its worker's pipe open."""
    with WorkerPool(1) as pool, pool.lease() as lease:
        assert lease.start(1, FunctionRef(function))
        (event,) = lease.wait(20.0)
        assert isinstance(event, Died)
        assert event.signal == signal.SIGKILL


def test_closing_a_lease_kills_what_it_runs_and_no_other() -> None:
    """The pool goes on with the workers of others."""
    with WorkerPool(2) as pool, pool.lease() as other:
        lease = pool.lease()
        assert lease.start(1, FunctionRef(functions.hang))
        assert other.start(2, FunctionRef(functions.add), (1,))
        lease.close()
        events = list(other.wait()) or list(other.wait())
        assert [event.token for event in events] == [2]
        assert isinstance(event_of(pool, functions.add, 1), Returned)


def test_workers_ignore_interrupts_and_obey_termination(pool: WorkerPool) -> None:
    """Ctrl-C is the caller's; SIGTERM ends a worker as any process."""
    assert value_of(pool, functions.signals) == (signal.SIG_IGN, signal.SIG_DFL)


def test_a_worker_is_replaced_after_so_many_calls() -> None:
    """No call is lost at the change, and old processes are gone."""
    with WorkerPool(1, max_calls=2) as pool:
        processes = [value_of(pool, functions.process_id) for _ in range(6)]
        assert len(set(processes)) == 3


def test_a_pool_in_a_worker_has_one_worker() -> None:
    """Nested pools work and do not multiply."""
    with WorkerPool(1) as pool:
        assert value_of(pool, functions.nested_sum, [1, 2, 3]) == (6, 1)


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_nothing_is_left_behind(method: Any) -> None:
    """After `close` there is no process and no descriptor of the pool, also if workers were busy or died."""
    before = descriptors(), children()
    with WorkerPool(2, start_method=method) as pool:
        with pool.lease() as lease:
            processes = values_on(lease, *[(functions.process_id, ())] * 4)
            assert lease.start(1, FunctionRef(functions.hang))
        assert isinstance(event_of(pool, os._exit, 1), Died)
    assert (descriptors(), children()) == before
    for process in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_two_leases_share_one_worker_in_turn() -> None:
    """A lease that waits gets the next free worker, though the other has calls ready."""
    with WorkerPool(1) as pool, pool.lease() as first, pool.lease() as second:
        add = FunctionRef(functions.add)
        assert first.start(1, add, (1,))
        assert not second.start(2, add, (1,))
        for busy, waiting in ((first, second), (second, first), (first, second)):
            assert len(busy.wait()) == 1
            assert not busy.start(1, add, (1,))
            assert waiting.wait() == []
            assert waiting.start(2, add, (1,))


def test_an_offered_worker_that_is_not_used_goes_to_others() -> None:
    """A lease that has nothing left to start does not keep a worker from another."""
    with WorkerPool(1) as pool, pool.lease() as first, pool.lease() as second:
        add = FunctionRef(functions.add)
        assert first.start(1, add, (1,))
        assert not second.start(2, add, (1,))
        assert len(first.wait()) == 1
        assert second.wait() == []
        assert not first.start(1, add, (1,))
        assert second.wait(0.0) == []
        assert first.wait() == []
        assert first.start(1, add, (1,))


def descriptors() -> set[str]:
    """The open descriptors of this process, and what they are."""
    found: set[str] = set()
    for path in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the one that lists them
            found.add(f"{path.name} {path.readlink()}")
    return found


def children() -> set[str]:
    """The child processes of this process, and their children."""
    found: set[str] = set()
    unseen = [str(os.getpid())]
    while unseen:
        parent = unseen.pop()
        own = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        found.update(own)
        unseen.extend(own)
    return found


def end(process: int) -> None:
    """Kill a process, and wait until it is gone."""
    descriptor = os.pidfd_open(process)
    os.kill(process, signal.SIGKILL)
    select.select([descriptor], [], [])
    os.close(descriptor)


def test_a_worker_that_dies_while_it_is_given_a_large_call_costs_that(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the kernel kills it for may be that call: made again and again it would never end."""

    def kill(process: int, source: memoryview, target: int) -> None:
        end(process)
        raise ProcessLookupError(errno.ESRCH, "killed")

    monkeypatch.setattr(_memory, "copy_out", kill)
    with WorkerPool(1) as pool, pool.lease() as lease:
        assert lease.start(1, FunctionRef(functions.length), ("1" * 100_000,))
        while not (found := lease.wait()):
            pass
        assert [type(event) for event in found] == [Died]


def test_answers_of_a_worker_that_was_given_back_are_the_next_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though they may be there before the lease that has given it back goes on."""
    with WorkerPool(1) as pool, pool.lease() as lease, pool.lease() as other:
        assert lease.start(1, FunctionRef(functions.add), (1,))
        assert not other.start(1, FunctionRef(functions.add), (2,))
        release = WorkerPool.release

        def release_and_go_on(pool: WorkerPool, worker: Worker) -> None:
            release(pool, worker)
            if worker.lease is other:
                assert other.start(2, FunctionRef(functions.add), (2,))
                message = worker.channel.receive(wait=True)
                assert message is not None
                header = _wire._HEADER.pack(len(message.body.pickled), *message[:3])
                pretended = header + message.body.pickled
                worker.channel._store[: len(pretended)] = pretended  # as if it was read and not yet taken
                worker.channel._start, worker.channel._end = 0, len(pretended)

        monkeypatch.setattr(WorkerPool, "release", release_and_go_on)
        assert [type(event) for event in lease.wait()] == [Returned]
        assert lease.wait(0.0) == []


def test_a_worker_that_is_offered_just_as_one_is_asked_for_is_taken() -> None:
    """The lease is not in line for a second one, whose offer would hide the first."""
    with WorkerPool(1) as pool, pool.lease() as lease, pool.lease() as other:
        assert lease.start(1, FunctionRef(functions.add), (1,))
        assert pool.acquire(other) is None
        lease.wait()
        offered = other.offered
        assert offered is not None
        assert pool.acquire(other) is offered
        assert other.offered is None
        assert not other.is_waiting


def test_an_interrupt_while_a_worker_is_given_back_loses_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lease still has it, and ends it."""

    def interrupted(worker: Worker, calls: int | None) -> bool:
        raise KeyboardInterrupt

    with WorkerPool(1) as pool:
        with pool.lease() as lease:
            assert lease.start(1, FunctionRef(functions.add), (1,))
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(Worker, "has_made", interrupted)
                with pytest.raises(KeyboardInterrupt):
                    lease.wait()
        with pool.lease() as lease:
            assert lease.start(1, FunctionRef(functions.add), (1,))


def test_closing_the_pool_under_a_run_leaves_nothing(tmp_path: Path) -> None:
    """The run is told; its workers are gone, and all descriptors are closed, when its lease is."""
    gate = str(tmp_path / "gate")
    os.mkfifo(gate)
    at_gate = FunctionRef(functions.at_gate)
    before = descriptors()
    with WorkerPool(2) as pool:
        with pool.lease() as lease:
            for token in range(2):
                assert lease.start(token, at_gate, (gate, functions.add, 1))
            pool.close()
            with pytest.raises(RuntimeError, match="closed"):
                lease.wait()
        assert descriptors() == before


def test_closing_the_pool_wakes_who_is_in_line_for_a_worker() -> None:
    """It would wait for ever; it is told as it asks again."""
    with WorkerPool(1) as pool, pool.lease() as lease, pool.lease() as other:
        assert lease.start(1, FunctionRef(functions.hang))
        assert not other.start(1, FunctionRef(functions.add), (1,))
        pool.close()
        with pytest.raises(RuntimeError, match="closed"):
            other.start(1, FunctionRef(functions.add), (1,))
        assert other.wait() == []
