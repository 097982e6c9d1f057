"""The first NaN or infinity: who made it, where, of what; forward and backward, in loops and under transforms."""

from __future__ import annotations

import pytest

from tensorsh import Session, TensorshError


@pytest.fixture
def session() -> Session:
    session = Session(seed=0)
    session.anomaly = True
    session.on_warning = lambda report: None
    return session


def failure(session: Session, text: str) -> TensorshError:
    with pytest.raises(TensorshError) as found:
        session.run(text)
    return found.value


def test_forward(session: Session) -> None:
    error = failure(session, "x = [0., 3.]\ny = x + 1\nz = log(x)")
    assert (error.code, error.error_class) == ("not-finite", "FloatingPointError")
    assert error.message == "log returned -inf at [0], of finite operands"
    assert error.help == "it was given float32[2] from 0.0 to 3.0"
    assert error.span is not None and error.span.position == (3, 5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("softmax([[-inf, -inf], [0., 1.]] * 2, 1)", "softmax returned nan at [0, 0], of infinite operands"),
        ("x = [1., inf]\nx - x", "sub returned nan at [1], of infinite operands"),
        ("x = [1., inf]\nx -= x", "sub returned nan at [1], of infinite operands"),
        ("[0., 2.] * inf", "mul returned nan at [0], of infinite operands"),
        ("x = [-1., inf]\nsqrt(x)", "sqrt returned nan at [0], of infinite operands"),
    ],
)
def test_nan_of_what_is_infinite(session: Session, text: str, said: str) -> None:
    assert failure(session, text).message == said


@pytest.mark.parametrize(
    "text",
    [
        "softmax([[-inf, 0.], [0., 1.]], 1)",
        "[1., inf] * 2",
        "[nan, inf] - inf",
        "x = zeros(3)\nx[1] = -inf\nexp(x)",
        "masked_fill(rand(3, 3), eye(3).bool(), -inf).softmax(0)",
    ],
)
def test_what_a_program_writes_itself_is_none(session: Session, text: str) -> None:
    session.run(text)


@pytest.mark.parametrize("program", ["x *= 1e30", "x.mul_(1e30)", "x[1] = exp(x[1])", "x = x * x"])
def test_in_place_and_in_loops(session: Session, program: str) -> None:
    """Loops that would be compiled, too; the round that fails is not half done."""
    error = failure(session, f"x = [2., 3.]; n = 0\nfor i in range(60):\n    {program}\n    n += 1")
    assert error.code == "not-finite" and error.span is not None and error.span.position[0] == 3
    assert session.run("x.isfinite().all().item()") == [True]


def test_a_loop_says_the_same_whether_it_would_be_compiled_or_not() -> None:
    text = "param x = [9., 4.]\nfor i in range(60):\n    y = sqrt(x - i * 0.17)\n    backward y.sum()"
    found = []
    for compile in (True, False):
        session = Session(seed=0, compile=compile)
        session.on_warning = lambda report: None
        session.anomaly = True
        found.append(failure(session, text).message)
    assert found == ["sqrt returned nan at [1], of finite operands"] * 2


def test_backward_names_the_way_forth(session: Session) -> None:
    error = failure(session, "param x = [0., 4.]\ny = sqrt(x).sum()\nbackward y")
    assert error.message == "Function 'SqrtBackward0' returned inf values in its 0th output."
    assert error.help == (
        "it is the derivative of `y = sqrt(x).sum()` (<input>:2), where it was given float32[2] from 0.0 to 4.0"
    )
    assert session.run("x.grad is None") == [True]


def test_backward_of_pytorch(session: Session) -> None:
    """`set_detect_anomaly` alone: NaN on the way back, in PyTorch's words, and nothing else."""
    session = Session(seed=0)
    session.on_warning = lambda report: None
    text = "import torch\ntorch.autograd.set_detect_anomaly(True)\nx = torch.zeros(2, requires_grad=True)\n"
    session.run(f"{text}torch.log(x)\nx.sqrt().sum().backward()")
    error = failure(session, "y = torch.sqrt(x * 1)\n(y * 0).sum().backward()")
    assert error.message == "Function 'SqrtBackward0' returned nan values in its 0th output."
    assert error.help is not None and "`y = torch.sqrt(x * 1)`" in error.help


@pytest.mark.parametrize(
    "text",
    [
        "tensor([inf, nan]) * 2",
        "ones(2).masked_fill(tensor([true, false]), -inf).softmax(0)",
        "full((2,), inf) - 1",
        "max_pool2d(ones(1, 1, 4, 4), 2, padding=1)",
        "scaled_dot_product_attention(ones(1, 2, 2), ones(1, 2, 2), ones(1, 2, 2), is_causal=true)",
        "param x = [1.]; backward x * 2 with [inf]",
        "empty(3)",
    ],
)
def test_what_a_program_writes_itself_is_no_anomaly(session: Session, text: str) -> None:
    session.run(text)


@pytest.mark.parametrize("anomaly", [False, True])
def test_under_transforms(anomaly: bool) -> None:
    """All slices of a `vmap` are looked at: `jacrev` walks back for all outputs at once."""
    session = Session(seed=0)
    session.on_warning = lambda report: None
    session.run("import torch\nfrom torch.func import vmap, grad, jacrev\nx = torch.tensor([0., 1.])")
    session.run("torch.autograd.set_detect_anomaly(True)")
    session.anomaly = anomaly
    session.run("torch.autograd.set_detect_anomaly(True)")
    assert session.run("jacrev(torch.sin)(x).tolist(), vmap(grad(torch.sin))(x * 0).tolist()")
    error = failure(session, "jacrev(lambda t: torch.sqrt(t - t) * 0)(x)")
    assert error.message == "Function 'SqrtBackward0' returned nan values in its 0th output."
    if anomaly:
        assert (
            failure(session, "vmap(torch.log)(x)").message == "log returned -inf at [0], of finite operands"
        )


def test_off_again(session: Session) -> None:
    failure(session, "1 / zeros(1)")
    session.anomaly = False
    session.run("1 / zeros(1)")
    assert not session.anomaly
