"""What is true of every graph, whatever its shape, its failures and the order in which its tasks end."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from generators import DrawnError, Job, jobs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncra import Asyncio, Failed, Node, Results, Sequential, Skipped, Strategy, Succeeded, Threads
from syncra.testing import Shuffled

EXAMPLES = settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(
    scope="module", params=[Threads(3), Asyncio(), Asyncio(offload=True), Asyncio(max_concurrency=1)], ids=repr
)
def strategy(request: pytest.FixtureRequest) -> Iterator[Strategy]:
    with request.param as kept:
        yield kept


def told(results: Results) -> list[object]:
    """Everything that results say, in a form that two runs can be compared in."""
    said: list[object] = [(node, outcome_told(results, node)) for node in results]
    said.append([(node, error.args) for node, error in results.failures.items()])
    said.append(dict(results.skipped))
    return said


def outcome_told(results: Results, node: Node[Any]) -> object:
    """What one node came to; exceptions are compared by what they hold."""
    outcome = results.outcome(node)
    if isinstance(outcome, Skipped):
        return outcome
    came_to = outcome.error.args if isinstance(outcome, Failed) else outcome.value
    return type(outcome), came_to, [each.args for each in outcome.attempts]


@EXAMPLES
@given(job=jobs())
def test_every_strategy_gives_equal_results(strategy: Strategy, job: Job) -> None:
    """Values, failures, skips and attempts are those of a sequential run."""
    assert told(job.run(strategy)) == told(job.run(Sequential()))


@EXAMPLES
@given(job=jobs(), seed=st.integers(0, 2**32), at_once=st.sampled_from([1, 2, None]))
def test_the_order_of_ending_changes_nothing(job: Job, seed: int, at_once: int | None) -> None:
    """However steps end, results are those of a sequential run, and so is the number of calls of each task."""
    expected, calls = told(job.run(Sequential())), dict(job.attempts.calls)
    assert told(job.run(Shuffled(seed, at_once=at_once))) == expected
    assert job.attempts.calls == calls


@EXAMPLES
@given(job=jobs(), seed=st.integers(0, 2**32))
def test_every_task_has_one_outcome_and_is_skipped_for_a_reason(job: Job, seed: int) -> None:
    """A task is skipped if and only if something it needs failed or was skipped for that, or nobody needs it."""
    plan = job.graph.compile()
    results = job.run(Shuffled(seed), plan)
    assert list(results) == list(plan.nodes)
    place_of = {node: place for place, node in enumerate(job.nodes)}
    for place, node in enumerate(job.nodes):
        outcome = results.outcome(node)
        if place in job.bound:
            assert outcome == Succeeded(job.bound[place])
            continue
        sources = [results.outcome(job.nodes[each]) for each in job.needs_of(place)]
        broken = any(isinstance(each, Failed) or (isinstance(each, Skipped) and each.causes) for each in sources)
        if isinstance(outcome, Skipped) and not outcome.causes:
            takers = [n for n in range(len(job.nodes)) if place in job.needs_of(n)]
            assert takers
            assert all(n in job.bound or isinstance(results.outcome(job.nodes[n]), Skipped) for n in takers)
        else:
            assert isinstance(outcome, Skipped) is broken
            if isinstance(outcome, Skipped):
                assert all(isinstance(results.outcome(each), Failed) for each in outcome.causes)  # type: ignore[arg-type]  # nodes
                assert {place_of[each] for each in outcome.causes} <= _upstream(job, place)  # type: ignore[index]  # nodes


def _upstream(job: Job, place: int) -> set[int]:
    found: set[int] = set()
    waiting = [place]
    while waiting:
        for each in job.needs_of(waiting.pop()):
            if each not in found:
                found.add(each)
                waiting.append(each)
    return found


@EXAMPLES
@given(job=jobs(), seed=st.integers(0, 2**32))
def test_a_task_is_called_as_often_as_its_attempts_say(job: Job, seed: int) -> None:
    """Never more than 1 + retries times, as often as it failed and once more where it succeeded, never when skipped."""
    plan = job.graph.compile()
    results = job.run(Shuffled(seed), plan)
    for place, shape in enumerate(job.shapes):
        outcome: Any = results.outcome(job.nodes[place + 2])
        calls = job.attempts.calls.get(place, 0)
        assert calls <= 1 + shape.retries
        if isinstance(outcome, Skipped) or place + 2 in job.bound:
            assert calls == 0
        else:
            assert calls == len(outcome.attempts) + 1
            assert isinstance(outcome, Failed) is shape.is_doomed


@EXAMPLES
@given(job=jobs(), seed=st.integers(0, 2**32))
def test_narrowing_to_targets_equals_running_all_and_picking(job: Job, seed: int) -> None:
    """What a target comes to does not depend on what else is asked for, and nothing else is kept."""
    if not job.wanted:
        return
    narrow = job.run(Shuffled(seed))
    assert set(narrow) == {job.nodes[place] for place in job.wanted}
    whole = job.graph.compile(*job.nodes)
    everything = job.run(Sequential(), whole)
    for node in narrow:
        assert outcome_told(narrow, node) == outcome_told(everything, node)


@EXAMPLES
@given(job=jobs(), seed=st.integers(0, 2**32))
def test_a_run_that_raises_raises_a_tasks_own_failure(job: Job, seed: int) -> None:
    """It raises if and only if a run that goes on has a failure, and then one of these."""
    expected = {error.args for error in job.run(Sequential()).failures.values()}
    job.attempts.calls.clear()
    plan = job.plan
    bindings = [job.nodes[n].bind(value) for n, value in job.bound.items() if job.nodes[n] in plan.nodes]
    if not expected:
        plan.run(*bindings, strategy=Shuffled(seed))
        return
    with pytest.raises(DrawnError) as raised:
        plan.run(*bindings, strategy=Shuffled(seed))
    assert raised.value.args in expected


@settings(max_examples=30)
@given(edges=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=8), wanted=st.integers(0, 5))
def test_a_plan_pickles_unchanged(edges: list[tuple[int, int]], wanted: int) -> None:
    """Steps, slots, sources and results of the plan that comes back are the same."""
    from pickled_graphs import graph_of

    graph = graph_of(edges)
    plan = graph.compile(*list(graph)[:wanted])
    again = pickle.loads(pickle.dumps(plan))
    for mine, theirs in zip(again._program.steps, plan._program.steps, strict=True):
        assert (mine.index, mine.slots, mine.sources) == (theirs.index, theirs.slots, theirs.sources)
        assert (mine.node.name, mine.is_async, mine.policy) == (theirs.node.name, theirs.is_async, theirs.policy)
    assert list(again.run().values()) == list(plan.run().values())
