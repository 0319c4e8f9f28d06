"""Write the tables `syncra/_relation/typeshed_*.txt` from the typeshed that mypy ships.

Run it with the floor version of Python after an update of mypy: `python -m tests.relation.write_stubs`.
"""

from __future__ import annotations

import importlib
import keyword
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from mypy import nodes, types
from mypy.build import BuildResult, build
from mypy.expandtype import expand_type_by_instance
from mypy.modulefinder import BuildSource
from mypy.options import Options
from mypy.typeops import get_type_vars

TARGET = Path(__file__).parents[2] / "syncra" / "_relation"
BASES_AND_MEMBERS = """
_collections_abc _io array asyncio asyncio.events asyncio.futures asyncio.tasks asyncio.queues
asyncio.locks asyncio.streams builtins collections collections.abc concurrent.futures contextlib
contextvars csv datetime decimal enum fractions functools io ipaddress itertools logging numbers os
pathlib queue random re socket string subprocess tempfile threading time types typing uuid weakref
zipfile
""".split()
BASES_ONLY = """
abc argparse ast base64 calendar configparser dataclasses difflib email.message
graphlib hashlib hmac http http.client http.cookies importlib.metadata importlib.resources.abc inspect json
mailbox mmap multiprocessing.pool multiprocessing.context optparse pickle pstats sched secrets selectors
shelve shlex shutil signal smtplib sqlite3 ssl statistics struct tarfile textwrap tokenize traceback
tracemalloc unittest unittest.mock urllib.parse urllib.request wsgiref.headers xml.dom.minidom
xml.etree.ElementTree zlib zoneinfo numpy
""".split()
# Of numpy those by which other code takes its arrays and scalars.
SOME_MEMBERS = frozenset(
    (
        "__array__ __bool__ __buffer__ __complex__ __contains__ __float__ __hash__ __index__ __int__ "
        "__iter__ __len__ dtype itemsize nbytes ndim shape size"
    ).split()
)
UNKNOWN = "Unknown"


def main() -> None:
    """Build the stub modules once and write the tables."""
    modules: list[str] = [*BASES_AND_MEMBERS, *BASES_ONLY]
    stubs = _build(modules)
    classes = dict(_public_classes(stubs, modules))
    printer = _Printer({info.fullname: path for path, info in classes.items()})
    aliases = dict(_public_aliases(stubs, modules, classes))
    bases = {path: printer.head(info) for path, info in classes.items()}
    bases |= {path: ("", printer.show(alias), "alias") for path, alias in aliases.items()}
    members = {
        path: found
        for path, info in classes.items()
        if path.rpartition(".")[0] in BASES_AND_MEMBERS or path.startswith("numpy.")
        if (found := printer.members(info, SOME_MEMBERS if path.startswith("numpy.") else None))
    }
    renamed = {real: path for path in bases if (real := _real_path(path)) not in bases}
    rows = ((path, *entry) for path, entry in sorted(bases.items()))
    _write("typeshed_classes.txt", _CLASSES_DOC, map("\t".join, rows))
    _write("typeshed_names.txt", _NAMES_DOC, map("\t".join, sorted(renamed.items())))
    _write("typeshed_members.txt", _MEMBERS_DOC, _member_lines(members))


def _build(modules: list[str]) -> BuildResult:
    options = Options()
    options.incremental = False
    options.follow_imports = "silent"
    source = "\n".join(f"import {name}" for name in modules)
    return build([BuildSource("roots.py", "roots", source)], options)


def _public_classes(stubs: BuildResult, modules: list[str]) -> Iterator[tuple[str, nodes.TypeInfo]]:
    """The classes that exist both in a stub and at run time, by the path under which they are found."""
    seen: set[str] = set()
    found = [each for module in modules for each in _exported(stubs, module)]
    for _, path, info in sorted(found, key=lambda each: each[:2]):
        if info.fullname not in seen:
            seen.add(info.fullname)
            yield path, info


def _exported(stubs: BuildResult, module: str) -> Iterator[tuple[int, str, nodes.TypeInfo]]:
    """Classes that a module exports; those at home in it go first, then those of better known modules."""
    running = importlib.import_module(module)
    for name, symbol in stubs.files[module].names.items():
        info, real = symbol.node, getattr(running, name, None)
        if isinstance(info, nodes.TypeInfo) and isinstance(real, type):
            at_home = real.__module__ == module
            yield (0 if at_home else 1 if module in BASES_AND_MEMBERS else 2), f"{module}.{name}", info


def _public_aliases(
    stubs: BuildResult, modules: list[str], classes: dict[str, nodes.TypeInfo]
) -> Iterator[tuple[str, types.Type]]:
    """Run-time classes that the stubs declare as aliases: `numpy.int64` is `signedinteger[_64Bit]`."""
    running = {id(_real(path)) for path in classes}
    for module in modules:
        for name, symbol in sorted(stubs.files[module].names.items()):
            node, real = symbol.node, getattr(importlib.import_module(module), name, None)
            if isinstance(node, nodes.TypeAlias) and isinstance(real, type) and id(real) not in running:
                running.add(id(real))
                yield f"{real.__module__}.{real.__qualname__}", types.get_proper_type(node.target)


