"""The members of a type by name, with the receiver put in: what a structural question is answered from.

Specification: "Protocols" (members), "Class objects", "Constructors".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from syncra._relation._body import Own, own_member
from syncra._relation._classes import ancestors_of, as_instance, is_protocol, is_typed_dict, solution_of
from syncra._relation._parameters import parameters_of
from syncra._relation._replacing import replace_variables
from syncra._relation._terms import (
    ALL_PARAMETERS,
    ANY,
    SELF,
    Class,
    Function,
    Instance,
    Kind,
    Overloaded,
    Parameters,
    Term,
    Tuple,
    TypeOf,
    Variable,
)
from syncra._relation._typeshed import class_of

__all__ = ["Member", "class_member", "constructor_of", "instance_member", "metaclass_member"]


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
    return solution_of(Instance(base.of, tuple(replace_variables(arg, solution_of(applied)) for arg in base.args)))


def _find(of: Class, name: str) -> tuple[Class, Own] | None:
    for holder in _resolution_order(of):
        if holder.cls is object and name not in vars(object):
            continue
        own = own_member(holder, name)
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
