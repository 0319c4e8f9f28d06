"""Forms that only newer interpreters can read: type parameter syntax, the type statement, defaults."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NEWER = Path(__file__).parent / "newer"


def _interpreter(version: tuple[int, int]) -> str | None:
    if sys.version_info[:2] >= version:
        return sys.executable
    name = "python" + ".".join(map(str, version))
    installed = sorted(Path.home().glob(f".pyenv/versions/{name.removeprefix('python')}.*/bin/python"))
    return next((str(path) for path in reversed(installed)), None) or shutil.which(name)


@pytest.mark.parametrize(
    ("version", "program"),
    [((3, 12), "pep_695.txt"), ((3, 13), "pep_695.txt"), ((3, 13), "pep_696.txt")],
)
def test_newer_forms_are_read(version: tuple[int, int], program: str) -> None:
    """Every pair of the file is answered as expected by the interpreter that can read it."""
    interpreter = _interpreter(version)
    if interpreter is None:
        pytest.skip(f"no Python {version[0]}.{version[1]} is installed, so {program} is not tested")
    command = [interpreter, str(NEWER / "check_pairs.py"), str(NEWER / program)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
