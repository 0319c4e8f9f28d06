"""Choices and recoveries: what they run, what they give, what they refuse."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from syncra import (
    Asyncio,
    Failed,
    Graph,
    Input,
    Node,
    Outcome,
    Sequential,
    Skipped,
    Strategy,
    Succeeded,
    Threads,
    choose,
    depends,
    each,
    outcome,
    recover,
    run,
    switch,
    task,
    unchecked,
)
from syncra.errors import CaseNotFoundError, DependencyTypeError, OptionError, ValueCheckError, WiringError
from syncra.testing import Shuffled

STRATEGIES = [Sequential(), Threads(3), Asyncio(), Asyncio(offload=True), Shuffled(1), Shuffled(2, at_once=2)]
everywhere = pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
yes = Input[bool]("yes", default=True)
number = Input[int]("number", default=1)
text = Input[str]("text", default="a")


@task
def fails(value: int = depends(number)) -> int:
    raise ValueError(value)


@task
def behind(value: int = depends(fails)) -> int:
    return value


def test_types_of_branches_are_joined() -> None:
    """What takes a choice or a recovery has to take all that may come out."""
    assert choose(yes, number, text).result_type == int | str
    assert recover(number, None).result_type == int | None
    assert outcome(number).result_type == Outcome[int]  # type: ignore[misc]  # an alias, applied as a value

    def taken(node: Node[Any]) -> None:
        @task(dependencies=node)
        def takes_int(value: int) -> int:
            return value

    for node in (choose(yes, number, text), recover(number, text), switch(text, {"a": number, "b": text})):
        with pytest.raises(DependencyTypeError, match="str is not int"):
            taken(node)


def test_a_condition_is_a_bool() -> None:
    """Another type is refused when it is declared, a value of another type in the run."""
    with pytest.raises(DependencyTypeError, match=r"choose\(text\) cannot take input 'text' as parameter 'key'"):
        choose(text, number, text)  # type: ignore[arg-type]
    with pytest.raises(ValueCheckError):
        run(choose(unchecked(text), number, text))


def test_nonsense_is_refused_where_it_is_written() -> None:
    """No node, no cases, no exceptions."""
    with pytest.raises(WiringError):
        choose(yes, 1, number)  # type: ignore[arg-type]
    with pytest.raises(WiringError, match="at least one case"):
        switch(text, {})
    with pytest.raises(WiringError):
        switch(text, {"a": 1})  # type: ignore[arg-type]  # the error is the point
    with pytest.raises(OptionError, match="subclasses of Exception"):
        recover(number, 0, on=KeyboardInterrupt)  # type: ignore[arg-type]  # the error is the point
    with pytest.raises(OptionError, match="names no exception"):
        recover(number, 0, on=())
    with pytest.raises(WiringError):
        outcome(1)  # type: ignore[arg-type]


@everywhere
def test_only_what_is_chosen_is_called(strategy: Strategy) -> None:
    """What only the other way needs is not called, what something else needs as well is; it is the very value."""
    calls: list[str] = []
    value = object()

    def called(name: str) -> Any:
        @task(name=name)
        def node() -> object:
            calls.append(name)
            return value

        return node

    shared, left, right = called("shared"), called("left"), called("right")

    @task
    def left_end(a: object = depends(left), b: object = depends(shared)) -> object:
        calls.append("left_end")
        return a

    chosen = choose(yes, left_end, right)

    @task
    def end(a: object = depends(chosen), b: object = depends(shared)) -> object:
        return a

    results = Graph.of(end).compile().run(yes.bind(False), strategy=strategy)
    assert results[end] is value
    assert sorted(calls) == ["right", "shared"]
    assert {node for node in results if isinstance(results.outcome(node), Skipped)} == {left, left_end}
    calls.clear()
    Graph.of(end).compile(end).run(yes.bind(True), strategy=strategy)
    assert sorted(calls) == ["left", "left_end", "shared"]


@everywhere
def test_choices_in_choices(strategy: Strategy) -> None:
    """A choice that is not chosen asks nothing, and decides nothing."""
    inner = choose(Input[bool]("inner", default=True), text, fails)
    outer = choose(yes, number, inner)
    results = Graph.of(outer).compile().run(strategy=strategy)
    assert results[outer] == 1
    assert isinstance(results.outcome(inner), Skipped)
    assert Graph.of(outer).compile().run(yes.bind(False), strategy=strategy)[outer] == "a"


@everywhere
def test_a_chosen_failure_is_one(strategy: Strategy) -> None:
    """The choice is skipped for it; a choice whose condition fails skips what is behind it."""
    chosen = choose(yes, behind, number)
    with pytest.raises(ValueError, match="1"):
        run(chosen, strategy=strategy)

    @task
    def condition(value: int = depends(fails)) -> bool:
        return True

    undecided = choose(condition, text, number)
    results = Graph.of(chosen, undecided).compile().run(strategy=strategy, on_error="continue")
    assert results.skipped == {behind: (fails,), chosen: (fails,), condition: (fails,), undecided: (fails,)}


@everywhere
def test_a_key_without_a_case_fails_the_switch(strategy: Strategy) -> None:
    """The error says what there is; keys that can't be looked up fail with their own error."""
    node = switch(text, {"b": number, "c": number})
    with pytest.raises(CaseNotFoundError, match="no case for 'a'; there is 'b', 'c'"):
        run(node, strategy=strategy)
    unhashable = switch(unchecked(Input[Any]("any")), {"b": number})
    [source] = [each for each in Graph.of(unhashable).inputs if each.name == "any"]
    with pytest.raises(TypeError, match="unhashable"):
        run(unhashable, source.bind([]), strategy=strategy)


