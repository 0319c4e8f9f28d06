"""What is checked once and never changes: attributes are given while an object is made, and refused afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from syncra.errors import FrozenError

__all__ = ["Frozen"]

_State: TypeAlias = dict[str, object] | None


class Frozen:
    """An object whose attributes can't be set or deleted; it is made with `_define`."""

    __slots__ = ()

    def _define(self, **attributes: object) -> None:
        """Give an object that is being made its attributes."""
        for name, value in attributes.items():
            object.__setattr__(self, name, value)

    def __setstate__(self, state: _State | tuple[_State, _State]) -> None:
        # What pickles by value brings its attributes as a dict; with slots as a pair, of which the second one is that.
        for each in state if isinstance(state, tuple) else (state,):
            self._define(**(each or {}))

    if not TYPE_CHECKING:  # or checkers would let any attribute be set

        def __setattr__(self, name: str, value: object) -> None:
            raise FrozenError(f"a {type(self).__name__} is frozen: {name!r} can't be set; make another one")

        def __delattr__(self, name: str) -> None:
            raise FrozenError(f"a {type(self).__name__} is frozen: {name!r} can't be deleted; make another one")
