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
from tensorsh.engine import context
from tensorsh.engine.warn import hearing
from tensorsh.lang.snapshot import Snapshot

DATA = Path(__file__).parent / "data"
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
