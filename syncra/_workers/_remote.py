"""The pool's side of one worker: what it is told, and what is known of it."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from time import monotonic
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


_SHORT_SECONDS: Final = 0.001
"""Behind calls that take longer none is sent ahead: waking the worker costs a twentieth of that."""

_MOMENT_SECONDS: Final = 0.0001
"""What waits behind a call that began so short a time ago is left there: to hand it to another worker takes as long."""


@dataclass(slots=True)
class Call:
    """One call, as it can be handed over to any worker.

    Attributes:
        token: what its lease calls it.
        arguments: nothing any more once they are of no further use.
        rank: its place among the calls of the lease, smaller ones first.
        until: calls of a smaller rank may wait behind this one.
        since: how many calls of its lease had begun when it was sent to wait behind another.
    """

    token: int
    function: FunctionRef
    arguments: Body
    rank: int
    until: int
    since: int = 0


class Worker:
    """The pool's record of one process.

    Attributes:
        starter: what started it, and can end it.
        channel: our end of its pipe.
        lease: whose it is at the moment; None while it is idle.
        calls: what it has to do, by the numbers of the calls in messages: the one that it makes, and perhaps one that
            it goes on with, if the first comes to nothing that the pool might want to know before.
        is_ready: whether its process has been heard of.
    """

    __slots__ = (
        "_began",
        "_defined_by_value",
        "_is_plain",
        "_is_quick",
        "_known",
        "_made",
        "_number",
        "_numbered",
        "_process",
        "calls",
        "channel",
        "is_ready",
        "lease",
        "starter",
    )

    def __init__(self, starter: Starter) -> None:
        self.starter = starter
        self._number, self.channel = starter.start()
        self.lease: Lease | None = None
        self.calls: dict[int, Call] = {}
        self.is_ready = False
        self._process = 0
        # Whether the function of the call was defined with it, by value; None: the worker knew it.
        self._defined_by_value: bool | None = None
        self._known: set[int] = set()
        self._made = 0
        self._numbered = 0
        # The call travels in a message each way, as far as is known; the one before it did, and was short.
        self._is_plain = False
        self._is_quick = False
        self._began = 0.0

    def call(self, call: Call) -> None:
        """Hand one call over, and first the function if the worker does not know it.

        Raises:
            UnsendableError: the function cannot travel.
            ConnectionError: the pool was closed.
            MemoryError: there is no room for the arguments.
        """
        function, arguments = call.function, call.arguments
        self._defined_by_value = None
        if function.number not in self._known:
            definition = function.definition()
            if len(self._known) >= _MOST_DEFINITIONS:
                self.channel.send(_messages.FORGET, 0, Body(b"", []))
                self._known.clear()
            self.channel.send(_messages.DEFINE, function.number, definition)
            self._known.add(function.number)
            self._defined_by_value = function.by_value
        self._made += 1
        self._began = monotonic()
        self._is_plain = self._defined_by_value is None and not arguments.is_large
        if self.starter.copies_memory and arguments.is_large:
            _, parts = arguments.split()
            room = encode([(part.nbytes, part.readonly) for part in parts], "room")
            self._numbered += 1
            self.channel.send(_messages.ROOM, 0, room, self._numbered)
            self.calls[self._numbered] = call
        else:
            self._send(call)

    def has_room_for(self, call: Call) -> bool:
        """Whether the call may wait behind the one that the worker has: only a short one of a known function is sent
        ahead, behind one that is likely to be short too.
        """
        if len(self.calls) != 1 or not self._is_quick or not self._is_plain or call.function.number not in self._known:
            return False
        return call.rank < self.last().until

    @property
    def is_quick(self) -> bool:
        """Whether the call that it makes is likely to be short: it is of a known function, and the one before was."""
        return self._is_quick and self._is_plain

    def has_just_begun(self) -> bool:
        """Whether the call that it makes, likely to be short as something waits behind it, began a moment ago."""
        return monotonic() - self._began < _MOMENT_SECONDS

    def last(self) -> Call:
        """The call that was handed over last, of those that have not ended."""
        return self.calls[next(reversed(self.calls))]

    def call_next(self, call: Call) -> None:
        """Have the call made after the one that it has; there is room for it, and it is not large.

        Raises:
            ConnectionError: the pool was closed.
        """
        self._made += 1
        self._send(call)

    def take_back(self, token: int) -> Call | None:
        """The call that waits behind another, so that the worker will not make it; None if it has begun it.

        Raises:
            ConnectionError: the pool was closed.
        """
        unread: list[Call] = []
        for message in self.channel.take_back():
            if message.kind == _messages.CALL:
                unread.append(self.calls.pop(message.call))
                if message.call == self._numbered:
                    self._numbered -= 1  # what is sent next waits behind the same call
            else:
                self.channel.send_again(message)
        found: Call | None = None
        for call in unread:
            if call.token == token:
                found = call
            else:
                self._send(call)
        return found

    def answered(self, kind: int) -> Call:
        """The call that this answer is for; what waits behind it is begun now."""
        number = next(reversed(self.calls) if kind == _messages.NOT_BEGUN else iter(self.calls))
        now = monotonic()
        self._is_quick = kind == _messages.RETURNED and self._is_plain and now - self._began < _SHORT_SECONDS
        self._began = now
        self._is_plain = True  # as all are that wait behind others
        if kind not in (_messages.RETURNED, _messages.NOT_BEGUN):
            self._numbered += 1  # what is sent from now on is sent in knowledge of this
        return self.calls.pop(number)

    def lost(self) -> tuple[list[Call], list[Call]]:
        """The calls of a worker that has died: those that it had begun, and those that it had not."""
        unread = {message.call for message in self.channel.take_back()}
        begun = [call for number, call in self.calls.items() if number not in unread]
        return begun, [call for number, call in self.calls.items() if number in unread]

    def _send(self, call: Call) -> None:
        self._numbered += 1
        self.channel.send(_messages.CALL, call.function.number, call.arguments, self._numbered)
        self.calls[self._numbered] = call

    def call_by_value(self) -> bool:
        """Make the same call again, now with the function's code; False if that is what was sent.

        Raises:
            UnsendableError: the function cannot travel by value.
            ConnectionError: the worker is dead.
        """
        if self._defined_by_value is not False:
            return False
        (call,) = self.calls.values()  # nothing waits behind the first one of a function
        function = call.function
        if not function.by_value:
            function.switch_to_value()
        self._known.discard(function.number)
        self.calls.clear()
        self._numbered += 1  # as after any answer but RETURNED
        self.call(call)
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
        (call,) = self.calls.values()
        pickled, parts = call.arguments.split()
        content = Body(pickled, [])
        try:
            for part, place in zip(parts, cast("list[int]", decode(places)), strict=True):
                _memory.copy_out(self._process, part, place)
        except OSError as error:
            self._stop_copying(error)
            content = call.arguments
        if self._defined_by_value is None:
            call.arguments = Body(b"", [])  # they are not made again: what is large goes with the last who needs it
        self.channel.send(_messages.CALL, call.function.number, content, self._numbered)

    def take(self, answer: Body) -> Body | None:
        """Copy what is large of a result from where the worker holds it; None if it has to send that.

        Raises:
            ConnectionError: the worker is dead.
            MemoryError: there is no room for them here.
        """
        self._numbered += 1
        self._is_plain = False
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
        return calls is not None and self._made >= calls

    def is_fresh(self) -> bool:
        """Whether this is the first call it ever got."""
        return self._made <= 1 and not self.is_ready

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
        """Copying failed: it is not allowed here.

        Raises:
            ConnectionError: the process has just died. A call sent to it now would count as not begun, and be made
                again, though it may be what fills the memory.
        """
        if error.errno == errno.ESRCH:
            raise ConnectionError("the worker is dead") from error
        self.starter.copies_memory = False
