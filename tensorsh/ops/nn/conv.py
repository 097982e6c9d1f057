"""Convolutions of one, two and three spatial dimensions, and their transposes.

Three primitives are each other's derivatives, for they are parts of one sum T = Σ g · (x ∗ w), linear in
the input x, the weight w and the output's gradient g:

    forward(x, w) = ∂T/∂g        for_input(g, w) = ∂T/∂x        for_weight(g, x) = ∂T/∂w

A transposed convolution is `for_input`. Each is one matrix product over unfolded windows.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.calls.arguments import integers
from ...engine.core.memory_format import CONTIGUOUS, LAST, in_format_of
from ...engine.core.parallel import LARGE, spread_products, threads
from ...engine.core.warn import warn
from ...engine.graph.node import titled
from ...engine.numerics.fused_chains import fused_chains
from ...engine.numerics.product_orders import FUSED, order_of
from ...engine.numerics.small_products import in_one, matrix_product, product_onto
from ...engine.records.op import composite, op, registry
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...errors import BadValue, ShapeError, facts_of
from ..rules.families import conj
from . import conv_steps
from .conv_rules import (
    batched_input,
    by,
    check_bias_dtype,
    check_dtypes,
    check_extra,
    check_fits,
    check_kernel,
    check_not_empty,
    check_numbers,
    check_shapes,
    per_dimension,
    uses_mkldnn,
)
from .windows import Ints, out_size, overlap_add, pad, windows

_GEOMETRY = "int[] stride, int[] padding, int[] dilation, int groups"

#: elements of the columns that one thread has at a time
COLUMNS = 1 << 19

# ------------------------------------------------------------------ kernels


def _columns(
    x: Any, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, groups: int, out: Ints
) -> Any:
    """(N, groups, C/groups · kernel, out): the windows as columns."""
    n, c = x.shape[:2]
    k = len(kernel)
    seen = windows(pad(x, padding), kernel, stride, dilation, out)
    turned = seen.transpose(0, 1, *range(2 + k, 2 + 2 * k), *range(2, 2 + k))
    found = turned.reshape(n, groups, c // groups * math.prod(kernel), math.prod(out))
    return np.ascontiguousarray(found)  # BLAS adds by how its factors lie in memory


def forward(x: Any, w: Any, bias: Any, stride: Ints, padding: Ints, dilation: Ints, groups: int) -> Any:
    """(N, C, *spatial), (O, C/groups, *kernel) → (N, O, *out), the bias included."""
    kernel = w.shape[2:]
    out = tuple(map(out_size, x.shape[2:], kernel, stride, padding, dilation))
    rows = w.reshape(groups, w.shape[0] // groups, math.prod(w.shape[1:]))
    first = None if bias is None else bias.reshape(groups, -1, 1)

    def product(x: Any) -> Any:
        columns = _columns(x, kernel, stride, padding, dilation, groups, out)
        return _products(rows, columns, first).reshape(x.shape[0], w.shape[0], *out)

    return _by_samples(product, x.shape[1] * math.prod((*kernel, *out)), x)


def for_input(g: Any, w: Any, stride: Ints, padding: Ints, dilation: Ints, groups: int, spatial: Ints) -> Any:
    """(N, O, *out), (O, C/groups, *kernel) → (N, C, *spatial)."""
    o, out = g.shape[1], g.shape[2:]
    c, kernel = w.shape[1], w.shape[2:]
    rows = w.reshape(groups, o // groups, c * math.prod(kernel)).swapaxes(1, 2)

    def product(g: Any) -> Any:
        columns = _products(rows, g.reshape(len(g), groups, o // groups, math.prod(out)))
        columns = columns.reshape(len(g), groups * c, *kernel, *out)
        return overlap_add(columns, spatial, stride, padding, dilation)

    return _by_samples(product, groups * c * math.prod((*kernel, *out)), g)


def for_weight(g: Any, x: Any, stride: Ints, padding: Ints, dilation: Ints, groups: int, kernel: Ints) -> Any:
    """(N, O, *out), (N, C, *spatial) → (O, C/groups, *kernel): samples are products, one added to the other."""
    o, out = g.shape[1], g.shape[2:]

    def product(g: Any, x: Any) -> Any:
        columns = _columns(x, kernel, stride, padding, dilation, groups, out).swapaxes(2, 3)
        rows = g.reshape(len(g), groups, o // groups, columns.shape[2])
        if groups == 1 and len(g) and g.dtype == x.dtype == np.float32:
            return _sum_of_products(rows, columns)[None]
        return np.matmul(rows, columns).sum(0, dtype=g.dtype)[None]

    found = _by_samples(product, x.shape[1] * math.prod((*kernel, *out)), g, x)
    found = found[0] if len(found) == 1 else found.sum(0, dtype=g.dtype)
    return found.reshape(o, x.shape[1] // groups, *kernel)


def _products(rows: Any, columns: Any, first: Any = None) -> Any:
    """(groups, m, k), (N, groups, k, n) → (N, groups, m, n); sums may begin with `first`.

    Those of one group are what PyTorch asks BLAS, which adds them in an order of its own if they are small.
    """
    if not (len(rows) == 1 and rows.dtype == columns.dtype == np.float32 and rows.size and columns.size):
        found = fused_chains(rows, columns)
        return found if first is None else np.add(found, first, found)
    if order_of(rows[0], columns[0, 0]) == FUSED and in_one(rows.shape[2]):
        found = fused_chains(rows, columns)
        return found if first is None else np.add(found, first, found)
    if rows.shape[1] == columns.shape[3] == 1:  # two vectors
        columns = columns.swapaxes(2, 3).copy().swapaxes(2, 3)
    if first is None:
        return np.array([[matrix_product(rows[0], sample[0])] for sample in columns])
    return np.array([[product_onto(first[0], rows[0], sample[0])] for sample in columns])


def _sum_of_products(rows: Any, columns: Any) -> Any:
    """(N, 1, m, k), (N, 1, k, n) → (1, m, n), one sample after the other."""
    total = matrix_product(rows[0, 0], columns[0, 0])
    for a, b in zip(rows[1:, 0], columns[1:, 0], strict=True):
        total = product_onto(total, a, b)
    return total[None]


def _by_samples(product: Any, size: int, *arrays: Any) -> Any:
    """`product` of the batches; of large ones a few samples at a time, whose columns (`size` elements a
    sample) stay in the cache, on all cores. The results are joined."""
    n = len(arrays[0])
    if n < 2 or n * size < LARGE:
        return product(*arrays)
    block = min(max(COLUMNS // size, 1), -(-n // threads()))
    parts: dict[int, Any] = {}

    def work(lo: int, hi: int) -> None:
        parts[lo] = product(*[a[lo:hi] for a in arrays])

    spread_products(work, n, block)
    return np.concatenate([parts[lo] for lo in sorted(parts)])


# ------------------------------------------------------------------ operations


def _out_shape(x: Ints, w: Ints, stride: Ints, padding: Ints, dilation: Ints) -> Ints:
    return (x[0], w[0], *map(out_size, x[2:], w[2:], stride, padding, dilation))


def _transposed_shape(
    x: Ints, w: Ints, stride: Ints, padding: Ints, dilation: Ints, groups: int, extra: Ints
) -> Ints:
    return (
        x[0],
        w[1] * groups,
        *(
            (n - 1) * s - 2 * p + d * (k - 1) + e + 1
            for n, k, s, p, d, e in zip(x[2:], w[2:], stride, padding, dilation, extra, strict=True)
        ),
    )


def _conv_formula(x: Any, w: Any, bias: Any, stride: Ints, padding: Ints, dilation: Ints, groups: int) -> str:
    more = "" if bias is None else ", {2}"
    for name, value, default in (
        ("stride", stride, 1),
        ("padding", padding, 0),
        ("dilation", dilation, 1),
        ("groups", (groups,), 1),
    ):
        if set(value) != {default}:
            more += f", {name}={value[0] if len(set(value)) == 1 else value}"
    return f"nn.functional.conv{len(stride)}d({{0}}, {{1}}{more})"


def _transposed_formula(
    x: Any, w: Any, bias: Any, stride: Ints, padding: Ints, dilation: Ints, groups: int, spatial: Ints
) -> str:
    """The spatial sizes as `output_padding` beyond the smallest."""
    n = len(stride)
    sizes = zip(x.spec.shape[-n:], w.spec.shape[-n:], stride, padding, dilation, spatial, strict=True)
    extra = tuple([out - ((i - 1) * s - 2 * p + d * (k - 1) + 1) for i, k, s, p, d, out in sizes])
    plain = _conv_formula(x, w, bias, stride, padding, dilation, groups).replace("conv", "conv_transpose")
    return plain if not any(extra) else plain[:-1] + f", output_padding={extra})"


@op(
    f"convolution(Tensor input, Tensor weight, Tensor? bias, {_GEOMETRY})",
    batching="folded first",
    infer=lambda x, w, b, s, p, d, g: x.with_shape(_out_shape(x.shape, w.shape, s, p, d)),
    names=(),
    formula=_conv_formula,
)
def convolution(x, w, bias, stride, padding, dilation, groups):
    """The output and its bias."""
    if x.dtype == w.dtype == np.float32 and conv_steps.takes(x, w, stride, padding, dilation, groups):
        return in_format_of(conv_steps.forward(x, w, bias, stride, padding, dilation, groups), x, w)
    return in_format_of(forward(x, w, bias, stride, padding, dilation, groups), x, w)


def _biased(out: Any, bias: Any) -> Any:
    if bias is not None:
        out += bias.reshape(-1, *[1] * (out.ndim - 2))
    return out


@convolution.derivative("input", "weight", "bias", one="")
def _(grad, input, weight, stride, padding, dilation, groups, needs):
    from . import conv_gradients

    geometry = (stride, padding, dilation, groups)
    g = _in_order(grad)
    if uses_mkldnn(input.spec, weight.spec, groups, False):
        grad = g  # for the bias, too
    if conv_gradients.are_here(input.spec, weight.spec, geometry):
        return conv_gradients.gradients(g, input, weight, geometry, needs)
    return (
        apply(transposed, (g, conj(weight), None, *geometry, input.spec.shape[2:])) if needs[0] else None,
        apply(weight_gradient, (g, conj(input), *geometry, weight.spec.shape[2:])) if needs[1] else None,
        _over_channels(grad) if needs[2] else None,
    )


def _in_order(grad: Tensor) -> Tensor:
    """A gradient that lies in one piece, or with its channels last: PyTorch lays out any other for products."""
    if grad.is_contiguous() or grad.is_contiguous(memory_format=LAST.get(grad.ndim, CONTIGUOUS)):
        return grad
    return grad.contiguous()


def _over_channels(grad: Tensor) -> Tensor:
    return grad.sum([i for i in range(grad.ndim) if i != 1])


@op(
    f"convolution(Tensor input, Tensor weight, Tensor? bias, {_GEOMETRY}, int[] spatial)",
    batching="folded first",
    infer=lambda x, w, b, s, p, d, g, spatial: x.with_shape((x.shape[0], w.shape[1] * g, *spatial)),
    names=(),
    formula=_transposed_formula,
)
def transposed(x, w, bias, stride, padding, dilation, groups, spatial):
    """∂T/∂x, an array with these spatial sizes, and its bias."""
    if x.dtype == w.dtype == np.float32 and conv_steps.takes_transposed(
        x, w, stride, padding, dilation, groups, spatial
    ):
        found = conv_steps.for_input(x, w, stride, padding, dilation, 1, spatial)
        return in_format_of(_biased(found, bias), x, w)
    return in_format_of(_biased(for_input(x, w, stride, padding, dilation, groups, spatial), bias), x, w)


@transposed.derivative("input", "weight", "bias", one="")
def _(grad, input, weight, stride, padding, dilation, groups, needs):
    from . import conv_gradients

    geometry = (stride, padding, dilation, groups)
    small = conv_gradients.are_of_transposed(input.spec, weight.spec, (*geometry, grad.spec.shape[2:]))
    kernel = weight.spec.shape[2:]
    along = None
    if needs[0]:
        along = apply(convolution, (grad, conj(weight), None, *geometry))
        for i, size in enumerate(input.spec.shape[2:], 2):  # output padding can make room for more
            along = along if along.spec.shape[i] == size else along.narrow(i, 0, size)
    return (
        along,
        None
        if not needs[1]
        else conv_gradients.by_weight(input, grad, *geometry, kernel)
        if small
        else apply(weight_gradient, (conj(input), grad, *geometry, kernel)),
        None
        if not needs[2]
        else conv_gradients.by_bias(grad, len(kernel) * (grad.spec.shape[1] == 3))
        if small
        else _over_channels(grad),
    )


def _weight_formula(
    g: Any, x: Any, stride: Ints, padding: Ints, dilation: Ints, groups: int, kernel: Ints
) -> str | None:
    """The weight's gradient as a convolution over the batch, in which stride and dilation change places."""
    if groups != 1:
        return None
    call = _conv_formula(x, g, None, dilation, padding, stride, 1)
    call = call.format("{1}.transpose(0, 1)", "{0}.transpose(0, 1)")
    sizes = zip(
        x.spec.shape[-len(kernel) :], g.spec.shape[-len(kernel) :], stride, padding, dilation, strict=True
    )
    found = tuple([(i + 2 * p - s * (o - 1) - 1) // d + 1 for i, o, s, p, d in sizes])
    cut = "" if found == kernel else "[..., " + ", ".join(f":{k}" for k in kernel) + "]"
    return f"{call}.transpose(0, 1){cut}"


@op(
    f"convolution_weight(Tensor cotangent, Tensor input, {_GEOMETRY}, int[] kernel)",
    infer=lambda g, x, s, p, d, groups, kernel: g.with_shape((g.shape[1], x.shape[1] // groups, *kernel)),
    names=(),
    formula=_weight_formula,
)
def weight_gradient(g, x, stride, padding, dilation, groups, kernel):
    """∂T/∂w."""
    return for_weight(g, x, stride, padding, dilation, groups, kernel)


@weight_gradient.derivative("cotangent", "input")
def _(grad, cotangent, input, stride, padding, dilation, groups, needs):
    geometry = (stride, padding, dilation, groups)
    return (
        apply(convolution, (conj(input), grad, None, *geometry)) if needs[0] else None,
        apply(transposed, (conj(cotangent), grad, None, *geometry, input.spec.shape[2:]))
        if needs[1]
        else None,
    )


# ------------------------------------------------------------------ calls


def _run(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Ints,
    padding: Ints,
    dilation: Ints,
    extra: Ints,
    groups: int,
    is_transposed: bool,
) -> Tensor:
    """A batched convolution; `extra` is the output padding of a transposed one."""
    n = weight.ndim - 2
    if n < 1:
        raise ShapeError(
            "weight should have at least three dimensions", code="conv-rank", operands=(x, weight)
        )
    stride, padding = per_dimension("stride", stride, n), per_dimension("padding", padding, n)
    dilation, extra = per_dimension("dilation", dilation, n), per_dimension("output_padding", extra, n)
    check_numbers(
        stride,
        padding,
        dilation,
        extra,
        groups,
        is_transposed,
        uses_mkldnn(x.spec, weight.spec, groups, is_transposed),
    )
    bias_spec = None if bias is None else bias.spec
    try:
        if weight.ndim != x.ndim:
            raise ShapeError(
                f"Expected {weight.ndim}-dimensional input for {weight.ndim}-dimensional weight "
                f"{list(weight.shape)}, but got {x.ndim}-dimensional input of size {list(x.shape)} instead",
                code="conv-rank",
            )
        check_shapes(x.spec, weight.spec, bias_spec, groups, is_transposed)
        if is_transposed:
            check_extra(stride, dilation, extra)
            check_not_empty(x.spec.shape, weight.spec.shape)
        else:
            check_fits(x.spec, weight.spec, padding, dilation)
        check_kernel(weight.spec.shape[2:])
        check_dtypes(x.spec, weight.spec, bias_spec, groups, is_transposed)
    except RuntimeError as error:
        facts = facts_of(error)
        if facts is not None:
            facts.operands = (x, weight) if bias is None else (x, weight, bias)
        raise
    if bias is not None and bias.dtype is not x.dtype:
        bias = bias.to(x.dtype)
    geometry = (stride, padding, dilation, groups)
    if not is_transposed:
        return _named(x, apply(convolution, (x, weight, bias, *geometry)))
    shape = _transposed_shape(x.spec.shape, weight.spec.shape, *geometry, extra)
    if min(shape[2:]) < 1:
        raise ShapeError(
            f"Given input size per channel: {by(x.shape[2:])}. Calculated output size per channel: "
            f"{by(shape[2:])}. Output size is too small",
            code="conv-output",
            operands=(x, weight),
        )
    return _named(x, apply(transposed, (x, weight, bias, *geometry, shape[2:])))


def _named(x: Tensor, found: Tensor) -> Tensor:
    """PyTorch adds up a convolution of complex numbers from real ones, and so names its node."""
    return titled("AddBackward0", found) if x.dtype.is_complex else found


def _same(
    x: Tensor, weight: Tensor, bias: Tensor | None, stride: Ints, dilation: Ints, groups: int
) -> Tensor:
    """`padding="same"`: as many outputs as inputs; an odd total pads one more on the right."""
    if any(s != 1 for s in stride):
        raise BadValue(
            "padding='same' is not supported for strided convolutions",
            code="conv-geometry",
            help="give numbers",
        )
    n = weight.ndim - 2
    dilation = per_dimension("dilation", dilation, n)
    totals = [d * (k - 1) for d, k in zip(dilation, weight.shape[2:], strict=True)]
    if any(t % 2 for t in totals):
        warn(
            "Using padding='same' with even kernel lengths and odd dilation may require a zero-padded copy of "
            "the input be created",
            once=True,
            internal="aten/src/ATen/native/Convolution.cpp:1101",
            help="an odd kernel has as much to its left as to its right",
        )
        odd = [p for t in reversed(totals) for p in (0, t % 2)]
        x = registry["nn.functional.pad"](x, odd)
    padding = tuple(t // 2 for t in totals)
    return _run(x, weight, bias, stride, padding, dilation, (0,), groups, False)


# ------------------------------------------------------------------ public functions

_EXAMPLES = {
    1: ("[[[1., 2., 3., 4.]]], [[[1., 1.]]]", "tensor([[[3., 5., 7.]]])"),
    2: ("ones(1, 1, 3, 3), ones(1, 1, 2, 2)", "tensor([[[[4., 4.],\n          [4., 4.]]]])"),
    3: ("ones(1, 1, 2, 2, 2), ones(1, 1, 2, 2, 2)", "tensor([[[[[8.]]]]])"),
}
_TRANSPOSED_EXAMPLES = {
    1: ("[[[1., 2.]]], [[[1., 1.]]]", "tensor([[[1., 3., 2.]]])"),
    2: ("ones(1, 1, 1, 2), ones(1, 1, 1, 2)", "tensor([[[[1., 2., 1.]]]])"),
    3: ("ones(1, 1, 1, 1, 2), ones(1, 1, 1, 1, 2)", "tensor([[[[[1., 2., 1.]]]]])"),
}


def _declare(n: int) -> None:
    """`convNd` and `conv_transposeNd`."""
    spatial = ", ".join("DHW"[3 - n :]) if n > 1 else "L"

    def conv(input, weight, bias, stride, padding, dilation, groups):
        if bias is not None and not isinstance(padding, str):
            check_bias_dtype(input.spec, bias.spec)
        x, batched = batched_input(input, n, f"conv{n}d")
        stride = stride * n if len(stride) == 1 else stride
        if isinstance(padding, str):
            if padding == "same":
                out = _same(x, weight, bias, stride, dilation, groups)
                return out if batched else out.squeeze(0)
            if padding != "valid":
                raise BadValue(f"Invalid padding string: '{padding}'", code="conv-geometry")
            padding = 0
        padding = integers(padding, f"conv{n}d", "padding", 5)
        out = _run(x, weight, bias, stride, padding, dilation, (0,), groups, False)
        return out if batched else out.squeeze(0)

    def conv_transpose(input, weight, bias, stride, padding, output_padding, groups, dilation):
        x, batched = batched_input(input, n, f"conv_transpose{n}d")
        stride = stride * n if len(stride) == 1 else stride
        out = _run(x, weight, bias, stride, padding, dilation, output_padding, groups, True)
        return out if batched else out.squeeze(0)

    call, result = _EXAMPLES[n]
    composite(
        f"conv{n}d(Tensor input, Tensor weight, Tensor? bias=None, int[] stride=1, any padding=0, "
        "int[] dilation=1, int groups=1)",
        names=(f"nn.functional.conv{n}d", f"torch.conv{n}d"),
        doc=f"The {n}-d convolution: each output is the sum of a window of the input times the weight.\n\n"
        f"input (N, C, {spatial}), weight (O, C / groups, *kernel), bias (O); without N, one sample.\n"
        'padding: a number, one for each dimension, "same" or "valid".\n\n'
        f">>> nn.functional.conv{n}d({call})\n{result}",
    )(conv)
    call, result = _TRANSPOSED_EXAMPLES[n]
    composite(
        f"conv_transpose{n}d(Tensor input, Tensor weight, Tensor? bias=None, int[] stride=1, "
        "int[] padding=0, int[] output_padding=0, int groups=1, int[] dilation=1)",
        names=(f"nn.functional.conv_transpose{n}d", f"torch.conv_transpose{n}d"),
        doc=f"The transpose of the {n}-d convolution: inputs add multiples of the weight to windows.\n\n"
        f"input (N, C, {spatial}), weight (C, O / groups, *kernel), bias (O).\n\n"
        f">>> nn.functional.conv_transpose{n}d({call})\n{result}",
    )(conv_transpose)


for _n in (1, 2, 3):
    _declare(_n)


@composite(
    "convolution(Tensor input, Tensor weight, Tensor? bias, int[] stride, int[] padding, int[] dilation, "
    "bool transposed, int[] output_padding, int groups)",
    names=("torch.convolution",),
)
def convolution_function(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups):
    """A convolution, transposed or not, of as many dimensions as the weight has.

    >>> torch.convolution([[[1., 2., 3.]]], [[[1., 1.]]], None, [1], [0], [1], False, [0], 1)
    tensor([[[3., 5.]]])
    """
    return _run(input, weight, bias, stride, padding, dilation, output_padding, groups, transposed)
