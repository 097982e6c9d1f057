"""`x: float32[n, 3] on cpu = …` and `… as float16`: dtype and device convert, sizes are checked.

Named sizes are bound where they are first used and hold from then on: in the session for statements
at top level, in one call for the statements of a function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...engine.core import context, device
from ...engine.core.dtype import ALL, DType, dtypes
from ...engine.records.op import registry
from ...engine.values.tensor import Tensor
from ...errors import ArgumentError, DTypeError, ShapeError, facts_of
from ...source import Span
from ..names.namespace import did_you_mean
from ..syntax import ast


class Sizes(dict[str, tuple[int, Span]]):
    """What each named size is, and where it was bound."""

    def bind(self, name: str, length: int, span: Span) -> None:
        context.current().journal.record(self.copy, self.put_back)
        self[name] = length, span

    def put_back(self, before: dict[str, tuple[int, Span]]) -> None:
        """Make it what it was."""
        self.clear()
        self.update(before)


def dtype_named(name: str) -> DType:
    """The dtype of an annotation."""
    if name not in dtypes:
        near = did_you_mean(name, dtypes)
        raise DTypeError(
            f"there is no dtype '{name}'",
            code="unknown-dtype",
            help=near or f"the dtypes are {', '.join(each.name for each in ALL)}",
        )
    return dtypes[name]


def literal(values: Any, **options: Any) -> Tensor:
    """Numbers in brackets: exactly what `torch.tensor` makes of them."""
    return registry["tensor"](values, **options)


def conform(
    value: Any, annotation: ast.Annotation | None, node: ast.Node, sizes: Sizes, param: bool
) -> Tensor:
    """`value` as the annotation says; ShapeError where its shape is another one."""
    from .runtime import as_tensor

    if not isinstance(value, Tensor):
        if not isinstance(value, bool | int | float | complex | list | tuple):
            raise ArgumentError(f"cannot make a tensor of {type(value).__name__!r}", span=node.span)
        value = as_tensor(value)
    if annotation is not None:
        options: dict[str, Any] = {}
        if annotation.dtype is not None:
            dtype = _named(dtype_named, annotation.dtype, annotation.dtype_span)
            if value.dtype is not dtype:
                options["dtype"] = dtype
        if annotation.device is not None and str(value.device) != annotation.device:
            options["device"] = _named(device.resolve, annotation.device, annotation.device_span)
        if annotation.shape is not None:
            check_shape(value, annotation, sizes)
        if options:
            value = value.to(**options)
    if param:
        if not (value.dtype.is_floating_point or value.dtype.is_complex):
            raise DTypeError(
                "only Tensors of floating point dtype can require gradients",
                span=node.span,
                operands=(value,),
                help="write the numbers with a point, or give a dtype: param w: float32 = …",
            )
        value = value.detach().requires_grad_()
    return value


def _named(look_up: Callable[[str], Any], name: str, span: Span | None) -> Any:
    try:
        return look_up(name)
    except Exception as error:
        facts = facts_of(error)
        if facts is not None:
            facts.span = span
        raise


def check_shape(value: Tensor, annotation: ast.Annotation, sizes: Sizes) -> None:
    """Compare, then bind the names that are new; nothing is bound when anything differs."""
    wanted = annotation.shape
    assert wanted is not None
    shape = value.shape
    shown = f"[{', '.join(str(size.span.text) for size in wanted)}]"
    if len(wanted) != len(shape):
        raise ShapeError(
            f"expected shape {shown}, got {list(shape)}: {len(wanted)} dimensions, not {len(shape)}",
            code="shape-annotation",
            span=_shape_span(wanted, annotation),
        )
    new: dict[str, tuple[int, Span]] = {}
    for i, (size, length) in enumerate(zip(wanted, shape, strict=True)):
        name = size.value
        if name is None:
            continue
        if isinstance(name, int):
            if name != length:
                raise ShapeError(
                    f"expected shape {shown}, got {list(shape)}: dimension {i} is {length}, not {name}",
                    code="shape-annotation",
                    span=size.span,
                )
            continue
        bound = sizes.get(name) or new.get(name)
        if bound is None:
            new[name] = length, size.span
        elif bound[0] != length:
            raise ShapeError(
                f"expected shape {shown}, got {list(shape)}: dimension {i} is {length}, "
                f"but {name} is {bound[0]}",
                code="shape-annotation",
                span=size.span,
                labels=((bound[1], f"{name} = {bound[0]} was bound here"),),
            )
    for name, (length, span) in new.items():
        sizes.bind(name, length, span)


def _shape_span(wanted: tuple[ast.Size, ...], annotation: ast.Annotation) -> Span:
    return wanted[0].span.to(wanted[-1].span) if wanted else annotation.span
