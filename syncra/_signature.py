"""The one gate for callables: whatever can be a task is read here once, into one frozen Signature.

Functions, coroutine functions, lambdas, partials, bound and static methods, callable objects and builtins are the
same thing behind this gate, and their annotations are resolved as far as the names in them exist.
"""

from __future__ import annotations

import builtins
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from inspect import Parameter as Described
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any, Final, NamedTuple, cast
from weakref import WeakKeyDictionary

from syncra._annotations import is_resolved, names_in, resolve
from syncra._relation import unwrap_awaitable
from syncra._siblings import Siblings
from syncra.errors import SignatureError

__all__ = ["MISSING", "Parameter", "Signature", "as_callable", "read_signature"]


class _Missing:
    """Nothing was given: no default, no value. Never a value itself."""

    def __repr__(self) -> str:
        return "MISSING"

    def __reduce__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()

_NO_NAMES: Final[Mapping[str, object]] = {}
_INSTANCES = (("self",), ("cls",))
_POSITIONAL = (Described.POSITIONAL_ONLY, Described.POSITIONAL_OR_KEYWORD)


class Parameter(NamedTuple):
    """One parameter of a callable.

    Attributes:
        hint: its annotation as a type hint; `inspect.Parameter.empty` where there is none.
        default: its default, or MISSING.
        positional: it can be filled by position.
        keyword: it can be filled by name.
        variadic: it is `*args` (positional) or `**kwargs` (keyword).
    """

    name: str
    hint: object
    default: object
    positional: bool
    keyword: bool
    variadic: bool = False


# Signatures are compared by identity: annotations may be unhashable or have a broken __eq__.
@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Signature:
    """A callable as Syncra sees it.

    Attributes:
        name: its own name; "" where it has none that a person would know it by.
        parameters: in order.
        result: the type hint of what it returns, for async functions of what it returns when awaited.
        is_async: calling it gives a coroutine.
        place: "file:line" of its definition, or its module where it has no source.
        unresolved: annotations hold names that do not exist yet.
        bare: the same without defaults, shared by all functions of one `def` that differ in nothing else; None where
            there are no defaults, and this one is shared.
        local_names: what names of the enclosing function in these annotations stand for, to read them again.
    """

    name: str
    parameters: tuple[Parameter, ...]
    result: object
    is_async: bool
    place: str
    unresolved: bool
    local_names: Mapping[str, object]
    bare: Signature | None = None

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of this name that can be filled by name or position, if there is one."""
        return next((each for each in self.parameters if each.name == name and not each.variadic), None)


# A Signature must not hold its function: the entry would keep its own key alive.
_read: WeakKeyDictionary[Callable[..., object], Signature] = WeakKeyDictionary()
# Nor may what siblings share hold the defaults of one of them.
_bare: Siblings[Signature] = Siblings()


def read_signature(
    function: Callable[..., object], local_names: Callable[[], Mapping[str, object]] | None = None
) -> Signature:
    """The signature of a callable, read once for each function; again while names in it do not exist yet.

    Args:
        function: what `as_callable` gave.
        local_names: gives the names visible where the function is defined, besides its module's; asked only
            where annotations are strings inside a function or a class.

    Raises:
        SignatureError: no signature can be read.
    """
    if not isinstance(function, FunctionType):
        return _read_anew(function, local_names)
    known = _read.get(function)
    if known is None:
        known = _read_anew(function, local_names) if function.__dict__ else _read_as_sibling(function, local_names)
        if not known.unresolved:
            _read[function] = known
    return known


def _read_as_sibling(function: FunctionType, local_names: Callable[[], Mapping[str, object]] | None) -> Signature:
    """The signature of a plain function, of which another one of the same `def` may have been read before."""

    def scopes() -> tuple[Mapping[str, object], ...]:
        is_nested = local_names is not None and "." in function.__qualname__
        names = local_names() if local_names is not None and is_nested else _NO_NAMES
        return _closure(function), names, function.__globals__, vars(builtins)

    def read() -> tuple[Signature, bool]:
        signature = _read_anew(function, local_names)
        parameters = tuple([each._replace(default=MISSING) for each in signature.parameters])
        return replace(signature, parameters=parameters), not signature.unresolved

    bare = _bare.of(function, scopes, read)
    return _with_defaults(bare, function) if function.__defaults__ or function.__kwdefaults__ else bare


def _with_defaults(bare: Signature, function: FunctionType) -> Signature:
    """The bare signature with the defaults of this function."""
    code, positional = function.__code__, function.__defaults__ or ()
    last = code.co_varnames[code.co_argcount - len(positional) : code.co_argcount]
    defaults = dict(zip(last, positional, strict=True)) | (function.__kwdefaults__ or {})
    parameters = tuple([each._replace(default=defaults.get(each.name, MISSING)) for each in bare.parameters])
    return replace(bare, parameters=parameters, bare=bare)


def as_callable(function: object) -> Callable[..., object]:
    """What can be called as a task, out of whatever was decorated.

    Raises:
        SignatureError: it is not callable, or it is a class or an instance method.
    """
    if isinstance(function, FunctionType):  # what is nearly always given
        return _no_method(function)
    if isinstance(function, staticmethod):
        return as_callable(function.__func__)
    if isinstance(function, classmethod):
        raise SignatureError(
            "a class method has no class yet inside the class body;"
            " write a static method, or decorate the bound method after the class"
        )
    if isinstance(function, type):
        raise SignatureError(
            f"{function.__name__!r} is a class, not a function; write a function that returns an instance of it"
        )
    if not callable(function):
        raise SignatureError(f"a task is made from a function, not from {_shown(function)}")
    return function


def _no_method(function: FunctionType) -> FunctionType:
    owner, _, _ = function.__qualname__.rpartition(".")
    if owner and not owner.endswith("<locals>") and function.__code__.co_varnames[:1] in _INSTANCES:
        raise SignatureError(
            f"{function.__qualname__!r} is an instance method: a task has no instance to call it on;"
            " write a static method or a function that takes the instance from a dependency"
        )
    return function


def _shown(value: object) -> str:
    """A value named by its type, for values whose own repr may be long or may raise."""
    return f"{type(value).__name__} object"


def _read_anew(function: Callable[..., object], local_names: Callable[[], Mapping[str, object]] | None) -> Signature:
    try:
        described = inspect.signature(function)
    except (TypeError, ValueError) as error:
        raise SignatureError(
            f"{_own_name(function) or _shown(function)!r} has no signature that Python can read ({error});"
            " wrap it in a function with annotated parameters"
        ) from None
    innermost = _innermost(function)
    annotations = [described.return_annotation, *(each.annotation for each in described.parameters.values())]
    written = " ".join(each for each in annotations if isinstance(each, str))
    is_nested = bool(written) and "." in getattr(innermost, "__qualname__", "")
    names = local_names() if local_names is not None and is_nested else _NO_NAMES
    hint = _resolver(innermost, names)
    parameters = tuple(_parameter(each, hint(each.annotation)) for each in described.parameters.values())
    result = hint(described.return_annotation)
    unresolved = not all(map(is_resolved, (result, *(each.hint for each in parameters))))
    is_coroutine_function = _is_coroutine_function(function)
    awaited = None if is_coroutine_function else unwrap_awaitable(result)
    return Signature(
        name=_own_name(function),
        parameters=parameters,
        result=result if awaited is None else awaited,
        is_async=awaited is not None or is_coroutine_function,
        place=getattr(function, "declared_at", None) or _place(innermost),
        unresolved=unresolved,
        # No others, or it would hold whatever the function has.
        local_names={each: names[each] for each in names_in(written) if each in names} if unresolved else _NO_NAMES,
    )


def _resolver(innermost: Any, local_names: Mapping[str, object]) -> Callable[[object], object]:  # Any: of _innermost
    """How this function's annotations become type hints: with which names they are looked up."""
    module_names: Mapping[str, object] = getattr(innermost, "__globals__", {})
    names = {**local_names, **_closure(innermost)}

    def hint(annotation: object) -> object:
        is_read = annotation is Described.empty or type(annotation) is type
        return annotation if is_read else resolve(annotation, module_names, names)

    return hint


