"""Files of all kinds that are read: as our own writers make them, damaged ones, and who reads them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from fuzz_inputs import PREPARED, ROOT

NAMED = {
    "npy": "x",
    "npz": "{'a': x, 'b': n}",
    "csv": "m",
    "tsv": "m",
    "json": "{'a': x, 'b': [1, 'c', {'d': m}]}",
}
NAMED |= {"safetensors": "{'a': x, 'b': n}", "txt": "m", "pt": ""}
#: what the shell reads at its start, and what is kept for the next one
SHELLS = ("history", "config.toml", "init.tsh", "cache")


@cache
def whole(kind: str) -> list[bytes]:
    """Files of a kind that are as they should be."""
    from tensorsh import Session

    if kind == "pt":
        return [path.read_bytes() for path in sorted((ROOT / "tests" / "data" / "saved").glob("*.pt"))]
    if kind == "history":
        return ["x = 1\n\n# 2026-01-01 00:00:00\n+y = 2\n+z = 3\n\n# é\n+for i in x:\n+    i\n".encode()]
    if kind == "config.toml":
        return [
            b'format = "pretty"\ntheme = "dark"\nkeys = "vi"\nprecision = 4\n[colors]\nnumber = "#ff0000"\n'
        ]
    if kind == "init.tsh":
        return [b"x = [1., 2.]\ndef f(a): return a * 2\n"]
    if kind == "cache":
        from tensorsh import kept

        found = sorted(Path(kept.folder()).glob("*.table"))
        return [each.read_bytes() for each in found[:4]] or [b""]
    with tempfile.TemporaryDirectory() as folder:
        session = Session(seed=0)
        session.run(PREPARED)
        session.run(f"save({NAMED[kind]}, {folder + '/x.' + kind!r})")
        return [Path(folder, f"x.{kind}").read_bytes()]


def damaged(data: bytes, random: Random) -> bytes:
    """Bits flipped, mostly in the header, or a piece cut out, doubled or replaced."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 5))):
        at = random.randrange(min(len(changed), random.choice((16, 128, 10_000))) or 1)
        way = random.randrange(8)
        if way < 4:
            changed[at] ^= 1 << random.randrange(8)
        elif way == 4:
            del changed[at:]
        elif way == 5:
            del changed[at : at + random.randrange(1, 20)]
        elif way == 6:
            changed[at:at] = changed[at : at + random.randrange(1, 20)]
        else:
            changed[at : at + 1] = random.choice((b"\0", b"-", b"9" * 12, b'"', b"{", b"\xff", b"\n", b"]"))
        if not changed:
            return b""
    return bytes(changed)


def file(random: Random) -> Callable[[Any], None]:
    """What reads a damaged file."""
    kind = random.choice((*NAMED, *NAMED, *SHELLS))
    data = damaged(random.choice(whole(kind)), random)

    def read(session: Any) -> None:
        form = None
        if kind in NAMED and kind != "pt" and random.random() >= 0.8:
            form = random.choice(list(NAMED))
        reads(session, kind, data, form)

    return read


def reads(session: Any, kind: str, data: bytes, form: str | None = None) -> None:
    """Write a file of this kind, and read it as who finds it does; `form`: it is said to be of another."""
    path = f"damaged.{kind}"
    Path(path).write_bytes(data)
    if kind == "pt":
        session.run(f"import torch\ntorch.load({path!r})")
    elif kind in NAMED:
        session.run(f"load({path!r})" if form is None else f"load({path!r}, format={form!r})")
    elif kind == "init.tsh":
        from tensorsh.source import read_program

        try:
            text = read_program(path)
        except (ValueError, SyntaxError, OSError):  # the command says so
            return
        session.run(text)
    else:
        shell_reads(kind, path)


def shell_reads(kind: str, path: str) -> None:
    """A file in the place of one of the shell's own."""
    if kind == "history":
        from tensorsh.repl.prompt import kept

        list(kept(path, 1000).load_history_strings())
    elif kind == "config.toml":
        from unittest.mock import MagicMock

        from tensorsh.repl.settings import apply_file

        apply_file(MagicMock(), path)
    else:
        from tensorsh import kept as files

        os.environ["XDG_CACHE_HOME"] = os.path.abspath("cache")
        os.makedirs(files.folder(), mode=0o700, exist_ok=True)
        place = os.path.join(files.folder(), "x-00000000.table")
        shutil.copy(path, place)
        os.chmod(place, 0o600)
        files.read("x-00000000.table", files.checksum)
