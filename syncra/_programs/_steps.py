"""Steps of a plan, and what a driver calls for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NoReturn, Protocol

from syncra._nodes._node import Node
from syncra._policy import Policy
from syncra._programs._calls import Shape, composed
from syncra.errors import ProtocolError

__all__ = ["PENDING", "Job", "Step"]


class _Pending:
    """Stands in the slot of a step that has no value (yet). Never a value itself."""

    def __repr__(self) -> str:
        return "PENDING"

    def __reduce__(self) -> str:
        return "PENDING"


PENDING: Final = _Pending()


class Step:
    """One node of a plan, ready to be called; frozen.

    Attributes:
        index: its place in the order, and the slot of its value.
        node: the node that it is the step of.
        call: what a driver in this process calls with the values of `slots`: the node's function with the checks of its
            edges and of its result around it. For an async step it gives a coroutine of the value.
        slots: of the arguments of `call`, by position.
        sources: the steps that must have succeeded before.
        options: further steps, of which it needs at most the one that it chooses in a run.
        places: of the slots whose values it goes over: it is called once for each item of these; empty, if it is called
            once at all.
        is_async: `call` gives a coroutine.
        is_local: too small to be worth sending anywhere; a view on another node.
        policy: retries, timeout, offload and cost.
        shape: how the slots are handed to the node's own function, for drivers that call it elsewhere.
    """

    __slots__ = (
        "call",
        "index",
        "is_async",
        "is_local",
        "node",
        "options",
        "places",
        "policy",
        "shape",
        "slots",
        "sources",
    )

    def __init__(
        self,
        index: int,
        node: Node[Any],
        slots: tuple[int, ...],
        sources: tuple[int, ...],
        shape: Shape,
        options: tuple[int, ...] = (),
        places: tuple[int, ...] = (),
    ) -> None:
        self.index = index
        self.node = node
        self.call: Callable[..., Any] = _no_call  # Any: what the node's function takes
        if node.function is not None:
            self.call = composed(node.function, shape, is_async=node.is_async)
        self.slots = slots
        self.sources = sources
        self.is_async = node.is_async
        self.is_local = not node.is_task
        self.policy = node.policy
        self.shape = shape
        self.options = options
        self.places = places

    @property
    def token(self) -> int:
        """What no other job of a run has: a driver may keep its books by it."""
        return self.index

    def describe(self) -> str:
        """What it is called in messages."""
        return self.node.describe()

    def arguments(self, values: Sequence[object]) -> list[object]:
        """The values of its slots."""
        return [values[slot] for slot in self.slots]

    def run(self, values: Sequence[object]) -> Any:  # Any: the node's type is the users' business
        """Call it here, on these values; an async step gives its coroutine."""
        slots = self.slots
        if len(slots) == 1:  # a third of the time of building a list
            return self.call(values[slots[0]])
        if not slots:
            return self.call()
        return self.call(*[values[slot] for slot in slots])

    def __reduce__(self) -> tuple[object, ...]:
        # The composed call is a closure: it is put together again.
        return Step, (self.index, self.node, self.slots, self.sources, self.shape, self.options, self.places)


def _no_call() -> NoReturn:
    raise ProtocolError("an input was called: its value is given to the run")


class Job(Protocol):
    """What a driver takes from a run, calls, and tells the run the end of: a step, or one item of a step's fan-out.

    Attributes:
        token: what no other job of the run has.
        index: of the step.
        node, shape, slots, is_async, is_local, policy: as a Step has them.
    """

    @property
    def token(self) -> int: ...
    @property
    def index(self) -> int: ...
    @property
    def node(self) -> Node[Any]: ...
    @property
    def shape(self) -> Shape: ...
    @property
    def is_async(self) -> bool: ...
    @property
    def is_local(self) -> bool: ...
    @property
    def policy(self) -> Policy: ...

    def run(self, values: Sequence[object], /) -> Any:  # Any: the node's type is the users' business
        """Call it here, on the run's values; where it is async it gives its coroutine."""
        ...

    def arguments(self, values: Sequence[object], /) -> list[object]:
        """What its shape makes the function's arguments of, for drivers that call it elsewhere."""
        ...

    def describe(self) -> str:
        """What it is called in messages."""
        ...
