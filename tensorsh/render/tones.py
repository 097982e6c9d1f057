"""The colour of each number: its sign, and how large it is beside the largest that is shown.

Without colour nothing is lost: the styles say what the digits say.
"""

from __future__ import annotations

from typing import Any

import numpy as np

#: from which share of the largest on a number has tone 2, 3, 4
STEPS = (0.1, 0.4, 0.75)


def tones(array: np.ndarray[Any, Any]) -> list[str]:
    """A style for each element in row-major order.

    `pos1` … `pos4`, `neg1` … `neg4` by sign and size, a complex number by its size only; `zero`, `odd` for nan and
    infinities, `true` for True.
    """
    flat = array.ravel()
    if flat.dtype.kind == "b":
        return ["true" if each else "zero" for each in flat.tolist()]
    signed = flat.dtype.kind != "c"
    with np.errstate(all="ignore"):
        sizes = np.abs(flat.astype(np.float64 if signed else np.complex128))
        finite = np.isfinite(sizes)
        largest = sizes[finite].max(initial=0.0)
        levels = 1 + np.searchsorted(STEPS, sizes / (largest or 1.0), side="right")
        negative = flat < 0 if signed else np.zeros(flat.shape, bool)
    return [
        "odd" if not usual else "zero" if size == 0 else f"{'neg' if minus else 'pos'}{level}"
        for size, usual, minus, level in zip(
            sizes.tolist(), finite.tolist(), negative.tolist(), levels.tolist(), strict=True
        )
    ]