def _real_path(path: str) -> str:
    real = _real(path)
    return f"{real.__module__}.{real.__qualname__}"


def _real(path: str) -> type:
    module, _, name = path.rpartition(".")
    found = getattr(importlib.import_module(module), name)
    assert isinstance(found, type)
    return found


class _Printer:
    """Prints mypy's types as expressions over run-time paths; what has no path is `Unknown`."""

    def __init__(self, paths: dict[str, str]) -> None:
        self.paths = paths

    def head(self, info: nodes.TypeInfo) -> tuple[str, str, str]:
        parameters = ", ".join(self.parameter(variable) for variable in info.defn.type_vars)
        bases = [self.show(base) for declared in info.bases for base in self._visible(declared)]
        return parameters, ", ".join(bases), "protocol" if info.is_protocol else ""

    def _visible(self, base: types.Instance) -> Iterator[types.Instance]:
        """A base, or the bases of one that exists in stubs only."""
        if base.type.fullname in self.paths:
            yield base
            return
        for inner in base.type.bases:
            expanded = expand_type_by_instance(inner, base)
            assert isinstance(expanded, types.Instance)
            yield from self._visible(expanded)

    def _hidden(self, info: nodes.TypeInfo) -> Iterator[nodes.TypeInfo]:
        """The class, and those of its bases that exist in stubs only."""
        yield info
        for base in info.bases:
            if base.type.fullname not in self.paths:
                yield from self._hidden(base.type)

    def parameter(self, variable: types.TypeVarLikeType) -> str:
        default = self.show(variable.default) if variable.has_default() else UNKNOWN
        # Defaults that name other parameters, as those of slice, come down to Any.
        closed = not get_type_vars(variable.default) and "," not in default and default != UNKNOWN
        return _parameter(variable) + (f"={default}" if closed else "")

    def members(self, info: nodes.TypeInfo, only: frozenset[str] | None = None) -> dict[str, str]:
        found: dict[str, str] = {}
        symbols: dict[str, nodes.SymbolTableNode] = {}
        for holder in self._hidden(info):
            symbols = {**holder.names, **symbols}
        for name, symbol in sorted(symbols.items()):
            if (
                (_is_member(name) if only is None else name in only)
                and symbol.node is not None
                and (text := self._member(symbol.node))
            ):
                found[name] = text
        return found

    def _member(self, node: nodes.SymbolNode) -> str:
        if isinstance(node, nodes.Decorator):
            return self._decorated(node)
        if isinstance(node, nodes.FuncDef):
            prefix = "class " if node.is_class else "static " if node.is_static else ""
            return prefix + self._function(node.type, not node.is_static)
        if isinstance(node, nodes.OverloadedFuncDef):
            return self._overloaded(node)
        if isinstance(node, nodes.Var) and node.type is not None:
            shown = self.show(node.type)
            return f"classvar {shown}" if node.is_classvar else f"attribute {shown}"
        return ""

    def _decorated(self, node: nodes.Decorator) -> str:
        if node.var.is_property:
            function = types.get_proper_type(node.func.type)
            return f"property {self.show(function.ret_type)}" if isinstance(function, types.CallableType) else ""
        prefix = "class " if node.func.is_class else "static " if node.func.is_static else ""
        return prefix + self._function(node.var.type, not node.func.is_static)

    def _overloaded(self, node: nodes.OverloadedFuncDef) -> str:
        first = node.items[0]
        if node.is_property and isinstance(first, nodes.Decorator):
            return self._decorated(first).replace("property", "attribute", 1)
        prefix = "class " if node.is_class else "static " if node.is_static else ""
        return prefix + self._function(node.type, not node.is_static)

    def _function(self, function: types.Type | None, bound: bool) -> str:
        match types.get_proper_type(function):
            case types.CallableType() as signature:
                return "def " + self.signature(signature, bound)
            case types.Overloaded() as overloaded:
                return "def " + " | def ".join(self.signature(item, bound) for item in overloaded.items)
        return f"attribute {UNKNOWN}"

    def signature(self, function: types.CallableType, bound: bool) -> str:  # noqa: C901  a branch a kind of parameter
        own = _self_variable(function) if bound else None
        parts: list[str] = []
        positional_only = False
        for index, (name, kind) in enumerate(zip(function.arg_names, function.arg_kinds, strict=True)):
            shown = self.show(function.arg_types[index], own)
            if name is None or (name.startswith("__") and not name.endswith("__")):
                positional_only = True
            elif positional_only and kind.is_positional():
                parts.append("/")
                positional_only = False
            if kind.is_star():
                if positional_only:
                    parts.append("/")
                    positional_only = False
                stars = "*" if kind == nodes.ARG_STAR else "**"
                parts.append(f"{stars}{name or 'args'}: {shown}")
                continue
            if kind.is_named() and not any(part.startswith("*") for part in parts):
                if positional_only:
                    parts.append("/")
                    positional_only = False
                parts.append("*")
            label = name if name and not keyword.iskeyword(name) else f"_{len(parts)}"
            if bound and index == 0:
                on_class = isinstance(function.arg_types[0], types.TypeType) and own is None
                parts.append(f"self: {shown}" if on_class else "self")
            else:
                parts.append(f"{label}: {shown}" + (" = ..." if kind.is_optional() else ""))
        if positional_only:
            parts.append("/")
        guards = function.type_guard or function.type_is
        result = "builtins.bool" if guards else self.show(function.ret_type, own)
        return f"({', '.join(parts)}) -> {result}"

    def show(self, shown: types.Type, own: str | None = None) -> str:  # noqa: C901  a case a kind of type
        match types.get_proper_type(shown):
            case types.Instance() as instance:
                return self._instance(instance, own)
            case types.TypeVarType() as variable:
                return "Self" if variable.name in ("Self", own) else variable.name
            case types.UnionType(items=items):
                return " | ".join(self.show(item, own) for item in items)
            case types.NoneType():
                return "None"
            case types.AnyType():
                return "Any"
            case types.UninhabitedType():
                return "Never"
            case types.TypeType(item=item):
                return f"type[{self.show(item, own)}]"
            case types.TupleType() as fixed:
                return f"tuple[{', '.join(self.show(item, own) for item in fixed.items) or '()'}]"
            case types.LiteralType() as literal if isinstance(literal.value, bool | int | str):
                enum = literal.fallback.type
                if not enum.is_enum:
                    return f"Literal[{literal.value!r}]"
                path = self.paths.get(enum.fullname)
                return f"Literal[{path}.{literal.value}]" if path else UNKNOWN
            case types.CallableType() as function if all(kind == nodes.ARG_POS for kind in function.arg_kinds):
                arguments = ", ".join(self.show(argument, own) for argument in function.arg_types)
                return f"Callable[[{arguments}], {self.show(function.ret_type, own)}]"
            case types.CallableType(is_ellipsis_args=True) as function:
                return f"Callable[..., {self.show(function.ret_type, own)}]"
        return UNKNOWN

    def _instance(self, instance: types.Instance, own: str | None) -> str:
        path = self.paths.get(instance.type.fullname)
        if path is None:
            return UNKNOWN
        arguments = [self.show(argument, own) for argument in instance.args]
        if instance.type.fullname == "builtins.tuple":
            arguments.append("...")
        return f"{path}[{', '.join(arguments)}]" if arguments else path


