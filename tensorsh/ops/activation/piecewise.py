"""Activation functions: exponential linear units and the piecewise linear ones.

Each is a row: signature, kernel, derivative, the name PyTorch's kernel has in its messages. From a row
come `nn.functional.NAME` with its `inplace=` flag and, where PyTorch has it, `nn.functional.NAME_`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.readers import alike, whole
from ...engine.core.spec import Spec
from ...engine.numerics.element_functions import ELU, ELU_BACKWARD
from ...engine.numerics.vector_expm1 import expm1
from ...engine.records.op import Op, composite, op, registry
from ...engine.run.apply import apply
from ...engine.run.fused import fused
from ...engine.run.inplace import apply_inplace
from ...engine.values.tensor import Tensor
from ...errors import BadValue, DTypeError
from ..elementwise import vector_functions as vector_exp
from ..elementwise.vector_functions import into
from ..rules.families import EXPM1, select
from ..rules.infer import same
from ..rules.numbers import check_number
from ..rules.steady import steady

SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


def floating(kernel: str, of: Spec, least: int = dt.FLOAT, most: int = dt.FLOAT) -> Spec:
    """The spec itself, if PyTorch's kernel exists for its dtype."""
    if not least <= of.dtype.category <= most:
        raise DTypeError(
            f"\"{kernel}\" not implemented for '{of.dtype.title}'",
            raises=NotImplementedError,
            code="not-implemented",
            help="convert it: x.float()" if of.dtype.category < dt.FLOAT else None,
        )
    return of


def where(condition: Tensor, a: Any, b: Any) -> Tensor:
    return registry["where"](condition, a, b)


def activation(
    signature: str,
    kernel_name: str,
    *,
    least: int = dt.FLOAT,
    most: int = dt.FLOAT,
    underscore: tuple[str, ...] = (),
    inplace_grad_fn: str | None = None,
    inplace_derivative: Callable[..., Any] | None = None,
    extra: tuple[str, ...] = (),
    check: Callable[..., None] | None = None,
    grad_fn: str | None = None,
    sample: tuple[Any, ...] = ([-1.5, -0.3, 0.4, 2.0],),
) -> Callable[[Callable[..., Any]], Op]:
    """Declare an activation with the decorated kernel; the derivative is declared on the result.

    underscore        public names of its in-place form
    inplace_grad_fn   the in-place form's node, where PyTorch names it differently
    inplace_derivative   its derivative, where that is written in the output (the input is gone by then)
    extra             further names of the plain form
    """
    name, _, parameters = signature.partition("(")
    parameters = parameters.rpartition(")")[0]

    def infer(input: Spec, *rest: Any) -> Spec:
        if check is not None:
            check(input, *rest)
        return floating(kernel_name, input, least, most)

    def declare(kernel: Callable[..., Any]) -> Op:
        doc = kernel.__doc__ or ""
        full = f"nn.functional.{name}(Tensor {parameters})"
        record = op(
            full,
            infer=infer,
            names=(),
            grad_fn=grad_fn,
            inplace_grad_fn=inplace_grad_fn,
            sample=sample,
            elementwise=True,
            wide_gradient=True,
        )(kernel)
        if inplace_derivative is not None:
            record.inplace_derivative("input")(inplace_derivative)

        def body(*args: Any) -> Any:
            *rest, inplace = args
            return apply_inplace(record, tuple(rest)) if inplace else apply(record, tuple(rest))

        public = f"nn.functional.{name}"
        flag = "bool" if extra else "any"  # PyTorch's nn.functional is Python, and asks for no type
        composite(
            f"{public}(Tensor {parameters}, {flag} inplace=False)",
            names=(public, *extra),
            doc=doc,
            sample=sample,
        )(body)
        if underscore:
            composite(f"{public}_(Tensor {parameters})", names=underscore, doc=doc)(
                lambda *args: apply_inplace(record, args)
            )
        return record

    return declare


# ------------------------------------------------------------------ exponential linear units


@whole(alike, when=vector_exp.is_wide)
def _elu(x: Any, alpha: float, scale: float, slope: float, out: Any = None) -> Any:
    """scale * x where positive, scale * alpha * (exp(slope * x) - 1) elsewhere."""
    if not vector_exp.is_small(x):
        return into(out, _elu_steps(x, alpha, scale, slope))
    steps = partial(_elu_steps, alpha=alpha, scale=scale, slope=slope)
    return vector_exp.with_code(ELU, steps, out, (x,), (alpha * scale, scale, slope))


