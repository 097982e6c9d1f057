"""DataLoader: batches of a dataset, in an order that a sampler decides.

Each pass draws one number from the random stream, its base seed, whether anything is shuffled or not; the
sampler draws when its first index is asked for. Workers (`num_workers`) take turns in this one process.
"""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import cycle, repeat
from typing import Any, Generic, TypeVar

from ....engine.core.warn import warn
from ._utils.collate import default_collate, default_convert
from ._utils.fetch import Together, fetcher
from ._utils.worker import Worker, get_worker_info
from .dataset import IterableDataset
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler, drawn_batches, drawn_seed

__name__ = "torch.utils.data.dataloader"  # where the class is for `print(type(x))`

__all__ = ["DataLoader", "default_collate", "default_convert", "get_worker_info"]

T_co = TypeVar("T_co", covariant=True)

#: what a loader does not let be set once it is made
FIXED = frozenset({"batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers"})

START_METHODS = ["fork", "spawn", "forkserver"]


class _InfiniteConstantSampler(Sampler[Any]):
    """None for ever in place of indices: how a stream is asked."""

    def __iter__(self) -> Iterator[Any]:
        return repeat(None)


class DataLoader(Generic[T_co]):
    """`for batch in DataLoader(dataset, batch_size=4, shuffle=True):`.

    dataset        a map (`__getitem__`, `__len__`) or an IterableDataset
    batch_size     how many samples make a batch; None: single samples, as they are
    shuffle        a new random order each pass
    sampler, batch_sampler   the order, one index or one list of indices at a time
    num_workers    how many workers take turns, each with a random stream and a copy of the dataset
    collate_fn     makes a batch of a list of samples (`default_collate`)
    drop_last      leave out a last batch that is not full
    generator      where seeds are drawn from, and the shuffled order
    """

    dataset: Any
    batch_size: int | None
    num_workers: int
    pin_memory: bool
    drop_last: bool
    timeout: float
    sampler: Any
    pin_memory_device: str
    prefetch_factor: int | None
    _initialized = False

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Sampler[Any] | Iterable[Any] | None = None,
        batch_sampler: Sampler[list[Any]] | Iterable[list[Any]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Any = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        _check_workers(num_workers, timeout, prefetch_factor, persistent_workers)
        self.dataset = dataset
        self.num_workers = num_workers
        self.prefetch_factor = 2 if num_workers > 0 and prefetch_factor is None else prefetch_factor
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.in_order = in_order
        self._streams = isinstance(dataset, IterableDataset)
        if self._streams:
            _check_stream(shuffle, sampler, batch_sampler)
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last"
                )
            batch_size, drop_last = None, False
        elif batch_size is None and drop_last:
            raise ValueError(
                "batch_size=None option disables auto-batching and is mutually exclusive with drop_last"
            )
        if sampler is None:
            if self._streams:
                sampler = _InfiniteConstantSampler()
            else:
                sampler = (
                    RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
                )
        if batch_size is not None and batch_sampler is None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.generator = generator
        if collate_fn is None:
            collate_fn = default_convert if batch_sampler is None else default_collate
        self.collate_fn = collate_fn
        self.persistent_workers = persistent_workers
        self._iterator: Any = None
        self._stated_length: int | None = None  # of a stream, once `len` was asked for
        self._together = Together()
        self._initialized = True
        self.check_worker_number_rationality()

    def __setattr__(self, name: str, value: Any) -> None:
        if self._initialized and name in FIXED:
            raise ValueError(
                f"{name} attribute should not be set after {self.__class__.__name__} is initialized"
            )
        super().__setattr__(name, value)

    def __iter__(self) -> Any:
        if not self.num_workers:
            return _SingleProcessDataLoaderIter(self)
        if self.persistent_workers and self._iterator is not None:
            self._iterator._reset()
            return self._iterator
        self.check_worker_number_rationality()
        iterator = _MultiProcessingDataLoaderIter(self)
        if self.persistent_workers:
            self._iterator = iterator
        return iterator

    def __len__(self) -> int:
        if not self._streams:
            return len(self._index_sampler)
        length = self._stated_length = len(self.dataset)
        if self.batch_size is None:
            return length
        return length // self.batch_size if self.drop_last else math.ceil(length / self.batch_size)

    @property
    def _index_sampler(self) -> Any:
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    @property
    def _auto_collation(self) -> bool:
        return self.batch_sampler is not None

    @property
    def multiprocessing_context(self) -> Any:
        return self._multiprocessing_context

    @multiprocessing_context.setter
    def multiprocessing_context(self, value: Any) -> None:
        if value is not None:
            if self.num_workers == 0:
                raise ValueError(
                    "multiprocessing_context can only be used with multi-process loading (num_workers > 0), but "
                    f"got num_workers={self.num_workers}"
                )
            if not isinstance(value, str):
                raise TypeError(
                    "multiprocessing_context option should be a valid context object or a string specifying the "
                    f"start method, but got multiprocessing_context={value}"
                )
            if value not in START_METHODS:
                raise ValueError(
                    f"multiprocessing_context option should specify a valid start method in {START_METHODS!r}, but "
                    f"got multiprocessing_context={value!r}"
                )
        self._multiprocessing_context = value

    def check_worker_number_rationality(self) -> None:
        """Warn where there are more workers than processors."""
        processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        if self.num_workers > processors:
            warn(
                f"This DataLoader will create {self.num_workers} worker processes in total. Our suggested max "
                f"number of worker in current system is {processors}, which is smaller than what this DataLoader "
                "is going to create. Please be aware that excessive worker creation might get DataLoader running "
                "slow or even freeze, lower the worker number to avoid potential slowness/freeze if necessary."
            )


