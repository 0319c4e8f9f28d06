"""Callables: whether every call that the target allows is one that the source takes.

Specification: "Callables", "Assignability rules for callables", "ParamSpec".
"""

from __future__ import annotations

from collections.abc import Iterator

from syncra._relation._findings import Compare, Doubt, Finding, Mismatch, first_fault
from syncra._relation._names import counted, show
from syncra._relation._terms import Function, Gradual, Kind, Overloaded, Parameter, Parameters, Variable

__all__ = ["function_fits", "parameters_fit"]


def function_fits(compare: Compare, source: Function | Overloaded, target: Function | Overloaded) -> Finding:
    """Whether a callable fits; of overloads some must take what each overload of the target allows."""
    if isinstance(target, Overloaded):
        return first_fault(function_fits(compare, source, item) for item in target.items)
    if isinstance(source, Overloaded):
        findings = [_one_fits(compare, item, target) for item in source.items]
        if any(finding is None for finding in findings):
            return None
        return next((each for each in findings if isinstance(each, Doubt)), findings[-1])
    return _one_fits(compare, source, target)


def _one_fits(compare: Compare, source: Function, target: Function) -> Finding:
    found = parameters_fit(compare, source.parameters, target.parameters)
    if isinstance(found, Mismatch) and found.source is source.parameters:
        return Mismatch(source, target, found.why, found.cure)
    return first_fault((found, compare.fits(source.returns, target.returns)))


def _takes(compare: Compare, given: Parameter, wanted: Parameter) -> Finding:
    """Whether a parameter of the source takes what a parameter of the target may be given."""
    found = compare.against(wanted.term, given.term)
    if isinstance(found, Mismatch) and not found.why:
        return Mismatch(found.source, found.target, f"a parameter takes {show(given.term)}", found.cure)
    return found


def parameters_fit(compare: Compare, source: Parameters, target: Parameters) -> Finding:
    """Whether the source's parameters take all arguments that the target's do."""
    if isinstance(target.rest, Variable):
        return _fills(compare, source, target, target.rest)
    if isinstance(source.rest, Variable):
        return Mismatch(source, target, f"{source.rest.name} may be any parameters")
    if target.rest is not None:  # `...` takes whatever the source takes
        return first_fault(_pairwise(compare, source, target))
    if source.rest is not None:
        return first_fault((*_pairwise(compare, source, target), _any_call(compare, source.rest)))
    return first_fault(_Alignment(compare, source, target).findings())


def _any_call(compare: Compare, rest: Gradual | Variable) -> Finding:
    assert isinstance(rest, Gradual)
    return Doubt("`...` says nothing about parameters")


def _pairwise(compare: Compare, source: Parameters, target: Parameters) -> Iterator[Finding]:
    """The positional parameters both sides name, where one side goes on with `...`."""
    given, wanted = _positional(source), _positional(target)
    for mine, theirs in zip(given, wanted, strict=False):
        yield _takes(compare, mine, theirs)
        if theirs.kind is Kind.EITHER and mine.kind is not Kind.EITHER:
            yield Mismatch(source, target, f"it can't be called with {theirs.name}=")
    if source.rest is None and len(given) < len(wanted) and _of_kind(source, Kind.REST) is None:
        yield Mismatch(source, target, f"it takes {counted(len(given), 'argument')}, not {len(wanted)}")
    required = sum(each.required for each in given)
    if target.rest is None and len(wanted) < required:
        yield Mismatch(source, target, f"it needs {counted(required, 'argument')}")


def _fills(compare: Compare, source: Parameters, target: Parameters, hole: Variable) -> Finding:
    """`Callable[Concatenate[int, P], R]` as target: P is what is left after the first parameters."""
    given = _positional(source)
    count = len(target.items)
    if len(given) < count and source.rest is None and not any(item.kind is Kind.REST for item in source.items):
        return Mismatch(source, target, f"it takes {counted(len(given), 'argument')}, not {count}")
    left = Parameters(tuple(item for item in source.items if item not in given[:count]), source.rest)
    pairs = zip(target.items, given, strict=False)
    return first_fault((*(_takes(compare, mine, theirs) for theirs, mine in pairs), compare.fill(hole, left, target)))


