"""`:session save` and `restore`: what is kept, what is named, and that a file of a session is only data and sources."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recorded_shell import RecordedShell
from tensorsh.io import npy
from terminal import ROOT

INPUTS = (
    "x = [1., 2.]; param w = [1., 2., 3.]; backward (w * w).sum(); n = 3; name = 'n'; none_ = none; c = 1 + 2j",
    "k = ['a', (1, 2.5), {'z': x, 2: nan}]; k.append(k); s = {1, 'b'}; big = 10 ** 40",
    "b = [1.5, -2] as bfloat16; i = [1, 2] as int8; z = [1 + 2j]; m = zeros(2, 3) on meta; e = zeros(0, 2); t = true",
    "dt = float64; shape = zeros(2, 3).shape; flags = [true, false]",
    "def f(a, by=n):\n    # why\n    return helper(a) * by",
    "def helper(a): return a + 1",
    "import torch\nimport torch.nn as nn, collections",
    "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.fc = nn.Linear(3, 1)\n"
    "        self.norm = nn.BatchNorm1d(1)\n\n    def forward(self, x):\n        return self.norm(self.fc(x))\n",
    "torch.manual_seed(0)\nnet = Net()\nopt = torch.optim.Adam(net.parameters(), lr=0.1)",
    "net(torch.ones(2, 3) * w).sum().backward()\nopt.step()",
    "words = collections.defaultdict(list)\nwords['a'].append(1)",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work.session"


def saved(path: Path, *inputs: str) -> RecordedShell:
    shell = RecordedShell()
    for text in inputs:
        shell.enter(text)
    assert shell.screen.errors == []
    shell.enter(f":session save {path}")
    assert shell.screen.errors == []
    return shell


def restored(path: Path) -> RecordedShell:
    shell = RecordedShell()
    shell.enter("old = 1")
    shell.enter(f":session restore {path}")
    assert shell.screen.errors == [] and "old" not in shell.session
    return shell


def test_everything_comes_back(path: Path) -> None:
    before = saved(path, *INPUTS)
    after = restored(path)
    assert after.session.names() == before.session.names()
    for name in before.session.names():
        assert (
            repr(after.session[name]).split(" at 0x")[0] == repr(before.session[name]).split(" at 0x")[0]
        ), name
    for text in (
        "torch.rand(3), torch.randn(2)",
        "f(2), w.grad, k[3] is k, k[2]['z'] is x, opt.param_groups[0]['params'][0] is net.fc.weight, m.device",
        "net(torch.ones(2, 3)), net.norm.running_mean, [p.grad for p in net.parameters()]",
        "net(torch.ones(2, 3)).sum().backward(); opt.step(); net.fc.weight",
        "words['b'], shape, dt, b, e.shape",
        "[1, 2]",
    ):
        for shell in (before, after):
            shell.enter(text)
        assert after.screen.errors == [] == before.screen.errors
        assert repr(after.screen.shown[-1]) == repr(before.screen.shown[-1]), text


def test_settings_come_back(path: Path) -> None:
    shell = RecordedShell()
    shell.enter("set_default_dtype(float64); x = [1.]")
    shell.enter(":format json")
    shell.enter(f":session save {path}")
    after = restored(path)
    assert after.screen.format == "json"
    after.enter("zeros(1).dtype is float64")
    assert after.screen.shown == [True]


def test_what_cannot_be_stored_is_named(path: Path) -> None:
    shell = saved(
        path,
        "def outer(n):\n    def inner(): return n\n    return inner",
        "g = (i for i in 'ab'); inner = outer(1); fine = [1.]; mixed = ['a', inner]; l = lambda v: v",
    )
    left = dict(line.removeprefix("not stored: ").split(", ", 1) for line in shell.told[1:])
    assert set(left) == {"g", "inner", "mixed", "l"} and "generator" in left["g"]
    assert restored(path).session.names() == ["outer", "fine"]


def test_restoring_runs_nothing_but_the_sources(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved(
        path,
        "import torch",
        "class Loud:\n    def __init__(self): print('init')\n    def __setstate__(self, state): print('state')\n"
        "    def __reduce__(self): return (print, ('reduced',))\n    def __eq__(self, other): print('eq')\n",
        "a = Loud(); a.x = 3",
    )
    capsys.readouterr()
    after = restored(path)
    assert capsys.readouterr().out == "" and after.session["a"].x == 3
    with zipfile.ZipFile(path) as archive:
        assert all(name.endswith((".json", ".npy")) for name in archive.namelist())


@pytest.mark.parametrize(
    "thing", ["os.system", "builtins.eval", "torch.nn.functional.os", "subprocess.Popen"]
)
def test_a_file_names_only_the_library(path: Path, thing: str) -> None:
    saved(path, "import torch", "class A: pass", "a = A()")
    changed(path, lambda known: known | {"objects": [known["objects"][0] | {"instance": thing}]})
    shell = RecordedShell()
    shell.enter(f":session restore {path}")
    assert f"there is no {thing}" in shell.screen.errors[-1].message


def changed(path: Path, change: Callable[[Any], Any]) -> None:
    """The file with other JSON in it."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    known = change(json.loads(parts["session.json"]))
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, json.dumps(known) if name == "session.json" else data)


