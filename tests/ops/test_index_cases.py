"""Indices where one rule meets another: shapes without values, slices of a vmap, ends that move in a loop, wrong calls.

Each was once changed without a test that noticed; what PyTorch says is written out.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import product

import numpy as np
import pytest

from tensorsh import Session, TensorshError
from tensorsh.display import text

X = "x = torch.arange(24.).reshape(2, 3, 4)\ni, j = torch.tensor([1, 0]), torch.tensor([1, 2])\n"
SUBSCRIPTS = [
    "i",
    "i, j",
    ":, i",
    ":, i, j",
    ":, :, i",
    "i, :, j",
    "..., j",
    "i[:, None], :, j",
    "i, 1:, 2",
    "None, i, j",
]
DRAWN = np.arange(24.0, dtype=np.float32).reshape(2, 3, 4)


@pytest.fixture
def session() -> Session:
    session = Session(seed=0)
    session.run(f"import torch\n{X}")
    return session


@pytest.mark.parametrize("subscript", SUBSCRIPTS)
def test_an_index_is_numpys_with_values_and_without(session: Session, subscript: str) -> None:
    i, j = np.array([1, 0]), np.array([1, 2])
    expected = eval(f"x[{subscript}]", {"x": DRAWN, "i": i, "j": j})
    assert session.run(f"x[{subscript}].tolist()") == [expected.tolist()]
    assert session.run(f"tuple(x.to('meta')[{subscript}].shape)") == [expected.shape]


@pytest.mark.parametrize("subscript, varies", product(SUBSCRIPTS[:-1], ["x", "i", "x, i"]))
def test_an_index_under_vmap(session: Session, subscript: str, varies: str) -> None:
    """The same as slice by slice, read and written."""
    session.run(
        "X, I = torch.stack([x, x + 100, x * 2]), torch.tensor([[1, 0], [0, 0], [1, 1]])\n"
        f"def get(x, i): return x[{subscript}]\n"
        f"def put(x, i):\n    y = x.clone()\n    y[{subscript}] = x[{subscript}] * 10\n    return y\n"
        f"dims = ({0 if 'x' in varies else None}, {0 if 'i' in varies else None})\n"
        "each = [(X[k] if dims[0] == 0 else x, I[k] if dims[1] == 0 else i) for k in range(3)]\n"
    )
    for f in ("get", "put"):
        if f == "put" and varies == "i":
            continue  # what is written to is the same for all, which PyTorch refuses
        a, b = ("X" if "x" in varies else "x"), ("I" if "i" in varies else "i")
        same = f"torch.equal(torch.func.vmap({f}, dims)({a}, {b}), torch.stack([{f}(*p) for p in each]))"
        assert session.run(same) == [True], f


@pytest.mark.parametrize("subscript", ["i", "i, j", ":, i", "i, :, j", "i[:, None], j", "i[0], j"])
@pytest.mark.parametrize("shape", [(), (4,), (1, 4), (1,)])
def test_what_is_written_under_vmap_has_fewer_dimensions(
    session: Session, subscript: str, shape: tuple[int, ...]
) -> None:
    """It stands at the end of what an index names, whether it varies or not."""
    size = 4 * int(np.prod(shape))
    session.run(
        "X = torch.stack([x, x + 100, x * 2, x - 1])\n"
        f"V = torch.arange({size}.).reshape(4, *{shape})\n"
        f"def put(x, v):\n    y = x.clone()\n    y[{subscript}] = v\n    return y\n"
    )
    region = np.empty((2, 3, 4))[
        eval(f"np.index_exp[{subscript}]", {"np": np, "i": np.array([1, 0]), "j": np.array([1, 2])})
    ]
    try:
        np.broadcast_to(np.empty(shape), region.shape)
    except ValueError:
        return
    for dims, v, each in (("(0, 0)", "V", "V[k]"), ("(0, None)", "V[1]", "V[1]")):
        same = f"torch.equal(torch.func.vmap(put, {dims})(X, {v}), torch.stack([put(X[k], {each}) for k in range(4)]))"
        assert session.run(same) == [True], dims


@pytest.mark.parametrize(
    "part",
    [
        "n:n + 3",
        "n:",
        ":n + 1",
        "-n - 1:",
        ":-n - 1",
        "n:100",
        "-100:n + 1",
        "n:n + 4:2",
        "n - 1:n + 2",
        "n - n:",
        "n - n::2",
        ":n + 60",
        "n - n:100",
        "n - 100:n - n + 3",
        "-100:n - n + 3",
        "n - n + 57:n + 60",
        "n - n + 3:n - n",
        "n - n + 3:57",
    ],
)
@pytest.mark.parametrize("behind", ["", ", 0", ", ::2"])
def test_slices_whose_ends_move_in_a_compiled_loop(part: str, behind: str) -> None:
    program = (
        "import torch\nx = torch.arange(180.).reshape(60, 3)\nfound = []\ntotal = torch.zeros(())\n"
        f"for n in range(1, 50):\n    y = x[{part}{behind}] * 2\n    total = total + y.sum()\n"
        "    found += [y.sum().item()]\n"
    )
    found = []
    for compile in (True, False):
        session = Session(seed=0, compile=compile)
        session.run(program)
        found.append(session.run("found, total.item()")[0])
    assert found[0] == found[1]
    x = np.arange(180.0, dtype=np.float32).reshape(60, 3)
    assert found[1][0] == [
        float((eval(f"x[{part}{behind}]", {"x": x, "n": n}) * 2).sum()) for n in range(1, 50)
    ]


@pytest.mark.parametrize(
    "program, said",
    [
        ("x[:, torch.ones(3, 5, dtype=torch.bool)]", "at index 1 does not match the shape of the * at index 2"),
        ("x[:, :, torch.ones(3, dtype=torch.bool)]", "at index 0 does not match the shape of the * at index 2"),
        ("i[0] = 2**63", "Overflow when unpacking long long"),
        ("i[0] = -2**63 - 1", "Overflow when unpacking long long"),
        ("torch.zeros(2, 3).index_copy(1, i, torch.ones(3, 2))", "shape: 2 at dimension 1 * slice shape: 3 at"),
        ("torch.zeros(2, 3, 4).index_copy(1, i, torch.ones(2, 2, 5))", "shape: 2 4 at dimension 1 * slice shape: 2 5"),
        ("x.index_copy_(0, torch.tensor([0, 1]), x)", "refer to a single memory location"),
        ("x.index_add_(0, torch.tensor([0, 1]), x)", "refer to a single memory location"),
        ("torch.autograd.backward([x.requires_grad_().sum(), 3])", "Expected output to be a torch.Tensor"),
        ("torch.autograd.grad([x.requires_grad_().sum()], [x, 3])", "all inputs have to be Tensors * but got int"),
    ],
)  # fmt: skip
def test_what_pytorch_says(session: Session, program: str, said: str) -> None:
    with pytest.raises(TensorshError) as found:
        session.run(program)
    assert fnmatchcase(found.value.message, f"*{said}*")
    assert session.run("x.sum().item(), i.tolist()") == [(276.0, [1, 0])]


def test_the_smallest_number_is_one(session: Session) -> None:
    session.run("i[0] = -2**63")
    assert session.run("i.tolist()") == [[-(2**63), 0]]


@pytest.mark.parametrize("dim", [0, 1, -1, -2])
@pytest.mark.parametrize("name", ["index_copy", "index_add"])
def test_rows_along_each_dimension(session: Session, name: str, dim: int) -> None:
    session.run("y, s = torch.arange(12.).reshape(3, 4), torch.ones(3, 4) * 7")
    y, at = np.arange(12.0).reshape(3, 4), [slice(None), slice(None)]
    at[dim] = np.array([2, 0])  # type: ignore[call-overload]
    y[tuple(at)] = 7 if name == "index_copy" else y[tuple(at)] + 7
    assert session.run(f"y.{name}({dim}, torch.tensor([2, 0]), s.narrow({dim}, 0, 2)).tolist()") == [
        y.tolist()
    ]


@pytest.mark.parametrize("alpha, grad", [("0", 0.0), ("1", 1.0), ("2.5", 2.5)])
def test_the_gradient_of_what_is_added(session: Session, alpha: str, grad: float) -> None:
    session.run("s = torch.ones(2, 2, requires_grad=True)")
    session.run(f"torch.zeros(3, 2).index_add(0, torch.tensor([0, 2]), s, alpha={alpha}).sum().backward()")
    assert session.run("s.grad.tolist()") == [[[grad] * 2] * 2]


def test_slices_are_differentiated_twice(session: Session) -> None:
    session.run("w = torch.arange(6., requires_grad=True)")
    session.run("g, = torch.autograd.grad((w[1:5:2] ** 3).sum(), w, create_graph=True)")
    assert session.run("torch.autograd.grad((g[1:4] ** 2).sum(), w)[0].tolist()") == [[0, 36, 0, 972, 0, 0]]


SHOWN = [
    "x[1]",
    "x[:, 2]",
    "x[1:]",
    "x[:, :2]",
    "x[:, 1:3]",
    "x[:, ::2]",
    "x[:, 1:4:2]",
    "x[:, tensor([0, 2])]",
]


@pytest.mark.parametrize("shown", SHOWN)
def test_how_an_index_is_explained(shown: str) -> None:
    (found,) = Session(seed=0).run(f"param x = arange(15.).reshape(3, 5); y = {shown} * 2; explain y.sum()")
    assert f" = {shown} " in text(found, None, "torch", color=False, width=100)


@pytest.mark.parametrize(
    "subscript, known", [("[0, 2]", True), ("[0, 2], [1, 1]", True), (":, [0, 2]", False)]
)
def test_how_a_write_by_index_is_explained(subscript: str, known: bool) -> None:
    program = f"param x = arange(15.).reshape(3, 5); z = x * 1; z[{subscript}] = 5; explain z.sum()"
    (found,) = Session(seed=0).run(program)
    assert (".index_put((tensor([0, 2])," in text(found, None, "torch", color=False, width=100)) == known


def test_a_list_is_assigned_where_lists_are_tensors() -> None:
    assert Session().run("x = zeros(2); x[:] = [1, 2]; x.tolist()") == [[1.0, 2.0]]
    with pytest.raises(TensorshError) as told:
        Session().run("import torch\nx = torch.zeros(2)\nx[:] = [1, 2]")
    assert told.value.message == "can't assign a list to a torch.FloatTensor"


def test_who_counts_too_far_is_told_how_far_one_may() -> None:
    with pytest.raises(TensorshError) as told:
        Session().run("zeros(3)[5]")
    assert told.value.help == "valid indices are -3 to 2"
