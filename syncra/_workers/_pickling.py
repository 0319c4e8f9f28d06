"""Values as bytes: how arguments, results and functions become a `Body` and come out of one.

Three picklers, the quickest first: the plain one; one that sends a function by reference even where a
decorator took its place in the module; and cloudpickle, where it is installed, for what has no name that a
worker could import.
"""

from __future__ import annotations

import importlib
import io
import pickle
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from hashlib import blake2b
from threading import Lock
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from syncra._workers import _script
from syncra._workers._wire import INLINE_LIMIT, Body, Buffer

if TYPE_CHECKING:
    from pickle import PickleBuffer

_PROTOCOL: Final = 5
_DEEPEST_WRAPPING: Final = 32
_OF_SCRIPT: Final = re.compile(rb"main__")
_by_value_lock: Final = Lock()
_by_value: Final[dict[type, Callable[[Any], Any]]] = {}  # Any: of one class each, and as pickle takes it

CLOUDPICKLE: Final = "`pip install cloudpickle` lets it travel by value"


def is_importable(module: str) -> bool:
    """Whether a worker can import the module by this name, as far as is known here."""
    return module not in _script.NAMES or _script.is_importable()


def travels_by_value(kind: type, reduce: Callable[[Any], Any]) -> None:
    """Objects of this class travel as `reduce` says, in the terms of pickle, with all that travels by value."""
    _by_value[kind] = reduce


class UnsendableError(TypeError):
    """A part of a call cannot be handed over between two processes.

    Attributes:
        what: "function", "argument 2" (counted from 0), "argument 'rate'", "arguments" or "result".
        reason: why, in the words of whoever refused it.
    """

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(what, reason)
        self.what = what
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.what} cannot be handed over to another process: {self.reason}"


class FunctionMismatchError(LookupError):
    """The function that a worker finds by name is not the one that its caller means."""


_Reduced = tuple[Callable[..., FunctionType], tuple[str, str, int, str]]
"""What `resolve` is called with on the other side."""


class _Pickler(Protocol):
    def dump(self, value: object, /) -> object: ...


def encode(value: object, what: str) -> Body:
    """The value as a message's body; large buffers in it are not copied, so send it before the value changes.

    Raises:
        UnsendableError: no pickler takes it.
    """
    buffers: list[Buffer] = []
    try:
        pickled = pickle.dumps(value, _PROTOCOL, buffer_callback=_collector(buffers))
        if _OF_SCRIPT.search(pickled) is None or _script.is_importable():
            return Body(pickled, buffers)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  a value may raise anything while it is pickled
        return _encode_slowly(value, what, error)
    return _encode_slowly(value, what, None)


def encode_arguments(arguments: Sequence[object], keywords: Mapping[str, object]) -> Body:
    """Positional and keyword arguments as one body.

    Raises:
        UnsendableError: an argument does not pickle; it says which.
    """
    try:
        return encode((arguments, keywords), "arguments")
    except UnsendableError:
        for index, argument in enumerate(arguments):
            encode(argument, f"argument {index}")
        for name, argument in keywords.items():
            encode(argument, f"argument {name!r}")
        raise


def encode_function(function: Callable[..., object], code: Callable[..., object], *, by_value: bool) -> Body:
    """The function as a body: by reference where a worker can import it, else (or if `by_value`) as that code.

    Raises:
        UnsendableError: it has no importable name and cloudpickle is not installed, or does not take it.
    """
    if not by_value:
        try:
            pickled = _dumps(_ReferencePickler, function, [])
            if _OF_SCRIPT.search(pickled) is None or _script.is_importable():
                return Body(pickled, [])
            return _encode_slowly(code, "function", None)
        except UnsendableError:
            raise
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  as in `encode`
            return _encode_slowly(code, "function", error)
    with _by_value_lock:
        return _encode_by_value(code)


def decode(body: Body) -> object:
    """The value in the body; whatever unpickling raises goes on."""
    value: object = pickle.loads(body.pickled, buffers=body.buffers)
    return value


def needs_script(body: Body) -> bool:
    """Whether something of the caller's `__main__` may be named in the body."""
    return _OF_SCRIPT.search(body.pickled) is not None


def describe(error: BaseException) -> str:
    """Type and message of an error in one bounded line, even if its `__str__` raises."""
    try:
        message = str(error)
    except BaseException:  # noqa: BLE001  a hostile __str__ may raise anything
        message = "<its message could not be made>"
    if len(message) > 2_000:
        message = f"{message[:2_000]}... ({len(message)} characters)"
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def resolve(module: str, qualname: str, depth: int, fingerprint: str) -> FunctionType:
    """The function found under that name, `depth` steps down its `__wrapped__` chain.

    Raises:
        FunctionMismatchError: what is found there has other code, or is no function.
    """
    found: object = importlib.import_module(module)
    for part in qualname.split("."):
        found = getattr(found, part)
    for _ in range(depth):
        found = getattr(found, "__wrapped__", None)
    if not isinstance(found, FunctionType) or _fingerprint(found.__code__) != fingerprint:
        raise FunctionMismatchError(
            f"{module}:{qualname} is another function there; its source has changed since "
            "it was imported here, or it was defined again, or rewritten as it was imported"
        )
    return found


