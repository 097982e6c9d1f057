"""The embedding interface."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from tensorsh import Session, TensorshError
from tensorsh.errors import UsageError


def test_run_returns_what_is_displayed(capsys: pytest.CaptureFixture[str]) -> None:
    session = Session()
    assert session.run("x = 2\nx\nprint('a', [1, 2], 1.5)\nx + 1") == [2, 3]
    assert capsys.readouterr().out == "a [1, 2] 1.5\n"


def test_the_example_of_the_manual() -> None:
    session = Session(seed=0)
    session.run("x = tensor([1., 2.], requires_grad=True); y = (x * x).sum(); backward y")
    assert session["x"].grad.numpy().tolist() == [2, 4]
    assert session["y"].item() == 5
    session["n"] = np.ones((2, 3))
    assert session.run("n.shape, n.dtype")[0][0] == (2, 3)


def test_variables() -> None:
    session = Session()
    session["a"], session["b"] = [1, np.float64(2)], "text"
    assert session.names() == ["a", "b"]
    assert "a" in session and "c" not in session and "__builtins__" not in session
    assert session.run("b") == ["text"]
    del session["a"]
    assert session.names() == ["b"]
    for missing in ("a", "__builtins__", "print"):
        with pytest.raises(KeyError):
            session[missing]
    for bad in ("__x", "a b"):
        with pytest.raises(KeyError):
            session[bad] = 1


def test_sessions_are_independent() -> None:
    first, second = Session(dtype="float64"), Session()
    first.run("x = [1.]\nset_grad_enabled(False)\ndef len(x): return 7")
    assert second.run("is_grad_enabled(), len('ab'), [1.].dtype == float32") == [(True, 2, True)]
    assert first.run("is_grad_enabled(), len('ab'), x.dtype == float64") == [(False, 7, True)]
    assert "x" not in second


def test_a_seed_repeats() -> None:
    program = "rand(3)"
    once, again = Session(seed=3).run(program)[0], Session(seed=3).run(program)[0]
    assert once.tolist() == again.tolist() != Session(seed=4).run(program)[0].tolist()


@pytest.mark.parametrize("seed", [2**64, -(2**63) - 1])
def test_a_seed_of_more_than_64_bits_is_bad_usage(seed: int) -> None:
    with pytest.raises(UsageError, match=f"cannot start from seed {seed}"):
        Session(seed=seed)


def test_the_random_stream_rolls_back() -> None:
    session = Session(seed=0)
    with pytest.raises(TensorshError):
        session.run("if true:\n    rand(3)\n    zz")
    assert session.run("rand(3)")[0].tolist() == Session(seed=0).run("rand(3)")[0].tolist()


def test_execute_hands_over_values_errors_and_times() -> None:
    session = Session()
    values, errors, times = [], [], []
    session.execute(
        "x = 1\nx\nzz\nx + 1\n",
        "some.tsh",
        lambda shown: values.append((shown.value, shown.name)),
        on_error=errors.append,
        on_time=lambda span, seconds: times.append(span.text),
    )
    assert values == [(1, "x"), (2, None)]
    assert [error.span.source.name for error in errors] == ["some.tsh"]
    assert times == ["x = 1", "x", "zz", "x + 1"]


def test_errors_are_data() -> None:
    with pytest.raises(TensorshError) as caught:
        Session().run("x = 1\ny = x + zz")
    error = caught.value
    assert (error.code, error.message, error.span.position) == ("name", "name 'zz' is not defined", (2, 9))


def test_bad_defaults_are_refused() -> None:
    with pytest.raises(TensorshError):
        Session(dtype="int32")
    with pytest.raises(TensorshError):
        Session(device="cuda")


def test_print_options_belong_to_a_session() -> None:
    session = Session()
    session.run("torch.set_printoptions(precision=2)")
    assert session.run("str(tensor([1.234]))") == ["tensor([1.23])"]
    assert Session().run("str(torch.tensor([1.234]))") == ["tensor([1.2340])"]


def test_a_session_that_nobody_holds_is_gone() -> None:
    session = Session(seed=0)
    session.run("import torch\nx = torch.ones(2)\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    pass")
    with pytest.raises(TensorshError):
        session.run("x.append(1)")
    gone = weakref.ref(session)
    del session
    gc.collect()
    assert gone() is None


def test_help_is_in_the_words_of_the_program() -> None:
    for text, help in (
        ("y = ones(2, requires_grad=true) * 2\ny.backward()", "backward y.sum()"),
        ("import torch\ny = torch.ones(2, requires_grad=True) * 2\ny.backward()", "y.sum().backward()"),
    ):
        with pytest.raises(TensorshError) as caught:
            Session().run(text)
        assert caught.value.help is not None and caught.value.help.endswith(help)


def test_operands_inside_the_library_are_not_the_programs() -> None:
    with pytest.raises(TensorshError) as caught:
        Session().run("import torch\nm = torch.nn.Linear(3, 2)\nm(torch.ones(2, 4))")
    assert caught.value.labels == ()
