"""Sessions in several threads see nothing of each other, and the embedding program nothing of what they set."""

from __future__ import annotations

import gc
import io
import random
import subprocess
import sys
import threading
import warnings
from typing import Any

import numpy as np
import pytest

from tensorsh import Session, TensorshError
from tensorsh.engine.core.turns import Turns

PROGRAMS = (
    "manual_seed({n}); rand(2)",
    "randn(3); randperm(5)",
    "x = rand(3, requires_grad=True); (x * x).sum().backward(); x.grad",
    "with no_grad():\n    y = ones(2, requires_grad=True) * 2\ny.requires_grad",
    "set_default_dtype(float64); tensor(1. / {n}); set_default_dtype(float32)",
    "import torch, random\nrandom.seed({n})\nrandom.random(), torch.rand(1)",
    "import numpy as np\nnp.random.seed({n}); np.random.rand(2), torch.randn(2)",
    "import torch\ntorch.set_printoptions(precision={d}); str(torch.tensor(1 / 3))",
    "import numpy as np\nnp.set_printoptions(precision={d}); str(np.array([1 / 3]))",
    "import warnings\nwarnings.simplefilter('error')\nwarnings.warn('w{n}')",
    "xs = list(); xs.append({n}); xs[9]",
    "total = 0\nfor i in range({n}):\n    total += rand(1).item()\ntotal",
    "rand(2000, 300).sum()",
    "import sys, io, contextlib\nwith contextlib.redirect_stdout(io.StringIO()) as f:\n    for i in range(30):\n"
    "        print({n}, i)\nf.getvalue()",
    "import sys\nsys.setrecursionlimit(2000 + {n})\nseen = [sys.getrecursionlimit() for _ in range(50)]\n"
    "min(seen), max(seen)",
    "w = ones(3, 2, requires_grad=True)\nfor i in range(20):\n    ((ones(4, 3) * {n}) @ w).sum().backward()\n"
    "    with no_grad():\n        w -= 0.001 * w.grad\n        w.grad = None\nw",
    "import torch\nx = torch.ones(3, requires_grad=True)\nfor i in range(10):\n    y = x * x\n"
    "    hook = y.register_hook(lambda g: g * {n})\n    y.sum().backward()\nx.grad",
    "import torch\nx = torch.ones(2, 2)\nseen = []\nfor i in range(10):\n    with torch.autocast('cpu'):\n"
    "        seen.append((x @ x).dtype)\n    seen.append((x @ x).dtype)\nseen",
    "import warnings\nwith warnings.catch_warnings(record=True) as seen:\n    warnings.simplefilter('always')\n"
    "    for i in range(10):\n        warnings.warn('w{n}')\nlen(seen), str(seen[0].message)",
    "import numpy as np\nwith np.errstate(all='raise'):\n    try:\n        np.float32({n}) / np.float32(0)\n"
    "    except FloatingPointError as e:\n        seen = str(e)\nseen",
)


def programs(seed: int, n: int) -> list[str]:
    chance = random.Random(seed)
    return [chance.choice(PROGRAMS).format(n=chance.randint(1, 50), d=chance.randint(1, 6)) for _ in range(n)]


def results(seed: int, n: int) -> list[str]:
    """What a session shows for n programs."""
    session, found = Session(seed=seed), []
    for program in programs(seed, n):
        try:
            found.append(repr(session.run(program)))
        except TensorshError as error:
            found.append(str(error))
    return found


def check(threads: int, each: int) -> None:
    """So many sessions at once, each with so many programs, show what they show alone."""
    together: dict[int, list[str]] = {}
    run = [
        threading.Thread(target=lambda seed=seed: together.__setitem__(seed, results(seed, each)))
        for seed in range(threads)
    ]
    for thread in run:
        thread.start()
    for thread in run:
        thread.join()
    for seed in range(threads):
        assert together[seed] == results(seed, each), seed


def test_six_sessions_at_once() -> None:
    check(6, 60)


def outside() -> tuple[Any, ...]:
    return (
        np.geterr(),
        str(np.get_printoptions()),
        sys.getrecursionlimit(),
        gc.get_threshold(),
        gc.isenabled(),
        list(warnings.filters),
        warnings.showwarning,
        sys.stdin,
        sys.stdout,
        sys.stderr,
    )


def test_the_embedding_program_is_left_as_it_was() -> None:
    before = outside()
    session = Session(seed=0)
    session.run(
        "import sys, io, gc, warnings, torch\nimport numpy as np\nnp.seterr(all='raise'); np.set_printoptions(3)\n"
        "sys.setrecursionlimit(20000); warnings.simplefilter('error'); sys.stdout = io.StringIO(); print('kept')"
    )
    assert outside() == before
    assert session.run("sys.stdout.getvalue()") == ["kept\n"]
    assert session.run("sys.stdout = sys.__stdout__; sys.getrecursionlimit()") == [20000]
    with pytest.raises(TensorshError):
        session.run("if True:\n    sys.stderr = io.StringIO()\n    1 / 0")
    assert outside() == before


def test_importing_changes_nothing() -> None:
    code = (
        "import sys, gc, warnings, numpy as np\n"
        "def state(): return np.geterr(), sys.getrecursionlimit(), gc.get_threshold(), list(warnings.filters)\n"
        "before = state()\nimport tensorsh\ntensorsh.Session(seed=0).run('rand(2)')\nassert state() == before\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_program_says_how_deep_its_calls_go() -> None:
    session = Session()
    session.run("import sys\ndef deep(n):\n    return 0 if n == 0 else 1 + deep(n - 1)")
    with pytest.raises(TensorshError, match="recursion"):
        session.run("deep(8000)")
    session.run("sys.setrecursionlimit(20000)")
    assert session.run("deep(8000)") == [8000]


def test_the_embedding_program_computes_while_a_session_runs() -> None:
    x = Session().run("tensor([1., 2.], requires_grad=True)")[0]
    inside, go_on = threading.Event(), threading.Event()
    session = Session()
    session["wait"] = lambda: (inside.set(), go_on.wait(10))[1]
    program = "with no_grad():\n    set_default_dtype(float64)\n    wait()"
    thread = threading.Thread(target=lambda: session.run(program))
    thread.start()
    assert inside.wait(10)
    try:
        y = x * 2
        assert y.requires_grad
        assert str((x > 1).sum() / 2) == "tensor(0.5000)"  # of its own default dtype
    finally:
        go_on.set()
        thread.join()


def test_turns_are_handed_over_in_order() -> None:
    turns, order, ready = Turns(), [], []

    def take(name: int) -> None:
        ready.append(name)
        with turns, turns:
            order.append(name)

    with turns:
        threads = []
        for name in range(4):
            threads.append(threading.Thread(target=take, args=(name,)))
            threads[-1].start()
            while len(turns._waiting) <= name:
                pass
        assert turns.wanted
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3]
    assert not turns.wanted


def test_a_long_program_lets_others_in_between_its_statements() -> None:
    session, out = Session(), io.StringIO()
    session["say"] = lambda word: out.write(word)
    other = threading.Thread(target=lambda: Session().run("1 + 1"))
    session["start"] = other.start
    session["waits"] = lambda: other.join(0.2)
    session.run("import torch\nstart()\nwaits()\nwaits()\nwaits()\nwaits()")
    assert not other.is_alive()


if __name__ == "__main__":
    check(6, int(sys.argv[1]) // 6)
