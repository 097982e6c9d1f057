"""Numbers that a loop changes: a program leaves them as the statements do, whatever they were when it was made."""

from __future__ import annotations

import random

import pytest

from tensorsh import Session

#: where a walk keeps its place: what comes before the loop, and how the place is written
PLACES = {
    "a name": ("pos = 0", "pos"),
    "an attribute": ("class State: pass\nstate = State(); state.pos = 0", "state.pos"),
    "an item of a dictionary": ("state = {'pos': 0}", "state['pos']"),
    "an item of a list": ("state = [0, 0]", "state[1]"),
}
WALK = """
import torch
q, out = torch.zeros(5, 2), []
{start}
for a in {moves}:
    n = min(4, {place} + 1) if a else max(0, {place} - 1)
    q[{place}, a] += 0.5 * (0.9 * q[n].max() * (n != 4) - q[{place}, a]) + 0.1
    {place} = n
    out.append((a, {place}, q.sum().item()))
"""


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("kept", PLACES)
def test_a_walk_comes_to_the_same_places(kept: str, seed: int) -> None:
    """At an end it stays where it is, and a program made there must not leave other places as they were."""
    start, place = PLACES[kept]
    drawn = random.Random(seed)
    text = WALK.format(start=start, place=place, moves=[drawn.randrange(2) for _ in range(60)])
    found = []
    for compile in (True, False):
        session = Session(compile=compile)
        session.run(text)
        found.append(session["out"])
    assert found[0] == found[1]


#: what may be asked of a number that differs each time
USES = (
    "x.clamp(-a, a)", "torch.clamp(x, max=a)", "nn.functional.leaky_relu(x, a)", "nn.functional.elu(x, a)",
    "nn.functional.softplus(x, a)", "torch.lerp(x, 2 * x, a)", "torch.where(x > 0, x, a)", "x.masked_fill(x > 0, a)",
    "x * math.exp(-a)", "x * math.cos(math.pi * a) / math.sqrt(1 + a)", "x * round(a, 1)", "x * math.pow(a, n)",
    "x * math.floor(10 * a)", "x * max(a, math.log(a))", "x * (x > a)",
)  # fmt: skip


STEPS = """
import math
import torch
{start}
x = torch.randn(4, 5, requires_grad=True); out = []
for i in range(14):
    {numbers}
    y = ({use}).sum() * 2
    y.backward(); out.append(y); out.append(x.grad); x.grad = None
"""


def as_evaluated(text: str) -> Session:
    """The session that has run it compiled, in which `out` is what evaluation makes of it."""
    compiled, evaluated = Session(seed=0), Session(seed=0, compile=False)
    compiled.run(text), evaluated.run(text)
    assert compiled.run("repr(out)") == evaluated.run("repr(out)")
    return compiled


@pytest.mark.parametrize("use", USES)
def test_an_operation_of_a_number(use: str) -> None:
    numbers = "a = 0.4 + i / 20; n = i % 4"
    compiled = as_evaluated(STEPS.format(start="from torch import nn", numbers=numbers, use=use))
    assert compiled._evaluator.loops.programs and not compiled._evaluator.loops.left


#: numbers that NumPy makes of numbers: constants of a program
OF_NUMPY = (
    "np.sqrt(eps) * x", "x - np.log(2 * np.pi)", "x ** np.sqrt(4)", "x / np.prod(x.shape)", "(np.log(2) - x) * np.e",
    "x.clamp(-np.sqrt(eps), np.float32(0.5))", "x * (np.maximum(eps, 0.5) > 0.2)",
    "x.sum(np.int64(0)) + np.clip(3, 0, 1)",
)  # fmt: skip


@pytest.mark.parametrize("use", OF_NUMPY)
def test_numbers_of_numpys(use: str) -> None:
    compiled = as_evaluated("import numpy as np\n" + STEPS.format(start="eps = 0.3", numbers="pass", use=use))
    assert compiled._evaluator.loops.programs and not compiled._evaluator.loops.left


#: what else a program finds there is NumPy's to do: arrays, chance, warnings, numbers that change, what is assigned;
#: which of its functions is which
LEFT_TO_NUMPY = {
    "chance": "y = x * float(np.random.rand())",
    "an array": "y = x + torch.from_numpy(np.ones(5, np.float32) * i)",
    "a number that changes": "y = x * np.exp(-0.1 * i)",
    "a warning": "y = x * float(np.log(0.0) < 0)",
    "what is assigned": "np.factor = i; y = x * np.factor",
    "a list": "y = x * float(np.sum([1.0, i]))",
    "a function's attribute": "y = x * float(np.add.reduce([1.0, i]))",
    "one function": "y = x * (np.sqrt is np.sqrt) + (np.sqrt == np.sqrt) + (math.cos is math.cos)",
    "a type": "k = np.sqrt(i + 1.0); y = x * (type(k) is np.float64) + (type(k) == np.float64)",
    "a kind": "k = np.sqrt(4.0); y = x * isinstance(k, np.number) + (type(k) == np.float64)",
    "a function by its name": "f, g = np.sqrt, math.cos; y = x * f(4.0) * g(0.5); y = y + 1; out.append((f, g))",
}


