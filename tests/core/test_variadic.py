"""`*args` and `**options` whose annotation speaks of all values at once."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict, TypeVarTuple, Unpack

import pytest
import typing_extensions

from syncra import Graph, Verdict, run, task
from syncra.errors import DependencyTypeError, WiringError

Ts = TypeVarTuple("Ts")


class Options(TypedDict):
    size: int
    title: NotRequired[str]


@task
def size() -> int:
    return 3


@task
def title() -> str:
    return "title"


def both(*items: *tuple[int, str]) -> str:
    return items[0] * items[1]


def many(*items: *tuple[int, ...]) -> int:
    return sum(items)


def kept(*items: *Ts) -> tuple[*Ts]:
    return items


def drawn(**options: Unpack[Options]) -> str:
    return f"{options['size']} {options.get('title')}"


def drawn_too(**options: typing_extensions.Unpack[Options]) -> int:
    return options["size"]


def wired(function: Any, *dependencies: Any) -> Any:
    """A task that no type checker looks at."""
    return task(dependencies=dependencies[0] if isinstance(dependencies[0], dict) else dependencies)(function)


@pytest.mark.parametrize(
    ("node", "value"),
    [
        (wired(both, size, title), "titletitletitle"),
        (wired(many, size, size), 6),
        (wired(kept, size, title), (3, "title")),
        (wired(drawn, {"size": size, "title": title}), "3 title"),
        (wired(drawn, {"size": size}), "3 None"),
        (wired(drawn_too, {"size": size}), 3),
    ],
)
def test_each_value_is_held_against_its_own_type(node: Any, value: object) -> None:
    """The items of an unpacked tuple and the keys of an unpacked TypedDict are what the single values are."""
    assert {edge.verdict for edge in Graph.of(node).edges} == {Verdict.PROVEN}
    assert run(node) == value


@pytest.mark.parametrize(
    ("function", "dependencies", "fault", "message"),
    [
        (both, (title, size), DependencyTypeError, "str is not int"),
        (both, (size,), WiringError, r"\*items takes the items of tuple\[int, str\], and 1 are left for it"),
        (many, (size, title), DependencyTypeError, "str is not int"),
        (drawn, ({"size": title},), DependencyTypeError, "str is not int"),
        (drawn, ({"size": size, "colour": title},), WiringError, "names 'colour', which is no parameter"),
    ],
)
def test_what_does_not_fit_is_refused(function: Any, dependencies: Any, fault: type[Exception], message: str) -> None:
    """At the declaration, as with any other parameter."""
    with pytest.raises(fault, match=message):
        wired(function, *dependencies)
