"""Errors while running: their kind, their place, their labels; and that they change nothing."""

from __future__ import annotations

from types import FunctionType

import pytest

from tensorsh import Session, TensorshError
from tensorsh.engine.records.op import registry
from tensorsh.engine.run import apply


def failure(program: str, session: Session | None = None) -> TensorshError:
    with pytest.raises(TensorshError) as caught:
        (session or Session()).run(program)
    return caught.value


@pytest.mark.parametrize(
    ("program", "kind", "guilty", "message"),
    [
        ("a = 1; b = zz", "name", "zz", "name 'zz' is not defined"),
        ("f = lambda x: x\nf()", "type", "f", "<lambda>() missing 1 required positional argument: 'x'"),
        ("def g(x): return x\ng(1, 2)", "type", "g", "g() takes 1 positional argument but 2 were given"),
        ("1 / 0", "value", "/", "division by zero"),
        ("x = [1]; x.foo", "name", "foo", "'Tensor' object has no attribute 'foo'"),
        ("torch.foo", "name", "foo", "module 'torch' has no attribute 'foo'"),
        ("a, b = 1, 2, 3", "value", "a, b", "too many values to unpack (expected 2)"),
        ("for i in 3: pass", "type", "3", "'int' object is not iterable"),
        ("(1, 2)[5]", "index", "5", "tuple index out of range"),
        ("x = 3\nx[0]", "type", "0", "'int' object is not subscriptable"),
        ("'a' + 1", "type", "+", 'can only concatenate str (not "int") to str'),
        ("-'a'", "type", "-'a'", "bad operand type for unary -: 'str'"),
        ("1 < 'a'", "type", "<", "'<' not supported between instances of 'int' and 'str'"),
        ("x = 'a'; x -= 1", "type", "-=", "unsupported operand type(s) for -=: 'str' and 'int'"),
        ("int('x')", "value", "int", "invalid literal for int() with base 10: 'x'"),
        ("[[1, 2], [3]]", "value", "[3]", "expected sequence of length 2 at dim 1 (got 1)"),
        ("tensor([[1, 2], [3]])", "value", "[3]", "expected sequence of length 2 at dim 1 (got 1)"),
        ("x = [1]; x.shape = 3", "name", "shape", "attribute 'shape' of 'torch._C.TensorBase' objects is not writable"),
        ("def f():\n    y = z\n    z = 1\nf()", "name", "z",
         "cannot access local variable 'z' where it is not associated with a value"),
        ("assert 1 > 2, 'bad'", "assertion", "1 > 2", "bad"),
        ("zeros(10 ** 12)", "value", "zeros",
         "DefaultCPUAllocator: can't allocate memory: you tried to allocate 4000000000000 bytes. "
         "Error code 12 (Cannot allocate memory)"),
        ("break", "syntax", "break", "'break' outside loop"),
        ("return 1", "syntax", "return 1", "'return' outside function"),
        ("x=[1.]\n" + "x + " * 500 + "'a'", "type", "+",
         "unsupported operand type(s) for +: 'Tensor' and 'str'"),
    ],
)  # fmt: skip
def test_places(program: str, kind: str, guilty: str, message: str) -> None:
    error = failure(program)
    assert (error.kind, error.message) == (kind, message)
    assert error.span is not None
    assert error.span.text.strip() == guilty or (kind == "assertion" and error.span.text.strip() in guilty)


@pytest.mark.parametrize(
    ("program", "help"),
    [
        ("prinf(1)", "did you mean 'print'?"),
        ("learning_rate = 1; lerning_rate", "did you mean 'learning_rate'?"),
        ("x = param [1.]", "it begins a statement: param x = [1., 2.]"),
        ("x = [1.]; x.shap", "did you mean 'shape'?"),
        ("torch.oness(2)", "did you mean 'ones'?"),
    ],
)
def test_did_you_mean(program: str, help: str) -> None:
    assert failure(program).help == help


