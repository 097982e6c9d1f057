"""The modules a program imports behave as Python's: the same text prints the same in both."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest

from module_programs import Program, here, in_python
from tensorsh import Session, TensorshError
from tensorsh.modules.imports import match_class

TEXTS = sorted((Path(__file__).parents[1] / "data/module_programs").glob("*.txt"))
#: what the process has done before changes what these print in Python: loggers, and the numbers of threads
FRESH = ("logging", "threads")


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_prints_what_python_prints(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    printed = [in_python(text, fresh=path.stem in FRESH), here(text)]
    python, ours = (re.sub(r"in \d+\.\d+s", "in 0s", each) for each in printed)
    assert ours == python


def test_a_module_that_is_not_there() -> None:
    assert here("import subprocess") == "ModuleNotFoundError: No module named 'subprocess'\n"
    assert here("import os\nos.system('true')") == "AttributeError: module 'os' has no attribute 'system'\n"


def test_a_debugger_can_be_imported_and_says_that_it_is_none() -> None:
    session = Session()
    session.run("import torch, pdb\ndef f(x):\n  if x > 1: pdb.set_trace()\n  return x\nf(1)")
    with pytest.raises(TensorshError) as caught:
        session.run("f(2)")
    assert (caught.value.code, caught.value.error_class) == ("unsupported", "NotImplementedError")
    assert "no debugger" in caught.value.message and "-i" in (caught.value.help or "")


def test_sessions_keep_their_own() -> None:
    one, two = Program(), Program()
    for each in (one, two):
        each.run("import random, warnings, logging, os, sys, math\nrandom.seed(1)")
    one.run(
        "random.random()\nwarnings.simplefilter('ignore')\nlogging.getLogger('a').setLevel(10)\nos.environ['Q'] = '1'"
    )
    one.run("math.pi = 3\nsys.setrecursionlimit(500)")
    two.run(
        "x = random.random(), len(warnings.filters), logging.getLogger('a').level, os.environ.get('Q'), "
        "round(math.pi, 2)"
    )
    import random

    assert two.names["x"] == (random.Random(1).random(), 5, 0, None, 3.14)
    assert (one.modules.recursion_limit, two.modules.recursion_limit) == (500, 1000)


def test_state_is_put_back() -> None:
    program = Program()
    program.run(
        "import random, warnings, logging, os, decimal, sys, math\nrandom.seed(3)\nlog = logging.getLogger('x')\n"
        "log.addHandler(logging.NullHandler())"
    )
    kept = program.modules.state()
    program.run(
        "first = random.random()\nwarnings.simplefilter('error')\nlog.setLevel(10)\n"
        "log.addHandler(logging.NullHandler())\nos.environ['ZZ'] = '1'\ndecimal.getcontext().prec = 3\n"
        "math.pi = 4\nimport json\nlogging.getLogger('new')\n"
        "logging.addLevelName(7, 'SEVEN')\nlogging.disable(50)\nsys.argv.append('x')\nsys.setrecursionlimit(77)"
    )
    program.modules.restore(kept)
    program.run(
        "again = random.random()\nseen = (len(warnings.filters), log.level, len(log.handlers), 'ZZ' in os.environ,\n"
        "  decimal.getcontext().prec, round(math.pi, 2), 'json' in sys.modules, logging.getLevelName(7),\n"
        "  log.isEnabledFor(30),  sys.argv, sys.getrecursionlimit(), 'new' in logging.root.manager.loggerDict)"
    )
    assert program.names["first"] == program.names["again"]
    assert program.names["seen"] == (
        5,
        0,
        1,
        False,
        28,
        3.14,
        False,
        "Level 7",
        True,
        ["prog.py"],
        1000,
        False,
    )


def test_what_functions_change_is_listed() -> None:
    modules = Program().modules
    assert modules.changes("heapq", "heappush") == (0,)
    assert modules.changes("random", "shuffle") == (0,)
    assert modules.changes("struct", "pack_into") == (1,)
    assert modules.changes("math", "sqrt") == modules.changes("none", "x") == ()


def test_tracebacks_show_the_program_alone() -> None:
    text = textwrap.dedent("""
        import traceback, json
        def f():
            return json.loads("{")
        try:
            f()
        except Exception:
            print(traceback.format_exc())
    """)
    assert here(text) == (
        "Traceback (most recent call last):\n"
        '  File "prog.py", line 6, in <module>\n    f()\n'
        '  File "prog.py", line 4, in f\n    return json.loads("{")\n'
        "json.decoder.JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)\n\n"
    )


def test_traceback_exceptions_read_no_file_that_a_program_names() -> None:
    text = textwrap.dedent("""
        import traceback
        from types import SimpleNamespace as Named
        code = Named(co_filename="secret.txt", co_name="f", co_positions=lambda: iter([(1, 1, 0, 1)]))
        frame = Named(f_code=code, f_globals={}, f_locals={})
        named = Named(tb_frame=frame, tb_lineno=1, tb_lasti=0, tb_next=None)
        for options in ({}, {"capture_locals": True}):
            try:
                traceback.TracebackException(ValueError, ValueError(), None if options else named, **options)
            except (TypeError, NotImplementedError) as error:
                print(error)
    """)
    assert here(text) == (
        "exc_traceback must be a traceback or None, not SimpleNamespace\n"
        "capture_locals=True: no frame shows its variables\n"
    )


def test_tracebacks_show_the_program_s_lines() -> None:
    text = textwrap.dedent("""
        import sys, os, json
        def f(text):

            return json.loads(text)
        try:
            f("{")
        except ValueError as e:
            tb = e.__traceback__
            while tb:
                print(tb.tb_lineno, tb.tb_frame.f_code.co_name, tb.tb_next is not None)
                tb = tb.tb_next
            kind, error, tb = sys.exc_info()
            print(kind.__name__, os.path.split(tb.tb_frame.f_code.co_filename)[1], tb.tb_lineno, tb.tb_frame.f_lineno)
            for name in ("f_locals", "f_globals", "f_back", "f_builtins"):
                print(hasattr(tb.tb_frame, name), end=" ")
            print(hasattr(tb.tb_frame.f_code, "co_code"))
        try: 1 / 0
        except ZeroDivisionError as e: print(f"line {e.__traceback__.tb_lineno}: {e}")
    """)
    assert here(text) == (
        "7 <module> True\n5 f False\nJSONDecodeError prog.py 7 14\nFalse False False False False\n"
        "line 18: division by zero\n"
    )


def test_unittest_main_runs_the_program_s_tests() -> None:
    text = textwrap.dedent("""
        import unittest
        class T(unittest.TestCase):
            def test_a(self): self.assertEqual(1, 1)
            def test_b(self): self.assertEqual(1, 2)
        if __name__ == "__main__":
            unittest.main()
    """)
    out = here(text)
    assert "FAIL: test_b (__main__.T.test_b)" in out
    assert 'File "prog.py", line 5, in test_b' in out
    assert "Ran 2 tests" in out and "FAILED (failures=1)" in out and "SystemExit: " in out
    assert "case.py" not in out


def test_refused_paths() -> None:
    class Careful(Program):
        def admit(self, path: str | bytes, how: str) -> None:
            if str(path).startswith("/etc") or how == "write":
                raise PermissionError(13, "Permission denied", path)

    text = (Path(__file__).parents[1] / "data/module_attempts/paths.txt").read_text(encoding="utf-8")
    import contextlib
    import io

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        Careful().run(text)
    assert "no" not in out.getvalue().replace("nothing", "").split()
    assert out.getvalue().count("refused") == 19


MATCHED = """
from dataclasses import dataclass
@dataclass
class P:
    x: int
    y: int = 2
