"""The relation on pairs that two type checkers have labelled (see `labelled/README.md`)."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest

from syncra._annotations import resolve
from syncra._relation import Fit, assignable

PAIRS = Path(__file__).parent / "labelled" / "pairs.jsonl"
WORDS = {Fit.PROVEN: "proven", Fit.CHECKED: "check", Fit.REJECTED: "reject"}


def _pairs() -> dict[str, list[dict[str, str]]]:
    by_category: dict[str, list[dict[str, str]]] = defaultdict(list)
    for line in PAIRS.read_text().splitlines():
        pair = json.loads(line)
        by_category[pair["category"]].append(pair)
    return by_category


@pytest.mark.parametrize("category", sorted(_pairs()))
def test_every_verdict_is_one_that_the_checkers_allow(category: str) -> None:
    """No pair is proven, checked or rejected against its label, and none breaks the comparison."""
    for library in ("numpy", "pandas", "polars", "pydantic", "annotated_types"):
        pytest.importorskip(library, reason=f"the labelled pairs use {library}")
    from tests.relation.labelled import environment

    names = vars(environment)
    wrong = []
    for pair in _pairs()[category]:
        source, target = (resolve(eval(pair[side], dict(names)), names) for side in ("source", "target"))
        answer = assignable(source, target)
        if WORDS[answer.fit] not in pair["accept"] or "can't be compared" in answer.reason:
            wrong.append(f"{pair['source']} => {pair['target']}: {answer}, not {pair['accept']}")
    assert not wrong, "\n".join(wrong)
