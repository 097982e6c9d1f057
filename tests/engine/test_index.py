"""The index of operations follows from the records, wherever the package lies."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import tensorsh

PACKAGE = Path(tensorsh.__file__).parent
RECORD = '''
import numpy as np

from ...engine.records.op import op
from ..rules.infer import same


@op("thrice(Tensor input)", infer=same, inplace=True)
def thrice(x):
    """Three times each element."""
    return x * 3
'''


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A package whose operations can be added to; the rest is this one."""
    package = tmp_path / "tensorsh"
    package.mkdir()
    for path in PACKAGE.iterdir():
        if path.name == "ops":
            shutil.copytree(path, package / path.name)
        else:
            (package / path.name).symlink_to(path)
    (tmp_path / "grammar").symlink_to(PACKAGE.parent / "grammar")
    return tmp_path


def ask(folder: Path, code: str, cache: Path | None = None) -> list[str]:
    """What a new interpreter prints."""
    home = str(cache or folder / "cache")
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "XDG_CACHE_HOME": home},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


#: whether the record is known, and whether all modules were imported to know
KNOWN = """
import sys, tensorsh.ops
from tensorsh.engine.records.op import registry
print("thrice" in registry and "Tensor.thrice_" in registry, "tensorsh.ops.nn.fold" in sys.modules)
"""


def test_a_record_is_there_as_soon_as_it_is_written(checkout: Path) -> None:
    assert ask(checkout, KNOWN) == ["False True"]
    assert ask(checkout, KNOWN) == ["False False"]
    record = checkout / "tensorsh" / "ops" / "elementwise" / "thrice.py"
    record.write_text(RECORD, encoding="utf-8")
    run = (
        KNOWN
        + "from tensorsh.engine.values.wrapping import wrap; print(wrap([1.0]).thrice_().thrice().item())"
    )
    assert ask(checkout, run) == ["True True", "9.0"]
    assert ask(checkout, run) == ["True False", "9.0"]
    record.unlink()
    assert ask(checkout, KNOWN) == ["False True"]


def test_where_nothing_can_be_written_it_is_made_each_time(checkout: Path) -> None:
    (checkout / "file").touch()
    for _ in range(2):
        assert ask(checkout, KNOWN, checkout / "file") == ["False True"]


def test_what_a_wheel_holds_is_taken_as_it_is(checkout: Path) -> None:
    text = (
        "from tensorsh.engine.values import operation_index; print(operation_index.as_module('tensorsh.ops'))"
    )
    held = "\n".join(ask(checkout, text))
    (checkout / "tensorsh" / "ops" / "names.py").write_text(held, encoding="utf-8")
    assert ask(checkout, KNOWN, checkout / "none") == ["False False"]
    assert not (checkout / "none").exists()


def test_operators_and_attributes_wait_for_their_modules(checkout: Path) -> None:
    code = KNOWN + "from tensorsh.engine.values.wrapping import wrap; x = wrap([1 + 2j]); x.real = 3.0; "
    code += "print(x.imag.item(), (-x)[0].item()); print('tensorsh.ops.nn.fold' in sys.modules)"
    ask(checkout, KNOWN)
    assert ask(checkout, code) == ["False False", "2.0 (-3-2j)", "False"]


def test_what_only_the_engine_looks_up_has_no_name_for_programs() -> None:
    import tensorsh.ops
    from tensorsh.engine.records.op import registry

    assert "engine.tensor_of" in registry.index
    assert not [name for name in registry.names() if name.startswith("engine")]
    for name in ("engine.tensor_of", "tensor_of", "torch.engine.tensor_of"):
        with pytest.raises(tensorsh.TensorshError):
            tensorsh.Session().run(f"{name}([1])")
