"""Random graphs with fan-outs, choices and recoveries, and what plain Python, written by hand, makes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from hypothesis import strategies as st

from syncra import (
    Failed,
    Graph,
    Input,
    Node,
    Outcome,
    Results,
    Retry,
    Skipped,
    Strategy,
    Succeeded,
    choose,
    each,
    each_outcome,
    function,
    outcome,
    recover,
    switch,
    task,
)

__all__ = ["Drawn", "LeftError", "Outline", "RightError", "Told", "bound_graphs", "drawn_graphs", "told"]

_MOST_NODES = 9
_LISTS = ("input", "items", "each", "each_outcome")

Told: TypeAlias = tuple[object, ...]
"""An outcome as it is compared: ("value", ...), ("failed", ...), ("skipped", causes) or ("not chosen",)."""


class LeftError(Exception):
    """One of two kinds of failures that are drawn."""


class RightError(Exception):
    """The other kind."""


ERRORS = {1: LeftError, 2: RightError}
ON: dict[int, type[Exception]] = {0: Exception, 1: LeftError, 2: RightError}


@dataclass(frozen=True)
class Outline:
    """One drawn node.

    Attributes:
        kind: what it is.
        needs: the places of the nodes that it needs, or may need.
        fails: 0: it doesn't; else which error it raises. Of items, only those with an odd sum do.
        attempts: how many attempts of each call fail whatever `fails` is; it has one retry.
        is_async: a coroutine function that gives way to others once.
        number: a choice of details: a key, a limit, exceptions.
        is_nested: what is called is a graph of its own.
    """

    kind: str
    needs: tuple[int, ...]
    fails: int = 0
    attempts: int = 0
    is_async: bool = False
    number: int = 0
    is_nested: bool = False


@dataclass
class Calls:
    """How often each call was made, by the place of its node and its argument, since the last run began."""

    made: dict[object, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Drawn:
    """A drawn graph: node 0 is an input, each further one has an outline.

    Attributes:
        wanted: the places of the targets; empty for all.
        bound: the values given to nodes, by their place.
    """

    outlines: tuple[Outline, ...]
    nodes: tuple[Node[Any], ...]
    wanted: tuple[int, ...]
    calls: Calls
    bound: Mapping[int, object] = field(default_factory=dict[int, object])

    @property
    def ends(self) -> list[int]:
        """The places that a run is there for."""
        needed = {need for each in self.outlines for need in each.needs}
        return list(self.wanted) or [place for place in range(len(self.nodes)) if place not in needed]

    def run(self, strategy: Strategy, **options: Any) -> Results:
        """The results of a run that goes on after failures."""
        self.calls.made.clear()
        graph = Graph.of(*self.nodes)
        plan = graph.compile(*(self.nodes[place] for place in self.wanted))
        asked: Any = {"on_error": "continue", **options}  # Any: options of a run
        bindings = [self.nodes[n].bind(value) for n, value in self.bound.items() if self.nodes[n] in plan.nodes]
        return plan.run(*bindings, strategy=strategy, **asked)


@st.composite
def outlines(draw: st.DrawFn, before: tuple[Outline, ...]) -> Outline:
    """The outline of one more node; goes over lists, and chooses among what is of one kind."""
    places = st.integers(0, len(before) - 1)
    lists = [place for place, each in enumerate(before) if each.kind in _LISTS]
    scalars = [place for place, each in enumerate(before) if each.kind not in _LISTS]
    kind = draw(st.sampled_from(["value", "items", "each", "each", "each_outcome", *_CHOICES * bool(scalars)]))
    number = draw(st.integers(0, 2))
    if kind in ("each", "each_outcome"):
        needs = draw(st.lists(st.sampled_from(lists), min_size=1, max_size=2))
    elif kind in ("value", "items"):
        needs = draw(st.lists(places, max_size=3, unique=True))
    elif kind == "outcome":
        needs = [draw(places)]
    else:
        least = 2 if kind == "recover" and number else (1 if kind == "recover" else 3)
        needs = draw(st.lists(st.sampled_from(scalars), min_size=least, max_size=least))
    # Attempts are counted by the values of a call, which several items may have alike where these are results.
    is_countable = not kind.startswith("each") or any(before[need].kind in ("input", "items") for need in needs)
    return Outline(
        kind,
        tuple(needs),
        fails=draw(st.sampled_from([0, 0, 0, 1, 2])),
        attempts=draw(st.sampled_from([0, 0, 1])) if is_countable else 0,
        is_async=draw(st.booleans()),
        number=number,
        is_nested=draw(st.sampled_from([False, False, True])),
    )


_CHOICES = ["choose", "choose", "switch", "recover", "recover", "outcome"]


@st.composite
def drawn_graphs(draw: st.DrawFn, *, counts_attempts: bool = True) -> Drawn:
    """A graph of an input and up to nine further nodes.

    Its tasks may fail at first, which they count in this process, unless `counts_attempts` is False.
    """
    drawn: tuple[Outline, ...] = (Outline("input", ()),)
    for _ in range(draw(st.integers(1, _MOST_NODES))):
        outline = draw(outlines(drawn))
        drawn += (outline if counts_attempts else replace(outline, attempts=0),)
    calls = Calls()
    nodes: list[Node[Any]] = []
    for place, outline in enumerate(drawn):
        nodes.append(_node(place, outline, nodes, calls))
    wanted = draw(st.lists(st.integers(0, len(drawn) - 1), max_size=2, unique=True))
    return Drawn(drawn, tuple(nodes), tuple(wanted), calls)


@st.composite
def bound_graphs(draw: st.DrawFn, *, counts_attempts: bool = True) -> Drawn:
    """The same, with values for up to two of its nodes."""
    drawn = draw(drawn_graphs(counts_attempts=counts_attempts))
    kinds = {place: each.kind for place, each in enumerate(drawn.outlines) if each.kind in _BINDABLE}
    places = draw(st.lists(st.sampled_from(list(kinds)), max_size=2))
    return replace(drawn, bound={place: draw(_BINDABLE[kinds[place]]) for place in places})


# Of each item once: calls are counted by their argument.
_ITEMS = st.lists(st.integers(0, 9), max_size=4, unique=True)
_BINDABLE: dict[str, st.SearchStrategy[Any]] = {
    "input": _ITEMS,
    "value": st.integers(0, 9),
    "items": _ITEMS,
    "each": _ITEMS,
}


def _node(place: int, outline: Outline, nodes: list[Node[Any]], calls: Calls) -> Node[Any]:
    sources: Any = tuple(nodes[need] for need in outline.needs)
    options: Any = {"name": f"n{place}", "retries": Retry(1)}
    call = _function(place, outline, calls)
    if outline.is_nested and outline.kind in ("value", "items", "each", "each_outcome"):
        call = _nested(place, outline, call)
    match outline.kind:
        case "input":
            return Input[list[Any]]("n0", default=[1, 2, 3, 5])
        case "value" | "items":
            called: Node[Any] = task(dependencies=sources, **options)(call)
            return called
        case "each" | "each_outcome":
            make: Any = each if outline.kind == "each" else each_outcome
            limit = outline.number or None
            over = sources if len(sources) > 1 else sources[0]
            node: Node[Any] = make(task(**options)(call), over=over, max_concurrency=limit)
            return node
        case "choose":
            flag = task(name=f"flag{place}", dependencies=sources[0])(_is_odd)
            return choose(flag, *sources[1:])
        case "switch":
            key = task(name=f"key{place}", dependencies=sources[0])(_rest)
            return switch(key, dict(enumerate(sources[1:])))
        case "recover":
            return recover(sources[0], sources[1] if outline.number else -1, on=ON[outline.fails])
        case _:
            return outcome(sources[0])


def _nested(place: int, outline: Outline, call: Any) -> Any:  # Any: of however many parameters
    """The function of a graph with the call as its only task."""
    inputs: Any = [Input[Any](f"p{n}") for n, _ in enumerate(outline.needs)]
    inner: Node[Any] = task(name=f"inner {place}", dependencies=tuple(inputs))(call)
    made: Any = function(inner, *inputs)
    return made


def _is_odd(value: Any) -> bool:
    return number_of(value) % 2 == 1


def _rest(value: Any) -> int:
    return number_of(value) % 3


def number_of(value: object) -> int:
    """Any value of a drawn graph as a number."""
    match value:
        case int():
            return value
        case list():
            return sum(number_of(each) * (place + 1) for place, each in enumerate(value))
        case Succeeded(inner, attempts):
            return 3 * number_of(inner) + len(attempts)
        case Failed(_, attempts):
            return 5 + len(attempts)
        case Skipped():
            return 7
        case _:
            raise AssertionError(value)


def _comes_to(place: int, outline: Outline, values: tuple[object, ...]) -> Any:
    """What the call of a task comes to, once its attempts are over."""
    total = place + sum(map(number_of, values))
    if outline.fails and (outline.kind in ("value", "items") or total % 2):
        raise ERRORS[outline.fails](place, total)
    return [total + n for n in range(total % 4)] if outline.kind == "items" else total


# Any: sync or async, with as many parameters as needed.
def _function(place: int, outline: Outline, calls: Calls) -> Any:  # noqa: C901  a branch a kind of node
    def attempt(values: tuple[object, ...]) -> Any:
        key = place, repr(values)
        calls.made[key] = calls.made.get(key, 0) + 1
        if calls.made[key] <= outline.attempts:
            raise LeftError("an attempt", place)
        return _comes_to(place, outline, values)

    def none() -> Any:
        return attempt(())

    def one(a: Any) -> Any:
        return attempt((a,))

    def two(a: Any, b: Any) -> Any:
        return attempt((a, b))

    def three(a: Any, b: Any, c: Any) -> Any:
        return attempt((a, b, c))

    function: Callable[..., Any] = (none, one, two, three)[len(outline.needs)]
    if not outline.is_async:
        return function

    async def none_async() -> Any:
        await asyncio.sleep(0)
        return attempt(())

    async def one_async(a: Any) -> Any:
        await asyncio.sleep(0)
        return attempt((a,))

    async def two_async(a: Any, b: Any) -> Any:
        await asyncio.sleep(0)
        return attempt((a, b))

    async def three_async(a: Any, b: Any, c: Any) -> Any:
        await asyncio.sleep(0)
        return attempt((a, b, c))

    return (none_async, one_async, two_async, three_async)[len(outline.needs)]


# ---------------------------------------------------------------------- by hand


@dataclass
class ByHand:
    """What a drawn graph comes to, found by calling each other plainly; nothing is shared with the package.

    Attributes:
        outcomes: of each node that was needed, by its place.
        roots: of each node without a value, the places of the failed ones that are the reason.
    """

    drawn: Drawn
    outcomes: dict[int, Outcome[Any]] = field(default_factory=dict)
    roots: dict[int, frozenset[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, drawn: Drawn) -> ByHand:
        made = cls(drawn)
        for end in (*drawn.ends, *drawn.bound):
            made.get(end)
        return made

    @property
    def surfaced(self) -> set[int]:
        """The failures that nothing takes away."""
        return {root for end in self.drawn.ends for root in self.roots.get(end, ())}

    def get(self, place: int) -> Outcome[Any]:
        if place not in self.outcomes:
            is_bound = place in self.drawn.bound
            found = Succeeded(self.drawn.bound[place]) if is_bound else self._found(place, self.drawn.outlines[place])
            self.outcomes[place] = found
        return self.outcomes[place]

    def _found(self, place: int, outline: Outline) -> Outcome[Any]:  # noqa: C901  a branch a kind of node
        if outline.kind == "input":
            return Succeeded([1, 2, 3, 5])
        if outline.kind in ("value", "items", "each", "each_outcome"):
            found = [self.get(need) for need in outline.needs]
            if any(not isinstance(each, Succeeded) for each in found):
                return self._skipped(place, outline.needs)
            values = tuple(each.value for each in found if isinstance(each, Succeeded))
            return self._called(place, outline, values)
        first = self.get(outline.needs[0])
        if outline.kind == "outcome":
            return Succeeded(first)
        if outline.kind == "recover":
            return self._recovered(place, outline, first)
        if not isinstance(first, Succeeded):
            return self._skipped(place, outline.needs[:1])
        number = number_of(first.value)
        if outline.kind == "choose":
            return self._taken(place, outline.needs[1] if number % 2 else outline.needs[2])
        if number % 3 == 2:
            return self._failed(place, LookupError(), ())
        return self._taken(place, outline.needs[1 + number % 3])

    def _recovered(self, place: int, outline: Outline, first: Outcome[Any]) -> Outcome[Any]:
        if isinstance(first, Succeeded):
            return Succeeded(first.value)
        errors = [self.outcomes[root] for root in self.roots[outline.needs[0]]]
        if not all(isinstance(each, Failed) and _is_one_of(each.error, ON[outline.fails]) for each in errors):
            return self._skipped(place, outline.needs[:1])
        return self._taken(place, outline.needs[1]) if outline.number else Succeeded(-1)

    def _taken(self, place: int, option: int) -> Outcome[Any]:
        found = self.get(option)
        return Succeeded(found.value) if isinstance(found, Succeeded) else self._skipped(place, (option,))

    def _skipped(self, place: int, needs: tuple[int, ...]) -> Skipped:
        for need in needs:
            self.get(need)
        self.roots[place] = frozenset(root for need in needs for root in self.roots.get(need, ()))
        return Skipped("", tuple(sorted(self.roots[place])))

    def _failed(self, place: int, error: BaseException, attempts: tuple[BaseException, ...]) -> Failed:
        self.roots[place] = frozenset((place,))
        return Failed(error, attempts)

    def _called(self, place: int, outline: Outline, values: tuple[Any, ...]) -> Outcome[Any]:
        before = (LeftError("an attempt", place),) * outline.attempts
        if outline.kind in ("value", "items"):
            ended = _ended(place, outline, values, before)
            return self._failed(place, ended.error, ended.attempts) if isinstance(ended, Failed) else ended
        size = min(map(len, values))
        made = [_ended(place, outline, parts, before) for parts in zip(*values, strict=False)]
        raised = [each.error for each in made if isinstance(each, Failed) and outline.kind == "each"]
        failures = [each for each in raised if isinstance(each, Exception)]
        if any(len(value) > size for value in values):
            failures.append(ValueError())
            if len(failures) == 1:
                return self._failed(place, failures[0], ())
        if failures:
            return self._failed(place, ExceptionGroup("items", failures), ())
        if outline.kind == "each_outcome":
            return Succeeded(made)
        return Succeeded([each.value for each in made if isinstance(each, Succeeded)])


def _ended(
    place: int, outline: Outline, values: tuple[object, ...], before: tuple[BaseException, ...]
) -> Succeeded[Any] | Failed:
    try:
        return Succeeded(_comes_to(place, outline, values), before)
    except (LeftError, RightError) as error:
        # One retry: what fails at every attempt fails once more after a first attempt.
        return Failed(error, before or (error,))


def _is_one_of(error: BaseException, kind: type[Exception]) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return isinstance(error, kind) or all(_is_one_of(each, kind) for each in error.exceptions)
    return isinstance(error, kind)


# ---------------------------------------------------------------------- to compare


def told(value: object, places: Mapping[Node[Any], int]) -> Any:  # Any: nested as the value is
    """An outcome or a value as something that can be compared."""
    match value:
        case Succeeded(inner, attempts):
            return "value", told(inner, places), [told(each, places) for each in attempts]
        case Failed(error, attempts):
            return "failed", told(error, places), [told(each, places) for each in attempts]
        case Skipped(_, causes):
            found = [places.get(each, each) if isinstance(each, Node) else each for each in causes]
            return "skipped", sorted(map(str, found))
        case BaseExceptionGroup():
            return "group", [told(each, places) for each in value.exceptions]
        case LookupError() | ValueError():
            return ("lookup" if isinstance(value, LookupError) else "value",)
        case BaseException():
            return type(value).__name__, value.args
        case list():
            return [told(each, places) for each in value]
        case _:
            return value
