"""Functions of functions: `torch.func`'s grad, jacrev, hessian, vjp, jvp and vmap.

They compose: a transform inside another differentiates through what the inner one computed.
"""

from __future__ import annotations

from typing import Any

from ..engine.context import GradMode
from ..engine.op import composite, registry
from ..engine.tensor import Tensor
from ..errors import ShapeError, ValueError
from .functional import (
    Function,
    as_tuple,
    call,
    fresh,
    gradients,
    jacobian_of,
    push_forward,
    scalar_gradients,
    weighted,
)


def at_positions(
    f: Function, argnums: int | tuple[int, ...], args: tuple[Any, ...]
) -> tuple[Function, tuple[Tensor, ...], bool]:
    """`f` as a function of the arguments at `argnums` alone, and those arguments."""
    alone = isinstance(argnums, int)
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    for n in numbers:
        if not -len(args) <= n < len(args):
            raise ValueError(f"Got argnum={n}, but only {len(args)} positional inputs")

    def of(*chosen: Tensor) -> Any:
        full = list(args)
        for n, t in zip(numbers, chosen, strict=True):
            full[n] = t
        return f(*full)

    return of, tuple(args[n] for n in numbers), alone


@composite("grad_and_value(any func, any argnums=0, bool has_aux=False)", names=("func.grad_and_value",))
def grad_and_value(func, argnums, has_aux):
    """A function that returns (gradient, value) of a scalar function.

    >>> grad_and_value(lambda x: x ** 2)(tensor(3.))
    (tensor(6.), tensor(9.))
    """

    def transformed(*args: Any) -> Any:
        aux: list[Any] = []

        def value_only(*inner: Any) -> Any:
            out = func(*inner)
            if has_aux:
                out, extra = out
                aux.append(extra)
            return out

        of, chosen, alone = at_positions(value_only, argnums, args)
        leaves = fresh(chosen, True)
        value, found = scalar_gradients(of, leaves, "grad", True)
        gradient = found[0] if alone else found
        return (gradient, (value, aux[-1])) if has_aux else (gradient, value)

    return outside(transformed)


def outside(f: Function) -> Function:
    """Results leave the graph unless an argument asked for one (an outer transform, or the user)."""

    def wrapped(*args: Any) -> Any:
        result = f(*args)
        wanted = any(isinstance(a, Tensor) and a.requires_grad for a in args)
        return result if wanted else detached(result)

    return wrapped


