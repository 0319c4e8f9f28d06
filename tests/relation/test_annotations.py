"""Annotations as hints: strings, missing names, and whatever else stands in an annotation."""

from __future__ import annotations

import collections.abc
import types
import typing
from typing import Annotated, Any, ForwardRef, List, Literal, Optional, Union

import pytest

from syncra._annotations import RecursiveAlias, Unresolved, resolve


class Local: ...


NAMES: dict[str, object] = {
    "Local": Local,
    "typing": typing,
    "Optional": Optional,
    "Callable": collections.abc.Callable,
}


@pytest.mark.parametrize(
    ("annotation", "hint"),
    [
        ("int", int),
        (" list[int] ", list[int]),
        ("'list[int]'", list[int]),
        ("Local | None", Optional[Local]),
        ("int | 'Local'", Union[int, Local]),
        ("dict[str, 'list[Local]']", dict[str, list[Local]]),
        (list["Local"], list[Local]),
        (List["Local"], List[Local]),
        (ForwardRef("Local"), Local),
        (Optional["Local"], Optional[Local]),
        (Annotated["Local", 1], Annotated[Local, 1]),
        ("Callable[['Local'], 'int']", collections.abc.Callable[[Local], int]),
        (typing.Callable[["Local"], "int"], typing.Callable[[Local], int]),
        (Literal["Local"], Literal["Local"]),
        (int, int),
        (None, None),
        (3, 3),
    ],
)
def test_names_are_found_wherever_they_stand(annotation: object, hint: object) -> None:
    """Strings and forward references are evaluated at any depth; literals are no references."""
    assert resolve(annotation, NAMES) == hint


@pytest.mark.parametrize(
    ("annotation", "text", "name"),
    [
        ("Missing", "Missing", "Missing"),
        ("Missing.part[int]", "Missing.part[...]", "Missing"),
        ("typing.NoSuchThing", "typing.NoSuchThing", "NoSuchThing"),
        ("int[", "int[", ""),
        ("1 / 0", "1 / 0", ""),
    ],
)
def test_what_cannot_be_evaluated_says_so(annotation: str, text: str, name: str) -> None:
    """An Unresolved carries the text and the missing name, and its repr is the text."""
    found = resolve(annotation, NAMES)
    assert found == Unresolved(text, name)
    assert repr(found) == text


def test_a_missing_name_spoils_only_its_own_part() -> None:
    """`list[Missing] | None` is still a list or None."""
    missing: Any = Unresolved("Missing", "Missing")
    assert resolve("dict[str, list[Missing]]", {}) == dict[str, list[missing]]
    assert resolve("int | Missing", {}) == Union[int, missing]


def test_a_name_that_leads_back_to_itself_is_read_once() -> None:
    """What stands inside of itself is an alias there, whose value is the whole; nothing is unrolled."""
    tree: Any = ForwardRef("Tree")
    found = typing.get_args(resolve("Tree", {"Tree": Union[int, list[tree], dict[str, tree]]}))
    [alias] = typing.get_args(found[1])
    assert isinstance(alias, RecursiveAlias)
    assert typing.get_args(alias.__value__) == found
    assert typing.get_args(found[2]) == (str, alias)


def test_a_name_that_stands_for_nothing_but_itself_is_not_resolved() -> None:
    """`Loop = "Loop"`, directly or by way of others, has no value."""
    assert resolve("Loop", {"Loop": "Loop"}) == Unresolved("Loop", "")
    assert isinstance(resolve("list[Ping]", {"Ping": "Pong", "Pong": "Ping"}), types.GenericAlias)


def test_strings_of_two_modules_that_lead_to_each_other_come_to_an_end() -> None:
    """A reference may name its module, and be met again by way of another module's."""
    here, there = (types.ModuleType(name) for name in ("here", "there"))
    vars(here)["Left"] = dict["int", ForwardRef("Right", module=there)]  # type: ignore[misc]  # on purpose
    vars(there)["Right"] = dict["int", ForwardRef("Left", module=here)]  # type: ignore[misc]
    _, right = typing.get_args(resolve(ForwardRef("Left", module=here), {}))
    assert repr(typing.get_args(right)[1]) == "Left"


def test_local_names_go_before_those_of_the_module() -> None:
    """A name of an enclosing function hides the module's."""
    assert resolve("Local", NAMES, {"Local": int}) is int


def test_local_names_are_seen_from_a_reference_of_another_module() -> None:
    """A ForwardRef that names its module, as those of a TypedDict do, still sees type parameters."""
    reference = ForwardRef("dict[Local, Key]", module=__name__)
    assert resolve(reference, {}, {"Key": str}) == dict[Local, str]


def test_an_annotation_without_strings_is_itself() -> None:
    """Nothing is rebuilt, or copied, that needs no evaluation."""
    hint: Any = dict[str, list[int]]
    assert resolve(hint, {}) is hint
