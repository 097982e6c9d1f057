"""`--sandbox`: what a stranger's program tries, in a process of its own, and what it gets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import tensorsh
from tensorsh import Session
from tensorsh.cli import main
from tensorsh.sandbox import Sandbox

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(tensorsh.__file__).parents[1]), "SECRET": "told"}
IMPORTS = """
import torch
import argparse, codecs, configparser, copy, csv, datetime, fnmatch, gc, glob, gzip, importlib, importlib.metadata
import inspect, io, json, logging, os, pathlib, pickle, platform, shutil, sys, tempfile, threading, time, timeit
import traceback, uuid, warnings, zoneinfo
import numpy as np
"""

#: each is refused; P is a file that is not named, W is none yet, D their folder
FILES = """
open(P).read()
open(P, "a")
open(P.encode()).read()
open(W, "w")
open(1, "wb")
open(3, "rb")
open("../" * 20 + P[1:]).read()
open(Another()).read()
open(Changing()).read()
open(link, "rb")
os.fdopen(2, "w")
os.stat(P)
os.lstat(P)
os.listdir()
os.listdir(D)
os.listdir(path=D)
os.listdir("/proc/self/fd")
list(os.scandir())
list(os.scandir(D))
list(os.walk(D))
os.readlink("/proc/self/exe")
os.chdir(D)
os.mkdir(W)
os.makedirs(W + "/a")
os.remove(P)
os.rename(P, W)
os.replace(P, W)
os.symlink(P, W)
os.link(P, W)
os.truncate(P, 0)
os.chmod(P, 0o777)
os.utime(P)
os.path.getsize(P)
os.path.getmtime(P)
os.path.samefile(P, P)
pathlib.Path(P).read_text()
pathlib.Path(P).stat()
pathlib.Path(P).exists()
pathlib.Path(W).write_text("x")
pathlib.Path(W).touch()
pathlib.Path(W).mkdir()
pathlib.Path(W).symlink_to(P)
pathlib.Path(P).unlink()
pathlib.Path(P).rename(W)
list(pathlib.Path(D).iterdir())
list(pathlib.Path(D).glob("*"))
shutil.copy(P, W)
shutil.move(P, W)
shutil.copytree(D, W)
shutil.make_archive(W, "zip", D)
shutil.unpack_archive(P, W, "zip")
tempfile.mkstemp()
tempfile.mkdtemp()
tempfile.NamedTemporaryFile()
tempfile.TemporaryFile()
gzip.open(P).read()
codecs.open(P).read()
io.open(P).read()
io.FileIO(P).read()
type(sys.stdin.buffer.raw)(P).read()
logging.FileHandler(W)
logging.basicConfig(filename=W)
argparse.FileType("r")(P)
np.load(P)
np.loadtxt(P, dtype=str)
np.genfromtxt(P, dtype=str)
np.fromfile(P)
np.savetxt(W, np.ones(3))
np.save(W, np.ones(3))
np.savez(W, np.ones(3))
np.ones(3).tofile(W)
torch.load(P)
torch.save(1, W)
zoneinfo.ZoneInfo("../" * 20 + P[1:])
importlib.metadata.version("../" * 20 + P[1:])
importlib.import_module("beside")
pickle.loads(b"cos\\nsystem\\n(S'true'\\ntR.")
os.system("true")
os.popen("true")
os.fork()
os.kill(os.getpid(), 9)
"""

#: each is true
SEEN = """
dict(os.environ) == {}
os.getenv("SECRET") is None
"told" not in os.path.expandvars("$SECRET ${SECRET}")
not os.path.exists(P)
not os.path.isfile(P)
not os.path.isdir(D)
not os.path.lexists(P)
not os.path.islink(link)
os.path.realpath(link) == link
pathlib.Path(link).resolve() == pathlib.Path(link)
glob.glob(P) == []
glob.glob(D + "/*") == []
glob.glob("*", root_dir=D) == []
configparser.ConfigParser().read(P) == []
traceback.FrameSummary(P, 1, "f").line == ""
"told" not in "".join(traceback.format_list([traceback.FrameSummary(P, 1, "f")]))
"told" not in warnings.formatwarning("x", UserWarning, P, 1)
len(open(__file__).read()) > 1000
str(zoneinfo.ZoneInfo("Europe/Berlin")) == "Europe/Berlin"
time.time() * 1000 % 1 in (0.0, *near)
all(clock() % 10**6 == 0 for clock in (time.time_ns, time.monotonic_ns, time.perf_counter_ns, time.process_time_ns))
all(coarse(clock()) for clock in (time.monotonic, time.perf_counter, time.process_time, timeit.default_timer))
time.clock_gettime_ns(time.CLOCK_REALTIME) % 10**6 == 0 and coarse(time.clock_gettime(time.CLOCK_MONOTONIC))
time.clock_getres(time.CLOCK_REALTIME) >= 1e-3 and time.get_clock_info("perf_counter").resolution >= 1e-3
datetime.datetime.now().microsecond % 1000 == 0 and datetime.datetime.today().microsecond % 1000 == 0
datetime.datetime.now(datetime.timezone.utc).microsecond % 1000 == 0
type("D", (datetime.datetime,), {}).now().microsecond % 1000 == 0
coarse(logging.LogRecord("a", 1, "p", 1, "m", (), None).created)
abs(time.time() - datetime.datetime.now().timestamp()) < 5
torch.nn.Linear(2, 2)(torch.ones(2)).shape == (2,)
next(iter(torch.utils.data.DataLoader([1, 2, 3], num_workers=2))).item() == 1
"""

HEAD = """
class Another:
    def __fspath__(self): return P
