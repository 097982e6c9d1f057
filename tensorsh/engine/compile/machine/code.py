"""Instructions of LLVM's assembly, one to a line."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

#: a NumPy dtype → LLVM's type of such a number in a register
TYPES = {"float32": "float", "float64": "double", "bool": "i1", "int64": "i64", "int8": "i8"}
#: the same in memory
STORED = TYPES | {"bool": "i8"}

CASTS = {
    ("float", "double"): "fpext", ("double", "float"): "fptrunc", ("i1", "float"): "uitofp", ("i1", "double"): "uitofp",
    ("i1", "i64"): "zext", ("i64", "float"): "sitofp", ("i64", "double"): "sitofp",
    ("i1", "i8"): "zext", ("i8", "float"): "sitofp", ("i8", "double"): "sitofp", ("i8", "i64"): "sext",
}  # fmt: skip
#: of a function: vectors as wide as the processor has them, no calls of memset and the like, which lie elsewhere
ATTRIBUTES = 'attributes #0 = { nounwind "prefer-vector-width"="512" "no-builtins" }'


def literal(value: Any, kind: str) -> str:
    """A number as LLVM writes it: a float by the bits of the double that it is."""
    if kind == "i1":
        return "true" if value else "false"
    if kind in ("i64", "i8"):
        return str(int(value))
    number = float(np.float32(value)) if kind == "float" else float(value)
    return f"0x{struct.unpack('<Q', struct.pack('<d', number))[0]:016X}"


class Code:
    """The lines of a function. Methods add an instruction and return the name of its result.

    Arithmetic is IEEE's, rounded at each step; `fma` rounds once where the processor can.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.count = 0
        self.declared: set[str] = set()
        self.group = ""  # that loads and stores belong to, of a loop whose rounds do not depend on each other

    def line(self, text: str) -> None:
        self.lines.append(f"  {text}")

    def label(self, name: str) -> None:
        self.lines.append(f"{name}:")

    def add(self, text: str, name: str = "") -> str:
        """An instruction; its result is called `name`, or numbered."""
        if not name:
            self.count += 1
            name = f"%v{self.count}"
        self.line(f"{name} = {text}")
        return name

    def binary(self, operation: str, kind: str, a: str, b: str, name: str = "") -> str:
        """`operation`: fadd, fsub, fmul, fdiv; add, sub, shl, ...; and, or."""
        return self.add(f"{operation} {kind} {a}, {b}", name)

    def compare(self, how: str, kind: str, a: str, b: str) -> str:
        """`how`: oeq, une, olt, ... of floats, eq, slt, ... of integers."""
        return self.add(f"{'fcmp' if kind in ('float', 'double') else 'icmp'} {how} {kind} {a}, {b}")

    def select(self, kind: str, which: str, a: str, b: str) -> str:
        return self.add(f"select i1 {which}, {kind} {a}, {kind} {b}")

    def intrinsic(self, function: str, kind: str, *args: str, name: str = "") -> str:
        """A function that LLVM knows: sqrt, fabs, floor, ..., of as many numbers or vectors as given."""
        width, _, number = kind.strip("<>").rpartition(" x ")
        function = f"@llvm.{function}.{f'v{width}' if width else ''}{'f32' if number == 'float' else 'f64'}"
        self.declared.add(f"declare {kind} {function}({', '.join([kind] * len(args))})")
        return self.add(f"call {kind} {function}({', '.join(f'{kind} {a}' for a in args)})", name)

    def fma(self, kind: str, a: str, b: str, c: str) -> str:
        return self.intrinsic("fmuladd", kind, a, b, c)

    def cast(self, x: str, source: str, target: str) -> str:
        """The same number in another type; KeyError where NumPy's way is not LLVM's."""
        if source == target:
            return x
        if target == "i1":
            return self.compare("ne" if source in ("i64", "i8") else "une", source, x, literal(0, source))
        return self.add(f"{CASTS[source, target]} {source} {x} to {target}")

    def bits(self, x: str, source: str, target: str) -> str:
        """The same bits in another type."""
        return self.add(f"bitcast {source} {x} to {target}")

    def address(self, kind: str, base: str, index: str) -> str:
        return self.add(f"getelementptr {kind}, ptr {base}, i64 {index}")

    def load(self, dtype: np.dtype[Any], place: str) -> str:
        found = self.add(f"load {STORED[dtype.name]}, ptr {place}{self.group}")
        return self.compare("ne", "i8", found, "0") if dtype.name == "bool" else found

    def store(self, dtype: np.dtype[Any], x: str, place: str) -> None:
        if dtype.name == "bool":
            x = self.add(f"zext i1 {x} to i8")
        self.line(f"store {STORED[dtype.name]} {x}, ptr {place}{self.group}")
