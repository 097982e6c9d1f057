"""Compiled loops over operands that do not lie in order: results lie where evaluation puts them."""

from __future__ import annotations

import pytest

from compile_compare import difference, learn_soon
from tensorsh import Session
from tensorsh.engine.compile.tape import layouts


@pytest.fixture(autouse=True)
def unlearned() -> None:
    """What programs of other tests have found out about layouts is forgotten."""
    layouts.clear()


OPERANDS = {
    "a row for all rows": "m[:1].expand(4, 4)",
    "a column for all columns": "m[:, :1].expand(4, 4)",
    "one number": "m[:1, :1].expand(4, 4)",
    "transposed": "m.t()",
    "every other column": "n[:, ::2]",
    "columns of a transposed one": "n.t()[2:6]",
}
#: of v, which does not lie in order, and m, which does
RESULTS = (
    "exp(v)", "log(v)", "tanh(v)", "sqrt(v)", "v ** 0.5", "gelu(v)", "nn.functional.elu(v)", "expm1(v)",
    "softmax(v, 0)", "add(v, m, alpha=1.5)", "add(m, v, alpha=1.5)", "sub(v, v, alpha=0.5)", "lerp(v, m, 0.3)",
    "addcmul(v, m, v, value=0.7)", "where(v > 0.5, v, m)", "maximum(m, v)", "v.half().float()",
)  # fmt: skip


@pytest.mark.parametrize("result", RESULTS)
@pytest.mark.parametrize("name", OPERANDS)
def test_operands_that_do_not_lie_in_order(name: str, result: str) -> None:
    program = (
        "m = rand(4, 4); n = rand(4, 8); param w = rand(4, 4)\nfor i in range(7):\n"
        f"    v = {OPERANDS[name]}; y = {result}; loss = (y * w).sum(); backward loss"
    )
    assert difference(program, []) is None


@pytest.mark.parametrize("mask", ("v > 0.5", "(v > 0.5).t()", "v[:1] > 0.5", "v[:, 2:3] > 0.5"))
@pytest.mark.parametrize("name", OPERANDS)
def test_what_is_filled_and_chosen_by_a_mask(name: str, mask: str) -> None:
    """`masked_fill` lies row by row whatever it is made of, `where` as NumPy puts it; no round is done over again."""
    program = (
        "m = rand(4, 4); n = rand(4, 8); param w = rand(4, 4)\nfor i in range(12):\n"
        f"    v = {OPERANDS[name]} * w; k = {mask}; y = v.masked_fill(k, 0.5)\n"
        "    z = where(k, v, y); u = where(k, 1., v)\n    loss = (y * z + u).sum(); backward loss"
    )
    assert difference(program, ["y.stride(), z.stride(), u.stride()"]) is None
    session = Session()
    session.run(program)
    assert session._evaluator.loops.programs[-1][1].runs > 2 and not session._evaluator.loops.left


PARTS = {
    "a column": "v = eye(3)[:, -1].detach(); v.requires_grad_()",
    "a parameter that is one": "param v: float32[3] = eye(3)[:, -1]",
    "every other column": "v = zeros(4, 3)[:, ::2].detach()",
    "what is expanded": "v = ones(4, 1).expand(4, 3).detach()",
    "transposed": "v = zeros(4, 3).t().detach()",
}


@pytest.mark.parametrize("name", PARTS)
def test_part_of_a_constant_lies_where_it_lies_in_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    learn_soon(monkeypatch)
    rounds = f"{PARTS[name]}; y = (v * v).sum() + i; z = exp(y) * 2"
    assert difference(f"for i in range(9):\n    {rounds}\n", ["v.stride()"]) is None