class _ReferencePickler(pickle.Pickler):
    """Sends functions by reference where their name leads to them, also through decorators."""

    def reducer_override(self, value: object, /) -> _Reduced:
        return _reduced(value) or NotImplemented


class _RefusingPickler(pickle.Pickler):
    """Makes sure that the name `__main__`, another module in a worker, is text and no reference."""

    def reducer_override(self, value: object, /) -> Any:  # Any: it is always NotImplemented
        if isinstance(value, type | FunctionType) and value.__module__ in _script.NAMES:
            raise pickle.PicklingError(
                f"{value.__qualname__} is defined in `__main__`, which a worker cannot import here "
                f"(a REPL, a notebook, `-c` or standard input); {CLOUDPICKLE}"
            )
        return NotImplemented


def _reduced(value: object) -> _Reduced | None:
    if type(value) is not FunctionType or value is resolve:
        return None
    depth = _depth(value)
    if depth is None:
        return None
    return resolve, (value.__module__, value.__qualname__, depth, _fingerprint(value.__code__))


def _depth(function: FunctionType) -> int | None:
    """How many `__wrapped__` steps lead from the function's importable name to it; None if none do."""
    module = function.__module__
    if module in _script.NAMES and not _script.is_importable():
        return None
    with suppress(Exception):  # an object in a module may answer getattr with any error
        found: object = sys.modules.get(module)
        for part in function.__qualname__.split("."):
            found = getattr(found, part)
        for depth in range(_DEEPEST_WRAPPING):
            if found is function:
                return depth
            found = getattr(found, "__wrapped__")  # noqa: B009  pyright: object has no such attribute
    return None


def _fingerprint(code: CodeType) -> str:
    """The same for the same code in every process: no addresses, no order of sets."""
    digest = blake2b(code.co_code, digest_size=8)
    digest.update(repr(code.co_names).encode("utf-8", "surrogatepass"))
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            text = _fingerprint(constant)
        elif isinstance(constant, frozenset):
            text = repr(sorted(repr(item) for item in cast("frozenset[object]", constant)))
        else:
            text = repr(constant)
        digest.update(text.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _encode_slowly(  # noqa: C901  a branch a pickler
    value: object, what: str, first: BaseException | None
) -> Body:
    """What the plain pickler did not take, or took by a name in `__main__` that means nothing in a worker."""
    buffers: list[Buffer] = []
    if first is not None:
        try:
            pickled = _dumps(_ReferencePickler, value, buffers)
            if _OF_SCRIPT.search(pickled) is None or _script.is_importable():
                return Body(pickled, buffers)
        except KeyboardInterrupt:
            raise
        except BaseException:  # noqa: BLE001  the first pickler's error says more
            buffers.clear()
    try:
        pickler = _by_value_pickler(references=True)
    except ImportError:
        if first is not None:
            raise UnsendableError(what, _advice(value, first)) from first
        pickler = _RefusingPickler
    try:
        return Body(_dumps(pickler, value, buffers), buffers)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise UnsendableError(what, describe(error)) from error


def _encode_by_value(function: Callable[..., object]) -> Body:
    """The function's own code, though its module could be imported."""
    try:
        import cloudpickle
    except ImportError as error:
        raise UnsendableError("function", CLOUDPICKLE) from error
    module = sys.modules.get(getattr(function, "__module__", None) or "")
    buffers: list[Buffer] = []
    named = module is not None and module.__name__ not in cloudpickle.list_registry_pickle_by_value()
    if module is not None and named:
        cloudpickle.register_pickle_by_value(module)
    try:
        return Body(_dumps(_by_value_pickler(references=False), function, buffers), buffers)
    except Exception as error:
        raise UnsendableError("function", describe(error)) from error
    finally:
        if module is not None and named:
            cloudpickle.unregister_pickle_by_value(module)


def _dumps(pickler: Callable[..., _Pickler], value: object, buffers: list[Buffer]) -> bytes:
    file = io.BytesIO()
    pickler(file, _PROTOCOL, buffer_callback=_collector(buffers)).dump(value)
    return file.getvalue()


def _collector(buffers: list[Buffer]) -> Callable[[PickleBuffer], bool]:
    """Take out of band what is large enough to leave the socket; True keeps a buffer in the pickle."""

    def keep(buffer: PickleBuffer) -> bool:
        if buffer.raw().nbytes < INLINE_LIMIT:
            return True
        buffers.append(buffer)
        return False

    return keep


def _by_value_pickler(*, references: bool) -> Callable[..., _Pickler]:
    """Cloudpickle's pickler, with references to functions where ours finds them, if they are wanted.

    Raises:
        ImportError: cloudpickle is not installed.
    """
    import cloudpickle

    class ByValuePickler(cloudpickle.Pickler):
        def reducer_override(self, value: object, /) -> Any:  # Any: what cloudpickle's own gives on
            reduce = _by_value.get(type(value))
            if reduce is not None and (reduced := reduce(value)) is not NotImplemented:
                return reduced
            return (references and _reduced(value)) or super().reducer_override(value)

    return ByValuePickler


def _advice(value: object, error: BaseException) -> str:
    """What to do where only cloudpickle would help."""
    if isinstance(value, FunctionType):
        name = f"{value.__module__}:{value.__qualname__}"
        return f"no worker can import {name} ({describe(error)}); {CLOUDPICKLE}"
    return f"{describe(error)}; {CLOUDPICKLE}, if that is what it is about"
