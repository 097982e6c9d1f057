"""Order: sort, argsort, msort, topk, kthvalue, median, nanmedian, mode.

NaN is larger than every number. All of them return values with the indices they came from, and the
gradient of a value goes to its index. Which of several equal elements an index names is PyTorch's
choice (see `engine/numerics/selection.py`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.results import named_result
from ...engine.core.spec import Spec
from ...engine.numerics.along import taken_along
from ...engine.numerics.selection import SHORT, each_row, quick_select, ranks, std_sort, top
from ...engine.records.op import Op, composite, op
from ...engine.records.schema import ABSENT
from ...engine.run.apply import apply
from ...errors import BadValue, DTypeError
from ..rules.infer import keeps, reduced, wrap_dim
from ..rules.memory_order import laid_out
from .extremes import nonempty, pick, share

Array = np.ndarray[Any, Any]


def stable_order(x: Array, descending: bool = False) -> Array:
    """The stable argsort of the last axis, NaN largest."""
    if not descending:
        return np.argsort(x, axis=-1, kind="stable")
    n = x.shape[-1]
    return n - 1 - np.argsort(x[..., ::-1], axis=-1, kind="stable")[..., ::-1]


def tied(x: Array, order: Array) -> Array:
    """Of each row whether neighbours in order are equal somewhere."""
    ordered = taken_along(x, order, -1)
    equal = ordered[..., 1:] == ordered[..., :-1]
    if x.dtype.kind == "f":
        missing = np.isnan(ordered)
        equal |= missing[..., 1:] & missing[..., :-1]
    found: Array = equal.any(-1)
    return found


def order_and_ties(x: Array, descending: bool = False) -> tuple[Array, Array]:
    """`stable_order`, and which rows are tied; the others have one order only, and a faster way to it."""
    if x.dtype.kind != "f" or x.shape[-1] <= SHORT:
        order = stable_order(x, descending)
        return order, tied(x, order)
    order = np.argsort(x, axis=-1)
    if descending:
        order = order[..., ::-1].copy()
    rows = tied(x, order)
    if rows.any():
        order[rows] = stable_order(x[rows], descending)
    return order, rows


def sorting_order(x: Array, descending: bool, stable: bool) -> Array:
    """What PyTorch's sort makes of the last axis."""
    if x.shape[-1] <= SHORT:
        return stable_order(x, descending)
    order, rows = order_and_ties(x, descending)
    if not stable and rows.any():
        order[rows] = each_row(ranks(x[rows], descending), std_sort, order[rows])
    return order


#: of at least so many times what is wanted, no more than that is put in order
FEW = 8


def first(x: Array, k: int, largest: bool, sorted: bool) -> Array:
    """Where PyTorch's topk finds the first k of each row."""
    if sorted and 0 < k * FEW < x.shape[-1] and x.dtype.kind in "fi":
        head, rows = _first_of_many(x, k, largest)
        if rows.any():
            head[rows] = _first_in_order(x[rows], k, largest, sorted)
        return head
    return _first_in_order(x, k, largest, sorted)


def _first_in_order(x: Array, k: int, largest: bool, sorted: bool) -> Array:
    order, _ = order_and_ties(x, largest)
    head = order[..., :k]
    if k and (not sorted or tied(x, order[..., : k + 1]).any()):
        head = each_row(ranks(x, largest), lambda keys: top(keys, k, sorted), head)
    return head


def _first_of_many(x: Array, k: int, largest: bool) -> tuple[Array, Array]:
    """The same of long rows, and in which of them it is not, since there are equal numbers or NaN among the first."""
    # the next one, which may be equal to the last of them, is looked at too
    at = x.shape[-1] - k - 1 if largest else k
    order = np.argpartition(x, at, -1)
    order = order[..., at:] if largest else order[..., : k + 1]
    values = taken_along(x, order, -1)
    by = np.argsort(values, -1)
    order = taken_along(order, by[..., ::-1] if largest else by, -1)
    rows = tied(x, order)
    if x.dtype.kind == "f":
        rows = rows | np.isnan(values).any(-1)
    return order[..., :k], rows


def last_axis(x: Array, dim: int) -> Array:
    """The axis `dim` last; a 0-d array as one element."""
    x = np.atleast_1d(x)
    return x if dim in (-1, x.ndim - 1) else np.moveaxis(x, dim, -1)


