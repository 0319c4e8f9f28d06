"""A document becomes nodes: built in the order of their needs, each declared as a decorated one is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Protocol, cast

from pydantic import ValidationError

from syncra._documents._model import (
    ChooseEntry,
    Document,
    InputEntry,
    Keys,
    NodeEntry,
    ParseEntry,
    RecoverEntry,
    RetryEntry,
    SwitchEntry,
    TaskEntry,
    UnpackEntry,
)
from syncra._documents._names import exception_of, object_of, type_of
from syncra._documents._values import value_of
from syncra._nodes._choice import choose, switch
from syncra._nodes._each import each, each_outcome
from syncra._nodes._input import Input
from syncra._nodes._node import Node
from syncra._nodes._recovery import outcome, recover
from syncra._nodes._task import declare, is_task
from syncra._nodes._views import parse, unchecked, unpack
from syncra._policy import Retry
from syncra._signature import as_callable, read_signature
from syncra._topology import Cycle, dependencies_first
from syncra.errors import CycleError, DeclarationError, DependencyTypeError, DocumentError, suggestion

__all__ = ["read_document"]

Line = Callable[[Keys], "int | None"]


class Entry(Protocol):
    """What stands under a name, whatever it makes."""

    def sources(self) -> Iterator[tuple[Keys, str]]: ...


def read_document(data: Mapping[str, Any], line: Line, where: str) -> tuple[list[Node[Any]], str | None]:
    """The nodes that the document's graph is made of, and its name.

    Args:
        data: plain data.
        line: tells the line of a place, where that is known.
        where: what messages call it.

    Raises:
        DeclarationError: something in it is wrong; all faults at once, each with its place.
        CycleError: a node needs itself.
    """
    if not isinstance(data, Mapping):
        raise DocumentError(f"{where}: a graph is a table, not a {type(data).__name__}")
    faults: list[DeclarationError] = []
    lost: list[str] = []
    try:
        document = Document.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_url=False)
        faults += [_structural(dict(each), line) for each in found]
        document, lost = _rest(data, [each["loc"] for each in found])
    reader = _Reader(document, line, lost)
    nodes = reader.nodes()
    DeclarationError.raise_all(where, [*faults, *reader.faults])
    return nodes, document.name


def _rest(data: Mapping[str, Any], places: list[Keys]) -> tuple[Document, list[str]]:
    """The document without the entries in which something is wrong, and the names of these."""
    wrong = {keys[:2] for keys in places}
    rest: dict[str, dict[str, object]] = {}
    for table, found in data.items():
        if isinstance(found, Mapping) and (table,) not in wrong:
            entries = cast("Mapping[str, object]", found)  # cast: looked at by the model
            rest[table] = {name: each for name, each in entries.items() if (table, name) not in wrong}
    return Document.model_validate(rest), [str(keys[1]) for keys in wrong if len(keys) > 1]


def _structural(error: Mapping[str, Any], line: Line) -> DocumentError:
    keys = tuple(error["loc"])
    if error["type"] == "extra_forbidden":
        near = suggestion(keys[0], Document.model_fields) if len(keys) == 1 else ""
        return DocumentError(f"nothing is known by this name{near}").at(keys, line(keys))
    message = str(error["msg"])
    return DocumentError(message[:1].lower() + message[1:]).at(keys, line(keys))


class _Reader:
    """One reading: the nodes so far, and what was wrong."""

    def __init__(self, document: Document, line: Line, lost: list[str]) -> None:
        self._document = document
        self._line = line
        self._places: dict[str, Keys] = {}
        self._entries: dict[str, Entry] = {}
        self._made: dict[str, Node[Any]] = {}
        for name in lost:
            self._places[name] = ()
            self._stand_in(name)
        self.faults: list[DeclarationError] = []

    def nodes(self) -> list[Node[Any]]:
        """The targets; stand-ins where something is wrong."""
        document = self._document
        for name, entry in document.inputs.items():
            self._places[name] = ("inputs", name)
            self._make(name, partial(self._input, name, entry))
        for table in ("tasks", "choose", "switch", "recover", "outcome", "parse", "unchecked", "unpack"):
            entries: dict[str, Entry] = getattr(document, table)
            for name, found in entries.items():
                if name in self._places:
                    other = ".".join(map(str, self._places[name]))
                    self._add(DocumentError(f"{other} has this name too; names are unique in a graph"), (table, name))
                else:
                    self._places[name], self._entries[name] = (table, name), found
        self._check_sources()
        for name in self._order():
            if name in self._entries:
                self._make(name, partial(self._node, name, self._entries[name]))
        if not self._places:
            self._add(DocumentError("there is no task and no input in it"), ())
        return self._targets()

    def _add(self, fault: DeclarationError, keys: Keys) -> None:
        for each_fault in fault.faults or (fault,):
            self.faults.append(each_fault.at(keys, self._line(keys)))

    def _make(self, name: str, make: Callable[[], Node[Any]]) -> None:
        """Make the node of this name; a stand-in for it, if that fails."""
        try:
            self._made[name] = make()
        except DeclarationError as error:
            for fault in error.faults or (error,):
                if not fault.keys:
                    keys = self._place_of(fault, self._places[name])
                    fault.at(keys, self._line(keys))
                self.faults.append(fault)
            self._stand_in(name)

    def _stand_in(self, name: str) -> None:
        """Have a node that gives anything under a name where something is wrong: what needs it is looked at too."""
        self._made[name] = Input[Any](f"stand-in {len(self._made)}")

    def _place_of(self, fault: DeclarationError, keys: Keys) -> Keys:
        """Where in its entry a fault is, as far as it says."""
        entry = self._entries.get(str(keys[1]))
        if not (isinstance(fault, DependencyTypeError) and isinstance(entry, TaskEntry)):
            return keys
        for place, source in entry.sources():
            # Of a table from parameters to names, the last key is the parameter.
            is_other = place[0] == "after" or (isinstance(place[-1], str) and place[1:] not in ((), (fault.parameter,)))
            if self._made[source].name == fault.source and not is_other:
                return (*keys, *place)
        return keys

    def _check_sources(self) -> None:
        for name, entry in self._entries.items():
            for keys, source in entry.sources():
                if source not in self._places:
                    self._add(self._unknown(source), (*self._places[name], *keys))
                    self._stand_in(source)

    def _unknown(self, name: str) -> DocumentError:
        return DocumentError(f"there is no {name!r} in this graph{suggestion(name, self._places)}")

    def _order(self) -> list[str]:
        def needs(name: str) -> list[str]:
            return [source for _, source in self._entries[name].sources()] if name in self._entries else []

        try:
            return dependencies_first(list(self._places), needs)
        except Cycle as cycle:
            raise CycleError([str(each) for each in cycle.path]) from None

    def _targets(self) -> list[Node[Any]]:
        names = self._document.targets if self._document.targets is not None else list(self._places)
        for number, name in enumerate(names):
            if name not in self._places:
                self._add(self._unknown(name), ("targets", number))
        return [self._made[name] for name in names if name in self._made]

    # ------------------------------------------------------------------ what stands under a name

    def _input(self, name: str, entry: InputEntry) -> Node[Any]:
        hint = self._at((*self._places[name], "type"), lambda: type_of(entry.type))
        if not entry.has_default:
            return Input[hint](name)  # type: ignore[valid-type]  # a type at run time
        default = self._at((*self._places[name], "default"), lambda: value_of(entry.default, hint))
        return Input[hint](name, default=default)  # type: ignore[valid-type]  # as above

    def _at(self, keys: Keys, read: Callable[[], Any]) -> Any:  # Any: what is read
        """What is read there; a fault says that it is there."""
        try:
            return read()
        except DeclarationError as fault:
            raise fault.at(keys, self._line(keys)) from fault.__cause__

    def _node(self, name: str, entry: Entry) -> Node[Any]:
        made = self._made
        match entry:
            case TaskEntry():
                return self._task(name, entry)
            case ChooseEntry():
                return choose(made[entry.condition], made[entry.then], made[entry.otherwise])
            case SwitchEntry():
                return switch(made[entry.key], {value: made[each] for value, each in _cases(entry)})
            case RecoverEntry():
                return self._recovery(name, entry)
            case NodeEntry():
                return self._view(name, entry)
            case _:
                raise AssertionError(entry)

    def _view(self, name: str, entry: NodeEntry) -> Node[Any]:
        node = self._made[entry.node]
        match entry:
            case ParseEntry():
                return parse(node, self._at((*self._places[name], "type"), partial(type_of, entry.type)))
            case UnpackEntry():
                return self._item(name, entry)
            case _:
                return outcome(node) if self._places[name][0] == "outcome" else unchecked(node)

    def _recovery(self, name: str, entry: RecoverEntry) -> Node[Any]:
        if (entry.fallback is None) == ("value" not in entry.model_fields_set):
            raise DocumentError("a recovery has either a fallback, which is a node, or a value")
        on = self._at((*self._places[name], "on"), lambda: _exceptions(entry.on))
        fallback = entry.value if entry.fallback is None else self._made[entry.fallback]
        return recover(self._made[entry.node], fallback, on=on)

    def _item(self, name: str, entry: UnpackEntry) -> Node[Any]:
        items: tuple[Node[Any], ...] = unpack(self._made[entry.node])
        if entry.item >= len(items):
            keys = (*self._places[name], "item")
            raise DocumentError(f"the tuple has {len(items)} items, numbered from 0").at(keys, self._line(keys))
        return items[entry.item]

    def _task(self, name: str, entry: TaskEntry) -> Node[Any]:
        keys = self._places[name]
        found = self._at((*keys, "function"), lambda: object_of(entry.function))
        function: Any = found.function if is_task(found) else found
        options = {
            "name": entry.name or name,
            "dependencies": self._dependencies(entry),
            "arguments": self._arguments(keys, function, entry),
            "after": tuple(self._made[each] for each in _several(entry.after)),
            "retries": self._at((*keys, "retries"), lambda: _retries(entry.retries)),
            "timeout": entry.timeout,
            "offload": entry.offload,
            "cost": entry.cost,
        }
        made = declare(function, options, dict, markers=False, whole=entry.over is None)
        if entry.over is None:
            return made
        over = tuple(self._made[each] for each in _several(entry.over))
        make: Any = each_outcome if entry.outcomes else each  # Any: of however many nodes
        node: Node[Any] = make(made, over=over, max_concurrency=entry.max_concurrency)
        return node

    def _dependencies(self, entry: TaskEntry) -> object:
        if isinstance(entry.dependencies, dict):
            return {parameter: self._made[each] for parameter, each in entry.dependencies.items()}
        return tuple(self._made[each] for each in _several(entry.dependencies))

    def _arguments(self, keys: Keys, function: Any, entry: TaskEntry) -> dict[str, object]:
        if not entry.arguments:
            return {}
        signature = read_signature(as_callable(function), dict)
        read: dict[str, object] = {}
        for name, plain in entry.arguments.items():
            parameter = signature.parameter(name)
            hint = Any if parameter is None else parameter.hint
            read[name] = self._at((*keys, "arguments", name), partial(value_of, plain, hint))
        return read


def _cases(entry: SwitchEntry) -> list[tuple[object, str]]:
    if isinstance(entry.cases, dict):
        return [*entry.cases.items()]
    return [(case.when, case.then) for case in entry.cases]


def _several(names: str | list[str]) -> list[str]:
    return [names] if isinstance(names, str) else names


def _exceptions(names: str | list[str]) -> tuple[type[Exception], ...]:
    return tuple(map(exception_of, _several(names)))


def _retries(entry: int | RetryEntry) -> int | Retry:
    if isinstance(entry, int):
        return entry
    on = _exceptions(entry.on)
    return Retry(entry.count, entry.delay, entry.backoff, entry.jitter, entry.max_delay, on[0] if len(on) == 1 else on)
