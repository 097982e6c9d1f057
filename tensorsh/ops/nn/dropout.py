"""Dropout: elements, or whole channels, set to 0 at random while training, the rest scaled up.

The draws are PyTorch's, so that the same seed drops the same elements.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.core import context
from ...engine.core.warn import warn
from ...engine.modes.levels import for_each_slice
from ...engine.records.op import composite
from ...engine.values.tensor import Tensor
from ...engine.values.wrapping import wrap
from ...errors import ArgumentError, BadValue, DTypeError, ShapeError
from ..rules.memory_order import memory_order

#: what SELU's negative part tends to, as alpha dropout needs it
ALPHA = 1.7580993408473766


def drop(
    input: Tensor,
    p: float,
    training: bool,
    inplace: bool,
    feature: bool,
    alpha: bool,
    raises: type[Exception] = ValueError,
) -> Tensor:
    """`input * noise` (`+ shift` for alpha dropout) with a noise of one number per element or channel."""
    if isinstance(p, complex):
        raise ArgumentError(
            "'<' not supported between instances of 'complex' and 'float'", code="argument-type"
        )
    if not 0.0 <= p <= 1.0:
        if p != p:
            raises = RuntimeError  # no comparison of PyTorch's function in Python finds it
        raise BadValue(
            f"dropout probability has to be between 0 and 1, but got {p if raises is ValueError else f'{p:g}'}",
            raises=raises,
            code="dropout-p",
            help="p is the share that is set to 0: 0.5 drops every other element on average",
        )
    if p == 0 or not training or input.spec.numel == 0:
        return input
    if p == 1:
        nothing = wrap(np.zeros((), input.spec.np))  # the dtype stays
        return input.mul_(nothing) if inplace else input * nothing
    shape = input.spec.shape
    if feature:
        if len(shape) < 2:
            raise ShapeError(
                "Feature dropout requires at least 2 dimensions in the input",
                code="dropout-rank",
                operands=(input,),
            )
        shape = (*shape[:2], *[1] * (len(shape) - 2))
    if not input.dtype.is_floating_point:
        raise DTypeError(
            f"result type Float can't be cast to the desired output type {input.dtype.title}",
            code="result-type",
            help="convert it: x.float()",
            operands=(input,),
        )
    noise, shift = (input, None) if input.is_meta else _noise(input, shape, p, alpha)
    out = input.mul_(noise) if inplace else input * noise
    if shift is None:
        return out
    return out.add_(shift)


def _noise(input: Tensor, shape: tuple[int, ...], p: float, alpha: bool) -> tuple[Tensor, Tensor | None]:
    """What the input is multiplied by, and what is then added."""

    def draw(shape: tuple[int, ...]) -> Any:
        return context.current().generator.bernoulli(1 - p, shape, input.spec.np)

    if shape == input.spec.shape and not (input.spec.is_meta or input.in_order):
        order = memory_order(input.array)
        kept = wrap(draw(tuple([shape[d] for d in order]))).permute(*map(order.index, range(len(order))))
    else:
        kept = for_each_slice(shape, lambda size: wrap(draw(size)))
    if not alpha:
        return kept / (1 - p), None
    a = 1 / math.sqrt((ALPHA * ALPHA * p + 1) * (1 - p))
    return kept * a, (kept - 1) * (ALPHA * a) + ALPHA * a * p


_PARAMETERS = "Tensor input, Number p=0.5, bool training=True, any inplace=False"


@composite(f"nn.functional.dropout({_PARAMETERS})", names=("nn.functional.dropout",))
def dropout(input, p, training, inplace):
    """Sets each element to 0 with probability `p` and divides the rest by `1 - p`; nothing if not `training`.

    >>> nn.functional.dropout([1., 2.], training=False)
    tensor([1., 2.])
    """
    return drop(input, p, training, inplace, feature=False, alpha=False)


@composite(f"nn.functional.dropout1d({_PARAMETERS})", names=("nn.functional.dropout1d",))
def dropout1d(input, p, training, inplace):
    """Sets whole channels to 0, (N, C, L) or (C, L).

    >>> nn.functional.dropout1d(ones(2, 3), training=False)
    tensor([[1., 1., 1.],
            [1., 1., 1.]])
    """
    if input.ndim not in (2, 3):
        raise ShapeError(
            f"dropout1d: Expected 2D or 3D input, but received a {input.ndim}D input. Note that dropout1d "
            "exists to provide channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, "
            "and an optional batch dimension (i.e. 2D or 3D inputs).",
            code="dropout-rank",
            operands=(input,),
        )
    return _batched(input, p, training, inplace, input.ndim == 3)


@composite(f"nn.functional.dropout2d({_PARAMETERS})", names=("nn.functional.dropout2d",))
def dropout2d(input, p, training, inplace):
    """Sets whole channels to 0, (N, C, H, W).

    >>> nn.functional.dropout2d(ones(1, 1, 2, 2), training=False)
    tensor([[[[1., 1.],
              [1., 1.]]]])
    """
    if input.ndim not in (3, 4):
        warn_rank("dropout2d", input, "2 spatial dimensions", "3D or 4D")
    elif input.ndim == 3:
        warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is "
            "desired - input is interpreted as shape (N, C, L), where C is the channel dim. This behavior will "
            "change in a future release to interpret the input as one without a batch dimension, i.e. shape "
            "(C, H, W). To maintain the 1D channel-wise dropout behavior, please switch to using dropout1d "
            "instead.",
            help="dropout1d does what this does now",
            operands=(input,),
        )
    return drop(input, p, training, inplace, feature=True, alpha=False)


@composite(f"nn.functional.dropout3d({_PARAMETERS})", names=("nn.functional.dropout3d",))
def dropout3d(input, p, training, inplace):
    """Sets whole channels to 0, (N, C, D, H, W) or (C, D, H, W).

    >>> nn.functional.dropout3d(ones(1, 1, 1, 1, 2), training=False)
    tensor([[[[[1., 1.]]]]])
    """
    if input.ndim not in (4, 5):
        warn_rank("dropout3d", input, "3 spatial dimensions", "4D or 5D")
    return _batched(input, p, training, inplace, input.ndim == 5)


def warn_rank(name: str, input: Tensor, spatial: str, ranks: str) -> None:
    """Of dropout that sets channels to 0: the input has none."""
    warn(
        f"{name}: Received a {input.ndim}-D input to {name}, which is deprecated and will result in an error in "
        "a future release. To retain the behavior and silence this warning, please use dropout instead. Note "
        f"that {name} exists to provide channel-wise dropout on inputs with {spatial}, a channel dimension, and "
        f"an optional batch dimension (i.e. {ranks} inputs).",
        help="dropout sets single elements to 0",
        operands=(input,),
    )


def _batched(input: Tensor, p: float, training: bool, inplace: bool, batched: bool) -> Tensor:
    """Channel dropout of one sample is that of a batch of one."""
    if batched:
        return drop(input, p, training, inplace, feature=True, alpha=False)
    one = input.unsqueeze_(0) if inplace else input.unsqueeze(0)
    out = drop(one, p, training, inplace, feature=True, alpha=False)
    return out.squeeze_(0) if inplace else out.squeeze(0)


@composite(
    "nn.functional.alpha_dropout(Tensor input, Number p=0.5, bool training=False, any inplace=False)",
    names=("nn.functional.alpha_dropout",),
)
def alpha_dropout(input, p, training, inplace):
    """Dropout for `selu`: keeps mean and variance by moving dropped elements to SELU's lower end.

    >>> nn.functional.alpha_dropout([1., 2.])
    tensor([1., 2.])
    """
    return drop(input, p, training, inplace, feature=False, alpha=True)


@composite(
    "nn.functional.feature_alpha_dropout(Tensor input, Number p=0.5, bool training=False, any inplace=False)",
    names=("nn.functional.feature_alpha_dropout",),
)
def feature_alpha_dropout(input, p, training, inplace):
    """`alpha_dropout` of whole channels.

    >>> nn.functional.feature_alpha_dropout(ones(1, 2))
    tensor([[1., 1.]])
    """
    return drop(input, p, training, inplace, feature=True, alpha=True)


def _function(name: str, feature: bool, alpha: bool) -> None:
    """`torch.NAME(input, p, train)`, and the same written into its argument."""
    composite(
        f"{name}(Tensor input, Number p, bool train)",
        names=(f"torch.{name}",),
        doc=f"`nn.functional.{name}` with its arguments spelled out.\n\n"
        f">>> torch.{name}(ones(1, 2), 0.5, False)\ntensor([[1., 1.]])",
    )(lambda input, p, train: drop(input, p, train, False, feature, alpha, RuntimeError))
    composite(
        f"{name}_(Tensor input, Number p, bool train)",
        names=(f"torch.{name}_",),
        doc=f"`{name}`, written into its argument.\n\n"
        f">>> x = ones(1, 2)\n>>> torch.{name}_(x, 0.5, False)\n>>> x\ntensor([[1., 1.]])",
    )(lambda input, p, train: drop(input, p, train, True, feature, alpha, RuntimeError))


for _name, _feature, _alpha in (
    ("dropout", False, False),
    ("feature_dropout", True, False),
    ("alpha_dropout", False, True),
    ("feature_alpha_dropout", True, True),
):
    _function(_name, _feature, _alpha)
