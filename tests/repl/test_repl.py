"""The interactive shell: what text decides, what commands do, what keys do at a prompt."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from recorded_shell import RecordedShell, typed
from tensorsh import Session
from tensorsh.repl.bottom import signature_line
from tensorsh.repl.complete import complete
from tensorsh.repl.highlight import highlight
from tensorsh.repl.loop import Lines, is_finished
from tensorsh.repl.pasted import cleaned
from tensorsh.services.layout import header_indent, next_indent
from tensorsh.services.scan import place
from tensorsh.services.signatures import signature_of


@pytest.fixture
def shell() -> RecordedShell:
    return RecordedShell()


@pytest.fixture
def session() -> Session:
    s = Session()
    s.run("x = [[1., 2.], [3., 4.]]\nxs = [x, x]\ndef scale(a, by=2, *rest): return a * by\nname = 'n'")
    return s


# ------------------------------------------------------------------ what is at the end of a text


@pytest.mark.parametrize(
    ("text", "word", "receiver"),
    [
        ("x.su", "su", ("x",)),
        ("torch.nn.functional.re", "re", ("torch", "nn", "functional")),
        ("f(x).", "", (None,)),
        ("x[0].T.s", "s", (None, "T")),
        ("f(x).sum().", "", (None,)),
        ('"a".up', "up", ('"',)),
        ("y = ta", "ta", ()),
        ("[1, 2].", "", (None,)),
        ("not x.s", "s", ("x",)),
        ("1 +\\\n x.s", "s", ("x",)),
    ],
)
def test_place_word_and_receiver(text: str, word: str, receiver: tuple) -> None:
    here = place(text)
    assert (here.word, here.receiver) == (word, receiver)


@pytest.mark.parametrize(
    ("text", "callee", "index", "keyword"),
    [
        ("sum(", ("sum",), 0, None),
        ("torch.cat((x, y), ", ("torch", "cat"), 1, None),
        ("x.sum(dim=", ("x", "sum"), 0, "dim"),
        ("f(g(1, 2), [3, (4", ("f",), 1, None),
        ("f(')', a=1, b=lambda: 2, ", ("f",), 3, None),
        ("f(\n  1,\n  2", ("f",), 1, None),
    ],
)
def test_place_call(text: str, callee: tuple, index: int, keyword: str | None) -> None:
    call = place(text).call
    assert call is not None
    assert (call.callee, call.index, call.keyword) == (callee, index, keyword)


@pytest.mark.parametrize("text", ["(1, 2", "f(x)", "if (a", "x = 1", "f(1)\ny"])
def test_place_outside_of_calls(text: str) -> None:
    assert place(text).call is None


def test_place_strings_and_comments() -> None:
    assert place('load("da').string == "da"
    assert place("f('a', \"b").string == "b"
    assert place('"""a\nb').string == "a\nb"
    assert place('"a"').string is None
    assert place("x # no").quiet
    assert place("1.5").quiet


# ------------------------------------------------------------------ completion


def texts(session: Session, text: str) -> list[str]:
    return [found.text for found in complete(session, text)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("x.requires_g", {"requires_grad", "requires_grad_"}),
        ("torch.tan", {"tanh"}),
        ("F.rel", {"relu"}),
        ("name.upp", {"upper"}),
        ("xs.app", {"append"}),
        ("(x * x).su", {"sum"}),
        ("x.T.su", {"sum"}),
        ("sca", {"scale"}),
        ("con", {"continue"}),
        ("expl", {"explain"}),
        ("backw", {"backward"}),
        ("y: floa", {"float32", "float64", "float"}),
        ("param y: floa", {"float32"}),
        ("x as int", {"int64", "int"}),
        ("randn(2) on ", {"cpu", "meta"}),
        ('zeros(2, device="m', {"meta"}),
        ("zeros(2, dtype=flo", {"float32"}),
        ("x.sum(ke", {"keepdim="}),
        ("scale(", {"a=", "by=", "x"}),
        (":he", {"help"}),
        (":help tan", {"tanh"}),
        (":del sc", {"scale"}),
        (":format js", {"json"}),
        (":time x.su", {"sum"}),
        ("?tan", {"tanh"}),
        ("TAN", {"tanh"}),
    ],
)
def test_completion_offers(session: Session, text: str, wanted: set[str]) -> None:
    assert wanted <= set(texts(session, text))


