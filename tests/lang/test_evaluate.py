"""What programs mean: host values, brackets, functions, annotations, display."""

from __future__ import annotations

from typing import Any

import pytest

from tensorsh import Session, TensorshError


def shown(program: str) -> list[str]:
    """What a program displays, as PyTorch prints it."""
    return [repr(value) for value in Session().run(program)]


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("7 // 2, -7 // 2, 7 % 3, 2 ** 10, 1 < 2 < 3, not 0, 0 or 'x'", "(3, -4, 1, 1024, True, True, 'x')"),
        ("f'{3.14159:.2f} {\"a\"!r:>5}'", "\"3.14   'a'\""),
        ("x = 'a'; f'{x=}'", "\"x='a'\""),
        ("[i * i for i in range(5) if i % 2 == 0]", "[0, 4, 16]"),
        ("sum(i for i in range(4))", "6"),
        ("(lambda a, *b, c=1, **d: (a, b, c))(1, 2, 3, c=4)", "(1, (2, 3), 4)"),
        ("a, (b, *c) = 1, (2, 3, 4); a, b, c", "(1, 2, [3, 4])"),
        ("a = b = 5; b += 1; a, b", "(5, 6)"),
        ("1 if false else 2", "2"),
        ("'%s %d' % ('a', 3)", "'a 3'"),
        ("sorted(['b', 'a']), list(zip('ab', (1, 2))), max(3, 8), round(2.567, 1)",
         "(['a', 'b'], [('a', 1), ('b', 2)], 8, 2.6)"),
        ("isinstance(3, int), isinstance(ones(1), Tensor), isinstance('a', (int, str)), type('a') is str",
         "(True, True, True, True)"),
        ("torch.Size([2, 3]), ones(2, 3).shape, torch.float32, float32", 
         "(torch.Size([2, 3]), torch.Size([2, 3]), torch.float32, torch.float32)"),
        ("finfo(float32).eps, iinfo(int8)", "(1.1920928955078125e-07, iinfo(min=-128, max=127, dtype=int8))"),
        ("sum = 3; del sum; sum((1, 2))", "3"),
        ("import io\nb = io.StringIO()\nprint([1., 2.], 'a', file=b, sep='|'); b.getvalue()", "'[1.0, 2.0]|a\\n'"),
        ("hasattr(ones(1), 'shape'), getattr(ones(1), 'nope', 7)", "(True, 7)"),
    ],
)  # fmt: skip
def test_host_values(program: str, expected: str) -> None:
    assert shown(program)[-1] == expected


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("[1, 2]", "tensor([1, 2])"),
        ("[1., 2] * 3", "tensor([3., 6.])"),
        ("2 * [1, 2] + [1, 1]", "tensor([3, 5])"),
        ("len([1, 2, 3]), sum([1, 2]), max([3, 4])", "(3, 3, 4)"),
        ("str([1, 2])", "'[1, 2]'"),
        ("def f(x): return x\nf([1, 2])", "tensor([1, 2])"),
        ("(lambda x: x)(x=[1, 2])", "tensor([1, 2])"),
        ("[i for i in [1, 2]]", "[1, 2]"),
        ("[r for r in [[1, 2], [3, 4]]]", "[tensor([1, 2]), tensor([3, 4])]"),
        ("[a + b for a, b in [[1, 2], [3, 4]]]", "[3, 7]"),
        ("a, b = [1, 2]; a", "1"),
        ("2 in [1, 2], 5 in [1, 2]", "(True, False)"),
        ("ones(2).tolist() == [1, 1]", "True"),
        ("xs = ['a']; xs + [4]", "['a', 4]"),
        ("xs = [1, 'a']; xs.append([1, 2]); xs", "[1, 'a', [1, 2]]"),
        ("[1, 'a'] * 2", "[1, 'a', 1, 'a']"),
        ("[ones(1), 'a'][1]", "'a'"),
        ("[]", "[]"),
        ("inf = 3; [inf, 1, -inf]", "tensor([ 3,  1, -3])"),
        ("[true, False]", "tensor([ True, False])"),
        ("float64[2] if false else [1., inf, nan]", "tensor([1., inf, nan])"),
    ],
)
def test_brackets(program: str, expected: str) -> None:
    assert shown(program)[-1] == expected


@pytest.mark.parametrize("first", ["", "import torch; "])
def test_del_takes_tuples_and_lists_apart(first: str) -> None:
    program = f"{first}a = b = c = 1; d = {{0: 1, 1: 2}}; del (a, [b, (d[0],)]), [c], (), []"
    session = Session()
    session.run(program)
    assert session["d"] == {1: 2} and not {"a", "b", "c"} & {*session.names()}


