"""What can go wrong, as one tree: each class is a SyncraError and also the nearest builtin.

    SyncraError
    ├── DeclarationError (TypeError)          a task, an input or a wiring is declared wrongly
    │   ├── SignatureError                    what was decorated cannot be a task
    │   ├── DependencyTypeError               an edge whose types do not fit
    │   ├── WiringError                       parameters and dependencies do not match up
    │   ├── ArgumentError (+ ValueError)      a fixed argument or a default does not fit its annotation
    │   ├── DocumentError (+ ValueError)      a graph written as data is written wrongly, or can't be written
    │   └── OptionError (+ ValueError)        an option has a nonsense value
    ├── GraphError (ValueError)               single declarations are right, together they make no graph
    │   ├── DuplicateTaskError                two nodes of one graph have the same name
    │   └── CycleError                        a node needs itself
    ├── NotFoundError (KeyError)              a name or a node that is not there
    │   ├── CaseNotFoundError                 a switch has no case for a key
    │   ├── GraphNotFoundError                no graph is registered under this name
    │   └── NodeNotFoundError                 no such node in this graph, plan or result
    ├── CallError (TypeError)                 a task called as a function without a value that only a run has
    ├── NodeUseError (TypeError)              a node was used as if it was the value that it stands for
    ├── FrozenError (AttributeError)          an attempt to change a node, a graph or a plan
    ├── BindingError (ValueError)             the values given to a run: missing, unknown or wrong
    ├── ValueCheckError (ValueError)          a value on a checked edge is not what its consumer wants
    ├── NoResultError (LookupError)           the result of a node that failed or was skipped
    ├── NotAwaitedError (RuntimeError)        results of an asynchronous run, used before `await`
    ├── RunningLoopError (RuntimeError)       a blocking run of async tasks inside a running event loop
    ├── TaskReturnError (TypeError)           a task returned a coroutine, a future or a node instead of a value
    ├── TaskTimeoutError (TimeoutError)       an attempt took longer than its task's timeout
    ├── WorkerDiedError (RuntimeError)        the worker process died under a task
    ├── WorkerStartError (RuntimeError)       no worker process can be started here
    ├── RemoteTaskError (RuntimeError)        stands for an exception that could not leave its worker process
    ├── TransferError (TypeError)             what cannot travel to or from a worker process
    └── ProtocolError (RuntimeError)          a strategy broke the protocol of a run: a bug in the strategy

Errors carry their facts as attributes (names, never nodes), survive pickling and keep nothing alive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Self

__all__ = [
    "ArgumentError",
    "BindingError",
    "CallError",
    "CaseNotFoundError",
    "CycleError",
    "DeclarationError",
    "DependencyTypeError",
    "DocumentError",
    "DuplicateTaskError",
    "FrozenError",
    "GraphError",
    "GraphNotFoundError",
    "NoResultError",
    "NodeNotFoundError",
    "NodeUseError",
    "NotAwaitedError",
    "NotFoundError",
    "OptionError",
    "ProtocolError",
    "RemoteTaskError",
    "RunningLoopError",
    "SignatureError",
    "SyncraError",
    "TaskReturnError",
    "TaskTimeoutError",
    "TransferError",
    "ValueCheckError",
    "WiringError",
    "WorkerDiedError",
    "WorkerStartError",
]

_SHOWN_IN_CYCLE = 10


class SyncraError(Exception):
    """The root of every error that Syncra raises itself; a task's own exception is never wrapped in one."""

    def __str__(self) -> str:
        # KeyError shows the repr of its argument: a sentence must read as a sentence.
        return Exception.__str__(self)

    def __reduce__(self) -> tuple[Callable[..., BaseException], tuple[object, ...]]:
        return _restore, (type(self), self.args, dict(self.__dict__))


def _restore(cls: type[BaseException], args: tuple[object, ...], facts: dict[str, object]) -> BaseException:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(facts)
    return error


