"""The check of one hint: what asks it, and what it says."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import lru_cache

from syncra._values._checks import Check, inside
from syncra._values._faults import told
from syncra._values._reading import read

# Enough for the hints of a large program; bounded, because an entry holds its classes alive.
_REMEMBERED = 4096


@dataclass(frozen=True, slots=True, eq=False)
class ValueCheck:
    """Whether a value is a value of a hint, as a type checker understands the hint.

    Attributes:
        hint: the hint as it was given.
        limits: what of the hint no value is asked about, each as in "the signature of a callable".
    """

    hint: object
    limits: tuple[str, ...]
    _check: Check = field(repr=False)

    def faults(self, value: object) -> str | None:
        """None if the value is a value of the hint, else the first reasons with their paths.

        Never raises; never converts, copies or changes the value; never iterates what that could use up.
        """
        try:
            if self._check.accepts(value):
                return None
        except Exception:  # noqa: BLE001, S110 - a hostile value: the closer look below says where
            pass
        return told(inside("", self._check, value))

    def __reduce__(self) -> tuple[object, ...]:
        return value_check, (self.hint,)


def value_check(hint: object) -> ValueCheck:
    """The check of any hint; what can't be checked of it is accepted, and named in the limits."""
    try:
        return _remembered(hint)
    except Exception:  # noqa: BLE001 - a hint that can't be hashed, or compared
        return _made(hint)


def _made(hint: object) -> ValueCheck:
    check, limits = read(hint)
    return ValueCheck(hint, limits, check)


@lru_cache(_REMEMBERED, typed=True)
def _remembered(hint: Hashable) -> ValueCheck:
    return _made(hint)
