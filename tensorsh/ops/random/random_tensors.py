"""Random tensors: PyTorch's CPU stream, drawn by the context's generator or by one of the user's own.

Factories make a new tensor, `random_fill.py` has the in-place forms (`uniform_`, `normal_`, …). What a draw
may be asked is checked by the generator itself. A tensor on `meta` draws nothing.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.calls import arguments
from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.device import Device, hollow, resolve
from ...engine.core.dtype import DType
from ...engine.core.spec import Spec, broadcast_shapes, spec
from ...engine.modes.levels import for_each_slice
from ...engine.records.op import composite, op, registry
from ...engine.run.apply import apply
from ...engine.values.as_argument import type_name
from ...engine.values.tensor import Tensor
from ...engine.values.wrapping import is_stand_in, wrap
from ...errors import ArgumentError, BadValue, DTypeError, ShapeError
from ..create.of_data import check_requires_grad, check_size, leaf
from ..rules.infer import same
from ..rules.memory_order import laid_out_like, memory_order
from .random_streams import stream

OPTIONS = (
    "Generator? generator=None, dtype? dtype=None, any layout=None, device? device=None, "
    "bool? requires_grad=False, any pin_memory=None"
)
LIKE = f"{OPTIONS}, format? memory_format=None"

# ------------------------------------------------------------------ of a size


def made(
    size: tuple[int, ...],
    dtype: DType,
    device: Device | None,
    requires_grad: bool,
    draw: Any,
) -> Tensor:
    """A new tensor of what `draw(size, NumPy dtype)` gives; on `meta` nothing is drawn."""
    check_size(size, dtype.np.itemsize)
    device = resolve(device, context.current().device)

    def new(size: tuple[int, ...]) -> Tensor:
        if device is hollow:
            draw((0, *size), dtype.np)  # what it is given is looked at
        values = spec(size, dtype, device).placeholder if device.is_meta else draw(size, dtype.np)
        if is_stand_in(values):
            check_requires_grad(requires_grad, dtype)
            t = wrap(values)
            t.requires_grad_slot = requires_grad
            return t
        return leaf(np.asarray(values), dtype, device, requires_grad)

    return for_each_slice(size, new)


def made_like(
    input: Tensor, dtype: DType | None, device: Device | None, requires_grad: bool, draw: Any, serial: Any
) -> Tensor:
    """`made` of the input's shape, dtype, device and order in memory; `serial` draws if that is not the usual."""
    of, dtype = input.spec, dtype or input.dtype
    if of.is_meta or input.in_order:
        return made(of.shape, dtype, device or of.device, requires_grad, draw)
    scattered = memory_order(input.array) != tuple(range(of.ndim))

    def draw_like(_: Any, kind: Any) -> Any:
        return laid_out_like(input.array, lambda shape: (serial if scattered else draw)(shape, kind))

    return made(of.shape, dtype, device or of.device, requires_grad, draw_like)


def factory(name: str, meaning: str, method: str, serial: str, shown: str) -> None:
    """`rand` and `randn`, and their `_like` forms."""

    @composite(
        f"{name}(int... size, {OPTIONS})",
        names=(f"torch.{name}",),
        factory=True,
        doc=f"""{meaning}.

        >>> manual_seed(0);
        >>> {name}(3)
        {shown}
        """,
    )
    def of_size(size, generator, dtype, layout, device, requires_grad, pin_memory):
        draw = getattr(stream(generator), method)
        return made(size, dtype or context.current().dtype, device, requires_grad, draw)

    @composite(
        f"{name}_like(Tensor input, *, {LIKE})",
        names=(f"torch.{name}_like",),
        factory=True,
        doc=f"""{meaning}, of the input's shape, dtype and device.

        >>> manual_seed(0);
        >>> {name}_like(zeros(3))
        {shown}
        """,
    )
    def like(input, generator, dtype, layout, device, requires_grad, pin_memory, memory_format):
        source = stream(generator)
        return made_like(
            input, dtype, device, requires_grad, getattr(source, method), getattr(source, serial)
        )


factory("rand", "Uniform numbers in [0, 1)", "uniform", "uniform", "tensor([0.4963, 0.7682, 0.0885])")
factory("randn", "Standard normal numbers", "normal", "normal_serial", "tensor([ 1.5410, -0.2934, -2.1788])")