def _elu_steps(x: Any, alpha: float, scale: float, slope: float) -> Any:
    z = x if slope == 1 else x * x.dtype.type(slope)
    below = vector_exp.in_vectors(expm1, EXPM1, z, x) if vector_exp.is_small(x) else np.expm1(z)
    below = below * x.dtype.type(alpha * scale)
    return select(x > 0, x * x.dtype.type(scale), below)


def _elu_slope_from(grad: Tensor, output: Tensor, alpha: float, scale: float, slope: float) -> Tensor:
    return where(output <= 0, grad * ((output + alpha * scale) * slope), grad * scale)


def _elu_gradient(grad: Tensor, input: Tensor, alpha: float, scale: float, slope: float) -> Tensor:
    return where(input <= 0, grad * slope * (alpha * scale) * registry["exp"](input * slope), grad * scale)


@fused(
    "elu_backward(Tensor grad_output, Tensor input, float alpha, float scale, float slope)",
    _elu_gradient,
    infer=same,
    elementwise=True,
    batching="together",
    exact=lambda grad, x, *_: vector_exp.takes(grad, x),
)
def _elu_slope(grad, x, alpha, scale, slope, out=None):
    if vector_exp.is_small(x):
        return _elu_slope_in_vectors(grad, x, alpha, scale, slope, out)
    return into(out, _elu_slope_steps(grad, x, alpha, scale, slope))


@_elu_slope.derivative("grad_output")
def _(grad, input, alpha, scale, slope):
    return _elu_slope(grad, input, alpha, scale, slope)


@_elu_slope.derivative("input")
def _(grad, grad_output, input, alpha, scale, slope):
    return _elu_slope(grad * grad_output * slope, input, alpha, scale, slope) * (input < 0).to(grad.dtype)


@whole(alike, when=vector_exp.is_wide)
def _elu_slope_in_vectors(
    grad: Any, x: Any, alpha: float, scale: float, slope: float, out: Any = None
) -> Any:
    steps = partial(_elu_slope_steps, alpha=alpha, scale=scale, slope=slope)
    return vector_exp.with_code(ELU_BACKWARD, steps, out, (grad, x), (alpha * scale, scale, slope))


def _elu_slope_steps(grad: Any, x: Any, alpha: float, scale: float, slope: float) -> Any:
    number = x.dtype.type
    z = x if slope == 1 else x * number(slope)
    if vector_exp.is_small(x):  # what is no number is above 0 only to what is left over of vectors
        e = vector_exp.exp_each(z, x)
        above = vector_exp.in_vectors(lambda x: x > 0, lambda x: ~(x <= 0), x)
    else:
        e, above = np.exp(z), x > 0
    below = grad * number(slope) * number(alpha * scale) * e
    return select(above, grad * number(scale), below)


@activation(
    "elu(input, float alpha=1.0)",
    "elu_cpu",
    underscore=("nn.functional.elu_",),
    inplace_grad_fn="EluBackward1",
    inplace_derivative=lambda grad, output, alpha: _elu_slope_from(grad, output, alpha, 1.0, 1.0),
)
def elu(x, alpha):
    """x where it is positive, `alpha * (exp(x) - 1)` elsewhere.

    >>> nn.functional.elu([-1., 0., 2.])
    tensor([-0.6321,  0.0000,  2.0000])
    """
    return _elu(x, alpha, 1.0, 1.0)


@elu.derivative("input", one="EluBackwardBackward0")
def _(grad, input, alpha):
    return _elu_slope(grad, input, alpha, 1.0, 1.0)


@activation(
    "selu(input)",
    "elu_cpu",
    underscore=("nn.functional.selu_", "torch.selu_"),
    extra=("torch.selu",),
    grad_fn="EluBackward0",
    inplace_grad_fn="EluBackward1",
    inplace_derivative=lambda grad, output: _elu_slope_from(grad, output, SELU_ALPHA, SELU_SCALE, 1.0),
)
def selu(x):
    """A scaled `elu` that keeps mean 0 and variance 1: 1.0507 * elu(x, 1.6733).

    >>> nn.functional.selu([-1., 0., 2.])
    tensor([-1.1113,  0.0000,  2.1014])
    """
    return _elu(x, SELU_ALPHA, SELU_SCALE, 1.0)


