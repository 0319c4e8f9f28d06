"""Programs that may hang or be killed: each in a process and a session of its own, with a time limit."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

__all__ = ["Ended", "Program", "ran", "ran_as", "started"]

_SECONDS = 60.0
_SECONDS_AFTERWARDS = 2.0
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ended:
    """What a program came to: its exit code, and what it wrote."""

    code: int
    out: str
    errors: str


class Program:
    """A program that runs. Nothing of its session may be left two seconds after its end."""

    def __init__(self, arguments: list[str], text: str | None = None) -> None:
        # -X faulthandler: a program that hangs says where when it is aborted.
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", "-X", "faulthandler", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            cwd=_ROOT,
            env={**os.environ, "PYTHONPATH": str(_ROOT)},
        )
        self._text = text

    @property
    def process(self) -> int:
        """Its process id, which is that of its session as well."""
        return self._process.pid

    def hear(self) -> str:
        """The next line that it writes."""
        return self.hear_within(_SECONDS)

    def hear_within(self, seconds: float) -> str:
        """The next line that it writes.

        Raises:
            TimeoutError: there was none in that time.
        """
        line = bytearray()
        assert self._process.stdout is not None
        # Byte by byte: a buffer that has taken two lines would not be ready for the second one.
        while not line.endswith(b"\n"):
            if not select.select([self._process.stdout], [], [], seconds)[0]:
                raise TimeoutError
            read = os.read(self._process.stdout.fileno(), 1)
            if not read:
                break
            line += read
        return line.decode().rstrip("\n")

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, and nobody else of its session."""
        self._process.send_signal(number)

    def ended(self) -> Ended:
        """Wait for its end, and for that of all that it has started."""
        try:
            out, errors = self._process.communicate(self._text, timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGABRT)
            out, errors = self._process.communicate(timeout=_SECONDS)
            pytest.fail(f"the program hangs:\n{out}\n{errors}")
        left = _left_of(self.process)
        assert not left, f"processes outlive the program: {left}"
        return Ended(self._process.returncode, out, errors)

    def kill(self) -> None:
        """End it and its session, whatever they do."""
        for member in _members(self.process):
            _kill(member)
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()


@contextmanager
def started(script: str, *arguments: str) -> Iterator[Program]:
    """The script, running; killed at the end of the block if it still is."""
    program = Program(["-c", script, *arguments])
    try:
        yield program
    finally:
        program.kill()


def ran(script: str, *arguments: str) -> Ended:
    """What the script comes to."""
    with started(script, *arguments) as program:
        return program.ended()


def ran_as(arguments: list[str], text: str | None = None) -> Ended:
    """What the interpreter comes to with these arguments, and this text as its standard input."""
    program = Program(arguments, text)
    try:
        return program.ended()
    finally:
        program.kill()


def _members(session: int) -> list[int]:
    """The processes of a session that are not about to be reaped."""
    found: list[int] = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[3]) == session and fields[0] not in "ZX":
            found.append(int(folder.name))
    return found


def _left_of(session: int) -> list[str]:
    """The processes of a session that are there after the time that they have for leaving."""
    deadline = time.monotonic() + _SECONDS_AFTERWARDS
    left: list[str] = []
    for member in _members(session):
        try:
            descriptor = os.pidfd_open(member)
        except ProcessLookupError:
            continue
        try:
            if not select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))[0]:
                left.append(Path(f"/proc/{member}/cmdline").read_text().replace("\0", " "))
        finally:
            os.close(descriptor)
    return left


def _kill(process: int) -> None:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        pass
