"""The census as its users run it, in a process of its own: its numbers are right under every strategy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CENSUS = Path(__file__).parents[2] / "docs" / "examples" / "census.py"
STRATEGIES = ("sequential", "threads", "processes", "asyncio")

ALPHA = r"""
import os, json.decoder
from beta import value
from . import inner

PATTERN = "\d"

class First:
    async def fetch(self, url: str, *rest: int) -> bytes:
        return b""

    @staticmethod
    def longest(a, b=None, /, *, c: int = 3, **others):
        first = lambda x: x
        return first
"""
INNER = "import alpha, outside\nimport os\n\ndef short(): return 1\n"


def run_census(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", str(CENSUS), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def counted(*arguments: str | Path) -> Any:  # Any: what JSON gives
    ended = run_census("--json", *arguments)
    assert (ended.returncode, ended.stderr) == (0, "")
    return json.loads(ended.stdout)


@pytest.fixture
def interpreter(tmp_path: Path) -> Path:
    """A program that describes a small library, as an interpreter describes its own."""
    library = tmp_path / "library"
    for place, content in {
        "alpha/__init__.py": ALPHA.encode(),
        "alpha/inner/__init__.py": INNER.encode(),
        "beta.py": "# -*- coding: latin-1 -*-\nvalue = 'é'\nimport os\n".encode("latin-1"),
        "broken.py": b"def (:\n",
        "nothing.py": b"\0",
        "undecodable.py": b"'\xe9'\n",
        "site-packages/installed.py": b"import os\n",
    }.items():
        path = library / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (library / "dangling.py").symlink_to(library / "gone.py")
    modules = ["os", "json", "alpha", "beta", "sys"]
    described = json.dumps({"version": "3.99", "directory": str(library), "modules": modules})
    program = tmp_path / "python"
    program.write_text(f"#!{sys.executable}\nprint({described!r})\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_counts_are_what_a_reader_of_the_source_counts(strategy: str, interpreter: Path) -> None:
    """Every number of a small library is the one counted by hand, whichever strategy runs the census."""
    census = counted("--interpreter", interpreter, "--strategy", strategy, "--workers", "2")

    unreadable = {each["place"]: each["reason"].partition(":")[0] for each in census.pop("unreadable")}
    assert unreadable.keys() == {"broken.py", "dangling.py", "nothing.py", "undecodable.py"}
    assert unreadable["broken.py"] == "SyntaxError"
    assert unreadable["dangling.py"] == "FileNotFoundError"
    assert census == {
        "version": "3.99",
        "directory": str(interpreter.parent / "library"),
        "packages": {
            "alpha": {
                "files": 2,
                "lines": 19,
                "classes": 1,
                "functions": 3,
                "async_functions": 1,
                "parameters": 7,
                "annotated_parameters": 3,
                "annotated_returns": 1,
                "longest": {"name": "longest", "place": "alpha/__init__.py:13", "lines": 3},
            },
            "beta": {
                "files": 1,
                "lines": 3,
                "classes": 0,
                "functions": 0,
                "async_functions": 0,
                "parameters": 0,
                "annotated_parameters": 0,
                "annotated_returns": 0,
                "longest": None,
            },
        },
        "imports": [
            {"importer": "alpha", "imported": "os", "statements": 2},
            {"importer": "alpha", "imported": "beta", "statements": 1},
            {"importer": "alpha", "imported": "json", "statements": 1},
            {"importer": "beta", "imported": "os", "statements": 1},
        ],
    }


def test_strategies_agree_on_the_standard_library() -> None:
    """Real packages are counted alike under every strategy, however many workers there are."""
    packages = ("json", "concurrent", "xml")
    reports = [
        counted(*packages, "--strategy", strategy, "--workers", str(workers))
        for workers, strategy in enumerate(STRATEGIES, 1)
    ]
    assert reports[0]["packages"].keys() == set(packages)
    assert all(each["functions"] > 10 for each in reports[0]["packages"].values())
    assert reports == [reports[0]] * len(STRATEGIES)


def test_the_table_names_every_file_left_out(interpreter: Path) -> None:
    """A person sees how many files were counted, in what time, and which ones were not, with the reason."""
    ended = run_census("--interpreter", interpreter, "--rows", "1")
    assert ended.returncode == 0
    assert "4 files could not be parsed and count nowhere:" in ended.stdout
    assert "\n  broken.py: SyntaxError: " in ended.stdout
    assert "\n... 1 more packages\n" in ended.stdout
    assert "\n  os                        2       alpha -> os                           2\n" in ended.stdout
    assert "\ncounted 3 files in " in ended.stdout
    assert ended.stdout.rstrip().endswith("s with Sequential()")


def test_limit_takes_the_first_packages_by_name(interpreter: Path) -> None:
    """`--limit 1` counts one package and neither counts nor reports files of others."""
    census = counted("--interpreter", interpreter, "--limit", "1")
    assert (list(census["packages"]), census["unreadable"]) == (["alpha"], [])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("no_such_package",), "census: there is no no_such_package in "),
        (("--interpreter", "/no/such/python"), "census: "),
        (("--workers", "0"), "argument --workers: 0 is not 1 or more"),
    ],
)
def test_mistakes_on_the_command_line_are_one_sentence(arguments: tuple[str, ...], message: str) -> None:
    """Who asks for something that is not there gets a sentence and a failing exit code, and no traceback."""
    ended = run_census(*arguments)
    assert ended.returncode != 0
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr
