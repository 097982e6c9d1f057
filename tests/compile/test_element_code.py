"""Functions of each element as machine code: the bits that NumPy gives, and how the code comes about."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tensorsh.engine.compile import apart, store
from tensorsh.engine.compile.machine.assembler import available
from tensorsh.engine.numerics import (
    choice,
    element_functions,
    fma,
    made_later,
    mkl_functions,
    mkl_tanh,
    vector_exp,
    vector_log,
)
from tensorsh.engine.numerics.element_code import ElementCode
from tensorsh.ops.activation import gelu_steps, piecewise, smooth

Array = np.ndarray[Any, Any]

SPECIAL = [0, -0.0, np.inf, -np.inf, np.nan, 1e-30, -1e-30, 1e-4, 88, -88, 100, -110]
NUMBERS = np.random.RandomState(0)
X = np.concatenate([SPECIAL, NUMBERS.randn(3000) * 4, np.geomspace(1e-30, 80, 1000)]).astype(np.float32)
POSITIVE = np.geomspace(1e-30, 1e30, X.size).astype(np.float32)
Y = NUMBERS.randn(X.size).astype(np.float32)
ANGLES = np.concatenate([[0, -0.0, 1e4, -1e4], X[np.abs(X) < 80], np.geomspace(1, 9e3, 1000)]).astype(
    np.float32
)


def changed(function: Callable[..., None], x: Array, *rest: Any) -> Array:
    """What a function makes of an array in place."""
    x = x.copy()
    function(x, *rest)
    return x


FUNCTIONS: dict[str, tuple[ElementCode, Callable[[], Array]]] = {
    "exp": (element_functions.EXP, lambda: vector_exp.exp(X)),
    "log": (element_functions.LOG, lambda: vector_log.log(POSITIVE)),
    "log1p": (element_functions.LOG1P, lambda: vector_log.log1p(POSITIVE)),
    "multiply_add": (element_functions.MULTIPLY_ADD, lambda: fma.multiply_add(X, Y, POSITIVE)),
    "add_scaled": (element_functions.ADD_SCALED, lambda: fma.added(X, Y, 0.3)),
    "add_product": (element_functions.ADD_PRODUCT, lambda: changed(fma.add_product, X, Y, POSITIVE, -0.7)),
    "lerp": (element_functions.LERP, lambda: changed(fma.lerp, X, Y, 0.3)),
    "combined": (element_functions.MULTIPLY_ADD, lambda: fma.combined(X, Y, POSITIVE, np.empty_like(X))),
    "passed": (element_functions.PASSED, lambda: choice.passed(Y, X)),
    "mkl_exp": (mkl_functions.EXP, lambda: mkl_functions.mkl_exp(X)),
    "mkl_log": (mkl_functions.LOG, lambda: mkl_functions.mkl_log(np.concatenate([X, POSITIVE]))),
    "mkl_sin": (mkl_functions.SIN, lambda: mkl_functions.mkl_sin(ANGLES)),
    "mkl_cos": (mkl_functions.COS, lambda: mkl_functions.mkl_cos(ANGLES)),
    "mkl_tanh": (mkl_tanh.CODE, lambda: mkl_tanh.mkl_tanh(X)),
    "gelu": (element_functions.GELU, lambda: gelu_steps.forward(X)),
    "silu": (element_functions.SILU, lambda: smooth.silu.kernel(X)),
    "silu_backward": (element_functions.SILU_BACKWARD, lambda: smooth.silu_backward.record.kernel(Y, X)),
    "elu": (element_functions.ELU, lambda: piecewise.elu.kernel(X, 0.7)),
    "selu": (element_functions.ELU, lambda: piecewise.selu.kernel(X)),
    "celu": (element_functions.ELU, lambda: piecewise.celu.kernel(X, 1.3)),
    "elu_backward": (
        element_functions.ELU_BACKWARD,
        lambda: piecewise._elu_slope.record.kernel(Y, X, 0.7, 1.1, 1 / 0.7),
    ),
    "softplus": (element_functions.SOFTPLUS, lambda: smooth.softplus.kernel(X, 1.5, 20)),
    "softplus_backward": (
        element_functions.SOFTPLUS_BACKWARD,
        lambda: smooth.softplus_backward.record.kernel(Y, X, 1.5, 20),
    ),
    "mish_backward": (
        element_functions.MISH_BACKWARD,
        lambda: smooth.mish_backward.record.kernel(Y, X),
    ),
    "mish": (element_functions.MISH, lambda: smooth.mish.kernel(X)),
    "gelu_backward": (element_functions.GELU_BACKWARD, lambda: gelu_steps.backward(Y, X)),
}


@pytest.mark.skipif(not available(), reason="no LLVM")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_bits_are_those_of_numpy(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code, function = FUNCTIONS[name]
    with monkeypatch.context() as without, np.errstate(all="ignore"):
        without.setattr(code, "ready", lambda elements, times=1: False)
        wanted = function()
    code.make()
    called = []
    monkeypatch.setattr(code, "function", lambda *given, run=code.function: called.append(run(*given)))
    found = function()
    assert called
    assert found.dtype == wanted.dtype
    assert found.view(np.int32).tolist() == wanted.view(np.int32).tolist()


@pytest.mark.skipif(not available(), reason="no LLVM")
def test_an_array_that_repeats_its_elements_is_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    gelu, silu = element_functions.GELU_BACKWARD, element_functions.SILU_BACKWARD
    grad = np.broadcast_to(np.float32(0.75), X.shape)
    called: list[None] = []
    for code, kernel in ((gelu, gelu_steps.backward), (silu, smooth.silu_backward.record.kernel)):
        code.make()
        called.clear()
        monkeypatch.setattr(code, "function", lambda *given, run=code.function: called.append(run(*given)))
        found, wanted = kernel(grad, X), kernel(np.ascontiguousarray(grad), X)
        assert len(called) == 2
        assert found.view(np.int32).tolist() == wanted.view(np.int32).tolist()


@pytest.mark.skipif(not available(), reason="no LLVM")
def test_it_comes_when_there_was_work(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(made_later, "MAKE", 1 << 26)
    monkeypatch.setattr(store, "usable", lambda: True)
    monkeypatch.setattr(apart, "possible", lambda: False)
    x, out = X.copy(), np.empty_like(X)

    def negative() -> ElementCode:
        return ElementCode(lambda c, ins, tables: [c.add(f"fneg float {ins[0]}")], 1, 1000)

    first = negative()
    rounds = 0
    while not first.fill(out, x):
        rounds += 1
    assert 1 < rounds < 1000
    assert out.tobytes() == (-x).tobytes()
    second = negative()
    assert [second.fill(out, x) for _ in range(4)] == [False, True, True, True]  # from the cache


def test_one_process_makes_all_that_was_looked_for(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    asked: list[list[tuple[str, str]]] = []
    monkeypatch.setattr(made_later, "LACKING", {})
    monkeypatch.setattr(store, "usable", lambda: True)
    monkeypatch.setattr(apart, "possible", lambda: True)
    monkeypatch.setattr(apart, "start", lambda key, kind, texts: asked.append(texts) or 7)

    def code(name: str) -> ElementCode:
        return ElementCode(lambda c, ins, tables: [c.add(f"{name} float {ins[0]}, {ins[0]}")], 1, 1)

    first, second, third = code("fadd"), code("fmul"), code("fsub")
    assert not first.worked(made_later.LOOK)
    assert not third.worked(made_later.LOOK - 1)
    assert asked == []
    assert not second.worked(made_later.ASK)
    assert not first.worked(made_later.ASK)
    assert asked == [[(first.key, first.text()), (second.key, second.text())]]


def test_what_it_cannot_take_is_left_to_numpy() -> None:
    code = ElementCode(lambda c, ins, tables: ins, 1, 1)
    code.function = lambda *given: pytest.fail("was called")
    out = np.empty((40, 40), np.float32)
    assert not code.fill(out, np.ones((40, 40)))
    assert not code.fill(out, np.ones((40, 40), np.float32).T[::-1])
    assert not code.fill(out, np.ones(40, np.float32))
    assert not code.fill(out[:2, :2], np.ones((2, 2), np.float32))
    assert not code.fill(out[:0], np.ones((0, 40), np.float32))
    assert code.of(np.float32(1)) is None


def test_what_one_thread_runs_no_other_replaces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of an array are computed by several threads, which all may look for code at once."""
    owners: list[object] = []

    class Code(made_later.MadeLater):
        def text(self) -> str:
            return ""

        def _advance(self) -> None:
            other = threading.Thread(target=self.worked, args=(made_later.LOOK,))
            other.start()
            other.join()
            owners.append(object())
            self._use(owners[-1], 1)

    code = Code("p")
    assert code.worked(made_later.LOOK)
    first = code.function
    assert code.worked(made_later.LOOK)
    assert code.function is first and [code.owner] == owners


