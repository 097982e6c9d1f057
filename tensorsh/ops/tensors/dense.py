"""What PyTorch asks of tensors of other kinds, and of other devices: dense ones on the CPU, in one process, say no."""

from __future__ import annotations

from typing import Any

from ...engine.records.op import composite
from ...engine.values.tensor import Tensor
from ...errors import BadValue, DeviceError
from .attributes import attribute

for _name, _what in (
    ("is_nested", "Whether it holds tensors of several shapes"),
    ("is_sparse_csr", "Whether its rows are compressed"),
    ("is_mkldnn", "Whether it is in the order of oneDNN"),
    ("is_ipu", "Whether it is on a Graphcore device"),
    ("is_maia", "Whether it is on a Maia device"),
    ("is_mps", "Whether it is on an Apple device"),
    ("is_mtia", "Whether it is on a Meta device"),
    ("is_vulkan", "Whether it is on a Vulkan device"),
    ("is_xla", "Whether it is on an XLA device"),
    ("is_xpu", "Whether it is on an Intel device"),
):
    attribute(_name, f"{_what}: never.", lambda x: False)


def _grad_dtype(x: Tensor) -> Any:
    if not x.is_leaf:
        raise BadValue("grad_dtype can only be accessed on leaf tensors.")
    return x.dtype


attribute("name", "PyTorch's old variables had one; tensors have none.", lambda x: None)
attribute("grad_dtype", "The dtype of a leaf's gradient: its own.", _grad_dtype)


def question(name: str, meaning: str, answer: Any, shown: str) -> None:
    """A method that asks for what all tensors here have alike."""

    @composite(f"Tensor.{name}(Tensor input)", doc=f"{meaning}\n\n>>> ones(2).{name}()\n{shown}\n")
    def method(input):
        return answer(input)


question("is_shared", "Whether another process sees the memory: never.", lambda x: False, "False")
question("is_distributed", "Whether it is spread over processes: never.", lambda x: False, "False")
question("is_pinned", "Whether the memory is locked for an accelerator: never.", lambda x: False, "False")
question("dense_dim", "How many dimensions are dense: all.", lambda x: x.ndim, "1")
question("sparse_dim", "How many dimensions are sparse: none.", lambda x: 0, "0")


@composite("Tensor.to_dense(Tensor input, dtype? dtype=None, *, bool? masked_grad=None)")
def to_dense(input, dtype, masked_grad):
    """The tensor itself, which is dense, in another dtype where one is given.

    >>> ones(2).to_dense()
    tensor([1., 1.])
    """
    return input if dtype is None else input.to(dtype)


@composite("dequantize(Tensor input)")
def dequantize(input):
    """A tensor that is not quantised as it is, in float32.

    >>> tensor([1, 2]).dequantize()
    tensor([1., 2.])
    """
    return input.float()


@composite("Tensor.pin_memory(Tensor input, device? device=None)")
def pin_memory(input, device):
    """Memory is locked for an accelerator: there is none.

    >>> ones(2).is_pinned()
    False
    """
    raise DeviceError(
        "Cannot access accelerator device when none is available.",
        help="leave it out: all tensors are in the processor's memory",
    )


for _name, _kind in (
    ("is_coalesced", "sparse coordinate tensor"),
    ("coalesce", "sparse coordinate tensor"),
    ("indices", "sparse coordinate tensor"),
    ("values", "sparse tensor"),
):

    @composite(
        f"Tensor.{_name}(Tensor input)",
        doc="Asked of a sparse tensor; others have no such part.\n\n>>> ones(2).is_sparse\nFalse\n",
    )
    def _of_sparse(input, name=_name, kind=_kind):
        raise BadValue(
            f"{name} expected {kind} layout but got Strided", help="x.to_sparse() stores what is not zero"
        )
