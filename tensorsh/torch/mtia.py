"""torch.mtia: there is no such device, and these say so."""

from .absent_device import (
    device_count,
    empty_cache,
    is_available,
    manual_seed,
    manual_seed_all,
    seed,
    synchronize,
)

__all__ = [
    "device_count",
    "empty_cache",
    "is_available",
    "manual_seed",
    "manual_seed_all",
    "seed",
    "synchronize",
]
