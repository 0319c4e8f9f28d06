"""The type relation: whether a value of one type may go where another is wanted.

The way of a question (`_questions` keeps the answers, `_engine` finds them): hints are read into terms
(`_hints`), terms are compared (`_fits`, and by kind `_instances`, `_tuples`, `_callables`, `_protocols`,
`_records`), and what is found becomes an answer with a reason (`_reasons`). What a class is comes from its
run-time self (`_classes`, `_members`, `_signatures`) or from stubs (`_typeshed`).
"""

from __future__ import annotations

from syncra._relation._answer import PROVEN, Answer, Fit
from syncra._relation._questions import (
    assignable,
    has_variables,
    solve,
    substitute,
    tuple_items,
    type_name,
    unwrap_awaitable,
)

__all__ = [
    "PROVEN",
    "Answer",
    "Fit",
    "assignable",
    "has_variables",
    "solve",
    "substitute",
    "tuple_items",
    "type_name",
    "unwrap_awaitable",
]