class DeclarationError(SyncraError, TypeError):
    """A task, an input or a wiring is declared wrongly.

    Attributes:
        faults: the single faults; none where there is only one, the error itself.
        keys: where it is in a graph written as data: the keys that lead there.
        line: its line in the file, from 1, where that is known.
    """

    faults: tuple[DeclarationError, ...]
    keys: tuple[str | int, ...] = ()
    line: int | None = None

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.faults = ()

    def at(self, keys: Sequence[str | int], line: int | None) -> Self:
        """The same fault, its sentence beginning with its place in a graph written as data."""
        self.keys, self.line = tuple(keys), line
        shown = ".".join(str(each) if _is_plain(each) else repr(each) for each in keys) or "the graph"
        self.args = (f"{shown}{'' if line is None else f' (line {line})'}: {self}",)
        return self

    def about(self, subject: str) -> Self:
        """The same fault, its sentence beginning with what it is about."""
        if not str(self).startswith(subject):
            self.args = (f"{subject}: {self}",)
        return self

    @staticmethod
    def raise_all(subject: str, faults: Sequence[DeclarationError]) -> None:
        """Raise what is wrong with `subject`: nothing, the one fault, or all of them as one error.

        Several faults of one class are raised as that class, so that `except DependencyTypeError` finds
        them however many there are.
        """
        if not faults:
            return
        if len(faults) == 1:
            raise faults[0].about(subject)
        kinds = {type(fault) for fault in faults}
        together = kinds.pop() if len(kinds) == 1 else DeclarationError
        lines = "\n".join(f"  {n}. {indented(str(fault))}" for n, fault in enumerate(faults, 1))
        error = together.__new__(together)
        DeclarationError.__init__(error, f"{subject} has {len(faults)} faults:\n{lines}")
        error.faults = tuple(faults)
        raise error


class SignatureError(DeclarationError):
    """What was decorated cannot be a task: it is not callable, is a class, or has no signature to read."""


class DependencyTypeError(DeclarationError):
    """An edge whose types do not fit: what the producer returns is not assignable to the parameter.

    Attributes:
        source, target: the names of the producer and of the consumer.
        parameter: the consumer's parameter.
        reason: the smallest part that does not fit.
    """

    source: str = ""
    target: str = ""
    parameter: str = ""
    reason: str = ""

    def __init__(self, message: str, *, source: str, target: str, parameter: str, reason: str) -> None:
        super().__init__(message)
        self.source, self.target, self.parameter, self.reason = source, target, parameter, reason

    def about(self, subject: str) -> Self:
        """The same: its sentence names the task and its place."""
        return self


class WiringError(DeclarationError):
    """Parameters and dependencies do not match up: one too many, one too few, or a name that is not there."""


class ArgumentError(DeclarationError, ValueError):
    """A fixed argument or an input's default does not fit its annotation."""


class DocumentError(DeclarationError, ValueError):
    """A graph written as data is written wrongly, or a graph holds what can't be written as data."""


class OptionError(DeclarationError, ValueError):
    """An option of a task, an input or a strategy has a value that makes no sense."""


class GraphError(SyncraError, ValueError):
    """Declarations that are right one by one do not make a graph together."""


class DuplicateTaskError(GraphError):
    """Two different nodes of one graph have the same name.

    Attributes:
        name: the name that both have.
    """

    def __init__(self, message: str, *, name: str) -> None:
        super().__init__(message)
        self.name = name


class CycleError(GraphError):
    """A node needs itself, directly or through others.

    Attributes:
        path: the names of the nodes on the shortest cycle found, each needing the next, the first repeated at the end.
    """

    def __init__(self, path: Sequence[str]) -> None:
        self.path = tuple(path)
        shown = [repr(name) for name in path]
        if len(shown) > _SHOWN_IN_CYCLE:
            left_out = len(shown) - _SHOWN_IN_CYCLE + 1
            shown = [*shown[: _SHOWN_IN_CYCLE - 2], f"... {left_out} more ...", shown[-1]]
        super().__init__(f"a node needs itself: {' -> '.join(shown)} (read -> as 'needs')")


class NotFoundError(SyncraError, KeyError):
    """A name or a node that is not where it was looked for."""


class GraphNotFoundError(NotFoundError):
    """No graph is registered under this name.

    Attributes:
        name: the name that was asked for.
    """

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        super().__init__(f"no graph is registered as {name!r}{suggestion(name, known)}")


class NodeNotFoundError(NotFoundError):
    """A node that is not in this graph, plan or result."""


class CaseNotFoundError(NotFoundError):
    """A key of a run for which a `switch` has no case.

    Attributes:
        name: of the switch.
    """

    def __init__(self, message: str, *, name: str) -> None:
        super().__init__(message)
        self.name = name


class CallError(SyncraError, TypeError):
    """A task was called as a plain function with a parameter left to `depends(...)`, whose value only a run has.

    Attributes:
        name: the task's name.
        parameters: the parameters to pass.
    """

    def __init__(self, message: str, *, name: str, parameters: Sequence[str]) -> None:
        super().__init__(message)
        self.name, self.parameters = name, tuple(parameters)


class NodeUseError(SyncraError, TypeError):
    """A node was used as if it was the value that it stands for, and which only a run has."""


