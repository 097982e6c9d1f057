"""Derivatives of functions: jacobian, hessian, vector products, vmap, gradient checks.

Each transform calls the user's function on fresh leaves and walks the graph it leaves behind. Two
families of names, as in PyTorch: `autograd.functional.*` take the function and its inputs,
`func.*` (`torch.func`) turn a function into a function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..engine import backward as engine
from ..engine import dtype as dt
from ..engine.context import GradMode
from ..engine.op import composite, registry
from ..engine.tensor import Tensor, full_spec
from ..errors import ArgumentError, GradientError, ShapeError, ValueError

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


# ------------------------------------------------------------------ torch.func: function → function


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


# ------------------------------------------------------------------ checking gradients


def numerical_jacobian(f: Callable[[], Tensor], x: Tensor, eps: float) -> np.ndarray[Any, Any]:
    """Central differences of `f()` with respect to `x`, whose memory is moved and put back."""
    flat = x.array.reshape(-1)
    if not np.shares_memory(flat, x.array):
        raise ValueError("gradcheck wants inputs in one piece of memory", help="x.contiguous()")
    columns = []
    for i in range(flat.size):
        before = flat[i]
        sides = []
        for step in (eps, -eps):
            flat[i] = before + step
            sides.append(np.array(f().array))
        flat[i] = before
        columns.append(((sides[0] - sides[1]) / (2 * eps)).reshape(-1))
    n = columns[0].size if columns else f().spec.numel
    return np.stack(columns, 1) if columns else np.zeros((n, 0))


def _parts(out: Any) -> list[Tensor]:
    parts = [out] if isinstance(out, Tensor) else list(out)
    return [p for p in parts if isinstance(p, Tensor) and p.dtype.category >= dt.FLOAT and p.requires_grad]


def check(func: Function, inputs: tuple[Any, ...], eps: float, atol: float, rtol: float) -> str | None:
    """What is wrong with a function's gradients; None if they agree with central differences."""
    wanted = [t for t in inputs if isinstance(t, Tensor) and t.requires_grad]
    if not wanted:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of the them have "
            "requires_grad=True."
        )
    for k, out in enumerate(_all(func(*inputs))):
        if not out.requires_grad:
            continue
        analytic = jacobian_of(out, wanted, False)
        for i, (t, have) in enumerate(zip(wanted, analytic, strict=True)):
            with GradMode(False):
                saved = t.array.copy()
                numeric = numerical_jacobian(lambda k=k: _all(func(*inputs))[k], t, eps)
                np.copyto(t.array, saved)
            have_matrix = np.array(have.array).reshape(out.spec.numel, t.spec.numel)
            if not np.allclose(have_matrix, numeric, rtol, atol, equal_nan=True):
                return (
                    f"Jacobian mismatch for output {k} with respect to input {i},\n"
                    f"numerical:{registry['tensor'](numeric)!r}\nanalytical:{registry['tensor'](have_matrix)!r}\n"
                )
    return None


def _all(out: Any) -> list[Tensor]:
    parts = [out] if isinstance(out, Tensor) else list(out)
    return [p for p in parts if isinstance(p, Tensor) and p.dtype.category >= dt.FLOAT]


@composite(
    "gradcheck(any func, any inputs, *, float eps=1e-06, float atol=1e-05, float rtol=0.001, "
    "bool raise_exception=True)",
    names=("autograd.gradcheck",),
)
def gradcheck(func, inputs, eps, atol, rtol, raise_exception):
    """Whether the gradients of `func` agree with central differences at `inputs` (use float64).

    >>> gradcheck(tanh, tensor([0.5, 1.], dtype=float64, requires_grad=True))
    True
    """
    given = tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,)
    wrong = check(func, given, eps, atol, rtol)
    if wrong and raise_exception:
        raise GradientError(
            wrong, code="gradcheck", help="check in float64; kinks and steep places do not agree"
        )
    return wrong is None


@composite(
    "gradgradcheck(any func, any inputs, any grad_outputs=None, *, float eps=1e-06, float atol=1e-05, "
    "float rtol=0.001, bool raise_exception=True)",
    names=("autograd.gradgradcheck",),
)
def gradgradcheck(func, inputs, grad_outputs, eps, atol, rtol, raise_exception):
    """Whether second derivatives agree with central differences of the first.

    >>> gradgradcheck(tanh, tensor([0.5, 1.], dtype=float64, requires_grad=True))
    True
    """
    given = tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,)
    wanted = [t for t in given if isinstance(t, Tensor) and t.requires_grad]

    def first(*args: Any) -> tuple[Tensor, ...]:
        with GradMode(True):
            outputs = _parts(func(*args))
            total = weighted(outputs, [full_spec(o.spec, 1) for o in outputs])
            return gradients(total, wanted, None, True)

    wrong = check(first, given, eps, atol, rtol)
    if wrong and raise_exception:
        raise GradientError(wrong, code="gradgradcheck", help="check in float64")
    return wrong is None
