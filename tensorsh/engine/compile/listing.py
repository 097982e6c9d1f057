"""A program as straight-line NumPy code that runs on its own: what `:program` shows.

Inputs are filled with numbers of the right shape and dtype; the calls are the program's own, in order.
Functions of tensorsh that stand in a program are written out, kernels of operations imported.
"""

from __future__ import annotations

import re
import sys
from inspect import getsource
from textwrap import dedent
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from ..op import Op
from ..parallel import spread
from .calls import MACHINE

if TYPE_CHECKING:
    from .program import Program

NAME = re.compile(r"[A-Za-z_]\w*")
SPREAD = """\
def spread(work, n, block):  # tensorsh shares the blocks among threads
    for lo in range(0, n, block):
        work(lo, min(lo + block, n))"""
#: machine code takes the place of a block function
REPLACED = re.compile(rf"(\w+) = {MACHINE}\d+\(.*")
SMALL = 16  # a constant of more elements is described, not written out


def listing(program: Program, title: str) -> str:
    """The text of a program; `title` says what part of the user's text it does."""
    return Listing(program).text(title)


class Listing:
    """Collects what the lines of a program need."""

    def __init__(self, program: Program):
        self.program = program
        self.imports = ["import numpy as np"]
        self.functions: dict[str, str] = {}
        self.inputs: list[str] = []
        self.memory: list[str] = []
        self.renamed: dict[str, str] = {}
        self.arrays: dict[int, str] = {}

    def text(self, title: str) -> str:
        program = self.program
        body = [self._line(line) for line in program.steps if not line.startswith("if type(")]
        for name, (label, shape, kind) in program.inputs.items():
            if name not in program.scope:
                self.inputs.append(f"{label} = {self._places(label) or _numbers(shape, kind)}")
        results = [f"{label!r}: {self._line(place)}" for label, place in program.results]
        for i, line in enumerate(body):
            place = line.partition(" = ")[0]
            if place in program.inputs:
                body[i] = f"{place} = {program.inputs[place][0]}"
        parts = [
            f"# {title}: {program.calls} calls, {program.memory:,} bytes of memory",
            "\n".join(sorted(set(self.imports), key=len)),
            *self.functions.values(),
            "\n".join(["# inputs", *(self.inputs or ["# none"])]),
        ]
        if self.memory:
            parts.append("\n".join(["# memory, used again and again", *self.memory]))
        body.append("return {" + ", ".join(results) + "}")
        parts.append("\n".join(["def step():", *(f"    {line}" for line in body)]))
        parts.append("print(step())")
        return "\n\n".join(parts) + "\n"

    def _places(self, label: str) -> str | None:
        """Where each row's class may stand in a matrix, if `label` is that."""
        owner: Any = self.program.scope.get(label.removesuffix("_places"))
        return f"np.arange({owner.starts.size}) * {owner.classes}" if hasattr(owner, "starts") else None

    def _line(self, line: str) -> str:
        replaced = REPLACED.fullmatch(line)
        if replaced:
            return f"# here tensorsh puts machine code in the place of {replaced[1]}, once that pays"
        return NAME.sub(lambda found: self._name(found[0]), line)

    def _name(self, name: str) -> str:
        known = self.renamed.get(name)
        if known is None:
            known = self.renamed[name] = self._meaning(name)
        return known

    def _meaning(self, name: str) -> str:
        thing = self.program.scope.get(name, self)
        if thing is self or name in ("type", "sorted", "bool", "abs", "int", "float"):
            return name
        if isinstance(thing, np.ufunc):
            return f"np.{thing.__name__}" if hasattr(np, thing.__name__) else self._imported(name, thing)
        if any(thing is known for known in (np.copyto, np.empty, np.empty_like, np.array, np.stack)):
            return f"np.{thing.__name__}"
        if isinstance(thing, np.ndarray):
            return self._array(name, thing)
        if thing is spread:
            self.functions["spread"] = SPREAD
            return name
        if isinstance(thing, np.dtype):
            return f"np.dtype({str(thing)!r})"
        if isinstance(thing, dict):
            self.memory.append(f"{name} = {_plain(thing)}")
        elif isinstance(thing, list):
            self.memory.append(f"{name} = []")
        elif callable(thing):
            return self._function(name, thing)
        elif hasattr(thing, "places"):
            self.memory.append(f"class {name}: places = np.array({thing.places.tolist()})")
        else:
            self.memory.append(f"{name} = {thing!r}")
        return name

    def _array(self, name: str, array: np.ndarray[Any, Any]) -> str:
        given = self.program.inputs.get(name)
        if given is not None:
            label, shape, kind = given
            self.inputs.append(f"{label} = {_numbers(shape, kind)}")
            self.arrays[id(array)] = label
            return label
        if name.startswith("v"):
            return self._view(name, array)
        if name[0] in "bl":
            order = "" if array.flags.c_contiguous else ", 'F'"
            self.memory.append(f"{name} = np.empty({array.shape}, np.{array.dtype}{order})")
        elif array.ndim and not any(array.strides):
            self.memory.append(
                f"{name} = np.broadcast_to(np.{array.dtype}({array.flat[0]!s}), {array.shape})"
            )
        elif array.size <= SMALL:
            self.memory.append(f"{name} = np.array({array.tolist()}, np.{array.dtype})")
        elif (array == array.flat[0]).all():
            self.memory.append(f"{name} = np.full({array.shape}, {array.flat[0]!s}, np.{array.dtype})")
        else:
            self.memory.append(
                f"{name} = {_numbers(array.shape, str(array.dtype))}  # a constant of the program"
            )
        self.arrays[id(array)] = name
        return name

    def _view(self, name: str, array: np.ndarray[Any, Any]) -> str:
        base, owner = self._owner(array)
        if owner.ndim == 2 and array.shape == owner.T.shape and array.strides == owner.T.strides:
            text = f"{base}.T"
        elif array.size == owner.size and owner.flags.c_contiguous and array.flags.c_contiguous:
            text = f"{base}.reshape({array.shape})"
        else:
            start = (_address(array) - _address(owner)) // owner.itemsize
            text = f"np.lib.stride_tricks.as_strided({base}.reshape(-1)[{start}:], {array.shape}, {array.strides})"
        self.memory.append(f"{name} = {text}")
        return name

    def _owner(self, array: np.ndarray[Any, Any]) -> tuple[str, np.ndarray[Any, Any]]:
        """The array of the program that a view looks into, and what it is called."""
        for name, thing in self.program.scope.items():
            if isinstance(thing, np.ndarray) and name[0] in "wbc" and thing.flags.forc:
                start = _address(array) - _address(thing)
                if 0 <= start < max(thing.nbytes, 1) and np.may_share_memory(array, thing):
                    known = self._name(name)
                    return (known, thing) if thing.flags.c_contiguous else (f"{known}.T", thing.T)
        raise KeyError(name)

    def _function(self, name: str, function: Any) -> str:
        if function is np.lib.stride_tricks.as_strided:
            return "np.lib.stride_tricks.as_strided"
        module = getattr(function, "__module__", "")
        if name.endswith("_scratch"):
            made = [(a.shape, str(a.dtype)) for a in function()]
            self.functions[name] = f"def {name}():\n    return " + repr(
                [f"np.empty({shape}, np.{kind})" for shape, kind in made]
            ).replace("'", "")
            return name
        if module.startswith("tensorsh.engine.compile") and isinstance(function, FunctionType):
            self.functions[function.__name__] = (
                dedent(getsource(function))
                .replace(": Any", "")
                .replace(" -> Any", "")
                .replace(" -> Array", "")
                .strip()
            )
            return function.__name__
        return self._imported(name, function)

    def _imported(self, name: str, function: Any) -> str:
        module = getattr(function, "__module__", None) or ""
        inside = vars(sys.modules.get(module, object)) if module in sys.modules else {}
        for attribute, value in inside.items():
            if value is function:
                self.imports.append(f"from {module} import {attribute}")
                return attribute
            if isinstance(value, Op) and value.kernel is function:
                self.imports.append(f"from {module} import {attribute}")
                return f"{attribute}.kernel"
        if isinstance(function, np.ufunc):
            self.imports.append("import scipy.special")
            return f"scipy.special.{function.__name__}"
        self.imports.append(f"# {name} is a kernel of tensorsh: {module}")
        return name


def _numbers(shape: tuple[int, ...], kind: str) -> str:
    if kind.startswith(("int", "uint", "bool")):
        return f"np.zeros({shape}, np.{kind})"
    return f"np.random.default_rng(0).standard_normal({shape}).astype(np.{kind})"


def _plain(thing: Any) -> str:
    if isinstance(thing, dict):
        return "{" + ", ".join(f"{k!r}: {_plain(v)}" for k, v in thing.items()) + "}"
    if isinstance(thing, np.ndarray):
        return f"np.zeros({thing.shape}, np.{thing.dtype})"
    return repr(thing)


def _address(array: np.ndarray[Any, Any]) -> int:
    return array.__array_interface__["data"][0]
