"""The names a program starts with: operations, dtypes, host functions, and the prefixes PyTorch has.

A namespace (`torch`, `F`, `linalg`) owns nothing: it is a prefix into the registry of operations, with
a few extras. `prelude()` is the same laid flat: every operation by its bare name, under which Python
finds it after the user's own variables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..engine.dtype import ALL, DType, dtypes
from ..engine.op import registry
from ..errors import NameNotFound
from .settings import SETTINGS

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
)  # fmt: skip

#: PyTorch's classes of optimisers, which are called just as ours are
OPTIMISERS = {"SGD": "sgd", "Adam": "adam", "AdamW": "adamw", "RMSprop": "rmsprop"}


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
        if found is None:
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
            key.startswith(prefix) for table in (registry, self.extras) for key in table
        )

    def names(self) -> set[str]:
        """What may follow the dot."""
        return {
            key[len(self.prefix) :].partition(".")[0]
            for table in (registry, self.extras)
            for key in table
            if key.startswith(self.prefix) and not key.startswith("Tensor.")
        } - {""}


def torch_extras(host: dict[str, Any]) -> dict[str, Any]:
    """What `torch.` has besides operations: dtypes, constants, types, settings, a few questions."""
    extras: dict[str, Any] = {name: value for name, value in SETTINGS.items() if name not in registry}
    extras |= {dtype.name: dtype for dtype in ALL} | dtypes
    extras |= {name: host[name] for name in SHARED}
    extras["random.manual_seed"] = manual_seed = registry.get("manual_seed", SETTINGS["manual_seed"])
    extras["cuda.manual_seed"] = extras["cuda.manual_seed_all"] = manual_seed
    extras["cuda.is_available"] = extras["backends.mps.is_available"] = lambda: False
    extras |= {f"optim.{theirs}": registry[ours] for theirs, ours in OPTIMISERS.items() if ours in registry}
    extras["cuda.device_count"] = lambda: 0
    return extras


def prelude(host: dict[str, Any]) -> dict[str, Any]:
    """Every name that is there before a program binds any; `host` entries win over operations."""
    extras = torch_extras(host)
    names: dict[str, Any] = {}
    for prefix in reversed(OPEN_PREFIXES):
        names.update(open_names(prefix))
    names.update((name, value) for name, value in extras.items() if "." not in name)
    prefixes = {path.partition(".")[0] for path in (*registry, *extras) if "." in path} - {"Tensor"}
    names.update((name, Namespace(name + ".", extras)) for name in prefixes)
    names["F"] = Namespace("nn.functional.", extras)
    names.update(host)
    names["torch"] = Namespace("", extras)
    return names


def open_names(prefix: str) -> Iterator[tuple[str, Any]]:
    """The operations directly inside a prefix."""
    for key, record in list(registry.items()):
        if key.startswith(prefix):
            name = key[len(prefix) :]
            if "." not in name:
                yield name, record
