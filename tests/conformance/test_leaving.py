"""Leaving a run by force: Ctrl-C, and the end of the interpreter, each in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

_SCRIPT = """
import asyncio, logging, threading, sys
from syncra import *

logging.getLogger("asyncio").setLevel(logging.ERROR)  # what took long is told as a warning; lost Tasks are errors

@task
async def waits() -> int:
    print("waiting", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        print("cleaned up", flush=True)
    return 1

@task(retries=Retry(1, delay=3600.0))
def pauses() -> int:
    print("waiting", flush=True)
    raise ValueError

@task
def blocks() -> bool:
    print("waiting", flush=True)
    return threading.Event().wait()

@task(timeout=0.01)
def hangs() -> bool:
    return threading.Event().wait()

@task
def one() -> int:
    return 1

def main() -> None:
    strategy = eval(sys.argv[2])
    node = globals()[sys.argv[1]]
    try:
        with strategy:
            results = Graph.of(node, one).compile().run(strategy=strategy, on_error="continue")
    except KeyboardInterrupt:
        print("interrupted", threading.active_count(), flush=True)
        raise SystemExit(7)
    print(type(results.failures[node]).__name__, results[one], flush=True)

main()
"""


def started(*arguments: str) -> subprocess.Popen[str]:
    """The script with warnings as errors, in a process of its own."""
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", _SCRIPT, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize(
    ("node", "strategy"),
    [
        ("waits", "Sequential()"),
        ("waits", "Threads(1)"),
        ("waits", "Threads(3)"),
        ("waits", "Asyncio()"),
        ("waits", "Asyncio(offload=True)"),
        ("pauses", "Sequential()"),
        ("pauses", "Threads(1)"),
        ("pauses", "Threads(3)"),
        ("pauses", "Asyncio()"),
        ("blocks", "Sequential()"),
        ("blocks", "Threads(1)"),
    ],
)
def test_one_interrupt_ends_a_run(node: str, strategy: str) -> None:
    """Ctrl-C while coroutines, pauses or the caller's own step are waited for is a KeyboardInterrupt of the run,
    which leaves nothing behind.
    """
    with started(node, strategy) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGINT)
        told, errors = process.communicate(timeout=60)
    assert process.returncode == 7, errors
    assert told.endswith("interrupted 1\n")
    assert ("cleaned up" in told) is (node == "waits")
    assert not errors


_PRESSED_IN_ASYNCIO = """
import _weakrefset, signal

pressing = {**vars(_weakrefset), "signal": signal}
exec('''
original = WeakSet.add

def add(self, item):
    if getattr(item, "get_name", str)() == "syncra" and len(self) == 2:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            print("a Task is half made", flush=True)
            raise
    original(self, item)
''', pressing)
_weakrefset.WeakSet.add = pressing["add"]
"""


def test_an_interrupt_in_what_asyncio_calls_is_the_loops() -> None:
    """Where a second Task of the run is being registered by asyncio, Ctrl-C waits until that has been done."""
    program = _SCRIPT.replace("main()\n", f"{_PRESSED_IN_ASYNCIO}\nmain()\n")
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", program, "waits", "Asyncio()"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (7, "waiting\ncleaned up\ninterrupted 1\n", "")


@pytest.mark.parametrize("strategy", ["Sequential()", "Threads(3)", "Asyncio()", "Asyncio(offload=True)"])
def test_a_thread_that_hangs_does_not_keep_the_interpreter(strategy: str) -> None:
    """A sync task that was left behind after its timeout ends with the process."""
    with started("hangs", strategy) as process:
        told, errors = process.communicate(timeout=60)
    assert (process.returncode, told, errors) == (0, "TaskTimeoutError 1\n", "")
