"""The Bessel functions J and Y of orders 0 and 1, and Airy's Ai, by the rational approximations of Cephes.

The coefficients are those of S. L. Moshier's Cephes Mathematical Library (release 2.8; j0.c, j1.c, airy.c),
highest power first. Its tables leave out a leading 1 of most denominators. PyTorch evaluates the same
approximations without that 1, which shows in the seventh digit just beyond 5 (for Ai, just below -2.09).
A program that is compared with PyTorch in float64 sees it, so the denominators are read that way here too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Ratio(NamedTuple):
    """One polynomial over another."""

    above: tuple[float, ...]
    below: tuple[float, ...]

    def __call__(self, x: Any) -> Any:
        return np.polyval(self.above, x) / np.polyval(self.below, x)


class Order(NamedTuple):
    """What the functions of one order are made of.

    zeros   the squares of J's first two zeros
    j, y    J and Y up to 5 without their zeros and logarithm, in x²
    p, q    the cosine and the sine part of Hankel's asymptotic expansion beyond 5, in 25 / x²
    """

    zeros: tuple[float, float]
    j: Ratio
    y: Ratio
    p: Ratio
    q: Ratio


ORDERS = (
    Order(
        zeros=(5.78318596294678452118e0, 3.04712623436620863991e1),
        j=Ratio(
            (-4.79443220978201773821e9, 1.95617491946556577543e12, -2.49248344360967716204e14,
             9.70862251047306323952e15),
            (4.99563147152651017219e2, 1.73785401676374683123e5, 4.84409658339962045305e7,
             1.11855537045356834862e10, 2.11277520115489217587e12, 3.10518229857422583814e14,
             3.18121955943204943306e16, 1.71086294081043136091e18),
        ),
        y=Ratio(
            (1.55924367855235737965e4, -1.46639295903971606143e7, 5.43526477051876500413e9,
             -9.82136065717911466409e11, 8.75906394395366999549e13, -3.46628303384729719441e15,
             4.42733268572569800351e16, -1.84950800436986690637e16),
            (1.04128353664259848412e3, 6.26107330137134956842e5, 2.68919633393814121987e8,
             8.64002487103935000337e10, 2.02979612750105546709e13, 3.17157752842975028269e15,
             2.50596256172653059228e17),
        ),
        p=Ratio(
            (7.96936729297347051624e-4, 8.28352392107440799803e-2, 1.23953371646414299388e0,
             5.44725003058768775090e0, 8.74716500199817011941e0, 5.30324038235394892183e0,
             9.99999999999999997821e-1),
            (9.24408810558863637013e-4, 8.56288474354474431428e-2, 1.25352743901058953537e0,
             5.47097740330417105182e0, 8.76190883237069594232e0, 5.30605288235394617618e0,
             1.00000000000000000218e0),
        ),
        q=Ratio(
            (-1.13663838898469149931e-2, -1.28252718670509318512e0, -1.95539544257735972385e1,
             -9.32060152123768231369e1, -1.77681167980488050595e2, -1.47077505154951170175e2,
             -5.14105326766599330220e1, -6.05014350600728481186e0),
            (6.43178256118178023184e1, 8.56430025976980587198e2, 3.88240183401605609683e3,
             7.24046774195652478189e3, 5.93072701187316984827e3, 2.06209331660327847417e3,
             2.42005740240291393179e2),
        ),
    ),
    Order(
        zeros=(1.46819706421238932572e1, 4.92184563216946036703e1),
        j=Ratio(
            (-8.99971225705559398224e8, 4.52228297998194034323e11, -7.27494245221818276015e13,
             3.68295732863852883286e15),
            (6.20836478118054335476e2, 2.56987256757748830383e5, 8.35146791431949253037e7,
             2.21511595479792499675e10, 4.74914122079991414898e12, 7.84369607876235854894e14,
             8.95222336184627338078e16, 5.32278620332680085395e18),
        ),
        y=Ratio(
            (1.26320474790178026440e9, -6.47355876379160291031e11, 1.14509511541823727583e14,
             -8.12770255501325109621e15, 2.02439475713594898196e17, -7.78877196265950026825e17),
            (5.94301592346128195359e2, 2.35564092943068577943e5, 7.34811944459721705660e7,
             1.87601316108706159478e10, 3.88231277496238566008e12, 6.20557727146953693363e14,
             6.87141087355300489866e16, 3.97270608116560655612e18),
        ),
        p=Ratio(
            (7.62125616208173112003e-4, 7.31397056940917570436e-2, 1.12719608129684925192e0,
             5.11207951146807644818e0, 8.42404590141772420927e0, 5.21451598682361504063e0,
             1.00000000000000000254e0),
            (5.71323128072548699714e-4, 6.88455908754495404082e-2, 1.10514232634061696926e0,
             5.07386386128601488557e0, 8.39985554327604159757e0, 5.20982848682361821619e0,
             9.99999999999999997461e-1),
        ),
        q=Ratio(
            (5.10862594750176621635e-2, 4.98213872951233449420e0, 7.58238284132545283818e1,
             3.66779609360150777800e2, 7.10856304998926107277e2, 5.97489612400613639965e2,
             2.11688757100572135698e2, 2.52070205858023719784e1),
            (7.42373277035675149943e1, 1.05644886038262816351e3, 4.98641058337653607651e3,
             9.56231892404756170795e3, 7.99704160447350683650e3, 2.82619278517639096600e3,
             3.36093607810698293419e2),
        ),
    ),
)  # fmt: skip

#: Ai below -2.09: the sine and the cosine part of its asymptotic expansion, in 1 / zeta²
AIRY_SINE = Ratio(
    (-1.31696323418331795333e-1, -6.26456544431912369773e-1, -6.93158036036933542233e-1,
     -2.79779981545119124951e-1, -4.91900132609500318020e-2, -4.06265923594885404393e-3,
     -1.59276496239262096340e-4, -2.77649108155232920844e-6, -1.67787698489114633780e-8),
    (1.33560420706553243746e1, 3.26825032795224613948e1, 2.67367040941499554804e1,
     9.18707402907259625840e0, 1.47529146771666414581e0, 1.15687173795188044134e-1,
     4.40291641615211203805e-3, 7.54720348287414296618e-5, 4.51850092970580378464e-7),
)  # fmt: skip
AIRY_COSINE = Ratio(
    (1.97339932091685679179e-2, 3.91103029615688277255e-1, 1.06579897599595591108e0,
     9.39169229816650230044e-1, 3.51465656105547619242e-1, 6.33888919628925490927e-2,
     5.85804113048388458567e-3, 2.82851600836737019778e-4, 6.98793669997260967291e-6,
     8.11789239554389293311e-8, 3.41551784765923618484e-10),
    (9.30892908077441974853e0, 1.98352928718312140417e1, 1.55646628932864612953e1,
     5.47686069422975497931e0, 9.54293611618961883998e-1, 8.64580826352392193095e-2,
     4.12656523824222607191e-3, 1.01259085116509135510e-4, 1.17166733214413521882e-6,
     4.91834570062930015649e-9),
)  # fmt: skip


def in_float64(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` computed in float64 and rounded to the dtype of its argument."""
    return lambda x: np.asarray(function(x.astype(np.float64))).astype(x.dtype)


