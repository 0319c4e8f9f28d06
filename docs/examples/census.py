"""A census of the Python standard library: what its source is made of, package by package.

    python census.py                                     the library of this interpreter
    python census.py --strategy processes --workers 4    the same, on four processes
    python census.py json asyncio --json                 two packages, as JSON
    python census.py --interpreter /usr/bin/python3      another interpreter's library

The census is a graph. An interpreter says where its library is, its packages are found, each of them is read, parsed
and counted by a call of its own, however many there are, and what they came to is joined into one report:

    interpreter -> describe -> Library -> find -> each(count) -> report

The tasks know nothing of threads, processes or event loops: the strategy is chosen when the plan is run.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import json
import re
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from itertools import zip_longest
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from syncra import (
    Asyncio,
    Graph,
    Input,
    Processes,
    Sequential,
    Strategy,
    Threads,
    depends,
    each,
    parse,
    task,
)

# ---------------------------------------------------------------------- what is counted


@dataclass(frozen=True, slots=True)
class Library:
    """The standard library of one interpreter, as the interpreter itself describes it."""

    version: str
    directory: Path
    modules: frozenset[str]


@dataclass(frozen=True, slots=True)
class Package:
    """A package: its source files, as places below the library's directory, and their size in bytes together."""

    name: str
    places: tuple[str, ...]
    size: int


@dataclass(frozen=True, slots=True)
class Function:
    """A function as long as it is written, decorators left out."""

    name: str
    place: str
    lines: int


@dataclass(frozen=True, slots=True)
class Counts:
    """What some source is made of; of nothing, where no file could be read. Counts are added up with `+`."""

    files: int = 0
    lines: int = 0
    classes: int = 0
    functions: int = 0
    async_functions: int = 0
    parameters: int = 0
    annotated_parameters: int = 0
    annotated_returns: int = 0
    longest: Function | None = None

    def __add__(self, other: Counts) -> Counts:
        names = [field.name for field in fields(self) if field.name != "longest"]
        numbers = {name: getattr(self, name) + getattr(other, name) for name in names}
        return Counts(**numbers, longest=longest_of(self.longest, other.longest))


def longest_of(*functions: Function | None) -> Function | None:
    """The longest of these; among equals the place decides, so that the order of adding changes nothing."""
    known = (each for each in functions if each is not None)
    return min(known, key=lambda each: (-each.lines, each.place), default=None)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A source file that could not be read or parsed, and why. It counts nowhere else."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Link:
    """How many import statements of one package name another one."""

    importer: str
    imported: str
    statements: int


class Counted(NamedTuple):
    """What one package came to: its counts, how often it names other packages in imports, and what was unreadable."""

    package: str
    counts: Counts
    imports: dict[str, int]
    unreadable: list[Unreadable]


@dataclass(frozen=True, slots=True)
class Census:
    """The whole report."""

    version: str
    directory: Path
    packages: dict[str, Counts]
    imports: list[Link]
    unreadable: list[Unreadable]

    @property
    def total(self) -> Counts:
        return sum(self.packages.values(), Counts())


# ---------------------------------------------------------------------- the graph

interpreter = Input[Path]("interpreter", default=Path(sys.executable))
only = Input[frozenset[str]]("only", default=frozenset())
limit = Input[int | None]("limit", default=None)

_DESCRIBE = """
import json, platform, sys, sysconfig
library = dict(
    version=platform.python_version(),
    directory=sysconfig.get_path("stdlib"),
    modules=sorted(sys.stdlib_module_names),
)
print(json.dumps(library))
"""


