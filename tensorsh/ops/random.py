"""Random tensors: PyTorch's CPU stream, drawn by the context's generator.

Factories make a new tensor; the in-place forms (`uniform_`, `normal_`, …) fill one that is there. A tensor
on `meta` draws nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine import context
from ..engine import dtype as dt
from ..engine.device import Device, resolve
from ..engine.dtype import DType
from ..engine.inplace import check_writable, write
from ..engine.op import composite, op
from ..engine.spec import Spec, spec
from ..engine.tensor import Tensor
from ..errors import DTypeError, ShapeError, ValueError
from .rules import same

OPTIONS = "dtype? dtype=None, device? device=None, bool requires_grad=False"


def made(
    size: tuple[int, ...],
    dtype: DType | None,
    device: Device | None,
    requires_grad: bool,
    draw: Any,
    default: DType | None = None,
) -> Tensor:
    """A new tensor of what `draw(size, NumPy dtype)` gives; on `meta` nothing is drawn."""
    chosen = dtype or default or context.current.dtype
    if any(n < 0 for n in size):
        raise ValueError(f"Trying to create tensor with negative dimension {min(size)}: {list(size)}")
    if requires_grad and chosen.category < dt.FLOAT:
        raise DTypeError("Only Tensors of floating point and complex dtype can require gradients")
    of = spec(tuple(size), chosen, resolve(device, context.current.device))
    values = of.placeholder if of.is_meta else np.asarray(draw(of.shape, of.np), of.np)
    return Tensor(values, of, requires_grad)


def need_float(name: str, dtype: DType) -> None:
    if dtype.category < dt.FLOAT:
        raise DTypeError(
            f"\"{name}\" not implemented for '{dtype.title}'", help="random reals need a float dtype"
        )


@composite(f"rand(int... size, *, {OPTIONS})", names=("torch.rand",), factory=True)
def rand(size, dtype, device, requires_grad):
    """Uniform numbers in [0, 1).

    >>> manual_seed(0);
    >>> rand(3)
    tensor([0.4963, 0.7682, 0.0885])
    """
    need_float("check_uniform_bounds", dtype or context.current.dtype)
    return made(size, dtype, device, requires_grad, context.current.generator.uniform)


@composite(f"randn(int... size, *, {OPTIONS})", names=("torch.randn",), factory=True)
def randn(size, dtype, device, requires_grad):
    """Standard normal numbers.

    >>> manual_seed(0);
    >>> randn(3)
    tensor([ 1.5410, -0.2934, -2.1788])
    """
    need_float("normal_kernel_cpu", dtype or context.current.dtype)
    return made(size, dtype, device, requires_grad, context.current.generator.normal)


def integers(low: int, high: int) -> Any:
    """What draws integers in [low, high)."""
    if low >= high:
        raise ValueError(
            f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}",
            help="the upper bound is not drawn: randint(0, 10, (3,)) gives 0 to 9",
        )
    return lambda size, dtype: context.current.generator.randint(low, high, size, dtype)


def bounds(low: Any, high: Any, size: Any) -> tuple[int, int, tuple[int, ...]]:
    """randint(high, size) and randint(low, high, size) in one."""
    if size is None:
        low, high, size = 0, low, high
    return int(low), int(high), (size,) if isinstance(size, int) else tuple(int(n) for n in size)


@composite(
    f"randint(any low, any high=None, any size=None, *, {OPTIONS})", names=("torch.randint",), factory=True
)
def randint(low, high, size, dtype, device, requires_grad):
    """Integers drawn evenly from [low, high); `randint(high, size)` starts at 0.

    >>> manual_seed(0);
    >>> randint(0, 10, (5,))
    tensor([4, 9, 3, 0, 3])
    """
    low, high, size = bounds(low, high, size)
    return made(size, dtype, device, requires_grad, integers(low, high), dt.int64)


@composite(f"randperm(int n, *, {OPTIONS})", names=("torch.randperm",), factory=True)
def randperm(n, dtype, device, requires_grad):
    """A random order of 0 … n-1.

    >>> manual_seed(0);
    >>> randperm(4)
    tensor([0, 1, 3, 2])
    """
    if n < 0:
        raise ValueError(f"n must be non-negative, got {n}")
    draw = context.current.generator.randperm
    return made((n,), dtype, device, requires_grad, lambda size, kind: draw(n, kind), dt.int64)


def like(input: Tensor, dtype: DType | None, device: Device | None) -> tuple[DType, Device]:
    return dtype or input.dtype, device or input.device


@composite(f"rand_like(Tensor input, *, {OPTIONS})", names=("torch.rand_like",))
def rand_like(input, dtype, device, requires_grad):
    """Uniform numbers in [0, 1), of the input's shape and dtype.

    >>> manual_seed(0);
    >>> rand_like(zeros(3))
    tensor([0.4963, 0.7682, 0.0885])
    """
    dtype, device = like(input, dtype, device)
    need_float("check_uniform_bounds", dtype)
    return made(input.spec.shape, dtype, device, requires_grad, context.current.generator.uniform)


@composite(f"randn_like(Tensor input, *, {OPTIONS})", names=("torch.randn_like",))
def randn_like(input, dtype, device, requires_grad):
    """Standard normal numbers, of the input's shape and dtype.

    >>> manual_seed(0);
    >>> randn_like(zeros(3))
    tensor([ 1.5410, -0.2934, -2.1788])
    """
    dtype, device = like(input, dtype, device)
    need_float("normal_kernel_cpu", dtype)
    return made(input.spec.shape, dtype, device, requires_grad, context.current.generator.normal)


@composite(f"randint_like(Tensor input, any low, any high=None, *, {OPTIONS})", names=("torch.randint_like",))
def randint_like(input, low, high, dtype, device, requires_grad):
    """Integers drawn evenly from [low, high), of the input's shape and dtype.

    >>> manual_seed(0);
    >>> randint_like(zeros(3), 10)
    tensor([4., 9., 3.])
    """
    dtype, device = like(input, dtype, device)
    low, high = (0, low) if high is None else (low, high)
    return made(input.spec.shape, dtype, device, requires_grad, integers(int(low), int(high)))


# ------------------------------------------------------------------ from parameters


@composite(f"normal(any mean, any std=1.0, any size=None, *, {OPTIONS})", names=("torch.normal",))
def normal(mean, std, size, dtype, device, requires_grad):
    """Normal numbers; `mean` and `std` are numbers (with `size`) or tensors, one draw for each element.

    >>> manual_seed(0);
    >>> normal(10., 1., (3,))
    tensor([11.5410,  9.7066,  7.8212])
    """
    generator = context.current.generator
    if not isinstance(mean, Tensor) and not isinstance(std, Tensor):
        shape = (size,) if isinstance(size, int) else tuple(size or ())
        return made(
            shape,
            dtype,
            device,
            requires_grad,
            lambda n, kind: generator.normal(n, kind, float(mean), float(std)),
        )
    source = mean if isinstance(mean, Tensor) else std
    if isinstance(mean, Tensor) and isinstance(std, Tensor):
        if mean.spec.numel != std.spec.numel and mean.spec.shape != std.spec.shape:
            shape = np.broadcast_shapes(mean.spec.shape, std.spec.shape)
        else:
            shape = mean.spec.shape
    else:
        shape = source.spec.shape
    m = mean.array if isinstance(mean, Tensor) else float(mean)
    s = std.array if isinstance(std, Tensor) else float(std)
    if (isinstance(std, Tensor) and (std.array < 0).any()) or (not isinstance(std, Tensor) and s < 0):
        raise ValueError(
            "normal expects all elements of std >= 0.0"
            if isinstance(std, Tensor)
            else f"normal expects std >= 0.0, but found std {s}"
        )
    kind = source.spec.np
    full = [np.broadcast_to(v, shape).astype(kind) if isinstance(v, np.ndarray) else v for v in (m, s)]
    return made(shape, source.dtype, source.device, False, lambda *_: generator.normal_elementwise(*full))


def _bernoulli_infer(input: Spec, p: Any) -> Spec:
    need_float("bernoulli_tensor_cpu_p_", input.dtype)
    return input


@op("bernoulli(Tensor input, float? p=None)", infer=_bernoulli_infer, half="native", sample=([0.5],))
def bernoulli(x, p):
    """0 or 1, drawn with the probability that each element gives.

    >>> bernoulli([0., 1., 1.])
    tensor([0., 1., 1.])
    """
    if p is not None:
        return context.current.generator.bernoulli(p, x.shape, x.dtype)
    if x.size and not ((x >= 0) & (x <= 1)).all():
        raise ValueError("Expected p_in >= 0 && p_in <= 1 to be true, but got false.")
    return context.current.generator.bernoulli(x)


@bernoulli.derivative("input")
def _(grad, p):
    return grad * 0


@op(
    "multinomial(Tensor input, int num_samples, bool replacement=False)",
    infer=lambda x, n, replacement: spec((*x.shape[:-1], n), dt.int64, x.device),
    nondifferentiable=True,
    half="native",
)
def multinomial(x, num_samples, replacement):
    """Indices drawn with the weights of each row.

    >>> multinomial([0., 1., 0.], 1)
    tensor([1])
    """
    return context.current.generator.multinomial(x, num_samples, replacement)


@op("poisson(Tensor input)", infer=same, half="native", names=("torch.poisson",), grad_fn="PoissonBackward0")
def poisson(x):
    """Poisson counts with the rate that each element gives.

    >>> poisson(zeros(2))
    tensor([0., 0.])
    """
    return context.current.generator.poisson(x)


@poisson.derivative("input")
def _(grad):
    return grad * 0


# ------------------------------------------------------------------ filling a tensor


def fill(target: Tensor, name: str, draw: Any) -> Tensor:
    """Write `draw(shape, NumPy dtype)` into a tensor; its history ends there, as in PyTorch."""
    check_writable(target, name)
    write(target, None if target.is_meta else draw(target.spec.shape, target.spec.np))
    if target.view_of is None and target.node is not None:
        context.current.journal.save_attributes(target, "node", "index")
        target.node = None
        target.requires_grad_slot = False
    return target


@composite("Tensor.uniform_(Tensor input, float from_=0.0, float to=1.0)")
def uniform_(input, from_, to):
    """Fill with uniform numbers in [from, to).

    >>> manual_seed(0);
    >>> zeros(3).uniform_(0, 10) + 0
    tensor([4.9626, 7.6822, 0.8848])
    """
    need_float("check_uniform_bounds", input.dtype)
    if from_ > to:
        raise ValueError(
            f"uniform_ expects to return a [from, to) range, but found from={from_:g} > to={to:g}"
        )
    return fill(input, "uniform_", lambda n, kind: context.current.generator.uniform(n, kind, from_, to))


@composite("Tensor.normal_(Tensor input, float mean=0.0, float std=1.0)")
def normal_(input, mean, std):
    """Fill with normal numbers.

    >>> manual_seed(0);
    >>> zeros(3).normal_(10, 1) + 0
    tensor([11.5410,  9.7066,  7.8212])
    """
    need_float("normal_kernel_cpu", input.dtype)
    if std < 0:
        raise ValueError(f"normal expects std >= 0.0, but found std {std:g}")
    return fill(input, "normal_", lambda n, kind: context.current.generator.normal(n, kind, mean, std))


@composite("Tensor.random_(Tensor input, int? from_=None, int? to=None)")
def random_(input, from_, to):
    """Fill with integers: `random_(to)`, `random_(from, to)`, or the whole range of the dtype.

    >>> manual_seed(0);
    >>> zeros(3).random_(0, 10) + 0
    tensor([4., 9., 3.])
    """
    generator = context.current.generator
    if from_ is None and to is None:
        return fill(input, "random_", generator.random)
    if to is None:
        from_, to = 0, from_
    return fill(input, "random_", integers(from_, to))


@composite("Tensor.exponential_(Tensor input, float lambd=1.0)")
def exponential_(input, lambd):
    """Fill with exponential numbers of rate `lambd`.

    >>> manual_seed(0);
    >>> zeros(2).exponential_().shape
    torch.Size([2])
    """
    need_float("exponential_cpu", input.dtype)
    if lambd <= 0:
        raise ValueError(f"exponential_ expects lambda > 0.0, but found lambda={lambd:g}")
    return fill(input, "exponential_", lambda n, kind: context.current.generator.exponential(n, kind, lambd))


@composite("Tensor.bernoulli_(Tensor input, any p=0.5)")
def bernoulli_(input, p):
    """Fill with 0 or 1, 1 with probability `p` (a number, or a tensor of them).

    >>> zeros(2).bernoulli_(1.) + 0
    tensor([1., 1.])
    """
    if isinstance(p, Tensor):
        chances = np.broadcast_to(p.array, input.spec.shape)
        return fill(input, "bernoulli_", lambda n, kind: context.current.generator.bernoulli(chances))
    if not 0 <= p <= 1:
        raise ValueError(f"bernoulli_ expects p to be in [0, 1], but got p={float(p):g}")
    return fill(input, "bernoulli_", lambda n, kind: context.current.generator.bernoulli(float(p), n, kind))


@composite("Tensor.geometric_(Tensor input, float p)")
def geometric_(input, p):
    """Fill with the number of trials until the first success.

    >>> zeros(2).geometric_(0.5).shape
    torch.Size([2])
    """
    if not 0 < p < 1:
        raise ValueError(f"geometric_ expects p to be in (0, 1), but got p={p:g}")
    return fill(input, "geometric_", lambda n, kind: context.current.generator.geometric(n, kind, p))


@composite("Tensor.cauchy_(Tensor input, float median=0.0, float sigma=1.0)")
def cauchy_(input, median, sigma):
    """Fill with Cauchy numbers.

    >>> zeros(2).cauchy_().shape
    torch.Size([2])
    """
    need_float("cauchy_cpu", input.dtype)
    return fill(input, "cauchy_", lambda n, kind: context.current.generator.cauchy(n, kind, median, sigma))


@composite("Tensor.log_normal_(Tensor input, float mean=1.0, float std=2.0)")
def log_normal_(input, mean, std):
    """Fill with exp of normal numbers.

    >>> zeros(2).log_normal_().shape
    torch.Size([2])
    """
    need_float("log_normal_cpu", input.dtype)
    return fill(
        input, "log_normal_", lambda n, kind: context.current.generator.log_normal(n, kind, mean, std)
    )


# ------------------------------------------------------------------ the stream


@composite("initial_seed()", names=("torch.initial_seed", "random.initial_seed"))
def initial_seed():
    """The seed that the stream was started with.

    >>> manual_seed(7);
    >>> initial_seed()
    7
    """
    return context.current.generator.initial_seed()


@composite("seed()", names=("torch.seed", "random.seed"))
def seed():
    """Start the stream at a seed that the system gives, which is the result.

    >>> seed() >= 0
    True
    """
    return context.current.generator.seed()


@composite("get_rng_state()", names=("torch.get_rng_state", "random.get_rng_state"))
def get_rng_state():
    """The state of the stream, as a tensor for `set_rng_state`.

    >>> state = get_rng_state()
    >>> x = rand(2)
    >>> set_rng_state(state)
    >>> equal(x, rand(2))
    True
    """
    packed = context.current.generator.pack_state()
    return Tensor(packed, spec(packed.shape, dt.uint8))


@composite("set_rng_state(Tensor new_state)", names=("torch.set_rng_state", "random.set_rng_state"))
def set_rng_state(new_state):
    """Put the stream back where `get_rng_state` found it.

    >>> set_rng_state(get_rng_state())
    """
    if new_state.dtype is not dt.uint8:
        raise DTypeError("RNG state must be a torch.ByteTensor")
    if new_state.ndim != 1:
        raise ShapeError("RNG state must be one-dimensional")
    context.current.generator.unpack_state(new_state.array)
