"""What a program calls the operations: `torch.tanh(x)`, `F.relu(x)`, `x.view(3)`."""

from __future__ import annotations

import builtins
from collections.abc import Collection

from ..core.dtype import DType
from .op import Op, registry


class Spelling:
    """What a program calls the operations.

    torch       what a PyTorch program calls torch: `torch.tanh(x)`; None: `tanh(x)`
    functional  what it calls `torch.nn.functional`
    taken       names that mean something else to the program
    """

    def __init__(
        self, torch: str | None = None, functional: str = "torch.nn.functional", taken: Collection[str] = ()
    ):
        self.torch = torch
        self.functional = functional
        self.taken = frozenset(taken)

    def function(self, op: Op) -> str | None:
        """The operation as a function; None if it is none."""
        if self.torch:
            for name in op.names:
                if name.startswith("nn.functional."):
                    return f"{self.functional}.{name.removeprefix('nn.functional.')}"
                if not name.startswith(("Tensor.", "torch._")) and name[:1].islower():
                    return f"{self.torch}.{name.removeprefix('torch.')}"
            return None
        for name in op.names:
            plain = name.removeprefix("torch.")
            if name.startswith("torch.") and not plain.startswith("_"):
                return plain if plain not in self.taken else name
            if name.startswith("nn.functional."):
                plain = name.removeprefix("nn.functional.")
                return f"F.{plain}" if plain in self.taken or registry.get(plain, op) is not op else plain
            if not name.startswith(("Tensor.", "torch._")) and "." in name:
                return name
        return None

    def method(self, op: Op) -> str | None:
        """The operation's name as a method, where it reads better as one."""
        name = next((n.removeprefix("Tensor.") for n in op.names if n.startswith("Tensor.")), None)
        if name is None:
            return None
        better = op.view or hasattr(builtins, name) or any(p.name == "keepdim" for p in op.schema.parameters)
        return name if better or self.function(op) is None else None

    def dtype(self, dtype: DType) -> str:
        return f"{self.torch}.{dtype.name}" if self.torch else dtype.name

    def plain(self, name: str) -> str:
        """A function of `torch`."""
        return f"{self.torch or 'torch'}.{name}" if self.torch or name in self.taken else name


OWN = Spelling()
