"""New tensors, numbers as elements, random fills: recorded answers and errors; casts bit by bit."""

from __future__ import annotations

import numpy as np
import pytest

from recorded import answer, lines, squeeze
from tensorsh import Session, TensorshError
from tensorsh.engine.core import dtype as dt
from tensorsh.engine.core.dtype import DType
from tensorsh.ops.rules.numbers import cast_array


@pytest.mark.parametrize(("program", "expected"), lines("ops_create.txt"))
def test_as_recorded(program: str, expected: str) -> None:
    assert answer(program).replace(" ", "") == squeeze(expected).replace(" ", "")


VALUES = [1.9, -1.9, 127.5, 255.0, 256.0, 300.0, -300.0, 70000.0, 2.0**31, 2.0**40, 2.0**63, 1e20]
VALUES += [float("inf"), float("-inf"), float("nan")]
CASTS = {
    dt.uint8: [1, 255, 127, 255, 0, 44, 212, 112, 0, 0, 0, 0, 0, 0, 0],
    dt.int8: [1, -1, 127, -1, 0, 44, -44, 112, 0, 0, 0, 0, 0, 0, 0],
    dt.int16: [1, -1, 127, 255, 256, 300, -300, 4464, 0, 0, 0, 0, 0, 0, 0],
    dt.int32: [1, -1, 127, 255, 256, 300, -300, 70000] + [-(2**31)] * 7,
    dt.int64: [1, -1, 127, 255, 256, 300, -300, 70000, 2**31, 2**40] + [-(2**63)] * 5,
    dt.bool_: [True] * 15,
}


@pytest.mark.parametrize("source", [np.float32, np.float64])
@pytest.mark.parametrize("target", CASTS, ids=lambda d: d.name)
def test_floats_out_of_range_become_what_x86_makes_of_them(source: type, target: DType) -> None:
    assert cast_array(np.array(VALUES, source), target).tolist() == CASTS[target]


def test_float64_is_rounded_twice_on_its_way_to_16_bits() -> None:
    just_above_a_tie = np.array([1 + 2**-11 + 2**-40])
    assert cast_array(just_above_a_tie, dt.float16).tolist() == [1.0]


def test_complex_to_real_drops_the_imaginary_part() -> None:
    assert cast_array(np.array([2 + 3j, 3j]), dt.int64).tolist() == [2, 0]
    assert cast_array(np.array([0j, 3j]), dt.bool_).tolist() == [False, True]


def test_as_tensor_is_the_tensor_itself_when_nothing_changes() -> None:
    session = Session()
    session.run("x = ones(2)\ny = as_tensor(x)\nz = as_tensor(x, dtype=float64)")
    assert session["y"] is session["x"]
    assert session["z"] is not session["x"]


def test_tensor_copies_and_leaves_the_graph() -> None:
    session = Session()
    session.run("x = ones(2, requires_grad=True)\ny = tensor(x)\nwith no_grad():\n    x.add_(1)")
    assert session["y"].tolist() == [1.0, 1.0]
    assert not session["y"].requires_grad


def test_linspace_rounds_once() -> None:
    session = Session()
    session.run("x = linspace(-1, 1, 1001)")
    x = session["x"].numpy()
    assert x[500] == np.float32(-4.7497452e-08)  # in PyTorch, too: a fused multiply-add
    assert (x[:500] == -x[:500:-1]).all()


RANDOM = {
    "rand(3)": [0.49625658988952637, 0.7682217955589294, 0.08847743272781372],
    "rand(2, dtype=float64)": [0.9700530018065531, 0.707819864399788],
    "randn(2)": [1.5409960746765137, -0.293428897857666],
    "randint(10, (4,))": [4, 9, 3, 0],
    "randint(-5, 5, (3,), dtype=int8)": [-1, 4, -2],
    "randperm(5)": [4, 0, 1, 3, 2],
}


@pytest.mark.parametrize("program", RANDOM)
def test_random_numbers_are_those_of_pytorch(program: str) -> None:
    session = Session()
    session.run(f"manual_seed(0)\nx = {program}")
    assert session["x"].tolist() == RANDOM[program]


def test_a_generator_of_ones_own_leaves_the_default_stream_alone() -> None:
    session = Session()
    session.run(
        "manual_seed(0)\ng = Generator().manual_seed(3)\na = rand(2, generator=g)\nb = rand(3)\n"
        "g.manual_seed(3);\nc = zeros(2).uniform_(generator=g)"
    )
    assert session["b"].tolist() == RANDOM["rand(3)"]
    assert session["a"].tolist() == session["c"].tolist()


def test_a_failed_statement_gives_its_numbers_back() -> None:
    session = Session()
    session.run("g = Generator().manual_seed(3)\na = rand(2, generator=g)\ng.manual_seed(3);")
    with pytest.raises(Exception, match="shape"):
        session.run("rand(2, generator=g).view(3)")
    session.run("b = rand(2, generator=g)")
    assert session["a"].tolist() == session["b"].tolist()


def test_filling_in_place_cuts_a_tensor_off_from_its_past() -> None:
    session = Session()
    session.run("x = ones(3, requires_grad=True)\ny = x * 2\ny.normal_()\ny.sum().backward()")
    assert session["y"].grad_fn.name() == "NormalBackward0"
    assert session["x"].grad.tolist() == [0.0, 0.0, 0.0]


def test_nothing_is_drawn_on_meta() -> None:
    session = Session()
    session.run("manual_seed(0)\nx = rand(1000, device='meta')\ny = rand(3)")
    assert session["x"].is_meta
    assert session["y"].tolist() == RANDOM["rand(3)"]


@pytest.mark.parametrize(
    ("call", "sizes"),
    [
        ("torch.empty(2**62)", [2**62]),
        ("torch.zeros(2**40, 2**40)", [2**40, 2**40]),
        ("torch.ones(2**63 - 1)", [2**63 - 1]),
        ("torch.empty(2**62, device='meta')", [2**62]),
        ("torch.randn(2**62)", [2**62]),
        ("torch.full((2**62,), 1.)", [2**62]),
        ("torch.ones(3).repeat(2**40, 2**40)", [2**40, 3 * 2**40]),
    ],
)
def test_a_size_that_cannot_be_counted_is_pytorch_s_error(call: str, sizes: list[int]) -> None:
    session = Session()
    with pytest.raises(TensorshError) as caught:
        session.run(f"import torch\n{call}")
    error = caught.value
    assert (error.error_class, error.code) == ("RuntimeError", "out-of-memory")
    assert error.message == f"Storage size calculation overflowed with sizes={sizes}"


@pytest.mark.parametrize(
    "call", ["combinations(torch.arange(10000), 5)", "cartesian_prod(*[torch.arange(1000)] * 8)"]
)
def test_combinations_without_number_are_refused_at_once(call: str) -> None:
    session = Session()
    with pytest.raises(TensorshError) as caught:
        session.run(f"import torch\ntorch.{call}")
    assert (caught.value.error_class, caught.value.code) == ("RuntimeError", "out-of-memory")
