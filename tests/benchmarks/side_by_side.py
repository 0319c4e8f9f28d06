"""Two ways to do the same, timed in turns in one process: machines drift, ratios of neighbours hold."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
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
_WARM_UP = 2  # what is worked out at a first call is not what a call costs


def in_turns(ours: Callable[[], object], theirs: Callable[[], object], *, repeats: int = 15) -> Ratio:
    """Time both again and again, each first in every other turn; short calls are made several times a turn."""
    both = ours, theirs
    seconds = [min(_seconds(each, 1) for _ in range(_WARM_UP)) for each in both]
    often = [_times(each) for each in seconds]
    turns = [[0.0, 0.0] for _ in range(repeats)]
    for number, turn in enumerate(turns):
        for which in (number % 2, 1 - number % 2):
            turn[which] = _seconds(both[which], often[which])
    return _ratio(turns)


async def in_turns_on_loop(
    ours: Callable[[], Awaitable[object]], theirs: Callable[[], Awaitable[object]], *, repeats: int = 15
) -> Ratio:
    """The same on the running event loop."""
    both = ours, theirs
    seconds = [min([await _seconds_awaited(each, 1) for _ in range(_WARM_UP)]) for each in both]
    often = [_times(each) for each in seconds]
    turns = [[0.0, 0.0] for _ in range(repeats)]
    for number, turn in enumerate(turns):
        for which in (number % 2, 1 - number % 2):
            turn[which] = await _seconds_awaited(both[which], often[which])
    return _ratio(turns)


def _times(seconds: float) -> int:
    return max(1, round(_LONG_ENOUGH / seconds))


def _ratio(pairs: Sequence[Sequence[float]]) -> Ratio:
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
