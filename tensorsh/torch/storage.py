"""torch.storage: the memory that tensors look into, as objects."""

from ..ops.tensors.storages import TypedStorage, UntypedStorage

__all__ = ["TypedStorage", "UntypedStorage"]
