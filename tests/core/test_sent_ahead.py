"""Calls that are sent ahead to worker processes: nothing begins that would not, or in another order."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from importable_tasks import at_gate, noted

from syncra import Graph, Node, Processes, Retry, function, task
from syncra._runs._run import Run
from syncra._workers import Event, Lease, _remote, _wire

_taking_back = pytest.mark.skipif(not _wire.TAKES_BACK, reason="messages can be taken back on Linux only")


class InTurn:
    """Takes a step, calls it here and tells the run, again and again."""

    def execute(self, run: Run, /) -> None:
        while (step := run.take()) is not None:
            try:
                value = step.run(run.values)
            except ValueError as error:
                run.fail(step, error)
            else:
                run.succeed(step, value)


@pytest.fixture(scope="module")
def one_worker() -> Iterator[Processes]:
    """A worker process that is sent each call before it is done with the one before."""
    with pytest.MonkeyPatch.context() as patched, Processes(1) as strategy:
        patched.setattr(_remote, "_SHORT_SECONDS", math.inf)
        yield strategy


@st.composite
def failing_graphs(draw: st.DrawFn) -> list[tuple[list[int], bool, int]]:
    """Up to 12 tasks, each with what it comes after, whether it fails, and how often it is tried again."""
    size = draw(st.integers(1, 12))
    return [
        (
            draw(st.lists(st.integers(0, task - 1), unique=True, max_size=2)) if task else [],
            draw(st.sampled_from([False, False, False, True])),
            draw(st.integers(0, 1)),
        )
        for task in range(size)
    ]


@given(failing_graphs(), st.sampled_from(["raise", "continue"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_a_worker_process_begins_what_it_would_if_calls_were_not_sent_ahead(
    one_worker: Processes,
    tmp_path: Path,
    graph: list[tuple[list[int], bool, int]],
    on_error: Literal["raise", "continue"],
) -> None:
    """The order is the run's to the last step, nothing begins after the first failure, and each attempt begins once."""
    logs: list[list[str]] = []
    for strategy in (InTurn(), one_worker):
        log = tmp_path / "log"
        log.write_text("")
        nodes: list[Node[None]] = []
        for number, (needed, fails, retries) in enumerate(graph):
            arguments = {"path": str(log), "name": f"t{number}", "fails": fails}
            wired = task(name=f"t{number}", after=tuple(nodes[n] for n in needed), arguments=arguments, retries=retries)
            nodes.append(wired(noted))
        with suppress(ValueError):
            Graph.of(*nodes).compile().run(strategy=strategy, on_error=on_error)
        logs.append(log.read_text().split())
    assert logs[0] == logs[1]


class Gates:
    """Fifos that tasks wait at, a file in which they note their names, and tasks that all workers come to know."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "log"
        self.log.write_text("")
        self._folder = folder

    def gate(self, name: str) -> str:
        path = self._folder / name
        os.mkfifo(path)
        return str(path)

    def task(self, name: str, *after: Node[None], gate: str = "", failures: int = 0, retries: int = 0) -> Node[None]:
        arguments = {"path": str(self.log), "gate": gate, "name": name, "failures": failures}
        delayed = Retry(retries, delay=_DELAY)
        return task(name=name, after=after, arguments=arguments, retries=delayed)(at_gate)

    def chain(self, first: Node[None], length: int) -> list[Node[None]]:
        """The node, and so many behind it."""
        nodes = [first]
        for number in range(length):
            nodes.append(self.task(f"{first.name}{number}", nodes[-1]))
        return nodes

    @property
    def noted(self) -> list[str]:
        return self.log.read_text().split()


_DELAY = 5.0


def open_gate(gate: str) -> None:
    Path(gate).write_text("")


@_taking_back
def test_what_becomes_ready_goes_before_what_waits_in_a_worker(
    tmp_path: Path, one_worker: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step that was sent ahead is taken back for one that was delayed and goes before it."""
    gates = Gates(tmp_path)
    closed = [gates.gate("gate")]
    delayed = gates.chain(gates.task("delayed", failures=1, retries=1), 3)
    known = gates.chain(gates.task("known"), 2)
    running, last = gates.task("running", gate=closed[0]), gates.task("last")
    program = Graph.of(*delayed, *known, running, last).compile()._program
    now = 0.0
    wait = Lease.wait

    def waits(lease: Lease, timeout: float | None = None) -> list[Event]:
        nonlocal now
        if program.index[last] in lease.waiting and not now:
            now = _DELAY  # only now, while the last step waits behind the running one, is the second attempt due
            return []
        if now and closed:
            open_gate(closed.pop())
        return wait(lease, timeout)

    monkeypatch.setattr(Lease, "wait", waits)
    run = Run(program, {}, clock=lambda: now)
    one_worker.execute(run)
    assert run.finished
    assert gates.noted == "delayed known known0 known1 running delayed delayed0 delayed1 delayed2 last".split()


@_taking_back
def test_what_waits_in_a_worker_does_not_begin_after_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is taken back while the worker still makes the call before it."""
    monkeypatch.setattr(_remote, "_SHORT_SECONDS", math.inf)
    gates = Gates(tmp_path)
    # Before, each of the two workers makes two calls, so that it knows the function: none can make both of a pair.
    nodes: list[Node[None]] = []
    opened: list[str] = []
    for letter in "ab":
        opened += [gates.gate(f"gate of {letter}{number}") for number in range(2)]
        nodes += [gates.task(f"{letter}{number}", *nodes, gate=opened[number - 2]) for number in range(2)]
    running, failing = gates.gate("gate of running"), gates.gate("gate of failing")
    nodes.append(gates.task("running", *nodes[:4], gate=running))
    nodes.append(gates.task("failing", *nodes[:4], gate=failing, failures=1))
    nodes.append(gates.task("waiting", *nodes[:4]))
    is_waiting, is_taken_back = threading.Event(), threading.Event()
    wait, take_back = Lease.wait, Lease.take_back

    def waits(lease: Lease, timeout: float | None = None) -> list[Event]:
        if lease.waiting:
            is_waiting.set()
        return wait(lease, timeout)

    def takes_back(lease: Lease, token: int) -> bool:
        is_taken = take_back(lease, token)
        is_taken_back.set()
        return is_taken

    def open_all() -> None:
        for gate in opened:
            open_gate(gate)
        is_waiting.wait()
        open_gate(failing)
        is_taken_back.wait()
        open_gate(running)

    monkeypatch.setattr(Lease, "wait", waits)
    monkeypatch.setattr(Lease, "take_back", takes_back)
    opener = threading.Thread(target=open_all, daemon=True)
    opener.start()
    with pytest.raises(ValueError, match="failing"):
        Graph.of(*nodes).compile().run(strategy=Processes(2))
    opener.join()
    assert sorted(gates.noted) == ["a0", "a1", "b0", "b1", "failing", "running"]


def test_what_is_held_does_not_begin_after_a_failure_of_its_own_run(tmp_path: Path, one_worker: Processes) -> None:
    """A step of a graph function waits for the worker while another fails: that run is over, the outer one is not."""
    gates = Gates(tmp_path)
    failing, held = gates.task("failing", failures=1), gates.task("held")
    inner = function(gates.task("inner", failing, held))
    outer = [task(name=name)(inner) for name in ("first", "second")]
    results = Graph.of(*outer, gates.task("outer")).compile().run(strategy=one_worker, on_error="continue")
    assert [node.name for node in results.failures] == ["first"]
    assert gates.noted == "failing failing held inner outer".split()
