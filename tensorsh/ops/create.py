"""New tensors of data: numbers, nested lists, other tensors."""

from __future__ import annotations

import operator
from itertools import chain
from typing import Any

import numpy as np

from ..engine import context
from ..engine import dtype as dt
from ..engine.arrays import check, shared
from ..engine.device import Device, resolve
from ..engine.dtype import DType
from ..engine.inference import made
from ..engine.op import composite, registry
from ..engine.results import Size
from ..engine.spec import spec
from ..engine.tensor import NUMBERS, Tensor, make_tensor, type_name, wrap
from ..engine.warn import warn
from ..errors import ArgumentError, BadValue, DeviceError, DTypeError
from .numbers import SCALAR_NAMES, cast_array, check_number, int_range

#: what every factory takes besides its own arguments
OPTIONS = (
    "dtype? dtype=None, any layout=None, device? device=None, bool requires_grad=False, any pin_memory=None"
)


def check_size(size: tuple[int, ...]) -> None:
    """No dimension is negative."""
    for n in size:
        if n < 0:
            raise BadValue(
                f"Trying to create tensor with negative dimension {n}: {list(size)}", code="negative-size"
            )


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


# ------------------------------------------------------------------ nested lists


def flatten(data: Any) -> tuple[list[Any], tuple[int, ...], set[type], Any]:
    """The numbers of nested lists in order, their shape, their types; PyTorch's errors for anything else.

    With them the lists themselves, as `plain` writes them if they had to be read so.
    """
    shape: list[int] = []
    level = [data]
    kinds = {type(data)}
    while kinds and kinds <= SEQUENCES:
        size = len(level[0])
        if any(len(item) != size for item in level):
            bad = next(len(item) for item in level if len(item) != size)
            raise BadValue(
                f"expected sequence of length {size} at dim {len(shape)} (got {bad})",
                raises=ValueError,
                code="ragged",
                help="every row needs the same number of elements",
            )
        shape.append(size)
        level = list(chain.from_iterable(level))
        kinds = set(map(type, level))
    if not kinds <= NUMBERS:
        written = plain(data)
        if written is not data:
            return flatten(written)
        level, kinds = numbers(level, shape, kinds)
    return level, tuple(shape), kinds, data


SEQUENCES = {list, tuple, range}
#: what is a sequence to Python, but not one of numbers to be read
WHOLE = (Tensor, np.ndarray, np.generic, str, bytes, dict)


def plain(data: Any) -> Any:
    """Nested sequences of any classes, and numbers of classes of their own, as lists and plain numbers."""
    kind = type(data)
    if kind in NUMBERS or isinstance(data, WHOLE):
        return data
    if isinstance(data, int | float | complex):
        return next(base for base in (int, float, complex) if isinstance(data, base))(data)
    if kind in SEQUENCES:
        items = [plain(item) for item in data]
        return data if all(map(operator.is_, items, data)) else items
    if hasattr(kind, "__getitem__") and hasattr(kind, "__len__"):
        return [plain(item) for item in data]
    return data


def numbers(level: list[Any], shape: list[int], kinds: set[type]) -> tuple[list[Any], set[type]]:
    """Innermost items that are not all plain numbers: 0-d tensors and NumPy's numbers, or an error."""
    if isinstance(level[0], str) and shape:
        raise BadValue("too many dimensions 'str'", raises=ValueError, code="tensor-data")
    found = []
    for item in flat(level):
        numeric = isinstance(item, np.generic) and not isinstance(item, str | bytes)
        if not (numeric or isinstance(item, Tensor)) and type(item) not in NUMBERS:
            raise ArgumentError(
                f"new(): invalid data type '{type_name(item)}'"
                if isinstance(item, str)
                else f"Could not infer dtype of {type_name(item)}",
                raises=TypeError if isinstance(item, str) else RuntimeError,
                code="tensor-data",
                help="a tensor is made of numbers and lists of numbers",
            )
    for item in level:
        if isinstance(item, list | tuple | range):
            if isinstance(level[0], list | tuple | range):
                break
            integral = all(not isinstance(i, float | complex) for i in flat(level))
            raise ArgumentError(
                "'list' object cannot be interpreted as an integer"
                if integral
                else "must be real number, not list",
                code="ragged",
                help="every row needs the same depth",
            )
        if not isinstance(level[0], Tensor) and isinstance(item, Tensor) and item.ndim > 0:
            found.append(element(item))
        elif isinstance(item, Tensor | np.generic):
            found.append(element(item) if isinstance(item, Tensor) else item.item())
        else:
            found.append(item)
    else:
        return found, {type(item) for item in found}
    raise ArgumentError("not a sequence", code="ragged", help="every row needs the same depth")


def flat(items: Any) -> Any:
    """All innermost items."""
    for item in items:
        if type(item) in SEQUENCES:
            yield from flat(item)
        else:
            yield item


def element(t: Tensor) -> Any:
    """The number of a tensor that stands among numbers."""
    if t.spec.numel != 1:
        if t.dtype.category <= dt.INT:
            raise ArgumentError(
                "only integer tensors of a single element can be converted to an index",
                help="stack joins tensors; a list where a tensor is needed does too",
            )
        raise BadValue(
            "only one element tensors can be converted to Python scalars",
            raises=ValueError,
            help="stack joins tensors; a list where a tensor is needed does too",
        )
    t.warn_leaves_graph()
    return t.item()


