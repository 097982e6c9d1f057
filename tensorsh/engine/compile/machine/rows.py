"""Sums of short rows lane by lane, as `vector_exp.row_sums` has them, in machine code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...numerics.vector_exp import LANES
from . import instructions
from .code import literal
from .forms import Unknown
from .operands import Call, Operand

if TYPE_CHECKING:
    from .straight import Straight

KIND = "float"
#: a row of more elements would be too many instructions
LONGEST = 64


def write(straight: Straight, call: Call) -> None:
    """The sum of each row, or of the products of two rows, whose elements stand in the code one by one."""
    c, n, out = straight.code, call.args[0].shape[-1], call.out
    if n > LONGEST or any(x.dtype != np.float32 or x.place is None for x in call.args):
        raise Unknown("a long row")
    whole = n - n % LANES

    def row(at: list[str], strides: list[list[int]], group: str) -> None:
        starts = [straight._place(x, at, s) for x, s in zip(call.args, strides, strict=False)]

        def element(x: Operand, start: str, i: int) -> str:
            return c.load(x.dtype, c.add(f"getelementptr i8, ptr {start}, i64 {i * x.strides[-1]}"))

        def factors(i: int) -> list[str]:
            return [element(x, start, i) for x, start in zip(call.args, starts, strict=True)]

        def term(i: int) -> str:
            found = factors(i)
            return found[0] if len(found) == 1 else c.binary("fmul", KIND, *found)

        lanes = [literal(0, KIND)] * LANES
        for i in range(whole):
            lanes[i % LANES] = c.binary("fadd", KIND, lanes[i % LANES], term(i))
        for i in range(whole, n):
            have = lanes[i - whole]
            if len(call.args) == 1:
                lanes[i - whole] = c.binary("fadd", KIND, have, term(i))
            else:
                wide = [c.cast(each, KIND, "double") for each in (have, *factors(i))]
                lanes[i - whole] = instructions.combined(c, *wide)
        while len(lanes) > 1:
            half = len(lanes) // 2
            lanes = [c.binary("fadd", KIND, a, b) for a, b in zip(lanes[:half], lanes[half:], strict=True)]
        straight._put(out, lanes[0], at, strides[-1], group)

    outer = [x.strides[:-1] for x in (*call.args, out)]
    straight._nest(out.shape[:-1], outer, row, parallel=False)
