"""Laws that hold for every hint and every value."""

# Hints are made at run time here, which mypy does not follow.
# mypy: disable-error-code="valid-type, misc"

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from collections import abc
from typing import Any, Optional, Union

from hypothesis import given, settings
from hypothesis import strategies as st

from syncra._values import value_check
from tests.values import _user_types as user

LEAVES = st.sampled_from([int, str, bool, float, bytes, type(None), dt.date, decimal.Decimal, uuid.UUID, user.Color])


def _wider(hints: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Hints made of hints; Any, because a type form made at run time has no better type."""
    keys = st.sampled_from([int, str, bool, user.Color])
    return st.one_of(
        hints.map(lambda hint: list[hint]),
        hints.map(lambda hint: tuple[hint, ...]),
        hints.map(lambda hint: Optional[hint]),
        hints.map(lambda hint: abc.Sequence[hint]),
        keys.map(lambda key: set[key]),
        keys.map(lambda key: frozenset[key]),
        st.tuples(hints, hints).map(lambda pair: tuple[pair]),
        st.tuples(hints, hints).map(lambda pair: Union[pair]),
        st.tuples(keys, hints).map(lambda pair: dict[pair[0], pair[1]]),
        st.tuples(keys, hints).map(lambda pair: abc.Mapping[pair[0], pair[1]]),
    )


HINTS = st.recursive(LEAVES, _wider, max_leaves=6)
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=3),
        st.binary(max_size=3),
        st.sampled_from(user.Color),
        st.builds(object),
        st.just(int),
        st.just(len),
    ),
    lambda values: st.one_of(
        st.lists(values, max_size=3),
        st.lists(values, max_size=3).map(tuple),
        st.lists(values, max_size=3).map(iter),
        st.dictionaries(st.text(max_size=2) | st.integers(), values, max_size=3),
    ),
    max_leaves=8,
)


def _value_of(hint: Any) -> st.SearchStrategy[object]:
    # Hypothesis draws for Sequence and Mapping what it draws for list and dict.
    return st.from_type(hint)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.data(), HINTS)
def test_a_value_drawn_from_a_type_fits_it(data: st.DataObject, hint: object) -> None:
    """A value generated from a type is accepted for it."""
    value = data.draw(_value_of(hint))
    assert value_check(hint).faults(value) is None


@settings(deadline=None, derandomize=True, max_examples=300)
@given(HINTS, VALUES)
def test_the_two_looks_agree_on_any_value(hint: object, value: object) -> None:
    """The quick look accepts exactly the values in which the closer look finds no fault."""
    check = value_check(hint)._check
    assert check.accepts(value) is (not list(check.faults(value)))


@settings(deadline=None, derandomize=True, max_examples=200)
@given(HINTS, HINTS, VALUES)
def test_a_union_takes_what_either_side_takes(left: Any, right: Any, value: object) -> None:
    """A value fits a union if and only if it fits one of its alternatives."""
    fits = [value_check(hint).faults(value) is None for hint in (left, right, Union[left, right])]
    assert fits[2] is (fits[0] or fits[1])


@settings(deadline=None, derandomize=True, max_examples=200)
@given(HINTS, st.lists(VALUES, max_size=4))
def test_a_list_fits_if_each_of_its_items_does(hint: Any, items: list[object]) -> None:
    """A list of values fits a list of a hint if each value fits the hint, and only then; so do tuples."""
    each = all(value_check(hint).faults(item) is None for item in items)
    assert (value_check(list[hint]).faults(items) is None) is each
    assert (value_check(tuple[hint, ...]).faults(tuple(items)) is None) is each
    assert (value_check(abc.Sequence[hint]).faults(items) is None) is each


@settings(deadline=None, derandomize=True, max_examples=200)
@given(VALUES, VALUES)
def test_anything_can_be_a_hint_and_a_value(hint: object, value: object) -> None:
    """Whatever object stands where a hint should, reading it and checking values never raises."""
    assert value_check(hint).faults(value) is None or value_check(hint).faults(value)
