"""Everything that reads a file or a text, by its kind: what to start from, and how it is read."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from fuzz_files import NAMED, SHELLS, reads, whole
from fuzz_inputs import PREPARED, ROOT, texts

#: modules whose branches a guided fuzzer sees, by what is read
SEEN = {
    "npy": "io.npy",
    "npz": "io.npz io.npy",
    "csv": "io.csv io.csv_cells io.csv_dialect io.csv_digits io.csv_encoding io.csv_numbers io.csv_quotes",
    "json": "io.json",
    "safetensors": "io.safetensors io.npy",
    "pt": "torch.serialization.archive torch.serialization.loading torch.serialization.unpickler "
    "torch.serialization.memory torch.serialization.names torch.serialization.safe ops.tensors.storages",
    "history": "repl.prompt",
    "config.toml": "repl.settings",
    "init.tsh": "source",
    "cache": "kept",
    "any": "io.formats io.compressed io.files",
    "session": "repl.store io.npy",
    "pickle": "modules.pickles",
    "numpy": "modules.numpy_files",
    "text": "source lang.syntax.lexer lang.syntax.parse lang.syntax.fstring lang.syntax.build lang.syntax.checks "
    "lang.syntax.build_expressions lang.syntax.build_patterns lang.syntax.literal lang.syntax.strings "
    "lang.syntax.characters lang.syntax.mistakes lang.syntax.soft_keywords lang.syntax.python_syntax "
    "repl.highlight repl.brackets repl.complete repl.pasted services.complete services.highlight services.scan "
    "services.layout",
}
SEEN |= {"tsv": SEEN["csv"], "txt": SEEN["csv"], "table": SEEN["csv"], "pt pickle": SEEN["pt"]}
SEEN |= {"session.json": SEEN["session"], "torch text": SEEN["text"]}
KINDS = list(SEEN)

#: of tables: what may be said about them, one chosen by the first byte
TABLES = (
    "header=true", "header=false", "delimiter=';'", "delimiter='\\t'", "decimal=','", "thousands=','", "skip=1",
    "nrows=2", "columns=[0]", "columns=['a']", "encoding='utf-16'", "encoding='latin-1'", "dtype=int64", "dtype=bool",
    "decimal=',', thousands='.'", "skip=2, header=true",
)  # fmt: skip
CELLS = (
    b"a,b\n1,2\n3,4\n", b"a;b\n1,5;2\n", b'"a","b ""c"""\n1,x\n,y\n', b"1 2\n3 4\n", b"# x\n1,nan\n-inf,1e5\n",
    b"\xef\xbb\xbfa,b\r\n1,2\r\n", "a,é\n1,true\n".encode("utf-16"), b"1.234.567,8;2\n", b"0x10,1_0\n2024-01-01,1+2j\n",
)  # fmt: skip
SESSION = """
xs, d, s = [x, 1, "a"], {"k": (m, 2.5), 3: None}, {1, 2}
xs.append(xs)
from collections import OrderedDict, defaultdict, Counter
o, dd, co, z = OrderedDict(a=1), defaultdict(list), Counter("aab"), 2j
def f(a): return a * 2
class Point:
    def __init__(self): self.x = 1
p = Point()
"""
PICKLED = """
import pickle, torch, collections, datetime
pickle.dumps([1, 2.5, "a", b"b", None, True, (1, {2: {3}}), 10**30, 2j])
pickle.dumps({"t": torch.ones(2), "o": collections.OrderedDict(a=1), "d": datetime.date(2020, 1, 1)}, 2)
pickle.dumps([torch.nn.Linear(2, 1), torch.float16, torch.Size([2])], 4)
pickle.dumps([[], [[]], range(3), slice(1, 2)], 0)
"""


@cache
def seeds(kind: str) -> list[bytes]:
    """Files of a kind as our own writers make them, and texts as people write them."""
    if kind in (*NAMED, *SHELLS) and kind != "cache":
        return whole(kind) + (list(CELLS) if SEEN[kind] == SEEN["csv"] else [])
    if kind == "any":
        import gzip

        return [found for each in NAMED for found in whole(each)[:1]] + [gzip.compress(whole("csv")[0])]
    if kind == "table":
        return [bytes([i]) + each for i, each in enumerate((*CELLS, *CELLS))]
    if kind == "cache":
        from tensorsh import kept

        return [kept.checksum(each) + each for each in (b"", b"abc" * 20)]
    if kind == "numpy":
        return whole("npy") + whole("npz")
    if kind in ("session", "session.json"):
        return [_saved_session()] if kind == "session" else [_member(_saved_session(), "session.json")]
    if kind == "pt pickle":
        return [_member(each, "data.pkl") for each in whole("pt") if each[:2] == b"PK"]
    if kind == "pickle":
        from tensorsh import Session

        return Session(seed=0).run(PICKLED)
    if kind == "torch text":
        return [each.encode() for each in texts() if "import torch" in each and len(each) < 1500][::12]
    return [path.read_bytes() for path in sorted((ROOT / "samples").glob("*.tsh"))]


