"""The table of fault cases names tests that there are."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from syncra.testing import conformance_cases

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "reference" / "fault-cases.md"
ROWS = re.findall(r"^\| ([A-F]\d+) \| (.*?) \| (.*) \| ?(.*?) ?\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
UNPROVED = {"C55"}  # there is nothing yet that could break
CASES = {case.name for case in conformance_cases()}


@cache
def functions_of(path: Path) -> frozenset[str]:
    """The names of the functions of a test file."""
    functions = ast.parse(path.read_text(encoding="utf-8")).body
    return frozenset(each.name for each in functions if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)))


def assert_is_a_test(name: str) -> None:
    file, found, test = name.partition("::")
    if found:
        assert test in functions_of(TESTS / file), name
    else:
        assert name in CASES, name


def test_the_cases_are_numbered_through() -> None:
    """None is missing, and none is there twice."""
    assert [int(number[1:]) for number, *_ in ROWS] == list(range(1, 95))


@pytest.mark.parametrize(("number", "proofs"), [(number, proofs) for number, _, _, proofs in ROWS])
def test_each_case_is_proved_by_tests_that_there_are(number: str, proofs: str) -> None:
    """A case names its tests, each by its file and name or as a case of the conformance suite."""
    names = re.findall(r"`([^`]+)`", proofs)
    assert bool(names) is (number not in UNPROVED)
    for name in names:
        assert_is_a_test(name)


def test_what_the_page_names_besides_is_there() -> None:
    """The same goes for tests that the text around the tables names."""
    for name in re.findall(r"`([\w/]+\.py::\w+)`", PAGE.read_text(encoding="utf-8")):
        assert_is_a_test(name)
