"""Tasks: functions that are nodes, and are still called as the functions they are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

from syncra._fit import fit
from syncra._nodes import Connection, Dependency, Fixed, Node, Settled, Wiring, checked_name
from syncra._policy import Policy
from syncra._registry import Definition, register
from syncra._signature import Signature, as_callable, read_signature
from syncra._wiring import wire
from syncra.errors import CallError, DeclarationError, OptionError, WiringError, suggestion

if TYPE_CHECKING:
    from typing_extensions import TypeIs

__all__ = ["AsyncTask", "BaseTask", "Task", "declare"]

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)

OPTIONS = ("name", "graph_name", "dependencies", "arguments", "after", "retries", "timeout", "offload")


class BaseTask(Node[R_co], Generic[P, R_co]):
    """What Task and AsyncTask share: a function, how it is wired, and its policy.

    Attributes:
        signature: of the function, with annotations resolved as far as they could be.
        graph_name: the graph that it is registered in, if any.
        stacked_on: the task that this one was decorated onto, where decorators are stacked.
    """

    function: Callable[..., Any]  # Any: P and R_co are what the checkers know of it
    signature: Signature
    graph_name: str | None
    stacked_on: BaseTask[..., Any] | None

    def __init__(self, function: Callable[..., Any], signature: Signature, declared: _Declared) -> None:
        self.function = function  # pyright: ignore[reportIncompatibleVariableOverride]  # a task always has one
        self.signature = signature
        self.name = declared.name
        self.policy = declared.policy
        self.graph_name = declared.graph_name
        self.stacked_on = declared.stacked_on
        self.wiring = declared.wiring
        self.result_type = signature.result
        self.is_async = signature.is_async
        self.settled = None
        self._declared = declared
        self.__wrapped__ = function
        self.__name__: str = getattr(function, "__name__", self.name)
        self.__qualname__: str = getattr(function, "__qualname__", self.__name__)
        self.__module__ = getattr(function, "__module__", None) or "builtins"
        self.__doc__ = getattr(function, "__doc__", None)

    def __getattr__(self, name: str) -> Any:  # Any: only __signature__, which `inspect` reads
        # Not a property: the class itself has a signature of its own.
        if name == "__signature__":
            import inspect

            return inspect.signature(self.function)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)

    def settle(self, sources: Sequence[Node[object]], types: Sequence[object]) -> Settled:
        signature, wiring = self.read_again()
        fixed = self.fixed_with_hints(signature, wiring)
        settled, faults = fit(self, wiring.connections, sources, types, result_type=signature.result, fixed=fixed)
        if faults:
            DeclarationError.raise_all(self.describe(), faults)
        return settled

    def read_again(self) -> tuple[Signature, Wiring]:
        """Its signature and wiring, read again where names did not exist at decoration that may exist now."""
        if not self.signature.unresolved:
            return self.signature, self.wiring
        signature = read_signature(self.function)
        wiring, wrong = self._declared.wire(signature)  # it holds the parameters' hints
        DeclarationError.raise_all(f"{self.describe()} ({self.place})", wrong)
        return signature, wiring

    @staticmethod
    def fixed_with_hints(signature: Signature, wiring: Wiring) -> list[tuple[Fixed, object]]:
        """The parameters with fixed values, and what they want."""
        return [
            (each, parameter.hint)
            for each in wiring.fixed
            if (parameter := signature.parameter(each.parameter)) is not None
        ]

    def settle_now(self) -> None:
        """Check the edges from sources that are known already; settle, where all of them are.

        Raises:
            DeclarationError: something does not fit.
        """
        if self.signature.unresolved:
            return
        connections: list[Connection] = []
        sources: list[Node[object]] = []
        types: list[object] = []
        for each in self.wiring.connections:
            source = each.source
            if not isinstance(source, str) and source.settled is not None:
                connections.append(each)
                sources.append(source)
                types.append(source.settled.result_type)
        if len(connections) == len(self.wiring.connections):
            self.settled = self.settle(sources, types)
            self.result_type = self.settled.result_type
        else:
            _, faults = fit(self, connections, sources, types, result_type=Any)
            DeclarationError.raise_all(self.describe(), faults)

    @property
    def is_task(self) -> bool:
        return True

    @property
    def place(self) -> str:
        return self.signature.place

    def describe(self) -> str:
        return f"task {self.name!r}"

    def _call(self, args: tuple[object, ...], kwargs: dict[str, object]) -> Any:  # Any: an R_co or its coroutine
        if len(args) + len(kwargs) < len(self.signature.parameters):
            self._refuse_markers(args, kwargs)
        return self.function(*args, **kwargs)

    def _refuse_markers(self, args: tuple[object, ...], kwargs: dict[str, object]) -> None:
        given = set(kwargs)
        positional = [each.name for each in self.signature.parameters if each.positional]
        given.update(positional[: len(args)])
        left = [
            (each.name, each.default.node)
            for each in self.signature.parameters
            if isinstance(each.default, Dependency) and each.name not in given
        ]
        if left:
            listed = " and ".join(f"{name!r} (from {node.describe()})" for name, node in left)
            raise CallError(
                f"{self.describe()} was called without {listed}, which only a run fills;"
                " pass it, or run the task in a graph",
                name=self.name,
                parameters=[name for name, _ in left],
            )

    def __reduce_ex__(self, protocol: Any) -> Any:  # Any: as object declares it
        """By reference where the module's name for it leads back to this very task; by value otherwise."""
        depth, current = 0, _lookup(self.__module__, self.__qualname__)
        while isinstance(current, BaseTask):
            if current is self:
                return _restored, (self.__module__, self.__qualname__, depth)
            depth, current = depth + 1, current.stacked_on
        return object.__reduce_ex__(self, protocol)


