"""The largest and the smallest: max, min, amax, amin, aminmax, argmax, argmin.

Each comes as a pair that differs only in direction, so each pair is made by one function. NaN wins
every comparison, as in PyTorch. Where several elements are extreme, `max(dim)` names the first one
and sends the gradient there; the full `max` and `amax` share it evenly.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.calls.accepts import is_int
from ...engine.core import dtype as dt
from ...engine.core.results import named_result
from ...engine.core.spec import Spec
from ...engine.numerics.along import taken_along
from ...engine.records.op import Op, composite, op, registry
from ...engine.records.schema import ABSENT
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...errors import BadIndex, BadValue, DTypeError, Kind
from ..rules.infer import bad_call, keeps, reduced, wrap_dim, wrap_dims
from ..rules.memory_order import row_by_row
from .totals import kept

LARGEST = (np.maximum.reduce, np.argmax)
SMALLEST = (np.minimum.reduce, np.argmin)


def nonempty(name: str, input: Spec, dim: Any, error: Kind = BadValue) -> None:
    """An extreme of no elements does not exist: PyTorch's error, which names the dimension."""
    if input.numel:
        return
    if dim is None or dim == ():
        raise error(
            f"{name}(): Expected reduction dim to be specified for input.numel() == 0."
            + ("" if name.startswith("arg") else " Specify the reduction dim with the 'dim' argument."),
            code="empty-reduction",
        )
    for d in wrap_dims(dim, input.ndim):
        if input.shape[d] == 0:
            raise BadIndex(
                f"{name}(): Expected reduction dim {d} to have non-zero size.", code="empty-reduction"
            )


def pick(zero_of: Spec, dim: int, keepdim: bool, indices: Tensor, grad: Tensor) -> Tensor:
    """The gradient of a reduction that chose one element a row: `grad` there, zero elsewhere."""
    if not zero_of.shape:
        return grad
    dim = wrap_dim(dim, zero_of.ndim)
    if not keepdim:
        grad, indices = grad.unsqueeze(dim), indices.unsqueeze(dim)
    return registry["zeros"](zero_of.shape, dtype=grad.dtype, device=grad.device).scatter(dim, indices, grad)


def share(grad: Tensor, input: Tensor, output: Tensor) -> Tensor:
    """Spread the gradient of one value evenly over the elements that equal it (or are NaN with it)."""
    equal = (input == output) | (input.isnan() & output.isnan())
    return equal * (grad / equal.sum())


def _index_of(arg: Any, x: np.ndarray[Any, Any], dim: int) -> np.ndarray[Any, Any]:
    """Where the extreme is along `dim`, which stays with size 1."""
    if x.dtype.kind == "b":
        x = x.view(np.uint8)
    return arg(x, axis=dim, keepdims=True)


# ------------------------------------------------------------------ max and min: three overloads


