"""What a worker process does: it takes one call after the other from its pipe until the pipe is closed."""

from __future__ import annotations

import contextvars
import os
import socket
from collections.abc import Callable, Coroutine, Mapping, Sequence
from types import CoroutineType
from typing import TYPE_CHECKING, Final, cast

from syncra._workers import _failure, _memory, _messages, _script
from syncra._workers._function import is_async
from syncra._workers._pickling import UnsendableError, decode, encode, needs_script
from syncra._workers._wire import Body, Channel, Message

if TYPE_CHECKING:
    import asyncio

DEPTH_VARIABLE: Final = "SYNCRA_WORKER_DEPTH"
"""Environment variable that counts how many pools a process is inside of."""

_Answer = tuple[int, Body]
_Function = tuple[Callable[..., object], bool]
"""A function, and whether it is async."""
_Arguments = tuple[Sequence[object], Mapping[str, object]]


class _NoCallError(Exception):
    """The call cannot be made; carries the answer to it."""

    def __init__(self, kind: int, error: BaseException) -> None:
        super().__init__(kind)
        self.answer: _Answer = (kind, _failure.pack(error))


def serve(reads: socket.socket, writes: socket.socket) -> None:
    """Answer calls until the pool closes the pipe."""
    os.environ[DEPTH_VARIABLE] = str(int(os.environ.get(DEPTH_VARIABLE, "0")) + 1)
    channel = Channel(reads, writes)
    os.register_at_fork(after_in_child=channel.forget)  # a task's child must not hide our death
    calls = _Calls()
    try:
        _take_one(channel, calls)
        channel.send(_messages.READY, os.getpid(), Body(b"", []))
        while True:
            _take_one(channel, calls)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass  # the pool is done with this worker
    finally:
        calls.close()
        channel.close()


def _take_one(channel: Channel, calls: _Calls) -> None:
    """Take one message and send what answers it; afterwards neither arguments nor result are held."""
    call = 0
    try:
        message = channel.receive(wait=True)
        if message is None:
            return
        call = message.call
        answer = calls.take(message)
    except MemoryError as error:
        calls.put_off(call + 1)
        answer = _messages.UNREADABLE, _failure.pack(error)
    if answer is None:
        return
    try:
        channel.send(answer[0], 0, answer[1])
    except MemoryError as error:
        calls.put_off(call + 1)
        channel.send(_messages.RAISED, 0, _failure.pack(UnsendableError("result", str(error))))