def _positional(parameters: Parameters) -> list[Parameter]:
    return [item for item in parameters.items if item.kind in (Kind.POSITION, Kind.EITHER)]


class _Alignment:
    """Two closed parameter lists, aligned place by place."""

    def __init__(self, compare: Compare, source: Parameters, target: Parameters) -> None:
        self.compare, self.source, self.target = compare, source, target
        self.given, self.wanted = _positional(source), _positional(target)
        self.rest = _of_kind(source, Kind.REST)
        self.options = _of_kind(source, Kind.OPTIONS)
        self.by_name = {item.name: item for item in source.items if item.kind in (Kind.KEYWORD, Kind.EITHER)}
        self.used: set[str] = set()

    def findings(self) -> Iterator[Finding]:
        yield from map(self.position, range(len(self.wanted)))
        yield from self.left_over()
        yield self.rests()
        yield from self.keywords()
        yield self.all_options()

    def mismatch(self, why: str) -> Mismatch:
        return Mismatch(self.source, self.target, why)

    def position(self, index: int) -> Finding:
        wanted = self.wanted[index]
        if index >= len(self.given):
            return self.beyond(wanted)
        given = self.given[index]
        self.used.add(given.name)
        if wanted.kind is Kind.EITHER and (given.kind is not Kind.EITHER or given.name != wanted.name):
            return self.mismatch(f"it can't be called with {wanted.name}=")
        if given.required and not wanted.required:
            return self.mismatch(f"its parameter {given.name or index + 1} has no default")
        return _takes(self.compare, given, wanted)

    def beyond(self, wanted: Parameter) -> Finding:
        """A positional argument that only `*args` can take."""
        if self.rest is None:
            return self.mismatch(f"it takes {counted(len(self.given), 'argument')}, not {len(self.wanted)}")
        if wanted.kind is not Kind.EITHER:
            return _takes(self.compare, self.rest, wanted)
        by_name = self.by_name.get(wanted.name, self.options)
        if by_name is None:
            return self.mismatch(f"it can't be called with {wanted.name}=")
        self.used.add(wanted.name)
        takers = (self.rest, by_name)
        return first_fault(_takes(self.compare, taker, wanted) for taker in takers)

    def left_over(self) -> Iterator[Finding]:
        """The source's further positional parameters: optional, or given by name."""
        rest = _of_kind(self.target, Kind.REST)
        keywords = {item.name for item in self.target.items if item.kind is Kind.KEYWORD}
        for given in self.given[len(self.wanted) :]:
            if given.required and not (given.kind is Kind.EITHER and given.name in keywords):
                yield self.mismatch(f"it needs {counted(len(self.given), 'argument')}, not {len(self.wanted)}")
            elif rest is not None:
                yield _takes(self.compare, given, rest)

    def rests(self) -> Finding:
        wanted = _of_kind(self.target, Kind.REST)
        if wanted is None:
            return None
        if self.rest is None:
            return self.mismatch("it does not take *args")
        return _takes(self.compare, self.rest, wanted)

    def keywords(self) -> Iterator[Finding]:
        for wanted in self.target.items:
            if wanted.kind is Kind.KEYWORD:
                yield self.keyword(wanted)
        options = _of_kind(self.target, Kind.OPTIONS)
        for given in self.source.items:
            if given.kind is Kind.KEYWORD and given.name not in self.used:
                if given.required:
                    yield self.mismatch(f"it needs {given.name}=")
                elif options is not None:
                    yield _takes(self.compare, given, options)

    def keyword(self, wanted: Parameter) -> Finding:
        given = self.by_name.get(wanted.name)
        if given is None or given.name in self.used:
            if self.options is None:
                return self.mismatch(f"it can't be called with {wanted.name}=")
            return _takes(self.compare, self.options, wanted)
        self.used.add(given.name)
        if given.required and not wanted.required:
            return self.mismatch(f"its parameter {given.name} has no default")
        return _takes(self.compare, given, wanted)

    def all_options(self) -> Finding:
        wanted = _of_kind(self.target, Kind.OPTIONS)
        if wanted is None:
            return None
        if self.options is None:
            return self.mismatch("it does not take **options")
        return _takes(self.compare, self.options, wanted)


def _of_kind(parameters: Parameters, kind: Kind) -> Parameter | None:
    return next((item for item in parameters.items if item.kind is kind), None)
