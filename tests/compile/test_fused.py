"""Operations that have a kernel beside their form in operations: both compute the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

import tensorsh.ops  # noqa: F401
from tensorsh import Session
from tensorsh.engine.core import context, parallel
from tensorsh.engine.records.op import Op, registry
from tensorsh.engine.run import fused
from tensorsh.engine.run.apply import apply
from tensorsh.engine.values.tensor import Tensor
from tensorsh.engine.values.wrapping import wrap
from tensorsh.ops.nn.attention import attention

RNG = np.random.default_rng(0)

#: the arguments behind the tensors, and which of them are tried
REST = {
    "softmax_backward": [(1,), (0,), (-1,)],
    "log_softmax_backward": [(1,), (0,), (-1,)],
    "gelu_backward": [("none",), ("tanh",)],
    "pow_backward": [(2,), (3.5,), (-1,)],
    "softplus_backward": [(1, 20), (2.0, 1.5)],
    "mse_loss_backward": [(1,), (70,)],
    "elu_backward": [(1.0, 1.0, 1.0), (1.7, 1.1, 0.5)],
}
SHAPES = [(70, 61), (5, 1000), (3, 65, 40), (70_000, 5), (2, 140_000), (3, 300, 500), (4099,)]


def numbers(dtype: str, *shape: int) -> Tensor:
    return wrap(RNG.uniform(0.1, 2, shape).astype(dtype))


def of_layers(dtype: str) -> Iterator[Arguments]:
    for rows, width in ((3, 7), (200, 64), (5000, 33)):
        for weight in (None, numbers(dtype, width)):
            both = numbers(dtype, rows, width), numbers(dtype, rows, width)
            yield *both, (width,), weight, 1e-5, both[0].dtype, (True, True, True)


def of_batches(dtype: str) -> Iterator[Arguments]:
    for shape in ((6, 3, 5, 5), (40, 5), (70, 16, 33, 31)):
        for training in (True, False):
            for weight in (None, numbers(dtype, shape[1])):
                both = numbers(dtype, *shape), numbers(dtype, *shape)
                known = (None, None) if training else (numbers(dtype, shape[1]), numbers(dtype, shape[1]))
                yield *both, weight, *known, training, 1e-5, both[0].dtype, (True, True, True)


def of_groups(dtype: str) -> Iterator[Arguments]:
    for shape, groups in (((6, 4, 5, 5), 2), ((40, 24), 3), ((20, 8, 33, 31), 2)):
        for weight in (None, numbers(dtype, shape[1])):
            both = numbers(dtype, *shape), numbers(dtype, *shape)
            yield *both, groups, weight, 1e-5, both[0].dtype, (True, True, True)


def of_convolutions(by: str, dtype: str) -> Iterator[Arguments]:
    for n, inside, outside, size, kernel, stride, padding, dilation, groups in (
        (2, 3, 4, 8, 3, 1, 1, 1, 1),
        (5, 4, 6, 9, 3, 2, 0, 1, 2),
        (3, 20, 8, 12, 2, 1, 0, 2, 1),
    ):
        out = (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
        geometry = (stride,) * 2, (padding,) * 2, (dilation,) * 2, groups
        grad = numbers(dtype, n, outside, out, out)
        if by == "input":
            yield grad, numbers(dtype, outside, inside // groups, kernel, kernel), *geometry, (size, size)
        else:
            yield grad, numbers(dtype, n, inside, size, size), *geometry, (kernel, kernel)


def of_attention(dtype: str) -> Iterator[Arguments]:
    for queries, keys in ((4, 4), (70, 70)):
        for mask in (None, numbers(dtype, queries, keys)):
            for causal in (False, True):
                q, k, v, grad = (numbers(dtype, 2, 3, n, 8) for n in (queries, keys, keys, queries))
                found = apply(attention, (q, k, v, mask, causal, 0.3))
                yield grad, q, k, v, mask, *found, causal, 0.3


def of_places(pixels: list[tuple[int, ...]], dtype: str) -> Iterator[Arguments]:
    """Slopes between pixels, each (…, N, C, points), at places (N, 1, points)."""
    for n, channels, points in ((2, 3, 7), (1, 1, 5), (3, 2, 400)):
        grad, x, y = (numbers(dtype, n, c, points) for c in (channels, 1, 1))
        found = (grad, *(numbers(dtype, *several, n, channels, points) for several in pixels), x, y)
        if pixels == [(16,)]:
            yield *found, False
            yield *found, True
        else:
            yield found


Arguments = tuple[Any, ...]
#: the arguments of those that are not element by element
ARGUMENTS: dict[str, Callable[[str], Iterator[Arguments]]] = {
    "layer_norm_backward": of_layers,
    "batch_norm_backward": of_batches,
    "group_norm_backward": of_groups,
    "batch_moments": lambda dtype: ((numbers(dtype, *shape),) for shape in ((6, 3, 5), (70, 16, 33, 31), (3000, 2))),
    "convolution_bias": lambda dtype: ((numbers(dtype, 5, 3, 9, 8), inner) for inner in (0, 1, 2)),
    "convolution_input": partial(of_convolutions, "input"),
    "convolution_kernel": partial(of_convolutions, "kernel"),
    "attention_backward": of_attention,
    "bilinear_slopes": partial(of_places, [()] * 4),
    "bicubic_slopes": partial(of_places, [(16,)]),
}  # fmt: skip


def arguments(record: Op, dtype: str) -> Iterator[Arguments]:
    """What both forms of a record are given."""
    name = record.name.rpartition(".")[2]
    if name in ARGUMENTS:
        yield from ARGUMENTS[name](dtype)
        return
    for shape in SHAPES:
        for rest in REST.get(name, [()]):
            if "softmax" not in name or rest[0] < len(shape):
                yield *(numbers(dtype, *shape) for _ in record.tensors), *rest


def everything() -> list[fused.Fused]:
    registry.load_all()
    return sorted(fused.declared, key=lambda each: each.record.name)


@pytest.mark.parametrize("each", everything(), ids=lambda f: f.record.name)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_kernel_and_body_agree(each: fused.Fused, dtype: str) -> None:
    for given in arguments(each.record, dtype):
        with context.using(context.Context()) as state:
            state.threads = 2
            want, got = each.body(*given), each(*given)
        both = zip(got, want, strict=True) if isinstance(got, tuple) else [(got, want)]
        for one, other in both:
            other = other.sum_to_size(one.shape)  # a form may leave the sum over rows to the caller
            assert one.dtype == other.dtype
            rtol, atol = 1e-10, 1e-10
            if dtype == "float32":
                # products of a million numbers are added up in eight lanes of float32, as PyTorch's are, whose digits
                # `test_function_bits` has ("batch_norm of very many"); the other form adds them up in pairs
                many = each.record.name.endswith("batch_norm_backward") and given[0].spec.numel > 1 << 20
                rtol, atol = 1e-4, (5e-4 if many else 2e-5) * float(other.abs().max())
            np.testing.assert_allclose(one.array, other.array, rtol=rtol, atol=atol)


@pytest.mark.parametrize("dim", [0, 1, 2, -1])
@pytest.mark.parametrize(
    "shape", [(3, 300, 500), (300_000, 2, 1), (1, 2, 300_000), (600, 1, 601), (2, 70_001, 3)]
)
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("scale", [1, 100])
def test_softmax_of_large_arrays(name: str, shape: tuple[int, ...], dim: int, scale: int) -> None:
    x = (RNG.standard_normal(shape) * scale).astype(np.float32)
    x[0, 0, 0] = np.inf if scale == 100 else 1
    session = Session(threads=2)
    session["x"] = x
    got = session.evaluate(f"{name}(x, {dim})").array
    wide = x.astype(np.float64)
    with np.errstate(invalid="ignore"):
        shifted = wide - wide.max(dim, keepdims=True)
        want = shifted - np.log(np.exp(shifted).sum(dim, keepdims=True))
    if name == "softmax":
        want = np.exp(want)
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=2e-5 if name == "log_softmax" else 1e-6)


@pytest.mark.parametrize("n", [4097, parallel.LARGE - 1, parallel.LARGE + 1])
def test_erf_of_many_numbers(n: int) -> None:
    from scipy.special import erf, ndtr

    x = RNG.uniform(-6, 6, n).astype(np.float32)
    x[:5] = np.inf, -np.inf, np.nan, 0, 1e30
    session = Session(threads=2)
    session["x"] = x
    np.testing.assert_allclose(session.evaluate("erf(x)").array, erf(x.astype(float)), rtol=4e-7)
    gelu = session.evaluate("nn.functional.gelu(x)").array
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(gelu[3:], (x * ndtr(x.astype(float)))[3:], rtol=1e-4, atol=1e-6)
    assert gelu[0] == np.inf and np.isnan(gelu[1:3]).all()
    assert not np.signbit(gelu[3:5]).any()


def test_a_mask_chooses_as_where_does() -> None:
    from tensorsh.ops.rules.families import select

    x = RNG.standard_normal((100, 90))
    for dtype in (
        np.float16,
        np.float32,
        np.float64,
        np.complex64,
        np.complex128,
        np.int8,
        np.int64,
        np.bool_,
    ):
        a, b = x.astype(dtype), x.T.reshape(100, 90).astype(dtype)
        a[3, 4] = a.dtype.type(1)
        for mask in (x > 0.3, (x > 0.3).astype(np.uint8) * 2):
            for left, right in (
                (a, b),
                (a, b[0]),
                (a[:, ::-1], b),
                (a[0, 0], b),
                (a, dtype(0)),
                (dtype(1), dtype(0)),
            ):
                np.testing.assert_array_equal(select(mask, left, right), np.where(mask, left, right))


@pytest.mark.parametrize("shape", [(300, 1001), (70_000, 5), (2, 140_000), (4, 70, 30, 40)])
@pytest.mark.parametrize("parameters", ["w, b", "w, None", "None, b", "None, None"])
def test_layer_norm_of_large_arrays(shape: tuple[int, ...], parameters: str) -> None:
    dims = shape[-2:] if len(shape) > 2 else shape[-1:]
    session = Session(threads=2, seed=0)
    session.run(f"x = randn{shape}; g = randn{shape}; w = randn({dims}); b = randn({dims})")
    run = f"""
y = nn.functional.layer_norm(x, {dims}, {parameters})
grads = autograd.grad(y, [t for t in [x, w, b] if t.requires_grad], g, allow_unused=True)
"""
    session.run("x.requires_grad_(); w.requires_grad_(); b.requires_grad_()")
    session.run(run)
    large = [session["y"], *session["grads"]]
    session.run(
        "x = x.detach().double().requires_grad_(); g = g.double(); w = w.detach().double().requires_grad_()"
    )
    session.run(
        "b = b.detach().double().requires_grad_()" + run.replace("g, allow", "g, create_graph=True, allow")
    )
    for got, want in zip(large, [session["y"], *session["grads"]], strict=True):
        if want is not None:
            scale = np.abs(want.array).max()
            np.testing.assert_allclose(got.array, want.array, rtol=1e-4, atol=1e-5 * scale)
        else:
            assert got is None
