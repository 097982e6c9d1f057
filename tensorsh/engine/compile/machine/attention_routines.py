"""Attention of short sequences as machine code: `ops.nn.attention_steps`, one matrix of scores after the other."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

from ...numerics import plain_log as logs
from ...numerics.onednn_functions import GREATEST, LEAST, LOG2_E, LOG_2
from . import functions
from .double_loops import DoubleLoop
from .norm_routines import LANES, row_sum
from .product_routines import COLUMNS, pack, padded, product
from .routines import Routine, Word, vector

#: queries that are taken at a time
QUERIES = 32
#: of the exponential of what fills vectors, from the highest power
POLYNOMIAL = (0.00828929059, 0.0418978221, 0.166676521, 0.499991506, 0.999999701, 1.0)


class Scores:
    """What forward and gradient have in common: some queries' exponentials of scores, and their sums."""

    def __init__(
        self,
        f: Routine,
        query: Word,
        key: Word,
        scratch: Word,
        sizes: tuple[Word, ...],
        causal: Word,
        scale: Word,
        mask: Mask,
        exp: tuple[Word, Word],
    ):
        self.f = f
        self.queries, self.keys, self.depth, self.width = sizes
        self.causal, self.scale, self.mask = causal, scale, mask
        self.exp = DoubleLoop(f, exp, LANES)
        self.query, self.key = query, key
        self.line = padded(f, self.keys)
        self.turned = scratch  # (depth, keys) of keys
        self.weights = f.at(
            scratch, self.depth * self.line
        )  # (queries, keys), queries that are taken at a time
        self.sums = f.at(self.weights, self.line * QUERIES)
        self.largest = f.at(self.sums, QUERIES)
        self.behind = f.at(self.largest, QUERIES)  # further memory
        pack(f, self.turned, key, (self.depth, self.keys), (1, self.depth))

    @contextmanager
    def parts(self) -> Iterator[tuple[Word, Word, Word]]:
        """The first query of a part, how many, and how many keys they see; their scores less the largest are made."""
        f = self.f
        with f.loop(self.queries, 0, QUERIES) as start:
            left = self.queries - start
            rows = f.choose(left < QUERIES, left, f.given(QUERIES, "i64"))
            after = start + rows
            fewer = f.choose(after < self.keys, after, self.keys)
            seen = f.choose(self.causal > 0, fewer, self.keys)
            first = f.at(self.query, start * self.depth)
            masked = self.mask.masked > 0
            self.products(first, self.turned, rows, seen, f.choose(masked, 1.0, self.scale))
            self.masked(start, rows, seen, self.scale)
            self._exponentials(start, rows, seen)
            yield start, rows, seen

    def products(self, first: Word, turned: Word, rows: Word, seen: Word, scale: Word | None) -> None:
        """Rows of (…, depth) times (depth, keys) into the weights, scaled afterwards."""
        f = self.f

        def keep(i: Word, j: Word, x: Word) -> None:
            f.write(x if scale is None else x * scale, f.at(self.weights, i * self.line), j)

        product(f, (rows, seen, self.depth), first, (self.depth, 1), turned, self.line, keep)

    def masked(self, start: Word, rows: Word, seen: Word, scale: Word | None) -> None:
        """Scores, times a number, and what the mask adds, rounded once."""
        f = self.f
        with f.when(self.mask.masked > 0), f.loop(rows) as i:
            row = f.at(self.weights, i * self.line)
            more = f.at(self.mask.of_part, (start + i) * self.keys)
            with f.loop(seen, independent=True) as j:
                row[j] = row[j] + more[j] if scale is None else f.fused(row[j], scale, more[j])

    def hide(self, start: Word, rows: Word, seen: Word, value: float) -> None:
        """A value for the keys behind the query."""
        f = self.f
        with f.when(self.causal > 0), f.loop(rows) as i:
            row = f.at(self.weights, i * self.line)
            with f.loop(seen, start + i + 1, independent=True) as j:
                row[j] = value

    def _exponentials(self, start: Word, rows: Word, seen: Word) -> None:
        """Lane by lane, then what fills no vector one after the other."""
        f = self.f
        self.hide(start, rows, seen, -math.inf)
        whole = seen / LANES * LANES
        with f.loop(rows) as i:
            row = f.at(self.weights, i * self.line)
            with f.loop((seen + (LANES - 1)) / LANES * LANES, seen, independent=True) as j:
                row[j] = -math.inf
            lanes = f.variable(vector(LANES), -math.inf)
            with f.loop(seen, 0, LANES) as j:
                each = f.read(vector(LANES), row, j)
                lanes.value = f.choose(each > lanes.value, each, lanes.value)
            found = lanes.value
            n = LANES
            while n > 1:
                n //= 2
                a, b = f.part(found, 0, n), f.part(found, n, n)
                found = f.choose(a > b, a, b)
            nothing = found <= -math.inf
            self.largest[i] = found
            less = f.choose(nothing, 0.0, found)
            with f.loop(whole, independent=True) as j:
                row[j] = fast_exp(f, row[j] - less)
            total = f.variable(vector(LANES), f.read(vector(LANES), row, 0))
            with f.loop(whole, LANES, LANES) as j:
                total.value = total.value + f.read(vector(LANES), row, j)
            every = f.variable("float", f.halved(total.value))
            with f.when(whole < seen):
                with f.loop(seen, whole) as j:
                    self.exp.put(j - whole, row[j] - less)
                self.exp.call(seen - whole)
                with f.loop(seen, whole) as j:
                    row[j] = self.exp.get(j - whole)
                    every.value = every.value + row[j]
            self.sums[i] = f.choose(nothing, 1.0, every.value)


