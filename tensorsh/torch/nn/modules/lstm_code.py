"""What an LSTM layer does to its gates in one step, as instructions."""

from __future__ import annotations

from ....engine.compile.machine.code import Code
from ....engine.compile.machine.onednn import KIND, fma, negative, number, sigmoid, tanh


def forward(c: Code, ins: list[str], tables: list[str]) -> list[str]:
    """From products, biases of the four gates and c to the gates, the next c and h."""
    sums = [c.binary("fadd", KIND, a, b) for a, b in zip(ins[:4], ins[4:8], strict=True)]
    i, f, o = (sigmoid(c, sums[k]) for k in (0, 1, 3))
    g = tanh(c, sums[2], tables[0])
    after = fma(c, i, g, c.binary("fmul", KIND, ins[8], f))
    return [i, f, g, o, after, c.binary("fmul", KIND, o, tanh(c, after, tables[0]))]


def backward(c: Code, ins: list[str], tables: list[str]) -> list[str]:
    """From the gates, both c, the gradients of the output, of h and of c to those of the gates and of c before."""

    def times(*factors: str) -> str:
        found, *others = factors
        for each in others:
            found = c.binary("fmul", KIND, found, each)
        return found

    i, f, g, o, before, after, grad_output, grad_h, grad_c = ins
    tanh_c = tanh(c, after, tables[0])
    dh = c.binary("fadd", KIND, grad_output, grad_h)
    one = number(1)
    dc = times(fma(c, negative(c, tanh_c), tanh_c, one), dh, o)
    dc = c.binary("fadd", KIND, dc, grad_c)
    of_i, of_f, of_o = (fma(c, negative(c, gate), gate, gate) for gate in (i, f, o))
    of_g = fma(c, negative(c, g), g, one)
    return [
        times(of_i, dc, g),
        times(of_f, dc, before),
        times(times(i, dc), of_g),
        times(of_o, dh, tanh_c),
        times(dc, f),
    ]
