"""What a run came to: typed look-up of outcomes, by node or by name."""

from __future__ import annotations

import warnings
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping
from types import CoroutineType, MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar, overload

from syncra._nodes._node import Node, is_node
from syncra._outcome import Failed, Outcome, Skipped
from syncra._programs._calls import no_value
from syncra._runs._ended import Ended
from syncra.errors import NodeNotFoundError, NoResultError, NotAwaitedError, suggestion

__all__ = ["Results"]

T = TypeVar("T")
D = TypeVar("D")


class Results(Mapping[Node[Any], Any]):
    """The values of a run by node or by name, in the plan's topological order: `results[task]` is what it returned.

    Results of a graph with async tasks have to be awaited before anything else: `results = await graph()`.

    Example:
        >>> from syncra import Graph, task
        >>> @task
        ... def one() -> int:
        ...     return 1
        >>> results = Graph.of(one)()
        >>> results[one], results["one"], len(results)
        (1, 1, 1)
    """

    __slots__ = ("__weakref__", "_begin", "_ended", "_graph", "_names")

    _ended: Ended | None
    _begin: Callable[[], Awaitable[Results]] | None
    _names: dict[str, Node[Any]] | None
    _graph: str

    def __init__(self, ended: Ended) -> None:
        self._begin = None
        self._graph = ended.program.describe()
        self._finish(ended)

    @classmethod
    def pending(cls, begin: Callable[[], Awaitable[Results]], graph: str) -> Results:
        """The results of a run that begins when they are awaited."""
        results = cls.__new__(cls)
        results._ended, results._begin, results._graph = None, begin, graph
        return results

    def _finish(self, ended: Ended) -> None:
        self._ended = ended
        self._names = None

    def __await__(self) -> Generator[Any, Any, Results]:
        """Run the graph, where that has not been done, and give these results."""
        if self._begin is not None:
            begin, self._begin = self._begin, None
            finished = yield from begin().__await__()
            self._finish(finished._finished)
        elif self._ended is None:
            raise NotAwaitedError(f"the results of {self._graph} are being awaited somewhere else, or their run failed")
        return self

    def __del__(self) -> None:
        if getattr(self, "_begin", None) is not None:
            message = f"{self._graph} was called but never awaited, so it did not run"
            warnings.warn(message, RuntimeWarning, stacklevel=2)

    @property
    def _finished(self) -> Ended:
        if self._ended is None:
            raise NotAwaitedError(
                f"the results of {self._graph} have to be awaited: it has async tasks;"
                " write `results = await graph()`, or `graph.compile().run()` outside of an event loop"
            )
        return self._ended

    @overload
    def __getitem__(self, key: Node[T], /) -> T: ...
    @overload
    def __getitem__(self, key: str, /) -> Any: ...

    def __getitem__(self, key: Node[Any] | str, /) -> Any:  # Any: for names, of which a checker knows nothing
        """The value of a node.

        Raises:
            NodeNotFoundError: there is no such node, or it is not a target of the plan.
            NoResultError: it failed or was skipped; the failure is the error's cause.
            TaskReturnError: it is a coroutine, of a task whose annotation had ruled that out.
            NotAwaitedError: the results were not awaited.
        """
        node = self._node(key)
        outcome = self._finished.outcome(self._finished.program.index[node])
        if isinstance(outcome, Failed):
            raise NoResultError(f"{node.describe()} failed: {_shown(outcome.error)}", name=node.name) from outcome.error
        if isinstance(outcome, Skipped):
            raise NoResultError(f"{node.describe()} was skipped: {outcome.reason}", name=node.name)
        kind: type[object] = type(outcome.value)
        if kind is CoroutineType:  # the results of such a task are not looked at, as its annotation is believed
            raise no_value(node.name, outcome.value)
        return outcome.value

    def outcome(self, node: Node[T], /) -> Outcome[T]:
        """How a node ended: Succeeded with its value, Failed with its exception, or Skipped with the reason.

        Raises:
            NodeNotFoundError: there is no such node, or it is not a target of the plan.
        """
        found = self._finished.program.index[self._node(node)]
        return self._finished.outcome(found)  # type: ignore[return-value]  # T of the node

    @property
    def failures(self) -> Mapping[Node[Any], BaseException]:
        """The failed nodes with their exceptions, in the plan's order; targets or not."""
        steps = self._finished.program.steps
        return MappingProxyType({steps[n].node: failed.error for n, failed in self._finished.failures().items()})

    @property
    def recovered(self) -> Mapping[Node[Any], BaseException]:
        """The nodes whose failure was taken by `recover` or `outcome`, with their exceptions; targets or not."""
        ended = self._finished
        found = {ended.program.steps[n].node: ended.failed[n].error for n in sorted(ended.recovered)}
        return MappingProxyType(found)

    @property
    def skipped(self) -> Mapping[Node[Any], tuple[Node[Any], ...]]:
        """The skipped nodes with the failed nodes that caused it, in the plan's order; targets or not."""
        steps = self._finished.program.steps
        causes = {steps[n].node: each.causes for n, each in self._finished.skips().items()}
        return MappingProxyType(causes)  # type: ignore[arg-type]  # outcomes lie below nodes: causes are objects there

    def raise_failures(self) -> None:
        """Raise every failure together as one ExceptionGroup; do nothing where there is none.

        Raises:
            ExceptionGroup: of the tasks' own exceptions, in the plan's order (a BaseExceptionGroup where one of them is
                no Exception).
        """
        group = self._finished.group()
        if group is not None:
            raise group

    if TYPE_CHECKING:
        # Mapping's own, for look-up by name too.
        @overload
        def get(self, key: Node[T], /) -> T | None: ...
        @overload
        def get(self, key: Node[T], default: D, /) -> T | D: ...
        @overload
        def get(self, key: str, default: object = None, /) -> Any: ...
        def get(  # pyright: ignore[reportIncompatibleMethodOverride]  # Mapping's overloads do not know T
            self, key: Any, default: object = None, /
        ) -> Any: ...  # Any: as __getitem__

    # By identity, whatever a Mapping says of equality: asyncio keeps what it waits for in dicts and sets.
    __hash__ = object.__hash__  # pyright: ignore[reportAssignmentType]  # that is the point

    def __iter__(self) -> Iterator[Node[Any]]:
        return iter(self._finished.program.kept)

    def __len__(self) -> int:
        return len(self._finished.program.kept)

    def __contains__(self, key: object) -> bool:
        try:
            self._node(key)
        except NodeNotFoundError:
            return False
        return True

    def _node(self, key: object) -> Node[Any]:
        program = self._finished.program
        if is_node(key):
            index = program.index.get(key)
            if index is None:
                raise NodeNotFoundError(f"{key.describe()} is not in {self._graph}")
            if program.targets is not None and index not in program.targets:
                raise NodeNotFoundError(_no_target(key.describe()))
            return key
        if self._names is None:
            self._names = {}
            for node in sorted(program.kept, key=lambda node: not (node.is_task or node.function is None)):
                self._names.setdefault(node.name, node)
        if isinstance(key, str) and key in self._names:
            return self._names[key]
        if any(node.name == key for node in program.index):
            raise NodeNotFoundError(_no_target(repr(key)))
        raise NodeNotFoundError(f"the results of {self._graph} have no {key!r}{suggestion(key, self._names)}")

    def __repr__(self) -> str:
        if self._ended is None:
            return f"<Results of {self._graph}, not awaited>"
        return f"<Results of {self._graph}: {len(self)} nodes, {len(self.failures)} failed>"


def _no_target(described: str) -> str:
    return f"{described} is no target of this plan, so its value was not kept; name it in compile(...)"


def _shown(error: BaseException) -> str:
    try:
        return f"{error!r:.200}"
    except Exception:  # noqa: BLE001 - a repr is anybody's code
        return f"a {type(error).__name__} that can't be shown"