class Changing:
    n = 0
    def __fspath__(self):
        Changing.n += 1
        return __file__ if Changing.n % 2 else P
near = [n + d for n in (0, 1) for d in (-1e-3, 1e-3)]
def coarse(seconds): return abs(seconds * 1000 - round(seconds * 1000)) < 1e-3
def attempt(text, tried):
    try: print("GOT", text, repr(tried())[:200])
    except Exception as error: print("refused", type(error).__name__)
def see(text, seen):
    print("seen" if seen() else "NOT " + text)
"""


def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tensorsh", *arguments]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=120,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        **options,
    )  # type: ignore[call-overload]


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file that no program is told of, with a module and a link beside it."""
    (tmp_path / "beside.py").write_text("told = 1", encoding="utf-8")
    path = tmp_path / "secret.txt"
    path.write_text("told", encoding="utf-8")
    (tmp_path / "link").symlink_to(path)
    return path


def test_what_strangers_try(secret: Path, tmp_path: Path) -> None:
    folder = tmp_path / "of the program"
    folder.mkdir()
    program = folder / "stranger.py"
    names = (
        f"P, W, D = {str(secret)!r}, {str(tmp_path / 'written')!r}, {str(tmp_path)!r}\nlink = D + '/link'\n"
    )
    attempts = [f"attempt({each!r}, lambda: {each})" for each in FILES.strip().splitlines()]
    seen = [f"see({each!r}, lambda: {each})" for each in SEEN.strip().splitlines()]
    program.write_text("\n".join([IMPORTS, names, HEAD, *attempts, *seen]), encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    done = run("--sandbox", str(program), cwd=tmp_path)
    lines = done.stdout.splitlines()
    assert [line for line in lines if not line.startswith(("refused", "seen"))] == [], done.stderr
    assert (len(lines), done.returncode) == (len(attempts) + len(seen), 0), done.stderr
    assert sorted(tmp_path.rglob("*")) == before and secret.read_text(encoding="utf-8") == "told"


IMPORTED = """
abc argparse atexit bisect calendar codecs collections concurrent.futures configparser contextlib copy csv dataclasses
datetime email.utils enum functools gc glob gzip hashlib importlib inspect io json logging operator os pathlib pickle
platform random re secrets shutil statistics string sys tempfile textwrap threading time timeit traceback types typing
unittest uuid warnings weakref zoneinfo matplotlib pandas tqdm
"""


def test_what_else_strangers_try(secret: Path, tmp_path: Path) -> None:
    """Each line of the file is refused; @P is a file that is not named, @W none yet, @D their folder."""
    lines = (Path(__file__).parents[1] / "data" / "sandbox_attempts.txt").read_text("utf-8")
    for sign, path in (("@P", secret), ("@W", tmp_path / "written"), ("@D", tmp_path)):
        lines = lines.replace(sign, str(path))
    folder = tmp_path / "of the program"
    folder.mkdir()
    imports = "".join(f"try: import {name}\nexcept ImportError: pass\n" for name in IMPORTED.split())
    values = f"import torch\nimport numpy as np\nP = {str(secret)!r}\nL = lambda: 0\nclass A:\n    def f(self): pass\n"
    values += "def gen(): yield 1\ntry:\n    import pandas as pd, matplotlib.pyplot as plt\nexcept ImportError: pass\n"
    attempts = "".join(f"attempt({each!r}, lambda: {each})\n" for each in lines.splitlines())
    program = folder / "stranger.py"
    program.write_text(imports + values + HEAD + attempts + "print('over')\n", "utf-8")
    before = sorted(tmp_path.rglob("*"))
    done = run("--sandbox", str(program), cwd=tmp_path)
    said = [line for line in done.stdout.splitlines() if not line.startswith("refused")]
    assert (said, done.returncode) == (["over"], 0), done.stderr
    assert sorted(tmp_path.rglob("*")) == before and secret.read_text(encoding="utf-8") == "told"


def test_what_is_drawn_needs_no_folder_of_the_users(tmp_path: Path) -> None:
    """matplotlib keeps its settings and what it knows of fonts in the home folder, or in a folder that it makes."""
    pytest.importorskip("matplotlib")
    program = tmp_path / "drawing.py"
    program.write_text(
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nprint(len(plt.gca().lines))\n", "utf-8"
    )
    done = run("--sandbox", str(program), cwd=tmp_path)
    assert (done.stdout, done.stderr, done.returncode) == ("1\n", "", 0)


OWN = [
    'load("secret.txt", format="csv")',
    'import "secret.txt"',
    "import beside",
    'save(ones(2), "written.npy")',
    'param x = [1.]; y = x * 2; graph y to "written.svg"',
]


@pytest.mark.parametrize("text", OWN)
def test_programs_of_our_own(text: str, secret: Path) -> None:
    session = Session()
    session.confine(Sandbox())
    with pytest.raises(tensorsh.TensorshError):
        cwd = os.getcwd()
        os.chdir(secret.parent)
        try:
            session.run(text)
        finally:
            os.chdir(cwd)
    assert not list(secret.parent.glob("written*"))


def test_what_is_named_is_there(secret: Path, tmp_path: Path) -> None:
    kept = tmp_path / "folder"
    kept.mkdir()
    text = "x = ones(2); save(x, 'x.npy'); save(x, 'x.npy'); save(x * 2, 'folder/y.csv')"
    text += "; load('x.npy') + load('folder/y.csv')[0]"
    allowed = ["--allow-read", "secret.txt", "--allow-write", "x.npy", "--allow-write=folder"]
    times = "import os; found = [os.stat('x.npy'), os.lstat('x.npy'), *[each.stat() for each in os.scandir('folder')]]"
    times += "; [each.st_mtime_ns % 10**6 for each in found]; found[0].st_size > 100"
    done = run(
        "--sandbox", *allowed, "-c", "open('secret.txt').read()", "-c", text, "-c", times, cwd=tmp_path
    )
    shown = "'told'\ntensor([3., 3.])\n[0, 0, 0]\nTrue\n"
    assert (done.stdout, done.stderr, done.returncode) == (shown, "", 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "beside.py",
        "folder",
        "link",
        "secret.txt",
        "x.npy",
    ]


def test_a_folder_is_not_what_begins_like_it(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    box = Sandbox(read=[str(tmp_path / "data")])
    assert box.admits(str(tmp_path / "data" / "a"), "read") and box.admits(str(tmp_path / "data"), "read")
    assert not box.admits(str(tmp_path / "data2"), "read")
    assert not box.admits(str(tmp_path / "data" / ".." / "x"), "read")
    assert not box.admits(str(tmp_path / "data" / "a"), "write")
    assert not box.admits("", "read") or os.getcwd() == str(tmp_path / "data")
    assert not box.admits(b"\xff\x00", "read")


def test_help_is_read_from_the_library() -> None:
    done = run("--sandbox", "-c", "help('matmul-shape'); help('modules')")
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert "Inner sizes" in done.stdout and "layers and networks of torch.nn" in done.stdout


def test_the_refusal_says_what_would_let_it(secret: Path) -> None:
    done = run("--sandbox", "-c", f"open({str(secret)!r})")
    assert done.returncode == 1
    assert done.stderr.startswith("error[sandbox]: PermissionError: [Errno 13] Permission denied: ")
    assert f"help: --allow-read {secret} lets the program read it" in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x = zeros(10**10)", "out-of-memory"),
        ("x = [b'']\nwhile true: x.append(bytes(10**8))", "out-of-memory"),
        ("while true: print('x' * 10**6)", "output"),
        ("import torch, sys\nwhile True: sys.stderr.write('x' * 10**6)", "output"),
    ],
)
def test_what_it_uses_is_bounded(text: str, code: str) -> None:
    done = run("--sandbox", "--max-memory", "500M", "--max-output", "1M", "-c", text)
    assert done.returncode == 1 and f"error[{code}]" in done.stderr
    assert len(done.stdout) + len(done.stderr) < 2 * 10**6


