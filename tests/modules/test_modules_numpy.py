"""NumPy as programs have it: they print what they print in Python, and reach no further than the tables."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from module_programs import Program, here, in_python
from tensorsh import Session, TensorshError
from tensorsh.engine.core import context
from tensorsh.engine.core.warn import hearing
from tensorsh.lang.undo.snapshot import Snapshot

DATA = Path(__file__).parents[1] / "data"
PROGRAMS = {
    name: text
    for name, _, text in (
        part.partition("\n")
        for part in (DATA / "numpy_programs.txt").read_text(encoding="utf-8").split("### ")[1:]
    )
}
FILES = PROGRAMS.pop("files")
#: expressions that would lead out, one a line
REFUSED = (DATA / "numpy_refused.txt").read_text(encoding="utf-8").splitlines()


def checked(text: str) -> str:
    """What a program prints with warnings heard and NumPy's settings in force, as while a session runs."""
    program, out = Program(), io.StringIO()
    with (
        context.using(context.Context()) as current,
        hearing(program.warnings),
        program.modules.active(),
        contextlib.redirect_stdout(out),
    ):
        current.warnings = program.warnings
        program.run(text)
    return out.getvalue()


@pytest.mark.parametrize("name", PROGRAMS)
def test_prints_what_python_prints(name: str) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAMS[name]], capture_output=True, text=True, timeout=60)
    assert checked(PROGRAMS[name]) == done.stdout


def test_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("ours", "pythons"):
        (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path / "ours")
    ours = here(FILES)
    monkeypatch.chdir(tmp_path / "pythons")
    assert ours == in_python(FILES)


def test_files_ask_at_the_gate() -> None:
    class Closed(Program):
        def admit(self, path: Any, how: str) -> None:
            raise PermissionError(f"{how} {path}")

    program = Closed()
    program.run("import numpy as np")
    for call in (
        'np.load("x.npy")', 'np.save("x", 1)', 'np.savez("x", 1)', 'np.loadtxt("x")', 'np.genfromtxt("x")',
        'np.savetxt("x", [1])', 'np.fromfile("x")', 'np.zeros(1).tofile("x")', 'np.loadtxt("http://example.org/x.gz")',
    ):  # fmt: skip
        with pytest.raises(PermissionError):
            program.run(call)


@pytest.mark.parametrize("attempt", REFUSED)
def test_no_way_around(attempt: str) -> None:
    program = Program()
    program.run(
        "import numpy as np, io, operator\nclass C: pass\na = np.arange(3)\nrng = np.random.default_rng(0)\n"
        "f = io.BytesIO(); np.savez(f, a); f.seek(0); z = np.load(f)"
    )
    with pytest.raises((AttributeError, ValueError, TypeError)):
        program.run(attempt)


def test_state_is_undone() -> None:
    program = Program()
    with program.modules.active():
        program.run("import numpy as np\nnp.random.seed(3)\nfirst = np.random.rand()\nnp.random.seed(3)")
        state = program.modules.state()
        program.run("np.random.rand(5); np.set_printoptions(precision=1); np.seterr(all='ignore')")
        program.modules.restore(state)
        program.run(
            "again = np.random.rand(); kept = np.geterr()['divide'], np.get_printoptions()['precision']"
        )
    assert program.names["again"] == program.names["first"]
    assert program.names["kept"] == ("warn", 8)


def test_an_import_is_undone() -> None:
    program, before = Program(), np.geterr()
    with program.modules.active():
        state = program.modules.state()
        program.run("import numpy as np\nnp.seterr(all='raise')")
        program.modules.restore(state)
        assert np.geterr() == before
    assert program.modules.numpy is None


def test_the_embedding_programs_settings_stay() -> None:
    errors, printing, stream = np.geterr(), np.get_printoptions(), np.random.get_state()[2]
    program = Program()
    text = "import numpy as np\nnp.random.rand(3); np.set_printoptions(precision=1); np.seterr(all='raise')"
    with program.modules.active():
        program.run(text)
    assert (np.geterr(), np.get_printoptions(), np.random.get_state()[2]) == (errors, printing, stream)
    with program.modules.active():
        program.run("kept = np.geterr()['divide'], np.get_printoptions()['precision']")
    assert program.names["kept"] == ("raise", 1)


def test_two_sessions_have_two_streams() -> None:
    programs = Program(), Program()
    for program in programs:
        program.run("import numpy as np\nnp.random.seed(1)")
    programs[0].run("np.random.rand(10)")
    for program in programs:
        program.run("x = np.random.rand()")
    assert programs[1].names["x"] == np.random.RandomState(1).rand() != programs[0].names["x"]


