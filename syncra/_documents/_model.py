"""The form of a graph written as data, as pydantic checks it and tells it to editors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, WrapValidator
from pydantic_core import PydanticCustomError

__all__ = [
    "Case",
    "ChooseEntry",
    "Document",
    "InputEntry",
    "NodeEntry",
    "ParseEntry",
    "RecoverEntry",
    "RetryEntry",
    "SwitchEntry",
    "TaskEntry",
    "UnpackEntry",
]

Keys: TypeAlias = tuple[str | int, ...]
"""The keys that lead to a place in a document."""


def _one_fault(wanted: str) -> WrapValidator:
    """A union that does not fit is one fault, and not one for each of its members."""

    def check(value: Any, inner: Callable[[Any], Any]) -> Any:  # Any: whatever the document holds
        try:
            return inner(value)
        except ValidationError:
            raise PydanticCustomError("form", "this should be {wanted}", {"wanted": wanted}) from None

    return WrapValidator(check)


Named: TypeAlias = Annotated[str, Field(min_length=1)]
OneOrMore: TypeAlias = Annotated[Named | list[Named], _one_fault("a name, or a list of names")]
Scalar: TypeAlias = str | int | float | bool | None


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class RetryEntry(_Strict):
    """How a task that raises is tried again."""

    count: int = Field(ge=0, description="attempts after the first one")
    delay: float = Field(0.0, ge=0, description="seconds before the second attempt")
    backoff: float = Field(1.0, ge=1, description="the factor by which the delay grows with each further attempt")
    jitter: float = Field(0.0, ge=0, le=1, description="the largest share of the delay that is added by chance")
    max_delay: float = Field(3600.0, ge=0, description="seconds that no delay exceeds")
    on: OneOrMore = Field("Exception", description="exceptions that are worth another attempt")


Retries: TypeAlias = Annotated[
    Annotated[int, Field(ge=0)] | RetryEntry, _one_fault("a number of attempts, 0 or more, or a table with a count")
]
Dependencies: TypeAlias = Annotated[
    Named | list[Named] | dict[str, Named], _one_fault("a name, a list of names, or a table from parameters to names")
]


class InputEntry(_Strict):
    """A value that the caller gives to a run."""

    type: Named = Field("Any", description="as in an annotation; classes outside of builtins and typing as module:Name")
    default: Any = Field(None, description="its value in runs that bind none")

    @property
    def has_default(self) -> bool:
        return "default" in self.model_fields_set


class TaskEntry(_Strict):
    """A function, what fills its parameters, and how it is run; with `over`, called for each item."""

    function: Named = Field(description="module:function; reading the graph imports the module")
    name: Named | None = Field(None, description="the task's name; its key, if left out")
    dependencies: Dependencies = Field(
        default_factory=dict[str, str],
        description="what fills the parameters: names in order, or a table from parameters to names",
    )
    arguments: dict[str, Any] = Field(default_factory=dict[str, Any], description="fixed values by parameter")
    after: OneOrMore = Field(default_factory=list[str], description="what only has to be done before")
    retries: Retries = Field(0, description="attempts after the first one, or a table")
    timeout: float | None = Field(None, gt=0, description="seconds that one attempt may take")
    offload: bool = Field(False, description="under Asyncio it runs on a worker thread")
    cost: float = Field(1, ge=0, allow_inf_nan=False, description="how long it takes beside the other tasks")
    over: OneOrMore | None = Field(None, description="a fan-out: the nodes whose items the open parameters take")
    max_concurrency: int | None = Field(None, ge=1, description="how many items may be running at once")
    outcomes: bool = Field(False, description="hand on how each item ended; a failing item fails nothing")

    def sources(self) -> Iterator[tuple[Keys, str]]:
        """The names that it needs, each with its place in the entry."""
        for field, given in (("dependencies", self.dependencies), ("after", self.after), ("over", self.over or [])):
            if isinstance(given, str):
                yield (field,), given
            elif isinstance(given, dict):
                for parameter, name in given.items():
                    yield (field, parameter), name
            else:
                for number, name in enumerate(given):
                    yield (field, number), name


class ChooseEntry(_Strict):
    """The value of one of two nodes."""

    condition: Named
    then: Named
    otherwise: Named

    def sources(self) -> Iterator[tuple[Keys, str]]:
        """The names that it needs, each with its place in the entry."""
        yield ("condition",), self.condition
        yield ("then",), self.then
        yield ("otherwise",), self.otherwise


class Case(_Strict):
    """A case of a switch whose keys are not all strings."""

    when: Scalar
    then: Named


class SwitchEntry(_Strict):
    """The value of the node beside the key's value."""

    key: Named
    cases: Annotated[
        dict[str, Named] | list[Case],
        _one_fault("a table from strings to names, or a list of tables, when and then"),
    ]

    def sources(self) -> Iterator[tuple[Keys, str]]:
        """The names that it needs, each with its place in the entry."""
        yield ("key",), self.key
        if isinstance(self.cases, dict):
            for value, name in self.cases.items():
                yield ("cases", value), name
        else:
            for number, case in enumerate(self.cases):
                yield ("cases", number, "then"), case.then


class NodeEntry(_Strict):
    """A view on a node, which has nothing else to say."""

    node: Named

    def sources(self) -> Iterator[tuple[Keys, str]]:
        """The names that it needs, each with its place in the entry."""
        yield ("node",), self.node


class RecoverEntry(NodeEntry):
    """A node's value, or what stands for it where it failed."""

    fallback: Named | None = Field(None, description="a node that runs only then")
    value: Any = Field(None, description="or a value")
    on: OneOrMore = Field("Exception", description="the exceptions that are recovered from")

    def sources(self) -> Iterator[tuple[Keys, str]]:
        """The names that it needs, each with its place in the entry."""
        yield from super().sources()
        if self.fallback is not None:
            yield ("fallback",), self.fallback


class ParseEntry(NodeEntry):
    """A node's value as pydantic reads it."""

    type: Named


class UnpackEntry(NodeEntry):
    """One item of a node's tuple."""

    item: int = Field(ge=0)


class Document(_Strict):
    """A graph as data.

    Names are the keys of the tables, unique in all of them together.
    """

    name: Named | None = Field(None, description="of the graph, for messages")
    targets: list[Named] | None = Field(None, description="what the graph is for; everything, if left out")
    inputs: dict[str, InputEntry] = Field(default_factory=dict[str, InputEntry])
    tasks: dict[str, TaskEntry] = Field(default_factory=dict[str, TaskEntry])
    choose: dict[str, ChooseEntry] = Field(default_factory=dict[str, ChooseEntry])
    switch: dict[str, SwitchEntry] = Field(default_factory=dict[str, SwitchEntry])
    recover: dict[str, RecoverEntry] = Field(default_factory=dict[str, RecoverEntry])
    outcome: dict[str, NodeEntry] = Field(default_factory=dict[str, NodeEntry])
    parse: dict[str, ParseEntry] = Field(default_factory=dict[str, ParseEntry])
    unchecked: dict[str, NodeEntry] = Field(default_factory=dict[str, NodeEntry])
    unpack: dict[str, UnpackEntry] = Field(default_factory=dict[str, UnpackEntry])