def test_output_is_counted_in_any_program() -> None:
    done = run("--max-output", "100", "-c", "import torch\nfor i in range(1000): print(i)")
    assert done.returncode == 1 and "the program may print 100 bytes" in done.stderr
    assert done.stdout.startswith("0\n1\n") and len(done.stdout) == 100
    done = run("--max-output", "100", "-c", "print(3)")
    assert (done.stdout, done.stderr, done.returncode) == ("3\n", "", 0)


#: what writes more than it may, through whatever it has
TOO_MUCH = [
    "while True: print('x' * 33)",
    "print('x' * 5000)",
    "sys.stdout.write('x' * 5000); sys.stdout.flush()",
    "sys.stderr.write('x' * 5000)",
    "for i in range(500): sys.stderr.write('x' * 99 + chr(10))",
    "for i in range(500): sys.stdout.buffer.write(b'x' * 10)",
    "sys.stdout.buffer.raw.write(b'x' * 5000)",
    "sys.__stdout__.write('x' * 5000)",
    "print('x' * 400); sys.stderr.write('x' * 5000)",
    "while True: print('\u00e9' * 33)",
    "for each in [sys.stdout, sys.stderr] * 9:\n    try: print('x' * 300, file=each)\n    except OSError: 0",
    "import logging\nfor i in range(1000): logging.warning('x' * 30 + str(i))",
    "torch.save(torch.ones(5000), sys.stdout.buffer)",
]