def test_type_hints_of_further_arguments_unpack_types() -> None:
    session = Session()
    session.run("import torch\ndef f(*sizes: *tuple[int, ...]): return sizes")
    assert str(session["f"].__annotations__["sizes"]) == "*tuple[int, ...]"


DOCUMENTED = """
import torch
class Net:
    "Of a class."
    def forward(self, x):
        "Of a method."
        return x * 2 + 1
    def empty(self):
        "Of nothing."
def plain(x):
    "Of a function."
    y = x.exp()
    return y.sum()
texts = [f.__doc__ for f in (Net, Net.forward, Net.empty, plain)]
"""


def test_the_text_at_the_beginning_of_a_function_is_its_documentation() -> None:
    session = Session()
    session.run(DOCUMENTED)
    assert session["texts"] == ["Of a class.", "Of a method.", "Of nothing.", "Of a function."]
    own = Session()
    own.run('def scaled(x: float32[n], y: float32[n]):\n    "Of sizes."\n    return x * y')
    assert own["scaled"].__doc__ == "Of sizes."


def test_list_is_stacked_where_a_tensor_is_needed() -> None:
    session = Session()
    assert repr(session.run("t = tensor(2., requires_grad=True)\n[t, t * t] * 2")[0]).startswith(
        "tensor([4., 8.]"
    )
    assert session.run("grad ([t, t * t] * 2).sum() wrt t")[0].item() == 10


def test_numbers_in_an_index_are_a_list() -> None:
    assert shown("x = [[1, 2], [3, 4]]\nx[[1, 0]]") == ["tensor([[3, 4],\n        [1, 2]])"]


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("1\nNone\n2;\n3", ["1", "3"]),
        ("for i in range(2):\n    i", ["0", "1"]),
        ("def f():\n    5\n    return 6\nf()", ["6"]),
        (
            "x = ones(2); x.add_(1); manual_seed(0)\nxs = [x, 1]; xs.append(2); xs.pop()\nx",
            ["tensor([2., 2.])"],
        ),
        ("3\n_ + 1\n_ + 1", ["3", "4", "5"]),
        ("import torch\n1", ["1"]),
    ],
)
def test_what_is_displayed(program: str, expected: list[str]) -> None:
    assert shown(program) == expected


def test_a_script_that_imports_torch_displays_nothing() -> None:
    values: list[Any] = []
    Session().execute("import torch\ntorch.ones(2)\n", "x.tsh", values.append, script=True)
    Session().execute("x = 1\nx\n", "x.tsh", values.append, script=True)
    assert [shown.value for shown in values] == [1]


@pytest.mark.parametrize(
    ("program", "dtype", "value"),
    [
        ("x: float64 = [0.1]\nx", "torch.float64", [0.1]),
        ("x: float64 = -0.1\nx", "torch.float64", -0.1),
        ("[0.1] as float64", "torch.float64", [0.1]),
        ("x: float64[n, 2] = ones(3, 2)\nx[0]", "torch.float64", [1, 1]),
        ("x: float64 = ones(1, dtype=float32)\nx", "torch.float64", [1]),
        ("x: int64 = [1.5, 2.5]\nx", "torch.int64", [1, 2]),
        ("param w: float64 = [1., 2.]\nw.detach()", "torch.float64", [1, 2]),
    ],
)
def test_annotations(program: str, dtype: str, value: Any) -> None:
    (found,) = Session().run(program)
    assert (str(found.dtype), found.tolist()) == (dtype, value)


def test_param_is_a_leaf() -> None:
    session = Session()
    session.run("param w = ones(2) * 3\ny = (w * w).sum()\nbackward y")
    assert session["w"].is_leaf
    assert session.run("grad w")[0].tolist() == [6, 6]


def test_named_sizes() -> None:
    session = Session()
    session.run("x: float32[n, d] = ones(3, 2)")
    with pytest.raises(TensorshError, match="dimension 0 is 2, but n is 3") as caught:
        session.run("y: float32[n] = ones(2)")
    assert caught.value.code == "shape-annotation"
    assert caught.value.labels[0][1] == "n = 3 was bound here"
    session.run("y: float32[d] = ones(2)")
    # a failed statement binds nothing, and a function's sizes hold for one call
    with pytest.raises(TensorshError):
        session.run("z: float32[m, m] = ones(2, 3)")
    session.run("z: float32[m] = ones(7)")
    session.run("def f(a):\n    b: float32[k] = a\n    return b\nf(ones(2)); f(ones(3));")


def test_derivatives_of_derivatives() -> None:
    session = Session()
    assert session.run("param x = 3.\ngrad (grad x * x * x wrt x) wrt x")[0].item() == 18
    assert [g.item() for g in session.run("param w = 2.\ngrad w * x wrt (w, x)")[0]] == [3, 2]


