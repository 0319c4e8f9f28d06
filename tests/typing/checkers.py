"""Four type checkers, each run once over a folder of user files, and what they said."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

HERE = Path(__file__).parent
_MYPY_CACHE = HERE.parents[1] / ".mypy_cache" / "user_files"
_MARK = re.compile(r"# error: \S")
_CONCISE = re.compile(r"^(?P<path>.+?):(?P<line>\d+):\d+: (?P<text>.+)$", re.MULTILINE)

Said: TypeAlias = tuple[str, int, str]
"""File, line and message."""


@dataclass(frozen=True, order=True)
class Place:
    """A line of a user file."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class CheckerMissingError(Exception):
    """A type checker is not installed here."""


def marked(folder: str) -> set[Place]:
    """The lines of a folder's files that say `# error: ...`, so that a checker has to find an error there."""
    return {
        Place(f"{folder}/{path.name}", number)
        for path in sorted((HERE / folder).glob("*.py"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if _MARK.search(line)
    }


@cache
def found(checker: str) -> dict[Place, str]:
    """What a checker says of all user files, by line: run once, as a user of the installed package would run it.

    The files are copied away from the checkout, whose own settings would count otherwise. What they import as `syncra`
    is the package as it is installed where the tests run: in the usual, editable installation, the checkout itself.

    Raises:
        CheckerMissingError: it is not installed here.
    """
    with TemporaryDirectory() as folder:
        project = Path(folder).resolve()
        for name in ("right", "wrong"):
            shutil.copytree(HERE / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
        said = _CHECKERS[checker](project)
    return {Place((project / path).relative_to(project).as_posix(), line): text for path, line, text in said}


def _mypy(project: Path) -> list[Said]:
    arguments = ["--strict", "--config-file=", f"--cache-dir={_MYPY_CACHE}", "--output=json", "."]
    said = [json.loads(line) for line in _output("mypy", arguments, project).splitlines()]
    return [(each["file"], each["line"], each["message"]) for each in said]


def _pyright(project: Path) -> list[Said]:
    settings = {"typeCheckingMode": "strict", "reportUnnecessaryTypeIgnoreComment": "error"}
    (project / "pyrightconfig.json").write_text(json.dumps(settings))
    arguments = ["--outputjson", "--pythonpath", sys.executable, "-p", "."]
    said = json.loads(_output("pyright", arguments, project))["generalDiagnostics"]
    return [(each["file"], each["range"]["start"]["line"] + 1, each["message"]) for each in said]


def _ty(project: Path) -> list[Said]:
    said = _output("ty", ["check", "--python", sys.prefix, "--output-format=concise", "."], project)
    return [(each["path"], int(each["line"]), each["text"]) for each in _CONCISE.finditer(said)]


def _pyrefly(project: Path) -> list[Said]:
    # A folder without settings gets "basic", which leaves out most of what a type checker is for. "strict" wants types
    # of lambda parameters before it has chosen an overload.
    (project / "pyrefly.toml").write_text('preset = "default"\n')
    arguments = ["check", "--python-interpreter-path", sys.executable, "--output-format=json"]
    said = json.loads(_output("pyrefly", arguments, project))["errors"]
    return [(each["path"], each["line"], each["description"]) for each in said]


_CHECKERS = {"mypy": _mypy, "pyright": _pyright, "ty": _ty, "pyrefly": _pyrefly}
NAMES = tuple(_CHECKERS)


def _output(name: str, arguments: list[str], project: Path) -> str:
    """What a checker prints; it ends with 0 or 1, as there are errors or not."""
    beside_python = Path(sys.executable).parent / name
    program = str(beside_python) if beside_python.exists() else shutil.which(name)
    if program is None:
        raise CheckerMissingError(f"{name} is not installed: pip install -e '.[dev]'")
    # A user's environment has no search path of this checkout, and the output no colours.
    environment = {
        key: value for key, value in os.environ.items() if key not in ("MYPYPATH", "PYTHONPATH", "FORCE_COLOR")
    }
    command = [program, *arguments]
    ended = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode not in (0, 1):
        raise RuntimeError(f"{name} ended with {ended.returncode}: {ended.stderr or ended.stdout}")
    return ended.stdout
