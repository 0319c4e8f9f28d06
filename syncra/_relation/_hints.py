"""Type hints into terms: the one place that knows how the `typing` module spells types.

It is one module, longer than others, because reading is one mutual recursion.

Specification: "Type annotations", "Special types in annotations", "Type aliases", "Tuples", "Callables".
"""

from __future__ import annotations

import collections.abc
import sys
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Final, cast, get_args, get_origin

from syncra._annotations import RecursiveAlias, Unresolved, resolve
from syncra._relation._constraints import constrained
from syncra._relation._parameters import is_type_variable, parameters_of, pydantic_generic, variable_of
from syncra._relation._replacing import replace_variables
from syncra._relation._terms import (
    ALL_PARAMETERS,
    ANY,
    NEVER,
    SELF,
    Alias,
    Class,
    Function,
    Gradual,
    Instance,
    Kind,
    Literal,
    NewName,
    Parameter,
    Parameters,
    Term,
    Tuple,
    TypeOf,
    Variable,
    union_of,
)
from syncra._relation._typeshed import class_of, stub_default
from syncra._stand_ins import stands_for

__all__ = [
    "OBJECT",
    "bare",
    "bound_of",
    "constraints_of",
    "default_of",
    "instance",
    "missing",
    "read_argument",
    "read_hint",
]


class _Missing:
    """How many unresolved names were met so far: what was read while it grew must be read again later."""

    met = 0


missing: Final = _Missing()
OBJECT: Final = Instance(class_of(object))
_NONE: Final = Instance(class_of(type(None)))
_ANNOTATED: Final[object] = typing.Annotated
_CALLABLE: Final[object] = collections.abc.Callable
_STRIPPED: Final = ("ClassVar", "Final", "Required", "NotRequired", "ReadOnly", "InitVar")


def instance(cls: type, *args: Term) -> Instance:
    """The class applied to the arguments."""
    return Instance(class_of(cls), args)


def read_hint(hint: object) -> Term:
    """The normal form of a type hint; what is no type stands for Any, and says so."""
    if isinstance(hint, type) and not isinstance(hint, types.GenericAlias):
        return _read_class(hint)
    origin = get_origin(hint)
    if origin is None:
        return _read_simple(hint)
    # Annotated is a class until 3.12 and a form from 3.13 on.
    if isinstance(origin, type) and not _is(origin, _ANNOTATED):
        return _read_applied(origin, hint)
    return _read_form(origin, hint)


def _is(hint: object, form: object) -> bool:
    """Identity with a form that is a class at run time and none for type checkers."""
    return hint is form


def _read_class(cls: type) -> Term:
    if cls is object:
        return OBJECT
    if cls is typing.Any:
        return ANY
    if cls.__module__ == "inspect" and cls.__name__ == "_empty":
        return Gradual("no annotation")
    if cls is tuple:
        return Tuple((), _missing_argument(cls))
    if cls is type:
        return TypeOf(ANY)
    if _is(cls, _CALLABLE):
        return Function(ALL_PARAMETERS, ANY)
    return _read_pydantic(cls) or bare(class_of(cls))


def _read_pydantic(cls: type) -> Term | None:
    """A generic model with arguments, or a class that is another type to type checkers; None for other classes."""
    generic = pydantic_generic(cls)
    if generic is not None and generic["origin"] is not None:
        return Instance(class_of(generic["origin"]), tuple(map(read_hint, generic["args"])))
    classes = stands_for(cls)
    if classes is None:
        return None
    return constrained(union_of(map(instance, classes)), (cls,)) if classes else ANY


def bare(of: Class) -> Instance:
    """A class without type arguments: each is its default, or unknown (specification: "Generics")."""
    variables = _variables(of)
    missing = _missing_argument(of.cls) if variables else ANY
    return Instance(of, tuple(_missing_or_default(each, missing) for each in variables))


def _missing_or_default(variable: Variable, missing: Gradual) -> Term:
    default = default_of(variable)
    if default is not None:
        return default
    if variable.sort == "**":
        return Parameters((), missing)
    return Tuple((), missing) if variable.sort == "*" else missing


def _missing_argument(cls: type) -> Gradual:
    return Gradual(f"{cls.__name__} has no item type" if _is_container(cls) else f"{cls.__name__} has no type argument")


def _is_container(cls: type) -> bool:
    return hasattr(cls, "__iter__")


def _read_simple(hint: object) -> Term:
    """Hints without arguments that are no class."""
    if hint is None:
        return _NONE
    if isinstance(hint, str | typing.ForwardRef):
        return _read_reference(hint)
    if isinstance(hint, Unresolved):
        missing.met += 1
        problem = f"name {hint.name!r} is not defined" if hint.name else f"{hint.text!r} can't be evaluated"
        return Gradual(problem, unknown=True)
    if is_type_variable(hint):
        return variable_of(hint)
    if isinstance(hint, typing.NewType):
        return NewName(hint.__name__, id(hint), read_hint(hint.__supertype__), hint)
    if _is_alias(hint):
        return _read_alias(hint, ())
    return _read_special(hint)


