"""What `syncra` and `syncra.errors` offer is exactly what they say, and documented."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import syncra
from syncra import errors
from syncra._strategies._interface import AsyncStrategy, Strategy


def test_syncra_offers_exactly_what_it_says() -> None:
    """`syncra.__all__` is every public name of the package, once and in order, and each is what checkers see there."""
    seen = {name: home for home, names in names_for_checkers().items() for name in names}
    assert syncra.__all__ == sorted(seen)
    for name, home in seen.items():
        assert getattr(syncra, name) is getattr(importlib.import_module(home), name)


def names_for_checkers() -> dict[str, list[str]]:
    """What the package imports under TYPE_CHECKING, by module."""
    source = Path(syncra.__file__).read_text(encoding="utf-8")
    guarded = next(each for each in ast.parse(source).body if isinstance(each, ast.If))
    imports = [each for each in guarded.body if isinstance(each, ast.ImportFrom)]
    return {each.module or "": [name.name for name in each.names] for each in imports}


@pytest.mark.parametrize("use", ["syncra.Threads(2)", "syncra.errors.SyncraError", "[name for name in dir(syncra)]"])
def test_names_are_found_without_importing_their_modules(use: str) -> None:
    """`import syncra` is enough for every public name and for the errors; each is imported on its first use."""
    assert python(f"import sys, syncra; print('syncra.errors' in sys.modules); {use}") == "False"


def test_every_name_comes_with_a_star_and_in_dir() -> None:
    """`from syncra import *` gives all public names, and `dir` lists them before they are used."""
    assert python("import syncra; print(set(syncra.__all__) - set(dir(syncra)))") == "set()"
    assert python("from syncra import *; import syncra; print(set(syncra.__all__) - set(globals()))") == "set()"


def test_a_misspelt_name_is_an_error() -> None:
    """A name that is not public raises, and Python can suggest the near ones."""
    with pytest.raises(AttributeError, match=r"module 'syncra' has no attribute 'Thread'") as raised:
        getattr(syncra, "Thread")  # noqa: B009  # with a dot the type checkers refuse it, as they should
    assert raised.value.obj is syncra


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


HEAVY = ("pydantic", "asyncio", "concurrent.futures.thread", "multiprocessing", "numpy", "pandas", "cloudpickle")


def test_importing_imports_nothing_that_is_not_used() -> None:
    """`import syncra` imports none of its own modules, and of the standard library only what types are written with."""
    imported = python("import sys; before = set(sys.modules); import syncra; print(*set(sys.modules) - before)").split()
    assert [name for name in imported if name.startswith("syncra.")] == []
    unused = (*HEAVY, "dataclasses", "inspect", "threading", "typing_extensions", "weakref")
    assert [name for name in unused if name in imported] == []


FIRST_RUN = """
import sys
before = set(sys.modules)
from syncra import depends, run, task
@task
def one() -> list[int]:
    return [1]
@task
def two(values: list[int] = depends(one)) -> int:
    return len(values)
assert run(two) == 1
print(*set(sys.modules) - before)
"""


def test_a_first_run_imports_nothing_that_it_does_not_use() -> None:
    """Tasks whose edges are proven are declared and run without pydantic, an event loop or another strategy."""
    imported = python(FIRST_RUN).split()
    unused = (*HEAVY, "concurrent", "pathlib", "socket", "typing_extensions", "syncra._strategies._asyncio")
    assert [name for name in (*unused, "syncra._strategies._threads", "syncra._values") if name in imported] == []


def python(code: str) -> str:
    """What a program prints, in an interpreter of its own."""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return ended.stdout.strip()
