"""Whatever an operand is, its error is the program's: describing it runs nothing of the program and does not fail."""

from __future__ import annotations

import pytest

from tensorsh import Session, TensorshError

FAILS = [
    "x = 10 ** 5000\nx + 'a'",
    "x = 10 ** 5000\nx.a",
    "x = 10 ** 5000\nx[1]",
    "d, x = {}, 10 ** 5000\nd[x]",
    "raise ValueError(10 ** 5000)",
    "assert False, 10 ** 5000",
    "print(10 ** 5000)",
    "x = 10 ** 5000\nf'{x}'",
    "x = range(10 ** 30)\nx + 1",
    "x = range(10 ** 9)\nx - 'a'",
    "class A(int):\n    def __str__(s): raise KeyError\n    __repr__ = __format__ = __str__\na = A(3)\na + 'b'",
    "class A(list):\n    def __len__(s): raise KeyError\na = A()\na - 1",
    "class A(dict):\n    def __len__(s): return 1 / 0\na = A()\na - 1",
    "class A(str):\n    def __len__(s): return -1\na = A()\na - 1",
    "class A:\n    def __getattribute__(s, n): raise KeyError('x')\na = A()\na + 1",
    "class A:\n    def __dir__(s): raise KeyError('x')\na = A()\na.b",
    "class E(Exception):\n    def __str__(s): raise KeyError('no')\nraise E()",
    "class E(Exception):\n    def __repr__(s): raise KeyError(3)\nraise E(E())",
    "class M(type):\n    def __repr__(s): raise KeyError\nclass A(metaclass=M): pass\na = A()\na + 1",
]


@pytest.mark.parametrize("head", ["", "import torch\n"])
@pytest.mark.parametrize("text", FAILS)
def test_the_error_is_the_program_s(head: str, text: str) -> None:
    with pytest.raises(TensorshError) as raised:
        Session().run(head + text)
    assert raised.value.code != "internal"


def test_an_integer_of_many_digits_is_told_by_its_bits() -> None:
    with pytest.raises(TensorshError) as raised:
        Session().run("x = 2 ** 5000\ny = 12\nx + y + 'a'")
    with pytest.raises(TensorshError) as other:
        Session().run("x = 2 ** 5000\nx + 'a'")
    assert [label for _, label in other.value.labels] == ["int of 5001 bits"]
    assert raised.value.code == other.value.code


@pytest.mark.parametrize(
    "call",
    [
        "torch.UntypedStorage(lambda: 1)",
        "torch.UntypedStorage(1.5)",
        "torch.UntypedStorage(-1)",
        "torch.UntypedStorage(['a'])",
        "torch.TypedStorage(None)",
        "torch.nn.Parameter(torch.ones(2), [1])",
        "torch.get_autocast_dtype([1])",
        "torch.func.grad(3)(torch.ones(2))",
        "torch.func.vmap(3)(torch.ones(2))",
        "torch.func.linearize(3, torch.ones(2))",
        "torch.autograd.functional.jacobian(None, torch.ones(2))",
        "torch.func.hessian('a')(torch.ones(2))",
        "torch.func.vjp(torch.ones(2), torch.ones(2))",
    ],
)
def test_what_the_engine_refuses_is_no_mistake_of_ours(call: str) -> None:
    with pytest.raises(TensorshError) as raised:
        Session().run(f"import torch\n{call}")
    assert raised.value.code == "type"


def test_an_array_that_is_to_be_a_flag() -> None:
    """Which of PyTorch's functions it is, its flags say, while the wrong call is explained."""
    session = Session()
    session.run("import numpy as np")
    for call in ("unique(ones(3), return_inverse=np.ones(2))", "unique(ones(3), float32, 1, np.ones(2))"):
        with pytest.raises(TensorshError, match="truth value of an array") as raised:
            session.run(f"torch.{call}")
        assert raised.value.kind == "value"
