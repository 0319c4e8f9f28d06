"""Typed task graphs, checked before anything runs.

The way of the data, each stage a pure function from one frozen value to the next:

    function --@task--> Task --Graph.of--> Graph --compile--> Plan --strategy drives one Run--> Results

`_signature` reads a function, `_wiring` connects its parameters, `_fit` asks `_relation` whether the types fit,
`_edges` closes the graph, `_program` compiles it, `_run` is the state machine that `_strategies` drive, and
`_results`, `_plan` and `_graph` are what users hold. Errors are in `syncra.errors`.
"""

from __future__ import annotations

from syncra._choice import choose, switch
from syncra._decorator import task
from syncra._each import each, each_outcome
from syncra._edges import Edge, Verdict
from syncra._graph import Graph, delete_graph, get_graph, run
from syncra._nodes import Binding, Input, Node, depends
from syncra._outcome import Failed, Outcome, Skipped, Succeeded
from syncra._plan import Plan
from syncra._policy import Retry
from syncra._recovery import outcome, recover
from syncra._results import Results
from syncra._strategies import Asyncio, Processes, Sequential, Strategy, Threads
from syncra._task import AsyncTask, Task
from syncra._views import parse, unchecked, unpack

__all__ = [
    "AsyncTask",
    "Asyncio",
    "Binding",
    "Edge",
    "Failed",
    "Graph",
    "Input",
    "Node",
    "Outcome",
    "Plan",
    "Processes",
    "Results",
    "Retry",
    "Sequential",
    "Skipped",
    "Strategy",
    "Succeeded",
    "Task",
    "Threads",
    "Verdict",
    "choose",
    "delete_graph",
    "depends",
    "each",
    "each_outcome",
    "get_graph",
    "outcome",
    "parse",
    "recover",
    "run",
    "switch",
    "task",
    "unchecked",
    "unpack",
]
