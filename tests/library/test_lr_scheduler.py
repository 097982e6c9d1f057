"""Schedulers against what PyTorch gave: rates, momentum, state, taking over state, steps by number."""

from __future__ import annotations

import json
from typing import Any

import pytest

from optim_cases import plateau, schedule
from oracle import read_lines
from tensorsh import torch

*CASES, PLATEAU = read_lines("schedules.jsonl.gz")


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['call']}-{c['kind']}")
@pytest.mark.filterwarnings("ignore")
def test_schedule(case: dict[str, Any]) -> None:
    found = json.loads(json.dumps(schedule(torch, case["call"], case["kind"])))
    for key, value in found.items():
        assert value == case[key], key


def test_plateau() -> None:
    assert repr(plateau(torch)) == PLATEAU["plateau"]
