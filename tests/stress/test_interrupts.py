"""Ctrl-C at any moment of many runs: none is lost, nothing is left, and the next run works."""

from __future__ import annotations

import pytest

from tests.faults.programs import ran

pytestmark = [pytest.mark.stress, pytest.mark.timeout(600)]

_PROGRAM = """
import gc, signal, sys, threading, time
from random import Random
from syncra import *
from tests.stress.drawn_tasks import drawn_plan

plan = Graph.of(*drawn_plan(Random(1), "").nodes[:40]).compile()
unraisable = []
sys.unraisablehook = lambda each: unraisable.append(each.exc_value)
main = threading.main_thread().ident
draw = Random(int(sys.argv[2]))
interrupted = 0

def interrupt(seconds: float) -> None:
    time.sleep(seconds)
    signal.pthread_kill(main, signal.SIGINT)

def interrupted_run(strategy: Strategy) -> None:
    other = threading.Thread(target=interrupt, args=(draw.random() * 0.02,))
    try:
        other.start()
        plan.run(strategy=strategy, on_error="continue")
        other.join()  # it comes after the run
        time.sleep(1)
    finally:
        other.join()

with eval(sys.argv[1]) as strategy:
    expected = plan.run(strategy=strategy, on_error="continue")
    for _ in range(100):
        try:
            interrupted_run(strategy)
        except KeyboardInterrupt:
            interrupted += 1
    again = plan.run(strategy=strategy, on_error="continue")
    is_same = again.failures.keys() == expected.failures.keys() and again.skipped == expected.skipped
gc.collect()
# Where one hits a weak reference's own function, or a `__del__`, Python tells of it and goes on.
swallowed = [each for each in unraisable if isinstance(each, KeyboardInterrupt)]
print(interrupted + len(swallowed), is_same, threading.active_count())
print([each for each in unraisable if each not in swallowed])
"""
_STRATEGIES = [
    "Sequential()",
    "Threads(3)",
    "Asyncio()",
    "Asyncio(offload=True)",
    "Asyncio(max_concurrency=2)",
    "Processes(2)",
]


@pytest.mark.parametrize("strategy", _STRATEGIES)
def test_an_interrupt_at_any_moment_is_raised_once_and_leaves_nothing(strategy: str) -> None:
    """A hundred runs are interrupted while they begin, go on and end: no thread is left, and no warning."""
    ended = ran(_PROGRAM, strategy, "7")
    assert (ended.code, ended.out, ended.errors) == (0, "100 True 1\n[]\n", "")
