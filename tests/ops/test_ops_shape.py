"""Views, joins, splits, borders: recorded answers and errors; memory shared or not; meta against values."""

from __future__ import annotations

import pytest

from recorded import answer, blocks, lines, output, squeeze
from tensorsh import Session


@pytest.mark.parametrize(("program", "expected"), lines("ops_shape.txt"))
def test_as_recorded(program: str, expected: str) -> None:
    assert answer(program).replace(" ", "") == squeeze(expected).replace(" ", "")


@pytest.mark.parametrize(("program", "expected"), blocks("ops_views.txt"))
def test_programs_print_what_pytorch_prints(program: str, expected: str) -> None:
    assert output(program) == expected


VIEWS = """
x.view(6)  x.view(-1, 2)  x.reshape(3, 2)  x.t()  x.T  x.mT  x.transpose(0, 1)  x.permute(1, 0)  x.movedim(0, 1)
x.expand(4, 2, 3)  x.expand_as(zeros(4, 2, 3))  x.broadcast_to(4, 2, 3)  x.unsqueeze(1)  x.squeeze()  x.flatten()
x.ravel()  x.unflatten(1, (3, 1))  x.select(0, 1)  x.narrow(1, 1, 2)  x.unbind()[1]  x.split(1)[1]  x.chunk(3, 1)[2]
x.split([1, 2], 1)[1]  x.tensor_split(2, 1)[0]  x.hsplit(3)[1]  x.vsplit(2)[0]  x.diagonal()  x.unfold(1, 2, 1)
x.as_strided((2, 2), (1, 2))  x.detach()  x.data  x.view_as(zeros(3, 2))  x.swapaxes(0, 1)  x.contiguous()
x.view(int32)  x[0]  x[:, 1:]  x[None]  x.real  x.adjoint()
"""
COPIES = """
x.clone()  x.t().contiguous()  x.t().reshape(6)  x.t().flatten()  x.flip(0)  x.roll(1)  x.rot90()  x.repeat(1, 1)
x.tile(1)  x.double().float()  x.diag()  x.tril()  cat([x])  stack([x])  nn.functional.pad(x, (0, 0))
x.repeat_interleave(1)  x.to(float32, copy=True)  x.new_tensor(x)  x.t().ravel()
"""


def split(text: str) -> list[str]:
    return [part for line in text.strip().splitlines() for part in line.split("  ")]


@pytest.mark.parametrize("expression", split(VIEWS))
def test_views_share_memory_and_version(expression: str) -> None:
    session = Session()
    session.run(f"x = arange(6.).reshape(2, 3)\ny = {expression}\nx.zero_()")
    x, y = session["x"], session["y"]
    assert not y.array.any()
    assert y.version == (0 if expression == "x.data" else x.version)


@pytest.mark.parametrize("expression", split(COPIES))
def test_copies_do_not(expression: str) -> None:
    session = Session()
    session.run(f"x = arange(1., 7.).reshape(2, 3)\ny = {expression}\nx.zero_()")
    assert session["y"].array.any()


@pytest.mark.parametrize("expression", split(VIEWS) + split(COPIES))
def test_meta_knows_the_shape(expression: str) -> None:
    session = Session()
    session.run(f"x = arange(6.).reshape(2, 3)\ny = {expression}\nx = x.to('meta')\nz = {expression}")
    y, z = session["y"], session["z"]
    assert z.is_meta
    assert (y.spec.shape, y.dtype) == (z.spec.shape, z.dtype)


@pytest.mark.parametrize(
    ("expression", "strides"),
    [
        ("ones(2, 3)", (3, 1)),
        ("ones(2, 3).t()", (1, 3)),
        ("ones(2, 3, 4).permute(2, 0, 1)", (1, 12, 4)),
        ("ones(2, 3).unsqueeze(1)", (3, 3, 1)),
        ("ones(2, 3).t().unsqueeze(2)", (1, 3, 1)),
        ("ones(2, 3).t().unsqueeze(0)", (3, 1, 3)),
        ("ones(3)[None]", (3, 1)),
        ("ones(3)[:, None]", (1, 1)),
        ("ones(2, 1).expand(2, 3)", (1, 0)),
        ("ones(0, 3)", (3, 1)),
        ("ones(3, 0, 2)", (2, 2, 1)),
        ("ones(1, 3).t()", (1, 3)),
        ("ones(4, 4)[::2, 1]", (8,)),
        ("ones(3, 4).t().clone()", (1, 4)),
        ("ones(1, 4).expand(3, 4).clone()", (4, 1)),
        ("tensor(1.)", ()),
    ],
)
def test_strides(expression: str, strides: tuple[int, ...]) -> None:
    session = Session()
    session.run(f"x = ({expression}).stride()")
    assert session["x"] == strides


def test_offsets_count_from_the_owner_of_the_memory() -> None:
    session = Session()
    session.run(
        "x = arange(24).reshape(2, 3, 4)\na = x[1].storage_offset()\nb = x[1, 2, 3:].t().storage_offset()\n"
        "c = x[1].as_strided((2,), (1,)).tolist()\nd = x[1].as_strided((2,), (1,), 0).tolist()"
    )
    assert [session[n] for n in "abcd"] == [12, 23, [12, 13], [0, 1]]


def test_in_place_shapes_are_taken_back_when_a_statement_fails() -> None:
    session = Session()
    session.run("x = ones(2, 3)")
    with pytest.raises(Exception, match="invalid for input"):
        session.run("x.t_().view(7)")
    assert session["x"].spec.shape == (2, 3)
