"""Processes that make calls: a pool of workers that knows nothing of tasks and graphs.

`WorkerPool` holds the processes, `Lease` is one run's view on it. The way of a call: `Lease` encodes it
(`_pickling`), writes it into the worker's pipe (`_wire`, `_messages`), where it may wait behind another one
(`_ahead`), the worker makes it (`_worker`) and its answer becomes an event (`_answers`, `_events`); an exception
travels as `_failure` says. Processes are started by a template process (`_template`, `_starter`), which forks
nothing but itself.
"""

from __future__ import annotations

from syncra._workers._events import Died, Event, Raised, Returned, Unsendable, Untaken
from syncra._workers._failure import RemoteError
from syncra._workers._function import FunctionRef
from syncra._workers._lease import Lease
from syncra._workers._pickling import UnsendableError, is_importable, travels_by_value
from syncra._workers._pool import WorkerPool, WorkerStartError
from syncra._workers._starter import StartMethod

__all__ = [
    "Died",
    "Event",
    "FunctionRef",
    "Lease",
    "Raised",
    "RemoteError",
    "Returned",
    "StartMethod",
    "Unsendable",
    "UnsendableError",
    "Untaken",
    "WorkerPool",
    "WorkerStartError",
    "is_importable",
    "travels_by_value",
]
