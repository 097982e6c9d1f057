"""Blocks of memory in a file: which ones tensors look into, and tensors made of them again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.addresses import address, owner
from ...engine.core.device import here, hollow, meta
from ...engine.core.dtype import DType
from ...engine.core.layouts import Layout, sparse_coo, strided
from ...engine.core.spec import spec
from ...engine.values import rebuild
from ...engine.values.arrays import laid_over
from ...engine.values.as_argument import type_name
from ...engine.values.parameters import Parameter
from ...engine.values.sparse import Sparse
from ...engine.values.tensor import Tensor, make_tensor
from ...ops.create.of_data import check_size
from ...ops.tensors.attributes import strides_of
from ...ops.tensors.storages import TypedStorage, UntypedStorage

Array = np.ndarray[Any, Any]
Restore = Callable[[UntypedStorage, str], Any]


class StorageType:
    """What a pickle calls `torch.FloatStorage`: memory of one dtype."""

    def __init__(self, name: str):
        self._dtype = _STORAGE_TYPES[name]

    @property
    def dtype(self) -> DType:
        return self._dtype

    def __str__(self) -> str:
        return f"StorageType(dtype={self._dtype})"


_TITLES = {dt.complex64: "ComplexFloat", dt.complex128: "ComplexDouble"}
STORAGE_NAMES = {d: f"{_TITLES.get(d, d.title)}Storage" for d in dt.ALL}
_STORAGE_TYPES = {name: d for d, name in STORAGE_NAMES.items()} | {"UntypedStorage": dt.uint8}

# ------------------------------------------------------------------ out of tensors


class Block:
    """Memory that is to be saved; `memory` are its bytes, None on `meta`."""

    __slots__ = ("dtype", "location", "memory", "numel", "whole")

    def __init__(self, whole: Any, memory: Array | None, dtype: DType, numel: int, location: str):
        self.whole = whole  # what it is known by: the array that owns the memory
        self.memory = memory
        self.dtype = dtype
        self.numel = numel
        self.location = location


def looked_into(tensor: Tensor) -> tuple[Block, int, tuple[int, ...]]:
    """The memory that a tensor looks into, where it begins there, and its strides, in elements."""
    array, dtype = tensor.array, tensor.dtype
    whole = owner(array)
    start = address(array) - address(whole) if array.size else 0
    if _in_steps(array, whole, start):
        strides = strides_of(tensor)
    else:  # as no tensor of PyTorch's lies in memory
        whole = array = np.ascontiguousarray(array).reshape(array.shape)
        start, strides = 0, strides_of(make_tensor(array, tensor.spec))
    memory = whole.reshape(-1, order="A").view(np.uint8)
    block = Block(whole, memory, dtype, memory.size // dtype.itemsize, "cpu")
    return block, start // dtype.itemsize, strides


def _in_steps(array: Array, whole: Array, start: int) -> bool:
    """Whether an array walks forwards through memory, element by element."""
    flat = whole.flags.c_contiguous or whole.flags.f_contiguous
    steps = (start, whole.nbytes, *array.strides)
    return flat and start >= 0 and all(step >= 0 and step % array.itemsize == 0 for step in steps)


def block_of(storage: UntypedStorage | TypedStorage) -> Block:
    """The memory of a storage."""
    dtype = storage.dtype if isinstance(storage, TypedStorage) else dt.uint8
    untyped = storage.untyped() if isinstance(storage, TypedStorage) else storage
    memory = None if untyped.device.is_meta else untyped._bytes()
    whole = untyped if memory is None else owner(memory)
    return Block(whole, memory, dtype, untyped.nbytes() // dtype.itemsize, str(untyped.device))


# ------------------------------------------------------------------ into tensors


def rebuild_tensor(storage: TypedStorage, offset: int, size: Any, stride: Any) -> Tensor:
    """A tensor that looks into a storage."""
    return _view(storage.untyped(), storage.dtype, offset, tuple(size), tuple(stride))


def rebuild_tensor_v2(
    storage: TypedStorage,
    offset: int,
    size: Any,
    stride: Any,
    requires_grad: bool,
    backward_hooks: Any,
    metadata: Any = None,
) -> Tensor:
    found = rebuild_tensor(storage, offset, size, stride)
    if metadata:
        found = _as_marked(found, metadata, storage.later)
    found.requires_grad_slot = bool(requires_grad)
    return found


def rebuild_tensor_v3(
    storage: TypedStorage,
    offset: int,
    size: Any,
    stride: Any,
    requires_grad: bool,
    backward_hooks: Any,
    dtype: DType,
    metadata: Any = None,
) -> Tensor:
    _check_dtype("empty", dtype)
    typed = TypedStorage(wrap_storage=storage.untyped(), dtype=dtype)
    return rebuild_tensor_v2(typed, offset, size, stride, requires_grad, backward_hooks, metadata)


def rebuild_parameter(data: Tensor, requires_grad: bool, backward_hooks: Any) -> Parameter:
    return Parameter(data, requires_grad)


def rebuild_parameter_with_state(
    data: Tensor, requires_grad: bool, backward_hooks: Any, state: Any
) -> Parameter:
    return _with_state(Parameter(data, requires_grad), state)


def rebuild_meta_tensor_no_storage(dtype: DType, size: Any, stride: Any, requires_grad: bool) -> Tensor:
    _check_dtype("empty_strided", dtype)
    _check_integers("empty_strided", 1, size=size, stride=stride)
    check_size(tuple(size), dtype.itemsize)
    # in a program that is only checked, tensors of the cpu are saved so
    of = spec(tuple(size), dtype, hollow if here.cpu is hollow else meta)
    return make_tensor(of.placeholder, of, requires_grad)


def rebuild_from_type_v2(function: Callable[..., Any], kind: type, args: Any, state: Any) -> Tensor:
    """A tensor of another class, or one on which a program hung something."""
    found = function(*args)
    if type(found) is not kind:
        found = found.as_subclass(kind)
    return _with_state(found, state)


def _with_state(tensor: Any, state: Any) -> Any:
    values, slots = state if isinstance(state, tuple) else (state, None)
    tensor.__dict__.update(values or {})
    for name, value in (slots or {}).items():
        setattr(tensor, name, value)
    return tensor


def _as_marked(tensor: Tensor, metadata: dict[str, bool], later: list[Callable[[], None]] | None) -> Tensor:
    """What was to be conjugated or negated when it is read, is, in memory of its own."""
    found = make_tensor(np.empty(tensor.array.shape, tensor.array.dtype), tensor.spec)

    def fill() -> None:
        values = tensor.array.conj() if metadata.get("conj") else tensor.array
        found.array[...] = -values if metadata.get("neg") else values

    fill() if later is None else later.append(fill)
    return found


def _view(
    storage: UntypedStorage, dtype: DType, offset: int, size: tuple[int, ...], stride: tuple[int, ...]
) -> Tensor:
    _check_integers("set_", 2, storage_offset=(offset,), size=size, stride=stride)
    of = spec(size, dtype, storage.device)
    if storage.device.is_meta:
        return make_tensor(of.placeholder, of)
    memory = storage._bytes()
    steps = tuple(step * dtype.itemsize for step in stride)
    last = (
        sum((n - 1) * step for n, step in zip(size, steps, strict=True)) + dtype.itemsize if of.numel else 0
    )
    if min((offset, *size, *stride)) < 0 or offset * dtype.itemsize + last > memory.size:
        raise RuntimeError(
            f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {offset}, and itemsize "
            f"{dtype.itemsize} requiring a storage size of {offset * dtype.itemsize + last} are out of bounds for "
            f"storage of size {memory.size}"
        )
    if not of.numel:
        return make_tensor(np.empty(size, dtype.np), of)
    return make_tensor(laid_over(np.ndarray, size, dtype.np, memory, offset * dtype.itemsize, steps), of)


def _check_dtype(function: str, dtype: Any) -> None:
    """A pickle may say anything; PyTorch's error where it does."""
    if not isinstance(dtype, DType):
        raise TypeError(f"{function}(): argument 'dtype' must be torch.dtype, not {type_name(dtype)}")


