"""The template process: it has imported Syncra, runs nothing, and forks (or spawns) the workers of one pool.

Why not fork from the caller: it has threads and locks, and a fork copies a held lock for ever. The template
has one thread only, always. That is also what makes Linux's parent-death signal safe here (the kernel sends
it when the *thread* that forked ends): when the caller dies the template ends, and with it every worker,
whatever that computes.
"""

from __future__ import annotations

import ctypes
import errno
import os
import select
import signal
import socket
import struct
import sys
import threading
import time
from contextlib import suppress
from typing import Final, NoReturn, TypeAlias

from syncra._workers import _worker

COMMAND: Final = struct.Struct("<BI")
"""A command, and the number of the worker it is about."""
START: Final = 1
"""Start a worker; the two sockets of its end of the pipe come along: what it reads from, what it writes to."""
END: Final = 2
"""Kill the worker if it still runs, and answer how it ended."""
RETIRE: Final = 3
"""The worker is leaving by itself; see to it that it does."""

STATUS: Final = struct.Struct("<Bi")
"""The answer to END: one of the kinds below, and a number."""
EXITED: Final = 1
SIGNALLED: Final = 2
NOT_STARTED: Final = 3
"""The number is the error number of the failed start."""

CLOSE: Final = 4
"""All workers' pipes are closed: see them off, and leave. If the end comes without it, they are killed."""

GRACE_SECONDS: Final = 1
"""How long workers that were told to leave may take."""
_PARENT_CHECK_MILLISECONDS: Final = 1_000
_PR_SET_PDEATHSIG: Final = 1

PROGRAM: Final = """\
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from syncra._workers._template import {entry}
{entry}(sys.argv[2], sys.argv[3])
"""
"""What a fresh interpreter runs; its arguments: search path as JSON, descriptors of sockets, start method."""


def run_template(descriptor: str, method: str) -> None:
    """Obey the pool at the other end of the socket until it is closed; in a forked child: be a worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the caller's to deal with
    for number in (signal.SIGTERM, signal.SIGCHLD):  # a caller that ignores them has handed that on
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    with socket.socket(fileno=int(descriptor)) as commands:
        ends = _Template(commands, method).obey()
    if ends is None:
        os._exit(0)  # nothing to flush, and the pool waits for this
    _worker.serve(*ends)


def run_worker(descriptors: str, _method: str) -> None:
    """Be a worker in an interpreter of its own."""
    _end_with(os.getppid())
    reads, writes = descriptors.split(",")
    _worker.serve(socket.socket(fileno=int(reads)), socket.socket(fileno=int(writes)))


_Ends: TypeAlias = tuple[socket.socket, socket.socket]
"""What a worker reads from, and what it writes to."""


class _Template:
    """The children of this process, by the pool's numbers for them, and what became of them."""

    def __init__(self, commands: socket.socket, method: str) -> None:
        self._commands = commands
        self._method = method
        self._parent = os.getppid()
        self._running: dict[int, int] = {}
        self._failed: dict[int, int] = {}
        self._leaving: dict[int, float] = {}

    def obey(self) -> _Ends | None:
        """Do what is asked until the pool is gone; in a forked child give its end of the pipe at once."""
        poll = select.poll()
        poll.register(self._commands, select.POLLIN)
        while True:
            if poll.poll(_PARENT_CHECK_MILLISECONDS):
                command, descriptors = self._command()
                if not command:
                    break
                kind, number = COMMAND.unpack(command)
                if kind == CLOSE:
                    self._say_goodbye()
                    return None
                if kind == START and (ends := self._start(number, descriptors)) is not None:
                    return ends
                self._end_or_retire(kind, number)
            elif os.getppid() != self._parent:  # its sockets may live on in processes that it forked
                break
            self._see_off()
        self._kill_all()
        return None

    def _command(self) -> tuple[bytes, list[int]]:
        try:
            command, descriptors, _, _ = socket.recv_fds(self._commands, COMMAND.size, 2)
        except ConnectionError:
            return b"", []
        return command, descriptors

    def _start(self, number: int, descriptors: list[int]) -> _Ends | None:
        """Start a worker; in the worker (if forked) give its end of the pipe, in the template None."""
        this, process = os.getpid(), -1
        if len(descriptors) < 2:  # they were lost on the way, as there was no room for them here
            self._failed[number] = errno.EMFILE
        else:
            try:
                process = os.fork()
            except OSError as error:
                self._failed[number] = error.errno or 0
        if process:
            if process > 0:
                self._running[number] = process
            for descriptor in descriptors:
                os.close(descriptor)
            return None
        self._commands.close()
        if self._method == "spawn":
            _become_worker(descriptors)
        _end_with(this)
        reads, writes = descriptors
        return socket.socket(fileno=reads), socket.socket(fileno=writes)

    def _end_or_retire(self, kind: int, number: int) -> None:
        if kind == END:
            with suppress(ConnectionError):
                self._commands.sendall(self._end(number))
        elif kind == RETIRE and number in self._running:
            self._leaving[number] = time.monotonic() + GRACE_SECONDS

    def _end(self, number: int) -> bytes:
        """Kill and reap; a process that was reaped is no longer listed, so no other process is ever hit."""
        process = self._running.pop(number, None)
        if process is None:
            return STATUS.pack(NOT_STARTED, self._failed.pop(number, 0))
        os.kill(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
        code = os.waitstatus_to_exitcode(status)
        return STATUS.pack(EXITED, code) if code >= 0 else STATUS.pack(SIGNALLED, -code)

    def _see_off(self) -> None:
        """Reap who has left as told, and kill who takes too long to."""
        for number, deadline in list(self._leaving.items()):
            if time.monotonic() >= deadline:
                os.kill(self._running[number], signal.SIGKILL)
            process, _ = os.waitpid(self._running[number], os.WNOHANG)
            if process:
                del self._running[number], self._leaving[number]

    def _say_goodbye(self) -> None:
        """Wait until all workers are gone; kill those that take too long."""
        signal.signal(signal.SIGALRM, lambda _signal, _frame: self._kill_all())
        signal.setitimer(signal.ITIMER_REAL, GRACE_SECONDS)
        while self._running:
            process, _ = os.wait()
            self._running = {number: other for number, other in self._running.items() if other != process}

    def _kill_all(self) -> None:
        for process in self._running.values():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


def _become_worker(descriptors: list[int]) -> NoReturn:
    """Replace this forked child by a fresh interpreter with the same flags and search path."""
    for descriptor in descriptors:
        os.set_inheritable(descriptor, True)
    flags = sys.orig_argv[1 : sys.orig_argv.index("-c")]
    program = PROGRAM.format(entry="run_worker")
    ends = ",".join(map(str, descriptors))
    os.execv(sys.executable, [sys.executable, *flags, "-c", program, sys.argv[1], ends, "spawn"])


def _end_with(parent: int) -> None:
    """Make sure that this worker ends when its template does, also while it is deep in C code."""
    try:
        prctl = ctypes.CDLL(None).prctl
        watched = prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) == 0
    except (OSError, AttributeError):
        watched = False
    if not watched:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    if os.getppid() != parent:
        os._exit(1)


def _watch(parent: int) -> None:
    """Where the kernel does not do it: end this process within a second of its parent's end."""
    while os.getppid() == parent:
        time.sleep(_PARENT_CHECK_MILLISECONDS / 1_000)
    os._exit(1)
