"""The gate to files: what is asked before a path is opened, listed, made or looked for, and what never passes."""

from __future__ import annotations

import io
import weakref
from pathlib import Path
from typing import Any

import pytest

from tensorsh.modules.gate import READ, WRITE, admit, gated, looking, open_file, open_within, written


class Host:
    """A session that writes down what it is asked, and refuses what lies in `closed`."""

    def __init__(self, confined: bool = False, closed: str = "closed"):
        self.confined = confined
        self.closed = closed
        self.descriptors: set[int] = set()
        self.asked: list[tuple[str, str]] = []

    def admit(self, path: str, how: str) -> None:
        self.asked.append((path, how))
        if self.closed in path:
            raise PermissionError(path)

    def admits(self, path: str, how: str) -> bool:
        self.asked.append((path, how))
        return self.closed not in path


READING = ("r", "rb", "rt", "br", "rU")
WRITING = ("w", "a", "x", "r+", "rb+", "wb", "+r")


@pytest.mark.parametrize("opening", [open_file, open_within])
@pytest.mark.parametrize("mode", READING + WRITING)
def test_a_mode_that_can_write_is_asked_for_as_such(opening: Any, mode: str) -> None:
    host = Host()
    with pytest.raises(PermissionError):
        opening(host, Path("closed"), mode)
    assert host.asked == [("closed", READ if mode in READING else WRITE)]


@pytest.mark.parametrize("opening", [open_file, open_within])
def test_what_is_let_through_is_opened(opening: Any, tmp_path: Path) -> None:
    host = Host()
    (tmp_path / "a.txt").write_text("text")
    with opening(host, tmp_path / "a.txt", "r", encoding="utf-8") as file:
        assert file.read() == "text"
    assert host.asked == [(str(tmp_path / "a.txt"), READ)]


@pytest.mark.parametrize("opening", [open_file, open_within])
def test_what_is_written_is_known_until_nobody_holds_it(opening: Any, tmp_path: Path) -> None:
    files = [opening(Host(), tmp_path / "a.txt", mode) for mode in ("w", "r", "ab", "rb")]
    assert [file in written for file in files] == [True, False, True, False]
    held = [weakref.ref(file) for file in files]
    while files:
        files.pop().close()
    assert [file() for file in held] == [None] * 4


def test_a_program_brings_no_opener() -> None:
    with pytest.raises(ValueError, match="open\\(\\) takes no opener here"):
        open_file(Host(), "a", opener=lambda *_: 0)


@pytest.mark.parametrize("how", [READ, WRITE])
@pytest.mark.parametrize("number", [0, 1, 2, 3, 7, -1])
@pytest.mark.parametrize("confined", [False, True])
def test_numbers_of_files(number: int, how: str, confined: bool) -> None:
    """Standard ones are the program's (in a sandbox to read what it is given); others are those it has opened."""
    host = Host(confined)
    host.descriptors.add(7)
    allowed = number == 7 or ((number, how) == (0, READ) if confined else number in (0, 1, 2))
    if allowed:
        admit(host, number, how)
    else:
        with pytest.raises(OSError, match="Bad file descriptor") as told:
            admit(host, number, how)
        assert told.value.errno == 9
    assert not host.asked


def test_a_number_is_opened_only_where_it_is_admitted(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="Bad file descriptor"):
        open_file(Host(), 99)
    with (tmp_path / "b").open("w") as file, open_within(Host(), file.fileno(), "w", closefd=False) as inner:
        assert isinstance(inner, io.TextIOBase)


def test_what_is_not_to_be_seen_is_not_there() -> None:
    host = Host()
    seen: list[Any] = []
    exists = looking(host, lambda path: seen.append(path) or 1)  # type: ignore[func-returns-value]
    assert exists(Path("open")) is True
    assert exists("closed") is False
    assert exists(3) is True
    assert seen == [Path("open"), 3]
    assert host.asked == [("open", READ), ("closed", READ)]


def moved(src: Any, dst: Any = None, *, name: Any = None, path: Any = None) -> tuple[Any, ...]:
    """Move."""
    return src, dst, name, path


def test_each_path_is_asked_for() -> None:
    host = Host()
    both = gated(host, moved, WRITE, 2)
    assert both("a", "b") == ("a", "b", None, None)
    assert both("a", dst="c") == ("a", "c", None, None)
    assert both(src="d", dst="e") == ("d", "e", None, None)
    assert host.asked == [(each, WRITE) for each in ("a", "b", "a", "c", "d", "e")]
    assert (both.__name__, both.__qualname__, both.__doc__) == ("moved", "moved", "Move.")
    assert both.__module__ == __name__


def test_further_arguments_are_no_paths() -> None:
    host = Host()
    assert gated(host, moved, READ)("a", "closed") == ("a", "closed", None, None)
    assert gated(host, moved, READ)("a", "b", name="closed")[2] == "closed"  # the path is there already
    assert gated(host, lambda path, name: name, READ)("a", name="closed") == "closed"
    assert host.asked == [("a", READ)] * 3


def listed(path: Any = ".") -> Any:
    return path


def test_without_an_argument_the_folder_is_asked_for() -> None:
    host = Host()
    assert gated(host, listed, READ)() == "."
    assert gated(host, listed, READ)(None) is None
    assert gated(host, listed, READ)(path="x") == "x"
    assert host.asked == [(".", READ), (".", READ), ("x", READ)]


@pytest.mark.parametrize(
    "name",
    ["path", "src", "dst", "name", "top", "pathname", "file", "filename", "oldname", "newname", "old", "new"],
)
def test_a_path_by_its_name_is_asked_for(name: str) -> None:
    called: list[Any] = []
    with pytest.raises(PermissionError):
        gated(Host(), lambda **options: called.append(options), WRITE)(**{name: "closed"})
    assert not called
