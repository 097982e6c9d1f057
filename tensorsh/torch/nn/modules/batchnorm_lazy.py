"""Batch norms that learn `num_features` from their first input."""

from __future__ import annotations

from typing import Any

from ....engine.values.tensor import Tensor
from ...namespace import torch
from ..parameter.uninitialized import UninitializedBuffer, UninitializedParameter
from .batchnorm import BatchNorm1d, BatchNorm2d, BatchNorm3d, _BatchNorm, _exactly, _NormBase, _two_or_three
from .lazy import LazyModuleMixin


class _LazyNormBase(LazyModuleMixin, _NormBase):
    """In front of a norm's class: `num_features` is the size of the first input's channels."""

    __module__ = "torch.nn.modules.batchnorm"

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        made = {"device": device, "dtype": dtype}
        super().__init__(0, eps, momentum, False, False, **made, bias=False)
        self.affine = affine
        self.track_running_stats = track_running_stats
        if self.affine:
            self.weight = UninitializedParameter(**made)
            if bias:
                self.bias = UninitializedParameter(**made)
        if self.track_running_stats:
            self.running_mean = UninitializedBuffer(**made)
            self.running_var = UninitializedBuffer(**made)
            self.num_batches_tracked = torch.tensor(0, dtype=torch.long, device=device)

    def reset_parameters(self) -> None:
        if not self.has_uninitialized_params() and self.num_features != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Tensor) -> None:
        if not self.has_uninitialized_params():
            return
        self.num_features = input.shape[1]
        waiting = [self.weight, self.bias] if self.affine else []
        waiting += [self.running_mean, self.running_var] if self.track_running_stats else []
        for tensor in waiting:
            if tensor is not None:
                tensor.materialize((self.num_features,))
        self.reset_parameters()


class LazyBatchNorm1d(_LazyNormBase, _BatchNorm):
    """BatchNorm1d without `num_features`."""

    __module__ = "torch.nn.modules.batchnorm"
    cls_to_become = BatchNorm1d

    def _check_input_dim(self, input: Tensor) -> None:
        _two_or_three(input)


class LazyBatchNorm2d(_LazyNormBase, _BatchNorm):
    """BatchNorm2d without `num_features`."""

    __module__ = "torch.nn.modules.batchnorm"
    cls_to_become = BatchNorm2d

    def _check_input_dim(self, input: Tensor) -> None:
        _exactly(input, 4)


class LazyBatchNorm3d(_LazyNormBase, _BatchNorm):
    """BatchNorm3d without `num_features`."""

    __module__ = "torch.nn.modules.batchnorm"
    cls_to_become = BatchNorm3d

    def _check_input_dim(self, input: Tensor) -> None:
        _exactly(input, 5)
