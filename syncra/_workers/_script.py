"""The caller's `__main__` in a worker: how it is found, and its import there, once something of it is needed.

A worker imports the script by itself, under the name `__mp_main__` as the standard library's spawned
processes do, and only when a function, a class or a value of it arrives: a script without functions of its
own is never run twice.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from multiprocessing import spawn
from multiprocessing.process import current_process
from pathlib import Path
from typing import Final, NotRequired, TypedDict

NAMES: Final = ("__main__", "__mp_main__")

GUARD: Final = (
    "a worker process imports the script that was started, and this script starts worker processes "
    "when it is imported. Put what it does behind\n\n    if __name__ == '__main__':\n        ...\n\n"
    "so that importing it only defines functions and classes"
)


class Preparation(TypedDict):
    """What a worker takes over before its first call, in the form of `multiprocessing.spawn.prepare`."""

    sys_path: list[str]
    sys_argv: list[str]
    dir: str
    authkey: bytes
    init_main_from_name: NotRequired[str]
    init_main_from_path: NotRequired[str]


@dataclass(slots=True)
class _Place:
    """What this process knows of its script; a worker's is set once, by `prepare`."""

    inherited: bool = False
    name: str | None = None
    path: str | None = None
    imported: bool = False
    importing: bool = False


_place = _Place()


def is_importing() -> bool:
    """Whether this process is a worker that is just importing the script."""
    return _place.importing


def is_importable() -> bool:
    """Whether a worker can import the script: it is a file or module, no REPL, notebook, `-c` or stdin."""
    name, path = _found()
    return name is not None or path is not None


def preparation() -> Preparation:
    """What a worker that starts now takes over.

    Not `multiprocessing.spawn.get_preparation_data`: that one fixes the process-wide start method as it reads
    it.
    """
    directory = _current_directory()
    found = Preparation(
        sys_path=[entry or directory for entry in sys.path],
        sys_argv=list(sys.argv),
        dir=directory,
        authkey=bytes(current_process().authkey),
    )
    name, path = _found()
    if name is not None:
        found["init_main_from_name"] = name
    elif path is not None:
        found["init_main_from_path"] = path
    return found


def prepare(content: Preparation) -> None:
    """Make this fresh worker like its caller, but leave the script alone."""
    _place.inherited = True
    _place.name = content.pop("init_main_from_name", None)
    _place.path = content.pop("init_main_from_path", None)
    spawn.prepare(dict(content))


def import_script() -> None:
    """Import the caller's script, once; whatever it raises goes on to the caller."""
    if _place.imported:
        return
    _place.imported = _place.importing = True
    try:
        if _place.name is not None:
            spawn.prepare({"init_main_from_name": _place.name})
        elif _place.path is not None:
            spawn.prepare({"init_main_from_path": _place.path})
    finally:
        _place.importing = False


def _found() -> tuple[str | None, str | None]:
    """Name of the module that is `__main__`, or else path of its file; a worker's script is its caller's."""
    if _place.inherited:
        return _place.name, _place.path
    main = sys.modules["__main__"]
    name = getattr(getattr(main, "__spec__", None), "name", None)
    if isinstance(name, str):
        return (None, None) if name == "__main__" or name.endswith(".__main__") else (name, None)
    path = getattr(main, "__file__", None)
    if not isinstance(path, str):
        return None, None
    found = Path(path).absolute()
    return (None, str(found)) if found.is_file() else (None, None)


def _current_directory() -> str:
    try:
        return str(Path.cwd())
    except FileNotFoundError:  # it was removed meanwhile
        return os.sep
