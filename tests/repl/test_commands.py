"""The shell's commands: each does what its line of help says, and leaves alone what it should."""

from __future__ import annotations

import os
import re
import signal
import stat
import sys
from pathlib import Path

import pytest

from recorded_shell import RecordedShell
from tensorsh.repl.commands import COMMANDS
from tensorsh.repl.complete import complete
from tensorsh.repl.loop import Shell, is_finished
from tensorsh.repl.timing import ROUNDS, timed
from tensorsh.repl.watch import watched
from terminal import ROOT, Terminal


@pytest.fixture
def shell() -> RecordedShell:
    return RecordedShell()


def offered(shell: Shell, text: str) -> set[str]:
    return {found.text for found in complete(shell.session, text)}


def test_every_command_has_a_line_in_the_documentation() -> None:
    text = (ROOT / "docs" / "shell.md").read_text("utf-8")
    for name in COMMANDS:
        assert re.search(rf"^\|[^|]*`:{name}\b", text, re.MULTILINE), name


def test_every_command_that_wants_something_says_what_to_type(shell: RecordedShell) -> None:
    for name, command in COMMANDS.items():
        word = command.usage.split()[1] if " " in command.usage else "["
        if not word.startswith("["):
            shell.enter(f":{name}")
            assert "`:" in str(shell.screen.errors[-1].help), name
            assert re.search(rf":{name}\b", shell.screen.errors[-1].message)


# ------------------------------------------------------------------ timeit


def test_timeit_keeps_nothing(shell: RecordedShell) -> None:
    shell.enter("param w = [1.]; x = [1.]; kept = ['a']; manual_seed(3); before = randn(1); manual_seed(3);")
    shell.enter(
        ":timeit kept.append(1); x.add_(1); z = randn(1); w2 = w * 2; backward w2.sum(); x; [time for time in 'a']"
    )
    assert shell.screen.errors == [] and shell.screen.shown == []
    assert re.fullmatch(
        r"[\d.]+ (µs|ms|s) ± [\d.]+ (µs|ms|s)   best [\d.]+ (µs|ms|s)   \(7 rounds of \d+ runs?\)",
        shell.told[-1],
    )
    assert shell.session["kept"] == ["a"] and shell.session["x"].tolist() == [1.0]
    assert shell.session["w"].grad is None and "z" not in shell.session and "_" not in shell.session
    shell.enter("randn(1) == before")
    assert shell.screen.shown[-1].tolist() == [True]


def test_timeit_of_a_statement_that_fails_says_why(shell: RecordedShell) -> None:
    shell.enter("n = 1")
    shell.enter(":timeit n = 2; nothing")
    assert "nothing" in shell.screen.errors[0].message and shell.session["n"] == 1
    assert shell.screen.errors[0].span.source.name == "<shell 2>"
    shell.enter(":timeit n = = 2")
    assert shell.screen.errors[1].kind == "syntax"


def test_timeit_waits_for_the_end_of_a_block() -> None:
    assert not is_finished(":timeit for i in range(3):\n")
    assert is_finished(":timeit for i in range(3): i\n\n")
    assert not is_finished(":once json f(\n")


def test_runs_follow_from_how_long_one_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    now, runs = 0.0, 0
    monkeypatch.setattr("tensorsh.repl.timing.perf_counter", lambda: now)

    def takes(seconds: float) -> object:
        def run() -> None:
            nonlocal now, runs
            now += seconds
            runs += 1

        return timed(run)

    fast = takes(0.001)
    assert (fast.runs, len(fast.rounds)) == (200, ROUNDS)
    assert fast.mean == pytest.approx(0.001) and fast.deviation == pytest.approx(0, abs=1e-9)
    runs = 0
    slow = takes(4.0)
    assert (slow.runs, len(slow.rounds), runs) == (1, 2, 2)


# ------------------------------------------------------------------ stats


def rows(text: str) -> dict[str, list[str]]:
    """Name → cells after the name of a table."""
    return {line.split()[0]: line.split()[1:] for line in text.split("\n")[1:]}


