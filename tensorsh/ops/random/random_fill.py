"""Filling a tensor with random numbers in place.

Each is an operation of its own with a gradient of zero, so that what was in the tensor before no longer
counts: `x.normal_()` cuts `x` off from its past, as in PyTorch.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.calls.arguments import integer
from ...engine.core import dtype as dt
from ...engine.core.warn import warn
from ...engine.records.op import Op, composite, op
from ...engine.run.inplace import apply_inplace
from ...engine.values.tensor import Tensor
from ..rules.infer import same
from ..rules.memory_order import back, memory_order
from .random_streams import stream
from .random_tensors import zero_gradient


def record(signature: str, draw: Any, grad_fn: str) -> Op:
    """The operation that an in-place draw is: `draw(stream, array, shape, …)` gives the new values.

    They fill the array in the order in which it lies in memory; `shape` has its dimensions in that order.
    """

    @op(
        signature.replace(")", ", any generator)"),
        batching="drawn",
        infer=same,
        names=(),
        half="native",
        grad_fn=grad_fn,
    )
    def drawn(x, *arguments):
        *parameters, generator = arguments
        order = memory_order(x)
        shape = tuple([x.shape[d] for d in order])
        ordered = [
            np.broadcast_to(p, x.shape).transpose(order) if isinstance(p, np.ndarray) else p
            for p in parameters
        ]
        return back(np.asarray(draw(stream(generator), x, shape, *ordered)), order)

    zero_gradient(drawn, "input")
    return drawn


def filler(
    name: str, parameters: str, meaning: str, method: str, example: str, serial: str | None = None
) -> None:
    """`x.NAME_(…)` for a distribution whose parameters the generator takes as they are.

    `serial` is the generator's method for memory with gaps or in another order, where it is another one.
    """
    types = ", ".join(part.split("=")[0] for part in parameters.split(", "))

    def draw(source: Any, x: Any, shape: Any, *values: Any) -> Any:
        way = method if serial is None or x.flags.c_contiguous else serial
        return getattr(source, way)(shape, x.dtype, *values)

    drawn = record(
        f"{name}(Tensor input, {types})", draw, "".join(p.title() for p in name.split("_")) + "Backward0"
    )

    @composite(
        f"Tensor.{name}_(Tensor input, {parameters}, *, Generator? generator=None)",
        doc=f"""Fill with {meaning}.

        {example}
        """,
    )
    def fill(input, *arguments):
        return apply_inplace(drawn, (input, *arguments))


SEED = ">>> manual_seed(0);\n        "

filler(
    "uniform",
    "float low=0.0, float high=1.0",
    "numbers drawn evenly from [low, high)",
    "uniform",
    SEED + ">>> zeros(3).uniform_(0, 10) + 0\n        tensor([4.9626, 7.6822, 0.8848])",
)
filler(
    "normal",
    "float mean=0.0, float std=1.0",
    "normal numbers",
    "normal",
    SEED + ">>> zeros(3).normal_(10, 1) + 0\n        tensor([11.5410,  9.7066,  7.8212])",
    serial="normal_serial",
)
filler(
    "exponential",
    "float lambd=1.0",
    "exponential numbers of rate `lambd`",
    "exponential",
    ">>> zeros(2).exponential_().shape\n        torch.Size([2])",
)
filler(
    "geometric",
    "float p",
    "the numbers of trials until the first success, each of probability `p`",
    "geometric",
    ">>> zeros(2).geometric_(0.5).shape\n        torch.Size([2])",
)
filler(
    "cauchy",
    "float median=0.0, float sigma=1.0",
    "Cauchy numbers",
    "cauchy",
    ">>> zeros(2).cauchy_().shape\n        torch.Size([2])",
)
filler(
    "log_normal",
    "float mean=1.0, float std=2.0",
    "exp of normal numbers",
    "log_normal",
    ">>> zeros(2).log_normal_().shape\n        torch.Size([2])",
)

# ------------------------------------------------------------------ integers and coins

whole_range = record(
    "random(Tensor input)", lambda source, x, shape: source.random(shape, x.dtype), "RandomBackward2"
)
below = record(
    "random(Tensor input, int to)",
    lambda source, x, shape, to: source.randint(0, to, shape, x.dtype),
    "RandomBackward1",
)
between = record(
    "random(Tensor input, int low, int? to)",
    lambda source, x, shape, low, to: (
        source.random_from(low, shape, x.dtype) if to is None else source.randint(low, to, shape, x.dtype)
    ),
    "RandomBackward0",
)


#: up to which power of two a dtype has all integers
EXACT = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}


def warn_inexact(input: Tensor, bounds: list[int | None]) -> None:
    """Beyond a power of two, not every integer is a number of the dtype."""
    digits = EXACT.get(input.dtype.name)
    if digits is None or not bounds:
        return
    *low, to = bounds
    ends = [("from", value, 110) for value in low] + [("to - 1", None if to is None else to - 1, 111)]
    for name, value, line in ends:
        if value is not None and abs(value) > 2**digits:
            warn(
                f"{name} is out of bounds [-(2^{digits}), 2^{digits}]. Due to precision limitations "
                f"{dt.c_names[input.dtype]} can support discrete uniform distribution only within this range. "
                "This warning will become an error in version 1.7 release, please fix the code in advance",
                internal=f"aten/src/ATen/native/DistributionTemplates.h:{line}",
                help="draw into an integer dtype",
                operands=(input,),
            )


@composite("Tensor.random_(Tensor input, any... bounds, int? to=None, Generator? generator=None)")
def random_(input, bounds, to, generator):
    """Fill with integers: below `to` where one bound is given, from `low` on where two are, else any.

    >>> manual_seed(0);
    >>> zeros(3).random_(0, 10) + 0
    tensor([4., 9., 3.])
    """
    given = [None if n is None else integer(n, "random_", "to", i + 1) for i, n in enumerate(bounds)]
    given += [to] * (to is not None)
    warn_inexact(input, given)
    if not given:
        return apply_inplace(whole_range, (input, generator))
    if len(given) == 1:
        return apply_inplace(below, (input, *given, generator))
    return apply_inplace(between, (input, *given, generator))


coins = record(
    "bernoulli(Tensor input, float p)",
    lambda source, x, shape, p: source.bernoulli(p, shape, x.dtype),
    "BernoulliBackward2",
)
weighted_coins = record(
    "bernoulli(Tensor input, Tensor p)",
    lambda source, x, shape, p: source.bernoulli(p, shape, x.dtype),
    "BernoulliBackward1",
)
zero_gradient(weighted_coins, "p")


@composite("Tensor.bernoulli_(Tensor input, any p=0.5, *, Generator? generator=None)")
def bernoulli_(input, p, generator):
    """Fill with 0 or 1, 1 with probability `p` (a number, or a tensor of them).

    >>> zeros(2).bernoulli_(1.) + 0
    tensor([1., 1.])
    """
    if isinstance(p, Tensor):
        return apply_inplace(weighted_coins, (input, p, generator))
    return apply_inplace(coins, (input, float(p), generator))
