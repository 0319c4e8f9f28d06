"""The contract of a run as cases: what holds under every strategy, whatever happens."""

from __future__ import annotations

from syncra._conformance import _failures, _outcomes, _reentrance, _shapes, _sharing
from syncra._conformance._case import Case, Make, conformance_cases

__all__ = ["Case", "Make", "conformance_cases"]

_ = (
    _outcomes,
    _failures,
    _reentrance,
    _shapes,
    _sharing,
)  # imported so that their cases are in the list