def test_stats(shell: RecordedShell) -> None:
    shell.enter(
        "x = [0., -2., 4.]; n = 3; bad = [1., nan, inf, -inf, 3.]; i = [9007199254740993, 0]; b = [true, false]"
    )
    shell.enter("empty = zeros(0); m = zeros(2) on meta; one = [7.]; c = tensor([3+4j, 0j]); xs = {'k': [x]}")
    shell.enter(":stats")
    head, found = shell.told[-1].split("\n")[0].split(), rows(shell.told[-1])
    assert head == ["min", "mean", "std", "max", "zeros", "NaN", "Inf", "bytes"]
    assert found["x"] == ["float32[3]", "-2", "0.6667", "3.055", "4", "1", "0", "0", "12"]
    assert found["bad"] == ["float32[5]", "1", "2", "1.414", "3", "0", "1", "2", "20"]
    assert found["i"][1] == "0" and found["i"][4] == "9007199254740993"
    assert found["b"] == ["bool[2]", "0", "0.5", "0.7071", "1", "1", "0", "0", "2"]
    assert found["empty"] == ["float32[0]", "-", "-", "-", "-", "-", "0", "0", "0"]
    assert found["m"][-8:] == ["-", "-", "-", "-", "-", "0", "0", "8"]
    assert found["one"] == ["float32[1]", "7", "7", "-", "7", "0", "0", "0", "4"]
    assert found["c"][1:5] == ["0", "2.5", "3.536", "5"]
    assert "xs['k'][0]" in found and "n" not in found


@pytest.mark.parametrize("columns", [72, 80, 120])
def test_stats_fits_the_screen(shell: RecordedShell, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(shell), "columns", columns)
    shell.enter("manual_seed(0); a_long_name_of_a_tensor = randn(1, 20, 300); b = [1., nan, inf]")
    shell.enter(":stats")
    lines = shell.told[-1].split("\n")
    assert max(map(len, lines)) <= columns
    assert all(line.split()[-1].isdecimal() for line in lines[1:])


def test_stats_of_an_expression_and_of_a_model(shell: RecordedShell) -> None:
    shell.enter(":stats arange(3) * 2")
    assert shell.told[-1].split("\n")[1].split()[-6:] == ["0", "2", "2", "4", "1", "24"]
    assert "NaN" not in shell.told[-1]
    shell.enter("import torch.nn as nn")
    shell.enter("model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))")
    shell.enter(":stats model")
    assert {"model.0.weight", "model.1.bias", "model.1.running_mean"} <= set(rows(shell.told[-1]))
    shell.enter("xs = [1]; xs.append(xs)")
    shell.enter(":stats xs")
    assert shell.told[-1] == "no tensors"
    shell.enter(":stats nothing")
    assert "nothing" in shell.screen.errors[-1].message


