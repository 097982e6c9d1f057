"""What a program gives classes and namespaces of the library: in force for it alone, and taken back where it fails."""

from __future__ import annotations

import pytest

from recorded import output
from tensorsh import Session, TensorshError, torch

IMPORTS = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"


def test_methods_properties_and_functions() -> None:
    program = """
def count(self): return sum(p.numel() for p in self.parameters())
nn.Module.count = count
torch.Tensor.sizes = property(lambda self: list(self.shape))
torch.Tensor.node = "a name of the engine's"
setattr(torch.optim.Optimizer, "rates", lambda self: [g["lr"] for g in self.param_groups])
class Own(nn.Module): pass
layer = nn.Linear(2, 3)
print(layer.count(), Own().count(), layer.weight.sizes, torch.ones(1).node, Own.count is count)
print(torch.optim.SGD(layer.parameters(), lr=0.5).rates())
F.relu = lambda x, inplace=False: x * 10
torch.answer = 42
print(nn.ReLU()(torch.ones(1)), torch.answer, hasattr(torch, "answer"), "answer" in dir(torch))
del torch.answer, nn.Module.count
print(hasattr(torch, "answer"), hasattr(layer, "count"))
"""
    assert output(IMPORTS + program) == (
        "9 0 [3, 2] a name of the engine's True\n[0.5]\ntensor([10.]) 42 True True\nFalse False\n"
    )


def test_the_librarys_code_calls_what_is_in_the_place_of_its_methods() -> None:
    program = """
before = nn.Linear.forward
def noted(self, x):
    print("in", list(x.shape))
    return before(self, x)
nn.Linear.forward = noted
model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
model(torch.ones(3, 2))
nn.Linear.forward = before
model(torch.ones(3, 2))
for layer_type in (nn.Linear, nn.Conv2d):
    layer_type.reset_parameters = lambda self: None
torch.manual_seed(0)
nn.Linear(2, 2)
print(torch.rand(1))
"""
    assert output(IMPORTS + program) == "in [3, 2]\nin [3, 2]\ntensor([0.4963])\n"


def test_how_tensors_print() -> None:
    program = """
plain = torch.Tensor.__repr__
torch.Tensor.__repr__ = lambda self: f"{tuple(self.shape)} {plain(self)}"
t = torch.ones(2)
print(t, [t], f"{t}", str(t), repr(t), f"{torch.tensor(1.)}")
torch.Tensor.__repr__ = plain
print(t, f"{t}")
"""
    assert output(IMPORTS + program) == (
        "(2,) tensor([1., 1.]) [(2,) tensor([1., 1.])] (2,) tensor([1., 1.]) (2,) tensor([1., 1.]) "
        "(2,) tensor([1., 1.]) 1.0\ntensor([1., 1.]) tensor([1., 1.])\n"
    )


def test_it_is_the_sessions_own() -> None:
    one, other = Session(), Session()
    one.run(
        IMPORTS + "nn.Linear.mark = 1; nn.Linear.forward = lambda self, x: 'mine'; torch.mark = 2; F.relu = 3"
    )
    other.run(IMPORTS + "nn.Linear.mark = 7")
    for _ in range(2):
        assert one.evaluate("(nn.Linear.mark, nn.Linear(1, 1)(0), torch.mark, F.relu)") == (1, "mine", 2, 3)
        assert other.evaluate("(nn.Linear.mark, hasattr(torch, 'mark'), F.relu(torch.ones(1)).item())") == (
            7,
            False,
            1.0,
        )
    assert not hasattr(torch.nn.Linear, "mark") and torch.nn.Linear(1, 1)(torch.ones(1)).shape == (1,)


def test_a_failed_statement_takes_it_back() -> None:
    session = Session()
    session.run(IMPORTS + "nn.Linear.mark = 1")
    for failing in ("nn.Linear.mark = 2", "del nn.Linear.mark", "torch.Tensor.mark = 1", "F.relu = 1"):
        with pytest.raises(TensorshError):
            session.run(f"if True:\n    {failing}\n    1 / 0")
    assert session.evaluate("(nn.Linear.mark, hasattr(torch.Tensor, 'mark'), callable(F.relu))") == (
        1,
        False,
        True,
    )


def test_compiled_loops_hear_of_it() -> None:
    program = """
model, x = nn.Linear(2, 1), torch.ones(4, 2)
heard, totals = [], []
nn.Module.note = lambda self, value: heard.append(value)
before = nn.Linear.forward
def doubled(self, x): return before(self, x) * 2
with torch.no_grad():
    for i in range(60):
        if i == 30: nn.Linear.forward = doubled
        if i == 45: nn.Linear.forward = before
        y = model(x) * 1
        model.note(i)
        totals.append(round(y.sum().item() / before(model, x).sum().item()))
print(totals == [1] * 30 + [2] * 15 + [1] * 15, heard == list(range(60)))
"""
    assert output(IMPORTS + program) == "True True\n"


REFUSED = [
    ("torch.Size.mark = 1", "cannot set 'mark' attribute of immutable type 'torch.Size'"),
    ("torch.Tensor.__add__ = 1", "immutable type"),
    ("torch.Tensor.__torch_function__ = 1", "immutable type"),
    ("nn.Module.__init_subclass__ = 1", "immutable type"),
    ("nn.Linear.__bases__ = ()", "immutable type|no attribute"),
    ("nn.Linear.__class__ = int", "immutable type|no attribute"),
    ("nn.Module.mro = 1", "immutable type"),
    ("torch.__getattr__ = 1", "read-only|no attribute"),
    ("del torch.ones", "read-only"),
    ("del nn.Linear.nothing", "type object 'Linear' has no attribute 'nothing'"),
]


@pytest.mark.parametrize(("store", "words"), REFUSED)
def test_what_is_refused(store: str, words: str) -> None:
    with pytest.raises(TensorshError, match=words):
        Session().run(IMPORTS + store)
