"""What holds for every test: the same drawn examples each time, and no named graph left from another test."""

from __future__ import annotations

import pytest
from hypothesis import settings

from syncra._nodes import _registry

# Drawn examples are the same in every run, and no example fails because the machine is busy.
settings.register_profile("suite", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("suite")


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test begins with the graphs that modules have registered, and leaves these alone."""
    with _registry._lock:
        copied = {name: dict(tasks) for name, tasks in _registry._graphs.items()}
    monkeypatch.setattr(_registry, "_graphs", copied)
