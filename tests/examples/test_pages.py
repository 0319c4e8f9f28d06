"""The pages name what there is, and lead to what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import syncra
from syncra import errors, testing

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
REFERENCE = (ROOT / "docs" / "reference" / "index.md").read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """The places in a page that a link can lead to."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("name", [*syncra.__all__, *testing.__all__])
def test_every_public_name_is_in_the_reference(name: str) -> None:
    """Nothing is public without a contract in the reference."""
    assert re.search(rf"`[^`\n]*\b{name}\b[^`\n]*`", REFERENCE)


def test_the_error_tree_is_the_one_of_the_module() -> None:
    """The reference shows the tree of `syncra.errors` as its docstring does, and no other."""
    [tree] = re.findall(r"^SyncraError\n(?:[├└│].*\n)+", REFERENCE, re.MULTILINE)
    drawn = "".join(f"    {line}\n" for line in tree.splitlines())
    assert drawn in (errors.__doc__ or "")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Each link within the repository leads to a file, and to a heading of it where it names one."""
    prose = re.sub(r"(?ms)^```.*?^```|`[^`\n]*`", "code", page.read_text(encoding="utf-8"))
    for link in re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", prose):
        path, _, anchor = "".join(link).partition("#")
        if "://" in path:
            continue
        target = page.parent / path if path else page
        assert target.exists(), f"{page.name}: {path}"
        assert not anchor or anchor in anchors(target), f"{page.name}: #{anchor}"