def _read_reference(hint: str | typing.ForwardRef) -> Term:
    resolved = resolve(hint, {})
    return (
        read_hint(resolved) if not isinstance(resolved, str) else Gradual(f"{resolved!r} is not a type", unknown=True)
    )


def _read_special(hint: object) -> Term:  # noqa: C901  a case a name
    """The names of `typing` that mean something by themselves."""
    name = getattr(hint, "_name", None) if type(hint).__module__ in ("typing", "typing_extensions") else None
    match name:
        case "Any":
            return ANY
        case "Never" | "NoReturn":
            return NEVER
        case "Self":
            return SELF
        case "LiteralString":
            return constrained(instance(str), ("LiteralString",))
        case "Tuple":
            return Tuple((), Gradual("Tuple has no item type"))
        case "Final" | "ClassVar" | "Optional" | "Union":
            return ANY
        case "TypeAlias":
            return ANY
        case _:
            pass
    supertype = getattr(hint, "__supertype__", None)
    if supertype is not None:  # a NewType of another library
        return NewName(str(getattr(hint, "__name__", "NewType")), id(hint), read_hint(supertype), hint)
    return Gradual(f"{_shown(hint)} is not a type", unknown=True)


def _shown(hint: object) -> str:
    text = repr(hint)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _read_applied(origin: type, hint: object) -> Term:
    """A class with arguments: `list[int]`, `tuple[int, ...]`, `type[A]`, `Callable[[int], str]`."""
    args = get_args(hint)
    if not hasattr(hint, "__args__"):  # typing.List, typing.Callable
        return read_hint(origin)
    if origin is tuple:
        return _read_tuple(args)
    if origin is type:
        return TypeOf(read_hint(args[0]))
    if _is(origin, _CALLABLE):
        return Function(_read_parameters(args[0]), read_hint(args[1]))
    if origin is types.UnionType:
        return union_of(map(read_hint, args))
    of = class_of(origin)
    return Instance(of, _aligned(_variables(of), args, _missing_argument(origin)))


def _variables(of: Class) -> list[Variable]:
    return [variable for _, variable in parameters_of(of)]


def _aligned(variables: list[Variable], args: tuple[object, ...], missing: Gradual) -> tuple[Term, ...]:
    """Arguments in the order of the parameters, those of a TypeVarTuple gathered into a tuple."""
    sorts = [variable.sort for variable in variables]
    if sorts == ["**"] and not (len(args) == 1 and _is_parameter_list(args[0])):
        args = (list(args),)  # `X[int, str]` for `X[[int, str]]`
    if "*" in sorts:
        return _gathered(sorts, args)
    read = map(read_argument, variables, args)
    return (*read, *(_missing_or_default(each, missing) for each in variables[len(args) :]))


def read_argument(variable: Variable, argument: object) -> Term:
    """What stands for a variable: parameters for a ParamSpec, a tuple for a TypeVarTuple, else a type."""
    return _read_parameters(argument) if variable.sort == "**" else read_hint(argument)


def _is_parameter_list(argument: object) -> bool:
    return argument is ... or isinstance(argument, list | tuple | typing.ParamSpec) or _is_concatenate(argument)


def _is_concatenate(argument: object) -> bool:
    return getattr(get_origin(argument), "_name", None) == "Concatenate"


def _gathered(sorts: list[str], args: tuple[object, ...]) -> tuple[Term, ...]:
    place, after = sorts.index("*"), len(sorts) - sorts.index("*") - 1
    end = len(args) - after
    before = tuple(map(read_hint, args[:place]))
    return (*before, _read_tuple(args[place:end]), *map(read_hint, args[end:]))


def _read_tuple(args: tuple[object, ...]) -> Tuple:
    """Specification: "Tuples", "Unpacked tuple form"."""
    if len(args) == 2 and args[1] is ...:
        return Tuple((), read_hint(args[0]))
    if args == ((),):  # typing.Tuple[()] before 3.11
        return Tuple(())
    before: list[Term] = []
    middle: Term | None = None
    after: list[Term] = []
    for argument in args:
        inner = _unpacked(argument)
        if inner is None:
            (before if middle is None else after).append(read_hint(argument))
        elif isinstance(inner, Tuple):
            (before if middle is None else after).extend(inner.prefix)
            middle = inner.middle if middle is None else middle
            after.extend(inner.suffix) if middle is not None else before.extend(inner.suffix)
        else:
            middle = inner
    return Tuple(tuple(before), middle, tuple(after))


