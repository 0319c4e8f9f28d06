"""Files: `typing.IO` and its two kinds, whose relation to the classes of `io` exists in stubs only."""

from __future__ import annotations

import codecs
import io
import typing
from collections.abc import Iterator

from syncra._values._checks import Check, Classes
from syncra._values._faults import Fault

_TEXT: Classes = (io.TextIOBase, codecs.StreamReaderWriter, typing.TextIO)
_BINARY: Classes = (io.RawIOBase, io.BufferedIOBase, typing.BinaryIO)


class Files(Check):
    """A file of text, of bytes or of either; the wrappers of `tempfile` are what they wrap."""

    __slots__ = ("_classes",)

    def __init__(self, hint: object, kind: object) -> None:
        super().__init__(hint)
        self._classes = _TEXT if kind is str else _BINARY if kind is bytes else (*_TEXT, *_BINARY)
        if hint is not typing.TextIO and hint is not typing.BinaryIO:
            self._classes = (*self._classes, typing.IO)

    def accepts(self, value: object) -> bool:
        return isinstance(self._wrapped(value), self._classes)

    def _wrapped(self, value: object) -> object:
        if type(value).__module__ != "tempfile" or typing.IO not in self._classes:
            return value
        return getattr(value, "file", None) or getattr(value, "_file", value)

    def faults(self, value: object) -> Iterator[Fault]:
        if not self.accepts(value):
            yield self.misfit(value)
