"""The memory that tensors look into, as objects: blocks of bytes, and blocks whose elements have a dtype."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.device import Device, cpu, meta, resolve
from ...engine.core.dtype import DType
from ...engine.core.titles import Titled, titled
from ...engine.core.warn import warn
from ...engine.records.op import composite
from ...engine.values.as_argument import type_name
from ...engine.values.tensor import Tensor
from ...errors import ArgumentError
from ..shape.strided import owner

Array = np.ndarray[Any, Any]


NO_SIZE = (
    "[enforce fail at alloc_cpu.cpp:98] ((ptrdiff_t)nbytes) >= 0. "
    "alloc_cpu() seems to have been called with negative number: {}"
)


class _OnCpu:
    """What programs ask a storage, and what the answer is on a CPU."""

    __slots__ = ()

    is_cuda = is_sparse = False

    def is_shared(self) -> bool:
        """Whether other processes see it."""
        return False

    def is_pinned(self, device: Any = "cuda") -> bool:
        return False

    def resizable(self) -> bool:
        return True


class UntypedStorage(_OnCpu, metaclass=Titled):
    """A block of bytes; `UntypedStorage(n)` is a new one, also of a sequence of bytes. On `meta` it has no bytes."""

    __slots__ = ("__weakref__", "_device", "_memory", "_size")

    def __init__(self, size: Any = 0, *, device: Any = None):
        self._device = resolve(device)
        if isinstance(size, int):
            if not 0 <= size < 1 << 63:
                raise ArgumentError(NO_SIZE.format(size % (1 << 64)), raises=RuntimeError)
            self._size = size
            self._memory: Array | None = None if self._device.is_meta else np.zeros(size, np.uint8)
        else:
            self._memory = bytes_of(size)
            self._size = self._memory.size

    @property
    def device(self) -> Device:
        return self._device

    def nbytes(self) -> int:
        """How many bytes it has."""
        return self._size

    size = __len__ = nbytes

    def element_size(self) -> int:
        return 1

    def data_ptr(self) -> int:
        """The address of the first byte; 0 where there is none."""
        return self._memory.__array_interface__["data"][0] if self._memory is not None and self._size else 0

    def tolist(self) -> list[int]:
        return self._bytes().tolist()

    def __iter__(self) -> Iterator[int]:
        return iter(self.tolist())

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            step = index.indices(self._size)[2]
            if step != 1:
                raise RuntimeError(
                    f"Trying to slice with a step of {step}, but only a step of 1 is supported"
                )
            return storage_of(self._bytes()[index])
        if not isinstance(index, int):
            raise TypeError(f"can't index a torch.UntypedStorage with {type_name(index)}")
        at = index + self._size if index < 0 else index
        if not 0 <= at < self._size:
            raise IndexError(f"index {at} out of range for storage of size {self._size}")
        return int(self._bytes()[at])

    def __setitem__(self, index: Any, value: int) -> None:
        if isinstance(index, int) and not -self._size <= index < self._size:
            raise RuntimeError("out of bounds")
        self._bytes()[index] = value & 255

    def fill_(self, value: int) -> UntypedStorage:
        """Set every byte."""
        self._bytes()[...] = value & 255
        return self

    def copy_(self, source: UntypedStorage, non_blocking: Any = None) -> UntypedStorage:
        """Take the bytes of another storage, which has as many."""
        if source.nbytes() != self._size:
            raise RuntimeError(
                f"size does not match, self was {self._size} bytes but src was {source.nbytes()} bytes"
            )
        self._bytes()[...] = source._bytes()
        return self

    def clone(self) -> UntypedStorage:
        """Other memory with the same bytes."""
        return storage_of(self._bytes().copy())

    def cpu(self) -> UntypedStorage:
        return self

    def cuda(self, device: Any = None, non_blocking: bool = False) -> UntypedStorage:
        resolve("cuda")
        return self

    def to(self, *, device: Any, non_blocking: bool = False) -> UntypedStorage:
        return UntypedStorage(self._size, device="meta") if resolve(device).is_meta else self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UntypedStorage) and self.data_ptr() == other.data_ptr()

    def __hash__(self) -> int:
        return hash(self.data_ptr())

    def __repr__(self) -> str:
        shown = "..." if self._memory is None else "\n".join(f" {value}" for value in self.tolist())
        return f"{shown}\n[torch.storage.UntypedStorage(device={self._device}) of size {self._size}]"

    def _bytes(self) -> Array:
        if self._memory is None:
            raise NotImplementedError("Not available for 'meta' device type")
        return self._memory


def bytes_of(items: Any) -> Array:
    """The bytes that a sequence says; RuntimeError in PyTorch's words where it is none."""
    if not isinstance(items, Sequence):
        kind = type_name(items)
        raise ArgumentError(
            f"torch.UntypedStorage(): Expected a sequence type, but got {kind}", raises=RuntimeError
        )
    for each in items:
        if not isinstance(each, int):
            raise ArgumentError(
                f"torch.UntypedStorage(): tried to construct a storage from a sequence ({type_name(items)}), but one "
                f"of the items was of type {type_name(each)} instead of int",
                raises=RuntimeError,
            )
    return np.array([each & 255 for each in items], np.uint8)


