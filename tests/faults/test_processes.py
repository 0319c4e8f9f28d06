"""Worker processes that die, hang or can't hand over what they have, seen from the run."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from syncra import Failed, Graph, Node, Processes, Results, Succeeded, task
from syncra.errors import RemoteTaskError, TaskReturnError, TaskTimeoutError, TransferError, WorkerDiedError
from tests.faults import worker_tasks as tasks


@pytest.fixture(scope="module")
def kept() -> Iterator[Processes]:
    """Two workers for all tests that leave them usable; that they are is what most of these prove."""
    with Processes(2) as strategy:
        yield strategy


def beside_others(strategy: Processes, *nodes: Node[Any]) -> Results:
    """The outcomes of the nodes, run together with others, which must succeed, now and in a next run."""
    others = (tasks.one, tasks.one_async, tasks.process_id)
    results = Graph.of(*nodes, *others).compile().run(strategy=strategy, on_error="continue")
    again = Graph.of(*others).compile().run(strategy=strategy)
    assert (results[tasks.one], results[tasks.one_async]) == (again[tasks.one], again[tasks.one_async]) == (1, 1)
    return results


def error_of(strategy: Processes, node: Node[Any]) -> BaseException:
    """The failure of the node, run beside others."""
    return beside_others(strategy, node).failures[node]


@pytest.mark.parametrize(
    ("node", "exit_code", "number"),
    [
        (tasks.killed, None, signal.SIGKILL),
        (tasks.segfaults, None, signal.SIGSEGV),
        (tasks.terminated, None, signal.SIGTERM),
        (tasks.leaves_well, 0, None),
        (tasks.leaves_badly, 7, None),
        (tasks.dies_awaiting, 9, None),
    ],
)
def test_a_death_is_the_failure_of_exactly_its_task(
    kept: Processes, node: Node[Any], exit_code: int | None, number: int | None
) -> None:
    """The error names the task and how the worker died; others succeed, and so does the next run."""
    error = error_of(kept, node)
    assert isinstance(error, WorkerDiedError)
    assert (error.names, error.exit_code, error.signal) == ((node.name,), exit_code, number)
    assert any(node.name in note for note in error.__notes__)


def test_a_task_that_closes_its_workers_pipe_has_died(kept: Processes) -> None:
    """Closing descriptors that are not its own costs the task its worker, and nobody else's."""
    assert isinstance(error_of(kept, tasks.closes_descriptors), WorkerDiedError)


def test_what_needs_a_dead_task_is_skipped(kept: Processes) -> None:
    """A death is a failure as any other for what comes after it, and is raised where failures are."""
    results = beside_others(kept, tasks.needs_killed)
    assert results.skipped == {tasks.needs_killed: (tasks.killed,)}
    with pytest.raises(WorkerDiedError, match="'killed'"):
        Graph.of(tasks.needs_killed).compile().run(strategy=kept)


def test_a_death_is_tried_again_where_retries_allow_it(kept: Processes, tmp_path: Path) -> None:
    """Each attempt has a worker; the deaths before are in the outcome."""
    plan = Graph.of(tasks.dies_once).compile()
    outcome = plan.run(tasks.mark.bind(tmp_path / "mark"), strategy=kept).outcome(tasks.dies_once)
    assert isinstance(outcome, Succeeded)
    assert outcome.value == "second attempt"
    assert [type(each) for each in outcome.attempts] == [WorkerDiedError]
    failed = beside_others(kept, tasks.always_dies).outcome(tasks.always_dies)
    assert isinstance(failed, Failed)
    assert [type(each) for each in (failed.error, *failed.attempts)] == [WorkerDiedError] * 3


def test_deaths_alone_can_be_tried_again(kept: Processes, tmp_path: Path) -> None:
    """`Retry(on=WorkerDiedError)` grants attempts for deaths and none for what the task raises."""
    plan = Graph.of(tasks.dies_then_raises).compile()
    results = plan.run(tasks.mark.bind(tmp_path / "mark"), strategy=kept, on_error="continue")
    outcome = results.outcome(tasks.dies_then_raises)
    assert isinstance(outcome, Failed)
    assert [type(each) for each in (*outcome.attempts, outcome.error)] == [WorkerDiedError, ValueError]


@pytest.mark.parametrize("node", [tasks.spins, tasks.stops_itself, tasks.swallows_cancellation])
def test_a_process_that_takes_too_long_is_killed(kept: Processes, node: Node[Any]) -> None:
    """Python code, a stopped process and a coroutine that can't be cancelled end in time, and others go on."""
    results = beside_others(kept, node, tasks.in_time)
    error = results.failures[node]
    assert isinstance(error, TaskTimeoutError)
    assert any("process was killed" in note for note in error.__notes__)
    assert results[tasks.in_time] == 1


