"""The hyperbolic tangent of float32 numbers as PyTorch computes it, whose last digit is off for one in a thousand.

As the functions of `mkl_functions` it is MKL's: one of 26 polynomials of degree 6 of |x|, in double and rounded once.
They are the minimax ones of the relative error: of [0, 1/8], without a constant, of the quarters of the ranges between
powers of two up to 8, and of [8, 10].
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.dtype import EXACT
from ..core.readers import in_machine_code, reader_of
from .element_code import ElementCode
from .element_functions import written

Array = np.ndarray[Any, Any]

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)

#: of each range its middle (0 of the first), then the coefficients of the powers of |x| less that
COEFFICIENTS = """
    0 0 1.000000000096 -5.548877856626e-08
    -0.3333281357761 -0.0001781941248943 0.1360994775964 -0.01986220033157
    0.140625 0.1397053028283 0.9804824283616 -0.1369785945759
    -0.3076908375938 0.0886455920324 0.1119497140026 -0.04825493539809
    0.171875 0.1702023084065 0.9710311742131 -0.1652717473848
    -0.2955474234265 0.1053934253785 0.1021419325365 -0.05615306707613
    0.203125 0.2003767185204 0.959849170675 -0.1923314270947
    -0.2814109819767 0.120498690238 0.09097743865604 -0.06268149224062
    0.234375 0.2301757110321 0.9470191420508 -0.2179808043825
    -0.2654991597684 0.1337717249795 0.07874573013789 -0.06755035750571
    0.28125 0.2740615889608 0.9248902454556 -0.2534768902668
    -0.2388284631211 0.1499459426919 0.0590557466374 -0.07172562026556
    0.34375 0.3308211174936 0.890557388221 -0.2946151903586
    -0.1993875418956 0.1641666438542 0.0319544780925 -0.07178849396695
    0.40625 0.3852839662695 0.8515562653375 -0.3280909754136
    -0.1574439113555 0.1700242658337 0.005928314266172 -0.06621454732838
    0.46875 0.4371887851417 0.808865966149 -0.3536271290903
    -0.1150201955342 0.1681612558985 -0.01715874320321 -0.05638853861291
    0.5625 0.5098299737354 0.7400733980811 -0.3773116017309
    -0.05432677892192 0.1534682326287 -0.04347753870079 -0.03734625841209
    0.6875 0.5963735554794 0.644338582497 -0.3842664919487
    0.01438649392696 0.119509431471 -0.06156846565182 -0.01167991641295
    0.8125 0.670967074207 0.5498031854364 -0.3688998351263
    0.06425169686316 0.07985611333964 -0.06266865484607 0.007185969647512
    0.9375 0.7340715196044 0.4611390041471 -0.3385090097609
    0.09477673700524 0.04326363099414 -0.0530598317198 0.01695421760148
    1.125 0.8093010702039 0.3450317767056 -0.2792345908986
    0.1109748054869 0.003267761180331 -0.03203843045795 0.01846628160336
    1.375 0.8798266996504 0.2259049765952 -0.1987572297112
    0.09957127600043 -0.02135257707387 -0.009513986280999 0.0109832273515
    1.625 0.9253462253103 0.1437343620874 -0.1330040484845
    0.07516396308167 -0.02521792862193 0.001394985095314 0.004126037053996
    1.875 0.9540452601792 0.08979764103141 -0.08567101320211
    0.05180173214408 -0.02086422379599 0.004600991951722 0.0006536114982217
    2.25 0.9780261146994 0.0434649160602 -0.04250981006521
    0.02708777470279 -0.01232329157431 0.003976858494411 -0.0007151524669565
    2.75 0.9918597245692 0.01621428958798 -0.01608229836221
    0.01054626139776 -0.005099982623421 0.001914814645007 -0.0005455698405107
    3.25 0.9969976354895 0.00599571649449 -0.005977714681143
    0.003960982159709 -0.001956653343769 0.0007704914124814 -0.0002436952261423
    3.75 0.9988944427276 0.002209892991945 -0.002207449710726
    0.001468288206019 -0.000730899499982 0.0002926465488836 -9.572107305742e-05
    4.5 0.9997532109432 0.0004935282111418 -0.0004934051042362
    0.0003284229709545 -0.0001640641399774 6.830419725939e-05 -2.263410157555e-05
    5.5 0.9999665971696 6.680605686063e-05 -6.680366305286e-05
    4.448452335604e-05 -2.224103758246e-05 9.279784012245e-06 -3.08686432671e-06
    6.5 0.9999954793532 9.041478160952e-06 -9.041415597613e-06
    6.021009135186e-06 -3.010681981527e-06 1.256538929733e-06 -4.181959335623e-07
    7.5 0.9999993881958 1.223635798068e-06 -1.223632119047e-06
    8.148674972907e-07 -4.074640433505e-07 1.700660822295e-07 -5.660462088621e-08
    9 0.9999999695434 6.101394596433e-08 -6.100375608606e-08
    3.986927003012e-08 -1.996190015138e-08 9.576897228568e-09 -3.174079008242e-09
"""
TABLE = np.array(COEFFICIENTS.split(), FLOAT64).reshape(26, 8)
COLUMNS = np.ascontiguousarray(TABLE.T)
#: no relative error of theirs is larger
ERROR = 1e-9
#: where there is 1 from
SATURATED = 9.5
#: bits of |x| below those that tell the range; what they are for 1/8, which is the second
SHIFT = 21
FIRST = (int(np.float32(0.125).view(np.int32)) >> SHIFT) - 1


@in_machine_code
def mkl_tanh(x: Array, out: Array | None = None) -> Array:
    """The hyperbolic tangent of each element; `out` may be x."""
    if not (x.dtype == FLOAT32 and 0 < x.size <= EXACT):
        found: Array = np.tanh(x, out=out)
        return found
    reader = reader_of(x)
    if reader is not None:
        found = reader.whole(mkl_tanh, (x,), x.shape, x.dtype, True, out)
        return found
    room = np.empty_like(x) if out is None else out
    if CODE.fill(room, x):
        return room
    made = _nearest(x) if x.ndim else _nearest(x.reshape(1)).reshape(())
    if out is None:
        return made
    out[...] = made
    return out


def _nearest(x: Array) -> Array:
    """The polynomials' value, which is the nearest float but where their error decides which one that is."""
    wide = np.tanh(x.astype(FLOAT64))
    found: Array = (wide * (1 + ERROR)).astype(FLOAT32)
    unsure = (wide * (1 - ERROR)).astype(FLOAT32) != found
    if unsure.any():
        found[unsure] = _tanh(x[unsure])
    return found


def _tanh(x: Array) -> Array:
    size = np.abs(x)
    np.minimum(size, np.float32(SATURATED), out=size)
    which = size.view(np.int32) >> SHIFT
    which -= FIRST
    rows = COLUMNS.take(which, axis=1, mode="clip")
    terms = np.empty((7, *size.shape))
    terms[0] = 1
    np.subtract(size, rows[0], terms[1:])  # in double
    np.multiply.accumulate(terms[1:], axis=0, out=terms[1:])
    terms *= rows[1:]
    found = np.add.reduce(terms, axis=0).astype(FLOAT32)
    return np.copysign(found, x, np.empty_like(x))


def table() -> Array:
    """`TABLE`, as compiled programs ask for it."""
    return TABLE


CODE = ElementCode(written("tanh", "mkl"), 1, 40, [TABLE])
