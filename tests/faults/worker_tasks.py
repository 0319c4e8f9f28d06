"""Tasks for worker processes, which import them from here by name."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from syncra import Graph, Input, Node, Processes, Retry, depends, task
from syncra.errors import WorkerDiedError

setting: ContextVar[str] = ContextVar("setting", default="unset")
lock = threading.Lock()
mark = Input[Path]("mark")
number = Input[int]("number", default=1)
anything = Input[object]("anything")


class TwoError(Exception):
    """Pickles, and does not unpickle: it is made of two arguments and keeps one."""

    def __init__(self, left: int, right: int) -> None:
        super().__init__(left + right)


class LockedError(Exception):
    """Does not pickle."""

    def __init__(self) -> None:
        super().__init__("locked")
        self.lock = threading.Lock()


class MuteError(Exception):
    """Says nothing and can't be pickled."""

    def __str__(self) -> str:
        raise RuntimeError

    __repr__ = __str__

    def __reduce__(self) -> NoReturn:
        raise RuntimeError


@dataclass(frozen=True)
class FrozenError(Exception):
    """Nothing of it can be set."""

    code: int


class LoudError(Exception):
    """Says 50 million characters."""

    def __str__(self) -> str:
        return "loud " * 10_000_000


class FatalError(BaseException):
    """Not an Exception."""


class Unloadable:
    """A value that pickles, and raises as it is unpickled."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return _refuse, ("as it was unpickled",)


def _refuse(why: str) -> NoReturn:
    raise ValueError(why)


class Hostile:
    """A value that raises at whatever is asked of it, but pickles."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    __hash__ = None  # type: ignore[assignment]  # what is tested

    def __bool__(self) -> bool:
        raise RuntimeError

    def __len__(self) -> int:
        raise RuntimeError

    def __repr__(self) -> str:
        raise RuntimeError

    @property  # type: ignore[misc]  # what is tested
    def __class__(self) -> type:  # pyright: ignore[reportIncompatibleMethodOverride]
        raise RuntimeError

    def __reduce__(self) -> tuple[type[Hostile], tuple[()]]:
        return Hostile, ()


# ------------------------------------------------------------------ deaths


@task
def killed() -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 1


@task
def segfaults() -> int:
    os.kill(os.getpid(), signal.SIGSEGV)
    return 1


@task
def terminated() -> int:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(60)
    return 1


@task
def leaves_well() -> int:
    os._exit(0)


@task
def leaves_badly() -> int:
    os._exit(7)


@task
def closes_descriptors() -> int:
    os.closerange(3, 256)
    return 1


@task
async def dies_awaiting() -> int:
    await asyncio.sleep(0)
    os._exit(9)


@task
def needs_killed(value: int = depends(killed)) -> int:
    return value


@task(retries=2)
def dies_once(place: Path = depends(mark)) -> str:
    if place.exists():
        return "second attempt"
    place.touch()
    os._exit(3)


@task(retries=Retry(3, on=WorkerDiedError))
def dies_then_raises(place: Path = depends(mark)) -> str:
    if place.exists():
        raise ValueError("no death, so no further attempt")
    place.touch()
    os.kill(os.getpid(), signal.SIGKILL)
    return ""


@task(retries=2)
def always_dies() -> int:
    os._exit(1)


# ------------------------------------------------------------------ time limits


@task(timeout=0.2)
def spins() -> int:
    while True:
        pass


@task(timeout=0.2)
def stops_itself() -> int:
    os.kill(os.getpid(), signal.SIGSTOP)
    return 1


@task(timeout=0.2, retries=1)
async def swallows_cancellation() -> int:
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            continue


@task(timeout=30.0)
def in_time() -> int:
    return 1


@task(timeout=2.0, retries=1)
def slow_twice(place: Path = depends(mark)) -> str:
    time.sleep(1.2)
    if place.exists():
        return "second attempt"
    place.touch()
    raise ValueError


@task
def hangs(place: Path = depends(mark)) -> int:
    place.touch()
    time.sleep(60)
    return 1


@task(retries=Retry(1, delay=3600.0))
def pauses(place: Path = depends(mark)) -> int:
    place.touch()
    raise ValueError


# ------------------------------------------------------------------ exceptions


@task
def raises_two() -> int:
    raise TwoError(1, 2)


@task
def raises_locked() -> int:
    raise LockedError


@task
def raises_mute() -> int:
    raise MuteError


@task
def raises_frozen() -> int:
    raise FrozenError(3)


@task
def raises_loud() -> int:
    raise LoudError


@task
def raises_fatal() -> int:
    raise FatalError


@task
def raises_memory() -> int:
    raise MemoryError


@task
def raises_recursion() -> int:
    return raises_recursion()


@task
def raises_circle() -> int:
    first, second = ValueError("first"), KeyError("second")
    first.__cause__, second.__cause__ = second, first
    raise first


@task
def raises_long_chain() -> int:
    error = ValueError(0)
    for place in range(5_000):
        further = ValueError(place)
        further.__context__ = error
        error = further
    raise error


@task
def raises_group() -> int:
    raise ExceptionGroup("two", [ValueError(1), ExceptionGroup("inner", [KeyError(2)])])


@task
async def stops_iteration() -> int:
    raise StopAsyncIteration


# ------------------------------------------------------------------ values


@task
def gives_lock() -> Any:
    return threading.Lock()


@task
def gives_unloadable() -> Any:
    return Unloadable()


@task
def gives_generator() -> Iterator[int]:
    yield 1


@task
def gives_coroutine() -> Any:
    return asyncio.sleep(0)


@task
def gives_future() -> Any:
    return concurrent.futures.Future[int]()


@task
def gives_node() -> Any:
    return number


@task
def gives_exception() -> Any:
    return ValueError("a value")


@task
def gives_nan() -> Any:
    return float("nan")


@task
def gives_hostile() -> Any:
    return Hostile()


@task
def takes_hostile(value: Any = depends(gives_hostile)) -> str:
    return type(value).__name__


@task(dependencies=anything)
def takes_anything(value: object) -> str:
    return type(value).__name__


# ------------------------------------------------------------------ what belongs to a process


@task
def closes_output() -> int:
    sys.stdout.close()
    return 1


@task
def writes_much() -> int:
    sys.stdout.write("x" * 1_000_000)
    return 1


@task
def changes_process() -> int:
    os.chdir("/")
    os.environ["FAULTS"] = "changed"
    sys.setrecursionlimit(10_000)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return 1


@task
def sees_setting() -> str:
    return setting.get()


@task
def uses_lock() -> bool:
    with lock:
        return True


@task
def process_id() -> int:
    return os.getpid()


@task
def one() -> int:
    return 1


@task
async def one_async() -> int:
    await asyncio.sleep(0)
    return 1


def nested(depth: int) -> int:
    """The depth that runs inside of runs reach, each in a worker of the one before."""
    if not depth:
        return 0
    deeper: Node[int] = task(name="deeper", arguments={"depth": depth - 1})(nested)
    return 1 + Graph.of(deeper).compile().run(strategy=Processes(1))[deeper]
