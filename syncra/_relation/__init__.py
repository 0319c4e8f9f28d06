"""The type relation: whether a value of one type may go where another is wanted.

The way of a question: a hint is read into a term (`_hints`), two terms are compared (`_fits` and the rules beside
it: `_tuples`, `_callables`, `_protocols`, `_records`), the finding becomes an answer with a reason (`_reasons`).
What a class is comes from its run-time self (`_classes`, `_members`, `_signatures`) or from stubs (`_typeshed`).
"""

from __future__ import annotations

from syncra._relation._answer import Answer, Fit
from syncra._relation._questions import (
    assignable,
    has_variables,
    solve,
    substitute,
    type_name,
    unwrap_awaitable,
)

__all__ = [
    "Answer",
    "Fit",
    "assignable",
    "has_variables",
    "solve",
    "substitute",
    "type_name",
    "unwrap_awaitable",
]
