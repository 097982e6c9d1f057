"""Every recorded case of PyTorch's operator database: a program, and what PyTorch computed."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest

from oracle import DATA, difference, read_lines
from tensorsh import Session, TensorshError
from tensorsh.engine.values.tensor import Tensor

#: the published cases, and further calls of the same operators and of those that PyTorch has besides
CASES = read_lines("torch_cases.jsonl.gz") + read_lines("further_cases.jsonl.gz")
BY_OPERATOR: dict[str, list[dict[str, Any]]] = defaultdict(list)
for case in CASES:
    BY_OPERATOR[case["op"]].append(case)

#: case id → why it does not pass; docs/coverage.md shows this list
KNOWN = json.loads((DATA / "known_differences.json").read_text())


def check(case: dict[str, Any]) -> str | None:
    """What differs from PyTorch in this case."""
    session = Session()
    try:
        session.run(case["program"])
    except TensorshError as error:
        return f"{error.code}: {error.message}"
    for name, want in case["expect"].items():
        if name == "out.grad_fn":
            continue
        value = session[name.removesuffix(".grad")]
        found = difference(value.grad if name.endswith(".grad") else value, want)
        if found:
            return f"{name}: {found}"
    return None


@pytest.mark.parametrize("operator", sorted(BY_OPERATOR))
def test_operator(operator: str) -> None:
    found = {case["id"]: check(case) for case in BY_OPERATOR[operator]}
    wrong = {k: v for k, v in found.items() if v is not None and k not in KNOWN}
    assert not wrong, "\n".join(f"{k}: {v}" for k, v in wrong.items())
    healed = [k for k, v in found.items() if v is None and k in KNOWN]
    assert not healed, f"these pass now; take them off known_differences.json: {healed}"


def grad_fn_name(value: Any) -> str | None:
    """The grad_fn of a result: of its first differentiable part, without PyTorch's C++ namespace."""
    parts = value if isinstance(value, tuple | list) else [value]
    for part in parts:
        if isinstance(part, Tensor) and part.grad_fn is not None:
            return part.grad_fn.name().rpartition("::")[2]
    return None


def test_grad_fn_names_agree() -> None:
    """At least nine in ten of the recorded names are ours too."""
    agree, differ = 0, []
    for case in CASES:
        want = case["expect"].get("out.grad_fn")
        if want is None or case["id"] in KNOWN:
            continue
        session = Session()
        session.run(case["program"].split("\nloss", 1)[0])
        have = grad_fn_name(session["out"])
        if have == want:
            agree += 1
        else:
            differ.append((case["id"], have, want))
    assert agree / (agree + len(differ)) >= 0.9, differ[:50]