@task
async def describe(executable: Path = depends(interpreter)) -> dict[str, object]:
    """What an interpreter says of its own library."""
    process = await asyncio.create_subprocess_exec(
        executable, "-I", "-c", _DESCRIBE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    if process.returncode:
        reason = err.decode(errors="replace").strip()
        raise ChildProcessError(f"{executable} does not describe its library: {reason}")
    described: dict[str, object] = json.loads(out)
    return described


library = parse(describe, Library)


@task
def find(
    library: Library = depends(library),
    only: frozenset[str] = depends(only),
    limit: int | None = depends(limit),
) -> list[Package]:
    """The packages of the library, or some of them, the largest first, so that none begins when others are done."""
    packages: dict[str, list[Path]] = {}
    for path in library.directory.rglob("*.py"):
        parts = path.relative_to(library.directory).parts
        if not {"site-packages", "dist-packages"} & set(parts):
            packages.setdefault(parts[0].removesuffix(".py"), []).append(path)
    unknown = only - packages.keys()
    if unknown or not packages:
        missing = ", ".join(sorted(unknown)) or "source files"
        raise LookupError(f"there is no {missing} in {library.directory}")
    chosen = [package_of(name, packages[name], library) for name in sorted(only or packages)[:limit]]
    return sorted(chosen, key=lambda package: -package.size)


def package_of(name: str, paths: list[Path], library: Library) -> Package:
    """The package that these files make."""
    places = sorted(path.relative_to(library.directory).as_posix() for path in paths)
    return Package(name, tuple(places), sum(path.lstat().st_size for path in paths))


@task
def count(package: Package, library: Library = depends(library)) -> Counted:
    """Reads, parses and counts the files of one package."""
    counts = Counts()
    imports: Counter[str] = Counter()
    unreadable: list[Unreadable] = []
    for place in package.places:
        try:
            text = (library.directory / place).read_bytes()
            tree = ast.parse(text, f"{_PARSED}/{place}")
        # A parser that gives up on deeply nested source raises one of the last two.
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
            unreadable.append(Unreadable(place, f"{type(error).__name__}: {error}"))
            continue
        nodes = list(ast.walk(tree))
        counts += count_nodes(nodes, place, len(text.splitlines()))
        imports.update(name for name in imported_names(nodes) if name != package.name)
    return Counted(package.name, counts, dict(imports), unreadable)


counted = each(count, over=find)


def name_of(counted: Counted) -> str:
    return counted.package


@task
def report(library: Library = depends(library), counted: list[Counted] = depends(counted)) -> Census:
    """All of it together: packages by name, the most frequent imports first, what was unreadable by place."""
    links = [
        Link(came.package, imported, statements)
        for came in counted
        for imported, statements in came.imports.items()
        if imported in library.modules
    ]
    return Census(
        library.version,
        library.directory,
        packages={came.package: came.counts for came in sorted(counted, key=name_of) if came.counts.files},
        imports=sorted(links, key=lambda link: (-link.statements, link.importer, link.imported)),
        unreadable=sorted((file for came in counted for file in came.unreadable), key=lambda file: file.place),
    )


# ---------------------------------------------------------------------- reading source

# Old source has escapes that today's parser warns of. Warning filters belong to the whole process: a task
# that changed them for a moment would change them for its neighbours too. So there is one filter, for file
# names that only this module uses.
_PARSED = "<census>"
warnings.filterwarnings("ignore", module=re.escape(_PARSED))


def count_nodes(nodes: list[ast.AST], place: str, lines: int) -> Counts:
    """The counts of one file, from all nodes of its tree."""
    functions = [node for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    parameters = [each for function in functions for each in parameters_of(function.args)]
    lengths = [
        Function(node.name, f"{place}:{node.lineno}", (node.end_lineno or node.lineno) - node.lineno + 1)
        for node in functions
    ]
    return Counts(
        files=1,
        lines=lines,
        classes=sum(isinstance(node, ast.ClassDef) for node in nodes),
        functions=len(functions),
        async_functions=sum(isinstance(node, ast.AsyncFunctionDef) for node in functions),
        parameters=len(parameters),
        annotated_parameters=sum(each.annotation is not None for each in parameters),
        annotated_returns=sum(node.returns is not None for node in functions),
        longest=longest_of(*lengths),
    )


def parameters_of(arguments: ast.arguments) -> Iterator[ast.arg]:
    """Every parameter, `*args` and `**kwargs` too."""
    yield from (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    yield from (each for each in (arguments.vararg, arguments.kwarg) if each is not None)


def imported_names(nodes: list[ast.AST]) -> Iterator[str]:
    """The top-level package that each import statement names; relative imports stay within their own."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from {each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0]


# ---------------------------------------------------------------------- the command line


HEADINGS = "package           files     lines  classes  functions  async  annotated  returns   longest function"


def table(census: Census, rows: int) -> str:
    """The report for people: the largest packages, what is imported most, and all that was unreadable."""
    largest = sorted(census.packages.items(), key=lambda item: (-item[1].lines, item[0]))
    lines = [
        f"The standard library of Python {census.version} in {census.directory}",
        "",
        HEADINGS,
        *(row(name, counts) for name, counts in largest[:rows]),
        *([f"... {len(largest) - rows} more packages"] if len(largest) > rows else []),
        row("all", census.total),
        "",
        f"{'imported by the most packages':34}most import statements between packages",
        *import_rows(census.imports, rows=10),
    ]
    if census.unreadable:
        lines += ["", f"{len(census.unreadable)} files could not be parsed and count nowhere:"]
        lines += [f"  {each.place}: {each.reason}" for each in census.unreadable]
    return "\n".join(lines)


def row(name: str, counts: Counts) -> str:
    """One row of the table."""
    longest = counts.longest
    return (
        f"{name:16}{counts.files:>7}{counts.lines:>10}{counts.classes:>9}{counts.functions:>11}"
        f"{counts.async_functions:>7}{percent(counts.annotated_parameters, counts.parameters):>11}"
        f"{percent(counts.annotated_returns, counts.functions):>9}"
        f"   {'-' if longest is None else f'{longest.name}, {longest.lines} lines, {longest.place}'}"
    )


def import_rows(links: list[Link], rows: int) -> Iterator[str]:
    """The packages that most others import, beside the pairs with the most import statements."""
    importers = Counter(link.imported for link in links)
    packages = [f"{name:20}{number:>7}" for name, number in importers.most_common(rows)]
    pairs = [f"{f'{link.importer} -> {link.imported}':32}{link.statements:>7}" for link in links[:rows]]
    for left, right in zip_longest(packages, pairs, fillvalue=""):
        yield f"  {left:34}{right}".rstrip()


def percent(part: int, whole: int) -> str:
    """A part as a percentage."""
    return f"{part / whole:.0%}" if whole else "-"


STRATEGIES = ("sequential", "threads", "processes", "asyncio")


def strategy_of(name: str, workers: int | None) -> Strategy:
    """The strategy that the command line asks for."""
    match name:
        case "threads":
            return Threads(max_workers=workers)
        case "processes":
            return Processes(max_workers=workers)
        case "asyncio":
            return Asyncio(max_concurrency=workers)
        case _:
            return Sequential()


def positive(text: str) -> int:
    """A whole number from 1 up."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not 1 or more")
    return number


def main() -> None:
    """Counts, and prints the report and the time that it took."""
    parser = argparse.ArgumentParser(description="A census of the Python standard library.")
    parser.add_argument("package", nargs="*", help="count these packages only")
    parser.add_argument("--limit", type=positive, help="count the first packages only, by name")
    parser.add_argument("--interpreter", type=Path, default=Path(sys.executable), help="whose library it is")
    parser.add_argument("--strategy", choices=STRATEGIES, default="sequential", help="where the tasks run")
    parser.add_argument("--workers", type=positive, help="how many tasks may run at once")
    parser.add_argument("--rows", type=positive, default=25, help="how many packages the table shows")
    parser.add_argument("--json", action="store_true", help="print the whole report as JSON instead")
    chosen = parser.parse_args()

    strategy = strategy_of(chosen.strategy, chosen.workers)
    plan = Graph.of(report, name="census").compile(report)

    begun = perf_counter()
    try:
        results = plan.run(
            interpreter.bind(chosen.interpreter),
            only.bind(frozenset(chosen.package)),
            limit.bind(chosen.limit),
            strategy=strategy,
        )
    except (LookupError, OSError) as error:
        sys.exit(f"census: {error}")
    seconds = perf_counter() - begun

    if chosen.json:
        print(json.dumps(asdict(results[report]), default=str, indent=2))
    else:
        print(table(results[report], chosen.rows))
        print(f"\ncounted {results[report].total.files} files in {seconds:.2f} s with {strategy!r}")


if __name__ == "__main__":
    main()