def infer_dtype(data: Any, kinds: set[type]) -> DType:
    """What torch.tensor makes of numbers: the highest category among them; tensors bring their own dtype."""
    default = context.current().dtype
    if not kinds:
        return default
    if nested(data):
        found = None
        for item in flat(data):
            own = own_dtype(item, default)
            found = own if found is None else dt.promote_types(found, own)
        assert found is not None
        return found
    if complex in kinds:
        return default.to_complex()
    if float in kinds:
        return default
    return dt.int64 if int in kinds else dt.bool_


def own_dtype(item: Any, default: DType) -> DType:
    """The dtype that a tensor or number of NumPy brings, or a Python number stands for."""
    if isinstance(item, Tensor):
        return item.dtype
    if isinstance(item, np.generic):
        check(np.asarray(item))
        return dt.of(item)
    return dt.of_number(type(item), default)


def nested(data: Any) -> bool:
    """Whether nested lists hold a tensor or a number of NumPy; whole levels at once, of maybe millions."""
    level = data if type(data) in SEQUENCES else ()
    while level:
        kinds = set(map(type, level))
        if any(issubclass(kind, Tensor | np.generic) for kind in kinds):
            return True
        if not kinds & SEQUENCES:
            return False
        rows = level if kinds <= SEQUENCES else [item for item in level if type(item) in SEQUENCES]
        level = list(chain.from_iterable(rows))
    return False


def array_of(data: Any, dtype: DType | None) -> tuple[np.ndarray[Any, Any], DType]:
    """A new array of nested lists, numbers, tensors or arrays, and its dtype."""
    if isinstance(data, Tensor):
        return data.array.copy(), data.dtype
    if isinstance(data, np.ndarray | np.generic) and not isinstance(data, str):
        found = np.asarray(data)
        check(found)
        return found.copy("K"), dt.of(found)
    if type(data) in SEQUENCES and holds_array(data):
        data = spread_arrays(data)
    values, shape, kinds, data = flatten(data)
    found_dtype = dtype or infer_dtype(data, kinds)
    return stored(values, found_dtype, kinds).reshape(shape), found_dtype


def holds_array(items: Any) -> bool:
    """Whether nested lists hold an array; only the first of each list's numbers are looked at."""
    return any(
        isinstance(item, np.ndarray) or (type(item) in SEQUENCES and holds_array(item))
        for item in (items if not items or type(items[0]) not in NUMBERS else items[:1])
    )


def spread_arrays(items: Any) -> list[Any]:
    """Nested lists whose arrays are lists of NumPy's numbers."""
    found = []
    for item in items:
        if isinstance(item, Tensor) and item.ndim:
            item = list(item)
        if isinstance(item, np.ndarray):
            warn(
                "Creating a tensor from a list of numpy.ndarrays is extremely slow. Please consider converting the "
                "list to a single numpy.ndarray with numpy.array() before converting to a tensor.",
                once=True,
                internal="torch/csrc/utils/tensor_new.cpp:252",
                help="torch.from_numpy(numpy.array(list))",
            )
            if not item.ndim:
                raise ArgumentError("len() of unsized object", code="tensor-data")
            item = list(item)
        found.append(spread_arrays(item) if type(item) in SEQUENCES else item)
    return found


def stored(values: list[Any], dtype: DType, kinds: set[type]) -> np.ndarray[Any, Any]:
    """Python numbers as elements of a dtype; an error where it cannot hold them."""
    if complex in kinds and dtype.category < dt.COMPLEX and dtype is not dt.bool_:
        raise ArgumentError(
            "must be real number, not complex"
            if dtype.is_floating_point
            else "'complex' object cannot be interpreted as an integer",
            help="take .real, or give a complex dtype",
        )
    if dtype.category == dt.INT:
        return stored_integers(values, dtype, kinds)
    if dtype.is_half:
        return cast_array(np.array(values, np.float64), dtype)
    return np.array(values, dtype.np)


def stored_integers(values: list[Any], dtype: DType, kinds: set[type]) -> np.ndarray[Any, Any]:
    low, high = int_range(dtype)
    if float in kinds:
        array = np.array(values, np.float64)
        if not ((array >= low) & (array <= high)).all():
            for value in values:
                check_number(
                    value, dtype, SCALAR_NAMES[dtype].removesuffix("_t") if dtype is not dt.int32 else "int32"
                )
        return array.astype(np.int64).astype(dtype.np)
    try:
        array = np.array(values, np.int64)
    except OverflowError:
        raise BadValue(
            "Overflow when unpacking long long",
            raises=ValueError,
            help="integers have 64 bits; write it as a float",
        ) from None
    if dtype is not dt.int64 and array.size and (array.min() < low or array.max() > high):
        for value in values:
            check_number(value, dtype, dtype.name)
    return array.astype(dtype.np)


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


@composite("from_dlpack(any ext_tensor)", names=("torch.from_dlpack",))
def from_dlpack(ext_tensor):
    """A tensor that shares the memory of another library's array.

    >>> import numpy as np
    >>> torch.from_dlpack(np.eye(2))
    tensor([[1., 0.],
            [0., 1.]], dtype=torch.float64)
    """
    if isinstance(ext_tensor, Tensor):
        return ext_tensor.alias()
    return shared(np.from_dlpack(ext_tensor))


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
    array, _ = array_of(data, None if dtype.category < dt.COMPLEX else dtype)
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


registry["tensor_of"] = tensor_of  # type: ignore[assignment]
