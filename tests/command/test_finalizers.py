"""What is left of a program when it ends: `__del__`, generators, files that nobody has closed, as when Python ends."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tensorsh

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(tensorsh.__file__).parents[1])}
TELLING = """
class A:
    def __init__(self, n): self.n = n
    def __del__(self): print("del", self.n)
"""


def run(folder: Path, text: str, name: str = "ends.py") -> subprocess.CompletedProcess[str]:
    (folder / name).write_text(text, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "tensorsh", name],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        env=ENVIRONMENT,
    )


#: program → what Python 3.11 prints
PRINTS = {
    "names first, then what is inside": (
        """
a = A("a"); _b = A("_b"); l = [A("l1"), A("l2")]; z = A("z"); t = (A("t"),); d = {1: A("d")}; y = A("y")
class B: pass
b = B(); b.x = A("b.x"); w = A("w"); s = {A("s")}; gone = A("gone"); del gone
cycle = A("cycle"); cycle.me = cycle
print("end")
""",
        "del gone\nend\ndel a\ndel _b\ndel z\ndel y\ndel w\ndel cycle\ndel l2\ndel l1\ndel t\ndel d\ndel b.x\ndel s\n",
    ),
    "generators and context managers": (
        """
import contextlib
@contextlib.contextmanager
def opened(n):
    print("open", n)
    try: yield n
    finally: print("close", n)
manager = opened(1); manager.__enter__()
with opened(2): pass
def steps():
    with opened(3):
        yield 1
        yield 2
def holds():
    inside = A("inside"); yield 1
g = steps(); print(next(g)); fresh = steps(); h = holds(); next(h)
class R:
    def __enter__(self): return self
    def __exit__(self, *error): print("exit")
    def __del__(self): print("del")
with R() as r: pass
raise SystemExit
""",
        "open 1\nopen 2\nclose 2\nopen 3\n1\nexit\nclose 3\ndel inside\ndel\nclose 1\n",
    ),
    "names are still bound, and atexit comes first": (
        """
import atexit, weakref
class F: pass
f = F(); weakref.finalize(f, print, "finalized")
atexit.register(print, "atexit")
class M:
    inside = A("of the class")
    def __del__(self): print(M.inside.n, helper(), later)
m = M(); later = 3
def helper(): return type(m) is M
""",
        "atexit\nfinalized\nof the class True 3\ndel of the class\n",
    ),
    "slots, what comes back, what is new, what is let go": (
        """
class S:
    __slots__ = ("n",)
    def __init__(self, n): self.n = n
    def __del__(self): print("slots", self.n)
class Back:
    kept = []
    def __del__(self): print("back"); Back.kept.append(self)
class Chain:
    def __init__(self, n, other=None): self.n, self.other = n, other
    def __del__(self): print("chain", self.n); self.other = None
class Last(Chain):
    def __del__(self): super().__del__(); self.new = A("new"); A("at once")
s = S(1); back = Back(); chain = Chain(1, Chain(2, Chain(3))); last = Last(4)
def f(a=A("default")): pass
def closed(z):
    def g(): return z
    return g
g = closed(A("closure"))
""",
        "slots 1\nback\nchain 1\nchain 2\nchain 3\nchain 4\ndel at once\ndel default\ndel closure\n",
    ),
    "a program with torch": (
        """
import torch
a = A("a"); z = A("z")
class Net(torch.nn.Module):
    def forward(self, x): return x
    def __del__(self): print("net")
net = Net(); hung = torch.ones(2); hung.tag = A("hung")
""",
        "del a\ndel z\nnet\ndel hung\n",
    ),
}


@pytest.mark.parametrize("name", PRINTS)
def test_what_is_left_is_finalised_in_pythons_order(name: str, tmp_path: Path) -> None:
    text, expected = PRINTS[name]
    done = run(tmp_path, TELLING + text)
    assert (done.stdout, done.stderr, done.returncode) == (expected, "", 0)


def test_of_an_error_and_of_other_files(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text(f'{TELLING}x = A("beside"); _x = A("_beside")\n', encoding="utf-8")
    done = run(tmp_path, "from beside import A\na = A(1)\ndef f():\n    b = A(2)\n    1 / 0\nf()\n")
    assert (done.stdout, done.returncode) == ("del 2\ndel 1\ndel beside\ndel _beside\n", 1)


FAILS = """
import sys
class A:
    def __del__(self): raise ValueError("no") from KeyError("k")
class B:
    def __del__(self): print(nowhere)
class C:
    def __del__(self): sys.exit(4)
def bad():
    try: yield 1
    finally: yield 2
def worse():
    try: yield 1
    finally: raise KeyError("x")
a = A(); b = B(); c = C(); g = bad(); next(g); h = worse(); next(h)
"""
FAILED = """
Exception ignored in: <function A.__del__ at 0x>
Traceback (most recent call last):
  File "ends.py", line 4, in __del__
ValueError: no
Exception ignored in: <function B.__del__ at 0x>
Traceback (most recent call last):
  File "ends.py", line 6, in __del__
NameError: name 'nowhere' is not defined
Exception ignored in: <function C.__del__ at 0x>
Traceback (most recent call last):
  File "ends.py", line 8, in __del__
SystemExit: 4
Exception ignored in: <generator object bad at 0x>
RuntimeError: generator ignored GeneratorExit
Exception ignored in: <generator object worse at 0x>
Traceback (most recent call last):
  File "ends.py", line 14, in worse
KeyError: 'x'
""".lstrip()


def test_errors_are_told_as_python_tells_them_when_it_ends(tmp_path: Path) -> None:
    done = run(tmp_path, FAILS)
    told = re.sub(r" at 0x\w+>", " at 0x>", done.stderr).replace(f"{tmp_path}{os.sep}", "")
    assert (done.stdout, told, done.returncode) == ("", FAILED, 0)


FILES = """
import gzip, io, pathlib, tempfile
a = open("a.txt", "w"); a.write("a")
b = pathlib.Path("b.txt").open("wb"); b.write(b"b")
c = gzip.open("c.gz", "wt"); c.write("c")
d = io.TextIOWrapper(open("d.txt", "wb")); d.write("d")
e = tempfile.NamedTemporaryFile("w", dir=".", prefix="temporary"); e.write("e")
class Log:
    def __init__(self): self.file = open("f.txt", "w"); self.file.write("f")
    def __del__(self): self.file.write("!")
log = Log()
def left(): return a
held = [open("g.txt", "a")]; print("g", file=held[0])
"""


@pytest.mark.parametrize("end", ["", "raise ValueError", "raise SystemExit(3)"])
def test_what_was_written_gets_there(end: str, tmp_path: Path) -> None:
    assert run(tmp_path, FILES + end).returncode == {"": 0, "raise ValueError": 1}.get(end, 3)
    found = {each.name: each.read_bytes() for each in tmp_path.iterdir() if each.name != "ends.py"}
    packed = found.pop("c.gz")
    assert found == {"a.txt": b"a", "b.txt": b"b", "d.txt": b"d", "f.txt": b"f!", "g.txt": b"g\n"}
    assert gzip.decompress(packed) == b"c"


def test_a_program_of_our_own_kind(tmp_path: Path) -> None:
    done = run(tmp_path, 'class A:\n    def __del__(self): print("del")\na = A()\nprint("end")\n', "ends.tsh")
    assert (done.stdout, done.returncode) == ("end\ndel\n", 0)
