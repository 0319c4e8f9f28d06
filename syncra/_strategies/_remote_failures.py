"""The exceptions that calls in worker processes stand for which gave no value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncra._programs._steps import Job
from syncra.errors import RemoteTaskError, TransferError, WorkerDiedError

if TYPE_CHECKING:
    from syncra._workers import Died, Raised, Unsendable

__all__ = ["remote_failure"]


def remote_failure(step: Job, event: Raised | Unsendable | Died) -> BaseException:
    """The exception that a call which gave no value stands for."""
    from syncra._workers import Died, Raised, RemoteError, UnsendableError

    name = step.node.name
    if isinstance(event, Died):
        return WorkerDiedError(
            f"the worker process died{_how(event)} while it ran {step.describe()}",
            names=(name,),
            exit_code=event.exit_code,
            signal=event.signal,
        )
    error = event.error
    if isinstance(error, UnsendableError):
        part = "result" if isinstance(event, Raised) else _part(step, event.what)
        failure: BaseException = TransferError(
            f"the {part} of {step.describe()} can't travel: {error.reason}", name=name, part=part
        )
        failure.__cause__ = error.__cause__
        return failure
    if isinstance(error, RemoteError):
        error = RemoteTaskError(
            f"{error.description} (raised by {step.describe()}; a {error.type_name} can't be handed over)",
            type_name=error.type_name,
        )
    if isinstance(event, Raised) and event.traceback_text:
        error.add_note(f"In the worker process:\n{event.traceback_text.rstrip()}")
    return error


def _how(death: Died) -> str:
    if death.signal is not None:
        return f" (signal {death.signal})"
    return "" if death.exit_code is None else f" (exit code {death.exit_code})"


def _part(step: Job, what: str) -> str:
    """What can't travel, with the parameter's name in place of its number."""
    kind, _, number = what.partition(" ")
    if kind == "argument" and number.isdecimal() and int(number) < len(step.node.wiring.positional):
        return f"argument {step.node.wiring.positional[int(number)].parameter!r}"
    return what