@selu.derivative("input", one="EluBackwardBackward0")
def _(grad, input):
    return _elu_slope(grad, input, SELU_ALPHA, SELU_SCALE, 1.0)


def _check_celu(input: Spec, alpha: float) -> None:
    if alpha == 0:
        raise BadValue("ZeroDivisionError: alpha cannot be 0 for CELU", code="celu-alpha")


@activation(
    "celu(input, float alpha=1.0)",
    "elu_cpu",
    underscore=("nn.functional.celu_", "torch.celu_"),
    extra=("torch.celu",),
    check=_check_celu,
    inplace_grad_fn="CeluBackward1",
    inplace_derivative=lambda grad, output, alpha: _elu_slope_from(grad, output, alpha, 1.0, 1.0 / alpha),
)
def celu(x, alpha):
    """x where it is positive, `alpha * (exp(x / alpha) - 1)` elsewhere.

    >>> nn.functional.celu([-1., 0., 2.], alpha=2.)
    tensor([-0.7869,  0.0000,  2.0000])
    """
    return _elu(x, alpha, 1.0, 1.0 / alpha)


@celu.derivative("input", one="EluBackwardBackward0")
def _(grad, input, alpha):
    return _elu_slope(grad, input, alpha, 1.0, 1.0 / alpha)


# ------------------------------------------------------------------ piecewise linear


@activation(
    "leaky_relu(input, float negative_slope=0.01)",
    "leaky_relu_cpu",
    underscore=("nn.functional.leaky_relu_",),
    inplace_grad_fn="LeakyReluBackward1",
    inplace_derivative=lambda grad, output, negative_slope: where(output > 0, grad, grad * negative_slope),
)
def leaky_relu(x, slope):
    """x where it is positive, `negative_slope * x` elsewhere.

    >>> nn.functional.leaky_relu([-1., 0., 2.])
    tensor([-0.0100,  0.0000,  2.0000])
    """
    return select(x > 0, x, x * x.dtype.type(slope))


@leaky_relu.derivative("input", one="")
def _(grad, input, negative_slope):
    return steady(where(input > 0, grad, grad * negative_slope), input)


def _check_hardtanh(input: Spec, low: float, high: float) -> None:
    if low > high:
        raise BadValue("min_val cannot be greater than max_val", raises=ValueError, code="hardtanh-range")
    if input.dtype is dt.bool_:
        raise DTypeError("Bool inputs not supported for hardtanh", code="not-implemented")
    if input.dtype.is_complex:
        raise DTypeError(
            "clamp is not supported for complex types", raises=NotImplementedError, code="not-implemented"
        )
    if input.dtype is dt.uint8 and (low < 0 or high < 0):
        raise BadValue("cannot do hardtanh on an unsigned type with negative limits", code="number-range")
    check_number(low, input.dtype)
    check_number(high, input.dtype)


@activation(
    "hardtanh(input, float min_val=-1.0, float max_val=1.0)",
    "hardtanh_cpu",
    least=dt.INT,
    underscore=("nn.functional.hardtanh_",),
    check=_check_hardtanh,
)
def hardtanh(x, low, high):
    """x held between `min_val` and `max_val`; no gradient at the bounds.

    >>> nn.functional.hardtanh([-2., 0.5, 3.])
    tensor([-1.0000,  0.5000,  1.0000])
    """
    return np.minimum(np.maximum(x, x.dtype.type(low)), x.dtype.type(high))


@hardtanh.derivative("input", one="")
def _(grad, input, min_val, max_val):
    return steady(where((input <= min_val) | (input >= max_val), 0.0, grad), input)


@composite(
    "nn.functional.relu6(Tensor input, any inplace=False)",
    names=("nn.functional.relu6",),
    sample=([-1.5, -0.3, 0.4, 7.0],),
)
def relu6(input, inplace):
    """x held between 0 and 6.

    >>> nn.functional.relu6([-1., 3., 8.])
    tensor([0., 3., 6.])
    """
    return (apply_inplace if inplace else apply)(hardtanh, (input, 0.0, 6.0))


