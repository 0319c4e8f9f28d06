"""One pipe between a pool and a worker: whole messages in, whole messages out.

A message is a kind, two numbers and a body, the body being one pickle and the large buffers that belong to it.
What is small travels on the socket itself; what is large is copied by the pool from one process into the other
(`_memory`), or written into a memory file whose descriptor travels instead. So no message on the socket is
longer than `INLINE_LIMIT`, and a sender never waits for its reader.
"""

from __future__ import annotations

import array
import os
import socket
import struct
import sys
import tempfile
from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from pickle import PickleBuffer
from typing import Final, NamedTuple

from syncra._workers._memory import allocate

INLINE_LIMIT: Final = 32_768
"""Bytes of the longest body that travels on the socket.

A worker gets at most four messages before it reads (set up, forget, define, call; or two calls): they must fit into
its socket's buffer (Linux gives 208 kB), or a stopped worker would stop its pool.
"""

TAKES_BACK: Final = sys.platform == "linux"
"""Whether a pool can take messages back that the worker has not read: sockets that keep messages whole are needed."""

_LOOKS: Final = 10 if hasattr(os, "sched_yield") else 0
"""How often a worker looks whether its next call has come, with others running in between, before it sleeps.

That takes some ten microseconds, and to be woken costs both sides up to thirty. The pool sleeps at once: looking there
makes short calls one after the other quicker still, but many at a time slower by half in every second run.
"""

_HEADER: Final = struct.Struct("<IBIQ")
_SPILLED: Final = 0xFFFF_FFFF
_COUNT: Final = struct.Struct("<Q")
_ENTRY: Final = struct.Struct("<QQ")
_RECEIVE_BYTES: Final = 2 * INLINE_LIMIT
_FEW_DESCRIPTORS: Final = socket.CMSG_SPACE(4 * array.array("i").itemsize)
_PEEK: Final = int(socket.MSG_PEEK)
_DONT_WAIT: Final = int(getattr(socket, "MSG_CMSG_CLOEXEC", 0)) | int(socket.MSG_DONTWAIT)


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


class Message(NamedTuple):
    """What is said.

    Attributes:
        kind: what the two numbers and the body mean.
        call: which of the calls that were sent to the worker it is about; 0: none.
    """

    kind: int
    number: int
    call: int
    body: Body


class Taken(NamedTuple):
    """A message that was taken back unread: its kind, its call, and all of it."""

    kind: int
    call: int
    content: bytes


