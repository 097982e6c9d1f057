"""Names under which tensorsh's own objects keep what is theirs are names like any other on a program's objects."""

from __future__ import annotations

import contextlib
import io

import pytest

from tensorsh import Session, TensorshError
from tensorsh.engine.graph.grad_fn import GraphNode
from tensorsh.engine.values.tensor import OWN, Tensor
from tensorsh.kinds.classes import Classes
from tensorsh.lang.code.pythonic import private
from tensorsh.lang.names import faces

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


#: a program's objects and classes, in every place where such a name is read, written or called
PLACES = """
class A:
    node, count = 1, 0
    def both(self, step=1):
        "what it adds"
        self.counter = self.node
        for _ in range(3):
            self.counter += step
        return self.counter
    def nested(self):
        self.counter = 0
        def inner():
            self.counter += 1
        class Local:
            title = self.counter
        inner()
        return (lambda self: self.node)(A()), [self.node for self in (A(), A())], self.counter, Local.title
    def anew(self):
        found = [self.node]
        self = B()
        return [*found, self.node]
    def rounds(self):
        while True:
            yield self.node
    @classmethod
    def made(cls):
        cls.count += 1
        cls.node += 1
        return cls.count, cls.node
class B:
    node = 'of b'
a, some = A(), [A(), A()]
print(a.both(), A.both.__doc__, A.both.__defaults__, a.nested(), a.anew(), next(a.rounds()), A.made(), a.node)
some[0].node, some[1].value = 5, 6
some[0].node += 1
(some[1].kernel, *some[1].array), some[1].bits = [1, 2, 3], 4
type(a).count += 1
some[0].__class__.count += 1
print(vars(some[0]), vars(some[1]), A.count)
"""


def test_they_are_read_and_written_wherever_they_stand() -> None:
    expected, found = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(expected):
        exec(PLACES, {"__name__": "__main__"})
    with contextlib.redirect_stdout(found):
        Session().execute(f"import torch\n{PLACES}")
    assert found.getvalue() == expected.getvalue() != ""


def test_a_function_looks_at_each_argument_for_itself() -> None:
    session = Session()
    session.execute(
        "import torch\nclass A:\n    node = 1\ndef read(value):\n    return value.node\ndef write(value):\n"
        "    value.node = 2\n    return value.node\nfound = read(A()), write(A()), write(A)"
    )
    assert session["found"] == (1, 2, 2)
    for called in ("read(torch.ones(2))", "read(torch.Tensor)", "read(torch.nn)"):
        with pytest.raises(TensorshError, match="has no attribute 'node'"):
            session.execute(called)


#: each says of its objects, which are classes, that they are equal to all others, or that nothing can be looked up
METACLASSES = {
    "equal": "    def __hash__(cls): return hash(A)\n    def __eq__(cls, other): return True",
    "later": "    pass\nMeta.__eq__ = lambda cls, other: True\nMeta.__hash__ = lambda cls: hash(A)",
}


@pytest.mark.parametrize("metaclass", METACLASSES.values(), ids=METACLASSES)
def test_a_metaclass_that_has_its_own_equality_is_not_believed(
    metaclass: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Classes, "careful", False)
    session = Session()
    session.execute(
        "import torch\nclass A:\n    node = 1\n    def read(self): return self.node\n"
        f"found = A().read()\nclass Meta(type(torch.Tensor)):\n{metaclass}\n"
        f"Tensors = Meta\nclass Meta(type):\n{metaclass}\n"
        "class Mine(torch.Tensor, metaclass=Tensors):\n    pass\nclass Plain(metaclass=Meta):\n    node = 2\n"
        "found = found, A.read(Plain()), A.read(A())\nmine = Mine(torch.ones(2))"
    )
    assert session["found"] == (1, 2, 1)
    with pytest.raises(TensorshError, match="has no attribute 'node'"):
        session.execute("A.read(mine)")


def test_a_class_goes_when_nothing_mentions_it() -> None:
    session = Session()
    session.execute(
        "import torch, gc, weakref\ndef made():\n    class A:\n        node = 1\n    a = A()\n    a.node += 1\n"
        "    A.count = a.node\n    return weakref.ref(A)\nfound = made()\nbefore = found() is None\n_ = gc.collect()\n"
        "found = before, found() is None"
    )
    assert session["found"] == (False, True)


