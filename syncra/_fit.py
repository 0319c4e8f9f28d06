"""Whether what the sources of a node give fits where it goes, and what the node gives then."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import Parameter

from syncra._nodes import Connection, Fixed, Node, Settled
from syncra._relation import Answer, Fit, assignable, has_variables, solve, substitute, type_name
from syncra.errors import DependencyTypeError

__all__ = ["fit"]

_NO_ANNOTATION = Answer(Fit.CHECKED, "the parameter has no annotation")


def fit(
    node: Node[object],
    connections: Sequence[Connection],
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
        connections: with the hints of the parameters as they are known now.
        sources: the node that each connection leads from.
        types: the types of these.
        result_type: what the node says it gives.
        fixed: parameters with fixed values, and their hints.
    """
    hints = [each.hint for each in connections]
    if any(map(has_variables, (result_type, *hints))):
        joined = zip(types, hints, connections, strict=True)
        pairs = [(given, hint) for given, hint, each in joined if each.parameter is not None]
        pairs += [(type(each.value), hint) for each, hint in fixed]
        solution = solve(pairs)
        hints = [substitute(hint, solution) for hint in hints]
        result_type = substitute(result_type, solution)
    answers: list[Answer | None] = []
    faults: list[DependencyTypeError] = []
    for connection, source, given, hint in zip(connections, sources, types, hints, strict=True):
        answer = None if connection.parameter is None else _answer(given, hint)
        answers.append(answer)
        if answer is not None and answer.fit is Fit.REJECTED:
            faults.append(_refusal(node, connection, source, given, hint, answer))
    return Settled(result_type, tuple(sources), tuple(hints), tuple(answers)), faults


def _answer(given: object, hint: object) -> Answer:
    # Without an annotation a parameter accepts as Any does, but nobody has said that it should.
    return _NO_ANNOTATION if hint is Parameter.empty else assignable(given, hint)


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
