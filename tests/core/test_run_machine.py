"""The state machine of a run alone: it is told what ended, in any order, and runs nothing."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any
from weakref import ref

import pytest

from syncra import Failed, Graph, Node, Retry, Skipped, Succeeded, task
from syncra._programs._program import PENDING, Program
from syncra._programs._steps import Job
from syncra._runs._ended import Ended
from syncra._runs._run import Run
from syncra.errors import ProtocolError

Needs = Mapping[int, Sequence[int]]


class Clock:
    """Hand-made time: it moves when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _sum(number: int, *values: int) -> int:
    return number + sum(values)


def nodes_of(needs: Needs, options: Mapping[int, Mapping[str, Any]] | None = None) -> list[Node[Any]]:
    """Tasks 0, 1, ... of which each adds its number to the values of those that it needs."""
    made: list[Node[Any]] = []
    for number, sources in needs.items():
        made.append(
            task(
                name=f"t{number}",
                arguments={"number": number},
                dependencies=tuple(made[each] for each in sources),
                **(options or {}).get(number, {}),
            )(_sum)
        )
    return made


def program_of(
    needs: Needs,
    targets: Sequence[int] | None = None,
    options: Mapping[int, Mapping[str, Any]] | None = None,
) -> Program:
    """The program of these tasks."""
    nodes = nodes_of(needs, options)
    plan = Graph.of(*nodes).compile(*(nodes[each] for each in targets or ()))
    return plan._program


DIAMOND: Needs = {0: (), 1: (0,), 2: (0,), 3: (1, 2)}


def random_needs(draw: Random, size: int) -> dict[int, list[int]]:
    """Up to three dependencies for each task, among those before it."""
    return {n: sorted(draw.sample(range(n), draw.randint(0, min(3, n)))) for n in range(size)}


def drive(run: Run, draw: Random, fails: Callable[[Job], BaseException | None], at_once: int) -> list[int]:
    """Take steps and end them in a drawn order; the order in which they began."""
    begun: list[int] = []
    running: list[Job] = []
    while running or not run.finished:
        while len(running) < at_once and (step := run.take()) is not None:
            begun.append(step.index)
            running.append(step)
        if not running:
            continue
        step = running.pop(draw.randrange(len(running)))
        error = fails(step)
        if error is None:
            run.succeed(step, step.run(run.values))
        elif run.stopping:
            run.cancelled(step)
        else:
            run.fail(step, error)
    return begun


def in_order(run: Run, fails: Callable[[Job], BaseException | None]) -> None:
    """End the steps row by row, as the only driver does."""
    while (row := run.row()) is not None:
        for index in range(*row):
            step = run.program.steps[index]
            error = fails(step)
            if error is None:
                run.succeed(step, step.run(run.values))
            else:
                run.fail(step, error)
                break


def shown(ended: Ended) -> list[object]:
    """What each step came to, in a form that can be compared."""
    outcomes = [ended.outcome(index) for index in range(len(ended.program.steps))]
    return [(str(each.error), len(each.attempts)) if isinstance(each, Failed) else each for each in outcomes]


@pytest.mark.parametrize("seed", range(60))
def test_every_order_of_ending_comes_to_the_same(seed: int) -> None:
    """In order and counted, with one step at a time or many, values, failures and skips are equal; each step began
    once, and after all that it needs.
    """
    draw = Random(seed)
    needs = random_needs(draw, 25)
    failing = set(draw.sample(range(25), draw.randint(0, 4)))
    targets = draw.choice([None, sorted(draw.sample(range(25), 3))])
    program = program_of(needs, targets)

    def fails(step: Job) -> BaseException | None:
        return ValueError(step.node.name) if int(step.node.name[1:]) in failing else None

    first = Run(program, {}, goes_on=True)
    in_order(first, fails)
    expected = first.end()
    for at_once in (1, 3, 100):
        run = Run(program, {}, goes_on=True)
        begun = drive(run, draw, fails, at_once)
        ended = run.end()
        kept = range(len(program.steps)) if program.targets is None else program.targets
        assert [shown(ended)[n] for n in kept] == [shown(expected)[n] for n in kept]
        assert ended.failures().keys() == expected.failures().keys()
        assert ended.skips() == expected.skips()
        assert len(begun) == len(set(begun)) == len(program.steps) - len(ended.skips())
        place = {index: number for number, index in enumerate(begun)}
        for index in begun:
            assert all(place[source] < place[index] for source in program.steps[index].sources)


