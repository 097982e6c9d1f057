"""Files in the user's cache: only what the user wrote, whole, is read."""

from __future__ import annotations

import os
import threading
from hashlib import sha256
from pathlib import Path

import pytest

from tensorsh import kept


def digest(content: bytes) -> bytes:
    return sha256(content).digest()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    kept.write("file", b"content", digest)
    return tmp_path / "tensorsh"


def test_what_is_written_is_read(folder: Path) -> None:
    assert kept.read("file", digest) == b"content"
    assert kept.read("another", digest) is None
    kept.write("file", b"", digest)
    assert kept.read("file", digest) == b""
    assert [path.name for path in folder.iterdir()] == ["file"]


def test_only_the_user_may_read_it(folder: Path) -> None:
    assert (folder.stat().st_mode & 0o777, (folder / "file").stat().st_mode & 0o777) == (0o700, 0o600)


@pytest.mark.parametrize("damage", ["", "shorter", "longer", "a bit"])
def test_damage_is_seen(folder: Path, damage: str) -> None:
    path = folder / "file"
    data = path.read_bytes()
    flipped = bytes([*data[:-1], data[-1] ^ 1])
    path.write_bytes({"": b"", "shorter": data[:-1], "longer": data + b"\0", "a bit": flipped}[damage])
    assert kept.read("file", digest) is None


needs_owners = pytest.mark.skipif(not hasattr(os, "getuid"), reason="no owners of files")


@needs_owners
@pytest.mark.parametrize("place", [".", "file"])
@pytest.mark.parametrize("mode", [0o020, 0o002])
def test_what_others_can_write_is_not_read(folder: Path, place: str, mode: int) -> None:
    path = folder / place
    path.chmod(path.stat().st_mode | mode)
    assert kept.read("file", digest) is None


@needs_owners
def test_what_another_user_has_written_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept.os, "getuid", lambda: 12345)
    owner = (folder / "file").stat().st_uid
    assert (kept.read("file", digest) is None) == (owner != 0)  # root could have written anything
    if owner == 0:
        os.chown(folder / "file", 54321, 54321)
        assert kept.read("file", digest) is None


def test_links_are_not_followed(folder: Path, tmp_path: Path) -> None:
    (folder / "file").rename(tmp_path / "elsewhere")
    (folder / "file").symlink_to(tmp_path / "elsewhere")
    assert kept.read("file", digest) is None
    victim = tmp_path / "victim"
    victim.write_text("mine", encoding="utf-8")
    (folder / f"other.{os.getpid()}").symlink_to(victim)
    kept.write("other", b"content", digest)
    kept.write("file", b"content", digest)
    assert victim.read_text(encoding="utf-8") == "mine"
    assert kept.read("other", digest) == kept.read("file", digest) == b"content"
    assert not (folder / "file").is_symlink()


def test_a_linked_folder_is_not_read(folder: Path, tmp_path: Path) -> None:
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    assert kept.read("file", digest) is None


def test_a_folder_that_cannot_be_written_does_not_matter(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> int:
        raise PermissionError("read-only")

    with monkeypatch.context() as patch:
        patch.setattr(kept.os, "replace", refused)
        kept.write("file", b"another", digest)
    assert kept.read("file", digest) == b"content"
    assert [path.name for path in folder.iterdir()] == ["file"]
    (tmp_path / "in the way").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "in the way"))
    kept.write("file", b"content", digest)
    kept.touch("file")
    kept.forget("", 0)
    assert kept.read("file", digest) is None


def test_writers_at_the_same_time_leave_one_whole_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes are told apart by their numbers; here threads stand for them."""
    monkeypatch.setattr(kept.os, "getpid", threading.get_ident)
    contents = {bytes([i]) * 100_000 for i in range(8)}
    writers = [threading.Thread(target=kept.write, args=("file", each, digest)) for each in contents]
    for each in writers:
        each.start()
    while any(each.is_alive() for each in writers):
        assert kept.read("file", digest) in {b"content", *contents}
    assert kept.read("file", digest) in contents
    assert [path.name for path in folder.iterdir()] == ["file"]


def test_the_oldest_used_go(folder: Path) -> None:
    for i in range(6):
        kept.write(f"a{i}", b"." * 68, digest)  # a hundred bytes each
        os.utime(folder / f"a{i}", (i, i))
    kept.touch("a0")
    kept.forget("a", 4)
    assert sorted(path.name for path in folder.iterdir()) == ["a0", "a3", "a4", "a5", "file"]
    kept.forget("a", 4, 250)
    assert sorted(path.name for path in folder.iterdir()) == ["a0", "a5", "file"]