@pytest.mark.parametrize("size", [7, 5_000])
def test_a_gradient_passes_on_before_there_is_machine_code(size: int) -> None:
    x = np.linspace(-1, 1, size, dtype=np.float32)
    grad = np.arange(1, size + 1, dtype=np.float32)
    for above in (np.float32(0), -grad):
        found = choice.masked(grad, above, x <= 0, np.empty_like(grad))
        assert found.dtype == np.float32
        assert found.tolist() == np.where(x <= 0, above, grad).tolist()


def test_one_number_has_the_digits_that_it_has_in_a_row() -> None:
    """Also where the polynomials decide which of two floats is the nearest, as in some of these."""
    numbers = np.random.default_rng(0).standard_normal(3000).astype(np.float32)
    row = mkl_tanh.mkl_tanh(numbers)
    for x, expected in zip(numbers, row, strict=True):
        assert mkl_tanh.mkl_tanh(np.asarray(x)) == mkl_tanh.mkl_tanh(x, np.empty((), np.float32)) == expected


@pytest.mark.skipif(not available(), reason="no LLVM")
@pytest.mark.parametrize("more", [np.inf, np.nan, 12345.0])
def test_angles_that_are_too_large_are_left_to_numpy(more: float) -> None:
    x = np.append(ANGLES, np.float32(more))
    for code, function, steps in (
        (mkl_functions.SIN, mkl_functions.mkl_sin, mkl_functions._sin),
        (mkl_functions.COS, mkl_functions.mkl_cos, mkl_functions._cos),
    ):
        code.make()
        with np.errstate(all="ignore"):
            assert function(x).view(np.int32).tolist() == steps(x).view(np.int32).tolist()


def test_an_interrupt_does_not_end_the_looking_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may come when a thread has just said that it looks, and before it can take that back."""
    made_later.looking["thread"] = threading.get_ident()
    advanced: list[bool] = []

    class Code(made_later.MadeLater):
        def _advance(self) -> None:
            advanced.append(True)

    assert not Code("p").worked(made_later.LOOK)
    assert advanced and not made_later.looking
