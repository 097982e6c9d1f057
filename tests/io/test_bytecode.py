"""The bytecode of our own modules in one file: what is whole and of today is used, everything else imported as ever."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import tensorsh

#: where the modules of a command come from, after it
LOADERS = """
import sys
from tensorsh import bytecode
from tensorsh.__main__ import main
sys.argv = ["tensorsh", "-c", "1 + 1"]
main()
ours = [n for n in sys.modules if n.startswith("tensorsh.") and n != "tensorsh.beside"]  # which writes
finder = next(f for f in sys.meta_path if isinstance(f, bytecode.Finder))
print(sum(n in finder.parts and n not in finder.before for n in ours), len(ours))
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    return tmp_path


def run(*args: str, package: Path | None = None) -> str:
    done = python(*args, package=package)
    assert not done.stderr, done.stderr
    return done.stdout


def python(*args: str, package: Path | None = None) -> subprocess.CompletedProcess[str]:
    where = str(package or Path(tensorsh.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": where}
    return subprocess.run(
        [sys.executable, *args], cwd=where, env=environment, capture_output=True, text=True, check=False
    )


def the_file(home: Path) -> Path:
    (found,) = (home / "cache" / "tensorsh").glob("bytecode-*")
    return found


#: what is there before anything can be found: __main__, interrupt, bytecode, kept
BEFORE = 4


def loaded(package: Path | None = None) -> tuple[int, int]:
    """How many modules came from the file, and how many there are."""
    shown, counts = run("-c", LOADERS, package=package).split("\n", 1)
    assert shown == "2"
    first, all_of_them = map(int, counts.split())
    return first, all_of_them


def test_the_second_command_finds_all_but_what_comes_before(home: Path) -> None:
    assert loaded()[0] == 0
    assert the_file(home).stat().st_mode & 0o777 == 0o600
    first, count = loaded()
    assert count > 100 and first == count - BEFORE


def test_what_another_program_needs_is_added(home: Path) -> None:
    for _ in range(2):
        loaded()
    size = the_file(home).stat().st_size
    run("-m", "tensorsh", "-c", "import torch; print(torch.nn.Linear(2, 1))")
    grown = the_file(home).stat().st_size
    run("-m", "tensorsh", "-c", "import torch; print(torch.nn.Linear(2, 1))")
    first, count = loaded()
    assert grown > size and first == count - BEFORE
    assert the_file(home).stat().st_size == grown


@pytest.mark.parametrize("place", [0, 5, 40, -1, -100_000])
def test_damage_is_seen_and_mended(home: Path, place: int) -> None:
    loaded()
    count = loaded()[1]
    path = the_file(home)
    whole = path.read_bytes()
    damaged = bytearray(whole)
    damaged[place] ^= 1
    path.write_bytes(damaged)
    first, _ = loaded()
    assert first in (0, count - BEFORE - 1, count - BEFORE)  # none, all but one, or one that is not asked for
    assert loaded() == (count - BEFORE, count)
    path.write_bytes(whole[: len(whole) // 20])
    assert loaded()[0] < count - BEFORE
    assert loaded() == (count - BEFORE, count)
    path.write_bytes(b"")
    assert loaded()[0] == 0


def test_what_others_can_write_is_not_used(home: Path) -> None:
    loaded()
    the_file(home).chmod(0o622)
    assert loaded()[0] == 0


def test_a_module_that_has_changed_is_read_anew(home: Path) -> None:
    package = home / "copy"
    shutil.copytree(Path(tensorsh.__file__).parent, package / "tensorsh")
    grammar = Path(tensorsh.__file__).parents[1] / "grammar"
    if grammar.is_dir():
        shutil.copytree(grammar, package / "grammar")
    loaded(package)
    first, count = loaded(package)
    assert first == count - BEFORE
    changed = package / "tensorsh" / "options.py"
    text = changed.read_text()
    for word in ("a word", "another word"):
        changed.write_text(f"{text}\nprint({word!r})\n")
        for _ in range(2):
            assert run("-m", "tensorsh", "-c", "1 + 1", package=package) == f"{word}\n2\n"
    changed.write_text(text)
    run("-m", "tensorsh", "-c", "1 + 1", package=package)
    assert loaded(package) == (count - BEFORE, count)
    changed.unlink()
    assert "ModuleNotFoundError" in python("-m", "tensorsh", "--help", package=package).stderr


def test_nothing_is_kept_where_python_keeps_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    loaded()
    assert not [*(home / "cache" / "tensorsh").glob("bytecode-*")]


def test_another_optimisation_has_a_file_of_its_own(home: Path) -> None:
    loaded()
    run("-O", "-m", "tensorsh", "-c", "1 + 1")
    assert len([*(home / "cache" / "tensorsh").glob("bytecode-*")]) == 2
