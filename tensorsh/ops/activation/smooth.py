"""Smooth activation functions (silu, gelu, softplus, …), and those with more operands: glu, prelu, rrelu."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.spec import Spec
from ...engine.numerics import vector_log
from ...engine.numerics.erf_polynomial import NORMAL_P
from ...engine.records.op import composite, op, registry
from ...engine.run.apply import apply
from ...engine.run.fused import fused
from ...engine.run.inplace import apply_inplace
from ...engine.values.wrapping import wrap
from ...errors import BadValue, DTypeError, ShapeError
from ..elementwise import vector_functions as vector_exp
from ..elementwise.erf import erf, odd_tanh
from ..elementwise.unary import SIGMOID, sigmoid_backward
from ..elementwise.vector_functions import into
from ..rules.families import LOG1P, SMALL, is_half, select
from ..rules.infer import same, wrap_dim
from ..rules.steady import steady
from . import gelu_steps, gelu_tanh_steps, smooth_steps
from .piecewise import activation, floating, leaky_relu, where


@activation("silu(input)", "silu_cpu", most=dt.COMPLEX)
def silu(x, out=None):
    """`x * sigmoid(x)`.

    >>> nn.functional.silu([-1., 0., 2.])
    tensor([-0.2689,  0.0000,  1.7616])
    """
    if vector_exp.is_small(x):
        return smooth_steps.silu(x, out)
    below = np.exp(np.negative(x, out), out)
    below += 1
    return np.divide(x, below, out)


def _silu_gradient(grad, input):
    s = registry["sigmoid"](input)
    if input.dtype.is_complex:
        return grad * (s * (1 + input * (1 - s))).conj()
    return grad * s * (1 + input * (1 - s))


@fused(
    "silu_backward(Tensor grad, Tensor input)",
    _silu_gradient,
    infer=same,
    elementwise=True,
    batching="together",
    exact=vector_exp.takes,
)
def silu_backward(grad, x, out=None):
    if vector_exp.is_small(x):
        return smooth_steps.silu_backward(grad, x, out)
    s = SIGMOID(x)
    out = np.subtract(1, s, out)
    out *= x
    out += 1
    out *= s
    out *= grad
    return out


@silu.derivative("input")
def _(grad, input):
    return silu_backward(grad, input)


@activation("mish(input)", "mish_cpu")
def mish(x):
    """`x * tanh(softplus(x))`.

    >>> nn.functional.mish([-1., 0., 2.])
    tensor([-0.3034,  0.0000,  1.9440])
    """
    return smooth_steps.mish(x)


def _mish_gradient(grad, input):
    s, t = registry["sigmoid"](input), input.exp().log1p().tanh()
    return grad * (t + input * s * (1 - t * t))


@fused(
    "mish_backward(Tensor grad, Tensor input)",
    _mish_gradient,
    infer=lambda grad, _: grad,
    elementwise=True,
    batching="together",
    exact=vector_exp.takes,
)
def mish_backward(grad, x, out=None):
    return smooth_steps.mish_backward(grad, x, out)


@mish.derivative("input")
def _(grad, input):
    return mish_backward(grad, input)


@op(
    "nn.functional.softplus(Tensor input, Number beta=1, Number threshold=20)",
    wide_gradient=True,
    infer=lambda x, *_: floating("softplus_cpu", x),
    sample=([-1.5, -0.3, 0.4, 2.0],),
    elementwise=True,
)
def softplus(x, beta, threshold):
    """`log(1 + exp(beta * x)) / beta`; x itself where `beta * x` is above `threshold`.

    >>> nn.functional.softplus([-1., 0., 30.])
    tensor([ 0.3133,  0.6931, 30.0000])
    """
    return smooth_steps.softplus(x, beta, threshold)


def _softplus_gradient(grad, input, beta, threshold):
    z = input if beta == 1 else input * beta
    return where(z > threshold, grad, grad * registry["sigmoid"](z))


@fused(
    "softplus_backward(Tensor grad_output, Tensor input, Number beta, Number threshold)",
    _softplus_gradient,
    infer=lambda grad, *_: grad,
    elementwise=True,
    batching="together",
    exact=lambda grad, x, *_: vector_exp.takes(grad, x),
)
def softplus_backward(grad, x, beta, threshold, out=None):
    return smooth_steps.softplus_backward(grad, x, beta, threshold, out)


@softplus_backward.derivative("grad_output")
def _(grad, input, beta, threshold):
    return softplus_backward(grad, input, beta, threshold)


@softplus_backward.derivative("input")
def _(grad, grad_output, input, beta, threshold):
    z = input * beta
    s = registry["sigmoid"](z)
    return sigmoid_backward(grad * grad_output, s) * (z < threshold).to(grad.dtype) * beta


@softplus.derivative("input", one="")
def _(grad, input, beta, threshold):
    return softplus_backward(grad, input, beta, threshold)


@op(
    "nn.functional.logsigmoid(Tensor input)",
    wide_gradient=True,
    infer=lambda x: floating("log_sigmoid_cpu", x),
    grad_fn="LogSigmoidBackward0",
    sample=([-1.5, -0.3, 0.4, 2.0],),
    elementwise=True,
)
def logsigmoid(x):
    """`log(1 / (1 + exp(-x)))`, without overflow.

    >>> nn.functional.logsigmoid([-200., 0., 2.])
    tensor([-2.0000e+02, -6.9315e-01, -1.2693e-01])
    """
    size = -np.abs(x)
    if vector_exp.is_small(x):  # all of it in vectors, what is left over, too
        return np.minimum(x, 0) - vector_log.log1p(vector_exp.exp(size))
    return np.minimum(x, 0) - LOG1P(np.exp(size))


@fused(
    "log_sigmoid_backward(Tensor grad_output, Tensor input)",
    lambda grad, input: grad * registry["sigmoid"](-input),
    infer=lambda grad, _: grad,
    elementwise=True,
    batching="together",
    exact=vector_exp.takes,
)
def log_sigmoid_backward(grad, x, out=None):
    if not vector_exp.is_small(x):
        return np.multiply(grad, SIGMOID(-x), out)
    e = vector_exp.exp(-np.abs(x))  # all of it in vectors
    e = e / (e + 1)
    return np.multiply(np.where(x < 0, 1 - e, e), grad, out)


@log_sigmoid_backward.derivative("grad_output")
def _(grad, input):
    return log_sigmoid_backward(grad, input)


@log_sigmoid_backward.derivative("input")
def _(grad, grad_output, input):
    s = registry["sigmoid"](input)
    return grad * grad_output * (s - 1) * s


@logsigmoid.derivative("input", one="")
def _(grad, input):
    return log_sigmoid_backward(grad, input)


def _gelu_infer(x: Spec, approximate: str) -> Spec:
    if approximate not in ("none", "tanh"):
        raise BadValue("approximate argument must be either none or tanh.", code="gelu-approximate")
    return floating("GeluKernelImpl", x)


_TANH_SCALE = math.sqrt(2 / math.pi)
_TANH_CUBE = 0.044715
_TANH_P = (_TANH_SCALE, _TANH_SCALE * _TANH_CUBE)


@op(
    "nn.functional.gelu(Tensor input, *, str approximate='none')",
    wide_gradient=True,
    infer=_gelu_infer,
    sample=([-1.5, -0.3, 0.4, 2.0],),
    half="native",  # the sign of zero differs
    elementwise=True,
)
def gelu(x, approximate, out=None):
    """`x * Φ(x)` with the normal distribution's cumulative Φ; `approximate="tanh"` is cheaper.

    >>> nn.functional.gelu([-1., 0., 2.])
    tensor([-0.1587,  0.0000,  1.9545])
    """
    if is_half(x):
        return _gelu(x.astype(np.float32), approximate, None).astype(x.dtype)
    if gelu_steps.takes(x, approximate):
        return into(out, gelu_steps.forward(x))
    if approximate == "tanh" and vector_exp.is_small(x):
        return into(out, gelu_tanh_steps.forward(x))
    out = _gelu(x, approximate, out)
    if approximate == "none" and x.dtype == np.float32 and x.size > 1:
        out += 0  # PyTorch adds x/2 and x/2 · erf, and the sum of 0 and -0 is 0
    return out


def _gelu(x: Any, approximate: str, out: Any) -> Any:
    out = _twice_cumulative(x, x * x, approximate, out)
    out *= x
    out *= x.dtype.type(0.5)
    return out


def _twice_cumulative(x: Any, square: Any, approximate: str, out: Any) -> Any:
    """1 + erf(x / √2), or the tanh that is near it, as a new array (or in `out`)."""
    if approximate == "tanh":
        out = odd_tanh(x, square, _TANH_P, out)
    elif x.dtype == np.float32 and x.size > SMALL:
        out = odd_tanh(x, square, NORMAL_P, out)
    else:
        out = erf(np.asarray(x * x.dtype.type(math.sqrt(0.5))), out)
    out += 1  # a NumPy scalar where x has no dimensions
    return out


def _gelu_gradient(grad, input, approximate):
    square = input * input
    if approximate == "tanh":
        t = registry["tanh"](_TANH_SCALE * (input + _TANH_CUBE * square * input))
        inner = _TANH_SCALE * (1 + 3 * _TANH_CUBE * square)
        return grad * (0.5 * (1 + t) + 0.5 * input * (1 - t * t) * inner)
    cumulative = 0.5 * (1 + registry["erf"](input * math.sqrt(0.5)))
    return grad * (cumulative + input * registry["exp"](square * -0.5) * (1 / math.sqrt(2 * math.pi)))


@fused(
    "gelu_backward(Tensor grad_output, Tensor input, str approximate)",
    _gelu_gradient,
    infer=same,
    elementwise=True,
    batching="together",
    whole=True,
    exact=lambda grad, x, approximate: vector_exp.takes(grad, x),
)
def gelu_backward(grad, x, approximate, out=None):
    if gelu_steps.takes(x, approximate) and grad.dtype == x.dtype:
        return into(out, gelu_steps.backward(grad, x))
    if approximate == "tanh" and vector_exp.is_small(x) and grad.dtype == x.dtype:
        return into(out, gelu_tanh_steps.backward(grad, x))
    one = x.dtype.type
    square = x * x
    twice = _twice_cumulative(x, square, approximate, None)
    if approximate == "tanh":  # slope of 1 + tanh(u) is (1 - tanh²) u' = twice · (2 - twice) · u'
        square *= one(3 * _TANH_P[1])
        square += one(_TANH_P[0])
        out = np.subtract(2, twice, out)
        out *= square
        out *= x
        out += 1
        out *= twice
        out *= one(0.5)
    else:
        square *= one(-0.5)
        out = np.exp(square, out)
        out *= one(1 / math.sqrt(2 * math.pi))
        out *= x
        twice *= one(0.5)
        out += twice
    out *= grad
    return out


@gelu_backward.derivative("grad_output")
def _(grad, input, approximate):
    return gelu_backward(grad, input, approximate)


@gelu_backward.derivative("input")
def _(grad, grad_output, input, approximate):
    if approximate == "tanh":
        inner = _TANH_SCALE * (input + _TANH_CUBE * registry["pow"](input, 3))
        t, sech = registry["tanh"](inner), 1 / registry["cosh"](inner)
        f, g, h = 0.5 * input, 1 - t * t, _TANH_SCALE * (1 + 3 * _TANH_CUBE * input * input)
        left = 0.5 * g * h
        curve = (2 * sech) * (-sech * t) * h * f * h
        bend = 6 * _TANH_CUBE * input * _TANH_SCALE * f * g
        return grad * grad_output * (2 * left + curve + bend)
    square = input * input
    density = (1 / math.sqrt(2 * math.pi)) * registry["exp"](-0.5 * square)
    return grad * grad_output * (2 * density - square * density)


@gelu.derivative("input", one="")
def _(grad, input, approximate):
    return gelu_backward(grad, input, approximate)


@composite("nn.functional.tanhshrink(Tensor input)", sample=([-1.5, -0.3, 0.4, 2.0],))
def tanhshrink(input):
    """`x - tanh(x)`.

    >>> nn.functional.tanhshrink([-1., 0., 2.])
    tensor([-0.2384,  0.0000,  1.0360])
    """
    return input - registry["tanh"](input)


@composite("nn.functional.softsign(Tensor input)", sample=([-1.5, -0.3, 0.4, 2.0],))
def softsign(input):
    """`x / (1 + |x|)`.

    >>> nn.functional.softsign([-1., 0., 3.])
    tensor([-0.5000,  0.0000,  0.7500])
    """
    return input / (input.abs() + 1)


# ------------------------------------------------------------------ with more operands


def _glu_infer(x: Spec, dim: int) -> Spec:
    if not x.shape:
        raise ShapeError("glu does not support scalars because halving size must be even", code="glu-size")
    d = wrap_dim(dim, x.ndim)
    if x.shape[d] % 2:
        raise ShapeError(
            f"Halving dimension must be even, but dimension {d} is size {x.shape[d]}",
            code="glu-size",
        )
    floating("glu_cpu", x)
    return x.with_shape((*x.shape[:d], x.shape[d] // 2, *x.shape[d + 1 :]))


@op(
    "nn.functional.glu(Tensor input, int dim=-1)",
    batching="along",
    infer=_glu_infer,
    wide_gradient=True,
    sample=([-1.5, -0.3, 0.4, 2.0],),
)
def glu(x, dim):
    """`a * sigmoid(b)` of the two halves of `input` along `dim`.

    >>> nn.functional.glu([1., 2., 0., 0.])
    tensor([0.5000, 1.0000])
    """
    a, b = np.split(x, 2, dim)
    return a * SIGMOID(b)


@glu.derivative("input", one="")
def _(grad, input, dim):
    a, b = input.chunk(2, dim)
    gate = registry["sigmoid"](b)
    return registry["cat"]([gate * grad, (1 - gate) * gate * a * grad], dim)


def _prelu_infer(x: Spec, weight: Spec) -> Spec:
    return floating("prelu_cpu", x)


@op(
    "prelu(Tensor input, Tensor weight)",
    wide_gradient=True,
    infer=_prelu_infer,
    names=(),
    grad_fn="PreluKernelBackward0",
    formula="prelu({0}, {1}.flatten())",
    elementwise=True,
    batching="together",
)
def prelu_kernel(x, weight):
    """x where it is positive, `weight * x` elsewhere."""
    return select(x > 0, x, x * weight)


@prelu_kernel.derivative("input", "weight", one="")
def _(grad, input, weight, needs):
    positive = input > 0
    return (
        steady(where(positive, grad, grad * weight), input) if needs[0] else None,
        where(positive, 0.0, grad * input) if needs[1] else None,
    )


@composite(
    "prelu(Tensor input, Tensor weight)",
    names=("torch.prelu", "Tensor.prelu", "nn.functional.prelu"),
    sample=([[-1.5, 0.4], [-0.3, 2.0]], [0.25, 0.5]),
)
def prelu(input, weight):
    """x where it is positive, `weight * x` elsewhere; one weight, or one for each channel (dimension 1).

    >>> nn.functional.prelu([-2., 3.], tensor([0.5]))
    tensor([-1.,  3.])
    """
    if weight.ndim > 1:
        raise ShapeError(
            f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.ndim}",
            code="prelu-weight",
            operands=(input, weight),
        )
    if input.dtype is not weight.dtype:
        raise DTypeError(
            f"prelu: Type promoting not supported. Got {input.dtype.title} and {weight.dtype.title}",
            code="dtype-mismatch",
            operands=(input, weight),
        )
    if weight.ndim == 1:
        if not input.ndim and weight.shape[0] != 1:
            raise ShapeError(
                "Not allow zero-dim input tensor.", code="prelu-weight", operands=(input, weight)
            )
        count = weight.shape[0]
        channels = input.shape[1] if input.ndim > 1 else 1
        if count not in (1, channels):
            raise ShapeError(
                "Mismatch of parameter numbers and input channel size. "
                f"Found parameter numbers = {count} and channel size = {channels}.",
                code="prelu-weight",
                operands=(input, weight),
            )
        if input.ndim != 1:
            weight = weight.view([count if i == 1 else 1 for i in range(input.ndim)] if input.ndim else [])
    return apply(prelu_kernel, (input, weight))


def rrelu_kernel(x, noise, lower, upper, training):
    """`noise * x` in training; else x where it is positive and the mean slope times x elsewhere."""
    if training:
        return x * noise
    return leaky_relu.kernel(x, (lower + upper) / 2)


def rrelu_slope(grad, x, noise, lower, upper, training):
    """The derivative, in the input as in the output: they have the same sign."""
    return grad * noise if training else where(x > 0, grad, grad * ((lower + upper) / 2))


rrelu_with_noise = op(
    "rrelu_with_noise(Tensor input, Tensor noise, float lower, float upper, bool training)",
    infer=lambda x, *_: floating("leaky_relu_cpu", x),
    names=(),
    elementwise=True,
    inplace_grad_fn="RreluWithNoiseBackward1",
    formula=lambda *_: "{0} * {1}",
    wide_gradient=True,
)(rrelu_kernel)


@rrelu_with_noise.derivative("input")
def _(grad, input, noise, lower, upper, training):
    return rrelu_slope(grad, input, noise, lower, upper, training)


@rrelu_with_noise.inplace_derivative("input")
def _(grad, output, noise, lower, upper, training):
    return rrelu_slope(grad, output, noise, lower, upper, training)


def _rrelu(input: Any, lower: float, upper: float, training: bool, inplace: bool) -> Any:
    if lower > upper:
        raise BadValue("Lower bound should be less than or equal to the upper bound", code="rrelu-range")
    x = input.array
    noise = np.ones(x.shape, x.dtype if x.dtype.kind == "f" else np.float32)
    if training and not input.is_meta:
        slopes = context.current().generator.uniform(int((x <= 0).sum()), np.float64, lower, upper)
        noise[x <= 0] = slopes
    arguments = (input, wrap(noise), lower, upper, training)
    return apply_inplace(rrelu_with_noise, arguments) if inplace else apply(rrelu_with_noise, arguments)


@composite(
    "nn.functional.rrelu(Tensor input, float lower=0.125, float upper=0.3333333333333333, "
    "bool training=False, any inplace=False)",
    names=("nn.functional.rrelu", "torch.rrelu"),
    sample=([-1.5, -0.3, 0.4, 2.0],),
)
def rrelu(input, lower, upper, training, inplace):
    """x where it is positive; elsewhere x times a slope: drawn between `lower` and `upper` in training,
    their mean otherwise.

    >>> nn.functional.rrelu([-1., 2.])
    tensor([-0.2292,  2.0000])
    """
    return _rrelu(input, lower, upper, training, inplace)


@composite(
    "rrelu_(Tensor input, float lower=0.125, float upper=0.3333333333333333, bool training=False)",
    names=("nn.functional.rrelu_", "torch.rrelu_"),
)
def rrelu_(input, lower, upper, training):
    """`rrelu`, written into its argument.

    >>> x = [-1., 2.]
    >>> nn.functional.rrelu_(x)
    >>> x
    tensor([-0.2292,  2.0000])
    """
    return _rrelu(input, lower, upper, training, True)