PROGRAM = """\
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(2, 3)
    def forward(self, x, scale=1): return self.fc1(x)
class Car:
    wheels = 4
    def __init__(self): self.speed = 1
    @property
    def broken(self): raise ValueError
    def drive(self, distance=1): pass
model = Net(); car = Car(); d = {"alpha": 1, "be ta": 2, 3: 4}; parts = {"net": model}
"""


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("model.fc", {"fc1"}),
        ("model.fc1.we", {"weight"}),
        ("model.fc1.weight.su", {"sum"}),
        ("model(", {"x=", "scale="}),
        ("model.forward(", {"x=", "scale="}),
        ("model.fc1(", {"input="}),
        ("car.", {"speed", "wheels", "drive", "broken"}),
        ("car.drive(", {"distance="}),
        ("Car.dr", {"drive"}),
        ("nn.Linear(2, ou", {"out_features="}),
        ('d["', {"alpha", "be ta"}),
        ("d['be", {"be ta"}),
        ("d[", {"'alpha'", "3"}),
        ("parts['", {"net"}),
        ("import js", {"json"}),
        ("import json, nu", {"numpy"}),
        ("from col", {"collections"}),
        ("from collections import Or", {"OrderedDict"}),
        ("from torch.utils.data import Da", {"DataLoader", "Dataset"}),
        ("from torch import nn, op", {"optim"}),
        ("from torch ", {"import"}),
        ("import torch ", {"as"}),
    ],
)
def test_completion_in_pytorch_programs(text: str, wanted: set[str]) -> None:
    session = Session()
    session.run(PROGRAM)
    assert wanted <= set(texts(session, text))


def test_completion_of_named_sizes(session: Session) -> None:
    session.run("z: float32[n, width] = [[1., 2.]]")
    for text in ("y: float32[", "y: float32[n, ", "param y: float32["):
        assert texts(session, text) == ["n", "width"]
    assert texts(session, "y: float32[wi") == ["width"]


@pytest.mark.parametrize(
    ("text", "unwanted"),
    [
        ("x.sum(dim=0, d", "dim="),
        ("x.", "_version"),
        ("x + ", "tanh"),
        ("y: ", "x"),
        ('"x', "x"),
        ("# x", "x"),
        ("1.", "sum"),
        ("nothing.", "sum"),
        ("sum(x, dim", "input="),
        ("if a: flo", "nothing"),
    ],
)
def test_completion_does_not_offer(session: Session, text: str, unwanted: str) -> None:
    assert unwanted not in texts(session, text)


def test_completion_puts_variables_first_and_says_what_they_are(session: Session) -> None:
    first = complete(session, "x")[0]
    assert (first.text, first.length, first.meta) == ("x", 1, "float32[2, 2]")
    session["tanned"] = 1
    assert texts(session, "tan")[0] == "tanned"


def test_completion_of_files(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("data.csv", "run.tsh", ".hidden"):
        (tmp_path / name).write_text("")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "w.npy").write_text("")
    assert texts(session, 'load("') == ["data.csv", "deep/", "run.tsh"]
    assert texts(session, 'y = load("deep/') == ["w.npy"]
    assert texts(session, "save(x, path='d") == ["data.csv", "deep/"]
    assert texts(session, 'import "') == ["deep/", "run.tsh"]
    assert texts(session, ":load r") == ["run.tsh"]
    assert texts(session, 'load("nowhere/') == []
    assert texts(session, 'f(x, "da') == ["data.csv"]
    assert texts(session, 'path = "deep/') == ["w.npy"]


def test_typing_never_fails(session: Session) -> None:
    program = 'param w: float32[2] = load("x")\nf"{w!r:>{3}}".upper()[1:]; x.T @ torch.F.a(b=[1, "c"'
    for end in range(len(program)):
        complete(session, program[:end])
        highlight(session, program[:end])
        signature_line(session, program[:end], 80)
        next_indent(program[:end])


# ------------------------------------------------------------------ signatures


@pytest.mark.parametrize(
    ("chain", "text"),
    [
        (("scale",), "scale(a, by=2, *rest)"),
        (("torch", "add"), "add(input, other, *, alpha=1)"),
        (("x", "add"), "add(other, *, alpha=1)"),
        ((None, "add_"), "add_(other, *, alpha=1)"),
        (("x", "item"), "item()"),
        (("x", "shape"), None),
        (("nothing",), None),
        (("float32",), None),
    ],
)
def test_signature(session: Session, chain: tuple, text: str | None) -> None:
    found = signature_of(session, chain)
    assert (str(found) if found else None) == text


