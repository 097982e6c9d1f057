"""New tensors of data: numbers, nested lists, other tensors."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.device import Device, resolve
from ...engine.core.dtype import DType
from ...engine.core.memory_errors import MOST_BYTES, too_large
from ...engine.core.results import Size
from ...engine.core.spec import spec
from ...engine.core.warn import warn
from ...engine.graph.inference import made
from ...engine.records.op import composite, registry
from ...engine.values.arrays import shared
from ...engine.values.tensor import Tensor, make_tensor
from ...engine.values.wrapping import wrap
from ...errors import BadValue, DeviceError, DTypeError
from ..rules.numbers import cast_array
from .nested import array_of, nested

#: what every factory takes besides its own arguments
OPTIONS = (
    "dtype? dtype=None, any layout=None, device? device=None, bool? requires_grad=False, any pin_memory=None"
)


def check_size(size: tuple[int, ...], itemsize: int) -> None:
    """No dimension is negative, and what the elements take can be counted."""
    for n in size:
        if n < 0:
            raise BadValue(
                f"Trying to create tensor with negative dimension {n}: {list(size)}", code="negative-size"
            )
    if prod(size) * itemsize > MOST_BYTES:
        raise too_large(size)


def check_requires_grad(requires_grad: bool, dtype: DType) -> None:
    """Only float and complex tensors have gradients."""
    if requires_grad and dtype.category < dt.FLOAT:
        raise DTypeError(
            "Only Tensors of floating point and complex dtype can require gradients",
            help="write floats (`1.` instead of `1`) or give dtype=float32",
        )


def leaf(array: np.ndarray[Any, Any], dtype: DType, device: Device | None, requires_grad: bool) -> Tensor:
    """A new tensor of these values."""
    check_requires_grad(requires_grad, dtype)
    of = spec(array.shape, dtype, resolve(device, context.current().device))
    return made(make_tensor(of.placeholder if of.is_meta else cast_array(array, dtype), of, requires_grad))


# ------------------------------------------------------------------ tensor and its like


@composite(
    "tensor(any data, *, dtype? dtype=None, device? device=None, bool requires_grad=False, any "
    "pin_memory=None)",
    names=("torch.tensor",),
    factory=True,
)
def tensor(data, dtype, device, requires_grad, pin_memory):
    """A new tensor (a leaf) of numbers, nested lists, or a copy of another tensor's values.

    >>> tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    """
    return copied(data, dtype, device, requires_grad, "torch.tensor")


def copied(data: Any, dtype: Any, device: Any, requires_grad: bool, words: str) -> Tensor:
    """A leaf of the values of `data`. Of a tensor it is a copy outside the graph, which other words say better."""
    if isinstance(data, Tensor):
        warn(
            "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
            f"sourceTensor.detach().clone().requires_grad_(True), rather than {words}(sourceTensor).",
            help="x.detach().clone()",
            operands=(data,),
        )
        device = device or data.device
        if data.is_meta and not device.is_meta:
            raise DeviceError("Cannot copy out of meta tensor; no data!", code="meta-values")
    array, found = array_of(data, dtype)
    return leaf(array, dtype or found, device, requires_grad)


for spelling in ("as_tensor", "asarray"):

    @composite(
        f"{spelling}(any data, *, dtype? dtype=None, device? device=None, bool? requires_grad=None, any "
        "copy=None)",
        names=(f"torch.{spelling}",),
        factory=True,
        doc=f"""The data as a tensor: a tensor itself where its dtype and device are as asked.

        >>> {spelling}([1, 2], dtype=float32)
        tensor([1., 2.])
        """,
    )
    def as_tensor(data, dtype, device, requires_grad, copy):
        if isinstance(data, np.ndarray):
            data_dtype = dt.from_np.get(data.dtype)
            if copy is False and dtype is not None and data_dtype not in (dtype, None):
                raise BadValue(
                    f"can't alias tensor with dtype '{data_dtype.title}' into dtype '{dtype.title}'.",
                    help="leave copy=False out",
                )
            found = registry["Tensor.to"](shared(data), device=device, dtype=dtype, copy=bool(copy))
            check_requires_grad(bool(requires_grad), found.dtype)
            found.requires_grad_slot = bool(requires_grad)
            return found
        if not isinstance(data, Tensor):
            return tensor(data, dtype=dtype, device=device, requires_grad=bool(requires_grad))
        return registry["Tensor.to"](data, device=device, dtype=dtype, copy=bool(copy))


@composite("from_numpy(any ndarray)", names=("torch.from_numpy",))
def from_numpy(ndarray):
    """A tensor that shares the memory of a NumPy array.

    >>> import numpy as np
    >>> a = np.arange(3)
    >>> x = torch.from_numpy(a)
    >>> a[0] = 7; x
    tensor([7, 1, 2])
    """
    return shared(ndarray)


@composite(
    "from_dlpack(any ext_tensor, *, any device=None, bool? copy=None)",
    names=("torch.from_dlpack", "utils.dlpack.from_dlpack"),
)
def from_dlpack(ext_tensor, device, copy):
    """A tensor that shares the memory of another library's array, or has a `copy` of it.

    >>> import numpy as np
    >>> torch.from_dlpack(np.eye(2))
    tensor([[1., 0.],
            [0., 1.]], dtype=torch.float64)
    """
    if isinstance(ext_tensor, Tensor):
        found = ext_tensor.alias()
    elif hasattr(ext_tensor, "__dlpack__"):
        found = shared(np.from_dlpack(ext_tensor))
    else:
        found = opened(ext_tensor)
    return found.clone() if copy else found


class Capsule:
    """What holds the memory of a tensor until somebody opens it, which can be done once."""

    def __init__(self, held: Tensor):
        self._held: Tensor | None = held

    def __repr__(self) -> str:
        return f'<capsule object "{"used_" * (self._held is None)}dltensor" at {id(self):#x}>'


def opened(capsule: Any) -> Tensor:
    """What a capsule holds, which is empty from then on; RuntimeError for an empty one and for anything else."""
    held = capsule._held if type(capsule) is Capsule else None
    if held is None:
        raise BadValue(
            "from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed only once, so you "
            "might have already constructed a tensor from it once."
        )
    capsule._held = None
    return held


Capsule.__module__, Capsule.__name__, Capsule.__qualname__ = "builtins", "PyCapsule", "PyCapsule"


@composite("to_dlpack(Tensor tensor)", names=("torch.to_dlpack", "utils.dlpack.to_dlpack"))
def to_dlpack(tensor):
    """The memory of a tensor in a capsule, for another library or `from_dlpack`, which can open it once.

    >>> torch.from_dlpack(torch.to_dlpack(torch.ones(2)))
    tensor([1., 1.])
    """
    return Capsule(tensor.detach())


@composite(
    "frombuffer(any buffer, *, dtype dtype, int count=-1, int offset=0, bool requires_grad=False)",
    names=("torch.frombuffer",),
)
def frombuffer(buffer, dtype, count, offset, requires_grad):
    """A tensor that shares the memory of bytes: `count` elements from byte `offset` on, -1 for all.

    >>> torch.frombuffer(bytearray([0, 1, 2, 3]), dtype=torch.uint8, offset=1)
    tensor([1, 2, 3], dtype=torch.uint8)
    """
    try:
        size = memoryview(buffer).nbytes
    except TypeError:
        raise BadValue("object does not implement Python buffer protocol.", raises=ValueError) from None
    if not size or not count:
        raise BadValue(f"both buffer length ({size}) and count ({count}) must not be 0", raises=ValueError)
    if not 0 <= offset < size:
        raise BadValue(
            f"offset ({offset} bytes) must be non-negative and no greater than buffer length ({size} bytes) minus 1",
            raises=ValueError,
        )
    if count < 0:
        if (size - offset) % dtype.itemsize:
            raise BadValue(
                f"buffer length ({size - offset} bytes) after offset ({offset} bytes) must be a multiple of element "
                f"size ({dtype.itemsize})",
                raises=ValueError,
            )
        count = (size - offset) // dtype.itemsize
    if offset + count * dtype.itemsize > size:
        raise BadValue(
            f"requested buffer length ({count} * {dtype.itemsize} bytes) after offset ({offset} bytes) must not be "
            f"greater than actual buffer length ({size} bytes)",
            raises=ValueError,
        )
    out = wrap(_bytes(buffer)[offset : offset + count * dtype.itemsize].view(dtype.np))
    check_requires_grad(requires_grad, dtype)
    out.requires_grad_slot = requires_grad
    return out


def _bytes(buffer: Any) -> np.ndarray[Any, Any]:
    found = np.frombuffer(memoryview(buffer).cast("B"), np.uint8)
    if found.flags.writeable:
        return found
    warn(
        "The given buffer is not writable, and PyTorch does not support non-writable tensors. This means you can "
        "write to the underlying (supposedly non-writable) buffer using the tensor. You may want to copy the buffer "
        "to protect its data or make it writable before converting it to a tensor. This type of warning will be "
        "suppressed for the rest of this program.",
        once=True,
        internal="torch/csrc/utils/tensor_new.cpp:1556",
        help="bytearray(data) may be written",
    )
    return found.copy()


@composite("Tensor.new(Tensor input, any... data)")
def new(input, data):
    """The old constructor of tensors of this dtype and device: of sizes, of values, of nothing.

    >>> tensor([1., 2.]).new([3, 4])
    tensor([3., 4.])
    """
    like = {"dtype": input.dtype, "device": input.device}
    if not data or isinstance(data[0], Size) or all(type(n) is int for n in data):
        return registry["empty"](*(data or (0,)), **like)
    return data[0].detach() if isinstance(data[0], Tensor) else registry["tensor"](data[0], **like)


@composite(
    "Tensor.new_tensor(Tensor input, any data, *, dtype? dtype=None, device? device=None, "
    "bool requires_grad=False, any layout=None, any pin_memory=None)"
)
def new_tensor(input, data, dtype, device, requires_grad, layout, pin_memory):
    """A new tensor of this data, of the dtype and device of this one.

    >>> tensor([1., 2.]).new_tensor([3, 4])
    tensor([3., 4.])
    """
    dtype, device = dtype or input.dtype, device or input.device
    if isinstance(data, Tensor) or nested(data):
        return copied(data, dtype, device, requires_grad, "tensor.new_tensor")
    array, _ = array_of(data, dtype)
    return leaf(array, dtype, device, requires_grad)


def tensor_of(data: Any) -> Tensor:
    """A list where a tensor is needed: numbers become a literal, tensors are stacked."""
    if any(isinstance(item, Tensor) for item in data):
        items = [item if isinstance(item, Tensor) else tensor(item) for item in data]
        return registry["stack"](items)
    if any(isinstance(item, list | tuple) for item in data):
        values = list(data)
        if any(holds_tensor(v) for v in values):
            return registry["stack"](
                [tensor_of(v) if isinstance(v, list | tuple) else tensor(v) for v in values]
            )
    return tensor(list(data))


def holds_tensor(value: Any) -> bool:
    return isinstance(value, Tensor) or (isinstance(value, list | tuple) and any(map(holds_tensor, value)))


registry["engine.tensor_of"] = tensor_of
