"""Tasks that make, hand on and change arrays; worker processes import them from here by name."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import numpy as np
from pydantic import AfterValidator

from syncra import Input, depends, task, unchecked, unpack

Array: TypeAlias = "np.ndarray[Any, np.dtype[np.uint8]]"

size = Input[int]("size")
given = Input[Array]("given")


@task
def made(n: int = depends(size)) -> Array:
    return np.full(n, 7, dtype=np.uint8)


@task
def same(array: Array = depends(given)) -> Array:
    return array


@task
def again(array: Array = depends(same)) -> Array:
    return array


@task
async def awaited(array: Array = depends(again)) -> Array:
    return array


unproven = unchecked(awaited)


@task
def checked(array: Annotated[Array, AfterValidator(lambda value: value)] = depends(unproven)) -> Array:
    return array


@task
def pair(left: Array = depends(checked), right: Array = depends(same)) -> tuple[Array, Array]:
    return left, right


first, second = unpack(pair)


@task
def changed(array: Array = depends(made)) -> Array:
    """Writes into its argument."""
    array[0] = 1
    return array


@task
def summed(array: Array = depends(made)) -> int:
    return int(array.sum(dtype=np.int64))


@task(after=changed)
def total(array: Array = depends(made)) -> int:
    return int(array.sum(dtype=np.int64))


@task
def writeable(array: Array = depends(given)) -> bool:
    return array.flags.writeable


@task
def killed(array: Array = depends(made)) -> int:
    """Dies with the array in its hands."""
    os.kill(os.getpid(), signal.SIGKILL)
    return len(array)


@task
def killed_giving(array: Array = depends(made)) -> object:
    """Dies while its large result is on its way."""
    return [array, Deadly()]


@task
def process_id() -> int:
    return os.getpid()


@task
def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


class Deadly:
    """Kills its process when it is pickled."""

    def __reduce__(self) -> str:
        os.kill(os.getpid(), signal.SIGKILL)
        return ""
