"""Random Python programs: what they print and how they end is what CPython says.

And damaged ones: what CPython refuses is refused, at a place, and what it accepts is accepted.
"""

from __future__ import annotations

import contextlib
import gc
import io
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from python_writer import Program, program
from tensorsh import Session, TensorshError
from tensorsh.cli import main
from tensorsh.errors import ParseError
from tensorsh.source import Source

#: addresses; and what generators say that the end of the program, or of a traceback, closes
UNSTEADY = re.compile(r" at 0x[0-9a-f]+|^(?:closed|gen over|out|exit|fin|f) .*\n", re.MULTILINE)

Ended = tuple[str, tuple[str, str] | None]


def by_python(text: str) -> tuple[str, str] | None:
    try:
        exec(compile(text, "program.py", "exec"), {"__name__": "__main__"})
    except SyntaxError as error:
        return "SyntaxError", error.msg
    except Exception as error:
        module = "" if type(error).__module__ == "__main__" else type(error).__module__ + "."
        return (module.removeprefix("builtins.") + type(error).__qualname__), str(error)
    return None


def by_tensorsh(text: str) -> tuple[str, str] | None:
    session = Session()
    session.on_warning = lambda report: None
    try:
        session.execute(text, "program.py", script=True, leads=True, undo=False)
    except TensorshError as error:
        assert error.kind != "internal"
        return error.error_class, str(error)
    return None


def ended(run: Callable[[str], tuple[str, str] | None], text: str) -> Ended:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        error = run(text)
        gc.collect(0)
    return UNSTEADY.sub("", out.getvalue()), error


@pytest.mark.parametrize("first", range(0, 120, 20))
def test_programs_end_as_python_s(first: int) -> None:
    for seed in range(first, first + 20):
        text = program(seed)
        assert ended(by_tensorsh, text) == ended(by_python, text), f"python_writer.program({seed})"


PUT = "( ) [ ] { } : , = * ** lambda yield in not is else None ... . -> := @ return break import from as del \\ "
PUT += "\" ' ; ! $ ? 1e 0x 1_ print match case type \t \n f\" u / finally: try: class def if rr'' b'é' await async"


def damaged(seed: int) -> str:
    """A part of a program with a token taken out, doubled, replaced, moved, or the rest cut off."""
    random = Random(seed)
    tokens = re.findall(r"\s+|\w+|\"[^\"\n]*\"|'[^'\n]*'|[^\w\s]", Program(seed).block(0) + "\n")
    here, there = random.randrange(len(tokens)), random.randrange(len(tokens))
    match random.randrange(6):
        case 0:
            del tokens[here]
        case 1:
            tokens.insert(here, tokens[there])
        case 2:
            tokens[here], tokens[there] = tokens[there], tokens[here]
        case 3:
            del tokens[here + 1 :]
        case _:
            tokens[here] = random.choice(PUT.split(" "))
    return "".join(tokens)


def test_damaged_programs_are_refused_where_python_refuses_them() -> None:
    """With Python's words, and nearly always at the line that it names: what is missing has two places."""
    evaluator = Session()._evaluator
    lines = []
    for seed in range(200):
        text = damaged(seed)
        refused = None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                compile(text, "program.py", "exec")
            except (SyntaxError, ValueError) as error:
                refused = error
        try:
            evaluator.compile(Source(text, "program.py"), silent=True)
        except ParseError as error:
            assert refused is not None, text
            assert error.span is not None
            if isinstance(refused, SyntaxError):
                assert (error.error_class, error.message) == (type(refused).__name__, refused.msg), text
                lines.append((text.count("\n", 0, error.span.start) + 1, refused.lineno))
        else:
            assert refused is None, text
    assert len(lines) > 150
    assert sum(ours != python_s for ours, python_s in lines) <= len(lines) * 0.02


def test_texts_in_another_encoding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "latin.py"
    path.write_bytes(b'#!/usr/bin/python\n# -*- coding: latin-1 -*-\nprint("\xe9")\n')
    assert main([str(path)]) == 0
    assert capsys.readouterr().out == "é\n"
    (tmp_path / "uses.py").write_text("import latin\n")
    assert main([str(tmp_path / "uses.py")]) == 0
    assert capsys.readouterr().out == "é\n"
    path.write_bytes(b"# coding: nope\nprint(1)\n")
    assert main([str(path)]) == 2
    assert "unknown encoding: nope" in capsys.readouterr().err


def test_a_class_pattern_is_looked_at_when_its_case_is_reached() -> None:
    text = "match 1:\n    case 1:\n        print('one')\n    case Missing(x):\n        pass\n"
    text += "match (w := 2), 3:\n    case Missing.kind:\n        pass\n"
    assert ended(by_tensorsh, text) == ("one\n", ("NameError", "name 'Missing' is not defined"))


LOOKING = """
def f(): pass
class Meta(type):
    asked = 0
    def __instancecheck__(cls, value):
        setattr(cls, "__match_args__", ("__globals__",)) if cls.late else None
        return True
class Late(metaclass=Meta):
    late = True
    __match_args__ = ("real",)
class Asked(type):
    asked = 0
    def __instancecheck__(cls, value): return True
    @property
    def __match_args__(cls):
        Asked.asked += 1
        return ("real",) if Asked.asked < 2 else ("__globals__",)
class Turns(metaclass=Asked): pass
class Whole(int): pass
match f:
    case Late(g) | Turns(g): print("found", g)
    case _: print("nothing")
match Whole(3):
    case Whole(g): print(g)
match Whole(3):
    case int(g): print(g)
"""


def test_what_a_class_pattern_looks_at_is_fixed_before_it_looks() -> None:
    assert ended(by_tensorsh, LOOKING) == ("nothing\n3\n3\n", None)