def bessel_j(n: int, x: Any) -> Any:
    """J of order n (0 or 1)."""
    order, size = ORDERS[n], np.abs(x)
    square = x * x
    near = (square - order.zeros[0]) * (square - order.zeros[1]) * order.j(square) * x**n
    p, q, angle, scale = asymptotic(order, n, size)
    far = (p * np.cos(angle) - q * np.sin(angle)) * scale * np.sign(x) ** n
    return np.where(size <= 5, near, far)


def bessel_y(n: int, x: Any) -> Any:
    """Y of order n (0 or 1): -inf at 0, NaN below."""
    order, square = ORDERS[n], x * x
    near = order.y(square) * x**n + 2 / np.pi * (np.log(x) * bessel_j(n, x) - n / x)
    p, q, angle, scale = asymptotic(order, n, x)
    far = (p * np.sin(angle) + q * np.cos(angle)) * scale
    return np.where(x == 0, -np.inf, np.where(x <= 5, near, far))


def asymptotic(order: Order, n: int, x: Any) -> tuple[Any, Any, Any, Any]:
    """Both parts of Hankel's expansion, their angle and their scale."""
    w = 5 / x
    return order.p(w * w), w * order.q(w * w), x - (2 * n + 1) * np.pi / 4, np.sqrt(2 / (np.pi * x))


def airy_below(x: Any) -> Any:
    """Ai of x < -2.09."""
    root = np.sqrt(-x)
    zeta = -2 * x * root / 3
    u = 1 / zeta**2
    angle = zeta + np.pi / 4
    sine, cosine = 1 + u * AIRY_SINE(u), AIRY_COSINE(u) / zeta
    return (sine * np.sin(angle) - cosine * np.cos(angle)) / np.sqrt(np.pi * root)
