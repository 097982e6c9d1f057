"""Complex tensors: made from real ones, conjugated, taken apart."""

from __future__ import annotations

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.spec import Spec, broadcast_shapes
from ...engine.numerics.libm_circle import cos_sin
from ...engine.records.op import Op, composite, op, registry
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor, install
from ...errors import DTypeError
from ..index.getitem import select_at
from ..shape.complex_views import no_half, view_as_real


@op("conj(Tensor input)", batching="aligned", infer=lambda x: x, names=(), half="native")
def conjugated(x):
    """The complex conjugate."""
    return np.conj(x)


@op("conj_physical(Tensor input)", infer=lambda x: x, names=(), half="native", elementwise=True)
def conjugated_now(x):
    """The complex conjugate."""
    return np.conj(x)


@op(
    "conj_physical(Tensor input)",
    batching="aligned",
    infer=lambda x: x,
    names=(),
    half="native",
    inplace=True,
    grad_fn="ConjPhysicalBackward1",
)
def conjugated_there(x):
    """The complex conjugate, in place."""
    return np.conj(x)


for each in (conjugated, conjugated_now, conjugated_there):

    @each.derivative("input")
    def _(grad):
        return conj(grad)


@composite("conj(Tensor input)", sample=([1.0 + 2.0j],))
def conj(input):
    """The complex conjugate; a real tensor itself.

    >>> conj([1+2j])
    tensor([1.-2.j])
    """
    if not input.spec.dtype.is_complex:
        return input
    out = apply(conjugated, (input,))
    if not put_off(input):
        out.conjugate = True
    return out


@composite("conj_physical(Tensor input)", sample=([1.0 + 2.0j],))
def conj_physical(input):
    """The complex conjugate; a real tensor itself.

    >>> conj_physical([1+2j])
    tensor([1.-2.j])
    """
    return apply(conjugated_now, (input,)) if input.spec.dtype.is_complex else input


# PyTorch conjugates when the result is read. Here that happens at once; these only tell where it would be put off.


def put_off(x: Tensor) -> str:
    """ "conj" or "neg": what PyTorch would still do when it reads the tensor; "" where there is nothing."""
    view = x.view_of
    if not getattr(x if view is None else view.base, "conjugate", False):
        return ""
    if x.spec.dtype.is_complex:
        return "conj"
    steps = () if view is None else view.steps
    operations = [step[0] for step in steps]
    if view_as_real not in operations:
        return ""
    parts = steps[operations.index(view_as_real) + 1 :][:1]
    return "neg" if any(step[0] is select_at and step[1][-1] == 1 for step in parts) else ""


@composite("is_conj(Tensor input)")
def is_conj(input):
    """Whether it is a conjugate as `conj` gives it, or looks into one.

    >>> is_conj(tensor([1j]).conj())
    True
    >>> is_conj(tensor([1j]).conj() * 2)
    False
    """
    return put_off(input) == "conj"


@composite("is_neg(Tensor input)")
def is_neg(input):
    """Whether it looks at the imaginary parts of a conjugate.

    >>> is_neg(tensor([1j]).conj().imag)
    True
    >>> is_neg(-ones(2))
    False
    """
    return put_off(input) == "neg"


@composite("resolve_conj(Tensor input)")
def resolve_conj(input):
    """The numbers of a conjugate in memory of their own; any other tensor itself.

    >>> resolve_conj(tensor([1+2j]).conj()).is_conj()
    False
    """
    return input.clone() if put_off(input) == "conj" else input


@composite("resolve_neg(Tensor input)")
def resolve_neg(input):
    """The imaginary parts of a conjugate in memory of their own; any other tensor itself.

    >>> resolve_neg(tensor([1+2j]).conj().imag)
    tensor([-2.])
    """
    return input.clone() if put_off(input) == "neg" else input


# ------------------------------------------------------------------ the two parts


@composite("real(Tensor input)", names=("torch.real",), sample=([1.0 + 2.0j],))
def real(input):
    """The real parts, a view; a real tensor itself.

    >>> real([1+2j])
    tensor([1.])
    """
    if not input.spec.dtype.is_complex:
        return input
    return apply(select_at, (apply(view_as_real, (input,)), input.ndim, 0))


@composite("imag(Tensor input)", names=("torch.imag",), sample=([1.0 + 2.0j],))
def imag(input):
    """The imaginary parts of a complex tensor, a view.

    >>> imag([1+2j])
    tensor([2.])
    """
    if not input.spec.dtype.is_complex:
        raise DTypeError("imag is not implemented for tensors with non-complex dtypes.")
    return apply(select_at, (apply(view_as_real, (input,)), input.ndim, 1))


def attribute(part: Op) -> property:
    return property(lambda self: part(self), lambda self, value: part(self).copy_(value))


for part in (real, imag):
    install(part.name, attribute(part))
    Tensor.public.add(part.name)


# ------------------------------------------------------------------ complex numbers of two real ones


def two_reals(a: Spec, b: Spec) -> Spec:
    allowed = (dt.float16, dt.float32, dt.float64)
    if a.dtype not in allowed or b.dtype not in allowed:
        raise DTypeError(
            "Expected both inputs to be Half, Float or Double tensors but got "
            f"{a.dtype.title} and {b.dtype.title}",
            help="convert them first: x.float()",
        )
    no_half(a)
    if a.dtype is not b.dtype:
        raise DTypeError(
            f"Expected object of scalar type {a.dtype.title} but got scalar type {b.dtype.title} for "
            "second argument"
        )
    return a.with_shape(broadcast_shapes(a.shape, b.shape)).with_dtype(a.dtype.to_complex())


@op(
    "complex(Tensor real, Tensor imag)",
    infer=two_reals,
    names=("torch.complex",),
    elementwise=True,
    sample=([1.0, 2.0], [3.0, 4.0]),
)
def complex_(a, b):
    """Complex numbers of real and imaginary parts.

    >>> torch.complex([1., 2.], [0., 1.])
    tensor([1.+0.j, 2.+1.j])
    """
    out = np.empty_like(a + b, np.result_type(a.dtype, np.complex64))
    out.real, out.imag = a, b
    return out


@complex_.derivative("real")
def _(grad):
    return real(grad)


@complex_.derivative("imag")
def _(grad):
    return imag(grad)


@op(
    "polar(Tensor abs, Tensor angle)",
    infer=two_reals,
    names=("torch.polar",),
    elementwise=True,
    sample=([1.0, 2.0], [3.0, 4.0]),
)
def polar(r, angle):
    """Complex numbers of lengths and angles: `abs * (cos(angle) + sin(angle) * 1j)`.

    >>> polar([2.], [0.])
    tensor([2.+0.j])
    """
    single = angle.dtype == np.float32
    cosine, sine = cos_sin(angle) if single else (np.cos(angle), np.sin(angle))
    real, imaginary = r * cosine, r * sine
    out = np.empty_like(real, np.result_type(r.dtype, np.complex64))
    out.real, out.imag = real, imaginary
    return out


@polar.derivative("abs")
def _(grad, output):
    return real(conj(grad) * registry["sgn"](output))


@polar.derivative("angle")
def _(grad, output):
    return real(conj(grad) * (output * 1j))
