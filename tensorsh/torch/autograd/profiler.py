"""`record_function`: names a part of a program for a profiler, of which there is none here."""

from __future__ import annotations

from typing import Any

from .grad_mode import Decorating

__all__ = ["record_function"]


class record_function(Decorating):
    """`with record_function("name"):` runs its body."""

    def __init__(self, name: str, args: str | None = None):
        self.name = name
        self.args = args

    def clone(self) -> record_function:
        return type(self)(self.name, self.args)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        pass
