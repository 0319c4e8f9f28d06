"""A team of daemon threads that run what they are handed.

The pool of the standard library keeps the interpreter from exiting while a thread of it hangs, and hands over through
a lock and a queue of futures that nobody here needs.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from itertools import count
from threading import Condition, Thread
from weakref import WeakSet

__all__ = ["Team"]

_number = count(1)


class Team:
    """Up to `size` daemon threads, started when they are needed, that stay until the team is closed.

    Everything mutable is held under `_wake`. In a forked child a team has no threads and no work, as a new one.
    """

    def __init__(self, size: int, name: str) -> None:
        self._size = size
        self._name = f"syncra-{name}-{next(_number)}"
        self._closed = False
        self._abandoned = False
        self._begin()
        _teams.add(self)

    def _begin(self) -> None:
        self._wake = Condition()
        self._work: deque[tuple[Callable[[], None], Callable[[], None] | None]] = deque()
        self._threads: list[Thread] = []
        self._idle = 0

    @property
    def is_abandoned(self) -> bool:
        """Nobody waits for what its threads are doing."""
        return self._abandoned

    def hand(self, work: Callable[[], None], ended: Callable[[], None] | None = None) -> bool:
        """Have a thread do this; False: the team is closed. The work must not raise.

        `ended` is called on the thread when that is idle again: who hands over more work then needs no further thread.
        """
        with self._wake:
            if self._closed:
                return False
            self._work.append((work, ended))
            if self._idle >= len(self._work):
                self._wake.notify()
            elif len(self._threads) < self._size:
                self._start_thread()
            return True

    def close(self) -> None:
        """End all threads once they have done what they were handed, and wait for them unless they were abandoned."""
        with self._wake:
            self._closed = True
            self._wake.notify_all()
            threads = self._threads
        for thread in threads:
            if not self._abandoned:
                thread.join()

    def abandon(self) -> None:
        """Take no more work and leave the threads to what they are doing: a second Ctrl-C does not wait for them."""
        self._abandoned = True
        self.close()

    def _start_thread(self) -> None:
        thread = Thread(target=self._stay, name=f"{self._name}-{len(self._threads)}", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the system gives no more threads: those that there are do the work
            if not self._threads:
                self._work.pop()
                raise
            return
        self._threads.append(thread)

    def _stay(self) -> None:
        ended: Callable[[], None] | None = None
        while True:
            with self._wake:
                self._idle += 1
            if ended is not None:
                ended()
            with self._wake:
                while not self._work and not self._closed:
                    self._wake.wait()
                self._idle -= 1
                if not self._work:
                    return
                work, ended = self._work.popleft()
            work()
            del work  # an idle thread must not keep a finished run alive


_teams: WeakSet[Team] = WeakSet()


def _begin_again() -> None:
    """In a forked child: no thread goes on there, and whoever held a lock at the fork is not there to give it back."""
    for team in _teams:
        team._begin()  # pyright: ignore[reportPrivateUsage]  # this module's own class


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_again)
