"""Products of matrices on as many threads as they are worth; of a batch, each matrix whole on one core."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.parallel import LARGE, alone, spread_products, threads
from ..core.readers import multiplied, whole

#: multiplications: from the first number on OpenBLAS wakes its threads, from the second on it pays
WAKES, PAYS = 1 << 18, 1 << 24


def wants_one(a: Any, b: Any) -> bool:
    """Whether matrices, or each two of a batch, (…, m, k) @ (…, k, n), are multiplied by one thread."""
    return a.ndim > 1 and b.ndim > 1 and WAKES < a.shape[-2] * a.shape[-1] * b.shape[-1] < PAYS


@whole(multiplied, when=wants_one)
def matmul(a: Any, b: Any, out: Any = None) -> Any:
    """`np.matmul` on as many threads as the product is worth."""
    return alone(np.matmul, a, b, out) if wants_one(a, b) else np.matmul(a, b, out)


def shares(a: Any, b: Any) -> bool:
    """Whether the products of two batches are shared among threads, (…, m, k) @ (…, k, n)."""
    alike = a.ndim > 2 and a.shape[:-2] == b.shape[:-2]
    return alike and max(a.size, b.size) >= LARGE and a.shape[0] >= threads()


@whole(multiplied)
def products(a: Any, b: Any, out: Any = None) -> Any:
    """`np.matmul` of batches that `shares` says are worth it, (b, …, m, k) @ (b, …, k, n) → (b, …, m, n).

    BLAS would split every single matrix among its threads, which then wait for each other.
    """
    if out is None:
        out = np.empty((*a.shape[:-1], b.shape[-1]), np.result_type(a, b))
    block = max(len(a) // (4 * threads()), 1)
    spread_products(lambda lo, hi: np.matmul(a[lo:hi], b[lo:hi], out=out[lo:hi]), len(a), block)
    return out
