"""A module that does not parse is Python's SyntaxError in the program that imports it."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from tensorsh import Session, TensorshError

TEXTS = (Path(__file__).parents[1] / "data/broken_modules.txt").read_text(encoding="utf-8").split("---\n")[1:]
IMPORT = """
try:
    import broken
    said = None
except SyntaxError as e:
    said = type(e).__name__, e.msg, e.lineno, e.offset, e.text, str(e).endswith(f", line {e.lineno})")
"""


@pytest.mark.parametrize("text", TEXTS)
def test_a_program_catches_what_python_says(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    content = f"import torch\n{text}"
    (tmp_path / "broken.py").write_text(content, encoding="utf-8")
    session = Session()
    session.execute("import torch" + IMPORT, "main.py", script=True, leads=True)
    with warnings.catch_warnings(), pytest.raises(SyntaxError) as python:
        warnings.simplefilter("ignore")
        compile(content, "broken.py", "exec", dont_inherit=True)
    error = python.value
    assert session["said"] == (type(error).__name__, error.msg, error.lineno, error.offset, error.text, True)


@pytest.mark.parametrize("text", TEXTS)
def test_the_program_itself_is_told_the_same(text: str) -> None:
    content = f"import torch\n{text}"
    with warnings.catch_warnings(), pytest.raises(SyntaxError) as python:
        warnings.simplefilter("ignore")
        compile(content, "main.py", "exec", dont_inherit=True)
    with pytest.raises(TensorshError) as told:
        Session().execute(content, "main.py", script=True, leads=True)
    error, said = told.value, python.value
    assert (error.error_class, error.message) == (type(said).__name__, said.msg)
    assert isinstance(error.__cause__, type(said)) and error.exit_code == 3
    assert error.span is not None
    if "expected" not in said.msg:  # what is missing is shown where it should be, or what it is missing of
        assert error.span.position[0] == said.lineno


@pytest.mark.parametrize(
    ("text", "help", "place"),
    [
        ("x = 1 +\n", "expected an expression after `+`", (2, 7)),
        ("else: pass\n", "indent it exactly as much as the `if` that it belongs to", (2, 1)),
        ("for 1 in x: pass\n", None, (2, 5)),  # ours would be about `=`
        ("print 1\n", "type `print(…)`", (2, 1)),
        ("import torch as 1\n", "expected a name after `as`", (2, 17)),
        ("backward y with 1\nx = = 1\n", "give a value", (3, 5)),  # Python stops at the line before
        ("async def f(): pass\n", "leave it out: functions run one after the other", (2, 1)),
    ],
)
def test_what_helps_stays(text: str, help: str | None, place: tuple[int, int]) -> None:
    with pytest.raises(TensorshError) as told:
        Session().execute(f"import torch\n{text}", "main.py", script=True, leads=True)
    assert told.value.help == help
    assert told.value.span is not None and told.value.span.position == place


def test_there_are_enough() -> None:
    assert len(TEXTS) >= 280


@pytest.mark.parametrize("text", ["async def f(): pass\n", "x = 1 +\n"])
def test_uncaught_it_is_shown_with_its_place(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.py").write_text(f"import torch\n\n{text}", encoding="utf-8")
    with pytest.raises(TensorshError) as found:
        Session().execute("import torch\nimport broken")
    assert found.value.kind == "syntax" and found.value.exit_code == 3
    assert found.value.span is not None and found.value.span.position[0] == 3
    assert [span.text for span in found.value.trail] == ["broken"]


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("# -*- coding: latin-1 -*-\nimport torch\nx = 'é'\n".encode("latin-1"), "é"),
        (
            "#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nimport torch\nx = '€'\n".encode("cp1252"),
            "€",
        ),
        ("import torch\r\ndef f():\r\n\treturn 'é'\r\n\f\r\nx = f()\r\n".encode("utf-8-sig"), "é"),
        (b"import torch\rx = 'a\\\rb'\r", "ab"),
    ],
)
def test_files_are_read_as_python_reads_them(
    content: bytes, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "written.py").write_bytes(content)
    session = Session()
    session.execute("import torch\nimport written\na = written.x", "main.py", script=True, leads=True)
    assert session["a"] == value
    other = Session()
    other.execute('import "written.py"')
    assert other["x"] == value


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("from package import missing", "ModuleNotFoundError: No module named 'nowhere'"),
        ("import package.missing", "ModuleNotFoundError: No module named 'nowhere'"),
        ("from package import failing", "ZeroDivisionError: division by zero"),
        ("from package import refusing", "ImportError: not here"),
        ("import package.absent", "ModuleNotFoundError: No module named 'package.absent'"),
        ("from package.absent import x", "ModuleNotFoundError: No module named 'package.absent'"),
    ],
)
def test_what_a_module_of_a_package_fails_with_is_told(
    line: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "package").mkdir()
    for name, text in {
        "__init__": "",
        "missing": "import nowhere",
        "failing": "1 / 0",
        "refusing": "raise ImportError('not here')",
    }.items():
        (tmp_path / "package" / f"{name}.py").write_text(f"{text}\n", encoding="utf-8")
    session = Session()
    program = (
        f"import torch\ntry:\n    {line}\nexcept Exception as e:\n    said = f'{{type(e).__name__}}: {{e}}'"
    )
    session.execute(program, "main.py", script=True, leads=True)
    assert session["said"] == said


def test_a_module_hands_on_what_it_takes_with_a_star(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As packages do: names that a module does not mention; a package that imports what asked for it."""
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "package/__init__.py": "from .inner import *\nfrom .last import *",
        "package/inner/__init__.py": "from .a import *",
        "package/inner/a.py": "print('a runs')\nfrom .b import *\n__all__ = ['fa']\ndef fa(): return 1",
        "package/inner/b.py": "def fb(): return 2\ndef _fc(): pass",
        "package/last.py": "from package.inner import fa\nimport package.inner.a\n__all__ = ['two']\ntwo = fa() + 1",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{text}\n", encoding="utf-8")
    program = (
        "import torch\nfrom package.inner import fa\nimport package\n"
        "print(fa(), package.two, package.fa is fa, hasattr(package, 'fb'), hasattr(package.inner, 'fb'))"
    )
    Session().execute(program, "main.py", script=True, leads=True)
    assert capsys.readouterr().out == "a runs\n1 2 True False False\n"


GETSOURCE = '''import inspect
def f(x):
\t"""Word."""
\treturn x  # é

class A:
    def g(self):
        return 1
print(inspect.getsource(f), inspect.getsource(A), inspect.getsource(A.g), sep="|")
print(inspect.getsourcelines(A.g))
'''


@pytest.mark.parametrize(("encoding", "ends"), [("utf-8", "\n"), ("utf-8-sig", "\r\n"), ("latin-1", "\r\n")])
def test_sources_of_own_functions(encoding: str, ends: str, tmp_path: Path) -> None:
    head = "# coding: latin-1\n" if encoding == "latin-1" else ""
    script = tmp_path / "prog.py"
    outputs = []
    for first in ("import os\n", "import torch\n"):
        script.write_bytes((head + first + GETSOURCE).replace("\n", ends).encode(encoding))
        command = [sys.executable, *(["-m", "tensorsh"] if "torch" in first else []), str(script)]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        outputs.append(done.stdout)
    python, ours = outputs
    assert ours == python
