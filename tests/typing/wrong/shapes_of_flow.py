"""Wrong user code: fan-outs, choices and recoveries. Each marked line is one that every checker has to find."""

from __future__ import annotations

from syncra import Input, Node, Outcome, choose, depends, each, each_outcome, outcome, recover, switch, task

words = Input[list[str]]("words", default=["a"])
sizes = Input[list[int]]("sizes", default=[1])
number = Input[int]("number", default=1)
text = Input[str]("text", default="a")
is_new = Input[bool]("is_new", default=True)


@task
def size(word: str) -> int:
    return len(word)


@task
async def fetch(word: str) -> bytes:
    return word.encode()


def joined(word: str, count: int) -> str:
    return word * count


# Items that do not fit, and what has no items.
each(size, over=sizes)  # error: items are int
each(fetch, over=sizes)  # error: items are int
each_outcome(size, over=sizes)  # error: items are int
each(size, over=number)  # error: an int is not iterable
each(joined, over=words)  # error: one parameter is left
each(size, over=(words, sizes))  # error: one parameter too few
each(joined, over=(sizes, words))  # error: the wrong way round
each(size, words)  # error: over= is a keyword


# What takes a fan-out takes a list.
@task
def total(values: list[str] = depends(each(size, over=words))) -> int:  # error: list[int]
    return len(values)


@task
def one(value: int = depends(each(size, over=words))) -> int:  # error: a list
    return value


# Conditions are bools; both branches have to fit.
choose(text, number, text)  # error: a str is no condition


@task
def takes_int(value: int = depends(choose(is_new, number, text))) -> int:  # error: may be a str
    return value


@task
def takes_recovered(value: int = depends(recover(number, None))) -> int:  # error: may be None
    return value


@task
def takes_outcome(value: Outcome[str] = depends(outcome(number))) -> str:  # error: Outcome[int]
    return str(value)


recover(number, 0, on="ValueError")  # error: no exception
by_number: dict[int, Node[int]] = {1: number}
switch(text, by_number)  # error: the keys are int
switch(text, {"one": 1})  # error: the cases are no nodes
wrong: Node[list[str]] = each(size, over=words)  # error: list[int]
