"""Values, failures, skips: what each task comes to."""

from __future__ import annotations

from syncra._conformance._case import Make, anywhere, holds, raised
from syncra._conformance._tasks import (
    FAILING,
    Refused,
    base,
    doubled,
    joined,
    needs_both,
    needs_refused,
    number,
    refuses,
    refuses_later,
    waits_for_refused,
)
from syncra._graph import Graph
from syncra._outcome import Failed, Skipped, Succeeded
from syncra._strategies._sequential import Sequential
from syncra.errors import NoResultError

__all__: list[str] = []  # the cases register themselves


@anywhere
def values_are_what_the_tasks_return(make: Make) -> None:
    """Every task is called with the results of its dependencies, sync and async ones alike."""
    results = Graph.of(joined).compile().run(number.bind(1), strategy=make())
    holds(results[joined] == "2 4", f"joined is {results[joined]!r}, not '2 4'")
    holds(results[base] == 2 and results[doubled] == 4, "a value in between is wrong")
    holds(
        all(isinstance(results.outcome(each), Succeeded) for each in results),
        "a step has no Succeeded",
    )


@anywhere
def outcomes_are_equal_to_sequential_ones(make: Make) -> None:
    """The same values, failures and skips come out as under Sequential, each task with exactly one outcome."""
    plan = Graph.of(*FAILING).compile()
    expected, got = (
        plan.run(strategy=Sequential(), on_error="continue"),
        plan.run(strategy=make(), on_error="continue"),
    )
    for node in plan.nodes:
        mine, theirs = got.outcome(node), expected.outcome(node)
        holds(
            type(mine) is type(theirs),
            f"{node.name} came to {mine}, under Sequential to {theirs}",
        )
        if isinstance(mine, Failed) and isinstance(theirs, Failed):
            holds(
                type(mine.error) is type(theirs.error),
                f"{node.name} failed with {mine.error!r}",
            )
            holds(
                mine.error.args == theirs.error.args,
                f"{node.name} failed with {mine.error!r}",
            )
        else:
            holds(
                mine == theirs,
                f"{node.name} came to {mine}, under Sequential to {theirs}",
            )


@anywhere
def a_failure_is_the_tasks_own_exception(make: Make) -> None:
    """The exception of a failing task is raised with its type and arguments, and a note that names task and sources."""
    error = raised(Refused, lambda: Graph.of(needs_refused).compile().run(strategy=make()))
    holds(error.args == (21,), f"the arguments are {error.args}")
    notes = " ".join(getattr(error, "__notes__", ()))
    holds(
        "'refuses'" in notes and "'base'" in notes,
        f"the notes name no task or no source: {notes!r}",
    )


@anywhere
def the_rest_goes_on_after_a_failure(make: Make) -> None:
    """With on_error="continue" all runs that no failure is upstream of, and each skip names its failures."""
    results = Graph.of(*FAILING).compile().run(strategy=make(), on_error="continue")
    holds(results[joined] == "21 42", "a task that needs no failed one did not run")
    holds(
        set(results.failures) == {refuses, refuses_later},
        f"the failures are {list(results.failures)}",
    )
    expected = {
        needs_refused: {refuses},
        needs_both: {refuses, refuses_later},
        waits_for_refused: {refuses},
    }
    causes = {node: set(each) for node, each in results.skipped.items()}
    holds(causes == expected, f"the skipped nodes and their causes are {causes}")
    raised(NoResultError, lambda: results[refuses])
    raised(NoResultError, lambda: results[needs_both])
    group = raised(ExceptionGroup, results.raise_failures)
    holds(
        len(group.exceptions) == 2,
        f"the group has {len(group.exceptions)} failures, not 2",
    )


@anywhere
def only_what_targets_need_runs(make: Make) -> None:
    """With targets nothing else runs, and nothing else is kept."""
    results = Graph.of(*FAILING).compile(joined).run(strategy=make())
    holds(
        list(results) == [joined] and results[joined] == "21 42",
        f"the results are {dict(results)}",
    )


@anywhere
def overridden_tasks_are_not_called(make: Make) -> None:
    """A bound task gives the bound value; what only it needs is skipped."""
    results = Graph.of(needs_refused).compile().run(refuses.bind(2), strategy=make())
    holds(results[needs_refused] == "2121", f"the value is {results[needs_refused]!r}")
    alone = Graph.of(refuses).compile().run(refuses.bind(2), strategy=make())
    holds(
        isinstance(alone.outcome(base), Skipped),
        "what only an overridden task needs was called",
    )