class _BaseDataLoaderIter:
    """One pass over a loader's batches."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        if loader.pin_memory:
            _warn_of_pinning(loader.pin_memory_device)
        self._loader = loader
        self._index_sampler = loader._index_sampler
        self._sampler_iter = iter(self._index_sampler)
        self._base_seed = drawn_seed(loader.generator)
        self._num_yielded = 0

    def _load(self) -> Any:
        raise NotImplementedError

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        data = self._load()
        self._num_yielded += 1
        stated = self._loader._stated_length
        if stated is not None and self._num_yielded > stated:
            warn(_too_long(self._loader, stated, self._num_yielded))
        return data

    def __len__(self) -> int:
        return len(self._index_sampler)


class _SingleProcessDataLoaderIter(_BaseDataLoaderIter):
    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        if loader.timeout != 0:
            raise AssertionError("_SingleProcessDataLoaderIter requires timeout == 0")
        if (
            loader.collate_fn is default_collate
        ):  # a list of indices is made where samples are asked for one by one
            self._sampler_iter = drawn_batches(self._index_sampler) or self._sampler_iter
        self._fetch = fetcher(loader)(loader.dataset)

    def _load(self) -> Any:
        return self._fetch(next(self._sampler_iter))


class _MultiProcessingDataLoaderIter(_BaseDataLoaderIter):
    """Workers take turns; indices are asked for as far ahead as PyTorch's processes are given them."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        self._workers = [
            Worker(loader, self._base_seed, number, fetcher(loader)) for number in range(loader.num_workers)
        ]
        self._hand_out()

    def _reset(self) -> None:
        """Begin another pass with the same workers."""
        self._sampler_iter = iter(self._index_sampler)
        self._num_yielded = 0
        for worker in self._workers:
            worker.restart()
        self._hand_out()

    def _hand_out(self) -> None:
        self._turns = cycle(self._workers)
        self._tasks: deque[tuple[Worker, Any]] = deque()
        for _ in range((self._loader.prefetch_factor or 0) * len(self._workers)):
            self._hand_out_one()

    def _hand_out_one(self) -> None:
        if all(worker.ended for worker in self._workers):
            return
        try:
            index = next(self._sampler_iter)
        except StopIteration:
            return
        self._tasks.append((next(worker for worker in self._turns if not worker.ended), index))

    def _load(self) -> Any:
        while self._tasks:
            worker, index = self._tasks.popleft()
            if worker.ended:
                continue
            try:
                data = worker.load(index)
            except StopIteration:
                self._hand_out_one()
                continue
            self._hand_out_one()
            return data
        raise StopIteration


def _check_workers(num_workers: int, timeout: float, prefetch_factor: int | None, persistent: bool) -> None:
    if num_workers < 0:
        raise ValueError(
            "num_workers option should be non-negative; use num_workers=0 to disable multiprocessing."
        )
    if timeout < 0:
        raise ValueError("timeout option should be non-negative")
    if num_workers == 0 and prefetch_factor is not None:
        raise ValueError(
            "prefetch_factor option could only be specified in multiprocessing.let num_workers > 0 to enable "
            "multiprocessing, otherwise set prefetch_factor to None."
        )
    if prefetch_factor is not None and prefetch_factor < 0:
        raise ValueError("prefetch_factor option should be non-negative")
    if persistent and num_workers == 0:
        raise ValueError("persistent_workers option needs num_workers > 0")


def _check_stream(shuffle: Any, sampler: Any, batch_sampler: Any) -> None:
    start = "DataLoader with IterableDataset: expected unspecified"
    if shuffle not in {False, None}:
        raise ValueError(f"{start} shuffle option, but got shuffle={shuffle}")
    if sampler is not None:
        raise ValueError(f"{start} sampler option, but got sampler={sampler}")
    if batch_sampler is not None:
        raise ValueError(f"{start} batch_sampler option, but got batch_sampler={batch_sampler}")


def _warn_of_pinning(device: str) -> None:
    if device:
        warn(
            "pin_memory_device is deprecated, the current accelerator will be used as the device,ignore "
            f"pin_memory_device='{device}'."
        )
    warn(
        "'pin_memory' argument is set as true but no accelerator is found, then device pinned memory won't be "
        "used."
    )


def _too_long(loader: DataLoader[Any], stated: int, yielded: int) -> str:
    message = (
        f"Length of IterableDataset {loader.dataset} was reported to be {stated}(when accessing len(dataloader)), "
        f"but {yielded} samples have been fetched. "
    )
    if loader.num_workers:
        message += (
            "For multiprocessing data-loading, this could be caused by not properly configuring the "
            "IterableDataset replica at each worker. Please see "
            "https://pytorch.org/docs/stable/data.html#torch.utils.data.IterableDataset for examples."
        )
    return message
