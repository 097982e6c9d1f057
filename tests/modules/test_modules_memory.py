"""No object of a program is taken for memory at an address that the program chose."""

from __future__ import annotations

import pytest

from module_programs import Program, here, in_python
from tensorsh import Session, TensorshError

CLAIM = 'claim = {"shape": (8,), "typestr": "|u1", "version": 3, "data": (id(np), False)}'

ATTEMPTS = [
    "class A: __array_interface__ = claim",
    "class A:\n    @property\n    def __array_interface__(self): return claim",
    "class A:\n    def __getattr__(self, name): return claim",
    "class A:\n    def __getattribute__(self, name): return claim",
    "class A: pass\nA.__array_interface__ = claim",
    "class A: pass\nsetattr(A, '__array_' + 'interface__', claim)",
    "class A:\n    def __init__(self): self.__array_interface__ = claim",
    "class A:\n    def __init__(self): self.__dict__['__array_interface__'] = claim",
    "class A:\n    def __init__(self): vars(self).update(__array_interface__=claim)",
    "class A:\n    def __init__(self): object.__setattr__(self, '__array_interface__', claim)",
    "class A:\n    __slots__ = ('__array_interface__',)\n    def __init__(self): self.__array_interface__ = claim",
    "class B:\n    def __getattr__(self, name): return claim\nclass A(B): pass",
    "class M(type):\n    def __getattr__(cls, name): return claim\nclass C(metaclass=M): pass\nA = lambda: C",
    "class A(Exception):\n    def __init__(self): self.__dict__['__array_interface__'] = claim",
    "class A(dict):\n    def __getattr__(self, name): return claim",
]


@pytest.mark.parametrize("use", ["np.asarray(A())", "np.zeros(8, 'u1') + A()", "np.concatenate([A()])"])
@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_nothing_is_read(attempt: str, use: str) -> None:
    program = Program()
    program.run(f"import numpy as np\n{CLAIM}\nfound = None")
    try:
        program.run(f"{attempt}\nfound = {use}")
    except (AttributeError, TypeError, ValueError):
        return
    found = program.names["found"]
    assert found.dtype == object


BEFORE_A_CLASS_IS_MADE = [
    "class D:\n    def __set_name__(self, owner, name): np.asarray(owner())\nclass A:\n    d = D()\n    CLAIM",
    "class D: pass\ndef f(self, owner, name): np.asarray(owner())\nD.__set_name__ = f\n"
    "class A:\n    d = D()\n    CLAIM",
    "class M(type):\n    def __set_name__(self, owner, name): np.asarray(owner())\nclass D(metaclass=M): pass\n"
    "class A:\n    d = D\n    CLAIM",
    "import functools\nclass D(functools.cached_property):\n"
    "    def __set_name__(self, owner, name): np.asarray(owner())\nclass A:\n    d = D(print)\n    CLAIM",
    "import enum\nclass A(enum.Enum):\n    X = 1\n    CLAIM\n    def __init__(self, value): np.asarray(self)",
    "class P:\n    def __init_subclass__(cls): np.asarray(cls())\nclass A(P):\n    CLAIM",
    "class B: pass\nclass M(type):\n    def mro(cls): return [cls, B]\n"
    "class A(B, metaclass=M):\n    CLAIM\nnp.asarray(A())",
    "class B: pass\nclass X:\n    def mro(cls): return [cls, B]\nclass M(X, type): pass\n"
    "class A(B, metaclass=M):\n    CLAIM\nnp.asarray(A())",
    "class B: pass\nclass M(type): pass\nM.mro = lambda cls: [cls, B]\n"
    "class A(B, metaclass=M):\n    CLAIM\nnp.asarray(A())",
    "class B: pass\nclass X: pass\nclass M(X, type): pass\nX.mro = lambda cls: [cls, B]\n"
    "class A(B, metaclass=M):\n    CLAIM\nnp.asarray(A())",
    "class B: pass\nclass X: pass\nclass Y:\n    def mro(cls): return [cls, B]\nclass M(X, type): pass\n"
    "M.__bases__ = (Y, type)\nclass A(B, metaclass=M):\n    CLAIM\nnp.asarray(A())",
    "class B: pass\nM = type('M', (type,), {'mro': lambda cls: [cls, B]})\nclass A(B, metaclass=M):\n    CLAIM",
    "class B: pass\nclass M(type): pass\nsetattr(M, 'mro', lambda cls: [cls, B])\nclass A(B, metaclass=M):\n    CLAIM",
    "class B: pass\nclass M(type): pass\nfor M.mro in [lambda cls: [cls, B]]: pass\n"
    "class A(B, metaclass=M):\n    CLAIM",
]


