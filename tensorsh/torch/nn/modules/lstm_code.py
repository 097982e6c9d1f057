"""LSTM layers as instructions: what one does to its gates in one step, and all its steps."""

from __future__ import annotations

from ....engine.compile.machine.code import Code
from ....engine.compile.machine.onednn import KIND, fma, negative, number, sigmoid, tanh
from ....engine.compile.machine.product_routines import onednn_product
from ....engine.compile.machine.routines import Routine, Word


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


def layer(
    f: Routine, gates: Word, bias: Word, cells: Word, outputs: Word, first: Word, weight: Word,
    tables: Word, parts: Word, count: Word, steps: Word, batch: Word, n: Word, few: Word,
) -> None:  # fmt: skip
    """All steps forward: gates (T, N, 4H) are what inputs give, `first` is h before, the weight lies as (H, 4H)."""
    four = n * 4
    with f.loop(steps) as t:
        before = f.at(outputs, (t - 1) * batch * n)
        h = f.address_of(t > 0, before, first)
        gate = f.at(gates, t * batch * four)
        onednn_product(f, gate, h, (n, 1), weight, (batch, four, n), parts, count, few)
        with f.loop(batch) as i:
            row, c = f.at(gate, i * four), f.at(cells, (t * batch + i) * n)
            after, out = f.at(c, batch * n), f.at(outputs, (t * batch + i) * n)
            with f.loop(n, independent=True) as j:
                places = [j + n * k for k in range(4)]
                given = [row[place] for place in places] + [bias[place] for place in places] + [c[j]]
                found = forward(f, [x.name for x in given], [tables.name])
                *four_gates, new, h_new = (Word(f, KIND, name) for name in found)
                for place, x in zip(places, four_gates, strict=True):
                    row[place] = x
                after[j] = new
                out[j] = h_new


def layer_backward(
    f: Routine, gates: Word, cells: Word, grad_output: Word, grad_h: Word, grad_c: Word, deltas: Word,
    weight: Word, tables: Word, parts: Word, count: Word, steps: Word, batch: Word, n: Word, few: Word,
) -> None:  # fmt: skip
    """All steps backward: the gradients of h and c after the last step become those before the first."""
    four = n * 4
    with f.loop(steps) as back:
        t = steps - 1 - back
        delta = f.at(deltas, t * batch * four)
        with f.loop(batch) as i:
            row, c = f.at(gates, (t * batch + i) * four), f.at(cells, (t * batch + i) * n)
            after, out = f.at(c, batch * n), f.at(grad_output, (t * batch + i) * n)
            h, slope, into = f.at(grad_h, i * n), f.at(grad_c, i * n), f.at(delta, i * four)
            with f.loop(n, independent=True) as j:
                places = [j + n * k for k in range(4)]
                given = [row[place] for place in places] + [c[j], after[j], out[j], h[j], slope[j]]
                found = backward(f, [x.name for x in given], [tables.name])
                *four_gates, c_new = (Word(f, KIND, name) for name in found)
                for place, x in zip(places, four_gates, strict=True):
                    into[place] = x
                slope[j] = c_new
        start = f.choose(batch > 1, -0.0, f.given(0.0, KIND))  # a chain begins with zero, a sum with nothing
        with f.loop(batch * n, independent=True) as j:
            grad_h[j] = start
        onednn_product(f, grad_h, delta, (four, 1), weight, (batch, n, four), parts, count, few)
