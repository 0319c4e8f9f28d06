"""The published conformance suite, on every strategy of our own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from strategies import IN_PROCESS, Way, opened

from syncra import Processes
from syncra.testing import Case, Make, check_strategy, conformance_cases


@pytest.mark.parametrize("case", conformance_cases(), ids=str)
@pytest.mark.parametrize("way", IN_PROCESS, ids=str)
def test_a_strategy_keeps_the_contract(way: Way, case: Case) -> None:
    """Each rule of the contract holds under each strategy that calls tasks in this process."""
    with opened(way) as make:
        case(make)


@pytest.fixture(scope="module")
def processes() -> Iterator[Make]:
    with Processes(2) as strategy:
        yield lambda: strategy


@pytest.mark.parametrize("case", conformance_cases(in_process=False), ids=str)
def test_worker_processes_keep_the_contract(processes: Make, case: Case) -> None:
    """Each rule that shares no object with tasks holds under worker processes."""
    case(processes)


class _Forgetful:
    """A strategy that leaves runs before their end."""

    def execute(self, run: object, /) -> None:
        """Does nothing."""


def test_the_suite_finds_a_broken_strategy() -> None:
    """A strategy that never calls anything breaks the rules, and is told which."""
    with pytest.raises(ExceptionGroup) as raised:
        check_strategy(_Forgetful)
    notes = [note for error in raised.value.exceptions for note in error.__notes__]
    assert any("values_are_what_the_tasks_return" in note for note in notes)
