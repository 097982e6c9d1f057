"""The sampler of one of several machines that share a dataset; here it is told which one it is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from ...namespace import torch
from .sampler import Sampler, permutation

__name__ = "torch.utils.data.distributed"  # where the class is for `print(type(x))`

__all__ = ["DistributedSampler"]


class DistributedSampler(Sampler[int]):
    """Every `num_replicas`-th index from `rank` on, of a permutation that `seed` and the epoch decide.

    The indices are repeated from the front until all machines have as many, or with `drop_last` cut.
    """

    def __init__(
        self,
        dataset: Any,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        num_replicas = torch.distributed.get_world_size() if num_replicas is None else num_replicas
        rank = torch.distributed.get_rank() if rank is None else rank
        if rank >= num_replicas or rank < 0:
            raise ValueError(f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]")
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.epoch = 0
        self.drop_last = drop_last
        uneven = len(dataset) % num_replicas != 0
        self.num_samples = math.ceil(
            (len(dataset) - (num_replicas if drop_last and uneven else 0)) / num_replicas
        )
        self.total_size = self.num_samples * num_replicas
        self.shuffle = shuffle
        self.seed = seed

    def __iter__(self) -> Iterator[int]:
        n = len(self.dataset)
        indices = list(range(n))
        if self.shuffle:
            generator = torch.Generator()
            generator.manual_seed(self.seed + self.epoch)
            indices = permutation(n, generator)
        if not self.drop_last and n:
            indices *= math.ceil(self.total_size / n)
        return iter(indices[self.rank : self.total_size : self.num_replicas])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Let the next pass have another order."""
        self.epoch = epoch
