"""How many processors this process may really use."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

_ROOT: Final = Path("/sys/fs/cgroup")
_MEMBERSHIP: Final = Path("/proc/self/cgroup")


def usable_cpus(root: Path = _ROOT, membership: Path = _MEMBERSHIP) -> int:
    """Processors that affinity and the quotas of all enclosing control groups leave; at least 1."""
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    return max(1, min([count, *(math.ceil(quota) for quota in _quotas(root, membership))]))


def _quotas(root: Path, membership: Path) -> Iterator[float]:
    """The quotas of all groups that this process is in, in processors (both versions of the interface)."""
    for line in _read(membership).splitlines():
        _, _, rest = line.partition(":")
        controllers, _, group = rest.partition(":")
        if not controllers:
            yield from _limits(root, group)
        elif "cpu" in controllers.split(","):
            yield from _limits(root / controllers, group)
            yield from _limits(root / "cpu", group)


def _limits(root: Path, group: str) -> Iterator[float]:
    path = PurePosixPath(group.lstrip("/"))
    for part in (path, *path.parents):  # in a container the listed path may not be there, but its root is
        folder = root / part
        quota, _, period = _read(folder / "cpu.max").partition(" ")
        if not period:
            quota, period = _read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us")
        try:
            limit = float(quota) / float(period)
        except (ValueError, ZeroDivisionError):  # "max", or no such file
            continue
        if limit > 0:
            yield limit


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        return ""
