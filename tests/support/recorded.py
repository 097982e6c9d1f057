"""Recorded answers in text files: single lines `program => answer`, and blocks of programs with their output."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

from tensorsh import Session, TensorshError

DATA = Path(__file__).parents[1] / "data"


def lines(name: str) -> list[tuple[str, str]]:
    """(program, answer) pairs: the repr of the last value, `ok`, or `! message`."""
    text = (DATA / name).read_text(encoding="utf-8")
    pairs = [line.partition(" => ") for line in text.splitlines() if not line.startswith("#")]
    return [(program, answer) for program, _, answer in pairs]


def blocks(name: str) -> list[tuple[str, str]]:
    """(program, output) pairs; an error is the output's last line, `! message`."""
    text = (DATA / name).read_text(encoding="utf-8")
    pairs = [block.partition("=>\n") for block in text.split("---\n")[1:]]
    return [(program, output) for program, _, output in pairs]


def answer(program: str) -> str:
    """What tensorsh answers, with runs of blanks as one."""
    try:
        values = Session().run(program)
    except TensorshError as error:
        return "! " + error.message.split("\n")[0]
    return squeeze(repr(values[-1])) if values else "ok"


def squeeze(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def output(program: str) -> str:
    """What tensorsh prints for a program, and its error."""
    printed = io.StringIO()
    message = ""
    with contextlib.redirect_stdout(printed):
        try:
            Session().run(program)
        except TensorshError as error:
            message = f"! {error.message.splitlines()[0]}\n"
    return printed.getvalue() + message
