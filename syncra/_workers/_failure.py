"""An exception on its way out of a worker: itself where it survives that, else all that can be said of it.

Pickling keeps an exception's type, arguments, attributes and notes, but neither cause nor context. These
travel beside it as positions in a flat list of all exceptions that belong together, so that a chain may be
long or go in a circle.
"""

from __future__ import annotations

import pickle
import traceback
from types import TracebackType
from typing import Final, cast

from syncra._workers._pickling import decode, describe, encode
from syncra._workers._wire import Body

_MOST_LINKED: Final = 100
_LONGEST_TEXT: Final = 60_000
_PACKAGE: Final = f"{__name__.rpartition('.')[0]}."

_Link = tuple[BaseException, int | None, int | None, bool]
"""An exception, positions of its cause and its context in the list, whether the context is suppressed."""

_Packed = tuple[str, str, str, bytes | None]
"""Type, description, traceback text, and the pickled list of links."""


class RemoteError(Exception):
    """Stands for an exception that could not leave its process.

    Attributes:
        type_name: module and name of its type.
        description: type and message in one bounded line.
    """

    def __init__(self, type_name: str, description: str) -> None:
        super().__init__(type_name, description)
        self.type_name = type_name
        self.description = description

    def __str__(self) -> str:
        return f"{self.description} ({self.type_name} itself cannot be handed over between processes)"


def pack(error: BaseException) -> Body:
    """The exception as bytes that certainly travel: description, traceback's text, and itself if it can."""
    packed: _Packed = (_type_name(error), describe(error), _text(error), _portable(error))
    return Body(pickle.dumps(packed, pickle.HIGHEST_PROTOCOL), [])


def unpack(body: Body) -> tuple[BaseException, str]:
    """The exception and the text of its traceback; a `RemoteError` where the exception does not come out."""
    type_name, description, text, links = cast("_Packed", decode(body))  # as `pack` made it
    error = None if links is None else _unlinked(links)
    return (RemoteError(type_name, description) if error is None else error), text


def _portable(error: BaseException) -> bytes | None:
    """The exception and all it is linked to, as bytes known to come out again; None if it does not."""
    family = _family(error)
    packed = _linked(family, family)
    if packed is not None:
        return packed
    substitutes = [_survivor(member) for member in family]
    return None if isinstance(substitutes[0], RemoteError) else _linked(family, substitutes)


def _family(error: BaseException) -> list[BaseException]:
    """The exception, its causes, contexts and members, and theirs; the nearest where they are many."""
    family = [error]
    seen = {id(error)}
    for member in family:
        group = cast("BaseExceptionGroup[BaseException]", member).exceptions if _is_group(member) else ()
        for other in (member.__cause__, member.__context__, *group):
            if other is not None and id(other) not in seen and len(family) < _MOST_LINKED:
                seen.add(id(other))
                family.append(other)
    return family


def _linked(family: list[BaseException], substitutes: list[BaseException]) -> bytes | None:
    """The substitutes, linked as the family is, as bytes; None if they do not come out as what they are."""
    position = {id(member): index for index, member in enumerate(family)}
    links: list[_Link] = [
        (
            substitute,
            position.get(id(member.__cause__)),
            position.get(id(member.__context__)),
            member.__suppress_context__,
        )
        for member, substitute in zip(family, substitutes, strict=True)
    ]
    try:
        body = encode(links, "exception")
        pickled = bytes(body.pickled)
        found = cast("list[_Link]", decode(body))
        same = all(type(out[0]) is type(into) for out, into in zip(found, substitutes, strict=True))
    except Exception:  # noqa: BLE001  a class may raise anything while it is pickled and unpickled
        return None
    except (SystemExit, GeneratorExit):
        return None
    return pickled if same and not body.buffers else None


def _unlinked(pickled: bytes) -> BaseException | None:
    """The first exception of the list, with causes and contexts again; None where it does not come out."""
    try:
        links = cast("list[_Link]", decode(Body(pickled, [])))
        for error, cause, context, suppress in links:
            # Past the class, which may be frozen as a dataclass is.
            object.__setattr__(error, "__cause__", None if cause is None else links[cause][0])
            object.__setattr__(error, "__context__", None if context is None else links[context][0])
            object.__setattr__(error, "__suppress_context__", suppress)
        return links[0][0]
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  as in `_linked`
        return None


def _survivor(error: BaseException) -> BaseException:
    """The exception if it survives alone; a group with what survives of its members; else a `RemoteError`."""
    if _linked([error], [error]) is not None:
        return error
    if _is_group(error):
        group = cast("BaseExceptionGroup[BaseException]", error)
        try:
            derived = group.derive([_survivor(member) for member in group.exceptions])
            derived.__notes__ = list(getattr(group, "__notes__", []))
        except Exception:  # noqa: BLE001  a subclass may refuse what it is derived from
            return RemoteError(_type_name(error), describe(error))
        if _linked([derived], [derived]) is not None:
            return derived
    return RemoteError(_type_name(error), describe(error))


def _is_group(error: BaseException) -> bool:
    return isinstance(error, BaseExceptionGroup)


def _type_name(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"


def _text(error: BaseException) -> str:
    """The traceback as Python prints it, without the frames of the worker itself; bounded."""
    try:
        shown = traceback.TracebackException(type(error), error, _own_frames_skipped(error.__traceback__), compact=True)
        text = "".join(shown.format(chain=len(_family(error)) < _MOST_LINKED))
    except Exception:  # noqa: BLE001  it asks the exception for its text
        text = f"{describe(error)}\n"
    if len(text) > _LONGEST_TEXT:
        half = _LONGEST_TEXT // 2
        text = f"{text[:half]}\n... ({len(text) - 2 * half} characters left out) ...\n{text[-half:]}"
    return text


def _own_frames_skipped(found: TracebackType | None) -> TracebackType | None:
    while found is not None and found.tb_frame.f_globals.get("__name__", "").startswith(_PACKAGE):
        found = found.tb_next
    return found
