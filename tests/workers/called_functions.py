"""Functions that the tests have workers call; a module that a worker can import."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import itertools
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

marker: contextvars.ContextVar[str] = contextvars.ContextVar("marker", default="unset")
lock = threading.Lock()
"""A module-level lock: whoever pickles this module's functions by value fails."""
_calls = itertools.count(1)


def add(left: int, right: int = 1) -> int:
    return left + right


def process_id() -> int:
    return os.getpid()


def identity(value: Any) -> Any:
    return value


def count_calls() -> int:
    """How often this process has called it: state of the module, as functions by reference see it."""
    with lock:
        return next(_calls)


def at_gate(gate: str, act: Callable[..., Any], *arguments: Any) -> Any:
    """Wait until somebody has opened this fifo for writing and closed it again, and then do something."""
    Path(gate).read_text()
    return act(*arguments)


def open_gate(gate: str) -> None:
    """Let whoever waits at this fifo go on."""
    Path(gate).write_text("open")


def touch(path: str) -> None:
    Path(path).touch()


def text(size: int) -> str:
    return "1" * size


def kill_self(number: int) -> None:
    os.kill(os.getpid(), number)
    signal.pause()


def leave(code: int) -> None:
    os._exit(code)


def hang() -> None:
    signal.pause()


def raise_error(error: BaseException) -> None:
    raise error


def raise_chain() -> None:
    try:
        try:
            raise KeyError("context")
        except KeyError:
            raise OSError(2, "cause") from None
    except OSError as cause:
        error = ValueError("the error")
        error.add_note("a note")
        raise error from cause


def give_lock() -> threading.Lock:
    return threading.Lock()


def set_marker(value: str) -> str:
    before = marker.get()
    marker.set(value)
    return before


async def add_async(left: int, right: int) -> int:
    await asyncio.sleep(0)
    return left + right


async def leave_task_behind() -> int:
    task = asyncio.create_task(asyncio.sleep(3_600))
    _left_behind.append(task)
    return id(task)


async def left_behind_is_done() -> bool:
    return all(task.done() for task in _left_behind)


_left_behind: list[asyncio.Task[None]] = []


async def raise_cancelled() -> None:
    raise asyncio.CancelledError("by itself")


def give_coroutine() -> Any:
    return add_async(1, 2)


class Wrapped:
    """Stands where a function was, as a decorator leaves it."""

    __wrapped__: Any

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)

    def __call__(self, *arguments: Any) -> Any:
        raise AssertionError("the wrapper was called, not the function in it")


@Wrapped
@Wrapped
def replaced(value: int) -> int:
    with lock:
        return value * 2


class Counter:
    """Has every kind of method."""

    def __init__(self, start: int) -> None:
        self.start = start

    def __call__(self, step: int) -> int:
        return self.start + step

    def method(self, step: int) -> int:
        return self.start + step

    @staticmethod
    def static(step: int) -> int:
        return step + 1

    @classmethod
    def of_class(cls, step: int) -> tuple[str, int]:
        return cls.__name__, step


class TwoArgumentsError(Exception):
    """Pickles, but does not unpickle."""

    def __init__(self, left: str, right: str) -> None:
        super().__init__(f"{left}-{right}")


class LockError(Exception):
    """Does not pickle."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.lock = threading.Lock()


class TextlessError(Exception):
    """Has no text to show."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


def length(value: Any) -> int:
    return len(value)


def ones(count: int) -> Any:
    import numpy as np

    return np.ones(count, dtype=np.uint8)


class Travels:
    """Does something while it is pickled or unpickled, if it does so in the given process."""

    def __init__(self, act: Callable[..., Any], *arguments: Any, when: str) -> None:
        self.act = (act, arguments, when)

    def __getstate__(self) -> Any:
        act, arguments, when = self.act
        if when == "pickled":
            act(*arguments)
        return self.act

    def __setstate__(self, state: Any) -> None:
        self.act = state
        act, arguments, when = state
        if when == "unpickled":
            act(*arguments)


def give_travelling(act: Callable[..., Any], arguments: tuple[Any, ...], when: str) -> Travels:
    return Travels(act, *arguments, when=when)


def fork_and_die() -> None:
    """Leave a child behind that has inherited everything, and be killed."""
    if os.fork() == 0:
        signal.alarm(30)
        signal.pause()
    os.kill(os.getpid(), signal.SIGKILL)


def run_command_and_die() -> None:
    """Leave a program running that has inherited what programs inherit, and be killed."""
    os.system("sleep 30 &")
    os.kill(os.getpid(), signal.SIGKILL)


def nested_sum(numbers: list[int]) -> tuple[int, int]:
    """The sum from a pool in this worker, and that pool's size."""
    from pool_driving import values_on

    from syncra._workers import WorkerPool

    with WorkerPool() as pool, pool.lease() as lease:
        return sum(values_on(lease, *[(add, (number, 0)) for number in numbers])), pool.max_workers


def spin() -> None:
    """Computes for ever in C code that keeps the interpreter's lock."""
    sum(range(10**15))


def signals() -> tuple[Any, Any]:
    return signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)


def fill_memory() -> Any:
    return bytes(1) * (1 << 46)
