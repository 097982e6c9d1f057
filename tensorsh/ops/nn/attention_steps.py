"""Attention of short float32 sequences, step by step as PyTorch's flash attention for processors computes it.

Some queries at a time, their scores are scaled after the product; the exponential of what fills vectors is a fast one
that is off by some units of the last place, which a training's printed losses show. The sum of exponentials divides
the result at the end. The gradient makes the weights again from the logarithm of that sum.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ...engine.numerics.fma import multiply_add
from ...engine.numerics.kernel_code import KernelCode, written
from ...engine.numerics.made_later import CALL
from ...engine.numerics.plain_log import INVERSES, LOGARITHMS, plain_log
from ...engine.numerics.product_orders import is_turned
from ...engine.numerics.small_products import PART, products_of_such, scaled_products
from ...engine.numerics.vector_exp import LANES, exp, row_sums
from ..elementwise.vector_functions import exp_loop, plain_exp

Array = np.ndarray[Any, Any]

Ints = tuple[int, ...]

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)

#: queries that are taken at a time; of more, and of more keys than these, blocks are larger and sums are scaled anew
QUERIES, MOST_QUERIES, MOST_KEYS = 32, 191, 512
#: keys from which on the scores of some queries are fused chains
FEWEST = 12
#: scores up to which they are computed here
MOST = 1 << 21

# e^x = 2^n · e^r, and e^r a polynomial in r, from the highest power
LOG2_E, LOG_2 = (float(np.uint32(bits).view(np.float32)) for bits in (0x3FB8AA3B, 0x3F317218))
#: bounds of the argument; below the first the result is zero
LEAST, GREATEST = (np.uint32(bits).view(np.float32) for bits in (0xC2AEAC50, 0x42B17218))
POLYNOMIAL = tuple(
    float(np.float32(c)) for c in (0.00828929059, 0.0418978221, 0.166676521, 0.499991506, 0.999999701, 1.0)
)


def takes(query: Any, key: Any) -> bool:
    """Whether the attention of float32 arrays (…, L, E), (…, S, E) is computed here."""
    return bool(query.dtype == FLOAT32) and is_short(query.shape, key.shape)


def is_short(query: Ints, key: Ints) -> bool:
    """Whether that of such shapes is."""
    queries, keys = query[-2], key[-2]
    return queries <= MOST_QUERIES and keys <= MOST_KEYS and 0 < math.prod(query[:-1]) * keys <= MOST


def forward(query: Array, key: Array, value: Array, mask: Array | None, causal: bool, scale: float) -> Array:
    """The attention (…, L, V)."""
    sizes = _sizes(query, key, value, mask, causal)
    if sizes is not None and FORWARD.ready(_work(sizes)):
        out = np.empty((*query.shape[:-1], value.shape[-1]), FLOAT32)
        given = [np.ascontiguousarray(a) for a in (query, key, value)]
        added, *numbers = _added(mask, query, sizes)
        loop = exp_loop() or ()
        FORWARD(*given, added, out, np.empty(_room(sizes), FLOAT32), *sizes, causal, *numbers, *loop, scale)
        return out
    out = np.empty((*query.shape[:-1], value.shape[-1]), FLOAT32)
    for rows, seen, weights, sums, _ in _parts(query, key, mask, causal, scale):
        found = _each(weights, value[..., :seen, :])
        out[..., rows, :] = found * (np.float32(1) / sums)
    return out


def backward(
    grad: Array,
    query: Array,
    key: Array,
    value: Array,
    mask: Array | None,
    out: Array,
    causal: bool,
    scale: float,
) -> tuple[Array, Array, Array]:
    """The gradients of query, key and value."""
    sizes = _sizes(query, key, value, mask, causal, grad)
    if sizes is not None and BACKWARD.ready(3 * _work(sizes)):
        *given, out = [np.ascontiguousarray(a) for a in (grad, query, key, value, out)]
        found = [np.zeros(a.shape, FLOAT32) for a in (query, key, value)]
        room = np.empty(_room(sizes), FLOAT32)
        added, *numbers = _added(mask, query, sizes)
        loop = exp_loop() or ()
        tables = INVERSES, LOGARITHMS
        BACKWARD(*given, added, out, *found, room, *tables, *sizes, causal, *numbers, *loop, scale)
        return found[0], found[1], found[2]
    dots = row_sums(grad, out)
    of_query, of_key, of_value = (np.zeros(a.shape, FLOAT32) for a in (query, key, value))
    for rows, seen, _, sums, largest in _parts(query, key, mask, causal, scale):
        q, g, k, v = query[..., rows, :], grad[..., rows, :], key[..., :seen, :], value[..., :seen, :]
        scores = _each(q, k.swapaxes(-1, -2), scale)
        if mask is not None:
            scores += _of_rows(mask, rows, seen)
        with np.errstate(invalid="ignore"):
            weights = exp(scores - (np.where(np.isneginf(largest), np.inf, largest) + plain_log(sums)))
        if causal:
            weights[..., _hidden(rows, seen)] = 0
        of_value[..., :seen, :] += _each(weights.swapaxes(-1, -2), g)
        slopes = _each(g, v.swapaxes(-1, -2))
        slopes -= dots[..., rows, :]
        slopes *= weights
        of_query[..., rows, :] = _each(slopes, k, scale)
        of_key[..., :seen, :] += _each(slopes.swapaxes(-1, -2), q, scale)
    return of_query, of_key, of_value


#: of the machine code: columns that its memory has in a row, multiples of these
COLUMNS = 16

FORWARD = KernelCode(written("attention_routines", "forward"), "aaaaaa" + "i" * 10 + "d")
BACKWARD = KernelCode(written("attention_routines", "backward"), "a" * 12 + "i" * 10 + "d")
INVERSES, LOGARITHMS = (np.ascontiguousarray(each) for each in (INVERSES, LOGARITHMS))


def _sizes(
    query: Array, key: Array, value: Array, mask: Array | None, causal: bool, grad: Array | None = None
) -> tuple[int, ...] | None:
    """Matrices, queries, keys, depth and width, where machine code has it.

    Scores fill vectors, and the elements of products are chains that are not cut in parts.
    """
    (queries, depth), (keys, width) = query.shape[-2:], value.shape[-2:]
    last = queries % QUERIES or QUERIES
    seen = min(queries, keys) if causal else keys
    if not (seen >= FEWEST and keys <= PART and 1 < depth == width <= PART and last >= 4):
        return None
    if exp_loop() is None or (mask is not None and mask.dtype not in (FLOAT32, np.bool_)):
        return None
    if not query.shape[:-2] == key.shape[:-2] == value.shape[:-2]:
        return None
    if width < 12:
        given = [a[(0,) * (a.ndim - 2)] for a in (query, key, value, grad) if a is not None]
        if width & 3 or any(map(is_turned, given)):
            return None
    return math.prod(query.shape[:-2]), queries, keys, depth, width


def _added(mask: Array | None, query: Array, sizes: tuple[int, ...]) -> tuple[Array, bool, int]:
    """What is added to scores, whether something is, and how far the numbers for each two matrices are apart."""
    if mask is None:
        return query, False, 0
    _, queries, keys, *_ = sizes
    if mask.dtype != FLOAT32:
        mask = np.where(mask, FLOAT32.type(0), FLOAT32.type(-np.inf))
    shared = math.prod(mask.shape[:-2]) == 1
    shape = (queries, keys) if shared else (*query.shape[:-1], keys)
    mask = mask.reshape(mask.shape[-2:]) if shared else mask
    return np.ascontiguousarray(np.broadcast_to(mask, shape)), True, 0 if shared else queries * keys


def _work(sizes: tuple[int, ...]) -> int:
    """What NumPy would do, as `made_later` counts it."""
    many, queries, keys, depth, _ = sizes
    return 100 * CALL + many * queries * keys * (40 + depth)


def _room(sizes: tuple[int, ...]) -> int:
    """How many numbers of memory the gradient needs at most."""
    _, _, keys, depth, _ = sizes
    line, wide = (-(-n // COLUMNS) * COLUMNS for n in (keys, depth))
    return 3 * depth * line + 2 * QUERIES * (line + 1) + (keys + QUERIES) * wide


def _parts(
    query: Array, key: Array, mask: Array | None, causal: bool, scale: float
) -> Iterator[tuple[slice, int, Array, Array, Array]]:
    """For some queries at a time: which, how many keys they see, exponentials, their sums, the largest scores."""
    keys = key.shape[-2]
    for start in range(0, query.shape[-2], QUERIES):
        rows = slice(start, min(start + QUERIES, query.shape[-2]))
        seen = min(rows.stop, keys) if causal else keys
        scores = _each(query[..., rows, :], key[..., :seen, :].swapaxes(-1, -2))
        if mask is None:
            scores *= np.float32(scale)
        else:
            scores = multiply_add(scores, np.asarray(scale, FLOAT32), _of_rows(mask, rows, seen))
        if causal:
            scores[..., _hidden(rows, seen)] = -np.inf
        largest = scores.max(-1, keepdims=True)
        nothing = np.isneginf(largest)
        scores -= np.where(nothing, 0, largest)
        weights, sums = _exponentials(scores)
        yield rows, seen, weights, np.where(nothing, 1, sums), largest


def _hidden(rows: slice, seen: int) -> Array:
    return np.arange(seen) > np.arange(rows.start, rows.stop)[:, None]


def _of_rows(mask: Array, rows: slice, seen: int) -> Array:
    """What is added to some queries' scores."""
    part = mask[..., rows if mask.shape[-2] > 1 else slice(None), : seen if mask.shape[-1] > 1 else None]
    return np.where(part, 0, -np.inf).astype(FLOAT32) if part.dtype.kind == "b" else part


