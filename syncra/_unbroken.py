"""Statements that no Ctrl-C comes between, as what they make would be left half made."""

from __future__ import annotations

import signal
from threading import current_thread, main_thread
from types import FrameType

__all__ = ["Unbroken", "takes_interrupts"]


def takes_interrupts() -> bool:
    """Whether an interrupt would be raised in what the current thread does."""
    return current_thread() is main_thread() and signal.getsignal(signal.SIGINT) is signal.default_int_handler


class Unbroken:
    """A block at whose end a Ctrl-C is raised that came meanwhile; a second one is raised at once.

    Only for what takes no time.
    """

    def __enter__(self) -> None:
        self._pressed = False
        self._watches = takes_interrupts()
        if self._watches:
            signal.signal(signal.SIGINT, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._pressed:
            signal.default_int_handler(number, frame)
        self._pressed = True

    def __exit__(self, *_: object) -> None:
        if self._watches:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if self._pressed:
            raise KeyboardInterrupt
