"""PyTorch programs under Python itself, with tensorsh's library in torch's place; what PyTorch printed for them.

Files in `data` hold programs and their output as blocks (see `recorded.blocks`). To record what PyTorch prints:
`python tests/support/library.py FILE…`, with a Python that has torch, writes the outputs anew.
"""

from __future__ import annotations

import builtins
import contextlib
import gzip
import io
import os
import sys
import tempfile
import warnings
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

DATA = Path(__file__).parents[1] / "data"


def blocks(name: str) -> list[tuple[str, str]]:
    """(program, output) pairs of a file in `data`."""
    text = read(DATA / name)
    pairs = [block.partition("=>\n") for block in text.split("---\n")[1:]]
    return [(program, output) for program, _, output in pairs]


def read(path: Path) -> str:
    """A file's text, unpacked if it is packed."""
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")


def write(path: Path, text: str) -> None:
    data = text.encode("utf-8")
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def output(program: str, torch: str = "tensorsh.torch") -> str:
    """What a program prints, run in an empty folder, and its error as `! Class: message`."""
    printed = io.StringIO()
    error_line = ""
    scope = {"__name__": "__main__", "__builtins__": {**vars(builtins), "__import__": _importer(torch)}}
    before, main = os.getcwd(), sys.modules["__main__"]
    program_module = ModuleType("__main__")  # where pickles look for the program's classes
    vars(program_module).update(scope)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        sys.modules["__main__"] = program_module
        try:
            with contextlib.redirect_stdout(printed), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                exec(compile(program, "program.py", "exec", dont_inherit=True), vars(program_module))
        except Exception as error:
            error_line = f"! {type(error).__name__}: {error}\n"
        finally:
            os.chdir(before)
            sys.modules["__main__"] = main
    return printed.getvalue() + error_line


def _importer(torch: str) -> Any:
    """An `__import__` that finds this library under torch's name."""

    def importer(name: str, scope: Any = None, own: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        if level or name.partition(".")[0] != "torch":
            return __import__(name, scope, own, fromlist, level)
        root, path = import_module(torch), name.removeprefix("torch").lstrip(".")
        return _module(torch, path) if fromlist and path else root

    return importer


def _module(torch: str, path: str) -> Any:
    """A module of the library; a namespace where all that is in it are operations."""
    try:
        return import_module(f"{torch}.{path}")
    except ModuleNotFoundError:
        from tensorsh.torch.namespace import namespace

        return namespace(path)


def main(paths: list[str]) -> None:
    for path in map(Path, paths):
        head = read(path).partition("---\n")[0]
        pairs = [f"---\n{program}=>\n{output(program, 'torch')}" for program, _ in blocks(path.name)]
        write(path, head + "".join(pairs))


if __name__ == "__main__":
    main(sys.argv[1:])
