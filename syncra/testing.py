"""For those who write a strategy: a suite that says whether it keeps the contract of a run, and a strategy that
finds mistakes of order in one thread.

    import pytest
    from syncra.testing import Case, conformance_cases

    @pytest.mark.parametrize("case", conformance_cases(), ids=str)
    def test_my_strategy_keeps_the_contract(case: Case) -> None:
        case(MyStrategy)
"""

from __future__ import annotations

import time
from contextvars import Context, copy_context
from random import Random
from typing import Any

from syncra._conformance import Case, Make, conformance_cases
from syncra._programs._steps import Job, Step
from syncra._runs._run import Run
from syncra._strategies._calling import call_within
from syncra._strategies._loops import PrivateLoop

__all__ = [
    "Case",
    "Job",
    "Make",
    "Run",
    "Shuffled",
    "Step",
    "check_strategy",
    "conformance_cases",
]


def check_strategy(make: Make, *, in_process: bool = True) -> None:
    """Run every case of the suite on strategies that `make` gives.

    Args:
        make: gives a strategy that is ready to run; called once or more for each case.
        in_process: the strategy calls tasks in the caller's process. Otherwise the cases are left out that watch
            tasks through objects they share with them.

    Raises:
        ExceptionGroup: of one AssertionError for each case that failed, each with the fact that does not hold.

    Example:
        >>> from syncra import Sequential
        >>> from syncra.testing import check_strategy
        >>> check_strategy(Sequential)
    """
    failures: list[Exception] = []
    for case in conformance_cases(in_process=in_process):
        try:
            case(make)
        except Exception as error:  # noqa: BLE001 - whatever a stranger's strategy raises
            error.add_note(f"case {case.name}: {case.fact}")
            failures.append(error)
    if failures:
        raise ExceptionGroup(f"the strategy breaks {len(failures)} rules of the contract", failures)


class Shuffled:
    """Runs every step in the caller's thread, in an order that is drawn; the same seed draws the same order.

    A step is called as late as its turn to end is drawn, whatever began before it; so one thread goes through the
    orders that a pool of threads goes through once a month.

    Args:
        seed: of the order.
        at_once: how many steps at most are open to be drawn; any number, if left out.

    Example:
        >>> from syncra import Graph, task
        >>> from syncra.testing import Shuffled
        >>> @task
        ... def one() -> int:
        ...     return 1
        >>> Graph.of(one)(strategy=Shuffled(seed=7))[one]
        1
    """

    def __init__(self, seed: int, *, at_once: int | None = None) -> None:
        self._seed = seed
        self._at_once = at_once

    def execute(self, run: Run, /) -> None:
        """Drive the run to its end."""
        draw = Random(self._seed)
        context = copy_context()
        begun: list[Job] = []
        while begun or not run.finished:
            while (self._at_once is None or len(begun) < self._at_once) and (step := run.take()) is not None:
                begun.append(step)
            if not begun:
                time.sleep(run.delay() or 0.0)
                continue
            step = begun.pop(draw.randrange(len(begun)))
            if run.stopping:
                run.cancelled(step)
                continue
            try:
                value = _value(step, run, context.copy())
            except BaseException as error:  # noqa: BLE001 - told to the run, which decides whether it goes on
                run.fail(step, error)
            else:
                run.succeed(step, value)
                del value  # the run frees it after its last use, and nobody else may hold it until then

    def __repr__(self) -> str:
        limit = "" if self._at_once is None else f", at_once={self._at_once}"
        return f"Shuffled({self._seed}{limit})"


def _value(step: Job, run: Run, context: Context) -> Any:  # Any: the node's value
    if step.is_async:
        loop = PrivateLoop()
        try:
            return loop.value(step, run, context)
        finally:
            loop.close()
    if step.policy.timeout is not None:
        return call_within(step, lambda: context.run(step.run, run.values))
    return context.run(step.run, run.values)
