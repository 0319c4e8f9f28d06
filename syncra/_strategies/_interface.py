"""What a strategy is: it drives a run, and holds no scheduling logic of its own."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from syncra._runs._run import Run

__all__ = ["AsyncStrategy", "Strategy"]


@runtime_checkable
class Strategy(Protocol):
    """Where and when the steps of a run are called.

    A strategy takes ready steps from the run, calls them, and tells the run how each of them ended. When `execute` has
    returned or raised, nothing of the run is still running. `docs/how-to/write-a-strategy.md` builds one.
    """

    def execute(self, run: Run, /) -> None:
        """Drive the run to its end; failures of steps are told to the run and not raised here."""
        ...


@runtime_checkable
class AsyncStrategy(Strategy, Protocol):
    """A strategy that can also drive a run on the event loop of its caller."""

    async def aexecute(self, run: Run, /) -> None:
        """The twin of `execute` on the running loop."""
        ...
