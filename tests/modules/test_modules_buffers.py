"""Arrays over buffers: none leads outside of its memory, none holds references that a program made up.

The attempts of `data/memory_attempts.txt` would read or write memory that is not the array's, so they run in processes
of their own, where each has to end in an error: as a script, as an input of a session, as a program of tensorsh's own.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from module_programs import Program, here, in_python
from tensorsh import Session, TensorshError

DATA = Path(__file__).parents[1] / "data"
ATTEMPTS = (DATA / "memory_attempts.txt").read_text("utf-8").split("---\n")[1:]
BEFORE = """
import numpy as np
import io, struct, pickle, copy, array, operator, functools
junk = b'A' * 64
own = np.array([[1], [2], [3], [4]], dtype=object)
"""
SCRIPT = {"name": "x.py", "script": True, "leads": True, "undo": False}
WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "script": ("import torch", SCRIPT),
    "session": ("import torch", {}),
    "own": ("", {}),
}


def run(way: str) -> None:
    """Make all attempts in one way; a line before each and, where it ends in an error, one after it."""
    first, options = WAYS[way]
    for number, attempt in enumerate(ATTEMPTS):
        print("try", number, flush=True)
        session = Session()
        session.on_warning = lambda report: None
        try:
            session.execute(first + BEFORE + attempt, **options)
        except TensorshError as error:
            print("refused", number, error.kind, error.error_class, flush=True)


if __name__ == "__main__":
    run(sys.argv[1])


@pytest.mark.parametrize("way", WAYS)
def test_every_attempt_is_refused(way: str) -> None:
    path = os.pathsep.join([str(DATA.parent / "support"), str(DATA.parents[1])])
    done = subprocess.run(
        [sys.executable, __file__, way],
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    lines = [line.split() for line in done.stdout.splitlines()]
    tried = [int(line[1]) for line in lines if line[0] == "try"]
    assert done.returncode == 0, f"the process died of\n{ATTEMPTS[tried[-1]]}\n{done.stderr[-2000:]}"
    refused = {int(line[1]): line for line in lines if line[0] == "refused"}
    assert [ATTEMPTS[number] for number in tried if number not in refused] == []
    assert len(tried) == len(ATTEMPTS) > 140
    assert not [line for line in refused.values() if line[2] == "internal"]


LEGITIMATE = (DATA / "buffer_programs.txt").read_text("utf-8").split("---\n")[1:]


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # of `np.matrix`
@pytest.mark.parametrize("text", LEGITIMATE)
def test_what_is_sound_is_as_in_python(text: str) -> None:
    text = "import numpy as np, io, struct, pickle, copy, inspect\n" + text
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", text], capture_output=True, text=True, timeout=60
    )
    assert here(text) == done.stdout != "", done.stderr


def lay(shape: tuple[int, ...], offset: int, strides: tuple[int, ...] | None, length: int) -> bool:
    """Whether such an array lies inside of a buffer of this length."""
    if 0 in shape:
        return 0 <= offset <= length
    if strides is None:
        sizes = [*shape[1:], 1]
        strides = tuple(int(np.prod(sizes[at:])) for at in range(len(shape)))
    reach = [step * (n - 1) for step, n in zip(strides, shape, strict=True)]
    low = offset + sum(each for each in reach if each < 0)
    high = offset + sum(each for each in reach if each > 0) + 1
    return low >= 0 and high <= length


@pytest.mark.parametrize("made", ["np.ndarray", "S", "np.ndarray.__new__"])
def test_an_array_is_made_just_where_it_lies_inside(made: str) -> None:
    program = Program()
    program.run(
        "import numpy as np\nclass S(np.ndarray): pass\ndef make(shape, buffer, offset, strides):\n"
        f"    return {made}({'np.ndarray, ' if '__new__' in made else ''}shape, 'u1', buffer, offset, strides)"
    )
    make = program.names["make"]
    shapes: list[tuple[int, ...]] = [(), (1,), (3,), (0,), (2, 3), (5, 1)]
    steps = (-(2**62), -3, -1, 0, 1, 2, 5, 2**62)
    with program.modules.active():
        for shape, offset, length in itertools.product(shapes, (-9, -1, 0, 1, 4, 2**63 - 1), (0, 1, 6, 24)):
            buffer = bytearray(range(length))
            for strides in [None, *itertools.product(steps, repeat=len(shape))]:
                inside = lay(shape, offset, strides, length)
                try:
                    found = make(shape, buffer, offset, strides)
                except (ValueError, TypeError):
                    assert not inside or 0 in shape or not length, (shape, offset, strides, length)
                    continue
                assert inside or 0 in shape, (shape, offset, strides, length)
                if strides is None and found.size:
                    assert found.ravel().tolist() == list(range(offset, offset + found.size))


def test_memory_is_held_as_long_as_there_is_an_array_over_it() -> None:
    program = Program()
    program.run(
        "import numpy as np\nb = bytearray(8)\nx = np.ndarray((8,), 'u1', b)[2:4]\n"
        "try: b.append(1)\nexcept BufferError: held = True\nassert held and x.base.base is b\ndel x\nb.append(1)"
    )
    assert len(program.names["b"]) == 9


DEEP = """
import copy, numpy as np
class R:
    def __init__(self, done): self.done = done
    def __deepcopy__(self, memo): return "by its hook"
def f(): pass
class Stateful:
    def __reduce__(self): return (lambda: f, (), (None, {"__kwdefaults__": {"x": 1}}))
a = np.array([R(1), [R(2)], None], dtype=object)
print(copy.deepcopy(a), a.__deepcopy__({}), copy.deepcopy({"a": a}))
"""


def test_objects_in_arrays_are_copied_by_the_rules() -> None:
    assert here(DEEP) == in_python(DEEP)
    session = Session()
    session.execute("import torch\n" + DEEP)
    for way in (
        "copy.deepcopy(b)",
        "b.__deepcopy__({})",
        "copy.deepcopy(z[0])",
        "np.ndarray.__deepcopy__(b, {})",
    ):
        with pytest.raises(TensorshError) as caught:
            session.execute(
                "full = np.array([1, 2], object)\nclass W:\n"
                "    def __reduce__(self): return (lambda: full, (), (1, (8,), np.dtype('u1'), False, b'12345678'))\n"
                f"b = np.array([W(), None], object)\nz = np.zeros(1, [('a', object)])\nz['a'][0] = W()\n{way}"
            )
        assert caught.value.error_class == "ValueError", way


def test_a_failed_statement_leaves_arrays_over_buffers_as_they_were() -> None:
    session = Session()
    session.execute(
        "import torch, numpy as np\nb = bytearray(4)\nx = np.ndarray((4,), 'u1', b)\nclass S(np.ndarray): pass\n"
        "y = S((4,), 'u1', b)"
    )
    with pytest.raises(TensorshError):
        session.execute("for at in range(2):\n    x[0] = 5\n    y[1] = 6\n    1 / (1 - at)")
    assert session["x"].tolist() == session["y"].tolist() == [0, 0, 0, 0] and bytes(session["b"]) == bytes(4)


def test_outside_of_sessions_nothing_is_looked_at() -> None:
    Session().execute("import torch, numpy as np\nnp.ndarray((2,), 'u1', b'ab')")
    junk = bytes(range(16))
    inner: Any = np.ndarray((2,), np.uint8, np.frombuffer(junk, np.uint8)[8:], -4)
    assert inner.tolist() == [4, 5]
    assert memoryview(np.array([1], dtype=object)).format == "O"
    assert np.ndarray((2, 3)).shape == (2, 3) and type(np.ndarray((1,))) is np.ndarray
