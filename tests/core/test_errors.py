"""The error tree: each class is also the nearest builtin, keeps its facts through pickling, and reads as a sentence."""

from __future__ import annotations

import builtins
import copy
import pickle

import pytest

from syncra import errors

EXAMPLES: list[errors.SyncraError] = [
    errors.DeclarationError("m"),
    errors.SignatureError("m"),
    errors.DependencyTypeError("m", source="a", target="b", parameter="p", reason="r"),
    errors.WiringError("m"),
    errors.ArgumentError("m"),
    errors.DocumentError("m").at(("tasks", "a b", 0), 3),
    errors.OptionError("m"),
    errors.GraphError("m"),
    errors.DuplicateTaskError("m", name="a"),
    errors.CycleError(["a", "b", "a"]),
    errors.NotFoundError("m"),
    errors.GraphNotFoundError("shp", ["shop"]),
    errors.NodeNotFoundError("m"),
    errors.CaseNotFoundError("m", name="a"),
    errors.CallError("m", name="a", parameters=["x", "y"]),
    errors.FrozenError("m"),
    errors.NodeUseError("m"),
    errors.BindingError("the graph", ["one", "two"]),
    errors.ValueCheckError("m", source="a", target="b", parameter="p", reasons="r"),
    errors.NoResultError("m", name="a"),
    errors.NotAwaitedError("m"),
    errors.RunningLoopError("m"),
    errors.TaskReturnError("m", name="a"),
    errors.TaskTimeoutError("m", name="a", timeout=1.5),
    errors.WorkerDiedError("m", names=["a"], exit_code=3, signal=9),
    errors.WorkerStartError("m"),
    errors.RemoteTaskError("m", type_name="x.Y"),
    errors.TransferError("m", name="a", part="result"),
    errors.ProtocolError("m"),
]


def test_every_public_error_has_an_example_here() -> None:
    """The examples are the whole tree."""
    assert {type(each).__name__ for each in EXAMPLES} | {"SyncraError"} == set(errors.__all__)


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_an_error_is_a_builtin_and_keeps_its_facts(error: errors.SyncraError) -> None:
    """It can be caught as a builtin, and text, facts and notes survive pickling and copying."""
    nearest = [each for each in type(error).__mro__ if each.__module__ == builtins.__name__]
    assert nearest[0] not in (Exception, BaseException, object)
    error.add_note("a note")
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(again) is type(error)
        assert (str(again), again.__dict__) == (str(error), error.__dict__)
    assert not str(error).startswith(("'", '"'))


def test_several_faults_keep_their_kinds_when_pickled() -> None:
    """The error of a declaration with two faults carries both, also on the other side."""
    faults = [errors.WiringError("first"), errors.OptionError("second\nline")]
    with pytest.raises(errors.DeclarationError) as raised:
        errors.DeclarationError.raise_all("task 'a'", faults)
    again = pickle.loads(pickle.dumps(raised.value))
    assert [(type(each), str(each)) for each in again.faults] == [(type(each), str(each)) for each in faults]
    with pytest.raises(errors.WiringError) as alone:
        errors.DeclarationError.raise_all("task 'a'", faults[:1])
    assert alone.value is faults[0]
    errors.DeclarationError.raise_all("task 'a'", [])


def test_a_long_cycle_shows_ten_names() -> None:
    """The path is whole, the message is not."""
    error = errors.CycleError([f"n{n}" for n in range(100)] + ["n0"])
    assert len(error.path) == 101
    assert str(error).count("'n") <= 10
    assert "more" in str(error)
