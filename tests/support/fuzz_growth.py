"""Texts of one piece many times over: reading one takes as long as its length, whatever the piece.

`python tests/support/fuzz_growth.py --characters 60000` reads every piece in every surroundings, in processes that are
given up after `--seconds`. Printed is what takes a quarter of that, or ends in anything but a syntax error.
"""

from __future__ import annotations

import argparse
import io
import json
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

ROOT = Path(__file__).parents[2]

_SIGNS = r"""
( [ { () [] {} ) ] } , ; : :: . .. ... - ~ * ** @ = == := += != ! ? $ ` % ^ & | < > << // -> \ ' " ''' f' f{ rf' b'
# _ __
"""
_NUMBERS = "1 1.5e3 0x1f 0 00 1_ 1e 1j nan inf [1] [1.,2.] (1, [1, {1: [1,2], [[1,2],[3,4]],"
_TEXTS = r"""
's' "" '''t''' f'{a}' f'{a:{b}}' f'{a!r:>{w}}' r'\' b'x' \n {a} {{ }} %d {a!
"""
_NAMES = """
a a( a[ a. .a a.b a+ a* a** a@ a< a== *a, **a, a= a:=1, (a:= a, a; a: a[1: a[:, a(b( a[b[ x.T f(a=1, f(*a,
{**a,
"""
_WORDS = """
not |and |or |a and |a or |if |else |elif |a if b else |1 if 1 else |lambda: |lambda x: |for |for a in b |in |
is |while |def |def f(): |class |class A: |return |yield |await |async |try: |except |match |case |case _: |
import |import torch |torch |torch. |from |from torch |explain |explain a |graph |graph( |backward |
backward y |grad |grad a wrt |param |param a |as |a as float32 |with |on |wrt |retain |[x for x in |
{x: y for x in |(x for x in |del a, |assert a, |raise a from |global |nonlocal |a = b = |a, b = |
with a as b, |'a' |none |true |print(a) |# import torch |! |%
"""
_LINES = (
    "", " ", "\t", "#", "# c", "pass", "x", "x = 1", "if a: b", "if a:\n b", "elif a: b", "else: b",
    "for i in a: b", "def f(): pass", "class A: pass", "import a", "import torch", "from a import *",
    "global a", "nonlocal a", "return", "break", "@a", "x: int = 1", "x: float32[n]",
    "x: float32[n, m] on cpu = 1", "x[0] = 1", "%%time", "%time x", ":help", "!ls", "?a", "'''doc'''",
    "# -*- coding: x -*-", "backward y", "explain y", "try: a\nexcept: b", "with a: b", "del a",
    "match a:\n case 1: b", "from __future__ import a", "x = [1., 2.]", "param w = [1., 2.]", "a, b = b, a",
    "x = f'{a}'",
)  # fmt: skip
_CHARACTERS = ["\x0c", "\r", "\r\n", "\x00", "\ufeff", "é", "́", "😀", "Ｎ", "ﷺ", "\u2028", "\xa0"]

PIECES = (
    [*_SIGNS.split(), *_NUMBERS.split(), *_TEXTS.split(), *_NAMES.split()]
    + [word.strip() + " " for word in _WORDS.split("|")]
    + [line + "\n" for line in _LINES]
    + [*_CHARACTERS, " ", "  ", "\t"]
)
SURROUNDINGS = (
    "%s", "%s\n", "x = '''%s'''\n", "# %s\n", "x = [%s]\n", "f(%s)\n", "import torch\n%s\n", "x = f'''{1}%s'''\n",
    "x = 1 %s\n", "def f():\n    '''%s'''\n", "import torch\nx = f'%s'\n",
)  # fmt: skip


def texts(characters: int) -> Iterator[str]:
    """Each piece in each of its surroundings, so many characters long."""
    for piece in PIECES:
        for around in SURROUNDINGS:
            yield around % (piece * max(1, characters // len(piece)))


def serve() -> None:
    """Read texts from standard input, each a line; answers what it ends in and how long it takes."""
    from tensorsh import Session, TensorshError, limits
    from tensorsh.source import Source

    limits.memory.limit(2 << 30)
    for line in sys.stdin:
        text, session = json.loads(line), Session()
        session.on_warning = lambda report: None
        began = time.perf_counter()
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            try:
                session._evaluator.compile(Source(text, "p.tsh"))
                ended = ""
            except TensorshError as error:
                ended = "" if error.code == "syntax" or error.exit_code == 3 else error.code
            except BaseException as error:
                ended = f"{type(error).__name__}: {error}"[:100]
        print(json.dumps([ended, time.perf_counter() - began]), flush=True)


def tried(inputs: Iterator[str], seconds: float) -> Iterator[tuple[str, str, float]]:
    """(text, how it ended if that is wrong, how long it took) of each."""
    process = None
    for text in inputs:
        if process is None:
            command = [sys.executable, __file__, "--serve"]
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
            )
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps(text) + "\n")
        process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], seconds)
        answer = process.stdout.readline() if ready else ""
        if answer:
            yield text, *json.loads(answer)
        else:
            process.kill()
            yield text, "crashed" if ready else "goes on", seconds
            process.communicate()
            process = None
    if process is not None:
        process.communicate()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--characters", type=int, default=60_000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--serve", action="store_true")
    options = parser.parse_args()
    if options.serve:
        sys.path.insert(0, str(ROOT))
        return serve()
    count = slowest = 0
    for text, ended, seconds in tried(texts(options.characters), options.seconds):
        count, slowest = count + 1, max(slowest, seconds)
        if ended or seconds > options.seconds / 4:
            print(f"{seconds:.1f} s, {ended or 'read'}: {text[:40]!r} …", flush=True)
    print(f"{count} texts of {options.characters} characters, {slowest:.1f} s the longest")
    return None


if __name__ == "__main__":
    main()
