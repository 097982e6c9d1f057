"""First and second derivatives of every operator against central differences, on recorded inputs.

For each operator the smallest recorded case with a gradient is taken, in float64 and in complex128; its
`out = …` line becomes a function of the inputs that require one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from oracle import read_lines
from tensorsh import Session
from tensorsh.engine.core import context
from tensorsh.engine.core.dtype import complex128, float64
from tensorsh.engine.core.tree import flatten, unflatten
from tensorsh.engine.records.op import registry
from tensorsh.engine.values.tensor import Tensor
from tensorsh.engine.values.wrapping import wrap

#: more elements than this make a check of second derivatives slow
MOST_ELEMENTS = 40

#: operator → why its second derivative cannot be checked
SECOND_ORDER_EXEMPT = dict.fromkeys(
    ("nn.functional.grid_sample", "nn.functional.ctc_loss"), "PyTorch declares none, and raises"
)

#: operators that round their input: differences must be larger than the steps, and agree less closely
ROUNDING = {"float": 1e-2, "cfloat": 1e-2, "half": 0.5, "bfloat16": 2.0}

#: operators that read their input as symmetric, as PyTorch does: their derivative is that of (A + Aᴴ) / 2
SYMMETRIC = {"cholesky", "linalg.cholesky", "linalg.cholesky_ex", "linalg.eigvalsh", "linalg.eigh"}

#: operators whose complex outputs have a phase that is free: only what does not depend on it has a derivative
FREE_PHASE = {"linalg.eigh", "linalg.eig", "linalg.svd", "svd"}


def finite(case: dict[str, Any]) -> bool:
    """Infinite values have no differences."""
    values = [v for v in case["expect"].values() if isinstance(v, dict)]
    return not any(isinstance(x, str) for v in values for x in np.ravel(v.get("data", [])).tolist())


def smallest(size: Callable[[dict[str, Any]], int]) -> dict[str, dict[str, Any]]:
    """Operator → its smallest case that can be checked; `size` is 0 of those that cannot."""
    chosen: dict[str, tuple[int, dict[str, Any]]] = {}
    for case in read_lines("torch_cases.jsonl.gz") + read_lines("further_cases.jsonl.gz"):
        n = size(case)
        best = chosen.get(case["op"])
        if n and finite(case) and (best is None or n < best[0]):
            chosen[case["op"]] = (n, case)
    return {op: case for op, (_, case) in sorted(chosen.items())}


def real_size(case: dict[str, Any]) -> int:
    """How many elements the inputs of a float64 case have that are differentiated."""
    sizes = [len(v["data"]) for k, v in case["expect"].items() if k.endswith(".grad")]
    usable = "/float64/" in case["id"] and "loss.backward()" in case["program"] and sizes and min(sizes)
    return sum(sizes) if usable and sum(sizes) <= MOST_ELEMENTS else 0


def complex_size(case: dict[str, Any]) -> int:
    """As `real_size`, roughly, of a complex case; it was recorded without gradients."""
    numbers = len(re.findall(r"\dj\b", case["program"]))
    usable = (
        "/complex64/" in case["id"]
        and case["op"] not in FREE_PHASE
        and DIFFERENTIABLE.search(case["program"])
    )
    return numbers if usable and numbers <= MOST_ELEMENTS // 2 else 0


#: an input of a complex case
DIFFERENTIABLE = re.compile(r"^(x\d+ = tensor\(.*dtype=)complex64\)$", re.M)

CASES = {(op, "float64"): case for op, case in smallest(real_size).items()}
CASES |= {(op, "complex128"): case for op, case in smallest(complex_size).items()}
IDS = [f"{op}-{dtype}" for op, dtype in CASES]


def function_of(case: dict[str, Any]) -> tuple[Any, list[Tensor]]:
    """The operator as a function of its differentiable inputs, and those inputs, in double precision."""
    program = case["program"]
    if "/complex64/" in case["id"]:
        program = DIFFERENTIABLE.sub(r"\1complex128, requires_grad=True)", program)
        program = program.replace("complex64", "complex128").replace("float32", "float64")
    setup, _, rest = program.partition("\nout = ")
    expression = rest.splitlines()[0]
    names = re.findall(r"^(\w+) = .*requires_grad=True\)$", setup, re.M)
    session = Session(dtype="float64")
    prologue = ""
    if case["op"] in SYMMETRIC:
        prologue = "    x0 = (x0 + x0.mH) / 2\n"
    elif case["op"] == "cholesky_inverse":  # reads a triangle; PyTorch's gradient is that of all of it
        prologue = "    x0 = x0.tril()\n"
    elif case["op"] == "nn.functional.ctc_loss":  # its derivative is that by the logits of log_probs
        prologue = "    x0 = x0.log_softmax(-1)\n"
    session.run(f"{setup}\ndef f({', '.join(names)}):\n{prologue}    return {expression}\n")
    return session["f"], [session[name] for name in names]


@pytest.mark.parametrize(("operator", "dtype"), CASES, ids=IDS)
def test_first_derivatives(operator: str, dtype: str) -> None:
    f, inputs = function_of(CASES[operator, dtype])
    eps = ROUNDING.get(operator, 1e-6)
    atol = 5e-2 if operator in ROUNDING else 1e-4
    assert registry["autograd.gradcheck"](f, tuple(inputs), eps=eps, atol=atol, rtol=1e-3)


@pytest.mark.parametrize(("operator", "dtype"), CASES, ids=IDS)
def test_second_derivatives(operator: str, dtype: str) -> None:
    f, inputs = function_of(CASES[operator, dtype])
    if operator in SECOND_ORDER_EXEMPT:
        with pytest.raises(RuntimeError, match=r"derivative for aten::.* is not implemented"):
            registry["autograd.gradgradcheck"](f, tuple(inputs))
        return
    context.current().generator.manual_seed(0)
    eps = ROUNDING.get(operator, 1e-6)
    atol = 5e-2 if operator in ROUNDING else 1e-3
    assert registry["autograd.gradgradcheck"](f, tuple(inputs), eps=eps, atol=atol, rtol=1e-3)


def sampled() -> dict[str, Any]:
    """Differentiable operations with a sample in their record."""
    records = {
        id(r): r for r in registry.values() if getattr(r, "sample", None) and getattr(r, "derivatives", None)
    }
    return {r.name: r for r in sorted(records.values(), key=lambda r: r.name)}


SAMPLED = sampled()
COMPLEX_SAMPLES = {"view_as_real"}


def leaf(value: Any, name: str) -> Tensor:
    dtype = complex128 if name in COMPLEX_SAMPLES else float64
    return registry["tensor"](value, dtype=dtype, requires_grad=True)


@pytest.mark.parametrize("name", SAMPLED)
def test_derivatives_at_the_records_own_sample(name: str) -> None:
    record = SAMPLED[name]
    parameters = record.schema.parameters
    arguments: list[Any] = []
    for i, a in enumerate(record.sample):
        parameter = parameters[min(i, len(parameters) - 1)]
        if isinstance(a, list | float) and parameter.is_tensor:
            a = leaf(a, name)
        elif isinstance(a, list) and parameter.type == "Tensor[]":
            a = [leaf(each, name) for each in a]
        elif isinstance(a, np.ndarray):
            a = wrap(a)
        arguments.append(a)
    inputs, structure = flatten(tuple(arguments))
    places = [i for i, a in enumerate(inputs) if isinstance(a, Tensor)]

    def f(*chosen: Tensor) -> Any:
        context.current().generator.manual_seed(0)  # what draws at random draws the same each time
        full = list(inputs)
        for i, t in zip(places, chosen, strict=True):
            full[i] = t
        return record(*unflatten(full, structure))

    leaves = tuple(inputs[i] for i in places)
    assert registry["autograd.gradcheck"](f, leaves, atol=1e-4, rtol=1e-3)
    assert registry["autograd.gradgradcheck"](f, leaves, atol=1e-3, rtol=1e-3)