class Mask:
    """What is added to scores (many, queries, keys), the same for all of many if they are not `apart`; or nothing."""

    def __init__(self, base: Word, masked: Word, apart: Word):
        self.of_part, self.masked, self.apart = base, masked, apart

    def of(self, f: Routine, part: Word) -> Mask:
        return Mask(f.at(self.of_part, part * self.apart), self.masked, self.apart)


def fast_exp(f: Routine, x: Word) -> Word:
    """`attention_steps.fast_exp`, step by step."""
    least, greatest = float(LEAST), float(GREATEST)
    s = f.choose(x < least, least, x)
    s = f.choose(s > greatest, greatest, s)
    n = f.call("floor", f.fused(s, float(LOG2_E), 0.5))
    r = f.fused(n, -float(LOG_2), s)
    first, *others = POLYNOMIAL
    p = f.given(first, "float")
    for each in others:
        p = f.fused(p, r, each)
    power = f.add(f"fptosi float {n.name} to i32")
    power = f.binary("shl", "i32", f.binary("add", "i32", power, "126"), "23")
    found = p * Word(f, "float", f.bits(power, "i32", "float")) * 2.0
    return f.choose(x < least, 0.0, found)


def plain_log(f: Routine, x: Word, inverses: Word, logarithms: Word) -> Word:
    """`numerics.plain_log`, step by step."""

    def whole(operation: str, a: Word, b: Word | int) -> Word:
        return Word(f, "i32", f.binary(operation, "i32", a.name, b.name if isinstance(b, Word) else str(b)))

    bits = Word(f, "i32", f.bits(x.name, "float", "i32"))
    places = bits - logs.START
    at = whole("and", whole("ashr", places, 19), 15)
    power = whole("ashr", places, 23)
    z = f.to_double(Word(f, "float", f.bits((bits - whole("shl", power, 23)).name, "i32", "float")))
    index = Word(f, "i64", f.add(f"zext i32 {at.name} to i64"))
    r = z * f.read("double", inverses, index) - 1.0
    a, b, c = logs.POLYNOMIAL
    square = r * r
    wide = Word(f, "double", f.add(f"sitofp i32 {power.name} to double"))
    found = (square * a + (r * b + c)) * square
    return f.to_float(found + (f.read("double", logarithms, index) + wide * logs.LOG_2 + r))


def forward(
    f: Routine, query: Word, key: Word, value: Word, mask: Word, out: Word, scratch: Word,
    many: Word, queries: Word, keys: Word, depth: Word, width: Word, causal: Word,
    masked: Word, apart: Word, exp: Word, of_exp: Word, scale: Word,
) -> None:  # fmt: skip
    """The attention (many, queries, width)."""
    added = Mask(mask, masked, apart)
    for chained, fused in _orders(f, width):
        with f.when(chained), f.loop(many) as b:
            q, o = (f.at(base, b * queries * width) for base in (query, out))
            k, v = (f.at(base, b * keys * width) for base in (key, value))
            sizes, small = (queries, keys, depth, width), f.to_float(scale)
            made = Scores(f, q, k, scratch, sizes, causal, small, added.of(f, b), (exp, of_exp))
            pack(f, made.behind, v, (keys, width), (width, 1))
            with made.parts() as (start, rows, seen):
                _attend(made, f.at(o, start * width), rows, seen, fused)


def _attend(made: Scores, into: Word, rows: Word, seen: Word, fused: bool) -> None:
    f, width = made.f, made.width

    def divided(i: Word, j: Word, x: Word) -> None:
        _put(f, x * (1.0 / made.sums[i]), into, i, j, width)

    product(
        f, (rows, width, seen), made.weights, (made.line, 1), made.behind, padded(f, width), divided, fused
    )


def backward(
    f: Routine, grad: Word, query: Word, key: Word, value: Word, mask: Word, out: Word,
    of_query: Word, of_key: Word, of_value: Word, scratch: Word, inverses: Word, logarithms: Word,
    many: Word, queries: Word, keys: Word, depth: Word, width: Word, causal: Word,
    masked: Word, apart: Word, exp: Word, of_exp: Word, scale: Word,
) -> None:  # fmt: skip
    """The gradients of query, key and value, all of one width; those of key and value are zeros before."""
    added = Mask(mask, masked, apart)
    tables = inverses, logarithms
    for chained, fused in _orders(f, width):
        with f.when(chained), f.loop(many) as b:
            by_query = [f.at(base, b * queries * width) for base in (query, out, grad, of_query)]
            by_key = [f.at(base, b * keys * width) for base in (key, value, of_key, of_value)]
            sizes, small = (queries, keys, depth, width), f.to_float(scale)
            first = by_query[0], by_key[0]
            made = Scores(f, *first, scratch, sizes, causal, small, added.of(f, b), (exp, of_exp))
            gradient = Gradient(made, by_query, by_key, fused)
            with made.parts() as (start, rows, seen):
                gradient.part(start, rows, seen, tables)


