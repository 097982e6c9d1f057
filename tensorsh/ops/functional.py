"""Derivatives of functions at given inputs: jacobian, hessian, vector products (`autograd.functional`).

Each transform calls the user's function on fresh leaves and walks the graph it leaves behind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..engine import backward as engine
from ..engine.context import GradMode
from ..engine.op import composite, registry
from ..engine.tensor import Tensor, full_spec
from ..errors import ArgumentError, GradientError, ShapeError

Function = Callable[..., Any]


def as_tuple(value: Any, what: str) -> tuple[tuple[Tensor, ...], bool]:
    """A tensor or several, and whether it was one alone."""
    if isinstance(value, Tensor):
        return (value,), True
    if isinstance(value, tuple | list) and all(isinstance(v, Tensor) for v in value):
        return tuple(value), False
    if isinstance(value, list | tuple):
        return (registry["tensor_of"](value),), True
    raise ArgumentError(f"{what} must be a Tensor or a tuple of Tensors but got {type(value).__name__}")


def fresh(inputs: Sequence[Tensor], create_graph: bool) -> tuple[Tensor, ...]:
    """Leaves to differentiate at; with `create_graph` still connected to where they came from."""
    if create_graph:
        return tuple(
            registry["Tensor.view_as"](t, t) if t.requires_grad else require(t.alias()) for t in inputs
        )
    return tuple(require(t.alias()) for t in inputs)


def require(t: Tensor) -> Tensor:
    t.requires_grad_slot = True
    return t


def call(f: Function, inputs: Sequence[Tensor], what: str) -> tuple[tuple[Tensor, ...], bool]:
    with GradMode(True):
        out = f(*inputs)
    if isinstance(out, int | float):
        raise ArgumentError(f"The outputs given to {what} must be Tensors, not {type(out).__name__}")
    return as_tuple(out, f"The function given to {what}: its result")


def gradients(
    output: Tensor, inputs: Sequence[Tensor], weight: Tensor | None, create_graph: bool, retain: bool = True
) -> tuple[Tensor, ...]:
    """d(output)/d(inputs), zeros where there is no dependence."""
    if engine.edge(output) is None:
        return tuple(full_spec(t.spec, 0) for t in inputs)
    found = engine.grad(
        [output], inputs, [weight], retain_graph=retain, create_graph=create_graph, allow_unused=True
    )
    return tuple(full_spec(t.spec, 0) if g is None else g for g, t in zip(found, inputs, strict=True))


def jacobian_of(output: Tensor, inputs: Sequence[Tensor], create_graph: bool) -> tuple[Tensor, ...]:
    """For each input the Jacobian, of shape output.shape + input.shape, one backward a row."""
    n = output.spec.numel
    rows: list[tuple[Tensor, ...]] = []
    for i in range(n):
        weight = np.zeros(n, output.spec.np)
        weight[i] = 1
        rows.append(
            gradients(output, inputs, Tensor(weight.reshape(output.spec.shape), output.spec), create_graph)
        )
    found = []
    for k, t in enumerate(inputs):
        shape = output.spec.shape + t.spec.shape
        if rows:
            found.append(registry["reshape"](registry["stack"]([row[k] for row in rows]), shape))
        else:
            found.append(registry["zeros"](shape, dtype=t.dtype))
    return tuple(found)


@composite(
    "jacobian(any func, any inputs, bool create_graph=False, bool strict=False, bool vectorize=False, "
    "str strategy='reverse-mode')",
    names=("autograd.functional.jacobian",),
)
def jacobian(func, inputs, create_graph, strict, vectorize, strategy):
    """The Jacobian of `func` at `inputs`: shape output.shape + input.shape (a tuple for several).

    >>> jacobian(lambda x: x ** 2, tensor([1., 3.]))
    tensor([[2., 0.],
            [0., 6.]])
    """
    given, alone = as_tuple(inputs, "The inputs given to jacobian")
    leaves = fresh(given, create_graph)
    outputs, one = call(func, leaves, "jacobian")
    with GradMode(create_graph):
        rows = tuple(jacobian_of(out, leaves, create_graph) for out in outputs)
    found = tuple(row[0] if alone else row for row in rows)
    return found[0] if one else found


@composite(
    "hessian(any func, any inputs, bool create_graph=False, bool strict=False, bool vectorize=False, "
    "str outer_jacobian_strategy='reverse-mode')",
    names=("autograd.functional.hessian",),
)
def hessian(func, inputs, create_graph, strict, vectorize, outer_jacobian_strategy):
    """The second derivatives of a scalar function at `inputs`.

    >>> hessian(lambda x: (x ** 3).sum(), tensor([1., 2.]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    given, alone = as_tuple(inputs, "The inputs given to hessian")
    leaves = fresh(given, create_graph)
    first = scalar_gradients(func, leaves, "hessian", True)[1]
    with GradMode(create_graph):
        rows = tuple(jacobian_of(g, leaves, create_graph) for g in first)
    return rows[0][0] if alone else rows


def scalar_gradients(
    f: Function, leaves: Sequence[Tensor], what: str, create: bool
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """A scalar function's value and its gradients."""
    outputs, one = call(f, leaves, what)
    if not one or outputs[0].spec.numel != 1:
        raise ShapeError(f"The function given to {what} should return a Tensor with a single element")
    out = registry["reshape"](outputs[0], ()) if outputs[0].spec.shape else outputs[0]
    with GradMode(create):
        return outputs[0], gradients(out, leaves, None, create)


def weights(v: Any, like: Sequence[Tensor], what: str) -> tuple[Tensor, ...]:
    """The vector of a vector product, checked; ones where it may be left out."""
    if v is None:
        if len(like) != 1 or like[0].spec.numel != 1:
            raise GradientError(
                f"The vector v can only be None if the {what} is a Tensor with a single element"
            )
        return (full_spec(like[0].spec, 1),)
    found, _ = as_tuple(v, "v")
    if len(found) != len(like) or any(a.spec.shape != b.spec.shape for a, b in zip(found, like, strict=True)):
        raise ShapeError(f"v must have the same shapes as the {what}", operands=(*found, *like))
    return found


def weighted(outputs: Sequence[Tensor], vector: Sequence[Tensor]) -> Tensor:
    """sum(output * v): its gradient is the vector product."""
    total = None
    for out, v in zip(outputs, vector, strict=True):
        term = registry["sum"](out * v)
        total = term if total is None else total + term
    assert total is not None
    return total


@composite(
    "vjp(any func, any inputs, any v=None, bool create_graph=False, bool strict=False)",
    names=("autograd.functional.vjp",),
)
def vjp(func, inputs, v, create_graph, strict):
    """(func(inputs), v · Jacobian).

    >>> vjp(lambda x: x * x, tensor([1., 2.]), tensor([1., 1.]))
    (tensor([1., 4.]), tensor([2., 4.]))
    """
    given, alone = as_tuple(inputs, "The inputs given to vjp")
    leaves = fresh(given, create_graph)
    outputs, one = call(func, leaves, "vjp")
    vector = weights(v, outputs, "output of the function")
    with GradMode(True):
        total = weighted(outputs, vector)
    found = gradients(total, leaves, None, create_graph)
    out = outputs if create_graph else tuple(o.alias() for o in outputs)
    return (out[0] if one else out), (found[0] if alone else found)


def push_forward(
    f: Function, leaves: Sequence[Tensor], tangents: Sequence[Tensor], what: str, create: bool
) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...], bool]:
    """Jacobian · tangents by differentiating the vector product by its vector (two backwards)."""
    outputs, one = call(f, leaves, what)
    found = []
    with GradMode(True):
        for out in outputs:
            dummy = require(full_spec(out.spec, 0))
            back = gradients(out, leaves, dummy, True)
            total = weighted(back, tangents)
            found.append(gradients(total, [dummy], None, create)[0])
    return outputs, tuple(found), one


@composite(
    "jvp(any func, any inputs, any v=None, bool create_graph=False, bool strict=False)",
    names=("autograd.functional.jvp",),
)
def jvp(func, inputs, v, create_graph, strict):
    """(func(inputs), Jacobian · v).

    >>> jvp(lambda x: x * x, tensor([1., 2.]), tensor([1., 1.]))
    (tensor([1., 4.]), tensor([2., 4.]))
    """
    given, _ = as_tuple(inputs, "The inputs given to jvp")
    leaves = fresh(given, create_graph)
    vector = weights(v, leaves, "input to the function")
    outputs, found, one = push_forward(func, leaves, vector, "jvp", create_graph)
    out = outputs if create_graph else tuple(o.alias() for o in outputs)
    return (out[0] if one else out), (found[0] if one else found)


def _second(func: Function, inputs: Any, v: Any, create_graph: bool, what: str) -> tuple[Tensor, Any]:
    given, alone = as_tuple(inputs, f"The inputs given to {what}")
    leaves = fresh(given, create_graph)
    vector = weights(v, leaves, "input to the function")
    out, first = scalar_gradients(func, leaves, what, True)
    with GradMode(True):
        total = weighted(first, vector)
    found = gradients(total, leaves, None, create_graph)
    return (out if create_graph else out.alias()), (found[0] if alone else found)


@composite(
    "hvp(any func, any inputs, any v=None, bool create_graph=False, bool strict=False)",
    names=("autograd.functional.hvp",),
)
def hvp(func, inputs, v, create_graph, strict):
    """(func(inputs), Hessian · v) of a scalar function.

    >>> hvp(lambda x: (x ** 3).sum(), tensor([1., 2.]), tensor([1., 0.]))
    (tensor(9.), tensor([6., 0.]))
    """
    return _second(func, inputs, v, create_graph, "hvp")


@composite(
    "vhp(any func, any inputs, any v=None, bool create_graph=False, bool strict=False)",
    names=("autograd.functional.vhp",),
)
def vhp(func, inputs, v, create_graph, strict):
    """(func(inputs), v · Hessian) of a scalar function.

    >>> vhp(lambda x: (x ** 3).sum(), tensor([1., 2.]), tensor([1., 0.]))
    (tensor(9.), tensor([6., 0.]))
    """
    return _second(func, inputs, v, create_graph, "vhp")
