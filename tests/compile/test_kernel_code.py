"""Whole kernels as machine code give the bits of NumPy's calls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernel_bits import NUMBERS, normal, same
from tensorsh import torch
from tensorsh.engine.compile.machine.assembler import available
from tensorsh.engine.core import dtype as dt
from tensorsh.engine.numerics import (
    fma,
    fused_chains,
    moments,
    onednn_products,
    product_lanes,
    small_products,
    vector_sqrt,
)
from tensorsh.engine.numerics.kernel_code import KernelCode
from tensorsh.engine.numerics.product_orders import ROWS as ROWS_IN_LANES
from tensorsh.engine.numerics.product_orders import VECTOR
from tensorsh.engine.random import generator
from tensorsh.ops.nn import (
    attention_steps,
    batch_norm_steps,
    conv_depthwise,
    conv_steps,
    conv_windows,
    group_norm_steps,
    norm_batch,
    norm_steps,
    pool,
    pool_steps,
)
from tensorsh.ops.nn.windows import out_size
from tensorsh.torch.nn.modules import lstm_layer, lstm_steps
from tensorsh.train.rules import adam

Array = np.ndarray[Any, Any]

pytestmark = pytest.mark.skipif(not available(), reason="no LLVM")

ROWS = [(512, 64), (7, 5), (3, 8), (2, 9), (1, 64), (33, 128), (4, 1), (5, 135)]
#: rows of several pieces
ROWS += [(40, 136), (6, 200), (16, 256), (3, 261), (2, 384), (2, 650), (3, 1100), (2, 8199)]


@pytest.mark.parametrize("shape", ROWS)
def test_layer_norm(shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    x, grad, weight, bias = normal(*shape), normal(*shape), normal(shape[1]), normal(shape[1])
    same(norm_steps.FORWARD, lambda: norm_steps.layer_norm(x, weight, bias, 1e-5), monkeypatch)
    same(norm_steps.BACKWARD, lambda: norm_steps.layer_norm_backward(grad, x, weight, 1e-5), monkeypatch)


@pytest.mark.parametrize("shape", ROWS)
def test_moments(shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    x = normal(*shape) * 3 + 1
    same(moments.MOMENTS, lambda: moments.moments(x), monkeypatch)


#: samples, channels, numbers of a plane, groups
GROUPS = [
    (4, 8, 64, 2),
    (2, 6, 9, 3),
    (3, 12, 5, 1),
    (2, 16, 130, 4),
    (1, 4, 1, 4),
    (2, 44, 3, 2),
    (1, 8, 9001, 1),
]


@pytest.mark.parametrize("shape", GROUPS)
def test_group_norm(shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    n, channels, size, groups = shape
    x, grad, weight = normal(n, channels, size) * 3 + 1, normal(n, channels, size), normal(channels)
    bias = normal(channels)
    same(
        group_norm_steps.FORWARD,
        lambda: group_norm_steps.forward(x, groups, weight, bias, 1e-5),
        monkeypatch,
    )
    if group_norm_steps.PARAMETERS.function is None:
        group_norm_steps.PARAMETERS.make()
    for each in (weight, None):
        same(
            group_norm_steps.BACKWARD,
            lambda each=each: group_norm_steps.backward(grad, x, groups, each, 1e-5),
            monkeypatch,
        )


#: (N, C, *spatial), kernel, stride, padding, dilation
DEPTHWISE = [
    ((2, 9, 40, 33), (3, 3), (1, 1), (1, 1), (1, 1)),
    ((3, 8, 9, 65), (5, 3), (2, 2), (2, 1), (1, 1)),
    ((1, 17, 7, 8), (2, 3), (1, 2), (0, 1), (1, 1)),
    ((2, 3, 12, 5), (3, 2), (1, 1), (2, 1), (2, 3)),
    ((2, 10, 50), (7,), (3,), (3,), (1,)),
    ((2, 4, 3, 3), (2, 2), (3, 3), (0, 0), (1, 1)),
]


@pytest.mark.parametrize(("shape", "kernel", "stride", "padding", "dilation"), DEPTHWISE)
def test_each_channel_by_itself(
    shape: tuple[int, ...],
    kernel: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x, w, bias = normal(*shape), normal(shape[1], 1, *kernel), normal(shape[1])
    sizes = tuple(map(out_size, shape[2:], kernel, stride, padding, dilation))
    grad, ways = normal(*shape[:2], *sizes), (stride, padding, dilation)
    code = conv_depthwise.FORWARD
    for each in (bias, None):
        same(code, lambda each=each: conv_depthwise.forward(x, w, each, *ways, sizes), monkeypatch)
    if set(dilation) == {1}:
        same(code, lambda: conv_depthwise.for_input(grad, w, *ways, shape[2:]), monkeypatch)
    same(conv_depthwise.WEIGHT, lambda: conv_depthwise.for_weight(grad, x, *ways, kernel), monkeypatch)


#: vectors and what is left over, less than a vector, one channel, more than eight
PLANES = [(8, 8, 8, 8), (3, 6, 5, 5), (4, 10, 2, 2), (2, 1, 9), (5, 17, 1, 1), (1, 24, 7, 3), (6, 1, 1, 3)]
#: matrices: columns after the last eight, less than eight, one row more than BLAS adds up at once
PLANES += [(64, 32), (64, 2), (5, 19), (2, 1), (193, 8), (1, 9)]


@pytest.mark.parametrize("shape", PLANES)
@pytest.mark.parametrize("affine", [True, False])
def test_batch_norm(shape: tuple[int, ...], affine: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    x, grad = normal(*shape) * 3 + 1, normal(*shape)
    weight, bias = (normal(shape[1]), normal(shape[1])) if affine else (None, None)
    given = None, None, True, 1e-5
    steps = batch_norm_steps
    codes = steps.MOMENTS, steps.FORWARD, steps.BACKWARD
    if len(shape) == 2:
        codes = steps.ROW_MOMENTS, steps.ROW_FORWARD, steps.ROW_BACKWARD
    same(codes[0], lambda: norm_batch.batch_moments.record.kernel(x), monkeypatch)
    same(
        codes[1],
        lambda: norm_batch.batch_norm_primitive.kernel(x, weight, bias, *given),
        monkeypatch,
    )
    needs = True, True, True
    same(
        codes[2],
        lambda: norm_batch.batch_norm_backward.record.kernel(grad, x, weight, *given, dt.float32, needs),
        monkeypatch,
    )


HEADS = [
    ((4, 4, 16, 8), False),
    ((2, 4, 32, 16), True),
    ((2, 3, 48, 16), True),
    ((2, 3, 40, 12), False),
    ((5, 16, 4), True),
    ((2, 64, 20), False),
    ((2, 2, 20, 16), False),
    ((2, 2, 37, 16), False),
    ((2, 2, 50, 16), True),
    ((3, 12, 12), True),
    ((3, 13, 33), False),
    ((2, 21, 8), False),
    ((2, 46, 4), True),
]


@pytest.mark.parametrize(("shape", "causal"), HEADS)
def test_attention(shape: tuple[int, ...], causal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    query, key, value, grad = (normal(*shape) for _ in range(4))
    scale = shape[-1] ** -0.5

    def forward() -> Array:
        return attention_steps.forward(query, key, value, None, causal, scale)

    out = forward()
    same(attention_steps.FORWARD, forward, monkeypatch)
    same(
        attention_steps.BACKWARD,
        lambda: attention_steps.backward(grad, query, key, value, None, out, causal, scale),
        monkeypatch,
    )


MASKS = [(1, 1, 20, 20), (20, 20), (3, 2, 20, 20), (3, 1, 1, 20), (3, 1, 20, 1)]


@pytest.mark.parametrize("shape", MASKS)
@pytest.mark.parametrize("kind", ["bool", "float"])
@pytest.mark.parametrize("causal", [False, True])
def test_masked_attention(
    shape: tuple[int, ...], kind: str, causal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    query, key, value, grad = (normal(3, 2, 20, 16) for _ in range(4))
    mask: Array = normal(*shape)
    if kind == "bool":
        mask = mask > -1
    else:
        mask[mask > 1] = -np.inf

    def forward() -> Array:
        return attention_steps.forward(query, key, value, mask, causal, 0.25)

    out = forward()
    same(attention_steps.FORWARD, forward, monkeypatch)
    same(
        attention_steps.BACKWARD,
        lambda: attention_steps.backward(grad, query, key, value, mask, out, causal, 0.25),
        monkeypatch,
    )


def test_attention_of_what_is_infinite(monkeypatch: pytest.MonkeyPatch) -> None:
    query, key, value, grad = (normal(2, 16, 8) for _ in range(4))
    query[0, 3], key[1, 5, 2] = 200, np.inf
    out = attention_steps.forward(query, key, value, None, False, 1.0)
    with np.errstate(all="ignore"):
        same(
            attention_steps.BACKWARD,
            lambda: [
                np.nan_to_num(a)
                for a in attention_steps.backward(grad, query, key, value, None, out, False, 1.0)
            ],
            monkeypatch,
        )


#: steps, batch, features, hidden: batches of which the last rows are added otherwise, depths that are cut
LAYERS = [(25, 1, 32, 64), (5, 16, 8, 32), (3, 8, 16, 16), (2, 32, 7, 16), (3, 3, 10, 128), (2, 130, 8, 16)]
#: units that fill no vectors: of eight columns or fewer all rows are added otherwise
LAYERS += [
    (4, 16, 3, 50),
    (3, 1, 5, 20),
    (3, 2, 1, 7),
    (2, 9, 4, 13),
    (4, 7, 4, 27),
    (2, 8, 2, 2),
    (3, 1, 4, 3),
]


@pytest.mark.parametrize("sizes", LAYERS)
def test_lstm_layer(sizes: tuple[int, int, int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    steps, batch, features, n = sizes
    x, h, c = normal(steps, batch, features), normal(batch, n), normal(batch, n)
    weights = [normal(4 * n, features) / 8, normal(4 * n, n) / 8, normal(4 * n), normal(4 * n)]
    grads = normal(steps, batch, n), normal(batch, n), normal(batch, n)

    def forward() -> tuple[Array, ...]:
        return tuple(lstm_layer.lstm_layer.kernel(x, *weights, h, c, False, True))

    out, _, _, gates, cells = forward()

    def backward() -> tuple[Array, ...]:
        given = (x, *weights, h, c, False, True, out, gates, cells, *grads)
        return tuple(lstm_layer.lstm_layer_backward.kernel(*given))

    same(lstm_steps.LAYER, forward, monkeypatch)
    same(lstm_steps.LAYER_BACKWARD, backward, monkeypatch)


@pytest.mark.parametrize(
    "sizes",
    [
        (16, 64, 64),
        (400, 32, 16),
        (32, 300, 48),
        (3, 5, 16),
        (100, 7, 32),
        (64, 20, 50),
        (9, 33, 13),
        (2, 7, 6),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_products_of_recurrent_layers(
    sizes: tuple[int, int, int], turned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    m, k, n = sizes
    x, w, onto = normal(k, m).T if turned else normal(m, k), normal(k, n), normal(m, n)
    code = onednn_products.PRODUCT
    same(code, lambda: onednn_products.product(x, w, turned=turned), monkeypatch)
    same(code, lambda: onednn_products.product(x, w, onto, turned), monkeypatch)


@pytest.mark.parametrize(
    "sizes", [(3, 1, 32, 4, 40), (2, 3, 10, 9, 216), (4, 2, 130, 1, 27), (2, 1, 9, 300, 50)]
)
def test_batches_of_products(sizes: tuple[int, int, int, int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    many, groups, n, k, m = sizes
    x, onto, one = normal(many, groups, n, k), normal(groups, n, m), normal(groups, k, n).swapaxes(1, 2)
    w = np.zeros((many, groups, k, -(-m // 16) * 16), np.float32)
    w[..., :m] = normal(many, groups, k, m)
    every = np.broadcast_to(one, x.shape)
    code, products = onednn_products.PRODUCTS, onednn_products.products
    same(code, lambda: products(x, w, m), monkeypatch)
    same(code, lambda: products(every, w, m, turned=True), monkeypatch)
    same(code, lambda: [products(x, w, m, start, across=True) for start in (None, onto)], monkeypatch)


#: samples, channels, outputs, sizes, kernel, padding, stride, dilation
CONVOLUTIONS = [
    (8, 1, 16, (8, 8), (3, 3), (1, 1), 1, 1),
    (6, 16, 32, (4, 4), (3, 3), (1, 1), 1, 1),
    (4, 3, 6, (9, 7), (5, 5), (2, 2), 1, 1),
    (2, 20, 40, (6, 5), (3, 2), (0, 0), 1, 1),
    (3, 10, 17, (12,), (3,), (1,), 1, 1),
    (2, 4, 8, (6, 6), (1, 3), (0, 2), 1, 1),
    (3, 3, 8, (11, 14), (7, 7), (3, 3), 2, 1),
    (2, 9, 7, (9, 8), (4, 4), (1, 1), 2, 1),
    (2, 5, 6, (10, 7), (2, 2), (0, 0), 3, 1),
    (3, 6, 9, (13,), (5,), (2,), 2, 1),
    (2, 4, 5, (9, 10), (3, 3), (2, 2), 1, 2),
    (2, 4, 5, (12, 11), (3, 3), (1, 1), 2, 2),
    (2, 4, 6, (12,), (3,), (2,), 1, 2),
]


@pytest.mark.parametrize("sizes", CONVOLUTIONS)
@pytest.mark.parametrize("as_they_come", [True, False])
@pytest.mark.parametrize("full", [0, 9])  # vectors of places, of outputs
def test_convolution(
    sizes: tuple[Any, ...], as_they_come: bool, full: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conv_windows, "FULL", full)
    samples, channels, outputs, spatial, kernel, padding, step, apart = sizes
    x, w = normal(samples, channels, *spatial), normal(outputs, channels, *kernel)
    out = [
        (n + 2 * p - apart * (k - 1) - 1) // step + 1
        for n, p, k in zip(spatial, padding, kernel, strict=True)
    ]
    grad, bias = normal(samples, outputs, *out), normal(outputs)
    stride, dilation = (step,) * len(kernel), (apart,) * len(kernel)
    if (
        not as_they_come
    ):  # a gradient that is the same everywhere, and a batch whose channels lie side by side
        grad = np.broadcast_to(np.float32(1.5), grad.shape)
        x = np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)
    same(
        conv_windows.CONVOLUTION,
        lambda: [
            conv_steps.forward(x, w, bias, stride, padding, dilation, 1),
            conv_steps.forward(x, w, None, stride, padding, dilation, 1),
            *([] if apart > 1 else [conv_steps.for_input(grad, w, stride, padding, dilation, 1, spatial)]),
        ],
        monkeypatch,
    )
    given = (grad, x, stride, padding, dilation, 1, kernel)
    same(
        onednn_products.PRODUCTS if conv_steps.has_no_kernel(*given) else conv_windows.WEIGHT,
        lambda: conv_steps.for_weight(*given),
        monkeypatch,
    )
    same(conv_windows.BIAS, lambda: conv_steps.for_bias(grad, 0), monkeypatch)


def test_convolutions_are_shared_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Samples and elements of weights are several threads' work, and what comes out is the same."""
    x, w, grad = normal(9, 12, 10, 9), normal(33, 12, 3, 3), normal(9, 33, 5, 5)
    monkeypatch.setattr(conv_windows, "SHARE", 1000)
    monkeypatch.setattr(conv_windows, "FEWEST", 7)
    stride, padding, ones = (2, 2), (1, 1), (1, 1)
    same(
        conv_windows.CONVOLUTION,
        lambda: [
            conv_steps.forward(x, w, None, stride, padding, ones, 1),
            conv_steps.for_input(grad, w, stride, padding, ones, 1, (10, 9)),
        ],
        monkeypatch,
    )
    same(
        conv_windows.WEIGHT,
        lambda: conv_steps.for_weight(grad, x, stride, padding, ones, 1, (3, 3)),
        monkeypatch,
    )


