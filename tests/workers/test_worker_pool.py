"""The pool itself: its limits, its ends, and who may use it."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import called_functions as functions
import pytest
from pool_driving import event_of, value_of, values_on

from syncra._cpus import usable_cpus
from syncra._workers import FunctionRef, Returned, WorkerPool, WorkerStartError
from syncra._workers._worker import DEPTH_VARIABLE


@pytest.mark.parametrize("count", [0, -1])
def test_nonsense_limits_are_refused(count: int) -> None:
    """The error names the parameter."""
    with pytest.raises(ValueError, match="max_workers"):
        WorkerPool(count)
    with pytest.raises(ValueError, match="max_calls"):
        WorkerPool(1, max_calls=count)


def test_no_process_starts_before_it_is_needed() -> None:
    """A pool that is not used costs nothing, and one call starts one worker."""
    with WorkerPool(8) as pool:
        assert "0 running" in repr(pool)
        value_of(pool, functions.add, 1)
        assert "1 running" in repr(pool)


def test_closing_is_idempotent_and_final() -> None:
    """Afterwards the pool says so."""
    pool = WorkerPool(1)
    value_of(pool, functions.add, 1)
    pool.close()
    pool.close()
    with pytest.raises(RuntimeError, match="closed"):
        pool.lease()


def test_a_forgotten_pool_warns_and_cleans_up() -> None:
    """As for a file that nobody closed."""
    pool = WorkerPool(1)
    process = value_of(pool, functions.process_id)
    with pytest.warns(ResourceWarning, match="unclosed <WorkerPool"):
        del pool
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_eight_threads_share_two_workers(pool: WorkerPool) -> None:
    """Every thread gets all its values, and only its own."""
    found: dict[int, list[int]] = {}

    def drive(number: int) -> None:
        with pool.lease() as lease:
            found[number] = values_on(lease, *[(functions.add, (number * 1_000 + n, 0)) for n in range(40)])

    threads = [threading.Thread(target=drive, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: [number * 1_000 + n for n in range(40)] for number in range(8)}


def test_another_thread_wakes_a_lease(pool: WorkerPool) -> None:
    """`wait` returns without an event, once."""
    with pool.lease() as lease:
        thread = threading.Thread(target=lease.wake)
        thread.start()
        assert lease.wait() == []
        thread.join()
        assert lease.wait(0.0) == []


def test_the_template_is_replaced_if_it_dies() -> None:
    """Its workers end with it, and the next call finds a new one."""
    with WorkerPool(1) as pool:
        value_of(pool, functions.add, 1)
        assert pool._starter is not None
        pool._starter._process.kill()
        pool._starter._process.wait()
        event_of(pool, functions.add, 1)
        assert isinstance(event_of(pool, functions.add, 1), Returned)


def test_nesting_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pool eleven workers deep is refused with the depth; inside a worker the default is one worker."""
    monkeypatch.setenv(DEPTH_VARIABLE, "10")
    with WorkerPool() as pool, pool.lease() as lease:
        assert pool.max_workers == 1
        with pytest.raises(WorkerStartError, match="10 deep"):
            lease.start(1, FunctionRef(functions.add), (1,))


def test_a_forked_child_cannot_use_the_pool_and_does_not_harm_it(pool: WorkerPool) -> None:
    """Closing it there leaves the caller's workers alone."""
    value_of(pool, functions.add, 1)
    child = os.fork()
    if not child:
        try:
            pool.lease()
        except RuntimeError:
            pool.close()
            os._exit(5)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 5
    assert value_of(pool, functions.add, 1) == 2


@pytest.mark.parametrize(
    ("files", "membership", "expected"),
    [
        ({}, "", None),
        ({"cpu.max": "100000 100000"}, "0::/\n", 1),
        ({"cpu.max": "max 100000"}, "0::/\n", None),
        ({"a/cpu.max": "max 100000", "cpu.max": "50000 100000"}, "0::/a/b\n", 1),
        ({"cpu/x/cpu.cfs_quota_us": "100000", "cpu/x/cpu.cfs_period_us": "100000"}, "3:cpu,cpuacct:/x\n", 1),
        ({"cpu/x/cpu.cfs_quota_us": "-1", "cpu/x/cpu.cfs_period_us": "100000"}, "3:cpu,cpuacct:/x\n", None),
    ],
)
def test_the_default_respects_control_groups(
    tmp_path: Path, files: dict[str, str], membership: str, expected: int | None
) -> None:
    """Quotas of this group and of those around it, in both versions; else what affinity leaves."""
    for name, text in files.items():
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "membership").write_text(membership)
    found = usable_cpus(tmp_path / "root", tmp_path / "membership")
    assert found == (expected or len(os.sched_getaffinity(0)))
