"""From indices to a batch: how a loader asks its dataset, and hands the samples to `collate_fn`.

Rows of tensors that are only stacked again are taken at once, which is what makes small batches cheap.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .....engine.values.tensor import TENSORS
from .....engine.values.wrapping import wrap
from ..dataset import IterableDataset, Subset, TensorDataset
from .collate import default_collate

Fetch = Callable[[Any], Any]


def fetcher(loader: Any) -> Callable[[Any], Fetch]:
    """What makes, of a dataset, the function from an index (or a list of them) to what a loader gives."""
    batches, collate = loader.batch_sampler is not None, loader.collate_fn
    if isinstance(loader.dataset, IterableDataset):
        return lambda dataset: _Stream(iter(dataset), batches, collate, loader.drop_last)
    if not batches:
        return lambda dataset: lambda index: collate(dataset[index])
    if collate is default_collate:
        return lambda dataset: partial(_rows_or_samples, dataset)
    return lambda dataset: lambda indices: collate(_samples(dataset, indices))


class _Stream:
    """Takes as many samples from a stream as indices are asked for."""

    def __init__(self, samples: Any, batches: bool, collate: Fetch, drop_last: bool):
        self._samples = samples
        self._batches = batches
        self._collate = collate
        self._drop_last = drop_last
        self._ended = False

    def __call__(self, index: Any) -> Any:
        if self._ended:
            raise StopIteration
        if not self._batches:
            return self._collate(next(self._samples))
        data = []
        for _ in index:
            try:
                data.append(next(self._samples))
            except StopIteration:
                self._ended = True
                break
        if not data or (self._drop_last and len(data) < len(index)):
            raise StopIteration
        return self._collate(data)


def _samples(dataset: Any, indices: Any) -> Any:
    several = getattr(dataset, "__getitems__", None)
    return several(indices) if several else [dataset[index] for index in indices]


def _rows_or_samples(dataset: Any, indices: Any) -> Any:
    rows = _rows(dataset, indices)
    return default_collate(_samples(dataset, indices)) if rows is None else rows


def _rows(dataset: Any, indices: Any) -> list[Any] | None:
    """The batch of a TensorDataset, or of a Subset of one; None where it has to be made of samples."""
    while type(dataset) is Subset:
        within = len(dataset.indices)
        if type(dataset.indices) not in (list, range) or not _plain(indices, within):
            return None
        indices = [dataset.indices[i] for i in indices]
        dataset = dataset.dataset
    if type(dataset) is not TensorDataset or not all(map(_takes_rows, dataset.tensors)):
        return None
    if not _plain(indices, len(dataset)):
        return None
    rows = wrap(np.array(indices))
    return [tensor.index_select(0, rows) for tensor in dataset.tensors]


def _takes_rows(tensor: Any) -> bool:
    return type(tensor) in TENSORS and not tensor.requires_grad


def _plain(indices: Any, length: int) -> bool:
    """Whether these are a list of ints from the front, inside the length."""
    if type(indices) is not list or set(map(type, indices)) != {int}:
        return False
    return min(indices) >= 0 and max(indices) < length
