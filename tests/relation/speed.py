"""How long an answer takes, for new and for known pairs: `python -m tests.relation.speed`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

from syncra._annotations import resolve
from syncra._relation import assignable
from tests.relation.labelled import environment

PAIRS = Path(__file__).parent / "labelled" / "pairs.jsonl"


def main() -> None:
    """Time the labelled pairs, each new and then known, and the import of the relation."""
    names = vars(environment)
    rows = [json.loads(line) for line in PAIRS.read_text().splitlines()]
    sides = ("source", "target")
    pairs = [tuple(resolve(eval(row[side], dict(names)), names) for side in sides) for row in rows]
    new = [_microseconds(source, target) for source, target in pairs]
    known = [min(_microseconds(source, target) for _ in range(5)) for source, target in pairs]
    tenths = quantiles(new, n=10)
    print(f"{len(pairs)} new pairs: median {median(new):.0f} us, 90 % within {tenths[8]:.0f} us")
    print(f"known pairs: median {median(known):.2f} us")
    bare = min(_process("pass") for _ in range(9))
    print(f"import, beside a bare interpreter: {min(_process(_IMPORT) for _ in range(9)) - bare:.0f} ms")


_IMPORT = """
import sys, types
package = types.ModuleType("syncra")
package.__path__ = ["syncra"]
sys.modules["syncra"] = package
import syncra._relation
"""


def _microseconds(source: object, target: object) -> float:
    begin = perf_counter()
    assignable(source, target)
    return (perf_counter() - begin) * 1e6


def _process(code: str) -> float:
    begin = perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
    return (perf_counter() - begin) * 1e3


if __name__ == "__main__":
    main()