@pytest.mark.parametrize("name", ["__builtins__", "no name", "", "1", "for", "a.b"])
@pytest.mark.parametrize("node", [1, {"import": "math"}, {"source": "print(1)"}])
def test_a_file_binds_names_of_programs(
    path: Path, name: str, node: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    saved(path, "x = 1")
    changed(path, lambda known: known | {"variables": {name: node}})
    shell = RecordedShell()
    shell.enter("old = [1]")
    shell.enter(f":session restore {path}")
    assert "is no saved session" in shell.screen.errors[-1].message
    shell.enter("old")
    assert shell.screen.shown[-1].tolist() == [1] and capsys.readouterr().out == ""


def test_a_damaged_file_is_an_error_of_the_data(path: Path) -> None:
    chance = random.Random(0)
    saved(path, *INPUTS[:9])
    whole = path.read_bytes()

    def damaged(node: Any) -> Any:
        """The same with one of its parts another."""
        if chance.random() < 0.2 or not isinstance(node, dict | list) or not node:
            return chance.choice(
                [None, -1, 99, "x", [], {}, {"at": 500}, {"at": 0}, [1, 2, 3], {"dtype": "x"}]
            )
        if isinstance(node, dict):
            key = chance.choice(list(node))
            if chance.random() < 0.2:
                return {k: v for k, v in node.items() if k != key}
            return {**node, key: damaged(node[key])}
        at = chance.randrange(len(node))
        return [*node[:at], damaged(node[at]), *node[at + 1 :]]

    refused = 0
    for i in range(100):
        path.write_bytes(whole)
        if i % 3:
            changed(path, damaged)
        else:
            at = chance.randrange(len(whole))
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << chance.randrange(8)]) + whole[at + 1 :])
        shell = RecordedShell()
        shell.enter(f":session restore {path}")
        assert all(error.kind == "data" for error in shell.screen.errors), shell.screen.errors
        refused += len(shell.screen.errors)
    assert refused > 40


WRONG: list[Callable[[dict[str, Any]], dict[str, Any]]] = [
    lambda known: known | {"dtype": "float12"},
    lambda known: known | {"variables": known["variables"] | {"z": {"at": 99}}},
    lambda known: known | {"objects": [known["objects"][0] | {"shape": [-1]}]},
    lambda known: known | {"objects": [known["objects"][0] | {"shape": [2, 2]}]},
    lambda known: known | {"objects": [known["objects"][0] | {"grad": 5}]},
    lambda known: known | {"objects": [{"instance": "torch.Tensor", "dict": []}]},
]


@pytest.mark.parametrize("change", WRONG)
def test_a_file_that_is_refused_leaves_the_session(
    path: Path, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    saved(path, "x = [1., 2.]", "def f(): return 1")
    changed(path, change)
    shell = RecordedShell()
    shell.enter("import torch")
    shell.enter("old = [1]")
    shell.enter(f":session restore {path}")
    assert "is no saved session" in shell.screen.errors[-1].message
    assert shell.session.names() == ["torch", "old"] and shell.session.pythonic
    assert shell.session.context.dtype.name == "float32"


def test_what_hangs_on_a_tensor_is_no_part_of_it(path: Path) -> None:
    """A file cannot exchange what a tensor is made of."""
    saved(path, "x = [1., 2.]")
    changed(path, lambda known: known | {"objects": [known["objects"][0] | {"dict": [["spec", 5]]}]})
    assert restored(path).session.run("x.tolist()") == [[1.0, 2.0]]


def test_a_session_is_replaced_when_it_is_whole(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(path, "x = 1")
    before, link = path.read_bytes(), path.with_name("link")
    path.chmod(0o600)
    link.symlink_to(path)
    monkeypatch.setattr(npy, "to_bytes", lambda array: 1 / 0)
    shell = RecordedShell()
    shell.enter(f":session save {link}")
    assert path.read_bytes() == before
    monkeypatch.undo()
    shell.enter("y = 2")
    shell.enter(f":session save {link}")
    assert restored(path).session.names() == ["y"] and link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o600 and sorted(path.parent.iterdir()) == [link, path]


def test_wrong_files_and_words(path: Path) -> None:
    shell = RecordedShell()
    path.write_text("x = 1")
    for text, message in (
        (f":session restore {path}", "is no saved session"),
        (f":session restore {path}.none", "No such file"),
        (":session save /nowhere/at/all", "cannot save"),
        (":session keep x", "wants `save` or `restore`"),
        (":session save", "wants a file"),
    ):
        shell.enter(text)
        assert message in shell.screen.errors[-1].message


def test_command_line(path: Path) -> None:
    saved(path, "x = [1., 2.]; def_ = 3", "def f(a): return a * x")
    command = [sys.executable, "-m", "tensorsh", "--session", str(path), "-c", "f(2)"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("tensor([2., 4.])\n", "", 0)
    command[4] = "/nowhere"
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert "cannot read '/nowhere'" in done.stderr and done.returncode == 2
    command[4] = str(path)
    path.write_text("x = 1")
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert "is no saved session" in done.stderr and "Traceback" not in done.stderr and done.returncode == 2