def marked_parameter(session: Session, text: str, columns: int = 80) -> str:
    line = signature_line(session, text, columns)
    assert line is not None
    return "".join(piece for style, piece in line if "current" in style)


def test_signature_marks_the_current_parameter(session: Session) -> None:
    assert marked_parameter(session, "scale(") == "a"
    assert marked_parameter(session, "scale(x, ") == "by=2"
    assert marked_parameter(session, "scale(x, 1, 2, 3, ") == "*rest"
    assert marked_parameter(session, "scale(by=") == "by=2"
    assert marked_parameter(session, "x.add(") == "other"
    assert marked_parameter(session, ":time x.add(x, alpha=") == "alpha=1"
    assert signature_line(session, "x.add(1)", 80) is None


def test_signature_of_a_narrow_terminal_keeps_the_current_parameter(session: Session) -> None:
    line = signature_line(session, "scale(x, 1, ", 20)
    assert "".join(piece for _, piece in line) == "scale(…, *rest)"


# ------------------------------------------------------------------ colours


def styled(session: Session, text: str) -> list[tuple[str, str]]:
    return [(text[start:end], style) for start, end, style in highlight(session, text)]


def test_highlight_knows_what_words_mean(session: Session) -> None:
    assert styled(session, "param v: int64 = zeros(2) on cpu  # why") == [
        ("param", "keyword"),
        ("int64", "type"),
        ("zeros", "operation"),
        ("2", "number"),
        ("on", "keyword"),
        ("cpu", "type"),
        ("# why", "comment"),
    ]
    assert styled(session, "grad = x.sum") == [("grad", "operation")]
    assert ("grad", "keyword") in styled(session, "grad y wrt x")
    assert styled(session, "[1, true]") == [("1", "number"), ("true", "constant")]
    assert styled(session, "x = tanh = 1") == [("tanh", "operation"), ("1", "number")]
    session["tanh"] = 1
    assert styled(session, "tanh") == []


def test_highlight_reads_on_after_an_error(session: Session) -> None:
    assert styled(session, 'x = "open # if') == [('"open # if', "string")]
    assert styled(session, "1 $ if 'a'") == [("1", "number"), ("if", "keyword"), ("'a'", "string")]
    assert styled(session, ":help sum") == [(":help ", "command")]
    assert styled(session, ":time 1") == [(":time ", "command"), ("1", "number")]


def test_highlight_covers_the_text_in_order(session: Session) -> None:
    text = 'def f(a):\n    """b\n    c"""\n    return f"{a:.2f} {1}" # d\nx = [1,\n 2]\n"'
    at = 0
    for start, end, _ in highlight(session, text):
        assert at <= start < end <= len(text)
        at = end


# ------------------------------------------------------------------ lines and pastes


@pytest.mark.parametrize(
    ("text", "finished"),
    [
        ("x = 1\n", True),
        ("x = [1,\n", False),
        ("if x:\n", False),
        ("if x:\n    y\n", False),
        ("if x:\n    y\n\n", True),
        ("if x:\n    y\n    \n", True),
        ('x = """a\n', False),
        ("x = )\n", True),
        (":vars\n", True),
        (":time for i in x:\n", False),
        ("x?\n", True),
        ("\n", True),
    ],
)
def test_is_finished(text: str, finished: bool) -> None:
    assert is_finished(text) is finished


@pytest.mark.parametrize(
    ("text", "indent"),
    [
        ("x = 1", 0),
        ("if x:", 4),
        ("if x:  # why", 4),
        ("    for i in y:", 8),
        ("f(", 4),
        ("f(1,", 0),
        ("x = y[1:", 0),
        ("    y = 2", 4),
        ("        return y", 4),
        ("    ", 4),
        ('x = """a:', 0),
    ],
)
def test_next_indent(text: str, indent: int) -> None:
    assert next_indent(text) == " " * indent


def test_header_indent() -> None:
    assert header_indent("if a:\n    b\n    else") == ""
    assert header_indent("if a:\n    for b in c:\n        d\n        else") == "    "
    assert header_indent("x = 1\nelse") is None


def test_cleaned_paste() -> None:
    assert cleaned("    x = 1\r\n    y = 2\r\n") == "x = 1\ny = 2\n"
    assert cleaned(">>> x = 1\n>>> if x:\n...     y\n...\n5\n>>> z") == "x = 1\nif x:\n    y\n\nz"
    assert cleaned("y = 1\nz = 2", "if x:\n    ") == "y = 1\n    z = 2"
    assert cleaned("  y", "f(") == "  y"
    assert cleaned("if a:\n\tb") == "if a:\n    b"


