"""SparseAdam."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...engine.values.sparse import Sparse
from ...engine.values.tensor import Tensor
from .checks import check_betas
from .optimizer import Optimizer
from .sparse_steps import lazy_adam
from .steps import update_each


class SparseAdam(Optimizer):
    """Adam for gradients that are sparse: rows without a gradient, and their means, stay as they are."""

    __module__ = "torch.optim.sparse_adam"

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        maximize: bool = False,
    ):
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        if not lr > 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not eps > 0.0:
            raise ValueError(f"Invalid epsilon value: {eps}")
        check_betas(betas)
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "maximize": maximize})
        places = [(i, j, p) for i, g in enumerate(self.param_groups) for j, p in enumerate(g["params"])]
        sparse = [[i, j] for i, j, p in places if isinstance(p, Sparse)]
        if sparse:
            raise ValueError(
                f"Sparse params at indices {sparse}: SparseAdam requires dense parameter tensors"
            )
        imaginary = [[i, j] for i, j, p in places if p.is_complex()]
        if imaginary:
            raise ValueError(
                f"Complex params at indices {imaginary}: SparseAdam does not support complex parameters"
            )

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step; the closure's loss, if there is one."""
        return update_each(self, lambda p, state, group: lazy_adam(p, p.grad, state, group), closure)
