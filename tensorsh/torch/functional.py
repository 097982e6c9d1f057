"""torch.functional: the functions of torch that PyTorch has in Python."""

from .namespace import lazily, torch

__all__ = [  # noqa: F822  (they are taken from torch below)
    "atleast_1d", "atleast_2d", "atleast_3d", "block_diag", "broadcast_shapes", "broadcast_tensors", "cartesian_prod",
    "cdist", "chain_matmul", "einsum", "istft", "lu", "meshgrid", "norm", "pca_lowrank", "split", "stft",
    "svd_lowrank", "tensordot", "unique", "unique_consecutive", "unravel_index",
]  # fmt: skip

globals().update({name: getattr(torch, name) for name in __all__})
__getattr__, __dir__ = lazily(__name__)