def test_of_a_programs_own_objects_no_face_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs of classes run as fast with these names as with any other."""

    def face(value: object, *_: object) -> None:
        raise AssertionError(f"{value} was asked through a face")

    monkeypatch.setattr(faces, "Face", face)
    session = Session()
    session.execute(
        "import torch\nclass A:\n    count = 0\n    def __init__(self): self.array, self.counter = [], 0\n"
        "    def run(self):\n        self.array.append(A.count)\n        self.counter += 1\n"
        "        A.count += 1\n        type(self).count += 1\n"
        "a = A()\nfor _ in range(3): a.run()\nb = [a]\nb[0].counter += 1\nfound = a.array, a.counter, A.count"
    )
    assert session["found"] == ([0, 2, 4], 4, 6)


def test_items_and_attributes_are_asked_wherever_they_are_read() -> None:
    session = Session()
    session.execute(
        "import torch, weakref\nclass A:\n    def __init__(self, node): self.node = node\n"
        "a = A(A(A(7)))\nclass B:\n    array = [a, a]\n    found = [x.node.node.node for x in [a]]\n"
        "def read(items):\n    n = items[0].node.node.node + items[-1].node.node.node\n"
        "    items[0].node.node.node += 1\n    f = lambda: items[0].node.node.node\n"
        "    return n, f(), [items[i].node.node.node for i in range(1)], sorted(locals())\n"
        "def gone():\n    whom = []\n    def made():\n        it = A(1)\n        whom.append(weakref.ref(it))\n"
        "        return it\n    return made().node, whom[0]()\n"
        "found = B.found, read(B.array), gone(), read([a])[0]"
    )
    assert session["found"] == ([7], (14, 8, [8], ["f", "items", "n"]), (1, None), 16)
    for called in ("read([A(A(torch.ones(2)))])", "read([A(torch.ones(2))])"):
        with pytest.raises(TensorshError, match="has no attribute 'node'"):
            session.execute(called)


METHODS = """
import torch, sys, weakref, gc
class Mine(torch.Tensor):
    def look(self):
        try:
            a = self.array
        except AttributeError as e:
            print('no', str(e)[:60])
        try:
            b = self.node
        except AttributeError as e:
            print('no', str(e)[:60])
        return self.shape
print(torch.ones(2).as_subclass(Mine).look())
class Node:
    version = 0
    def __init__(self, n):
        self.array = [n]; self.node = None; self.version = n
    def chain(self, other):
        self.node = other
        f = lambda: self.array + [self.version]
        g = [self.version for _ in self.array]
        def inner():
            return self.node.version, self.version
        class C:
            def m(me): return me.__class__.__name__, self.version
        return f(), g, inner(), C().m(), sorted(locals())
    def gen(self):
        for i in range(2):
            self.version += 1
            yield self.version, self.array
    def rebind(self):
        self.version = 3
        self = Node(9)
        return self.version, self.array
    def nl(self):
        def f():
            nonlocal self
            self = Node(7)
        f()
        return self.version, self.array
    def wal(self):
        if (self := Node(5)): pass
        return self.version, self.array
    def gone(self):
        self.version = 2
        r = weakref.ref(self)
        a = self.array
        del self
        return r() is None, a
    def kind(self):
        self.version = 1
        class Other: version = 44; array = 3
        o = Other()
        self.__class__ = Other
        return self.version, self.array
    def cased(self):
        match [Node(6), 1]:
            case [self, _]: pass
        return self.version, self.array
    @classmethod
    def make(cls, n):
        cls.version = n; cls.version += 1
        return cls(n), cls.version
    @staticmethod
    def st(x, y):
        x.version = y; x.version += 1
        return x.version, x.array
    @property
    def prop(self): return self.version, self.array
n = Node(1)
print(n.chain(Node(2)))
print(list(n.gen()))
print(Node(1).rebind(), Node(1).nl(), Node(1).wal(), Node(1).cased())
print(Node(1).gone(), Node.make(4)[1], Node.st(Node(1), 5), n.prop)
k = Node(1)
print(k.kind())
r = weakref.ref(Node(1)); print(r() is None)
class Meta(type):
    def look(cls): 
        cls.version = 3
        return cls.version, cls.names if hasattr(cls,'names') else None
class M(metaclass=Meta): pass
print(M.look())
import types
def free(self): return self.array, self.version
Node.free = free
print(Node(3).free(), free(types.SimpleNamespace(array=1, version=2)))
class S(Node):
    def both(self): return self.array, self.version, super().prop
print(S(8).both())
class A:
    def f(self):
        return self.op.array, self.op.version, self.array, self.version
a = A(); a.op = Node(1); a.array = a.version = 0
print(a.f())
class Sub(dict):
    def f(self): self.array = 1; return self.array, self.version if hasattr(self, 'version') else 'none'
print(Sub().f())
"""

#: as PyTorch 2.13 prints it
PRINTED = """\
no 'Mine' object has no attribute 'array'
no 'Mine' object has no attribute 'node'
torch.Size([2])
([1, 1], [1], (2, 1), ('C', 1), ['C', 'f', 'g', 'inner', 'other', 'self'])
[(2, [1]), (3, [1])]
(9, [9]) (7, [7]) (5, [5]) (6, [6])
(True, [1]) 5 (6, [1]) (3, [1])
(1, [1])
True
(3, None)
([3], 3) (1, 2)
([8], 8, (8, [8]))
([1], 1, 0, 0)
(1, 'none')
"""


def test_a_method_that_asks_its_object_more_than_once_finds_out_once_what_it_is() -> None:
    found = io.StringIO()
    with contextlib.redirect_stdout(found):
        Session().execute(METHODS)
    assert found.getvalue() == PRINTED
