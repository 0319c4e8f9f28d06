"""One pipe between a pool and a worker: whole messages in, whole messages out.

A message is a kind, a number and a body, the body being one pickle and the large buffers that belong to it.
What is small travels on the socket itself; what is large is copied by the pool from one process into the other
(`_memory`), or written into a memory file whose descriptor travels instead. So no message on the socket is
longer than `INLINE_LIMIT`, and a sender never waits for its reader.
"""

from __future__ import annotations

import array
import os
import socket
import struct
import tempfile
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from pickle import PickleBuffer
from typing import Final, NamedTuple

from syncra._workers._memory import allocate

INLINE_LIMIT: Final = 32_768
"""Bytes of the longest body that travels on the socket.

A worker gets at most three messages before it reads (set up, define, call): they must fit into its socket's
buffer (Linux gives 208 kB), or a stopped worker would stop its pool.
"""

_HEADER: Final = struct.Struct("<IBI")
_SPILLED: Final = 0xFFFF_FFFF
_COUNT: Final = struct.Struct("<Q")
_ENTRY: Final = struct.Struct("<QQ")
_RECEIVE_BYTES: Final = 2 * INLINE_LIMIT
_FEW_DESCRIPTORS: Final = socket.CMSG_SPACE(4 * array.array("i").itemsize)
_WAIT: Final = int(getattr(socket, "MSG_CMSG_CLOEXEC", 0))
_DONT_WAIT: Final = _WAIT | int(socket.MSG_DONTWAIT)


Buffer = PickleBuffer | memoryview


class Body(NamedTuple):
    """A pickle and its out-of-band buffers, as `pickle.loads` takes them."""

    pickled: bytes | memoryview
    buffers: Sequence[Buffer]

    @property
    def is_large(self) -> bool:
        """It does not fit into a message."""
        return bool(self.buffers) or len(self.pickled) > INLINE_LIMIT

    def split(self) -> tuple[bytes, list[memoryview]]:
        """The pickle as it fits into a message, and what does not: the buffers, behind the pickle if that is large."""
        parts = [raw(buffer) for buffer in self.buffers]
        if len(self.pickled) <= INLINE_LIMIT:
            return bytes(self.pickled), parts
        return b"", [memoryview(self.pickled), *parts]

    def joined(self, parts: Sequence[memoryview]) -> Body:
        """The whole body, from what was in a message and the parts that were not."""
        if self.pickled or not parts:
            return Body(self.pickled, self.buffers or parts)
        return Body(parts[0], parts[1:])


class UnreadError(EOFError):
    """The other end is gone and has left messages unread; told by Linux only, elsewhere it is just gone."""


