"""What `syncra` and `syncra.errors` offer is exactly what they say, and documented."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import syncra
from syncra import errors
from syncra._strategies import AsyncStrategy, Strategy


def test_syncra_offers_exactly_what_it_says() -> None:
    """`syncra.__all__` is every public name of the package, once and in order; modules are no part of it."""
    public = {name for name, value in vars(syncra).items() if name[0] != "_" and not inspect.ismodule(value)}
    assert set(syncra.__all__) == public - {"annotations"}
    assert syncra.__all__ == sorted(set(syncra.__all__))


def test_errors_offers_exactly_the_errors() -> None:
    """`syncra.errors.__all__` is every error that is defined there, once and in order, and each is in the tree."""
    defined = {name for name, value in vars(errors).items() if getattr(value, "__module__", "") == errors.__name__}
    assert set(errors.__all__) == {name for name in defined if inspect.isclass(getattr(errors, name))}
    assert errors.__all__ == sorted(set(errors.__all__))
    assert not [name for name in errors.__all__ if name not in (errors.__doc__ or "")]


@pytest.mark.parametrize("name", syncra.__all__)
def test_public_names_are_documented(name: str) -> None:
    """Each public class and function, and each of their public methods, says its contract."""
    value = getattr(syncra, name)
    if not inspect.isclass(value) and not inspect.isfunction(value):
        return  # a type alias, which has no docstring
    assert (inspect.getdoc(value) or "").strip(), f"syncra.{name} has no docstring"
    for method, member in vars(value).items():
        if method.startswith("_") or hasattr(Strategy, method) or hasattr(AsyncStrategy, method):
            continue  # what a strategy's methods do is said by the protocols
        if inspect.isfunction(member) or isinstance(member, (classmethod, property)):
            # An attribute may be described by the class instead.
            documented = inspect.getdoc(getattr(value, method)) or f"    {method}: " in (value.__doc__ or "")
            assert documented, f"syncra.{name}.{method} has no docstring"


@pytest.mark.parametrize("name", errors.__all__)
def test_errors_are_documented_and_catchable_at_once(name: str) -> None:
    """Every error says how it differs from the others, and is a SyncraError and some builtin exception."""
    error = getattr(errors, name)
    assert vars(error).get("__doc__")
    assert issubclass(error, errors.SyncraError)
    assert issubclass(error, Exception)
    builtins = {base for base in error.__mro__ if base.__module__ == "builtins"}
    assert name == "SyncraError" or builtins - {Exception, BaseException, object}, f"{name} is no builtin exception too"


def test_importing_imports_nothing_heavy() -> None:
    """`import syncra` imports neither pydantic, nor an event loop, nor executors, nor a data library."""
    heavy = ("pydantic", "asyncio", "concurrent.futures.thread", "multiprocessing", "numpy", "pandas", "cloudpickle")
    code = f"import sys, syncra; print([name for name in {heavy!r} if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
