"""Nodes become a document: what was declared, by name; what has no name that leads to it can't be written."""

from __future__ import annotations

from inspect import Parameter
from typing import Any

from syncra._documents._names import name_of, type_text
from syncra._documents._values import plain_value
from syncra._edges import SettledNodes
from syncra._nodes._choice import ChoiceNode
from syncra._nodes._connections import Connection, Fixed
from syncra._nodes._each import EachNode
from syncra._nodes._input import Input
from syncra._nodes._node import Node
from syncra._nodes._recovery import OutcomeNode, RecoverNode
from syncra._nodes._task import BaseTask
from syncra._nodes._views import View
from syncra._policy import Policy, Retry
from syncra._signature import MISSING
from syncra.errors import DeclarationError, DocumentError

__all__ = ["written"]


def written(settled: SettledNodes, name: str | None, where: str) -> dict[str, Any]:
    """The settled nodes as plain data.

    Raises:
        DocumentError: some of them can't be written; all are named.
    """
    writer = _Writer(settled)
    tables = writer.tables()
    DeclarationError.raise_all(where, writer.faults)
    named = {} if name is None else {"name": name}
    return {**named, "targets": writer.targets(), **tables}


class _Writer:
    """One writing: the key of each node, and what can't be written."""

    def __init__(self, settled: SettledNodes) -> None:
        self._settled = settled
        self._keys: dict[Node[Any], str] = {}
        self.faults: list[DeclarationError] = []
        taken: set[str] = set()
        # Tasks and inputs are first: their names are unique, and views have no claim to one of them.
        for node in sorted(settled, key=lambda each: not isinstance(each, (BaseTask, Input))):
            key, number = node.name, 1
            while key in taken:
                number += 1
                key = f"{node.name} {number}"
            taken.add(key)
            self._keys[node] = key

    def targets(self) -> list[str]:
        """The nodes that no other one needs."""
        needed = {source for known in self._settled.values() for source in known.sources}
        return [self._keys[node] for node in self._settled if node not in needed]

    def tables(self) -> dict[str, dict[str, Any]]:
        """The entries of all nodes, by table and key."""
        tables: dict[str, dict[str, Any]] = {}
        for node in self._settled:
            try:
                table, entry = self._entry(node)
            except DeclarationError as fault:
                self.faults.append(DocumentError(f"{node.describe()}: {fault}"))
            else:
                tables.setdefault(table, {})[self._keys[node]] = entry
        return tables

    def _entry(self, node: Node[Any]) -> tuple[str, dict[str, Any]]:
        sources = [self._keys[each] for each in self._settled[node].sources]
        match node:
            case Input():
                return "inputs", _input(node)
            case BaseTask():
                return "tasks", self._task(node, node, sources)
            case EachNode():
                return "tasks", self._fan_out(node)
            case ChoiceNode():
                return _choice(node, sources)
            case RecoverNode():
                return "recover", _recovery(node, sources)
            case OutcomeNode():
                return "outcome", {"node": sources[0]}
            case View():
                return _view(node, sources[0])
            case _:
                raise DocumentError(f"a {type(node).__name__} can't be written")

    def _task(self, node: Node[Any], template: BaseTask[..., Any], sources: list[str]) -> dict[str, Any]:
        connections = [*zip(node.wiring.connections, sources, strict=True)]
        entry: dict[str, Any] = {"function": name_of(template.function)}
        if template.name != self._keys[node]:
            entry["name"] = template.name
        dependencies = _dependencies([each for each in connections if each[0].takes == "value"])
        fixed = [each for each in template.wiring.fixed if _is_own(template, each)]
        arguments = {each.parameter: _argument(template, each) for each in fixed}
        after = [key for connection, key in connections if connection.parameter is None]
        entry |= {"dependencies": dependencies} if dependencies else {}
        entry |= {"arguments": arguments} if arguments else {}
        entry |= {"after": after} if after else {}
        return entry | _policy(template.policy)

    def _fan_out(self, node: EachNode[Any]) -> dict[str, Any]:
        sources = [self._keys[each] for each in self._settled[node].sources]
        entry = self._task(node, node.template, sources)
        entry["over"] = [self._keys[each] for each in node.over]
        entry |= {} if node.max_concurrency is None else {"max_concurrency": node.max_concurrency}
        return entry | ({"outcomes": True} if node.keeps_outcomes else {})


