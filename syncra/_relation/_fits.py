"""Whether one term fits another: the rules of assignability, each with the section that it comes from.

A comparison walks both terms at once. `flipped` says that values flow from the target's part to the source's
(parameters of callables, contravariant arguments): an Any or a constraint counts by the side it was written on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from syncra._relation._callables import function_fits, parameters_fit
from syncra._relation._classes import (
    ancestors_of,
    as_instance,
    has_unknown_base,
    is_protocol,
    is_typed_dict,
    literals_of,
    metaclass_of,
    solution_of,
)
from syncra._relation._constraints import satisfied, unmet
from syncra._relation._findings import Doubt, Finding, Mismatch, first_fault
from syncra._relation._hints import OBJECT, bound_of, constraints_of, instance
from syncra._relation._holes import Holes
from syncra._relation._members import constructor_of, instance_member
from syncra._relation._protocols import is_called_only, protocol_fits
from syncra._relation._records import record_fits
from syncra._relation._terms import (
    Alias,
    Atom,
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
    replace_variables,
    union_of,
)
from syncra._relation._tuples import tuple_fits
from syncra._relation._typeshed import class_of
from syncra._relation._variance import variances_of

__all__ = ["Comparison", "limit_fits"]

# Steps after which a comparison of hostile types is given up; the largest honest one seen takes a few hundred.
_MOST_STEPS: Final = 20_000
# A type that grows as it is unfolded never meets itself again.
_DEEPEST: Final = 120

# Specification: "Special cases for float and complex".
_PROMOTIONS: Final = ((class_of(int), (float, complex)), (class_of(float), (complex,)))
_TUPLE: Final = class_of(tuple)
_TYPE: Final = class_of(type)
_FUNCTION: Final = instance(type(lambda: None))


class Comparison:
    """One question under way; `holes` collects what the target's type variables stand for."""

    def __init__(self, holes: Holes | None = None) -> None:
        self.holes = holes
        self.flipped = False
        self._probing = False  # inside a structure of the target's: what is unknown there proves nothing
        self._open: set[tuple[Term, Term, bool]] = set()
        self._steps = 0
        self._depth = 0

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
        self.flipped = not self.flipped
        try:
            return self.fits(target, source)
        finally:
            self.flipped = not self.flipped

    def same(self, source: Term, target: Term) -> Finding:
        """Whether both fit each other, as an invariant place requires."""
        return first_fault((self.fits(source, target), self.against(target, source)))

    def varies(self, variance: str, source: Term, target: Term) -> Finding:
        """Whether type arguments agree under a variance."""
        if isinstance(source, Parameters) and isinstance(target, Parameters):
            forth = parameters_fit(self, source, target)
            return forth  # a ParamSpec is invariant, yet callables compare by what calls they take
        match variance:
            case "+":
                return self.fits(source, target)
            case "-":
                return self.against(target, source)
            case _:
                return self.same(source, target)

    def once(self, source: Term, target: Term, find: Callable[[], Finding]) -> Finding:
        """What `find` says; nothing where the same question is already being answered (a recursive type)."""
        question = (source, target, self.flipped)
        if question in self._open:
            return None
        self._open.add(question)
        before, self._probing = self._probing, self._probing or self.flipped
        try:
            return find()
        finally:
            self._probing = before
            self._open.discard(question)

    def fill(self, hole: Variable, source: Term, target: Term) -> Finding:
        """Take what a ParamSpec or TypeVarTuple of the target stands for."""
        if self.holes is not None and hole in self.holes:
            self.holes.fill(hole, source)
            return None
        return None if _stands_for(source, hole) else Mismatch(source, target)

    # ------------------------------------------------------------------ rules that hold for any kind of type

    def _fits(self, source: Term, target: Term) -> Finding:
        if isinstance(target, Variable) and self._is_hole(target):
            return self._fill(target, source)
        if isinstance(source, Variable) and self._is_hole(source):
            return self._fill_from(source, target)
        if isinstance(target, Gradual):
            return None if not self.flipped or isinstance(source, Gradual | Never) else Doubt(target.reason)
        if isinstance(source, Gradual):
            return self._gradual_fits(source, target)
        if source == target and not isinstance(target, Constrained):
            return None
        if isinstance(source, Alias) or isinstance(target, Alias):
            return self.once(source, target, lambda: self.fits(_unfolded(source), _unfolded(target)))
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
        return self._fits_plain(source, target)

    def _is_hole(self, variable: Variable) -> bool:
        return self.holes is not None and variable in self.holes

    def _fill(self, hole: Variable, source: Term) -> Finding:
        """The variable takes the source if its bound does, so that another member of a union may take it else."""
        assert self.holes is not None
        self.holes.lower(hole, source)
        return limit_fits(source, hole)

    def _fill_from(self, hole: Variable, target: Term) -> Finding:
        assert self.holes is not None
        self.holes.upper(hole, target)
        return None

    def _gradual_fits(self, source: Gradual, target: Term) -> Finding:
        """ "Any": assignable to and from every type; a proof only where every value fits anyway."""
        if (self.flipped and not self._probing) or self._takes_all(target):
            return None
        return Doubt(source.reason)

    def _takes_all(self, target: Term) -> bool:
        match target:
            case Instance(of):
                return of.cls is object or (is_protocol(of) and self._is_empty_protocol(target))
            case Union(members):
                return any(self._takes_all(member) or isinstance(member, Gradual) for member in members)
            case _:
                return False

    def _is_empty_protocol(self, target: Instance) -> bool:
        from syncra._relation._protocols import protocol_members

        return not protocol_members(target.of)

    def _constrained_fits(self, source: Term, target: Constrained) -> Finding:
        """ "Annotated": the type decides; what it says about values is left to the value, unless it is implied."""
        given: tuple[Atom, ...] = source.atoms if isinstance(source, Constrained) else ()
        bare = source.base if isinstance(source, Constrained) else source
        if self.flipped:
            return self.fits(bare, target.base)
        wanted = _unsatisfied(bare, target.atoms)
        missing = unmet(given, wanted)
        doubt = Doubt(f"{_shown_atom(missing)} is checked on the value") if missing is not None else None
        return first_fault((self.fits(bare, target.base), doubt))

    def _fits_union(self, source: Term, target: Union) -> Finding:
        """ "Union types": one member must take all of the source, or the members together its finitely many values."""
        members = sorted(target.members, key=self._is_open) if self.holes is not None else target.members
        findings: list[Finding] = []
        for member in members:
            finding = self._alternative(source, member)
            if finding is None:
                return None
            findings.append(finding)
        spread = _spread(source)
        if spread is not None:
            finding = first_fault(self.fits(each, target) for each in spread)
            if not isinstance(finding, Mismatch):
                return finding
        doubt = next((each for each in findings if isinstance(each, Doubt)), None)
        return doubt or self._union_mismatch(source, target, findings)

    def _alternative(self, source: Term, member: Term) -> Finding:
        if self.holes is None:
            return self.fits(source, member)
        mark = self.holes.mark()
        finding = self.fits(source, member)
        if isinstance(finding, Mismatch):
            self.holes.restore(mark)
        return finding

    def _is_open(self, member: Term) -> bool:
        return isinstance(member, Variable) and self._is_hole(member)

    def _union_mismatch(self, source: Term, target: Union, findings: list[Finding]) -> Finding:
        not_none = [each for each in target.members if each != _NONE]
        if len(not_none) == 1:  # T | None: what keeps it from T says more
            return findings[target.members.index(not_none[0])] if self.holes is None else Mismatch(source, target)
        return Mismatch(source, target)

    # ------------------------------------------------------------------ rules by the kind of the target

    def _fits_plain(self, source: Term, target: Term) -> Finding:
        if isinstance(source, Variable):
            return self._variable_fits(source, target)
        if isinstance(source, NewName):
            return None if source == target else self._new_name_fits(source, target)
        match target:
            case Variable():
                return Mismatch(source, target, f"{target.name} may be any type")
            case Literal():
                return self._fits_literal(source, target)
            case Tuple():
                return self._fits_tuple(source, target)
            case Function() | Overloaded():
                return self._fits_function(source, target)
            case TypeOf():
                return self._fits_type(source, target)
            case Instance():
                return self._fits_instance(source, target)
            case Parameters() if isinstance(source, Parameters):
                return parameters_fit(self, source, target)
            case _:
                return Mismatch(source, target)

    def _variable_fits(self, source: Variable, target: Term) -> Finding:
        """ "Generics": a variable is its upper bound, or all of its constraints."""
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
        """ "NewType": a subtype of what it was made from, and of nothing else."""
        if isinstance(target, NewName) and not isinstance(source.base, NewName):
            return Mismatch(source, target)
        found = self.fits(source.base, target)
        whole = isinstance(found, Mismatch) and found.source == source.base
        return Mismatch(source, target, found.why, found.cure) if whole and isinstance(found, Mismatch) else found

    def _fits_literal(self, source: Term, target: Literal) -> Finding:
        """ "Literals": the very value; an enum or bool with one value left is that value."""
        spread = _spread(source)
        if spread is not None and all(each == target for each in spread):
            return None
        return Mismatch(source, target)

    def _fits_tuple(self, source: Term, target: Tuple) -> Finding:
        if isinstance(source, Instance):
            base = ancestors_of(source.of).get(_TUPLE)
            if base is not None:
                source = replace_variables(base, solution_of(source))
        if isinstance(source, Tuple):
            return tuple_fits(self, source, target)
        return self._unknown_base(source) or Mismatch(source, target)

    def _fits_function(self, source: Term, target: Function | Overloaded) -> Finding:
        """ "Callables", "Callback protocols", "Constructors": anything that can be called may fit."""
        match source:
            case Function() | Overloaded():
                return function_fits(self, source, target)
            case TypeOf(Instance() as made):
                called = constructor_of(made)
            case TypeOf(Gradual(reason)):
                return Doubt(reason)
            case Instance() | Tuple() | Literal():
                member = instance_member(_fallback(source), "__call__")
                if member is None:
                    return self._unknown_base(source) or Mismatch(source, target, "it can't be called")
                called = member.term
            case _:
                return Mismatch(source, target)
        return self.once(source, target, lambda: self.fits(called, target))

    def _fits_type(self, source: Term, target: TypeOf) -> Finding:
        """ "type[]": class objects, covariant in their instances."""
        if isinstance(source, TypeOf):
            return self.fits(source.instance, target.instance)
        if isinstance(source, Instance) and _TYPE in ancestors_of(source.of):
            return self.fits(instance(object), target.instance) and Mismatch(source, target)
        return self._unknown_base(source) or Mismatch(source, target)

    def _fits_instance(self, source: Term, target: Instance) -> Finding:
        if target.of.cls is object:
            return None
        match source:
            case Instance():
                return self._nominal(source, target)
            case Literal() | Tuple():
                return self._nominal_or_structural(source, _fallback(source), target)
            case TypeOf(made):
                return self._class_object_fits(source, made, target)
            case Function() | Overloaded():
                if is_protocol(target.of):
                    return protocol_fits(self, source, target)
                if target == _FUNCTION:
                    return Doubt("what can be called need not be a plain function")
                return Mismatch(source, target)
            case _:
                return Mismatch(source, target)

    # ------------------------------------------------------------------ classes

    def _nominal_or_structural(self, source: Term, view: Instance, target: Instance) -> Finding:
        if isinstance(source, Tuple) and target.of not in ancestors_of(view.of) and is_protocol(target.of):
            return protocol_fits(self, source, target)
        found = self._nominal(view, target)
        whole = isinstance(found, Mismatch) and found.source == view
        return Mismatch(source, target, found.why, found.cure) if whole and isinstance(found, Mismatch) else found

    def _nominal(self, source: Instance, target: Instance) -> Finding:
        """ "Nominal subtyping" by the bases, else structure, else promotion."""
        if is_typed_dict(source.of) and is_typed_dict(target.of):
            return self.once(source, target, lambda: record_fits(self, source, target))
        base = ancestors_of(source.of).get(target.of)
        if isinstance(base, Tuple):
            base = as_instance(base)
        if isinstance(base, Instance):
            solution = solution_of(source)
            arguments = tuple(replace_variables(each, solution) for each in base.args)
            return self._arguments_fit(source, Instance(base.of, arguments), target)
        if is_protocol(target.of):
            return protocol_fits(self, source, target)
        if self._is_promoted(source, target):
            return None
        return self._unknown_base(source) or self._registered(source, target) or Mismatch(source, target)

    def _is_promoted(self, source: Instance, target: Instance) -> bool:
        """ "Special cases for float and complex": an int goes for a float, both go for a complex."""
        ancestors = ancestors_of(source.of)
        return any(base in ancestors and target.of.cls in wider for base, wider in _PROMOTIONS)

    def _arguments_fit(self, source: Instance, base: Instance, target: Instance) -> Finding:
        """ "Variance": each argument by the variance of its parameter."""
        for variance, given, wanted in zip(variances_of(target.of), base.args, target.args, strict=False):
            if variance and not isinstance(given, Parameters):
                finding = self.varies(variance, given, wanted)
            else:
                finding = self._invariant(source, target, given, wanted)
            if isinstance(finding, Mismatch):
                return finding
        return first_fault(map(self.varies, variances_of(target.of), base.args, target.args))

    def _invariant(self, source: Instance, target: Instance, given: Term, wanted: Term) -> Finding:
        forth = self.varies("+", given, wanted)
        if isinstance(forth, Mismatch):
            back = self.against(wanted, given)
            return forth if isinstance(back, Mismatch) else _invariance(source, target, given, wanted)
        finding = self.varies("", given, wanted)
        return _invariance(source, target, given, wanted) if isinstance(finding, Mismatch) else finding

    def _class_object_fits(self, source: TypeOf, made: Term, target: Instance) -> Finding:
        """ "type[]", "Protocols" (class objects): a class is an instance of its metaclass, with its own members."""
        match made:
            case Gradual():
                return self._nominal(Instance(_TYPE), target)
            case Union(members):
                return first_fault(self.fits(TypeOf(member), target) for member in members)
            case Variable():
                constraints = constraints_of(made)
                return first_fault(self.fits(TypeOf(each), target) for each in constraints or (bound_of(made),))
            case NewName(base=base) | Constrained(base=base):
                return self.fits(TypeOf(base), target)
            case Tuple():
                return self.fits(TypeOf(as_instance(made)), target)
            case Instance():
                meta = metaclass_of(made.of)
                if target.of in ancestors_of(meta.of):
                    return self._nominal(meta, target)
                return protocol_fits(self, source, target) if is_protocol(target.of) else Mismatch(source, target)
            case _:
                return Mismatch(source, target)

    def _unknown_base(self, source: Term) -> Finding:
        if isinstance(source, Instance) and has_unknown_base(source.of):
            return Doubt(f"a base of {source.of.cls.__name__} is not known")
        return None

    def _registered(self, source: Instance, target: Instance) -> Finding:
        """A class registered with an ABC: type checkers don't see it, stubs may."""
        is_abstract = type(target.of.cls).__name__ == "ABCMeta"
        if is_abstract and not is_typed_dict(source.of) and issubclass(source.of.cls, target.of.cls):
            return Doubt(f"{source.of.cls.__name__} is registered with {target.of.cls.__name__}, not derived from it")
        return None