def _parameter(variable: types.TypeVarLikeType) -> str:
    if isinstance(variable, types.TypeVarType):
        sign = {nodes.COVARIANT: "+", nodes.CONTRAVARIANT: "-"}.get(variable.variance, "")
        return sign + variable.name
    return ("**" if isinstance(variable, types.ParamSpecType) else "*") + variable.name


def _self_variable(function: types.CallableType) -> str | None:
    """The type variable that an older stub uses for Self: `def __enter__(self: T) -> T`."""
    if not function.arg_types or not function.variables:
        return None
    first = types.get_proper_type(function.arg_types[0])
    return first.name if isinstance(first, types.TypeVarType) and first.name != "Self" else None


def _is_member(name: str) -> bool:
    if name in ("__class_getitem__", "__slots__", "__doc__", "__module__", "__match_args__"):
        return False
    return not name.startswith("_") or (name.startswith("__") and name.endswith("__"))


def _member_lines(members: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    for path, declarations in sorted(members.items()):
        yield path
        yield from (f"\t{name}\t{text}" for name, text in declarations.items())


def _write(name: str, doc: str, lines: Iterable[str]) -> None:
    comment = "".join(f"# {line}\n" for line in doc.strip().splitlines())
    (TARGET / name).write_text(comment + "".join(f"{line}\n" for line in lines))


_WRITTEN = "Written by `python -m tests.relation.write_stubs` from the stubs that mypy reads: do not edit."
_CLASSES_DOC = f"""
{_WRITTEN}
A line is a class: its path, type parameters, bases, and `protocol` or `alias`. A parameter's sign is its
variance (`+` covariant, `-` contravariant, `*` TypeVarTuple, `**` ParamSpec), what follows `=` its default.
"""
_NAMES_DOC = f"""
{_WRITTEN}
A line is what a class calls itself, and the path under which its stub is found, where the two differ.
"""
_MEMBERS_DOC = f"""
{_WRITTEN}
A line without a tab is the path of a class, the lines that follow are its members: `def` signatures
(overloads joined by `|`), with `class` or `static` before; or `property`, `attribute` or `classvar`, and a
type.
"""

if __name__ == "__main__":
    main()
