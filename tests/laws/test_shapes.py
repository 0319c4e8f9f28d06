"""Laws of graphs with fan-outs, choices and recoveries: they come to what plain Python makes of them, everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from shaped_graphs import ByHand, Drawn, bound_graphs, drawn_graphs, told

from syncra import (
    Asyncio,
    Failed,
    Graph,
    Input,
    Outcome,
    Processes,
    Results,
    Sequential,
    Skipped,
    Strategy,
    Succeeded,
    Threads,
    each_outcome,
    function,
    task,
)
from syncra.errors import CaseNotFoundError
from syncra.testing import Shuffled


def compared(drawn: Drawn, results: Results) -> dict[int, Any]:
    """What each node of the results came to, by place.

    Nodes that were not needed are left out, and the input, which has its value whether it is needed or not.
    """
    places = {node: place for place, node in enumerate(drawn.nodes)}
    found = {}
    for place, node in enumerate(drawn.nodes):
        if place and node in results:
            outcome = results.outcome(node)
            if not (isinstance(outcome, Skipped) and not outcome.causes):
                found[place] = told(outcome, places)
    return found


def by_hand(drawn: Drawn) -> dict[int, Any]:
    """The same, found by hand."""
    kept = drawn.wanted or range(len(drawn.nodes))
    return {n: told(each, {}) for n, each in sorted(ByHand.of(drawn).outcomes.items()) if n and n in kept}


@pytest.mark.parametrize("strategy", [Sequential(), Threads(3), Asyncio(), Asyncio(2, offload=True)], ids=str)
@settings(max_examples=60)
@given(drawn=bound_graphs())
def test_every_strategy_comes_to_what_plain_python_does(strategy: Strategy, drawn: Drawn) -> None:
    """Values, item by item, failures, skips, what was not chosen and attempts are those that were found by hand."""
    assert compared(drawn, drawn.run(strategy)) == by_hand(drawn)


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    with Processes(2) as kept:
        yield kept


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=bound_graphs(counts_attempts=False))
def test_worker_processes_come_to_what_plain_python_does(processes: Processes, drawn: Drawn) -> None:
    """The same in worker processes, where no task can count its attempts."""
    assert compared(drawn, drawn.run(processes)) == by_hand(drawn)


@settings(max_examples=150)
@given(drawn=bound_graphs(), seed=st.integers(0, 999), at_once=st.sampled_from([None, 1, 2, 5]))
def test_the_order_of_ending_changes_nothing(drawn: Drawn, seed: int, at_once: int | None) -> None:
    """However steps and items end, what they come to is what was found by hand."""
    assert compared(drawn, drawn.run(Shuffled(seed, at_once=at_once))) == by_hand(drawn)


@settings(max_examples=100)
@given(drawn=drawn_graphs(), seed=st.integers(0, 999))
def test_recovered_failures_are_none_of_the_run(drawn: Drawn, seed: int) -> None:
    """`failures` has those behind which an end has no value, and a run raises for these; `recovered` has the others."""
    hand = ByHand.of(drawn)
    results = drawn.run(Shuffled(seed))
    places = {node: place for place, node in enumerate(drawn.nodes)}
    failed = {place for place, roots in hand.roots.items() if roots == {place}}
    assert {places[each] for each in results.failures} == hand.surfaced
    assert {places[each] for each in results.recovered} == {n for n in failed if n not in hand.surfaced}
    try:
        drawn.run(Shuffled(seed), on_error="raise")
    except Exception as error:  # noqa: BLE001 - whatever was drawn
        kinds = {type(each) for each in results.failures.values()}
        assert type(error) in kinds or isinstance(  # noqa: PT017  it may raise or not
            error, (ExceptionGroup, CaseNotFoundError, ValueError)
        )
        assert hand.surfaced
    else:
        assert not hand.surfaced


# ---------------------------------------------------------------------- as functions


@st.composite
def functions(draw: st.DrawFn) -> Drawn:
    """A drawn graph with one target, which a function of its input gives."""
    drawn = draw(drawn_graphs())
    return replace(drawn, wanted=(draw(st.integers(0, len(drawn.nodes) - 1)),))


def called_by_hand(drawn: Drawn) -> Any:
    """What a call of the function comes to, found by hand: its value, or the failures of all tasks."""
    hand = ByHand.of(drawn)
    came = hand.outcomes[drawn.wanted[0]]
    if isinstance(came, Succeeded):
        return told(came.value, {})
    failures = [hand.outcomes[place] for place in sorted(hand.surfaced)]
    return sorted(str(told(each.error, {})) for each in failures if isinstance(each, Failed))


def called(came: Outcome[Any], drawn: Drawn) -> Any:
    """The same, of what the call of a function in a run came to."""
    if isinstance(came, Succeeded):
        return told(came.value, {node: place for place, node in enumerate(drawn.nodes)})
    assert isinstance(came, Failed)
    assert isinstance(came.error, ExceptionGroup)
    return sorted(str(told(each, {})) for each in came.error.exceptions)


STRATEGIES = st.one_of(
    st.sampled_from([Sequential(), Threads(2), Threads(1), Asyncio(), Asyncio(2, offload=True)]),
    st.builds(Shuffled, st.integers(0, 999), at_once=st.sampled_from([None, 1, 2, 5])),
)


@settings(max_examples=200)
@given(drawn=functions(), strategy=STRATEGIES, depth=st.integers(0, 3))
def test_a_function_in_a_graph_comes_to_what_a_call_does(drawn: Drawn, strategy: Strategy, depth: int) -> None:
    """A graph that is a task of another graph, however deep, gives what plain Python makes of it."""
    first, numbers = drawn.nodes[0], Input[list[Any]]("numbers", default=[1, 2, 3, 5])
    assert isinstance(first, Input)
    node: Any = drawn.nodes[drawn.wanted[0]]
    made: Any = function(node, *([first] if first in Graph.of(node) else []), on_error="continue")
    outer: Any = task(name="outer", dependencies=(numbers,))(made)
    for _ in range(depth):
        made = function(outer, *([numbers] if numbers in Graph.of(outer) else []))
        outer = task(name="outer", dependencies=(numbers,))(made)
    drawn.calls.made.clear()
    came = Graph.of(outer).compile().run(strategy=strategy, on_error="continue").outcome(outer)
    assert called(came, drawn) == called_by_hand(drawn)


@settings(max_examples=150)
@given(drawn=functions(), strategy=STRATEGIES, count=st.integers(0, 4), limit=st.sampled_from([None, 1, 2]))
def test_a_function_for_each_item_comes_to_what_calls_do(
    drawn: Drawn, strategy: Strategy, count: int, limit: int | None
) -> None:
    """A fan-out over a graph gives for each item what plain Python makes of the graph."""
    node, first = drawn.nodes[drawn.wanted[0]], drawn.nodes[0]
    assert isinstance(first, Input)
    assume(first in Graph.of(node) and not any(each.attempts for each in drawn.outlines))
    many = Input[list[list[Any]]]("many", default=[[1, 2, 3, 5]] * count)
    made: Any = function(node, first, on_error="continue")
    fan = each_outcome(made, over=many, max_concurrency=limit)
    outcomes = Graph.of(fan).compile().run(strategy=strategy)[fan]
    assert [called(each, drawn) for each in outcomes] == [called_by_hand(drawn)] * count