def _unpacked(argument: object) -> Term | None:
    """What `*Ts`, `*tuple[int, ...]` or `Unpack[...]` unpacks; None where nothing is unpacked."""
    if getattr(argument, "__unpacked__", False) is True:
        origin, args = get_origin(argument), get_args(argument)
        return _read_tuple(args) if origin is tuple else None
    if getattr(get_origin(argument), "_name", None) == "Unpack":
        return read_hint(get_args(argument)[0])
    return None


def _read_parameters(spec: object) -> Parameters:
    """Specification: "Callables", "ParamSpec", "Concatenate"."""
    if spec is ...:
        return ALL_PARAMETERS
    if isinstance(spec, list | tuple):
        items = cast("Iterable[object]", spec)  # element types are looked at one by one
        return Parameters(tuple(_positional(each) for each in items))
    if isinstance(spec, typing.ParamSpec):
        return Parameters((), variable_of(spec))
    if _is_concatenate(spec):
        *first, rest = get_args(spec)
        tail = _read_parameters(rest)
        return Parameters(tuple(map(_positional, first)), tail.rest)
    return ALL_PARAMETERS


def _positional(hint: object) -> Parameter:
    unpacked = _unpacked(hint)
    if unpacked is None:
        return Parameter("", Kind.POSITION, read_hint(hint))
    return Parameter("", Kind.REST, unpacked, required=False)


def _read_form(origin: object, hint: object) -> Term:  # noqa: C901  a line a form
    """Special forms with arguments, and aliases with arguments."""
    args = get_args(hint)
    if origin is typing.Union:
        return union_of(map(read_hint, args))
    if origin is typing.Literal:
        return union_of(map(_read_literal, args))
    if origin is _ANNOTATED:
        return constrained(read_hint(args[0]), args[1:])
    if _is_alias(origin):
        return _read_alias(origin, args)
    name = getattr(origin, "_name", None)
    if name in _STRIPPED:
        return read_hint(args[0])
    if name == "Literal":
        return union_of(map(_read_literal, args))
    if name in ("TypeGuard", "TypeIs"):
        return instance(bool)
    if name == "Unpack":
        return read_hint(args[0])
    return Gradual(f"{_shown(hint)} is not a type", unknown=True)


def _read_literal(value: object) -> Term:
    return _NONE if value is None else Literal(instance(type(value)), value)


def _is_alias(hint: object) -> bool:
    return isinstance(hint, RecursiveAlias) or (type(hint).__name__ == "TypeAliasType" and hasattr(hint, "__value__"))


def _read_alias(alias: object, args: tuple[object, ...]) -> Term:
    """Specification: "Type aliases", "type statement"; unfolded lazily, as it may name itself."""
    parameters = [variable_of(each) for each in _tuple_of(alias, "__type_params__")]
    given = _aligned(parameters, args, ANY) if args else tuple(_missing_or_default(each, ANY) for each in parameters)

    def value(args: tuple[Term, ...]) -> Term:
        return replace_variables(_alias_value(alias), dict(zip(parameters, args, strict=True)))

    return Alias(str(getattr(alias, "__name__", "alias")), id(alias), given, alias, value)


def _alias_value(alias: object) -> Term:
    module = sys.modules.get(str(getattr(alias, "__module__", "")))
    names: Mapping[str, object] = vars(module) if module is not None else {}
    value: object = getattr(alias, "__value__", None)
    return read_hint(resolve(value, names))


def bound_of(variable: Variable) -> Term:
    """The upper bound of a TypeVar: object where none is declared."""
    bound: object = getattr(variable.key, "__bound__", None)
    return OBJECT if bound is None or bound is type(None) else _read_in_module(variable, bound)


def constraints_of(variable: Variable) -> tuple[Term, ...]:
    """The constraints of a TypeVar, in order."""
    return tuple(_read_in_module(variable, each) for each in _tuple_of(variable.key, "__constraints__"))


def _tuple_of(holder: object, name: str) -> tuple[object, ...]:
    found: tuple[object, ...] = getattr(holder, name, ())
    return found


def default_of(variable: Variable) -> Term | None:
    """The default of a variable (PEP 696), if it has one."""
    if isinstance(variable.key, str):
        return stub_default(variable.key)
    has_default: Callable[[], bool] | None = getattr(variable.key, "has_default", None)
    if has_default is None or not has_default():
        return None
    default: object = getattr(variable.key, "__default__", None)
    if variable.sort == "**":
        return _read_parameters(default)
    return _read_in_module(variable, default)


def _read_in_module(variable: Variable, hint: object) -> Term:
    module = sys.modules.get(str(getattr(variable.key, "__module__", "")))
    return read_hint(resolve(hint, vars(module) if module is not None else {}))
