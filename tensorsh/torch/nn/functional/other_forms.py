"""Operations under further names or with other orders of dimensions than the usual ones."""

from __future__ import annotations

from typing import Any

from ....engine.values.tensor import Tensor
from ...namespace import F


def conv_tbc(input: Tensor, weight: Tensor, bias: Tensor, pad: int = 0) -> Tensor:
    """`conv1d` of (T, N, C) with a weight (kernel, C, C')."""
    return F.conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, padding=pad).permute(2, 0, 1)


def native_channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """`channel_shuffle`."""
    return F.channel_shuffle(input, groups)


def fractional_max_pool2d_with_indices(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """`fractional_max_pool2d` with `return_indices`."""
    return F.fractional_max_pool2d(
        input, kernel_size, output_size, output_ratio, True, _random_samples=_random_samples
    )


def fractional_max_pool3d_with_indices(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """`fractional_max_pool3d` with `return_indices`."""
    return F.fractional_max_pool3d(
        input, kernel_size, output_size, output_ratio, True, _random_samples=_random_samples
    )
