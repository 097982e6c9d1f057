"""Machine code in the user's cache: the next run has it from its first steps, and prints the same."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("llvmlite", reason="no llvmlite for this Python or machine")

from compile_compare import warm_at_once
from group_writer import take_small_for_large
from tensorsh import Session
from tensorsh.cli import main
from tensorsh.engine.compile import apart, plan, store, warm
from tensorsh.engine.compile.machine import assembler, image, machine, numpy_loops

pytestmark = pytest.mark.skipif(not image.supported(), reason="no images on this machine")

TRAINING = """
manual_seed(1)
x, t = randn(12, 5), randint(0, 3, (12,))
param w1 = randn(5, 7); param b1 = zeros(7); param w2 = randn(7, 3); param b2 = zeros(3)
opt = {optimizer}
for i in range(40):
    loss = cross_entropy({activation}(x @ w1 + b1) @ w2 + b2, t)
    opt.zero_grad(); backward loss; opt.step()
"""
TWO_LOOPS = """
manual_seed(1)
X = randn(24, 5).double()
param w = randn(5, 3).double()
for epoch in range(6):
    for i in range(0, 24, 8):
        s = X[i:i+8] @ w
        backward (s.sigmoid() * s).mean()
        with no_grad(): w -= 0.1 * w.grad; w.grad = None
for i in range(30):
    y = (X @ w).exp().sum(1) * (1.5 * i); z = y.log() - y.mean()
"""
PROGRAMS = {
    "SGD": (TRAINING.format(optimizer="sgd([w1, b1, w2, b2], lr=0.1)", activation="tanh"), "w1 b2 loss"),
    "Adam": (TRAINING.format(optimizer="adam([w1, b1, w2, b2], lr=0.1)", activation="relu"), "w1 b2 loss"),
    "two loops": (TWO_LOOPS, "w y z"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache that is used; nothing is made by another process."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(store, "usable", usable)
    monkeypatch.setattr(apart, "possible", lambda: False)
    monkeypatch.setattr(warm, "PROGRESS", defaultdict(warm.Progress))
    assembler.assembled.cache_clear()
    return tmp_path / "tensorsh"


usable = store.usable  # as it is outside tests


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that LLVM was given."""
    texts: list[str] = []
    assemble = assembler.assemble
    monkeypatch.setattr(assembler, "assemble", lambda text, *how: texts.append(text) or assemble(text, *how))
    return texts


def note_images(patch: pytest.MonkeyPatch) -> list[bytes]:
    """The images from the cache that programs run."""
    found: list[bytes] = []
    place = warm.placed
    patch.setattr(warm, "placed", lambda data: found.append(data) or place(data))
    return found


