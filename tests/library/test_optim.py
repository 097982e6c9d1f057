"""torch.optim against what PyTorch gave: 100 steps of every optimiser, its state and how it prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optim_cases import newton, trajectory
from oracle import read_lines
from run_optim_program import printed
from tensorsh import torch

CASES = read_lines("optim.jsonl.gz")


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['call']}-{c['dtype']}")
def test_steps(case: dict[str, Any]) -> None:
    found = trajectory(torch, case["call"], case["dtype"])
    for name in ("groups", "print"):
        assert found[name] == case[name]
    same(found["params"], case["params"], case)
    assert list(found["state"]) == list(case["state"])
    for key, expected in case["state"].items():
        state = found["state"][key]
        assert list(state) == list(expected)
        for name, (dtype, shape, values) in expected.items():
            assert list(state[name][:2]) == [dtype, shape]
            same(state[name][2], values, case)


def same(found: Any, expected: Any, case: dict[str, Any]) -> None:
    """To the last bit; where roots are taken, which PyTorch rounds otherwise, nearly."""
    tolerance = 1e-5 if case["dtype"] == "float32" else 1e-13
    if case["call"].startswith("Muon"):  # which works in bfloat16
        tolerance = 1e-2
    for a, b in zip(found, expected, strict=True) if isinstance(expected, list) else [(found, expected)]:
        if case["exact"]:
            assert a == b
        else:
            np.testing.assert_allclose(a, b, tolerance, tolerance * np.abs(b).max())


@pytest.mark.parametrize("case", read_lines("newton.jsonl.gz"), ids=lambda c: c["options"])
def test_lbfgs(case: dict[str, Any]) -> None:
    points, state, text = newton(torch, case["options"])
    expected, *rest = case["found"]
    assert [state, text] == rest
    for (loss, x, y, calls), (loss_, x_, y_, calls_) in zip(points, expected, strict=True):
        assert calls == calls_
        np.testing.assert_allclose([loss, *x, y], [loss_, *x_, y_], 1e-6, 1e-9)


def test_numbers_are_taken_silently_where_nothing_is_recorded(recwarn: pytest.WarningsRecorder) -> None:
    w = torch.tensor(2.0, requires_grad=True)
    with torch.no_grad():
        float(w)
    assert not recwarn.list
    float(w)
    assert len(recwarn.list) == 1


def test_what_optimisers_say() -> None:
    expected = (Path(__file__).parents[1] / "golden" / "optim.txt").read_text(encoding="utf-8")
    assert printed(torch) == expected
