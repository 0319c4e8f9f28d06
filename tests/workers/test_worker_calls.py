"""What one call comes to: values, exceptions, functions of every kind."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable
from typing import Any

import called_functions as functions
import pytest
from pool_driving import event_of, events_of, value_of

from syncra._workers import (
    FunctionRef,
    Raised,
    RemoteError,
    Returned,
    Unsendable,
    UnsendableError,
    WorkerPool,
)


def test_values_come_back_for_their_tokens(pool: WorkerPool) -> None:
    """Each of many calls on two workers ends once, in its own value."""
    events = events_of(pool, *[(functions.add, (number,), {"right": 2}) for number in range(50)])
    assert [event.value for event in events if isinstance(event, Returned)] == list(range(2, 52))


@pytest.mark.parametrize(
    ("function", "arguments", "expected"),
    [
        (math.hypot, (3, 4), 5.0),
        (operator.itemgetter(1), ("ab",), "b"),
        (functools.partial(functions.add, 40), (2,), 42),
        (functools.partial(functions.replaced.__wrapped__.__wrapped__), (4,), 8),
        (functions.replaced.__wrapped__.__wrapped__, (4,), 8),
        (functions.Counter(5), (1,), 6),
        (functions.Counter(5).method, (1,), 6),
        (functions.Counter.static, (1,), 2),
        (functions.Counter.of_class, (1,), ("Counter", 1)),
        ([3, 4].index, (4,), 1),
        (functions.Counter, (1,), None),
        (functions.add_async, (1, 2), 3),
        (functools.partial(functions.add_async, 1), (2,), 3),
        (lambda value: value + 1, (1,), 2),
    ],
)
def test_every_kind_of_function_travels(
    pool: WorkerPool, function: Callable[..., Any], arguments: tuple[Any, ...], expected: Any
) -> None:
    """Functions, builtins, methods, partials, callable objects, classes, coroutine functions, lambdas."""
    value = value_of(pool, function, *arguments)
    assert value == expected or isinstance(value, functions.Counter)


def test_a_replaced_function_travels_by_reference() -> None:
    """A function under two decorators shares its module's state in the worker, which a copy would not."""
    with WorkerPool(1) as pool:
        reference = FunctionRef(functions.replaced.__wrapped__.__wrapped__)
        assert b"replaced" in reference.definition().pickled
        assert len(reference.definition().pickled) < 200
        assert [value_of(pool, functions.count_calls) for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize(
    "error", [ValueError("x", 1), StopIteration(3), SystemExit(4), KeyboardInterrupt(), GeneratorExit()]
)
def test_whatever_is_raised_comes_back_and_the_worker_lives(error: BaseException) -> None:
    """Type and arguments of the exception are kept; the same process makes the next call."""
    with WorkerPool(1) as pool:
        process = value_of(pool, functions.process_id)
        event = event_of(pool, functions.raise_error, error)
        assert isinstance(event, Raised)
        assert type(event.error) is type(error)
        assert event.error.args == error.args
        assert value_of(pool, functions.process_id) == process


def test_an_exception_keeps_notes_cause_and_context(pool: WorkerPool) -> None:
    """What pickling forgets is restored, and the text shows the remote frames and only the user's."""
    event = event_of(pool, functions.raise_chain)
    assert isinstance(event, Raised)
    assert event.error.__notes__ == ["a note"]
    assert isinstance(event.error.__cause__, OSError)
    assert isinstance(event.error.__cause__.__context__, KeyError)
    assert event.error.__cause__.__suppress_context__
    assert "in raise_chain" in event.traceback_text
    assert "_workers" not in event.traceback_text


@pytest.mark.parametrize("error", [functions.LockError, functions.TwoArgumentsError, functions.TextlessError])
def test_an_exception_that_cannot_travel_is_replaced(pool: WorkerPool, error: type[Exception]) -> None:
    """Its type and, where it can be made, its message are kept in a substitute."""

    def fail(kind: type[Exception]) -> None:
        raise kind(*["a", "b"][: 2 if kind is functions.TwoArgumentsError else 1])

    event = event_of(pool, fail, error)
    assert isinstance(event, Raised)
    if error is not functions.TextlessError:
        assert isinstance(event.error, RemoteError)
        assert event.error.type_name == f"called_functions.{error.__name__}"
        assert error.__name__ in str(event.error)
        assert "in fail" in event.traceback_text


def test_a_result_that_does_not_pickle_is_that_calls_failure(pool: WorkerPool) -> None:
    """The error says what type it was; neighbours are not touched."""
    failed, fine = events_of(pool, (functions.give_lock, ()), (functions.add, (1,)))
    assert isinstance(failed, Raised)
    assert isinstance(failed.error, UnsendableError)
    assert "lock" in str(failed.error)
    assert isinstance(fine, Returned)


def test_an_argument_that_does_not_pickle_is_named(pool: WorkerPool) -> None:
    """By position or by name; nothing was called."""
    by_position, by_name = events_of(
        pool,
        (functions.add, (1, functions.lock)),
        (functions.add, (1,), {"right": functions.lock}),
    )
    assert isinstance(by_position, Unsendable)
    assert by_position.what == "argument 1"
    assert isinstance(by_name, Unsendable)
    assert by_name.what == "argument 'right'"


def test_context_variables_of_one_call_are_not_seen_by_the_next() -> None:
    """Each call has a context of its own."""
    with WorkerPool(1) as pool:
        assert [value_of(pool, functions.set_marker, name) for name in "ab"] == ["unset", "unset"]


def test_what_a_coroutine_leaves_running_is_cancelled() -> None:
    """The next call in the same worker finds it done."""
    with WorkerPool(1) as pool:
        value_of(pool, functions.leave_task_behind)
        assert value_of(pool, functions.left_behind_is_done)


def test_a_cancellation_that_nobody_asked_for_is_raised(pool: WorkerPool) -> None:
    """A coroutine that raises CancelledError itself does not take the worker along."""
    event = event_of(pool, functions.raise_cancelled)
    assert isinstance(event, Raised)
    assert type(event.error).__name__ == "CancelledError"


def test_a_coroutine_never_comes_back_as_a_value(pool: WorkerPool) -> None:
    """A function that is not async but returns a coroutine has failed."""
    event = event_of(pool, functions.give_coroutine)
    assert isinstance(event, Raised)
    assert isinstance(event.error, TypeError)
