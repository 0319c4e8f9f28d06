"""Right user code: Any among the types, functions that are values, names that checkers know nothing of."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar, assert_type

from syncra import Input, Node, run, task, unchecked

T = TypeVar("T")
X = TypeVar("X")

table = Input[dict[str, Any]]("table", default={})
text = Input[str]("text", default="")


# Any in what dependencies give, in what functions take and in what they return.
@task(dependencies=table)
def size(values: dict[str, Any]) -> int:
    return len(values)


@task(dependencies=(table, text))
def labelled(values: dict[str, Any], label: str) -> dict[str, Any]:
    return {label: values}


@task(dependencies=(table, text))
async def first_of_two(values: dict[str, int]) -> int:
    return len(values)


@task(dependencies=unchecked(text))
def of_unchecked(value: int) -> int:
    return value


@task(dependencies=(unchecked(text), text))
def of_unchecked_and_text(value: int, label: str) -> int:
    return value


@task(dependencies=(text, text))
def takes_any(value: Any, label: str) -> int:
    return len(label)


@task
def gives_any() -> Any:
    return 1


@task(dependencies=text)
def gives_any_of(label: str) -> Any:
    return 1


@task(dependencies=text)
async def gives_any_later(label: str) -> Any:
    return 1


@task
def never() -> NoReturn:
    raise ValueError


assert_type(run(size), int)
assert_type(run(labelled), dict[str, Any])
assert_type(run(first_of_two), int)
assert_type(run(takes_any), int)
assert_type(size(values={}), int)
number: int = gives_any()
other: int = gives_any_of("")


async def later() -> int:
    value: int = await gives_any_later("")
    return value


# Functions that are values of a plain Callable type.
def mapped(source: Node[T], function: Callable[[T], X]) -> Node[X]:
    return task(name="mapped", dependencies=source)(function)


def called(function: Callable[[str], float], later: Callable[[str, str], Coroutine[Any, Any, float]]) -> float:
    first = task(name="first", dependencies=(text, text))(function)
    second = task(name="second", dependencies=(text, text))(later)
    assert_type(run(first), float)
    assert_type(run(second), float)
    return first("x")


assert_type(run(mapped(text, len)), int)


# Dependencies of which not all are known.
@task(name="by_name", graph_name="right_gradual", dependencies="size")
def by_name(value: dict[str, Any]) -> int:
    return len(value)


@task(graph_name="right_gradual", dependencies=("by_name", text))
async def by_name_and_node(value: int, label: str) -> str:
    return label * value


@task(graph_name="right_gradual", dependencies={"value": "by_name"})
def by_mapping(value: int) -> int:
    return value


def joined(sources: tuple[Node[int], ...]) -> Node[int]:
    @task(name="joined", dependencies=sources)
    def result(*values: int) -> int:
        return sum(values)

    return result


assert_type(by_name(value={}), int)
assert_type(by_mapping(value=3), int)
assert_type(run(joined((size, size))), int)
