"""ignite's engines, metrics and handlers print what pytorch-ignite 0.5.5 prints."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tensorsh import Session, TensorshError

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"


@pytest.mark.parametrize("name", ["ignite", "ignite_training", "ignite_collected"])
def test_prints_what_ignite_prints(name: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text((DATA / f"{name}_program.txt").read_text(encoding="utf-8"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "tensorsh", str(program)], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == (DATA / f"{name}_printed.txt").read_text(encoding="utf-8").splitlines()
    if name == "ignite":
        assert done.stderr.count("TerminateOnNan: Output 'nan' contains NaN or Inf. Stop training") == 3


def test_a_failed_run_is_undone() -> None:
    session = Session()
    session.run(
        "import torch\nfrom ignite.engine import Engine, Events\nseen = []\n"
        "def step(engine, x):\n    seen.append(x)\n    return 1 / x\nengine = Engine(step)\n"
        "engine.logger.disabled = True\nengine.run([1.0, 2.0])"
    )
    with pytest.raises(TensorshError):
        session.run("engine.run([4.0, 5.0, 0.0], max_epochs=3)")
    session.run("kept = seen, engine.state.iteration, engine.state.max_epochs, engine.state.epoch_length")
    assert session["kept"] == ([1.0, 2.0], 2, 1, 2)


def test_loggers_are_the_sessions() -> None:
    one, two = Session(), Session()
    for each in (one, two):
        each.run("import torch, logging\nfrom ignite.engine import Engine\nengine = Engine(lambda e, b: b)")
    one.run("engine.logger.setLevel(logging.DEBUG)")
    two.run("level = engine.logger.level, logging.getLogger('ignite.engine.engine.Engine') is engine.logger")
    assert two["level"] == (0, True)
