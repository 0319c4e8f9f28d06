"""What a comparison of two terms finds: nothing (proven), a doubt, or a mismatch; and how findings add up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from syncra._relation._terms import Term, Variable

__all__ = ["Compare", "Doubt", "Finding", "Mismatch", "first_fault"]


@dataclass(frozen=True, slots=True)
class Doubt:
    """Assignable, but not proven."""

    reason: str


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Not assignable.

    Attributes:
        source, target: the smallest parts that don't fit.
        why: what the rule says about them, "" where the types say it all.
        cure: the nearest type or way that would fit, if one is known.
    """

    source: Term
    target: Term
    why: Callable[[], str] | str = ""
    cure: Callable[[], str] | str = ""


Finding: TypeAlias = Doubt | Mismatch | None


class Compare(Protocol):
    """The comparison under way, as the rules for single kinds of types see it."""

    def fits(self, source: Term, target: Term) -> Finding:
        """Whether a source fits a target."""

    def against(self, target: Term, source: Term) -> Finding:
        """Whether part of the target fits part of the source: where values flow the other way."""

    def same(self, source: Term, target: Term) -> Finding:
        """Whether both fit each other, as an invariant place requires."""

    def once(self, source: Term, target: Term, find: Callable[[], Finding]) -> Finding:
        """What `find` says; nothing where the same question is already being answered (a recursive type)."""

    def fill(self, hole: Variable, source: Term, target: Term) -> Finding:
        """Take what a ParamSpec or TypeVarTuple of the target stands for."""


def first_fault(findings: Iterable[Finding]) -> Finding:
    """The first mismatch, else the first doubt: all parts must fit."""
    doubt: Doubt | None = None
    for finding in findings:
        if isinstance(finding, Mismatch):
            return finding
        doubt = doubt or finding
    return doubt
