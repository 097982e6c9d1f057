"""Instance norms that learn `num_features` from their first input."""

from __future__ import annotations

from .batchnorm_lazy import _LazyNormBase
from .instancenorm import InstanceNorm1d, InstanceNorm2d, InstanceNorm3d, _InstanceNorm


class LazyInstanceNorm1d(_LazyNormBase, _InstanceNorm):
    """InstanceNorm1d without `num_features`."""

    __module__ = "torch.nn.modules.instancenorm"
    _single = 2
    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(_LazyNormBase, _InstanceNorm):
    """InstanceNorm2d without `num_features`."""

    __module__ = "torch.nn.modules.instancenorm"
    _single = 3
    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(_LazyNormBase, _InstanceNorm):
    """InstanceNorm3d without `num_features`."""

    __module__ = "torch.nn.modules.instancenorm"
    _single = 4
    cls_to_become = InstanceNorm3d
