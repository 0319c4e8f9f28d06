"""The frozen graph, as users hold it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar, overload

from syncra._edges import Edge, SettledNodes, edges_of, named_nodes, settle
from syncra._frozen import Frozen
from syncra._nodes._input import Input
from syncra._nodes._node import Binding, Node, checked_name, checked_node
from syncra._nodes._registry import forget, registered
from syncra._nodes._task import BaseTask
from syncra._plan import ErrorMode, Plan
from syncra._programs._compiler import Validation
from syncra._results import Results
from syncra._strategies._interface import Strategy
from syncra.errors import GraphError, NodeNotFoundError, suggestion

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["Graph", "delete_graph", "get_graph", "run"]

T = TypeVar("T")


class Graph(Frozen):
    """Frozen set of nodes and edges, closed over dependencies and acyclic; that it exists means that it was checked.

    Made by `Graph.of(...)` or `get_graph(...)`. Iterating gives the nodes in a topological order that is always the
    same for the same declarations.

    Attributes:
        name: the name that it was made with, or None.
        settled: what is known of each node: its sources, the answers on its edges, its final type.
    """

    __slots__ = ("__weakref__", "_edges", "_named", "name", "settled")

    name: str | None
    settled: SettledNodes
    _named: dict[str, Node[Any]]
    _edges: tuple[Edge, ...] | None

    def __init__(self, name: str | None, settled: SettledNodes) -> None:
        self._define(name=name, settled=MappingProxyType(dict(settled)), _edges=None)
        self._define(_named=named_nodes(settled, self.describe()))

    @classmethod
    def of(cls, *nodes: Node[Any], name: str | None = None) -> Graph:
        """The graph of these nodes and all that they need; touches nothing global.

        Args:
            nodes: at least one.
            name: for messages only.

        Raises:
            DeclarationError: an edge that could not be checked at decoration does not fit, or a parameter of a task
                is filled by nothing.
            DuplicateTaskError: two nodes have one name.
            CycleError: a node needs itself.
            OptionError: the name is not a printable str.

        Example:
            >>> from syncra import Graph, Input, depends, task
            >>> price = Input[float]("price")
            >>> @task
            ... def doubled(value: float = depends(price)) -> float:
            ...     return 2 * value
            >>> [node.name for node in Graph.of(doubled)]
            ['price', 'doubled']
        """
        if not nodes:
            raise GraphError("a graph needs at least one node; Graph.of(task) takes all that the task needs with it")
        if name is not None:
            checked_name(name, "a graph's name")
        return cls(name, settle([checked_node(each, "Graph.of()") for each in nodes], {}))

    @classmethod
    def from_data(cls, data: Mapping[str, Any], /) -> Graph:
        """The graph that plain data describe, checked as decorated tasks are.

        Functions and types are named as module:name. Importing what these names lead to is running code: read graphs
        only from whom you would run a program of.

        Args:
            data: tables of inputs, tasks and further nodes; `Graph.json_schema()` describes them.

        Raises:
            DeclarationError: something in it is wrong; all faults at once, each with the keys that lead to its place.
            DuplicateTaskError, CycleError: as `Graph.of` does.

        Example:
            >>> from syncra import Graph
            >>> graph = Graph.from_data({
            ...     "inputs": {"values": {"type": "list[int]"}},
            ...     "tasks": {"total": {"function": "builtins:sum", "dependencies": ["values"]}},
            ... })
            >>> graph(graph["values"].bind([1, 2]))["total"]
            3
        """
        from syncra._documents import read_document

        nodes, name = read_document(data, lambda _: None, "the graph's data")
        return cls.of(*nodes, name=name)

    @classmethod
    def load(cls, path: str | PathLike[str], /) -> Graph:
        """The graph that a file describes: TOML, JSON or, where PyYAML is installed, YAML, by its suffix.

        Raises:
            DeclarationError: something in it is wrong; all faults at once, each with its keys and, where it is known,
                its line.
            OSError: the file can't be read.
            Others: as `from_data` does, which also says what it means to load a graph.
        """
        from pathlib import Path

        from syncra._documents import read_document, read_file

        file = Path(path)
        nodes, name = read_document(*read_file(file), where=file.name)
        return cls.of(*nodes, name=name)

    def to_data(self) -> dict[str, Any]:
        """This graph as plain data, of which `from_data` makes an equal one; it can be written as JSON.

        Raises:
            DocumentError: some of it can't be written, such as a lambda or a local function; every such node is named.
        """
        from syncra._documents import written

        return written(self.settled, self.name, self.describe())

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """The JSON Schema of graphs as data, for editors."""
        from syncra._documents import Document

        return Document.model_json_schema()

    def compile(self, *targets: Node[Any] | str, validate: Validation = "edges") -> Plan:
        """A plan that runs this graph, or only what the targets need.

        Args:
            targets: nodes or names; without any, every node is run and its value kept. With targets, values in between
                are freed as soon as their last consumer is done.
            validate: "edges" checks values on CHECKED edges; "all" also checks the result of every task against its
                own annotation and blames the producer; "off" checks nothing at run time.

        Raises:
            NodeNotFoundError: a target is not in this graph.
            OptionError: `validate` is another word.

        Example:
            >>> from syncra import Graph, task
            >>> @task
            ... def one() -> int:
            ...     return 1
            >>> Graph.of(one).compile(one).run()[one]
            1
        """
        return Plan.of(self.settled, [self[each] for each in targets], validate, self.name)

    def __call__(self, *bindings: Binding, strategy: Strategy | None = None, on_error: ErrorMode = "raise") -> Results:
        """Compile and run; a graph with async tasks gives results that must be awaited first.

        Raises:
            Whatever `Plan.run` raises.

        Example:
            >>> from syncra import Graph, task
            >>> @task
            ... def one() -> int:
            ...     return 1
            >>> Graph.of(one)()[one]
            1
        """
        plan = self.compile()
        if plan.is_async:
            return Results.pending(lambda: plan.arun(*bindings, strategy=strategy, on_error=on_error), self.describe())
        return plan.run(*bindings, strategy=strategy, on_error=on_error)

    @property
    def tasks(self) -> tuple[Node[Any], ...]:
        """The tasks, in topological order."""
        return tuple(each for each in self.settled if isinstance(each, BaseTask))

    @property
    def inputs(self) -> tuple[Input[Any], ...]:
        """The inputs, in topological order."""
        return tuple(each for each in self.settled if isinstance(each, Input))

    @property
    def edges(self) -> tuple[Edge, ...]:
        """Every edge with its verdict, in the order of the targets."""
        if self._edges is None:
            self._define(_edges=tuple(edges_of(self.settled)))
        assert self._edges is not None  # set just above
        return self._edges

    @overload
    def __getitem__(self, key: Node[T], /) -> Node[T]: ...
    @overload
    def __getitem__(self, key: str, /) -> Node[Any]: ...

    def __getitem__(self, key: Node[Any] | str, /) -> Node[Any]:
        """The node of this name; or the node itself, if it is one of this graph.

        Raises:
            NodeNotFoundError: there is none.
        """
        node = self._named.get(key) if isinstance(key, str) else key
        if isinstance(node, Node) and node in self.settled:
            return node
        if isinstance(key, Node):
            raise NodeNotFoundError(f"{key.describe()} is not in {self.describe()}")
        raise NodeNotFoundError(f"{self.describe()} has no node {key!r}{suggestion(key, self._named)}")

    def __contains__(self, key: object) -> bool:
        return key in self._named if isinstance(key, str) else isinstance(key, Node) and key in self.settled

    def __iter__(self) -> Iterator[Node[Any]]:
        return iter(self.settled)

    def __len__(self) -> int:
        return len(self.settled)

    def __reduce__(self) -> tuple[type[Graph], tuple[str | None, dict[Node[Any], object]]]:
        return Graph, (self.name, dict(self.settled))

    def describe(self) -> str:
        """What it is called in messages."""
        return "the graph" if self.name is None else f"graph {self.name!r}"

    def __repr__(self) -> str:
        name = "" if self.name is None else f" {self.name!r}"
        return f"<Graph{name} of {len(self.tasks)} tasks and {len(self.inputs)} inputs>"


def get_graph(name: str, /) -> Graph:
    """A frozen snapshot of the tasks registered under this name so far, and all that they need.

    Raises:
        GraphNotFoundError: no task was declared with this `graph_name`; near names are suggested.
        DeclarationError, DuplicateTaskError, CycleError: as `Graph.of` does.

    Example:
        >>> from syncra import delete_graph, get_graph, task
        >>> @task(graph_name="greeting")
        ... def hello() -> str:
        ...     return "hello"
        >>> get_graph("greeting")()["hello"]
        'hello'
        >>> delete_graph("greeting")
    """
    tasks = registered(name)
    return Graph(name, settle(tasks.values(), {name: tasks}))


def delete_graph(name: str, /) -> None:
    """Forget a registered graph's name and tasks; graphs and plans made from it live on.

    Raises:
        GraphNotFoundError: no task was declared with this `graph_name`.
    """
    forget(name)


def run(node: Node[T], /, *bindings: Binding, strategy: Strategy | None = None) -> T:
    """The value of one node: runs what it needs and nothing else.

    Args:
        node: whose value is wanted.
        bindings: values for inputs, and in place of other nodes.
        strategy: where and when steps run, as for `Plan.run`.

    Raises:
        Whatever `Graph.of` and `Plan.run` raise.

    Example:
        >>> from syncra import Input, run
        >>> price = Input[float]("price")
        >>> run(price, price.bind(2.5))
        2.5
    """
    wanted = checked_node(node, "run()")
    graph = Graph(wanted.name, settle([wanted], {}))
    return graph.compile(node).run(*bindings, strategy=strategy)[node]
