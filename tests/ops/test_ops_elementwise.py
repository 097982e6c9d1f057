"""Element-wise operations against PyTorch's recorded answers, and what the operators promise."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import warnings

import numpy as np
import pytest

from recorded import answer, lines
from tensorsh import Session


@pytest.mark.parametrize(("program", "expected"), lines("ops_elementwise.txt"))
def test_as_pytorch(program: str, expected: str) -> None:
    assert answer(program) == expected


def test_no_warning_leaks() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Session().run(
            "a = tensor([0., -1., inf, nan, 3e38])\n"
            "b = [a / 0, a % 0, a // 0, log(a), sqrt(a), a * 1e30, exp(a * 1e3), asin(a), a ** 100, a ** -0.5]\n"
            "i = tensor([-128], dtype=int8)\n"
            "c = [i * 2, -i, abs(i), i ** 9, i << 7, nan_to_num(a).to(float16), tensor(2) ** 70]\n"
            "z = tensor([0j, complex(inf, nan)])\n"
            "d = [1 / z, log(z), z ** -1, sgn(z), angle(z), sqrt(z)]\n"
            "x = tensor([0., 1.], requires_grad=True)\n"
            "(x.sqrt() + x.log() + 1 / x).sum().backward()".replace("complex(inf, nan)", "1j * inf")
        )


def test_operators_leave_scipy_alone() -> None:
    program = (
        "import sys; from tensorsh import Session; "
        "Session().run('x = [1., 2.]; y = (x.exp() + x ** 2 / x.tanh()).sigmoid() > 0.5'); "
        "assert 'scipy' not in sys.modules, 'SciPy was imported'"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("n", [0, 1, 4096, 4097, 10_000])
def test_small_and_large_arrays_agree(n: int) -> None:
    """Large float32 arrays take NumPy's faster loops, which may differ in the last digits only."""
    session = Session()
    session.run(f"x = (tensor(list(range({n})), dtype=float32) / 1000 + 0.1)")
    for name in ("exp", "log", "log10", "tanh", "sin", "sigmoid"):
        whole, part = session.run(f"{name}(x); {name}(x[:10])")
        assert whole.shape == (n,)
        for a, b in zip(whole.tolist(), part.tolist(), strict=False):
            assert a == pytest.approx(b, rel=5e-7)


@pytest.mark.parametrize("n", [10, 5000])
def test_the_gradient_of_relu_is_passed_on_above_zero(n: int) -> None:
    x, slope = np.linspace(-1, 1, n, dtype=np.float32), np.linspace(2, 3, n, dtype=np.float32)
    session = Session()
    session["x"], session["slope"] = x, slope
    session.run("x.requires_grad_(); relu(x).backward(slope); found = x.grad")
    assert session["found"].numpy().tolist() == np.where(x > 0, slope, 0).tolist()


#: of PyTorch's numbers: all of them, and the first 70,001
LARGE = {
    "exp(x)": ("1e1e93e00799", "ef8a3f6c7e90"),
    "log(x.abs() + 0.5)": ("f18458e38fd3", "e2c78ce95780"),
    "sin(x)": ("db6e666e5f66", "23a6ed732dad"),
    "cos(x)": ("06b5e302e97d", "00f58a3e08c0"),
}


@pytest.mark.parametrize("call", LARGE)
def test_large_arrays_have_pytorchs_digits(call: str) -> None:
    session = Session()
    session.run(f"x = (arange(300_001) - 150_000) / 2000; y = {call}; x = x[:70_001]; z = {call}")
    found = [hashlib.md5(session[name].numpy().tobytes()).hexdigest()[:12] for name in "yz"]
    assert found == [*LARGE[call]]
