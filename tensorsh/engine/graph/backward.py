"""`backward` and `grad`: what may be asked for gradients, and what a walk of the graph begins with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ...errors import ArgumentError, GradientError, Help
from ..core import context
from ..values.tensor import Tensor
from ..values.wrapping import full_spec
from .node import edge
from .walk import Walk, accumulate, retain, slot


def backward(
    roots: Sequence[Tensor],
    gradients: Sequence[Tensor | None] | None = None,
    *,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Sequence[Tensor] | None = None,
) -> None:
    """Accumulate d(roots)/d(leaf) into `.grad` of the leaves (or only of `inputs`).

    gradients      one for each root, None where the root has a single element (then 1)
    retain_graph   keep what was saved, so that the graph can be walked again; default create_graph
    create_graph   record the walk itself, for higher orders
    """
    if inputs is not None:
        if len(inputs) == 0:
            raise GradientError("`inputs` argument to `backward()` cannot be empty.")
        for t in inputs:
            retain(t)
    seeds = make_seeds(roots, gradients)
    keep = create_graph if retain_graph is None else retain_graph
    walked = context.current().walked
    if walked is not None and len(roots) == 1 and inputs is None and not create_graph:
        given = seeds[0] if gradients is not None and gradients[0] is not None else None
        if walked(roots[0], given, keep):
            return
    walk = Walk(roots, seeds, keep, create_graph, inputs)
    walk.writes = True
    walk.run()
    if inputs is None:
        walk.accumulate()
    else:
        for t in inputs:
            g = walk.captured.get(slot(t)) if t.is_leaf else None  # what is no leaf retains its own
            if g is not None:
                accumulate(t, g, create_graph)


def grad(
    outputs: Sequence[Tensor],
    inputs: Sequence[Tensor],
    grad_outputs: Sequence[Tensor | None] | None = None,
    *,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """d(outputs)/d(inputs), weighted by `grad_outputs`, without touching `.grad`."""
    seeds = make_seeds(outputs, grad_outputs)
    for t in inputs:
        check_input(t)
    keep = create_graph if retain_graph is None else retain_graph
    walk = Walk(outputs, seeds, keep, create_graph, inputs)
    walk.run()
    found = [walk.captured.get(slot(t)) for t in inputs]
    for i, (g, t) in enumerate(zip(found, inputs, strict=True)):
        if g is not None:
            continue
        if materialize_grads:
            found[i] = full_spec(t.spec, 0)
        elif not allow_unused:
            raise GradientError(
                f"The differentiated Tensor at index {i} appears to not have been used in the graph. "
                "Set allow_unused=True if this is the desired behavior.",
                code="unused-input",
                help="what is differentiated does not depend on it; allow_unused=True gives None",
            )
    return tuple(found)


def check_input(t: Tensor) -> None:
    if not t.requires_grad:
        raise GradientError(
            "One of the differentiated Tensors does not require grad",
            code="no-grad-required",
            help=Help(
                "ask for it before it is used: x.requires_grad_(), or `param x = …`",
                "ask for it before it is used: x.requires_grad_()",
            ),
        )


def make_seeds(roots: Sequence[Tensor], gradients: Sequence[Tensor | None] | None) -> list[Tensor]:
    """The gradients the walk starts with, checked against the roots."""
    if gradients is None:
        gradients = [None] * len(roots)
    gradients = gradients[: len(roots)]  # more than there are tensors are left
    if len(gradients) < len(roots):
        raise GradientError(f"got {len(roots)} tensors and {len(gradients)} gradients")
    seeds = []
    for i, (root, given) in enumerate(zip(roots, gradients, strict=True)):
        if given is None:
            if root.requires_grad:
                if root.spec.numel != 1:
                    raise GradientError(
                        "grad can be implicitly created only for scalar outputs",
                        code="implicit-gradient",
                        help=Help(
                            "weigh the outputs: `backward y with ones_like(y)` (any tensor of shape "
                            f"{list(root.spec.shape)}), or reduce them: backward y.sum()",
                            "weigh the outputs: y.backward(torch.ones_like(y)) (any tensor of shape "
                            f"{list(root.spec.shape)}), or reduce them: y.sum().backward()",
                        ),
                    )
                if not root.dtype.is_floating_point:
                    raise GradientError(
                        f"grad can be implicitly created only for real scalar outputs but got {root.dtype}",
                        code="implicit-gradient",
                    )
            given = full_spec(root.spec, 1)
        else:
            if given.spec.shape != root.spec.shape:
                raise GradientError(
                    f"Mismatch in shape: grad_output[{i}] has a shape of {given.shape} and output[{i}] has a "
                    f"shape of {root.shape}.",
                    code="gradient-shape",
                    help=f"the gradient needs the shape of the output: {list(root.spec.shape)}",
                )
            if given.dtype.is_complex != root.dtype.is_complex:
                raise GradientError(
                    f"For complex Tensors, both grad_output and output are required to have the same dtype. "
                    f"Mismatch in dtype: grad_output[{i}] has a dtype of {given.dtype} and output[{i}] has a "
                    f"dtype of {root.dtype}.",
                    code="gradient-dtype",
                )
        if edge(root) is None:
            raise GradientError(
                f"element {i} of tensors does not require grad and does not have a grad_fn",
                code="no-graph",
                help=Help(
                    "nothing it was computed from requires grad: make an input a `param`, or give it "
                    "requires_grad=True",
                    "nothing it was computed from requires grad: give an input requires_grad=True",
                ),
            )
        seeds.append(given)
    return seeds


def seeds_of(value: Any) -> tuple[Tensor | None, ...] | None:
    """What a walk starts from: None, a tensor, or several of them (None stands for a one)."""
    if value is None:
        return None
    if isinstance(value, Tensor):
        return (value,)
    if not isinstance(value, Iterable):
        raise ArgumentError(f"'{type(value).__name__}' object is not iterable")
    seeds = tuple(value)
    for seed in seeds:
        if seed is not None and not isinstance(seed, Tensor):
            raise ArgumentError(f"gradients can be either Tensors or None, but got {type(seed).__name__}")
    return seeds


def tensors_of(value: Any, what: str) -> tuple[Tensor, ...]:
    """A tensor, or a list or tuple of them, as a tuple."""
    if isinstance(value, Tensor):
        return (value,)
    if not isinstance(value, Iterable):
        raise ArgumentError(f"'{type(value).__name__}' object is not iterable")
    items = tuple(value)
    for item in items:
        if isinstance(item, Tensor):
            continue
        if what == "inputs":
            kind = type(item).__name__
            raise GradientError(f"all inputs have to be Tensors or GradientEdges, but got {kind}")
        raise GradientError("Expected output to be a torch.Tensor", raises=AssertionError)
    return items