# ------------------------------------------------------------------ running


def test_inputs_share_a_session(shell: RecordedShell) -> None:
    shell.enter("x = [1., 2.]")
    shell.enter("x * 2")
    shell.enter("_ + 1")
    assert [value.tolist() for value in shell.screen.shown] == [[2.0, 4.0], [3.0, 5.0]]


def test_error_is_reported_with_the_number_of_the_input(shell: RecordedShell) -> None:
    shell.enter("x = 1")
    shell.enter("y = x +* 2")
    shell.enter("nothing")
    assert [error.span.source.name for error in shell.screen.errors] == ["<shell 2>", "<shell 3>"]


def test_interrupt_takes_the_statement_back(shell: RecordedShell) -> None:
    def interrupt(shown: object) -> None:
        raise KeyboardInterrupt

    shell.screen.show = interrupt
    shell.enter("n = 5")
    shell.enter("for i in range(3):\n    n += 1\n    i")
    assert shell.session["n"] == 5
    assert "interrupted" in shell.told[-1]


def test_mistake_of_our_own_does_not_end_the_shell(shell: RecordedShell) -> None:
    def fail(shown: object) -> None:
        raise ZeroDivisionError("inside")

    shell.screen.show = fail
    shell.enter("1")
    assert len(shell.screen.errors) == 1


def test_lines(shell: RecordedShell) -> None:
    lines = iter(["x = 1", "def f(a):", "    return a", "", "f(x)", "if x:", "    x"])

    def line(prompt: str) -> str:
        try:
            return next(lines)
        except StopIteration:
            raise EOFError from None

    assert shell.loop(Lines(line)) == 0
    assert shell.screen.shown == [1, 1]


def test_timer() -> None:
    shell = RecordedShell(timer=True)
    shell.enter("x = 1; x")
    assert shell.screen.times == 2


def test_startup_script(shell: RecordedShell, tmp_path: Path) -> None:
    script = tmp_path / "init.tsh"
    shell.startup(str(script))
    script.write_text("answer = 42\nnothing_here\nlater = 1\n")
    shell.startup(str(script))
    assert shell.session["answer"] == 42
    assert "later" not in shell.session
    assert len(shell.screen.errors) == 1
    assert shell.entries == []


# ------------------------------------------------------------------ commands


@pytest.mark.parametrize("text", ["tanh?", "?tanh", "help(tanh)", ":help tanh", ":doc tanh", ":h torch.tanh"])
def test_help_on_an_operation(shell: RecordedShell, text: str) -> None:
    shell.enter(text)
    told = shell.told[-1]
    assert told.startswith("tanh(input)\n")
    assert ">>> tanh(" in told and "TanhBackward0" in told and "x.tanh" in told


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("x", "float32"),
        ("x.add_", "add_(input, other"),
        ("f", "f(a, b=1)"),
        ("backward", "backward y with"),
        ("while", "keyword"),
        ("float32", "32 bits"),
        ("torch.linalg", "norm"),
        ("load", "format="),
        ("n", "int 3"),
        ("x.item", "one element"),
        ("is_leaf", "attribute"),
    ],
)
def test_help_on_other_things(shell: RecordedShell, name: str, wanted: str) -> None:
    shell.enter("x = [1., 2.]; n = 3\ndef f(a, b=1): return a")
    shell.enter(f"{name}?")
    assert shell.screen.errors == []
    assert wanted in shell.told[-1]


def test_help_alone_lists_every_command(shell: RecordedShell) -> None:
    shell.enter("help")
    for word in (":vars", ":time", ":save", "Ctrl-D"):
        assert word in shell.told[-1]


def test_unknown_names_suggest_near_ones(shell: RecordedShell) -> None:
    for text, near in ((":vrs", ":vars"), (":help softmx", "softmax"), (":formt json", ":format")):
        shell.enter(text)
        assert near in shell.screen.errors[-1].help


