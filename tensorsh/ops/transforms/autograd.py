"""`torch.autograd`'s functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...engine.core.warn import warn
from ...engine.graph import backward as engine
from ...engine.records.op import composite
from ...engine.values.tensor import Tensor
from ...errors import GradientError
from ..tensors.attributes import refuse_in_transform, warn_cycle


@composite(
    "grad(any outputs, any inputs, any grad_outputs=None, switch? retain_graph=None, switch create_graph=False, "
    "bool only_inputs=True, switch? allow_unused=None, bool is_grads_batched=False, bool materialize_grads=False)",
    names=("autograd.grad",),
)
def grad(
    outputs,
    inputs,
    grad_outputs,
    retain_graph,
    create_graph,
    only_inputs,
    allow_unused,
    is_grads_batched,
    materialize_grads,
):
    """The tuple of d(outputs)/d(inputs), without touching `.grad`.

    With `is_grads_batched` each of `grad_outputs` is a stack of them, and so is each result.

    >>> x = tensor([1., 2.], requires_grad=True)
    >>> grad((x * x).sum(), x)
    (tensor([2., 4.]),)
    """
    if not only_inputs:
        warn(
            "only_inputs argument is deprecated and is ignored now (defaults to True). To accumulate gradient for "
            "other parts of the graph, please use torch.autograd.backward.",
            FutureWarning,
        )
    if materialize_grads and allow_unused is False:
        raise GradientError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False.",
            raises=ValueError,
        )
    roots, wrt = engine.tensors_of(outputs, "outputs"), engine.tensors_of(inputs, "inputs")
    if not wrt:
        raise GradientError("`inputs` argument to `grad()` cannot be empty.")
    weights = engine.seeds_of(grad_outputs)

    def walk(seeds: Any) -> tuple[Tensor | None, ...]:
        return engine.grad(
            roots,
            wrt,
            seeds,
            retain_graph=retain_graph,
            create_graph=create_graph,
            allow_unused=allow_unused,
            materialize_grads=materialize_grads,
        )

    if not is_grads_batched or weights is None:
        return walk(weights)
    from .vmap import over_rows

    check_rows(weights, roots)
    used: list[bool] = []

    def rows(seeds: Any) -> tuple[Tensor, ...]:
        found = walk(seeds)
        used[:] = [g is not None for g in found]
        return tuple([g for g in found if g is not None])

    stacks = iter(over_rows(rows, weights))
    return tuple([next(stacks) if use else None for use in used])


def check_rows(weights: Sequence[Tensor | None], roots: Sequence[Tensor]) -> None:
    """Each weight must be a stack of gradients of its output, and all as many."""
    for i, (weight, root) in enumerate(zip(weights, roots, strict=False)):
        if weight is not None and weight[0].shape != root.shape:
            raise GradientError(
                "If `is_grads_batched=True`, we interpret the first dimension of each grad_output as the batch "
                "dimension. The sizes of the remaining dimensions are expected to match the shape of corresponding "
                f"output, but a mismatch was detected: grad_output[{i}] has a shape of {weight[0].shape[1:]} and "
                f"output[{i}] has a shape of {root.shape}. If you only want some tensors in `grad_output` to be "
                "considered batched, consider using vmap.",
                code="gradient-shape",
                help=f"stack gradients of the output's shape: [n, {', '.join(map(str, root.shape))}]",
            )
    sizes = [weight.shape[0] for weight in weights if weight is not None]
    if len(set(sizes)) > 1:
        raise GradientError(
            "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
            f"{sizes} for the mapped dimension",
            raises=ValueError,
            code="vmap",
        )


@composite(
    "backward(any tensors, any grad_tensors=None, switch? retain_graph=None, switch create_graph=False, "
    "any grad_variables=None, any inputs=None)",
    names=("autograd.backward",),
)
def backward(tensors, grad_tensors, retain_graph, create_graph, grad_variables, inputs):
    """Accumulate the gradients of several tensors into the leaves.

    >>> x = tensor([1., 2.], requires_grad=True)
    >>> torch.autograd.backward([(x * x).sum(), x.sum()])
    >>> x.grad
    tensor([3., 5.])
    """
    refuse_in_transform()
    if grad_variables is not None:
        warn("`grad_variables` is deprecated. Use `grad_tensors` instead.", FutureWarning)
        if grad_tensors is not None:
            raise GradientError(
                "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to `backward()`. Please only "
                "use `grad_tensors`."
            )
        grad_tensors = grad_variables
    if create_graph:
        warn_cycle()
    engine.backward(
        engine.tensors_of(tensors, "tensors"),
        engine.seeds_of(grad_tensors),
        retain_graph=retain_graph,
        create_graph=create_graph,
        inputs=None if inputs is None else engine.tensors_of(inputs, "inputs"),
    )