def test_each_attempt_has_a_time_limit_of_its_own(kept: Processes, tmp_path: Path) -> None:
    """An attempt that follows another one is not killed when the first one's time would have been over."""
    plan = Graph.of(tasks.slow_twice).compile()
    results = plan.run(tasks.mark.bind(tmp_path / "mark"), strategy=kept)
    assert results[tasks.slow_twice] == "second attempt"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it is not told what was read")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_idle_worker_that_is_killed_is_replaced(number: signal.Signals) -> None:
    """Between two runs of a kept strategy a worker may die, also just as it is handed a call; nobody notices."""
    plan = Graph.of(tasks.process_id).compile()
    with Processes(1) as strategy:
        process = plan.run(strategy=strategy)[tasks.process_id]
        for _ in range(10):
            os.kill(process, number)
            found = plan.run(strategy=strategy)[tasks.process_id]
            assert found != process
            process = found


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it is not told what was read")
def test_a_call_that_no_worker_has_read_is_made_again() -> None:
    """A stopped worker is handed a call and killed: the call was not begun, and another worker makes it."""
    plan = Graph.of(tasks.process_id).compile()
    with Processes(1) as strategy:
        process = plan.run(strategy=strategy)[tasks.process_id]
        os.kill(process, signal.SIGSTOP)
        timer = threading.Timer(0.3, os.kill, (process, signal.SIGKILL))
        timer.start()
        assert plan.run(strategy=strategy)[tasks.process_id] != process
        timer.join()


def test_workers_are_replaced_after_so_many_calls() -> None:
    """With `max_calls` no call is lost when its worker is replaced."""
    plan = Graph.of(tasks.process_id).compile()
    with Processes(1, max_calls=2) as strategy:
        seen = [plan.run(strategy=strategy)[tasks.process_id] for _ in range(6)]
    assert len(set(seen)) == 3


@pytest.mark.parametrize(
    ("node", "told"),
    [
        (tasks.raises_two, "TwoError: 3"),
        (tasks.raises_locked, "LockedError: locked"),
        (tasks.raises_mute, "MuteError"),
        (tasks.raises_frozen, "FrozenError"),
        (tasks.raises_loud, "LoudError: loud"),
    ],
)
def test_an_exception_that_cannot_travel_is_named(kept: Processes, node: Node[Any], told: str) -> None:
    """A substitute with a bounded text has its type and, where it can be made, its message."""
    error = error_of(kept, node)
    if type(error) is not tasks.LoudError:
        assert type(error) is RemoteTaskError
        assert error.type_name.startswith(tasks.__name__)
        assert told in str(error)
    assert len("".join(error.__notes__)) < 200_000


@pytest.mark.parametrize(
    ("node", "kind"),
    [
        (tasks.raises_fatal, tasks.FatalError),
        (tasks.raises_memory, MemoryError),
        (tasks.raises_circle, ValueError),
        (tasks.raises_long_chain, ValueError),
        (tasks.raises_group, ExceptionGroup),
        (tasks.stops_iteration, StopAsyncIteration),
    ],
)
def test_odd_exceptions_arrive_as_themselves(kept: Processes, node: Node[Any], kind: type[BaseException]) -> None:
    """Circles, long chains, groups and what is no Exception keep their type, and the text stays bounded."""
    error = error_of(kept, node)
    assert type(error) is kind
    assert len("".join(error.__notes__)) < 200_000
    if node is tasks.raises_circle:
        assert isinstance(error.__cause__, KeyError)
        assert error.__cause__.__cause__ is error


@pytest.mark.parametrize(
    ("node", "kind"),
    [
        (tasks.gives_lock, TransferError),
        (tasks.gives_unloadable, TransferError),
        (tasks.gives_generator, TransferError),
        (tasks.gives_coroutine, TaskReturnError),
        (tasks.gives_future, TaskReturnError),
        (tasks.gives_node, TaskReturnError),
    ],
)
def test_what_is_no_value_fails_its_task(kept: Processes, node: Node[Any], kind: type[Exception]) -> None:
    """A result that can't travel, or that stands for a value, is the failure of the task, which is named."""
    error = error_of(kept, node)
    assert type(error) is kind
    assert repr(node.name) in str(error)


@pytest.mark.parametrize("value", [threading.Lock(), tasks.Unloadable(), iter([])], ids=["lock", "unloadable", "fine"])
def test_an_argument_that_cannot_travel_is_named(kept: Processes, value: object) -> None:
    """Task and parameter are named, in the caller, and the next run works."""
    plan = Graph.of(tasks.takes_anything).compile()
    if isinstance(value, Iterator):
        assert plan.run(tasks.anything.bind(value), strategy=kept)[tasks.takes_anything] == "list_iterator"
        return
    with pytest.raises(TransferError) as raised:
        plan.run(tasks.anything.bind(value), strategy=kept)
    assert raised.value.name == "takes_anything"
    assert "argument" in raised.value.part
    assert plan.run(tasks.anything.bind(1), strategy=kept)[tasks.takes_anything] == "int"


