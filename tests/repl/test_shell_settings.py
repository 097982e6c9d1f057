"""Settings: `:set`, the file of options, themes, numbered prompts, earlier results."""

from __future__ import annotations

import os
import pty
import threading
from pathlib import Path

import pytest
from test_repl import shell  # noqa: F401

from recorded_shell import RecordedShell, typed
from screens import enter, started, waits_at
from tensorsh.errors import UsageError
from tensorsh.render import paint
from tensorsh.render.paint import background_of
from tensorsh.repl.background import ANSWER, Asked
from tensorsh.repl.complete import complete
from tensorsh.repl.help import texts
from tensorsh.repl.prompt import kept, rgb, style_of
from tensorsh.repl.settings import SETTINGS, apply_file, save


def applied(shell: RecordedShell, path: Path, text: str, *given: str) -> list[tuple[str, str | None]]:  # noqa: F811
    path.write_text(text)
    apply_file(shell, str(path), frozenset(given))
    return [(error.message, error.span and error.span.text) for error in shell.screen.errors]


def test_the_file_sets(shell: RecordedShell, tmp_path: Path) -> None:  # noqa: F811
    text = (
        'prompt = "numbered"\nseed = 3  # ours\necho = false\ndtype = "float64"\nthreads = 2\n"keys" = "vi"\n'
    )
    assert applied(shell, tmp_path / "config.toml", text, "dtype") == []
    assert (shell.look.prompt, shell.look.echo, shell.look.keys) == ("numbered", False, "vi")
    assert (shell.session.seed, shell.session.context.threads) == (3, 2)
    assert SETTINGS["dtype"].get(shell) == "float32"  # the command line's
    shell.enter("1")
    assert shell.screen.shown == []


@pytest.mark.parametrize(
    ("line", "message", "help"),
    [
        ("sed = 0", "there is no setting 'sed'", "seed"),
        ('nothing_like_it = "x"', "there is no setting 'nothing_like_it'", "format, echo"),
        ('keys = "vim"', 'keys cannot be "vim"', "emacs, vi"),
        ('seed = "x"', 'seed is a whole number, not "x"', None),
        ("seed = -1", "seed is a whole number, not -1", None),
        ("echo = 1", "echo is true or false, not 1", None),
        ('dtype = "int64"', 'dtype cannot be "int64"', "float64"),
        ("[keys]", "keys cannot be {}", "emacs, vi"),
    ],
)
def test_what_is_wrong_in_the_file_is_reported_where_it_is(
    shell: RecordedShell,  # noqa: F811
    tmp_path: Path,
    line: str,
    message: str,
    help: str | None,
) -> None:
    errors = applied(shell, tmp_path / "config.toml", f'# ours\nprompt = "numbered"\n{line}\n')
    assert errors == [(message, line if line[0] != "[" else "# ours")]
    assert help is None or help in shell.screen.errors[0].help
    assert shell.look.prompt == "numbered"


def test_a_file_that_is_no_toml_is_reported_with_its_line(shell: RecordedShell, tmp_path: Path) -> None:  # noqa: F811
    assert applied(shell, tmp_path / "config.toml", "seed = 1\nkeys = vi\n") == [
        ("invalid value", "keys = vi")
    ]
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    apply_file(shell, str(tmp_path / "binary"))
    assert "cannot read" in shell.screen.errors[-1].message
    apply_file(shell, str(tmp_path / "none"))
    assert len(shell.screen.errors) == 2


def test_saving_leaves_the_rest_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "config.toml"
    save(str(path), {"seed": 1})
    assert path.read_text() == "seed = 1\n"
    path.write_text('# ours\nkeys = "vi"  # as always\n\nseed = 1\n[other]\nx = 1\n')
    save(str(path), {"keys": "emacs", "echo": False})
    assert (
        path.read_text() == '# ours\nkeys = "emacs"  # as always\n\nseed = 1\necho = false\n[other]\nx = 1\n'
    )


