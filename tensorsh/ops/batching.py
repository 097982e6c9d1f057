"""How operations run inside `vmap`: rules on values that have the mapped dimension in front.

Most operations need nothing of their own. `aligned` serves those that compute each element, or each
trailing matrix, from what stands at the same place (`ALIGNED`): further dimensions in front change
nothing. `along` serves those that name dimensions: the names move up by one. `folded` serves those that
work on (N, C, …): the batch goes into N. What has no rule here runs slice by slice. A test runs recorded
cases both ways.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..engine import context
from ..engine.apply import promoted
from ..engine.batched import Mapped, expanded, rules
from ..engine.op import Op, registry
from ..engine.tensor import Tensor
from .rules import wrap_dim, wrap_dims
from .shape_views import resolve_size, viewable

Rule = Callable[[Op, tuple[Any, ...], int], Any]


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Use the decorated function for these operations."""

    def declare(function: Rule) -> Rule:
        for name in names:
            rules[name] = function
        return function

    return declare


# ------------------------------------------------------------------ bringing the batch to the front


def is_tensor(a: Any) -> bool:
    return isinstance(a, Tensor | Mapped)


def front(a: Any, rank: int) -> Any:
    """An argument with the batch in front of `rank` dimensions; what does not vary broadcasts anyway."""
    if type(a) is not Mapped:
        return a
    shape = a.spec.shape
    if len(shape) == rank:
        return a.value
    ones = (1,) * (rank - len(shape))
    return registry["reshape"](a.value, (a.value.spec.shape[0], *ones, *shape))


def full(a: Any, size: int) -> Any:
    """An argument with the batch in front, also where it does not vary."""
    if type(a) is Mapped:
        return a.value
    if type(a) is tuple:
        return tuple([full(x, size) for x in a])
    return expanded(a, size) if isinstance(a, Tensor) else a


def highest(args: Sequence[Any]) -> int:
    """The most dimensions that a tensor among the arguments has."""
    return max([len(t.spec.shape) for a in args for t in (a if type(a) is tuple else (a,)) if is_tensor(t)])