class TypedStorage(_OnCpu):
    """A block of memory whose elements have a dtype."""

    __slots__ = ("_dtype", "_untyped", "later")

    def __init__(self, *args: Any, wrap_storage: UntypedStorage | None = None, dtype: DType | None = None):
        #: what is to be done once its bytes have been read from a file; None: they have
        self.later: list[Callable[[], None]] | None = None
        self._dtype = dtype or dt.float32
        if args and not isinstance(args[0], int):
            raise ArgumentError(f"{type(self).__name__}(): elements are counted, not a {type_name(args[0])}")
        if wrap_storage is None:
            wrap_storage = UntypedStorage((args[0] if args else 0) * self._dtype.itemsize)
        self._untyped = wrap_storage

    @property
    def dtype(self) -> DType:
        return self._dtype

    @property
    def device(self) -> Device:
        return self._untyped.device

    def untyped(self) -> UntypedStorage:
        return self._untyped

    def size(self) -> int:
        """How many elements it has."""
        return self._untyped.nbytes() // self._dtype.itemsize

    __len__ = size

    def nbytes(self) -> int:
        return self._untyped.nbytes()

    def element_size(self) -> int:
        return self._dtype.itemsize

    def data_ptr(self) -> int:
        return self._untyped.data_ptr()

    def tolist(self) -> list[Any]:
        return self._elements().tolist()

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def __getitem__(self, index: int) -> Any:
        size = self.size()
        if isinstance(index, slice):
            raise RuntimeError("slices are only supported in UntypedStorage.__getitem__")
        if not isinstance(index, int):
            raise RuntimeError(f"can't index a {type(self)} with {type(index)}")
        if not -size <= index < size:
            raise IndexError(f"index {index} out of range for storage of size {size}")
        return self._elements()[index].item()

    def __setitem__(self, index: Any, value: Any) -> None:
        size = self.size()
        if isinstance(index, int) and not -size <= index < size:
            raise IndexError(f"index {index} is out of bounds for dimension 0 with size {size}")
        self._elements()[index] = value

    def fill_(self, value: Any) -> TypedStorage:
        """Set every element."""
        self._elements()[...] = value
        return self

    def copy_(self, source: TypedStorage, non_blocking: Any = None) -> TypedStorage:
        """Take the bytes of another storage, which has as many."""
        self._untyped.copy_(source.untyped())
        return self

    def clone(self) -> TypedStorage:
        """Other memory with the same elements."""
        return TypedStorage(wrap_storage=self._untyped.clone(), dtype=self._dtype)

    def cpu(self) -> TypedStorage:
        return self

    def __repr__(self) -> str:
        shown = "..." if self.device.is_meta else "\n".join(f" {value}" for value in self.tolist())
        return f"{shown}\n[torch.storage.TypedStorage(dtype={self._dtype}, device={self.device}) of size {self.size()}]"

    def _elements(self) -> Array:
        return self._untyped._bytes().view(self._dtype.np)