class Channel:
    """One end of the pipe, owned by one thread at a time.

    Only the pool's end is ever asked whether a message is there (`receive(wait=False)`).
    """

    __slots__ = ("_descriptors", "_end", "_socket", "_start", "_store", "_view", "fileno")

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(True)  # whatever `socket.setdefaulttimeout` says
        end.set_inheritable(False)  # a program that a task starts must not hide the death of its worker
        self._socket = end
        self.fileno = end.fileno()
        self._store = bytearray(_RECEIVE_BYTES)
        self._view = memoryview(self._store)
        self._start = 0
        self._end = 0
        self._descriptors: deque[int] = deque()

    def send(self, kind: int, number: int, body: Body) -> None:
        """Hand one message over, without waiting for the other end to read it.

        Raises:
            ConnectionError: the other end is gone.
            MemoryError: there is no room for the body.
        """
        if not body.buffers and len(body.pickled) <= INLINE_LIMIT:  # `is_large`, without a call
            self._socket.sendall(_HEADER.pack(len(body.pickled), kind, number) + body.pickled)
            return
        descriptor = _spill(body)
        try:
            header = _HEADER.pack(_SPILLED, kind, number)
            socket.send_fds(self._socket, [header], [descriptor])
        finally:
            os.close(descriptor)

    def receive(self, *, wait: bool) -> tuple[int, int, Body] | None:
        """The next message as (kind, number, body); None if it is not there as a whole and `wait` is False.

        Raises:
            EOFError: the other end is gone, perhaps in the middle of a message.
            UnreadError: the same, and it has not read all that was sent to it.
            MemoryError: there is no room for the message, which is lost.
        """
        flags = _WAIT if wait else _DONT_WAIT
        while (message := self._take()) is None:
            self._make_room()
            try:
                count, ancillary, _, _ = self._socket.recvmsg_into([self._view[self._end :]], _FEW_DESCRIPTORS, flags)
            except BlockingIOError:
                return None
            except ConnectionResetError as error:
                raise UnreadError("the other end of the pipe was closed with messages in it") from error
            except ConnectionError:
                count, ancillary = 0, []
            if not count:
                raise EOFError("the other end of the pipe is closed")
            self._end += count
            for _, _, content in ancillary:
                arrived = array.array("i")
                arrived.frombytes(content[: len(content) - len(content) % arrived.itemsize])
                self._descriptors.extend(arrived)
        return message

    def close(self) -> None:
        """Close this end, also for whoever inherited it by a fork; the other end reads end-of-file."""
        self.shut()
        self.forget()

    def shut(self) -> None:
        """Make both ends read end-of-file, and leave closing to the owner."""
        with suppress(OSError):  # the other end was first
            self._socket.shutdown(socket.SHUT_RDWR)

    def forget(self) -> None:
        """Close this process's copy of the end; a process that shares it by a fork keeps its own."""
        self._socket.close()
        while self._descriptors:
            os.close(self._descriptors.popleft())

    def _take(self) -> tuple[int, int, Body] | None:
        body_start = self._start + _HEADER.size
        if self._end < body_start:
            return None
        size, kind, number = _HEADER.unpack_from(self._store, self._start)
        if size == _SPILLED:
            self._start = body_start
            if not self._descriptors:  # the kernel drops one that this process has no room for
                raise MemoryError("no room for a large message: Too many open files")
            return kind, number, _unspill(self._descriptors.popleft())
        if self._end < body_start + size:
            return None
        self._start = body_start + size
        return kind, number, Body(bytes(self._view[body_start : self._start]), [])

    def _make_room(self) -> None:
        if self._start == self._end:
            self._start = self._end = 0
        elif self._start:
            rest = self._end - self._start
            self._store[:rest] = bytes(self._view[self._start : self._end])
            self._start, self._end = 0, rest


def _spill(body: Body) -> int:
    """The body in a memory file of its own, which lives as long as a descriptor of it does.

    The file holds the count of its parts, size and writability of each, and the parts, the pickle first.
    """
    parts = [memoryview(body.pickled), *(raw(buffer) for buffer in body.buffers)]
    try:
        descriptor = _memory_file()
        try:
            _write_all(descriptor, parts)
        except BaseException:
            os.close(descriptor)
            raise
    except OSError as error:
        size = sum(part.nbytes for part in parts)
        raise MemoryError(f"no room to hand over {size} bytes: {error.strerror}") from error
    return descriptor


def _write_all(descriptor: int, parts: Sequence[memoryview]) -> None:
    table = b"".join(_ENTRY.pack(part.nbytes, part.readonly) for part in parts)
    position = _write(descriptor, memoryview(_COUNT.pack(len(parts)) + table), 0)
    for part in parts:
        position = _write(descriptor, part, position)


def _unspill(descriptor: int) -> Body:
    """The body that a memory file holds, each part in memory of its own; closes the descriptor."""
    try:
        (count,) = _COUNT.unpack(_read(descriptor, _COUNT.size, 0))
        table = _read(descriptor, count * _ENTRY.size, _COUNT.size)
        position = _COUNT.size + count * _ENTRY.size
        parts: list[memoryview] = []
        for size, readonly in _ENTRY.iter_unpack(table):
            part = _read(descriptor, size, position)
            parts.append(part.toreadonly() if readonly else part)
            position += size
        return Body(parts[0], parts[1:])
    finally:
        os.close(descriptor)


def _memory_file() -> int:
    """A file without a name: nothing is left of it once no process holds it, however the last one went."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("syncra-message", os.MFD_CLOEXEC)
    descriptor, path = tempfile.mkstemp(prefix="syncra-message-")
    Path(path).unlink()
    return descriptor


def raw(buffer: Buffer) -> memoryview:
    """The bytes of a buffer, not copied."""
    return buffer.raw() if isinstance(buffer, PickleBuffer) else memoryview(buffer)


def _write(descriptor: int, part: memoryview, position: int) -> int:
    """Write the whole part at the position; give the position behind it."""
    written = 0
    while written < part.nbytes:
        written += os.pwrite(descriptor, part[written:], position + written)
    return position + written


def _read(descriptor: int, size: int, position: int) -> memoryview:
    target = allocate(size)
    done = 0
    while done < size:
        count = os.preadv(descriptor, [target[done:]], position + done)
        if not count:
            raise EOFError("the memory file is shorter than it says")
        done += count
    return target
