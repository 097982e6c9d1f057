"""The documentation says what the code does."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def load_builder():
    found = importlib.util.spec_from_file_location("generate", ROOT / "tools" / "generate.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_operations_pages_are_up_to_date() -> None:
    reference = load_builder().reference
    pages = reference.pages()
    assert set(pages) == {reference.INDEX, *reference.FOLDER.glob("*.md")}, "run: python tools/generate.py"
    for path, text in pages.items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run python tools/generate.py"


def test_links_of_the_index_lead_to_entries() -> None:
    reference = load_builder().reference
    links = re.findall(r"\(operations/([\w-]+)\.md#([^)]+)\)", reference.INDEX.read_text(encoding="utf-8"))
    assert len(links) > 700
    for page in {page for page, _ in links}:
        anchors = set(
            re.findall(r'<a id="([^"]+)">', (reference.FOLDER / f"{page}.md").read_text(encoding="utf-8"))
        )
        assert {name for at, name in links if at == page} <= anchors


def test_types_of_methods_are_up_to_date() -> None:
    stubs = load_builder().stubs
    assert stubs.PATH.read_text(encoding="utf-8") == stubs.text(), "run: python tools/generate.py"


def test_editors_know_methods_and_operators_of_tensors(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    program = tmp_path / "typed.py"
    program.write_text(
        "from tensorsh.engine.values.tensor import Tensor\n"
        "def f(x: Tensor, y: Tensor) -> None:\n"
        "    reveal_type((x @ y + 2).sum(0, keepdim=True))\n"
        "    reveal_type(x.add_(1) < 3)\n"
        "    reveal_type(x.numel())\n"
        "    x.relu(unknown=1)\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--follow-imports=silent", "--cache-dir", tmp_path / "cache", program],
        capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    said = [line.partition(": ")[2] for line in done.stdout.splitlines() if line.startswith(str(program))]
    assert said[:4] == [
        'note: Revealed type is "tensorsh.engine.values.tensor.Tensor"',
        'note: Revealed type is "tensorsh.engine.values.tensor.Tensor"',
        'note: Revealed type is "int"',
        'error: Unexpected keyword argument "unknown" for "relu" of "TensorMethods"  [call-arg]',
    ]


SAMPLES = ["tour.tsh", "autograd.tsh", "iris.tsh", "diabetes.tsh", "digits.tsh"]


def run(*arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tensorsh", *arguments], input=stdin, capture_output=True, text=True, cwd=ROOT
    )


@pytest.mark.parametrize("sample", SAMPLES)
def test_sample_runs(sample: str) -> None:
    done = run(f"samples/{sample}", stdin="")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    if sample == "digits.tsh":
        assert float(re.findall(r"test accuracy ([\d.]+)", done.stdout)[-1]) >= 0.96


NUMBER = re.compile(r"-?\d+\.\d+(?:e[+-]\d+)?")
#: PyTorch programs, and how many lines of theirs depend on no last digits
PYTORCH_SAMPLES = {"cnn_digits": None, "char_gpt": 6, "lstm_series": None, "vae_digits": 5}


@pytest.mark.parametrize(("sample", "lines"), PYTORCH_SAMPLES.items())
def test_pytorch_sample_prints_what_pytorch_prints(sample: str, lines: int | None) -> None:
    done = run(f"samples/{sample}.py")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    recorded = (ROOT / f"tests/data/sample_{sample}.txt").read_text(encoding="utf-8")
    for ours, theirs in zip(done.stdout.splitlines()[:lines], recorded.splitlines()[:lines], strict=True):
        assert NUMBER.sub("0.0", ours) == NUMBER.sub("0.0", theirs)
        assert list(map(float, NUMBER.findall(ours))) == pytest.approx(
            list(map(float, NUMBER.findall(theirs))), abs=0.15
        )


def test_sample_reads_stdin() -> None:
    done = run("samples/columns.tsh", stdin=(ROOT / "samples/data/iris.csv").read_text())
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("150 rows, 5 columns\n")


BLOCK = re.compile(r"```console\n(.*?)```", re.S)


def sessions() -> list[tuple[str, str]]:
    """(command, what it prints) for each `$ tensorsh …` line shown in the README."""
    found = []
    for block in BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8")):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, printed = part.partition("\n")
            found.append((command, printed))
    return found


@pytest.mark.parametrize(("command", "printed"), sessions())
def test_readme_shows_what_is_printed(command: str, printed: str) -> None:
    shell = command.replace("tensorsh", f"{sys.executable} -m tensorsh")
    done = subprocess.run(shell, shell=True, capture_output=True, text=True, cwd=ROOT)
    assert (done.stdout + done.stderr).rstrip() == printed.rstrip()


def test_the_chinese_page_shows_the_same_sessions() -> None:
    english, chinese = (
        BLOCK.findall((ROOT / name).read_text(encoding="utf-8")) for name in ("README.md", "README.zh-CN.md")
    )
    assert [block for block in chinese if block.startswith("$")] == [b for b in english if b.startswith("$")]


def test_where_finds_sources_pages_and_cases(capsys: pytest.CaptureFixture[str]) -> None:
    found = importlib.util.spec_from_file_location("where", ROOT / "tools" / "where.py")
    assert found is not None and found.loader is not None
    where = importlib.util.module_from_spec(found)
    found.loader.exec_module(where)
    assert where.main(["softmax", "nn.Linear", "nothing_of_the_kind"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("softmax: tensorsh/ops/activation/softmax.py:") and err.startswith(
        "nothing_of_the_kind: "
    )
    assert "docs/operations/neural-networks.md#softmax" in out and "tests/data/torch_cases.jsonl.gz" in out
    assert "nn.Linear: tensorsh/torch/nn/modules/linear.py:" in out
