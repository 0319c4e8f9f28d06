"""Inputs: nodes whose values are given to a run."""

from __future__ import annotations

import sys
from types import GenericAlias
from typing import TYPE_CHECKING, Any, TypeVar, cast

from syncra._annotations import resolve
from syncra._nodes._connections import Wiring
from syncra._nodes._node import Node, Settled, checked_name
from syncra._relation import type_name
from syncra._signature import MISSING
from syncra.errors import ArgumentError, WiringError

__all__ = ["Input"]

T_co = TypeVar("T_co", covariant=True)

_NOTHING_NEEDED = Wiring()


class _InputOf(GenericAlias):
    """`Input[T]`, which tells the inputs made from it what T is before their default is checked."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # Any: the checkers see Input.__init__ instead
        cls: Any = self.__origin__  # Any: GenericAlias says that it may be a type alias too
        made = cls.__new__(cls)
        frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]  # CPython's own way to the caller's names
        hint = resolve(self.__args__[0], frame.f_globals, frame.f_locals)
        made._define(result_type=hint, module=str(frame.f_globals.get("__name__", "")))
        made.__init__(*args, **kwargs)
        return made


_NO_DEFAULT = cast(Any, MISSING)  # cast: an optional argument of type T has no default that is a T


class Input(Node[T_co]):
    """A value that the caller gives to a run.

    Written with its type, `Input[Path]("path")`; without one the type is that of the default, or anything.

    Args:
        name: unique in a graph.
        default: its value in runs that bind none; it must be a value of T.

    One that is a global of its module pickles by reference, as functions do.

    Raises:
        ArgumentError: the default is not a value of T.
        OptionError: the name is empty, too long or not printable.

    Example:
        >>> from syncra import Input, run
        >>> run(Input[int]("workers", default=4))
        4
    """

    default: object
    module: str

    def __init__(self, name: str, *, default: T_co = _NO_DEFAULT) -> None:
        # `Input[T](...)` has set the type and the module already.
        hint = self.__dict__.get("result_type", Any if default is MISSING else type(default))
        self._define(
            module=self.__dict__.get("module") or _module_of_caller(),
            name=checked_name(name, "an input's name"),
            default=default,
            function=None,
            wiring=_NOTHING_NEEDED,
            result_type=hint,
            settled=Settled(hint),
        )
        if default is not MISSING:
            from syncra._values import value_check

            reasons = value_check(hint).faults(default)
            if reasons is not None:
                raise ArgumentError(
                    f"the default of input {name!r} is not {type_name(hint)}: {reasons}; change the default or the type"
                )

    if not TYPE_CHECKING:

        def __class_getitem__(cls, hint: object) -> GenericAlias:
            return _InputOf(cls, (hint,))

    def describe(self) -> str:
        return f"input {self.name!r}"

    def __reduce_ex__(self, protocol: Any) -> Any:  # Any: as object declares it
        """By reference where its module has it under a name, so that it is the same input there; by value otherwise."""
        for name, value in list(vars(sys.modules.get(self.module, object)).items()):
            if value is self:
                return _input_at, (self.module, name)
        return object.__reduce_ex__(self, protocol)


def _module_of_caller() -> str:
    """The module in which the input is made: two calls up from here."""
    frame = sys._getframe(2)  # pyright: ignore[reportPrivateUsage]  # CPython's own way to the caller's names
    return str(frame.f_globals.get("__name__", ""))


def _input_at(module: str, name: str) -> object:
    """The input that a pickle refers to."""
    __import__(module)
    found = getattr(sys.modules[module], name, None)
    if isinstance(found, Input):
        return cast(object, found)  # cast: of whatever type
    raise WiringError(f"{module}.{name} is no input here, but it was one where it was pickled")