def storage_of(memory: Array) -> UntypedStorage:
    """The storage of an array of bytes."""
    storage = UntypedStorage.__new__(UntypedStorage)
    storage._device, storage._memory, storage._size = cpu, memory, memory.size
    return storage


def elements(storage: UntypedStorage | TypedStorage, dtype: DType) -> Array:
    """The bytes of a storage as elements of a dtype, as many as are whole."""
    memory = (storage if isinstance(storage, UntypedStorage) else storage.untyped())._bytes()
    return memory[: memory.size - memory.size % dtype.itemsize].view(dtype.np)


#: the storages in use by the arrays that they keep: tensors of one memory have one storage
_STORAGES: WeakValueDictionary[int, UntypedStorage] = WeakValueDictionary()


def storage_behind(tensor: Tensor) -> UntypedStorage:
    """All the memory that a tensor looks into."""
    if tensor.spec.is_meta:
        return UntypedStorage(tensor.spec.numel * tensor.dtype.itemsize, device=meta)
    memory = owner(tensor.array)
    found = _STORAGES.get(id(memory))
    if found is None:
        found = storage_of(memory.reshape(-1, order="A").view(np.uint8))
        if found._bytes().base is memory:  # not a copy, which would not keep the array
            _STORAGES[id(memory)] = found
    return found


def _conversion(name: str, dtype: DType) -> Callable[[TypedStorage], TypedStorage]:
    def convert(self: TypedStorage) -> TypedStorage:
        found = self._elements().astype(dtype.np)
        return TypedStorage(wrap_storage=storage_of(found.view(np.uint8)), dtype=dtype)

    convert.__name__, convert.__qualname__ = name, f"TypedStorage.{name}"
    convert.__doc__ = f"Other memory with the same elements as {dtype}."
    return convert


for _name, _dtype in {
    "double": dt.float64,
    "float": dt.float32,
    "half": dt.float16,
    "bfloat16": dt.bfloat16,
    "long": dt.int64,
    "int": dt.int32,
    "short": dt.int16,
    "char": dt.int8,
    "byte": dt.uint8,
    "bool": dt.bool_,
    "complex_double": dt.complex128,
    "complex_float": dt.complex64,
}.items():
    setattr(TypedStorage, _name, _conversion(_name, _dtype))

titled(UntypedStorage, "torch.storage.UntypedStorage")
TypedStorage.__module__ = "torch.storage"  # as `print(type(x))` shows it


@composite("Tensor.untyped_storage(Tensor input)")
def untyped_storage(input):
    """The memory that the tensor looks into, as a block of bytes.

    >>> len(zeros(2, 3)[0].untyped_storage())
    24
    """
    return storage_behind(input)


@composite("Tensor.storage(Tensor input)")
def storage(input):
    """The memory that the tensor looks into, as a block of elements.

    >>> len(zeros(2, 3)[0].storage())
    6
    """
    warn(
        "TypedStorage is deprecated. It will be removed in the future and UntypedStorage will be the only storage "
        "class. This should only matter to you if you are using storages directly.  To access UntypedStorage "
        "directly, use tensor.untyped_storage() instead of tensor.storage()",
        once=True,
    )
    # made before its bytes, and so given up after them, it leaves its place to the next one, which has the same id:
    # programs ask `id(x.storage()) == id(x.t().storage())`
    made = TypedStorage.__new__(TypedStorage)
    made.__init__(wrap_storage=storage_behind(input), dtype=input.dtype)  # type: ignore[misc]
    return made
