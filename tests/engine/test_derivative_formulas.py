"""The formulas of derivatives that help and the reference pages show are programs that compute them."""

from __future__ import annotations

import numpy as np

from tensorsh import Session, TensorshError
from tensorsh.engine.records.op import Op, registry
from tensorsh.render.derivatives import formulas


def computed(formula: str, inputs: dict, seed) -> np.ndarray | None:
    """The formula's value; None where it names an operation of the engine's own."""
    session = Session(dtype="float64")
    for name, value in {**inputs, "grad": seed}.items():
        if "[" not in name:
            session[name] = value
    try:
        (value,) = session.run(formula)
    except TensorshError:
        return None
    return np.asarray(value.detach().numpy() if hasattr(value, "detach") else value)


def test_formulas_compute_the_gradients() -> None:
    checked = 0
    for record in {id(r): r for r in registry.values() if isinstance(r, Op)}.values():
        found = formulas(record)
        for name, formula in found.by.items() if found else ():
            seed, want = found.values[name]
            have = computed(formula, found.inputs, seed)
            if have is None:
                continue
            checked += 1
            want = want.detach().numpy()
            assert np.allclose(np.broadcast_to(have, want.shape), want, equal_nan=True), (
                record.name,
                name,
                formula,
            )
    assert checked > 250, checked


def test_a_formula_reads_as_one_would_write_it() -> None:
    assert formulas(registry["tanh"]).by == {"input": "grad * (1 - tanh(input) ** 2)"}
    assert formulas(registry["mul"]).by == {"input": "grad * other", "other": "grad * input"}
    assert formulas(registry["isnan"]) is None