@pytest.mark.parametrize(
    ("value", "change"),
    [
        (np.arange(3), lambda a: a.fill(7)),
        (np.random.default_rng(0), lambda g: g.random(3)),
        (np.random.RandomState(0), lambda r: r.rand(3)),
        (np.random.PCG64(0), lambda b: b.random_raw()),
    ],
)
def test_what_changes_can_be_put_back(value: Any, change: Any) -> None:
    def seen(value: Any) -> str:
        if isinstance(value, np.ndarray):
            return repr(value)
        state = (
            value.get_state(legacy=False)
            if hasattr(value, "get_state")
            else getattr(value, "bit_generator", value).state
        )
        return repr(state)

    before, noted = seen(value), Snapshot([value])
    change(value)
    assert seen(value) != before
    noted.restore()
    assert seen(value) == before


STATES = """
import numpy as np, pickle, copy, operator
class Lie:
    def __init__(self, *parts): self.parts = parts
    def __reduce__(self): return self.parts
class Own(np.ndarray):
    def __setstate__(self, state): super().__setstate__(state)
    def take(self, state): np.ndarray.__setstate__(self, state)
def same(x): return x
full, none, own, kind = np.ones(3), np.ones(0), np.ones(3).view(Own), np.dtype([("a", "u1")])
references = (1, (1,), np.dtype(object), False, b"\\0" * 8)
wide = (3, "|", None, ("a",), {"a": (np.dtype("u8"), 0)}, 1, 1, 0)
"""


@pytest.mark.parametrize(
    "call",
    [
        "full.__setstate__((1, (3,), full.dtype, False, full.tobytes()))",  # its memory may be seen by views
        "none.__setstate__((1, (2,), np.dtype(object), False, [1]))",
        "none.__setstate__((1, (200,), np.dtype('u1'), False, b''))",
        "none.__setstate__(references)",
        "np.ndarray.__setstate__(full, references)",
        "getattr(full, '__set' + 'state__')(references)",
        "operator.methodcaller('__setstate__', references)(full)",
        "full.__getattribute__('__setstate__')(references)",
        "own.__setstate__(references)",
        "own.take(references)",
        "kind.__setstate__(wide)",
        "kind.__setstate__((3, '|', None, ('b',), {'a': (np.dtype('u1'), 0)}, 1, 1, 0))",
        "kind.__setstate__((3, '|', (np.dtype('u8'), (9,)), None, None, 1, 1, 0))",
        "np.dtype('V8').__setstate__((3, '|', None, ('a',), {'a': (np.dtype(object), 0)}, 8, 8, 63))",
        "pickle.loads(pickle.dumps(Lie(same, (full,), references)))",
        "pickle.loads(pickle.dumps(Lie(same, (kind,), wide)))",
        "copy.copy(Lie(same, (full,), references))",
        "copy.deepcopy(Lie(same, (kind,), wide))",
    ],
)
def test_arrays_and_dtypes_take_no_state_that_is_not_theirs(call: str) -> None:
    """Each would have NumPy read, or free, memory that is not the array's."""
    session = Session()
    session.run("import torch\n" + STATES)
    with pytest.raises(TensorshError, match=r"not the state of|cannot be copied as") as caught:
        session.run(call)
    assert caught.value.error_class == "ValueError"
    session.run("assert full.tolist() == own.tolist() == [1, 1, 1] and kind == np.dtype([('a', 'u1')])")


PICKLES = """
import pickle, io, numpy as np
a = np.arange(6).reshape(2, 3)
fields, objects = np.zeros(2, [('a', 'u1')]), np.array([1, None], dtype=object)
for x in (a, a.T, a[::2], np.asfortranarray(a), fields, objects, a.astype('>i4'), {'w': a, 'l': [a, a]}):
    y = pickle.loads(pickle.dumps(x, protocol=pickle.HIGHEST_PROTOCOL))
    print(y)
bufs = []
s = pickle.dumps(a, protocol=5, buffer_callback=bufs.append)
print(len(bufs), pickle.loads(s, buffers=bufs), isinstance(bufs[0], pickle.PickleBuffer))
f = io.BytesIO(); pickle.dump({'a': a}, f, 5); f.seek(0); print(pickle.load(f))
y = pickle.loads(pickle.dumps(a, 5)); y[0, 0] = 9; print(y)
print(pickle.loads(pickle.dumps(pickle.PickleBuffer(b'abc'), 5)))
print(pickle.loads(pickle.dumps(bytearray(b'xy'), 5)))
"""


def test_pickles_of_the_newest_protocol(capsys: pytest.CaptureFixture[str]) -> None:
    Session().execute(PICKLES, script=True, undo=False)
    done = subprocess.run([sys.executable, "-c", PICKLES], capture_output=True, text=True, timeout=60)
    assert capsys.readouterr().out == done.stdout != ""
