"""How the parameters of one function are filled: by dependencies, fixed arguments and defaults.

A pure function from what was declared to a frozen Wiring, and every fault found on the way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast
from weakref import WeakKeyDictionary

from syncra._nodes._connections import Connection, Filler, Fixed, Open, Wiring
from syncra._nodes._hidden import hidden_dependency, hidden_node
from syncra._nodes._node import Dependency, Node, checked_name, checked_node, is_node
from syncra._relation import type_name
from syncra._signature import MISSING, Parameter, Signature
from syncra._variadic import hint_of_option, hints_of_items
from syncra.errors import ArgumentError, DeclarationError, OptionError, WiringError, suggestion

__all__ = ["Sources", "wire"]

_NO_TUPLES = (list, set, frozenset)
_AS_DEPENDENCY = ", whose value would not be there: give each node a parameter of its own, or take all with *args"
_TOO_FEW = (
    ": there are more required parameters than dependencies; add one, or give it a default, an argument or depends(...)"
)

Sources = tuple["Node[object] | str", ...]
Wired = tuple[Wiring, Sources, list[DeclarationError]]

# One function may be many tasks, and so may the functions of one `def`. Where nothing but nodes in order fills the
# parameters, the number of these decides their wiring; less than none are those of `depends` defaults. Long ones are
# seldom met again.
_in_order: WeakKeyDictionary[Signature, dict[int, Wiring]] = WeakKeyDictionary()
_LONG = 16


def wire(signature: Signature, dependencies: object, arguments: object, after: object, *, whole: bool) -> Wired:
    """The wiring of a function, the sources of its connections, and what is wrong.

    Args:
        signature: of the function.
        dependencies: as `@task` takes it: a node, a name, a tuple of these, or a mapping from parameters to them.
        arguments: a mapping from parameters to fixed values.
        after: a node, a name or a tuple of these.
        whole: every required parameter must be filled here; otherwise it may be left to whoever uses the task.
    """
    nodes = _only_nodes(dependencies) if arguments is None and after is None else None
    if nodes is None or len(nodes) > _LONG:
        return _wired(signature, dependencies, arguments, after, whole=whole)
    shared, count = signature, len(nodes)
    if signature.bare is not None and not nodes and (nodes := _marked(signature)):
        shared, count = signature.bare, -len(nodes)
    known = _in_order.get(shared)
    if known is None:
        known = _in_order[shared] = {}
    wiring = known.get(count)
    if wiring is not None:
        return wiring, nodes, []
    wiring, sources, faults = _wired(signature, dependencies, None, None, whole=whole)
    if sources == nodes and not wiring.open and not faults:
        known[count] = wiring
    return wiring, sources, faults


def _marked(signature: Signature) -> tuple[Node[object], ...]:
    """The nodes of `depends` defaults, if all parameters have such; none, if not."""
    defaults = [each.default for each in signature.parameters]
    nodes = tuple([each.node for each in defaults if isinstance(each, Dependency)])
    return nodes if len(nodes) == len(defaults) else ()


def _only_nodes(dependencies: object) -> tuple[Node[object], ...] | None:
    if dependencies is None:
        return ()
    if is_node(dependencies):
        return (dependencies,)
    if not isinstance(dependencies, tuple):
        return None
    several = cast("tuple[Node[object], ...]", dependencies)  # cast: if they are, which is asked at once
    return several if all(map(is_node, several)) else None


def _wired(signature: Signature, dependencies: object, arguments: object, after: object, *, whole: bool) -> Wired:
    draft = _Draft(signature)
    draft.fix(arguments)
    if isinstance(dependencies, Mapping):
        draft.connect_by_name(cast("Mapping[object, object]", dependencies))  # cast: looked at one by one
        rest: Sources = ()
    else:
        rest = draft.connect_in_order(draft.sources("dependencies", dependencies))
    # What could not be read might have filled the rest.
    draft.take_defaults(whole=whole and not draft.faults)
    draft.wait_for((*rest, *draft.sources("after", after)))
    return draft.wired()


class _Draft:
    """The wiring of one function while it is found out; lives only inside `wire`."""

    def __init__(self, signature: Signature) -> None:
        self.signature = signature
        self.filled: dict[str, Filler] = {}
        self.further: list[Filler] = []
        self.named: dict[str, Filler] = {}
        self.waits: list[Connection] = []
        self.came_from: dict[Connection, Node[object] | str] = {}
        self.faults: list[DeclarationError] = []

    def connect(self, source: Node[object] | str, parameter: str | None, hint: object = Any) -> Connection:
        """A connection that leads from this source."""
        made = Connection(parameter, hint)
        self.came_from[made] = source
        return made

    def sources(self, option: str, given: object) -> Sources:
        """What an option names: nodes and names of tasks; what is neither becomes a fault."""
        if given is None:
            return ()
        if isinstance(given, _NO_TUPLES):
            kind = type(cast(object, given)).__name__  # cast: of whatever items
            self.faults.append(WiringError(f"{option}= takes a tuple of nodes, not a {kind}"))
            return ()
        several = cast("tuple[object, ...]", given) if isinstance(given, tuple) else (given,)  # cast: as above
        return tuple(found for each in several if (found := self._source(option, each)) is not None)

    def _source(self, option: str, given: object) -> Node[object] | str | None:
        try:
            if isinstance(given, str):
                return checked_name(given, f"a name in {option}=")
            return checked_node(given, f"{option}=")
        except DeclarationError as fault:
            self.faults.append(fault)
            return None

    def fix(self, arguments: object) -> None:
        """Give parameters their fixed values."""
        if arguments is None:
            return
        if not isinstance(arguments, Mapping):
            self.faults.append(
                OptionError(f"arguments= takes a mapping from parameters to values, not {type(arguments).__name__!r}")
            )
            return
        from syncra._values import value_check

        for name, value in cast("Mapping[object, object]", arguments).items():  # cast: as above
            parameter = self._parameter(name, "arguments=")
            if parameter is None:
                continue
            reasons = value_check(parameter.hint).faults(value)
            node = hidden_node(value, parameter.hint)
            if node is not None:
                self.faults.append(WiringError(f"the argument for {name!r} holds {node.describe()}{_AS_DEPENDENCY}"))
            elif reasons is not None:
                self.faults.append(
                    ArgumentError(f"the argument for {name!r} is not {type_name(parameter.hint)}: {reasons}")
                )
            self._fill(parameter, str(name), Fixed(str(name), value))

    def connect_by_name(self, dependencies: Mapping[object, object]) -> None:
        """Fill the named parameters with the given sources."""
        for name, given in dependencies.items():
            source = self._source("dependencies", given)
            parameter = self._parameter(name, "dependencies=")
            if source is not None and parameter is not None and isinstance(name, str):
                self._fill(parameter, name, self.connect(source, name, parameter.hint))

    def connect_in_order(self, sources: Sources) -> Sources:
        """Fill the positional parameters that are not fixed with the sources, in order; what is left over."""
        left = list(sources)
        for parameter in self.signature.parameters:
            if not left:
                break
            if not parameter.positional or parameter.name in self.filled:
                continue
            if parameter.variadic:
                self._connect_rest(parameter, left)
                return ()
            self._fill(parameter, parameter.name, self.connect(left.pop(0), parameter.name, parameter.hint))
        return tuple(left)

    def _connect_rest(self, parameter: Parameter, sources: Sequence[Node[object] | str]) -> None:
        """Give all that is left to `*args`."""
        label, hints = f"*{parameter.name}", hints_of_items(parameter.hint, len(sources))
        if hints is None:
            wanted = type_name(parameter.hint)
            self.faults.append(WiringError(f"{label} takes the items of {wanted}, and {len(sources)} are left for it"))
            return
        self.further += [self.connect(source, label, hint) for source, hint in zip(sources, hints, strict=True)]

    def take_defaults(self, *, whole: bool) -> None:
        """Fill what is still empty from `depends` defaults; what has no default at all stays open."""
        for parameter in self.signature.parameters:
            if parameter.variadic:
                continue
            default, name = parameter.default, parameter.name
            if (hidden := hidden_dependency(default)) is not None:
                self.faults.append(
                    WiringError(f"the default of {name!r} holds {hidden!r} inside of a container{_AS_DEPENDENCY}")
                )
            elif isinstance(default, Dependency):
                self._fill(parameter, name, self.connect(default.node, name, parameter.hint))
            elif default is MISSING and name not in self.filled:
                self.filled[name] = Open(name, parameter.hint)
                if whole:
                    self.faults.append(WiringError(f"parameter {name!r} has no dependency{_TOO_FEW}"))

    def _parameter(self, name: object, option: str) -> Parameter | None:
        """The parameter that is called so; else one that takes any name; else a fault."""
        if isinstance(name, str):
            found = self.signature.parameter(name)
            if found is not None:
                return found
            for each in self.signature.parameters:
                if each.variadic and each.keyword and (hint := hint_of_option(each.hint, name)) is not None:
                    return each._replace(hint=hint)
        known = [each.name for each in self.signature.parameters if not each.variadic]
        self.faults.append(WiringError(f"{option} names {name!r}, which is no parameter{suggestion(name, known)}"))
        return None

    def _fill(self, parameter: Parameter, name: str, filler: Filler) -> None:
        fillers = self.named if parameter.variadic else self.filled
        earlier = fillers.setdefault(name, filler)
        if earlier is not filler:
            both = f"by {self._shown(earlier)} and by {self._shown(filler)}"
            self.faults.append(WiringError(f"parameter {name!r} is filled twice: {both}; keep one"))

    def _shown(self, filler: Filler) -> str:
        if isinstance(filler, Connection):
            source = self.came_from[filler]
            return repr(source if isinstance(source, str) else source.name)
        return "a fixed argument"

    def wait_for(self, sources: Sources) -> None:
        """Sources that only have to be done before."""
        self.waits = [self.connect(each, None) for each in sources]

    def wired(self) -> Wired:
        """What was found out."""
        positional, keyword = self._laid_out()
        wiring = Wiring(positional, keyword, tuple(self.waits))
        return wiring, tuple(self.came_from[each] for each in wiring.connections), self.faults

    def _laid_out(self) -> tuple[tuple[Filler, ...], tuple[tuple[str, Filler], ...]]:
        """The fillers as a call wants them: by position as far as that goes, the rest by name.

        A default in the middle is passed as a value where what follows it can only go by position.
        """
        ordered = [each for each in self.signature.parameters if each.positional and not each.variadic]
        by_position_only = [n for n, each in enumerate(ordered, 1) if not each.keyword and each.name in self.filled]
        must_reach = len(ordered) if self.further else max(by_position_only, default=0)
        positional: list[Filler] = []
        keyword: list[tuple[str, Filler]] = []
        for index, parameter in enumerate(ordered):
            filler = self.filled.get(parameter.name)
            if filler is None and index < must_reach:
                filler = Fixed(parameter.name, parameter.default)
            if filler is None:
                continue
            if len(positional) == index:
                positional.append(filler)
            else:
                keyword.append((parameter.name, filler))
        named = [each.name for each in self.signature.parameters if not each.positional]
        keyword += [(name, self.filled[name]) for name in named if name in self.filled]
        return (*positional, *self.further), (*keyword, *self.named.items())
