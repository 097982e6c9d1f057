"""Classes that Python's messages call by PyTorch's whole name (`torch.Size`), and programs by the last part."""

from __future__ import annotations

from typing import Any

_title = type.__dict__["__name__"]


class Titled(type):
    """The class of such classes: their `__name__` is `Size`, what messages and `repr` say is `torch.Size`."""

    @property
    def __name__(cls) -> str:  # type: ignore[override]
        """The name without the module."""
        return cls.__qualname__.rpartition(".")[2]


_title.__set__(Titled, "type")  # to a program they are classes like any other
Titled.__module__, Titled.__qualname__ = "builtins", "type"


def titled(kind: Any, title: str) -> None:
    """Give a class its whole name."""
    _title.__set__(kind, title)
    kind.torch_name = title  # for `tensor.type_name`
    kind.__qualname__ = title
    kind.__module__ = "builtins"
