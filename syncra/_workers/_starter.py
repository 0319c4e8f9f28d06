"""The pool's side of its template process: starting workers, ending them, and learning how they ended."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import spawn
from pathlib import Path
from threading import Lock
from typing import Final, Literal, cast

from syncra._workers import _memory, _template
from syncra._workers._wire import Channel, new_pipe

StartMethod = Literal["forkserver", "spawn"]

_PACKAGE_PARENT: Final = str(Path(__file__).parents[2])
_ANSWER_SECONDS: Final = 10
"""A template that has not killed a process by then is not going to."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a process ended: its exit code or its signal; neither where nobody is left who knows.

    Attributes:
        start_error: the error number, where it could not even be started.
    """

    exit_code: int | None = None
    signal: int | None = None
    start_error: int | None = None


class Starter:
    """One template process; used by any thread, one command at a time.

    Attributes:
        copies_memory: whether this process may copy into and out of its workers, as far as is known.
    """

    def __init__(self, method: StartMethod) -> None:
        self._lock = Lock()
        self._started = 0
        self.copies_memory = _memory.can_copy()
        self._commands, theirs = socket.socketpair()
        self._commands.settimeout(_ANSWER_SECONDS)
        try:
            self._process = _launched(theirs, method)
        except BaseException:
            self._commands.close()
            raise
        finally:
            theirs.close()

    def start(self) -> tuple[int, Channel]:
        """Have a worker started, without waiting for it; its number and our end of its pipe.

        Raises:
            OSError: the template is gone, or there are no descriptors left.
        """
        channel, ends = new_pipe()
        try:
            with self._lock:
                self._started += 1
                number = self._started
                command = _template.COMMAND.pack(_template.START, number)
                socket.send_fds(self._commands, [command], [end.fileno() for end in ends])
        except BaseException:
            channel.forget()
            raise
        finally:
            for end in ends:
                end.close()
        return number, channel

    def end(self, number: int) -> Ending:
        """Kill the worker if it still runs, and say how it ended; when this returns it has."""
        try:
            with self._lock:
                self._commands.sendall(_template.COMMAND.pack(_template.END, number))
                answer = self._commands.recv(_template.STATUS.size)
        except TimeoutError:
            self._process.kill()
            return Ending()
        except OSError:
            return Ending()
        if len(answer) < _template.STATUS.size:
            return Ending()
        kind, found = _template.STATUS.unpack(answer)
        if kind == _template.EXITED:
            return Ending(exit_code=found)
        return Ending(signal=found) if kind == _template.SIGNALLED else Ending(start_error=found)

    def retire(self, number: int) -> None:
        """See to it that the worker, whose pipe is closed, leaves."""
        with suppress(OSError), self._lock:
            self._commands.sendall(_template.COMMAND.pack(_template.RETIRE, number))

    def close(self) -> int:
        """Wait until all workers and the template are gone; the template's exit code."""
        try:
            self._commands.sendall(_template.COMMAND.pack(_template.CLOSE, 0))
            while self._commands.recv(_template.STATUS.size):
                pass  # its end of file: `Popen.wait` with a timeout would only look every 50 ms
        except TimeoutError:
            self._process.kill()
        except OSError:  # it is gone
            pass
        self._commands.close()
        return self._process.wait()

    def forget(self) -> None:
        """Close this process's copies after a fork; the template stays with the process that started it."""
        self._commands.close()
        self._process.returncode = 0  # not our child: nothing to wait for, and nothing to warn about


def _launched(commands: socket.socket, method: StartMethod) -> subprocess.Popen[bytes]:
    """The template process, with Ctrl-C held back until it ignores it."""
    path = [str(entry) for entry in sys.path]
    if _PACKAGE_PARENT not in path:
        path.append(_PACKAGE_PARENT)
    flags = cast("list[str]", subprocess._args_from_interpreter_flags())  # type: ignore[attr-defined]
    executable = spawn.get_executable() or sys.executable
    program = _template.PROGRAM.format(entry="run_template")
    descriptor = commands.fileno()
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        return subprocess.Popen(
            [executable, *flags, "-c", program, json.dumps(path), str(descriptor), method],
            stdin=subprocess.DEVNULL,
            pass_fds=[descriptor],
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
