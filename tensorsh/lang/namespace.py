"""The names a program starts with: operations, dtypes, host functions, and the prefixes PyTorch has.

A namespace (`torch`, `F`, `linalg`) owns nothing: it is a prefix into the registry of operations, with
a few extras. The `Prelude` is the same laid flat: Python finds a name there after the user's own
variables. Operations are put there when a program first mentions them, so that nothing else is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import CodeType
from typing import Any

from ..engine.dtype import ALL, DType, dtypes
from ..engine.op import registry
from ..engine.registry import INTERNAL
from ..errors import NameNotFound
from .settings import SETTINGS, fork_rng

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

#: host names that `torch.` has too
SHARED = (
    "inf", "nan", "pi", "e", "Tensor", "Size", "device", "dtype", "set_printoptions", "get_printoptions",
    "contiguous_format", "preserve_format", "channels_last", "channels_last_3d",
)  # fmt: skip


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """The sentence that suggests a near name, if there is one."""
    from difflib import get_close_matches

    close = get_close_matches(name, sorted(n for n in known if not n.startswith(".")), 1)
    return f"did you mean '{close[0]}'?" if close else None


class Kind:
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


class Namespace:
    """`torch`, `torch.linalg`, …: a prefix of the registry, and extras that are no operations."""

    def __init__(self, prefix: str = "", extras: dict[str, Any] | None = None):
        self.prefix = prefix
        self.extras = extras if extras is not None else {}

    @property
    def title(self) -> str:
        return f"torch.{self.prefix}".rstrip(".")

    def __repr__(self) -> str:
        return f"<module '{self.title}'>"

    def get(self, name: str) -> Any:
        """The entry, or PyTorch's error with a near name."""
        path = self.prefix + name
        found = self.extras.get(path)
        if found is None and path not in INTERNAL:
            found = registry.get(path)
        if found is not None and name[:1] != "_":
            return found
        if self.has_inside(path + "."):
            return Namespace(path + ".", self.extras)
        raise NameNotFound(
            f"module '{self.title}' has no attribute '{name}'",
            code="attribute",
            help=did_you_mean(name, self.names()),
        )

    def has_inside(self, prefix: str) -> bool:
        return prefix != "Tensor." and any(
            key.startswith(prefix) for table in (registry.names(), self.extras) for key in table
        )

    def names(self) -> set[str]:
        """What may follow the dot."""
        return {
            key[len(self.prefix) :].partition(".")[0]
            for table in (registry.names(), self.extras)
            for key in table
            if key.startswith(self.prefix) and not key.startswith("Tensor.")
        } - {""}


def torch_extras(host: dict[str, Any]) -> dict[str, Any]:
    """What `torch.` has besides operations: dtypes, constants, types, settings, a few questions."""
    extras: dict[str, Any] = {name: value for name, value in SETTINGS.items() if name not in registry}
    extras |= {dtype.name: dtype for dtype in ALL} | dtypes
    extras |= {name: host[name] for name in SHARED}
    extras["random.manual_seed"] = manual_seed = SETTINGS["manual_seed"]
    extras["random.fork_rng"] = fork_rng
    extras["cuda.manual_seed"] = extras["cuda.manual_seed_all"] = manual_seed
    extras["cuda.is_available"] = extras["backends.mps.is_available"] = lambda: False
    extras["cuda.device_count"] = lambda: 0
    return extras


class Prelude:
    """Every name that is there before a program binds any.

    bound   what has been mentioned so far; Python's `__builtins__`, so it must be a plain dict
    open    bare name → name in the registry, for the operations
    """

    def __init__(self, host: dict[str, Any]):
        extras = torch_extras(host)
        everything = registry.names()
        self.open: dict[str, str] = {}
        for prefix in reversed(OPEN_PREFIXES):
            start = len(prefix)
            self.open.update(
                (key[start:], key) for key in everything if key.startswith(prefix) and "." not in key[start:]
            )
        self.bound: dict[str, Any] = {name: value for name, value in extras.items() if "." not in name}
        prefixes = {path.partition(".")[0] for path in (*everything, *extras) if "." in path} - {"Tensor"}
        self.bound.update((name, Namespace(name + ".", extras)) for name in prefixes)
        self.bound["F"] = Namespace("nn.functional.", extras)
        self.bound.update(host)
        self.bound["torch"] = Namespace("", extras)

    def provide(self, code: CodeType) -> None:
        """Bind the operations whose names a piece of compiled code mentions."""
        for name in code.co_names:
            if name in self.open and name not in self.bound:
                self.bound[name] = registry[self.open[name]]
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                self.provide(constant)

    def names(self) -> set[str]:
        """All names, bound or not."""
        return {*self.open, *self.bound}

    def everything(self) -> dict[str, Any]:
        """All names with what they stand for."""
        for name, key in self.open.items():
            if name not in self.bound:
                self.bound[name] = registry[key]
        return self.bound
