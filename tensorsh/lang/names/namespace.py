"""The names a program starts with: operations, dtypes, host functions, and the prefixes PyTorch has.

`torch`, `F`, `linalg` are namespaces of the library (`torch.namespace`). The `Prelude` is the same laid
flat: Python finds a name there after the user's own variables. Operations are put there when a program first
mentions them, so that nothing else is imported.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from types import CodeType
from typing import Any

from ...engine.core.dtype import ALL, DType, dtypes
from ...engine.records.op import registry
from ...kinds import Kind, describe, same
from ...torch import CONTENTS
from ...torch.namespace import Namespace, did_you_mean, namespace, torch
from ..code.scopes import codes

#: bare names come from these, the first that has one wins
OPEN_PREFIXES = (
    "",
    "nn.functional.",
    "linalg.",
    "special.",
    "autograd.",
    "autograd.functional.",
    "func.",
    "fft.",
)

RANKS = {prefix: rank for rank, prefix in enumerate(OPEN_PREFIXES)}

#: bare names of a program's own settings: `no_grad`, `manual_seed`, …
SETTINGS = (*CONTENTS["settings"].split(), *CONTENTS["autograd.grad_mode"].split())


class TypeName:
    """A type as programs see it: called to convert, asked by `isinstance`, printed like the class.

    `int float bool complex` are dtypes as well, as after `from torch import *`.
    """

    __slots__ = ("__name__", "convert", "dtype_alias", "title", "types")
    public = frozenset({"__name__"})

    def __init__(
        self, title: str, types: tuple[type, ...], convert: Callable[..., Any], dtype: DType | None = None
    ):
        self.__name__ = title.rpartition(".")[2]
        self.title = title
        self.types = types
        self.convert = convert
        self.dtype_alias = dtype

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.convert(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<class '{self.title}'>"

    def __eq__(self, other: object) -> bool:
        return self is other or (self.dtype_alias is not None and self.dtype_alias is other)

    def __hash__(self) -> int:
        return hash(self.title)


describe(TypeName, Kind(follow=same))

__all__ = ["Behind", "Namespace", "Prelude", "TypeName", "did_you_mean"]


class Prelude:
    """Every name that is there before a program binds any.

    bound   what has been mentioned so far; Python's `__builtins__`, so it must be a plain dict
    open    bare name → what it is called in `torch`, for what is imported when it is first mentioned
    """

    def __init__(self, host: dict[str, Any]):
        self.open, prefixes = laid_flat(registry.names())
        self.bound: dict[str, Any] = {**{dtype.name: dtype for dtype in ALL}, **dtypes}
        self.bound.update((name, namespace(name)) for name in prefixes)
        self.bound["F"] = namespace("nn.functional")
        self.bound["torch"] = torch
        self.bound.update(host)

    def provide(self, code: CodeType) -> None:
        """Bind the operations whose names a piece of compiled code mentions."""
        for name in (name for each in codes(code) for name in each.co_names):
            if name in self.open and name not in self.bound:
                self.bound[name] = self.find(name)

    def find(self, name: str) -> Any:
        """What a name stands for; KeyError if there is none."""
        if name in self.bound:
            return self.bound[name]
        return torch.get(name) if name in SETTINGS else registry[self.open[name]]

    def names(self) -> set[str]:
        """All names, bound or not."""
        return {*self.open, *self.bound}

    def everything(self) -> dict[str, Any]:
        """All names with what they stand for."""
        for name in self.open:
            self.bound[name] = self.find(name)
        return self.bound


@lru_cache(1)
def laid_flat(names: frozenset[str]) -> tuple[dict[str, str], frozenset[str]]:
    """What each bare name is called in `torch`, and the namespaces that have a bare name."""
    found: dict[str, str] = {}
    ranks: dict[str, int] = {}
    prefixes = {"cuda", "backends"}
    for key in names:
        path, dot, name = key.rpartition(".")
        rank = RANKS.get(path + dot)
        if rank is not None and rank < ranks.get(name, len(RANKS)):
            ranks[name], found[name] = rank, key
        if dot:
            prefixes.add(path.partition(".")[0])
    return found | dict(zip(SETTINGS, SETTINGS, strict=True)), frozenset(prefixes - {"Tensor"})


class Behind:
    """What a PyTorch program finds behind its own names: Python's builtins, at the prompt then tensorsh's names."""

    def __init__(self, builtins: dict[str, Any], prelude: Prelude | None = None):
        self.bound = dict(builtins)
        self.prelude = prelude

    def provide(self, code: CodeType) -> None:
        """Bind the names of tensorsh's that a piece of compiled code mentions."""
        if self.prelude is None:
            return
        self.prelude.provide(code)
        for name in (name for each in codes(code) for name in each.co_names):
            if name not in self.bound and name in self.prelude.bound:
                self.bound[name] = self.prelude.bound[name]

    def names(self) -> set[str]:
        """All names, bound or not."""
        return set(self.bound) | (self.prelude.names() if self.prelude is not None else set())
