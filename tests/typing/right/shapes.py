"""Right user code: fan-outs, choices, recoveries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, assert_never, assert_type

from syncra import (
    Failed,
    Graph,
    Input,
    Node,
    Outcome,
    Skipped,
    Succeeded,
    choose,
    depends,
    each,
    each_outcome,
    outcome,
    recover,
    run,
    switch,
    task,
    unchecked,
)

words = Input[list[str]]("words", default=["a", "bcd"])
is_new = Input[bool]("is_new", default=True)
factor = Input[float]("factor", default=2.0)


@task
def size(word: str) -> int:
    return len(word)


@task(retries=2)
async def fetch(word: str) -> bytes:
    return word.encode()


@task
def scaled(number: int, by: float = depends(factor)) -> float:
    return number * by


@task
def lines() -> Iterator[str]:
    return iter(["one", "two"])


@task
def table() -> dict[str, int]:
    return {"a": 1}


def joined(word: str, number: int) -> str:
    return word * number


def three(word: str, number: float, data: bytes) -> str:
    return f"{word} {number} {data!r}"


def four(word: str, number: float, data: bytes, last: int) -> tuple[str, int]:
    return f"{word} {number} {data!r}", last


# What `each` gives is a list of what the task returns, awaited where it is async.
sizes = each(size, over=words)
assert_type(sizes, Node[list[int]])
data = each(fetch, over=words, max_concurrency=4)
assert_type(data, Node[list[bytes]])
assert_type(each(len, over=words), Node[list[int]])
assert_type(each(lambda word: 1, over=words), Node[list[int]])

# Any iterable of items that fit: iterators, mappings (their keys), another fan-out, wider parameters.
assert_type(each(size, over=lines), Node[list[int]])
assert_type(each(size, over=table), Node[list[int]])
scaled_sizes = each(scaled, over=sizes)
assert_type(scaled_sizes, Node[list[float]])
assert_type(each(scaled, over=Input[list[bool]]("flags", default=[])), Node[list[float]])

# Several values go side by side.
assert_type(each(joined, over=(words, sizes)), Node[list[str]])
assert_type(each(three, over=(words, sizes, data)), Node[list[str]])
assert_type(each(four, over=(words, scaled_sizes, data, sizes)), Node[list[tuple[str, int]]])

# Outcomes of items.
outcomes = each_outcome(fetch, over=words)
assert_type(outcomes, Node[list[Outcome[bytes]]])
assert_type(each_outcome(joined, over=(words, sizes)), Node[list[Outcome[str]]])


@task
def first_error(came: list[Outcome[bytes]] = depends(outcomes)) -> str:
    for each_came in came:
        match each_came:
            case Succeeded(value):
                assert_type(value, bytes)
            case Failed(error):
                return str(error)
            case Skipped(reason):
                return reason
            case _:
                assert_never(each_came)
    return ""


# A choice is the union of what it chooses from.
@task
def number() -> int:
    return 1


@task
def text() -> str:
    return "one"


@task
def takes_several(word: str = depends(text), count: int = depends(number)) -> int:
    return len(word) * count


either = choose(is_new, number, text)
assert_type(either, Node[int | str])
assert_type(choose(is_new, number, number), Node[int])
kind = Input[Literal["small", "large"]]("kind", default="small")
chosen = switch(kind, {"small": number, "large": number})
assert_type(chosen, Node[int])
one_of: Node[float] = switch(text, {"new": number, "long": takes_several})  # tasks of different parameters
mixed = switch(text, {"new": number, "long": takes_several})  # the same, with nothing that says what comes out
cases: Mapping[str, Node[int]] = {"one": number}
assert_type(switch(text, cases), Node[int])


@task
def takes_mixed(value: int = depends(mixed)) -> int:
    return value


@task
def takes_either(value: int | str = depends(either)) -> str:
    return str(value)


@task(dependencies=chosen)
def takes_chosen(value: float) -> float:
    return value


# A recovery is the union of the node and its fallback, which is a value or a node.
assert_type(recover(number, 0), Node[int])
assert_type(recover(number, text), Node[int | str])
assert_type(recover(number, None, on=(ValueError, OSError)), Node[int | None])
assert_type(recover(sizes, words, on=ValueError), Node[list[int] | list[str]])


@task
def takes_recovered(value: int | None = depends(recover(number, None))) -> int:
    return value or 0


came_number = outcome(number)


@task
def looks(came: Outcome[int] = depends(came_number)) -> int:
    match came:
        case Succeeded(value):
            return value
        case Failed() | Skipped():
            return 0


# Gradual values are checked in the run.
@task
def whatever() -> Any:
    return ["a"]


assert_type(each(size, over=unchecked(whatever)), Node[list[int]])
assert_type(run(sizes), list[int])
assert_type(run(takes_either), str)
Graph.of(takes_either, takes_chosen, takes_recovered, looks, first_error).compile()
