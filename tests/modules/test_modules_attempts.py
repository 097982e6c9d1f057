"""Attempts to break out through modules and builtins: each ends in an error, or with nothing that matters."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import pytest
from test_modules_reach import refused

from module_programs import Program
from tensorsh.modules.generated_code import checked_exec

TEXT = (Path(__file__).parents[1] / "data/module_attempts/attempts.txt").read_text(encoding="utf-8")
ATTEMPTS = [part.partition("\n") for part in TEXT.split("# --- ")[1:]]


@pytest.mark.parametrize(
    ("title", "text"), [(title, text) for title, _, text in ATTEMPTS], ids=lambda x: x[:40]
)
def test_nothing_is_got(title: str, text: str) -> None:
    program = Program()
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            program.run(text)
        except (
            AttributeError,
            TypeError,
            ValueError,
            NameError,
            KeyError,
            ImportError,
            OSError,
            SyntaxError,
        ):
            return
        except SystemExit:
            return
        except Exception as error:
            if type(error).__name__ in ("UnpicklingError", "PicklingError", "StopIteration"):
                return
            raise
    assert "got" in program.names, "it got nowhere, and not by an error"
    assert not list(bad(program.names["got"])), title
    assert "'__builtins__'" not in str(program.names["got"])


@pytest.mark.parametrize(
    "text",
    [
        "def __create_fn__(a):\n def __init__(self, x=__import__('os')):\n  self.x=x\n return __init__",
        "def __create_fn__(a):\n def __init__(self, x=(lambda: 0)):\n  self.x=x\n return __init__",
        "def __create_fn__(a):\n def __init__(self, x=[c for c in a]):\n  self.x=x\n return __init__",
        "def __create_fn__(a):\n def __repr__(self):\n  return f'{self.x.gi_frame!r}'\n return __repr__",
        "def __create_fn__(a):\n def __eq__(self, other):\n  return self.gi_frame==other.gi_frame\n return __eq__",
        "def __create_fn__(a):\n def __eq__(self, other):\n  return self.__class__.__subclasses__()\n return __eq__",
        "def __create_fn__(a):\n def __init__(self):\n  self.x=a.y()\n return __init__",
        "import os",
        "open('x')",
        "def __create_fn__(a):\n def f(self):\n  return self.__globals__\n return f",
        "def __create_fn__(a):\n @a\n def f(self): pass\n return f",
    ],
)
def test_only_texts_of_dataclasses_run(text: str) -> None:
    with pytest.raises(TypeError, match="Field names must be valid identifiers"):
        checked_exec(text, {}, {})


def bad(got: Any, depth: int = 0) -> Any:
    """What an attempt got that no program may have."""
    if refused(got) or (depth == 0 and got == 1):
        yield got
    if isinstance(got, str) and "__builtins__" in got:
        yield got
    if depth < 3 and isinstance(got, list | tuple | dict | set):
        for each in list(got.values()) if isinstance(got, dict) else list(got):
            yield from bad(each, depth + 1)
    if depth < 2 and isinstance(got, list) and len(got) > 40 and all(isinstance(each, type) for each in got):
        yield got  # every class there is
