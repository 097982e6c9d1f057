"""The gradients of small convolutions, as oneDNN adds them; of others as of any (`conv`)."""

from __future__ import annotations

from typing import Any

from ...engine.core import dtype as dt
from ...engine.core.spec import Spec
from ...engine.run.apply import apply
from ...engine.run.fused import fused
from ...engine.values.tensor import Tensor
from . import conv as of
from . import conv_steps
from .windows import Ints

_GEOMETRY = "int[] stride, int[] padding, int[] dilation, int groups"


def are_here(x: Spec, w: Spec, geometry: tuple[Ints, Ints, Ints, int]) -> bool:
    """Whether the gradients of a convolution are those of this file."""
    return x.dtype is w.dtype is dt.float32 and conv_steps.takes(x, w, *geometry)


def are_of_transposed(x: Spec, w: Spec, geometry: tuple[Any, ...]) -> bool:
    """Whether the gradients of a transposed convolution are."""
    return x.dtype is w.dtype is dt.float32 and conv_steps.takes_transposed(x, w, *geometry)


@fused(
    f"convolution_input(Tensor grad, Tensor weight, {_GEOMETRY}, int[] spatial)",
    lambda grad, weight, *rest: apply(of.transposed, (grad, weight, None, *rest)),
    infer=lambda g, w, s, p, d, groups, spatial: g.with_shape((g.shape[0], w.shape[1] * groups, *spatial)),
    exact=lambda grad, weight, *rest: conv_steps.takes_input(weight.spec, *rest),
)
def by_input(g: Any, w: Any, stride: Ints, padding: Ints, dilation: Ints, groups: int, spatial: Ints) -> Any:
    if conv_steps.takes_input(w, stride, padding, dilation, groups, spatial):
        return conv_steps.for_input(g, w, stride, padding, dilation, groups, spatial)
    return of.for_input(g, w, stride, padding, dilation, groups, spatial)


@fused(
    f"convolution_kernel(Tensor grad, Tensor input, {_GEOMETRY}, int[] kernel)",
    lambda *args: apply(of.weight_gradient, args),
    infer=lambda g, x, s, p, d, groups, kernel: g.with_shape((g.shape[1], x.shape[1] // groups, *kernel)),
    exact=lambda grad, x, *rest: conv_steps.takes_weight(grad.spec, x.spec, *rest),
)
def by_weight(g: Any, x: Any, stride: Ints, padding: Ints, dilation: Ints, groups: int, kernel: Ints) -> Any:
    if conv_steps.takes_weight(g, x, stride, padding, dilation, groups, kernel):
        return conv_steps.for_weight(g, x, stride, padding, dilation, groups, kernel)
    return of.for_weight(g, x, stride, padding, dilation, groups, kernel)


@fused(
    "convolution_bias(Tensor grad, int inner)",
    lambda grad, inner: grad.sum([i for i in range(grad.ndim) if i != 1]),
    infer=lambda g, inner: g.with_shape((g.shape[1],)),
    exact=lambda grad, inner: True,
)
def by_bias(g: Any, inner: int) -> Any:
    return conv_steps.for_bias(g, inner)


def gradients(
    grad: Tensor, x: Tensor, w: Tensor, geometry: tuple[Ints, Ints, Ints, int], needs: tuple[bool, ...]
) -> tuple[Tensor | None, ...]:
    """By input, weight and bias: rows of the gradient are sums of their own where the weight's are products."""
    in_products = conv_steps.has_no_kernel(grad.spec, x.spec, *geometry, w.spec.shape[2:])
    return (
        by_input(grad, w, *geometry, x.spec.shape[2:]) if needs[0] else None,
        by_weight(grad, x, *geometry, w.spec.shape[2:]) if needs[1] else None,
        by_bias(grad, int(in_products)) if needs[2] else None,
    )
