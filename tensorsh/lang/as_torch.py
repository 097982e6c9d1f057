"""A text of tensorsh as a PyTorch program: numbers in brackets become `torch.tensor(…)`, operations `torch.…`,
queries calls of autograd, conversions `.to(…)`, annotations go.

The text is edited where it means something of tensorsh's own, and stays as it was typed otherwise, comments and all:
the tree says where. Which brackets are tensors is decided as `codegen` does it: where a value is wanted they are one,
where a call, an index or a loop takes them apart they are a list; an operation says by its signature what it takes.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from itertools import takewhile
from typing import Any, Protocol

from ..engine.dtype import DType
from ..source import Source
from . import ast
from .as_torch_text import Text
from .binding import bound_names
from .host import Dual
from .namespace import Namespace, TypeName
from .parse import parse
from .runs import walk

#: where PyTorch has what tensorsh has by its last name, in the order of looking
PLACES = (
    "torch", "torch.nn.functional", "torch.linalg", "torch.fft", "torch.special", "torch.nn", "torch.optim",
    "torch.autograd", "torch.func", "torch.signal.windows", "torch.autograd.functional", "torch.nn.utils",
    "torch.nn.init",
)  # fmt: skip
CONSTANTS = {
    "true": "True",
    "false": "False",
    "none": "None",
    "inf": "torch.inf",
    "nan": "torch.nan",
    "pi": "torch.pi",
    "e": "torch.e",
}
#: what the program defines itself, if it needs it
DEFINITIONS = {
    "show": "def show(value):\n    if value is not None:\n        print(repr(value))\n    return value\n",
    "track": "def track(items, label=None):\n    return items\n",
    "clock": "from time import perf_counter as clock\n",
    "batches": """\
def batches(*tensors, size=32, shuffle=False, drop_last=False):
    order = torch.randperm(len(tensors[0])) if shuffle else torch.arange(len(tensors[0]))
    for rows in order.split(size):
        if not (drop_last and len(rows) < size):
            picked = tuple(t[rows] for t in tensors)
            yield picked if len(picked) > 1 else picked[0]
""",
}
for _name in ("sum", "min", "max", "any", "all", "round", "pow"):
    DEFINITIONS[f"{_name}_of"] = (
        f"def {_name}_of(value, *rest, **options):\n"
        f"    function = torch.{_name} if isinstance(value, torch.Tensor) else {_name}\n"
        "    return function(value, *rest, **options)\n"
    )
#: what PyTorch has nothing like, whatever else it calls so
LACKING = frozenset({
    "accuracy", "adam", "adamw", "alias", "argv", "confusion_matrix", "copy", "devices", "f1_score",
    "get_printoptions", "heatmap", "hist", "image", "load", "mean_absolute_error", "mean_squared_error",
    "plot", "precision", "r2_score", "recall", "rmsprop", "save", "scatter", "sgd", "train_test_split",
})  # fmt: skip
#: namespaces that have names of their own, and how they are imported
IMPORTS = {"torch": "import torch", "F": "import torch.nn.functional as F", "nn": "import torch.nn as nn"}


class Variables(Protocol):
    """A session, as far as translating needs it: what its names stand for."""

    def builtin(self, name: str) -> Any: ...
    def __getitem__(self, name: str) -> Any: ...
    def __contains__(self, name: object) -> bool: ...


class Translation:
    """Translates texts, one after the other; `missing` lists what PyTorch has no counterpart of.

    shows  whether bare expressions print their values, as they do at the prompt
    """

    def __init__(self, session: Variables, known: Iterable[str] = (), shows: bool = True):
        self.session = session
        self.known = set(known)  # names that the program has bound
        self.shows = shows
        self.imports = {IMPORTS["torch"]}
        self.defined: dict[str, str] = {}
        self.missing: list[str] = []
        self.where = ""  # what is said of the text that is translated, in the place of a line
        self.texts: list[str] = []

    def add(self, text: str, pythonic: bool, where: str = "") -> None:
        """Translate one text of a kind; what it binds is known to those after it. `where` is what it is called."""
        self.where = where
        source = Source(text)
        program = parse(source, pythonic)
        bound = {name for statement in program.body for name in bound_names(statement)}
        self.known |= bound
        names = {node.id for s in program.body for node in walk(s) if isinstance(node, ast.Name)}
        self.texts.append(Text(self, source, pythonic, "_" in names and "_" not in bound).run(program.body))

    def program(self) -> str:
        """The whole program."""
        body = "".join(text.rstrip("\n") + "\n" for text in self.texts)
        begins = takewhile(lambda line: line.startswith(("import ", "from ", "#")), body.split("\n"))
        head = "".join(line + "\n" for line in sorted(self.imports.difference(begins)))
        parts = [part for part in (head, *self.defined.values(), body) if part]
        return "\n".join(parts)

    def define(self, name: str) -> None:
        """The program needs one of `DEFINITIONS`."""
        self.defined[name] = DEFINITIONS[name]

    # -- names

    def builtin(self, name: str) -> Any:
        """What tensorsh has under a name that the program has not bound; None for nothing."""
        if name in self.known:
            return None
        try:
            return self.session.builtin(name)
        except KeyError:
            return None

    def spelled(self, name: str, line: int) -> str:
        """How a PyTorch program calls what tensorsh's programs call `name`."""
        value = self.builtin(name)
        if name == "none" or (name in CONSTANTS and value is not None):
            return CONSTANTS[name]
        if isinstance(value, Namespace):
            if name in IMPORTS:
                self.imports.add(IMPORTS[name])
                return name
            return f"torch.{name}"
        if isinstance(value, DType):
            return f"torch.{value.name}"
        if name in DEFINITIONS and value is not None:
            self.define(name)
            return name
        if value is None or isinstance(value, TypeName | Dual):
            return name
        if hasattr(builtins, name):
            return name
        torch = self.session.builtin("torch") if name not in LACKING else None
        found = {
            place: each
            for place in PLACES
            if torch is not None and (each := _found(torch, place, name)) is not None
        }
        if found:
            same = (place for place, each in found.items() if each == value)
            return f"{next(same, next(iter(found)))}.{name}"
        self.lacks(name, line)
        return name

    def lacks(self, what: str, line: int) -> None:
        """PyTorch has nothing for it."""
        found = f"{what} ({self.where or f'line {line}'})"
        if found not in self.missing:
            self.missing.append(found)


def _found(torch: Any, place: str, name: str) -> Any:
    try:
        for part in (*place.split(".")[1:], name):
            torch = torch.get(part)
    except AttributeError:
        return None
    return torch
