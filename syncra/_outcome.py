"""What one step of a run came to: Succeeded, Failed or Skipped, exactly one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

__all__ = ["Failed", "Outcome", "Skipped", "Succeeded"]

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Succeeded(Generic[T_co]):
    """The step gave a value.

    Attributes:
        value: what it returned, the very object.
        attempts: the exceptions of the attempts before the one that succeeded, in order.
    """

    value: T_co
    attempts: tuple[BaseException, ...] = ()


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Failed:
    """The step raised.

    Attributes:
        error: the exception of its last attempt, the very object where it ran in this process.
        attempts: the exceptions of the attempts before, in order.
    """

    error: BaseException
    attempts: tuple[BaseException, ...] = ()


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Skipped:
    """The step did not run.

    Attributes:
        reason: one clause that says why.
        causes: the failed nodes that are the reason; empty where nothing failed.
    """

    reason: str
    causes: tuple[object, ...] = ()


Outcome: TypeAlias = Succeeded[T_co] | Failed | Skipped
