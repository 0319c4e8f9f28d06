"""Asyncio: steps on an event loop; how they are driven is in `_on_loop`, imported with asyncio when it is used."""

from __future__ import annotations

from contextvars import ContextVar, copy_context
from functools import partial

from syncra._runs._run import Run
from syncra._strategies._options import worker_count
from syncra._strategies._team import Team
from syncra.errors import OptionError

__all__ = ["Asyncio"]

_MOST_OFFLOADED = 32
# The kept teams whose threads the current code may keep busy, directly or through further runs.
_busy_teams: ContextVar[tuple[Team, ...]] = ContextVar("_busy_teams", default=())


class Asyncio:
    """Runs coroutines on an event loop: the caller's under `arun`, one of its own under `run`.

    Sync tasks run on the loop's thread and block it while they run, or are offloaded to worker threads.

    Args:
        max_concurrency: how many steps may have begun and not ended at once; no limit if left out.
        offload: sync tasks run on worker threads; `@task(offload=True)` asks that for one task. A sync task with a
            timeout is offloaded always.

    Raises:
        OptionError: `max_concurrency` is not a positive whole number.

    Example:
        >>> from syncra import Asyncio, Graph, task
        >>> @task
        ... async def one() -> int:
        ...     return 1
        >>> Graph.of(one).compile().run(strategy=Asyncio(max_concurrency=10))[one]
        1
    """

    def __init__(self, max_concurrency: int | None = None, offload: bool = False) -> None:
        self._limit = worker_count(max_concurrency, default=0, option="max_concurrency")
        if not isinstance(offload, bool):
            raise OptionError(f"offload must be True or False, not {offload!r:.100}")
        self._offload = offload
        self._kept: Team | None = None

    def __enter__(self) -> Asyncio:
        if self._kept is None:
            self._kept = self._team()
        return self

    def __exit__(self, *_: object) -> None:
        """End the kept worker threads."""
        team, self._kept = self._kept, None
        if team is not None:
            team.close()

    def execute(self, run: Run, /) -> None:
        import asyncio

        if asyncio._get_running_loop() is not None:  # this thread's loop: it can't run a second one
            from syncra._strategies._beside_loop import drive_on_thread

            drive_on_thread(self.execute, run)
            return
        from syncra._strategies._own_loop import OwnLoop

        team = self._team_for_run()
        with OwnLoop(leave=partial(self._leave, team)) as loop:
            loop.run(self._drive(run, team))

    async def aexecute(self, run: Run, /) -> None:
        """Drive the run on the running loop. Cancelled, it cancels what waits and lets nothing of the run go on."""
        await self._drive(run, self._team_for_run())

    async def _drive(self, run: Run, team: Team) -> None:
        from syncra._strategies._on_loop import LoopDriver

        try:
            context = copy_context()
            if team is self._kept:
                context.run(_busy_teams.set, (*_busy_teams.get(), team))
            await LoopDriver(run, self._limit, team, context, offload_all=self._offload).drive()
        finally:
            if team is not self._kept:
                team.close()

    def _leave(self, team: Team) -> None:
        """After a second Ctrl-C: what its threads do is left behind, and the next run has others."""
        team.abandon()
        if self._kept is team:
            self._kept = self._team()

    def _team_for_run(self) -> Team:
        # Inside of a task on one of its threads a kept team may have no thread left: this run has its own.
        return self._team() if self._kept is None or self._kept in _busy_teams.get() else self._kept

    def _team(self) -> Team:
        return Team(self._limit or _MOST_OFFLOADED, "offload")

    def __repr__(self) -> str:
        return f"Asyncio(max_concurrency={self._limit or None}, offload={self._offload})"
