"""Signals while a run is under way: Ctrl-C once and twice, SIGTERM and SIGKILL of the driver."""

from __future__ import annotations

import signal

import pytest

from tests.faults.programs import started

_PROGRAM = r"""
import asyncio, os, sys, threading, time
from syncra import *

@task
def blocks() -> bool:
    os.write(1, b"blocks\n")
    return threading.Event().wait()

@task
def blocks_too() -> bool:
    os.write(1, b"blocks\n")
    return threading.Event().wait()

def tell_later() -> None:
    # Only when the caller waits: an interrupt that comes earlier is its own.
    asyncio.get_running_loop().call_soon(os.write, 1, b"blocks\n")

@task
async def waits() -> bool:
    tell_later()
    try:
        return await asyncio.Event().wait()
    finally:
        os.write(1, b"cancelled\n")

@task
async def stays() -> bool:
    tell_later()
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            os.write(1, b"cancelled\n")

@task
def refuses() -> bool:
    try:
        os.write(1, b"blocks\n")
        return threading.Event().wait()
    except KeyboardInterrupt:
        os.write(1, b"cancelled\n")
        return threading.Event().wait()

@task(retries=Retry(1, delay=3600.0))
def pauses() -> int:
    os.write(1, b"blocks\n")
    raise ValueError

@task
def slow() -> int:
    os.write(1, b"blocks\n")
    time.sleep(0.5)
    return 1

strategy = eval(sys.argv[1])
nodes = [globals()[name] for name in sys.argv[2:]]

def main() -> None:
    try:
        with strategy:
            Graph.of(*nodes).compile().run(strategy=strategy, on_error="continue")
    except KeyboardInterrupt as interrupt:
        print("interrupted", type(interrupt).__name__, flush=True)

if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize(
    ("strategy", "nodes"),
    [
        ("Processes(2)", ["blocks", "blocks_too"]),
        ("Processes(1)", ["blocks", "blocks_too"]),
        ("Processes(2)", ["waits"]),
        ("Processes(1)", ["pauses"]),
        ("Processes(2, start_method='spawn')", ["blocks"]),
        ("Threads(3)", ["slow"]),
        ("Asyncio(offload=True)", ["slow"]),
    ],
)
def test_one_interrupt_kills_processes_and_waits_for_threads(strategy: str, nodes: list[str]) -> None:
    """After Ctrl-C processes are killed at once, and a thread's call is waited for; nothing is left, one exception."""
    with started(_PROGRAM, strategy, *nodes) as program:
        assert program.hear() == "blocks"
        program.send(signal.SIGINT)
        ended = program.ended()
    assert (ended.code, ended.errors) == (0, "")
    assert ended.out.endswith("interrupted KeyboardInterrupt\n")


@pytest.mark.parametrize(
    ("strategy", "nodes"),
    [
        ("Asyncio()", ["blocks"]),
        ("Asyncio(max_concurrency=2)", ["waits", "blocks"]),
    ],
)
def test_one_interrupt_reaches_a_task_that_blocks_the_loop(strategy: str, nodes: list[str]) -> None:
    """Ctrl-C is raised in the sync task that the loop of a run waits for: once is enough."""
    with started(_PROGRAM, strategy, *nodes) as program:
        assert [program.hear() for _ in nodes] == ["blocks"] * len(nodes)
        program.send(signal.SIGINT)
        ended = program.ended()
    assert (ended.code, ended.errors) == (0, "")
    assert ended.out.endswith("interrupted KeyboardInterrupt\n")


@pytest.mark.parametrize(
    ("strategy", "nodes"),
    [
        ("Threads(3)", ["blocks", "blocks_too", "waits"]),  # one of them on the main thread: it takes the first
        ("Asyncio(offload=True)", ["blocks", "blocks_too", "waits"]),
        ("Asyncio(offload=True, max_concurrency=2)", ["blocks", "waits"]),
        ("Asyncio(offload=True)", ["blocks", "stays"]),
        ("Asyncio()", ["stays"]),
        ("Asyncio()", ["refuses"]),
        ("Sequential()", ["stays"]),
        ("Sequential()", ["refuses"]),
    ],
)
def test_a_second_interrupt_leaves_at_once(strategy: str, nodes: list[str]) -> None:
    """Calls on threads that never end, and tasks that go on when they are told to end, hold a run back after the first
    Ctrl-C, and not after the second one.
    """
    with started(_PROGRAM, strategy, *nodes) as program:
        assert [program.hear() for _ in nodes] == ["blocks"] * len(nodes)
        program.send(signal.SIGINT)
        assert program.hear() == "cancelled"  # so the first one was taken: two that come together are one
        program.send(signal.SIGINT)
        ended = program.ended()
    assert (ended.code, ended.errors) == (0, "")
    assert ended.out.endswith("interrupted KeyboardInterrupt\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV])
@pytest.mark.parametrize("strategy", ["Processes(2)", "Processes(2, start_method='spawn')"])
def test_no_process_outlives_a_killed_driver(strategy: str, number: signal.Signals) -> None:
    """Whatever ends the process that drives the run, its workers are gone two seconds later."""
    with started(_PROGRAM, strategy, "blocks", "blocks_too") as program:
        assert [program.hear(), program.hear()] == ["blocks", "blocks"]
        program.send(number)
        assert program.ended().code == -number


_ON_ANOTHER_THREAD = (
    _PROGRAM.partition("def main()")[0]
    + r"""
import signal
results, ended = [], threading.Event()

def other() -> None:
    results.append(Graph.of(slow).compile().run(strategy=strategy)[slow])
    ended.set()

try:
    threading.Thread(target=other).start()
    ended.wait()
except KeyboardInterrupt:
    ended.wait()
    print("interrupted", results, flush=True)
"""
)


@pytest.mark.parametrize("strategy", ["Sequential()", "Threads(2)", "Asyncio()", "Asyncio(offload=True)"])
def test_an_interrupt_is_the_main_threads(strategy: str) -> None:
    """A run on another thread is not ended by Ctrl-C, which Python tells the main thread of."""
    with started(_ON_ANOTHER_THREAD, strategy) as program:
        assert program.hear() == "blocks"
        program.send(signal.SIGINT)
        ended = program.ended()
    assert (ended.code, ended.out, ended.errors) == (0, "interrupted [1]\n", "")


_IN_ASYNCIOS_THREADS = (
    _PROGRAM.partition("strategy = ")[0]
    + r"""
@task
async def awaits_thread() -> bool:
    tell_later()
    try:
        return await asyncio.to_thread(threading.Event().wait)
    finally:
        os.write(1, b"cancelled\n")

try:
    run(awaits_thread, strategy=eval(sys.argv[1]))
except KeyboardInterrupt:
    os.write(1, b"interrupted\n")
    os._exit(0)  # Python itself waits for such threads
"""
)


@pytest.mark.parametrize("strategy", ["Sequential()", "Threads(2)", "Asyncio()"])
def test_a_second_interrupt_does_not_wait_for_threads_of_asyncio(strategy: str) -> None:
    """What a coroutine left to `asyncio.to_thread` is waited for after one Ctrl-C, and not after the second."""
    with started(_IN_ASYNCIOS_THREADS, strategy) as program:
        assert program.hear() == "blocks"
        program.send(signal.SIGINT)
        assert program.hear() == "cancelled"
        with pytest.raises(TimeoutError):
            program.hear_within(0.2)
        program.send(signal.SIGINT)
        ended = program.ended()
    assert (ended.code, ended.out, ended.errors) == (0, "interrupted\n", "")