# ------------------------------------------------------------------ type


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x @ w", "float32[3, 2]  cpu  requires_grad"),
        ("randn(100000, 100000).sum(0) as float64", "float64[100000]  cpu"),
        ("m + 1", "float32[2, 2]  meta"),
        ("x.add_(1)", "float32[3, 4]  cpu"),
        ("[x, 3, w]", "list of 3: float32[3, 4], int, float32[4, 2] requires_grad"),
        ("{'a': x > 1}", "dict of 1: 'a': bool[3, 4]"),
        ("grad (w * w).sum() wrt w", "float32[4, 2]  cpu"),
        ("grad y wrt (w,)", "tuple of 1: float32[4, 2]"),
        ("(i + 0.5, i / 2, i // 2)", "tuple of 3: float32[2], float32[2], int64[2]"),
        ("F.cross_entropy(x @ w, [0, 1, 1])", "float32[]  cpu  requires_grad"),
        ("x.to('cpu') + zeros(4)", "float32[3, 4]  cpu"),
        ("w.detach()", "float32[4, 2]  cpu"),
        ("noisy(x)", "float32[4, 3]  cpu"),
        ("k.append(2)", "NoneType"),
        ("'a' * 2", "str"),
        ("w", "float32[4, 2]  cpu  requires_grad"),
    ],
)
def test_type(shell: RecordedShell, text: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    shell.enter(
        "manual_seed(1); x = randn(3, 4); param w = randn(4, 2); m = zeros(2, 2) on meta; i = [1, 2]; k = ['a']"
    )
    shell.enter("y = (w * w).sum()")
    shell.enter("def noisy(t):\n    print('loud')\n    k.append(t)\n    return t.T + randn(1)")
    before = {name: shell.session[name].tolist() for name in ("x", "w", "i")}
    state = shell.session.evaluate("default_generator.get_state()").tolist()
    shell.enter(f":type {text}")
    assert shell.screen.errors == [] and shell.told[-1] == told
    assert before == {name: shell.session[name].tolist() for name in before}
    assert shell.session["k"] == ["a"] and shell.session["w"].grad is None
    assert shell.session.evaluate("default_generator.get_state()").tolist() == state
    assert capsys.readouterr().out == "" and "_" not in shell.session


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x @ x", "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)"),
        ("nonzero(x)", "that depends on the values"),
        ("x.sum().item()", "that depends on the values"),
        ("1 if x.sum() > 0 else 2", "that depends on the values"),
        ("x + m", "on device"),
        ('graph y to "/tmp/x.svg"', "expected one expression"),
        ("nothing", "name 'nothing'"),
    ],
)
def test_type_says_what_would_go_wrong(shell: RecordedShell, text: str, message: str) -> None:
    shell.enter("x = zeros(2, 3); m = zeros(2, 3) on meta")
    shell.enter(f":type {text}")
    error = shell.screen.errors[-1]
    assert message in error.message and "meta:1" not in error.message
    assert not any("meta:1" in text for _, text in error.labels)


@pytest.mark.parametrize(
    "command", [":type", ":time", ":timeit", ":once", ":apropos", ":undo x", ":anomaly x"]
)
def test_what_a_command_proposes_runs(shell: RecordedShell, command: str) -> None:
    shell.enter(command)
    (error,) = shell.screen.errors
    found = re.search("`(:[^`]+)`", str(error.help))
    assert found is not None
    shell.enter(found[1])
    assert shell.screen.errors == [error]


# ------------------------------------------------------------------ why


@pytest.mark.parametrize(
    ("inputs", "name", "told"),
    [
        (["i = [1, 2]"], "i", "i is int64: only floating point"),
        (
            ["x = [1.]"],
            "x",
            "x.requires_grad is False: nothing is recorded of it. It was bound by `x = [1.]`",
        ),
        (["param w = [1.]", "h = w.detach()"], "h", "is False by `h = w.detach()`, which leaves the graph"),
        (["param w = [1.]", "h = w * 2"], "h", "MulBackward0 made it in `h = w * 2`"),
        (
            ["param w = [1.]", "y = (w.detach() * 2).sum()"],
            "w",
            "these leave the graph: `y = (w.detach() * 2).sum()`",
        ),
        (["param w = [1.]", "y = w.sum()"], "w", "no gradient yet: `y` depends on w"),
        (
            ["param w = [1.]", "y = (w * w).sum()", "backward y", "w.grad = none"],
            "w",
            "`y`, and it has been taken",
        ),
        (["param w = [1.]", "y = w.sum()", "backward y"], "w", "w has a gradient: float32[1]"),
        (["import torch.nn as nn", "m = nn.Linear(1, 1)"], "m.weight", "no loss has reached m.weight"),
        (
            ["x = [0.]", "y = log(x) * 2", "z = y + 1"],
            "z",
            "in z comes from y: `z = y + 1`\nInf first appeared in log",
        ),
        (["x = [0.]", "y = x / x"], "y", "NaN first appeared in div: `y = x / x`"),
        (["x = [1., nan]"], "x", "NaN in x was written in `x = [1., nan]`"),
        (
            ["param w = [0.]", "y = sqrt(w).sum()", "backward y"],
            "w",
            "Inf first appeared on the way back from y, in SqrtBackward0, the derivative of `y = sqrt(w).sum()`",
        ),
        (
            ["x = [0.]", "k = ['a']", "def f(t):\n    k.append(1)\n    return log(t)", "y = f(x)"],
            "y",
            "Inf first appeared in log: `return log(t)`",
        ),
    ],
)
def test_why(shell: RecordedShell, inputs: list[str], name: str, told: str) -> None:
    for text in inputs:
        shell.enter(text)
    values = {each: repr(shell.session[each]) for each in shell.session.names()}
    shell.enter(f":why {name}")
    assert shell.screen.errors == [] and told in shell.told[-1]
    assert values == {each: repr(shell.session[each]) for each in shell.session.names()}


