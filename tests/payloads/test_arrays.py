"""Large arrays under every strategy: never copied in one process, whole and nobody's but the receiver's between two."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from syncra import Asyncio, Graph, Processes, Sequential, Strategy, Threads
from syncra.errors import WorkerDiedError
from tests.payloads import array_tasks as tasks

SIZES = [1_000_000, 100_000_000]
SENT = 20_000_000  # far more than fits into a message


class Uncopied(np.ndarray[Any, np.dtype[np.uint8]]):
    """An array that can be neither copied nor pickled."""

    def _refuse(self, *_: object) -> NoReturn:
        raise AssertionError("the array was copied")

    copy = __copy__ = __deepcopy__ = __reduce_ex__ = __reduce__ = tobytes = _refuse  # type: ignore[assignment]  # on purpose


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("validate", ["edges", "all", "off"])
@pytest.mark.parametrize("strategy", [Sequential(), Threads(2), Asyncio(), Asyncio(offload=True)], ids=repr)
def test_an_array_is_never_copied_in_one_process(strategy: Strategy, validate: Any, size: int) -> None:
    """Through tasks, views and checks it stays the very object that the caller gave."""
    array = np.empty(size, dtype=np.uint8).view(Uncopied)
    graph = Graph.of(tasks.first, tasks.second)
    results = graph.compile(validate=validate).run(tasks.given.bind(array), strategy=strategy)
    for node in (tasks.same, tasks.again, tasks.awaited, tasks.checked, tasks.first, tasks.second):
        assert results[node] is array


@pytest.fixture(scope="module")
def kept() -> Iterator[Processes]:
    with Processes(2) as strategy:
        yield strategy


def test_a_result_outlives_its_worker(kept: Processes) -> None:
    """What a worker gave belongs to the caller: it can be read and written when the pool is gone."""
    with Processes(1) as strategy:
        array = Graph.of(tasks.made).compile().run(tasks.size.bind(SENT), strategy=strategy)[tasks.made]
    assert array.flags.writeable
    array[-1] = 9
    assert int(array.sum(dtype=np.int64)) == 7 * SENT + 2


def test_each_task_has_an_array_of_its_own(kept: Processes) -> None:
    """What a task writes into its argument, the others don't see, and neither does who made it."""
    graph = Graph.of(tasks.changed, tasks.total)
    results = graph.compile().run(tasks.size.bind(SENT), strategy=kept)
    assert results[tasks.total] == 7 * SENT
    assert results[tasks.made][0] == 7
    assert results[tasks.changed][0] == 1


@pytest.mark.parametrize("size", [1_000, SENT])
@pytest.mark.parametrize("is_writeable", [True, False])
def test_writability_travels_as_pickle_has_it(kept: Processes, is_writeable: bool, size: int) -> None:
    """An array is as writeable on the other side as it was on this one, small or large."""
    array = np.zeros(size, dtype=np.uint8)
    array.flags.writeable = is_writeable
    plan = Graph.of(tasks.same, tasks.writeable).compile()
    results = plan.run(tasks.given.bind(array), strategy=kept)
    assert results[tasks.writeable] is is_writeable
    assert results[tasks.same].flags.writeable is is_writeable
    assert results[tasks.given] is array


@pytest.mark.parametrize("node", [tasks.killed, tasks.killed_giving], ids=lambda node: node.name)
def test_a_killed_worker_leaves_nothing_of_its_arrays(kept: Processes, node: Any) -> None:
    """No file, no shared memory and no descriptor is left, and the next run works."""
    plan = Graph.of(node).compile()
    before = Graph.of(tasks.process_id, tasks.descriptors).compile().run(strategy=kept)[tasks.descriptors]
    files, here = _files(), len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        with pytest.raises(WorkerDiedError):
            plan.run(tasks.size.bind(SENT), strategy=kept)
    after = Graph.of(tasks.total).compile(tasks.total, tasks.made).run(tasks.size.bind(SENT), strategy=kept)
    assert after[tasks.total] == 7 * SENT
    assert _files() == files
    assert len(list(Path("/proc/self/fd").iterdir())) <= here
    assert Graph.of(tasks.descriptors).compile().run(strategy=kept)[tasks.descriptors] <= before


def _files() -> set[Path]:
    """What could be left where shared memory and temporary files are."""
    folders = (Path("/dev/shm"), Path(tempfile.gettempdir()))
    return {path for folder in folders if folder.exists() for path in folder.glob("*syncra-message*")}