class _Calls:
    """The functions a worker knows, and its event loop once an async function was called."""

    def __init__(self) -> None:
        self._definitions: dict[int, Body] = {}
        self._functions: dict[int, _Function] = {}
        self._runner: asyncio.Runner | None = None
        self._room: list[memoryview] = []
        self._held: Body | None = None
        self._sends_buffers = not _memory.can_copy()
        self._put_off = 0

    def take(self, message: Message) -> _Answer | None:
        """Do what one message says; the answer, if it wants one."""
        kind, number, call, body = message
        if kind == _messages.CALL:
            return self._called(number, call, body)
        if kind in (_messages.ROOM, _messages.TAKEN, _messages.RESEND):
            return self._moved(kind, body)
        if kind == _messages.DEFINE:
            self._definitions[number] = body
            self._functions.pop(number, None)
        elif kind == _messages.FORGET:
            self._definitions.clear()
            self._functions.clear()
        elif kind == _messages.PREPARE:
            _script.prepare(cast("_script.Preparation", decode(body)))
        return None

    def put_off(self, call: int) -> None:
        """Don't begin this call: the one before it came to something else than a value."""
        self._put_off = call

    def close(self) -> None:
        """Cancel what async functions left behind, and close their loop."""
        if self._runner is not None:
            runner, self._runner = self._runner, None
            runner.close()

    def _called(self, number: int, call: int, body: Body) -> _Answer:
        if call == self._put_off:
            return _messages.NOT_BEGUN, Body(b"", [])
        room, self._room = self._room, []
        try:
            answer = self._answer(number, body.joined(room))
        except _NoCallError as error:
            answer = error.answer
        if answer[0] != _messages.RETURNED:
            self.put_off(call + 1)
        return answer

    def _answer(self, number: int, body: Body) -> _Answer:
        function = self._functions.get(number) or self._defined(number)
        given = cast("_Arguments", _decoded(body, _messages.UNREADABLE))
        try:
            value = contextvars.copy_context().run(self._value, function, given)
        except BaseException as error:  # noqa: BLE001  whatever a task raises is its outcome
            return _messages.RAISED, _failure.pack(error)
        try:
            return self._returned(encode(value, "result"))
        except UnsendableError as error:
            unsendable = UnsendableError(f"the result, of type {type(value).__qualname__},", error.reason)
            return _messages.RAISED, _failure.pack(unsendable)

    def _returned(self, body: Body) -> _Answer:
        """A result's answer; what is large of it stays where it is until the pool has copied it."""
        if self._sends_buffers or not body.is_large:
            return _messages.RETURNED, body
        self._held = body
        pickled, parts = body.split()
        places = [(_memory.address(part), part.nbytes, part.readonly) for part in parts]
        return _messages.RETURNED_HERE, encode((pickled, places), "result")

    def _moved(self, kind: int, body: Body) -> _Answer | None:
        """Make room for what the pool will copy to here, or let go of what it has copied from here."""
        if kind == _messages.ROOM:
            sizes = cast("list[tuple[int, bool]]", decode(body))
            try:
                room = [_memory.allocate(size) for size, _ in sizes]
            except MemoryError as error:
                return _messages.UNREADABLE, _failure.pack(error)
            pairs = zip(room, sizes, strict=True)
            self._room = [part.toreadonly() if readonly else part for part, (_, readonly) in pairs]
            return _messages.PLACED, encode([_memory.address(part) for part in room], "room")
        held, self._held = self._held, None
        if kind == _messages.RESEND and held is not None:
            self._sends_buffers = True
            return _messages.RETURNED, held
        return None

    def _defined(self, number: int) -> _Function:
        """The function that the pool calls by this number, looked up when it is first called."""
        function = cast("Callable[..., object]", _decoded(self._definitions[number], _messages.UNDEFINED))
        known = self._functions[number] = (function, is_async(function))
        return known

    def _value(self, function: _Function, given: _Arguments) -> object:
        call, gives_coroutine = function
        arguments, keywords = given
        value = call(*arguments, **keywords)
        if type(value) is not CoroutineType:  # the class is asked, as a value may claim any
            return value
        coroutine = cast("Coroutine[object, object, object]", value)  # its class says so
        if gives_coroutine:
            return self._awaited(coroutine)
        coroutine.close()
        raise TypeError("it returned a coroutine, though it is not async: await it, or declare it async")

    def _awaited(self, coroutine: Coroutine[object, object, object]) -> object:
        """The coroutine's result; what it left running is cancelled before the call ends."""
        import asyncio  # most workers never need it, and it would take a third of their start

        if self._runner is None:
            self._runner = asyncio.Runner()
        clean = False
        try:
            value = self._runner.run(coroutine, context=contextvars.copy_context())
            clean = not asyncio.all_tasks(self._runner.get_loop())
            return value
        finally:
            if not clean:  # also after any exception: a loop left by KeyboardInterrupt is not to be trusted
                self.close()


def _decoded(body: Body, kind: int) -> object:
    """What the body holds, with the caller's script imported if it names something of it.

    Raises:
        _NoCallError: it does not come out; it is answered with that kind.
    """
    try:
        if needs_script(body):
            _script.import_script()
    except BaseException as error:  # noqa: BLE001  user code runs here, and the worker lives on
        raise _NoCallError(_messages.SCRIPT_FAILED, error) from None
    try:
        return decode(body)
    except BaseException as error:  # noqa: BLE001  user code runs here, and the worker lives on
        raise _NoCallError(kind, error) from None