def test_set(shell: RecordedShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    shell.enter(":set")
    assert {row.split()[0] for row in shell.told[-1].split("\n")} == set(SETTINGS)
    for line in (":set keys vi", ":set echo off", ":set dtype=float64", ":set seed = 5", ":set format json"):
        shell.enter(line)
    assert shell.screen.errors == []
    assert (shell.look.keys, shell.look.echo, shell.screen.format) == ("vi", False, "json")
    shell.enter("x = rand(1)")
    assert str(shell.session["x"].dtype) == "torch.float64" and shell.session.seed == 5
    shell.enter(":set keys")
    assert shell.told[-1].startswith("keys = vi")
    shell.enter(":set -s keys")
    assert (tmp_path / "tensorsh" / "config.toml").read_text() == 'keys = "vi"\n'
    shell.enter(":set -s prompt numbered")
    shell.enter(":set -s")
    other = RecordedShell()
    apply_file(other, str(tmp_path / "tensorsh" / "config.toml"))
    assert (other.look.keys, other.look.prompt, other.look.echo, other.session.seed) == (
        "vi",
        "numbered",
        False,
        5,
    )
    for line in (":set nothing", ":set keys vim", ":set seed x"):
        shell.enter(line)
    assert len(shell.screen.errors) == 3 and all(error.help for error in shell.screen.errors)


def test_every_setting_takes_what_it_says(
    shell: RecordedShell,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(texts, "chosen", [])  # the language is the process's, also that of the tests to come
    for setting in SETTINGS.values():
        for word in setting.words or ("7",):
            shell.enter(f":set {setting.name} {word}")
            assert shell.screen.errors == []
            found = setting.get(shell)
            assert found == {"on": True, "off": False, "7": 7}.get(word, word)
        with pytest.raises(UsageError):
            setting.read("something else")


def test_completion_of_settings(shell: RecordedShell) -> None:  # noqa: F811
    def offered(text: str) -> list[str]:
        return [found.text for found in complete(shell.session, text)]

    assert offered(":set the") == ["theme"] and offered(":set theme l") == ["light"]
    assert offered(":set -s ec") == ["echo"] and offered(":set echo ") == ["on", "off"]


# ------------------------------------------------------------------ earlier results


@pytest.mark.parametrize("kind", ["own", "torch"])
def test_earlier_results(shell: RecordedShell, kind: str) -> None:  # noqa: F811
    shell.enter(f":kind {kind}")
    for text in ("10", "x = 1", "20; 30", "40", "_ + __ + ___", "_2", "_4 - Out[5]", "In[3]"):
        shell.enter(text)
    assert shell.screen.shown == [10, 20, 30, 40, 80, 10, 30 - 40, "x = 1"]
    assert shell.screen.errors == []


def test_results_that_were_taken_back_are_none(shell: RecordedShell) -> None:  # noqa: F811
    for text in ("1", "for i in range(2):\n    i + 5\n    if i: nothing", "_ + 1", "Out"):
        shell.enter(text)
    assert shell.screen.shown[-1] == {1: 1, 3: 2}
    assert shell.session.names() == []


def test_names_of_the_program_come_before_results(shell: RecordedShell) -> None:  # noqa: F811
    for text in ("1", "Out = 5", "Out", "_1 = 7", "_1"):
        shell.enter(text)
    assert shell.screen.shown == [1, 5, 7]
    assert shell.session["Out"] == 5 and shell.session["_1"] == 7


# ------------------------------------------------------------------ themes


def test_the_background_is_known_from_the_environment() -> None:
    assert background_of({"COLORFGBG": "15;0"}) == "dark"
    assert background_of({"COLORFGBG": "0;default;15"}) == "light"
    assert background_of({"COLORFGBG": "default;default"}) is None and background_of({}) is None


def test_answers_of_terminals() -> None:
    for answer in (
        b"\x1b]11;rgb:ffff/ffff/dddd\x1b\\",
        b"\x1b]11;rgb:ff/ff/dd\x07",
        b"\x1b]11;rgba:ff/ff/dd/ff\x07",
    ):
        assert ANSWER.search(b"x" + answer + b"y") is not None


@pytest.mark.parametrize(
    ("color", "background"), [("fafa/fafa/f0f0", "light"), ("1e1e/1e1e/2e2e", "dark"), ("", None)]
)
def test_the_terminal_is_asked(monkeypatch: pytest.MonkeyPatch, color: str, background: str | None) -> None:
    master, worker = pty.openpty()
    monkeypatch.setenv("TERM", "xterm-256color")
    with open(worker, "r+b", buffering=0) as stream:
        monkeypatch.setattr("sys.stdin", stream)
        monkeypatch.setattr("sys.stdout", os.fdopen(os.dup(worker), "w"))

        def answer() -> None:
            os.read(master, 100)
            os.write(master, b"ty" + (f"\x1b]11;rgb:{color}\x1b\\".encode() if color else b"") + b"ped")

        threading.Thread(target=answer, daemon=True).start()
        asked = Asked()
        assert asked.answer() == background
        assert asked.typed.startswith(b"ty") and asked.late == (background is None)
    os.close(master)


def test_themes_change_the_colours_of_errors_values_and_typing() -> None:
    paints = {}
    for name in ("dark", "light", "sixteen"):
        paint.use_theme(name)
        paints[name] = paint.painter(True)("x", "error") + paint.painter(True)("x", "note")
        assert style_of(name).get_attrs_for_style_str("class:keyword").color
    paint.use_theme("auto")
    assert len(set(paints.values())) == 3
    assert paints["sixteen"] == "\x1b[1;31mx\x1b[0m\x1b[2mx\x1b[0m"
    assert "1;38;5;160" in paints["light"]
    assert (rgb(16), rgb(231), rgb(203), rgb(245)) == ("#000000", "#ffffff", "#ff5f5f", "#8a8a8a")


# ------------------------------------------------------------------ on a terminal


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 40)])
def test_a_numbered_session(tmp_path: Path, columns: int, rows: int) -> None:
    (tmp_path / "tensorsh").mkdir()
    (tmp_path / "tensorsh" / "config.toml").write_text(
        'prompt = "numbered"\nformat = "torch"\nstatus = false\n'
    )
    with started(tmp_path, "-q", columns=columns, rows=rows) as terminal:
        for prompt, text in (
            ("In [1]:", "x = ones(2)"),
            ("In [2]:", "x"),
            ("In [3]:", "if x.sum() > 1:"),
            ("   ...:", "x + 1"),
            ("   ...:", ""),
            ("In [4]:", "ones(2, 2)"),
            ("In [5]:", "_2 + Out[2]"),
        ):
            enter(terminal, text, prompt)
        terminal.feed(waits_at("In [6]:"), 10)
        assert terminal.lines == [
            "In [1]: x = ones(2)",
            "In [2]: x",
            "Out[2]: tensor([1., 1.])",
            "In [3]: if x.sum() > 1:",
            "   ...:     x + 1",
            "Out[3]: tensor([2., 2.])",
            "In [4]: ones(2, 2)",
            "Out[4]:",
            "tensor([[1., 1.],",
            "        [1., 1.]])",
            "In [5]: _2 + Out[2]",
            "Out[5]: tensor([2., 2.])",
            "In [6]:",
        ]


