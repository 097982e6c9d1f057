"""GELU by the tangent that is near it, and its gradient, as PyTorch's vector loops compute them, digit by digit.

x / 2 · (1 + tanh(β (x + κ x³))): the inner sum is rounded with its product, and so are 1 - tanh² and 1 + 3 κ x².
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.numerics.fma import combined
from ...engine.numerics.vector_expm1 import tanh
from ..elementwise.vector_functions import in_vectors
from ..rules.families import TANH

Array = np.ndarray[Any, Any]

F32 = np.float32
BETA, KAPPA = F32(math.sqrt(2 / math.pi)), F32(0.044715)
HALF, ONE, THREE_KAPPA = F32(0.5), F32(1), F32(3) * F32(0.044715)


def forward(x: Array) -> Array:
    """x / 2 · (1 + tanh u)."""
    return x * HALF * (_tangent(x, x * x) + ONE)


def backward(grad: Array, x: Array) -> Array:
    """grad · ((1 + tanh u) / 2 + x / 2 · (1 - tanh² u) · u')."""
    square = x * x
    t = _tangent(x, square)
    slope = combined(np.full_like(x, ONE), -t, t)
    inner = combined(np.full_like(x, ONE), np.full_like(x, THREE_KAPPA), square) * BETA
    return grad * ((t + ONE) * HALF + x * HALF * slope * inner)


def _tangent(x: Array, square: Array) -> Array:
    inner = combined(x, np.full_like(x, KAPPA), square * x) * BETA
    return in_vectors(tanh, TANH, inner, x)
