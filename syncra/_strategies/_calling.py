"""How steps are called in this process: a row of them, or one with a time limit."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any

from syncra._programs._steps import PENDING, Job, Step
from syncra._runs._run import Run
from syncra.errors import TaskTimeoutError

__all__ = ["Came", "call_items", "call_row", "call_within", "timed_out"]


def call_row(run: Run, start: int, stop: int) -> Step | None:  # noqa: C901  a branch an arity, for speed
    """Call the steps of a row one after the other, up to one that needs more than a call, which is returned.

    A failure is told to the run, and ends the row.
    """
    # The loop that decides what a task costs: everything is in locals, and the common numbers of arguments are called
    # without building a list.
    values = run.values
    index = start
    try:
        for index, call, arity, a, b, c, freed, more in run.program.entries[start:stop]:
            if arity == 1:
                values[index] = call(values[a])
            elif arity == 2:
                values[index] = call(values[a], values[b])
            elif arity == 0:
                values[index] = call()
            elif arity == 3:
                values[index] = call(values[a], values[b], values[c])
            elif arity > 0:
                values[index] = call(*a(values))
            else:
                run.advance(index)
                return run.program.steps[index]
            if freed is not None:
                values[freed] = PENDING
                if more is not None:
                    for slot in more:
                        values[slot] = PENDING
    except BaseException as error:  # told to the run, which decides whether it goes on
        run.advance(index)
        run.fail(run.program.steps[index], error)
        return None
    run.advance(stop)
    return None


def call_items(run: Run) -> bool:
    """Call a fan-out that is next in order for all its items, one after the other; False: there is none.

    A failure is told to the run, and ends the row.
    """
    if run.program.shapes is None:
        return False
    from syncra._runs._fan_out_run import FanOutRun

    if not isinstance(run, FanOutRun) or (fan := run.open_in_order()) is None:
        return False
    # As `call_row`: what is in this loop is paid for every item.
    call, keep = fan.called(run.values), fan.results.append
    if fan.node.keeps_outcomes:
        keep = fan.keep_next
    try:
        for part in fan.row():
            try:
                value = call(part)
            except BaseException as error:  # told to the run, which decides whether it goes on
                run.break_row(fan, part, error)
                return True
            keep(value)
            if run.stopping:
                break
    except BaseException as error:  # of the value that is gone over
        fan.broken = error
    run.end_row(fan)
    return True


def timed_out(step: Job, consequence: str) -> TaskTimeoutError:
    """The error of an attempt that took too long; the consequence says what has become of it."""
    seconds = step.policy.timeout or 0.0
    error = TaskTimeoutError(
        f"{step.describe()} took longer than its timeout of {seconds:g} seconds",
        name=step.node.name,
        timeout=seconds,
    )
    error.add_note(consequence)
    return error


class Came:
    """What a call came to, on its way between threads: a StopIteration can't be raised out of a coroutine."""

    def __init__(self) -> None:
        self._outcome: tuple[Any, BaseException | None] | None = None  # Any: the node's value

    @property
    def has_ended(self) -> bool:
        """There is something that nobody has taken."""
        return self._outcome is not None

    def keep(self, value: object, error: BaseException | None) -> None:
        """It came to this value, or to this exception."""
        self._outcome = value, error

    def call(self, call: Callable[[], Any]) -> None:
        """Make the call and keep what it comes to."""
        try:
            self.keep(call(), None)
        except BaseException as error:
            self.keep(None, error)

    def value(self) -> Any:  # Any: the node's value
        """Give the value or raise the exception; once, as a kept exception would keep this alive."""
        (value, error), self._outcome = self._outcome or (None, None), None
        if error is None:
            return value
        try:
            raise error
        finally:
            del error  # or the exception and this frame would keep each other alive


def call_within(step: Job, call: Callable[[], Any]) -> Any:  # Any: the node's value
    """Call a step with a time limit: on a thread that is left behind when the time is over.

    A thread can't be stopped. It goes on until its call returns, its result is thrown away, and it doesn't keep the
    interpreter from exiting.

    Raises:
        TaskTimeoutError: the time was over.
        BaseException: what the call raised.
    """
    came = Came()
    thread = Thread(target=came.call, args=(call,), name=f"syncra-{step.node.name}", daemon=True)
    thread.start()
    thread.join(step.policy.timeout)
    if not came.has_ended:
        raise timed_out(step, "a thread can't be stopped: it was left behind and its result will be thrown away")
    return came.value()
