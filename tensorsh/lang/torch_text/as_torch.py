"""A text of tensorsh as a PyTorch program: numbers in brackets become `torch.tensor(…)`, operations `torch.…`,
queries calls of autograd, conversions `.to(…)`, annotations go.

The text is edited where it means something of tensorsh's own, and stays as it was typed otherwise, comments and all:
the tree says where. Which brackets are tensors is decided as `codegen` does it: where a value is wanted they are one,
where a call, an index or a loop takes them apart they are a list; an operation says by its signature what it takes.
"""

from __future__ import annotations

import builtins
import re
from collections import Counter
from collections.abc import Iterable
from itertools import takewhile
from typing import Any, NamedTuple, Protocol

from ...engine.core.dtype import DType
from ...engine.records.op import Op
from ...source import Source
from ..code.runs import walk
from ..names.host import Dual
from ..names.namespace import Namespace, TypeName
from ..syntax import ast
from ..syntax.binding import bound_names
from ..syntax.parse import parse
from .as_torch_definitions import DEFINITIONS, LESS, NEEDS, OPTIMIZERS
from .as_torch_text import Text

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
#: earlier results at the prompt
EARLIER = re.compile(r"_{1,3}|_\d+|Out")
#: namespaces that have names of their own, and how they are imported
IMPORTS = {"torch": "import torch", "F": "import torch.nn.functional as F", "nn": "import torch.nn as nn"}


class Variables(Protocol):
    """A session, as far as translating needs it: what its names stand for."""

    def builtin(self, name: str) -> Any: ...
    def __getitem__(self, name: str) -> Any: ...
    def __contains__(self, name: object) -> bool: ...


class Typed(NamedTuple):
    """One text: see `Translation.add`; `bound` as often as statements bind it, `read` what it reads of others'."""

    source: Source
    program: ast.Program
    pythonic: bool
    number: int
    shown: bool
    bound: list[str]
    read: set[str]


class Translation:
    """Translates texts, one after the other; `missing` lists what PyTorch has no counterpart of.

    shows  whether bare expressions print their values, as they do at the prompt
    """

    def __init__(self, session: Variables, known: Iterable[str] = (), shows: bool = True):
        self.session = session
        self.before = frozenset(known)  # names that are bound already
        self.shows = shows
        self.typed: list[Typed] = []
        self._begin()

    def _begin(self) -> None:
        self.known = set(self.before)  # names that the program has bound
        self.kinds: dict[str, str | None] = {}  # what these are, where their statements tell
        self.left: Counter[str] = (
            Counter()
        )  # how often names are still to be bound, the text at hand included
        self.once: set[str] = set()  # names that this text binds once, and none after it
        self.keeps = False  # whether earlier results are asked for
        self.imports = {IMPORTS["torch"]}
        self.defined: dict[str, str] = {}
        self.lacking: list[str] = []
        self.where = ""  # what is said of the text that is translated, in the place of a line

    def add(self, text: str, pythonic: bool, number: int = 0, shown: bool = True) -> None:
        """One more text, of a kind; what it binds is known to those after it.

        `number` is the input's, `shown` whether it has shown a value.
        """
        source = Source(text)
        program = parse(source, pythonic)
        bound = [name for statement in program.body for name in bound_names(statement)]
        names = {node.id for s in program.body for node in walk(s) if isinstance(node, ast.Name)}
        self.typed.append(Typed(source, program, pythonic, number, shown, bound, names - {*bound}))

    @property
    def missing(self) -> list[str]:
        """What PyTorch has no counterpart of."""
        self.program()
        return self.lacking

    def _translated(self) -> list[str]:
        self._begin()
        self.left = Counter(name for typed in self.typed for name in typed.bound)
        mentioned = set().union(*(typed.read for typed in self.typed)).difference(self.left, self.before)
        earlier = {name for name in mentioned if EARLIER.fullmatch(name)}
        for typed in self.typed:
            if "Out" in earlier:
                earlier |= {f"_{n}" for n in re.findall(r"\bOut\[(\d+)\]", typed.source.text)}
        self.keeps = bool(earlier & {"_", "__", "___"})
        texts = []
        for typed in self.typed:
            self.where = f"input {typed.number}" if typed.number else ""
            self.known |= {*typed.bound}
            self.once = {name for name in typed.bound if self.left[name] == 1}
            kept = f"_{typed.number}" if f"_{typed.number}" in earlier else ""
            texts.append(Text(self, typed.source, typed.pythonic, kept, typed.shown).run(typed.program.body))
            self.left -= Counter(typed.bound)
        return texts

    def program(self) -> str:
        """The whole program."""
        body = "".join(text.rstrip("\n") + "\n" for text in self._translated())
        begins = [*takewhile(lambda line: line.startswith(("import ", "from ", "#")), body.split("\n"))]
        head = "".join(line + "\n" for line in sorted(self.imports.difference(begins)))
        if self.defined:  # which stand below what the program imports first
            head += "".join(line + "\n" for line in begins)
            body = "\n".join(body.split("\n")[len(begins) :])
        parts = [part for part in (head, *self.defined.values(), body) if part]
        return "\n".join(parts)

    def define(self, name: str) -> None:
        """The program needs one of `DEFINITIONS`."""
        for each in (*NEEDS.get(name, ()), name):
            self.defined.setdefault(each, DEFINITIONS[each])

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
            if name in LESS:
                self.lacks(name, line)
            return name
        if name in OPTIMIZERS and value is not None:
            return f"torch.optim.{OPTIMIZERS[name]}"
        if value is None or isinstance(value, TypeName | Dual):
            return name
        if hasattr(builtins, name):
            return name
        torch = self.session.builtin("torch")
        found = {place: each for place in PLACES if (each := _found(torch, place, name)) is not None}
        if found:
            same = (place for place, each in found.items() if _are_one(each, value))
            return f"{next(same, next(iter(found)))}.{name}"
        self.lacks(name, line)
        return name

    def lacks(self, what: str, line: int) -> None:
        """PyTorch has nothing for it."""
        found = f"{what} ({self.where or f'line {line}'})"
        if found not in self.lacking:
            self.lacking.append(found)


def _are_one(value: Any, other: Any) -> bool:
    """Whether two values are the same, or forms of one record (as a function in Python, as a method)."""
    if isinstance(value, Op) and isinstance(other, Op):
        return value.__dict__ is other.__dict__
    return bool(value == other)


def _found(torch: Any, place: str, name: str) -> Any:
    try:
        for part in (*place.split(".")[1:], name):
            torch = torch.get(part)
    except AttributeError:
        return None
    return torch