#: of planes, kernel, stride, dilation, padding
POOLS = [
    ((4, 3, 8, 8), (2, 2), (2, 2), (1, 1), 0),
    ((2, 7, 9), (3, 2), (1, 2), (2, 1), 0),
    ((2, 3, 11), (3,), (2,), (1,), 0),
    ((3, 5, 2, 2), (2, 2), (2, 2), (1, 1), 0),
    ((5, 1, 6, 6), (2, 2), (2, 2), (1, 1), 0),
    ((4, 3, 9, 8), (3, 3), (2, 2), (1, 1), 1),
    ((2, 9, 8), (3, 4), (1, 2), (2, 1), (1, 2)),
    ((2, 3, 11), (5,), (2,), (1,), 2),
]


@pytest.mark.parametrize("geometry", POOLS)
def test_max_pooling(geometry: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    shape, kernel, stride, dilation, padding = geometry
    x, dims = NUMBERS.randint(0, 5, shape).astype(np.float32), len(kernel)
    x.reshape(-1)[::17] = np.nan
    numbers = kernel, stride, padding if isinstance(padding, tuple) else (padding,) * dims, dilation, False

    def indices() -> Array:
        found: Array = pool.max_pool_indices.kernel(x, *numbers)
        return found

    same(pool_steps.LARGEST, lambda: indices().astype(np.int32), monkeypatch)
    at = indices()
    same(pool_steps.PICK, lambda: pool._pick.kernel(x, at, dims, None), monkeypatch)
    grad = normal(*at.shape)
    same(pool_steps.SCATTER, lambda: pool.scatter.kernel(grad, at, shape[-dims:]), monkeypatch)


def test_a_padded_window_of_what_is_least_of_all_has_none_of_the_padding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x = np.full((4, 2, 6, 6), -np.inf, np.float32)
    numbers = (3, 3), (2, 2), (1, 1), (1, 1), False
    same(pool_steps.LARGEST, lambda: pool.max_pool_indices.kernel(x, *numbers).astype(np.int32), monkeypatch)


#: of planes, kernel, stride
AVERAGES = [((4, 3, 8, 8), (2, 2), (2, 2)), ((3, 5, 9, 7), (3, 2), (2, 1)), ((6, 4, 5, 5), (5, 5), (5, 5))]


@pytest.mark.parametrize("geometry", AVERAGES)
@pytest.mark.parametrize("divisor", [None, 7])
def test_average_pooling(
    geometry: tuple[Any, ...], divisor: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape, kernel, stride = geometry
    x, (record, spread) = normal(*shape), pool._AVG[2]
    numbers = kernel, stride, (0, 0), (1, 1), False, True, divisor
    same(pool_steps.AVERAGE, lambda: record.kernel(x, *numbers), monkeypatch)
    grad = normal(*record.kernel(x, *numbers).shape)
    same(pool_steps.SPREAD, lambda: spread.kernel(grad, *numbers, shape[2:]), monkeypatch)


#: matrices, rows, depth, columns
BATCHES = [
    (64, 10, 8, 10),
    (6, 9, 9, 8),
    (3, 1, 5, 7),
    (2, 4, 3, 1),
    (5, 17, 9, 33),
    (7, 3, 64, 5),
    (2, 5, 37, 4),
]


@pytest.mark.parametrize("shape", BATCHES)
@pytest.mark.parametrize("turned", [False, True])
def test_batches_of_chains_and_lanes(
    shape: tuple[int, ...], turned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    many, m, k, n = shape
    a, b = normal(many, m, k), normal(many, n, k).swapaxes(1, 2)
    same(product_lanes.BATCH, lambda: product_lanes.batch_in_lanes(a, b), monkeypatch)
    if turned:
        a, b = normal(many, k, m).swapaxes(1, 2), np.ascontiguousarray(b)
    same(fused_chains.ROUNDED, lambda: small_products._chains(a, b), monkeypatch)


#: rows, depth, columns of which some are left over, and less than a vector
LANES = [
    (1, 32, 96),
    (1, 5, 7),
    (1, 3, 2),
    (1, 13, 11),
    (96, 32, 1),
    (7, 5, 1),
    (2, 2, 1),
    (10, 3, 1),
    (6, 23, 1),
]
ROWS_OF = [(5, 8, 7), (3, 10, 4), (9, 9, 3), (2, 4, 5), (6, 6, 9), (3, 33, 5), (7, 1, 4)]


@pytest.mark.parametrize("shape", [*LANES, *ROWS_OF])
@pytest.mark.parametrize("apart", [False, True])
def test_products_in_lanes(shape: tuple[int, ...], apart: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    m, k, n = shape
    a, b = normal(m, k), normal(n, k).T
    order = ROWS_IN_LANES if shape in ROWS_OF else VECTOR
    out = np.empty((m, 2 * n), np.float32)[:, ::2] if apart else np.empty((m, n), np.float32)

    def product() -> Array:
        product_lanes.in_lanes(a, b, order, out)
        return out.copy()

    same(product_lanes.VECTORS if order == VECTOR else product_lanes.BATCH, product, monkeypatch)


@pytest.mark.parametrize(
    ("n", "mean", "std"), [(16, 0.0, 1.0), (512, 0.0, 1.0), (1000, -2.0, 0.5), (70_000, 0.25, 3.0)]
)
def test_normals(n: int, mean: float, std: float, monkeypatch: pytest.MonkeyPatch) -> None:
    same(generator.NORMALS, lambda: generator.Generator(n).normal(n, np.float32, mean, std), monkeypatch)


@pytest.mark.parametrize("n", [2, 7, 1797])
def test_permutations(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    same(generator.PERMUTED, lambda: generator.Generator(n).randperm(n).astype(np.int32), monkeypatch)


@pytest.mark.parametrize("shape", [(4, 12, 40), (64, 33, 16), (7, 50, 30), (2, 3, 5), (25, 17, 33)])
@pytest.mark.parametrize("batch", [(), (3,), (2, 2)])
@pytest.mark.parametrize("turned", [(False, False), (True, False), (False, True)])
def test_fused_products(
    shape: tuple[int, int, int],
    batch: tuple[int, ...],
    turned: tuple[bool, bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    m, k, n = shape
    a = normal(*batch, k, m).swapaxes(-1, -2) if turned[0] else normal(*batch, m, k)
    b = normal(*batch, n, k).swapaxes(-1, -2) if turned[1] else normal(*batch, k, n)
    _are_chains(a, b, monkeypatch)


@pytest.mark.parametrize("m", range(2, 28))
def test_fused_products_of_any_rows(m: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are taken some at a time, and of what is left over fewer; the second factor is copied for many."""
    _are_chains(normal(m, 9), normal(9, 32), monkeypatch)


def test_fused_products_of_scattered_factors(monkeypatch: pytest.MonkeyPatch) -> None:
    _are_chains(normal(26, 40)[::2, ::2], normal(40, 66)[::2, ::3], monkeypatch)


def _are_chains(a: Array, b: Array, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = np.zeros((*a.shape[:-1], b.shape[-1]), np.float32)
    for step in range(a.shape[-1]):
        wanted = fma.multiply_add(a[..., step : step + 1], b[..., step : step + 1, :], wanted)
    if fused_chains.PRODUCTS.function is None:
        fused_chains.PRODUCTS.make()
    monkeypatch.setattr(fused_chains, "in_pairs", lambda a, b: True)
    monkeypatch.setattr(fused_chains, "chains_in_pairs", lambda a, b: pytest.fail("no machine code"))
    assert fused_chains.fused(a, b).tolist() == wanted.tolist()


@pytest.mark.parametrize(
    "options", [{}, {"betas": (0.8, 0.95), "weight_decay": 0.1}, {"eps": 1e-3, "maximize": True}]
)
@pytest.mark.parametrize(
    ("code", "n"), [(adam.CODE, vector_sqrt.MOST + 10), (adam.FEW, 5_000), (adam.FEW, 7)]
)
def test_adam(options: dict[str, Any], code: KernelCode, n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of parameters whose roots NumPy takes, and of those with roots of MKL's."""
    start = normal(n)
    slopes = [normal(start.size) * 10.0 ** (i - 2) for i in range(3)]

    def trained() -> list[Array]:
        w = torch.nn.Parameter(torch.tensor(start))
        optimizer = torch.optim.AdamW([w], lr=0.01, **options)
        for slope in slopes:
            w.grad = torch.tensor(slope)
            optimizer.step()
        return [
            each.detach().numpy()
            for each in (w, *(optimizer.state[w][name] for name in ("exp_avg", "exp_avg_sq")))
        ]

    same(code, trained, monkeypatch)