def _input(node: Input[Any]) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": type_text(node.result_type)}
    return entry if node.default is MISSING else entry | {"default": plain_value(node.default, node.result_type)}


def _dependencies(connections: list[tuple[Connection, str]]) -> dict[str, str] | list[str]:
    """By parameter; in order, where some of them go into *args."""
    named = [(each.parameter, key) for each, key in connections if each.parameter is not None]
    if any(parameter.startswith("*") for parameter, _ in named):
        return [key for _, key in named]
    return dict(named)


def _is_own(task: BaseTask[..., Any], fixed: Fixed) -> bool:
    """Whether it was given as an argument, and is no default that has to be passed because of what follows it."""
    parameter = task.signature.parameter(fixed.parameter)
    return parameter is None or fixed.value is not parameter.default


def _argument(task: BaseTask[..., Any], fixed: Fixed) -> Any:  # Any: as JSON has it
    parameter = task.signature.parameter(fixed.parameter)
    try:
        return plain_value(fixed.value, Parameter.empty if parameter is None else parameter.hint)
    except DocumentError as fault:
        raise DocumentError(f"argument {fixed.parameter!r}: {fault}") from None


def _policy(policy: Policy) -> dict[str, Any]:
    entry: dict[str, Any] = {} if policy.retry is None else {"retries": _retries(policy.retry)}
    entry |= {} if policy.timeout is None else {"timeout": policy.timeout}
    entry |= {"offload": True} if policy.offload else {}
    return entry | ({} if policy.cost == 1 else {"cost": policy.cost})


def _retries(retry: Retry) -> int | dict[str, Any]:
    if retry == Retry(retry.count):
        return retry.count
    shown = {"count": retry.count, "delay": retry.delay, "backoff": retry.backoff, "jitter": retry.jitter}
    return {**shown, "max_delay": retry.max_delay, "on": _exceptions(retry.on)}


def _exceptions(kinds: type[BaseException] | tuple[type[BaseException], ...]) -> list[str]:
    return [type_text(each) for each in (kinds if isinstance(kinds, tuple) else (kinds,))]


def _choice(node: ChoiceNode[Any], sources: list[str]) -> tuple[str, dict[str, Any]]:
    if node.cases is None:
        return "choose", dict(zip(("condition", "then", "otherwise"), sources, strict=True))
    key, *names = sources
    if all(type(each) is str for each in node.cases):
        return "switch", {"key": key, "cases": dict(zip(node.cases, names, strict=True))}
    for value in node.cases:
        if type(value) not in (str, int, float, bool, type(None)):
            raise DocumentError(f"the case {value!r:.40} can't be written")
    return "switch", {
        "key": key,
        "cases": [{"when": when, "then": then} for when, then in zip(node.cases, names, strict=True)],
    }


def _recovery(node: RecoverNode[Any], sources: list[str]) -> dict[str, Any]:
    entry: dict[str, Any] = {"node": sources[0], "on": _exceptions(node.absorbs)}
    if len(sources) > 1:
        return entry | {"fallback": sources[1]}
    return entry | {"value": plain_value(node.fallback, Parameter.empty)}


def _view(node: View[Any], source: str) -> tuple[str, dict[str, Any]]:
    kind, value = node.made_by
    match kind:
        case "parse":
            return kind, {"node": source, "type": type_text(value)}
        case "unpack":
            return kind, {"node": source, "item": value}
        case _:
            return kind, {"node": source}
