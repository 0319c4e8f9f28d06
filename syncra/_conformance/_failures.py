"""Odd exceptions, attempts and time limits: what a single task may do to a run."""

from __future__ import annotations

import asyncio
import threading
from asyncio import CancelledError
from typing import Any

from syncra._conformance._case import Make, anywhere, holds, in_process, raised
from syncra._conformance._tasks import Refused, joined
from syncra._graph import Graph
from syncra._nodes._decorator import task
from syncra._nodes._node import Node
from syncra._outcome import Failed, Succeeded
from syncra._policy import Retry
from syncra.errors import TaskReturnError, TaskTimeoutError

__all__: list[str] = []  # the cases register themselves


@task
def stops() -> int:
    raise StopIteration(3)


@task
def exits_generator() -> int:
    raise GeneratorExit


@task
def cancels() -> int:
    raise CancelledError


@task
async def cancels_itself() -> int:
    raise CancelledError


@task
def interrupts() -> int:
    raise KeyboardInterrupt


@task
async def exits() -> int:
    raise SystemExit(3)


async def _never_awaited() -> int:
    return 1


@task
def gives_coroutine() -> Any:
    return _never_awaited()


@anywhere
def odd_exceptions_are_ordinary_failures(make: Make) -> None:
    """StopIteration, GeneratorExit and a CancelledError that nobody asked for fail their task, and nothing else."""
    odd: dict[Node[Any], type[BaseException]] = {
        stops: StopIteration,
        exits_generator: GeneratorExit,
        cancels: CancelledError,
        cancels_itself: CancelledError,
    }
    results = Graph.of(*odd, joined).compile().run(strategy=make(), on_error="continue")
    for node, kind in odd.items():
        error = results.failures.get(node)
        holds(
            type(error) is kind,
            f"{node.name} came to {results.outcome(node)}, not to a {kind.__name__}",
        )
    holds(results[joined] == "21 42", "another task was harmed")


@anywhere
def interrupts_stop_the_run(make: Make) -> None:
    """KeyboardInterrupt and SystemExit of a task leave the run as they are, in both error modes."""
    plan, leaving = Graph.of(interrupts).compile(), Graph.of(exits).compile()
    raised(KeyboardInterrupt, lambda: plan.run(strategy=make()))
    raised(KeyboardInterrupt, lambda: plan.run(strategy=make(), on_error="continue"))
    error = raised(SystemExit, lambda: leaving.run(strategy=make(), on_error="continue"))
    holds(error.code == 3, f"the exit code is {error.code!r}")


@anywhere
def a_coroutine_is_never_a_value(make: Make) -> None:
    """A sync task that returns a coroutine has failed."""
    raised(
        TaskReturnError,
        lambda: Graph.of(gives_coroutine).compile().run(strategy=make()),
    )


@task(retries=2)
def always_refuses() -> int:
    raise Refused


@task(retries=Retry(2, delay=0.001, on=Refused))
async def refuses_after_a_pause() -> int:
    raise Refused


@task(retries=Retry(2, on=ValueError))
def refuses_for_good() -> int:
    raise Refused


@task(timeout=0.02)
async def waits_for_ever() -> int:
    await asyncio.Event().wait()
    return 1


@anywhere
def attempts_are_counted(make: Make) -> None:
    """A task is called once and again `retries` times at most; the exceptions of all attempts are in its outcome."""
    for node, further in (
        (always_refuses, 2),
        (refuses_after_a_pause, 2),
        (refuses_for_good, 0),
    ):
        outcome = Graph.of(node).compile().run(strategy=make(), on_error="continue").outcome(node)
        holds(isinstance(outcome, Failed), f"{node.name} came to {outcome}")
        attempts = outcome.attempts if isinstance(outcome, Failed) else ()
        holds(
            len(attempts) == further,
            f"{node.name} was tried again {len(attempts)} times, not {further}",
        )


@anywhere
def coroutines_are_cancelled_when_their_time_is_over(make: Make) -> None:
    """An async task that takes longer than its timeout fails with a TaskTimeoutError."""
    error = raised(
        TaskTimeoutError,
        lambda: Graph.of(waits_for_ever).compile().run(strategy=make()),
    )
    holds(
        (error.name, error.timeout) == ("waits_for_ever", 0.02),
        f"the facts are {error.__dict__}",
    )


@in_process
def a_later_attempt_may_succeed(make: Make) -> None:
    """A task that fails at first and then gives a value has succeeded, and its outcome shows the attempts before."""
    calls: list[int] = []

    @task(retries=3)
    def third_time() -> int:
        calls.append(1)
        if len(calls) < 3:
            raise Refused(len(calls))
        return len(calls)

    outcome = Graph.of(third_time).compile().run(strategy=make()).outcome(third_time)
    holds(isinstance(outcome, Succeeded) and outcome.value == 3, f"it came to {outcome}")
    holds(
        len(outcome.attempts) == 2 if isinstance(outcome, Succeeded) else False,
        f"the attempts are in {outcome}",
    )


@in_process
def threads_are_left_behind_when_their_time_is_over(make: Make) -> None:
    """A sync task that takes longer than its timeout fails, and the run goes on without it."""
    release = threading.Event()

    @task(timeout=0.02)
    def hangs() -> bool:
        return release.wait()

    try:
        results = Graph.of(hangs, joined).compile().run(strategy=make(), on_error="continue")
    finally:
        release.set()
    holds(
        isinstance(results.failures.get(hangs), TaskTimeoutError),
        f"it came to {results.outcome(hangs)}",
    )
    holds(results[joined] == "21 42", "another task was harmed")
