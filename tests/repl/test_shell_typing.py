"""Typing in the shell: pastes and transcripts, lines sent at once, brackets, symbols."""

from __future__ import annotations

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from test_repl import shell  # noqa: F401

from recorded_shell import RecordedShell, typed
from tensorsh.repl.bottom import status_line
from tensorsh.repl.brackets import pair
from tensorsh.repl.loop import is_finished
from tensorsh.repl.pasted import Typed, cleaned
from tensorsh.repl.prompt import Prompt
from tensorsh.services.symbols import SYMBOLS, symbol_before, symbols_after

IPYTHON = """\
In [1]: x = 1
   ...: y = 2

In [2]: for i in x:
   ...:     f(i)
   ...:
4
5

In [10]: x
Out[10]:
tensor([[1.],
        [2.]])

In [11]: """
PYTHON = """\
>>> x = 1
>>> for i in x:
...     f(i)
...
4
>>> x
1
"""


@pytest.mark.parametrize(
    ("paste", "text"),
    [
        (IPYTHON, "x = 1\ny = 2\nfor i in x:\n    f(i)\n\nx\n"),
        (PYTHON, "x = 1\nfor i in x:\n    f(i)\n\nx"),
        ("Out[3]: 4\n\nIn [4]: x", "x"),
        ("    >>> x\n    1\n    >>> y\n", "x\ny"),
        ("In[1] = 2", "In[1] = 2"),
        ("x = 1\n>>> y", "x = 1\n>>> y"),
        ("In [1]: ", ""),
        (">>>", ""),
    ],
)
def test_transcripts_lose_prompts_and_answers(paste: str, text: str) -> None:
    assert cleaned(paste) == text


def lines(text: str, before: str = "", indent: str = "") -> tuple[list[str], str]:
    *whole, rest = text.split("\n")
    found = Typed(before, lambda text: is_finished(text.rstrip(" \t") + "\n", True), indent)
    found.add(whole, rest)
    return found.done, found.text


@pytest.mark.parametrize(
    ("text", "done", "rest"),
    [
        ("x = 1\ny = 2\nz", ["x = 1", "y = 2"], "z"),
        ("if a:\nb\nelse:\nc\n\nd", ["if a:\n    b\nelse:\n    c"], "d"),
        ("try:\nb\nexcept E:\nc\n\n", ["try:\n    b\nexcept E:\n    c"], ""),
        ("def f():\n\n    a\n\n    b\n\n\nc\n", ["def f():\n\n    a\n\n    b", "c"], ""),
        ("def f():\n\ta\n\n", ["def f():\n    a"], ""),
        ("for i in x:\n    if i:\n        a\n    b\n\n", ["for i in x:\n    if i:\n        a\n    b"], ""),
        ('"""a\n  b (\n"""\nc\n', ['"""a\n  b (\n"""', "c"], ""),
        ("f(1,\n2)\n", ["f(1,\n2)"], ""),
        ("f(\n", [], "f(\n    "),
        (PYTHON, ["x = 1", "for i in x:\n    f(i)", "x"], ""),
        (":vars\nx\n", [":vars", "x"], ""),
    ],
)
def test_lines_sent_at_once(text: str, done: list[str], rest: str) -> None:
    assert lines(text) == (done, rest)


def test_lines_sent_at_once_go_on_where_the_input_was() -> None:
    assert lines("b\n\nc", "if a:\n    ", "    ") == (["if a:\n    b"], "c")
    assert lines("  b\n\nc", "if a:\n    ", "    ") == (["if a:\n  b"], "c")
    assert lines("2)\nc\n", "f(1,\n") == (["f(1,\n2)", "c"], "")


def test_what_is_sent_at_once_becomes_inputs(shell: RecordedShell) -> None:  # noqa: F811
    assert typed(shell, "x = 1\ry = [\r2]\r\rz\r") == ["x = 1", "y = [\n    2]", "z"]
    assert typed(shell, ">>> x = 1\r>>> y\r1\r>>> z\r") == ["x = 1", "y", "z"]
    assert typed(shell, ">>> x = 1", "\r") == ["x = 1"]


def test_a_long_block_sent_at_once_is_one_input(shell: RecordedShell) -> None:  # noqa: F811
    block = "def f(a):\r" + "    a = a + 1\r" * 2000 + "\r"
    assert typed(shell, block)[0].count("\n") == 2000


@pytest.mark.parametrize(
    ("text", "cursor", "found"),
    [
        ("f(a[0])", 1, (1, 6)),
        ("f(a[0])", 7, (6, 1)),
        ("f(a[0])", 5, (5, 3)),
        ("f(')')", 5, (5, 1)),
        ("f(')')", 3, None),
        ("f(]", 1, None),
        ("{\n}  # )", 2, (2, 0)),
        ("{\n}  # )", 7, None),
        ("", 0, None),
    ],
)
def test_the_bracket_at_the_cursor_and_its_partner(text: str, cursor: int, found: object) -> None:
    assert pair(text, cursor) == found


def test_symbols() -> None:
    assert symbol_before("x = \\alpha") == ("\\alpha", "α")
    assert SYMBOLS["\\omega"] == "ω" and SYMBOLS["\\Sigma"] == "Σ" and SYMBOLS["\\sigma"] == "σ"
    assert symbol_before("\\alp") is None and symbols_after("x\\alp") == ["\\alpha"]
    assert "x\\hat".replace(*symbol_before("x\\hat")).isidentifier()
    names = [name for name, sign in SYMBOLS.items() if sign.isalpha()]
    assert len(names) > 48 and all(
        SYMBOLS[name].isidentifier() for name in names if "_" not in name and "^" not in name
    )


def test_symbols_are_typed_with_tab(shell: RecordedShell) -> None:  # noqa: F811
    assert typed(shell, "\\alpha", "\t", " = 1\r") == ["α = 1"]
    assert typed(shell, "\\bet", "\t", "\t", " = 1\r") == ["β = 1"]


def test_the_line_at_the_bottom(shell: RecordedShell) -> None:  # noqa: F811
    def text(columns: int = 100) -> str:
        return status_line(shell, columns)[0][1]

    assert text() == "tensorsh   float32   cpu"
    shell.enter("manual_seed(3); x = zeros(256); y = x[:2]; z = [x, zeros(512)]")
    assert text().startswith("tensorsh   float32   cpu   seed 3   3.07 kB in variables   ")
    assert text(30) == "tensorsh   float32   cpu"
    shell.enter("import torch")
    assert "PyTorch" in text()
    shell.session["many"] = [1.5 + i for i in range(100_000)]
    assert "over" in text()


def test_the_line_at_the_bottom_can_be_left_out(shell: RecordedShell) -> None:  # noqa: F811
    for on in (True, False):
        shell.look.status = on
        with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
            prompt = Prompt(shell, None, input=pipe, output=DummyOutput())
            pipe.send_text("1\r")
            prompt.read()
            assert (prompt.prompt.bottom_toolbar is not None) == on
