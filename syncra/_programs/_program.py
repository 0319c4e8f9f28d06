"""The compiled form of a graph: steps in order, arguments as slots of one list, checks put into the calls.

A run keeps its values in one list. Slot `i` belongs to step `i`; the fixed arguments stand behind the steps. What runs
need besides is worked out here, once: what a loop reads of each step, what they count, what goes first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf, nextafter
from operator import itemgetter
from typing import Any, Final, TypeAlias, cast

from syncra._nodes._node import Node
from syncra._policy import DEFAULT_POLICY
from syncra._programs._routine import Routine
from syncra._programs._shapes import Shapes
from syncra._programs._steps import PENDING, Step

__all__ = ["MANY", "PENDING", "SPECIAL", "Counting", "Entry", "Program", "Step"]

# A step for the row loops: index, call, number of arguments, up to three slots, a slot to free afterwards, and more of
# these, which few steps have: a loop over one slot takes 25 ns where an assignment takes 7. MANY arguments have a
# getter of them all for the first slot. The number is inverted (~) for a call that gives a coroutine, where MANY begin
# at two; SPECIAL says that the step needs more than its call.
Entry: TypeAlias = tuple[int, Callable[..., Any], int, Any, int, int, "int | None", "tuple[int, ...] | None"]
MANY: Final = 4
SPECIAL: Final = ~5


def _entry(step: Step, freed: tuple[int, ...]) -> Entry:
    slots, arity = step.slots, len(step.slots)
    # `+ 0` makes numbers anew, so that those which a row reads lie one behind the other in memory. A step's own are
    # where its sources were compiled, megabytes away in a large graph: rows of 100 000 steps took 1.2 to 1.8 times as
    # long, the more the busier the machine's caches were.
    index = step.index + 0
    if step.policy.timeout is not None or step.policy.offload:
        return index, step.call, SPECIAL, 0, 0, 0, None, None
    one, more = (freed[0] + 0, tuple([slot + 0 for slot in freed[1:]]) or None) if freed else (None, None)
    if arity > (1 if step.is_async else 3):
        fetch = cast(Any, itemgetter(*slots))  # cast: of values of whatever types
        return index, step.call, ~MANY if step.is_async else MANY, fetch, 0, 0, one, more
    a, b, c = (*slots, 0, 0, 0)[:3]
    return index, step.call, ~arity if step.is_async else arity, a + 0, b + 0, c + 0, one, more


@dataclass(frozen=True, slots=True)
class Counting:
    """What a run counts when steps may end in any order.

    Attributes:
        needed: how many steps each step waits for.
        successors: the steps that wait for each step.
        rank: each step's number by which it goes before other ready ones: the most costly way to the end first, itself
            included, which is the longest one in steps where no task tells its cost; of equals that which the most
            steps wait for, as it makes more of them ready; of equals again the first in the order. Real workflows take
            up to 5% less time by the second rule. Where costs are told, what is no task goes before all tasks.
        by_rank: the steps' indexes in the order of their rank.
        uses: how many steps take the value of each slot.
    """

    needed: list[int]
    successors: list[list[int]]
    rank: list[int]
    by_rank: list[int]
    uses: list[int]


class Program:
    """A graph compiled for some targets; frozen, shared by all its runs.

    Attributes:
        steps: in topological order, inputs first.
        inputs: how many of them are inputs.
        index: each node's place in the order.
        targets: indexes of the steps whose values are kept; None: all are.
        template: the list of values that a run starts with.
        is_async: at least one step is.
        name: of the graph, or None.
        shapes: what a run may decide; None: nothing.
    """

    steps: tuple[Step, ...]
    inputs: int
    index: Mapping[Node[Any], int]
    targets: frozenset[int] | None
    template: list[object]
    is_async: bool
    name: str | None
    shapes: Shapes | None

    def __init__(
        self, steps: tuple[Step, ...], constants: Sequence[object], targets: frozenset[int] | None, name: str | None
    ) -> None:
        self.steps = steps
        self.index = {step.node: step.index for step in steps}
        self.inputs = sum(step.node.function is None for step in steps)
        self.targets = targets
        self.template = [*[PENDING] * len(steps), *constants]
        graphs = [step for step in steps if isinstance(step.node.function, Routine)]
        self.is_async = any(step.is_async for step in steps) or any(map(_runs_async, graphs))
        self.name = name
        # Most programs have nothing that a run decides: their runs keep no books of it.
        is_shaped = bool(graphs) or any(step.options or step.places or step.node.absorbs for step in steps)
        self.shapes = Shapes.of(steps, targets) if is_shaped else None

    @cached_property
    def kept(self) -> tuple[Node[Any], ...]:
        """The nodes whose values are kept."""
        return tuple(step.node for step in self.steps if self.targets is None or step.index in self.targets)

    @cached_property
    def entries(self) -> list[Entry]:
        """The steps as the row loops of drivers read them."""
        freed = self.last_uses or [()] * len(self.steps)
        return [_entry(step, freed[step.index]) for step in self.steps]

    @cached_property
    def beside(self) -> bytes:
        """1 for each step beside which others could run, if steps end in order: one behind it needs none from it on."""
        found = bytearray(len(self.steps))
        earliest = len(self.steps)
        for step in reversed(self.steps):
            found[step.index] = earliest < step.index
            earliest = min(earliest, max(step.sources, default=-1))
        return bytes(found)

    @cached_property
    def counting(self) -> Counting:
        """What runs count; worked out at the first run that needs it."""
        size = len(self.steps)
        successors: list[list[int]] = [[] for _ in range(size)]
        costs = self._costs()
        length: list[float] = [0] * size
        uses = [0] * len(self.template)
        for step in reversed(self.steps):
            length[step.index] = further = length[step.index] + costs[step.index]
            for source in step.sources:
                successors[source].append(step.index)
                length[source] = max(length[source], further)
            for option in step.options:
                length[option] = max(length[option], further)
            for slot in set(step.slots):
                uses[slot] += 1
        if self.shapes is not None and self.shapes.goes_over_items:
            self._put_items_first(length)
        if self.has_costs:  # what takes no time waits for no task: a costly option may wait for its choice
            length = [inf if step.is_local else length[step.index] for step in self.steps]
        by_rank = sorted(range(size), key=lambda index: (-length[index], -len(successors[index]), index))
        rank = [0] * size
        for position, index in enumerate(by_rank):
            rank[index] = position
        return Counting([len(step.sources) for step in self.steps], successors, rank, by_rank, uses)

    @cached_property
    def has_costs(self) -> bool:
        """Some task tells a cost, other than what all count without."""
        return any(step.policy is not DEFAULT_POLICY and step.policy.cost != 1 for step in self.steps)

    def _costs(self) -> list[float]:
        """What each step counts on the ways to the end."""
        if not self.has_costs:
            return [1] * len(self.steps)
        # A view takes next to no time, and 1 may be a lot in the unit of these costs.
        return [0 if step.is_local else step.policy.cost for step in self.steps]

    def _put_items_first(self, length: list[float]) -> None:
        """Lengthen the ways of fan-outs so that items go on before others are begun."""
        for step in self.steps:
            for source in {step.slots[place] for place in step.places}:
                if not self.has_costs:
                    length[step.index] = max(length[step.index], length[source] + 1)
                elif self.steps[source].places:
                    # No further than before its source: the costs of others are not to be outdone by a made-up one.
                    length[step.index] = max(length[step.index], nextafter(length[source], inf))

    @cached_property
    def soonest(self) -> list[int]:
        """For each step the least rank of those that its end may make ready; 0 where a run decides what follows."""
        size = len(self.steps)
        if self.shapes is not None and (self.shapes.takers or self.shapes.routines):
            return [0] * size
        rank, successors = self.counting.rank, self.counting.successors
        return [min([rank[successor] for successor in successors[index]], default=size) for index in range(size)]

    @cached_property
    def last_uses(self) -> list[tuple[int, ...]] | None:
        """For each step the slots that nothing takes any more once it is done in order; None where all are kept."""
        if self.targets is None:
            return None
        kept = self.targets
        freed: list[list[int]] = [[] for _ in self.steps]
        seen: set[int] = set()
        for step in reversed(self.steps):
            for slot in (step.index, *step.slots):
                if slot not in seen and slot not in kept and slot < len(self.steps):
                    freed[step.index].append(slot)
                seen.add(slot)
        return [tuple(each) for each in freed]

    def describe(self) -> str:
        """What its graph is called in messages."""
        return "the graph" if self.name is None else f"graph {self.name!r}"

    def __reduce__(self) -> tuple[object, ...]:
        constants = self.template[len(self.steps) :]
        return Program, (self.steps, constants, self.targets, self.name)


def _runs_async(step: Step) -> bool:
    function = step.node.function
    return isinstance(function, Routine) and function.program.is_async
