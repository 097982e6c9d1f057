"""Functions of each element as machine code: what NumPy would pass over its arrays thirty times for.

PyTorch's approximations of functions are polynomials of fused multiply-adds. With NumPy every step of them is a call,
and rounding once takes three. As machine code they are one pass. The bits are the same, so it does not matter when the
code comes: it is looked for in the user's cache after some work, else another process makes it (`apart`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .made_later import CALL, MadeLater

Array = np.ndarray[Any, Any]
#: writes the instructions for one element to a `compile.machine.Code`: from its inputs and the tables' addresses to
#: its outputs. What finds and makes code is imported when there is enough work: most programs never have it
Write = Callable[[Any, list[str], list[str]], list[str]]

FLOAT32 = np.dtype(np.float32)

#: where an array has the address of its elements: behind what every object has
DATA = object.__basicsize__
#: fewer elements are not worth a call of machine code
LEAST = 256


class ElementCode(MadeLater):
    """A function of float32 arrays of one shape, (rows, columns), whose columns lie side by side.

    ins, outs   how many arrays it reads and writes; an output may be an input
    tables      arrays that it looks numbers up in
    passes      how often NumPy would go over the elements
    numbers     how many of the inputs, the last ones, are one number for each row
    """

    def __init__(
        self, write: Write, ins: int, outs: int, passes: int, tables: Sequence[Array] = (), numbers: int = 0
    ):
        self.write = write
        self.ins, self.outs, self.numbers = ins, outs, numbers
        self.passes = passes
        self.tables = list(tables)
        super().__init__("p")

    def ready(self, elements: int, times: int = 1) -> bool:
        """Whether there is machine code; so many elements are about to be computed, in so many steps."""
        return self.function is not None or self.worked((elements + CALL * times) * self.passes)

    def steps(self, arrays: Sequence[Array]) -> Callable[[int], None]:
        """What does step t of arrays (times, rows, columns): inputs, then outputs.

        It sees what is written into the arrays meanwhile, but not into inputs that have gaps between their columns.
        """
        function = self.function
        assert function is not None
        places = Places([a if _has_columns(a) else a.copy() for a in arrays], self.tables)

        def step(t: int) -> None:
            function(places.at(t))

        return step

    def fill(self, out: Array, *arrays: Array) -> bool:
        """Whether `out` is now what it should be: arrays of one shape, each in one piece, if there is machine code.

        One that repeats its elements, as a gradient of a sum does, is written out.
        """
        if out.size < LEAST or not self.ready(out.size):
            return False
        each = [*(np.ascontiguousarray(a) if 0 in a.strides else a for a in arrays), out]
        for a in each:
            if a.dtype is not FLOAT32 or a.shape != out.shape or not a.flags.c_contiguous:
                return False
        self._pass(1, out.size, [(a, 0) for a in each])
        return True

    def fill_rows(self, out: Array, *given: Array) -> bool:
        """The same of a matrix, whose rows' elements lie side by side; `numbers` of the given have one for each row."""
        if (
            out.size < LEAST
            or any(a.dtype is not FLOAT32 for a in given)
            or not self.ready(out.size, len(out))
        ):
            return False
        whole = len(given) - self.numbers
        rows = [a if _has_columns(a) else a.copy() for a in given[:whole]]
        numbers = [np.ascontiguousarray(a) for a in given[whole:]]
        self._pass(len(out), out.shape[1], [(a, a.strides[0]) for a in (*rows, *numbers, out)])
        return True

    def _pass(self, rows: int, columns: int, arrays: Sequence[tuple[Array, int]]) -> None:
        """Compute rows of arrays, which are so far apart."""
        from ctypes import c_int64, c_void_p

        assert self.function is not None
        place = c_void_p.from_address
        words = [rows, columns]
        for a, stride in arrays:
            words += (place(id(a) + DATA).value or 0, stride)
        words += [place(id(a) + DATA).value or 0 for a in self.tables]
        self.function((c_int64 * len(words))(*words))

    def of(self, *arrays: Any) -> Array | None:
        """A new array of the function's values, if there is machine code for these arguments."""
        first = arrays[0]
        if first.size < LEAST or any(type(a) is not np.ndarray for a in arrays):
            return None
        out = np.empty(first.shape, FLOAT32)
        return out if self.fill(out, *arrays) else None

    # ---------------------------------------------------------------- its text

    def text(self) -> str:
        """A loop over rows and one over columns; everything it has to know is in a table of 64-bit integers."""
        from ..compile.machine.code import ATTRIBUTES, Code

        c = Code()
        arrays = self.ins + self.outs

        def entry(name: str, k: int, kind: str = "i64") -> str:
            place = c.add(f"getelementptr i64, ptr %table, i64 {k}")
            return c.add(f"load {kind}, ptr {place}", name)

        rows, columns = entry("%rows", 0), entry("%columns", 1)
        bases = [entry(f"%base{k}", 2 + 2 * k, "ptr") for k in range(arrays)]
        strides = [entry(f"%stride{k}", 3 + 2 * k) for k in range(arrays)]
        tables = [entry(f"%table{k}", 2 + 2 * arrays + k, "ptr") for k in range(len(self.tables))]
        c.line("br label %row")
        c.label("row")
        c.line("%i = phi i64 [ 0, %entry ], [ %i_next, %row_end ]")
        places = []
        for base, stride in zip(bases, strides, strict=True):
            offset = c.binary("mul", "i64", "%i", stride)
            places.append(c.add(f"getelementptr i8, ptr {base}, i64 {offset}"))
        single = [c.load(FLOAT32, place) for place in places[self.ins - self.numbers : self.ins]]
        c.line("br label %column")
        c.label("column")
        c.line("%j = phi i64 [ 0, %row ], [ %j_next, %column ]")
        group = c.group = ", !llvm.access.group !0"
        ins = []
        for place in places[: self.ins - self.numbers]:
            at = c.address("float", place, "%j")
            ins.append(c.add(f"load float, ptr {at}{group}"))
        found = self.write(c, [*ins, *single], tables)
        for place, value in zip(places[self.ins :], found, strict=True):
            at = c.address("float", place, "%j")
            c.line(f"store float {value}, ptr {at}{group}")
        c.line("%j_next = add nuw nsw i64 %j, 1")
        c.line(f"%j_more = icmp ult i64 %j_next, {columns}")
        c.line("br i1 %j_more, label %column, label %row_end, !llvm.loop !1")
        c.label("row_end")
        c.line("%i_next = add nuw nsw i64 %i, 1")
        c.line(f"%i_more = icmp ult i64 %i_next, {rows}")
        c.line("br i1 %i_more, label %row, label %done")
        c.label("done")
        return "\n".join(
            [
                "define void @group(ptr %table) #0 {", "entry:", *c.lines, "  ret void", "}", *sorted(c.declared),
                "!0 = distinct !{}", "!1 = distinct !{!1, !2}",
                '!2 = !{!"llvm.loop.parallel_accesses", !0}', ATTRIBUTES, "",
            ]
        )  # fmt: skip


class Places:
    """Where the arrays of one step are: a table that is moved on from step to step."""

    def __init__(self, arrays: Sequence[Array], tables: Sequence[Array]):
        self.arrays = arrays  # which have to live as long
        _, rows, columns = arrays[0].shape
        first, advance = [rows, columns], [0, 0]
        for a in arrays:
            first += [_address(a), a.strides[1]]
            advance += [a.strides[0], 0]
        first += map(_address, tables)
        self.first = np.array(first, np.int64)
        self.advance = np.array(advance + [0] * len(tables), np.int64)
        self.numbers = self.first.copy()
        self.address = _address(self.numbers)

    def at(self, t: int) -> int:
        """The table's address, with the places of step t."""
        np.multiply(self.advance, t, self.numbers)
        self.numbers += self.first
        return self.address


def _has_columns(a: Array) -> bool:
    return a.strides[-1] == a.itemsize or a.shape[-1] == 1


def _address(a: Array) -> int:
    from ctypes import c_void_p

    return c_void_p.from_address(id(a) + DATA).value or 0
