"""One rule of the contract as a case, and the list of all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from syncra._strategies._interface import Strategy

__all__ = [
    "Case",
    "Make",
    "anywhere",
    "conformance_cases",
    "holds",
    "in_process",
    "raised",
]

Make: TypeAlias = Callable[[], Strategy]
E = TypeVar("E", bound=BaseException)


@dataclass(frozen=True, slots=True)
class Case:
    """One rule of the contract; called with what makes a strategy, it raises AssertionError if the rule is broken.

    Attributes:
        name: of the case, a Python name.
        fact: the rule.
        in_process: it holds for strategies only that call tasks in the caller's process.
    """

    name: str
    fact: str
    in_process: bool
    check: Callable[[Make], None]

    def __call__(self, make: Make) -> None:
        self.check(make)

    def __str__(self) -> str:
        return self.name


_cases: list[Case] = []


def conformance_cases(*, in_process: bool = True) -> tuple[Case, ...]:
    """Every case; without those that share objects with tasks where these are called in other processes."""
    return tuple(case for case in _cases if in_process or not case.in_process)


def anywhere(check: Callable[[Make], None]) -> Callable[[Make], None]:
    """Declares a case that holds wherever tasks are called; its docstring is the rule."""
    _cases.append(Case(check.__name__, check.__doc__ or "", False, check))
    return check


def in_process(check: Callable[[Make], None]) -> Callable[[Make], None]:
    """Declares a case that watches tasks through objects it shares with them."""
    _cases.append(Case(check.__name__, check.__doc__ or "", True, check))
    return check


def holds(is_so: object, fact: str) -> None:
    """Nothing, if it is so; `fact` says what was found otherwise."""
    if not is_so:
        raise AssertionError(fact)


def raised(kind: type[E], call: Callable[[], object]) -> E:
    """The exception of this kind that the call raises."""
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__} was raised")