class Q(P): pass
class L: __match_args__ = ["x"]
class K: __match_args__ = (1,)
class N: pass
CASES = [
    (P(1), P, 2, ()), (P(1), P, 1, ("y",)), (P(1), P, 0, ("x", "z")), (3, P, 0, ()), (Q(1), P, 1, ()),
    (P(1), Q, 0, ()), (3, int, 1, ()), (True, int, 1, ("real",)), ("a", str, 1, ()), ([1], list, 1, ()),
    (3, float, 0, ()), (3, int, 2, ()), (P(1), P, 3, ()), (P(1), P, 1, ("x",)), (L(), L, 1, ()), (K(), K, 1, ()),
    (N(), N, 1, ()), (3, 4, 0, ()), (N(), object, 0, ()),
]
"""


def test_class_patterns_match_as_python_s() -> None:
    names: dict[str, object] = {}
    exec(compile(MATCHED, "<matched>", "exec", dont_inherit=True), names)
    host = Program()
    for value, kind, positional, keywords in names["CASES"]:  # type: ignore[attr-defined]
        parts = [f"p{i}" for i in range(positional)] + [f"{name}=k{i}" for i, name in enumerate(keywords)]
        bound = [part.rpartition("=")[2] for part in parts]
        scope = {"value": value, "kind": kind, "got": None}
        text = (
            f"match value:\n  case kind({', '.join(parts)}): got = ({''.join(each + ', ' for each in bound)})"
        )
        assert _told(lambda scope=scope, text=text: exec(text, scope) or scope["got"]) == _told(
            lambda case=(value, kind, positional, keywords): match_class(host, *case)
        )


def test_class_patterns_obey_the_attribute_rules() -> None:
    class Meta(type):
        def __instancecheck__(cls, value: object) -> bool:
            return True

    class All(metaclass=Meta):
        __match_args__ = ("__globals__", "__name__")

    assert match_class(Program(), _told, All, 1) is None
    assert match_class(Program(), _told, All, 0, ("__code__",)) is None
    assert match_class(Program(), _told, All, 0, ("__name__",)) == ("_told",)


def _told(act: Any) -> Any:
    try:
        return act()
    except TypeError as error:
        return str(error)


def test_names_are_imported_in_python_s_words() -> None:
    assert here("from math import nothing").startswith(
        "ImportError: cannot import name 'nothing' from 'math' ("
    )
    assert here("from sys import nothing") == (
        "ImportError: cannot import name 'nothing' from 'sys' (unknown location)\n"
    )
    assert here("from os import path, getcwd as g\nprint(path.join('a', 'b'), g.__name__)") == "a/b getcwd\n"
    assert (
        here("from concurrent import futures\nprint(futures.ThreadPoolExecutor.__name__)")
        == "ThreadPoolExecutor\n"
    )
    assert here("from math import *\nprint(sqrt(4), pi > 3)") == "2.0 True\n"


def test_what_is_set_for_the_whole_process_is_the_sessions() -> None:
    import decimal
    import gc

    outside = decimal.getcontext().prec, gc.isenabled(), gc.get_threshold()
    session, look = Session(), "decimal.getcontext().prec, gc.isenabled(), gc.get_threshold()[1]"
    session.run(
        "import decimal, gc\ndecimal.getcontext().prec = 5\ngc.disable()\ngc.set_threshold(900, 12, 13)"
    )
    assert (decimal.getcontext().prec, gc.isenabled(), gc.get_threshold()) == outside
    assert session.run(look) == [(5, False, 12)]
    assert Session().run(f"import decimal, gc\n{look}") == [(28, True, outside[2][1])]
    with pytest.raises(TensorshError):
        session.run("if True:\n    decimal.getcontext().prec = 7\n    gc.enable()\n    1 / 0")
    assert session.run(look) == [(5, False, 12)]
