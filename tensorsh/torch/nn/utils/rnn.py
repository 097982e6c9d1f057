"""torch.nn.utils.rnn: sequences of different lengths, padded to a tensor or packed without padding."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from ....engine.calls.to_arguments import to_arguments
from ....engine.records.op import op
from ....engine.run.apply import apply
from ....engine.values.tensor import Tensor
from ...namespace import torch

__all__ = [
    "PackedSequence", "invert_permutation", "pack_padded_sequence", "pack_sequence", "pad_packed_sequence",
    "pad_sequence", "unpack_sequence", "unpad_sequence",
]  # fmt: skip


class Parts(NamedTuple):
    """What a packed sequence is made of."""

    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(Parts):
    """Sequences by steps: `data` has, for each step t, the batch_sizes[t] elements of those that are that long.

    sorted_indices     the order, longest first, into which the sequences were brought; None if they were
    unsorted_indices   the way back
    """

    __slots__ = ()

    def __new__(
        cls,
        data: Any,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> Any:
        if batch_sizes is None:
            if not isinstance(data, list | tuple) or len(data) != 2:
                raise AssertionError("Expected data to be a list or tuple of length 2")
            data, batch_sizes = data
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """With `data` of another dtype or on another device."""
        if to_arguments(args, kwargs).copy:
            raise RuntimeError(".to() does not accept copy argument")
        data = self.data.to(*args, **kwargs)
        return self if data is self.data else type(self)(data, *self[1:])

    def cpu(self) -> Any:
        """On the CPU."""
        return self.to("cpu")

    def cuda(self, *args: Any, **kwargs: Any) -> Any:
        """On a GPU."""
        return self.to("cuda")

    def double(self) -> Any:
        """float64."""
        return self.to(dtype=torch.double)

    def float(self) -> Any:
        """float32."""
        return self.to(dtype=torch.float)

    def half(self) -> Any:
        """float16."""
        return self.to(dtype=torch.half)

    def long(self) -> Any:
        """int64."""
        return self.to(dtype=torch.long)

    def int(self) -> Any:
        """int32."""
        return self.to(dtype=torch.int)

    def short(self) -> Any:
        """int16."""
        return self.to(dtype=torch.short)

    def char(self) -> Any:
        """int8."""
        return self.to(dtype=torch.int8)

    def byte(self) -> Any:
        """uint8."""
        return self.to(dtype=torch.uint8)

    @property
    def is_cuda(self) -> bool:
        return self.data.is_cuda

    def is_pinned(self) -> bool:
        """Never: memory is not pinned on the CPU."""
        return False

    def pin_memory(self) -> Any:
        """The same sequence."""
        return self


PackedSequence.__module__ = "torch.nn.utils.rnn"


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that takes another back."""
    if permutation is None:
        return None
    places = torch.arange(0, permutation.numel(), device=permutation.device)
    return torch.empty_like(permutation).scatter_(0, permutation, places)


# ------------------------------------------------------------------ packing