@composite(
    f"randint(any low=None, any high=None, any size=None, {OPTIONS})", names=("torch.randint",), factory=True
)
def randint(low, high, size, generator, dtype, layout, device, requires_grad, pin_memory):
    """Integers drawn evenly from [low, high); `randint(high, size)` starts at 0.

    >>> manual_seed(0);
    >>> randint(0, 10, (5,))
    tensor([4, 9, 3, 0, 3])
    """
    if size is None:  # randint(high, size), the size being second
        low, high, size = None, low, high
    elif high is None:
        low, high = None, low
    if not isinstance(size, tuple | list):
        raise ArgumentError(
            f"randint(): argument 'size' (position 2) must be tuple of ints, not {type_name(size)}",
            code="argument-type",
        )
    size = arguments.integers(size, "randint", "size", 2)
    high = arguments.integer(high, "randint", "high", 1)
    low = 0 if low is None else arguments.integer(low, "randint", "low", 1)
    source = stream(generator)
    return made(
        size, dtype or dt.int64, device, requires_grad, lambda n, kind: source.randint(low, high, n, kind)
    )


@composite(
    f"randint_like(Tensor input, any low=None, any high=None, *, {LIKE})",
    names=("torch.randint_like",),
    factory=True,
)
def randint_like(
    input, low, high, generator, dtype, layout, device, requires_grad, pin_memory, memory_format
):
    """Integers drawn evenly from [low, high), of the input's shape and dtype; one bound is the upper one.

    >>> manual_seed(0);
    >>> randint_like(zeros(3), 10)
    tensor([4., 9., 3.])
    """
    if high is None:
        low, high = None, low
    high = arguments.integer(high, "randint_like", "high", 2)
    low = 0 if low is None else arguments.integer(low, "randint_like", "low", 2)
    source = stream(generator)

    def draw(shape: Any, kind: Any) -> Any:
        return source.randint(low, high, shape, kind)

    return made_like(input, dtype, device, requires_grad, draw, draw)


@composite(f"randperm(int n, *, {OPTIONS})", names=("torch.randperm",), factory=True)
def randperm(n, generator, dtype, layout, device, requires_grad, pin_memory):
    """The numbers 0 … n-1 in random order.

    >>> manual_seed(0);
    >>> randperm(4)
    tensor([0, 1, 3, 2])
    """
    source = stream(generator)

    def draw(size: tuple[int, ...], kind: Any) -> Any:
        if len(size) == 1:
            return source.randperm(n, kind)
        each = [source.randperm(n, kind) for _ in range(math.prod(size[:-1]))]
        return np.stack(each).reshape(size) if each else np.zeros(size, kind)

    return made((n,), dtype or dt.int64, device, requires_grad, draw)


# ------------------------------------------------------------------ with parameters


def normal_infer(mean: Any, std: Any, generator: Any) -> Spec:
    of = mean if type(mean) is Spec else std
    if type(mean) is Spec and type(std) is Spec:
        return of.with_shape(broadcast_shapes(mean.shape, std.shape))
    return of


@op(
    "normal(Tensor|Number mean, Tensor|Number std, any generator)",
    batching="drawn",
    infer=normal_infer,
    names=(),
    half="native",
    grad_fn=lambda specs: (
        f"NormalBackward{1 if isinstance(specs[1], type) else 2 if isinstance(specs[0], type) else 3}"
    ),
)
def normal_of(mean, std, generator):
    """One draw for each mean or standard deviation."""
    return stream(generator).normal_elementwise(mean, std)


@normal_of.derivative("mean")
def _(mean_spec):
    return registry["zeros"](mean_spec.shape, dtype=mean_spec.dtype, device=mean_spec.device)


@normal_of.derivative("std")
def _(std_spec):
    return registry["zeros"](std_spec.shape, dtype=std_spec.dtype, device=std_spec.device)


