"""The answer to "does this type fit that one", as the rest of Syncra sees it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["PROVEN", "Answer", "Fit"]


class Fit(Enum):
    """How far a type fits another.

    PROVEN: every value of the one is a value of the other.
    CHECKED: a type checker accepts it, but only each value can tell.
    REJECTED: the typing rules say that it is not assignable.
    """

    PROVEN = "proven"
    CHECKED = "checked"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Answer:
    """A fit, and its reason: "" if proven, else why there is no proof, or what does not fit."""

    fit: Fit
    reason: str


PROVEN = Answer(Fit.PROVEN, "")
