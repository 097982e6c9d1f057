"""No object of a program is taken for memory at an address that the program chose."""

from __future__ import annotations

import pytest

from module_programs import Program, here, in_python

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