def test_why_refuses(shell: RecordedShell) -> None:
    shell.enter("n = 3")
    shell.enter(":why n")
    shell.enter(":why nothing")
    assert "int has no gradient" in shell.screen.errors[0].message
    assert "nothing" in shell.screen.errors[1].message
    assert offered(shell, ":why ") == {"n"}


def test_why_alone(shell: RecordedShell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RecordedShell, "page", RecordedShell.tell, raising=False)
    shell.enter("ones(2, 3) @ ones(2, 3)")
    shell.enter(":why")
    assert shell.told[-1].startswith("error[matmul-shape]")
    shell.enter("x = [1.]")
    shell.enter(":why")
    assert shell.screen.errors[-1].help.startswith("type `:why x`")


def test_magics_that_are_commands_here(shell: RecordedShell, capsys: pytest.CaptureFixture[str]) -> None:
    shell.typed = True
    shell.enter("x = [1.]")
    shell.enter("%vars")
    assert shell.told == ["x  float32[1]"]
    for other in ("%matplotlib inline", "%vars\ny = 1"):
        shell.enter(other)
    assert len(shell.told) == 1 and shell.session["y"] == 1
    assert shell.screen.errors == []


def test_vars_of_classes_and_modules(shell: RecordedShell) -> None:
    for text in ("import math", "import torch.nn as nn", "class A:\n    pass\n", "def f(x):\n    return x\n"):
        shell.enter(text)
    shell.enter(":vars")
    rows = [row.split() for row in shell.told[-1].split("\n")]
    assert rows == [
        ["math", "module", "math"],
        ["nn", "module", "torch.nn"],
        ["A", "class", "A()"],
        ["f", "function", "f(x)"],
    ]


# ------------------------------------------------------------------ once, log, anomaly, reset


def test_once(shell: RecordedShell, monkeypatch: pytest.MonkeyPatch) -> None:
    formats: list[str] = []
    monkeypatch.setattr(type(shell.screen), "show", lambda self, shown: formats.append(self.format))
    shell.enter(":once json 1; 2")
    shell.enter("3")
    assert formats == ["json", "json", "torch"] and shell.screen.format == "torch"
    shell.enter(":once jsn 1")
    shell.enter(":once json")
    assert [bool(error.help) for error in shell.screen.errors] == [True, True]
    shell.enter(":once csv nothing")
    assert shell.output is shell.screen
    shell.enter(":once csv :vars")
    assert shell.told == ["no variables"]
    assert offered(shell, ":once js") == {"json"}
    assert "tanh" in offered(shell, ":once json tan")


class LoggedShell(RecordedShell):
    """One whose values and messages are printed."""

    tell = Shell.tell

    def __init__(self) -> None:
        super().__init__()
        self.screen.show = lambda shown: print(shown.value)


