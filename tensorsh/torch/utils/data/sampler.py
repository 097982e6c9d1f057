"""Samplers: in which order a loader asks a dataset for its samples."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any, Generic, TypeVar

import numpy as np

from ....engine.core import context
from ....engine.core.device import cpu
from ....engine.core.mode import EAGER
from ....ops.random.random_streams import Generator, stream
from ...namespace import torch

__name__ = "torch.utils.data.sampler"  # where the classes are for `print(type(x))`

__all__ = [
    "BatchSampler", "RandomSampler", "Sampler", "SequentialSampler", "SubsetRandomSampler", "WeightedRandomSampler",
]  # fmt: skip

T_co = TypeVar("T_co", covariant=True)
Array = np.ndarray[Any, Any]

#: indices that are made at once
AT_ONCE = 1 << 16


class Sampler(Generic[T_co]):
    """Base of samplers: `__iter__` gives indices, or lists of them (batches); `__len__` says how many."""

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError


class SequentialSampler(Sampler[int]):
    """0, 1, 2, …."""

    data_source: Sized

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)

    def _drawn(self) -> Iterator[Array]:
        n = len(self.data_source)
        for start in range(0, n, AT_ONCE):
            yield np.arange(start, min(start + AT_ONCE, n))


class RandomSampler(Sampler[int]):
    """A random permutation each time, or `num_samples` independent draws with `replacement`.

    Without `generator`, one number of the default stream seeds a stream for each pass.
    """

    data_source: Sized
    replacement: bool

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Any = None,
    ) -> None:
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        if not isinstance(self.replacement, bool):
            raise TypeError(f"replacement should be a boolean value, but got replacement={self.replacement}")
        if not isinstance(self.num_samples, int) or self.num_samples <= 0:
            raise ValueError(
                f"num_samples should be a positive integer value, but got num_samples={self.num_samples}"
            )

    @property
    def num_samples(self) -> int:
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        for indices in self._drawn():
            yield from indices.tolist()

    def _drawn(self) -> Iterator[Array]:
        n = len(self.data_source)
        generator, own = self.generator, self.generator is not None
        if generator is None:
            generator = torch.Generator()
            generator.manual_seed(drawn_seed(None))
        if self.replacement:
            for start in range(0, self.num_samples + 1, 32):  # the last of them may be empty
                size = (min(32, self.num_samples - start),)
                yield values_of(torch.randint(high=n, size=size, generator=generator))
        else:
            for _ in range(self.num_samples // n):
                yield permuted(n, generator)
            if own or self.num_samples % n:  # PyTorch draws once more, which the program's own stream shows
                yield permuted(n, generator)[: self.num_samples % n]

    def __len__(self) -> int:
        return self.num_samples


def _source(generator: Any) -> Any:
    """The stream to draw from; None where tensors are not what they look like, and for what is no generator."""
    state = context.current()
    if state.mode is EAGER and state.device is cpu and (generator is None or type(generator) is Generator):
        return stream(generator)
    return None


def drawn_seed(generator: Any) -> int:
    """A seed for a stream, drawn from another; 0 where new tensors have no values."""
    source = _source(generator)
    if source is not None:
        return source.next_u64() % 2**63
    drawn = torch.empty((), dtype=torch.int64).random_(generator=generator)
    return 0 if drawn.is_meta else drawn.item()


def values_of(indices: Any) -> Array:
    """Indices that were drawn; the first again and again where new tensors have no values."""
    return np.zeros(len(indices), np.int64) if indices.is_meta else indices.numpy()


def permuted(n: int, generator: Any) -> Array:
    """0 … n - 1 in random order; as they are where new tensors have no values."""
    source = _source(generator)
    if source is not None:
        return source.randperm(n)
    drawn = torch.randperm(n, generator=generator)
    return np.arange(n) if drawn.is_meta else drawn.numpy()


def permutation(n: int, generator: Any) -> list[int]:
    """The same as a list."""
    return permuted(n, generator).tolist()


class SubsetRandomSampler(Sampler[int]):
    """A random permutation of these indices."""

    indices: Sequence[int]

    def __init__(self, indices: Sequence[int], generator: Any = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        for i in permutation(len(self.indices), self.generator):
            yield self.indices[i]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """`num_samples` indices, each drawn with a probability in proportion to its weight."""

    weights: Any
    num_samples: int
    replacement: bool

    def __init__(
        self, weights: Sequence[float], num_samples: int, replacement: bool = True, generator: Any = None
    ) -> None:
        _check_positive("num_samples", num_samples)
        _check_flag("replacement", replacement)
        self.weights = torch.as_tensor(weights, dtype=torch.float64)
        if self.weights.ndim != 1:
            raise ValueError(
                f"weights should be a 1d sequence but given weights have shape {tuple(self.weights.shape)}"
            )
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        for indices in self._drawn():
            yield from indices.tolist()

    def _drawn(self) -> Iterator[Array]:
        yield values_of(
            torch.multinomial(self.weights, self.num_samples, self.replacement, generator=self.generator)
        )

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """The indices of another sampler in lists of `batch_size`, the last shorter or, with `drop_last`, left out."""

    def __init__(self, sampler: Sampler[int] | Iterable[int], batch_size: int, drop_last: bool) -> None:
        _check_positive("batch_size", batch_size)
        _check_flag("drop_last", drop_last)
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def _drawn(self) -> Iterator[Array]:
        """The same as arrays, drawn when they are: of a sampler in `DRAWING`."""
        drawn = self.sampler._drawn()  # type: ignore[union-attr]
        size = self.batch_size
        parts: list[Array] = []
        count = 0
        while True:
            while count < size:
                more = next(drawn, None)
                if more is None:
                    if count and not self.drop_last:
                        yield np.concatenate(parts)
                    return
                parts.append(more)
                count += len(more)
            found = parts[0] if len(parts) == 1 else np.concatenate(parts)
            whole = count // size * size
            for start in range(0, whole, size):
                yield found[start : start + size]
            parts, count = [found[whole:]], count - whole

    def __len__(self) -> int:
        n = len(self.sampler)  # type: ignore[arg-type]
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)


#: samplers that have their indices as arrays
DRAWING = (SequentialSampler, RandomSampler, WeightedRandomSampler)


def drawn_batches(sampler: Any) -> Iterator[Array] | None:
    """What a sampler gives, its lists of indices as arrays; None where it is not known to give these."""
    if type(sampler) is BatchSampler and type(sampler.sampler) in DRAWING:
        return sampler._drawn()
    return None


def _check_positive(name: str, value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ValueError(f"{name} should be a positive integer value, but got {name}={value}")


def _check_flag(name: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise ValueError(f"{name} should be a boolean value, but got {name}={value}")
