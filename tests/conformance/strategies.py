"""Every strategy that the suite is run on, each in the ways in which it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import syncra
from syncra import Asyncio, Sequential, Strategy, Threads
from syncra.testing import Make, Shuffled

__all__ = ["IN_PROCESS", "Way"]


@dataclass(frozen=True)
class Way:
    """A way to use a strategy: a name, and what opens something that gives strategies."""

    name: str
    open: Callable[[], Iterator[Make]]

    def __str__(self) -> str:
        return self.name


def _bare(name: str, make: Make) -> Way:
    def opened() -> Iterator[Make]:
        yield make

    return Way(name, opened)


def _kept(name: str, make: Callable[[], Threads | Asyncio]) -> Way:
    def opened() -> Iterator[Make]:
        with make() as strategy:
            yield lambda: strategy

    return Way(name, opened)


def _on_executor(workers: int) -> Way:
    def opened() -> Iterator[Make]:
        with ThreadPoolExecutor(workers) as executor:
            yield lambda: Threads(executor)

    return Way(f"executor of {workers}", opened)


IN_PROCESS = [
    _bare("Sequential", Sequential),
    _bare("Threads(1)", lambda: Threads(1)),
    _bare("Threads(4)", lambda: Threads(4)),
    _kept("kept Threads(1)", lambda: Threads(1)),
    _kept("kept Threads(2)", lambda: Threads(2)),
    _kept("kept Threads(4)", lambda: Threads(4)),
    _on_executor(1),
    _on_executor(3),
    _bare("Asyncio", Asyncio),
    _bare("Asyncio(offload)", lambda: Asyncio(offload=True)),
    _bare("Asyncio(2)", lambda: Asyncio(max_concurrency=2)),
    _kept("kept Asyncio(1, offload)", lambda: Asyncio(max_concurrency=1, offload=True)),
    _kept("kept Asyncio(offload)", lambda: Asyncio(offload=True)),
    *(_bare(f"Shuffled({seed})", lambda seed=seed: Shuffled(seed)) for seed in range(3)),  # type: ignore[misc]  # a loop variable
    _bare("Shuffled(at_once=2)", lambda: Shuffled(7, at_once=2)),
]


@contextmanager
def opened(way: Way) -> Iterator[Make]:
    """What makes strategies in this way, for as long as the block lasts."""
    yield from way.open()


def processes() -> Callable[[int], Strategy] | None:
    """The strategy of worker processes, where there is one."""
    return getattr(syncra, "Processes", None)
