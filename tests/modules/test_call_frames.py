"""`inspect.currentframe`, `inspect.stack`, `sys._getframe`: the program's calls, with copies of their variables."""

from __future__ import annotations

import pytest

from tensorsh import Session, TensorshError

KEEPING = """
import inspect, sys
import torch

class Keeping:
    def keep(self, ignore=()):
        frame = inspect.currentframe().f_back
        _, _, _, variables = inspect.getargvalues(frame)
        self.kept = {k: v for k, v in variables.items() if k not in {*ignore, "self"} and k[0] != "_"}
        for name, value in self.kept.items():
            setattr(self, name, value)

class Block(Keeping):
    def __init__(self, width, depth=2, *rest, scale, **more):
        self.keep(ignore=["depth"])
        frame = inspect.currentframe()
        self.told = inspect.getargvalues(frame)[:3], frame.f_code.co_name, frame.f_lineno
        self.above = frame.f_back.f_code.co_name, frame.f_back.f_back
"""

SHOWN = """
x = torch.zeros(3)
for i in range(8):
    block = Block(i, 3, 4, scale=x, z=9)
    x = x + block.width * 0.5

def outer(a):
    def inner():
        b = a
        return caller(), sorted(sys._getframe().f_locals)
    return inner()

def caller():
    return sys._getframe(1).f_code.co_name, [each.function for each in inspect.stack()]

try:
    sys._getframe(9)
except ValueError as error:
    deep = str(error)
found = [block.kept, block.told, block.above, outer(1), deep, inspect.currentframe().f_lineno, x.tolist()]
"""


def test_a_call_shows_its_variables_and_where_it_comes_from() -> None:
    session = Session()
    session.execute(KEEPING + SHOWN, "main.py", script=True, leads=True)
    kept, *rest = session["found"]
    assert list(kept) == ["width", "scale", "rest", "more"] and (kept["width"], kept["more"]) == (7, {"z": 9})
    assert rest == [
        ((["self", "width", "depth", "scale"], "rest", "more"), "__init__", 17),
        ("<module>", None),
        (("inner", ["caller", "inner", "outer", "<module>"]), ["a", "b"]),
        "call stack is not deep enough",
        38,
        [14.0] * 3,
    ]


@pytest.mark.parametrize("way", ["f_builtins", "f_trace", "f_code.co_code", "f_code.co_consts", "__dict__"])
def test_a_call_shows_no_more(way: str) -> None:
    with pytest.raises(TensorshError, match="has no attribute"):
        Session().execute(f"import torch, sys\nsys._getframe().{way}", "main.py", script=True, leads=True)


def test_variables_are_copies() -> None:
    text = (
        "import torch, sys\nx = 1\nsys._getframe().f_locals['x'] = 2\nframe = type(sys._getframe())\nframe()"
    )
    session = Session()
    with pytest.raises(TensorshError, match="cannot create 'frame' instances"):
        session.execute(text, "main.py", script=True, leads=True)
    assert session["x"] == 1