class Channel:
    """One end of the pipe, owned by one thread at a time.

    Only the pool's end is ever asked whether a message is there (`receive(wait=False)`), and only it takes back what it
    has sent: it keeps a copy of the socket that the worker reads from. What both read from, each message of goes to
    one of them.

    Args:
        reads: the socket that messages come from; at its end the other end of the pipe is gone.
        writes: the one that they are written to; the same where there is one for both.
        unread: a copy of the other end of `writes`.
    """

    __slots__ = ("_descriptors", "_end", "_reads", "_start", "_store", "_unread", "_view", "_writes", "fileno")

    def __init__(self, reads: socket.socket, writes: socket.socket, unread: socket.socket | None = None) -> None:
        for end in (reads, writes):
            end.setblocking(True)  # whatever `socket.setdefaulttimeout` says
            end.set_inheritable(False)  # a program that a task starts must not hide the death of its worker
        self._reads = reads
        self._writes = writes
        self._unread = unread
        self.fileno = reads.fileno()
        self._store = bytearray(_RECEIVE_BYTES)
        self._view = memoryview(self._store)
        self._start = 0
        self._end = 0
        self._descriptors: deque[int] = deque()

    @property
    def has_more(self) -> bool:
        """Something is there that was read and not yet given."""
        return self._start < self._end

    def send(self, kind: int, number: int, body: Body, call: int = 0) -> None:
        """Hand one message over, without waiting for the other end to read it.

        Raises:
            ConnectionError: the other end is gone.
            MemoryError: there is no room for the body.
        """
        if not body.buffers and len(body.pickled) <= INLINE_LIMIT:  # `is_large`, without a call
            self._writes.sendall(_HEADER.pack(len(body.pickled), kind, number, call) + body.pickled)
            return
        descriptor = _spill(body)
        try:
            header = _HEADER.pack(_SPILLED, kind, number, call)
            socket.send_fds(self._writes, [header], [descriptor])
        finally:
            os.close(descriptor)

    def take_back(self) -> list[Taken]:
        """The messages that the other end has not read, in their order; now it never will."""
        taken: list[Taken] = []
        while self._unread is not None:
            try:
                content, ancillary, _, _ = self._unread.recvmsg(_RECEIVE_BYTES, _FEW_DESCRIPTORS, _DONT_WAIT)
            except BlockingIOError:
                break
            for descriptor in _descriptors(ancillary):
                os.close(descriptor)
            if not content:  # it was shut
                break
            _, kind, _, call = _HEADER.unpack_from(content)
            taken.append(Taken(kind, call, content))
        return taken

    def send_again(self, taken: Taken) -> None:
        """Send what was taken back as it was; it holds no large body."""
        self._writes.sendall(taken.content)

    def receive(self, *, wait: bool) -> Message | None:
        """The next message; None if it is not there as a whole and `wait` is False.

        Raises:
            EOFError: the other end is gone, perhaps in the middle of a message.
            MemoryError: there is no room for the message, which is lost.
        """
        while (message := self._take()) is None:
            self._make_room()
            into = [self._view[self._end :]]
            try:
                if wait:
                    self._wait()
                count, ancillary, _, _ = self._reads.recvmsg_into(into, _FEW_DESCRIPTORS, _DONT_WAIT)
            except BlockingIOError:
                if wait:  # it was taken back
                    continue
                return None
            except ConnectionError:
                count, ancillary = 0, []
            if not count:
                raise EOFError("the other end of the pipe is closed")
            self._end += count
            if ancillary:
                self._descriptors.extend(_descriptors(ancillary))
        return message

    def _wait(self) -> None:
        """Wait until there is something to read, and leave it there.

        A process that is killed while it waits ends before it takes what comes then: nobody's call is lost with it.
        """
        for _ in range(_LOOKS):
            try:
                self._reads.recv(1, _PEEK | _DONT_WAIT)
            except BlockingIOError:
                os.sched_yield()
            else:
                return
        self._reads.recv(1, _PEEK)

    def close(self) -> None:
        """Close this end, also for whoever inherited it by a fork; the other end reads end-of-file."""
        self.shut()
        self.forget()

    def shut(self) -> None:
        """Make both ends read end-of-file, and leave closing to the owner."""
        for end in (self._writes, self._reads):
            with suppress(OSError):  # the other end was first
                end.shutdown(socket.SHUT_RDWR)

    def forget(self) -> None:
        """Close this process's copy of the end; a process that shares it by a fork keeps its own."""
        for end in (self._reads, self._writes, self._unread):
            if end is not None:
                end.close()
        while self._descriptors:
            os.close(self._descriptors.popleft())

    def _take(self) -> Message | None:
        body_start = self._start + _HEADER.size
        if self._end < body_start:
            return None
        size, kind, number, call = _HEADER.unpack_from(self._store, self._start)
        if size == _SPILLED:
            self._start = body_start
            if not self._descriptors:  # the kernel drops one that this process has no room for
                raise MemoryError("no room for a large message: Too many open files")
            return Message(kind, number, call, _unspill(self._descriptors.popleft()))
        if self._end < body_start + size:
            return None
        self._start = body_start + size
        return Message(kind, number, call, Body(bytes(self._view[body_start : self._start]), []))

    def _make_room(self) -> None:
        if self._start == self._end:
            self._start = self._end = 0
        elif self._start:
            rest = self._end - self._start
            self._store[:rest] = bytes(self._view[self._start : self._end])
            self._start, self._end = 0, rest


def new_pipe() -> tuple[Channel, tuple[socket.socket, socket.socket]]:
    """The pool's end of a new pipe, and two sockets for the worker: what it reads from and what it writes to.

    The sockets go to another process; close them here. There are two pairs, as the pool must see the worker's end go
    away although it keeps a copy of what the worker reads from.

    Raises:
        OSError: there are no descriptors left.
    """
    with ExitStack() as opened:

        def pair(kind: socket.SocketKind) -> tuple[socket.socket, socket.socket]:
            ours, theirs = socket.socketpair(type=kind)
            opened.callback(theirs.close)
            opened.callback(ours.close)
            return ours, theirs

        calls, reads = pair(socket.SOCK_SEQPACKET if TAKES_BACK else socket.SOCK_STREAM)
        answers, writes = pair(socket.SOCK_STREAM)
        channel = Channel(answers, calls, reads.dup() if TAKES_BACK else None)
        opened.pop_all()
    return channel, (reads, writes)


def _descriptors(ancillary: Sequence[tuple[int, int, bytes]]) -> list[int]:
    """What came along with a message."""
    arrived = array.array("i")
    for _, _, content in ancillary:
        arrived.frombytes(content[: len(content) - len(content) % arrived.itemsize])
    return arrived.tolist()


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