def pack_padded_sequence(
    input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Pack a padded batch (T, N, *), or (N, T, *) with `batch_first`, of sequences of these lengths.

    They must come longest first, unless `enforce_sorted` is False.
    """
    if isinstance(lengths, Tensor):
        lengths = lengths.to(dtype=torch.int64)
    else:
        lengths = torch.as_tensor(lengths, dtype=torch.int64)
    order = None
    if not enforce_sorted:
        lengths, order = torch.sort(lengths, descending=True)
        input = input.index_select(0 if batch_first else 1, order)
    if batch_first:
        input = input.transpose(0, 1)
    if lengths.dim() != 1:
        raise RuntimeError(
            f"'lengths' argument should be a 1D CPU int64 tensor, but got {lengths.dim()}D cpu Long tensor"
        )
    if not input.numel():
        raise RuntimeError("Cannot pack empty tensors.")
    sizes = lengths.tolist()
    _check_lengths(sizes, input.size(1))
    batch_sizes = np.count_nonzero(np.arange(max(sizes))[:, None] < np.array(sizes), axis=1)
    data = apply(pack_rows, (input, tuple(batch_sizes.tolist())))
    return PackedSequence(data, torch.tensor(batch_sizes.tolist()), order, None)


def _check_lengths(sizes: list[int], batch: int) -> None:
    if len(sizes) != batch:
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {len(sizes)} (batch_size={batch})"
        )
    if sizes[-1] <= 0:  # the shortest, once they are in order
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
        )
    if sizes != sorted(sizes, reverse=True):
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass "
            "`enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement if you "
            "do not need ONNX exportability."
        )


@op(
    "pack_padded_sequence(Tensor input, any batch_sizes)",
    infer=lambda x, batch_sizes: x.with_shape((sum(batch_sizes[: x.shape[0]]), *x.shape[2:])),
    names=(),
    half="native",
)
def pack_rows(x, batch_sizes):
    """Of each step the first elements. Steps behind the end of `x` (T, N, *) are none."""
    return np.concatenate([step[:n] for step, n in zip(x, batch_sizes, strict=False)])


@pack_rows.derivative("input")
def _(grad, input_spec, batch_sizes):
    steps, batch, *rest = input_spec.shape
    if len(batch_sizes) > steps:
        raise IndexError(
            f"select(): index {steps} out of range for tensor of size {list(input_spec.shape)} at dimension 0"
        )
    rows = [t * batch + i for t, n in enumerate(batch_sizes) for i in range(n)]
    flat = torch.zeros((steps * batch, *rest), dtype=grad.dtype)
    return flat.index_copy(0, torch.tensor(rows), grad).view(input_spec.shape)


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """The padded batch (T, N, *), or (N, T, *), of a packed sequence, and the lengths."""
    sizes = sequence.batch_sizes.tolist()
    steps = len(sizes)
    if total_length is not None:
        if total_length < steps:
            raise ValueError(
                "Expected total_length to be at least the length of the longest sequence in input, but got "
                f"total_length={total_length} and max sequence length being {steps}"
            )
        steps = total_length
    data = sequence.data
    padded = torch.full(
        (steps, sizes[0], *data.shape[1:]), padding_value, dtype=data.dtype, device=data.device
    )
    start = step = 0
    for n, equal in groupby(sizes):  # as PyTorch has it: as many steps at once as have the same size
        run = len(list(equal))
        part = data[start : start + run * n].view(run, n, *data.shape[1:])
        padded[step : step + run, :n].copy_(part)
        start += run * n
        step += run
    lengths = torch.tensor([sum(n > i for n in sizes) for i in range(sizes[0])])
    if batch_first:
        padded = padded.transpose(0, 1)
    if sequence.unsorted_indices is not None:
        order = sequence.unsorted_indices
        return padded.index_select(0 if batch_first else 1, order), lengths[order]
    return padded, lengths


def pack_sequence(sequences: list[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Pack sequences (T_i, *), longest first unless `enforce_sorted` is False."""
    lengths = torch.as_tensor([s.size(0) for s in sequences])
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences that were packed."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)


# ------------------------------------------------------------------ padding


def pad_sequence(
    sequences: Any, batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Tensor:
    """Sequences (T_i, *) side by side: (T, N, *), or (N, T, *) with `batch_first`."""
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            f"pad_sequence: Expected iterable for input sequences, but got arg of type: {type(sequences)}"
        )
    sequences = tuple(sequences)
    if not sequences:
        raise RuntimeError("received an empty list of sequences")
    for i, s in enumerate(sequences):
        if not isinstance(s, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type(s).__name__}")
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"Expected padding_side to be one of left or right, but got {padding_side}.")
    if sequences[0].ndim == 0:
        raise RuntimeError("ArrayRef: invalid slice, N = 1; size = 0")
    if not isinstance(padding_value, int | float | complex):
        raise TypeError(
            f"pad_sequence(): argument 'padding_value' (position 3) must be float, not {type(padding_value).__name__}"
        )
    first = sequences[0]
    longest = max(s.size(0) for s in sequences)
    shape = (len(sequences), longest) if batch_first else (longest, len(sequences))
    out = torch.full((*shape, *first.shape[1:]), padding_value, dtype=first.dtype, device=first.device)
    for i, s in enumerate(sequences):
        where = slice(0, s.size(0)) if padding_side == "right" else slice(longest - s.size(0), longest)
        place = out[i, where] if batch_first else out[where, i]
        place.copy_(s)
    return out


def unpad_sequence(padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False) -> list[Tensor]:
    """The sequences that were padded, of these lengths."""
    if not batch_first:
        padded_sequences = padded_sequences.transpose(0, 1)
    places = torch.arange(padded_sequences.shape[1], device=lengths.device)
    return [s[places < length] for s, length in zip(padded_sequences, lengths, strict=True)]