@pytest.mark.parametrize("text", TOO_MUCH)
def test_output_is_cut_to_the_byte(text: str) -> None:
    command = [sys.executable, "-m", "tensorsh", "--max-output", "1000", "-c", "import sys, torch\n" + text]
    done = subprocess.run(command, capture_output=True, env=ENVIRONMENT, timeout=60)
    theirs, found, ours = done.stderr.partition(b"error[output]")
    if not found:
        theirs, found, ours = done.stderr.partition(b"tensorsh: cannot write")
    assert len(done.stdout) + len(theirs) == 1000
    assert done.returncode == bool(found)
    assert not ours or b"the program may print 1000 bytes" in ours


def test_a_file_of_displayed_values_is_cut_as_well(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    done = run("--max-output", "1000", "-o", str(path), "-c", "ones(50000).tolist()")
    assert done.returncode == 1 and "error[output]" in done.stderr
    assert path.stat().st_size == 1000


def test_files_are_named_for_a_sandbox_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--allow-read", "x", "-c", "1"]) == 2
    assert "for --sandbox" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["check", "x.tsh"], ["compile", "--show", "x.tsh"]])
def test_what_is_only_looked_at_has_no_sandbox(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--sandbox", *words]) == 2
    assert "for programs that run" in capsys.readouterr().err


LINKS = """
import os, pathlib
os.chdir(f"{D}/a/b")
for link, target in [("../../l", "../.."), (f"{D}/l", "../../x"), (f"{D}/a/l", "../../x")]:
    for make in (os.symlink, lambda target, link: pathlib.Path(link).symlink_to(target)):
        try:
            make(target, link)
            print("made")
        except PermissionError:
            pass
os.symlink("../a", f"{D}/a/l")
print(os.path.isdir(f"{D}/a/l/b"), os.path.expanduser("~root"), os.path.expanduser("~"))
try:
    print(pathlib.Path("~root").expanduser())
except RuntimeError:
    pass
"""


@pytest.mark.parametrize("kind", [str, os.fsencode, Path])
def test_links_lead_from_where_they_stand_behind_the_gate(tmp_path: Path, kind: Any) -> None:
    """The second fence hears of links however their paths are given."""
    heard: list[Any] = []
    fence = object.__new__(Sandbox)
    fence._hear_path = lambda path, how: heard.append((os.path.normpath(os.fsdecode(path)), how))  # type: ignore[method-assign]
    fence._hear("os.symlink", (kind("../../x"), kind(str(tmp_path / "a" / "l")), -1))
    assert heard == [(str(tmp_path.parent / "x"), "write"), (str(tmp_path / "a" / "l"), "write")]


def test_links_lead_from_where_they_stand(tmp_path: Path) -> None:
    """A link that leads out of a folder may not be made in it, wherever the program stands."""
    folder = tmp_path / "folder"
    (folder / "a" / "b").mkdir(parents=True)
    done = run("--sandbox", "--allow-write", str(folder), "-c", f"import torch\nD = {str(folder)!r}{LINKS}")
    assert (done.stdout, done.returncode) == ("True ~root ~\n", 0), done.stderr
    assert [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_symlink()] == ["a/l"]
