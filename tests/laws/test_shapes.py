"""Laws of graphs with fan-outs, choices and recoveries: they come to what plain Python makes of them, everywhere."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shaped_graphs import ByHand, Drawn, drawn_graphs, told

from syncra import Asyncio, Results, Sequential, Skipped, Strategy, Threads
from syncra.errors import CaseNotFoundError
from syncra.testing import Shuffled


def compared(drawn: Drawn, results: Results) -> dict[int, Any]:
    """What each node of the results came to, by place; nodes that were not needed are left out."""
    places = {node: place for place, node in enumerate(drawn.nodes)}
    found = {}
    for place, node in enumerate(drawn.nodes):
        if node in results:
            outcome = results.outcome(node)
            if not (isinstance(outcome, Skipped) and not outcome.causes):
                found[place] = told(outcome, places)
    return found


def by_hand(drawn: Drawn) -> dict[int, Any]:
    """The same, found by hand."""
    kept = drawn.wanted or range(len(drawn.nodes))
    return {n: told(each, {}) for n, each in sorted(ByHand.of(drawn).outcomes.items()) if n in kept}


@pytest.mark.parametrize("strategy", [Sequential(), Threads(3), Asyncio(), Asyncio(2, offload=True)], ids=str)
@settings(max_examples=60)
@given(drawn=drawn_graphs())
def test_every_strategy_comes_to_what_plain_python_does(strategy: Strategy, drawn: Drawn) -> None:
    """Values, item by item, failures, skips, what was not chosen and attempts are those that were found by hand."""
    assert compared(drawn, drawn.run(strategy)) == by_hand(drawn)


@settings(max_examples=150)
@given(drawn=drawn_graphs(), seed=st.integers(0, 999), at_once=st.sampled_from([None, 1, 2, 5]))
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
