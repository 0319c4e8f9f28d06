"""Typed task graphs, checked before anything runs.

The way of the data, each stage a pure function from one frozen value to the next:

    function --@task--> Task --Graph.of--> Graph --compile--> Plan --strategy drives one Run--> Results

`_signature` reads a function, `_nodes` connects its parameters and asks `_relation` whether the types fit, `_edges`
closes the graph, `_programs` compiles it, `_runs` has the state machine that `_strategies` drive, and `_results`,
`_plan` and `_graph` are what users hold. Errors are in `syncra.errors`.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncra._edges import Edge, Verdict
    from syncra._function import function
    from syncra._graph import Graph, delete_graph, get_graph, run
    from syncra._graph_function import GraphFunction
    from syncra._nodes._choice import choose, switch
    from syncra._nodes._decorator import task
    from syncra._nodes._each import each, each_outcome
    from syncra._nodes._input import Input
    from syncra._nodes._node import Binding, Node, depends
    from syncra._nodes._recovery import outcome, recover
    from syncra._nodes._task import AsyncTask, Task
    from syncra._nodes._views import parse, unchecked, unpack
    from syncra._outcome import Failed, Outcome, Skipped, Succeeded
    from syncra._plan import Plan
    from syncra._policy import Retry
    from syncra._results import Results
    from syncra._strategies._asyncio import Asyncio
    from syncra._strategies._interface import Strategy
    from syncra._strategies._processes import Processes
    from syncra._strategies._sequential import Sequential
    from syncra._strategies._threads import Threads

__all__ = [
    "AsyncTask",
    "Asyncio",
    "Binding",
    "Edge",
    "Failed",
    "Graph",
    "GraphFunction",
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
    "function",
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

# What is not used costs nothing: a name is imported when it is first asked for, from the module where checkers find it.
_NAMES_OF = {
    "_nodes._choice": ("choose", "switch"),
    "_nodes._decorator": ("task",),
    "_nodes._each": ("each", "each_outcome"),
    "_edges": ("Edge", "Verdict"),
    "_function": ("function",),
    "_graph": ("Graph", "delete_graph", "get_graph", "run"),
    "_graph_function": ("GraphFunction",),
    "_nodes._input": ("Input",),
    "_nodes._node": ("Binding", "Node", "depends"),
    "_outcome": ("Failed", "Outcome", "Skipped", "Succeeded"),
    "_plan": ("Plan",),
    "_policy": ("Retry",),
    "_nodes._recovery": ("outcome", "recover"),
    "_results": ("Results",),
    "_strategies._asyncio": ("Asyncio",),
    "_strategies._interface": ("Strategy",),
    "_strategies._processes": ("Processes",),
    "_strategies._sequential": ("Sequential",),
    "_strategies._threads": ("Threads",),
    "_nodes._task": ("AsyncTask", "Task"),
    "_nodes._views": ("parse", "unchecked", "unpack"),
}


if not TYPE_CHECKING:  # or a checker would believe that every misspelt name is found here

    def __getattr__(name: str) -> object:
        """A public name, or `syncra.errors`, on its first use; from then on it is found without asking here."""
        if name == "errors":
            return import_module("syncra.errors")
        home = next((module for module, names in _NAMES_OF.items() if name in names), None)
        if home is None:
            raise AttributeError(f"module 'syncra' has no attribute {name!r}", name=name, obj=sys.modules[__name__])
        value = globals()[name] = getattr(import_module(f"syncra.{home}"), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "errors"})
