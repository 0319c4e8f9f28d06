"""Two ways to do the same, timed in turns in one process: machines drift, ratios of neighbours hold."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import median

__all__ = ["Ratio", "in_turns", "in_turns_on_loop"]


@dataclass(frozen=True)
class Ratio:
    """The medians of both ways, and of the ratios of neighbouring repeats.

    Attributes:
        ours, theirs: seconds.
        ratio: ours over theirs.
    """

    ours: float
    theirs: float
    ratio: float


_LONG_ENOUGH = 0.01


def in_turns(ours: Callable[[], object], theirs: Callable[[], object], *, repeats: int = 15) -> Ratio:
    """Time both, one after the other, again and again; short calls are made several times a turn."""
    often = _times(_seconds(ours, 1)), _times(_seconds(theirs, 1))
    pairs = [(_seconds(ours, often[0]), _seconds(theirs, often[1])) for _ in range(repeats + 1)]
    return _ratio(pairs[1:])


async def in_turns_on_loop(
    ours: Callable[[], Awaitable[object]], theirs: Callable[[], Awaitable[object]], *, repeats: int = 15
) -> Ratio:
    """The same on the running event loop."""
    often = _times(await _seconds_awaited(ours, 1)), _times(await _seconds_awaited(theirs, 1))
    pairs = [
        (await _seconds_awaited(ours, often[0]), await _seconds_awaited(theirs, often[1])) for _ in range(repeats + 1)
    ]
    return _ratio(pairs[1:])


def _times(seconds: float) -> int:
    return max(1, round(_LONG_ENOUGH / seconds))


def _ratio(pairs: list[tuple[float, float]]) -> Ratio:
    return Ratio(
        median(ours for ours, _ in pairs),
        median(theirs for _, theirs in pairs),
        median(ours / theirs for ours, theirs in pairs),
    )


def _seconds(call: Callable[[], object], times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - began) / times


async def _seconds_awaited(call: Callable[[], Awaitable[object]], times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        await call()
    return (time.perf_counter() - began) / times
