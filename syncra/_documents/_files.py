"""Files that hold a document: their plain data, and the line of each key in them."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from syncra.errors import DocumentError

if TYPE_CHECKING:
    from yaml import Node

__all__ = ["read_file"]

Keys: TypeAlias = tuple[str | int, ...]
Lines: TypeAlias = Mapping[Keys, int]


def read_file(path: Path) -> tuple[Any, Callable[[Keys], int | None]]:
    # Any: plain data, which is looked at where it is read.
    """The plain data of a TOML, JSON or YAML file, and what tells the line of a place in it.

    Raises:
        DocumentError: it can't be read as what its suffix says, or YAML can't be read here.
        OSError: there is no such file, or it can't be opened.
    """
    formats = {".toml": _toml, ".json": _json, ".yaml": _yaml, ".yml": _yaml}
    if path.suffix not in formats:
        raise DocumentError(f"{path.name}: a graph is read from {', '.join(formats)} files, not from {path.suffix!r}")
    data, lines = formats[path.suffix](path.read_text(encoding="utf-8"), path.name)

    def line(keys: Keys) -> int | None:
        """Of the innermost place on the way there whose line is known."""
        return next((lines[keys[:end]] for end in range(len(keys), 0, -1) if keys[:end] in lines), None)

    return data, line


def _toml(text: str, name: str) -> tuple[Any, Lines]:  # Any: plain data
    try:
        return tomllib.loads(text), dict(_toml_lines(text))
    except tomllib.TOMLDecodeError as error:
        raise DocumentError(f"{name}: {error}") from None


_TABLE = re.compile(r"^\s*\[\[?(?P<keys>[^\[\]]+)\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*(?P<keys>(?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")


def _toml_lines(text: str) -> Iterator[tuple[Keys, int]]:
    """The line of each table, and of each key that stands at the beginning of one."""
    table: Keys = ()
    for number, line in enumerate(text.splitlines(), 1):
        if found := _TABLE.match(line):
            table = _parts(found["keys"])
            yield table, number
        elif found := _KEY.match(line):
            yield (*table, *_parts(found["keys"])), number


def _parts(keys: str) -> Keys:
    return tuple(each.strip("\"'") for each in _PART.findall(keys))


def _json(text: str, name: str) -> tuple[Any, Lines]:  # Any: plain data
    try:
        return json.loads(text), dict(_json_lines(text))
    except json.JSONDecodeError as error:
        raise DocumentError(f"{name}: {error.msg} (at line {error.lineno}, column {error.colno})") from None


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}:,]|[^\s\[\]{}:,"]+')


def _json_lines(text: str) -> Iterator[tuple[Keys, int]]:  # noqa: C901  a branch a sign
    """The line of each key and of each item."""
    keys: list[str | int] = []
    in_list: list[bool] = []
    last, line, end = "", 1, 0
    for token in _TOKEN.finditer(text):
        line += text.count("\n", end, token.start())
        end = token.start()
        match token[0]:
            case "{" | "[" as bracket:
                in_list.append(bracket == "[")
                keys.append(0 if bracket == "[" else "")
                if bracket == "[":
                    yield tuple(keys), line
            case "}" | "]":
                in_list.pop()
                keys.pop()
            case ":":
                keys[-1] = str(json.loads(last))
                yield tuple(keys), line
            case ",":
                item = keys[-1]
                if isinstance(item, int):
                    keys[-1] = item + 1
            case word:
                last = word
                if in_list and in_list[-1]:
                    yield tuple(keys), line


def _yaml(text: str, name: str) -> tuple[Any, Lines]:  # Any: plain data
    try:
        import yaml
    except ImportError:
        raise DocumentError(
            f"{name}: reading YAML needs PyYAML, which is not installed: pip install pyyaml; or write TOML or JSON"
        ) from None
    try:
        return yaml.safe_load(text), dict(_yaml_lines(yaml.compose(text, Loader=yaml.SafeLoader), ()))
    except yaml.YAMLError as error:
        raise DocumentError(f"{name}: {error}") from None


def _yaml_lines(node: Node | None, keys: Keys) -> Iterator[tuple[Keys, int]]:
    if node is None:
        return
    yield keys, node.start_mark.line + 1
    if node.id == "mapping":
        for key, value in node.value:
            yield from _yaml_lines(value, (*keys, key.value))
            yield (*keys, key.value), key.start_mark.line + 1
    elif node.id == "sequence":
        for number, item in enumerate(node.value):
            yield from _yaml_lines(item, (*keys, number))