def detached(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.alias() if value.requires_grad else value
    return tuple(detached(v) for v in value) if type(value) is tuple else value


@composite("func.grad(any func, any argnums=0, bool has_aux=False)", names=("func.grad",))
def func_grad(func, argnums, has_aux):
    """A function that returns the gradient of a scalar function with respect to argument `argnums`.

    >>> torch.func.grad(lambda x: x ** 3)(tensor(2.))
    tensor(12.)
    """
    both = grad_and_value(func, argnums, has_aux)

    def transformed(*args: Any) -> Any:
        gradient, value = both(*args)
        return (gradient, value[1]) if has_aux else gradient

    return transformed


def _jacobian_function(func: Function, argnums: Any) -> Function:
    def transformed(*args: Any) -> Any:
        of, chosen, alone = at_positions(func, argnums, args)
        leaves = fresh(chosen, True)
        outputs, one = call(of, leaves, "jacrev")
        with GradMode(True):
            rows = tuple(jacobian_of(out, leaves, True) for out in outputs)
        found = tuple(row[0] if alone else row for row in rows)
        return found[0] if one else found

    return outside(transformed)


@composite("jacrev(any func, any argnums=0)", names=("func.jacrev",))
def jacrev(func, argnums):
    """A function that returns the Jacobian of `func`, computed row by row.

    >>> jacrev(lambda x: x ** 2)(tensor([1., 3.]))
    tensor([[2., 0.],
            [0., 6.]])
    """
    return _jacobian_function(func, argnums)


@composite("jacfwd(any func, any argnums=0)", names=("func.jacfwd",))
def jacfwd(func, argnums):
    """A function that returns the Jacobian of `func` (the same values as `jacrev`).

    >>> jacfwd(lambda x: x ** 2)(tensor([1., 3.]))
    tensor([[2., 0.],
            [0., 6.]])
    """
    return _jacobian_function(func, argnums)


@composite("func.hessian(any func, any argnums=0)", names=("func.hessian",))
def func_hessian(func, argnums):
    """A function that returns the Hessian of a scalar function.

    >>> torch.func.hessian(lambda x: (x ** 3).sum())(tensor([1., 2.]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return _jacobian_function(_jacobian_function(func, argnums), argnums)


@composite("func.vjp(any func, any primals)", names=())
def _func_vjp(func, primals):
    """(func(*primals), the function v ↦ v · Jacobian)."""
    leaves = fresh(primals, True)
    outputs, one = call(func, leaves, "vjp")

    def pull(*v: Any) -> Any:
        vector = v if len(v) == len(outputs) else tuple(v[0])
        with GradMode(True):
            total = weighted(outputs, vector)
        wanted = any(t.requires_grad for t in (*primals, *vector))
        return gradients(total, leaves, None, wanted)

    wanted = any(t.requires_grad for t in primals)
    out = outputs if wanted else tuple(o.alias() for o in outputs)
    return (out[0] if one else out), pull


def func_vjp(func: Function, *primals: Any) -> Any:
    """`torch.func.vjp(func, *primals)`: the output, and a function from v to the tuple v · Jacobian."""
    return _func_vjp(func, tuple(primals))


def func_jvp(func: Function, primals: Any, tangents: Any) -> Any:
    """`torch.func.jvp(func, primals, tangents)`: (output, Jacobian · tangents)."""
    given, _ = as_tuple(primals, "primals")
    vector, _ = as_tuple(tangents, "tangents")
    leaves = fresh(given, True)
    outputs, found, one = push_forward(func, leaves, vector, "jvp", True)
    result = (outputs[0] if one else outputs), (found[0] if one else found)
    return result if any(t.requires_grad for t in (*given, *vector)) else detached(result)


registry["func.vjp"] = func_vjp  # type: ignore[assignment]
registry["func.jvp"] = func_jvp  # type: ignore[assignment]


@composite(
    "vmap(any func, any in_dims=0, any out_dims=0, str randomness='error', int? chunk_size=None)",
    names=("torch.vmap", "func.vmap"),
)
def vmap(func, in_dims, out_dims, randomness, chunk_size):
    """A function that applies `func` to each slice along `in_dims` and stacks the results.

    >>> vmap(dot)(ones(3, 2), ones(3, 2))
    tensor([2., 2., 2.])
    """

    def transformed(*args: Any) -> Any:
        dims = tuple(in_dims) if isinstance(in_dims, tuple | list) else (in_dims,) * len(args)
        if len(dims) != len(args):
            raise ValueError(f"vmap: in_dims has {len(dims)} entries for {len(args)} inputs")
        sizes = {a.spec.shape[d] for a, d in zip(args, dims, strict=True) if d is not None}
        if not sizes:
            raise ValueError(
                "vmap: at least one input must have a dimension to map over (in_dims is all None)"
            )
        if len(sizes) > 1:
            raise ShapeError(
                "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
                f"{[a.spec.shape[d] for a, d in zip(args, dims, strict=True) if d is not None]} "
                "for the mapped dimension",
                operands=args,
            )
        results = []
        for i in range(sizes.pop()):
            chosen = [
                a if d is None else registry["select"](a, d, i) for a, d in zip(args, dims, strict=True)
            ]
            results.append(func(*chosen))
        return stacked(results, out_dims)

    return transformed


def stacked(results: list[Any], out_dims: Any) -> Any:
    """Results of the slices as one tensor, or a tuple of tensors, along `out_dims`."""
    if not results:
        raise ValueError("vmap: the mapped dimension has size 0")
    if isinstance(results[0], tuple | list):
        dims = out_dims if isinstance(out_dims, tuple | list) else (out_dims,) * len(results[0])
        return tuple(stacked([r[k] for r in results], dims[k]) for k in range(len(results[0])))
    tensors = [r if isinstance(r, Tensor) else registry["tensor"](r) for r in results]
    return registry["stack"](tensors, out_dims)