def _exponentials(x: Array) -> tuple[Array, Array]:
    """Of each element, and the sums of rows: lane by lane, then what fills no vector one after the other."""
    whole = x.shape[-1] & -LANES
    found = np.empty(x.shape, FLOAT32)
    sums = np.zeros((*x.shape[:-1], 1), FLOAT32)
    if whole:
        found[..., :whole] = fast_exp(x[..., :whole])
        sums = row_sums(found[..., :whole])
    if whole < x.shape[-1]:
        found[..., whole:] = plain_exp(x[..., whole:])
        for at in range(whole, x.shape[-1]):
            sums = sums + found[..., at : at + 1]
    return found, sums


def fast_exp(x: Array) -> Array:
    """e to the power of each element by a polynomial of the fifth degree, fused steps."""
    s = np.clip(x, LEAST, GREATEST).astype(FLOAT64)
    n = np.floor((s * LOG2_E + 0.5).astype(FLOAT32))
    s -= n.astype(FLOAT64) * LOG_2
    r = s.astype(FLOAT32).astype(FLOAT64)
    first, *others = POLYNOMIAL
    p: Any = first
    for each in others:
        p = (p * r + each).astype(FLOAT32)
    p *= ((n - 1).astype(np.int32) + 127 << 23).view(FLOAT32)
    p *= np.float32(2)
    p[x < LEAST] = 0
    found: Array = p
    return found


def _each(a: Array, b: Array, scale: float | None = None) -> Array:
    """The products of the matrices of two batches, times a number."""
    shape = (*a.shape[:-1], b.shape[-1])
    a, b = (x.reshape(-1, *x.shape[-2:]) for x in (a, b))
    found = products_of_such(a, b) if scale is None else scaled_products(a, b, np.float32(scale))
    return found.reshape(shape)
