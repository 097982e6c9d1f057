"""Whole kernels as machine code, where NumPy would make many small passes."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from .made_later import MadeLater

Array = np.ndarray[Any, Any]

FLOAT32 = np.dtype(np.float32)

#: kinds of parameters → LLVM's types. An array is given as the object, whose third word is where its elements are
TYPES = {"a": "ptr", "i": "i64", "d": "double"}
DATA = 2


class KernelCode(MadeLater):
    """A function of arrays and numbers, which `write` tells in the language of `compile.machine.routines`.

    kinds   of its parameters: a of an array that lies in one piece, i of a whole number, d of a float
    """

    def __init__(self, write: Callable[..., None], kinds: str, shared: bool = False):
        super().__init__(kinds, shared)
        self.write = write

    def ready(self, work: int) -> bool:
        """Whether there is machine code; `work` (see `made_later`) is to be done without."""
        return self.function is not None or self.worked(work)

    def __call__(self, *args: Any) -> None:
        function = self.function
        assert function is not None
        function(*args)

    def text(self) -> str:
        from ..compile.machine.routines import Routine

        f = Routine([TYPES[kind] for kind in self.kinds])
        values = [
            f.read("ptr", value, DATA) if kind == "a" else value
            for kind, value in zip(self.kinds, f.parameters, strict=True)
        ]
        self.write(f, *values)
        return f.text()


def written(module: str, name: str) -> Callable[..., None]:
    """What writes the function of this name in a module of `compile.machine`, imported when it is wanted."""

    def write(*given: Any) -> None:
        getattr(import_module(f"..compile.machine.{module}", __package__), name)(*given)

    return write


def simple(*arrays: Any) -> bool:
    """Whether arrays are of float32 numbers and lie in one piece, so that machine code can have them."""
    return all(type(a) is np.ndarray and a.dtype is FLOAT32 and a.flags.c_contiguous for a in arrays)