class Task(BaseTask[P, R_co]):
    """A decorated function: a node that gives what the function returns, and is still called as the function."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Call the function itself, outside of any run.

        Raises:
            CallError: a parameter that `depends(...)` fills in a run was not passed.
        """
        value: R_co = self._call(args, kwargs)
        return value


class AsyncTask(BaseTask[P, R_co]):
    """A decorated coroutine function: a node that gives what awaiting it gives; called, it gives a coroutine."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, R_co]:
        """Call the coroutine function itself, outside of any run.

        Raises:
            CallError: a parameter that `depends(...)` fills in a run was not passed.
        """
        coroutine: Coroutine[Any, Any, R_co] = self._call(args, kwargs)
        return coroutine


def is_task(value: object) -> TypeIs[BaseTask[..., Any]]:
    """Whether it is a task, of whatever parameters and result."""
    return isinstance(value, BaseTask)


def _lookup(module: str, qualname: str) -> object:
    try:
        return attrgetter(qualname)(sys.modules[module])
    except (KeyError, AttributeError):
        return None


def _restored(module: str, qualname: str, depth: int) -> object:
    """The task that a pickle refers to."""
    __import__(module)
    current = _lookup(module, qualname)
    for _ in range(depth):
        current = getattr(current, "stacked_on", None)
    if is_task(current):
        return current
    raise WiringError(f"{module}.{qualname} is no task here, but it was one where it was pickled")


@dataclass(slots=True, eq=False)
class _Declared:
    """What `@task` was told about one function, read and checked.

    Attributes:
        dependencies, arguments, after: the options as they were given, to wire again once late names exist.
    """

    name: str
    graph_name: str | None
    policy: Policy
    dependencies: object
    arguments: object
    after: object
    stacked_on: BaseTask[..., Any] | None
    wiring: Wiring

    def wire(self, signature: Signature) -> tuple[Wiring, list[DeclarationError]]:
        """The wiring again, for a signature of which more is known."""
        return wire(signature, self.dependencies, self.arguments, self.after, whole=False)


def declare(
    decorated: object, options: Mapping[str, object], local_names: Callable[[], Mapping[str, object]]
) -> BaseTask[..., Any]:
    """The task made of what was decorated: checked, and registered where a graph's name is given.

    Raises:
        DeclarationError: it can't be a task, or something in its options or its wiring is wrong; all faults at once.
        DuplicateTaskError: the graph has another task of this name.
    """
    stacked_on = decorated if is_task(decorated) else None
    function = as_callable(decorated if stacked_on is None else stacked_on.function)
    signature = read_signature(function, local_names)
    faults: list[DeclarationError] = []
    name, graph_name, policy = _read_options(options, signature, faults)
    arranged = options.get("dependencies"), options.get("arguments"), options.get("after")
    # A task that says nothing of its dependencies may leave parameters to whoever uses it, as a fan-out does.
    wiring, wrong = wire(signature, *arranged, whole=arranged[0] is not None or graph_name is not None)
    faults += wrong
    declared = _Declared(name, graph_name, policy, *arranged, stacked_on, wiring)
    node: BaseTask[..., Any]
    node = AsyncTask(function, signature, declared) if signature.is_async else Task(function, signature, declared)
    try:
        node.settle_now()
    except DeclarationError as error:
        faults += error.faults or (error,)
    if graph_name is None:
        faults += [
            WiringError(f"{node.describe()} names {each.source!r}: names are looked up in a graph; give a graph_name=")
            for each in wiring.connections
            if isinstance(each.source, str)
        ]
    if faults:
        DeclarationError.raise_all(f"{node.describe()} ({node.place})", faults)
    if graph_name is not None:
        register(graph_name, node, Definition.of(node.__module__, node.__qualname__, node.place))
    return node


def _read_options(
    options: Mapping[str, object], signature: Signature, faults: list[DeclarationError]
) -> tuple[str, str | None, Policy]:
    """Name, graph and policy; what is wrong with them is added to the faults."""
    faults += [
        OptionError(f"@task has no option {option!r}{suggestion(option, OPTIONS)}")
        for option in options
        if option not in OPTIONS
    ]
    policy, nonsense = Policy.of(options)
    faults += nonsense
    name, graph_name = signature.name or "<lambda>", options.get("graph_name")
    try:
        if options.get("name") is not None:
            name = checked_name(options["name"], "name=")
        elif not signature.name:
            raise OptionError("a lambda, a partial or a callable object has no name of its own; give it a name=")
    except OptionError as fault:
        faults.append(fault)
    try:
        return name, None if graph_name is None else checked_name(graph_name, "graph_name="), policy
    except OptionError as fault:
        faults.append(fault)
        return name, None, policy