def test_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shell, path = LoggedShell(), tmp_path / "log.txt"
    path.write_text("before\n")
    streams = sys.stdout, sys.stderr
    shell.enter("x = 1")
    shell.enter(f":log {path}")
    shell.enter("x + 1")
    shell.enter("if x:\n    x * 3")
    shell.enter("import sys; print('\\x1b[1mbold\\x1b[0m', 5); print('no end', end='')")
    shell.enter("print('10 %\\r50 %\\rdone')")
    shell.enter(":log")
    shell.enter(":log off")
    assert (sys.stdout, sys.stderr) == streams
    shell.enter("x + 5")
    assert path.read_text().split("\n") == [
        "before",
        ">>> x + 1",
        "2",
        ">>> if x:",
        "...     x * 3",
        "3",
        ">>> import sys; print('\\x1b[1mbold\\x1b[0m', 5); print('no end', end='')",
        "bold 5",
        "no end",
        ">>> print('10 %\\r50 %\\rdone')",
        "done",
        ">>> :log",
        f"inputs and outputs go to {path}",
        ">>> :log off",
        "",
    ]
    assert capsys.readouterr().out.startswith("2\n3\n")
    shell.enter(":log /nowhere/at/all")
    assert "cannot write" in shell.screen.errors[-1].message


def test_anomaly(shell: RecordedShell) -> None:
    shell.enter(":anomaly on")
    shell.enter("param x = [0.]")
    shell.enter("y = (sqrt(x) * 2).sum()")
    shell.enter("backward y")
    assert "SqrtBackward0" in shell.screen.errors[0].message
    assert (
        'File "<shell 3>", line 1, in <module>\n    y = (sqrt(x) * 2).sum()'
        in shell.screen.warnings[0].message
    )
    shell.enter("log(x)")
    assert "log returned -inf" in shell.screen.errors.pop().message
    shell.enter(":anomaly off")
    shell.enter("log(x)")
    assert shell.told[-1] == "off"
    shell.enter("backward y")
    assert len(shell.screen.errors) == 1
    shell.enter(":anomaly maybe")
    assert shell.screen.errors[-1].help == "type `:anomaly on`"
    assert offered(shell, ":anomaly o") == {"on", "off"}


def test_reset_asks_where_somebody_types(shell: RecordedShell, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["no\n", "y\n"])
    monkeypatch.setattr(sys, "stdin", type("Typed", (), {"readline": lambda self: next(answers)})())
    shell.enter("x = 1")
    shell.typed = True
    shell.enter(":reset")
    assert "x" in shell.session
    shell.enter(":reset")
    assert "x" not in shell.session
    shell.enter("x = 1")
    shell.enter(":reset -f")
    assert "x" not in shell.session
    shell.enter(":reset x")
    assert shell.screen.errors[-1].help == "`:del x` forgets them"


