"""Gamma variates as PyTorch's CPU draws them: Marsaglia and Tsang's rejection (2000), one after another.

Each takes float64 uniforms (two words each) and normals until one is accepted. Constants are rounded to float32, and
what is computed from the shape alone is in the shape's own dtype.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Draw = Callable[[], float]

THIRD = float(np.float32(1) / np.float32(3))
SQUEEZE = float(np.float32(0.0331))


def gamma_variate(uniform: Draw, normal: Draw, shape: Any) -> float:
    """`shape` is a NumPy number; a shape below 1 is boosted by one and scaled back."""
    kind = type(shape)
    scale = 1.0
    if shape < 1:
        if shape == 0:
            return 0.0
        scale = math.pow(1 - uniform(), float(kind(1) / shape))
        shape = shape + kind(1)
    d = float(shape - kind(THIRD))
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        x = normal()
        y = 1.0 + c * x
        while y <= 0:
            x = normal()
            y = 1.0 + c * x
        v = y * y * y
        u = 1 - uniform()
        square = x * x
        if u < 1.0 - SQUEEZE * square * square:
            return scale * d * v
        if (math.log(u) if u else -math.inf) < 0.5 * square + d * (1.0 - v + math.log(v)):
            return scale * d * v
