"""The pool's side of one worker: what it is told, and what is known of it."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final, cast

from syncra._workers import _memory, _messages
from syncra._workers._function import FunctionRef
from syncra._workers._pickling import decode, encode
from syncra._workers._starter import Ending, Starter
from syncra._workers._wire import Body

if TYPE_CHECKING:
    from syncra._workers._lease import Lease

_MOST_DEFINITIONS: Final = 1_000
"""Functions that a worker keeps before it is told to forget them all."""


class Worker:
    """The pool's record of one process.

    Attributes:
        starter: what started it, and can end it.
        channel: our end of its pipe.
        lease: whose it is at the moment; None while it is idle.
        token: the call it has, or had last.
        is_ready: whether its process has been heard of.
    """

    __slots__ = (
        "_calls",
        "_doubtful",
        "_known",
        "_number",
        "_process",
        "_promised",
        "channel",
        "is_ready",
        "lease",
        "starter",
        "token",
    )

    def __init__(self, starter: Starter) -> None:
        self.starter = starter
        self._number, self.channel = starter.start()
        self.lease: Lease | None = None
        self.token = 0
        self.is_ready = False
        self._doubtful: tuple[FunctionRef, Body, bool] | None = None
        self._process = 0
        self._promised: tuple[int, Body] | None = None
        self._known: set[int] = set()
        self._calls = 0

    def call(self, token: int, function: FunctionRef, arguments: Body) -> None:
        """Hand one call over, and first the function if the worker does not know it.

        Raises:
            UnsendableError: the function cannot travel.
            ConnectionError: the worker is dead.
            MemoryError: there is no room for the arguments.
        """
        self.token = token
        self._calls += 1
        self._doubtful = None
        if function.number not in self._known:
            definition = function.definition()
            if len(self._known) >= _MOST_DEFINITIONS:
                self.channel.send(_messages.FORGET, 0, Body(b"", []))
                self._known.clear()
            self.channel.send(_messages.DEFINE, function.number, definition)
            self._known.add(function.number)
            self._doubtful = (function, arguments, function.by_value)
        if self.starter.copies_memory and arguments.is_large:
            self._promised = (function.number, arguments)
            _, parts = arguments.split()
            room = encode([(part.nbytes, part.readonly) for part in parts], "room")
            self.channel.send(_messages.ROOM, 0, room)
        else:
            self.channel.send(_messages.CALL, function.number, arguments)

    def call_by_value(self) -> bool:
        """Make the same call again, now with the function's code; False if that is what was sent.

        Raises:
            UnsendableError: the function cannot travel by value.
            ConnectionError: the worker is dead.
        """
        if self._doubtful is None:
            return False
        function, arguments, was_by_value = self._doubtful
        if was_by_value:
            return False
        if not function.by_value:
            function.switch_to_value()
        self._known.discard(function.number)
        self.call(self.token, function, arguments)
        return True

    def greet(self, process: int) -> None:
        """The process has said that it runs."""
        self.is_ready = True
        self._process = process

    def fill(self, places: Body) -> None:
        """Copy what is large of the call to where the worker has made room for them, and let it call.

        Raises:
            ConnectionError: the worker is dead.
        """
        assert self._promised is not None
        (number, arguments), self._promised = self._promised, None
        pickled, parts = arguments.split()
        try:
            for part, place in zip(parts, cast("list[int]", decode(places)), strict=True):
                _memory.copy_out(self._process, part, place)
        except OSError as error:
            self._stop_copying(error)
            self.channel.send(_messages.CALL, number, arguments)
        else:
            self.channel.send(_messages.CALL, number, Body(pickled, []))

    def take(self, answer: Body) -> Body | None:
        """Copy what is large of a result from where the worker holds it; None if it has to send that.

        Raises:
            ConnectionError: the worker is dead.
            MemoryError: there is no room for them here.
        """
        pickled, places = cast("tuple[bytes, list[tuple[int, int, bool]]]", decode(answer))
        parts: list[memoryview] = []
        try:
            for place, size, readonly in places:
                part = _memory.allocate(size)
                _memory.copy_in(self._process, part, place)
                parts.append(part.toreadonly() if readonly else part)
        except OSError as error:
            self._stop_copying(error)
            self.channel.send(_messages.RESEND, 0, Body(b"", []))
            return None
        except MemoryError:
            self.channel.send(_messages.TAKEN, 0, Body(b"", []))
            raise
        self.channel.send(_messages.TAKEN, 0, Body(b"", []))
        return Body(pickled, []).joined(parts)

    def has_made(self, calls: int | None) -> bool:
        """Whether it is time to replace the worker."""
        return calls is not None and self._calls >= calls

    def is_fresh(self) -> bool:
        """Whether this is the first call it ever got."""
        return self._calls <= 1 and not self.is_ready

    def rest(self) -> None:
        """Hold nothing of the call that has ended."""
        self._doubtful = self._promised = None

    def end(self) -> Ending:
        """Kill the process if it still runs; when this returns it is gone."""
        ending = self.starter.end(self._number)
        self.channel.close()
        return ending

    def retire(self) -> None:
        """Let the process leave by itself."""
        self.channel.close()
        self.starter.retire(self._number)

    def _stop_copying(self, error: OSError) -> None:
        """Copying failed: it is not allowed here, unless the process has just died."""
        if error.errno != errno.ESRCH:
            self.starter.copies_memory = False
