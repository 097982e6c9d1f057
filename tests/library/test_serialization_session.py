"""torch.save and torch.load in a session: its own classes, files at its gate."""

from __future__ import annotations

import pytest

from tensorsh import Session, TensorshError

PROGRAM = """
import io, torch
import torch.nn as nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 1)

net = Net()
f = io.BytesIO()
torch.save({"net": net, "kind": Net}, f)
f.seek(0)
there = torch.load(f, weights_only=False)
same = there["kind"] is Net and torch.equal(there["net"].fc.weight, net.fc.weight)
"""


def test_a_program_finds_its_own_classes() -> None:
    session = Session()
    session.run(PROGRAM)
    assert session["same"] is True


def test_another_session_does_not() -> None:
    first, second = Session(), Session()
    first.run(PROGRAM)
    second["content"] = first["f"].getvalue()
    second.run("import io, torch")
    with pytest.raises(TensorshError, match=r"Can.t get __main__\.Net"):
        second.run("torch.load(io.BytesIO(content), weights_only=False)")


def test_what_is_safe_is_the_sessions() -> None:
    first, second = Session(), Session()
    first.run("import torch\nclass C: pass\ntorch.serialization.add_safe_globals([C])")
    second.run("import torch\nn = len(torch.serialization.get_safe_globals())")
    assert second["n"] == 0
    assert len(first.run("torch.serialization.get_safe_globals()")[0]) == 1


def test_files_are_opened_at_the_gate(tmp_path) -> None:
    asked = []
    session = Session()
    session.context.admit = lambda path, how: asked.append((path, how))
    session["path"] = str(tmp_path / "x.pt")
    session.run("import torch\ntorch.save(torch.ones(2), path)\nx = torch.load(path)")
    assert asked == [(session["path"], "write"), (session["path"], "read")]