def _check_integers(function: str, first: int, **numbers: Any) -> None:
    """The same of sizes and strides; `first` is the position of the first."""
    for position, (name, given) in enumerate(numbers.items(), first):
        for place, number in enumerate(given):
            if not isinstance(number, int):
                raise TypeError(
                    f"{function}(): argument '{name}' (position {position}) must be tuple of ints, but found "
                    f"element of type {type_name(number)} at pos {place}"
                )


def rebuild_sparse_tensor(layout: Layout, data: Any) -> Tensor:
    indices, values, size, coalesced = (*data, False)[:4]
    return rebuild.sparse(indices, values, size, coalesced, False)


def get_layout(name: str) -> Layout:
    """The layout of that name."""
    for layout in (strided, sparse_coo):
        if repr(layout) == name:
            return layout
    raise RuntimeError(f"unknown layout {name!r}")


#: how pickles name what makes tensors
REBUILD: dict[str, Callable[..., Any]] = {
    "torch._utils._rebuild_tensor": rebuild_tensor,
    "torch._utils._rebuild_tensor_v2": rebuild_tensor_v2,
    "torch._utils._rebuild_tensor_v3": rebuild_tensor_v3,
    "torch._utils._rebuild_parameter": rebuild_parameter,
    "torch._utils._rebuild_parameter_with_state": rebuild_parameter_with_state,
    "torch._utils._rebuild_meta_tensor_no_storage": rebuild_meta_tensor_no_storage,
    "torch._utils._rebuild_sparse_tensor": rebuild_sparse_tensor,
    "torch._tensor._rebuild_from_type_v2": rebuild_from_type_v2,
    "torch.serialization._get_layout": get_layout,
}


