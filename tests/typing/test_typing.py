"""Wrong wiring is an error on its own line in mypy, pyright, ty and pyrefly, and right wiring gives no message."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from checkers import HERE, NAMES, CheckerMissingError, Place, found, marked


def said_by(checker: str, folder: str) -> dict[Place, str]:
    try:
        return {place: text for place, text in found(checker).items() if place.file.startswith(f"{folder}/")}
    except CheckerMissingError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"NOT CHECKED, {error}")


def listed(places: dict[Place, str]) -> str:
    return "\n".join(f"{place}: {text}" for place, text in sorted(places.items()))


@pytest.mark.parametrize("checker", NAMES)
def test_right_code_gives_no_message(checker: str) -> None:
    """Every checker is silent on right user code, `assert_type` included."""
    said = said_by(checker, "right")
    assert not said, listed(said)


@pytest.mark.parametrize("checker", NAMES)
def test_every_wrong_line_is_found(checker: str) -> None:
    """Every checker has an error on each line that is marked as wrong."""
    said = said_by(checker, "wrong")
    missed = sorted(marked("wrong") - set(said))
    assert not missed, f"{checker} says nothing at {', '.join(map(str, missed))}"


@pytest.mark.parametrize("checker", NAMES)
def test_nothing_else_is_found_in_wrong_code(checker: str) -> None:
    """No checker complains of a line that is right, also beside wrong ones."""
    expected = marked("wrong")
    others = {place: text for place, text in said_by(checker, "wrong").items() if place not in expected}
    assert not others, listed(others)


def test_wrong_lines_are_many() -> None:
    """The marks are read: there are as many as the kinds of mistakes that were thought of, and more."""
    assert len(marked("wrong")) >= 100
    assert not marked("right")


@pytest.mark.parametrize("path", sorted((HERE / "right").glob("*.py")), ids=lambda path: path.stem)
def test_right_code_is_declared_and_runs(path: Path) -> None:
    """What type checkers accept is accepted at decoration too, and gives no warning."""
    ended = subprocess.run([sys.executable, "-W", "error", path], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