def same_dtype(op: Op, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Arguments that promote as slices do: a slice of no dimensions must not weigh like a vector."""
    if not op.promote:
        return args
    seen = [args[i] for i in op.joined]
    specs = [a.spec if is_tensor(a) else a for a in seen]
    if all(is_tensor(a) and a.spec.dtype is specs[0].dtype for a in seen):
        return args
    wanted = promoted(specs, context.current().dtype)
    found = list(args)
    for i in op.joined:
        a = args[i]
        if is_tensor(a) and a.spec.dtype is not wanted:
            found[i] = cast(a, wanted)
    return tuple(found)


def cast(a: Any, dtype: Any) -> Any:
    if type(a) is not Mapped:
        return registry["Tensor.to"](a, dtype)
    return Mapped(registry["Tensor.to"](a.value, dtype), a.spec.with_dtype(dtype))


# ------------------------------------------------------------------ element by element, matrix by matrix


def aligned(op: Op, args: tuple[Any, ...], size: int) -> Any:
    args = same_dtype(op, args)
    rank = highest(args)
    return op.run(*[front(a, rank) for a in args])


ALIGNED = """
abs acos acosh add addcdiv addcmul alias angle asin asinh atan atan2 atanh bitwise_and bitwise_left_shift
bitwise_not bitwise_or bitwise_right_shift bitwise_xor cdist ceil cholesky cholesky_inverse cholesky_solve
clamp clamp_max clamp_min clone complex conj conj_physical constant_pad_nd copysign cos cosh deg2rad digamma
div eq erf erfc erfinv exp exp2 expm1 floor floor_divide fmax fmin fmod frac frexp gcd ge gt hardshrink
heaviside hypot i0 igamma igammac isclose isfinite isinf isnan isneginf isposinf isreal lcm ldexp le lerp
lgamma linalg.cholesky linalg.det linalg.eig linalg.eigh linalg.inv linalg.lu linalg.lu_factor_ex
linalg.matrix_exp linalg.qr linalg.slogdet linalg.solve_triangular linalg.svd linalg.svdvals log log10 log1p
log2 logaddexp logaddexp2 logical_and logical_not logical_or logical_xor logit lt maximum minimum mul
mvlgamma nan_to_num ne neg nextafter nn.functional.celu nn.functional.elu nn.functional.gelu
nn.functional.hardsigmoid nn.functional.hardswish nn.functional.hardtanh nn.functional.leaky_relu
nn.functional.logsigmoid nn.functional.mish nn.functional.selu nn.functional.silu nn.functional.softplus
nn.functional.softshrink nn.functional.threshold pixel_shuffle pixel_unshuffle polar polygamma pow rad2deg
reciprocal relu remainder round rrelu_with_noise rsqrt rsub sgn sigmoid sign signbit sin sinc sinh sqrt sub
tan tanh to triangular_solve tril triu trunc unravel_index upsample upsample_spread adaptive_avg_pool_spread
avg_pool_spread view_as_complex view_as_real where xlogy zero
"""
SPECIAL = """
airy_ai bessel_j0 bessel_j1 bessel_y0 bessel_y1 chebyshev_polynomial_t chebyshev_polynomial_u
chebyshev_polynomial_v chebyshev_polynomial_w entr erfcx hermite_polynomial_h hermite_polynomial_he i0e i1 i1e
laguerre_polynomial_l legendre_polynomial_p log_ndtr modified_bessel_i0 modified_bessel_i1 modified_bessel_k0
modified_bessel_k1 ndtr ndtri scaled_modified_bessel_k0 scaled_modified_bessel_k1 shifted_chebyshev_polynomial_t
shifted_chebyshev_polynomial_u shifted_chebyshev_polynomial_v shifted_chebyshev_polynomial_w spherical_bessel_j0
xlog1py zeta
"""
rules.update(dict.fromkeys(ALIGNED.split(), aligned))
rules.update(dict.fromkeys([f"special.{name}" for name in SPECIAL.split()], aligned))


def together(op: Op, args: tuple[Any, ...], size: int) -> Any:
    """As `aligned`, for operations whose tensors must all have the batch."""
    return op.run(*[full(a, size) if is_tensor(a) else a for a in args])


def raised(x: Tensor, rank: int) -> Tensor:
    """Dimensions of size 1 after the first, up to `rank`."""
    shape = x.spec.shape
    if len(shape) == rank:
        return x
    return registry["reshape"](x, (shape[0], *[1] * (rank - len(shape)), *shape[1:]))


TOGETHER = (
    "adjoint_solve lu_unpack multilabel_slopes pool_pick pool_scatter threshold_backward linalg.lu_solve"
)
rules.update(dict.fromkeys(TOGETHER.split(), together))


@rule("masked_fill")
def masked_fill(op: Op, args: tuple[Any, ...], size: int) -> Any:
    x, mask, value = args
    if not is_tensor(value):
        return aligned(op, args, size)
    value = cast(value, x.spec.dtype)
    rank = highest(args)
    return registry["where"](front(mask, rank), front(value, rank), front(x, rank))


@rule("fill", "copy")
def fill(op: Op, args: tuple[Any, ...], size: int) -> Any:
    x, value, *rest = args
    if not is_tensor(value):
        return op.run(full(x, size), value, *rest)
    x = full(x, size)
    return registry["copy"].run(x, front(value, x.ndim - 1), False)


# ------------------------------------------------------------------ along dimensions


#: parameters that name dimensions of the input
NAMES = frozenset(("dim", "dims", "dim0", "dim1", "dim2", "dimension"))
#: of these operations, without a dimension all are meant …
EACH = frozenset((
    "sum", "mean", "nansum", "count_nonzero", "var", "std", "var_mean", "std_mean", "norm", "linalg.vector_norm",
    "amax", "amin", "any", "all",
))  # fmt: skip
#: … and of these, all in one row
FLAT = frozenset(["argmax", "argmin", "roll", "prod", "aminmax"])


def along(op: Op, args: tuple[Any, ...], size: int) -> Any:
    """The dimensions named are those of a slice; all tensors get the batch in front."""
    parameters = op.schema.parameters
    if not any(p.name in NAMES for p in parameters):
        return NotImplemented
    x = args[0]
    rank = highest(args[:1])
    values = [full(a, size) for a in args]
    if op.name in FLAT and any(
        p.name in NAMES and a in (None, ()) for p, a in zip(parameters, args, strict=True)
    ):
        return flat(op, args, size)
    if rank == 0 and type(x) is not tuple:
        values = [registry["unsqueeze"](v, 1) if isinstance(v, Tensor) else v for v in values]
    for i, (p, a) in enumerate(zip(parameters, args, strict=True)):
        if p.name not in NAMES:
            continue
        if a is None or (a == () and (op.name in EACH or rank == 0)):
            if op.name not in EACH:
                return NotImplemented
            values[i] = tuple(range(1, max(rank, 1) + 1))
        elif type(a) is tuple:
            values[i] = tuple([wrap_dim(d, rank) + 1 for d in a])
        else:
            values[i] = wrap_dim(a, rank) + 1
    result = op.run(*values)
    return result if rank else each(result, lambda t: registry["reshape"](t, (size,)))


def flat(op: Op, args: tuple[Any, ...], size: int) -> Any:
    """Along the one dimension of a slice laid out in a row."""
    x = args[0]
    row = registry["reshape"](x.value, (size, x.spec.numel))
    values = [1 if p.name in NAMES else a for p, a in zip(op.schema.parameters, args, strict=True)]
    if op.name == "roll":
        rolled = op.run(row, args[1], (1,))
        return registry["reshape"](rolled, (size, *x.spec.shape))
    result = op.run(row, *values[1:])
    if "keepdim" in [p.name for p in op.schema.parameters] and args[-1] is True:
        return each(result, lambda t: registry["reshape"](t, (size, *[1] * len(x.spec.shape))))
    return result


def each(result: Any, change: Callable[[Tensor], Tensor]) -> Any:
    return tuple([change(t) for t in result]) if isinstance(result, tuple) else change(result)


ALONG = """
all amax amin aminmax any argmax argmin argsort cat count_nonzero cummax cummin cumprod cumsum fft_c2c
fft_r2c flip gather kthvalue linalg.cross linalg.vector_norm log_softmax logcumsumexp logsumexp max mean
median min mode nanmedian nansum nn.functional.glu norm prod roll rot90 scatter scatter_add scatter_reduce
softmax _safe_softmax sort split split_with_sizes std std_mean sum topk transpose unbind unfold var var_mean
recurrence diagonal
"""
rules.update(dict.fromkeys(ALONG.split(), along))

#: the whole tensor reduced, as the same operation along dimensions
WHOLE = {"sum": "sum", "mean": "mean", "prod": "prod", "max": "max", "min": "min", "median": "median"}


@rule("sum", "mean", "prod", "max", "min", "median", "nanmedian")
def reduced(op: Op, args: tuple[Any, ...], size: int) -> Any:
    """One name, two operations: of all elements, or along a dimension."""
    if any(p.name == "dim" for p in op.schema.parameters):
        return along(op, args, size)
    x = args[0]
    dims = tuple(range(1, len(x.spec.shape) + 1))
    match op.name:
        case "sum" | "mean":
            return registry[op.name](x.value, dims, dtype=args[1]) if dims else registry["clone"](x.value)
        case "max" | "min":
            return registry["a" + op.name](x.value, dims) if dims else registry["clone"](x.value)
        case "prod":
            row = registry["reshape"](x.value, (size, x.spec.numel))
            return registry["prod"](row, 1, dtype=args[1])
    row = registry["reshape"](x.value, (size, x.spec.numel))
    return registry[op.name](row, 1)[0]


@rule("fft_c2r")
def fft_c2r(op: Op, args: tuple[Any, ...], size: int) -> Any:
    return along(op, args, size)


# ------------------------------------------------------------------ shapes


@rule("view", "_reshape_alias", "_unsafe_view", "expand")
def resized(op: Op, args: tuple[Any, ...], size: int) -> Any:
    x, shape, *rest = args
    if not isinstance(shape, tuple):  # view(dtype)
        return NotImplemented
    if op.name == "expand":
        return op.run(front(x, len(shape)), (size, *shape), *rest)
    if -1 in shape and 0 in x.spec.shape:
        return NotImplemented
    if -1 in shape and size == 0:
        shape = op.infer(x.spec, shape).shape
    whole = resolve_size((size, *shape), x.value.spec.numel)
    if viewable(x.value.array, whole):  # PyTorch does not ask whether it lies in order
        return registry["Tensor.view"](x.value, whole)
    return registry["reshape"](x.value, whole)


@rule("permute")
def permute(op: Op, args: tuple[Any, ...], size: int) -> Any:
    x, dims = args
    return op.run(x.value, (0, *[wrap_dim(d, len(x.spec.shape)) + 1 for d in dims]))


@rule("t")
def t(op: Op, args: tuple[Any, ...], size: int) -> Any:
    x = args[0]
    return registry["transpose"](x.value, 1, 2) if len(x.spec.shape) == 2 else registry["alias"](x.value)


@rule("squeeze")
def squeeze(op: Op, args: tuple[Any, ...], size: int) -> Any:
    x, *dims = args
    rank = len(x.spec.shape)
    named = wrap_dims(dims[0], rank) if dims and dims[0] != () else () if dims else tuple(range(rank))
    gone = tuple(d + 1 for d in named if rank and x.spec.shape[d] == 1)
    return registry["squeeze"](x.value, gone) if gone else registry["alias"](x.value)


@rule("unsqueeze")
def unsqueeze(op: Op, args: tuple[Any, ...], size: int) -> Any:
    x, dim = args
    return op.run(x.value, wrap_dim(dim, len(x.spec.shape) + 1) + 1)


@rule("diag_embed")
def diag_embed(op: Op, args: tuple[Any, ...], size: int) -> Any:
    x, offset, *dims = args
    rank = len(x.spec.shape) + 1
    return op.run(x.value, offset, *[wrap_dim(d, rank) + 1 for d in dims])


@rule("stack")
def stack(op: Op, args: tuple[Any, ...], size: int) -> Any:
    tensors, dim = args
    return op.run(full(tensors, size), wrap_dim(dim, len(tensors[0].spec.shape) + 1) + 1)


@rule("repeat")
def repeat(op: Op, args: tuple[Any, ...], size: int) -> Any:
    x, times = args
    return op.run(front(x, len(times)), (1, *times))


@rule("select", "slice")
def part(op: Op, args: tuple[Any, ...], size: int) -> Any:
    x, dim, *rest = args
    return op.run(x.value, wrap_dim(dim, len(x.spec.shape)) + 1, *rest)


@rule("select_backward", "slice_backward", "unfold_backward")
def part_backward(op: Op, args: tuple[Any, ...], size: int) -> Any:
    grad, shape, dim, *rest = args
    return op.run(grad.value, (size, *shape), wrap_dim(dim, len(shape)) + 1, *rest)


@rule("trace")
def trace(op: Op, args: tuple[Any, ...], size: int) -> Any:
    return registry["sum"](registry["diagonal"](args[0].value, 0, 1, 2), -1)
