"""Tasks: functions that are nodes, and are still called as the functions they are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, cast

from syncra._annotations import is_resolved
from syncra._nodes._connections import Fixed, Wiring
from syncra._nodes._fit import fit
from syncra._nodes._node import Dependency, Node, Settled, checked_name
from syncra._nodes._registry import Definition, register
from syncra._nodes._wiring import Sources, wire
from syncra._policy import DEFAULT_POLICY, Policy
from syncra._signature import MISSING, Signature, as_callable, read_signature
from syncra.errors import CallError, DeclarationError, OptionError, WiringError, suggestion

if TYPE_CHECKING:
    from typing_extensions import TypeIs

__all__ = ["AsyncTask", "BaseTask", "Task", "declare"]

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)

Arranged = tuple[object, object, object]
"""The options `dependencies`, `arguments` and `after` as they were given."""

_OPTIONS = frozenset(
    {"name", "graph_name", "dependencies", "arguments", "after", "retries", "timeout", "offload", "cost"}
)


class BaseTask(Node[R_co], Generic[P, R_co]):
    """What Task and AsyncTask share: a function, how it is wired, and its policy.

    Attributes:
        signature: of the function, with annotations resolved as far as they could be.
        graph_name: the graph that it is registered in, if any.
        stacked_on: the task that this one was decorated onto, where decorators are stacked.
        arranged: how it was to be wired, where names in annotations did not exist; it is wired again once they do.
        markers: `depends(...)` defaults of the function count.
    """

    # Any: P and R_co are what the checkers know of it; a task always has one, unlike other nodes.
    function: Callable[..., Any]  # pyright: ignore[reportIncompatibleVariableOverride]
    signature: Signature
    graph_name: str | None = None
    stacked_on: BaseTask[..., Any] | None = None
    arranged: Arranged | None = None
    markers: bool = True

    def __init__(
        self, function: Callable[..., Any], signature: Signature, wiring: Wiring, sources: Sources, **declared: object
    ) -> None:
        # Written out, this is half of the time of `_define`, and of the declaration of a task a tenth.
        put = object.__setattr__
        put(self, "function", function)
        put(self, "signature", signature)
        put(self, "wiring", wiring)
        put(self, "sources", sources)
        put(self, "result_type", signature.result)
        put(self, "__module__", getattr(function, "__module__", None) or "builtins")
        put(self, "__doc__", getattr(function, "__doc__", None))
        for name, value in declared.items():
            put(self, name, value)

    def __getattr__(self, name: str) -> Any:  # Any: what it has of its function
        # Not properties: the class itself has these of its own.
        if name == "__signature__":
            import inspect

            return inspect.signature(self.function)
        if name == "__wrapped__":
            return self.function
        if name in ("__name__", "__qualname__"):
            return getattr(self.function, name, self.name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)

    def settle(self, sources: Sequence[Node[object]], types: Sequence[object]) -> Settled:
        signature, wiring = self.read_again()
        fixed = self.fixed_with_hints(signature, wiring) if wiring.fixed else ()
        settled, faults = fit(self, wiring, sources, types, result_type=signature.result, fixed=fixed)
        if faults:
            DeclarationError.raise_all(self.describe(), faults)
        return settled

    def read_again(self) -> tuple[Signature, Wiring]:
        """Its signature and wiring, read again where names did not exist at decoration that may exist now."""
        if self.arranged is None:
            return self.signature, self.wiring
        signature = read_signature(self.function, lambda: self.signature.local_names)
        signature = signature if self.markers else _without_markers(signature)
        wiring, _, wrong = wire(signature, *self.arranged, whole=False)  # it holds the parameters' hints
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
        known = [None if isinstance(each, str) else each.settled for each in self.sources]
        types = [MISSING if each is None else each.result_type for each in known]
        sources = cast("tuple[Node[object], ...]", self.sources)  # cast: nothing is asked of names, which have no type
        if self.arranged is not None:  # names are missing: what wants none of them is asked
            types = [
                each if is_resolved(hint) else MISSING for each, hint in zip(types, self.wiring.hints, strict=True)
            ]
            _, faults = fit(self, self.wiring, sources, types, result_type=Any)
            DeclarationError.raise_all(self.describe(), faults)
            return
        settled = self.settle(sources, types)
        if None not in known:
            object.__setattr__(self, "settled", settled)
            object.__setattr__(self, "result_type", settled.result_type)

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

    is_async = True

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


def declare(
    decorated: object,
    options: Mapping[str, object],
    local_names: Callable[[], Mapping[str, object]],
    *,
    markers: bool = True,
    whole: bool | None = None,
) -> BaseTask[..., Any]:
    """The task made of what was decorated: checked, and registered where a graph's name is given.

    Args:
        decorated: a function, or whatever else can be a task.
        options: of `@task`.
        local_names: gives the names that are visible where the declaration is written.
        markers: `depends(...)` defaults fill their parameters; otherwise the options say all.
        whole: every parameter must be filled here. If nothing is said, a task that says nothing of its dependencies may
            leave parameters to whoever uses it, as a fan-out does.

    Raises:
        DeclarationError: it can't be a task, or something in its options or its wiring is wrong; all faults at once.
        DuplicateTaskError: the graph has another task of this name.
    """
    stacked_on = decorated if is_task(decorated) else None
    function = as_callable(decorated if stacked_on is None else stacked_on.function)
    signature = read_signature(function, local_names)
    signature = signature if markers else _without_markers(signature)
    faults: list[DeclarationError] = []
    declared = _read_options(options, signature, faults)
    if stacked_on is not None:
        declared["stacked_on"] = stacked_on
    arranged = options.get("dependencies"), options.get("arguments"), options.get("after")
    if signature.unresolved:
        declared["arranged"] = arranged
    if not markers:
        declared["markers"] = False
    if whole is None:
        whole = arranged[0] is not None or "graph_name" in declared
    wiring, sources, wrong = wire(signature, *arranged, whole=whole)
    faults += wrong
    node = _kind_of(signature)(function, signature, wiring, sources, **declared)
    try:
        node.settle_now()
    except DeclarationError as error:
        faults += error.faults or (error,)
    faults += _lost_names(node)
    if faults:
        DeclarationError.raise_all(f"{node.describe()} ({node.place})", faults)
    if node.graph_name is not None:
        register(node.graph_name, node, Definition.of(node.__module__, node.__qualname__, node.place))
    return node


def _lost_names(node: BaseTask[..., Any]) -> list[WiringError]:
    if node.settled is not None or node.graph_name is not None:
        return []
    return [
        WiringError(f"{node.describe()} names {each!r}: names are looked up in a graph; give a graph_name=")
        for each in node.sources
        if isinstance(each, str)
    ]


def _without_markers(signature: Signature) -> Signature:
    """The signature with no default where that is `depends(...)`."""
    parameters = (
        each._replace(default=MISSING) if isinstance(each.default, Dependency) else each
        for each in signature.parameters
    )
    return replace(signature, parameters=tuple(parameters))


def _kind_of(signature: Signature) -> type[BaseTask[..., Any]]:
    return AsyncTask if signature.is_async else Task


def _read_options(
    options: Mapping[str, object], signature: Signature, faults: list[DeclarationError]
) -> dict[str, object]:
    """The task's name, and its graph and policy where the options give one; what is wrong is added to the faults."""
    if not _OPTIONS.issuperset(options):
        unknown = [each for each in options if each not in _OPTIONS]
        faults += [OptionError(f"@task has no option {each!r}{suggestion(each, _OPTIONS)}") for each in unknown]
    declared: dict[str, object] = {"name": signature.name or "<lambda>"}
    policy, nonsense = Policy.of(options)
    faults += nonsense
    if policy is not DEFAULT_POLICY:
        declared["policy"] = policy
    try:
        if options.get("name") is not None:
            declared["name"] = checked_name(options["name"], "name=")
        elif not signature.name:
            raise OptionError("a lambda, a partial or a callable object has no name of its own; give it a name=")
    except OptionError as fault:
        faults.append(fault)
    try:
        if options.get("graph_name") is not None:
            declared["graph_name"] = checked_name(options["graph_name"], "graph_name=")
    except OptionError as fault:
        faults.append(fault)
    return declared