@composite(
    f"normal(Tensor|Number mean=0.0, Tensor|Number std=1.0, any size=None, {OPTIONS})",
    names=("torch.normal",),
    factory=True,
)
def normal(mean, std, size, generator, dtype, layout, device, requires_grad, pin_memory):
    """Normal numbers; `mean` and `std` are numbers (with a size) or tensors, one draw for each element.

    >>> manual_seed(0);
    >>> normal(10., 1., (3,))
    tensor([11.5410,  9.7066,  7.8212])
    """
    if size is None and (isinstance(mean, Tensor) or isinstance(std, Tensor)):
        return apply(normal_of, (mean, std, generator))
    if not isinstance(size, tuple | list):
        raise ArgumentError(
            f"normal(): argument 'size' (position 3) must be tuple of ints, not {type_name(size)}",
            code="argument-type",
            help="give a size, or a tensor of means or of standard deviations",
        )
    size = arguments.integers(size, "normal", "size", 3)
    mean, std = (arguments.real(v, "normal", n, i) for v, n, i in ((mean, "mean", 1), (std, "std", 2)))
    source = stream(generator)
    return made(
        size,
        dtype or context.current().dtype,
        device,
        requires_grad,
        lambda n, kind: source.normal(n, kind, mean, std),
    )


def zero_gradient(record: Any, name: str) -> None:
    """What is drawn does not depend on it."""

    @record.derivative(name)
    def _(grad):
        return registry["zeros_like"](grad)


@op(
    "bernoulli(Tensor input, float? p, any generator)",
    batching="drawn",
    infer=lambda x, *_: x,
    names=(),
    half="native",
)
def bernoulli_of(x, p, generator):
    """0 or 1, with the probability of each element or with the same for all, row by row whatever the input's order."""
    source = stream(generator)
    return source.bernoulli(x) if p is None else source.bernoulli(p, x.shape, x.dtype)


zero_gradient(bernoulli_of, "input")


@composite("bernoulli(Tensor input, float? p=None, *, Generator? generator=None)", sample=([0.0, 1.0],))
def bernoulli(input, p, generator):
    """0 or 1, with the probability that each element gives, or with `p`.

    >>> bernoulli([0., 1., 1.])
    tensor([0., 1., 1.])
    """
    return apply(bernoulli_of, (input, p, generator))


def multinomial_infer(x: Spec, num_samples: int, replacement: bool, generator: Any) -> Spec:
    if not 0 < x.ndim <= 2:
        raise ShapeError("prob_dist must be 1 or 2 dim")
    if not x.dtype.is_floating_point:
        raise DTypeError(f"multinomial only supports floating-point dtypes for input, got: {x.dtype.title}")
    if num_samples <= 0:
        raise BadValue("cannot sample n_sample <= 0 samples")
    if not replacement and num_samples > x.shape[-1]:
        raise BadValue("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    return spec((*x.shape[:-1], num_samples), dt.int64, x.device)


@op(
    "multinomial(Tensor input, int num_samples, bool replacement=False, *, Generator? generator=None)",
    infer=multinomial_infer,
    nondifferentiable=True,
    half="native",
)
def multinomial(x, num_samples, replacement, generator):
    """Indices drawn with the weights of each row.

    >>> multinomial([0., 1., 0.], 1)
    tensor([1])
    """
    return stream(generator).multinomial(x, num_samples, replacement)


@op(
    "poisson(Tensor input, Generator? generator=None)",
    batching="drawn",
    infer=same,
    half="native",
    names=("torch.poisson",),
    sample=([2.5, 0.5],),
)
def poisson(x, generator):
    """Poisson counts with the rate that each element gives.

    >>> poisson(zeros(2))
    tensor([0., 0.])
    """
    return stream(generator).poisson(x)


zero_gradient(poisson, "input")


def binomial_infer(count: Spec, prob: Spec, generator: Any) -> Spec:
    for name, given in (("count", count), ("prob", prob)):
        if not given.dtype.is_floating_point:
            raise BadValue(
                f"binomial only supports floating-point dtypes for {name}, got: {given.dtype.title}",
                help="convert it: x.float()",
            )
    if prob.dtype is not count.dtype:
        raise DTypeError(f"Found dtype {prob.dtype.title} but expected {count.dtype.title}")
    if count.dtype.is_half:
        raise DTypeError(
            f"\"binomial_cpu\" not implemented for '{count.dtype.title}'", raises=NotImplementedError
        )
    return count.with_shape(broadcast_shapes(count.shape, prob.shape))


@op(
    "binomial(Tensor count, Tensor prob, Generator? generator=None)",
    infer=binomial_infer,
    names=("torch.binomial",),
    grad_fn="NotImplemented",
)
def binomial(count, prob, generator):
    """The numbers of successes among `count` trials of probability `prob`, element by element.

    >>> binomial(tensor([3., 3.]), tensor([0., 1.]))
    tensor([0., 3.])
    """
    return stream(generator).binomial(*np.broadcast_arrays(count, prob))
