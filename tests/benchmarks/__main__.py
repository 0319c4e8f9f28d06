"""All measurements, one table after the other.

    python -m tests.benchmarks [TABLE ...]

Nothing here fails when a budget is missed: the tables say so.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence

from tests.benchmarks.budgets import print_budgets
from tests.benchmarks.payloads import print_payloads
from tests.benchmarks.profiles import print_profiles
from tests.benchmarks.replays import print_replays
from tests.benchmarks.scale import print_scale

TABLES: Mapping[str, Callable[[], None]] = {
    "budgets": print_budgets,
    "profiles": print_profiles,
    "scale": print_scale,
    "payloads": print_payloads,
    "replays": print_replays,
}


def machine() -> str:
    """What was measured on, for the head of the tables."""
    return f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} processors"


def main(words: Sequence[str]) -> None:
    """Print the tables of these names; all, if there is none."""
    unknown = set(words) - set(TABLES)
    if unknown:
        sys.exit(f"no table is called {', '.join(sorted(unknown))}; there are {', '.join(TABLES)}")
    print(machine())
    for name, show in TABLES.items():
        if not words or name in words:
            print(f"\n## {name}\n", flush=True)
            show()


if __name__ == "__main__":
    main(sys.argv[1:])
