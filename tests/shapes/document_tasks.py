"""Functions that documents name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from syncra import (
    Input,
    Outcome,
    Retry,
    choose,
    depends,
    each,
    each_outcome,
    function,
    outcome,
    parse,
    recover,
    switch,
    task,
    unchecked,
    unpack,
)

folder = Input[Path]("folder", default=Path("data"))
words = Input[list[str]]("words")
rate = Input[float]("rate", default=1.5)
kind = Input[Literal["small", "large"] | None]("kind", default=None)


@dataclass(frozen=True)
class Options:
    digits: int = 2
    root: Path = Path()


@task
def size(word: str) -> int:
    return len(word)


@task(retries=Retry(2, delay=0.5, backoff=2.0, on=(ConnectionError, TimeoutError)), timeout=2.5, offload=True, cost=0.5)
def scaled(number: int, by: float = depends(rate), digits: int = 0) -> float:
    return round(number * by, digits)


@task
def rated(by: float = depends(rate)) -> float:
    return by


@task(dependencies=words, arguments={"options": Options(3, Path("x"))}, retries=1)
def total(words: Sequence[str], options: Options, folder: Path = depends(folder)) -> tuple[int, str]:
    return len(words) * options.digits, str(folder)


@task
def is_many(words: list[str] = depends(words)) -> bool:
    return len(words) > 2


@task
async def fetched(folder: Path = depends(folder)) -> dict[str, object]:
    return {"digits": 4, "root": str(folder)}


def joined(first: str, /, *rest: int, end: str = "!") -> str:
    return first + str(rest) + end


number, text = unpack(total)
came_number = outcome(number)


@task
def report(came: Outcome[int] = depends(came_number)) -> str:
    return type(came).__name__


sizes = each(size, over=words, max_concurrency=3)
by_size = each_outcome(scaled, over=sizes)
options = parse(fetched, Options)
line = task(dependencies=(text, number, number), after=is_many, name="line")(joined)
chosen = choose(is_many, line, text)
cases = switch(kind, {"small": number, None: number})
by_word = switch(text, {"a": chosen, "b": text})
saved = recover(total, chosen, on=ValueError)
safe = recover(number, -1)
any_words = unchecked(words)
total_of = function(total, words, folder, name="total_of")
nested = task(dependencies=(words, folder), name="nested")(total_of)
EVERYTHING = (by_size, options, cases, by_word, saved, safe, any_words, report)


def added(a: int, b: int, c: int = 0) -> int:
    return a + b + c


def fails(a: int) -> int:
    raise ValueError(a)


def is_odd(a: int) -> bool:
    return a % 2 == 1


def anything(a: object) -> int:
    return 1


def nothing() -> int:
    return 1
