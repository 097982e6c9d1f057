"""First and second derivatives of every operator against central differences, on recorded inputs.

For each operator the smallest recorded float64 case with a gradient is taken; its `out = …` line becomes
a function of the inputs that require one.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from oracle import read_lines
from tensorsh import Session
from tensorsh.engine.dtype import float64
from tensorsh.engine.op import registry
from tensorsh.engine.tensor import Tensor

#: more elements than this make a check of second derivatives slow
MOST_ELEMENTS = 40

#: operator → why its numeric and analytic derivatives cannot agree at the recorded inputs
SECOND_ORDER_EXEMPT = {
    "nn.functional.grid_sample": "PyTorch declares no second derivative either",
}
EXEMPT = dict.fromkeys(("half", "bfloat16", "float"), "rounds its input, so differences are steps")

#: operators that read their input as symmetric, as PyTorch does: their derivative is that of (A + Aᴴ) / 2
SYMMETRIC = {"cholesky", "linalg.cholesky", "linalg.cholesky_ex", "linalg.eigvalsh", "linalg.eigh"}


def candidates() -> dict[str, dict[str, Any]]:
    """Operator → its smallest case that can be checked."""
    chosen: dict[str, tuple[int, dict[str, Any]]] = {}
    for case in read_lines("torch_cases.jsonl.gz"):
        if "/float64/" not in case["id"] or "loss.backward()" not in case["program"]:
            continue
        sizes = [len(v["data"]) for k, v in case["expect"].items() if k.endswith(".grad")]
        total = sum(sizes)
        if not sizes or min(sizes) == 0 or total > MOST_ELEMENTS:
            continue
        if any(
            isinstance(x, str)
            for v in case["expect"].values()
            if isinstance(v, dict)
            for x in v.get("data", [])
        ):
            continue  # infinite values have no differences
        best = chosen.get(case["op"])
        if best is None or total < best[0]:
            chosen[case["op"]] = (total, case)
    return {op: case for op, (_, case) in sorted(chosen.items())}


CASES = candidates()


def function_of(case: dict[str, Any]) -> tuple[Any, list[Tensor]]:
    """The operator as a function of its differentiable inputs, and those inputs."""
    setup, _, rest = case["program"].partition("\nout = ")
    expression = rest.splitlines()[0]
    names = re.findall(r"^(\w+) = .*requires_grad=True\)$", setup, re.M)
    session = Session()
    prologue = ""
    if case["op"] in SYMMETRIC:
        prologue = "    x0 = (x0 + x0.mH) / 2\n"
    elif case["op"] == "cholesky_inverse":  # reads a triangle; PyTorch's gradient is that of all of it
        prologue = "    x0 = x0.tril()\n"
    session.run(f"{setup}\ndef f({', '.join(names)}):\n{prologue}    return {expression}\n")
    return session["f"], [session[name] for name in names]


@pytest.mark.parametrize("operator", [op for op in CASES if op not in EXEMPT])
def test_first_derivatives(operator: str) -> None:
    f, inputs = function_of(CASES[operator])
    assert registry["autograd.gradcheck"](f, tuple(inputs), atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize(
    "operator", [op for op in CASES if op not in EXEMPT and op not in SECOND_ORDER_EXEMPT]
)
def test_second_derivatives(operator: str) -> None:
    f, inputs = function_of(CASES[operator])
    assert registry["autograd.gradgradcheck"](f, tuple(inputs), atol=1e-3, rtol=1e-3)


def sampled() -> dict[str, Any]:
    """Differentiable operations with a sample in their record."""
    records = {
        id(r): r for r in registry.values() if getattr(r, "sample", None) and getattr(r, "derivatives", None)
    }
    return {r.name: r for r in sorted(records.values(), key=lambda r: r.name)}


#: operation → why its own sample cannot be checked this way (recorded cases check them all the same)
SAMPLE_EXEMPT = {
    "poisson": "draws at random",
    "stack": "takes a list of tensors",
    "permute": "takes any number of arguments",
    "view_as_real": "takes complex numbers, which central differences along the real axis do not cover",
}

SAMPLED = {name: record for name, record in sampled().items() if name not in SAMPLE_EXEMPT}


@pytest.mark.parametrize("name", SAMPLED)
def test_derivatives_at_the_records_own_sample(name: str) -> None:
    record = SAMPLED[name]
    arguments = [
        registry["tensor"](a, dtype=float64, requires_grad=True)
        if isinstance(a, list | float) and parameter.is_tensor
        else a
        for a, parameter in zip(record.sample, record.schema.parameters, strict=False)
    ]
    inputs = tuple(a for a in arguments if isinstance(a, Tensor))

    def f(*chosen: Tensor) -> Any:
        left = iter(chosen)
        out = record(*[next(left) if isinstance(a, Tensor) else a for a in arguments])
        is_complex = isinstance(out, Tensor) and out.dtype.is_complex
        return registry["view_as_real"](out) if is_complex else out

    assert registry["autograd.gradcheck"](f, inputs, atol=1e-4, rtol=1e-3)
    assert registry["autograd.gradgradcheck"](f, inputs, atol=1e-3, rtol=1e-3)
