"""SiLU, Mish and softplus of float32 arrays, and their gradients, as PyTorch's vector loops compute them.

Each is NumPy's calls for what fills no vectors, and where there is no machine code; else one pass over the elements.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ...engine.core.readers import alike, whole
from ...engine.numerics import vector_log
from ...engine.numerics.element_functions import (
    MISH,
    MISH_BACKWARD,
    SILU,
    SILU_BACKWARD,
    SOFTPLUS,
    SOFTPLUS_BACKWARD,
)
from ...engine.numerics.fma import combined
from ...engine.numerics.vector_expm1 import tanh
from ..elementwise.unary import SIGMOID
from ..elementwise.vector_functions import (
    exp,
    exp_each,
    in_vectors,
    into,
    is_small,
    is_wide,
    plain_exp,
    with_code,
)
from ..rules.families import LOG1P, TANH, select

ONE = np.float32(1)


def log1p_exp(x: Any) -> Any:
    """log(1 + e^x) inside a kernel, whose vectors round otherwise than the functions themselves."""
    if not is_small(x):
        return LOG1P(np.exp(x))
    return in_vectors(lambda x: vector_log.log1p(exp(x)), lambda x: LOG1P(plain_exp(x)), x)


@whole(alike, when=is_wide)
def silu(x: Any, out: Any = None) -> Any:
    """x / (1 + e^-x)."""
    return with_code(SILU, lambda x: x / (exp_each(-x, x) + 1), out, (x,))


@whole(alike, when=is_wide)
def silu_backward(grad: Any, x: Any, out: Any = None) -> Any:
    return with_code(SILU_BACKWARD, _silu_slope, out, (grad, x))


def _silu_slope(grad: Any, x: Any) -> Any:
    s = SIGMOID(x)
    return grad * s * combined(ONE, x, 1 - s)


def mish(x: Any) -> Any:
    """x · tanh(log(1 + e^x))."""
    return _mish_in_vectors(x) if is_small(x) else x * _tanh_softplus(x)


@whole(alike, when=is_wide)
def _mish_in_vectors(x: Any, out: Any = None) -> Any:
    return with_code(MISH, lambda x: x * _tanh_log1p_exp(x), out, (x,))


def mish_backward(grad: Any, x: Any, out: Any = None) -> Any:
    if is_small(x):
        return _mish_slope_in_vectors(grad, x, out)
    t = _tanh_softplus(x)
    return np.multiply(grad, t + x * SIGMOID(x) * (1 - t * t), out)


@whole(alike, when=is_wide)
def _mish_slope_in_vectors(grad: Any, x: Any, out: Any = None) -> Any:
    return with_code(MISH_BACKWARD, _mish_slope, out, (grad, x))


def _mish_slope(grad: Any, x: Any) -> Any:
    s, t = SIGMOID(x), _tanh_log1p_exp(x)
    return grad * combined(t, x * s, combined(ONE, -t, t))


def _tanh_softplus(x: Any) -> Any:
    return np.tanh(np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))))


def _tanh_log1p_exp(x: Any) -> Any:
    return in_vectors(tanh, TANH, log1p_exp(x), x)


def softplus(x: Any, beta: Any, threshold: Any) -> Any:
    """log(1 + e^(beta · x)) / beta; x itself where beta · x is above the threshold."""
    return (_softplus_in_vectors if is_small(x) else _softplus)(x, beta, threshold)


@whole(alike, when=is_wide)
def _softplus_in_vectors(x: Any, beta: Any, threshold: Any, out: Any = None) -> Any:
    return with_code(
        SOFTPLUS, partial(_softplus, beta=beta, threshold=threshold), out, (x,), (beta, threshold)
    )


def _softplus(x: Any, beta: Any, threshold: Any) -> Any:
    z = x if beta == 1 else x * x.dtype.type(beta)
    return select(z > threshold, x, log1p_exp(z) / x.dtype.type(beta))


def softplus_backward(grad: Any, x: Any, beta: Any, threshold: Any, out: Any = None) -> Any:
    if is_small(x):
        return _softplus_slope_in_vectors(grad, x, beta, threshold, out)
    return into(out, _softplus_slope(grad, x, beta, threshold))


@whole(alike, when=is_wide)
def _softplus_slope_in_vectors(grad: Any, x: Any, beta: Any, threshold: Any, out: Any = None) -> Any:
    steps = partial(_softplus_slope, beta=beta, threshold=threshold)
    return with_code(SOFTPLUS_BACKWARD, steps, out, (grad, x), (beta, threshold))


def _softplus_slope(grad: Any, x: Any, beta: Any, threshold: Any) -> Any:
    z = x if beta == 1 else x * x.dtype.type(beta)
    if is_small(x):
        e = exp_each(z, x)
        with np.errstate(invalid="ignore"):
            slope = grad * e / (e + 1)
    else:
        slope = grad * SIGMOID(z)
    return select(z > threshold, grad, slope)
