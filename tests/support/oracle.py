"""Comparing what tensorsh computes with what PyTorch recorded."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tensorsh.engine.values.tensor import Tensor

DATA = Path(__file__).parents[1] / "data"

#: dtype → (rtol, atol); the rest is compared exactly
TOLERANCE = {
    "float64": (1e-7, 1e-7),
    "complex128": (1e-7, 1e-7),
    "float32": (1e-4, 1e-5),
    "complex64": (1e-4, 1e-5),
    "float16": (1e-2, 1e-2),
    "bfloat16": (1e-2, 1e-2),
}


@cache
def read_lines(name: str) -> list[dict[str, Any]]:
    """The recorded lines, which nobody changes."""
    with gzip.open(DATA / name, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def difference(got: Any, want: Any) -> str | None:
    """What differs between a result and its recorded expectation; None if nothing does."""
    if isinstance(want, list):
        if not isinstance(got, tuple | list) or len(got) != len(want):
            return f"expected {len(want)} outputs, got {got!r}"
        each = (difference(g, w) for g, w in zip(got, want, strict=True))
        return next((f"output {i}: {d}" for i, d in enumerate(each) if d), None)
    if "python" in want:
        have = list(got) if isinstance(got, tuple) else got
        return None if have == want["python"] else f"expected {want['python']!r}, got {got!r}"
    if not isinstance(got, Tensor):
        return f"expected a tensor, got {got!r}"
    if got.dtype.name != want["dtype"]:
        return f"dtype {got.dtype.name}, expected {want['dtype']}"
    if list(got.shape) != want["shape"]:
        return f"shape {list(got.shape)}, expected {want['shape']}"
    if got.array.shape != got.spec.shape or got.array.dtype != got.spec.np:
        return f"infer says {got.spec}, the kernel gave {got.array.dtype}{list(got.array.shape)}"
    return values_differ(got.array, want)


def values_differ(array: np.ndarray, want: dict[str, Any]) -> str | None:
    name = want["dtype"]
    if name not in TOLERANCE:
        return (
            None if array.ravel().tolist() == want["data"] else f"{array.tolist()}, expected {want['data']}"
        )
    if name.startswith("complex"):
        pairs = np.array([[float(a), float(b)] for a, b in want["data"]], np.float64).reshape(-1, 2)
        have = array.astype(np.complex128).reshape(-1)
        return close(np.stack([have.real, have.imag], -1), pairs, name)
    return close(
        array.astype(np.float64).reshape(-1), np.array([float(v) for v in want["data"]], np.float64), name
    )


def close(have: np.ndarray, want: np.ndarray, dtype: str) -> str | None:
    rtol, atol = TOLERANCE[dtype]
    finite = np.abs(want[np.isfinite(want)])
    tolerance = atol * max(1.0, finite.max(initial=0.0)) + rtol * np.abs(want)
    with np.errstate(all="ignore"):
        fine = (np.abs(have - want) <= tolerance) | (have == want) | (np.isnan(have) & np.isnan(want))
    if fine.all():
        return None
    at = int(np.argmin(fine))
    return f"{have.flat[at]!r} where {want.flat[at]!r} was expected ({(~fine).sum()} of {fine.size} differ)"
