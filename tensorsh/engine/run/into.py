"""`out=`: the result of an operation is written into a tensor that is there.

The operation runs as ever, outside the graph, and its result is put into `out`, which takes its shape if it
has another. `takes_out.txt` lists the functions of which PyTorch has this form.
"""

from __future__ import annotations

from typing import Any

from ...errors import ArgumentError, DTypeError, GradientError
from ..core import context
from ..core import dtype as dt
from ..core.results import NamedResult, named_result
from ..core.warn import warn
from ..records.op import Op, registry
from ..values.as_argument import type_name
from ..values.tensor import Tensor
from .apply import any_requires_grad
from .inplace import check_overlap, check_writable, write


def into(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call with `out`: a tensor, or several for several results; they are returned."""
    kwargs = dict(kwargs)
    out = kwargs.pop("out")
    if out is None:
        return op(*args, **kwargs)
    several = isinstance(out, tuple | list)
    outs = tuple(out) if several else (out,)
    if context.current().grad_enabled and any_requires_grad((*args, tuple(kwargs.values()), outs)):
        raise GradientError(
            f"{op.schema.title}(): functions with out=... arguments don't support automatic differentiation, but one "
            "of the arguments requires grad.",
            help="leave `out` away, or compute `with no_grad():`",
            operands=(*args, *outs),
        )
    into_tensors = all(isinstance(t, Tensor) for t in outs)
    if into_tensors and any(p.name == "dtype" for p in op.schema.parameters):
        kwargs.setdefault("dtype", outs[0].dtype)
    if into_tensors and op.factory:
        kwargs.setdefault("device", outs[0].device)
    with context.GradMode(False):
        result = op(*args, **kwargs)
    results = result if isinstance(result, tuple) else (result,)
    if isinstance(result, tuple) is not several or not into_tensors:
        raise _unfit(op, isinstance(result, tuple), several, out)
    if len(results) != len(outs):
        raise ArgumentError(
            f"expected tuple of {len(results)} elements but got {len(outs)}", code="argument-type"
        )
    for target, made in zip(outs, results, strict=True):
        _check(op, target, made, args)
    for target, made in zip(outs, results, strict=True):
        _put(target, made)
    if not several:
        return out
    if not isinstance(result, NamedResult):
        return outs
    return named_result(f"{type(result).__name__}_out", result._torch_fields)(outs)


def _check(op: Op, target: Tensor, made: Tensor, args: tuple[Any, ...]) -> None:
    """The result must be castable to the target's dtype; only operations element by element cast it at all."""
    have, want = made.dtype, target.dtype
    if op.elementwise or op.promote is not None:
        if have.category > want.category:
            raise DTypeError(
                f"result type {have.title} can't be cast to the desired output type {want.title}",
                help=f"give an `out` of {have.name}",
            )
    elif have is not want:
        raise DTypeError(
            f"Expected out tensor to have dtype {dt.c_names[have]}, but got {dt.c_names[want]} instead",
            help=f"give an `out` of {have.name}",
        )
    check_writable(target)
    if op.elementwise:
        check_overlap(op, (target, *args))


def _put(target: Tensor, made: Tensor) -> None:
    if target.shape != made.shape:
        if target.spec.numel:
            warn(
                "An output with one or more elements was resized since it had shape "
                f"{list(target.shape)}, which does not match the required output shape {list(made.shape)}. This "
                "behavior is deprecated, and in a future PyTorch release outputs will not be resized unless they have "
                "zero elements. You can explicitly reuse an out tensor t by resizing it, inplace, to zero elements "
                "with t.resize_(0).",
                internal="aten/src/ATen/native/Resize.cpp:30",
                help="make `out` with torch.empty(0), or of the result's shape",
            )
        registry["Tensor.resize_"](target, made.shape)
    write(target, made.array)


def _unfit(op: Op, wants_several: bool, several: bool, value: Any) -> Exception:
    """`out` is no tensor where one is wanted, or no tuple of tensors."""
    wanted = "tuple of Tensors" if wants_several else "Tensor"
    if wants_several and several:
        value = next(t for t in value if not isinstance(t, Tensor))
    return ArgumentError(
        f"{op.schema.title}(): argument 'out' must be {wanted}, not {type_name(value)}", code="argument-type"
    )
