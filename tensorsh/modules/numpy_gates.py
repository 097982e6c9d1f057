"""Attributes of NumPy's objects that lead to raw memory, C libraries, pickles or files: refused, or asked for.

`reach` asks here for the guarded names below; for any object that is not NumPy's they mean nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: what is done in a form of ours; the others lead to C libraries, raw memory and pickles
NUMPYS = ("numpy", "_cython_")  # its functions compiled by Cython have attributes that lead to their globals
GIVEN = frozenset({"tofile", "resize"})


def is_refused(value: Any, name: str) -> bool:
    """Whether there is nothing for a program under one of `ARRAYS`; nothing is read to tell."""
    kind = value if issubclass(type(value), type) else type(value)
    return is_numpys(kind) and (kind is value or name not in GIVEN)


def gate(host: Any, value: Any, name: str, found: Any) -> Any:
    """What a program gets for one of `GIVEN`."""
    if name == "__setstate__":
        from .numpy_states import taking

        return taking(found)
    if not is_numpys(type(value)):
        return found
    return named(to_file(host, value) if name == "tofile" else resized(found), found)


def is_numpys(kind: type) -> bool:
    """Whether a class is NumPy's, or made from one of its."""
    return any(base.__module__.startswith(NUMPYS) for base in type.mro(kind)[:-1])


def to_file(host: Any, array: Any) -> Callable[..., None]:
    """`ndarray.tofile` through the gate for files."""

    def tofile(fid: Any, /, sep: str = "", format: str = "%s") -> None:
        content = (
            sep.join(format % item for item in array.ravel().tolist()).encode() if sep else array.tobytes()
        )
        if hasattr(fid, "write"):
            fid.write(content)
            return
        with host.modules.open(fid, "wb") as file:
            file.write(content)

    return tofile


def resized(found: Callable[..., None]) -> Callable[..., None]:
    """`ndarray.resize`, which always looks whether another array sees the memory."""

    def resize(*shape: Any, refcheck: bool = True) -> None:
        if not refcheck:
            raise ValueError("resize(refcheck=False) is not available: another array may see the memory")
        found(*shape)

    return resize


def named(made: Any, found: Any) -> Any:
    made.__name__ = made.__qualname__ = found.__name__
    return made
