"""Generic forms: classes of the standard library with the arguments that say what is in them."""

from __future__ import annotations

import array
import collections
import types
import typing
from collections import abc
from collections.abc import Iterator
from typing import Any, get_args, get_origin

from syncra._values._checks import Calls, Check, Everything, Instances, Subclasses
from syncra._values._classes import check_of_class, say_nothing
from syncra._values._containers import Items, Pairs, Tuple
from syncra._values._faults import hint_text

if typing.TYPE_CHECKING:
    from syncra._values._reading import Reader

_ITEMS = frozenset({
    list, set, frozenset, collections.deque, array.array, abc.Sequence, abc.MutableSequence, abc.Set,
    abc.MutableSet, abc.KeysView, abc.ValuesView, abc.Iterable, abc.Collection, abc.Container, abc.Reversible,
})  # fmt: skip
_PAIRS = frozenset({
    dict, collections.OrderedDict, collections.defaultdict, collections.ChainMap, abc.Mapping,
    abc.MutableMapping, types.MappingProxyType,
})  # fmt: skip
_LAZY = {
    abc.Iterable: "the items of an iterable that is no sequence, set or mapping",
    abc.Collection: "the items of a collection that is no sequence, set or mapping",
    abc.Container: "the items of a container that is no sequence, set or mapping",
    abc.Reversible: "the items of a reversible that is no sequence, set or mapping",
}
_CALLABLES: frozenset[object] = frozenset({abc.Callable})


def check_of_generic(reader: Reader, hint: object, origin: type) -> Check:
    """The check of a class with arguments; `typing.List` stands for `list` without any."""
    if origin is tuple:
        return _tuple(reader, hint) if hasattr(hint, "__args__") else Instances(hint, (tuple,))
    arguments = get_args(hint)
    if not arguments:
        return reader.read(origin)
    if origin is type:
        return _type(reader, hint, arguments[0])
    if origin in _CALLABLES:
        if arguments != (..., Any):
            reader.leave("the signature of a callable")
        return Calls(hint)
    return _container(reader, hint, origin, arguments)


def _container(reader: Reader, hint: object, origin: type, arguments: tuple[object, ...]) -> Check:
    if origin in _ITEMS:
        item = reader.part(arguments[0])
        if origin in _LAZY and not isinstance(item, Everything):
            reader.leave(_LAZY[origin])
        return Items(hint, origin, item)
    if origin in _PAIRS:
        return Pairs(hint, origin, reader.part(arguments[0]), reader.part(arguments[1]))
    if origin is collections.Counter:
        return Pairs(hint, origin, reader.part(arguments[0]), reader.part(int))
    if origin is abc.ItemsView:
        pair = Tuple(hint, (reader.part(arguments[0]), reader.part(arguments[1])), None, ())
        return Items(hint, origin, pair)
    return check_of_class(reader, hint, origin, arguments)


def _tuple(reader: Reader, hint: object) -> Check:
    first: list[Check] = []
    last: list[Check] = []
    between: Check | None = None
    arguments = get_args(hint)
    if len(arguments) == 2 and arguments[1] is ...:
        return Tuple(hint, (), reader.part(arguments[0]), ())
    for argument, any_number in _spread(arguments):
        if any_number:
            between = reader.part(argument)
        else:
            (first if between is None else last).append(reader.part(argument))
    return Tuple(hint, tuple(first), between, tuple(last))


def _type(reader: Reader, hint: object, instance: object) -> Check:
    """`type[X]`: by the classes whose instances X accepts."""
    origin = get_origin(instance)
    generic = isinstance(origin, type) and origin is not types.UnionType
    if generic and not say_nothing(get_args(instance)):
        reader.leave(f"the type arguments of {hint_text(instance)}")
    of_instance = reader.part(origin if generic else instance)
    if isinstance(of_instance, Instances):
        return Subclasses(hint, of_instance.classes)
    if not isinstance(of_instance, Everything):
        reader.leave(f"which class it is, for {hint_text(hint)}")
    return Subclasses(hint, (object,))


def _spread(arguments: tuple[object, ...]) -> Iterator[tuple[object, bool]]:
    """A tuple's arguments with the unpacked ones opened, and whether there may be any number of each."""
    for argument in arguments:
        if not getattr(argument, "__unpacked__", False) and getattr(get_origin(argument), "_name", "") != "Unpack":
            yield argument, False
            continue
        inner = argument if get_origin(argument) is tuple else get_args(argument)[0]
        items = get_args(inner)
        if get_origin(inner) is not tuple:  # a TypeVarTuple
            yield Any, True
        elif len(items) == 2 and items[1] is ...:
            yield items[0], True
        else:
            yield from _spread(items)
