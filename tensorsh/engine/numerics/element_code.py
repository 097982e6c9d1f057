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

#: where an array has the address of its elements: behind what every object has, which is so many words
DATA = object.__basicsize__
WORDS = 2
#: of so many elements other threads go on meanwhile
MANY = 1 << 15


class _Elementwise(MadeLater):
    """What functions of elements have in common.

    ins, outs   how many arrays it reads and writes; an output may be an input
    tables      arrays that it looks numbers up in
    passes      how often NumPy would go over the elements
    numbers     how many of the inputs, the last ones, are numbers that hold for many elements
    """

    def __init__(
        self,
        kinds: str,
        write: Write,
        ins: int,
        outs: int,
        passes: int,
        tables: Sequence[Array],
        numbers: int,
    ):
        self.write = write
        self.ins, self.outs, self.numbers = ins, outs, numbers
        self.passes = passes
        self.tables = tuple(tables)
        super().__init__(kinds)

    def ready(self, elements: int, times: int = 1) -> bool:
        """Whether there is machine code; so many elements are about to be computed, in so many steps."""
        return self.function is not None or self.worked((elements + CALL * times) * self.passes)

    def _columns(
        self, c: Any, places: Sequence[str], single: Sequence[str], tables: Sequence[str], columns: str,
        before: str, after: str,
    ) -> None:  # fmt: skip
        """The loop over elements that lie side by side, between these labels."""
        c.line("br label %column")
        c.label("column")
        c.line(f"%j = phi i64 [ 0, %{before} ], [ %j_next, %column ]")
        group = c.group = ", !llvm.access.group !0"
        ins = []
        for place in places[: self.ins - self.numbers]:
            at = c.address("float", place, "%j")
            ins.append(c.add(f"load float, ptr {at}{group}"))
        found = self.write(c, [*ins, *single], list(tables))
        for place, value in zip(places[self.ins - self.numbers :], found, strict=True):
            at = c.address("float", place, "%j")
            c.line(f"store float {value}, ptr {at}{group}")
        c.line("%j_next = add nuw nsw i64 %j, 1")
        c.line(f"%j_more = icmp ult i64 %j_next, {columns}")
        c.line(f"br i1 %j_more, label %column, label %{after}, !llvm.loop !1")


class ElementCode(_Elementwise):
    """A function of float32 arrays of one shape, each of which lies in one piece, and of numbers."""

    def __init__(self, write: Write, ins: int, passes: int, tables: Sequence[Array] = (), numbers: int = 0):
        kinds = "a" * (ins - numbers + 1 + len(tables)) + "d" * numbers + "i"
        super().__init__(kinds, write, ins, 1, passes, tables, numbers)
        self.of_many: Callable[..., None] | None = None

    def _use(self, owner: Any, address: int) -> None:
        self.of_many = self.callable(address, shared=True)
        super()._use(owner, address)

    def fill(
        self, out: Array, *arrays: Array, numbers: Sequence[float] = (), count: int | None = None
    ) -> bool:
        """Whether the first `count` elements of `out` are now what they should be, if there is machine code for these.

        An array that repeats its elements, as a gradient of a sum does, is written out.
        """
        count = out.size if count is None else count
        if not count or not _taken(out, out):
            return False
        given: Sequence[Array] = arrays
        for a in arrays:
            if not _taken(a, out):
                if type(a) is not np.ndarray or 0 not in a.strides:
                    return False
                given = [np.ascontiguousarray(a) if 0 in a.strides else a for a in arrays]
        if given is not arrays and not all(_taken(a, out) for a in given):
            return False
        if not self.ready(count):
            return False
        function = self.function if count < MANY else self.of_many
        assert function is not None
        function(*given, out, *self.tables, *numbers, count)
        return True

    def of(self, *arrays: Any) -> Array | None:
        """A new array of the function's values, if there is machine code for these arguments."""
        first = arrays[0]
        if any(type(a) is not np.ndarray for a in arrays):
            return None
        out = np.empty(first.shape, FLOAT32)
        return out if self.fill(out, *arrays) else None

    def text(self) -> str:
        from ..compile.machine.code import Code

        c = Code()
        arrays = self.ins - self.numbers + self.outs
        objects = [f"%object{k}" for k in range(arrays + len(self.tables))]
        doubles = [f"%double{k}" for k in range(self.numbers)]
        places = []
        for each in objects:
            place = c.add(f"getelementptr i64, ptr {each}, i64 {WORDS}")
            places.append(c.add(f"load ptr, ptr {place}"))
        single = [c.cast(each, "double", "float") for each in doubles]
        self._columns(c, places[:arrays], single, places[arrays:], "%count", "entry", "done")
        c.label("done")
        given = [*(f"ptr {each}" for each in objects), *(f"double {each}" for each in doubles), "i64 %count"]
        return _module(c, ", ".join(given))


class RowCode(_Elementwise):
    """A function of float32 arrays of one shape, (rows, columns), whose columns lie side by side.

    Its numbers are arrays that have one for each row.
    """

    def __init__(
        self, write: Write, ins: int, outs: int, passes: int, tables: Sequence[Array] = (), numbers: int = 0
    ):
        super().__init__("p", write, ins, outs, passes, tables, numbers)

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

    def fill(self, out: Array, *given: Array) -> bool:
        """Whether `out`, a matrix, is now what it should be: its rows' elements lie side by side."""
        if any(a.dtype is not FLOAT32 for a in given) or not self.ready(out.size, len(out)):
            return False
        whole = len(given) - self.numbers
        rows = [a if _has_columns(a) else a.copy() for a in given[:whole]]
        numbers = [np.ascontiguousarray(a) for a in given[whole:]]
        self._pass(len(out), out.shape[1], [*rows, *numbers, out])
        return True

    def _pass(self, rows: int, columns: int, arrays: Sequence[Array]) -> None:
        from ctypes import c_int64, c_void_p

        assert self.function is not None
        place = c_void_p.from_address
        words = [rows, columns]
        for a in arrays:
            words += (place(id(a) + DATA).value or 0, a.strides[0])
        words += [place(id(a) + DATA).value or 0 for a in self.tables]
        self.function((c_int64 * len(words))(*words))

    def text(self) -> str:
        """A loop over rows and one over columns; everything it has to know is in a table of 64-bit integers."""
        from ..compile.machine.code import Code

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
        one = slice(self.ins - self.numbers, self.ins)
        single = [c.load(FLOAT32, place) for place in places[one]]
        del places[one]
        self._columns(c, places, single, tables, columns, "row", "row_end")
        c.label("row_end")
        c.line("%i_next = add nuw nsw i64 %i, 1")
        c.line(f"%i_more = icmp ult i64 %i_next, {rows}")
        c.line("br i1 %i_more, label %row, label %done")
        c.label("done")
        return _module(c, "ptr %table")


def _module(c: Any, parameters: str) -> str:
    """The text of a function and what it refers to."""
    from ..compile.machine.code import ATTRIBUTES

    return "\n".join(
        [
            f"define void @group({parameters}) #0 {{", "entry:", *c.lines, "  ret void", "}", *sorted(c.declared),
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


def _taken(a: Array, out: Array) -> bool:
    """Whether an array is one of float32 numbers in one piece, of the result's shape."""
    return type(a) is np.ndarray and a.dtype is FLOAT32 and a.shape == out.shape and a.flags.c_contiguous


def _has_columns(a: Array) -> bool:
    return a.strides[-1] == a.itemsize or a.shape[-1] == 1


def _address(a: Array) -> int:
    from ctypes import c_void_p

    return c_void_p.from_address(id(a) + DATA).value or 0
