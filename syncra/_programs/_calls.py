"""The call of a step, put together once: the function, and the checks of what goes in and of what comes out."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Sequence
from inspect import Parameter, iscoroutinefunction, unwrap
from types import GenericAlias, UnionType
from typing import Any, Union, get_args, get_origin

from syncra._nodes._node import Node
from syncra._relation import type_name
from syncra.errors import TaskReturnError, ValueCheckError

__all__ = ["Accept", "Check", "Shape", "composed", "hides_coroutines", "may_be_awaitable", "no_value"]

# Values of these need no closer look; most are one of them.
_PLAIN = frozenset({bool, bytes, dict, float, int, list, set, str, tuple, type(None)})


class Check:
    """The check of a value on its way from one node to a parameter of another; frozen.

    Attributes:
        hint: what the parameter wants.
        source, target: the names of both nodes.
        parameter: the target's.
    """

    __slots__ = ("hint", "parameter", "source", "target")

    def __init__(self, hint: object, source: str, target: str, parameter: str) -> None:
        self.hint = hint
        self.source = source
        self.target = target
        self.parameter = parameter

    def __call__(self, value: object) -> None:
        """Pass if the value is one of the hint.

        Raises:
            ValueCheckError: it is not.
        """
        from syncra._values import value_check

        reasons = value_check(self.hint).faults(value)
        if reasons is not None:
            raise ValueCheckError(
                f"{self.target!r} cannot take what {self.source!r} gave as parameter {self.parameter!r},"
                f" which wants {type_name(self.hint)}: {reasons}",
                source=self.source,
                target=self.target,
                parameter=self.parameter,
                reasons=reasons,
            )


class Accept:
    """What the result of a task goes through before it is a value; frozen.

    Attributes:
        name: the task's.
        hint: what it says that it returns.
        is_checked: the result is validated against the hint.
    """

    __slots__ = ("hint", "is_checked", "name")

    def __init__(self, name: str, hint: object, *, is_checked: bool) -> None:
        self.name = name
        self.hint = hint
        self.is_checked = is_checked

    def __call__(self, value: object) -> object:
        """The very value, if it is one.

        Raises:
            TaskReturnError: it is a coroutine, another awaitable, a future or a node.
            ValueCheckError: it is not what the task says that it returns.
        """
        if type(value) in _PLAIN and not self.is_checked:
            return value
        # The class is asked, as a value may claim any class: values are the users' own business.
        if issubclass(type(value), _never_values()):
            raise no_value(self.name, value)
        if not self.is_checked:
            return value
        from syncra._values import value_check

        reasons = value_check(self.hint).faults(value)
        if reasons is not None:
            raise ValueCheckError(
                f"task {self.name!r} returned what is not {type_name(self.hint)}, its own return annotation: {reasons}",
                source=self.name,
                target=self.name,
                parameter="return",
                reasons=reasons,
            )
        return value


def _never_values() -> tuple[type, ...]:
    """Classes of what stands for a value that is still to come."""
    futures = sys.modules.get("concurrent.futures")  # nobody has a future of a module that nobody has imported
    return (Awaitable, Node) if futures is None else (Awaitable, Node, futures.Future)


def no_value(name: str, value: object) -> TaskReturnError:
    """The failure of a task that returned what stands for a value; a coroutine is closed."""
    kind = f"a {type(value).__name__}"
    if issubclass(type(value), Node):
        cure = "a node stands for a value of another task: take it as a dependency instead of returning it"
    else:
        cure = "nobody would await it: make the task `async def` and return what it awaits"
    close = getattr(value, "close", None)
    if type(value).__name__ == "coroutine" and close is not None:
        close()  # or Python warns that it was never awaited
    return TaskReturnError(f"task {name!r} returned {kind}, not a value; {cure}", name=name)


def hides_coroutines(node: Node[Any]) -> bool:
    """Whether a decorator that is no coroutine function itself stands before one, whose annotations it shows."""
    function = node.function
    if function is None or node.is_async or not hasattr(function, "__wrapped__"):
        return False
    return iscoroutinefunction(unwrap(function))


def may_be_awaitable(hint: object) -> bool:
    """Whether a value of this type could be an awaitable, a future or a node, as far as its class tells."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return any(map(may_be_awaitable, get_args(hint)))
    cls = hint if isinstance(hint, type) and not isinstance(hint, GenericAlias) else origin
    if hint is None:
        return False
    if hint is Any or hint is Parameter.empty:  # both are classes, which say nothing of the value's
        return True
    if cls is Parameter.empty or not isinstance(cls, type) or cls is object or getattr(cls, "_is_protocol", False):
        return True
    try:
        return issubclass(cls, _never_values())
    except TypeError:
        return True


class Shape:
    """How the values of a step's slots are handed to its function; frozen.

    Attributes:
        positional: how many of them go by position.
        names: the names of the rest.
        checks: of single values, by their place among the slots.
        accept: what the function's result goes through; None: it is taken as it is.
        is_bare: the values go straight to the function and its result straight back.
    """

    __slots__ = ("accept", "checks", "is_bare", "names", "positional")

    def __init__(
        self,
        positional: int,
        names: tuple[str, ...],
        checks: tuple[tuple[int, Check], ...] = (),
        accept: Accept | None = None,
    ) -> None:
        self.positional = positional
        self.names = names
        self.checks = checks
        self.accept = accept
        self.is_bare = not names and not checks and accept is None

    def arguments(self, values: Sequence[object]) -> tuple[Sequence[object], dict[str, object]]:
        """The arguments by position and by name, checked.

        Raises:
            ValueCheckError: a value is not what its parameter wants.
        """
        for place, check in self.checks:
            check(values[place])
        if not self.names:
            return values, {}
        return values[: self.positional], dict(zip(self.names, values[self.positional :], strict=True))

    def accepted(self, value: object) -> object:
        """The function's result, if it is a value.

        Raises:
            TaskReturnError, ValueCheckError: it is not.
        """
        return value if self.accept is None else self.accept(value)


def composed(function: Callable[..., Any], shape: Shape, *, is_async: bool) -> Callable[..., Any]:
    """What a driver calls with the values of a step's slots, by position; the function itself where it is enough."""
    # A plain function that says it gives a coroutine may give any awaitable.
    if shape.is_bare and (not is_async or iscoroutinefunction(function)):
        return function
    if is_async:

        async def call_async(*values: object) -> object:
            args, kwargs = shape.arguments(values)
            return shape.accepted(await function(*args, **kwargs))

        return call_async

    accept = shape.accept
    if accept is not None and not shape.names and not shape.checks:

        def call_accepting(*values: object) -> object:
            return accept(function(*values))

        return call_accepting

    def call(*values: object) -> object:
        args, kwargs = shape.arguments(values)
        return shape.accepted(function(*args, **kwargs))

    return call
