"""Warnings: PyTorch's class and text, shown as diagnostics, governed by filters that belong to the session."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from tensorsh import Session, TensorshError
from tensorsh.engine.core.dtype import dtypes
from tensorsh.errors import Warned
from tensorsh.render.error import error_json, error_text

HERE = Path(__file__).parents[1]
RECORDED = [
    json.loads(line)
    for line in gzip.decompress((HERE / "data" / "warnings.jsonl.gz").read_bytes()).splitlines()
]
GOLDENS = (HERE / "golden" / "warnings.txt").read_text(encoding="utf-8").strip("\n").split("\n\n\n")


def always(session: Session) -> Any:
    """Let a session record every warning."""
    state = session.context.warnings
    state.filters[:] = [("always", None, Warning, None, 0)]
    state.log = []
    return state


@pytest.mark.parametrize("case", RECORDED, ids=[case["code"] for case in RECORDED])
def test_as_pytorch_warns(case: dict[str, Any]) -> None:
    """The same warnings the first time, and as many the second time: some are said once in a session."""
    session = Session()
    state = always(session)
    for expected in (case["warnings"], case["second"]):
        state.log.clear()
        if case["error"]:
            with pytest.raises(TensorshError):
                session.evaluate(case["code"])
        else:
            session.evaluate(case["code"])
        assert [[w.category.__name__, str(w.message)] for w in state.log] == expected


def shown(program: str, session: Session | None = None) -> list[Warned]:
    session = session or Session(seed=0)
    found: list[Warned] = []
    session.on_warning = found.append
    session.execute(program)
    return found


@pytest.mark.parametrize("golden", GOLDENS, ids=[golden.split("\n")[0] for golden in GOLDENS])
def test_block(golden: str) -> None:
    lines = golden.split("\n")
    program = "\n".join(line[2:] for line in lines if line.startswith("> "))
    blocks = [error_text(report, color=False, width=80) for report in shown(program)]
    text = "\n".join(line.rstrip() for line in "\n".join(blocks).split("\n"))
    assert text == "\n".join(line for line in lines if not line.startswith("> "))


#: calls in the order of arguments that PyTorch once had, with its results
OLD_SPELLINGS: list[tuple[str, list[Any]]] = [
    ("torch.add(torch.ones(2),2,torch.ones(2))", [3.0, 3.0]),
    ("torch.ones(2).add(2,torch.ones(2))", [3.0, 3.0]),
    ("torch.ones(2).add_(2,torch.ones(2))", [3.0, 3.0]),
    ("torch.sub(torch.ones(2),2,torch.ones(2))", [-1.0, -1.0]),
    ("torch.ones(2).sub(2,torch.ones(2))", [-1.0, -1.0]),
    ("torch.ones(2).sub_(2,torch.ones(2))", [-1.0, -1.0]),
    ("torch.addcmul(torch.ones(2),2,torch.ones(2),torch.ones(2))", [3.0, 3.0]),
    ("torch.ones(2).addcmul(2,torch.ones(2),torch.ones(2))", [3.0, 3.0]),
    ("torch.ones(2).addcmul_(2,torch.ones(2),torch.ones(2))", [3.0, 3.0]),
    ("torch.addcdiv(torch.ones(2),2,torch.ones(2),torch.ones(2))", [3.0, 3.0]),
    ("torch.ones(2).addcdiv(2,torch.ones(2),torch.ones(2))", [3.0, 3.0]),
    ("torch.ones(2).addcdiv_(2,torch.ones(2),torch.ones(2))", [3.0, 3.0]),
    ("torch.addmm(2,torch.ones(2,2),3,torch.ones(2,2),torch.ones(2,2))", [[8.0, 8.0], [8.0, 8.0]]),
    ("torch.addmm(2,torch.ones(2,2),torch.ones(2,2),torch.ones(2,2))", [[4.0, 4.0], [4.0, 4.0]]),
    ("torch.ones(2,2).addmm(2,3,torch.ones(2,2),torch.ones(2,2))", [[8.0, 8.0], [8.0, 8.0]]),
    ("torch.ones(2,2).addmm(2,torch.ones(2,2),torch.ones(2,2))", [[4.0, 4.0], [4.0, 4.0]]),
    ("torch.ones(2,2).addmm_(2,3,torch.ones(2,2),torch.ones(2,2))", [[8.0, 8.0], [8.0, 8.0]]),
    ("torch.ones(2,2).addmm_(2,torch.ones(2,2),torch.ones(2,2))", [[4.0, 4.0], [4.0, 4.0]]),
    ("torch.addmv(2,torch.ones(2),3,torch.ones(2,2),torch.ones(2))", [8.0, 8.0]),
    ("torch.addmv(2,torch.ones(2),torch.ones(2,2),torch.ones(2))", [4.0, 4.0]),
    ("torch.ones(2).addmv(2,3,torch.ones(2,2),torch.ones(2))", [8.0, 8.0]),
    ("torch.ones(2).addmv(2,torch.ones(2,2),torch.ones(2))", [4.0, 4.0]),
    ("torch.ones(2).addmv_(2,3,torch.ones(2,2),torch.ones(2))", [8.0, 8.0]),
    ("torch.ones(2).addmv_(2,torch.ones(2,2),torch.ones(2))", [4.0, 4.0]),
    ("torch.addr(2,torch.ones(2,2),3,torch.ones(2),torch.ones(2))", [[5.0, 5.0], [5.0, 5.0]]),
    ("torch.addr(2,torch.ones(2,2),torch.ones(2),torch.ones(2))", [[3.0, 3.0], [3.0, 3.0]]),
    ("torch.ones(2,2).addr(2,3,torch.ones(2),torch.ones(2))", [[5.0, 5.0], [5.0, 5.0]]),
    ("torch.ones(2,2).addr(2,torch.ones(2),torch.ones(2))", [[3.0, 3.0], [3.0, 3.0]]),
    ("torch.ones(2,2).addr_(2,3,torch.ones(2),torch.ones(2))", [[5.0, 5.0], [5.0, 5.0]]),
    ("torch.ones(2,2).addr_(2,torch.ones(2),torch.ones(2))", [[3.0, 3.0], [3.0, 3.0]]),
    ("torch.addbmm(2,torch.ones(2,2),3,torch.ones(1,2,2),torch.ones(1,2,2))", [[8.0, 8.0], [8.0, 8.0]]),
    ("torch.addbmm(2,torch.ones(2,2),torch.ones(1,2,2),torch.ones(1,2,2))", [[4.0, 4.0], [4.0, 4.0]]),
    ("torch.ones(2,2).addbmm(2,3,torch.ones(1,2,2),torch.ones(1,2,2))", [[8.0, 8.0], [8.0, 8.0]]),
    ("torch.ones(2,2).addbmm(2,torch.ones(1,2,2),torch.ones(1,2,2))", [[4.0, 4.0], [4.0, 4.0]]),
    ("torch.ones(2,2).addbmm_(2,3,torch.ones(1,2,2),torch.ones(1,2,2))", [[8.0, 8.0], [8.0, 8.0]]),
    ("torch.ones(2,2).addbmm_(2,torch.ones(1,2,2),torch.ones(1,2,2))", [[4.0, 4.0], [4.0, 4.0]]),
    ("torch.baddbmm(2,torch.ones(1,2,2),3,torch.ones(1,2,2),torch.ones(1,2,2))", [[[8.0, 8.0], [8.0, 8.0]]]),
    ("torch.baddbmm(2,torch.ones(1,2,2),torch.ones(1,2,2),torch.ones(1,2,2))", [[[4.0, 4.0], [4.0, 4.0]]]),
    ("torch.ones(1,2,2).baddbmm(2,3,torch.ones(1,2,2),torch.ones(1,2,2))", [[[8.0, 8.0], [8.0, 8.0]]]),
    ("torch.ones(1,2,2).baddbmm(2,torch.ones(1,2,2),torch.ones(1,2,2))", [[[4.0, 4.0], [4.0, 4.0]]]),
    ("torch.ones(1,2,2).baddbmm_(2,3,torch.ones(1,2,2),torch.ones(1,2,2))", [[[8.0, 8.0], [8.0, 8.0]]]),
    ("torch.ones(1,2,2).baddbmm_(2,torch.ones(1,2,2),torch.ones(1,2,2))", [[[4.0, 4.0], [4.0, 4.0]]]),
]


@pytest.mark.parametrize(("call", "result"), OLD_SPELLINGS)
def test_an_old_spelling_is_obeyed_and_warned_about_once(call: str, result: list[Any]) -> None:
    session = Session()
    state = always(session)
    assert session.run(f"{call}; {call}.tolist()")[-1] == result
    (warning,) = state.log
    name = re.findall(r"\.((?:b?add|sub)\w*)\(", call)[0]
    assert str(warning.message).startswith(f"This overload of {name} is deprecated")


# ------------------------------------------------------------------ once a place


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            "torch.mm(a)",
            r"mm\(\) received an invalid combination of arguments - got \(Tensor\), but expected one of",
        ),
        ("torch.mm(a, a, 3, 4)", r"mm\(\) takes 3 positional arguments but 4 were given"),
        ("torch.mm(a, foo=a)", r'mm\(\) missing 1 required positional arguments: "mat2"'),
    ],
)
def test_autocast_refuses_calls_as_they_are_refused_without(call: str, message: str) -> None:
    session = Session()
    session.run("import torch\na = torch.ones(2, 2)")
    with pytest.raises(TensorshError, match=message):
        session.run(f"with torch.autocast('cpu'): {call}")
    session.run("with torch.autocast('cpu'): b = torch.addmm(2, a, 3, a, a)")
    assert session.run("b.dtype, b[0, 0].item()") == [(dtypes["bfloat16"], 8.0)]


def test_a_place_is_warned_about_once() -> None:
    assert len(shown("for i in range(3):\n    ones(1).std();")) == 1
    assert len(shown("ones(1).std(); ones(1).std();\nones(1).std();")) == 2  # by lines, as in Python


def test_a_function_is_one_place_however_often_it_is_called() -> None:
    session = Session()
    assert len(shown("def f(x):\n    return x.std()\nf(ones(1));", session)) == 1
    assert not shown("f(ones(1));", session)


def test_a_failed_statement_forgets_that_it_warned() -> None:
    session = Session()
    found: list[Warned] = []
    session.on_warning = found.append
    session.execute("def f(x):\n    return x.T")
    with pytest.raises(TensorshError):
        session.execute("f(ones(3)); (f(ones(3)), 1 // 0)")
    with pytest.raises(TensorshError):
        session.execute("(f(ones(4)), 1 // 0)")
    assert len(found) == 1
    session = Session()
    session.on_warning = found.append
    with pytest.raises(TensorshError):
        session.execute("(ones(3).T, 1 // 0)")
    session.execute("ones(3).T;")
    assert len(found) == 3


def test_the_trail_says_who_called() -> None:
    (report,) = shown("def f(x):\n    return x.std()\n\nf(ones(1));")
    assert report.span is not None and report.span.position == (2, 14)
    assert [span.position for span in report.trail] == [(4, 1)]


def test_compiled_loops_warn_as_statements_do() -> None:
    program = (
        "total = tensor(0.)\nfor i in range(50):\n    x = ones(2, 1) * i\n    total += F.mse_loss(x, ones(2))"
    )
    assert len(shown(program)) == len(shown(program, Session(compile=False))) == 1


def test_what_is_said_once_may_be_said_each_time() -> None:
    session = Session()
    state = always(session)
    session.run("torch.set_warn_always(True); ones(3).T; ones(3).T; torch.set_warn_always(False); ones(3).T")
    assert len(state.log) == 3
    with pytest.raises(TensorshError, match="expects a bool, but got int"):
        session.run("torch.set_warn_always(1)")
    with pytest.raises(TensorshError):
        session.run("(torch.set_warn_always(True), 1 // 0)")
    assert session.run("torch.is_warn_always_enabled()") == [False]


# ------------------------------------------------------------------ the embedding program


def test_without_a_taker_they_are_pythons() -> None:
    session = Session()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        session.run("x = 1\nones(1).std()", name="a.tsh")
    (warning,) = caught
    assert (warning.category, warning.filename, warning.lineno) == (UserWarning, "a.tsh", 2)


def test_the_embedding_program_may_make_them_errors() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(TensorshError, match="degrees of freedom"):
            Session().run("ones(1).std()")


def test_running_leaves_pythons_warnings_as_they_were() -> None:
    before = list(warnings.filters), warnings.showwarning, warnings._showwarnmsg_impl  # type: ignore[attr-defined]
    session = Session()
    always(session)
    with pytest.raises(TensorshError):
        session.run("ones(1).std(); 1 // 0")
    after = list(warnings.filters), warnings.showwarning, warnings._showwarnmsg_impl  # type: ignore[attr-defined]
    assert before == after


def test_filters_set_within_a_turn_end_with_it() -> None:
    with warnings.catch_warnings():
        with Session().active():
            warnings.simplefilter("ignore")  # as a function does that shows values
        session = Session()
        state = always(session)
        session.evaluate("nn.Linear(0, 2)")
    assert len(state.log) == 1


# ------------------------------------------------------------------ the command line


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tensorsh", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_command_line() -> None:
    done = run("-c", "ones(1).var()")
    assert (done.returncode, done.stdout) == (0, "tensor(nan)\n")
    assert done.stderr.startswith("warning[UserWarning]: var(): degrees of freedom is <= 0.")
    assert "--> <command>:1:9" in done.stderr


def test_json_lines() -> None:
    done = run("-f", "json", "-c", "ones(1).var();")
    (line,) = done.stderr.splitlines()
    report = json.loads(line)["warning"]
    assert (report["kind"], report["file"], report["line"], report["column"]) == (
        "warning",
        "<command>",
        1,
        9,
    )
    failing = Session()
    with pytest.raises(TensorshError) as caught:
        failing.run("1 // 0")
    assert list(report) == list(json.loads(error_json(caught.value))["error"])


def test_a_full_backward_hook_without_inputs_that_require_gradients_is_warned_about() -> None:
    program = (
        "import torch\n"
        "layer = torch.nn.Linear(1, 1)\n"
        "layer.register_full_backward_hook(lambda module, grad_input, grad_output: None)\n"
        "layer(torch.ones(1, 1)).sum().backward()\n"
    )
    (warned,) = shown(program)
    assert warned.message.startswith(
        "Full backward hook is firing when gradients are computed with respect to module outputs"
    )
