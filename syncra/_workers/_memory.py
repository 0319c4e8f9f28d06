"""Large buffers: memory for them, and copying them straight out of one process into another.

A memory file costs 5 times a plain copy, as the kernel makes its pages one by one, and a socket 2.2 times.
Linux can copy between two processes directly (`process_vm_readv`), which costs 1.04 times. Only the pool
copies, in both directions, as only an ancestor may where the Yama security module is strict; where even that
is forbidden, and on other systems, memory files take over.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
from collections.abc import Callable
from typing import Final

_LARGE: Final = 1024 * 1024
"""Bytes from which memory comes from the kernel itself, in huge pages where they are to be had."""


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Buffer(ctypes.Structure):
    """`Py_buffer` of the stable ABI."""

    _fields_ = (
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.c_void_p),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_void_p),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("suboffsets", ctypes.c_void_p),
        ("internal", ctypes.c_void_p),
    )


def can_copy() -> bool:
    """Whether this system has the calls; whether they are allowed shows when one is made."""
    return sys.platform == "linux" and hasattr(_library, "process_vm_readv")


def allocate(size: int) -> memoryview:
    """Fresh writable memory.

    Raises:
        MemoryError: there is not so much.
    """
    if size < _LARGE:
        return memoryview(bytearray(size))
    try:
        memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except OSError as error:
        raise MemoryError(f"no memory for {size} bytes: {error.strerror}") from error
    if hasattr(mmap, "MADV_HUGEPAGE"):
        try:
            memory.madvise(mmap.MADV_HUGEPAGE)
        except OSError:  # a kernel without them
            pass
    return memoryview(memory)


def address(buffer: memoryview) -> int:
    """Where the buffer is in this process, valid for as long as it is held."""
    found = _Buffer()
    ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(buffer), ctypes.byref(found), 0)
    try:
        return found.buf or 0
    finally:
        ctypes.pythonapi.PyBuffer_Release(ctypes.byref(found))


def copy_in(process: int, target: memoryview, source: int) -> None:
    """Fill the buffer with what the other process has at that address.

    Raises:
        OSError: it is not allowed, or the process is gone.
    """
    _copy(_library.process_vm_readv, process, target, source)


def copy_out(process: int, source: memoryview, target: int) -> None:
    """Write the buffer to that address of the other process.

    Raises:
        OSError: it is not allowed, or the process is gone.
    """
    _copy(_library.process_vm_writev, process, source, target)


def _copy(call: Callable[..., int], process: int, here: memoryview, there: int) -> None:
    start = address(here)
    done = 0
    while done < here.nbytes:  # the kernel copies at most 2 GiB at a time
        rest = here.nbytes - done
        ours, theirs = _Vector(start + done, rest), _Vector(there + done, rest)
        one, none = ctypes.c_ulong(1), ctypes.c_ulong(0)
        count = call(process, ctypes.byref(ours), one, ctypes.byref(theirs), one, none)
        if count <= 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        done += count


_library: Final = ctypes.CDLL(None, use_errno=True)
for _name in ("process_vm_readv", "process_vm_writev"):
    if hasattr(_library, _name):
        getattr(_library, _name).restype = ctypes.c_ssize_t
