"""Sparse tensors element by element: sums, multiples, and functions that leave zero zero."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.core.spec import broadcast_shapes
from ...engine.graph.node import titled
from ...engine.numerics.fma import multiply_add
from ...engine.records.op import op, registry
from ...engine.run.inplace import apply_inplace
from ...engine.values.sparse import Sparse, on_sparse
from ...engine.values.tensor import Tensor
from ...errors import BadValue, ShapeError
from .parts import coalesce, flat_places, grouped, placed, sparse, taken, to_dense, unflattened

#: functions of one number that are 0 at 0
KEPT = (
    "abs absolute asin arcsin asinh arcsinh atan arctan atanh arctanh ceil deg2rad erf erfinv expm1 fix floor frac "
    "isinf isnan isneginf isposinf log1p nan_to_num positive rad2deg relu round sgn sign signbit sin sinh sqrt square "
    "tan tanh trunc"
)
#: those that are linear: elements of one place need not be added up first
LINEAR = "neg negative"


def elementwise(name: str, merge: bool) -> None:
    @on_sparse(name)
    def function(x: Sparse, *args: Any, **named: Any) -> Sparse:
        found = coalesce_if_needed(x) if merge else x
        return found.like(registry[name](found.elements, *args, **named))


def coalesce_if_needed(x: Sparse) -> Sparse:
    """Each place once; what is so already keeps its order."""
    flat = flat_places(x.places.array, x.spec.shape)
    return x if x.coalesced or np.unique(flat).size == flat.size else coalesce(x)


for _name in KEPT.split():
    elementwise(_name, True)
for _name in LINEAR.split():
    elementwise(_name, False)


@on_sparse("pow", "pow_")
def power(x: Any, exponent: Any) -> Any:
    if isinstance(exponent, Tensor) or exponent == 0:
        raise BadValue("pow: Tensor exponent is not supported for sparse tensors", raises=NotImplementedError)
    found = coalesce_if_needed(x)
    return found.like(found.elements.pow(exponent))


# ------------------------------------------------------------------ sums


@on_sparse("add")
def add(a: Any, b: Any, *, alpha: Any = 1) -> Any:
    """`a + alpha * b`: of two sparse tensors; onto a dense one."""
    if isinstance(a, Sparse) and isinstance(b, Sparse):
        return merged(a, b, alpha)
    if isinstance(a, Sparse):
        raise BadValue(
            "add(sparse, dense) is not supported. Use add(dense, sparse) instead.",
            help="x.to_dense() + y, or y + x",
        )
    if a.spec.shape != b.spec.shape:
        raise ShapeError(
            "add: expected 'self' and 'other' to have same size, but self has size "
            f"{list(a.spec.shape)} while other has size {list(b.spec.shape)} (FYI: dense-sparse addition does not "
            "currently support broadcasting)"
        )
    return added_to(a, b.elements, b.places, alpha)


@on_sparse("sub", "subtract")
def sub(a: Any, b: Any, *, alpha: Any = 1) -> Any:
    return add(a, b, alpha=-alpha)


@on_sparse("add_")
def add_(a: Any, b: Any, *, alpha: Any = 1) -> Any:
    if isinstance(a, Sparse):
        return a.become(add(a, b, alpha=alpha))
    return apply_inplace(added_to, (a, b.elements, b.places, alpha))


@on_sparse("sub_")
def sub_(a: Any, b: Any, *, alpha: Any = 1) -> Any:
    return add_(a, b, alpha=-alpha)


@op(
    "add_elements(Tensor input, Tensor elements, Tensor places, Number alpha=1)",
    infer=lambda input, elements, places, alpha: input,
    names=(),
    grad_fn="AddBackward0",
)
def added_to(input, elements, places, alpha):
    """`input`, to whose elements at places `alpha` times others are added, one after the other."""
    out = input.copy()
    for at in rounds(tuple(places), input.shape):
        rows = tuple(r[at] for r in places)
        out[rows] = multiply_add(elements[at], elements.dtype.type(alpha), out[rows])
    return out


@added_to.derivative("input")
def _(grad):
    return grad


@added_to.derivative("elements")
def _(grad, places, alpha):
    return taken(grad, places) * alpha


def rounds(places: tuple[Any, ...], shape: tuple[int, ...]) -> list[Any]:
    """The elements in groups that have each place once, in their order: what is added at once adds one by one."""
    flat = flat_places(np.stack(places), shape) if places else np.zeros(1, np.int64)
    order = np.argsort(flat, kind="stable")
    ranked = flat[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    number = np.arange(flat.size) - np.repeat(starts, np.diff(np.r_[starts, flat.size]))
    nth = np.empty(flat.size, np.int64)
    nth[order] = number
    return [np.flatnonzero(nth == n) for n in range(int(nth.max()) + 1)] if flat.size else []


def merged(a: Sparse, b: Sparse, alpha: Any) -> Sparse:
    """The sum of two sparse tensors, their places merged as two lists in order are."""
    if a.spec.shape != b.spec.shape:
        raise ShapeError(
            f"add: expected sizes of 'self' and 'other' to match, but {list(a.spec.shape)} != {list(b.spec.shape)}"
        )
    second = b.elements if alpha == 1 else b.elements * alpha
    both = registry["cat"]([a.elements, second])
    places = np.concatenate([a.places.array, b.places.array], axis=1)
    in_order = a.elements.in_order and b.elements.in_order
    if not in_order:
        return sparse(placed(places), both, a.spec.shape)
    shape = a.spec.shape[: a.sparse_dims]
    left, right = flat_places(a.places.array, shape), flat_places(b.places.array, shape)
    if all((each[1:] > each[:-1]).all() for each in (left, right)):
        numbers = np.union1d(left, right)
        groups = np.searchsorted(numbers, np.concatenate([left, right]))
    else:
        numbers, groups = map(np.array, _in_turn(left.tolist(), right.tolist()))
    elements = grouped(both, placed(groups.astype(np.int64)), len(numbers))
    if elements.requires_grad:
        titled("AddBackward0", elements)
    found = unflattened(numbers.astype(np.int64), shape)
    return sparse(placed(found), elements, a.spec.shape, a.coalesced and b.coalesced)


def _in_turn(left: list[int], right: list[int]) -> tuple[list[int], list[int]]:
    """Two lists merged by the smaller of the first that are left, though neither need be in order; equal ones once.

    With the numbers, which of them each of the left and each of the right has become.
    """
    end = math.inf
    ahead, behind = iter([*left, end]), iter([*right, end])
    numbers: list[Any] = []
    of_left: list[int] = []
    of_right: list[int] = []
    x: Any = next(ahead)
    y: Any = next(behind)
    while x != end or y != end:
        place = len(numbers)
        numbers.append(x if x <= y else y)
        if x < y:
            of_left.append(place)
            x = next(ahead)
        elif y < x:
            of_right.append(place)
            y = next(behind)
        else:
            of_left.append(place)
            of_right.append(place)
            x, y = next(ahead), next(behind)
    return numbers, of_left + of_right


# ------------------------------------------------------------------ products


@on_sparse("mul", "multiply")
def mul(a: Any, b: Any) -> Any:
    """Element by element: what one of the two does not store is 0."""
    if not isinstance(a, Sparse):
        a, b = b, a
    if isinstance(b, Sparse):
        return common(a, b)
    if isinstance(b, Tensor) and b.ndim:
        shape = broadcast_shapes(a.spec.shape, b.spec.shape)
        if shape != a.spec.shape:
            raise ShapeError(f"mul(sparse, dense): cannot broadcast {list(a.spec.shape)} to {list(shape)}")
        return a.like(a.elements * taken(b.expand(shape), a.places))
    return a.like(a.elements * b)


def common(a: Sparse, b: Sparse) -> Sparse:
    """The product of the elements of places that both store."""
    if a.spec.shape != b.spec.shape:
        return mul(a, to_dense(b))
    a, b = coalesce(a), coalesce(b)
    shape = a.spec.shape[: a.sparse_dims]
    left, right = flat_places(a.places.array, shape), flat_places(b.places.array, shape)
    numbers, at, there = np.intersect1d(left, right, return_indices=True)
    elements = registry["index_select"](a.elements, 0, placed(at)) * registry["index_select"](
        b.elements, 0, placed(there)
    )
    return sparse(placed(unflattened(numbers, shape)), elements, a.spec.shape, True)


@on_sparse("div", "divide", "true_divide", "floor_divide")
def div(a: Any, b: Any, *, rounding_mode: Any = None) -> Any:
    if not isinstance(a, Sparse) or (isinstance(b, Tensor) and b.ndim):
        raise BadValue("Sparse division requires a scalar or zero-dim dense tensor divisor")
    return a.like(registry["div"](a.elements, b, rounding_mode=rounding_mode))


@on_sparse("mul_")
def mul_(a: Any, b: Any) -> Any:
    if not isinstance(a, Sparse):
        return a.copy_(to_dense(mul(a, b)))
    return a.become(mul(a, b))


@on_sparse("div_")
def div_(a: Any, b: Any) -> Any:
    return a.become(div(a, b))


for _name in ("neg_", "abs_", "sqrt_", "relu_"):

    @on_sparse(_name)
    def in_place(x: Sparse, name: str = _name) -> Sparse:
        return x.become(x.like(registry[name[:-1]](x.elements)))
