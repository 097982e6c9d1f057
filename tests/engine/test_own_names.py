"""Programs have attributes of tensors under names that the engine uses: they are apart."""

from __future__ import annotations

import pytest

from recorded import output
from tensorsh import Session
from tensorsh.engine.values.tensor import OWN, SLOTS, Tensor

USE = """
import torch
def use(kind):
    t = torch.ones(2, 2).as_subclass(kind)
    w = torch.ones(2, 2, requires_grad=True).as_subclass(kind)
    t = t * 2 + 1
    t.add_(1)
    (w * t).sum().backward()
    t.view(4)[0] = 3
    return t.T.sum().item(), torch.cat([t, w]).tolist(), repr(t.clone().detach()), len(t[0]), (w * t).is_leaf
"""

CLASSES = """
class Mixed:
    {body}
class Below(torch.Tensor):
    {body}
class Again(Below): pass
class Aside(Mixed, torch.Tensor): pass
class Both(Mixed, Below): pass
class Between(Again, Mixed): pass
kinds = [Below, Again, Aside, Both, Between]
"""

BODIES = [
    ("{name} = 7", "t.{name}"),
    ("def {name}(self): return 7", "t.{name}()"),
    ("@property\n    def {name}(self): return 7", "t.{name}"),
    ("@classmethod\n    def {name}(cls): return 7", "kind.{name}()"),
]


@pytest.mark.parametrize("name", sorted(OWN))
def test_classes_may_have_any_name(name: str) -> None:
    plain = Session()
    plain.run(USE + "class Plain(torch.Tensor): pass\nkinds = [Plain]")
    expected = plain.evaluate("[use(kind) for kind in kinds]")[0]
    for body, look in BODIES:
        session = Session()
        session.run(USE + CLASSES.format(body=body.format(name=name)))
        for found, kind in zip(session.evaluate("[use(kind) for kind in kinds]"), "BAABB", strict=True):
            assert found[2][0] == kind and (*found[:2], *found[3:]) == (*expected[:2], *expected[3:])
        look = look.format(name=name)
        assert (
            session.evaluate(f"[{look} for kind in kinds for t in [torch.ones(1).as_subclass(kind) * 2]]")
            == [7] * 5
        )
        assert session.evaluate(f"[getattr(kind, '{name}', None) is None for kind in kinds]") == [False] * 5


@pytest.mark.parametrize("name", sorted(OWN))
def test_tensors_may_be_given_any_name(name: str) -> None:
    session = Session()
    session.run(
        f"import torch\nx = torch.ones(2, requires_grad=True)\nx.{name} = 5\ny = x * 2\nsetattr(y, '{name}', [3])\n"
        f"y.{name}.append(x.{name})\nx.{name} += 1\ny.sum().backward()"
    )
    assert session.evaluate(f"x.{name}, y.{name}, x.grad.tolist(), vars(x)") == (
        6,
        [3, 5],
        [2, 2],
        {f".{name}": 6},
    )
    assert session.evaluate(f"hasattr(x, '{name}'), hasattr(torch.ones(1), '{name}')") == (True, False)
    with pytest.raises(Exception, match="no attribute"):
        session.run(f"if True:\n    del x.{name}\n    x.{name}")
    assert session.evaluate(f"x.{name}") == 6  # the statement failed


def test_a_name_that_lists_have_is_no_name_of_the_engine() -> None:
    """`index` is read straight, for it is a method of every list."""
    assert "index" not in vars(Tensor) and OWN.issuperset(SLOTS)
    text = (
        "import torch\nx = torch.ones(2, requires_grad=True)\ny = x.unbind()[1]\ny.index = 9\ny.backward()\n"
    )
    assert output(text + "print(x.grad, y.index)") == "tensor([0., 1.]) 9\n"


