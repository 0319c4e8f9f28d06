"""Laws of the relation, on types drawn from the grammar."""

# mypy: disable-error-code=valid-type
# Hints are made at run time here.

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, Union

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncra._relation import Fit, assignable, type_name

for library in ("numpy", "pandas", "polars", "pydantic"):
    pytest.importorskip(library, reason=f"the grammar of types uses {library}")

from tests.relation.grammar import change, draw_tree  # noqa: E402 - only where the libraries are
from tests.relation.oracle import environment  # noqa: E402 - as above

NAMES = environment()
SEEDS = st.integers(0, 10**6)


def _hint(seed: int) -> object:
    """A type of the grammar; int where a generic model refuses the arguments that the grammar drew."""
    random = Random(seed)
    return _evaluated(str(draw_tree(random, random.choice((0, 1, 2)))))


def _near(seed: int) -> tuple[object, object, object]:
    random = Random(seed)
    first = draw_tree(random, random.choice((0, 1, 2)))
    second = change(random, first)
    return _evaluated(str(first)), _evaluated(str(second)), _evaluated(str(change(random, second)))


def _evaluated(text: str) -> object:
    try:
        return eval(text, dict(NAMES))
    except Exception:  # noqa: BLE001 - whatever a library raises for arguments that it does not take
        return int


def _fit(source: object, target: object) -> Fit:
    return assignable(source, target).fit


@given(SEEDS)
@settings(deadline=None, max_examples=300, derandomize=True)
def test_a_type_fits_itself(seed: int) -> None:
    """Reflexive: only what constrains values by code of its own is checked, nothing is rejected."""
    hint = _hint(seed)
    answer = assignable(hint, hint)
    assert answer.fit is Fit.PROVEN or (answer.fit is Fit.CHECKED and "Any" in str(hint)), (hint, answer)


@given(SEEDS)
@settings(deadline=None, max_examples=200, derandomize=True)
def test_any_fits_both_ways(seed: int) -> None:
    """Whatever fits Any is proven, and Any fits whatever, but is no proof unless every value fits."""
    hint = _hint(seed)
    assert _fit(hint, Any) is Fit.PROVEN
    assert _fit(Any, hint) is not Fit.REJECTED
    assert _fit(hint, object) is Fit.PROVEN


@given(SEEDS)
@settings(deadline=None, max_examples=500, derandomize=True)
def test_proofs_are_transitive(seed: int) -> None:
    """If one type provably fits a second and that a third, the first is not rejected for the third."""
    first, second, third = _near(seed)
    gradual = any("Any" in type_name(each) or "..." in type_name(each) for each in (first, second, third))
    if not gradual and _fit(first, second) is Fit.PROVEN and _fit(second, third) is Fit.PROVEN:
        assert _fit(first, third) is not Fit.REJECTED, (first, second, third)


@given(SEEDS)
@settings(deadline=None, max_examples=300, derandomize=True)
def test_a_union_takes_its_members_and_needs_them_all(seed: int) -> None:
    """A member fits its union; a union fits only where each member does."""
    first, second, third = _near(seed)
    assert _fit(first, Union[first, second]) is not Fit.REJECTED
    both = _fit(first, third) is not Fit.REJECTED and _fit(second, third) is not Fit.REJECTED
    assert (_fit(Union[first, second], third) is not Fit.REJECTED) is both


@given(SEEDS)
@settings(deadline=None, max_examples=300, derandomize=True)
def test_variance(seed: int) -> None:
    """Sequence follows its item, a parameter goes against it, and list asks for both."""
    first, second, _ = _near(seed)
    forth, back = (_fit(*pair) is not Fit.REJECTED for pair in ((first, second), (second, first)))
    assert (_fit(Sequence[first], Sequence[second]) is not Fit.REJECTED) is forth
    assert (_fit(Mapping[str, first], Mapping[str, second]) is not Fit.REJECTED) is forth
    assert (_fit(Callable[[second], int], Callable[[first], int]) is not Fit.REJECTED) is forth
    assert (_fit(list[first], list[second]) is not Fit.REJECTED) is (forth and back)


@given(SEEDS, SEEDS)
@settings(deadline=None, max_examples=300, derandomize=True)
def test_every_pair_has_an_answer_with_a_reason(one: int, other: int) -> None:
    """A proof needs no reason, everything else has one, and the second answer is the first."""
    source, target = _hint(one), _hint(other)
    answer = assignable(source, target)
    assert (answer.reason == "") is (answer.fit is Fit.PROVEN)
    assert "can't be compared" not in answer.reason
    assert assignable(source, target) == answer
