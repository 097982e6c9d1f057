"""torch.__config__: what this was built with."""

from __future__ import annotations

from .settings import get_num_threads

__all__ = ["parallel_info", "show"]


def show() -> str:
    """What computes: NumPy, and the library that multiplies its matrices."""
    import numpy

    return f"PyTorch's library of tensorsh, built with:\n  - NumPy {numpy.__version__}\n"


def parallel_info() -> str:
    """How many threads an operation may use."""
    return f"ATen/Parallel:\n\tat::get_num_threads() : {get_num_threads()}\n"
