"""Wrong user code: edges that do not fit. Each marked line has an error in every checker, no other line has one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from syncra import Input, Node, depends, parse, task, unpack


@task
def a() -> int:
    return 1


@task
def b() -> str:
    return ""


@task
def c() -> bytes:
    return b""


@task
async def d() -> list[int]:
    return []


@task
def pair() -> tuple[int, str]:
    return 1, ""


@task
def loose() -> Any:
    return 1


e = Input[bool]("e")
optional = Input[int | None]("optional", default=None)
table = Input[dict[str, Any]]("table")


# Defaults.
@task
def wrong_default(value: str = depends(a)) -> None: ...  # error: int is not str


@task
def wrong_second_default(first: int = depends(a), *, second: int = depends(b)) -> None: ...  # error: str is not int


@task
def narrowing(value: int = depends(optional)) -> None: ...  # error: int | None is not int


@task
def invariant(values: list[float] = depends(d)) -> None: ...  # error: list is invariant


@task
def awaited(values: Sequence[str] = depends(d)) -> None: ...  # error: the awaited list[int] is not Sequence[str]


@task
def item_of_pair(value: int = depends(unpack(pair)[1])) -> None: ...  # error: the second item is a str


@task
def parsed(value: str = depends(parse(loose, int))) -> None: ...  # error: parsed as int


@task
def parsed_as_either(value: int = depends(parse(loose, int | None))) -> None: ...  # error: may be None


@task
def parsed_as_annotated(value: str = depends(parse(loose, Annotated[int, 1]))) -> None: ...  # error: parsed as int


@task
def no_node(value: int = depends(1)) -> None: ...  # error: 1 is no node


@task
def not_decorated(value: int = depends(len)) -> None: ...  # error: len is no node


# Dependencies in order.
@task(dependencies=a)  # error: the only one
def place_1_of_1(first: str) -> None: ...


@task(dependencies=(a,))  # error: the only one of a tuple
def place_1_of_tuple(first: str) -> None: ...


@task(dependencies=d)  # error: what the coroutine gives
def coroutine(first: str) -> None: ...


@task(dependencies=a)  # error: of a coroutine function
async def of_coroutine(first: str) -> None: ...


@task(dependencies=(a, b))  # error: the first
def place_1_of_2(first: str, second: str) -> None: ...


@task(dependencies=(a, b))  # error: the second
def place_2_of_2(first: int, second: int) -> None: ...


@task(dependencies=a & b)  # error: the second, joined
def place_2_of_joined(first: int, second: int) -> None: ...


@task(dependencies=a & b & c)  # error: the third, joined
def place_3_of_joined(first: int, second: str, third: str) -> None: ...


@task(dependencies=(a, b, c))  # error: the third
def place_3_of_3(first: int, second: str, third: str) -> None: ...


@task(dependencies=(a, b, c))  # error: the first of those that are taken
def place_1_of_prefix(first: str) -> None: ...


@task(dependencies=(a, b, c, d))  # error: the fourth
async def place_4_of_4(first: int, second: str, third: bytes, fourth: int) -> None: ...


@task(dependencies=(a, b, c, d, e))  # error: the fifth
def place_5_of_5(first: int, second: str, third: bytes, fourth: list[int], fifth: str) -> None: ...


@task(dependencies=(a, b, c, d, e, a))  # error: the sixth
def place_6_of_6(first: int, second: str, third: bytes, fourth: list[int], fifth: bool, sixth: str) -> None: ...


@task(dependencies=(a, b, c, d, e, a, b))  # error: the second
def place_2_of_7(
    first: int, second: int, third: bytes, fourth: list[int], fifth: bool, sixth: int, seventh: str
) -> None: ...


@task(dependencies=(a, b, c, d, e, a, b))  # error: the seventh
def place_7_of_7(
    first: int, second: str, third: bytes, fourth: list[int], fifth: bool, sixth: int, seventh: int
) -> None: ...


@task(dependencies=(a, b, c, d, e, a, b, c))  # error: the eighth
def place_8_of_8(
    first: int, second: str, third: bytes, fourth: list[int], fifth: bool, sixth: int, seventh: str, eighth: str
) -> None: ...


@task(dependencies=(a, b, c, d, e, a, b, c))  # error: the fifth
async def place_5_of_8(
    first: int, second: str, third: bytes, fourth: list[int], fifth: str, sixth: int, seventh: str, eighth: bytes
) -> None: ...


# Parameters that nothing fills.
@task(dependencies=a)  # error: two parameters, one dependency
def too_few(first: int, second: str) -> None: ...


@task(dependencies=(a, b))  # error: three parameters, two dependencies
async def too_few_of_two(first: int, second: str, third: str) -> None: ...


@task(dependencies=a)  # error: a keyword-only parameter that nothing fills
def keyword_only(first: int, *, second: str) -> None: ...


@task(dependencies=table)  # error: two parameters of any type, one dependency
def too_few_of_any(first: Any, second: Any) -> None: ...


# Dependencies that are none.
@task(dependencies=3)  # error: a number
def on_number() -> None: ...


@task(dependencies=(a, len))  # error: a function that is no task
def on_function(first: int, second: int) -> None: ...


@task(dependencies=[a, b])  # error: a list
def on_list(first: int, second: str) -> None: ...


@task(dependencies={"first": 1})  # error: a mapping to what is no node
def on_mapping(first: int) -> None: ...


@task(after=len)  # error: a function that is no task
def after_function() -> None: ...


@task(after=(a, 1))  # error: a number
def after_number() -> None: ...


# A node of a wider type is no node of a narrower one.
def narrowed(wide: Node[float]) -> Node[int]:
    return wide  # error: float is not int


def other_items(ints: Node[list[int]]) -> Node[list[float]]:
    return ints  # error: list is invariant
