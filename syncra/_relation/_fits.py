"""Whether one term fits another: rules that hold for types of any kind, and the way to those for one kind.

A comparison walks both terms at once. While it is flipped, values flow from the target's part to the source's
(parameters of callables, contravariant arguments): an Any or a constraint counts by the side that it was
written on. Specification: "Type system concepts" (assignability), "Union types", "Annotated", "Generics",
"NewType", "Literals".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from syncra._relation._callables import parameters_fit
from syncra._relation._constraints import satisfied, unmet
from syncra._relation._findings import Doubt, Finding, Mismatch, first_fault
from syncra._relation._hints import bound_of, constraints_of, instance
from syncra._relation._holes import Holes
from syncra._relation._instances import called_fits, fits_tuple, instance_fits, type_fits
from syncra._relation._names import show
from syncra._relation._parts import spread, stands_for, takes_all
from syncra._relation._terms import (
    Alias,
    Constrained,
    Function,
    Gradual,
    Instance,
    Literal,
    Never,
    NewName,
    Overloaded,
    Parameters,
    Term,
    Tuple,
    TypeOf,
    Union,
    Variable,
    union_of,
)

__all__ = ["Comparison", "limit_fits"]

Question: TypeAlias = tuple[Term, Term, bool, bool]

# Steps after which a comparison is given up; the largest honest one seen took a few hundred.
_MOST_STEPS: Final = 10_000
# A type that grows as it is unfolded never meets itself again.
_DEEPEST: Final = 50
_NONE: Final = instance(type(None))


class Comparison:
    """One question under way.

    Args:
        holes: collects what the target's type variables stand for; without, they are types of their own.
        resolved: all names of both types exist; else types that are written alike need not be the same.
    """

    def __init__(self, holes: Holes | None = None, *, resolved: bool = True) -> None:
        self._holes = holes
        self._resolved = resolved
        self._flipped = False
        self._probing = False  # inside a structure of the target's: what is unknown there proves nothing
        self._steps = self._depth = 0
        self._open: set[tuple[Term, Term, bool]] = set()
        self._assumed = 0  # how often an open question was taken for granted
        self._answered: dict[Question, Finding] = {}
        self._resting: dict[Question, None] = {}  # which of the answers rest on a question that is still open
        self._members: dict[int, tuple[Union, frozenset[Term]]] = {}  # the union is kept, and so its id stays its own

    def fits(self, source: Term, target: Term) -> Finding:
        """Whether a source fits a target."""
        self._steps += 1
        if self._steps > _MOST_STEPS or self._depth > _DEEPEST:
            return Doubt("the types are too large to be compared")
        self._depth += 1
        try:
            return self._fits(source, target)
        finally:
            self._depth -= 1

    def against(self, target: Term, source: Term) -> Finding:
        """Whether part of the target fits part of the source: where values flow the other way."""
        self._flipped = not self._flipped
        try:
            return self.fits(target, source)
        finally:
            self._flipped = not self._flipped

    def same(self, source: Term, target: Term) -> Finding:
        """Whether both fit each other, as an invariant place requires."""
        return first_fault((self.fits(source, target), self.against(target, source)))

    def once(self, source: Term, target: Term, find: Callable[[], Finding]) -> Finding:
        """What `find` says; nothing where the same question is already being answered (a recursive type)."""
        question = (source, target, self._flipped)
        if question in self._open:
            self._assumed += 1
            return None
        self._open.add(question)
        before, self._probing = self._probing, self._probing or self._flipped
        resting = len(self._resting)
        finding: Finding = None
        try:
            finding = find()
            return finding
        finally:
            self._probing = before
            self._open.discard(question)
            self._settle(resting, holds=finding is None)

    def _settle(self, resting: int, *, holds: bool) -> None:
        """Forget the answers that were given since a question was opened, if it does not hold as was assumed."""
        while not holds and len(self._resting) > resting:
            question, _ = self._resting.popitem()
            del self._answered[question]
        if not self._open:
            self._resting.clear()

    def fill(self, hole: Variable, source: Term, target: Term) -> Finding:
        """Take what a ParamSpec or TypeVarTuple of the target stands for."""
        if self._holes is not None and hole in self._holes:
            self._holes.fill(hole, source)
            return None
        return None if stands_for(source, hole) else Mismatch(source, target)

    # ------------------------------------------------------------------ types of any kind

    def _fits(self, source: Term, target: Term) -> Finding:
        if self._holes is not None and isinstance(target, Variable) and target in self._holes:
            return self._fill(self._holes, target, source)
        if self._holes is not None and isinstance(source, Variable) and source in self._holes:
            self._holes.upper(source, target)
            return limit_fits(target, source) if constraints_of(source) else None
        if isinstance(target, Gradual) or isinstance(source, Gradual):
            return self._gradual_fits(source, target)
        if self._resolved and source == target and not isinstance(target, Constrained):
            return None
        if isinstance(source, Alias) or isinstance(target, Alias):
            return self.once(source, target, lambda: self.fits(_unfolded(source), _unfolded(target)))
        return self._fits_known(source, target)

    def _fits_known(self, source: Term, target: Term) -> Finding:
        if isinstance(source, Never):
            return None
        if isinstance(source, Union):
            return first_fault(self.fits(member, target) for member in source.members)
        if isinstance(target, Constrained):
            return self._constrained_fits(source, target)
        if isinstance(source, Constrained):
            return self.fits(source.base, target)
        if isinstance(target, Union):
            return self._fits_union(source, target)
        return self._fits_once(source, target)

    def _fill(self, holes: Holes, hole: Variable, source: Term) -> Finding:
        """The variable takes the source if its bound does; else another member of a union may."""
        holes.lower(hole, source)
        return limit_fits(source, hole)

    def _gradual_fits(self, source: Term, target: Term) -> Finding:
        """Section "Any": assignable both ways; a proof where the target says it, or where every value fits."""
        if isinstance(target, Gradual):
            if self._flipped and isinstance(source, Gradual) and not source.unknown:
                return None  # the target said Any
            known = not target.unknown and (not self._flipped or isinstance(source, Never))
            return None if known else Doubt(target.reason)
        assert isinstance(source, Gradual)
        if takes_all(target) or (self._flipped and not self._probing and not source.unknown):
            return None
        return Doubt(source.reason if source.reason != "Any" else f"Any need not be {show(target)}")

    def _constrained_fits(self, source: Term, target: Constrained) -> Finding:
        """Section "Annotated": the type decides; what it says about values is left to them, unless it is implied."""
        given = source.atoms if isinstance(source, Constrained) else ()
        plain = source.base if isinstance(source, Constrained) else source
        fitting = self.fits(plain, target.base)
        if self._flipped or isinstance(fitting, Mismatch):
            return fitting
        wanted = target.atoms
        if isinstance(plain, Literal):
            wanted = tuple(atom for atom in wanted if not satisfied(plain.value, atom))
        missing = unmet(given, wanted)
        return fitting if missing is None else fitting or Doubt(f"{missing.shown} is checked on the value")

    # ------------------------------------------------------------------ unions

    def _fits_union(self, source: Term, target: Union) -> Finding:
        """Section "Union types": one member takes all of the source, or the members together its finite values."""
        if self._is_member(source, target):
            return None
        findings: list[Finding] = []
        for member in self._by_certainty(target):
            finding = self._alternative(source, member)
            if finding is None:
                return None
            findings.append(finding)
        parts = spread(source)
        together = first_fault(self.fits(each, target) for each in parts) if parts else Mismatch(source, target)
        if not isinstance(together, Mismatch):
            return together
        doubt = next((each for each in findings if isinstance(each, Doubt)), None)
        return doubt or self._union_mismatch(source, target, findings)

    def _is_member(self, source: Term, target: Union) -> bool:
        known = self._members.get(id(target))
        if known is None:
            known = self._members[id(target)] = (target, frozenset(target.members))
        return source in known[1]

    def _by_certainty(self, target: Union) -> list[Term]:
        """Members that are to be solved come last: `int | None` fits `T | None` with T = int."""
        holes = self._holes
        if holes is None:
            return list(target.members)
        return sorted(target.members, key=lambda each: isinstance(each, Variable) and each in holes)

    def _alternative(self, source: Term, member: Term) -> Finding:
        if self._holes is None:
            return self.fits(source, member)
        mark = self._holes.mark()
        finding = self.fits(source, member)
        if isinstance(finding, Mismatch):
            self._holes.restore(mark)
        return finding

    def _union_mismatch(self, source: Term, target: Union, findings: list[Finding]) -> Finding:
        """For `T | None` what keeps the source from T says more than that it is not the union."""
        found = [each for each, member in zip(findings, self._by_certainty(target), strict=True) if member != _NONE]
        return found[0] if len(found) == 1 else Mismatch(source, target)

    # ------------------------------------------------------------------ types of one kind

    def _fits_once(self, source: Term, target: Term) -> Finding:
        """Ask once: invariant places ask both ways at each level, which would double and double."""
        question = (source, target, self._flipped, self._probing)
        if question in self._answered:
            self._assumed += question in self._resting
            return self._answered[question]
        assumed = self._assumed
        finding = self._fits_kind(source, target)
        if self._holes is None:
            self._answered[question] = finding
            # What does not fit although the best was assumed never does.
            if self._assumed > assumed and not isinstance(finding, Mismatch):
                self._resting[question] = None
        return finding

    def _fits_kind(self, source: Term, target: Term) -> Finding:  # noqa: C901  a case a kind of term
        if isinstance(source, Variable):
            return self._variable_fits(source, target)
        if isinstance(source, NewName):
            return self._new_name_fits(source, target)
        match target:
            case Variable():
                return Mismatch(source, target, f"{target.name} may be any type")
            case Literal():
                return _literal_fits(source, target)
            case Tuple():
                return fits_tuple(self, source, target)
            case Function() | Overloaded():
                return called_fits(self, source, target)
            case TypeOf():
                return type_fits(self, source, target)
            case Instance():
                return instance_fits(self, source, target)
            case Parameters() if isinstance(source, Parameters):
                return parameters_fit(self, source, target)
            case _:
                return Mismatch(source, target)

    def _variable_fits(self, source: Variable, target: Term) -> Finding:
        """Section "Generics": a variable is its upper bound, or all of its constraints."""
        if isinstance(target, Variable) and target.key == source.key:
            return None
        if isinstance(source.key, str):
            return Doubt(f"{source.name} is not solved")
        constraints = constraints_of(source)
        found = first_fault(self.fits(each, target) for each in constraints or (bound_of(source),))
        if isinstance(found, Mismatch) and not constraints:
            return Mismatch(source, target, f"{source.name} may be any type below its bound")
        return found

    def _new_name_fits(self, source: NewName, target: Term) -> Finding:
        """Section "NewType": a subtype of what it was made from, and of nothing else."""
        if isinstance(target, NewName) and not isinstance(source.base, NewName):
            return Mismatch(source, target)
        found = self.fits(source.base, target)
        if isinstance(found, Mismatch) and found.source == source.base:
            return Mismatch(source, target, found.why, found.cure)
        return found


def _literal_fits(source: Term, target: Literal) -> Finding:
    """Section "Literals": the very value; an enum or bool with one value left is that value."""
    values = spread(source)
    return None if values and all(each == target for each in values) else Mismatch(source, target)


def limit_fits(solved: Term, variable: Variable) -> Finding:
    """Section "Generics": whether a type is below the bound of a variable, or one of its constraints."""
    if variable.sort:
        return None
    constraints = constraints_of(variable)
    if not constraints:
        return Comparison().fits(solved, bound_of(variable))
    own = constraints_of(solved) if isinstance(solved, Variable) else ()
    if own and all(each in constraints for each in own):
        return None
    fitting = [each for each in constraints if not isinstance(Comparison().fits(solved, each), Mismatch)]
    if not fitting:
        return Mismatch(solved, union_of(constraints), f"{variable.name} is one of these types")
    return Comparison().fits(solved, fitting[0])


def _unfolded(term: Term) -> Term:
    return term.unfold() if isinstance(term, Alias) else term