def taken(x: Array, dim: int, order: Array) -> tuple[Array, Array]:
    """Values and indices of `order` (along the last axis), laid out as `x` is."""
    if not x.ndim:
        return x.reshape(order.shape[:-1] if order.ndim > 1 else ()), order.reshape(())
    values = taken_along(last_axis(x, dim), order, -1)
    if dim not in (-1, x.ndim - 1):
        values, order = np.moveaxis(values, -1, dim), np.moveaxis(order, -1, dim)
    return laid_out(values, x), laid_out(order, x)


# ------------------------------------------------------------------ sort


def _sort_rule(input: Spec, dim: int, *_: Any) -> tuple[Spec, Spec]:
    wrap_dim(dim, input.ndim)
    if input.dtype.is_complex:
        raise DTypeError(" Sort does not support complex dtypes on CPU", help="sort the absolute values")
    return input, input.with_dtype(dt.int64)


@op(
    "sort(Tensor input, int dim, bool descending, bool? stable)",
    batching="along",
    infer=_sort_rule,
    grad_fn=lambda specs: "SortBackward0" if specs[3] is None else "SortBackward1",
    names=(),
)
def sort_pair(x, dim, descending, stable):
    return taken(x, dim, sorting_order(last_axis(x, dim), descending, bool(stable)))


@sort_pair.derivative("input")
def _(grad, input_spec, dim, outputs):
    return pick(input_spec, dim, True, outputs[1], grad)


@composite(
    "sort(Tensor input, int dim=-1, bool descending=False, bool? stable=None)",
    sample=([[3.0, 1.0, 2.0], [0.5, 4.0, -1.0]],),
)
def sort(input, dim, descending, stable):
    """The elements in order along `dim`, and where each came from.

    >>> sort([3, 1, 2])
    torch.return_types.sort(
    values=tensor([1, 2, 3]),
    indices=tensor([1, 2, 0]))
    """
    return named_result("sort", ("values", "indices"))(apply(sort_pair, (input, dim, descending, stable)))


@op(
    "argsort(Tensor input, int dim=-1, bool descending=False, bool stable=False)",
    batching="along",
    infer=lambda *a: _sort_rule(*a)[1],
    nondifferentiable=True,
)
def argsort(x, dim, descending, stable):
    """The indices that sort `input` along `dim`.

    >>> argsort([3, 1, 2])
    tensor([1, 2, 0])
    """
    return taken(x, dim, sorting_order(last_axis(x, dim), descending, stable))[1]


@composite("msort(Tensor input)", names=("torch.msort", "Tensor.msort"), sample=([[3.0, 1.0], [0.5, 4.0]],))
def msort(input):
    """The elements in order along the first dimension.

    >>> msort([[3, 1], [2, 4]])
    tensor([[2, 1],
            [3, 4]])
    """
    return apply(sort_pair, (input, 0, False, None))[0]


# ------------------------------------------------------------------ topk and kthvalue


def _topk_rule(input: Spec, k: int, dim: int, largest: bool, sorted: bool) -> tuple[Spec, Spec]:
    at = wrap_dim(dim, input.ndim)
    size = input.shape[at] if input.shape else 1
    if not 0 <= k <= size:
        raise BadValue(
            "selected index k out of range",
            code="topk-range",
            help=f"k can be 0 to {size}, the size of dimension {at}",
        )
    if input.dtype.is_complex:
        raise DTypeError(" topk does not support complex dtypes on CPU")
    if input.dtype is dt.bool_:
        raise DTypeError("topk does not support bool dtypes on CPU", help="convert it: x.int()")
    out = input.with_shape((*input.shape[:at], k, *input.shape[at + 1 :])) if input.shape else input
    return out, out.with_dtype(dt.int64)


@op(
    "topk(Tensor input, int k, int dim, bool largest, bool sorted)",
    batching="along",
    infer=_topk_rule,
    names=(),
)
def topk_pair(x, k, dim, largest, sorted):
    return taken(x, dim, first(last_axis(x, dim), k, largest, sorted))


@topk_pair.derivative("input")
def _(grad, input_spec, dim, outputs):
    return pick(input_spec, dim, True, outputs[1], grad)


