"""One pool of two workers for the tests that leave it as they found it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from syncra._workers import WorkerPool


@pytest.fixture(scope="session")
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(2) as pool:
        yield pool
