"""Help: topic pages, what is told of names, errors and commands, where it goes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from doc_examples import ROOT, enter, make_shell, today
from tensorsh import Session
from tensorsh.engine.records.op import registry
from tensorsh.render.paint import columns, painter
from tensorsh.repl import pager
from tensorsh.repl.commands import ALL, COMMANDS
from tensorsh.repl.complete import complete
from tensorsh.repl.help import Page, about, of_value, outside, overview, pages
from tensorsh.repl.help.errors import codes, kind_text
from tensorsh.repl.help.families import FAMILIES, members
from tensorsh.repl.help.page import joined, wrapped
from tensorsh.repl.help.texts import CODE, ENGLISH, find_topic, language, sections, tables, topic, topics
from tensorsh.repl.help.values import meaning

FOLDER = ROOT / "tensorsh" / "repl" / "help" / ENGLISH
TOPICS = sorted((FOLDER / "topics").glob("*.md"))


@pytest.fixture
def shell():
    return make_shell()


def plain_page(width: int = 80) -> Page:
    return Page(width, painter(False))


# ------------------------------------------------------------------ pages


@pytest.mark.parametrize("path", TOPICS, ids=lambda path: path.stem)
def test_examples_of_a_topic_print_what_it_shows(path: Path, tmp_path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    again = today(page, tmp_path)
    assert again == page, f"read it, then: python tests/support/doc_examples.py {path.relative_to(ROOT)}"


@pytest.mark.parametrize("path", TOPICS, ids=lambda path: path.stem)
def test_a_topic_is_short_and_leads_on(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# {path.stem}: ")
    assert len(plain_page().markdown(topic(path.stem, text).text)) <= 75
    session = Session()
    for name in re.findall(r"`:help ([^`]+)`", text):
        assert about(session, name, plain_page(), ALL), name


TOPICS_WANTED = """
broadcasting leaf retain_graph views dtype promotion indexing no_grad devices classes gradients modules optimisers
training files kinds errors random printing in-place loops numpy
"""


def test_the_topics_that_people_look_for_are_there() -> None:
    for name in TOPICS_WANTED.split():
        assert name in topics(ENGLISH)
    for other in ("autograd", "Retain Graph", "no-grad", "optimizers", "type promotion", "inplace", "cuda"):
        assert find_topic(other, ENGLISH) is not None, other


def test_no_page_is_wider_than_the_screen(shell) -> None:
    for width in (40, 80):
        for name in topics(ENGLISH):
            found = find_topic(name, ENGLISH)
            text = re.sub(r"^```.*?^```", "", found.text, flags=re.M | re.S)
            for line in plain_page(width).markdown(text):
                assert columns(line) <= width or line.lstrip().startswith("`"), line


def test_lines_end_between_words_and_between_wide_characters() -> None:
    assert wrapped("aa `b c` (`d`) e", 8) == ["aa `b c`", "(`d`) e"]
    assert wrapped("张量的形状从后往前比较。两个", 10) == ["张量的形状", "从后往前比", "较。两个"]
    assert wrapped("试什么都可以。`a b` 开始，`c`、", 10) == ["试什么都可", "以。`a b`", "开始，", "`c`、"]
    assert wrapped("`aa` `bb` `cc`", 8, "`") == ["`aa` `bb` `cc`"]


def test_help_of_an_error_in_an_example_fits_the_page() -> None:
    text = "```\n>>> m + v\n   = help: sizes must be equal or 1, or\n           transpose\n>>> x\n```"
    assert Page(24, painter(False)).markdown(text) == [
        ">>> m + v",
        "   = help: sizes must be",
        "           equal or 1,",
        "           or transpose",
        ">>> x",
    ]


CHINESE = FOLDER.parent / "zh"


@pytest.fixture
def chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")


@pytest.mark.parametrize("path", TOPICS, ids=lambda path: path.stem)
def test_a_topic_is_there_in_chinese_with_the_same_examples(path: Path) -> None:
    page = (CHINESE / "topics" / path.name).read_text(encoding="utf-8")
    assert page.startswith(f"# {path.stem}: ") and re.search(r"[\u4e00-\u9fff]", page)
    english = path.read_text(encoding="utf-8")
    assert page.count("```tensorsh\n```") == english.count("```tensorsh\n") == page.count("```") / 2
    found, first = find_topic(path.stem, "zh"), find_topic(path.stem, ENGLISH)
    assert found and first and CODE.findall(found.text) == CODE.findall(first.text)
    assert all(find_topic(name, "zh") is found for name in (*found.also, *first.also))
    linked = re.findall(r"`:help ([^`]+)`", page)
    assert sorted(linked) == sorted(re.findall(r"`:help ([^`]+)`", english)) and linked is not None
    for width in (40, 80):
        for line in plain_page(width).markdown(re.sub(r"^```.*?^```", "", found.text, flags=re.M | re.S)):
            assert columns(line) <= width or line.lstrip().startswith("`"), line


def test_statements_are_there_in_chinese() -> None:
    found, english = sections("statements.md", "zh"), sections("statements.md", ENGLISH)
    assert found.keys() == english.keys()
    for name, text in found.items():
        assert CODE.findall(text) == CODE.findall(english[name]) and re.search(r"[\u4e00-\u9fff]", text)


def test_every_error_is_told_in_chinese() -> None:
    pairs = list(zip(codes(ENGLISH), codes("zh"), strict=True))
    for english, found in pairs:
        assert (english.kind, english.name, english.example, english.instead) == (
            found.kind, found.name, found.example, found.instead
        )  # fmt: skip
        assert re.search(r"[\u4e00-\u9fff]", found.meaning), (
            f"zh/errors.md has no `{found.name}` of {found.kind}"
        )
        assert re.search(r"[\u4e00-\u9fff]", kind_text(found.kind, "zh")), found.kind


def test_what_lists_say_is_there_in_chinese() -> None:
    words = {row for table in tables("words.md", "zh").values() for row in table}
    wanted = {each.summary for each in COMMANDS.values()} | {title for title, _, _ in FAMILIES.values()}
    assert wanted <= words, f"zh/words.md: {wanted - words}"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("", ["主题", "广播，不同形状", "线性代数", "撤回最近一个", "按键", "方括号里的数就是张量"]),
        ("广播", ["形状从最后一维往前比较", "error[broadcast]"]),
        ("叶子", ["不由任何被记录的运算产生", "MulBackward0"]),
        ("原地操作", ["x.add_(1)"]),
        ("no_grad", ["计算而不记录"]),
        (
            "matmul-shape",
            ["矩阵乘法的内侧大小不同。", "属于 shape 一类的错误：大小或维数不相配。", "改写为："],
        ),
        (":save", ["把本次会话中成功的输入写成脚本；-f 覆盖。"]),
        ("线性代数", ["linalg.inv"]),
        ("softmax", ["沿着哪一维；-1 是最后一维"]),
        ("explain", ["链式法则，逐行"]),
    ],
)
def test_help_in_chinese(shell, chinese: None, name: str, wanted: list[str]) -> None:
    told = enter(shell, f":help {name}".strip())
    for each in wanted:
        assert each in told, told


def test_what_is_searched_for_is_found_in_chinese(shell, chinese: None) -> None:
    told = enter(shell, ":apropos 梯度")
    assert (
        "主题\n" in told
        and "gradients     梯度" in told
        and "错误\n" in told
        and "graph         语句" in told
    )
    assert ":undo [N]" in enter(shell, ":apropos 撤回")


def test_the_language_is_set_at_the_prompt(shell) -> None:
    try:
        enter(shell, ":set language zh")
        assert "广播" in enter(shell, ":help broadcasting") and "zh" in enter(shell, ":set language")
        enter(shell, ":set language en")
        assert "广播" not in enter(shell, ":help broadcasting")
    finally:
        enter(shell, ":set language auto")
    assert "en, zh" in enter(shell, ":set language de")


def test_lines_of_wide_characters_are_joined_without_blanks() -> None:
    assert joined(["张量的", "形状", "`a` 与", "`b`，", "`c`", "d"]) == "张量的形状 `a` 与 `b`，`c` d"


def test_the_language_is_that_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(variable, raising=False)
    assert language() == ENGLISH
    monkeypatch.setenv("LANG", "xx_YY.UTF-8")
    assert language() == ENGLISH
    monkeypatch.setenv("LC_ALL", "../x")
    assert language() == ENGLISH


# ------------------------------------------------------------------ names


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("broadcasting", ["Shapes are compared", ">>> m + v"]),
        ("softmax", ["softmax(input, dim, dtype=None)", "dtype=None", "a whole number: the dimension"]),
        ("F.dropout", ["p=0.5", "the probability that an element becomes zero"]),
        ("nn.Linear", ["Linear(in_features, out_features, bias=True", "size of the last dimension", "built on Module"]),
        ("optim.Adam", ["lr=0.001", "the learning rate"]),
        (":save", [":save FILE", "-f overwrites"]),
        (":q", [":quit"]),
        ("matmul-shape", ["Inner sizes", ">>> ones(2, 3) @ ones(2, 3)", "transpose the right operand"]),
        ("error[view]", ["A view with these sizes", "x.reshape(…) copies"]),
        ("linear-algebra", ["Linear algebra", "linalg.inv"]),
        ("Fourier transforms", ["fft.fft"]),
        ("indexing", ["Positions count from 0", "gather"]),
        ("backward", ["backward y with", "retain keeps"]),
        ("math", ["sqrt"]),
        ("view", ["view(input, *size", ":help error view"]),
    ],
)  # fmt: skip
def test_what_is_told(shell, name: str, wanted: list[str]) -> None:
    enter(shell, "import math\nfrom torch import nn, optim")
    told = enter(shell, f":help {name}").replace("`", "")
    for each in wanted:
        assert each in told, told


def test_help_lists_topics_families_and_commands(shell) -> None:
    told = enter(shell, ":help")
    assert all(name in told for name in (*topics(ENGLISH), *members(), *COMMANDS))


def test_every_folder_of_operations_is_one_familys() -> None:
    named = [folder for _, _, folders in FAMILIES.values() for folder in folders.split()]
    assert sorted(named) == sorted({module.split(".")[-2] for module in registry.index.values()})


def test_every_page_can_be_shown() -> None:
    session = Session()
    for name, _ in pages():
        if name not in {code.name for code in codes(ENGLISH)}:
            assert len(about(session, name, plain_page(), ALL).split("\n")) > 2, name


@pytest.mark.parametrize("code", codes(ENGLISH), ids=lambda code: f"{code.kind}-{code.name}")
def test_a_code_has_a_page(code, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = about(Session(), f"error[{code.name}]", plain_page(200), ALL)
    assert code.meaning in " ".join(told.split())
    if code.example and not code.example.startswith(":"):
        assert f">>> {code.example.split(chr(10))[0]}" in told
        assert f"\nerror[{code.name}]: " in told


def test_a_code_that_shares_its_name_with_an_operation_is_named() -> None:
    assert "`:help error cat`" in about(Session(), "cat", plain_page())


def test_a_variable_is_shown_before_a_page_of_its_name(shell) -> None:
    enter(shell, "leaf = [1., 2.]")
    told = enter(shell, "leaf?")
    assert "float32" in told
    enter(shell, "backward = 3")
    assert "backward y with" not in enter(shell, "backward?")


def test_parameters_of_functions_of_the_program_are_not_explained(shell) -> None:
    enter(shell, "def f(dim, p=2): return dim")
    assert "dimension" not in enter(shell, "f?")
    assert meaning("f", "dim", ENGLISH)


def test_unknown_names_lead_to_near_ones(shell) -> None:
    assert "did you mean 'broadcasting'?" in enter(shell, ":help broadcastin")
    assert ":apropos" in enter(shell, ":help zzzzqqq")


def test_arguments_that_are_explained_are_arguments() -> None:
    session = Session()
    for name, text in sections("arguments.md", ENGLISH).items():
        if name not in ("kinds", "any"):
            spaces = ["torch.nn"] if name[0].isupper() else ["torch", "F"]
            values = [session.evaluate(f"getattr({space}, '{name}', none)") for space in spaces]
            told = "\n".join(of_value(session, value) for value in values if value is not None)
            shared = {"matmul": "mat2", "mm": "other", "bmm": "other"}.get(name)
            for parameter in re.findall(r"^\| `(\w+)`", text, re.M):
                assert re.search(rf"^  \*?{parameter}\b", told, re.M) or parameter == shared, (
                    name,
                    parameter,
                )


# ------------------------------------------------------------------ the shell


def test_a_question_mark_alone_explains_the_error_just_seen(shell) -> None:
    assert "Topics" in enter(shell, "?")
    enter(shell, "ones(2, 3) @ ones(2, 3)")
    assert "Inner sizes of a matrix product differ" in enter(shell, "?")
    enter(shell, ":nonsense")
    assert "A command of the shell does not exist" in enter(shell, "?")
    enter(shell, "1 + 1")
    assert "Topics" in enter(shell, "?")


def test_two_question_marks_show_the_source(shell) -> None:
    enter(shell, "def f(x):\n    y = x * 2  # twice\n    return y  # that\n")
    assert enter(shell, "f??") == "def f(x):\n    y = x * 2  # twice\n    return y  # that\n"
    enter(shell, "def g(x): return 1\ndef g(x): return 2\n")
    assert enter(shell, "g??") == "def g(x): return 2\n"
    enter(shell, "class A:\n    k = 1\n    def m(self): return 2\n")
    assert enter(shell, "A??") == "class A:\n    k = 1\n    def m(self): return 2\n"
    enter(shell, "if true:\n    class B:\n        k = 1\n")
    assert enter(shell, "??B") == "class B:\n    k = 1\n"
    enter(shell, "import torch\n@torch.no_grad()\ndef h(x):\n    return x\n")
    assert enter(shell, "h??") == "@torch.no_grad()\ndef h(x):\n    return x\n"
    enter(shell, "from torch import nn")
    assert "class Linear(Module)" in enter(shell, "nn.Linear??")
    assert "softmax(input" in enter(shell, "torch.softmax??")


def test_apropos(shell) -> None:
    told = enter(shell, ":apropos cosine")
    for name in ("cosine_similarity", "nn.CosineSimilarity", "cosine-eps", "acos"):
        assert name in told
    assert "broadcasting" in enter(shell, ":apropos repeated")
    assert ":time" in enter(shell, ":apropos how long")
    assert "nothing has" in enter(shell, ":apropos qqzzqq")
    assert "wants a word" in enter(shell, ":apropos")


def test_completion_of_help() -> None:
    session = Session()
    found = {
        text: [each.text for each in complete(session, text)]
        for text in (":help broad", ":help :sa", ":help matmul-")
    }
    assert {"broadcasting", "broadcast_to"} <= set(found[":help broad"])
    assert ":save" in found[":help :sa"]
    assert found[":help matmul-"][:2] == ["matmul-shape", "matmul-rank"]


def test_examples_are_coloured_where_there_is_colour() -> None:
    told = outside("broadcasting", 80, color=True)
    assert "\x1b[" in told
    assert re.sub(r"\x1b\[[\d;]*m", "", told).count(">>>") == 8
    assert "`" not in told
    assert "\x1b" not in outside("broadcasting", 80, color=False)


# ------------------------------------------------------------------ outside of the shell


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tensorsh", *arguments], input=stdin, capture_output=True, text=True, cwd=ROOT
    )


def test_help_on_the_command_line() -> None:
    done = run("help", "broadcasting")
    assert done.stdout.startswith("broadcasting: ") and not done.stderr
    assert run("help", "linear", "algebra").stdout.startswith("Linear algebra\n")
    assert "Topics" in run("help").stdout
    failed = run("help", "sofmax")
    assert failed.returncode == 2 and "did you mean 'softmax'?" in failed.stderr and not failed.stdout


@pytest.mark.parametrize("program", ["{}", "import torch, torch.nn as nn, torch.nn.functional as F\n{}"])
def test_help_in_programs(program: str) -> None:
    calls = "help(torch.softmax); help(torch.nn.Linear); help('broadcasting'); help('no such'); help(len)\n"
    calls += "def f(a, b=2):\n    '''Adds a.'''\n    return a\nhelp(f)\nhelp(torch.nn.ReLU())\nhelp()\n"
    done = run(stdin=program.format(calls))
    assert done.returncode == 0, done.stderr
    for wanted in (
        "softmax(input, dim, dtype=None)", "Linear(in_features", "Shapes are compared", "there is no help on 'no such'",
        "Return the number of items", "f(a, b=2)\n\nAdds a.", "ReLU(inplace=False)", "Topics",
    ):  # fmt: skip
        assert wanted in done.stdout


def test_help_is_a_name_like_others() -> None:
    assert run("-c", "help = 3; help").stdout == "3\n"


def test_no_page_is_read_before_it_is_asked_for() -> None:
    code = (
        "import sys; from tensorsh.cli import main\ntry: main(['-c', '1+1'])\nexcept SystemExit: pass\n"
        "print([name for name in sys.modules if name.startswith('tensorsh.repl')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "2\n[]\n"
    code = "import sys, tensorsh.repl.prompt, tensorsh.repl.loop; print('tensorsh.repl.help' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "False\n"


# ------------------------------------------------------------------ the pager


@pytest.mark.parametrize(
    ("settings", "command"),
    [
        ({"TERM": "xterm", "PAGER": "less -S"}, ["less", "-S"]),
        ({"TERM": "xterm", "PAGER": "cat"}, None),
        ({"TERM": "xterm", "PAGER": ""}, None),
        ({"TERM": "dumb", "PAGER": "less"}, None),
    ],
)
def test_which_pager(
    settings: dict[str, str], command: list[str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert pager.pager() == command


def test_long_help_goes_through_the_pager_on_a_terminal_only(tmp_path: Path) -> None:
    from terminal import Terminal

    script = tmp_path / "pager"
    script.write_text("#!/bin/sh\necho PAGED; head -3\n")
    script.chmod(0o755)
    terminal = Terminal("help", "broadcasting", PAGER=str(script))
    terminal.feed(lambda t: t.process.poll() is not None, seconds=20)
    assert terminal.lines[0] == "PAGED" and len(terminal.lines) == 4
    terminal = Terminal("help", ":vars", PAGER=str(script))
    terminal.feed(lambda t: t.process.poll() is not None, seconds=20)
    assert terminal.lines[0] == ":vars"
    assert "PAGED" not in run("help", "broadcasting").stdout


def test_overview_of_a_narrow_screen() -> None:
    assert all(
        columns(line) <= 40 or " " not in line.strip()
        for line in overview(COMMANDS, plain_page(40)).split("\n")
    )
