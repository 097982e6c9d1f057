"""Numbers: mathematics, chance, statistics, exact arithmetic."""

from __future__ import annotations

from typing import Any

from ..exchanged import decimals
from ..table import Table


def _random(modules: Any) -> dict[str, Any]:
    """The functions of `random` are methods of the session's own stream."""
    return {name: getattr(modules.random, name) for name in STREAM.split()}


STREAM = (
    "betavariate binomialvariate choice choices expovariate gammavariate gauss getrandbits getstate lognormvariate "
    "normalvariate paretovariate randbytes randint random randrange sample seed setstate shuffle triangular uniform "
    "vonmisesvariate weibullvariate"
)
if not hasattr(__import__("random").Random, "binomialvariate"):
    STREAM = STREAM.replace("binomialvariate ", "")

TABLES = {
    "math": Table(
        "acos acosh asin asinh atan atan2 atanh cbrt ceil comb copysign cos cosh degrees dist e erf erfc exp exp2 "
        "expm1 fabs factorial floor fma fmod frexp fsum gamma gcd hypot inf isclose isfinite isinf isnan isqrt lcm "
        "ldexp lgamma log log10 log1p log2 modf nan nextafter perm pi pow prod radians remainder sin sinh sqrt "
        "sumprod tan tanh tau trunc ulp",
        pure=True,
    ),
    "cmath": Table(
        "acos acosh asin asinh atan atanh cos cosh e exp inf infj isclose isfinite isinf isnan log log10 nan nanj "
        "phase pi polar rect sin sinh sqrt tan tanh tau",
        pure=True,
    ),
    "random": Table("Random SystemRandom", made=_random, changes={"shuffle": (0,)}),
    "statistics": Table(
        "NormalDist StatisticsError correlation covariance fmean geometric_mean harmonic_mean kde kde_random "
        "linear_regression mean median median_grouped median_high median_low mode multimode pstdev pvariance "
        "quantiles stdev variance"
    ),
    "fractions": Table("Fraction"),
    "decimal": Table(
        "BasicContext Clamped Context ConversionSyntax Decimal DecimalException DecimalTuple DefaultContext "
        "DivisionByZero DivisionImpossible DivisionUndefined ExtendedContext FloatOperation HAVE_CONTEXTVAR "
        "HAVE_THREADS Inexact InvalidContext InvalidOperation MAX_EMAX MAX_PREC MIN_EMIN MIN_ETINY Overflow "
        "ROUND_05UP ROUND_CEILING ROUND_DOWN ROUND_FLOOR ROUND_HALF_DOWN ROUND_HALF_EVEN ROUND_HALF_UP ROUND_UP "
        "Rounded Subnormal Underflow getcontext localcontext setcontext",
        setting=decimals,
    ),
    "numbers": Table("Complex Integral Number Rational Real"),
    "secrets": Table(
        "SystemRandom choice compare_digest randbelow randbits token_bytes token_hex token_urlsafe"
    ),
    "colorsys": Table("hls_to_rgb hsv_to_rgb rgb_to_hls rgb_to_hsv rgb_to_yiq yiq_to_rgb"),
}
