"""PyTorch's CPU random numbers: every distribution as `torch` draws it, on one MT19937 stream.

The algorithms are ATen's (`native/cpu/DistributionTemplates.h`, `core/DistributionsHelper.h`,
`native/Distributions.cpp`, `native/cpu/MultinomialKernel.cpp`), for contiguous tensors. What counts
is which words each draw takes and how a value is rounded; each method's docstring says both.

Shapes are tuples or a number, dtypes NumPy's (bfloat16 is ml_dtypes'). A check raises before any
word is drawn.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import errors
from ..numerics.kernel_code import KernelCode, written
from ..numerics.made_later import CALL
from .generator_checks import (
    cast,
    check_bounds,
    check_continuous,
    check_float,
    check_multinomial,
    check_randperm,
    check_std,
    check_uniform,
    digits,
    highest_drawn,
    is_float,
    largest,
    lowest_drawn,
    not_implemented,
    real_part,
)
from .generator_counts import binomial_count, log, poisson_count
from .generator_gamma import gamma_variate
from .generator_normal import GROUP, box_muller_f32, box_muller_f64, fused, libm
from .generator_stream import CHUNK, Array, WordStream

Shape = int | tuple[int, ...]

#: normals of a draw after which more are made than are asked for
SMALL = 1 << 10
#: permutations as machine code, of so many at most; calls of NumPy without, and how often they go over the elements
PERMUTED, MOST_PERMUTED = KernelCode(written("random_routines", "permuted"), "aai"), 1 << 20
PERMUTED_CALLS, PERMUTED_PASSES = 14, 40
#: groups of normals as machine code; how often NumPy goes over the elements, and its calls
NORMALS = KernelCode(written("normal_routines", "normals"), "aaidd")
NORMAL_PASSES, NORMAL_CALLS = 120, 100
_LONG_RANGE = 1 << 28  # from here on an integer takes two words, to keep the modulo's bias small


class Generator(WordStream):
    """One stream of random numbers; see `WordStream` for seeding, snapshots and forks."""

    __slots__ = ("_ahead", "_normal")

    def __init__(self, seed: int | None = None):
        self._normal: Any = None  # where the last small draw of normals ended, and its mean and deviation
        self._ahead: Any = None  # words, from where on, normals of them, their mean and deviation
        super().__init__(seed)

    # -- continuous --------------------------------------------------------------------------------

    def uniform(self, shape: Shape, dtype: Any = np.float32, low: float = 0.0, high: float = 1.0) -> Array:
        """`rand`, `uniform_`: low + u * (high - low), rounded once.

        float64 takes two words an element, every other dtype one, 24 bits of it; a value that rounds
        up to `high` becomes `low`. A complex element is two reals.
        """
        dtype, n = np.dtype(dtype), _size(shape)
        if dtype.kind == "c":
            return self.uniform((n, 2), real_part(dtype), low, high).view(dtype).reshape(shape)
        check_float(dtype, "check_uniform_bounds")
        check_uniform(dtype, low, high)
        if dtype == np.float64:
            result = self.random_f64(n)
            if (low, high) != (0.0, 1.0):
                result = fused(result, high - low, low)
        else:
            result = self.random_f32(n)
            if (low, high) != (0.0, 1.0):
                low32, high32 = np.float32(low), np.float32(high)
                wide = result.astype(np.float64)
                wide *= float(high32 - low32)
                wide += float(low32)
                result = wide.astype(np.float32)
        result = result.astype(dtype, copy=False)
        if dtype.itemsize == 2 or (low, high) != (0.0, 1.0):
            result[result == dtype.type(high)] = dtype.type(low)
        return result.reshape(shape)

    def normal(self, shape: Shape, dtype: Any = np.float32, mean: float = 0.0, std: float = 1.0) -> Array:
        """`randn`, `normal_`.

        Fewer than 16 elements come from `standard_normal`, which keeps the spare of a pair. From 16
        on they are made in groups of 16 uniforms of the dtype's precision, and where the size is no
        multiple of 16 the last 16 elements are drawn again: float32 and float64 have drawn a uniform
        for every element by then, the 16-bit types only for the whole groups. A complex element is
        two reals with std / sqrt(2).
        """
        dtype, n = np.dtype(dtype), _size(shape)
        check_std(std)
        if dtype.kind == "c":
            return self.normal((n, 2), real_part(dtype), mean, std / math.sqrt(2)).view(dtype).reshape(shape)
        check_float(dtype, "normal_kernel_cpu")
        if n < GROUP:
            return self.normal_serial(shape, dtype, mean, std)
        whole = n - n % GROUP
        result = np.empty(n, dtype)
        if dtype == np.float64:
            result[:whole] = box_muller_f64(self.random_f64(n)[:whole], mean, std)
            if whole < n:
                result[-GROUP:] = box_muller_f64(self.random_f64(GROUP), mean, std)
            return result.reshape(shape)
        small = n <= SMALL and n == whole and dtype.itemsize > 2
        if small and not NORMALS.ready(_work(n)):
            return self._small_normal(n, (mean, std)).reshape(shape)
        result[:whole] = self._normals(whole, mean, std)
        if whole < n:
            if dtype.itemsize > 2:
                self.random_u32(n - whole)
            result[-GROUP:] = self._normals(GROUP, mean, std)
        return result.reshape(shape)

    def _normals(self, n: int, mean: float, std: float) -> Array:
        """Normals of the next `n` words, a multiple of 16, as float32[n]."""
        result = np.empty(n, np.float32)
        for start in range(0, n, CHUNK):
            part = result[start : start + CHUNK]
            if NORMALS.ready(_work(len(part))):
                NORMALS(self.random_u32(len(part)), part, len(part) // GROUP, mean, std)
            else:
                part[...] = box_muller_f32(self.random_f32(len(part)), mean, std)
        return result

    def _small_normal(self, n: int, of: tuple[float, float]) -> Array:
        """Normals of the next `n` words, float32[n].

        The second such draw in a row makes those of all words that are at hand, which takes not much longer; they are
        the same numbers, whoever asks for them later.
        """
        ahead = self._ahead
        if ahead is not None and ahead[0] is self._words and ahead[3] == of:
            start = self._position - ahead[1]
            if start >= 0 and start % GROUP == 0 and start + n <= len(ahead[2]):
                self._position += n
                return ahead[2][start : start + n].copy()
        again = self._normal == (id(self._words), self._position, of)
        result = box_muller_f32(self.random_f32(n), *of)
        place = self._position
        self._normal = id(self._words), place, of
        assert self._words is not None
        left = (len(self._words) - place) // GROUP * GROUP
        if again and left >= n:
            self._ahead = self._words, place, box_muller_f32(self.random_f32(left), *of), of
            self._position = place
        return result

    def normal_serial(
        self, shape: Shape, dtype: Any = np.float32, mean: float = 0.0, std: float = 1.0
    ) -> Array:
        """`normal_` of a tensor whose memory has gaps or another order: one element after the other."""
        dtype, n = np.dtype(dtype), _size(shape)
        check_std(std)
        if dtype.kind == "c":
            reals = self.normal_serial((n, 2), real_part(dtype), mean, std / math.sqrt(2))
            return reals.view(dtype).reshape(shape)
        check_float(dtype, "normal_kernel_cpu")
        return cast(fused(self.standard_normal(n), std, mean), dtype).reshape(shape)

    def standard_normal(self, n: int) -> Array:
        """Standard normals one at a time, float64[n]: pairs (r cos t, r sin t), the spare one kept.

        r = sqrt(-2 log1p(-u2)), t = 2 pi u1; u1 is drawn before u2, each from two words.
        """
        result = np.empty(n)
        start = 0
        if n and self.next_normal is not None:
            result[0], self.next_normal, start = self.next_normal, None, 1
        pairs = (n - start + 1) // 2
        u1, u2 = self.random_f64(2 * pairs).reshape(pairs, 2).T
        radius = np.sqrt(-2.0 * libm(math.log1p, -u2))
        theta = (2.0 * math.pi) * u1
        sines = radius * libm(math.sin, theta)
        result[start::2] = radius * libm(math.cos, theta)
        if (n - start) % 2:
            self.next_normal = float(sines[-1])
            sines = sines[:-1]
        result[start + 1 :: 2] = sines
        return result

    def normal_elementwise(self, mean: Array | float, std: Array | float) -> Array:
        """`normal(mean, std)` with an array of means, of standard deviations or of both.

        Standard normals of the broadcast shape, times `std`, plus `mean`, each step rounded to the
        dtype of `mean`, or of `std` where `mean` is a number. A number `std` scales inside the draw.
        """
        dtype = mean.dtype if isinstance(mean, np.ndarray) else np.asarray(std).dtype
        shape = np.broadcast_shapes(np.shape(mean), np.shape(std))
        if not isinstance(std, np.ndarray):
            result = self.normal(shape, dtype, 0.0, std)
        else:
            if std.size and not (std >= 0).all():
                raise errors.BadValue(
                    "normal expects all elements of std >= 0.0",
                    help="a standard deviation is never negative: abs(std) is one",
                )
            result = self.normal(shape, dtype)
            result = (result * std).astype(dtype, copy=False)
        addend = mean if isinstance(mean, np.ndarray) else dtype.type(mean)
        return np.asarray(result + addend).astype(dtype, copy=False)

    def log_normal(self, shape: Shape, dtype: Any = np.float32, mean: float = 1.0, std: float = 2.0) -> Array:
        """`log_normal_`: exp of normals from `standard_normal`, in float64, at every size."""
        dtype = np.dtype(dtype)
        if not std > 0.0:
            raise errors.BadValue(f"log_normal_ expects std > 0.0, but found std={std:g}")
        check_float(dtype, "log_normal_cpu")
        normals = fused(self.standard_normal(_size(shape)), std, mean)
        return cast(libm(_exp, normals), dtype).reshape(shape)

    def exponential(self, shape: Shape, dtype: Any = np.float32, lambd: float = 1.0) -> Array:
        """`exponential_`: -log1p(-u) / lambd in float64, two words an element."""
        dtype = np.dtype(dtype)
        check_continuous(dtype, "Exponential", "title")
        if not lambd > 0.0:
            raise errors.BadValue(f"exponential_ expects lambda > 0.0, but found lambda={lambd:g}")
        logs = _exact_for(dtype, math.log1p, np.log1p, -self.random_f64(_size(shape)))
        return cast(-1.0 / lambd * logs, dtype).reshape(shape)

    def cauchy(self, shape: Shape, dtype: Any = np.float32, median: float = 0.0, sigma: float = 1.0) -> Array:
        """`cauchy_`: median + sigma tan(pi (u - 1/2)) in float64, two words an element."""
        dtype = np.dtype(dtype)
        check_continuous(dtype, "Cauchy", "c_name")
        if not sigma > 0.0:
            raise errors.BadValue(f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
        angles = math.pi * (self.random_f64(_size(shape)) - 0.5)
        tangents = _exact_for(dtype, math.tan, np.tan, angles)
        return cast(fused(tangents, sigma, median), dtype).reshape(shape)

    # -- discrete ----------------------------------------------------------------------------------

    def geometric(self, shape: Shape, dtype: Any = np.float32, p: float = 0.5) -> Array:
        """`geometric_`: ceil(log(u) / log1p(-p)) in float64, two words an element."""
        dtype = np.dtype(dtype)
        if not 0.0 < p < 1.0:
            raise errors.BadValue(f"geometric_ expects p to be in (0, 1), but got p={p:g}")
        if dtype.kind in "bc":
            raise not_implemented("geometric_cpu", dtype)
        with np.errstate(divide="ignore"):
            logs = _exact_for(dtype, log, np.log, self.random_f64(_size(shape)))
        return cast(np.ceil(logs / math.log1p(-p)), dtype).reshape(shape)

    def bernoulli(self, p: Array | float, shape: Shape | None = None, dtype: Any = None) -> Array:
        """`bernoulli`, `bernoulli_`: u < p.

        A number p (and an array of float64) is compared with a float64 u, two words an element; any
        other array of probabilities, in order, with a float32 u, one word. `shape` and `dtype` are
        the result's; they default to p's.
        """
        if isinstance(p, np.ndarray):
            shape = p.shape if shape is None else shape
            dtype = p.dtype if dtype is None else np.dtype(dtype)
            if shape == p.shape and dtype == np.float32 and (found := self.chosen(p)) is not None:
                return found
            check_float(p.dtype, "bernoulli_tensor_cpu_p_")
            wide = np.float64 if p.dtype == np.float64 else np.float32
            chances = np.broadcast_to(p.astype(wide, copy=False), shape).ravel()
            draw = self.random_f64 if wide is np.float64 else self.random_f32
            inside = (chances >= 0) & (chances <= 1)
            if not inside.all():
                draw(int(inside.argmin()))  # up to there
                raise errors.BadValue(
                    "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message "
                    "be improved?  If so, please report an enhancement request to PyTorch.)",
                    help="every probability must be in [0, 1]: sigmoid(p) or clamp(p, 0, 1) makes it so",
                )
            return (draw(chances.size) < chances).astype(dtype).reshape(shape)
        dtype = np.dtype(np.float32 if dtype is None else dtype)
        if not 0.0 <= p <= 1.0:
            raise errors.BadValue(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
        if dtype.kind == "c":
            raise not_implemented("bernoulli_scalar_cpu_", dtype)
        shape = () if shape is None else shape
        if dtype == np.float32:
            return self.below(_size(shape), p).reshape(shape)
        return (self.random_f64(_size(shape)) < p).astype(dtype).reshape(shape)

    def randint(self, low: int, high: int, shape: Shape, dtype: Any = np.int64) -> Array:
        """`randint`, `random_(low, high)`: low + word mod (high - low).

        One word an element; two for ranges from 2**28 on. For a floating-point dtype the bounds move
        inwards to values that it has.
        """
        dtype, n = np.dtype(dtype), _size(shape)
        if not (-(2**63) <= low < 2**63 and -(2**63) <= high < 2**63):
            raise errors.BadValue(
                "Overflow when unpacking long long",
                help="the bounds are int64: -2**63 to 2**63 - 1",
                raises=ValueError,
            )
        if low >= high:
            raise errors.BadValue(
                f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}",
                help="the upper bound is exclusive: randint(0, 10, size) draws 0 to 9",
            )
        if dtype.kind == "c":
            raise errors.DTypeError(
                "check_random_bounds handles only integral, floating-point and boolean types"
            )
        if is_float(dtype):
            low, high = lowest_drawn(low, dtype), highest_drawn(high, dtype)
            if low >= high:
                raise errors.BadValue(
                    "random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, "
                    f"but got from={low} >= to={high}"
                )
        check_bounds(low, high - 1, dtype)
        return self._integers(high - low, low, n, dtype).reshape(shape)

    def random(self, shape: Shape, dtype: Any) -> Array:
        """`random_()`: over all non-negative values of an integer dtype, or all integers that a
        floating-point dtype has without gaps, both ends included.

        int64 and float64 take two words an element, the rest one.
        """
        dtype, n = np.dtype(dtype), _size(shape)
        if dtype.kind == "c":
            raise not_implemented("random_kernel_cpu", dtype)
        span = 2 ** digits(dtype) + 1 if is_float(dtype) else largest(dtype) + 1
        return self._modulo(span, n, long=dtype in (np.int64, np.float64)).astype(dtype).reshape(shape)

    def random_from(self, low: int, shape: Shape, dtype: Any) -> Array:
        """`random_(low, None)`: from `low` to the dtype's largest value (see `random`), included."""
        dtype, n = np.dtype(dtype), _size(shape)
        if low == -(2**63):
            if dtype not in (np.int64, np.float64, np.float32) and dtype.name != "bfloat16":
                raise errors.DTypeError(
                    "random_full_64_bits_range_kernel_cpu handles only int64, double, float and bfloat16"
                )
            return cast(self.random_u64(n).view(np.int64), dtype).reshape(shape)
        if is_float(dtype):
            low, last = lowest_drawn(low, dtype), 2 ** digits(dtype)
        else:
            last = largest(dtype)
        check_bounds(low, last, dtype)
        return self._integers(last - low + 1, low, n, dtype).reshape(shape)

    def _integers(self, span: int, low: int, n: int, dtype: np.dtype[Any]) -> Array:
        values = self._modulo(span, n, long=span >= _LONG_RANGE)
        if low:
            values = values.view(np.int64) + np.int64(low)  # wraps as PyTorch's uint64 does
        return cast(values, dtype)

    def _modulo(self, span: int, n: int, *, long: bool) -> Array:
        """Words, or pairs of words where `long`, modulo `span`: uint64[n]."""
        if long:
            return self.random_u64(n) % np.uint64(span)
        if span > 2**32 - 1:
            return self.random_u32(n).astype(np.uint64)
        return (self.random_u32(n) % np.uint32(span)).astype(np.uint64)

    def randperm(self, n: int, dtype: Any = np.int64) -> Array:
        """`randperm`: Fisher-Yates from the front, one word a swap, n - 1 in all."""
        dtype = np.dtype(dtype)
        check_randperm(n, dtype)
        drawn = self.random_u32(max(n - 1, 0))
        if n <= MOST_PERMUTED and PERMUTED.ready(n * PERMUTED_PASSES + CALL * PERMUTED_CALLS):
            found = np.empty(n, np.int64)
            PERMUTED(drawn, found, n)
            return cast(found, dtype)
        steps = np.arange(n)
        targets = steps.copy()
        targets[:-1] += drawn % (n - steps[:-1])
        return cast(_swapped(targets), dtype)

    def multinomial(self, p: Array, num_samples: int, replacement: bool = False) -> Array:
        """`multinomial` of one row of weights or of each row, int64[…, num_samples].

        More than one with replacement: a float64 u (two words) a sample, looked up in the row's
        cumulative weights. Otherwise: the `num_samples` largest of p / q, q exponential, in p's dtype.
        """
        check_multinomial(p, num_samples, replacement)
        if p.size == 0:
            return np.zeros((*p.shape[:-1], num_samples), np.int64)
        if not replacement or num_samples == 1:
            with np.errstate(divide="ignore", over="ignore"):
                keys = p / self.exponential(p.shape, p.dtype)
            if num_samples == 1:
                return keys.argmax(-1, keepdims=True).astype(np.int64)
            return np.argsort(-keys, axis=-1, kind="stable")[..., :num_samples]
        wide = np.float64 if p.dtype == np.float64 else np.float32
        totals: Any = np.cumsum(p, axis=-1, dtype=wide)
        totals = totals / totals[..., -1:]
        totals[..., -1] = 1
        drawn = self.random_f64(math.prod(p.shape[:-1]) * num_samples).reshape(*p.shape[:-1], num_samples)
        if p.ndim == 1:
            return np.searchsorted(totals, drawn).astype(np.int64)
        rows = [np.searchsorted(row, u) for row, u in zip(totals, drawn, strict=True)]
        return np.array(rows, np.int64)

    def poisson(self, rate: Array) -> Array:
        """`poisson` of each rate, in its dtype, one element after another; see `generator_counts`."""
        check_float(rate.dtype, "poisson_cpu")
        rates = rate.ravel().astype(np.float64)
        if not (rates >= 0).all():
            raise errors.BadValue(
                "invalid Poisson rate, expected rate to be non-negative",
                help="every rate must be at least 0: clamp(rate, min=0) makes it so",
            )
        counts = [poisson_count(self.next_f64, value) for value in rates.tolist()]
        return cast(np.array(counts, np.float64), rate.dtype).reshape(rate.shape)

    def gamma(self, shape: Array) -> Array:
        """A standard gamma variate for each shape, in its dtype, at least its smallest; see `generator_gamma`."""
        check_float(shape.dtype, "gamma_sample_cpu")
        kind = shape.dtype.type
        with np.errstate(all="ignore"):
            drawn = [gamma_variate(self.next_f64, self.next_standard_normal, a) for a in shape.ravel()]
            values = np.array(drawn, np.float64).astype(shape.dtype)
        return np.maximum(values, np.finfo(kind).tiny).reshape(shape.shape)

    def next_standard_normal(self) -> float:
        """One normal, as `standard_normal` has them."""
        spare = self.next_normal
        if spare is not None:
            self.next_normal = None
            return float(spare)
        u1, u2 = self.next_f64(), self.next_f64()
        radius, theta = math.sqrt(-2.0 * math.log1p(-u2)), 2.0 * math.pi * u1
        self.next_normal = radius * math.sin(theta)
        return radius * math.cos(theta)

    def binomial(self, count: Array, prob: Array) -> Array:
        """`binomial` of each count and probability, in their dtype, one element after another."""
        pairs = zip(count.ravel(), prob.ravel(), strict=True)
        with np.errstate(all="ignore"):
            counts = [binomial_count(self.next_f64, n, p) for n, p in pairs]
        return cast(np.array(counts, np.float64), count.dtype).reshape(count.shape)


