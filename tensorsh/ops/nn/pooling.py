"""The pooling functions: max, average and power-average pools, and the inverse of max pools."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.memory_format import CONTIGUOUS
from ...engine.core.spec import Spec
from ...engine.records.op import Op, composite, op, registry
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...errors import BadValue, DTypeError, ShapeError
from .pool import avg_pool, max_pool, pick
from .pool_rules import Geometry, check_1d, check_max_1d, geometry
from .windows import Ints


def flat_geometry(g: Geometry) -> Geometry:
    """A 1-d window as a 2-d one of height 1."""
    return Geometry((1, *g.kernel), (1, *g.stride), (0, *g.padding), (1, *g.dilation), g.ceil_mode)


def _max(input: Tensor, n: int, *arguments: Any) -> tuple[Tensor, Tensor]:
    g = geometry(f"max_pool{n}d", n, *arguments)
    if n > 1:
        return max_pool(input, g)
    check_1d("max_pool1d", input.spec)
    values, indices = max_pool(input.unsqueeze(-2), flat_geometry(g))
    return values.squeeze(-2), indices.squeeze(-2)


_MAX_EXAMPLES = {
    1: ("[[1., 5., 2., 3.]], 2", "tensor([[5., 3.]])"),
    2: ("[[[1., 2.], [3., 4.]]], 2", "tensor([[[4.]]])"),
    3: ("ones(1, 2, 2, 2), 2", "tensor([[[[1.]]]])"),
}


def _declare_max(n: int) -> None:
    window = (
        "Tensor input, int[] kernel_size, int[]? stride=None, int[] padding=0, int[] dilation=1, "
        "bool ceil_mode=False"
    )
    call, result = _MAX_EXAMPLES[n]
    doc = (
        f"The largest element of each {n}-d window; `return_indices` gives (values, indices), where an "
        "index\n"
        f"is the flat position in the spatial dimensions.\n\n>>> nn.functional.max_pool{n}d({call})\n{result}"
    )

    def values(input, *window):
        if n == 1:
            check_max_1d(input.spec, geometry("max_pool1d", 1, *window))
        found = _max(input, n, *window)[0]
        # a row of its own kernel's lies in one piece, dimensions of one element too; where a gradient is wanted, it is
        # a picture's
        if n > 1 or found.requires_grad or (1 not in found.spec.shape and found.is_contiguous()):
            return found
        return registry["clone"](found, memory_format=CONTIGUOUS)

    def with_choice(input, kernel, stride, padding, dilation, ceil_mode, return_indices):
        if not return_indices:
            return values(input, kernel, stride, padding, dilation, ceil_mode)
        return _max(input, n, kernel, stride, padding, dilation, ceil_mode)

    composite(
        f"max_pool{n}d({window}, bool return_indices=False)", names=(f"nn.functional.max_pool{n}d",), doc=doc
    )(with_choice)
    composite(f"max_pool{n}d({window})", names=(f"torch.max_pool{n}d",), doc=doc)(values)
    names = (f"nn.functional.max_pool{n}d_with_indices",)
    composite(
        f"max_pool{n}d_with_indices({window}, bool return_indices=False)",
        names=(*names, "torch.max_pool1d_with_indices") if n == 1 else names,
        doc=f"`max_pool{n}d` with return_indices=True.\n\n"
        f">>> nn.functional.max_pool{n}d_with_indices({call})[0]\n{result}",
    )(lambda input, *rest: _max(input, n, *rest[:-1]))


for _n in (1, 2, 3):
    _declare_max(_n)


# ------------------------------------------------------------------ averages


@composite(
    "avg_pool1d(Tensor input, int[] kernel_size, int[]? stride=None, int[] padding=0, bool ceil_mode=False, "
    "bool count_include_pad=True)",
    names=("nn.functional.avg_pool1d", "torch.avg_pool1d"),
    sample=([[0.5, -1.0, 2.0, 0.3, 1.5]], 2),
)
def avg_pool1d(input, kernel_size, stride, padding, ceil_mode, count_include_pad):
    """The mean of each window of the last dimension.

    >>> nn.functional.avg_pool1d([[1., 3., 5., 7.]], 2)
    tensor([[2., 6.]])
    """
    g = geometry("avg_pool1d", 1, kernel_size, stride, padding, (1,), ceil_mode)
    check_1d("avg_pool1d", input.spec)
    return avg_pool(input.unsqueeze(-2), flat_geometry(g), count_include_pad, None).squeeze(-2)


def _declare_avg(n: int, call: str, result: str) -> None:
    def body(input, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override):
        g = geometry(f"avg_pool{n}d", n, kernel, stride, padding, (1,), ceil_mode)
        if divisor_override == 0:
            raise BadValue("divisor must be not zero", code="pool-divisor")
        return avg_pool(input, g, count_include_pad, divisor_override)

    composite(
        f"avg_pool{n}d(Tensor input, int[] kernel_size, int[]? stride=None, int[] padding=0, "
        "bool ceil_mode=False, bool count_include_pad=True, int? divisor_override=None)",
        names=(f"nn.functional.avg_pool{n}d",),
        doc=f"The mean of each {n}-d window; padding counts unless `count_include_pad` is False.\n\n"
        f">>> nn.functional.avg_pool{n}d({call})\n{result}",
    )(body)


_declare_avg(2, "[[[1., 2.], [3., 4.]]], 2", "tensor([[[2.5000]]])")
_declare_avg(3, "ones(1, 2, 2, 2), 2", "tensor([[[[1.]]]])")


def _declare_lp(n: int, call: str, result: str) -> None:
    def body(input, norm_type, kernel_size, stride, ceil_mode):
        kernel = kernel_size * n if len(kernel_size) == 1 else kernel_size
        average = registry[f"nn.functional.avg_pool{n}d"]
        mean = average(input**norm_type, kernel, stride, 0, ceil_mode)
        return ((mean.sign() * mean.abs()) * math.prod(kernel)) ** (1.0 / norm_type)

    composite(
        f"lp_pool{n}d(Tensor input, Number norm_type, int[] kernel_size, int[]? stride=None, "
        "bool ceil_mode=False)",
        names=(f"nn.functional.lp_pool{n}d",),
        doc=f"The {n}-d windows' p-norms: `(Σ x^p)^(1/p)`.\n\n>>> nn.functional.lp_pool{n}d({call})\n{result}",
    )(body)


_declare_lp(1, "[[3., 4.]], 2, 2", "tensor([[5.]])")
_declare_lp(2, "[[[3., 4.]]], 2, (1, 2)", "tensor([[[5.]]])")
_declare_lp(3, "[[[[3., 4.]]]], 2, (1, 1, 2)", "tensor([[[[5.]]]])")


# ------------------------------------------------------------------ unpooling


def _unpool_record(n: int) -> Op:
    """Each value put at its position, zeros elsewhere."""

    def infer(x: Spec, indices: Spec, size: Ints) -> Spec:
        if indices.dtype is not dt.int64:
            raise DTypeError(
                f"elements in indices should be type int64 but got: {indices.dtype.title}", code="index-dtype"
            )
        if x.ndim not in (n + 1, n + 2):
            raise ShapeError(
                f"Input to max_unpooling{n}d should be a {n + 1}d or {n + 2}d Tensor, but got a tensor with "
                f"{x.ndim} dimensions.",
                code="pool-rank",
            )
        if x.shape != indices.shape:
            raise ShapeError(
                "Expected shape of indices to be same as that of the input tensor "
                f"({list(x.shape)}) but got indices tensor with shape: {list(indices.shape)}",
                code="pool-shape",
            )
        return x.with_shape((*x.shape[: x.ndim - n], *size))

    @op(
        "max_unpool(Tensor input, Tensor indices, int[] size)",
        batching="folded",
        infer=infer,
        names=(),
        grad_fn=f"MaxUnpool{n}DBackward0",
        formula=lambda x, indices, size: (
            f"{{0}}.new_zeros({(*x.spec.shape[:-n], math.prod(size))}).scatter(-1, {{1}}.flatten({-n}), "
            f"{{0}}.flatten({-n})).view({(*x.spec.shape[:-n], *size)})"
        ),
    )
    def unpool(x, indices, size):
        total = math.prod(size)
        wrong = (indices < 0) | (indices >= total)
        if wrong.any():
            shown = "x".join(map(str, size))
            raise BadValue(
                f"Found an invalid max index: {indices[wrong][-1]} (output volumes are of size {shown})",
                code="index-range",
            )
        lead = x.shape[: x.ndim - n]
        out = np.zeros((*lead, total), x.dtype)
        np.put_along_axis(out, indices.reshape(*lead, -1), x.reshape(*lead, -1), -1)
        return out.reshape(*lead, *size)

    @unpool.derivative("input")
    def _(grad, indices):
        return pick(grad, indices, n, None)

    return unpool


_UNPOOL = {2: _unpool_record(2), 3: _unpool_record(3)}


def _unpooled_size(shape: Ints, kernel: Ints, stride: Ints, padding: Ints, wanted: Any) -> Ints:
    """The size before the pool; `wanted` chooses among those that pool to the same."""
    n = len(kernel)
    default = tuple(
        (size - 1) * s - 2 * p + k for size, k, s, p in zip(shape[-n:], kernel, stride, padding, strict=True)
    )
    if wanted is None:
        return default
    size = tuple(wanted)
    if len(size) == n + 2:
        size = size[2:]
    if len(size) != n:
        raise BadValue(
            f"output_size should be a sequence containing {n} or {n + 2} elements, but it has a length of "
            f"'{len(size)}'",
            raises=ValueError,
            code="pool-geometry",
        )
    for d in range(n):
        low, high = default[d] - stride[d], default[d] + stride[d]
        if not low < size[d] < high:
            raise BadValue(
                f'invalid output_size "{size}" (dim {d} must be between {low} and {high})',
                raises=ValueError,
                code="pool-geometry",
            )
    return size


def _declare_unpool(n: int, call: str, result: str) -> None:
    def body(input, indices, kernel_size, stride, padding, output_size):
        g = geometry(f"max_unpool{n}d", n, kernel_size, stride, padding, (1,), False)
        size = _unpooled_size(input.shape, g.kernel, g.stride, g.padding, output_size)
        if n > 1:
            return apply(_UNPOOL[n], (input, indices, size))
        flat = apply(_UNPOOL[2], (input.unsqueeze(-1), indices.unsqueeze(-1), (*size, 1)))
        return flat.squeeze(-1)

    composite(
        f"max_unpool{n}d(Tensor input, Tensor indices, int[] kernel_size, int[]? stride=None, "
        "int[] padding=0, int[]? output_size=None)",
        names=(f"nn.functional.max_unpool{n}d",),
        doc=f"Undoes `max_pool{n}d`: each value goes back to its index, zeros elsewhere.\n\n"
        f">>> nn.functional.max_unpool{n}d({call})\n{result}",
    )(body)


_declare_unpool(1, "[[5., 3.]], tensor([[1, 3]]), 2", "tensor([[0., 5., 0., 3.]])")
_declare_unpool(2, "[[[4.]]], tensor([[[3]]]), 2", "tensor([[[0., 0.],\n         [0., 4.]]])")
_declare_unpool(3, "[[[[4.]]]], tensor([[[[1]]]]), (1, 1, 2)", "tensor([[[[0., 4.]]]])")
