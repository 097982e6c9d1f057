"""Optimisers and schedulers at work, the same under PyTorch and here: `record` with `torch`, compare with ours.

`python tests/optim_cases.py` in an environment with torch writes `data/optim.jsonl.gz`.
"""

from __future__ import annotations

import gzip
import json
import warnings
from pathlib import Path
from typing import Any

STEPS = 100

#: optimisers whose steps have no root in them: PyTorch's own roots are not the nearest floats
EXACT = (
    "SGD(params, lr=0.1)",
    "SGD(params, lr=0.1, momentum=0.9)",
    "SGD(params, lr=0.01, momentum=0.9, nesterov=True, weight_decay=0.01)",
    "SGD(params, lr=0.01, momentum=0.9, dampening=0.3, maximize=True)",
    "SGD(params, lr=torch.tensor(0.01), momentum=0.5)",
    "Adamax(params)",
    "Adamax(params, lr=0.1, betas=(0.8, 0.99), weight_decay=0.1)",
    "ASGD(params)",
    "ASGD(params, lr=0.1, t0=10, lambd=0.01, weight_decay=0.1, maximize=True)",
    "Rprop(params)",
    "Rprop(params, lr=0.1, etas=(0.4, 1.5), step_sizes=(1e-3, 1.0), maximize=True)",
)
ROOTED = (
    "Adam(params)",
    "Adam(params, lr=0.1, betas=(0.4, 0.9), weight_decay=0.1, amsgrad=True)",
    "Adam(params, lr=torch.tensor(0.1), maximize=True)",
    "Adam(params, lr=0.01, decoupled_weight_decay=True, weight_decay=0.1)",
    "AdamW(params, lr=0.01)",
    "AdamW(params, lr=torch.tensor([0.01]), amsgrad=True)",
    "NAdam(params)",
    "NAdam(params, lr=0.1, weight_decay=0.1, decoupled_weight_decay=True)",
    "RAdam(params, lr=0.01)",
    "RAdam(params, lr=0.1, betas=(0.8, 0.9), weight_decay=0.1)",
    "RMSprop(params)",
    "RMSprop(params, lr=0.1, centered=True, momentum=0.5, weight_decay=0.1)",
    "RMSprop(params, lr=0.1, momentum=0.5, maximize=True)",
    "Adagrad(params, lr=0.1)",
    "Adagrad(params, lr=0.1, lr_decay=0.1, weight_decay=0.01, initial_accumulator_value=0.1)",
    "Adadelta(params)",
    "Adadelta(params, lr=0.5, rho=0.8, weight_decay=0.1, maximize=True)",
)


def trajectory(torch: Any, call: str, dtype: str) -> dict[str, Any]:
    """100 steps on gradients of a seed: the parameters, the state and what the optimiser prints."""
    generator = torch.Generator().manual_seed(1)

    def drawn(*shape: int) -> Any:
        return torch.randn(shape, generator=generator, dtype=torch.float64).to(getattr(torch, dtype))

    params = [torch.nn.Parameter(drawn(3, 7)), torch.nn.Parameter(drawn())]
    optimizer = eval(f"torch.optim.{call}", {"torch": torch, "params": params})
    for i in range(STEPS):
        for p in params:
            p.grad = drawn(*p.shape) * (1 + i % 7)
        optimizer.step()
    state = optimizer.state_dict()
    return {
        "params": [p.tolist() for p in params],
        "state": {
            str(key): {name: (str(t.dtype), list(t.shape), t.tolist()) for name, t in value.items()}
            for key, value in state["state"].items()
        },
        "groups": repr(state["param_groups"]),
        "print": repr(optimizer),
    }


def record(torch: Any) -> list[dict[str, Any]]:
    """What PyTorch gives."""
    return [
        {"call": call, "dtype": dtype, "exact": call in EXACT, **trajectory(torch, call, dtype)}
        for call in EXACT + ROOTED
        for dtype in ("float32", "float64")
    ]


if __name__ == "__main__":
    import torch

    warnings.simplefilter("ignore")
    with gzip.open(Path(__file__).parent / "data" / "optim.jsonl.gz", "wt", encoding="utf-8") as out:
        for case in record(torch):
            out.write(json.dumps(case) + "\n")