def _saved_session() -> bytes:
    from tensorsh import Session
    from tensorsh.repl import store

    session = Session(seed=0)
    session.run(PREPARED)
    session.run(SESSION)
    with tempfile.TemporaryDirectory() as folder:
        store.save(session, f"{folder}/seed", {"format": "pretty"})
        return Path(folder, "seed").read_bytes()


def _member(archive: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(archive)) as found:
        (full,) = (each for each in found.namelist() if each.rpartition("/")[2] == name)
        return found.read(full)


def read(session: Any, kind: str, data: bytes) -> None:
    """Let what reads files of a kind read this one."""
    if kind in OTHERS:
        OTHERS[kind](session, data)
    else:
        reads(session, kind, data)


def _any(session: Any, data: bytes) -> None:
    Path("damaged").write_bytes(data)
    session.run("load('damaged')")


def _table(session: Any, data: bytes) -> None:
    Path("damaged.csv").write_bytes(data[1:])
    session.run(f"load('damaged.csv', {TABLES[data[0] % len(TABLES)]})" if data else "1;")


def _numpy(session: Any, data: bytes) -> None:
    Path("damaged.npz").write_bytes(data)
    session.run(
        "import numpy as np\nfound = np.load('damaged.npz')\n[found[k] for k in getattr(found, 'files', [])];"
    )


def _pickle(session: Any, data: bytes) -> None:
    Path("damaged.pickle").write_bytes(data)
    session.run("import pickle\nwith open('damaged.pickle', 'rb') as file:\n    pickle.load(file);\n")


def _torch_pickle(session: Any, data: bytes) -> None:
    """A pickle in an archive that is otherwise whole."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("x/data.pkl", data)
        for i in range(6):
            archive.writestr(f"x/data/{i}", bytes(range(64)))
    Path("damaged.pt").write_bytes(content.getvalue())
    session.run(f"import torch\ntorch.load('damaged.pt', weights_only={len(data) % 2 == 0})")


def _restored(session: Any, data: bytes) -> None:
    from tensorsh.repl import store

    Path("damaged.session").write_bytes(data)
    session.clear()
    session.run("mine = 1")
    try:
        settings, _ = store.restore(session, "damaged.session")
    except Exception:
        assert session.names() == ["mine"], "a session that was not restored has changed"
        raise
    settings.get("format")
    session.run("\n".join(f"str({name});" for name in session.names() if name.isidentifier()))


def _described(session: Any, data: bytes) -> None:
    """`session.json` in an archive that is otherwise whole."""
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_seed_session())) as whole, zipfile.ZipFile(content, "w") as archive:
        for name in whole.namelist():
            archive.writestr(name, data if name == "session.json" else whole.read(name))
    _restored(session, content.getvalue())


@cache
def _seed_session() -> bytes:
    return seeds("session")[0]


def _text(session: Any, data: bytes, pythonic: bool = False) -> None:
    """What the shell does with a text before anything runs."""
    from tensorsh.errors import ParseError
    from tensorsh.lang.syntax.parse import is_complete, parse
    from tensorsh.repl.brackets import pair
    from tensorsh.repl.complete import complete
    from tensorsh.repl.highlight import highlight
    from tensorsh.repl.pasted import cleaned
    from tensorsh.source import Source, decoded

    try:
        text = decoded(data)
    except (ValueError, SyntaxError):  # the command says so
        return
    session.pythonic = pythonic
    places = [0, *(place for start, end, _ in highlight(session, text) for place in (start, end)), len(text)]
    assert places == sorted(places), "colours lie over each other"
    pair(text, len(text) // 2)
    cleaned(text)
    complete(session, text[-200:])
    is_complete(text, pythonic)
    try:
        program = parse(Source(text), pythonic)
    except ParseError:
        return
    if len(program.body) < 40:
        session._evaluator.compile(Source(text))


OTHERS: dict[str, Callable[[Any, bytes], None]] = {
    "any": _any,
    "table": _table,
    "numpy": _numpy,
    "pickle": _pickle,
    "pt pickle": _torch_pickle,
    "session": _restored,
    "session.json": _described,
    "text": _text,
    "torch text": lambda session, data: _text(session, data, True),
}
