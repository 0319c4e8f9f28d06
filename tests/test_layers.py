"""Imports go downwards only: each module of the package has a layer, and imports nothing from a higher one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import syncra

PACKAGE = Path(syncra.__file__).parent

LAYERS = (
    (
        "errors",
        "_frozen",
        "_outcome",
        "_topology",
        "_cpus",
        "_unbroken",
        "_annotations",
        "_siblings",
        "_stand_ins",
        "_relation",
        "_values",
    ),
    ("_signature", "_variadic", "_policy"),
    ("_nodes",),
    ("_edges",),
    ("_programs",),
    ("_runs",),
    ("_strategies", "_workers"),
    ("_results", "_plan", "_documents", "_graph_function", "_function", "_graph", "_conformance", "testing", ""),
)
"""The parts of the package from below; the last one, without a name, is `syncra` itself."""

LAYER_OF = {part: number for number, parts in enumerate(LAYERS) for part in parts}
LEAVES = {"testing", "_conformance", ""}
STRATEGIES = {"_asyncio", "_processes", "_sequential", "_threads"}


def name_of(path: Path) -> str:
    """A module's name below `syncra`: "_relation._fits"; that of the package itself is empty."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def part_of(module: str) -> str:
    return module.partition(".")[0]


def imported(module: str) -> Iterator[str]:
    """The modules of the package that a module imports anywhere: in functions and under TYPE_CHECKING too."""
    for statement in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(statement, ast.Import):
            names = [each.name for each in statement.names]
        elif isinstance(statement, ast.ImportFrom):
            assert statement.level == 0, f"{module} has a relative import; write the whole name"
            # Of `from syncra._values import _checks`, the module is the longest name that is one.
            names = [f"{statement.module}.{each.name}" for each in statement.names]
        for name in names:
            top, _, below = name.partition(".")
            if top == "syncra":
                yield below if below in MODULES else below.rpartition(".")[0]


def test_every_module_has_a_layer() -> None:
    """No part of the package is outside of the layers, and no layer names what does not exist."""
    assert {part_of(module) for module in MODULES} == set(LAYER_OF)


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_downwards(module: str) -> None:
    """A module imports from its own layer and from lower ones, and leaves are imported by leaves only."""
    own = LAYER_OF[part_of(module)]
    for other in imported(module):
        assert LAYER_OF[part_of(other)] <= own, f"syncra.{module} imports syncra.{other} from a higher layer"
        assert part_of(other) not in LEAVES or part_of(module) in LEAVES, f"syncra.{module} imports a leaf, {other}"


def test_strategies_do_not_know_each_other() -> None:
    """A strategy shares interfaces and tools with its siblings, and imports none of them."""
    for strategy in STRATEGIES:
        siblings = {f"_strategies.{each}" for each in STRATEGIES - {strategy}}
        assert not siblings & set(imported(f"_strategies.{strategy}"))


def test_tools_of_strategies_do_not_know_strategies() -> None:
    """What the strategies share imports none of them, so each can be read without the others."""
    shared = [module for module in MODULES if module.startswith("_strategies.") and module[12:] not in STRATEGIES]
    for module in shared:
        assert not {f"_strategies.{each}" for each in STRATEGIES} & set(imported(module))


def test_workers_know_nothing_of_graphs() -> None:
    """The pool of processes calls functions; of the rest of the package it knows the errors."""
    workers = [module for module in MODULES if part_of(module) == "_workers"]
    assert {part_of(other) for module in workers for other in imported(module)} <= {
        "_cpus",
        "_unbroken",
        "_workers",
        "errors",
    }


def test_the_lowest_layer_stands_alone() -> None:
    """Errors, outcomes and topology import nothing of the package."""
    for module in ("errors", "_outcome", "_topology"):
        assert list(imported(module)) == []
