"""Findings as sentences: the part that does not fit, why, and the nearest type or way that would."""

from __future__ import annotations

from typing import Final

from syncra._relation._answer import PROVEN, Answer, Fit
from syncra._relation._findings import Doubt, Finding, Mismatch
from syncra._relation._names import show
from syncra._relation._terms import Instance, Literal, NewName, Term

__all__ = ["answer", "invariant_cure", "invariant_reason"]

# The read-only relative of an invariant container, and which of its arguments stay.
_COVARIANT: Final = {
    "list": "Sequence",
    "deque": "Sequence",
    "MutableSequence": "Sequence",
    "array": "Sequence",
    "set": "collections.abc.Set",
    "MutableSet": "collections.abc.Set",
    "dict": "Mapping",
    "defaultdict": "Mapping",
    "OrderedDict": "Mapping",
    "MutableMapping": "Mapping",
    "ChainMap": "Mapping",
}


def answer(finding: Finding) -> Answer:
    """The finding as Syncra's answer."""
    match finding:
        case None:
            return PROVEN
        case Doubt(reason):
            return Answer(Fit.CHECKED, reason)
        case Mismatch():
            return Answer(Fit.REJECTED, _sentence(finding))


def _sentence(found: Mismatch) -> str:
    source, target = show(found.source), show(found.target)
    if source == target:  # two classes of one name
        source, target = _at_home(found.source) or source, _at_home(found.target) or target
    if source == "None":
        return f"None is not {target}: None is not handled; parse(...) or {target} | None"
    why = found.why if isinstance(found.why, str) else found.why()
    cure = found.cure if isinstance(found.cure, str) else found.cure()
    text = f"{source} is not {target}"
    if why:
        text += f": {why}"
    cure = cure or _cure(found.source, found.target)
    return f"{text}; {cure}" if cure else text


def _at_home(term: Term) -> str:
    """The class with its module, where the name alone does not tell."""
    return f"{term.of.cls.__module__}.{show(term)}" if isinstance(term, Instance) else ""


def invariant_reason(target: Instance) -> str:
    """Why a subclass's container does not fit."""
    return f"{target.of.cls.__name__} is invariant"


def invariant_cure(target: Instance) -> str:
    """The read-only type that would fit."""
    name = _COVARIANT.get(target.of.cls.__name__)
    if name is None:
        return ""
    return f"{name}[{', '.join(map(show, target.args))}] would fit"


def _cure(source: Term, target: Term) -> str:
    match source, target:
        case Instance(), NewName(name):
            return f"{name}(...) makes one"
        case Instance(wide), Instance(narrow) if _is_narrowing(wide.cls, narrow.cls):
            return f"parse(..., {show(target)}) narrows it"
        case Instance(wide), Literal(of) if _is_base(wide.cls, of.of.cls):
            return f"parse(..., {show(target)}) narrows it"
        case _:
            return ""


def _is_narrowing(wide: type, narrow: type) -> bool:
    return wide is not narrow and _is_base(wide, narrow)


def _is_base(wide: type, narrow: type) -> bool:
    return any(base is wide for base in narrow.__mro__)  # by identity: a metaclass may define what == means
