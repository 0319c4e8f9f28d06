"""Right user code: every way to wire a task. Read by the type checkers, and imported once to see that it is declared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import assert_type

from syncra import Input, Node, Retry, depends, run, task

path = Input[Path]("path", default=Path("prices.csv"))
scale = Input[float]("scale", default=2)
assert_type(path, Input[Path])


# Defaults: any number of them, by name.
@task
def load(source: Path = depends(path)) -> list[float]:
    return [float(len(source.name)), 2.0]


@task(retries=3, timeout=5.0)
async def rate() -> float:
    return 1.5


@task(retries=Retry(3, delay=0.1, backoff=2.0, on=(OSError, ValueError)))
def total(prices: Sequence[float] = depends(load), fx: float = depends(rate), *, factor: float = depends(scale)) -> int:
    return int(sum(prices) * fx * factor)


assert_type(total(prices=(1.0, 2.0), fx=1.5, factor=1), int)


# Names in a named graph.
@task(graph_name="right_wiring")
def my_task() -> str:
    return ""


@task(graph_name="right_wiring", dependencies=my_task)
def my_second_task() -> str:
    return ""


@task(graph_name="right_wiring")
async def my_third_task() -> str:
    return ""


@task(graph_name="right_wiring", dependencies=(my_second_task, my_third_task))
def my_final_task(dependent_result: str) -> str:
    return dependent_result


assert_type(my_final_task(dependent_result="by name"), str)


@task(graph_name="right_wiring", dependencies=("my_task", my_third_task), after="my_second_task")
def from_names(first: str, second: str) -> str:
    return first + second


@task(graph_name="right_wiring", dependencies={"first": "my_task", "second": my_third_task})
def from_mapping(first: str, second: str = "") -> str:
    return first + second


@task(arguments={"count": 3}, after=(load, rate))
def with_arguments(count: int) -> list[int]:
    return [count]


@task(dependencies=load, arguments={"count": 3}, offload=True)
def with_both(values: list[float], count: int) -> int:
    return count + len(values)


assert_type(with_both([1.0], count=2), int)


@task(cost=2)
def costly() -> int:
    return 1


@task(dependencies=costly, cost=0.5)
def cheap(value: int) -> int:
    return value


assert_type(cheap(1), int)


# Dependencies in order: none, one to eight, more.
@task
def nothing() -> None: ...


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


e = Input[bool]("e", default=True)


@task(dependencies=nothing)
def after_nothing() -> int:
    return 1


@task(dependencies=a)
def one(first: float) -> int:
    return int(first)


@task(dependencies=(a,))
async def one_of_tuple(first: int, *, verbose: bool = False) -> str:
    return str(first)


@task(dependencies=(a, b))
def two(first: int, second: str) -> bytes:
    return second.encode()


@task(dependencies=a & b)
def two_joined(first: int, second: str) -> int:
    return first + len(second)


assert_type(a & b, tuple[Node[int], Node[str]])
assert_type(a & b & c, tuple[Node[int], Node[str], Node[bytes]])
assert_type((a & b) & c, tuple[Node[int], Node[str], Node[bytes]])
assert_type(a & (b & c), tuple[Node[int], Node[str], Node[bytes]])


@task(dependencies=(a, b, c))
def three(first: int, second: str, third: bytes) -> int:
    return first + len(second) + len(third)


@task(dependencies=a & b & c)
async def three_joined(first: int, second: str, third: bytes) -> int:
    return first + len(second) + len(third)


@task(dependencies=(a, b, c, d))
async def four(first: int, second: str, third: bytes, fourth: Sequence[float]) -> float:
    return sum(fourth)


@task(dependencies=(a, b, c, d, e))
def five(first: int, second: str, third: bytes, fourth: list[int], fifth: bool) -> bool:
    return fifth


@task(dependencies=(a, b, c, d, e, one))
def six(first: int, second: str, third: bytes, fourth: list[int], fifth: bool, sixth: int) -> int:
    return sixth


@task(dependencies=(a, b, c, d, e, one, two))
def seven(first: int, second: str, third: bytes, fourth: list[int], fifth: bool, sixth: int, seventh: bytes) -> bytes:
    return seventh


@task(dependencies=(a, b, c, d, e, one, two, four))
async def eight(
    first: int, second: str, third: bytes, fourth: list[int], fifth: bool, sixth: int, seventh: bytes, eighth: float
) -> float:
    return eighth


@task(dependencies=(a, b, c, d, e, one, two, four, six))
def nine(
    first: int,
    second: str,
    third: bytes,
    fourth: list[int],
    fifth: bool,
    sixth: int,
    seventh: bytes,
    eighth: float,
    ninth: int,
) -> int:
    return ninth


# Fewer parameters than dependencies: the rest only order.
@task(dependencies=(a, b, c, d, e, one, two, four))
def three_of_eight(first: int, second: str, third: bytes) -> None: ...


@task(dependencies=(a, b, c))
async def none_of_three() -> int:
    return 3


# All that remain, defaults behind what is filled, keyword-only parameters.
@task(dependencies=(a, one, three))
def variadic(*numbers: int) -> int:
    return sum(numbers)


@task(dependencies=(b, a, one))
def mixed(label: str, *numbers: float, precision: int = 2) -> str:
    return f"{label}{sum(numbers):.{precision}f}"


@task(dependencies=a)
def with_defaults(first: int, second: str = depends(b), third: float = 0.5, *, fourth: bytes = depends(c)) -> float:
    return first + len(second) + third + len(fourth)


assert_type(variadic(1, 2, 3), int)
assert_type(mixed("sum", 1, 2.5, precision=1), str)
assert_type(with_defaults(1, "", fourth=b"x"), float)


async def call_them() -> None:
    assert_type(await one_of_tuple(first=1, verbose=True), str)
    assert_type(await four(1, "", b"", (1.0, 2.0)), float)


results_of: list[tuple[Node[int], int]] = [(total, run(total)), (three, run(three)), (none_of_three, 3)]
