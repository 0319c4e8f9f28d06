"""What a task may ask of the run besides being called: further attempts, a time limit, a worker thread, its turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite, nan
from typing import TYPE_CHECKING, TypeVar, cast

from syncra.errors import OptionError

if TYPE_CHECKING:
    from typing_extensions import TypeIs

__all__ = ["DEFAULT_POLICY", "Policy", "Retry"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Retry:
    """How a task that raises is tried again.

    Attributes:
        count: attempts after the first one.
        delay: seconds before the second attempt.
        backoff: the factor by which the delay grows with each further attempt.
        jitter: the largest share of the delay that is added by chance, 0.0 to 1.0.
        max_delay: seconds that no delay exceeds; an hour if not said otherwise.
        on: exceptions that are worth another attempt; whatever else is raised is final.

    Raises:
        OptionError: a value makes no sense.

    Example:
        >>> from syncra import Retry, task
        >>> @task(retries=Retry(3, delay=0.1, backoff=2.0, on=ConnectionError))
        ... def fetch() -> bytes:
        ...     return b"..."
    """

    count: int
    delay: float = 0.0
    backoff: float = 1.0
    jitter: float = 0.0
    max_delay: float = 3600.0
    on: type[Exception] | tuple[type[Exception], ...] = Exception

    def __post_init__(self) -> None:
        if not _is_int(self.count) or self.count < 0:
            raise OptionError(f"retries must be a whole number, 0 or more, not {self.count!r}")
        _require("delay", self.delay, "seconds", at_least=0.0)
        _require("backoff", self.backoff, "a factor", at_least=1.0)
        _require("jitter", self.jitter, "a share", at_least=0.0, at_most=1.0)
        _require("max_delay", self.max_delay, "seconds", at_least=0.0)
        kinds = self.on if isinstance(self.on, tuple) else (self.on,)
        for kind in kinds:
            if not (isinstance(kind, type) and issubclass(kind, Exception)):
                raise OptionError(f"on= takes subclasses of Exception, not {kind!r}")

    def allows(self, error: BaseException, failed: int) -> bool:
        """Whether there is another attempt after `failed` of them, of which the last raised `error`."""
        return failed <= self.count and isinstance(error, self.on)

    def seconds_before(self, attempt: int) -> float:
        """Seconds to wait before an attempt; the second one is number 2."""
        try:
            delay = self.delay * self.backoff ** (attempt - 2)
        except OverflowError:
            return self.max_delay
        if self.jitter:
            import random

            delay *= 1.0 + self.jitter * random.random()
        return min(self.max_delay, delay)


@dataclass(frozen=True, slots=True)
class Policy:
    """The options of a task that concern its runs.

    Attributes:
        retry: how it is tried again; None: it is not.
        timeout: seconds that one attempt may take; None: any time.
        offload: under Asyncio a sync task runs on a worker thread.
        cost: how long it takes beside the graph's other tasks, in whatever unit they share.
    """

    retry: Retry | None = None
    timeout: float | None = None
    offload: bool = False
    cost: float = 1

    @classmethod
    def of(cls, options: Mapping[str, object]) -> tuple[Policy, list[OptionError]]:
        """The policy that these options of `@task` ask for, and what is wrong with them."""
        retries, timeout, offload = options.get("retries", 0), options.get("timeout"), options.get("offload", False)
        cost = options.get("cost", 1)
        is_usual = retries == 0 and timeout is None and offload is False and type(cost) is int and cost == 1
        if is_usual and _is_int(retries):
            return DEFAULT_POLICY, []
        faults: list[OptionError] = []
        policy = cls(
            _found(_retry, retries, faults),
            _found(_timeout, timeout, faults),
            _found(_offload, offload, faults) or False,
            _found(_cost, cost, faults) or 0.0,
        )
        return policy, faults


DEFAULT_POLICY = Policy()


def _is_int(value: object) -> TypeIs[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _found(read: Callable[[object], T], given: object, faults: list[OptionError]) -> T | None:
    """What an option asks for; None, and one fault more, where it makes no sense."""
    try:
        return read(given)
    except OptionError as fault:
        faults.append(fault)
        return None


def _retry(given: object) -> Retry | None:
    if isinstance(given, Retry):
        return given if given.count else None
    if not _is_int(given):
        raise OptionError(f"retries must be a whole number or a Retry, not {given!r:.100}")
    return Retry(given) if given else None


def _timeout(given: object) -> float | None:
    if given is None:
        return None
    if _require("timeout", given, "seconds", at_least=0.0) == 0.0:
        raise OptionError("timeout must be more than 0 seconds; leave it out for no limit")
    return float(cast(float, given))  # cast: just asked


def _offload(given: object) -> bool:
    if not isinstance(given, bool):
        raise OptionError(f"offload must be True or False, not {given!r:.100}")
    return given


def _cost(given: object) -> float:
    return _require("cost", given, "in the unit of the other tasks' costs", at_least=0.0)


def _require(name: str, value: object, unit: str, *, at_least: float, at_most: float = float("inf")) -> float:
    try:
        number = float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else nan
    except OverflowError:  # its digits may be more than Python shows
        raise OptionError(f"{name} must be a finite number ({unit}), not an int that no float is as large as") from None
    if not isfinite(number):
        raise OptionError(f"{name} must be a finite number ({unit}), not {value!r:.100}")
    if not at_least <= number <= at_most:
        bounds = f"{at_least:g} or more" if at_most == float("inf") else f"between {at_least:g} and {at_most:g}"
        raise OptionError(f"{name} must be {bounds} ({unit}), not {value!r:.100}")
    return number