@activation("hardsigmoid(input)", "hardsigmoid_cpu")
def hardsigmoid(x):
    """A line held between 0 and 1: `clamp(x + 3, 0, 6) / 6`.

    >>> nn.functional.hardsigmoid([-4., 0., 1.])
    tensor([0.0000, 0.5000, 0.6667])
    """
    return np.minimum(np.maximum(x + 3, 0), 6) / 6


@hardsigmoid.derivative("input")
def _(grad, input):
    return where((input > -3) & (input < 3), grad * (1 / 6), 0.0)


@activation("hardswish(input)", "hardswish_cpu")
def hardswish(x):
    """`x * hardsigmoid(x)`.

    >>> nn.functional.hardswish([-4., 1., 4.])
    tensor([-0.0000, 0.6667, 4.0000])
    """
    return x * np.minimum(np.maximum(x + 3, 0), 6) / 6


@hardswish.derivative("input", one="")
def _(grad, input):
    return where(input <= -3, 0.0, where(input < 3, grad * (input / 3 + 0.5), grad))


def _check_threshold(input: Spec, threshold: Any, value: Any) -> None:
    check_number(threshold, input.dtype)
    check_number(value, input.dtype)


@activation(
    "threshold(input, Number threshold, Number value)",
    "threshold_cpu",
    least=dt.INT,
    check=_check_threshold,
    underscore=("nn.functional.threshold_", "torch.threshold_"),
    inplace_grad_fn="ThresholdBackward1",
    extra=("torch.threshold",),
    sample=([-1.5, -0.3, 0.4, 2.0], 0.1, 20.0),
)
def threshold(x, threshold, value):
    """x where it is above `threshold`, `value` elsewhere.

    >>> nn.functional.threshold([-1., 0.5, 2.], 1., 20.)
    tensor([20., 20.,  2.])
    """
    return select(x <= x.dtype.type(threshold), x.dtype.type(value), x)


@threshold.derivative("input", one="")
def _(grad, input, threshold):
    return steady(where(input <= threshold, 0.0, grad), input)


@op(
    "hardshrink(Tensor input, Number lambd=0.5)",
    infer=lambda x, _: floating("hardshrink_cpu", x),
    names=("torch.hardshrink", "Tensor.hardshrink", "nn.functional.hardshrink"),
    sample=([-1.5, -0.3, 0.4, 2.0],),
    elementwise=True,
    wide_gradient=True,
)
def hardshrink(x, lambd):
    """x, but 0 where it lies within ±`lambd`.

    >>> nn.functional.hardshrink([-1., 0.3, 2.])
    tensor([-1.,  0.,  2.])
    """
    return select((x >= -lambd) & (x <= lambd), x.dtype.type(0), x)


@hardshrink.derivative("input", one="")
def _(grad, input, lambd):
    return steady(where((input >= -lambd) & (input <= lambd), 0.0, grad), input)


def _softshrink_infer(x: Spec, lambd: float) -> Spec:
    floating("softshrink_check", x)
    largest = {dt.float16: "65504", dt.bfloat16: "3.38953e+38", dt.float64: "1.79769e+308"}
    if lambd < 0:
        raise BadValue(
            f"lambda must be in range [0, {largest.get(x.dtype, '3.40282e+38')}] for input dtype "
            f"{x.dtype.title}, but found {lambd:g}",
            code="softshrink-lambda",
        )
    return x


@op(
    "nn.functional.softshrink(Tensor input, Number lambd=0.5)",
    infer=_softshrink_infer,
    sample=([-1.5, -0.3, 0.4, 2.0],),
    elementwise=True,
    wide_gradient=True,
)
def softshrink(x, lambd):
    """x moved towards 0 by `lambd`, and 0 where it is nearer than that.

    >>> nn.functional.softshrink([-1., 0.3, 2.])
    tensor([-0.5000,  0.0000,  1.5000])
    """
    return select(x > lambd, x - lambd, select(x < -lambd, x + lambd, _nothing(x))).astype(x.dtype)


@whole(alike)
def _nothing(x, out):
    """x · 0, which is -0 for a negative x only in what PyTorch's vector loop leaves over."""
    flat = np.multiply(x, 0).reshape(-1)
    inside = x.size - x.size % (64 // x.itemsize)
    flat[:inside] = np.abs(flat[:inside])
    out[...] = flat.reshape(x.shape)
    return out


@softshrink.derivative("input", one="")
def _(grad, input, lambd):
    return steady(where((input >= -lambd) & (input <= lambd), 0.0, grad), input)
