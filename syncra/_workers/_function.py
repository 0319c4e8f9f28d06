"""A function on its way to workers: one number, one definition, made once and sent once to each worker."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable
from typing import Final

from syncra._workers._pickling import encode_function
from syncra._workers._wire import Body

_numbers: Final = itertools.count(1)


class FunctionRef:
    """A function that calls can name; keep it while the function is called, and each worker gets it once.

    Attributes:
        function: the function itself: any callable.
        code: what travels in its place where the code does, if that is not the same.
        is_async: whether a call gives a coroutine that the worker runs to its end.
        number: what it is called in messages to workers; no other function of this process ever has it.
        by_value: whether its code travels; False until a worker could not find it by its name.
    """

    __slots__ = ("_definition", "by_value", "code", "function", "is_async", "number")

    def __init__(self, function: Callable[..., object], code: Callable[..., object] | None = None) -> None:
        self.function = function
        self.code = function if code is None else code
        self.is_async = is_async(function)
        self.number = next(_numbers)
        self.by_value = False
        self._definition: Body | None = None

    def definition(self) -> Body:
        """The function as bytes for a worker.

        Raises:
            UnsendableError: it has no importable name and cannot travel by value.
        """
        if self._definition is None:
            self._definition = encode_function(self.function, self.code, by_value=self.by_value)
        return self._definition

    def switch_to_value(self) -> None:
        """From now on the code travels, as the name leads to something else in a worker.

        Raises:
            UnsendableError: it cannot travel by value.
        """
        self._definition = encode_function(self.function, self.code, by_value=True)
        self.by_value = True

    def __repr__(self) -> str:
        return f"FunctionRef({self.function!r})"


def is_async(function: Callable[..., object]) -> bool:
    """Whether calling it gives a coroutine: a coroutine function, or an object whose `__call__` is one."""
    if inspect.iscoroutinefunction(function):
        return True
    return inspect.iscoroutinefunction(getattr(type(function), "__call__", None))  # noqa: B004  not callable()