def limit_fits(solved: Term, variable: Variable) -> Finding:
    """ "Generics": whether a type is below the bound of a variable, or one of its constraints."""
    if variable.sort:
        return None
    constraints = constraints_of(variable)
    if not constraints:
        return Comparison().fits(solved, bound_of(variable))
    own = constraints_of(solved) if isinstance(solved, Variable) else ()
    if own and all(each in constraints for each in own):
        return None
    findings = [Comparison().fits(solved, each) for each in constraints]
    if not any(isinstance(finding, Mismatch) for finding in findings):
        return findings[0]  # Any, or Never
    fitting = [finding for finding in findings if not isinstance(finding, Mismatch)]
    return fitting[0] if fitting else Mismatch(solved, union_of(constraints), f"the types that {variable.name} may be")


_NONE: Final = instance(type(None))


def _unfolded(term: Term) -> Term:
    return term.unfold() if isinstance(term, Alias) else term


def _spread(source: Term) -> tuple[Term, ...] | None:
    """The finitely many values of bool or an enum (specification: "Enumerations", "Literals")."""
    if isinstance(source, Literal):
        return None
    if isinstance(source, Instance):
        return literals_of(source.of) or None
    if isinstance(source, Variable) and not isinstance(source.key, str):
        return constraints_of(source) or (bound_of(source),)
    if isinstance(source, TypeOf) and isinstance(source.instance, Union):
        return tuple(TypeOf(member) for member in source.instance.members)
    return None


def _fallback(source: Instance | Tuple | Literal) -> Instance:
    match source:
        case Literal(of):
            return of
        case Tuple():
            return as_instance(source)
        case _:
            return source


def _stands_for(source: Term, hole: Variable) -> bool:
    match source:
        case Parameters((), rest):
            return rest == hole or isinstance(rest, Gradual)
        case Tuple((), middle, ()):
            return middle == hole
        case _:
            return source == hole


def _unsatisfied(source: Term, wanted: tuple[Atom, ...]) -> tuple[Atom, ...]:
    """The constraints that a literal does not meet by itself."""
    if not isinstance(source, Literal):
        return wanted
    return tuple(atom for atom in wanted if not satisfied(source.value, atom))


def _shown_atom(atom: Atom) -> str:
    return f"Field({atom.shown})" if "=" in atom.shown else atom.shown


def _invariance(source: Instance, target: Instance, given: Term, wanted: Term) -> Mismatch:
    from syncra._relation._reasons import invariant_cure, invariant_reason

    return Mismatch(source, target, lambda: invariant_reason(target), lambda: invariant_cure(target))