class FrozenError(SyncraError, AttributeError):
    """An attempt to change a node, a graph or a plan: what is checked stays as it was checked."""


class BindingError(SyncraError, ValueError):
    """The values given to a run do not fit: inputs are missing, unknown or of a wrong type; all are listed.

    Attributes:
        faults: one sentence for each fault.
    """

    def __init__(self, subject: str, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        if len(faults) == 1:
            super().__init__(f"{subject}: {faults[0]}")
        else:
            lines = "\n".join(f"  {n}. {indented(fault)}" for n, fault in enumerate(faults, 1))
            super().__init__(f"{subject}: {len(faults)} values do not fit:\n{lines}")


class ValueCheckError(SyncraError, ValueError):
    """A value that a check at run time refused.

    Attributes:
        source: the name of the producer.
        target: the name of the consumer; the producer's own where its result is checked.
        parameter: the consumer's parameter, or "return".
        reasons: what pydantic found, with the place inside the value.
    """

    def __init__(self, message: str, *, source: str, target: str, parameter: str, reasons: str) -> None:
        super().__init__(message)
        self.source, self.target, self.parameter, self.reasons = source, target, parameter, reasons


class NoResultError(SyncraError, LookupError):
    """The result of a node that failed or was skipped was asked for; its cause is the failure, where there is one.

    Attributes:
        name: the node's name.
    """

    def __init__(self, message: str, *, name: str) -> None:
        super().__init__(message)
        self.name = name


class NotAwaitedError(SyncraError, RuntimeError):
    """Results of an asynchronous run were used before they were awaited."""


class RunningLoopError(SyncraError, RuntimeError):
    """A blocking run of async tasks was asked for inside a running event loop."""


class TaskReturnError(SyncraError, TypeError):
    """A task returned something that can never be a value: a coroutine, another awaitable or a node.

    Attributes:
        name: the task's name.
    """

    def __init__(self, message: str, *, name: str) -> None:
        super().__init__(message)
        self.name = name


class TaskTimeoutError(SyncraError, TimeoutError):
    """An attempt took longer than its task's timeout.

    Attributes:
        name: the task's name.
        timeout: seconds that one attempt may take.
    """

    def __init__(self, message: str, *, name: str, timeout: float) -> None:
        super().__init__(message)
        self.name, self.timeout = name, timeout


class WorkerDiedError(SyncraError, RuntimeError):
    """The worker process died while it ran a task: killed, out of memory, `os._exit` or a crash.

    Attributes:
        names: the tasks that it was running.
        exit_code: the process's exit code, or None.
        signal: the number of the signal that ended it, or None.
    """

    def __init__(
        self, message: str, *, names: Sequence[str], exit_code: int | None = None, signal: int | None = None
    ) -> None:
        super().__init__(message)
        self.names, self.exit_code, self.signal = tuple(names), exit_code, signal


class WorkerStartError(SyncraError, RuntimeError):
    """No worker process can be started here, or none can import the script; no task is to blame."""


class RemoteTaskError(SyncraError, RuntimeError):
    """Stands for a task's exception that could not be handed over by its worker process.

    Attributes:
        type_name: module and name of the exception's own type.
    """

    def __init__(self, message: str, *, type_name: str) -> None:
        super().__init__(message)
        self.type_name = type_name


class TransferError(SyncraError, TypeError):
    """A function, an argument or a result that cannot travel to or from a worker process.

    Attributes:
        name: the task's name.
        part: what cannot travel: "function", "argument 'x'" or "result".
    """

    def __init__(self, message: str, *, name: str, part: str) -> None:
        super().__init__(message)
        self.name, self.part = name, part


class ProtocolError(SyncraError, RuntimeError):
    """A strategy broke the protocol of a run, such as ending a step twice: a bug in the strategy."""


def _is_plain(key: str | int) -> bool:
    return isinstance(key, int) or key.replace("-", "_").isidentifier()


def suggestion(name: object, known: Iterable[str]) -> str:
    """The end of a sentence about a name that is not there: names near to it, or what there is at all."""
    from difflib import get_close_matches

    names = [each for each in known if isinstance(each, str)]
    near = get_close_matches(str(name), names, n=3, cutoff=0.6)
    if near:
        return f"; did you mean {' or '.join(map(repr, near))}?"
    if not names:
        return "; there is none at all"
    shown = ", ".join(map(repr, sorted(names)[:8]))
    return f"; there is {shown}{' ...' if len(names) > 8 else ''}"


def indented(text: str) -> str:
    """The text with its further lines indented under a numbered one."""
    return text.replace("\n", "\n     ")
