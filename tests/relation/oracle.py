"""Pairs of types drawn from a grammar, answered by the relation and by mypy, and where the two differ.

    python -m tests.relation.oracle --pairs 5000 --seed 1 [--pyright]

mypy answers all pairs in one run; pyright, with --pyright, those that differ, so that what only one of the
two checkers holds can be told from what is wrong.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from syncra._relation import Answer, Fit, assignable
from tests.relation.grammar import draw_generic_pairs, draw_pairs

# A batch of 30 000 takes a minute. On a few unions of type variables mypy itself does not come to an end.
_LONGEST = 600
ROOT = Path(__file__).parents[2]
HEADER = """
from tests.relation.labelled.environment import *
S = TypeVar("S")
SA = TypeVar("SA", bound=A)
SIS = TypeVar("SIS", int, str)
import itertools, random, socket, subprocess, tempfile, threading, weakref, zipfile, csv
"""


@dataclass(frozen=True)
class Difference:
    """A pair on which the relation and mypy differ.

    Attributes:
        sort: "unsound" (proven, but not assignable), "false alarm" (rejected, but assignable), or "undecided"
            (checked, though it is not assignable, or nothing gradual or constrained is in it).
    """

    sort: str
    source: str
    target: str
    reason: str
    pyright: str = ""


def compare(pairs: Sequence[tuple[str, str]], *, pyright: bool = False) -> tuple[int, list[Difference]]:
    """How many pairs mypy understood, and those on which the relation differs."""
    verdicts = mypy_verdicts(pairs)
    names = environment()
    found = []
    for (source, target), verdict in zip(pairs, verdicts, strict=True):
        if verdict is not None:
            try:
                hints = eval(source, names), eval(target, names)
            except Exception:  # noqa: BLE001, S112  generic models of pydantic refuse arguments that mypy accepts
                continue
            answer = assignable(*hints)
            sort = difference(answer, verdict, source, target)
            if sort:
                found.append(Difference(sort, source, target, answer.reason))
    understood = sum(verdict is not None for verdict in verdicts)
    return understood, (_with_pyright(found) if pyright else found)


def environment() -> dict[str, object]:
    """The names that the grammar speaks about."""
    names: dict[str, object] = {}
    exec(HEADER, names)
    return names


def difference(answer: Answer, assignable_by_mypy: bool, source: str, target: str) -> str:
    """In which way an answer differs from mypy's, "" if it does not."""
    match answer.fit, assignable_by_mypy:
        case Fit.PROVEN, False:
            return "unsound"
        case Fit.REJECTED, True:
            return "false alarm"
        case Fit.CHECKED, False:
            return "undecided"
        case Fit.CHECKED, True if not GRADUAL.search(f"{source} {target}") and not answer.reason.endswith("argument"):
            return "undecided"
    return ""


GRADUAL = re.compile(r"Any|Annotated|GtZero|Positive|pd\.|\.\.\.\]|Callable\[\.\.\.|PosInt|LiteralString")


def mypy_verdicts(pairs: Sequence[tuple[str, str]]) -> list[bool | None]:
    """For each pair whether mypy accepts the call; None where it does not accept the types themselves."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pairs.py"
        path.write_text(_program(pairs))
        command = [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--implicit-reexport",
            "--disable-error-code=type-arg",
            "--no-error-summary",
            "--hide-error-context",
        ]
        command += ["--config-file=", "--show-error-codes", "--no-pretty", str(path)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=_LONGEST)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stdout + done.stderr)
    errors: dict[int, set[str]] = {}
    for line, code in re.findall(r"pairs\.py:(\d+): error: .*\[([a-z-]+)\]$", done.stdout, re.MULTILINE):
        errors.setdefault(int(line), set()).add(code)
    return _by_pair(len(pairs), errors)


def _program(pairs: Iterable[tuple[str, str]]) -> str:
    return HEADER + "".join(
        f"def f{index}(x: {source}) -> None:\n    def g(y: {target}) -> None: ...\n    g(x)\n"
        for index, (source, target) in enumerate(pairs)
    )


def _by_pair(count: int, errors: dict[int, set[str]]) -> list[bool | None]:
    """For each pair whether the call has no error; None where one of the types has."""
    verdicts: list[bool | None] = []
    for index in range(count):
        source, target, call = (errors.get(HEADER.count("\n") + 3 * index + line, set()) for line in (1, 2, 3))
        verdicts.append(None if source | target else not call)
    return verdicts


def _with_pyright(found: Sequence[Difference]) -> list[Difference]:
    """The same differences with what pyright says; those in which it agrees with the relation come last."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pairs.py"
        (path.parent / "pyrightconfig.json").write_text(json.dumps({"extraPaths": [str(ROOT)]}))
        path.write_text(_program((each.source, each.target) for each in found))
        command = [
            sys.executable,
            "-m",
            "pyright",
            "--outputjson",
            "--pythonpath",
            sys.executable,
            "-p",
            folder,
        ]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    errors: dict[int, set[str]] = {}
    for each in json.loads(done.stdout)["generalDiagnostics"]:
        if each["severity"] == "error":
            errors.setdefault(each["range"]["start"]["line"] + 1, set()).add(each.get("rule", ""))
    verdicts = _by_pair(len(found), errors)
    words = {True: "assignable", False: "not assignable", None: "?"}
    judged = [
        Difference(each.sort, each.source, each.target, each.reason, words[verdict])
        for each, verdict in zip(found, verdicts, strict=True)
    ]
    return sorted(judged, key=agrees_with_pyright)


def agrees_with_pyright(each: Difference) -> bool:
    """Whether one of the two checkers answers as the relation does."""
    return (each.sort, each.pyright) in {
        ("unsound", "assignable"),
        ("false alarm", "not assignable"),
        ("undecided", "assignable"),
    }


def main() -> None:
    """Draw, ask, and print what differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--nested", type=float, default=0.5, help="part of the pairs that are nested")
    parser.add_argument("--generic", action="store_true", help="targets with type variables")
    parser.add_argument("--pyright", action="store_true", help="ask pyright about the pairs that differ")
    options = parser.parse_args()
    random = Random(options.seed)
    pairs = (
        draw_generic_pairs(random, options.pairs)
        if options.generic
        else draw_pairs(random, options.pairs, options.nested)
    )
    understood, found = compare(pairs, pyright=options.pyright)
    for each in found:
        print(f"{each.sort:11} {each.source} => {each.target}  [{each.reason}]  {each.pyright}")
    wrong = [each for each in found if not agrees_with_pyright(each)]
    print(f"{understood} pairs, {len(wrong)} differ: {100 - 100 * len(wrong) / max(understood, 1):.2f} % agree")
    print(dict(Counter(each.sort for each in wrong)))


if __name__ == "__main__":
    main()
