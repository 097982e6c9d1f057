"""What of torch.func leaves a function or a module nearly as it is."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from ...engine.values.batched import Batched
from ...engine.values.tensor import Tensor
from ..namespace import torch


def functionalize(func: Callable[..., Any], *, remove: str = "mutations") -> Callable[..., Any]:
    """`func` itself: in-place changes need no rewriting here."""
    if remove not in ("mutations", "mutations_and_views"):
        raise RuntimeError(
            "functionalize(f, remove='mutations'): Valid options for argument \"remove\" are:\n"
            '     remove="mutations": all inplace and out= operators will be removed from the program, and replaced '
            'with their out-of-place equivalents.\n     remove="mutations_and_views": In addition to the above, all '
            "aliasing operators {view} will be replaced with their non-aliasing counterparts, {view}_copy.\n"
        )

    @wraps(func)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return func(*args, **kwargs)

    return wrapped


def debug_unwrap(tensor: Tensor, *, recurse: bool = True) -> Tensor:
    """What a tensor inside a vmap is outside of it."""
    while type(tensor) is Batched:
        tensor = tensor.value
        if not recurse:
            break
    return tensor


def replace_all_batch_norm_modules_(root: Any) -> Any:
    """Take the running statistics from all batch normalisation in a module, in place; the module."""
    for module in root.modules():
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm) and module.track_running_stats:
            module.running_mean = module.running_var = module.num_batches_tracked = None
            module.track_running_stats = False
    return root
