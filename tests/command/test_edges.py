"""The edges of a run: names, files that never end, leftovers of killed processes, deep chains, Ctrl-C."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tensorsh.lang.syntax import grammar

FULL = Path("/dev/full")


ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(grammar.__file__).parents[3])}


def tensorsh(
    *arguments: str, folder: Path | None = None, stdout: Any = subprocess.PIPE, stderr: Any = subprocess.PIPE
) -> Any:
    """The command, run to its end."""
    return subprocess.run(
        [sys.executable, "-m", "tensorsh", *arguments],
        cwd=folder,
        stdout=stdout,
        stderr=stderr,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=60,
        check=False,
        env=ENVIRONMENT,
    )


@pytest.mark.parametrize("text", ["Ｎｏｎｅ = 3", "import torch\ndef ｉf(): pass", "x.Ｔrue", "f(ｆor=1)"])
def test_a_keyword_in_other_letters_is_no_name(text: str) -> None:
    done = tensorsh("-c", text)
    assert done.returncode == 3 and "in other letters" in done.stderr and "-->" in done.stderr


@pytest.mark.parametrize("flag", ["--arg", "--let"])
def test_given_names_are_names(flag: str) -> None:
    for name in ("None", "Ｎｏｎｅ", "if", "a b", "__x", ""):
        assert tensorsh(flag, name, "1", "-c", "1").returncode == 2
    assert tensorsh(flag, "ｘ", "1", "-c", "print(x)").stdout == "1\n"


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device")
def test_what_never_ends_is_not_read() -> None:
    for text in ('import "/dev/zero"', 'load("/dev/zero", format="json")', 'import "a\\0b"'):
        done = tensorsh("-c", text)
        assert done.returncode == 1 and "internal" not in done.stderr
    for arguments in (["/dev/zero"], ["--session", "/dev/zero", "-c", "1"]):
        done = tensorsh(*arguments)
        assert done.returncode == 2 and done.stderr.startswith("tensorsh: cannot read '/dev/zero'")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_nobody_waits_for_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "right.py").write_text("import torch\nprint(torch.ones(2))\n", encoding="utf-8")
    assert tensorsh("--session", "pipe.py", "-c", "1", folder=tmp_path).returncode == 2
    done = tensorsh("check", ".", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not FULL.exists(), reason="no such device")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("--nope", 2),
        ("check nowhere.py", 2),
        ("compile --show nowhere.py", 2),
        ("-c (", 3),
        ("--debug -c 1/0", 1),
        ("--sandbox -c 1/0", 1),
        ("-c tensor(ones(2))", 0),
        ("--sandbox -c tensor(ones(2))", 0),
        ("--max-output 1M -c tensor(ones(2))", 0),
    ],
)
def test_an_error_is_the_same_where_nothing_can_be_written(arguments: str, code: int) -> None:
    with FULL.open("w") as full:
        assert tensorsh(*arguments.split(), stderr=full).returncode == code


@pytest.mark.skipif(not FULL.exists(), reason="no such device")
@pytest.mark.parametrize("flags", [[], ["--sandbox"], ["--max-output", "1M"]])
def test_output_that_cannot_be_written_is_told_once(flags: list[str]) -> None:
    with FULL.open("w") as full:
        done = tensorsh(*flags, "-c", "print(1)", stdout=full)
    assert (done.returncode, done.stderr) == (1, "tensorsh: cannot write: No space left on device\n")


@pytest.mark.parametrize("flags", ["", "--sandbox", "--max-output 1M"])
def test_streams_that_are_closed_at_the_start_are_empty(flags: str) -> None:
    for closed, said in ((">&-", "error[division-by-zero]"), ("2>&-", "1"), (">&- 2>&-", "")):
        command = f"{sys.executable} -m tensorsh {flags} -c 'print(1); 1/0' {closed}"
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, env=ENVIRONMENT)
        assert done.returncode == 1
        assert (done.stdout + done.stderr).partition(":")[0].strip() == said


def test_the_timer_writes_no_control_characters(tmp_path: Path) -> None:
    (tmp_path / "t.tsh").write_text('x = "\x1b[31m"\n', encoding="utf-8")
    assert "\x1b" not in tensorsh("--timer", "t.tsh", folder=tmp_path).stderr
    (tmp_path / "\x1b[31m.tsh").write_text("x = 1\n", encoding="utf-8")
    for flag in ("--timer", "--profile", "check"):
        assert "\x1b" not in tensorsh(flag, "\x1b[31m.tsh", folder=tmp_path).stderr


def test_a_lone_surrogate_is_an_error_of_the_program(tmp_path: Path) -> None:
    done = tensorsh("-f", "csv", "-o", "o.csv", "-c", r'"\ud800"', folder=tmp_path)
    assert done.returncode == 1 and "UnicodeEncodeError" in done.stderr and "internal" not in done.stderr


def test_leftovers_of_killed_processes_are_removed(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left, mine, other = (
        tmp_path / name
        for name in (
            f".x.npy.{ended.pid}.ab_1.tmp",
            f".x.npy.{os.getpid()}.ab.tmp",
            f".y.npy.{ended.pid}.ab.tmp",
        )
    )
    for each in (left, mine, other):
        each.write_bytes(b"half")
    assert tensorsh("-c", 'save(ones(2), "x.npy")', folder=tmp_path).returncode == 0
    assert not left.exists() and mine.exists() and other.exists()
    assert (tmp_path / "x.npy").exists()


def test_long_chains_end_in_values_or_errors(tmp_path: Path) -> None:
    (tmp_path / "chain.py").write_text(
        "import torch\nit = iter(range(3))\nfor i in range(100000): it = map(abs, it)\nprint(list(it))\n"
        "it = iter(range(3))\nfor i in range(100000): it = (x for x in it)\n"
        "try: print(list(it))\nexcept RecursionError: print('too deep')\n",
        encoding="utf-8",
    )
    done = tensorsh("chain.py", folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, "[0, 1, 2]\ntoo deep\n"), done.stderr


# ------------------------------------------------------------------ Ctrl-C

CAUGHT = """import torch
rounds = 0
print("begun", flush=True)
while rounds < 2:
    try:
        while True: pass
    except KeyboardInterrupt:
        rounds += 1
        print("caught", rounds, flush=True)
