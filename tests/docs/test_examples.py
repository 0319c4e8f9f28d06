"""Every example runs: those of the pages, and those of the docstrings."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
from pages import blocks, script

import syncra

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


def docstrings() -> list[doctest.DocTest]:
    """The docstrings of the package that have examples."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    modules = [importlib.import_module(each.name) for each in pkgutil.walk_packages(syncra.__path__, "syncra.")]
    return [each for module in modules for each in finder.find(module, module.__name__, globs={}) if each.examples]


@pytest.mark.parametrize("page", [each for each in PAGES if blocks(each)], ids=lambda page: str(page.relative_to(ROOT)))
def test_page(page: Path, tmp_path: Path) -> None:
    """The blocks of a page run in order, without a warning."""
    source = script(page)
    arguments = [str(HERE / "pages.py"), str(page)]
    if source is not None:
        # A script of its own: worker processes import it again, as they would a reader's.
        alone = tmp_path / f"{page.stem.replace('-', '_')}.py"
        alone.write_text(source, encoding="utf-8")
        arguments = [str(alone)]
    command = [sys.executable, "-W", "error", *arguments]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr


@pytest.mark.parametrize("example", docstrings(), ids=lambda example: example.name)
def test_docstring(example: doctest.DocTest) -> None:
    """The examples of a docstring give what they say."""
    said: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, out=said.append)
    assert result.failed == 0, "".join(said)