@pytest.mark.parametrize("given", [{1: 100}, {1: 100, 2: 200}, {3: 7}])
def test_steps_with_given_values_are_not_called(given: dict[int, int]) -> None:
    """Overridden steps are passed over in both phases."""
    program = program_of(DIAMOND)
    first, second = Run(program, given), Run(program, given)
    in_order(first, lambda _: None)
    begun = drive(second, Random(1), lambda _: None, 4)
    assert not set(begun) & set(given)
    assert shown(first.end()) == shown(second.end())


def test_a_failure_stops_a_run_that_does_not_go_on() -> None:
    """Nothing more is given out; what runs may still end in any way; the first in the plan's order is the error."""
    program = program_of({0: (), 1: (), 2: (), 3: ()})
    run = Run(program, {}, strategy="Test")
    steps = [step for step in (run.take(), run.take(), run.take()) if step is not None]
    late, early = ValueError("late"), KeyError("early")
    run.fail(steps[1], late)
    assert (run.stopping, run.ready, run.take(), run.finished) == (True, 0, None, False)
    run.fail(steps[0], early)
    run.succeed(steps[2], 1)
    assert run.finished
    error = run.end().error
    assert error is early
    assert early.__notes__ == ["task 't0' of the graph failed under Test", "meanwhile 't1' failed too"]


def test_interrupts_stop_a_run_that_goes_on() -> None:
    """KeyboardInterrupt and SystemExit are what the run raises, whatever failed before."""
    for interrupt in (KeyboardInterrupt(), SystemExit(2)):
        run = Run(program_of({0: (), 1: (), 2: ()}), {}, goes_on=True)
        first, second = run.take(), run.take()
        assert first is not None
        assert second is not None
        run.fail(first, ValueError())
        run.fail(second, interrupt)
        assert run.take() is None
        assert run.finished
        assert run.end().error is interrupt


def test_misuse_is_a_protocol_error() -> None:
    """Ending what does not run, ending twice, cancelling a run that goes on, and leaving early are told."""
    program = program_of(DIAMOND)
    run = Run(program, {})
    with pytest.raises(ProtocolError):
        run.succeed(program.steps[2], 1)
    with pytest.raises(ProtocolError):
        run.advance(9)
    step = run.take()
    assert step is not None
    with pytest.raises(ProtocolError):
        run.cancelled(step)
    with pytest.raises(ProtocolError):
        run.fail(program.steps[3], ValueError())
    with pytest.raises(ProtocolError, match="before the run had ended"):
        run.end()
    run.succeed(step, 0)
    misuses: list[Callable[[], None]] = [
        lambda: run.succeed(step, 0),
        lambda: run.fail(step, ValueError()),
        lambda: run.advance(1),
    ]
    for misuse in misuses:
        with pytest.raises(ProtocolError):
            misuse()
    assert run.row() is None
    run.stop()
    with pytest.raises(ProtocolError, match="did not say why"):
        run.end()


def test_attempts_follow_their_delays_on_the_clock() -> None:
    """A delayed step is ready when its time has come, not before, in either phase; at most 1 + retries attempts."""
    retry = Retry(2, delay=10.0, backoff=3.0)
    program = program_of({0: (), 1: (0,)}, options={0: {"retries": retry}})
    for begin_in_order in (True, False):
        clock = Clock()
        run = Run(program, {}, goes_on=True, clock=clock)
        errors = [ValueError(n) for n in range(3)]
        step = program.steps[0] if begin_in_order else run.take()
        assert step is not None
        run.fail(step, errors[0])
        for error, seconds in zip(errors[1:], (10.0, 30.0), strict=True):
            assert (run.take(), run.ready, run.finished) == (None, 0, False)
            assert run.delay() == seconds
            clock.now += seconds / 2
            assert run.take() is None
            clock.now += seconds / 2
            assert (run.delay(), run.ready) == (0.0, 1)
            assert run.take() is step
            run.fail(step, error)
        assert run.finished
        ended = run.end()
        assert ended.outcome(0) == Failed(errors[2], tuple(errors[:2]))
        assert isinstance(ended.outcome(1), Skipped)
        assert "in attempt 3" in errors[2].__notes__[0]


