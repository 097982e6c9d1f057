"""Runs the examples of a page of documentation, as a reader would see them run.

    ```tensorsh        inputs after `>>> ` and `... ` as in the shell, each followed by all it prints
    ```console         commands after `$ ` (and `> `), each followed by all it prints

The `tensorsh` blocks of one section share a session, the `console` blocks of one section a directory.
`python tests/support/doc_examples.py docs/language.md` writes what is printed today into the page: read the
difference before it is committed.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

BLOCK = re.compile(r"^```(tensorsh|console)\n(.*?)^```$", re.M | re.S)
HEADING = re.compile(r"^## .*$", re.M)
INPUT = {"tensorsh": (">>>", "..."), "console": ("$", ">")}

Run = Callable[[str], str]


def sections(page: str) -> list[tuple[str, str]]:
    """(title, text with its heading) of each part of a page; joined, the texts are the page."""
    starts = [0, *(found.start() for found in HEADING.finditer(page)), len(page)]
    parts = [page[start:end] for start, end in itertools.pairwise(starts) if start < end]
    return [(part.split("\n", 1)[0].strip("# "), part) for part in parts]


def inputs(kind: str, block: str) -> Iterator[str]:
    """What is typed in a block, one input after the other."""
    first, more = INPUT[kind]
    lines: list[str] = []
    for line in block.splitlines():
        mark, _, text = line.partition(" ")
        if mark == more and lines:
            lines.append(text)
            continue
        if lines:
            yield "\n".join(lines)
        lines = [text] if mark == first else []
    if lines:
        yield "\n".join(lines)


def shown(kind: str, typed: str, printed: str) -> str:
    """An input with its marks, and what it printed."""
    first, *rest = typed.split("\n")
    before, after = INPUT[kind]
    marked = [f"{before} {first}", *(f"{after} {line}".rstrip() for line in rest)]
    return "\n".join(marked) + "\n" + (printed.rstrip("\n") + "\n" if printed.strip() else "")


def today(part: str, folder: Path) -> str:
    """A section with what its examples print now."""
    shell = make_shell()
    run: dict[str, Run] = {"tensorsh": lambda text: enter(shell, text), "console": command}

    def again(found: re.Match[str]) -> str:
        kind, block = found[1], found[2]
        body = "".join(shown(kind, typed, run[kind](typed)) for typed in inputs(kind, block))
        return f"```{kind}\n{body}```"

    (folder / "samples").symlink_to(ROOT / "samples")
    with contextlib.chdir(folder):
        return BLOCK.sub(again, part)


def make_shell():
    """The interactive shell, without a terminal: values in PyTorch's format, no colour."""
    from tensorsh.options import Options
    from tensorsh.output import Output, Report
    from tensorsh.repl.loop import Shell
    from tensorsh.session import Session

    options = Options(format="torch", color="never")
    return Shell(Session(), Output(options), Report(options))


def enter(shell, text: str) -> str:
    """Type `text` into the shell; everything that appears."""
    content = io.BytesIO()
    screen = io.TextIOWrapper(content, encoding="utf-8", write_through=True)
    with contextlib.redirect_stdout(screen), contextlib.redirect_stderr(screen):
        shell.enter(text)
    return content.getvalue().decode()


def command(text: str) -> str:
    """Run a command line; both of its streams."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "tensorsh"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tensorsh "$@"\n')
        program.chmod(0o755)
        environment = os.environ | {
            "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
        }
        done = subprocess.run(
            text, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    return done.stdout


def main() -> None:
    sys.path.insert(0, str(ROOT))
    for name in sys.argv[1:]:
        path = Path(name).resolve()
        written = []
        for _, part in sections(path.read_text(encoding="utf-8")):
            with tempfile.TemporaryDirectory() as folder:
                written.append(today(part, Path(folder)))
        path.write_text("".join(written), encoding="utf-8")


if __name__ == "__main__":
    main()