def extreme(name: str, way: Any, other_op: str, example: str) -> Op:
    """`max` or `min`."""
    reduce, arg = way
    title = name.capitalize()

    def whole_rule(input: Spec) -> Spec:
        nonempty(name, input, None)
        if input.dtype.is_complex:
            raise DTypeError(
                f"\"{name}_all\" not implemented for '{input.dtype.title}'", raises=NotImplementedError
            )
        return input.with_shape(())

    @op(
        f"{name}(Tensor input)",
        infer=whole_rule,
        grad_fn=f"{title}Backward1",
        names=(),
        half="native",
    )
    def whole(x):
        return reduce(x, axis=None)

    @whole.batched
    def _(slices, x):
        return registry["a" + name](*slices.whole(x))

    @whole.derivative("input")
    def _(grad, input, output):
        return share(grad, input, output)

    def along_rule(input: Spec, dim: int, keepdim: bool) -> tuple[Spec, Spec]:
        out = reduced(input, dim, keepdim)
        if input.dtype.is_complex:
            raise DTypeError(f"{name}(): does not support complex input")
        nonempty(name, input, dim)
        return out, out.with_dtype(dt.int64)

    @op(
        f"{name}(Tensor input, int dim, bool keepdim=False)",
        batching="along",
        infer=along_rule,
        grad_fn=f"{title}Backward0",
        names=(),
    )
    def along(x, dim, keepdim):
        if not x.ndim:
            return x.copy(), np.zeros((), np.int64)
        indices = _index_of(arg, x, dim)
        values = taken_along(x, indices, dim)
        return (values, indices) if keepdim else (values.squeeze(dim), indices.squeeze(dim))

    @along.derivative("input")
    def _(grad, input_spec, dim, keepdim, outputs):
        return pick(input_spec, dim, keepdim, outputs[1], grad)

    result = named_result(name, ("values", "indices"))

    def front(input, dim, keepdim, other):
        if isinstance(dim, Tensor) and other is ABSENT:
            dim, other = ABSENT, dim
        if other is not ABSENT:
            if keepdim is not ABSENT or dim is not ABSENT or not isinstance(other, Tensor):
                raise bad_call(name, input, other, dim=dim, keepdim=keepdim)
            return registry[other_op](input, other)
        if dim is ABSENT and keepdim is ABSENT:
            return apply(whole, (input,))
        keepdim = keeps(name, input, dim, keepdim)
        if not is_int(dim):
            raise bad_call(name, input, dim)
        return result(apply(along, (input, int(dim), keepdim)))

    word = "largest" if name == "max" else "smallest"
    return composite(
        f"{name}(Tensor input, any dim=..., bool keepdim=..., *, any other=...)",
        sample=([[1.0, -2.0], [3.0, 0.5]],),
        doc=f"""The {word} element; with `dim`, the {word} along it and where it is; with a tensor,
        the {word} of each pair of elements.

        {example}
        """,
    )(front)


max = extreme(
    "max",
    LARGEST,
    "maximum",
    """>>> max(tensor([[1., 5.], [7., 3.]]))
        tensor(7.)
        >>> max([[1., 5.], [7., 3.]], dim=1)
        torch.return_types.max(
        values=tensor([5., 7.]),
        indices=tensor([1, 0]))""",
)
min = extreme(
    "min",
    SMALLEST,
    "minimum",
    """>>> min(tensor([[1., 5.], [7., 3.]]))
        tensor(1.)
        >>> min([[1., 5.], [7., 3.]], dim=1)
        torch.return_types.min(
        values=tensor([1., 3.]),
        indices=tensor([0, 1]))""",
)


# ------------------------------------------------------------------ amax and amin


def shared_extreme(name: str, way: Any, kernel_name: str, example: str) -> Op:
    """`amax` or `amin`."""
    reduce = way[0]

    def rule(input: Spec, dim: Any, keepdim: bool) -> Spec:
        nonempty(name, input, dim)
        out = reduced(input, dim, keepdim)
        if input.dtype.is_complex:
            raise DTypeError(
                f"\"{kernel_name}\" not implemented for '{input.dtype.title}'", raises=NotImplementedError
            )
        return out

    @op(
        f"{name}(Tensor input, int[]? dim=(), bool keepdim=False)",
        batching="along all",
        infer=rule,
        half="native",
        sample=([[1.0, -2.0], [3.0, 2.5]], 1),
        doc=f"""The {"largest" if name == "amax" else "smallest"} element over the dimensions `dim`;
        equal ones share the gradient.

        {example}
        """,
    )
    def record(x, dim, keepdim):
        return row_by_row(reduce(x, axis=wrap_dims(dim, x.ndim), keepdims=keepdim))

    @record.derivative("input")
    def _(grad, input, output, dim, keepdim):
        over = input.spec
        mask = input == kept(output, over, dim, keepdim)
        each = kept(grad, over, dim, keepdim) * mask
        return each / (mask.sum(dim, True) if over.shape else 1)

    return record


