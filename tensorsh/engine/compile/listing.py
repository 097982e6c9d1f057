"""A program as straight-line NumPy code that runs on its own: what `:program` shows.

Inputs are filled with numbers of the right shape and dtype; the calls are the program's own, in order.
Functions of tensorsh that stand in a program are written out, kernels of operations imported.
"""

from __future__ import annotations

import keyword
import re
import sys
from inspect import getsource
from textwrap import dedent
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.dtype import DType
from ..core.parallel import spread
from ..records.op import Op, nameless, place_of, registry
from ..run.fused import Fused
from .draws import Draw
from .lines import MACHINE
from .listing_arrays import dtype_text, first, index_of, laid_out, numbers, plain
from .placing import numbered
from .values import Value

if TYPE_CHECKING:
    from .program import Program

NAME = re.compile(r"[A-Za-z_]\w*")
#: what a program calls an array that it makes
PLACE = re.compile(r"t\d+")
SPREAD = """\
def spread(work, n, block):  # tensorsh shares the blocks among threads
    for lo in range(0, n, block):
        work(lo, min(lo + block, n))"""
#: what a kernel gave is made an array of the dtype that the program goes on with
CHECK = re.compile(r"if type\(\w+\) is not ndarray or \w+\.dtype is not (\w+): (.*)")
#: machine code takes the place of a block function
REPLACED = re.compile(rf"(\w+) = {MACHINE}\d+\(.*")
#: names that every listing may use itself
OWN = {"np", "step", "print", "spread", "generator", "dtypes", "Generator", "inf", "nan"}
#: what Python reads as it is written
PLAIN = (bool, int, float, complex, str, tuple, type(None))
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
        self.streams: dict[Any, str] = {}  # what a stream of random numbers is called; None is the session's
        self.inputs: list[str] = []
        self.memory: list[str] = []
        self.renamed: dict[str, str] = {}
        self.arrays: dict[int, str] = {}
        self.called: dict[str, str] = {}  # what an input, or the text of a number, is called
        self.labels = {label for label, _, _ in program.inputs.values()}
        self.labels |= {label for label, _ in program.numbers.values()}
        longest = sorted(program.numbers, key=len, reverse=True)
        texts = "|".join(rf"\b{re.escape(text)}(?!\w)" for text in longest)
        self.spelled = re.compile(f"{texts}|{NAME.pattern}" if texts else NAME.pattern)

    def text(self, title: str) -> str:
        program = self.program
        for name, (label, shape, kind) in program.inputs.items():
            place = self._free(name, label)
            if name not in program.scope:
                self.inputs.append(f"{place} = {self._places(label) or numbers(shape, kind)}")
        body = [self._fetched(line) or self._line(line) for line in program.steps if self._is_needed(line)]
        results = [f"{name!r}: {self._result(place)}" for name, place in program.results]
        known = {"inf": "from math import inf", "nan": "from math import nan", "bfloat16": "import ml_dtypes"}
        text = "\n".join([*self.functions.values(), *self.inputs, *self.memory, *body])
        self.imports += [line for name, line in known.items() if re.search(rf"\b{name}\b", text)]
        parts = [
            "\n".join(
                [f"# {title}: {program.calls} calls, {program.memory:,} bytes of memory", *self._opaque()]
            ),
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

    def _opaque(self) -> list[str]:
        """Why some operations are one call of their kernel."""
        return [f"# {name} is a kernel that {reason}" for name, reason in sorted(self.program.opaque.items())]

    def _places(self, label: str) -> str | None:
        """Where each row's class may stand in a matrix, if `label` is that."""
        owner: Any = self.program.scope.get(label.removesuffix("_answer"))
        return f"np.arange({owner.starts.size}) * {owner.classes}" if hasattr(owner, "starts") else None

    def _result(self, place: str) -> str:
        """Where a result is: some are inputs, as they came."""
        fresh = place in self.program.inputs and place not in self.program.scope
        return self.called[place] if fresh else self._line(place)

    def _fetched(self, line: str) -> str | None:
        """The line that gets an input which each round brings anew."""
        place = line.partition(" = ")[0]
        return f"{place} = {self.called[place]}" if place in self.called else None

    def _free(self, thing: str, label: str) -> str:
        """What an input is called, which means nothing else in the listing."""
        known = self.called.get(thing)
        if known is None:
            taken = {*OWN, *self.called.values(), *keyword.kwlist}
            free = (
                name
                for name in numbered(label)
                if name not in taken and name not in self.program.scope and not PLACE.fullmatch(name)
            )
            known = self.called[thing] = next(free)
        return known

    def _is_needed(self, line: str) -> bool:
        """All but the checks of what kernels give; 16-bit floats need one, they are computed wider."""
        if "laid_out(" in line or line.endswith("raise Differs"):
            return False
        check = CHECK.fullmatch(line)
        return check is None or self.program.scope[check[1]].itemsize == 2

    def _line(self, line: str) -> str:
        replaced = REPLACED.fullmatch(line)
        if replaced:
            return f"# here tensorsh puts machine code in the place of {replaced[1]}, once that pays"
        check = CHECK.fullmatch(line)
        return self.spelled.sub(self._spelled, check[2] if check else line)

    def _spelled(self, found: re.Match[str]) -> str:
        number = self.program.numbers.get(found[0])
        if number is None:
            return self._name(found[0])
        label, value = self._free(found[0], number[0]), number[1]
        text = f"{label} = {value!r}"
        if text not in self.inputs:
            self.inputs.append(text)
        return label

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
        if isinstance(thing, DType):
            self.imports.append("from tensorsh.engine.core.dtype import dtypes")
            return f"dtypes[{thing.name!r}]"
        if isinstance(thing, Draw):
            return self._draw(name, thing)
        if isinstance(thing, dict):
            self.memory.append(f"{name} = {plain(thing)}")
        elif isinstance(thing, list):
            self.memory.append(f"{name} = []")
        elif callable(thing):
            return self._function(name, thing)
        elif hasattr(thing, "answer"):
            self.memory.append(f"class {name}: answer = np.array({thing.answer.tolist()})")
        else:
            written = repr(thing) if isinstance(thing, PLAIN) else f"None  # {thing!r}"
            self.memory.append(f"{name} = {written}")
        return name

    def _array(self, name: str, array: np.ndarray[Any, Any]) -> str:
        given = self.program.inputs.get(name)
        if given is not None:
            label, shape, kind = self._free(name, given[0]), *given[1:]
            around = self._around(name, array)
            text = laid_out(array, numbers(shape, kind)) if around is None else self._looking(*around, array)
            self.inputs.append(f"{label} = {text}")
            self.arrays[id(array)] = label
            return label
        if name.startswith("v"):
            return self._view(name, array)
        if name[0] in "bl":
            order = "" if array.flags.c_contiguous else ", 'F'"
            self.memory.append(f"{name} = np.empty({array.shape}, {dtype_text(array.dtype)}{order})")
        elif array.ndim and not any(array.strides):
            number = f"np.array({first(array)}, {dtype_text(array.dtype)})"
            self.memory.append(f"{name} = np.broadcast_to({number}, {array.shape})")
        elif array.size <= SMALL:
            self.memory.append(f"{name} = np.array({array.tolist()}, {dtype_text(array.dtype)})")
        elif (array == array.flat[0]).all():
            self.memory.append(f"{name} = np.full({array.shape}, {first(array)}, {dtype_text(array.dtype)})")
        else:
            self.memory.append(
                f"{name} = {numbers(array.shape, str(array.dtype))}  # a constant of the program"
            )
        self.arrays[id(array)] = name
        return name

    def _view(self, name: str, array: np.ndarray[Any, Any]) -> str:
        found = self._owner(array)
        if found is None:
            text = f"np.empty({array.shape}, {dtype_text(array.dtype)})  # looks into memory of the session"
        else:
            text = self._looking(*found, array)
        self.memory.append(f"{name} = {text}")
        return name

    def _looking(self, base: str, owner: np.ndarray[Any, Any], array: np.ndarray[Any, Any]) -> str:
        """The text of an array that looks into another."""
        if owner.ndim == 2 and array.shape == owner.T.shape and array.strides == owner.T.strides:
            return f"{base}.T"
        if array.size == owner.size and owner.flags.c_contiguous and array.flags.c_contiguous:
            return f"{base}.reshape({array.shape})"
        at = ", ".join(f"{i}:" if i else ":" for i in index_of(owner, array) or ())
        start = f"{base}[{at}]" if at.strip(":, ") else base
        return f"np.lib.stride_tricks.as_strided({start}, {array.shape}, {array.strides})"

    def _around(self, name: str, array: np.ndarray[Any, Any]) -> tuple[str, np.ndarray[Any, Any]] | None:
        """The input that another looks into; of two that are the same memory, the one that the program has first."""
        for other in self.program.inputs:
            thing = self.program.scope.get(other)
            if other == name or not isinstance(thing, np.ndarray) or index_of(thing, array) is None:
                continue
            if other in self.renamed or index_of(array, thing) is None:
                return self._name(other), thing
        return None

    def _owner(self, array: np.ndarray[Any, Any]) -> tuple[str, np.ndarray[Any, Any]] | None:
        """The array of the program that a view looks into, and what it is called."""
        for name, thing in self.program.scope.items():
            if not isinstance(thing, np.ndarray) or name[0] not in "wbc":
                continue
            if index_of(thing, array) is not None:
                return self._name(name), thing
            if thing.dtype.kind == "c":
                for part, inside in (("real", thing.real), ("imag", thing.imag)):
                    if index_of(inside, array) is not None:
                        return f"{self._name(name)}.{part}", inside
        return None

    def _draw(self, name: str, draw: Draw) -> str:
        """A draw of random numbers, from generators of the listing's own."""
        self.imports.append("from tensorsh.engine.random.generator import Generator")
        stream = self.streams.setdefault(draw.own, f"generator{len(self.streams) or ''}")
        self.functions[stream] = f"{stream} = Generator()"
        given = [f"array{i}" for i, a in enumerate(draw.args) if type(a) is Value]
        args = ", ".join(
            dtype_text(a) if isinstance(a, np.dtype)
            else numbers(a.shape, str(a.dtype)) if isinstance(a, np.ndarray)
            else f"array{i}" if type(a) is Value
            else repr(a)
            for i, a in enumerate(draw.args)
        )  # fmt: skip
        self.functions[name] = (
            f"def {name}({', '.join(given)}):\n    return np.asarray({stream}.{draw.method}({args}))"
        )
        return name

    def _function(self, name: str, function: Any) -> str:
        if function is np.lib.stride_tricks.as_strided:
            return "np.lib.stride_tricks.as_strided"
        module = getattr(function, "__module__", "")
        if name.endswith("_scratch"):
            made = [(a.shape, str(a.dtype)) for a in function()]
            self.functions[name] = f"def {name}():\n    return " + repr(
                [f"np.empty({shape}, {dtype_text(np.dtype(kind))})" for shape, kind in made]
            ).replace("'", "")
            return name
        if module.startswith("tensorsh.engine.compile") and isinstance(function, FunctionType):
            self.functions[function.__name__] = (
                undecorated(dedent(getsource(function)))
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
            path, record = (".record", value.record) if isinstance(value, Fused) else ("", value)
            if value is function or (isinstance(record, Op) and record.kernel is function):
                here = f"{attribute}_" if attribute in self.labels else attribute
                renamed = "" if here == attribute else f" as {here}"
                self.imports.append(f"from {module} import {attribute}{renamed}")
                return here if value is function else f"{here}{path}.kernel"
        if isinstance(function, np.ufunc):
            self.imports.append("import scipy.special")
            return f"scipy.special.{function.__name__}"
        for known, record in registry.items():
            if isinstance(record, Op) and record.kernel is function:
                self.imports += ["import tensorsh.ops", "from tensorsh.engine.records.op import registry"]
                return f"registry[{known!r}].kernel"
        for record in nameless:
            if record.kernel is function:
                self.imports += ["import tensorsh.ops", "from tensorsh.engine.records.op import overload"]
                at = ", ".join(map(repr, place_of(record)))
                self.functions[name] = f"{name} = overload({at}).kernel"
                return name
        self.imports.append(f"# {name} is a kernel of tensorsh: {module}")
        return name


def undecorated(source: str) -> str:
    """The text of a function without the lines that say something of it to the engine."""
    return source[source.index("def ") :]
