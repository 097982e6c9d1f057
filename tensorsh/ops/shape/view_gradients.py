"""What in-place changes through views need: writing a gradient into, and out of, a region.

A region is given by the view's `steps`: (view operation, arguments after the first, output index).
These operations are the engine's own; users meet them as CopySlices and AsStridedBackward0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core.spec import Spec
from ...engine.graph.copy_slices import region_of, replay
from ...engine.graph.node import fit, zeros
from ...engine.records.op import op, registry
from ...engine.values.arrays import laid_over
from ...engine.values.tensor import Tensor, make_tensor
from ...engine.values.view_bases import keeps_order
from ...errors import GradientError


def view_array(array: np.ndarray[Any, Any], steps: tuple[Any, ...]) -> np.ndarray[Any, Any]:
    """The region of an array that `steps` look at, as a NumPy view."""
    for record, rest, which in steps:
        out = record.kernel(array, *rest)
        array = out if which is None else out[which]
    return array


def seen_text(base: str, of: Spec, step: tuple[Any, ...]) -> str:
    """One view of a tensor as code."""
    record, rest, which = step
    text = record.formula
    if callable(text):
        text = text(make_tensor(of.placeholder, of), *rest)
    if text is None:
        text = f"{{0}}.{record.name.removeprefix('Tensor.')}({', '.join(map(repr, rest))})"
    return text.replace("{0}", base) + ("" if which is None else f"[{which}]")


def scattered_text(base: str, patch: str, of: Spec, steps: tuple[Any, ...]) -> str | None:
    """A copy of a tensor in which the region of `steps` is `patch`, as code; None where there is none."""
    (record, rest, which), *inner = steps
    if inner:
        region = record.infer(of, *rest)
        seen = seen_text(base, of, steps[0])
        found = scattered_text(seen, patch, region if which is None else region[which], tuple(inner))
        if found is None:
            return None
        patch = found
    if which is not None:
        return None
    if record.scattered is None:
        return f"{patch}.reshape_as({base})" if keeps_order(record, of, rest) else None
    write = record.scattered if callable(record.scattered) else record.scattered.format
    return write(base, patch, *rest)


def copied(array: np.ndarray[Any, Any], layout: tuple[int, ...] | None) -> np.ndarray[Any, Any]:
    """A copy whose elements lie in memory as far apart as `layout` says: in order if it is None."""
    if layout is None:
        return array.copy()
    extent = sum((n - 1) * s for n, s in zip(array.shape, layout, strict=True)) + 1 if array.size else 0
    memory = np.zeros(extent, array.dtype)
    out = laid_over(np.ndarray, array.shape, array.dtype, memory, 0, [s * array.itemsize for s in layout])
    out[...] = array
    return out


@op(
    "laid_out(Tensor input, any layout)", infer=lambda x, layout: x, names=("engine.laid_out",), half="native"
)
def laid_out(x, layout):
    """A copy of `input` in memory of this layout."""
    return copied(x, layout)


@laid_out.derivative("input")
def _(grad):
    return grad


@op(
    "view_scatter(Tensor input, Tensor patch, any steps, any layout)",
    infer=lambda x, patch, steps, layout: x,
    names=("engine.view_scatter",),
    formula=lambda x, patch, steps, layout: scattered_text("{0}", "{1}", x.spec, steps),
)
def view_scatter(x, patch, steps, layout):
    """A copy of `input` in memory of this layout, in which the region of `steps` is `patch`."""
    out = copied(x, layout)
    view_array(out, steps)[...] = patch
    return out


@view_scatter.derivative("input")
def _(grad, patch_spec, steps, layout):
    return registry["engine.view_scatter"](grad, zeros(patch_spec), steps, layout)


@view_scatter.derivative("patch")
def _(grad, steps, layout):
    return region_of(grad, steps, layout)


@op(
    "embed(Tensor patch, any shape, any steps)",
    infer=lambda patch, shape, steps: patch.with_shape(shape),
    names=(),
    formula=lambda patch, shape, steps: scattered_text(
        f"{{0}}.new_zeros({shape})", "{0}", patch.spec.with_shape(shape), steps
    ),
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
    arguments: list[Any] = []
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


registry["engine.view_gradient"] = view_gradient