@pytest.mark.parametrize(
    ("program", "code", "text"),
    [
        ("param w = 1.\ny = w * 2\ngrad y", "grad-not-leaf", "it is not a leaf"),
        ("x = [1.]\ngrad x", "grad-not-required", "requires_grad is False"),
        ("param w = 1.\ngrad w", "grad-no-backward", "no backward has reached it"),
        (
            "param w = 1.\ny = w * w\nbackward y\nbackward y",
            "graph-freed",
            "backward through the graph a second time",
        ),
        ("param w = 1.\ny = w * w\nbackward y\ngrad y wrt w", "graph-freed", "the graph a second time"),
    ],
)
def test_grad_says_why_there_is_none(program: str, code: str, text: str) -> None:
    with pytest.raises(TensorshError, match=text) as caught:
        Session().run(program)
    assert caught.value.code == code
    assert caught.value.help


def test_explain_alone_explains_every_leaf() -> None:
    text = "param b = 2.\nparam a = [1., 2.]\nxs = [tensor([3., 4.], requires_grad=True)]\n"
    (explanation,) = Session().run(text + "y = (a * xs[0] * b).sum()\nexplain y")
    assert [text for text, _, _ in explanation.inputs] == ["b", "a", "xs[0]"]
    assert [value.tolist() for _, _, value in explanation.inputs] == [11.0, [6.0, 8.0], [2.0, 4.0]]
    with pytest.raises(TensorshError, match="y depends on nothing that requires a gradient") as raised:
        Session().run("y = tensor([1.]) * 2\nexplain y")
    assert "param x" in raised.value.help


def test_graph_and_explain_are_displayed_values() -> None:
    graph, explanation = Session().run("param x = [1., 2.]\ny = x * x\ngraph y\nexplain y wrt x")
    assert [row.name for row in graph.rows] == ["x", "y"]
    assert explanation.inputs[0][2].tolist() == [2, 4]


def test_import_runs_a_file_once(tmp_path: Any) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.tsh").write_text('import "deep/b.tsh"\na = b + 1\n')
    (tmp_path / "deep" / "b.tsh").write_text("b = 1\nprint('once')\n")
    (tmp_path / "cycle.tsh").write_text('c = 1\nimport "cycle.tsh"\n')
    session = Session()
    session.run('import "a.tsh"\nimport "a.tsh"\nimport "deep/b.tsh"', str(tmp_path / "main.tsh"))
    assert (session["a"], session["b"]) == (2, 1)
    with pytest.raises(TensorshError, match=r"import cycle: cycle\.tsh → cycle\.tsh"):
        session.run('import "cycle.tsh"', str(tmp_path / "main.tsh"))
    assert "c" not in session


@pytest.mark.parametrize(
    ("program", "result"),
    [
        ("1" + " + 1" * 100_000, 100_001),
        ("f = lambda n: 0 if n == 0 else 1 + f(n - 1)\nf(900)", 900),
        (" and ".join(["1"] * 10_000), 1),
        ("-" * 10_000 + "1", 1),
    ],
)
def test_long_programs_run(program: str, result: Any) -> None:
    assert Session().run(program) == [result]


@pytest.mark.parametrize(
    ("program", "kind"),
    [
        ("(" * 10_000 + "1" + ")" * 10_000, "syntax"),
        ("x = [1.]\nx" + ".T" * 5_000, "syntax"),
        ("def f(n): return f(n + 1)\nf(0)", "recursion"),
    ],
)
def test_what_is_too_deep_is_an_error(program: str, kind: str) -> None:
    with pytest.raises(TensorshError) as caught:
        Session().run(program)
    assert caught.value.kind == kind


@pytest.mark.parametrize(
    "program",
    [
        "__builtins__", "__import__", "print.__self__", "ones.kernel",
        "(lambda: 1).__globals__", "(lambda: 1).__code__", "'{0.__code__}'.format(lambda: 1)", "[1.]._version_slot",
        "x = [1.]; x.array", "getattr(len, '__self__')",
        "getattr((lambda: 1), '__code__')", "(i for i in range(3)).gi_frame", "torch.__dict__",
        "eval", "exec", "(1).__class__.__subclasses__", "(1).__class__.__base__.__subclasses__()",
        "class A: pass\nA.__init__.__globals__", "''.join.__self__.__class__.__mro__",
    ],
)  # fmt: skip
def test_python_is_out_of_reach(program: str) -> None:
    with pytest.raises(TensorshError) as caught:
        Session().run(program)
    assert caught.value.kind in ("name", "syntax")
