"""Annotations as type hints: strings and forward references evaluated as far as the names in them exist."""

from __future__ import annotations

import ast
import builtins
import re
import sys
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

__all__ = ["RecursiveAlias", "Unresolved", "is_resolved", "names_in", "resolve"]

# A string that evaluates to a string, and so on: deeper than this nobody meant.
_NESTING = 50
# The name under which an expression finds typing.Union; no user can have it.
_UNION = "<Union>"
_NAME: typing.Final = re.compile(r"[^\W\d]\w*")
_CALLABLE: typing.Any = Callable  # Any: it is subscripted with what a type checker can't know


@dataclass(frozen=True, slots=True)
class Unresolved:
    """What could not be evaluated of an annotation; it stands for Any.

    Attributes:
        text: the annotation as it was written, or the part of it that is missing.
        name: the name that was not found; "" where something else was wrong.
    """

    text: str
    name: str

    def __repr__(self) -> str:
        return self.text

    # An annotation goes on being evaluated around a missing name: `list[Missing] | None` is a list or None.
    def __or__(self, other: object) -> object:
        return typing.Union[self, other]

    def __ror__(self, other: object) -> object:
        return typing.Union[other, self]

    def __getitem__(self, arguments: object) -> Unresolved:
        return Unresolved(f"{self.text}[...]", self.name)

    def __getattr__(self, name: str) -> Unresolved:
        if name.startswith("_"):
            raise AttributeError(name)
        return Unresolved(f"{self.text}.{name}", self.name)

    def __call__(self, *arguments: object, **options: object) -> Unresolved:
        return Unresolved(f"{self.text}(...)", self.name)


class RecursiveAlias:
    """A name that is met again inside of what it stands for: `Json = Union[int, List["Json"]]`.

    It is to be read as a `TypeAliasType` is.

    Attributes:
        __value__: what it stands for, complete once the whole annotation is read.
    """

    __slots__ = ("__name__", "__value__")

    __type_params__: tuple[object, ...] = ()

    def __init__(self, name: str) -> None:
        self.__name__ = name
        self.__value__: object = Unresolved(name, "")

    def __repr__(self) -> str:
        return self.__name__


def resolve(
    annotation: object, module_globals: Mapping[str, object], local_names: Mapping[str, object] | None = None
) -> object:
    """The annotation as a type hint, with an `Unresolved` for what can't be evaluated of it; never raises.

    Args:
        annotation: anything that stands in an annotation: a class, a type form, a string, a ForwardRef.
        module_globals: the names of the module in which the annotation was written.
        local_names: names that go before those of the module: of an enclosing function, type parameters.
    """
    try:
        return _resolve(annotation, _Names(module_globals, local_names or {}), _NESTING)
    except Exception:  # noqa: BLE001 - annotations are anybody's code, and no annotation may break an import
        return Unresolved(_text(annotation), "")


def names_in(text: str) -> list[str]:
    """The names in an annotation that is a string, and whatever else in it looks like one."""
    return _NAME.findall(text)


def is_resolved(hint: object) -> bool:
    """Whether nothing of a hint that `resolve` gave is Unresolved; never raises."""
    try:
        return _is_resolved(hint, set())
    except Exception:  # noqa: BLE001 - as above
        return True  # to read it again would not help


def _is_resolved(hint: object, aliases: set[int]) -> bool:
    if isinstance(hint, Unresolved):
        return False
    if isinstance(hint, RecursiveAlias):
        if id(hint) in aliases:
            return True
        aliases.add(id(hint))
        return _is_resolved(hint.__value__, aliases)
    if isinstance(hint, type) and not isinstance(hint, types.GenericAlias):
        return True
    if isinstance(hint, tuple | list):  # the parameters of a Callable
        return all(_is_resolved(each, aliases) for each in typing.cast("Iterable[object]", hint))  # cast: of whatever
    return all(_is_resolved(each, aliases) for each in typing.get_args(hint))


class _Names(dict[str, object]):
    """A namespace for eval in which a missing name is found as an Unresolved.

    Attributes:
        read: what each string of the annotation stands for; while one is being read, the alias for it.
    """

    def __init__(self, module_globals: Mapping[str, object], local_names: Mapping[str, object]) -> None:
        super().__init__()
        self.read: dict[str, object] = {}
        self._local_names = local_names
        self._scopes = (local_names, module_globals, vars(builtins))
        self._of_modules: dict[int, _Names] = {}

    def of_module(self, module: types.ModuleType) -> _Names:
        """The same for strings that were written in another module."""
        found = self._of_modules.get(id(module))
        if found is None:
            found = self._of_modules[id(module)] = _Names(vars(module), self._local_names)
            found._of_modules = self._of_modules
        return found

    def __missing__(self, name: str) -> object:
        for scope in self._scopes:
            if name in scope:
                return scope[name]
        return Unresolved(name, name)


