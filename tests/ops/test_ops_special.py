"""Special functions against PyTorch's recorded answers; SciPy stays out until one is called."""

from __future__ import annotations

import math
import subprocess
import sys
import warnings

import pytest

from recorded import answer, lines
from tensorsh import Session


@pytest.mark.parametrize(("program", "expected"), lines("ops_special.txt"))
def test_as_pytorch(program: str, expected: str) -> None:
    assert answer(program) == expected


def test_scipy_is_imported_by_the_first_call() -> None:
    program = (
        "import sys; from tensorsh import Session; s = Session(); "
        "s.run('x = tensor([1.])'); assert 'scipy' not in sys.modules; "
        "s.run('x.erf()'); assert 'scipy.special' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_no_warning_leaks() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Session().run(
            "a = tensor([0., -1., -2.5, inf, nan, 1e30])\n"
            "b = [lgamma(a), digamma(a), polygamma(1, a), polygamma(4, a), igamma(a, a), special.zeta(a, a)]\n"
            "c = [erfinv(a), special.ndtri(a), special.entr(a), logit(a), special.erfcx(a), i0(a)]\n"
            "d = [special.bessel_y1(a), special.airy_ai(a), special.spherical_bessel_j0(a)]\n"
            "e = [special.hermite_polynomial_h(a, 50), special.chebyshev_polynomial_u(a, 50)]"
        )


@pytest.mark.parametrize("x", [5.01, 5.5, 6.3, 8.0, 30.0])
def test_bessel_functions_keep_their_wronskian(x: float) -> None:
    """J₁Y₀ - J₀Y₁ = 2 / (πx), within what PyTorch's expansions allow."""
    j0, j1, y0, y1 = (
        Session().run(f"special.bessel_{name}(tensor({x}, dtype=float64)).item()")[0]
        for name in ("j0", "j1", "y0", "y1")
    )
    assert j1 * y0 - j0 * y1 == pytest.approx(2 / (math.pi * x), rel=1e-5)
