"""Where an array lies in memory, and whose memory that is."""

from __future__ import annotations

from typing import Any

import numpy as np


def address(array: np.ndarray[Any, Any]) -> int:
    """Where its first element is."""
    found: int = array.__array_interface__["data"][0]
    return found


def owner(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The array whose memory a view looks into."""
    while True:
        base = array.base
        if not isinstance(base, np.ndarray):
            base = getattr(base, "base", None)  # what `as_strided` puts in between
            if not isinstance(base, np.ndarray):
                return array
        array = base