def reduced(tensor: Tensor, looking: Callable[[Tensor], Any]) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """What a pickle holds in a tensor's place; `looking` gives what it holds for memory, offset and strides."""
    state = dict(tensor.__dict__)
    kind: type = type(tensor)
    if isinstance(tensor, Sparse):
        parts = tensor.places, tensor.elements.alias(), tensor.shape, tensor.coalesced
        return rebuild_sparse_tensor, (tensor.layout, parts)
    if kind is Parameter:
        data = make_tensor(tensor.array, tensor.spec)
        if state:
            return rebuild_parameter_with_state, (data, tensor.requires_grad, OrderedDict(), state)
        return rebuild_parameter, (data, tensor.requires_grad, OrderedDict())
    function: Callable[..., Any]
    args: tuple[Any, ...]
    if tensor.is_meta:
        sizes = tuple(tensor.shape), strides_of(tensor)
        function, args = rebuild_meta_tensor_no_storage, (tensor.dtype, *sizes, tensor.requires_grad)
    else:
        block, offset, strides = looking(tensor)
        sizes = tuple(tensor.shape), strides
        function, args = rebuild_tensor_v2, (block, offset, *sizes, tensor.requires_grad, OrderedDict())
    if kind is Tensor and not state:
        return function, args
    return rebuild_from_type_v2, (function, kind, args, state)


# ------------------------------------------------------------------ where memory goes


def restoring(map_location: Any) -> Restore:
    """The function from (storage, its location in the file) to the storage where `map_location` wants it."""
    if map_location is None:
        return default_restore_location
    if isinstance(map_location, dict):
        return lambda storage, location: default_restore_location(
            storage, map_location.get(location, location)
        )
    if not callable(map_location):
        place = map_location.decode("ascii") if isinstance(map_location, bytes) else str(map_location)
        return lambda storage, location: default_restore_location(storage, place)

    def restore(storage: UntypedStorage, location: str) -> Any:
        found = map_location(storage, location)
        return default_restore_location(storage, location) if found is None else found

    return restore


def default_restore_location(storage: UntypedStorage, location: str) -> UntypedStorage:
    """The storage on that device; RuntimeError where it is not there."""
    kind = location.partition(":")[0]
    if location == "cpu":
        return storage
    if location == "meta":
        return UntypedStorage(storage.nbytes(), device="meta")
    if kind in ("cuda", "xpu", "mtia"):
        raise RuntimeError(
            f"Attempting to deserialize object on a {kind.upper()} device but torch.{kind}.is_available() is False. "
            "If you are running on a CPU-only machine, please use torch.load with map_location=torch.device('cpu') "
            "to map your storages to the CPU."
        )
    if kind == "hpu":
        raise RuntimeError(
            "The HPU device module is not registered. If you are running on a CPU-only machine, please use "
            "torch.load with map_location=torch.device('cpu') to map your storages to the CPU."
        )
    raise RuntimeError(
        f"don't know how to restore data location of torch.storage.UntypedStorage (tagged with {location})"
    )


__all__ = ["StorageType", "default_restore_location"]
