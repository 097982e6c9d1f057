"""Products of matrices whose elements are chains: products are added one by one, rounded with the sum or before."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from numpy._core._multiarray_umath import __cpu_features__

from .routines import Given, Routine, Variable, Word, vector

#: columns that are computed together: one vector, or two of half the width
COLUMNS = 16
#: rows that are: as many as there is room for; of what is left over as many as take no longer than one
ROWS = (8, 4) if __cpu_features__.get("AVX512F") else (6, 4)

#: of a first factor, from which on it pays to copy the second one
TOGETHER = 24

KIND = vector(COLUMNS)

#: what becomes of the elements (i, j) to (i, j + 15)
Done = Callable[[Word, Word, Word], None]


def chains(
    f: Routine,
    m: Word,
    n: Given,
    steps: Callable[[Callable[[Word], None]], None],
    factor: Callable[[Word, Word], Word],
    line: Callable[[Word, Word], Word],
    done: Done,
    start: Callable[[Word, Word], Word] | None = None,
    fused: bool = True,
) -> None:
    """The elements of a matrix (m, n), of n the next multiple of 16, each a sum of products.

    steps    calls what it is given for each k in turn
    factor   of i and k, line of k and j: what is multiplied, a number and the vector from column j on
    start    of i and j: with what elements begin, a number or a vector
    """
    for rows, first, stop in row_blocks(f, m):
        last = rows == ROWS[-1]
        with f.loop(stop, first, rows) as i, f.loop(n, 0, COLUMNS) as j:
            places = [i + row for row in range(rows)]
            # behind the last row comes the last row again, of which nothing becomes
            each = [f.least(row, m - 1) for row in places] if last else places
            sums = [f.variable(KIND, 0 if start is None else start(row, j)) for row in each]

            def step(k: Word, each: list[Word] = each, sums: list[Variable] = sums, j: Word = j) -> None:
                right = line(k, j)
                for row, total in zip(each, sums, strict=True):
                    left = f.every(factor(row, k), COLUMNS)
                    if fused:
                        total.value = f.fused(left, right, total.value)
                    else:
                        total.value = total.value + left * right

            steps(step)
            for row, total in zip(places, sums, strict=True):
                if last:
                    with f.when(row < m):
                        done(row, j, total.value)
                else:
                    done(row, j, total.value)


def row_blocks(f: Routine, m: Word) -> list[tuple[int, Word, Word]]:
    """How many rows at a time, from which to which: as few as can be are left of the last blocks."""
    many, few = ROWS
    left = m - m / many * many
    back = f.given(0, "i64")
    for rest in range(1, many):
        # what `few` have left over by themselves, and if one block of many less is taken
        alone, less = -rest % few, -(rest + many) % few
        if less < alone:
            back = f.choose((left <= rest).both(left >= rest), f.given(many, "i64"), back)
    whole = f.choose(m < many, 0, m - left - back)
    return [(many, f.given(0, "i64"), whole), (few, whole, m)]


def counted(f: Routine, depth: Given) -> Callable[[Callable[[Word], None]], None]:
    """As many steps, one after the other."""

    def steps(step: Callable[[Word], None]) -> None:
        with f.loop(depth) as k:
            step(k)

    return steps


def product(
    f: Routine,
    sizes: Sequence[Word],
    a: Word,
    of_a: tuple[Given, Given],
    b: Word,
    of_b: Given,
    done: Done,
    fused: bool = True,
) -> None:
    """(m, k) @ (k, n), of n the next multiple of 16.

    of_a    how far rows and columns of a are apart
    of_b    how far the rows of b are, whose columns lie side by side
    """
    m, n, depth = sizes
    down, along = of_a
    chains(
        f, m, n, counted(f, depth),
        lambda i, k: a[i * down + k * along],
        lambda k, j: f.read(KIND, b, k * of_b + j),
        done, fused=fused,
    )  # fmt: skip


def padded(f: Routine, n: Word) -> Word:
    """The next multiple of 16."""
    return (n + (COLUMNS - 1)) / COLUMNS * COLUMNS


def pack(
    f: Routine,
    into: Word,
    source: Word,
    sizes: tuple[Word, Word],
    strides: tuple[Given, Given],
    factor: Word | None = None,
) -> None:
    """A matrix by rows whose length is the next multiple of 16, filled with zeros; times a factor."""
    rows, columns = sizes
    down, along = strides
    width = padded(f, columns)
    with f.loop(rows) as i:
        row, line = f.at(source, i * down), f.at(into, i * width)
        with f.loop(columns, independent=True) as j:
            x = row[j * along]
            line[j] = x if factor is None else x * factor
        with f.loop(width, columns, independent=True) as j:
            line[j] = 0.0


#: where the two numbers of each part of a depth are: its first step, and how many
START, SIZE = 0, 1


def onednn_product(
    f: Routine,
    into: Word,
    a: Word,
    of_a: tuple[Given, Given],
    b: Word,
    sizes: tuple[Word, Word, Word],
    parts: Word,
    count: Word,
    few: Word,
) -> None:
    """`numerics.onednn_products.product` of (m, k) and (k, n) onto what is there.

    b       its rows are filled up to the next multiple of 16
    few     of the rows, the last ones, are added by even and odd steps, as all are of the last columns up to eight
    """
    m, n, depth = sizes
    down, along = (f.given(step, "i64") for step in of_a)
    line, rest = padded(f, n), n - n / COLUMNS * COLUMNS
    wide = f.choose(rest <= COLUMNS // 2, n - rest, n)

    def adds(base: Word) -> Done:
        return lambda i, j, x: add_some(f, x, f.at(base, i * n), j, n)

    with f.when(m <= 1):
        _row_product(f, n, depth, (a, along), b, into)
    with f.when(m > 1), f.loop(count) as p:
        start, size = (f.read("i64", parts, p * 2 + k) for k in (START, SIZE))
        left, right, whole = f.at(a, start * along), f.at(b, start * line), m - few
        product(f, (whole, wide, size), left, (down, along), right, line, adds(into))
        with f.when(wide < n):
            _paired_product(f, (whole, n, size), wide, left, (down, along), right, adds(into), True)
        rest, onto = f.at(left, whole * down), f.at(into, whole * n)
        none = f.given(0, "i64")
        for condition, fused in ((few > 2, True), (few < 3, False)):
            with f.when(condition):
                _paired_product(f, (few, n, size), none, rest, (down, along), right, adds(onto), fused)


def onednn_product_of(
    f: Routine, into: Word, a: Word, b: Word, parts: Word, count: Word,
    m: Word, n: Word, depth: Word, down: Word, along: Word, few: Word,
) -> None:  # fmt: skip
    onednn_product(f, into, a, (down, along), b, (m, n, depth), parts, count, few)


def onednn_products_of(
    f: Routine, into: Word, a: Word, b: Word, parts: Word, count: Word,
    many: Word, groups: Word, m: Word, n: Word, depth: Word, few: Word,
    apart: Word, a_apart: Word, a_beside: Word, down: Word, along: Word,
) -> None:  # fmt: skip
    """Products of (many, groups, m, k) and (many, groups, k, n), one after the other onto what is there."""
    with f.loop(many) as p, f.loop(groups) as q:
        out, left = f.at(into, p * apart + q * m * n), f.at(a, p * a_apart + q * a_beside)
        right = f.at(b, (p * groups + q) * depth * padded(f, n))
        onednn_product(f, out, left, (down, along), right, (m, n, depth), parts, count, few)


def add_some(f: Routine, x: Word, row: Word, j: Word, n: Word) -> None:
    """A vector onto a row of n numbers from column j on, as far as there are columns."""
    with f.when(j + COLUMNS <= n):
        f.write(f.read(KIND, row, j) + x, row, j)
    with f.when(j + COLUMNS > n):
        which = f.first(COLUMNS, n - j)
        f.write_some(f.read_some(COLUMNS, row, j, which) + x, row, j, which)


def _row_product(f: Routine, n: Word, depth: Word, a: tuple[Word, Word], b: Word, into: Word) -> None:
    """A row times (k, n), one chain that begins with what is there."""
    many = 4
    whole, vectors_of = n / (many * COLUMNS) * (many * COLUMNS), n / COLUMNS * COLUMNS
    line = padded(f, n)
    row, along = a
    for vectors, start, stop in (
        (many, f.given(0, "i64"), whole),
        (1, whole, vectors_of),
        (0, vectors_of, n),
    ):
        with f.loop(stop, start, (vectors or 1) * COLUMNS) as j:
            places = [j + COLUMNS * v for v in range(vectors or 1)]
            which = f.first(COLUMNS, n - j)
            starts = [
                f.read(KIND, into, at) if vectors else f.read_some(COLUMNS, into, at, which) for at in places
            ]
            sums = [f.variable(KIND, each) for each in starts]
            with f.loop(depth) as k:
                factor, right = f.every(row[k * along], COLUMNS), f.at(b, k * line)
                for total, place in zip(sums, places, strict=True):
                    total.value = f.fused(factor, f.read(KIND, right, place), total.value)
            for total, place in zip(sums, places, strict=True):
                if vectors:
                    f.write(total.value, into, place)
                else:
                    f.write_some(total.value, into, place, which)


def _paired_product(
    f: Routine, sizes: tuple[Word, ...], first: Word, a: Word, of_a: tuple[Word, Word], b: Word, done: Done, fused: bool
) -> None:  # fmt: skip
    """`product` from a column on, with a chain for the even and one for the odd steps.

    What is left over is added to their sum.
    """
    m, n, depth = sizes
    down, along = of_a
    pairs, line = depth / 2 * 2, padded(f, n)

    def added(total: Word, left: Word, k: Word, right: Word) -> Word:
        factor, each = f.every(left[k * along], COLUMNS), f.read(KIND, right, k * line)
        return f.fused(factor, each, total) if fused else total + factor * each

    with f.loop(m) as i, f.loop(n, first, COLUMNS) as j:
        left, right = f.at(a, i * down), f.at(b, j)
        sums = [f.variable(KIND, 0) for _ in range(2)]
        with f.loop(pairs, 0, 2) as k:
            for odd, total in enumerate(sums):
                total.value = added(total.value, left, k + odd, right)
        found = f.variable(KIND, sums[0].value + sums[1].value)
        with f.loop(depth, pairs) as k:
            found.value = added(found.value, left, k, right)
        done(i, j, found.value)


def fused_products(f: Routine, *given: Word) -> None:
    """The products of two batches of matrices, each element a chain that is rounded once a step."""
    _products(f, True, *given)


def rounded_products(f: Routine, *given: Word) -> None:
    """The same with products that are rounded before they are added."""
    _products(f, False, *given)


def _products(
    f: Routine, fused: bool, a: Word, b: Word, out: Word, scratch: Word, many: Word, m: Word, n: Word, depth: Word,
    a_apart: Word, a_down: Word, a_along: Word, b_apart: Word, b_down: Word, b_along: Word,
) -> None:  # fmt: skip
    """Of matrices that lie in any way; `scratch` is memory for a second factor."""
    line = padded(f, n)
    # a second factor is copied if its columns are no vectors, or so many rows need it that it had better lie together
    copied = (b_along > 1).either(line > n).either(m >= TOGETHER)
    of_k, of_j = (
        f.choose(copied, f.given(each, "i64"), other) for each, other in ((COLUMNS, b_down), (depth, 1))
    )
    with f.loop(many) as p:
        left, right, into = f.at(a, p * a_apart), f.at(b, p * b_apart), f.at(out, p * m * n)
        with f.when(copied):
            panels(f, scratch, right, (depth, n), (b_down, b_along))
        columns = f.address_of(copied, scratch, right)

        def keep(i: Word, j: Word, x: Word, into: Word = into) -> None:
            with f.when(j + COLUMNS <= n):
                f.write(x, into, i * n + j)
            with f.when(j + COLUMNS > n):
                f.write_some(x, into, i * n + j, f.first(COLUMNS, n - j))

        def factor(i: Word, k: Word, left: Word = left) -> Word:
            return left[i * a_down + k * a_along]

        def line_of(k: Word, j: Word, columns: Word = columns) -> Word:
            return f.read(KIND, columns, k * of_k + j * of_j)

        chains(f, m, n, counted(f, depth), factor, line_of, keep, fused=fused)


def panels(
    f: Routine, into: Word, source: Word, sizes: tuple[Word, Word], strides: tuple[Word, Word]
) -> None:
    """A matrix (depth, n) as panels (depth, 16) of its columns; what fills the last one up is of no use."""
    depth, n = sizes
    down, along = strides
    half = COLUMNS // 2
    with f.loop(n, 0, COLUMNS) as first:
        panel = f.at(into, first * depth)
        with f.when(along <= 1), f.loop(depth) as k:
            row = f.at(source, k * down + first)
            with f.when(first + COLUMNS <= n):
                f.write(f.read(KIND, row, 0), panel, k * COLUMNS)
            with f.when(first + COLUMNS > n):
                f.write(f.read_some(COLUMNS, row, 0, f.first(COLUMNS, n - first)), panel, k * COLUMNS)
        with f.when(along > 1):
            whole = f.choose(down > 1, f.given(0, "i64"), depth / half * half)
            with f.loop(COLUMNS, 0, half) as some:
                columns = [f.at(source, f.least(first + some + j, n - 1) * along) for j in range(half)]
                with f.loop(whole, 0, half) as k:
                    read = [f.read(vector(half), column, k) for column in columns]
                    for i, line in enumerate(f.transposed(read)):
                        f.write(line, panel, (k + i) * COLUMNS + some)
                with f.loop(depth, whole) as k:
                    numbers = [column[k * down] for column in columns]
                    f.write(f.joined(numbers), panel, k * COLUMNS + some)


def fused_product(
    f: Routine, into: Word, a: Word, of_a: Word, b: Word, sizes: tuple[Word, Word], parts: Word, count: Word,
    onto: Word | None = None,
) -> None:  # fmt: skip
    """Into (m, n) the product of (m, k) and (k, n): fused chains of parts of the depth, then added.

    of_a    how far rows of a are apart
    b       its rows are filled up to the next multiple of 16
    onto    a row that is added to the first part
    """
    m, n = sizes
    line = padded(f, n)
    with f.loop(count) as p:
        start, size = (f.read("i64", parts, p * 2 + k) for k in (START, SIZE))
        left, right = f.at(a, start), f.at(b, start * line)

        def keep(i: Word, j: Word, x: Word, p: Word = p) -> None:
            row = f.at(into, i * n)
            with f.when(j + COLUMNS <= n):
                first = x if onto is None else x + f.read(KIND, onto, j)
                f.write(f.choose(p > 0, f.read(KIND, row, j) + x, first), row, j)
            with f.when(j + COLUMNS > n):
                which = f.first(COLUMNS, n - j)
                first = x if onto is None else x + f.read_some(COLUMNS, onto, j, which)
                more = f.read_some(COLUMNS, row, j, which) + x
                f.write_some(f.choose(p > 0, more, first), row, j, which)

        product(f, (m, n, size), left, (of_a, 1), right, line, keep)