def test_vars_del_reset(shell: RecordedShell) -> None:
    shell.enter("param w = [1., 2.]; y = (w * w).sum(); n = 3\ndef f(a): return a")
    shell.enter(":vars")
    rows = shell.told[-1].split("\n")
    assert [row.split()[0] for row in rows] == ["w", "y", "n", "f"]
    assert "no grad yet" in rows[0] and "float32[2]" in rows[0] and "Backward" in rows[1]
    shell.enter("backward y")
    shell.enter(":vars")
    assert "has grad" in shell.told[-1]
    shell.enter(":del y, n")
    assert shell.session.names()[-2:] == ["w", "f"]
    shell.enter(":del w nothing")
    assert "w" in shell.session
    shell.enter(":reset")
    shell.enter(":vars")
    assert shell.told[-1] == "no variables"


def test_named_sizes_are_forgotten_with_the_variables(shell: RecordedShell) -> None:
    shell.enter("x: float32[n] = [1., 2.]")
    shell.enter(":reset")
    shell.enter("x: float32[n] = [1., 2., 3.]")
    assert shell.screen.errors == []


def test_time_and_graph(shell: RecordedShell) -> None:
    shell.enter(":time x = [1., 2.]")
    assert shell.told[-1].endswith("s") and "x" in shell.session
    shell.enter(":graph x")
    assert len(shell.screen.shown) == 1
    shell.enter(":time nothing")
    assert len(shell.told) == 1 and len(shell.screen.errors) == 1


def test_format(shell: RecordedShell) -> None:
    shell.enter(":format json")
    assert shell.screen.format == "json"
    shell.enter(":format npy")
    assert shell.screen.format == "json" and len(shell.screen.errors) == 1


def test_save_keeps_what_succeeded_and_load_runs_it(shell: RecordedShell, tmp_path: Path) -> None:
    path = tmp_path / "session.tsh"
    for text in ("x = 1  # one", "nothing", "y = 2; z = nothing", ":time t = 4", ":vars", "x + y"):
        shell.enter(text)
    shell.enter(f":save {path}")
    assert path.read_text() == "x = 1  # one\ny = 2\nt = 4\nx + y\n"
    shell.enter("w = 1")
    shell.enter(f":save {path}")
    assert "overwrites" in shell.screen.errors[-1].help
    shell.enter(f":save -f '{path}'")
    other = RecordedShell()
    other.enter(f":load {path}")
    assert other.screen.shown == [3] and other.session["w"] == 1
    other.enter(f":load {tmp_path}/none.tsh")
    assert "cannot read" in other.screen.errors[-1].message


def test_history(shell: RecordedShell) -> None:
    shell.enter("x = 1")
    shell.enter("if x:\n    x")
    shell.enter(":history")
    assert shell.told[:2] == ["1  x = 1", "2  if x:\n       x"]
    del shell.told[:]
    shell.enter(":history IF")
    shell.enter(":history 1")
    shell.enter(":history nowhere")
    assert shell.told == ["2  if x:\n       x", "5  :history 1", "no input has 'nowhere' in it"]


@pytest.mark.parametrize("text", ["exit", "quit", ":quit", ":q", "exit()"])
def test_leaving(shell: RecordedShell, text: str) -> None:
    with pytest.raises(SystemExit) as leaving:
        shell.enter(text)
    assert not leaving.value.code


def test_a_variable_may_be_called_quit(shell: RecordedShell) -> None:
    shell.enter("quit = 3")
    shell.enter("quit")
    assert shell.screen.shown == [3]


# ------------------------------------------------------------------ keys


def test_what_was_meant_is_taken_with_a_key_while_nothing_is_typed(shell: RecordedShell) -> None:
    shell.enter("x = ones（2，3）")
    assert shell.offer == "x = ones(2,3)"
    for key in ("\t", "\r", "\x1b[C"):
        assert typed(shell, key, "\r", offer=shell.offer) == ["x = ones(2,3)"]
    assert typed(shell, "y", "\r", offer=shell.offer) == ["y"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("：help", ":help"), ("softmax？", "softmax?"), ("？", "?"), ("：set　theme　dark", ":set theme dark")],
)
def test_commands_in_wide_signs_are_offered(shell: RecordedShell, typed: str, meant: str) -> None:
    shell.enter(typed)
    assert shell.offer == meant and shell.screen.errors[-1].help == f"type `{meant}`"


