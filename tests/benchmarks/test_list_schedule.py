"""The simulator of list schedules, by schedules that can be drawn on paper and by the recorded workflows."""

from __future__ import annotations

import pytest

from tests.benchmarks.list_schedule import (
    best_makespan,
    least_possible,
    longest_ways,
    makespan,
    successors,
    syncra_priority,
)
from tests.benchmarks.workflows import WORKFLOWS, load

DIAMOND = ((), (0,), (0,), (1, 2))


def test_one_worker_takes_all_the_work() -> None:
    """Whatever the order, one worker needs the sum."""
    assert makespan([1, 2, 3, 4], DIAMOND, 1, [0, 2, 1, 3]) == 10


def test_many_workers_take_the_longest_way() -> None:
    """With a worker for each task, the critical path is what it takes."""
    assert makespan([1, 2, 3, 4], DIAMOND, 4, range(4)) == 8
    assert least_possible([1, 2, 3, 4], DIAMOND, 4) == 8


def test_a_worker_that_is_free_takes_what_is_ready() -> None:
    """Three tasks of 2, 2 and 3 seconds end after 5 on two workers; a task that ends with another begins no later."""
    assert makespan([2, 2, 3], ((), (), ()), 2, range(3)) == 5
    assert makespan([1, 1, 1, 1], ((), (), (0, 1), (0, 1)), 2, range(4)) == 2


def test_the_priority_decides_where_workers_are_fewer() -> None:
    """The task that a long one waits for goes first or last."""
    seconds, parents = [1, 1, 5], ((), (), (1,))
    assert makespan(seconds, parents, 1, range(3)) == 7
    assert makespan(seconds, parents, 2, [0, 1, 2]) == 6
    assert makespan([1, 1, 1, 5], ((), (), (), (2,)), 2, [0, 1, 2, 3]) == 7
    assert makespan([1, 1, 1, 5], ((), (), (), (2,)), 2, [-each for each in longest_ways(((), (), (), (2,)))]) == 6


def test_ways_and_successors() -> None:
    """Ways count the task itself, in tasks or in seconds."""
    assert longest_ways(DIAMOND) == [3, 2, 2, 1]
    assert longest_ways(DIAMOND, [1, 2, 3, 4]) == [8, 6, 7, 4]
    assert successors(DIAMOND) == [[1, 2], [3], [3], []]
    assert syncra_priority(((), (), (1,), (1,), (0,))) == [1, 0, 2, 3, 4]


def test_costs_make_ways_longer() -> None:
    """Told costs stand for the tasks in the priority of a run; of equal ways, the same two rules decide."""
    parents = ((), (), (1,), (1,), (0,))
    assert syncra_priority(parents, [1, 1, 1, 1, 3]) == [0, 2, 3, 4, 1]
    assert syncra_priority(parents, [0, 0, 3, 3, 3]) == [1, 0, 2, 3, 4]
    assert syncra_priority(parents, [1] * 5) == syncra_priority(parents)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_recorded_workflows_are_whole(name: str) -> None:
    """Parents stand before their children, names are unique, and no schedule is shorter than what is possible."""
    workflow = load(name)
    assert len(set(workflow.tasks)) == len(workflow.seconds) == len(workflow.parents)
    assert all(parent < task for task, parents in enumerate(workflow.parents) for parent in parents)
    assert min(workflow.seconds) > 0
    best = best_makespan(workflow.seconds, workflow.parents, 8)
    assert least_possible(workflow.seconds, workflow.parents, 8) <= best <= sum(workflow.seconds)
    assert sum(workflow.scaled(0.5).seconds) == pytest.approx(len(workflow.tasks) / 2)
