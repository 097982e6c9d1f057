"""The workers of a loader: there is one process, in which each has random streams and a dataset of its own.

A worker's dataset is a copy, so that `worker_init_fn` may give each its part of a stream; while a worker
loads a batch, `get_worker_info()` tells which one it is, and the random streams of torch, Python and NumPy are the
worker's, seeded as PyTorch seeds those of its processes.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from .....engine.core import context
from ....namespace import torch

__all__ = ["WorkerInfo", "get_worker_info"]


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """Which worker is loading: `id` of `num_workers`, the seed of its random stream, its copy of the dataset."""

    id: int
    num_workers: int
    seed: int
    dataset: Any
    rng: Any = None
    worker_method: str | None = "multiprocessing"


WorkerInfo.__module__ = "torch.utils.data._utils.worker"  # as `print(type(x))` shows it


def get_worker_info() -> WorkerInfo | None:
    """The worker that is loading; None outside loaders, and in those without workers."""
    return context.current().worker


class Worker:
    """One worker: `load(index)` is what `fetch` of its dataset gives for it; `ended` says that there is no more."""

    def __init__(self, loader: Any, seed: int, number: int, fetcher: Callable[[Any], Callable[[Any], Any]]):
        dataset = copy.copy(loader.dataset)
        self._info = WorkerInfo(number, loader.num_workers, seed + number, dataset)
        self._streams = [(stream, first(seed, number)) for stream, first in _streams()]
        self._fetcher = fetcher
        self._failed: Exception | None = None
        self.ended = False
        with self._running():
            try:
                if loader.worker_init_fn is not None:
                    loader.worker_init_fn(number)
                self._fetch = fetcher(dataset)
            except Exception as error:
                self._failed = error

    def restart(self) -> None:
        """Begin another pass over the dataset."""
        self.ended = False
        self._fetch = self._fetcher(self._info.dataset)

    def load(self, index: Any) -> Any:
        """The batch; StopIteration at the end of a stream."""
        with self._running():
            try:
                if self._failed is not None:
                    raise self._failed
                return self._fetch(index)
            except StopIteration:
                self.ended = True
                raise
            except Exception as error:
                raise _retold(error, self._info.id) from error

    @contextmanager
    def _running(self) -> Iterator[None]:
        state = context.current()
        before = state.worker
        outside = [stream.get() for stream, _ in self._streams]
        for stream, own in self._streams:
            stream.put(own)
        state.worker = self._info
        try:
            yield
        finally:
            self._streams = [(stream, stream.get()) for stream, _ in self._streams]
            state.worker = before
            for (stream, _), there in zip(self._streams, outside, strict=True):
                stream.put(there)


class _Stream(NamedTuple):
    """A random stream of the program: its state, and how that is set."""

    get: Callable[[], Any]
    put: Callable[[Any], None]


def _streams() -> list[tuple[_Stream, Callable[[int, int], Any]]]:
    """Those of torch, of Python and of NumPy that the program has, and what each begins with."""
    found: list[tuple[_Stream, Callable[[int, int], Any]]] = [
        (_Stream(torch.get_rng_state, torch.set_rng_state), _torchs)
    ]
    lent = context.current().python
    pythons, numpys = (random, np.random) if lent is None else lent.random_streams()
    if pythons is not None:
        found.append((_Stream(pythons.getstate, pythons.setstate), _pythons))
    if numpys is not None:
        found.append((_Stream(numpys.get_state, numpys.set_state), _numpys))
    return found


def _torchs(seed: int, worker: int) -> Any:
    return torch.Generator().manual_seed(seed + worker).get_state()


def _pythons(seed: int, worker: int) -> Any:
    return random.Random(seed + worker).getstate()


def _numpys(seed: int, worker: int) -> Any:
    """NumPy's legacy stream, whose seed PyTorch mixes as a `SeedSequence` does."""
    words = np.random.SeedSequence([worker, seed & 0xFFFFFFFF, seed >> 32]).generate_state(4)
    return np.random.RandomState(words).get_state()


def _retold(error: Exception, worker: int) -> Exception:
    """The error as the main process of PyTorch raises it again."""
    kind = type(error)
    text = str(error)
    message = (
        f"Caught {kind.__name__} in DataLoader worker process {worker}.\n"
        f"Original Traceback (most recent call last):\n{kind.__name__}{text and ': ' + text}\n"
    )
    try:
        return kind(message)
    except TypeError:  # its class wants something else than a message
        return RuntimeError(message)