def test_what_was_meant_is_offered_once_and_only_after_what_was_wrong(shell: RecordedShell) -> None:
    texts = ["x = ones（2）", "x", "y = ones（3）", "x = ones(2", "z = 1 +", "x"]

    class Inputs:
        typed = True

        def __init__(self) -> None:
            self.offers: list[str | None] = []

        def read(self, offer: str | None = None) -> str:
            self.offers.append(offer)
            if len(self.offers) > len(texts):
                raise EOFError
            return texts[len(self.offers) - 1]

        def drop(self) -> None:
            raise AssertionError("nothing was interrupted")

    inputs = Inputs()
    assert shell.loop(inputs) == 0
    assert inputs.offers == [None, "x = ones(2)", None, "y = ones(3)", None, None, None]
    assert len(shell.screen.errors) == 6


def test_commands_of_the_system_run_where_somebody_types(
    shell: RecordedShell, capfd: pytest.CaptureFixture[str]
) -> None:
    shell.typed = True
    shell.enter("!echo 'out ('")
    assert capfd.readouterr().out == "out (\n" and shell.told == []
    shell.enter("!exit 3")
    assert shell.told == ["exit code 3"]
    shell.enter("!")
    assert [error.message for error in shell.screen.errors] == ["`!` wants a command"]
    shell.typed = False
    shell.enter("!echo 'out ('")
    left = capfd.readouterr()
    assert left.out == "" and "skipped, it is for a notebook" in left.err


def test_enter_runs_what_is_complete(shell: RecordedShell) -> None:
    assert typed(shell, "x = 1\r") == ["x = 1"]
    assert typed(shell, "x = (\r", "1)\r") == ["x = (\n    1)"]
    assert typed(shell, "x = [1,\r", "2]\r") == ["x = [1,\n2]"]


def test_blocks_are_indented_and_end_with_an_empty_line(shell: RecordedShell) -> None:
    keys = ["if x:\r", "y\r", "else:\r", "z\r", "\r"]
    assert typed(shell, *keys) == ["if x:\n    y\nelse:\n    z"]


def test_indentation_typed_by_hand_replaces_ours(shell: RecordedShell) -> None:
    keys = ["def f(a):\r", " ", "   if a:\r", " ", "       return 1\r", " ", "   return 2\r", "\r"]
    assert typed(shell, *keys) == ["def f(a):\n    if a:\n        return 1\n    return 2"]


def test_lines_sent_at_once_may_rely_on_our_indentation(shell: RecordedShell) -> None:
    assert typed(shell, "for i in x:\rif i:\rf(i)\rg(i)\r\ry\r") == [
        "for i in x:\n    if i:\n        f(i)\n        g(i)",
        "y",
    ]


def test_unannounced_paste_keeps_its_blocks(shell: RecordedShell) -> None:
    assert typed(shell, "def f(a):\r    b = a\r\r    return b\r\rf(1)\r") == [
        "def f(a):\n    b = a\n\n    return b",
        "f(1)",
    ]


def test_bracketed_paste_is_one_input(shell: RecordedShell) -> None:
    program = "def f(a):\n    b = a\n\n    return b\n\nf(1)\n"
    assert typed(shell, f"\x1b[200~{program}\x1b[201~", "\r") == [program.rstrip()]


def test_control_c_gives_the_input_up(shell: RecordedShell) -> None:
    assert typed(shell, "x = ", "\x03", "y\r") == ["^C", "y"]


def test_tab_completes_or_indents(shell: RecordedShell) -> None:
    shell.enter("velocity = 1")
    assert typed(shell, "velo", "\t", " + 1\r") == ["velocity + 1"]
    assert typed(shell, "if velocity:\r", "\x7f", "\t", "x\r", "\r") == ["if velocity:\n    x"]


def test_history_is_kept_for_the_next_session(shell: RecordedShell, tmp_path: Path) -> None:
    path = tmp_path / "state" / "history"
    typed(shell, "first = 1\r", "second = 2\r", history=path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "+first = 1" in path.read_text()
    assert typed(shell, "\x1b[A", "\x1b[A", "\r", history=path)[0] == "first = 1"
    assert typed(shell, "x\r", history=Path("/dev/null/impossible/history")) == ["x"]


# ------------------------------------------------------------------ warnings


def test_warnings_are_reported_like_errors() -> None:
    shell = RecordedShell()
    shell.enter("ones(1).std();")
    assert [report.kind for report in shell.screen.warnings] == ["warning"]
    assert not shell.screen.errors


def test_the_first_line_of_a_block_is_corrected_as_a_whole(shell: RecordedShell) -> None:
    shell.enter("if 2 ＞ 1：")
    assert shell.offer == "if 2 > 1:" and shell.screen.errors[-1].help == "type `if 2 > 1:`"
