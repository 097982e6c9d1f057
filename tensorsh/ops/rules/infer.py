"""Shared `infer` rules: from the specs of the inputs to the spec of the output.

A rule is called with the bound arguments of the operation, specs in place of tensors, after the
dtypes were brought together (`promote`). Rules that take more than the inputs are made by functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.dtype import DType
from ...engine.core.spec import Spec, broadcast_shapes, spec, wrap_dim
from ...engine.records.schema import ABSENT
from ...engine.values.as_argument import type_name
from ...errors import ArgumentError, BadIndex, BadValue


def same(input: Spec, *_: Any) -> Spec:
    """As the first input."""
    return input


def same_bool(input: Spec, *_: Any) -> Spec:
    """The shape of the first input, bool."""
    return input.with_dtype(dt.bool_)


def broadcast(*inputs: Any) -> Spec:
    """The common shape of all tensors (the dtype of the first: promotion made them equal)."""
    tensors = [s for s in inputs if type(s) is Spec]
    shape = broadcast_shapes(*[s.shape for s in tensors])
    return tensors[0].with_shape(shape)


def broadcast_bool(*inputs: Any) -> Spec:
    """The common shape of all tensors, bool."""
    return broadcast(*inputs).with_dtype(dt.bool_)


def real_dim(dim: int, of: Spec) -> int:
    """A dimension of a tensor that must have one."""
    if not of.shape:
        raise BadIndex(f"Dimension specified as {dim} but tensor has no dimensions", code="dim-range")
    return wrap_dim(dim, of.ndim)


def wrap_dims(dims: Sequence[int] | int | None, ndim: int) -> tuple[int, ...]:
    """Dimensions counted from the front; None and () mean all. A repeated one is an error."""
    if dims is None or dims == ():
        return tuple(range(ndim))
    found = [wrap_dim(d, ndim) for d in (dims if isinstance(dims, tuple | list) else (dims,))]
    for i, d in enumerate(found):
        if d in found[:i]:
            raise BadValue(
                f"dim {d} appears multiple times in the list of dims", help="name each dimension once"
            )
    return tuple(found) if ndim else ()


def reduced(input: Spec, dims: Sequence[int] | int | None, keepdim: bool, dtype: DType | None = None) -> Spec:
    """The spec after reducing `dims` (None: all)."""
    gone = set(wrap_dims(dims, input.ndim))
    shape = tuple([1 if i in gone else n for i, n in enumerate(input.shape) if keepdim or i not in gone])
    return spec(shape, dtype or input.dtype, input.device)


def default_float() -> DType:
    """The session's default floating-point dtype."""
    return context.current().dtype


def keeps(name: str, input: Any, dim: Any, keepdim: Any) -> bool:
    """Whether a reduction keeps `dim`; the overload over all elements has no keepdim."""
    if dim is ABSENT:
        raise bad_call(name, input, keepdim=keepdim)
    return keepdim is not ABSENT and keepdim


def bad_call(name: str, *args: Any, **keywords: Any) -> Exception:
    """No overload takes these arguments: PyTorch's first line."""
    given = [type_name(a) for a in args] + [f"{k}={type_name(v)}" for k, v in keywords.items()]
    listed = ", ".join(given) + (", " if keywords and len(given) == 1 else "")
    return ArgumentError(
        f"{name}() received an invalid combination of arguments - got ({listed}), but expected one of:",
        code="argument-type",
        help=f":help {name} shows the forms it has",
    )
