"""Parsing: values converted by pydantic."""

from __future__ import annotations

import datetime as dt
import pathlib
import pickle
import tracemalloc
from typing import Annotated, ForwardRef

import pytest
from pydantic import Field

from syncra._values import ParseFault, parser
from tests.values import _user_types as user


@pytest.mark.parametrize(
    ("hint", "value", "parsed"),
    [
        (int, "3", 3),
        (list[int], ("1", 2), [1, 2]),
        (dt.date, "2024-05-01", dt.date(2024, 5, 1)),
        (pathlib.Path, "a", pathlib.Path("a")),
        (user.Person, {"name": "a"}, user.Person(name="a")),
        (list[user.Person], [{"name": "a"}], [user.Person(name="a")]),
        (user.Size, {"width": "1", "height": 2}, user.Size(1, 2)),
        (user.Color, "red", user.Color.RED),
        (int | None, None, None),
        (user.UserId, "3", 3),
        (Annotated[int, Field(gt=0), []], "3", 3),
    ],
    ids=str,
)
def test_a_value_is_converted(hint: object, value: object, parsed: object) -> None:
    """Pydantic's lax rules make the value of the hint."""
    assert parser(hint)(value) == parsed


def test_an_object_of_a_class_is_taken_as_it_is() -> None:
    """A class that pydantic knows nothing of takes its own instances."""
    dog = user.Dog()
    assert parser(user.Animal)(dog) is dog
    with pytest.raises(ParseFault, match="should be an instance of Animal"):
        parser(user.Animal)(1)


def test_what_can_not_be_converted_is_told_with_its_path() -> None:
    """The reasons are pydantic's, with the way to each."""
    with pytest.raises(ParseFault) as caught:
        parser(user.Employee)({"name": 1, "salary": "x"})
    assert caught.value.reasons == (
        "['name']: Input should be a valid string; "
        "['salary']: Input should be a valid integer, unable to parse string as an integer"
    )


def test_the_reasons_of_a_long_list_are_bounded() -> None:
    """A long list of bad items takes neither time nor memory for each of them."""
    bad = {"a": ["x"] * 20_000}
    with pytest.raises(ParseFault, match="20000 reasons, too many to list"):
        parser(dict[str, list[int]])(bad)
    parse = parser(list[int])
    tracemalloc.start()
    with pytest.raises(ParseFault, match=r"^\[0\]: Input should be a valid integer"):
        parse(bad["a"])
    assert tracemalloc.get_traced_memory()[1] < 200_000
    tracemalloc.stop()


@pytest.mark.parametrize("hint", [user.Closer, "Missing", ForwardRef("Missing"), 3], ids=str)
def test_an_impossible_hint_is_a_type_error(hint: object) -> None:
    """What pydantic can build no value of is refused when the parser is made, by a sentence with the hint."""
    with pytest.raises(TypeError, match="a value can't be parsed as"):
        parser(hint)


def test_other_errors_of_validators_pass_through() -> None:
    """An error that is no pydantic error is the user's own."""

    def lookup(value: str) -> str:
        return {"a": "b"}[value]

    from pydantic import BeforeValidator

    with pytest.raises(KeyError, match="c"):
        parser(Annotated[str, BeforeValidator(lookup)])("c")


def test_a_parser_travels_by_its_hint() -> None:
    """A parser is pickled as its hint, and made once per hint."""
    assert pickle.loads(pickle.dumps(parser(list[int])))(["1"]) == [1]
    assert parser(list[int]) is parser(list[int])