@composite(
    "topk(Tensor input, int k, int dim=-1, bool largest=True, bool sorted=True)",
    sample=([[3.0, 1.0, 2.0], [0.5, 4.0, -1.0]], 2),
)
def topk(input, k, dim, largest, sorted):
    """The `k` largest elements along `dim` (the smallest if not `largest`), and where they are.

    >>> topk([3., 1., 2.], 2)
    torch.return_types.topk(
    values=tensor([3., 2.]),
    indices=tensor([0, 2]))
    """
    return named_result("topk", ("values", "indices"))(apply(topk_pair, (input, k, dim, largest, sorted)))


def selecting(name: str, input: Spec, dim: int, keepdim: bool, kernel: str = "") -> tuple[Spec, Spec]:
    """The rule of reductions that select one element along `dim`."""
    out = reduced(input, dim, keepdim)
    nonempty(name, input, dim)
    if input.dtype.is_complex or (kernel in ("median_out", "kthvalue_cpu") and input.dtype is dt.bool_):
        raise DTypeError(
            f"\"{kernel}\" not implemented for '{input.dtype.title}'", raises=NotImplementedError
        )
    return out, out.with_dtype(dt.int64)


def selected(x: Array, dim: int, keepdim: bool, index: Array) -> tuple[Array, Array]:
    """Values and indices of the one element that `index` (along the last axis) selects in each row."""
    if not x.ndim:
        return x.copy(), np.zeros((), np.int64)
    values, indices = taken(x, dim, index[..., None])
    return (values, indices) if keepdim else (values.squeeze(dim), indices.squeeze(dim))


def _kthvalue_rule(input: Spec, k: int, dim: int, keepdim: bool) -> tuple[Spec, Spec]:
    at = wrap_dim(dim, input.ndim)
    out = selecting("kthvalue", input, dim, keepdim, "kthvalue_cpu")
    if not 1 <= k <= (input.shape[at] if input.shape else 1):
        raise BadValue(
            f"kthvalue(): selected number k out of range for dimension {at}", help="k counts from 1"
        )
    return out


@op("kthvalue(Tensor input, int k, int dim, bool keepdim)", batching="along", infer=_kthvalue_rule, names=())
def kthvalue_pair(x, k, dim, keepdim):
    rows = last_axis(x, dim)
    order, ties = order_and_ties(rows)
    if ties.any():
        order[ties] = each_row(ranks(rows[ties]), lambda keys: quick_select(keys, k - 1), order[ties])
    return selected(x, dim, keepdim, order[..., k - 1])


@kthvalue_pair.derivative("input")
def _(grad, input_spec, dim, keepdim, outputs):
    return pick(input_spec, dim, keepdim, outputs[1], grad)


@composite(
    "kthvalue(Tensor input, int k, int dim=-1, bool keepdim=False)",
    sample=([[3.0, 1.0, 2.0], [0.5, 4.0, -1.0]], 2),
)
def kthvalue(input, k, dim, keepdim):
    """The `k`-th smallest element along `dim`, counted from 1, and where it is.

    >>> kthvalue([3., 1., 2.], 2)
    torch.return_types.kthvalue(
    values=tensor(2.),
    indices=tensor(2))
    """
    return named_result("kthvalue", ("values", "indices"))(apply(kthvalue_pair, (input, k, dim, keepdim)))


# ------------------------------------------------------------------ median and nanmedian


