"""From indices to a batch: how a loader asks its dataset, and hands the samples to `collate_fn`.

Rows of tensors that are only stacked again are taken at once, which is what makes small batches cheap.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .....engine.core import context
from .....engine.core.mode import EAGER
from .....engine.core.spec import Spec
from .....engine.values.tensor import TENSORS, Tensor, make_tensor
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
        return lambda dataset: _Batches(dataset, loader)
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


class _Batches:
    """Batches of a dataset, of lists of indices or of arrays that a sampler of the library has drawn."""

    def __init__(self, dataset: Any, loader: Any):
        self._dataset = dataset
        self._tensors: Any = None  # of the dataset, as they were when `_columns` were made
        self._columns: list[tuple[Tensor, Spec, _RowSpecs]] = []
        self._together = None if loader.num_workers else loader._together

    def __call__(self, indices: Any) -> Any:
        rows = self._rows(indices)
        if rows is None and self._together is not None:
            rows = self._together(self._dataset, indices)
        if rows is not None:
            return rows
        listed = indices.tolist() if type(indices) is np.ndarray else indices
        return default_collate(_samples(self._dataset, listed))

    def _rows(self, indices: Any) -> list[Any] | None:
        """The batch of a TensorDataset, or of a Subset of one; None where it has to be made of samples."""
        dataset = self._dataset
        while type(dataset) is Subset:
            within = len(dataset.indices)
            if type(dataset.indices) not in (list, range) or not _plain(indices, within):
                return None
            indices = [dataset.indices[i] for i in indices]
            dataset = dataset.dataset
        if type(dataset) is not TensorDataset:
            return None
        if type(indices) is not np.ndarray:
            if not _plain(indices, len(dataset)):
                return None
            indices = np.array(indices)
        if dataset.tensors is not self._tensors:
            self._tensors = dataset.tensors
            plain = [t for t in dataset.tensors if type(t) in TENSORS and not t.spec.is_meta]
            self._columns = [(t, t.spec, _RowSpecs(t.spec)) for t in plain]
        if len(self._columns) < len(self._tensors):
            return None
        eager = context.current().mode is EAGER
        rows = len(indices)
        found = []
        try:
            for tensor, spec, specs in self._columns:
                if tensor.requires_grad:
                    return None
                if eager and tensor.spec is spec:
                    found.append(make_tensor(tensor.array.take(indices, 0), specs[rows]))
                else:
                    found.append(tensor.index_select(0, wrap(indices)))
        except IndexError:
            return None
        return found


class _RowSpecs(dict[int, Spec]):
    """How many rows of a tensor → what they are."""

    def __init__(self, of: Spec):
        self._of = of

    def __missing__(self, rows: int) -> Spec:
        self[rows] = spec = self._of.with_shape((rows, *self._of.shape[1:]))
        return spec


class Together:
    """Batches of a dataset of the program's own, at once where its samples are rows of tensors (`lang.loops.samples`).

    That is found out with the third batch of all passes.
    """

    def __init__(self) -> None:
        self._asked = 0
        self._dataset: Any = None
        self._way: Any = None

    def __reduce__(self) -> Any:
        return Together, ()  # a loader's copy finds out for itself

    def __call__(self, dataset: Any, indices: Any) -> Any:
        state = context.current()
        if type(indices) is not np.ndarray or state.samples is None or state.mode is not EAGER:
            return None
        if dataset is not self._dataset:
            self._asked, self._dataset, self._way = 0, dataset, None
        self._asked += 1
        if self._asked == BATCHES and not hasattr(type(dataset), "__getitems__"):
            self._way = state.samples(dataset)
        if self._way is None:
            return None
        found = self._way.batch(indices)
        if self._way.failures > PATIENCE:
            self._way = None
        return found


#: the batch with which a dataset is looked at, and how often what was found may not hold
BATCHES, PATIENCE = 3, 3


def _plain(indices: Any, length: int) -> bool:
    """Whether these are ints from the front, inside the length."""
    if type(indices) is np.ndarray:
        return len(indices) > 0 and int(indices.max()) < length
    if type(indices) is not list or set(map(type, indices)) != {int}:
        return False
    return min(indices) >= 0 and max(indices) < length
