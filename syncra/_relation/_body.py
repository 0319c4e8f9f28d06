"""What the body of one class declares under a name: annotations, functions, descriptors, or its stub.

Specification: "Protocols" (members), "Class and instance variables".
"""

from __future__ import annotations

import functools
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, cast, get_args, get_origin

from syncra._relation._assigned import assigned_attributes
from syncra._relation._classes import is_named_tuple, names_of, own_annotations, own_hints
from syncra._relation._hints import instance, missing, read_hint
from syncra._relation._signatures import open_parameters, read_function
from syncra._relation._terms import (
    ALL_PARAMETERS,
    ANY,
    Class,
    Function,
    Gradual,
    Kind,
    Overloaded,
    Parameter,
    Parameters,
    Term,
    TypeOf,
)
from syncra._relation._typeshed import stub_members, stub_signatures, stub_term

__all__ = ["Own", "member_names", "own_member"]

# Results that the data model fixes, for slots of extension classes that say nothing about their types.
_SLOT_RESULTS: Final[Mapping[str, type]] = {
    "__len__": int, "__index__": int, "__int__": int, "__hash__": int, "__length_hint__": int,
    "__float__": float, "__complex__": complex, "__bool__": bool, "__contains__": bool,
    "__str__": str, "__repr__": str,
    "__format__": str, "__bytes__": bytes,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Own:
    """A member as the class body that holds it declares it."""

    term: Term
    sort: str  # "method", "class", "static", "property", "attribute", "classvar"
    settable: bool = False


def member_names(of: Class) -> Iterator[str]:
    """The names that the body of a protocol declares."""
    if of.path is not None:
        yield from (name for name in stub_members(of.path) if name not in ("__new__", "__init__", "__slots__"))
        return
    for name in dict.fromkeys((*own_annotations(of.cls), *vars(of.cls))):
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


def own_member(holder: Class, name: str) -> Own | None:
    key = ("member", name)
    if key in holder.facts:
        known = holder.facts[key]
        return known if isinstance(known, Own) else None
    before = missing.met
    own = _read_own(holder, name)
    if missing.met == before:
        holder.facts[key] = own
    return own


def _read_own(holder: Class, name: str) -> Own | None:
    if holder.path is not None:
        stubbed = stub_members(holder.path)
        if name in stubbed:
            return _from_stub(stubbed[name], holder.path)
        if stubbed and not holder.path.startswith("numpy."):  # of numpy only a few members are in the table
            return None
    return _from_body(holder, name)


def _from_stub(text: str, path: str) -> Own:
    head, _, rest = text.partition("def ")
    if rest and head in ("", "class ", "static "):
        items = stub_signatures(rest, path)
        opened = tuple(Function(open_parameters(item.parameters.items), item.returns) for item in items)
        term = opened[0] if len(opened) == 1 else Overloaded(opened)
        return Own(term, head.strip() or "method")
    sort, _, hint = text.partition(" ")
    if hint == "None" and sort == "classvar":
        return Own(ANY, "absent")  # `__hash__: ClassVar[None]`
    return Own(stub_term(hint, path), sort, settable=sort == "attribute")


def _from_body(holder: Class, name: str) -> Own | None:
    cls = holder.cls
    own = vars(cls)
    if name in own_annotations(cls):
        return _annotated(holder, own_hints(cls)[name])
    if name in own:
        return _from_value(holder, name, own[name])
    if (assigned := assigned_attributes(holder).get(name)) is not None:
        return Own(assigned, "attribute", settable=True)
    return None


def _annotated(holder: Class, hint: object) -> Own:
    qualifier = getattr(get_origin(hint) or hint, "_name", None)
    if qualifier == "ClassVar":
        inner = get_args(hint)
        return Own(read_hint(inner[0]) if inner else ANY, "classvar", settable=True)
    return Own(read_hint(hint), "attribute", settable=qualifier != "Final" and not _is_frozen(holder))


def _is_frozen(holder: Class) -> bool:
    if is_named_tuple(holder):
        return True
    dataclass_parameters = getattr(holder.cls, "__dataclass_params__", None)
    config: dict[str, object] = getattr(holder.cls, "model_config", {})
    return config.get("frozen") is True or getattr(dataclass_parameters, "frozen", False) is True


def _from_value(holder: Class, name: str, value: object) -> Own | None:
    cls = holder.cls
    if isinstance(value, classmethod | staticmethod):
        return _wrapping(cls, cast("object", value))  # of whatever parameters
    match value:
        case types.FunctionType():
            return Own(_function(cls, value), "method")
        case property():
            getter = _function(cls, value.fget)
            returns = getter.returns if isinstance(getter, Function) else ANY
            return Own(returns, "property", settable=value.fset is not None)
        case functools.cached_property():
            getter = _function(cls, value.func)
            return Own(getter.returns if isinstance(getter, Function) else ANY, "attribute")
        case None if name.startswith("__"):
            return Own(ANY, "absent")  # `__hash__ = None`
        case types.MemberDescriptorType() | types.GetSetDescriptorType():
            assigned = assigned_attributes(holder).get(name)  # as where there is no `__slots__`
            return Own(assigned or _untyped(name), "attribute", settable=True)
        case type():
            return Own(TypeOf(read_hint(value)), "classvar", settable=True)
        case _:
            return _from_other(name, value)


def _from_other(name: str, value: object) -> Own:
    """A slot of an extension class, a descriptor, or a plain value whose class is its declared type."""
    if _is_slot(value):
        return Own(_slot(name), "method")
    if hasattr(type(value), "__get__"):
        return Own(Gradual(f"{name!r} is a descriptor", unknown=True), "attribute", settable=True)
    plain = isinstance(value, bool | int | float | str | bytes)
    return Own(
        instance(type(value)) if plain else Gradual(f"{name!r} has no annotation", unknown=True),
        "attribute",
        settable=True,
    )


def _wrapping(cls: type, method: object) -> Own:
    """A classmethod or staticmethod, by the function within."""
    function = _function(cls, getattr(method, "__func__", None))
    return Own(function, "class" if isinstance(method, classmethod) else "static")


def _is_slot(value: object) -> bool:
    return isinstance(
        value,
        types.WrapperDescriptorType
        | types.MethodDescriptorType
        | types.BuiltinFunctionType
        | types.ClassMethodDescriptorType,
    )


def _slot(name: str) -> Term:
    result = _SLOT_RESULTS.get(name)
    returns = _untyped(name) if result is None else instance(result)
    receiver = Parameter("self", Kind.POSITION, ANY)
    if name == "__contains__":
        return Function(Parameters((receiver, Parameter("", Kind.POSITION, instance(object)))), returns)
    return Function(Parameters((receiver,)) if result is not None else ALL_PARAMETERS, returns)


def _untyped(name: str) -> Gradual:
    return Gradual(f"{name!r} of an extension class has no types", unknown=True)


def _function(cls: type, function: object) -> Term:
    """A function of a class body; one that a decorator wrapped has whatever type the decorator gave it."""
    if not isinstance(function, types.FunctionType) or hasattr(function, "__wrapped__"):
        return Gradual("its decorator hides its signature", unknown=True)
    return read_function(function, names_of(cls)[1])