def _median_index(rows: Array, ignore_nan: bool) -> Array:
    """Where the lower median of each row is; without `ignore_nan`, the first NaN if there is one."""
    n = rows.shape[-1]
    order = np.argsort(rows, axis=-1, kind="stable")
    missing = np.isnan(rows).sum(-1) if rows.dtype.kind == "f" else np.zeros(rows.shape[:-1], np.int64)
    if ignore_nan:
        at = np.maximum((n - missing - 1) // 2, 0)
    else:
        at = np.where(missing > 0, n - missing, (n - 1) // 2)
    return taken_along(order, at[..., None], -1)[..., 0]


def median_of(name: str, ignore_nan: bool, meaning: str, example: str) -> Op:
    """`median` or `nanmedian`."""
    title = name.capitalize()

    def whole_rule(input: Spec) -> Spec:
        if input.dtype.is_complex or input.dtype is dt.bool_:
            raise DTypeError(
                f"\"median_cpu\" not implemented for '{input.dtype.title}'", raises=NotImplementedError
            )
        return input.with_shape(())

    @op(f"{name}(Tensor input)", infer=whole_rule, grad_fn=f"{title}Backward0", names=())
    def whole(x):
        if not x.size:
            return np.full((), np.nan).astype(x.dtype)
        flat = x.reshape(-1)
        return flat[_median_index(flat, ignore_nan)]

    @whole.derivative("input")
    def _(grad, input, output):
        return share(grad, input, output)

    @op(
        f"{name}(Tensor input, int dim, bool keepdim)",
        batching="along",
        infer=lambda input, dim, keepdim: selecting("median", input, dim, keepdim, "median_out"),
        grad_fn=f"{title}Backward1",
        names=(),
    )
    def along(x, dim, keepdim):
        return selected(x, dim, keepdim, _median_index(last_axis(x, dim), ignore_nan))

    @along.derivative("input")
    def _(grad, input_spec, dim, keepdim, outputs):
        return pick(input_spec, dim, keepdim, outputs[1], grad)

    @whole.batched
    def _(slices, x):
        return apply(along, (slices.rows(x), 1, False))[0]

    @composite(
        f"{name}(Tensor input, int dim=..., bool keepdim=...)",
        sample=([[3.0, 1.0, 2.0], [0.5, 4.0, -1.0]], 1),
        doc=f"""{meaning}

        {example}
        """,
    )
    def front(input, dim, keepdim):
        if dim is ABSENT and keepdim is ABSENT:
            return apply(whole, (input,))
        keepdim = keeps(name, input, dim, keepdim)
        return named_result(name, ("values", "indices"))(apply(along, (input, dim, keepdim)))

    return front


median = median_of(
    "median",
    False,
    """The median: of two middle elements the lower one, NaN if there is one. With `dim`, the median
        along it and where it is.""",
    """>>> median([4., 1., 3., 2.])
        tensor(2.)
        >>> median([[4., 1., 3.], [2., 6., 5.]], dim=1)
        torch.return_types.median(
        values=tensor([3., 5.]),
        indices=tensor([2, 2]))""",
)
nanmedian = median_of(
    "nanmedian",
    True,
    "The median of the elements that are not NaN.",
    """>>> nanmedian([4., nan, 3., 2.])
        tensor(3.)""",
)


# ------------------------------------------------------------------ mode


@op(
    "mode(Tensor input, int dim, bool keepdim)",
    batching="along",
    infer=lambda input, dim, keepdim: selecting("mode", input, dim, keepdim, "mode_cpu"),
    names=(),
)
def mode_pair(x, dim, keepdim):
    rows = last_axis(x, dim)
    if not rows.size:
        return selected(x, dim, keepdim, np.zeros(rows.shape[:-1], np.int64))
    order = sorting_order(rows, False, False)
    ordered = taken_along(rows, order, -1).reshape(-1, rows.shape[-1])
    at = np.array([_last_of_longest_run(row) for row in ordered])
    index = taken_along(order, at.reshape((*rows.shape[:-1], 1)), -1)[..., 0]
    return selected(x, dim, keepdim, index)


def _last_of_longest_run(row: Array) -> int:
    """Where the first of the longest runs of equal elements ends."""
    ends = np.append(np.flatnonzero(row[1:] != row[:-1]), row.size - 1)
    return int(ends[np.argmax(np.diff(ends, prepend=-1))])


@mode_pair.derivative("input")
def _(grad, input_spec, dim, keepdim, outputs):
    return pick(input_spec, dim, keepdim, outputs[1], grad)


@composite(
    "mode(Tensor input, int dim=-1, bool keepdim=False)",
    sample=([[3.0, 1.0, 2.0], [0.5, 4.0, -1.0]],),
)
def mode(input, dim, keepdim):
    """The most frequent value along `dim` (of several the smallest), and where one is.

    >>> mode([1, 2, 2, 3])
    torch.return_types.mode(
    values=tensor(2),
    indices=tensor(2))
    """
    return named_result("mode", ("values", "indices"))(apply(mode_pair, (input, dim, keepdim)))
