"""`sys.path`: folders that a program adds are looked through as Python does, before its own modules or after."""

from __future__ import annotations

from pathlib import Path

import pytest

from tensorsh import Session

PROGRAM = """
import sys, os
import torch
try:
    import layers
except ModuleNotFoundError as e:
    said = str(e)
sys.path.append(os.path.join("..", "lib"))
import layers
from blocks import inner
import blocks.inner as again
import json
found = [layers.SIZE, inner.NAME, inner is again, hasattr(json, "dumps")]
sys.path.insert(0, "../first")
import csv
found += [csv.__dict__.get("MINE"), sys.modules["layers"] is layers, layers.itself is layers]
sys.path = [p for p in sys.path if not p.startswith("..")]
try:
    import late
except ModuleNotFoundError as e:
    found.append(str(e))
"""

FAILING = """
import torch, sys
try:
    import broken
except ZeroDivisionError:
    there = "broken" in sys.modules
"""

FILES = {
    "lib/layers.py": "import sys\nfrom widths import SIZE\nitself = sys.modules[__name__]\n",
    "lib/widths.py": "SIZE = 8\n",
    "lib/blocks/__init__.py": "",
    "lib/blocks/inner.py": "NAME = __name__\n",
    "lib/json.py": "",
    "lib/late.py": "",
    "first/csv.py": "MINE = 3\n",
}


def test_added_folders_come_before_pythons_or_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "scripts").mkdir()
    monkeypatch.chdir(tmp_path / "scripts")
    session = Session()
    session.execute(PROGRAM, "main.py", script=True, leads=True)
    assert session["said"] == "No module named 'layers'"
    assert session["found"] == [8, "blocks.inner", True, True, 3, True, True, "No module named 'late'"]


def test_folders_without_init_are_packages_of_last_resort(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "tools/deep/inner.py": "import sys\nSIZE = 3\n",  # the first to import sys
        "numpy/inner.py": "",
        "json/readme.txt": "",
        "side.py": "SIZE = 4\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    session = Session()
    text = """
import torch, tools
from tools.deep.inner import SIZE
import numpy, json, side
found = [SIZE, numpy.arange(2).tolist(), json.dumps([1]), side.SIZE]
try:
    import numpy.inner
except ModuleNotFoundError as error:
    found.append(str(error))
"""
    session.execute(text, str(tmp_path / "main.py"), script=True, leads=True)
    assert session["found"] == [3, [0, 1], "[1]", 4, "No module named 'numpy.inner'"]


def test_a_module_that_fails_is_not_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken.py").write_text("1 / 0\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    session = Session()
    session.execute(FAILING, "main.py", script=True, leads=True)
    assert session["there"] is False
