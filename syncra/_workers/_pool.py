"""Processes for calls: a pool of workers, and what one run does with them.

Who owns what: a `Lease` belongs to the thread of its run, and so does a worker while the lease holds it; the
lists of the pool change under its lock only. No thread of the pool's own exists; all that happens, happens
inside the calls of a lease. A worker makes one call at a time, so that its death costs that call and no other; it
may have one more in its pipe, which can be taken back as long as it has not begun it.
"""

from __future__ import annotations

import os
import warnings
from collections import deque
from contextlib import suppress
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from syncra._cpus import usable_cpus
from syncra._unbroken import Unbroken
from syncra._workers import _messages, _script
from syncra._workers._pickling import encode
from syncra._workers._remote import Worker
from syncra._workers._starter import Ending, Starter, StartMethod
from syncra._workers._wire import TAKES_BACK
from syncra._workers._worker import DEPTH_VARIABLE

if TYPE_CHECKING:
    from syncra._workers._lease import Lease

_DEEPEST_NESTING: Final = 10


class WorkerStartError(RuntimeError):
    """Workers cannot be started here; no call is to blame.

    Attributes:
        exit_code: what the process left with, where it left.
    """

    def __init__(self, message: str, exit_code: int | None = None) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class WorkerPool:
    """Worker processes that several runs share; each starts when it is first needed.

    Args:
        max_workers: the most processes at a time; by default the processors that this process may use,
            and 1 inside of a worker, so that nested runs do not multiply.
        max_calls: a worker is replaced by a new process after that many calls.
        start_method: "forkserver": a worker is forked from a process that has only Syncra in it;
            "spawn": it is a new interpreter. The calling process itself is never forked.
    """

    def __init__(
        self,
        max_workers: int | None = None,
        *,
        max_calls: int | None = None,
        start_method: StartMethod = "forkserver",
    ) -> None:
        if max_workers is None:
            max_workers = 1 if _depth() else usable_cpus()
        for name, count in (("max_workers", max_workers), ("max_calls", max_calls)):
            if count is not None and count < 1:
                raise ValueError(f"{name} is {count}; it must be 1 or more")
        if not hasattr(os, "fork"):
            raise NotImplementedError("worker processes need Linux or macOS; use threads on this platform")
        self._max_workers = max_workers
        self._max_calls = max_calls
        self._start_method: StartMethod = start_method
        self._lock = Lock()
        self._owner = os.getpid()
        self._is_closed = False
        self._starter: Starter | None = None
        self._workers: set[Worker] = set()
        self._idle: list[Worker] = []
        self._waiting: deque[Lease] = deque()

    @property
    def max_workers(self) -> int:
        """The most processes at a time."""
        return self._max_workers

    @property
    def sends_ahead(self) -> bool:
        """Whether a worker may have a call that waits behind another."""
        return TAKES_BACK and self._max_calls is None

    def lease(self) -> Lease:
        """One run's view on the pool, for one thread; close it at the end of the run."""
        from syncra._workers._lease import Lease

        self.check_usable()
        return Lease(self)

    def close(self) -> None:
        """Let all workers leave, kill those that don't within a second; afterwards nothing is left."""
        if self._is_closed:
            return
        self._is_closed = True
        if os.getpid() != self._owner:
            self._forget()
            return
        with self._lock:
            for worker in tuple(self._workers):
                if worker.lease is None:
                    self._workers.discard(worker)
                    worker.channel.close()
                else:
                    worker.channel.shut()  # its lease finds out, and sees it off
            self._idle.clear()
            while self._waiting:
                self._next().wake()  # who asks again is told
        if self._starter is not None:
            self._starter.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if not getattr(self, "_is_closed", True) and self._starter is not None:
            if os.getpid() == self._owner:
                warnings.warn(f"unclosed {self!r}", ResourceWarning, source=self, stacklevel=2)
            self.close()

    # What follows is for leases.

    def check_usable(self) -> None:
        """Nothing, if runs may use it.

        Raises:
            RuntimeError: it is closed, or another process's.
        """
        if self._is_closed:
            raise RuntimeError("the worker pool is closed")
        if os.getpid() != self._owner:
            raise RuntimeError("the worker pool belongs to the process that this one was forked from")

    def acquire(self, lease: Lease) -> Worker | None:
        """An idle worker or a new one; None if there is neither: then the lease is in line for the next."""
        with self._lock:
            self.check_usable()
            if lease.offered is not None:  # only just now
                worker, lease.offered = lease.offered, None
                return worker
            if self._idle:
                worker = self._idle[-1]
                worker.lease = lease  # before it leaves the list: an interrupt in between loses no worker
                self._idle.pop()
                return worker
            if len(self._workers) < self._max_workers:
                return self._launched(lease)
            if not lease.is_waiting:
                lease.is_waiting = True
                self._waiting.append(lease)
                self._ask_for_places(lease)
            return None

    def is_wanted(self, lease: Lease) -> bool:
        """Whether others than this lease are in line for a worker."""
        return len(self._waiting) > lease.is_waiting

    def release(self, worker: Worker) -> None:
        """Take back a worker whose call has ended: the lease that waits longest gets it."""
        with self._lock:
            if self._is_closed:
                self._workers.discard(worker)
                worker.channel.close()
            elif worker.has_made(self._max_calls):
                self._workers.discard(worker)
                worker.retire()
                self._wake_next()
            elif self._waiting:
                self._offer(worker)
                return
            else:
                self._idle.append(worker)
            worker.lease = None  # at last: an interrupt before leaves it to the lease, which ends it

    def discard(self, worker: Worker) -> Ending:
        """Kill a worker, or find out how it died; another takes its place when one is needed."""
        ending = worker.end()
        with self._lock:
            worker.lease = None
            self._workers.discard(worker)
            if worker in self._idle:
                self._idle.remove(worker)
            self._wake_next()
        return ending

    def leave(self, lease: Lease) -> list[Worker]:
        """Take the lease out of the line; the workers it still holds."""
        with self._lock:
            if lease.is_waiting:
                self._waiting.remove(lease)
                lease.is_waiting = False
            return [worker for worker in self._workers if worker.lease is lease]

    def _ask_for_places(self, asking: Lease) -> None:
        """Have the other leases take back what waits behind their calls: each gives its workers back then in turn."""
        for other in {worker.lease for worker in self._workers if len(worker.calls) > 1}:
            if other is not None and other is not asking:
                other.wake()

    def _wake_next(self) -> None:
        """A place has become free: who waits starts the worker itself, and meets its errors."""
        if self._waiting:
            with Unbroken():
                self._next().wake()

    def _next(self) -> Lease:
        lease = self._waiting.popleft()
        lease.is_waiting = False
        return lease

    def _offer(self, worker: Worker) -> None:
        first = self._waiting[0]
        if first is worker.lease:  # as nearly always: it is awake, and an interrupt is its own
            first.offered = worker
            self._next()
            return
        with Unbroken():  # 7 us: or the lease would be out of line, without a worker
            worker.lease = lease = self._next()
            lease.offered = worker
            lease.wake()

    def _launched(self, lease: Lease) -> Worker:
        """A new worker, told what it needs before its first call; its process may still be starting."""
        if _script.is_importing():
            raise WorkerStartError(_script.GUARD)
        if _depth() >= _DEEPEST_NESTING:
            raise WorkerStartError(f"workers are nested {_depth()} deep here, and no deeper nesting is supported")
        with Unbroken():  # or a process would be nobody's
            try:
                worker = self._started()
            except OSError as error:
                raise WorkerStartError(f"a worker process could not start: {error}") from error
            worker.lease = lease
            self._workers.add(worker)
        with suppress(ConnectionError):  # it has died already; the first call will find out
            worker.channel.send(_messages.PREPARE, 0, encode(_script.preparation(), "preparation"))
        return worker

    def _started(self) -> Worker:
        if self._starter is not None:
            try:
                return Worker(self._starter)
            except ConnectionError:  # the template was killed: once more with a new one
                starter, self._starter = self._starter, None
                starter.close()
        self._starter = Starter(self._start_method)
        return Worker(self._starter)

    def _forget(self) -> None:
        for worker in self._workers:
            worker.channel.forget()
        if self._starter is not None:
            self._starter.forget()

    def __repr__(self) -> str:
        state = "closed" if self._is_closed else f"{len(self._workers)} running"
        return f"<WorkerPool of at most {self._max_workers}, {state}>"


def _depth() -> int:
    """How many workers this process is inside of."""
    text = os.environ.get(DEPTH_VARIABLE, "")
    return int(text) if text.isdecimal() else 0