# ------------------------------------------------------------------ edit, watch


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An editor that keeps what it was given, and puts `new` in its place."""
    script = tmp_path / "editor"
    script.write_text(f'#!/bin/sh\ncp "$1" {tmp_path}/given\ncp {tmp_path}/new "$1"\n')
    script.chmod(stat.S_IRWXU)
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", str(script))
    return tmp_path


def test_edit(shell: RecordedShell, editor: Path) -> None:
    shell.enter("a = 2")
    shell.enter("if a:\n    def f(x, by=3):\n        # why\n        return x * by\nb = 1")
    (editor / "new").write_text("def f(x): return x + 100\nf(1)\n")
    shell.enter(":edit f")
    assert (editor / "given").read_text() == "def f(x, by=3):\n    # why\n    return x * by\n"
    assert shell.screen.shown == [101] and shell.session["f"](2) == 102
    (editor / "new").write_text("a = 7\n")
    shell.enter(":edit 1")
    assert (editor / "given").read_text() == "a = 2" and shell.session["a"] == 7
    shell.enter(":edit")
    assert (editor / "given").read_text() == ""
    (editor / "new").write_text("\n")
    shell.enter(":edit")
    assert shell.told[-1] == "nothing to run"
    shell.enter(f":save {editor}/saved.tsh")
    assert "return x + 100" in (editor / "saved.tsh").read_text()
    assert offered(shell, ":edit ") == {"f"}


def test_edit_of_a_class(shell: RecordedShell, editor: Path) -> None:
    shell.enter("import torch")
    shell.enter("class A:\n    def f(self):\n        return 1\n\n    x = 2")
    (editor / "new").write_text("class A:\n    x = 3")
    shell.enter(":edit A")
    assert (editor / "given").read_text() == "class A:\n    def f(self):\n        return 1\n\n    x = 2\n"
    assert shell.session["A"].x == 3


def test_edit_refuses(shell: RecordedShell, editor: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.enter("x = 1; tanh_ = tanh")
    for text, message in (
        (":edit x", "has no source"),
        (":edit tanh_", "has no source"),
        (":edit y", "no function"),
        (":edit 99", "no input 99"),
    ):
        shell.enter(text)
        assert message in shell.screen.errors[-1].message
    for command, message in (("false", "exit code 1"), ("/no/such/editor", "cannot run the editor")):
        monkeypatch.setenv("EDITOR", command)
        shell.enter(":edit")
        assert message in shell.screen.errors[-1].message


def test_watch_runs_after_each_change(tmp_path: Path) -> None:
    path, ran, waits = tmp_path / "a.tsh", [], 0
    path.write_text("1")

    def wait(_: float) -> None:
        nonlocal waits
        waits += 1
        match waits:
            case 1:
                pass
            case 2:
                path.unlink()
            case 3:
                path.write_text("22")
            case 4:
                os.utime(path, (1, 1))
            case 5:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watched(str(path), lambda: ran.append(path.read_text()), wait)
    assert ran == ["1", "22", "22"]


def test_watch(shell: RecordedShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.tsh"
    path.write_text("n = 1; n")
    texts = iter(["nothing", "n = 5; n"])

    def wait(_: float) -> None:
        try:
            path.write_text(next(texts))
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr("tensorsh.repl.watch.watched.__defaults__", (wait,))
    shell.enter(f":watch {path}")
    assert shell.screen.shown == [1, 5] and len(shell.screen.errors) == 1
    assert "no longer watching" in shell.told[-1] and shell.session["n"] == 5
    shell.enter(f":watch {path}.none")
    assert "cannot read" in shell.screen.errors[-1].message
    shell.enter(f":save {tmp_path}/saved.tsh")
    assert (tmp_path / "saved.tsh").read_text() == "n = 5; n\n"


# ------------------------------------------------------------------ in a terminal


def test_in_a_terminal(tmp_path: Path) -> None:
    script, editor = tmp_path / "a.tsh", tmp_path / "editor"
    script.write_text("'first ' + 'run'")
    editor.write_text("#!/bin/sh\necho 'edited = 6 * 7; edited' > \"$1\"\n")
    editor.chmod(stat.S_IRWXU)
    places = {"EDITOR": str(editor), "XDG_STATE_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    shows = lambda text: lambda terminal: any(text in line for line in terminal.lines)  # noqa: E731
    with Terminal(columns=80, rows=24, NO_COLOR="1", **places) as terminal:
        assert shows(">>>")(terminal.feed(shows(">>>")))
        for typed, answer in (
            (":timeit 1 + 1\r", "best"),
            ("x = [1., nan]\r:stats\r", "float32[2]"),
            (":edit\r", "42"),
            (":reset\r", "[y/N]"),
            ("n\r", "nothing was forgotten"),
            (f":watch {script}\r", "first run"),
        ):
            terminal.type(typed)
            assert shows(answer)(terminal.feed(shows(answer), 30)), terminal.lines
        script.write_text("'second ' + 'run'")
        assert shows("second run")(terminal.feed(shows("second run"), 30))
        assert not shows("first run")(terminal)
        terminal.process.send_signal(signal.SIGINT)
        assert shows("no longer watching")(terminal.feed(shows("no longer watching"), 30))
        terminal.type("x\r")
        assert shows("nan")(terminal.feed(shows("nan"), 30))
