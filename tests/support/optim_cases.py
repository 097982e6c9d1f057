"""Optimisers and schedulers at work, the same under PyTorch and here: `record` with `torch`, compare with ours.

`python tests/support/optim_cases.py` in an environment with torch writes `data/{optim,newton,schedules}.jsonl.gz`.
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


#: optimisers that are written in operations
OTHER = (
    "Adafactor(params)",
    "Adafactor(params, lr=0.1, weight_decay=0.1, maximize=True, eps=(1e-3, 1e-2))",
    "Muon(params[:1], lr=0.1)",
    "Muon(params[:1], lr=0.1, nesterov=False, adjust_lr_fn='match_rms_adamw')",
)
SCHEDULERS = (
    "LambdaLR(opt, lambda e: 0.95**e)",
    "LambdaLR(opt, [lambda e: 0.95**e, lambda e: e // 3])",
    "MultiplicativeLR(opt, lambda e: 0.95)",
    "StepLR(opt, 3, 0.5)",
    "MultiStepLR(opt, [3, 8, 8, 20], gamma=0.3)",
    "ConstantLR(opt, 0.25, 4)",
    "LinearLR(opt)",
    "LinearLR(opt, 0.2, 0.7, 13)",
    "ExponentialLR(opt, 0.9)",
    "PolynomialLR(opt, 12, 2.0)",
    "CosineAnnealingLR(opt, 7, 0.01)",
    "CosineAnnealingWarmRestarts(opt, 4, 2, 0.001)",
    "CosineAnnealingWarmRestarts(opt, 4)",
    "CyclicLR(opt, 0.01, 0.2, step_size_up=4, step_size_down=7)",
    "CyclicLR(opt, [0.01, 0.02], [0.2, 0.4], step_size_up=5, mode='triangular2')",
    "CyclicLR(opt, 0.01, 0.2, step_size_up=5, mode='exp_range', gamma=0.97, cycle_momentum=False)",
    "CyclicLR(opt, 0.01, 0.2, step_size_up=5, scale_fn=lambda x: 5**-x, scale_mode='iterations')",
    "OneCycleLR(opt, 0.5, total_steps=40)",
    "OneCycleLR(opt, [0.5, 0.3], epochs=4, steps_per_epoch=10, anneal_strategy='linear', three_phase=True)",
    "SequentialLR(opt, [ConstantLR(opt, 0.1, 2), ExponentialLR(opt, 0.9)], [4])",
    "SequentialLR(opt, [LinearLR(opt, 0.1, 1.0, 5), CosineAnnealingLR(opt, 10), StepLR(opt, 2)], [5, 15])",
    "ChainedScheduler([ConstantLR(opt, 0.1, 2), ExponentialLR(opt, 0.9)])",
)


def newton(torch: Any, options: str) -> list[Any]:
    """A quadratic bowl and a quartic one by `LBFGS`: points, evaluations and what is remembered."""
    x = torch.tensor([-1.5, 2.0, 0.5], dtype=torch.float64, requires_grad=True)
    y = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    opt = eval(f"torch.optim.LBFGS([x, y], {options})", {"torch": torch, "x": x, "y": y})
    calls = []

    def closure() -> Any:
        opt.zero_grad()
        loss = (x * x * torch.tensor([1.0, 4.0, 0.3])).sum() + (y - 2) ** 4 + 0.1 * y * x[0]
        loss.backward()
        calls.append(loss.item())
        return loss

    found = [(opt.step(closure).item(), x.tolist(), y.item(), len(calls)) for _ in range(3)]
    state = {k: len(v) if isinstance(v, list) else type(v).__name__ for k, v in opt.state[x].items()}
    return [found, state, repr(opt)]


NEWTON = ("", "line_search_fn='strong_wolfe'", "lr=0.1, max_iter=5, history_size=3", "lr=torch.tensor(0.5)")


def two_groups(torch: Any, kind: str) -> Any:
    """An optimiser with a rate for each of two groups."""
    a, b = (torch.zeros(2, requires_grad=True) for _ in range(2))
    more = {"momentum": 0.9} if kind == "SGD" else {}
    return getattr(torch.optim, kind)([{"params": [a]}, {"params": [b], "lr": 0.5}], lr=0.1, **more)


def schedule(torch: Any, call: str, kind: str) -> dict[str, Any]:
    """30 steps of a scheduler, 5 of another one that took over its state, and a few by their number."""

    def made(opt: Any) -> Any:
        names = {n: getattr(torch.optim.lr_scheduler, n) for n in dir(torch.optim.lr_scheduler)}
        return eval(call, {**names, "opt": opt})

    def steps(opt: Any, scheduler: Any, count: int) -> list[Any]:
        found = []
        for _ in range(count):
            opt.step()
            scheduler.step()
            hyper = [(g["lr"], g.get("momentum"), g.get("betas")) for g in opt.param_groups]
            found.append((scheduler.get_last_lr(), hyper))
        return found

    opt, again = two_groups(torch, kind), two_groups(torch, kind)
    scheduler, second = made(opt), made(again)
    first = [scheduler.get_last_lr(), *steps(opt, scheduler, 30)]
    state = repr(scheduler.state_dict())
    second.load_state_dict(scheduler.state_dict())
    again.load_state_dict(opt.state_dict())
    numbered = []
    if not call.startswith(("Seq", "Chain", "One")):
        third = made(two_groups(torch, kind))
        for epoch in (3, 0, 7, 12):
            third.step(epoch)
            numbered.append(third.get_last_lr())
    return {
        "rates": repr(first),
        "state": state,
        "resumed": repr(steps(again, second, 5)),
        "numbered": numbered,
    }


def plateau(torch: Any) -> list[Any]:
    """`ReduceLROnPlateau` over metrics that stop getting better."""
    opt = two_groups(torch, "SGD")
    make = torch.optim.lr_scheduler.ReduceLROnPlateau
    scheduler = make(opt, patience=2, cooldown=1, factor=0.5)
    found = []
    for metric in [5, 4, 4, 4, 4, 4, 3.9999, 3, 3, 3, 3, 3, 3, 3, 3, 3, 2, 3, 3, 3, 3]:
        scheduler.step(metric)
        found.append((scheduler.get_last_lr(), scheduler.num_bad_epochs, scheduler.cooldown_counter))
    scheduler = make(opt, "max", 0.1, 1, 0.1, threshold_mode="abs", min_lr=[0.01, 0.3], eps=0)
    for metric in range(12):
        scheduler.step(metric / 11)
        found.append((scheduler.get_last_lr(), scheduler.num_bad_epochs, scheduler.best))
    return found


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
        for call in EXACT + ROOTED + OTHER
        for dtype in ("float32", "float64")
    ]


def record_schedules(torch: Any) -> list[dict[str, Any]]:
    """The same of schedulers."""
    found = [
        {"call": call, "kind": kind, **schedule(torch, call, kind)}
        for call in SCHEDULERS
        for kind in ("SGD", "Adam")
    ]
    return [*found, {"plateau": repr(plateau(torch))}]


def write(name: str, cases: list[dict[str, Any]]) -> None:
    with gzip.open(Path(__file__).parents[1] / "data" / name, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(case) + "\n" for case in cases)


if __name__ == "__main__":
    import torch

    warnings.simplefilter("ignore")
    write("optim.jsonl.gz", record(torch))
    write("newton.jsonl.gz", [{"options": options, "found": newton(torch, options)} for options in NEWTON])
    write("schedules.jsonl.gz", record_schedules(torch))