def _work(n: int) -> int:
    """What so many normals take without machine code, as `made_later` counts it."""
    return NORMAL_CALLS * CALL + NORMAL_PASSES * n


def _size(shape: Shape) -> int:
    return shape if isinstance(shape, int) else math.prod(shape)


def _exact_for(dtype: np.dtype[Any], function: Any, vectorised: Any, x: Array) -> Array:
    """The C library's function where the last bit of a float64 is seen, NumPy's where it is rounded away."""
    return libm(function, x) if dtype == np.float64 else vectorised(x)


def _exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def _swapped(targets: Array) -> Array:
    """0 … n-1 after swapping places i and targets[i] >= i for each i in turn, int64[n].

    Step i puts into place targets[i] what stood in place i, and that place is last written by the
    latest earlier step with target i: following those back gives every value without a loop.
    """
    n = len(targets)
    steps = np.arange(n)
    short = targets.astype(np.uint16) if n <= 2**16 else targets  # of which NumPy sorts the digits
    by_target = np.argsort(short, kind="stable")
    same = targets[by_target[1:]] == targets[by_target[:-1]]
    previous = np.full(n, -1)  # the latest earlier step with the same target
    previous[by_target[1:][same]] = by_target[:-1][same]
    writer = np.full(n, -1)  # the latest earlier step that wrote to place i
    writer[targets] = steps
    writer = np.where(targets == steps, previous, writer)
    origin = np.where(writer < 0, steps, writer)  # of what stands in place i before step i
    while ((farther := origin[origin]) != origin).any():
        origin = farther
    return np.where(previous < 0, targets, origin[previous])