class Gradient:
    """The gradients of one matrix of scores: what it keeps of keys and values, and some queries at a time."""

    def __init__(self, made: Scores, by_query: list[Word], by_key: list[Word], fused: bool):
        self.made, self.fused = made, fused
        self.query, self.out, self.grad, self.of_query = by_query
        key, value, self.of_key, self.of_value = by_key
        f, keys, width, line = made.f, made.keys, made.width, made.line
        self.wide = padded(f, width)
        self.scaled = made.behind  # (width, keys) of keys times the scale
        self.values = f.at(self.scaled, width * line)  # (width, keys)
        self.keys = f.at(self.values, width * line)  # (keys, width)
        self.some = f.at(self.keys, keys * self.wide)  # (queries, width)
        self.slopes = f.at(self.some, self.wide * QUERIES)  # (queries, keys)
        pack(f, self.scaled, key, (width, keys), (1, width), made.scale)
        pack(f, self.values, value, (width, keys), (1, width))
        pack(f, self.keys, key, (keys, width), (width, 1), made.scale if fused else None)

    def part(self, start: Word, rows: Word, seen: Word, tables: tuple[Word, Word]) -> None:
        made, f = self.made, self.made.f
        width, line = made.width, made.line
        query, grad, out, of_query = (
            f.at(base, start * width) for base in (self.query, self.grad, self.out, self.of_query)
        )
        self._dots(grad, out, rows, tables)
        made.products(query, self.scaled, rows, seen, None)
        made.masked(start, rows, seen, None)
        with f.loop(rows) as i:
            row, less = f.at(made.weights, i * line), made.largest[i]
            with f.loop(seen, independent=True) as j:
                row[j] = f.of_number(functions.vector_exp, row[j] - less)
        made.hide(start, rows, seen, 0.0)
        pack(f, self.some, grad, (rows, width), (width, 1))
        self._onto(self.of_value, made.weights, rows, seen)

        def sloped(i: Word, j: Word, x: Word) -> None:
            weight = f.read(x.kind, f.at(made.weights, i * line), j)
            f.write((x - made.sums[i]) * weight, f.at(self.slopes, i * line), j)

        def kept(i: Word, j: Word, x: Word) -> None:
            _put(f, x, of_query, i, j, width)

        product(f, (rows, seen, width), grad, (width, 1), self.values, line, sloped)
        if not self.fused:  # the scale is on the first factor
            with f.loop(rows * line, independent=True) as at:
                self.slopes[at] = self.slopes[at] * made.scale
        product(f, (rows, width, seen), self.slopes, (line, 1), self.keys, self.wide, kept, self.fused)
        pack(f, self.some, query, (rows, width), (width, 1), made.scale if self.fused else None)
        self._onto(self.of_key, self.slopes, rows, seen)

    def _dots(self, grad: Word, out: Word, rows: Word, tables: tuple[Word, Word]) -> None:
        """The logarithms of the sums beside the largest scores, and the sums of grad times out in their place."""
        made, f = self.made, self.made.f
        with f.loop(rows) as i:
            largest = made.largest[i]
            largest = f.choose(largest <= -math.inf, math.inf, largest)
            made.largest[i] = largest + plain_log(f, made.sums[i], *tables)
            x, y = f.at(grad, i * made.width), f.at(out, i * made.width)
            made.sums[i] = row_sum(f, made.width, lambda read: (read(x), read(y)))

    def _onto(self, into: Word, of_keys: Word, rows: Word, seen: Word) -> None:
        """Added to the gradient of keys or values: (rows, seen) turned times (rows, width)."""
        made, f = self.made, self.made.f

        def added(i: Word, j: Word, x: Word) -> None:
            _put(f, x, into, i, j, made.width, onto=True)

        sizes = seen, made.width, rows
        product(f, sizes, of_keys, (1, made.line), self.some, self.wide, added, self.fused)


def _orders(f: Routine, width: Word) -> list[tuple[Word, bool]]:
    """Products with few columns round each product before it is added."""
    return [(width >= 12, True), (width < 12, False)]


def _put(f: Routine, x: Word, base: Word, i: Word, j: Word, width: Word, onto: bool = False) -> None:
    """A vector into row i from column j on, as far as there are columns; or added to what is there."""
    which = f.first(COLUMNS, width - j)
    place = f.at(base, i * width)
    if onto:
        x = f.read_some(COLUMNS, place, j, which) + x
    f.write_some(x, place, j, which)