def test_vi_keys(shell: RecordedShell) -> None:  # noqa: F811
    shell.look.keys = "vi"
    assert typed(shell, "x = abc", "\x1b", "0x", "iy", "\r") == ["y = abc"]


def test_the_history_keeps_the_last_inputs(tmp_path: Path) -> None:
    path = tmp_path / "history"
    history = kept(str(path), 10)
    for i in range(12):
        history.append_string(f"x = {i}\ny")
    assert len(list(kept(str(path), 11).load_history_strings())) == 12
    assert list(kept(str(path), 5).load_history_strings()) == [f"x = {i}\ny" for i in range(11, 6, -1)]
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(kept(str(path), 0).load_history_strings()) == []


def test_files_stay_where_links_point(tmp_path: Path) -> None:
    """As of people who keep their settings in a folder of their own."""
    (tmp_path / "own").mkdir()
    for name in ("config.toml", "history"):
        (tmp_path / "own" / name).write_text("")
        (tmp_path / name).symlink_to(tmp_path / "own" / name)
    save(str(tmp_path / "config.toml"), {"keys": "vi"})
    history = kept(str(tmp_path / "history"), 1)
    for i in range(9):
        history.append_string(f"x = {i}")
    kept(str(tmp_path / "history"), 1)
    for name, text in (("config.toml", 'keys = "vi"\n'), ("history", "+x = 8\n")):
        assert (tmp_path / name).is_symlink()
        assert (tmp_path / "own" / name).read_text().endswith(text)
    assert "x = 7" not in (tmp_path / "own" / "history").read_text()
