"""The page about the architecture: its line of input meets what it names on the way, and its examples run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")

#: runs the command and prints every function of tensorsh's that was called: `lang.run.evaluate.Evaluator.run`
FOLLOWED = """
import sys
from tensorsh.cli import main
root, met = {root!r}, set()
def seen(frame, event, argument):
    path = frame.f_code.co_filename
    if event == "call" and path.startswith(root):
        module = path[len(root):].removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        met.add(module + "." + frame.f_code.co_qualname.replace(".<locals>", ""))
sys.setprofile(seen)
try:
    main(["-c", {line!r}])
finally:
    sys.setprofile(None)
    print(*met, sep="\\n")
"""
#: what the page mentions beside the way of its line: the shell, PyTorch programs, what is written out elsewhere
BESIDE = {
    "repl.loop.Shell.enter",
    "lang.code.pythonic.PythonCompiler",
    "engine.run.apply.compute",
    "Tensor.__mul__",
}
#: words of the language, of Python and of records
WORDS = {"x", "y", "tanh", "mul", "meta", "exec", "infer", "body", "result_type", "EAGER", "TensorshError"}


def by_python(*how: str) -> str:
    """What a Python process prints."""
    command = [sys.executable, *how]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def met(line: str) -> set[str]:
    """Every name, whole or in part, of what is called for a line."""
    called = by_python("-c", FOLLOWED.format(root=f"{ROOT / 'tensorsh'}/", line=line)).split()
    found = set()
    for path in (name.split(".") for name in called):
        found |= {".".join(path[i:j]) for i in range(len(path)) for j in range(i + 1, len(path) + 1)}
    return found


def section(title: str) -> str:
    return re.split(r"^## ", PAGE.partition(f"\n## {title}\n")[2], flags=re.M)[0]


def test_the_line_meets_what_the_page_names() -> None:
    text = section("One line, followed through")
    named = set(re.findall(r"`((?:\w+\.)*\w+)`", text)) - BESIDE - WORDS
    assert len(named) > 40
    found = met("param x = [1., 2.]\ny = tanh(x) * 2") | met("param x = [1., 2.]\ny = tanh(x, 3) * 2")
    assert named - found == set()


def test_the_operation_that_is_added_is_one(tmp_path: Path) -> None:
    record = re.findall(r"```python\n(@op.*?)```", PAGE, re.S)[0].replace('"tanh(', '"tanh_of_the_page(')
    program = "param x = [0., 1.]\ny = tanh_of_the_page(x)\nbackward y.sum()\nz = ones(1).tanh_of_the_page_()"
    path = tmp_path / "added.py"  # derivatives are read from their source
    path.write_text(
        "import numpy as np\nfrom tensorsh import Session\nfrom tensorsh.engine.records.op import op\n"
        f"from tensorsh.ops.rules.infer import same\n{record}\nsession = Session()\n"
        f"session.run({program!r})\nprint(session['y'], session['x'].grad, session['z'], sep='\\n')",
        encoding="utf-8",
    )
    assert by_python(str(path)).splitlines() == [
        "tensor([0.0000, 0.7616], grad_fn=<TanhOfThePageBackward0>)",
        "tensor([1.0000, 0.4200])",
        "tensor([0.7616])",
    ]


def test_the_kind_that_is_described_is_described_so() -> None:
    description = re.findall(r"```python\n(describe\(.*?)```", PAGE, re.S)[0]
    source = (ROOT / "tensorsh" / "kinds" / "sequences.py").read_text(encoding="utf-8")
    assert re.sub(r"  # .*", "", description) in source


def test_the_program_of_pytorch_runs() -> None:
    text = re.findall(r"```\n(import torch\n.*?)```", PAGE, re.S)[0]
    assert by_python("-c", f"from tensorsh import Session\nSession().run({text!r})").startswith("tensor([")