def test_a_later_attempt_succeeds_in_both_phases() -> None:
    """Its outcome has the exceptions of the attempts before; without a delay the row begins with the step again."""
    program = program_of({0: (), 1: (0,)}, options={0: {"retries": 1}})
    first = ValueError("first")
    run = Run(program, {})
    run.fail(program.steps[0], first)
    assert run.row() == (0, 2)
    in_order(run, lambda _: None)
    assert run.end().outcome(0) == Succeeded(0, (first,))
    counted = Run(program, {})
    step = counted.take()
    assert step is not None
    counted.fail(step, first)
    assert counted.take() is step
    counted.succeed(step, 0)
    last = counted.take()
    assert last is not None
    counted.succeed(last, 1)
    assert counted.end().outcome(0) == Succeeded(0, (first,))


def test_no_attempt_follows_when_the_run_is_stopping() -> None:
    """A step that fails while the run stops has failed, however many retries it has left."""
    program = program_of({0: (), 1: ()}, options={1: {"retries": 5}})
    run = Run(program, {})
    first, second = run.take(), run.take()
    assert first is not None
    assert second is not None
    run.fail(first, ValueError())
    run.fail(second, ValueError())
    assert run.finished
    assert run.end().failures().keys() == {0, 1}


def test_cancelled_steps_are_skipped_and_the_stop_is_told() -> None:
    """`stop` tells the driver once, from wherever it is called, and its exception is what the run raises."""
    told: list[str] = []
    run = Run(program_of({0: (), 1: ()}), {})
    run.when_stopped(lambda: told.append("stopped"))
    step = run.take()
    assert step is not None
    reason = RuntimeError("enough")
    run.stop(reason)
    assert told == ["stopped"]
    run.cancelled(step)
    ended = run.end()
    assert ended.error is reason
    assert isinstance(ended.outcome(0), Skipped)


class Value:
    """Something that a weak reference can watch."""


def make() -> Value:
    return Value()


def use(value: Value) -> int:
    return id(value)


@pytest.mark.parametrize("phase", ["in order", "counted"])
@pytest.mark.parametrize("ending", ["succeeds", "fails", "overridden"])
def test_values_are_freed_with_their_last_use(phase: str, ending: str) -> None:
    """With targets no value outlives its last consumer, whether that succeeds, fails or is overridden."""
    source = task(name="make")(make)
    first = task(name="first", dependencies=source)(use)
    last = task(name="last", dependencies=source, after=first)(use)
    other = task(name="other", after=last)(lambda: 1)
    program = Graph.of(other).compile(other)._program
    index = {step.node.name: step.index for step in program.steps}
    run = Run(program, {index["last"]: 0} if ending == "overridden" else {}, goes_on=True)
    watched: list[ref[Value]] = []
    gc.disable()
    try:
        while not run.finished:
            step = run.take() if phase == "counted" else program.steps[(run.row() or (0, 0))[0]]
            assert step is not None
            if step.node.name == "last" and ending == "fails":
                run.fail(step, ValueError())
                continue
            value = step.run(run.values)
            if step.node is source:
                watched.append(ref(value))
            run.succeed(step, value)
            del value
        ended = run.end()
        assert watched[0]() is None
    finally:
        gc.enable()
    kept = [slot for slot in range(len(program.steps)) if ended.values[slot] is not PENDING]
    assert kept == ([] if ending == "fails" else [index["other"]])
