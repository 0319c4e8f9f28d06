"""How calls end."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Returned:
    """The call gave a value."""

    token: int
    value: object


@dataclass(frozen=True, slots=True, eq=False)
class Raised:
    """The call raised; also where its result could not be handed over (then an `UnsendableError`).

    Attributes:
        error: the exception itself with its notes, cause and context, or a `RemoteError` in its place.
        traceback_text: what Python would have printed in the worker; empty where nothing ran there.
    """

    token: int
    error: BaseException
    traceback_text: str


@dataclass(frozen=True, slots=True, eq=False)
class Unsendable:
    """The call was not made: its function or its arguments did not get to a worker.

    Attributes:
        what: "function", "argument 2" (counted from 0), "argument 'rate'" or "arguments".
        error: why; its cause is the pickler's own error where there is one.
    """

    token: int
    what: str
    error: BaseException


@dataclass(frozen=True, slots=True, eq=False)
class Died:
    """The worker died while it had the call; at most one of the two is known.

    Attributes:
        exit_code: what it left with by itself (`os._exit`).
        signal: what killed it.
    """

    token: int
    exit_code: int | None
    signal: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Untaken:
    """The call was sent and never begun, for what happened before it or beside it: it can be made again."""

    token: int


Event = Returned | Raised | Unsendable | Died | Untaken
