"""Classes of pydantic's that are another type to type checkers: there, `EmailStr` is an `Annotated[str, ...]`.

At run time they are classes that have no instances.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

__all__ = ["stands_for"]

_MODULES: Final = tuple(
    f"pydantic.{name}" for name in ("types", "networks", "functional_validators", "functional_serializers")
)
_CLASSES: Final = {
    "AwareDatetime": ("datetime.datetime",),
    "NaiveDatetime": ("datetime.datetime",),
    "PastDatetime": ("datetime.datetime",),
    "FutureDatetime": ("datetime.datetime",),
    "PastDate": ("datetime.date",),
    "FutureDate": ("datetime.date",),
    "EmailStr": ("builtins.str",),
    "IPvAnyAddress": ("ipaddress.IPv4Address", "ipaddress.IPv6Address"),
    "IPvAnyInterface": ("ipaddress.IPv4Interface", "ipaddress.IPv6Interface"),
    "IPvAnyNetwork": ("ipaddress.IPv4Network", "ipaddress.IPv6Network"),
    "ImportString": (),
    "InstanceOf": (),
    "Json": (),
    "SerializeAsAny": (),
    "SkipValidation": (),
}


def stands_for(cls: type) -> tuple[type, ...] | None:
    """The classes that values of such a class are of, none for values of any; None for all other classes."""
    if cls.__module__ not in _MODULES or cls.__name__ not in _CLASSES:
        return None
    return tuple(_imported(each) for each in _CLASSES[cls.__name__])


def _imported(path: str) -> type:
    module, _, name = path.rpartition(".")
    found: type = getattr(import_module(module), name)
    return found