amax = shared_extreme(
    "amax", LARGEST, "max_values_cpu", ">>> amax([[1., 5.], [7., 3.]], dim=0)\n        tensor([7., 5.])"
)
amin = shared_extreme(
    "amin", SMALLEST, "min_values_cpu", ">>> amin([[1., 5.], [7., 3.]], dim=0)\n        tensor([1., 3.])"
)


def _aminmax_rule(input: Spec, dim: int | None, keepdim: bool) -> tuple[Spec, Spec]:
    if dim is None and not input.numel:
        raise BadValue(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity.",
            code="empty-reduction",
        )
    out = reduced(input, dim, keepdim)
    if dim is not None and input.shape and not input.shape[wrap_dim(dim, input.ndim)]:
        raise BadIndex(
            f"aminmax: Expected reduction dim {wrap_dim(dim, input.ndim)} to have non-zero size.",
            code="empty-reduction",
        )
    if input.dtype.is_complex:
        raise DTypeError(
            f"\"aminmax_cpu\" not implemented for '{input.dtype.title}'", raises=NotImplementedError
        )
    return out, out


@op(
    "aminmax(Tensor input, *, int? dim=None, bool keepdim=False)",
    batching="along flat",
    infer=_aminmax_rule,
    names=(),
    half="native",
)
def aminmax_pair(x, dim, keepdim):
    axes = wrap_dims(dim, x.ndim)
    least, most = (each.reduce(x, axis=axes, keepdims=keepdim) for each in (np.minimum, np.maximum))
    return row_by_row(least), row_by_row(most)


@aminmax_pair.derivative("input")
def _(grads, input, outputs, dim, keepdim):
    total = None
    for grad, output in zip(grads, outputs, strict=True):
        if grad is None:
            continue
        mask = input == kept(output, input.spec, dim, keepdim)
        each = kept(grad, input.spec, dim, keepdim) * mask
        part = each / (mask.sum(dim, True) if input.spec.shape else 1)
        total = part if total is None else total + part
    return total


@composite("aminmax(Tensor input, *, int? dim=None, bool keepdim=False)", sample=([1.0, -2.0, 3.0],))
def aminmax(input, dim, keepdim):
    """The smallest and the largest element, of all or along `dim`.

    >>> aminmax([3., 1., 2.])
    torch.return_types.aminmax(
    min=tensor(1.),
    max=tensor(3.))
    """
    return named_result("aminmax", ("min", "max"))(apply(aminmax_pair, (input, dim, keepdim)))


# ------------------------------------------------------------------ argmax and argmin


def position(name: str, way: Any, example: str) -> Op:
    """`argmax` or `argmin`."""
    _, arg = way

    def rule(input: Spec, dim: int | None, keepdim: bool) -> Spec:
        if input.dtype.is_complex or input.dtype is dt.bool_:
            kind = "bool" if input.dtype is dt.bool_ else "complex"
            raise DTypeError(f"{name}(): does not support {kind} input", help="convert it to integers first")
        nonempty(name, input, dim, BadIndex)
        return reduced(input, dim, keepdim, dt.int64)

    @op(
        f"{name}(Tensor input, int? dim=None, bool keepdim=False)",
        batching="along flat",
        infer=rule,
        nondifferentiable=True,
        doc=f"""Where the {"largest" if name == "argmax" else "smallest"} element is: its position among
        all elements, or along `dim`. The first one counts.

        {example}
        """,
    )
    def record(x, dim, keepdim):
        if dim is None or not x.ndim:
            found = np.asarray(arg(x))
            return found.reshape((1,) * x.ndim) if keepdim else found
        return arg(x, axis=dim, keepdims=keepdim)

    return record


argmax = position("argmax", LARGEST, ">>> argmax([[1., 5.], [7., 3.]], dim=1)\n        tensor([1, 0])")
argmin = position("argmin", SMALLEST, ">>> argmin([[1., 5.], [7., 3.]])\n        tensor(0)")
