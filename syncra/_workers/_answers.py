"""What the answers of workers come to: events, or errors that end the run."""

from __future__ import annotations

import os

from syncra import errors
from syncra._workers import _failure, _messages, _script
from syncra._workers._events import Event, Raised, Returned, Unsendable, Untaken
from syncra._workers._pickling import UnsendableError, decode, describe
from syncra._workers._pool import WorkerStartError
from syncra._workers._starter import Ending
from syncra._workers._wire import Body

__all__ = ["event_of", "not_started", "script_failure", "unsendable"]


def event_of(token: int, kind: int, body: Body) -> Event:
    """The event that a worker's answer stands for."""
    if kind == _messages.RETURNED:
        return _returned(token, body)
    if kind == _messages.NOT_BEGUN:
        return Untaken(token)
    error, text = _failure.unpack(body)
    if kind == _messages.UNREADABLE:
        refusal = UnsendableError("arguments", f"they do not unpickle in a worker: {describe(error)}")
        refusal.__cause__ = error
        return Unsendable(token, "arguments", refusal)
    return Raised(token, error, text)


def unsendable(token: int, error: UnsendableError | MemoryError) -> Unsendable:
    """The event of a call that can't be sent."""
    return Unsendable(token, error.what if isinstance(error, UnsendableError) else "arguments", error)


def _returned(token: int, body: Body) -> Event:
    try:
        return Returned(token, decode(body))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  a class may raise anything while it is unpickled
        refusal = UnsendableError("the result", f"it does not unpickle in the caller: {describe(error)}")
        refusal.__cause__ = error
        return Raised(token, refusal, "")


def not_started(ending: Ending) -> WorkerStartError:
    """Why there is no worker, told by how it ended."""
    if ending.start_error is not None:
        reason = os.strerror(ending.start_error)
    elif ending.exit_code is not None:
        reason = f"it left with exit code {ending.exit_code}; what it printed says more"
    else:
        reason = "the process that starts workers is gone; what it printed says more"
    return WorkerStartError(f"a worker process could not start: {reason}", ending.exit_code)


def script_failure(body: Body) -> WorkerStartError:
    """Why no worker can import the caller's script."""
    error, text = _failure.unpack(body)
    # The script may have met the public error, which the strategy makes of ours.
    if isinstance(error, (WorkerStartError, errors.WorkerStartError)):
        return WorkerStartError(str(error))
    failure = WorkerStartError(
        f"a worker process could not import the script: {describe(error)}\n\n{text}\n"
        f"If the script does its work as it is imported: {_script.GUARD}"
    )
    failure.__cause__ = error
    return failure
