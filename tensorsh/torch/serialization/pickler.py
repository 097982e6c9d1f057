"""Pickles in PyTorch's words: memory is only named in them, and what makes a tensor of it has PyTorch's name."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from typing import Any, ClassVar

from ...engine.core.device import Device
from ...engine.core.dtype import DType
from ...engine.core.layouts import Layout
from ...engine.core.results import Size
from ...engine.records.op import Op
from ...engine.values.tensor import Tensor
from ...ops.random.random_streams import Generator
from ...ops.tensors.storages import TypedStorage, UntypedStorage
from .memory import STORAGE_NAMES, Block, block_of, get_layout, looked_into, reduced
from .names import name_of, write_name


class Blocks:
    """The memory that a pickle refers to, each block once, in the order in which it is met."""

    def __init__(self) -> None:
        self.found: list[Block] = []
        self._keys: dict[int, str] = {}

    def key(self, block: Block) -> str:
        """Its number, as text; RuntimeError where the same memory was met with another dtype."""
        key = self._keys.get(id(block.whole))
        if key is None:
            key = self._keys[id(block.whole)] = str(len(self.found))
            self.found.append(block)
        elif self.found[int(key)].dtype is not block.dtype:
            raise RuntimeError(
                "Cannot save multiple tensors or storages that view the same data as different types"
            )
        return key


def pickled(value: Any, protocol: int, named: Callable[[Block], tuple[Any, ...]]) -> bytes:
    """The pickle of a value; `named` gives what stands in it for a block of memory."""
    stream = io.BytesIO()
    _Pickler(stream, protocol, named).dump(value)
    return stream.getvalue()


class _StorageName:
    """`torch.FloatStorage` in a pickle."""

    def __init__(self, dtype: DType):
        self.name = STORAGE_NAMES[dtype]


#: the one that is written in Python, of which typeshed does not tell
_Base: Any = pickle._Pickler


class _Pickler(_Base):
    def __init__(self, stream: Any, protocol: int, named: Callable[[Block], tuple[Any, ...]]):
        super().__init__(stream, protocol)
        self._named = named
        self._types: dict[DType, _StorageName] = {}

    def persistent_id(self, value: Any) -> Any:
        """What stands in a pickle for memory; None for anything else."""
        if isinstance(value, UntypedStorage | TypedStorage):
            value = block_of(value)
        if not isinstance(value, Block):
            return None
        kind = self._types.setdefault(value.dtype, _StorageName(value.dtype))
        return ("storage", kind, *self._named(value))

    def reducer_override(self, value: Any) -> Any:
        """What stands in a pickle for a tensor, a size, a constant of the library."""
        if isinstance(value, Tensor):
            return reduced(value, looked_into)
        if type(value) is Size:
            return Size, (tuple(value),)
        if isinstance(value, Device):
            return Device, (value.type,) if value.index is None else (value.type, value.index)
        if isinstance(value, Layout):
            return get_layout, (repr(value),)
        if isinstance(value, Generator):
            return Generator, (value.device,), (value.initial_seed(), None, value.get_state())
        if isinstance(value, _StorageName):
            return value.name
        if isinstance(value, DType | Op):
            return value.name
        return NotImplemented

    def save_global(self, value: Any, name: str | None = None) -> None:
        """Write the name that leads to a class, a function or a constant."""
        if isinstance(value, _StorageName):
            module, name = "torch", value.name
        else:
            module, name = name_of(value, name, self.proto)
        write_name(self, value, module, name)

    def save_type(self, value: Any) -> None:
        """The classes of the three constants have no name: they are made."""
        constants = {type(None): None, type(NotImplemented): NotImplemented, type(...): ...}
        if value in constants:
            self.save_reduce(type, (constants[value],), obj=value)
        else:
            self.save_global(value)

    dispatch: ClassVar[dict[Any, Any]] = dict(_Base.dispatch)
    dispatch[type] = save_type
    dispatch[type(lambda: None)] = save_global
