"""What a task may ask of the run besides being called: further attempts, a time limit, a worker thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from syncra.errors import OptionError

if TYPE_CHECKING:
    from typing_extensions import TypeIs

__all__ = ["DEFAULT_POLICY", "Policy", "Retry"]


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
        _require("delay", self.delay, at_least=0.0)
        _require("backoff", self.backoff, at_least=1.0)
        _require("jitter", self.jitter, at_least=0.0, at_most=1.0)
        _require("max_delay", self.max_delay, at_least=0.0)
        kinds = self.on if isinstance(self.on, tuple) else (self.on,)
        for kind in kinds:
            if not (isinstance(kind, type) and issubclass(kind, Exception)):
                raise OptionError(f"on= takes subclasses of Exception, not {kind!r}")

    def allows(self, error: BaseException, failed: int) -> bool:
        """Whether there is another attempt after `failed` of them, of which the last raised `error`."""
        return failed <= self.count and isinstance(error, self.on)

    def seconds_before(self, attempt: int) -> float:
        """Seconds to wait before an attempt; the second one is number 2."""
        import random

        try:
            delay = self.delay * self.backoff ** (attempt - 2)
        except OverflowError:
            return self.max_delay
        return min(self.max_delay, delay * (1.0 + self.jitter * random.random()))


@dataclass(frozen=True, slots=True)
class Policy:
    """The options of a task that concern its runs.

    Attributes:
        retry: how it is tried again; None: it is not.
        timeout: seconds that one attempt may take; None: any time.
        offload: under Asyncio a sync task runs on a worker thread.
    """

    retry: Retry | None = None
    timeout: float | None = None
    offload: bool = False

    @classmethod
    def of(cls, options: Mapping[str, object]) -> Policy:
        """The policy that these options of `@task` ask for.

        Raises:
            OptionError: a value makes no sense.
        """
        retries, timeout, offload = options.get("retries", 0), options.get("timeout"), options.get("offload", False)
        if not retries and timeout is None and offload is False and _is_int(retries):
            return DEFAULT_POLICY
        if not isinstance(retries, Retry):
            if not _is_int(retries):
                raise OptionError(f"retries must be a whole number or a Retry, not {retries!r}")
            retries = Retry(retries)
        if timeout is not None:
            timeout = _require("timeout", timeout, at_least=0.0)
            if timeout == 0.0:
                raise OptionError("timeout must be more than 0 seconds; leave it out for no limit")
        if not isinstance(offload, bool):
            raise OptionError(f"offload must be True or False, not {offload!r}")
        return cls(retries if retries.count else None, timeout, offload)


DEFAULT_POLICY = Policy()


def _is_int(value: object) -> TypeIs[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _require(name: str, value: object, *, at_least: float, at_most: float = float("inf")) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        raise OptionError(f"{name} must be a finite number of seconds or a factor, not {value!r}")
    if not at_least <= value <= at_most:
        bounds = f"{at_least} or more" if at_most == float("inf") else f"between {at_least} and {at_most}"
        raise OptionError(f"{name} must be {bounds}, not {value!r}")
    return float(value)
