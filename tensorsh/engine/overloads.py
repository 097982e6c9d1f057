"""Which functions PyTorch has with several signatures, and how many arguments each of them takes.

A call that fits none of the signatures is reported as "received an invalid combination of arguments",
unless the number of arguments leaves a single one: then its own complaint is. A line reads
"least-most least-most: names", one pair a signature, of functions with their tensor, of methods without.
"""

from __future__ import annotations

Signatures = tuple[tuple[int, int], ...]


def _table(text: str) -> dict[str, Signatures]:
    found: dict[str, Signatures] = {}
    pairs: list[tuple[int, int]] = []
    complete = True
    for word in text.split():
        least, dash, most = word.rstrip(":").partition("-")
        if dash:
            pairs = [*([] if complete else pairs), (int(least), int(most))]
            complete = word.endswith(":")
        else:
            found[word] = tuple(pairs)
    return found


FUNCTIONS = _table(
    """
    3-6 4-7: addmm baddbmm
    1-2 1-4 2-4: all any
    1-7 2-7 2-9: arange
    2-5 1-3: argsort
    1-3 2-3: bernoulli linalg.cond trapz
    2-3 2-2 2-3: bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor remainder
    2-3 3-4: bmm mm
    2-5 2-4: bucketize
    1-4 1-4: clamp clip
    1-3 1-3: clamp_ clip_
    2-3 2-3: clamp_max clamp_min copysign eq fmod ge greater greater_equal gt le less less_equal lt ne
        not_equal rsub
    2-2 2-2: clamp_max_ clamp_min_ dsplit fill hsplit vsplit xlogy_
    2-7 2-7: conv1d conv2d conv3d nn.functional.conv1d nn.functional.conv2d nn.functional.conv3d
        searchsorted
    1-2 2-2: count_nonzero
    2-3 1-3: cumulative_trapezoid trapezoid
    2-3 3-4 3-3: div
    2-3 3-4 2-2 3-3: divide
    1-7 2-8: eye
    2-3 2-3 2-3: float_power pow special.chebyshev_polynomial_t special.chebyshev_polynomial_u
        special.chebyshev_polynomial_v special.chebyshev_polynomial_w special.hermite_polynomial_h
        special.hermite_polynomial_he special.laguerre_polynomial_l special.legendre_polynomial_p
        special.shifted_chebyshev_polynomial_t special.shifted_chebyshev_polynomial_u
        special.shifted_chebyshev_polynomial_v special.shifted_chebyshev_polynomial_w special.xlog1py
        special.xlogy special.zeta tensor_split xlogy
    2-3 2-2: floor_divide multiply true_divide
    2-3 3-4 1-4 2-4 3-4 2-4 3-4: gradient
    2-5 1-6: histogram
    2-5 2-5 2-5: histogramdd isin
    4-4 4-4: index_fill narrow
    3-4 3-4: lerp
    3-7 2-7: linalg.matrix_norm
    1-5 1-5 2-4 2-4: linalg.matrix_rank linalg.pinv
    1-6 2-6: linalg.norm
    3-9 3-9 3-9 3-9: linspace
    3-10 3-10 3-10 3-10: logspace
    3-3 3-3: masked_fill moveaxis movedim
    1-2 2-3 2-4: max min
    1-3 2-5: mean
    1-1 2-4: median nanmedian
    2-6 2-6: nanquantile quantile
    2-4 1-4 2-4 3-10: normal
    1-2 2-5: prod sum
    2-8 1-7: rand rand_like randn randn_like randperm
    3-9 2-8 4-10 3-9: randint
    4-10 3-9 3-9 2-8 3-9 2-8: randint_like
    2-4 1-2 2-4: repeat_interleave
    1-2 2-3: round
    1-1 2-2: round_
    4-5 5-6 4-5 5-6: scatter
    2-5 1-4: sort
    1-1 2-2 2-2: squeeze
    2-5 1-5 1-2: std var
    2-4 1-4 1-2: std_mean var_mean
    2-4 2-3: subtract
    1-1 3-4 3-3 3-3 3-3: where
    """
)

METHODS = _table(
    """
    0-0 0-2 1-2: all any
    1-3 0-2: argsort sort
    0-1 1-2: bernoulli
    1-2 0-2: bernoulli_
    1-1 1-1: bitwise_and bitwise_and_ bitwise_left_shift bitwise_left_shift_ bitwise_or bitwise_or_
        bitwise_right_shift bitwise_right_shift_ bitwise_xor bitwise_xor_ clamp_max clamp_max_ clamp_min
        clamp_min_ copysign copysign_ dsplit eq eq_ fill_ float_power float_power_ floor_divide
        floor_divide_ fmod fmod_ ge ge_ greater greater_ greater_equal greater_equal_ gt gt_ hsplit le
        le_ less less_ less_equal less_equal_ lt lt_ multiply multiply_ ne ne_ not_equal not_equal_ pow
        pow_ remainder remainder_ true_divide true_divide_ view vsplit xlogy xlogy_
    0-2 0-2: clamp clamp_ clip clip_
    0-1 1-1: count_nonzero
    1-1 2-2 2-2: div div_
    1-1 2-2 1-1 2-2: divide divide_
    1-3 0-4: histogram
    3-3 3-3: index_fill index_fill_ narrow
    2-2 2-2: lerp lerp_ masked_fill masked_fill_ moveaxis movedim where
    0-0 1-1 1-2: max min
    0-1 1-3: mean prod sum
    0-0 1-2: median nanmedian
    1-4 1-4: nanquantile quantile
    0-0 1-1: nonzero round round_
    0-1 2-3 1-2: random_
    1-3 1-3: repeat_interleave
    3-3 4-4 3-3 4-4: scatter scatter_
    0-0 1-1 1-1: squeeze
    1-3 0-3 0-1: std var
    1-2 1-2: subtract subtract_
    1-2 1-2 1-2: tensor_split
    0-5 1-4 1-4: to
    """
)

#: functions of nn.functional that PyTorch has in C++, whose complaints differ from Python's
BUILTIN = frozenset(
    (
        "adaptive_avg_pool1d", "avg_pool1d", "avg_pool2d", "avg_pool3d", "bilinear", "celu_",
        "channel_shuffle", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d",
        "conv_transpose3d", "cosine_similarity", "elu_", "gelu", "hardshrink", "hardtanh_",
        "leaky_relu_", "linear", "logsigmoid", "one_hot", "pairwise_distance", "pdist",
        "pixel_shuffle", "pixel_unshuffle", "prelu", "relu_", "rrelu_",
        "scaled_dot_product_attention", "selu_", "softplus", "softshrink", "threshold_",
    )
)  # fmt: skip