def results(program: str, names: str, **how: bool) -> list[bytes]:
    session = Session(seed=0, **how)
    session.run(program)
    return [session.evaluate(name).array.tobytes() for name in names.split()]


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("code-*")) if folder.exists() else []


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_second_run_has_it_and_gives_the_same_bits(
    folder: Path, made: list[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    program, names = PROGRAMS[name]
    want = results(program, names, compile=False)
    with monkeypatch.context() as patch:
        warm_at_once(patch)
        assert results(program, names) == want
    assert made and files(folder)
    assert not any("inttoptr" in text for text in made)  # an address is another in another process
    made.clear()
    assembler.assembled.cache_clear()
    placed = note_images(monkeypatch)
    monkeypatch.setattr(warm, "LOOK", 10)
    monkeypatch.setattr(plan, "outlined", None)  # which is not asked
    assert results(program, names) == want
    assert placed and not made


def test_it_is_made_again_where_it_is_damaged(
    folder: Path, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    program, names = PROGRAMS["SGD"]
    warm_at_once(monkeypatch)
    want = results(program, names)
    whole = [path.read_bytes() for path in files(folder)]
    for path in files(folder):
        path.write_bytes(path.read_bytes()[:-1])
    made.clear()
    assembler.assembled.cache_clear()
    assert results(program, names) == want
    assert made and [path.read_bytes() for path in files(folder)] == whole


def test_a_session_that_keeps_nothing(folder: Path, made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    program, names = PROGRAMS["SGD"]
    warm_at_once(monkeypatch)
    want = results(program, names, cache=False)
    assert made and not files(folder)
    results(program, names)
    made.clear()
    assembler.assembled.cache_clear()
    assert files(folder) and results(program, names, cache=False) == want and made


def test_the_option(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warm_at_once(monkeypatch)
    script = tmp_path / "train.tsh"
    script.write_text(PROGRAMS["SGD"][0])
    assert main(["--no-cache", str(script)]) in (0, None)
    assert not files(folder)
    assert main([str(script)]) in (0, None)
    assert files(folder)


def test_a_key_is_of_all_that_the_code_depends_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = store.key("calls", [1])
    assert before == store.key("calls", [1])
    assert len({before, store.key("calls", [2]), store.key("text", [1])}) == 3
    parts = {
        "llvm": "another version",
        "processor": ["another"],
        "sources": iter([("straight.py", 1, 2)]),
    }
    for name, value in parts.items():
        with monkeypatch.context() as patch:
            patch.setattr(store, name, lambda value=value: value)
            store.environment.cache_clear()
            assert store.key("calls", [1]) != before, name
    with monkeypatch.context() as patch:
        patch.setattr(np, "__version__", "2.0.0")
        store.environment.cache_clear()
        assert store.key("calls", [1]) != before
    store.environment.cache_clear()
    assert store.key("calls", [1]) == before


def test_a_processor_that_cannot_be_told_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> list[str]:
        raise FileNotFoundError("/proc/cpuinfo")

    monkeypatch.setattr(store, "processor", missing)
    store.environment.cache_clear()
    assert not usable()
    store.environment.cache_clear()


def test_a_file_under_another_name_is_not_used(folder: Path) -> None:
    one, other = store.key("text", "one"), store.key("text", "other")
    store.keep(one, b"code")
    (folder / one).rename(folder / other)
    assert store.find(one) is None and store.find(other) is None


def test_the_folder_does_not_grow_without_bounds(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "SIZE", 1000)
    keys = [store.key("text", str(i)) for i in range(8)]
    for i, each in enumerate(keys):
        store.keep(each, b"." * 200)
        os.utime(folder / each, (i, i))
        store.find(keys[0])  # which is used again and again
    assert 1 < len(files(folder)) < 5
    assert (folder / keys[0]).exists() and not (folder / keys[1]).exists()


def test_a_loop_of_numpys_that_is_not_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program, names = PROGRAMS["SGD"]
    with monkeypatch.context() as patch:
        warm_at_once(patch)
        want = results(program, names)
    monkeypatch.setattr(warm, "addresses_of", lambda *_: None)
    monkeypatch.setattr(warm, "LOOK", 10)
    assert results(program, names) == want


# ------------------------------------------------------------------ by another process


def test_another_process_makes_the_same(
    folder: Path, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    program, names = PROGRAMS["SGD"]
    with monkeypatch.context() as patch:
        warm_at_once(patch)
        want = results(program, names)
    here = [(path.name, path.read_bytes()) for path in files(folder)]
    for path in files(folder):
        path.unlink()
    made.clear()
    started: list[int] = []
    start = apart.start
    monkeypatch.setattr(apart, "possible", lambda: True)
    monkeypatch.setattr(apart, "start", lambda *a: started.append(start(*a)) or started[-1])
    for name, value in (("LOOK", 20), ("ASKING", 1)):
        monkeypatch.setattr(warm, name, value)
    assert results(program, names) == want
    assert all(started) and all(apart.over(each, wait=True) for each in started)
    assert not made and [(path.name, path.read_bytes()) for path in files(folder)] == here


def test_what_another_process_has_made_is_used_when_it_is_there(
    folder: Path, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    program, names = PROGRAMS["SGD"]
    monkeypatch.setattr(apart, "possible", lambda: True)
    monkeypatch.setattr(
        apart, "start", lambda key, kind, description: apart.make(key, kind, description) or 1
    )
    for name, value in (("LOOK", 20), ("ASKING", 1), ("WAIT", 30)):
        monkeypatch.setattr(warm, name, value)
    placed = note_images(monkeypatch)
    assert results(program, names) == results(program, names, compile=False)
    assert placed and files(folder) and not made


def test_models_of_one_kind_have_their_code_made_once_for_all(
    folder: Path, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is trained for too short a time to have it made, but not all together."""
    asked: list[str] = []
    monkeypatch.setattr(apart, "possible", lambda: True)
    monkeypatch.setattr(apart, "start", lambda *a: asked.append(a[0]) or apart.make(*a) or 1)
    for name, value in (("LOOK", 100), ("ASKING", 100), ("WAIT", 30)):
        monkeypatch.setattr(warm, name, value)
    placed = note_images(monkeypatch)
    program = """
for n in range(8):
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    for p in model.parameters(): p.data.fill_(0.1 * n)
    for k in range(40):
        loss = ((model(ones(5, 3)) - 1) ** 2).mean()
        loss.backward()
        for p in model.parameters():
            p.data -= 0.1 * p.grad
            p.grad = None
"""
    assert results(program, "loss") == results(program, "loss", compile=False)
    assert len(asked) == len(set(asked)) and placed and not made


def test_where_no_process_can_be_started_it_is_made_here(
    folder: Path, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    program, names = PROGRAMS["SGD"]
    monkeypatch.setattr(apart, "possible", lambda: True)
    warm_at_once(monkeypatch)
    for name, value in (("ASKING", 0), ("WAIT", 30)):
        monkeypatch.setattr(warm, name, value)
    monkeypatch.setattr(apart.os, "posix_spawn", None)
    monkeypatch.setattr(apart, "running", {1, 2})  # as many as there may be
    monkeypatch.setattr(apart, "over", lambda process: False)
    results(program, names)
    assert made and files(folder)


def test_only_an_interpreter_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    assert apart.possible()
    for executable in ("/usr/bin/blender", "", None):
        monkeypatch.setattr(apart.sys, "executable", executable)
        assert not apart.possible()


# ------------------------------------------------------------------ groups over large arrays


GROUP = """
param a = randn(20, 33); param b = randn(20, 33); c = randn(33)
for i in range(30):
    a.grad = b.grad = None; r = tanh(a * b + c); backward (r * r).mean()
"""


def test_groups_change_at_the_same_run_whatever_is_there(
    folder: Path, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their code rounds otherwise than NumPy, so digits would show it."""
    take_small_for_large(monkeypatch)
    monkeypatch.setattr(machine, "ENOUGH", 20 * 33 * 30)
    asked: list[object] = []
    monkeypatch.setattr(apart, "possible", lambda: True)
    monkeypatch.setattr(apart, "start", lambda *a: asked.append(a) or 0)
    cold = results(GROUP, "r a.grad")
    assert made and len(asked) == 1 and files(folder)
    made.clear()
    assembler.assembled.cache_clear()
    assert results(GROUP, "r a.grad") == cold
    assert not made and len(asked) == 1
    for path in files(folder):
        path.unlink()
    monkeypatch.setattr(apart, "start", lambda key, kind, texts: apart.make(key, kind, texts))
    assert results(GROUP, "r a.grad") == cold
    assert not made and files(folder)


# ------------------------------------------------------------------ images


def test_an_object_that_needs_others_is_no_image() -> None:
    call = "declare void @puts(ptr)\ndefine void @group(ptr %x) { call void @puts(ptr %x)\n ret void }\n"
    with pytest.raises(image.Unlinkable, match="elsewhere"):
        assembler.image_of(call)
    memory = "@x = global i64 3\ndefine i64 @group() { %v = load i64, ptr @x\n ret i64 %v }\n"
    with pytest.raises(image.Unlinkable, match="memory of its own"):
        assembler.image_of(memory)
    with pytest.raises(image.Unlinkable, match="beginning"):
        assembler.image_of("define void @other() { ret void }\n")
    with pytest.raises(image.Unlinkable, match="another kind"):
        image.linked(b"MZ" + b"\0" * 100, "group")


def test_what_is_no_image_is_linked_by_llvm(monkeypatch: pytest.MonkeyPatch) -> None:
    warm_at_once(monkeypatch)
    program, names = PROGRAMS["SGD"]
    want = results(program, names)
    monkeypatch.setattr(assembler, "supported", lambda: False)
    assembler.assembled.cache_clear()
    assert results(program, names) == want
    assert numpy_loops.legible()
    assembler.assembled.cache_clear()
