"""Gradients that follow from an input but do not change with it: slopes of lines, the elements that a pool picks."""

from __future__ import annotations

from typing import Any

from ...engine.core import context
from ...engine.records.op import op, registry
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor


@op("steady(Tensor slopes, Tensor input)", infer=lambda slopes, _: slopes, names=(), half="native")
def steady_slopes(slopes: Any, x: Any) -> Any:
    return slopes.copy()


@steady_slopes.in_public
def _(slopes, input):
    return slopes


@steady_slopes.derivative("slopes")
def _(grad: Tensor) -> Tensor:
    return grad


@steady_slopes.derivative("input")
def _(grad: Tensor) -> Any:
    return registry["zeros_like"](grad)


def steady(slopes: Tensor, input: Tensor) -> Tensor:
    """A gradient, in the graph also as a function of the input.

    PyTorch's operation for it takes the input, too, and differentiates by it: that gives zeros, not None.
    """
    if context.current().grad_enabled and input.requires_grad:
        return apply(steady_slopes, (slopes, input))
    return slopes
