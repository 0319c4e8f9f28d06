"""Graphs as functions: compiled, called, and awaited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import Parameter, Signature
from typing import Any, Generic, ParamSpec, TypeVar, cast

from syncra._nodes._input import Input
from syncra._nodes._node import Binding
from syncra._plan import ErrorMode, Plan
from syncra._programs._program import Program
from syncra._programs._routine import Routine
from syncra._results import Results
from syncra._strategies._interface import Strategy
from syncra.errors import RunningLoopError

__all__ = ["AwaitedFunction", "GraphFunction"]

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


class GraphFunction(Routine, Generic[P, R_co]):
    """A compiled graph that is called like a function; made by `function(node, *inputs)`.

    It has a name, a docstring and a signature, and can be a task of another graph: `task(dependencies=...)(f)`, or
    `each(f, over=...)`. There its steps are steps of the outer run, on the workers of that run.

    Attributes:
        plan: that a call runs.
        strategy, on_error: how a call runs it.
        declared_at: "file:line".
    """

    plan: Plan
    strategy: Strategy | None
    on_error: ErrorMode
    declared_at: str | None
    __name__: str
    __signature__: Signature
    _types: tuple[object, ...]
    _called: dict[str, str | None]

    def __init__(
        self,
        program: Program,
        types: Sequence[object],
        places: tuple[int, ...],
        called: Mapping[str, str | None],
        strategy: Strategy | None,
        on_error: ErrorMode,
    ) -> None:
        inputs = [step.node for step in program.steps[: program.inputs]]
        self._define(
            program=program,
            places=places,
            defaults={n: cast("Input[Any]", node).default for n, node in enumerate(inputs) if n not in places},
            result=next(iter(program.targets or ())),
            goes_on=on_error == "continue",
            plan=Plan(program, types),
            strategy=strategy,
            on_error=on_error,
            declared_at=called["place"],
            _types=tuple(types),
            _called=dict(called),
        )
        named = {"__name__": called["name"], "__qualname__": called["name"], "__module__": called["module"]}
        self._define(**named, __doc__=called["doc"], __signature__=self._signature())

    def _signature(self) -> Signature:
        parameters: list[Parameter] = []
        for number, place in enumerate(self.places):
            name = self.program.steps[place].node.name
            shown = name if name.isidentifier() else f"input_{number + 1}"
            parameters.append(Parameter(shown, Parameter.POSITIONAL_ONLY, annotation=self._types[place]))
        return Signature(parameters, return_annotation=self._types[self.result])

    @property
    def is_async(self) -> bool:
        """It has async tasks: inside of an event loop it is awaited, `await f.arun(...)`."""
        return self.plan.is_async

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Run the graph with these values for its inputs, and block until its result is there.

        Raises:
            TypeError: there are more or fewer arguments than inputs.
            BindingError: a value is not of its input's type.
            RunningLoopError: the graph has async tasks, and this thread runs an event loop: `await f.arun(...)`.
            ExceptionGroup: with on_error="continue", of every task that failed.
            Exception: what the first failing task raised.
        """
        bindings = self.bindings(args, kwargs)
        try:
            results = self.plan.run(*bindings, strategy=self.strategy, on_error=self.on_error)
        except RunningLoopError:
            raise RunningLoopError(
                f"{self.__name__}() has async tasks, and an event loop is running here already:"
                f" write `await {self.__name__}.arun(...)`"
            ) from None
        value: R_co = self.value_of(results)
        return value

    @property
    def arun(self) -> AwaitedFunction[P, R_co]:
        """The twin that runs the graph without blocking the event loop: `await f.arun(...)`, with equal arguments."""
        return AwaitedFunction(self)

    def bindings(self, args: Sequence[object], kwargs: Mapping[str, object]) -> list[Binding]:
        """What a call with these arguments binds.

        Raises:
            TypeError: there are more or fewer arguments than inputs.
        """
        try:
            bound = self.__signature__.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{self.__name__}{self.__signature__}: {error}") from None
        steps = self.program.steps
        return [steps[place].node.bind(value) for place, value in zip(self.places, bound.args, strict=True)]

    def value_of(self, results: Results) -> Any:  # Any: an R_co
        """What a call gives that came to these results.

        Raises:
            ExceptionGroup: of every task that failed.
        """
        results.raise_failures()
        return results[self.program.steps[self.result].node]

    def __reduce__(self) -> tuple[object, ...]:
        return GraphFunction, (self.program, self._types, self.places, self._called, self.strategy, self.on_error)

    def __repr__(self) -> str:
        return f"<GraphFunction {self.__name__}{self.__signature__}>"


class AwaitedFunction(Routine, Generic[P, R_co]):
    """The awaited twin of a GraphFunction, made by `f.arun`."""

    declared_at: str | None
    __name__: str
    __signature__: Signature
    _function: GraphFunction[P, R_co]

    def __init__(self, function: GraphFunction[P, R_co]) -> None:
        self._define(
            program=function.program,
            places=function.places,
            defaults=function.defaults,
            result=function.result,
            goes_on=function.goes_on,
            declared_at=function.declared_at,
            _function=function,
        )
        named = {"__name__": function.__name__, "__qualname__": function.__name__, "__module__": function.__module__}
        self._define(**named, __doc__=function.__doc__, __signature__=function.__signature__)

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Run the graph with these values for its inputs, on the running event loop or beside it.

        Raises:
            Whatever a call of the function raises.
        """
        made = self._function
        bindings = made.bindings(args, kwargs)
        value: R_co = made.value_of(await made.plan.arun(*bindings, strategy=made.strategy, on_error=made.on_error))
        return value

    def __reduce__(self) -> tuple[object, ...]:
        return AwaitedFunction, (self._function,)

    def __repr__(self) -> str:
        return f"{self._function!r}.arun"
