"""References to the functions of a program's steps, by which worker processes get each of them once."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from syncra._nodes._node import Dependency
from syncra._nodes._task import AsyncTask, BaseTask, Task
from syncra._programs._calls import Shape
from syncra._programs._program import Program
from syncra._programs._steps import Job

if TYPE_CHECKING:
    from syncra._workers import FunctionRef

__all__ = ["function_refs"]

# A function keeps its reference as long as its program lives, so that each worker gets it once.
_references: WeakKeyDictionary[Program, dict[int, FunctionRef]] = WeakKeyDictionary()


def function_refs(program: Program) -> Callable[[Job], FunctionRef]:
    """What gives the reference of a step's function; steps of one function share it."""
    from syncra._workers import FunctionRef, travels_by_value

    for kind in (Task, AsyncTask):
        travels_by_value(kind, _reduced)
    known = _references.setdefault(program, {})

    def reference(step: Job) -> FunctionRef:
        function = step.node.function
        assert function is not None  # an input is never ready
        accept = step.shape.accept
        key = id(function) if accept is None else id(accept)
        found = known.get(key)
        if found is None:
            code = _without_markers(function)
            if accept is None:
                found = FunctionRef(function, code)
            else:
                kind, shape = _AcceptingAwaited if step.is_async else _Accepting, Shape(0, (), (), accept)
                found = FunctionRef(kind(function, shape), kind(code, shape))
            known[key] = found
        return found

    return reference


class _Accepting:
    """A function whose results go through the acceptance of its step, in the worker."""

    def __init__(self, function: Callable[..., Any], shape: Shape) -> None:
        self.function = function
        self.shape = shape

    def __call__(self, *args: object, **kwargs: object) -> object:
        return self.shape.accepted(self.function(*args, **kwargs))


class _AcceptingAwaited(_Accepting):
    """The same for a coroutine function."""

    async def __call__(self, *args: object, **kwargs: object) -> object:
        return self.shape.accepted(await self.function(*args, **kwargs))


def _without_markers(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as its code travels: without the nodes in its defaults, which are not needed for a call.

    With them each function would take along all that its task needs, and their functions.
    """
    if not isinstance(function, FunctionType):
        return function
    defaults, keywords = function.__defaults__ or (), function.__kwdefaults__ or {}
    if not any(isinstance(each, Dependency) for each in (*defaults, *keywords.values())):
        return function
    copy = FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        tuple(None if isinstance(each, Dependency) else each for each in defaults),
        function.__closure__,
    )
    copy.__kwdefaults__ = {name: None if isinstance(each, Dependency) else each for name, each in keywords.items()}
    copy.__module__, copy.__qualname__, copy.__doc__ = function.__module__, function.__qualname__, function.__doc__
    copy.__annotations__ = {}  # nobody asks for them there, and they may name what does not travel
    return copy


def _reduced(task: BaseTask[..., Any]) -> Any:  # Any: as pickle takes it
    """A task that a function uses: by value where a worker can't import what it is called in."""
    from syncra._workers import is_importable

    return NotImplemented if is_importable(task.__module__) else object.__reduce_ex__(task, 2)
