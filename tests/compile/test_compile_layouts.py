"""Compiled loops over operands that do not lie in order: results lie where evaluation puts them."""

from __future__ import annotations

import pytest

from compile_compare import difference

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
