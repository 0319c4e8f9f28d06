"""Whether what the sources of a node give fits where it goes, and what the node gives then."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import Parameter

from syncra._nodes._connections import Connection, Fixed, Wiring
from syncra._nodes._node import Node, Settled
from syncra._relation import Answer, Fit, assignable, has_variables, solve, substitute, type_name
from syncra._signature import MISSING
from syncra.errors import DependencyTypeError

__all__ = ["fit"]

_NO_ANNOTATION = Answer(Fit.CHECKED, "the parameter has no annotation")


def fit(
    node: Node[object],
    wiring: Wiring,
    sources: Sequence[Node[object]],
    types: Sequence[object],
    *,
    result_type: object,
    fixed: Sequence[tuple[Fixed, object]] = (),
) -> tuple[Settled, list[DependencyTypeError]]:
    """The settled form of a node, and one fault for each edge whose types do not fit.

    Type variables in the parameters are solved by what the sources give, and put into the result's type.

    Args:
        node: whose edges these are.
        wiring: with the hints of the parameters as they are known now.
        sources: the node that each connection leads from.
        types: the types of these; MISSING where it is not known yet, and nothing is asked.
        result_type: what the node says it gives.
        fixed: parameters with fixed values, and their hints.
    """
    hints = wiring.hints
    if wiring.is_generic or has_variables(result_type):
        solved = _Solved([*_given_and_wanted(wiring, types), *((type(each.value), hint) for each, hint in fixed)])
        result_type = substitute(result_type, solved.solution)
        judged = [
            (each.hint, None) if _is_unasked(each, given) else solved.judged(given, each.hint)
            for each, given in zip(wiring.connections, types, strict=True)
        ]
        hints, answers = tuple([hint for hint, _ in judged]), tuple([answer for _, answer in judged])
    else:
        answers = tuple(map(_answer, wiring.connections, types))
        if answers == wiring.proven:  # as nearly always: tasks wired alike share what is known of them
            return Settled(result_type, tuple(sources), hints, wiring.proven), []
    faults = [
        _refusal(node, connection, source, given, want, answer)
        for connection, source, given, want, answer in zip(
            wiring.connections, sources, types, hints, answers, strict=True
        )
        if answer is not None and answer.fit is Fit.REJECTED
    ]
    return Settled(result_type, tuple(sources), hints, answers), faults


def _is_unasked(connection: Connection, given: object) -> bool:
    return connection.parameter is None or given is MISSING


def _given_and_wanted(wiring: Wiring, types: Sequence[object]) -> list[tuple[object, object]]:
    joined = zip(wiring.connections, types, strict=True)
    return [(given, each.hint) for each, given in joined if not _is_unasked(each, given)]


def _answer(connection: Connection, given: object) -> Answer | None:
    return None if _is_unasked(connection, given) else _judged(given, connection.hint)


def _judged(given: object, hint: object) -> Answer:
    """Whether what is given fits what is wanted."""
    # Without an annotation a parameter accepts as Any does, but nobody has said that it should.
    return _NO_ANNOTATION if hint is Parameter.empty else assignable(given, hint)


class _Solved:
    """The type variables of one task, solved by all that its parameters are given.

    Attributes:
        solution: the hint that each of them stands for.
    """

    def __init__(self, pairs: Sequence[tuple[object, object]]) -> None:
        self.solution = solve(pairs)
        answers = {each: assignable(solved, each) for each, solved in self.solution.items() if _is_limited(each)}
        self._unproven = {each: answer for each, answer in answers.items() if answer.fit is not Fit.PROVEN}
        self._has_culprit = bool(self._unproven) and any(assignable(*each).fit is Fit.REJECTED for each in pairs)

    def judged(self, given: object, hint: object) -> tuple[object, Answer]:
        """What is wanted, and whether what is given fits it within the limits of its variables."""
        want = substitute(hint, self.solution)
        answer = _judged(given, want)
        variables = _variables(hint)  # or whatever else the hint is, which need not have a hash
        beyond = [answer for limited, answer in self._unproven.items() if any(limited is each for each in variables)]
        if answer.fit is Fit.REJECTED or not beyond:
            return want, answer
        refused = next((each for each in beyond if each.fit is Fit.REJECTED), None)
        if refused is not None:
            return hint, assignable(given, hint) if self._has_culprit else refused
        limits = {each: solved for each, solved in self.solution.items() if each not in self._unproven}
        return substitute(hint, limits), beyond[0]


def _is_limited(variable: object) -> bool:
    return getattr(variable, "__bound__", None) is not None or bool(getattr(variable, "__constraints__", ()))


def _variables(hint: object) -> tuple[object, ...]:
    found: tuple[object, ...] = getattr(hint, "__parameters__", ())
    return found or (hint,)


def _refusal(
    node: Node[object], connection: Connection, source: Node[object], given: object, wanted: object, answer: Answer
) -> DependencyTypeError:
    part = {"value": "", "items": "an item of ", "option": ""}[connection.takes]
    came_from = f" ({source.place})" if source.place else ""
    declared = f" (declared at {node.place})" if node.place else ""
    return DependencyTypeError(
        f"{node.describe()} cannot take {part}{source.describe()} as parameter {connection.parameter!r}:\n"
        f"  it gets   {type_name(given)}  from {part}{source.describe()}{came_from}\n"
        f"  it wants  {type_name(wanted)}{declared}\n"
        f"  {answer.reason}",
        source=source.name,
        target=node.name,
        parameter=connection.parameter or "",
        reason=answer.reason,
    )
