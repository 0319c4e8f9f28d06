"""The options that several strategies have."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from syncra.errors import OptionError

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from typing_extensions import TypeIs

__all__ = ["is_executor", "worker_count"]

_MOST = 10_000


def is_executor(given: object) -> TypeIs[Executor]:
    """Whether it is an executor of `concurrent.futures`, which is not imported for asking that."""
    futures = sys.modules.get("concurrent.futures")
    return futures is not None and isinstance(given, futures.Executor)


def worker_count(given: object, *, default: int, option: str = "max_workers") -> int:
    """A number of workers out of an option of a strategy.

    Raises:
        OptionError: it is neither None nor a positive whole number.
    """
    if given is None:
        return default
    if not isinstance(given, int) or isinstance(given, bool) or not 1 <= given <= _MOST:
        raise OptionError(f"{option} must be a whole number from 1 to {_MOST}, not {given!r:.100}")
    return given