def _parameter(described: Described, hint: object) -> Parameter:
    return Parameter(
        name=described.name,
        hint=hint,
        default=MISSING if described.default is Described.empty else described.default,
        positional=described.kind in (*_POSITIONAL, Described.VAR_POSITIONAL),
        keyword=described.kind not in (Described.POSITIONAL_ONLY, Described.VAR_POSITIONAL),
        variadic=described.kind in (Described.VAR_POSITIONAL, Described.VAR_KEYWORD),
    )


def _is_coroutine_function(function: Callable[..., object]) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(type(function), "__call__", None)  # noqa: B004  its own function is wanted, not whether there is one
    )


def _innermost(function: Callable[..., object]) -> Any:  # Any: from here on only read with getattr
    """The plain function under partials, `functools.wraps` and bound methods: where annotations were written."""
    current: Any = function
    while True:
        if isinstance(current, partial):
            current = current.func
        elif isinstance(current, MethodType):
            current = current.__func__
        elif hasattr(current, "__wrapped__"):
            current = inspect.unwrap(current)
        elif isinstance(current, (FunctionType, BuiltinFunctionType)):
            return current
        else:
            # cast: of whatever class
            inner: Any = getattr(cast(object, current).__class__, "__call__", None)  # noqa: B004  as above
            if not isinstance(inner, FunctionType):
                return current
            current = inner


def _closure(function: Any) -> dict[str, object]:  # Any: what _innermost gives
    """The names that the function sees besides its module's: enclosing variables and its own type parameters."""
    code = getattr(function, "__code__", None)
    names: dict[str, object] = {}
    for name, cell in zip(code.co_freevars if code else (), getattr(function, "__closure__", None) or (), strict=True):
        try:
            names[name] = cell.cell_contents
        except ValueError:  # a variable of the enclosing function that is not assigned yet
            continue
    for variable in getattr(function, "__type_params__", ()):
        names[variable.__name__] = variable
    return names


def _own_name(function: Callable[..., object]) -> str:
    name = getattr(function, "__name__", "")
    return name if isinstance(name, str) and name != "<lambda>" else ""


def _place(function: Any) -> str:  # Any: what _innermost gives
    code = getattr(function, "__code__", None)
    if code is not None:
        return f"{code.co_filename}:{code.co_firstlineno}"
    return f"module {getattr(function, '__module__', None) or 'builtins'}"