@pytest.mark.parametrize("use", LEFT_TO_NUMPY)
def test_what_is_left_to_numpy(use: str) -> None:
    as_evaluated(
        "import math\nimport numpy as np\nimport torch\nx = torch.ones(4, 5); out = []\nnp.random.seed(3)\n"
        f"for i in range(24):\n    {LEFT_TO_NUMPY[use]}\n    y = y * 2 + 1\n    out.append(y)"
    )


@pytest.mark.parametrize("call", ("hardtanh(x * i, low, 0.1)", "hardtanh_(x * i, low, 0.1)"))
def test_what_an_operation_refuses_a_program_refuses(call: str) -> None:
    text = (
        "from torch.nn.functional import hardtanh, hardtanh_\nx = torch.ones(3); out = []\nfor i in range(14):\n"
        f"    low = 0.1 * i - 1\n    try: out.append(({call} * 2).tolist())\n"
        "    except ValueError as error: out.append(str(error))"
    )
    session, evaluated = Session(), Session(compile=False)
    session.run(text), evaluated.run(text)
    assert session["out"] == evaluated["out"]
    assert session["out"][-1] == "min_val cannot be greater than max_val"


#: the same of what may be left to evaluation: in place, where no tensor comes of it, beyond what a dtype holds
MORE_USES = (
    "x.detach().clone().clamp_(-a, a)", "x.detach().clone().pow_(a)", "x.detach().clone().lerp_(x.detach(), a)",
    "x.detach().clone().fill_(a)", "x.detach().clone().add_(1, alpha=a)", "nn.functional.softshrink(x, a)",
    "nn.functional.dropout(x, a / 2, False)", "torch.result_type(x, a)", "x.abs() ** a", "x.half() * a",
    "x.to(torch.int64) * n", "x.to(torch.uint8) + n", "(x > 0) * n", "x.to(torch.int64) ** n", "x.roll(n, 0)",
    "torch.full_like(x, a)", "x.sum(n % 2)", "nn.functional.layer_norm(x, (5,), eps=a)", "torch.bucketize(a, x[0])",
)  # fmt: skip


@pytest.mark.parametrize("use", MORE_USES)
def test_another_use_of_a_number(use: str) -> None:
    text = (
        "import torch\nfrom torch import nn\nx = torch.randn(4, 5, requires_grad=True); out = []\n"
        f"for i in range(14):\n    a = 0.4 + i / 20; n = i % 4\n    y = {use}\n"
        "    z = y * 2 if isinstance(y, torch.Tensor) else y\n    out.append((y, z))"
    )
    compiled, evaluated = Session(seed=0), Session(seed=0, compile=False)
    compiled.run(text), evaluated.run(text)
    assert compiled.run("repr(out)") == evaluated.run("repr(out)")


def test_an_argument_that_is_always_the_same_is_no_number_that_changes() -> None:
    session = Session()
    session.run(
        "import torch\ndef f(x, n, low=-0.5, p=0.1):\n"
        "    z = torch.zeros(n, 3)\n    y = torch.nn.functional.pad(x.clamp(low, n), (n, n)).view(n, -1)\n"
        "    return torch.nn.functional.dropout(y * 2, p, False).sum() + z.sum()\n"
        "x = torch.ones(2, 5); out = []\nfor n in [2] * 30: out.append(f(x, n))"
    )
    assert not session._evaluator.loops.left
    assert sum(program.runs for _, program in session._evaluator.loops.programs) > 10
    session.run("for n in [2, 1, 2, 1, 2] * 6: out.append(f(x[:n], n))")
    assert [int(v) for v in session["out"][-5:]] == [20, 10, 20, 10, 20]


@pytest.mark.parametrize(
    "power, numbers",
    [
        ("x * 2 ** k", (3, 2, 4, 1, 5, -1, -2, 2, 0, -3)),
        ("w * k ** 0.5", (4.0, 3.0, 2.0, 5.0, 1.0, -1.0, -4.0, 2.0)),
    ],
)
def test_what_a_power_is_depends_on_the_numbers(power: str, numbers: tuple[float, ...]) -> None:
    """Of an integer it may be a float, of a float a complex number: a program holds for one of them."""
    text = (
        "import torch\nx, w, out = torch.arange(3), torch.ones(2), []\n"
        f"for k in {numbers!r}:\n    y = {power}\n    z = y + y\n    out.append((str(z.dtype), z.tolist()))"
    )
    session, evaluated = Session(), Session(compile=False)
    session.run(text), evaluated.run(text)
    assert session["out"] == evaluated["out"]
    assert session._evaluator.loops.programs


@pytest.mark.parametrize("part", ("x[i : i + 8]", "x[i]", "x[:, i // 16 : i // 16 + 2]"))
def test_parts_at_places_that_change_are_followed(part: str) -> None:
    session = Session()
    session.run(
        "x = randn(64, 8); param w = randn(64, 8)\nfor epoch in range(4):\n    for i in range(0, 64, 8):\n"
        f"        y = {part}; loss = (y * w[0, 0]).sum() ** 2; backward loss"
    )
    assert not session._evaluator.loops.left
