"""Fan-outs, choices and recoveries: what a run decides is decided alike everywhere."""

from __future__ import annotations

from syncra._conformance._case import Make, anywhere, holds, raised
from syncra._conformance._tasks import Refused, as_text, base, doubled, number, refuses
from syncra._function import function
from syncra._graph import Graph
from syncra._nodes._choice import choose, switch
from syncra._nodes._decorator import task
from syncra._nodes._each import each, each_outcome
from syncra._nodes._node import Node, depends
from syncra._nodes._recovery import outcome, recover
from syncra._outcome import Failed, Outcome, Skipped, Succeeded

__all__: list[str] = []  # the cases register themselves


@task
def several(value: int = depends(base)) -> range:
    return range(value)


@task
def odd_ones_fail(value: int, offset: int = depends(base)) -> int:
    if value % 2:
        raise Refused(value)
    return value + offset


@task
async def squared(value: int) -> int:
    return value * value


@task
def spelled(value: int, square: int) -> str:
    return f"{value}:{square}"


@task
def is_large(value: int = depends(base)) -> bool:
    return value > 10


@task
def named(value: int = depends(base)) -> str:
    return "small"


refused = outcome(refuses)


@task
def ending(came: Outcome[int] = depends(refused)) -> str:  # noqa: B008  that is what it is for
    return type(came).__name__


squares = each(squared, over=several)
pairs = each(spelled, over=(several, squares))
halves = each(odd_ones_fail, over=several)
of_halves = each(squared, over=halves)
outcomes = each_outcome(odd_ones_fail, over=several)
chosen = choose(is_large, doubled, as_text)
cases: dict[bool, Node[str]] = {True: as_text, False: named}
by_key = switch(is_large, cases)
saved = recover(refuses, doubled, on=Refused)
nothing: list[int] = []
saved_group = recover(of_halves, nothing, on=Refused)
not_saved = recover(refuses, 0, on=KeyError)


@task
def both(double: int = depends(doubled), value: int = depends(base)) -> int:
    return double + value


calls_both = function(both, number)
calls_twice = function(task(name="inside", dependencies=number)(calls_both), number, on_error="continue")
nested = task(name="nested", dependencies=doubled)(function(base, number))
nested_twice = each(calls_twice, over=several)
nested_refuses = task(name="nested refuses", dependencies=base)(function(refuses, number))


@anywhere
def a_fan_out_gives_its_results_in_order(make: Make) -> None:
    """A task is called once for each item, alone or side by side with others, and the list has the items' order."""
    results = Graph.of(pairs).compile().run(number.bind(3), strategy=make())
    holds(results[squares] == [0, 1, 4, 9], f"the squares are {results[squares]}")
    holds(results[pairs] == ["0:0", "1:1", "2:4", "3:9"], f"the pairs are {results[pairs]}")
    none = Graph.of(pairs).compile().run(number.bind(-1), strategy=make())
    holds(none[pairs] == [], f"no items give {none[pairs]}")


@anywhere
def failing_items_fail_their_fan_out(make: Make) -> None:
    """All items run, their failures are one group in their order, and what goes over them is skipped."""
    results = Graph.of(of_halves, outcomes).compile().run(number.bind(4), strategy=make(), on_error="continue")
    group = results.failures[halves]
    holds(type(group) is ExceptionGroup, f"the failure is {group!r}")
    members: list[Exception] = list(getattr(group, "exceptions", ()))
    holds([each.args for each in members] == [(1,), (3,)], f"the failures are {members}")
    notes = " ".join(getattr(members[-1], "__notes__", ()))
    holds("item 3 of" in notes, f"the notes do not name the item: {notes!r}")
    holds(results.skipped == {of_halves: (halves,)}, f"the skipped nodes are {dict(results.skipped)}")
    kinds = [type(each) for each in results[outcomes]]
    holds(kinds == [Succeeded, Failed, Succeeded, Failed, Succeeded], f"the outcomes are {kinds}")


@anywhere
def only_what_is_chosen_runs(make: Make) -> None:
    """A choice gives the chosen value; what was not chosen is skipped without a cause, and is no failure."""
    plan = Graph.of(chosen).compile()
    large, small = plan.run(number.bind(20), strategy=make()), plan.run(number.bind(1), strategy=make())
    holds((large[chosen], small[chosen]) == (42, "2"), f"the choices are {large[chosen]!r}, {small[chosen]!r}")
    for results, left in ((large, as_text), (small, doubled)):
        skip = results.outcome(left)
        holds(isinstance(skip, Skipped) and not skip.causes, f"{left.name} came to {skip}")
        holds(not results.failures, f"the failures are {dict(results.failures)}")
    keyed = Graph.of(by_key).compile().run(number.bind(20), strategy=make())
    holds(keyed[by_key] == "21", f"the switch gives {keyed[by_key]!r}")


@anywhere
def a_failure_that_is_recovered_from_is_none_of_the_run(make: Make) -> None:
    """It stops nothing, the fallback runs only for it, and the exceptions that are not named fail as ever."""
    results = Graph.of(saved, saved_group, ending).compile().run(number.bind(2), strategy=make())
    values = results[saved], results[saved_group], results[ending]
    holds(values == (6, [], "Failed"), f"the values are {values}")
    holds(set(results.recovered) == {refuses, halves}, f"recovered are {dict(results.recovered)}")
    holds(not results.failures, f"the failures are {dict(results.failures)}")
    fine = Graph.of(saved).compile().run(refuses.bind(1), strategy=make())
    holds(fine[saved] == 1 and isinstance(fine.outcome(doubled), Skipped), "the fallback ran for nothing")
    raised(Refused, lambda: Graph.of(not_saved).compile().run(strategy=make()))


@anywhere
def a_graph_is_a_task_of_another_graph(make: Make) -> None:
    """Its steps run in the outer run, alone, for each item, in each other; failures have notes of all levels."""
    results = Graph.of(nested, nested_twice).compile().run(number.bind(2), strategy=make())
    holds(results[nested] == 7, f"the nested graph gives {results[nested]!r}")
    holds(results[nested_twice] == [3, 6, 9], f"for each item it gives {results[nested_twice]}")
    failed = Graph.of(nested_refuses).compile().run(strategy=make(), on_error="continue")
    error = failed.failures[nested_refuses]
    notes = getattr(error, "__notes__", [])
    holds(type(error) is Refused, f"the failure is {error!r}")
    named = [name for note in notes for name in ("task 'refuses'", "task 'nested refuses'") if note.startswith(name)]
    holds(named == ["task 'refuses'", "task 'nested refuses'"], f"the notes are {notes}")
