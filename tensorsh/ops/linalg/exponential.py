"""The exponential of matrices by optimized Taylor polynomials, and squaring.

Bader, Blanes and Casas (2019), "Computing the matrix exponential with an optimized Taylor polynomial approximation":
polynomials of degree 1 to 18 with few products, each for matrices up to some 1-norm; what is larger is halved first,
and its exponential squared as often, as in PyTorch.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np

from ...engine.numerics.small_products import batch_product, is_batch_ordered
from ...engine.records.op import registry

Array = np.ndarray[Any, Any]

#: the largest 1-norms for the polynomials of degree 1, 2, 4, 8, 12 and 18, in single and in double precision
SINGLE = (
    1.192092800768788e-07,
    5.978858893805233e-04,
    5.116619363445086e-02,
    5.800524627688768e-01,
    1.461661507209034e00,
    3.010066362817634e00,
)
DOUBLE = (
    2.220446049250313e-16,
    2.580956802971767e-08,
    3.397168839976962e-04,
    4.991228871115323e-02,
    2.996158913811580e-01,
    1.090863719290036e00,
)

#: coefficients of I, A, A², A³ in the four parts of degree 12
TWELVE = (
    (9.0198e-16, 0.46932117595418237389, -0.20099424927047284052, -0.04623946134063071740),
    (5.31597895759871264183, 1.19926790417132231573, 0.01179296240992997031, 0.01108844528519167989),
    (0.18188869982170434744, 0.05502798439925399070, 0.09351590770535414968, 0.00610700528898058230),
    (-2.0861320e-13, -0.13181061013830184015, -0.02027855540589259079, -0.00675951846863086359),
)
#: those of I, A, A², A³, A⁶ in the five parts of degree 18
EIGHTEEN = (
    (0.0, -1.00365581030144618291e-01, -8.02924648241156932449e-03, -8.92138498045729985177e-04, 0.0),
    (
        0.0,
        3.97849749499645077844e-01,
        1.36783778460411720168e00,
        4.98289622525382669416e-01,
        -6.37898194594723280150e-04,
    ),
    (
        -1.09676396052962061844e01,
        1.68015813878906206114e00,
        5.71779846478865511061e-02,
        -6.98210122488052056106e-03,
        3.34975017086070470649e-05,
    ),
    (
        -9.04316832390810593223e-02,
        -6.76404519071381882256e-02,
        6.75961301770459654925e-02,
        2.95552570429315521194e-02,
        -1.39180257516060693404e-05,
    ),
    (0.0, 0.0, -9.23364619367118555360e-02, -1.69364939002081722752e-02, -1.40086798182036094347e-05),
)


def exponential(a: Array) -> Array:
    """exp of each matrix of (…, n, n)."""
    if a.shape[-1] == 1:
        return registry["exp"].kernel(a)
    matrices = a.reshape(-1, *a.shape[-2:])
    norms = np.abs(matrices).sum(-2).max(-1)
    bounds = np.array(SINGLE if a.real.dtype == np.float32 else DOUBLE, norms.dtype)
    if len(matrices) == 1 and norms[0] < bounds[4]:  # of several all have the highest degree
        found = POLYNOMIALS[np.searchsorted(bounds[:5], norms[0])](matrices)
    else:
        found = _scaled(matrices, norms, bounds[5])
    return found.reshape(a.shape)


def _scaled(a: Array, norms: Array, most: Any) -> Array:
    """By degree 18 of what is halved, squared as often."""
    with np.errstate(invalid="ignore", divide="ignore"):
        halvings = np.maximum(np.ceil(np.log2(norms / most)), 0)
    found = _eighteen(a / np.exp2(halvings)[:, None, None].astype(norms.dtype))
    halvings = np.where(np.isfinite(halvings), halvings, 0)
    for step in range(int(halvings.max())):
        more = halvings > step
        found[more] = _product(found[more], found[more])
    return found


def _product(a: Array, b: Array) -> Array:
    return batch_product(a, b) if is_batch_ordered(a, b) else np.matmul(a, b)


def _combined(matrices: Sequence[Array], factors: Sequence[float]) -> Array:
    """Σ factor · matrix, one product after the other."""
    return reduce(np.add, [matrix * factor for matrix, factor in zip(matrices, factors, strict=True)])


def _powers(a: Array) -> list[Array]:
    """I, A, A²."""
    return [np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape), a, _product(a, a)]


def _one(a: Array) -> Array:
    return np.eye(a.shape[-1], dtype=a.dtype) + a


def _two(a: Array) -> Array:
    return _combined(_powers(a), (1.0, 1.0, 1 / 2))


def _four(a: Array) -> Array:
    powers = _powers(a)
    rest = _product(powers[2], _combined(powers, (1 / 2, 1 / 6, 1 / 24)))
    return _combined([*powers, rest], (1.0, 1.0, 0.0, 1.0))


def _eight(a: Array) -> Array:
    kind = a.real.dtype.type
    root, x3 = float(kind(177**0.5)), float(kind(2 / 3))
    x1, x2 = x3 * ((1 + root) / 88), x3 * ((1 + root) / 352)
    x4, x5 = (-271 + 29 * root) / (315 * x3), (-11 + 11 * root) / (1260 * x3)
    x6, x7 = (-99 + 11 * root) / (5040 * x3), (89 - root) / (5040 * x3)
    y2 = (857 - 58 * root) / 630
    powers = _powers(a)
    fourth = _product(powers[2], _combined(powers[1:], (x1, x2)))
    left = _combined([powers[2], fourth], (x3, 1.0))
    eighth = _product(left, _combined([*powers, fourth], (x4, x5, x6, x7)))
    return _combined([*powers, fourth, eighth], (1.0, 1.0, y2, 0.0, 1.0))


def _twelve(a: Array) -> Array:
    powers = _powers(a)
    powers.append(_product(a, powers[2]))
    b0, b1, b2, b3 = [_combined(powers, row) for row in TWELVE]
    sixth = b2 + _product(b3, b3)
    return b0 + _product(b1 + sixth, sixth)


def _eighteen(a: Array) -> Array:
    powers = _powers(a)
    powers.append(_product(a, powers[2]))
    powers.append(_product(powers[3], powers[3]))
    b0, b1, b2, b3, b4 = [_combined(powers, row) for row in EIGHTEEN]
    ninth = b3 + _product(b0, b4)
    return b1 + _product(b2 + ninth, ninth)


POLYNOMIALS = (_one, _two, _four, _eight, _twelve)