PROGRAM = """
import torch
class T(torch.Tensor):
    spec = 1
    node: int = 3
    @staticmethod
    def __new__(cls, data, spec=None):
        self = torch.Tensor._make_subclass(cls, torch.as_tensor(data))
        self.spec = spec
        self.array = [spec]
        return self
    @classmethod
    def alias(cls, v): return cls, v, cls.node
    def counter(self): return self.spec, self.array
    @property
    def view_of(self): return self._v
    @view_of.setter
    def view_of(self, v): self._v = v
class U(T):
    def counter(self): return ("u", *super().counter())
    def version(self): return super().spec
t = U([1., 2.], "s")
t.view_of = 4
print(t.spec, t.counter(), t.version(), t.view_of, t.alias(2), U.spec, T.spec, t + 1, (t * 2).sum())
U.spec = "cls"
print(U.spec, T.spec, t.spec, (t + 1).spec)
print(hasattr(t, "leaf_hooks"), hasattr(t, "spec"), getattr(t, "node"), getattr(t, "mapped", "none"))
for place in (torch.ones(1), torch.Tensor):
    try:
        print(place.spec)
    except AttributeError as e:
        print(e)
class L(torch.Tensor):
    def __setattr__(self, n, v):
        print("set", n)
        super().__setattr__(n, v)
    def __getattr__(self, n):
        if n in ("node", "bar"):
            return "made " + n
        raise AttributeError(n)
    def __delattr__(self, n):
        print("del", n)
        super().__delattr__(n)
l = torch.ones(1).as_subclass(L)
l.spec = 3
l.foo = 4
print(l.spec, l.node, l.sin(), l.hypot(l), l.bar)
del l.spec
l.requires_grad_()
(l * 2).sum().backward()
print(l.grad, l.is_leaf)
class G(torch.Tensor):
    def __getattribute__(self, n):
        if n[:2] != "__":
            print("get", n)
        return super().__getattribute__(n)
g = torch.ones(2).as_subclass(G)
g.node = 2
print(g.node)
print(g.foo if hasattr(g, "foo") else "none")
class M:
    def __setattr__(self, n, v):
        print("mixed", n)
        super().__setattr__(n, v)
class N(M, L):
    spec = 5
n = torch.ones(1).as_subclass(N)
print(n.spec)
n.spec = 6
print(n.spec, n + 1)
"""


PRINTED = """\
s ('u', 's', ['s']) 1 4 (<class '__main__.U'>, 2, 3) 1 1 U([2., 3.]) U(6.)
cls 1 s cls
False True 3 none
'Tensor' object has no attribute 'spec'
type object 'Tensor' has no attribute 'spec'
set spec
set foo
3 made node L([0.8415]) L([1.4142]) made bar
del spec
tensor([2.]) True
get node
2
get foo
none
5
mixed spec
set spec
6 N([2.])
"""
SHOWN = """\
[[0.0, 0.0], [1.0, 0.0]]
1.0
True
[[2.0, 2.0], [2.0, 2.0]]
[0.0, 0.0]
1.0
1
[[0.0, 0.0], [1.0, 0.0]]
[[0.0, 0.0]]
torch.float32 own own
! size mismatch, got input (2), mat (2x2), vec (7)
"""


def test_a_program_that_has_them_all_ways() -> None:
    """Recorded from PyTorch."""
    assert output(PROGRAM) == PRINTED


def test_operations_look_past_what_a_class_says_of_its_shape() -> None:
    """Recorded from PyTorch."""
    text = """
import torch
class T(torch.Tensor):
    requires_grad = is_leaf = ndim = shape = "own"
show = lambda t: print(torch.Tensor.tolist(t))
t = torch.ones(2, 2).as_subclass(T)
t[0] = 5
t[:, 1] = torch.zeros(2)
t[t > 3] = 1
t[0, 0] = t[1, 1]
show(t)
show(torch.nn.Parameter(t).sum())
print(torch.Tensor.requires_grad_(t) is t)
torch.sum(t * 2).backward()
show(torch.Tensor.grad.__get__(t))
for x in (t.detach().new_zeros(2), t.double().sum(), t.type(torch.int32).sum(), t[[0, 1]], t[torch.tensor([0])]):
    show(x)
print(t.dtype, (t + 1).ndim, T.ndim)
t @ torch.ones(7)
"""
    assert output(text) == SHOWN


def test_a_parameter_of_an_inference_tensor() -> None:
    """Recorded from PyTorch."""
    text = (
        "import torch\nwith torch.inference_mode():\n    x = torch.ones(1)\n    p = torch.nn.Parameter(x)\n"
    )
    refused = "! Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.\n"
    assert output(text + "print(p.requires_grad)\ntorch.nn.Parameter(x)") == "True\n" + refused
