"""The relation against mypy, on pairs drawn from a grammar of types."""

from __future__ import annotations

from random import Random

import pytest

from tests.relation.grammar import draw_generic_pairs, draw_pairs

for library in ("mypy", "numpy", "pandas", "polars", "pydantic"):
    pytest.importorskip(library, reason=f"the oracle needs {library}")

from tests.relation.oracle import agrees_with_pyright, compare  # noqa: E402 - only where the libraries are


def test_mypy_agrees_on_drawn_pairs() -> None:
    """Of 1 500 pairs none is proven or rejected against both checkers, and 99.5 % agree."""
    random = Random(20_261)
    pairs = draw_pairs(random, 1_200, nested=0.5) + draw_generic_pairs(random, 300)
    understood, found = compare(pairs, pyright=True)
    wrong = [each for each in found if not agrees_with_pyright(each)]
    assert understood > 1_400
    assert not [each for each in wrong if each.sort != "undecided"]
    assert len(wrong) <= understood * 0.005, wrong
