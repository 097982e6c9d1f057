"""Changing dtype and device: `to` and its short forms, and writing one tensor's values into another."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.calls import arguments
from ...engine.calls.to_arguments import refused
from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.device import Device, destination, hollow, resolve, without_cuda
from ...engine.core.dtype import DType
from ...engine.core.memory_format import PRESERVE, suggested
from ...engine.core.readers import reader_of
from ...engine.core.spec import Spec, broadcast_shapes, spec
from ...engine.core.warn import warn
from ...engine.records.op import composite, op, registry
from ...engine.run.apply import apply, record
from ...engine.run.inplace import apply_inplace
from ...engine.values.as_argument import class_name
from ...engine.values.tensor import Tensor, make_tensor
from ...errors import ArgumentError, DeviceError, ShapeError
from ..rules.infer import bad_call
from ..rules.numbers import cast_array, check_number, number_array

# ------------------------------------------------------------------ another dtype, another device


def warn_imaginary() -> None:
    """A complex number is written where only its real part has a place."""
    warn(
        "Casting complex values to real discards the imaginary part",
        once=True,
        internal="aten/src/ATen/native/Copy.cpp:307",
        help="x.real says that this is meant",
    )


@op(
    "to(Tensor input, dtype dtype)",
    infer=lambda x, dtype: x.with_dtype(dtype),
    names=(),
    half="native",
    grad_fn="ToCopyBackward0",
    elementwise=True,
)
def to_dtype(x, dtype):
    """The values in another dtype."""
    if x.dtype.kind == "c" and dtype.category < dt.COMPLEX and dtype is not dt.bool_:
        warn_imaginary()
    return cast_array(x, dtype) if x.dtype != dtype.np else x.copy()


@to_dtype.derivative("input")
def _(grad, input_spec):
    return moved(grad, input_spec.dtype, input_spec.device, False)


def to_meta(input: Tensor, dtype: DType) -> Tensor:
    """The shape and dtype of a tensor on the `meta` device; its graph goes on there."""
    out = make_tensor(*_meta(spec(input.spec.shape, dtype, resolve("meta"))))
    if context.current().grad_enabled and input.requires_grad_slot:
        record(to_dtype, (input, dtype), (None, input.spec, dtype), out)
    return out


def _meta(of: Spec) -> tuple[Any, Spec]:
    return of.placeholder, of


def moved(input: Tensor, dtype: DType | None, device: Device | None, copy: bool) -> Tensor:
    """The tensor with this dtype on this device: itself when nothing changes, unless `copy`."""
    dtype = dtype or input.spec.dtype
    here = input.spec.device
    if device is not None and device != here and device is not hollow:
        if device.is_meta:
            return to_meta(input, dtype)
        raise DeviceError(
            "Cannot copy out of meta tensor; no data!",
            raises=NotImplementedError,
            code="meta-values",
            help="meta tensors have shape and dtype but no values; zeros_like(x, device='cpu') makes some",
        )
    if dtype is input.spec.dtype and not copy:
        return input
    return apply(to_dtype, (input, dtype))


# ------------------------------------------------------------------ to, and its short forms


@composite(
    "Tensor.to(Tensor input, any wanted=None, any dtype=None, any non_blocking=None, any copy=None, *, "
    "any device=None, any tensor=None, format? memory_format=None)"
)
def to(input, wanted, dtype, non_blocking, copy, device, tensor, memory_format):
    """Another dtype or device, given by name or by example; the tensor itself when nothing changes.

    >>> tensor([1.7, -1.7]).to(int64)
    tensor([ 1, -1])
    >>> ones(2).to("meta")
    tensor(..., device='meta', size=(2,))
    """
    if memory_format is not None:
        moved_there = to.body(input, wanted, dtype, non_blocking, copy, device, tensor, None)
        return in_format(moved_there, memory_format)
    if type(wanted) is DType:
        if dtype is None and copy is None and device is None:
            return input if wanted is input.spec.dtype else apply(to_dtype, (input, wanted))
        flags(dtype, non_blocking, copy)
        if device is not None:
            raise bad_call("to", wanted, device=device)
        # to(dtype, non_blocking, copy)
        return moved(input, wanted, None, bool(non_blocking if copy is None else copy))
    if isinstance(wanted, Tensor) or tensor is not None:
        like = tensor if tensor is not None else wanted
        return moved(input, like.spec.dtype, like.spec.device, bool(non_blocking if copy is None else copy))
    if isinstance(wanted, str | int | Device) and not isinstance(wanted, bool):
        if device is not None:
            raise refused((wanted,), {"device": device})
        device = wanted
    elif type(wanted) in BY_NUMBER:
        dtype = BY_NUMBER[type(wanted)]  # PyTorch takes a number for its type
    elif wanted is not None:
        dtype = arguments.dtype(wanted, "to", "dtype", 1)
    flags(non_blocking, copy)
    asked = device
    if device is not None:
        device = device_of(device)
    if isinstance(dtype, str):
        named = {"device": asked, "dtype": dtype}
        raise refused((), {name: value for name, value in named.items() if value is not None})
    if dtype is not None:
        dtype = arguments.dtype(dtype, "to", "dtype", 2)
    return moved(input, dtype, device, bool(copy))


BY_NUMBER = {float: dt.float64, bool: dt.bool_, complex: dt.complex128}


def flags(*values: Any) -> None:
    """`non_blocking` and `copy` are bools."""
    for value in values:
        if value is not None and not isinstance(value, bool | np.bool_):
            raise bad_call("to", value)


def in_format(x: Tensor, memory_format: Any) -> Tensor:
    """The tensor with its elements in the order that was asked for; PyTorch calls that a conversion, too."""
    if memory_format is None or memory_format is PRESERVE:
        return x
    if x.is_meta or suggested(x.array) is memory_format:
        return x
    out = x.clone(memory_format=memory_format)
    if out.node is not None:
        out.node.title = "ToCopyBackward0"
    return out


def device_of(value: Any) -> Device:
    """The device a name, an index or a device object stands for."""
    if isinstance(value, Device | str):
        return destination(value, context.current().device)
    return arguments.device_of(value, "to", "device", 1)


SHORT = {
    "float": (dt.float32, "1."),
    "double": (dt.float64, "1."),
    "half": (dt.float16, "1."),
    "bfloat16": (dt.bfloat16, "1."),
    "int": (dt.int32, "1"),
    "long": (dt.int64, "1"),
    "short": (dt.int16, "1"),
    "byte": (dt.uint8, "1"),
    "char": (dt.int8, "1"),
    "bool": (dt.bool_, "True"),
    "cfloat": (dt.complex64, "1.+0.j"),
    "cdouble": (dt.complex128, "1.+0.j"),
}


def short_form(name: str, dtype: DType, shown: str) -> None:
    """`x.float()` for `x.to(float32)`."""
    suffix = "" if dtype in (dt.float32, dt.int64, dt.bool_, dt.complex64) else f", dtype={dtype!r}"

    @composite(
        f"Tensor.{name}(Tensor input, *, format? memory_format=None)",
        doc=f"""`input.to({dtype.name})`.

        >>> tensor([True]).{name}()
        tensor([{shown}]{suffix})
        """,
    )
    def convert(input, memory_format):
        ordered = in_format(input, memory_format)
        return ordered if ordered.spec.dtype is dtype else apply(to_dtype, (ordered, dtype))


for name, (dtype, shown) in SHORT.items():
    short_form(name, dtype, shown)


@composite("Tensor.cpu(Tensor input, *, format? memory_format=None)")
def cpu(input, memory_format):
    """The tensor on the cpu, where it already is.

    >>> ones(2).cpu()
    tensor([1., 1.])
    """
    return moved(input, None, resolve("cpu"), False)


def accelerated(name: str) -> None:
    """Define the method `name`, which asks for a kind of device that is not here."""

    @composite(
        f"Tensor.{name}(Tensor input, any device=None, bool non_blocking=False, *, "
        "format? memory_format=None)",
        doc="""There is no such device here: always an error.

        >>> ones(2).cpu()
        tensor([1., 1.])
        """,
    )
    def accelerate(input, device, non_blocking, memory_format):
        return moved(input, None, destination(name) if device is None else device_of(device), False)


for name in ("cuda", "xpu", "mtia", "ipu"):
    accelerated(name)


#: the names of PyTorch's tensor types: `x.type()` is "torch.FloatTensor"
TYPES = {f"torch.{d.title}Tensor": d for d in dt.ALL}


@composite("Tensor.type(Tensor input, any dtype=None, bool non_blocking=False)")
def type_(input, dtype, non_blocking):
    """The name of the tensor's type; with a dtype, the tensor in that dtype.

    >>> ones(2).type()
    'torch.FloatTensor'
    >>> ones(2).type(int64)
    tensor([1, 1])
    """
    if dtype is None:
        where = "" if input.device.type == "cpu" else f"{input.spec.device.type}."
        return f"torch.{where}{input.spec.dtype.title}Tensor"
    named = dtype if isinstance(dtype, str) else f"{getattr(dtype, '__module__', '')}."
    if named.startswith("torch.cuda."):
        raise DeviceError(without_cuda("initialize CUDA"))
    by_name = dt.dtypes if context.current().lists else ()
    if isinstance(dtype, str) and dtype not in TYPES and dtype.removeprefix("torch.") not in by_name:
        raise ArgumentError(f"invalid type: '{dtype}'", raises=ValueError)
    if dtype is Tensor:  # the type of tensors of the default dtype
        dtype = context.current().dtype
    if isinstance(dtype, type) and not isinstance(getattr(dtype, "dtype_alias", None), DType):
        raise ArgumentError(f"invalid type: '{class_name(dtype)}'", raises=ValueError)
    if not isinstance(dtype, str | DType | type):
        raise ArgumentError("dtype must be a type, str, or dtype object")
    if isinstance(dtype, str) and dtype in TYPES:
        dtype = TYPES[dtype]
    return moved(input, arguments.dtype(dtype, "type", "dtype", 2), None, False)


@composite("Tensor.type_as(Tensor input, Tensor other)")
def type_as(input, other):
    """The tensor in the dtype of another.

    >>> tensor([1, 2]).type_as(ones(1))
    tensor([1., 2.])
    """
    return moved(input, other.spec.dtype, other.spec.device, False)


# ------------------------------------------------------------------ writing values


def copied(input: Spec, other: Any, non_blocking: bool) -> Spec:
    """`other` broadcasts to `input`; a larger result is refused by the in-place form."""
    return input.with_shape(broadcast_shapes(input.shape, other.shape)) if isinstance(other, Spec) else input


def _copy_formula(x: Tensor, src: Any, non_blocking: bool) -> str:
    if not isinstance(src, Tensor) or src.spec.dtype is not x.spec.dtype:
        return "full_like({0}, {1})" if not isinstance(src, Tensor) else "{1}.type_as({0}).expand_as({0})"
    return "{1}" if src.spec.shape == x.spec.shape else "{1}.expand_as({0})"


@op(
    "copy(Tensor input, Tensor|Number other, bool non_blocking=False)",
    infer=copied,
    names=("copy",),
    inplace=True,
    lossy=True,
    half="native",
    grad_fn="torch::autograd::CopyBackwards",
    formula=_copy_formula,
)
def copy(x, other, non_blocking):
    """The values of `other`, broadcast and cast to the tensor: `x.copy_(other)` writes them into it."""
    src = other if reader_of(other) is not None else np.asarray(other)
    if src.dtype.kind == "c" and x.dtype.kind not in "cb":
        warn_imaginary()
    src = cast_array(src, dt.of(x))
    if src.shape == x.shape:
        return src
    spread = np.broadcast_to(src, np.broadcast_shapes(x.shape, src.shape))
    return spread if reader_of(src) is None else spread.copy()


@copy.derivative("input")
def _(grad):
    return registry["zeros_like"](grad)


@copy.derivative("other")
def _(grad):
    return grad


@copy.batched
def _(slices, x, other, non_blocking):
    return _copied(slices, x, other)


def _copied(slices, x, other):
    x = slices.full(x)
    return apply(copy, (x, slices.front(other, x.ndim - 1), False))


def filled(input: Spec, value: Any) -> Spec:
    if isinstance(value, Spec) and value.shape:
        raise ShapeError(
            f"fill_ only supports 0-dimension value tensor but got tensor with {value.ndim} dimensions.",
            help="copy_ takes a tensor that broadcasts",
        )
    return input


def fill_array(x, value):
    dtype = dt.of(x)
    if not isinstance(value, np.ndarray):
        check_number(value, dtype)
        value = number_array(value, dtype)
    return np.broadcast_to(cast_array(value, dtype), x.shape).copy()


@op(
    "fill(Tensor input, Number value)",
    infer=filled,
    names=(),
    half="native",
    inplace_grad_fn="FillBackward2",
    lossy=True,
    expanded="",
)
def fill_number(x, value):
    return fill_array(x, value)


@op(
    "fill(Tensor input, Tensor value)",
    infer=filled,
    names=(),
    half="native",
    grad_fn="FillBackward1",
    inplace_grad_fn="FillBackward3",
    lossy=True,
)
def fill_tensor(x, value):
    return fill_array(x, value)


for each in (fill_number, fill_tensor):

    @each.derivative("input")
    def _(grad):
        return registry["zeros_like"](grad)


@fill_tensor.derivative("value")
def _(grad):
    return registry["sum"](grad)


@fill_number.batched
def _(slices, x, value):
    return slices.run(x.value, value)


fill_tensor.batched(_copied)


@composite("fill(Tensor input, Tensor|Number value)", names=("torch.fill",))
def fill(input, value):
    """A tensor like `input` with one value in every element.

    >>> fill([1, 2], 7)
    tensor([7, 7])
    """
    return apply(fill_tensor if isinstance(value, Tensor) else fill_number, (input, value))


@composite("Tensor.fill_(Tensor input, Tensor|Number value)", names=("Tensor.fill_", "torch.fill_"))
def fill_(input, value):
    """Write one value into every element.

    >>> ones(2).fill_(7) + 0
    tensor([7., 7.])
    """
    return apply_inplace(fill_tensor if isinstance(value, Tensor) else fill_number, (input, value))


@op(
    "zero(Tensor input)",
    batching="aligned",
    infer=lambda x: x,
    names=(),
    inplace=True,
    half="native",
    expanded="",
)
def zero(x):
    """Zero in every element: `x.zero_()`."""
    return np.zeros_like(x)


@zero.derivative("input")
def _(grad):
    return registry["zeros_like"](grad)
