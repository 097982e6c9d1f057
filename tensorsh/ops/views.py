"""What in-place changes through views need: writing a gradient into, and out of, a region.

A region is given by the view's `steps`: (view operation, arguments after the first, output index).
These operations are the engine's own; users meet them as CopySlices and AsStridedBackward0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.copy_slices import replay
from ..engine.node import fit, zeros
from ..engine.op import op, registry
from ..engine.spec import Spec
from ..engine.tensor import Tensor
from ..errors import GradientError


def view_array(array: np.ndarray[Any, Any], steps: tuple[Any, ...]) -> np.ndarray[Any, Any]:
    """The region of an array that `steps` look at, as a NumPy view."""
    for record, rest, which in steps:
        out = record.kernel(array, *rest)
        array = out if which is None else out[which]
    return array


@op(
    "view_scatter(Tensor input, Tensor patch, any steps)",
    infer=lambda x, patch, steps: x,
    names=("view_scatter",),
)
def view_scatter(x, patch, steps):
    """A copy of `input` in which the region of `steps` is `patch`."""
    out = x.copy()
    view_array(out, steps)[...] = patch
    return out


@view_scatter.derivative("input")
def _(grad, patch_spec, steps):
    return registry["view_scatter"](grad, zeros(patch_spec), steps)


@view_scatter.derivative("patch")
def _(grad, steps):
    return replay(steps, grad)


@op(
    "embed(Tensor patch, any shape, any steps)",
    infer=lambda patch, shape, steps: patch.with_shape(shape),
    names=(),
    half="native",
)
def embed(patch, shape, steps):
    """Zeros of `shape` in which the region of `steps` is `patch`."""
    out = np.zeros(shape, patch.dtype)
    view_array(out, steps)[...] = patch
    return out


@embed.derivative("patch")
def _(grad, steps):
    return replay(steps, grad)


def view_gradient(grad: Tensor, base: Spec, steps: tuple[Any, ...]) -> Tensor:
    """The gradient of the base from that of its view: each step's own derivative, last step first."""
    specs = [base]
    for record, rest, which in steps:
        out = record.infer(specs[-1], *rest)
        specs.append(out if which is None else out[which])
    for (record, rest, which), before in zip(reversed(steps), reversed(specs[:-1]), strict=True):
        grad = fit(pull(record, rest, which, before, grad), before)
    return grad


def pull(record: Any, rest: tuple[Any, ...], which: int | None, before: Spec, grad: Tensor) -> Tensor:
    """One view operation's derivative, which may ask only for specs and arguments."""
    derivative = record.derivatives[0]
    arguments = []
    for kind, i in derivative.sources:
        if kind == "grad":
            arguments.append(grad)
        elif kind == "grads":
            outputs = record.infer(before, *rest)
            arguments.append(tuple(grad if n == which else None for n in range(len(outputs))))
        elif kind == "input_spec":
            arguments.append(before)
        elif kind == "input" and i > 0:
            arguments.append(rest[i - 1])
        elif kind == "output_spec":
            arguments.append(record.infer(before, *rest))
        else:
            raise GradientError(f"the view operation {record.name} needs more than shapes in its derivative")
    found = derivative.function(*arguments)
    return found[0] if type(found) is tuple else found


registry["view_gradient"] = view_gradient  # type: ignore[assignment]
