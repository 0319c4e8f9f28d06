"""The members of a type by name, with the receiver put in: what a structural question is answered from.

Specification: "Protocols" (members), "Class type assignability", "Constructors".
"""

from __future__ import annotations

import functools
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, cast, get_args, get_origin

from syncra._relation._assigned import assigned_attributes
from syncra._relation._classes import (
    ancestors_of,
    as_instance,
    is_named_tuple,
    is_protocol,
    is_typed_dict,
    names_of,
    own_hints,
    solution_of,
)
from syncra._relation._hints import instance, missing, read_hint
from syncra._relation._parameters import parameters_of
from syncra._relation._signatures import open_parameters, read_function
from syncra._relation._terms import (
    ALL_PARAMETERS,
    ANY,
    SELF,
    Class,
    Function,
    Gradual,
    Instance,
    Kind,
    Overloaded,
    Parameter,
    Parameters,
    Term,
    Tuple,
    TypeOf,
    Variable,
    replace_variables,
)
from syncra._relation._typeshed import class_of, stub_members, stub_signatures, stub_term

__all__ = ["Member", "class_member", "constructor_of", "instance_member", "member_names", "metaclass_member"]

# Results that the data model fixes, for slots of extension classes that say nothing about their types.
_SLOT_RESULTS: Final[Mapping[str, type]] = {
    "__len__": int, "__index__": int, "__int__": int, "__hash__": int, "__length_hint__": int,
    "__float__": float, "__complex__": complex, "__bool__": bool, "__contains__": bool,
    "__str__": str, "__repr__": str,
    "__format__": str, "__bytes__": bytes,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a type.

    Attributes:
        term: its type; a method has lost its receiver.
        settable: it can be assigned through an instance, so its type is invariant.
        in_class: it is declared a class variable, or a method.
        method: it is a function found on the class.
    """

    term: Term
    settable: bool = False
    in_class: bool = False
    method: bool = False


@dataclass(frozen=True, slots=True)
class _Own:
    """A member as the class body that holds it declares it."""

    term: Term
    sort: str  # "method", "class", "static", "property", "attribute", "classvar"
    settable: bool = False


def member_names(of: Class) -> Iterator[str]:
    """The names that the body of a protocol declares."""
    if of.path is not None:
        yield from (
            name for name in stub_members(of.path) if name not in ("__new__", "__init__", "__slots__")
        )
        return
    own = vars(of.cls)
    for name in dict.fromkeys((*own.get("__annotations__", ()), *own)):
        if name not in _NO_MEMBERS and not name.startswith("_abc_"):
            yield name


_NO_MEMBERS: Final = frozenset({
    "__abstractmethods__", "__annotations__", "__dict__", "__doc__", "__init__", "__module__", "__new__",
    "__orig_bases__", "__parameters__", "__protocol_attrs__", "__slots__", "__subclasshook__", "__weakref__",
    "__class_getitem__", "__match_args__", "__non_callable_proto_members__", "__static_attributes__",
    "__firstlineno__", "__type_params__", "_is_protocol", "_is_runtime_protocol", "__annotate__",
    "__annotate_func__",
    "__callable_proto_members_only__", "__annotations_cache__", "__conditional_annotations__",
    "__init_subclass__",
})  # fmt: skip


def instance_member(receiver: Instance | Tuple, name: str, bound_to: Term | None = None) -> Member | None:
    """What `receiver.name` is, if there is such a member; Self means `bound_to`, or else the receiver."""
    applied = as_instance(receiver) if isinstance(receiver, Tuple) else receiver
    found = _find(applied.of, name)
    if found is None:
        return None
    holder, own = found
    solution = _solution(applied, holder) | {SELF: bound_to or receiver}
    term = replace_variables(own.term, solution)
    if own.sort in ("method", "class"):
        return Member(_bound(term), in_class=True, method=True)
    return Member(term, own.settable, own.sort in ("static", "classvar"), own.sort == "static")


def class_member(of: Instance, name: str) -> Member | None:
    """What `C.name` is on the class object itself."""
    found = _find(of.of, name)
    if found is None:
        return None
    holder, own = found
    term = replace_variables(own.term, _solution(of, holder) | {SELF: of})
    if own.sort == "class":
        return Member(_bound(term), in_class=True, method=True)
    if own.sort in ("property", "attribute"):
        return None  # it belongs to instances, whatever value the class may hold for them
    return Member(term, own.settable, in_class=True, method=own.sort in ("method", "static"))


def metaclass_member(of: Instance, name: str) -> Member | None:
    """What the metaclass gives a class object under a name: `__iter__` of an enum class."""
    meta = Instance(class_of(type(of.of.cls)))
    found = _find(meta.of, name)
    if found is None:
        return None
    holder, own = found
    solution: dict[Variable, Term] = _solution(meta, holder) | {SELF: TypeOf(of)}
    if isinstance(own.term, Function | Overloaded):
        solution |= _receiver_solution(own.term, of)
    term = replace_variables(own.term, solution)
    return Member(_bound(term) if own.sort == "method" else term, in_class=True, method=own.sort == "method")


def _receiver_solution(term: Function | Overloaded, of: Instance) -> dict[Variable, Term]:
    """`def __iter__(self: type[T]) -> Iterator[T]`."""
    first = (term.items[0] if isinstance(term, Overloaded) else term).parameters.items
    match first[0].term if first else None:
        case TypeOf(Variable() as variable):
            return {variable: of}
        case _:
            return {}


def _solution(applied: Instance, holder: Class) -> dict[Variable, Term]:
    base = ancestors_of(applied.of).get(holder)
    if isinstance(base, Tuple):
        base = as_instance(base)
    if not isinstance(base, Instance):
        return {variable: ANY for _, variable in parameters_of(holder)}
    return solution_of(
        Instance(base.of, tuple(replace_variables(arg, solution_of(applied)) for arg in base.args))
    )


def _find(of: Class, name: str) -> tuple[Class, _Own] | None:
    for holder in _resolution_order(of):
        if holder.cls is object and name not in vars(object):
            continue
        own = _own(holder, name)
        if own is not None:
            return None if own.sort == "absent" else (holder, own)
    return None


def _resolution_order(of: Class) -> Iterator[Class]:
    if is_typed_dict(of):
        yield from list(ancestors_of(of))[1:]  # its annotations are keys, and that it is a dict must not show
        return
    seen = {of}
    yield of
    for cls in of.cls.__mro__[1:]:
        holder = class_of(cls)
        if cls is not object:
            seen.add(holder)
            yield holder
    yield from (ancestor for ancestor in ancestors_of(of) if ancestor not in seen)


def _own(holder: Class, name: str) -> _Own | None:
    key = ("member", name)
    if key in holder.facts:
        known = holder.facts[key]
        return known if isinstance(known, _Own) else None
    before = missing.met
    own = _read_own(holder, name)
    if missing.met == before:
        holder.facts[key] = own
    return own


def _read_own(holder: Class, name: str) -> _Own | None:
    if holder.path is not None:
        stubbed = stub_members(holder.path)
        if name in stubbed:
            return _from_stub(stubbed[name], holder.path)
        if stubbed and not holder.path.startswith("numpy."):  # of numpy only a few members are in the table
            return None
    return _from_body(holder, name)


def _from_stub(text: str, path: str) -> _Own:
    head, _, rest = text.partition("def ")
    if rest and head in ("", "class ", "static "):
        items = stub_signatures(rest, path)
        opened = tuple(Function(open_parameters(item.parameters.items), item.returns) for item in items)
        term = opened[0] if len(opened) == 1 else Overloaded(opened)
        return _Own(term, head.strip() or "method")
    sort, _, hint = text.partition(" ")
    if hint == "None" and sort == "classvar":
        return _Own(ANY, "absent")  # `__hash__: ClassVar[None]`
    return _Own(stub_term(hint, path), sort, settable=sort == "attribute")


def _from_body(holder: Class, name: str) -> _Own | None:
    cls = holder.cls
    own = vars(cls)
    if name in own.get("__annotations__", ()):
        return _annotated(holder, own_hints(cls)[name])
    if name in own:
        return _from_value(holder, name, own[name])
    if (assigned := assigned_attributes(holder).get(name)) is not None:
        return _Own(assigned, "attribute", settable=True)
    return None


def _annotated(holder: Class, hint: object) -> _Own:
    qualifier = getattr(get_origin(hint) or hint, "_name", None)
    if qualifier == "ClassVar":
        inner = get_args(hint)
        return _Own(read_hint(inner[0]) if inner else ANY, "classvar", settable=True)
    return _Own(read_hint(hint), "attribute", settable=qualifier != "Final" and not _is_frozen(holder))


def _is_frozen(holder: Class) -> bool:
    if is_named_tuple(holder):
        return True
    dataclass_parameters = getattr(holder.cls, "__dataclass_params__", None)
    config: dict[str, object] = getattr(holder.cls, "model_config", {})
    return config.get("frozen") is True or getattr(dataclass_parameters, "frozen", False) is True


def _from_value(holder: Class, name: str, value: object) -> _Own | None:
    cls = holder.cls
    if isinstance(value, classmethod | staticmethod):
        return _wrapping(cls, cast("object", value))  # of whatever parameters
    match value:
        case types.FunctionType():
            return _Own(_function(cls, value), "method")
        case property():
            getter = _function(cls, value.fget)
            returns = getter.returns if isinstance(getter, Function) else ANY
            return _Own(returns, "property", settable=value.fset is not None)
        case functools.cached_property():
            getter = _function(cls, value.func)
            return _Own(getter.returns if isinstance(getter, Function) else ANY, "attribute", settable=True)
        case None if name.startswith("__"):
            return _Own(ANY, "absent")  # `__hash__ = None`
        case type():
            return _Own(TypeOf(read_hint(value)), "classvar", settable=True)
        case _:
            return _from_other(name, value)


def _from_other(name: str, value: object) -> _Own:
    """A slot of an extension class, a descriptor, or a plain value whose class is its declared type."""
    if _is_slot(value):
        return _Own(_slot(name), "method" if callable(value) else "attribute", settable=not callable(value))
    if hasattr(type(value), "__get__"):
        return _Own(Gradual(f"{name!r} is a descriptor"), "attribute", settable=True)
    plain = isinstance(value, bool | int | float | str | bytes)
    return _Own(
        instance(type(value)) if plain else Gradual(f"{name!r} has no annotation"), "attribute", settable=True
    )


def _wrapping(cls: type, method: object) -> _Own:
    """A classmethod or staticmethod, by the function within."""
    function = _function(cls, getattr(method, "__func__", None))
    return _Own(function, "class" if isinstance(method, classmethod) else "static")


def _is_slot(value: object) -> bool:
    return isinstance(
        value,
        types.WrapperDescriptorType
        | types.MethodDescriptorType
        | types.GetSetDescriptorType
        | types.MemberDescriptorType
        | types.BuiltinFunctionType
        | types.ClassMethodDescriptorType,
    )


def _slot(name: str) -> Term:
    result = _SLOT_RESULTS.get(name)
    returns = (
        instance(result) if result is not None else Gradual(f"{name!r} of an extension class has no types")
    )
    receiver = Parameter("self", Kind.POSITION, ANY)
    if name == "__contains__":
        return Function(Parameters((receiver, Parameter("", Kind.POSITION, instance(object)))), returns)
    return Function(Parameters((receiver,)) if result is not None else ALL_PARAMETERS, returns)


def _function(cls: type, function: object) -> Term:
    """A function of a class body; one that a decorator wrapped has whatever type the decorator gave it."""
    if not isinstance(function, types.FunctionType) or hasattr(function, "__wrapped__"):
        return Gradual("its decorator hides its signature")
    return read_function(function, names_of(cls)[1])


def _bound(term: Term) -> Term:
    """A method without its receiver."""
    match term:
        case Function(parameters, returns):
            items = parameters.items
            drop = bool(items) and items[0].kind in (Kind.POSITION, Kind.EITHER)
            return Function(Parameters(items[1:] if drop else items, parameters.rest), returns)
        case Overloaded(items):
            bound = tuple(_bound(item) for item in items)
            return Overloaded(tuple(item for item in bound if isinstance(item, Function)))
        case _:
            return term


def constructor_of(made: Instance) -> Term:
    """What calling the class object means (specification: "Constructors")."""
    from_init, from_new = _find(made.of, "__init__"), _find(made.of, "__new__")
    found = from_init if from_init is not None and from_init[0].cls is not object else from_new
    if is_protocol(made.of):
        return Function(Parameters(()), made)
    if found is None or found[0].cls is object:
        # Unless C says what it takes, checkers let `type[C]` be a subclass with parameters of its own.
        return Overloaded((Function(Parameters(()), made), Function(ALL_PARAMETERS, made)))
    holder, own = found
    solution = _solution(made, holder) | {SELF: made}
    match _bound(replace_variables(own.term, solution)):
        case Function(parameters):
            return Function(parameters, made)
        case Overloaded(items):
            return Overloaded(tuple(Function(item.parameters, made) for item in items))
        case _:
            return Function(ALL_PARAMETERS, made)
