"""Products of small matrices in the orders of PyTorch's BLAS (`engine.numerics.product_orders`), in machine code.

Vectors lie along the columns of a chain, and along the lanes of a sum in lanes. Sums begin with zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import gcd
from typing import TYPE_CHECKING

import numpy as np

from ...numerics.product_orders import CHAIN, FUSED, ROWS, adds_fours, order_of, order_with_vector
from .code import literal
from .forms import Unknown
from .nest import broadcast
from .operands import MOST_PRODUCTS, Call, Operand

if TYPE_CHECKING:
    from .straight import Straight

FLOAT32 = np.dtype(np.float32)
ITEM = FLOAT32.itemsize
ZERO = literal(0, "float")
#: columns of a chain, and sums, that are added up at a time
COLUMNS, SUMS = 16, 8
#: rows of fused chains that are added up at a time: as many as registers of 256 bits hold
ROWS_AT_ONCE = 6


def write(straight: Straight, call: Call) -> None:
    """`a @ b` of a matrix and a matrix or vector."""
    a, b, out = *call.args, call.out
    if any(x.dtype != FLOAT32 or x.value is not None or x.number for x in (a, b, out)):
        raise Unknown("a product of other numbers")
    if len(b.shape) == 1:
        order = order_with_vector(a)
        b, out = (x._replace(shape=(*x.shape, 1), strides=(*x.strides, ITEM)) for x in (b, out))
    else:
        order = order_of(a, b)
    (m, k), n = a.shape, b.shape[1]
    if order == FUSED or m * k * n > MOST_PRODUCTS:
        raise Unknown("a large product")
    product = Product(straight)
    if order == CHAIN:
        product.chain(a, b, out)
    elif order == ROWS:
        product.rows(a, b, out)
    elif n == 1:
        product.vector(a, b, out)
    else:
        product.vector(turned(b), turned(a), turned(out))


def write_fused(straight: Straight, call: Call) -> None:
    """`a @ b` of matrices or batches of them, each element a chain of fused multiplications and additions."""
    if any(x.value is not None or x.number for x in (*call.args, call.out)):
        raise Unknown("a product of numbers")
    operands = (*call.args, call.out)

    def product(at: list[str], strides: list[list[int]], group: str) -> None:
        a, b, out = (
            straight._moved(x, straight._place(x, at, s))._replace(shape=x.shape[-2:], strides=x.strides[-2:])
            for x, s in zip(operands, strides, strict=True)
        )
        if b.strides[1] != ITEM and a.strides[0] == ITEM:
            a, b, out = turned(b), turned(a), turned(out)
        Product(straight).fused(a, b, out)

    many = call.out.shape[:-2]
    along = [broadcast(x._replace(shape=x.shape[:-2], strides=x.strides[:-2]), many) for x in operands]
    straight._nest(many, along, product, parallel=False)


def turned(x: Operand) -> Operand:
    return x._replace(shape=x.shape[::-1], strides=x.strides[::-1])


def pieces(n: int, size: int) -> Iterator[tuple[slice, int]]:
    """`n` in pieces of `size`, all of them as one slice, and what is left over."""
    whole = n // size * size
    if whole:
        yield slice(0, whole), size
    if whole < n:
        yield slice(whole, n), n - whole


class Product:
    """Writes a product into a function."""

    def __init__(self, straight: Straight):
        self.straight = straight
        self.code = straight.code

    # ---------------------------------------------------------------- chains

    def chain(self, a: Operand, b: Operand, out: Operand) -> None:
        """One rounded product after the other."""
        (m, _), n = a.shape, b.shape[1]
        if not adds_fours(a, b):
            if m > n:
                a, b, out = turned(b), turned(a), turned(out)
            self._chains(a, b, out, 0)
            return
        period = 4 // gcd(n, 4)
        for first in range(min(period, m)):
            rows, head = slice(first, m, period), -first * n % 4
            self._chains(self._part(a, rows), b, self._part(out, rows), head if n - head >= 4 else 0)

    def _chains(self, a: Operand, b: Operand, out: Operand, head: int) -> None:
        """Rows of which `head` elements are before the first vector."""
        (m, _), n = a.shape, b.shape[1]
        for columns, width in pieces(n, COLUMNS):
            for rows, height in pieces(m, 4 if width <= SUMS else 2):
                of_a, of_b = self._part(a, rows), self._part(b, slice(None), columns)
                self._blocks(of_a, of_b, self._part(out, rows, columns), height, width, head)
        if head and n > COLUMNS:
            raise Unknown("a wide product")

    def _blocks(self, a: Operand, b: Operand, out: Operand, height: int, width: int, head: int) -> None:
        c, kind = self.code, _kind(width)
        (m, k), n = a.shape, b.shape[1]
        before = ", ".join(f"i1 {'true' if j < head else 'false'}" for j in range(width))

        def terms(x: str, y: str, t: str, ahead: int) -> list[str]:
            row = self._load(self._at(y, t, b.strides[0], ahead), b.strides[1], width)
            found = []
            for i in range(height):
                number = c.load(FLOAT32, self._at(x, t, a.strides[1], ahead, i * a.strides[0]))
                found.append(c.binary("fmul", kind, self._spread(number, width), row))
            return found

        def plus(a: list[str], b: list[str]) -> list[str]:
            return [c.binary("fadd", kind, *pair) for pair in zip(a, b, strict=True)]

        def block(at: list[str], strides: list[list[int]], group: str) -> None:
            x, y, into = (
                self.straight._place(each, at, s) for each, s in zip((a, b, out), strides, strict=True)
            )

            def eight(t: str, sums: list[str]) -> list[str]:
                for ahead in range(4):
                    sums = plus(sums, terms(x, y, t, ahead))
                fours = after = terms(x, y, t, 4)
                after = plus(sums, fours)
                for ahead in range(5, 8):
                    more = terms(x, y, t, ahead)
                    fours, after = plus(fours, more), plus(after, more)
                joined = plus(sums, fours)
                return [
                    c.add(f"select <{width} x i1> <{before}>, {kind} {one}, {kind} {other}")
                    for one, other in zip(joined, after, strict=True)
                ]

            sums, done = [ZERO if width == 1 else "zeroinitializer"] * height, 0
            if head:
                done = k & ~7
                sums = self._fold(0, done, 8, kind, sums, eight)
            sums = self._fold(done, k, 1, kind, sums, lambda t, sums: plus(sums, terms(x, y, t, 0)))
            for i, total in enumerate(sums):
                self._store(total, self._at(into, "0", 0, 0, i * out.strides[0]), out.strides[1], width)

        steps = [
            [a.strides[0] * height, 0],
            [0, b.strides[1] * width],
            [out.strides[0] * height, out.strides[1] * width],
        ]
        self.straight._nest([m // height, n // width], steps, block, parallel=False)

    def fused(self, a: Operand, b: Operand, out: Operand) -> None:
        """Chains of what is rounded once, a few columns at a time: those that are scattered are copied together."""
        for columns, width in pieces(b.shape[1], COLUMNS):
            parts = self._part(b, slice(None), columns), self._part(out, slice(None), columns)
            self._fused_columns(a, *parts, width)

    def _fused_columns(self, a: Operand, b: Operand, out: Operand, width: int) -> None:
        room = self.straight.room(b.shape[0] * width * ITEM) if b.strides[1] != ITEM else ""

        def block(at: list[str], strides: list[list[int]], group: str) -> None:
            some, into = (
                self.straight._moved(x, self.straight._place(x, at, s))._replace(shape=(x.shape[0], width))
                for x, s in zip((b, out), strides, strict=True)
            )
            if room:
                together = self.straight._moved(some, room)._replace(strides=(width * ITEM, ITEM))
                self._copy(some, together)
                some = together
            for rows, height in pieces(a.shape[0], ROWS_AT_ONCE):
                self._fused_rows(self._part(a, rows), some, self._part(into, rows), height)

        self.straight._nest(
            [b.shape[1] // width], [[x.strides[1] * width] for x in (b, out)], block, parallel=False
        )

    def _copy(self, source: Operand, target: Operand) -> None:
        def copied(at: list[str], strides: list[list[int]], group: str) -> None:
            number = self.straight._fetch(source, at, strides[0], group, "float")
            self.straight._put(target, number, at, strides[1], group)

        self.straight._nest(source.shape, [source.strides, target.strides], copied)

    def _fused_rows(self, a: Operand, b: Operand, out: Operand, height: int) -> None:
        c, (k, width) = self.code, b.shape
        kind = _kind(width)

        def block(at: list[str], strides: list[list[int]], group: str) -> None:
            x, into = (self.straight._place(each, at, s) for each, s in zip((a, out), strides, strict=True))

            def plus(t: str, sums: list[str]) -> list[str]:
                row = self._load(self._at(self.straight.bases[b.place], t, b.strides[0], 0), ITEM, width)
                numbers = [
                    c.load(FLOAT32, self._at(x, t, a.strides[1], 0, i * a.strides[0])) for i in range(height)
                ]
                return [
                    c.fma(kind, self._spread(number, width), row, total)
                    for number, total in zip(numbers, sums, strict=True)
                ]

            sums = self._fold(0, k, 1, kind, [ZERO if width == 1 else "zeroinitializer"] * height, plus)
            for i, total in enumerate(sums):
                self._store(total, self._at(into, "0", 0, 0, i * out.strides[0]), out.strides[1], width)

        steps = [[each.strides[0] * height] for each in (a, out)]
        self.straight._nest([a.shape[0] // height], steps, block, parallel=False)

    # ---------------------------------------------------------------- lanes

    def rows(self, a: Operand, b: Operand, out: Operand) -> None:
        """The rows of `a` and the columns of `b`, which are rows in memory; where vectors begin in a row repeats."""
        (m, k), n = a.shape, b.shape[1]
        fours, period = n & ~3, 4 // gcd(k, 4)
        for first in range(min(period, m)):
            rows, head = slice(first, m, period), -first * k % 4
            for columns, width in ((slice(0, fours), 4), (slice(fours, n), 8)):
                if columns.start < columns.stop:
                    parts = self._part(a, rows), self._part(b, slice(None), columns)
                    self._sums(*parts, self._part(out, rows, columns), head, width, width)

    def vector(self, a: Operand, b: Operand, out: Operand) -> None:
        """The rows of a matrix times a vector: by fours of rows, then one by one."""
        m, k = a.shape
        fours = m & ~3
        kinds = [
            (slice(0, fours), k % 4 or 4, 4, 4),
            (slice(fours, m, 2), 4, 8, 8),
            (slice(fours + 1, m, 2), 4, 4, 8),
        ]
        for rows, head, width, step in kinds:
            if rows.start < min(rows.stop, m):
                self._sums(self._part(a, rows), b, self._part(out, rows), head, width, step)

    def _sums(self, a: Operand, b: Operand, out: Operand, head: int, width: int, step: int) -> None:
        """`width` lanes, added in halves, then what is left over (`small_products`)."""
        if a.strides[1] != ITEM or b.strides[0] != ITEM:
            raise Unknown("rows that do not lie side by side")
        for columns, many in pieces(b.shape[1], SUMS):
            for rows, several in pieces(a.shape[0], max(1, SUMS // many)):
                parts = (
                    self._part(a, rows),
                    self._part(b, slice(None), columns),
                    self._part(out, rows, columns),
                )
                self._sum_blocks(*parts, several, many, head, width, step)

    def _sum_blocks(
        self, a: Operand, b: Operand, out: Operand, height: int, across: int, head: int, width: int, step: int
    ) -> None:
        c, kind = self.code, f"<{width} x float>"
        (m, k), n = a.shape, b.shape[1]
        whole = max(k - head, 0) // step * step
        cells = [(i, j) for i in range(height) for j in range(across)]

        def block(at: list[str], strides: list[list[int]], group: str) -> None:
            x, y, into = (
                self.straight._place(each, at, s) for each, s in zip((a, b, out), strides, strict=True)
            )

            def terms(t: str, ahead: int, size: int) -> list[str]:
                """The products from element t + ahead on."""
                left = [
                    self._load(self._at(x, t, ITEM, ahead, i * a.strides[0]), ITEM, size)
                    for i in range(height)
                ]
                right = [
                    self._load(self._at(y, t, ITEM, ahead, j * b.strides[1]), ITEM, size)
                    for j in range(across)
                ]
                return [c.binary("fmul", _kind(size), left[i], right[j]) for i, j in cells]

            def plus(sums: list[str], more: list[str], size: int) -> list[str]:
                return [c.binary("fadd", _kind(size), *pair) for pair in zip(sums, more, strict=True)]

            def one(t: str, sums: list[str]) -> list[str]:
                return plus(sums, terms(t, 0, 1), 1)

            first = self._fold(0, head if whole else k, 1, "float", [ZERO] * len(cells), one)
            if whole:
                lanes = [c.add(f"insertelement {kind} zeroinitializer, float {f}, i64 0") for f in first]
                lanes = self._fold(
                    head,
                    head + whole,
                    width,
                    kind,
                    lanes,
                    lambda t, sums: plus(sums, terms(t, 0, width), width),
                )
                sums = [self._halved(each, width) for each in lanes]
                first = self._fold(head + whole, k, 1, "float", sums, one)
            for (i, j), total in zip(cells, first, strict=True):
                place = self._at(into, "0", 0, 0, i * out.strides[0] + j * out.strides[1])
                c.store(FLOAT32, total, place)

        steps = [
            [a.strides[0] * height, 0],
            [0, b.strides[1] * across],
            [out.strides[0] * height, out.strides[1] * across],
        ]
        self.straight._nest([m // height, n // across], steps, block, parallel=False)

    def _halved(self, lanes: str, width: int) -> str:
        c = self.code
        while width > 1:
            half = width // 2
            low, high = (
                c.add(
                    f"shufflevector <{width} x float> {lanes}, <{width} x float> poison, <{half} x i32> <{numbers}>"
                )
                for numbers in (", ".join(f"i32 {start + i}" for i in range(half)) for start in (0, half))
            )
            lanes, width = c.binary("fadd", f"<{half} x float>", low, high), half
        return c.add(f"extractelement <1 x float> {lanes}, i64 0")

    # ---------------------------------------------------------------- what both need

    def _fold(
        self, start: int, stop: int, step: int, kind: str, sums: Sequence[str],
        body: Callable[[str, list[str]], list[str]],
    ) -> list[str]:  # fmt: skip
        """A loop that gives the sums to its next turn."""
        sums = list(sums)
        if stop - start <= 4 * step:
            for t in range(start, stop, step):
                sums = body(str(t), sums)
            return sums
        c = self.code
        self.straight.labels += 1
        k = self.straight.labels
        c.line(f"br label %before{k}")
        c.label(f"before{k}")
        c.line(f"br label %loop{k}")
        c.label(f"loop{k}")
        head = len(c.lines)
        names = [f"%sum{k}_{i}" for i in range(len(sums))]
        found = body(f"%i{k}", names)
        phis = [f"  %i{k} = phi i64 [ {start}, %before{k} ], [ %i{k}_next, %loop{k} ]"]
        phis += [
            f"  {name} = phi {kind} [ {first}, %before{k} ], [ {last}, %loop{k} ]"
            for name, first, last in zip(names, sums, found, strict=True)
        ]
        c.lines[head:head] = phis
        c.line(f"%i{k}_next = add nuw nsw i64 %i{k}, {step}")
        c.line(f"%i{k}_more = icmp ult i64 %i{k}_next, {stop}")
        c.line(f"br i1 %i{k}_more, label %loop{k}, label %after{k}")
        c.label(f"after{k}")
        return found

    def _part(self, x: Operand, rows: slice, columns: slice = slice(None)) -> Operand:
        """`x[rows, columns]`."""
        shape, strides, offset = [], [], 0
        for n, stride, chosen in zip(x.shape, x.strides, (rows, columns), strict=True):
            start, stop, step = chosen.indices(n)
            shape.append(len(range(start, stop, step)))
            strides.append(stride * step)
            offset += start * stride
        moved = self.straight._moved(x, self._at(self.straight.bases[x.place], "0", 0, 0, offset))
        return moved._replace(shape=tuple(shape), strides=tuple(strides))

    def _at(self, base: str, t: str, stride: int, ahead: int, offset: int = 0) -> str:
        """The address of element t + ahead."""
        c = self.code
        offset += ahead * stride
        if t.isdigit():
            offset += int(t) * stride
        elif stride:
            base = c.add(f"getelementptr i8, ptr {base}, i64 {c.binary('mul', 'i64', t, str(stride))}")
        return c.add(f"getelementptr i8, ptr {base}, i64 {offset}") if offset else base

    def _load(self, place: str, stride: int, width: int) -> str:
        """A vector of numbers `stride` bytes apart."""
        c, kind = self.code, _kind(width)
        if stride == ITEM or width == 1:
            return c.add(f"load {kind}, ptr {place}, align {ITEM}")
        vector = "poison"
        for j in range(width):
            number = c.load(FLOAT32, self._at(place, "0", 0, 0, j * stride))
            vector = c.add(f"insertelement {kind} {vector}, float {number}, i64 {j}")
        return vector

    def _spread(self, number: str, width: int) -> str:
        """A vector of one number."""
        if width == 1:
            return number
        c, kind = self.code, _kind(width)
        first = c.add(f"insertelement {kind} poison, float {number}, i64 0")
        return c.add(f"shufflevector {kind} {first}, {kind} poison, <{width} x i32> zeroinitializer")

    def _store(self, vector: str, place: str, stride: int, width: int) -> None:
        c, kind = self.code, _kind(width)
        if stride == ITEM or width == 1:
            c.line(f"store {kind} {vector}, ptr {place}, align {ITEM}")
            return
        for j in range(width):
            number = c.add(f"extractelement {kind} {vector}, i64 {j}")
            c.store(FLOAT32, number, self._at(place, "0", 0, 0, j * stride))


def _kind(width: int) -> str:
    return "float" if width == 1 else f"<{width} x float>"