def test_operands_are_labelled() -> None:
    error = failure("ones(2, 3) * ones(4, 5)")
    assert [(span.text, text) for span, text in error.labels] == [
        ("ones(2, 3)", "float32[2, 3]"),
        ("ones(4, 5)", "float32[4, 5]"),
    ]


def test_operands_of_methods_and_updates_are_labelled() -> None:
    error = failure("x = ones(2)\nx += ones(3)")
    assert [text for _, text in error.labels] == ["float32[2]", "float32[3]"]
    error = failure("a = ones(2); b = ones(3)\na.mul(b)")
    assert [(span.text, text) for span, text in error.labels] == [("a", "float32[2]"), ("b", "float32[3]")]


def test_the_trail_of_calls() -> None:
    error = failure("def f(x):\n    return 1 / x\ndef g(x):\n    return f(x)\ng(0)")
    assert [span.text for span in error.trail] == ["g(0)", "f(x)"]
    assert error.span is not None and error.span.position == (2, 14)


@pytest.mark.parametrize(
    "statement",
    [
        "a = 5; zz",
        "for a in range(3):\n    b = 1 / (1 - a)",
        "x.mul_(0); x += 1",
        "xs.append(1); xs.pop(0); xs[0] = 9",
        "xs += [3]; xs.sort()",
        "del xs[0]",
        "x.grad = ones(2)",
        "x[0] = 7",
        "set_grad_enabled(false)",
        "set_default_dtype(float64)",
        "n: float32[size] = ones(2)",
        "f = 3",
    ],
)
def test_a_failed_statement_changes_nothing(statement: str) -> None:
    session = Session()
    session.run("a = 1\nx = [1., 2.]\nxs = [x, 'a', 'b']\ndef f(): return 1")
    block = "if true:\n" + "\n".join("    " + line for line in statement.splitlines()) + "\n    1 / 0"
    failure(block, session)
    assert session.names() == ["a", "x", "xs", "f"]
    assert session["a"] == 1
    assert session["x"].tolist() == [1, 2]
    assert session["x"].grad is None
    assert session["xs"][1:] == ["a", "b"]
    assert session.run("f(), is_grad_enabled(), [1.].dtype") == [(1, True, session["x"].dtype)]
    session.run("n: float32[size] = ones(3)")


def test_a_syntax_error_runs_nothing() -> None:
    session = Session()
    error = failure("x = 1\ny = = 2", session)
    assert (error.kind, error.exit_code) == ("syntax", 3)
    assert session.names() == []


def test_a_mistake_of_ours_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    code = compile("def broken(*_):\n    return {}['oops']", apply.__file__, "exec")
    monkeypatch.setattr(registry["tanh"], "kernel", FunctionType(code.co_consts[0], {}))
    registry["tanh"].__dict__.pop("run", None)
    registry["tanh"].__dict__.pop("bound", None)
    error = failure("tanh(ones(2))")
    for name in ("run", "bound"):
        registry["tanh"].__dict__.pop(name, None)
    assert error.kind == "internal"
    assert "oops" in error.message
    assert isinstance(error.__cause__, KeyError)


def test_an_attribute_that_a_tensor_lacks_is_the_program_s_error() -> None:
    with pytest.raises(TensorshError) as caught:
        Session().run("import torch\ntorch.ones(2).softmaxx(0)")
    error = caught.value
    assert (error.kind, error.message) == ("name", "'Tensor' object has no attribute 'softmaxx'")
    assert error.help == "did you mean 'softmax'?"


def test_the_labels_ask_no_class_of_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    program = """
import torch
class Loud(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        print("asked for", func.__name__)
        return super().__torch_function__(func, types, args, kwargs or {})
x = torch.ones(3).as_subclass(Loud)
"""
    session = Session()
    session.run(program)
    with pytest.raises(TensorshError) as caught:
        session.run("x.softmaxx")
    assert [text for _, text in caught.value.labels] == ["float32[3]"]
    assert capsys.readouterr().out == ""