def test_values_arrive_as_what_they_are(kept: Processes) -> None:
    """Exceptions, NaN and objects that raise at every question are values as any other."""
    results = beside_others(kept, tasks.gives_exception, tasks.gives_nan, tasks.takes_hostile)
    assert isinstance(results[tasks.gives_exception], ValueError)
    assert results[tasks.gives_nan] != results[tasks.gives_nan]
    assert type(results[tasks.gives_hostile]) is tasks.Hostile
    assert results[tasks.takes_hostile] == "Hostile"


def test_what_belongs_to_a_process_stays_in_it(kept: Processes) -> None:
    """Directory, environment and limits that a task changes are its worker's; a module's lock is no hindrance."""
    before = Path.cwd(), dict(os.environ)
    results = beside_others(kept, tasks.changes_process, tasks.uses_lock)
    assert (results[tasks.changes_process], results[tasks.uses_lock]) == (1, True)
    assert (Path.cwd(), dict(os.environ)) == before


def test_context_variables_do_not_travel(kept: Processes) -> None:
    """A worker sees the defaults: the caller's context stays in the caller's process."""
    token = tasks.setting.set("the caller's")
    try:
        assert Graph.of(tasks.sees_setting).compile().run(strategy=kept)[tasks.sees_setting] == "unset"
    finally:
        tasks.setting.reset(token)


def test_runs_nest_in_workers(kept: Processes) -> None:
    """A task may run a plan on processes of its worker's own, five deep."""
    outer: Node[int] = task(name="outer", arguments={"depth": 5})(tasks.nested)
    assert Graph.of(outer).compile().run(strategy=kept)[outer] == 5


@pytest.mark.parametrize("node", [tasks.hangs, tasks.pauses])
def test_a_cancelled_run_kills_its_processes(kept: Processes, tmp_path: Path, node: Node[Any]) -> None:
    """Cancelling the Task that awaits a run ends a call that takes a minute, and a pause of an hour, at once."""
    plan, mark = Graph.of(node).compile(), tmp_path / "mark"

    async def main() -> None:
        running = asyncio.ensure_future(plan.arun(tasks.mark.bind(mark), strategy=kept))
        while not mark.exists():  # noqa: ASYNC110 - made in another process
            await asyncio.sleep(0.01)
        running.cancel()
        async with asyncio.timeout(20):
            with pytest.raises(asyncio.CancelledError):
                await running
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
    assert beside_others(kept, tasks.in_time)[tasks.in_time] == 1


def test_an_executor_of_others_is_not_repaired() -> None:
    """With somebody's own pool a death is still the failure of a task; the pool is broken as its library says."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        strategy = Processes(executor)
        results = Graph.of(tasks.needs_killed).compile().run(strategy=strategy, on_error="continue")
        assert isinstance(results.failures[tasks.killed], WorkerDiedError)
        with pytest.raises(WorkerDiedError):
            Graph.of(tasks.one).compile().run(strategy=strategy)
    assert Graph.of(tasks.one).compile().run(strategy=Processes(1))[tasks.one] == 1


def test_a_pool_that_is_closed_under_a_run_says_so(tmp_path: Path) -> None:
    """The run ends with that, and no task is blamed for the worker that was taken from it."""
    plan, mark, raised = Graph.of(tasks.hangs).compile(), tmp_path / "mark", list[BaseException]()

    def drive() -> None:
        try:
            plan.run(tasks.mark.bind(mark), strategy=strategy)
        except RuntimeError as error:
            raised.append(error)

    with Processes(1) as strategy:
        driver = threading.Thread(target=drive)
        driver.start()
        while not mark.exists():
            os.sched_yield()
    driver.join(60)
    assert [(type(each), str(each)) for each in raised] == [(RuntimeError, "the worker pool is closed")]


def test_a_bare_strategy_leaves_no_process() -> None:
    """After a run with a death, a kill and a failure neither processes nor descriptors are left."""
    before = _descriptors()
    plan = Graph.of(tasks.killed, tasks.spins, tasks.raises_two, tasks.process_id).compile()
    results = plan.run(strategy=Processes(2), on_error="continue")
    process = results[tasks.process_id]
    assert len(results.failures) == 3
    try:
        descriptor = os.pidfd_open(process)
    except ProcessLookupError:
        pass
    else:
        gone = bool(select.select([descriptor], [], [], 2.0)[0])
        os.close(descriptor)
        assert gone
    assert _descriptors() == before


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
