"""Help lines speak of operands as the program does, where it is clear which is meant; what they propose runs."""

from __future__ import annotations

import gc

import pytest

from tensorsh import Session
from tensorsh.engine.records.op import registry
from tensorsh.errors import TensorshError

BEGIN = "m = ones(2, 3); w = [1, 2, 3]; param p = [1., 2.]; v = ones(2); d = [m, w]"


@pytest.mark.parametrize(
    ("wrong", "help", "instead"),
    [
        ("m @ m", "transpose the right operand: m.T gives [2, 2]", "m @ m.T"),
        ("m @ v", "transpose the left operand: m.T gives [3]", "m.T @ v"),
        ("ones(2, 3) @ m", "transpose the right operand: m.T gives [2, 2]", "ones(2, 3) @ m.T"),
        ("mm(m, d[0])", "transpose the right operand: d[0].T gives [2, 2]", "mm(m, d[0].T)"),
        ("w.mean()", "convert first: w.float().mean()", "w.float().mean()"),
        ("d[1].mean()", "convert first: d[1].float().mean()", "d[1].float().mean()"),
        ("w += 0.5", "dtype; convert first: w = w.to(float32)", "w = w.to(float32); w += 0.5"),
        ("p += 1", "write `p = p + …` for a new tensor", "p = p + 1"),
        ("p.numpy()", "p.detach().numpy()", "p.detach().numpy()"),
        ("backward p", "`backward p with ones_like(p)`", "backward p with ones_like(p)"),
        ("m.T.view(6)", "m.T.contiguous().view(…) always does", "m.T.contiguous().view(6)"),
    ],
)
def test_in_own_words(wrong: str, help: str, instead: str) -> None:
    session = Session()
    session.run(BEGIN)
    with pytest.raises(TensorshError) as raised:
        session.run(wrong)
    assert help in raised.value.help
    session.run(instead)


@pytest.mark.parametrize(
    ("wrong", "help"),
    [
        ("m @ (m * 2)", "b.T gives [2, 2]"),  # long operands keep the letter
        ("(w * 2).mean()", "x.float().mean()"),
        ("v @ ones(2, dtype=float64)", "convert one operand, e.g. x.to(float64)"),  # not both of them
        ("w(0)", "x[0]; a product has its sign: x * (y)"),
        ("z = exp(p); z += 1; backward z.sum()", "`h = h + …`"),
    ],
)  # fmt: skip
def test_where_it_is_not_clear_letters_stay(wrong: str, help: str) -> None:
    session = Session()
    session.run(BEGIN)
    with pytest.raises(TensorshError) as raised:
        session.run(wrong)
    assert help in raised.value.help


def test_in_programs_of_pytorch() -> None:
    session = Session()
    with pytest.raises(TensorshError) as raised:
        session.run("import torch\nnet = torch.ones(2, requires_grad=True)\nnet.backward()")
    assert "net.backward(torch.ones_like(net))" in raised.value.help


def test_what_hands_a_call_on_does_not_hide_whose_operands_they_are() -> None:
    other, session, plain = Session(), Session(), registry["mm"].bound
    other.run("import torch\ncast = torch.autocast('cpu')\ncast.__enter__()")  # operations look for it now
    session.run("m = ones(2, 3)")
    with pytest.raises(TensorshError) as raised:
        session.run("m @ m")
    assert raised.value.help == "transpose the right operand: m.T gives [2, 2]" and raised.value.labels
    del other
    gc.collect()
    assert registry["mm"].bound is plain  # nobody looks any longer