print("done")
"""
FINALLY = """import torch
print("begun", flush=True)
try:
    while True: torch.ones(3).sum()
finally:
    print("finally", flush=True)
"""


def default_signals() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


#: what `-m tensorsh` does, once Python is up and has said so: what comes before that is not ours to answer for
UP = (
    "import runpy; print('up', flush=True); runpy.run_module('tensorsh', run_name='__main__', alter_sys=True)"
)


def started(path: Path, *how: str) -> subprocess.Popen[str]:
    """A program in a session of its own, to which Ctrl-C comes as it does from a terminal."""
    return subprocess.Popen(
        [sys.executable, *(how or ("-m", "tensorsh")), str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True, preexec_fn=default_signals, env=ENVIRONMENT,
    )  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_program_catches_ctrl_c(tmp_path: Path) -> None:
    path = tmp_path / "p.py"
    path.write_text(CAUGHT, encoding="utf-8")
    program = started(path)
    assert program.stdout is not None and program.stdout.readline() == "begun\n"
    for round in (1, 2):
        time.sleep(0.2)
        program.send_signal(signal.SIGINT)
        assert program.stdout.readline() == f"caught {round}\n"
    assert program.stdout.read() == "done\n"
    assert program.wait(timeout=30) == 0


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_finally_runs_on_ctrl_c(tmp_path: Path) -> None:
    path = tmp_path / "p.py"
    path.write_text(FINALLY, encoding="utf-8")
    program = started(path)
    assert program.stdout is not None and program.stdout.readline() == "begun\n"
    time.sleep(0.2)
    program.send_signal(signal.SIGINT)
    out, err = program.communicate(timeout=30)
    assert (program.returncode, out) == (130, "finally\n") and "Traceback" not in err


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of the GNU C library")
def test_a_second_ctrl_c_ends_a_loop_in_c(tmp_path: Path) -> None:
    path = tmp_path / "p.py"
    path.write_text(
        "import numpy as np\nx = np.broadcast_to(np.ones(1), 2**45)\nprint('begun', flush=True)\nnp.add.reduce(x)\n",
        "utf-8",
    )
    program = started(path)
    assert program.stdout is not None and program.stdout.readline() == "begun\n"
    time.sleep(0.2)
    for _ in range(2):
        program.send_signal(signal.SIGINT)
        time.sleep(0.1)
    assert program.wait(timeout=30) == -signal.SIGINT


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_who_looks_for_a_file_does_not_wait_for_a_pipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folders of settings, of the history and of what is kept, each with pipes in the place of its files."""
    from prompt_toolkit.history import InMemoryHistory

    from tensorsh import kept
    from tensorsh.repl import prompt
    from tensorsh.source import read_program, regular

    pipe = tmp_path / "tensorsh" / "pipe"
    pipe.parent.mkdir(mode=0o700)
    os.mkfifo(pipe, 0o600)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert kept.read("pipe", lambda content: b"") is None
    assert isinstance(prompt.kept(str(pipe), 10), InMemoryHistory)
    with pytest.raises(OSError, match="Not a regular file"):
        read_program(str(pipe))
    with pytest.raises(OSError, match="Not a regular file"):
        regular(str(pipe), os.O_RDONLY)
    with pytest.raises(IsADirectoryError):
        regular(str(pipe.parent), os.O_RDONLY)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("config.toml", "init.tsh"):
        os.mkfifo(pipe.with_name(name))
    done = subprocess.run(
        [sys.executable, "-m", "tensorsh", "-i", "-c", "1"], stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=60, env={**ENVIRONMENT, "XDG_CONFIG_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.stdout.startswith("1\n") and "config.toml': [Errno 22] Not a regular file" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_at_any_moment_of_the_start(tmp_path: Path) -> None:
    """The long run is `python tests/command/test_edges.py 1000`."""
    assert broken_off(30, tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_where_python_drops_exceptions(tmp_path: Path) -> None:
    """Nearly all of the time goes into a `__del__`, from which no exception comes out: it is raised behind it."""
    path = tmp_path / "s.py"
    path.write_text(
        "class A:\n    def __del__(self):\n        for i in range(20000): pass\n"
        "print('on', flush=True)\nwhile True:\n    A()\n"
    )
    program = started(path)
    assert program.stdout is not None and program.stdout.readline() == "on\n"
    program.send_signal(signal.SIGINT)
    _, err = program.communicate(timeout=20)
    assert program.returncode in (130, -signal.SIGINT) and "Traceback" not in err


def broken_off(times: int, folder: Path) -> list[tuple[float, int, str]]:
    """Start, and interrupt a random while after Python is up.

    Returns (seconds, exit code, errors) of what did not end as it should.
    """
    import random

    path = folder / "s.py"
    path.write_text(
        "import torch\nimport torch.nn as nn\nwhile True: nn.Linear(2, 2)(torch.ones(2))\n", "utf-8"
    )
    wrong = []
    for _ in range(times):
        after = random.uniform(0.0, 1.0)
        program = started(path, "-c", UP)
        assert program.stdout is not None and program.stdout.readline() == "up\n"
        time.sleep(after)
        program.send_signal(signal.SIGINT)
        try:
            _, err = program.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            program.kill()
            wrong.append((after, -1, "goes on"))
            continue
        if program.returncode not in (130, -signal.SIGINT) or ("Traceback" in err and after > 0.3):
            wrong.append((after, program.returncode, err))
    return wrong


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as made:
        print(broken_off(int(sys.argv[1]), Path(made)))


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of the GNU C library")
def test_memory_of_arrays_is_kept_and_used_again(tmp_path: Path) -> None:
    program = tmp_path / "rounds.py"
    program.write_text(
        "import sys, torch\n"
        "x, b = torch.ones(64, 1000), torch.ones(1000)\n"
        "for i in range(int(sys.argv[1])):\n"
        "    y = x.double() * b\n"
        "    z = (y + x).float()\n",
        encoding="utf-8",
    )

    def faults(rounds: int) -> int:
        command = [sys.executable, "-m", "tensorsh", "--no-compile", str(program), str(rounds)]
        process = subprocess.Popen(command)
        _, process.returncode, usage = os.wait4(process.pid, 0)
        assert process.returncode == 0
        return usage.ru_minflt

    # The least of some: a process that writes bytecode for the next has thousands more.
    few, many = zip(*((faults(10), faults(310)) for _ in range(4)), strict=True)
    assert min(many) - min(few) < 3000  # one for each page of each array would be 30,000


KILLED = """
import os, signal, sys
from tensorsh.io import files

def write(stream):
    stream.write(b"new" * 100_000)
    stream.flush()
    if {at!r} == "write": os.kill(os.getpid(), signal.{signal})

def killed(*arguments, **options): os.kill(os.getpid(), signal.{signal})

if {at!r} != "write": setattr(os, {at!r}, killed)
files.replace("x.npy", write)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("old", ["", "old"])
@pytest.mark.parametrize("end", ["SIGKILL", "SIGTERM"])
@pytest.mark.parametrize("at", ["write", "fsync", "link", "replace"])
def test_who_is_killed_while_saving_leaves_the_old_file(tmp_path: Path, at: str, end: str, old: str) -> None:
    path = tmp_path / "x.npy"
    if old:
        path.write_text(old, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", KILLED.format(at=at, signal=end)], cwd=tmp_path, env=ENVIRONMENT, check=False
    )
    if at == "link" and done.returncode == 0:
        pytest.skip("the system has no files without names")
    assert done.returncode == -getattr(signal, end)
    left = [each for each in tmp_path.iterdir() if each != path]
    assert path.exists() == bool(old) and (not old or path.read_text(encoding="utf-8") == old)
    assert len(left) == (at == "replace") or not hasattr(os, "O_TMPFILE")
    assert tensorsh("-c", 'torch.save(ones(2), "x.npy")', folder=tmp_path).returncode == 0
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not hasattr(os, "fchmod"), reason="modes of POSIX")
def test_a_file_that_is_replaced_keeps_its_mode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tensorsh import beside
    from tensorsh.io import files

    path = tmp_path / "x"
    umask = os.umask(0o027)
    try:
        files.replace(str(path), lambda stream: stream.write(b"1"))
        assert path.stat().st_mode & 0o777 == 0o640
        path.chmod(0o604)
        files.replace(str(path), lambda stream: stream.write(b"2"))
        assert (path.stat().st_mode & 0o777, path.read_bytes()) == (0o604, b"2")
        for place in ("/nowhere", str(tmp_path)):  # no such files; files that get no name
            monkeypatch.setattr(beside, "OPEN", place)
            files.replace(str(path), lambda stream, text=place.encode(): stream.write(text))
            assert (path.stat().st_mode & 0o777, path.read_text("utf-8")) == (0o604, place)
    finally:
        os.umask(umask)
    assert list(tmp_path.iterdir()) == [path]
