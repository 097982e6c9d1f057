"""Names under which tensorsh's own objects keep what is theirs are names like any other on a program's objects."""

from __future__ import annotations

import contextlib
import io

import pytest

from tensorsh import Session, TensorshError
from tensorsh.engine.graph.grad_fn import GraphNode
from tensorsh.engine.values.tensor import OWN, Tensor
from tensorsh.lang.code.pythonic import private

NAMES = sorted(private())

#: classes that have an attribute NAME, each with all that can be done with it
CLASSES = {
    "plain": """
class A:
    def __init__(self, value):
        self.NAME = value
a = A(1)
a.NAME += 1
print(a.NAME, hasattr(a, 'NAME'), getattr(a, 'NAME'), vars(a))
a.NAME: int = 5
(a.NAME, b), c = (6, 7), 8
for a.NAME in range(3): pass
print(a.NAME)
del a.NAME
print(hasattr(a, 'NAME'), vars(a))
try:
    a.NAME
except AttributeError as error:
    print(error, error.name)
""",
    "with a list called public": """
class A:
    public = ['x']
    secret = 3
a = A()
a.NAME = 1
a.NAME = a.NAME * 2
print(a.NAME, vars(a), a.public is A.public)
del a.NAME
print(hasattr(a, 'NAME') and a.NAME is A.public)
try:
    a.secreT
except AttributeError as error:
    print(error)
""",
    "with public, true": """
class A:
    public = True
class B(A):
    pass
b = B()
b.NAME = [1]
b.NAME.append(2)
print(b.NAME, vars(b))
try:
    b.pubic
except AttributeError as error:
    print(error)
""",
    "of the class": """
class A:
    NAME = 4
class B(A):
    pass
A.NAME += 1
B.NAME = A.NAME * 2
print(A.NAME, B.NAME, B().NAME)
del B.NAME
print(B.NAME)
""",
    "a method": """
class A:
    def NAME(self, n):
        return n + 1
class B(A):
    def NAME(self, n):
        return super().NAME(n) * 2
print(B().NAME(3), A.NAME(A(), 1))
""",
    "a property": """
class A:
    value = 1
    @property
    def NAME(self):
        return self.value
    @NAME.setter
    def NAME(self, new):
        self.value = new
    @NAME.deleter
    def NAME(self):
        self.value = 0
a = A()
a.NAME = 3
a.NAME += 1
print(a.NAME, vars(a))
del a.NAME
print(a.NAME)
""",
    "a slot": """
class A:
    __slots__ = ('NAME', 'b')
a = A()
a.NAME = 3
print(a.NAME)
del a.NAME
print(hasattr(a, 'NAME'))
""",
    "answered for": """
class A:
    def __getattr__(self, name): return name.upper()
    def __setattr__(self, name, value): print('set', name, value)
    def __delattr__(self, name): print('del', name)
a = A()
a.NAME = 1
del a.NAME
print(a.NAME)
""",
    "an exception's": """
class Failed(Exception):
    def __init__(self, n):
        super().__init__(n)
        self.NAME = n
try:
    raise Failed(3)
except Failed as error:
    error.NAME += 1
    print(error.NAME)
""",
}


@pytest.mark.parametrize("kind", CLASSES)
def test_a_programs_objects_have_these_names_as_in_python(kind: str) -> None:
    for name in NAMES:
        text = CLASSES[kind].replace("NAME", name)
        with contextlib.redirect_stdout(io.StringIO()) as expected:
            exec(compile(text, "<python>", "exec"), {"__name__": "__main__"})
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            Session().execute(f"import torch\n{text}", "<input>", lambda shown: None)
        assert printed.getvalue() == expected.getvalue(), name


@pytest.mark.parametrize("public", ["", "public = True", "public = ['x']"])
@pytest.mark.parametrize("name", ["names", "version", "run"])
def test_so_they_have_in_a_loop_and_under_vmap(name: str, public: str) -> None:
    session = Session()
    session.execute(
        f"""
import torch
class A:
    {public or "pass"}
a = A()
a.NAME = torch.zeros(2)
a.n = 0
for i in range(12):
    a.n = i
    a.NAME = a.NAME * 0.5 + a.n
    y = torch.tanh(a.NAME) + a.NAME
def f(x):
    a.NAME = 3
    a.NAME += 1
    del a.NAME
    a.NAME = 2
    return x * a.NAME
before = a.NAME
found = torch.vmap(f)(torch.ones(3))
""".replace("NAME", name)
    )
    n = 0.0
    for i in range(12):
        n = n * 0.5 + i
    assert session["before"].tolist() == [n, n]
    assert session["found"].tolist() == [2.0, 2.0, 2.0]


#: objects of ours, and those of the names that a program may have of them
OURS = {
    "torch.ones(2)": Tensor.public,
    "torch.nn.Parameter(torch.ones(2))": Tensor.public,
    "Mine(torch.ones(2))": Tensor.public | {"public", "title", "run"},  # the last are its own
    "torch.float32": set(),
    "torch.device('cpu')": set(),
    "torch.add": set(),
    "(torch.ones(2, requires_grad=True) * 2).grad_fn": GraphNode.public,
}


@pytest.mark.parametrize("value", OURS)
def test_of_tensorshs_own_objects_they_are_hidden(value: str) -> None:
    session = Session()
    session.execute(
        "import torch, operator\nclass Mine(torch.Tensor):\n    public = ['array', 'node']\n    title = 'mine'\n"
        f"    def run(self): return 1\nclass Plain: pass\nplain = Plain()\nvalue = {value}\nseen = []"
    )
    kept = [name for name in NAMES if name not in OURS[value] and hasattr(session["value"], name)]
    assert len(kept) > 1
    for name in kept:
        session.execute(f"plain.{name} = 1\nfound = hasattr(value, '{name}'), getattr(value, '{name}', None)")
        assert session["found"] == (False, None)
        for line in (
            f"seen.append(value.{name})",
            f"seen.append(getattr(value, '{name}'))",
            f"seen.append(operator.attrgetter('{name}')(value))",
            f"for one in (plain, value): found = one.{name}",
            f"delattr(value, '{name}')",
        ):
            with pytest.raises(TensorshError, match=r"attribute|read-only"):
                session.execute(line)
        for line in (f"value.{name} = 'own'", f"setattr(value, '{name}', 'own')"):
            if name not in OWN or not isinstance(session["value"], Tensor):
                with pytest.raises(TensorshError, match=r"attribute|read-only"):
                    session.execute(line)
                continue
            before = repr(getattr(session["value"], name))  # a tensor takes any name; the engine has its own
            session.execute(f"{line}\nfound = value.{name}\ndel value.{name}")
            assert session["found"] == "own" and repr(getattr(session["value"], name)) == before
    assert not session["seen"]
    repr(session["value"])


def test_a_tensor_of_an_own_class_has_what_its_class_gives_it() -> None:
    session = Session()
    session.execute(
        "import torch\nclass Mine(torch.Tensor):\n    title = 'mine'\n    def run(self): return self.title\n"
        "mine = Mine(torch.ones(2))\nfound = mine.title, mine.run(), getattr(mine, 'run')(), hasattr(mine, 'bits')"
    )
    assert session["found"] == ("mine", "mine", "mine", False)


def test_the_report_of_a_missing_attribute_asks_no_public_of_the_programs() -> None:
    with pytest.raises(TensorshError, match="'A' object has no attribute 'secred'") as caught:
        Session().execute("import torch\nclass A:\n    public = True\n    secret = 1\nA().secred")
    assert caught.value.help == "did you mean 'secret'?"
