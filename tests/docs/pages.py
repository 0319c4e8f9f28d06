"""The Python blocks of a page, as one script or, where they `await`, block by block as in a notebook.

A block with a further word behind `python` (```python wrong) is shown and not run.
"""

from __future__ import annotations

import ast
import asyncio
import re
import sys
from inspect import CO_COROUTINE
from pathlib import Path

_BLOCK = re.compile(r"^(?P<indent> *)```python\n(?P<code>.*?)^ *```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path) -> list[str]:
    """The page's blocks, each behind as many empty lines as there are before it: errors then name the page's lines."""
    text = page.read_text(encoding="utf-8")
    found = []
    for block in _BLOCK.finditer(text):
        indent = len(block["indent"])
        lines = [line[indent:] for line in block["code"].splitlines()]
        found.append("\n" * (text[: block.start()].count("\n") + 1) + "\n".join(lines))
    return found


def script(page: Path) -> str | None:
    """The blocks as one script with the page's line numbers; None where one of them awaits."""
    merged = ""
    for block in blocks(page):
        merged += block[merged.count("\n") :]
    try:
        compile(merged, str(page), "exec")
    except SyntaxError:
        return None
    return merged


def run_blocks(page: Path, names: dict[str, object]) -> None:
    """Run the blocks in order in one namespace; each that awaits has a loop of its own."""
    for source in blocks(page):
        code = compile(source, str(page), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        if code.co_flags & CO_COROUTINE:
            asyncio.run(eval(code, names))  # noqa: S307  # the project's own pages
        else:
            exec(code, names)  # noqa: S102  # the project's own pages


if __name__ == "__main__":
    run_blocks(Path(sys.argv[1]), vars(sys.modules["__main__"]))