@pytest.mark.parametrize(
    "claims", ["__array_interface__ = claim", "def __getattr__(self, name): return claim"]
)
@pytest.mark.parametrize("first", ["import torch\n", ""])
@pytest.mark.parametrize("attempt", BEFORE_A_CLASS_IS_MADE)
def test_no_program_meets_a_class_before_it_was_looked_at(attempt: str, first: str, claims: str) -> None:
    """Each would have NumPy read at an address, or make a class that `object` does not answer for."""
    asked: list[str] = []
    session = Session()
    session.on_warning = lambda report: None
    attempt = attempt.replace("np.asarray(", "see(").replace("CLAIM", claims)
    try:
        session.execute(
            f"{first}import numpy as np\n{CLAIM}\nseen = []\n"
            f"def see(x): seen.append(np.asarray(x).dtype == object)\n{attempt}"
        )
    except TensorshError as error:
        assert error.kind != "internal", error
        asked.append(str(error))
    assert asked or session["seen"]
    if "seen" in session:
        assert all(session["seen"])


CLASSES = """
from typing import Protocol, runtime_checkable, NamedTuple
from dataclasses import dataclass
from enum import Enum
import abc, numpy as np
class A:
    def __init__(self): self.x = 1
    def __getattr__(self, name): return f"<{name}>"
@runtime_checkable
class Named(Protocol):
    name: str
class Point(NamedTuple):
    x: int
class Colour(Enum):
    RED = 1
@dataclass(slots=True)
class D:
    x: int = 0
class N(np.ndarray): pass
class Meta(type):
    def __call__(cls, *args): return super().__call__(*args)
class Made(metaclass=Meta): pass
class Abstract(abc.ABC):
    @abc.abstractmethod
    def f(self): ...
a = A()
print(a.x, a.y, a.__dict__, A.__getattr__.__name__, isinstance(a, Named), hasattr(a, "z"), Point(1), list(Colour), D(2))
print(np.array([D(4), None], dtype=object)[0].x, np.arange(3).view(N).sum(), np.array([D(1)])[0])
print(np.asarray(Point(3)), type(Made()).__name__)
try: Abstract()
except TypeError as e: print(e)
"""


def test_classes_are_as_in_python() -> None:
    assert here(CLASSES) == in_python(CLASSES)


BITS = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")


@pytest.mark.parametrize("kind", ["Generator", "RandomState", "SeedSequence", *BITS])
def test_generators_are_begun_however_they_are_made(kind: str) -> None:
    """Methods of one whose `__init__` had not run read memory that was not there."""
    program = Program()
    program.run(
        f"import numpy as np, copy\nR = np.random.{kind}\n"
        "class S(R):\n    def __init__(self): pass\n"
        "made = [R.__new__(R), S(), copy.copy(S())]\ncount = 0\n"
        "for each in made:\n    for name in dir(each):\n        if name[0] != '_' and name != 'random_integers':\n"
        "            for args in ((), (1,), (2, 3)):\n"
        "                try:\n                    getattr(each, name)(*args)\n"
        "                except (TypeError, ValueError, AttributeError): pass\n"
        "                count += 1\n"
    )
    assert program.names["count"] > 0


@pytest.mark.parametrize(
    "call",
    [
        "a.sort()",
        "a.argsort()",
        "a.partition(50)",
        "a.argpartition(50)",
        "np.sort(a)",
        "a.argmax()",
        "a.argmin()",
    ],
)
def test_objects_are_compared_while_they_live(call: str) -> None:
    """What compares them puts others in their places: it is another array that is sorted."""
    program = Program()
    program.run(
        "import numpy as np\nn = 0\nclass L:\n"
        "    def __lt__(self, other):\n        global n\n        n += 1\n        a[n % len(a)] = L()\n"
        "        return n % 3 == 0\n    __gt__ = __lt__\n"
        f"for i in range(20):\n    a = np.array([L() for i in range(200)], dtype=object)\n    found = {call}\n"
    )
    assert program.names["n"] > 1000


def test_objects_are_sorted_in_order() -> None:
    program = Program()
    program.run(
        "import numpy as np\na = np.array([[3, 1, 2.5], [True, 'a' < 'b', 0]], dtype=object)\n"
        "b = a.copy()\nb.sort()\nc, d = np.sort(a, axis=0, kind='stable'), a.argsort(axis=None)\n"
        "b, c, d = b.tolist(), c.tolist(), d.tolist()\n"
    )
    assert program.names["b"] == [[1, 2.5, 3], [0, True, True]]
    assert program.names["c"] == [[True, 1, 0], [3, True, 2.5]]
    assert program.names["d"][0] == 5 and program.names["d"][-1] == 0