def _resolve(annotation: object, names: _Names, depth: int) -> object:
    if depth == 0:
        return Unresolved(_text(annotation), "")
    if isinstance(annotation, str):
        return _resolve_text(annotation, names, depth)
    if isinstance(annotation, typing.ForwardRef):
        return _resolve_reference(annotation, names, depth)
    if isinstance(annotation, type) or typing.get_origin(annotation) in (None, typing.Literal):
        return annotation
    return _resolve_arguments(annotation, names, depth)


def _resolve_text(text: str, names: _Names, depth: int) -> object:
    """What a string stands for, found once: names that lead back to themselves would be read for ever."""
    if text not in names.read:
        alias = names.read[text] = RecursiveAlias(text)
        found = _resolve(_evaluate(text, names), names, depth - 1)
        alias.__value__ = names.read[text] = Unresolved(text, "") if found is alias else found
    return names.read[text]


def _evaluate(text: str, names: _Names) -> object:
    try:
        text = text.strip()
        # `*args: *Ts` is a list of one, as an expression.
        return _run(ast.parse(f"({text},)[0]" if text.startswith("*") else text, mode="eval"), names)
    except TypeError:
        return _evaluate_quoted(text, names)
    except AttributeError as missing:
        return Unresolved(text, missing.name or "")
    except Exception:  # noqa: BLE001 - whatever evaluating a stranger's expression raises
        return Unresolved(text, "")


def _run(tree: ast.Expression, names: _Names) -> object:
    # eval asks a mapping that is not a plain dict only for locals, so the names are given as locals.
    return eval(compile(tree, "<annotation>", "eval"), {}, names)  # noqa: S307


def _evaluate_quoted(text: str, names: _Names) -> object:
    """`int | "Name"` has no value at run time; as `Union[int, "Name"]` it has."""
    try:
        names[_UNION] = typing.Union
        tree = _QuotedUnions().visit(ast.parse(text.strip(), mode="eval"))
        return _run(ast.fix_missing_locations(tree), names)
    except Exception:  # noqa: BLE001 - as above
        return Unresolved(text, "")


class _QuotedUnions(ast.NodeTransformer):
    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.BitOr):
            return node
        both = ast.Tuple([node.left, node.right], ast.Load())
        return ast.Subscript(ast.Name(_UNION, ast.Load()), both, ast.Load())


def _resolve_reference(reference: typing.ForwardRef, names: _Names, depth: int) -> object:
    module = getattr(reference, "__forward_module__", None)
    if isinstance(module, str):
        module = sys.modules.get(module)
    if module is not None:
        names = names.of_module(module)
    return _resolve(reference.__forward_arg__, names, depth - 1)


def _resolve_arguments(hint: object, names: _Names, depth: int) -> object:
    arguments: tuple[object, ...] = getattr(hint, "__args__", ())
    resolved = tuple(_resolve_argument(argument, names, depth) for argument in arguments)
    if all(old is new for old, new in zip(arguments, resolved, strict=True)):
        return hint
    return _rebuild(hint, resolved)


def _resolve_argument(argument: object, names: _Names, depth: int) -> object:
    if isinstance(argument, tuple | list):  # the parameters of `Generic[P]`: `Hook[[int, "Name"]]`
        items = tuple(typing.cast("tuple[object, ...]", argument))  # of whatever: each is looked at
        resolved = tuple(_resolve_argument(item, names, depth - 1) for item in items)
        return items if all(a is b for a, b in zip(items, resolved, strict=True)) else resolved
    return _resolve(argument, names, depth - 1)


def _rebuild(hint: object, arguments: tuple[object, ...]) -> object:
    if isinstance(hint, types.UnionType):
        return typing.Union[arguments]
    if isinstance(hint, types.GenericAlias) and _is_callable(hint):
        return _CALLABLE[_parameter_list(hint, list(arguments[:-1])), arguments[-1]]
    if isinstance(hint, types.GenericAlias):
        rebuilt = type(hint)(hint.__origin__, arguments)  # type: ignore[arg-type]  # aliases are origins too
        return next(iter(rebuilt)) if getattr(hint, "__unpacked__", False) else rebuilt
    copy_with = getattr(hint, "copy_with", None)
    if copy_with is not None:
        return copy_with(arguments)
    return typing.get_origin(hint)[arguments]  # type: ignore[index]  # whatever alias it is: it was made so


def _is_callable(hint: object) -> bool:
    return typing.get_origin(hint) is _CALLABLE


def _parameter_list(hint: object, parameters: list[object]) -> object:
    """`Callable[..., R]` keeps its parameters in one argument, `Callable[[A], R]` spreads them."""
    return parameters if isinstance(typing.get_args(hint)[0], list) else parameters[0]


def _text(annotation: object) -> str:
    try:
        return annotation if isinstance(annotation, str) else repr(annotation)
    except Exception:  # noqa: BLE001 - a repr is anybody's code too
        return object.__repr__(annotation)
