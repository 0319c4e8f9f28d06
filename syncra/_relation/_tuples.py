"""Tuples: how items of one length or many are aligned (specification: "Tuples")."""

from __future__ import annotations

from syncra._relation._findings import Compare, Doubt, Finding, Mismatch, first_fault
from syncra._relation._names import counted
from syncra._relation._terms import Gradual, Term, Tuple, Variable

__all__ = ["tuple_fits"]


def tuple_fits(compare: Compare, source: Tuple, target: Tuple) -> Finding:
    """Whether each item that the source may have fits the place it would take in the target."""
    if isinstance(target.middle, Variable) and target.middle.sort == "*":
        return _fills(compare, source, target, target.middle)
    if source.middle is None:
        return _fixed_fits(compare, source, target)
    if isinstance(source.middle, Gradual):
        return _unknown_fits(compare, source, source.middle, target)
    if target.middle is None:
        return Mismatch(source, target, "its length is not known")
    return _variadic_fits(compare, source, target)


def _unknown_fits(compare: Compare, source: Tuple, item: Gradual, target: Tuple) -> Finding:
    """`*tuple[Any, ...]` is consistent with any number of items, as Any is with each of them."""
    doubt = Doubt("its length is not known")
    if target.middle is None:
        between = len(target.prefix) + len(target.suffix) - len(source.prefix) - len(source.suffix)
        if between < 0:
            return Mismatch(source, target, doubt.reason)
        exact = Tuple((*source.prefix, *(item,) * between, *source.suffix))
        return first_fault((_fixed_fits(compare, exact, target), doubt))
    before = (item,) * (len(target.prefix) - len(source.prefix))  # none where that is negative
    after = (item,) * (len(target.suffix) - len(source.suffix))
    wide = Tuple((*source.prefix, *before), item, (*after, *source.suffix))
    return first_fault((_variadic_fits(compare, wide, target), doubt if before or after else None))


def _fixed_fits(compare: Compare, source: Tuple, target: Tuple) -> Finding:
    items = source.prefix + source.suffix
    rest = len(items) - len(target.prefix) - len(target.suffix)
    if rest < 0 or (rest > 0 and target.middle is None):
        return Mismatch(source, target, _lengths(items, target))
    middle = () if target.middle is None else (target.middle,) * rest
    wanted = target.prefix + middle + target.suffix
    return first_fault(map(compare.fits, items, wanted))


def _lengths(items: tuple[Term, ...], target: Tuple) -> str:
    count = len(target.prefix) + len(target.suffix)
    at_least = "" if target.middle is None else " or more"
    return f"it has {counted(len(items), 'item')}, not {count}{at_least}"


def _variadic_fits(compare: Compare, source: Tuple, target: Tuple) -> Finding:
    """Both open: the source's fixed ends cover those of the target, and all between fits the middle."""
    if len(source.prefix) < len(target.prefix) or len(source.suffix) < len(target.suffix):
        return Mismatch(source, target, "it may have fewer items")
    assert source.middle is not None
    assert target.middle is not None
    before, after = len(target.prefix), len(source.suffix) - len(target.suffix)
    between = (*source.prefix[before:], source.middle, *source.suffix[:after])
    return first_fault(
        (
            *map(compare.fits, source.prefix[:before], target.prefix),
            *(compare.fits(item, target.middle) for item in between),
            *map(compare.fits, source.suffix[after:], target.suffix),
        )
    )


def _fills(compare: Compare, source: Tuple, target: Tuple, hole: Variable) -> Finding:
    """`tuple[int, *Ts]` as target: Ts is what lies between the fixed ends."""
    before, after = len(target.prefix), len(target.suffix)
    if len(source.prefix) < before or len(source.suffix) < after:
        if source.middle is not None or len(source.prefix) + len(source.suffix) < before + after:
            return Mismatch(source, target, "it may have fewer items")
        items = source.prefix + source.suffix
        source = Tuple(items[: len(items) - after], None, items[len(items) - after :])
    end = len(source.suffix) - after
    between = Tuple(source.prefix[before:], source.middle, source.suffix[:end])
    if source.middle is None:
        between = Tuple(between.prefix + between.suffix)
    return first_fault(
        (
            *map(compare.fits, source.prefix[:before], target.prefix),
            compare.fill(hole, between, target),
            *map(compare.fits, source.suffix[end:], target.suffix),
        )
    )