@everywhere
def test_a_fallback_runs_only_when_it_is_needed(strategy: Strategy) -> None:
    """It runs after a failure of the node or of what that needs, for the exceptions that are named."""
    calls: list[int] = []

    @task
    def fallback() -> int:
        calls.append(1)
        return 5

    node = recover(behind, fallback, on=(KeyError, ValueError))
    results = Graph.of(node).compile().run(strategy=strategy)
    assert (results[node], len(calls)) == (5, 1)
    assert list(results.recovered) == [fails]
    assert not results.failures
    assert results.outcome(behind) == Skipped("'fails' failed", (fails,))
    results = Graph.of(node).compile().run(behind.bind(7), strategy=strategy)
    assert (results[node], len(calls)) == (7, 1)
    with pytest.raises(ValueError, match="1"):
        run(recover(behind, fallback, on=KeyError), strategy=strategy)
    assert len(calls) == 1


@everywhere
def test_a_failure_that_something_else_needs_counts(strategy: Strategy) -> None:
    """A recovery takes it away only where every way from it ends in one; a target is an end of its own."""
    node = recover(fails, 0)
    with pytest.raises(ValueError, match="1"):
        Graph.of(node, behind).compile().run(strategy=strategy)
    with pytest.raises(ValueError, match="1"):
        Graph.of(node).compile(node, fails).run(strategy=strategy)
    results = Graph.of(node, behind).compile().run(strategy=strategy, on_error="continue")
    assert (results[node], list(results.failures), dict(results.recovered)) == (0, [fails], {})


@everywhere
def test_a_failing_fallback_is_a_failure(strategy: Strategy) -> None:
    """The recovery is skipped for it; the first failure stays one that was recovered from."""

    @task
    def fallback() -> int:
        raise KeyError("too")

    node = recover(fails, fallback)
    with pytest.raises(KeyError):
        run(node, strategy=strategy)
    results = Graph.of(node).compile().run(strategy=strategy, on_error="continue")
    assert (list(results.failures), list(results.recovered)) == ([fallback], [fails])
    assert results.skipped == {node: (fallback,)}


@everywhere
def test_a_recovery_sees_all_failures(strategy: Strategy) -> None:
    """Whatever ends first: where one of two failures is not named, neither is recovered from."""

    @task
    async def other() -> int:
        await asyncio.sleep(0)
        raise KeyError("other")

    @task
    def both(a: int = depends(fails), b: int = depends(other)) -> int:
        return a + b

    node, came = recover(both, 0, on=ValueError), outcome(both)
    results = Graph.of(node, came).compile().run(strategy=strategy, on_error="continue")
    assert set(results.failures) == {fails, other}
    assert set(results.skipped[node]) == {fails, other}
    skip = results[came]
    assert isinstance(skip, Skipped)
    assert set(skip.causes) == {fails, other}


@everywhere
def test_groups_of_a_fan_out_are_recovered_from_by_their_members(strategy: Strategy) -> None:
    """Where all items failed with a named exception, the fallback is taken; all of them run before."""
    calls: list[int] = []

    @task
    def odd(value: int) -> int:
        calls.append(value)
        if value % 2:
            raise ValueError(value)
        return value

    nothing: list[int] = []
    node = recover(each(odd, over=Input[list[int]]("many", default=[1, 2, 3])), nothing, on=ValueError)
    assert run(node, strategy=strategy) == []
    assert sorted(calls) == [1, 2, 3]


@everywhere
@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_interrupts_are_not_recovered_from(strategy: Strategy, kind: type[BaseException]) -> None:
    """They stop the run, whatever takes failures."""

    @task
    def interrupted() -> int:
        raise kind

    for node in (recover(interrupted, 0), outcome(interrupted)):
        with pytest.raises(kind):
            run(node, strategy=strategy)


@everywhere
def test_outcomes_are_handed_on(strategy: Strategy) -> None:
    """Succeeded with the very value and its attempts, Failed with the very exception."""
    error, value, calls = ValueError(), object(), []

    @task
    def raises() -> int:
        raise error

    @task(retries=1)
    def gives() -> object:
        calls.append(1)
        if len(calls) == 1:
            raise error
        return value

    first, second = outcome(raises), outcome(gives)
    results = Graph.of(first, second).compile().run(strategy=strategy)
    assert results[first] == Failed(error)
    assert results[second] == Succeeded(value, (error,))
    assert list(results.recovered) == [raises]


@everywhere
def test_a_fallback_may_be_a_long_way(strategy: Strategy) -> None:
    """A fan-out that can't begin is recovered from also where the fallback's way is longer than its own."""
    nodes: list[Node[Any]] = [task(name="n0")(lambda: [1])]
    for depth in range(1, 5):
        nodes.append(task(name=f"n{depth}", dependencies=nodes[-1])(lambda value: value))
    broken = each(lambda item: item, over=unchecked(number))
    saved = recover(broken, nodes[-1])
    assert run(saved, strategy=strategy) == [1]


@everywhere
def test_what_only_an_overridden_task_needs_waits_to_be_chosen(strategy: Strategy) -> None:
    """A task that is needed by an overridden one and by a choice is called only if it is chosen."""
    called: list[str] = []

    @task
    def option() -> int:
        called.append("option")
        return 1

    user = task(name="user", dependencies=option)(lambda value: value)
    chosen = choose(yes, number, option)
    results = Graph.of(user, chosen).compile().run(user.bind(5), strategy=strategy)
    assert (results[user], results[chosen], called) == (5, 1, [])
    results = Graph.of(user, chosen).compile().run(user.bind(5), yes.bind(False), strategy=strategy)
    assert (results[user], results[chosen], called) == (5, 1, ["option"])
