"""Views in compiled loops: what looks through a view from outside the run looks into that one's base."""

from __future__ import annotations

import pytest

from compile_compare import difference
from tensorsh import Session
from tensorsh.engine.compile.tape import layouts


@pytest.fixture(autouse=True)
def unlearned() -> None:
    """What programs of other tests have found out about layouts is forgotten."""
    layouts.clear()


#: (statements with a loop, what is then done to base and view); `m` is the base, `w` needs a gradient
VIEWS = {
    "a row that was there before": (
        "mv = m[1]\nfor i in range(6):\n    v = mv[1:]; y = tanh(v) * 2 + i",
        ["m.mul_(w)", "print(v.grad_fn); (v * v).sum().backward(); print(w.grad)"],
    ),
    "a change through the new view": (
        "mv = m[1]\nfor i in range(6):\n    v = mv[1:]; y = tanh(v) * 2 + i",
        ["v.add_(w[1:])", "print(m.grad_fn, mv.grad_fn); m.sum().backward(); print(w.grad)"],
    ),
    "another row each time": (
        "outs = []\nfor i in range(6):\n    mv = m[i % 3]\n    print(i)\n    v = mv[1:]; y = tanh(v) * 2 + i\n"
        "    outs.append(v)",
        ["m.mul_(w)", "sum(v.sum() * i for i, v in enumerate(outs)).backward(); print(w.grad)"],
    ),
    "another base each time": (
        "ms = [m, rand(3, 3)]; outs = []\nfor i in range(6):\n    mv = ms[i % 2][1]\n    print(i)\n"
        "    v = mv[1:]; y = tanh(v) * 2 + i\n    outs.append(v)",
        ["ms[1].mul_(w)", "sum(v.sum() for v in outs).backward(); print(w.grad)"],
    ),
    "a view that is made under no_grad in late rounds": (
        "outs = []\nfor i in range(7):\n    mv = m[0]\n    print(i)\n    if i > 4:\n"
        "        with no_grad(): mv = m[0]\n    v = mv[1:]; y = tanh(v) * 2 + i\n    outs.append(v)",
        ["m.mul_(w)", "outs[3].sum().backward(); print(w.grad)", "outs[-1].sum().backward()"],
    ),
    "one of several outputs": (
        "rows = m.unbind()\nfor i in range(6):\n    v = rows[1][1:]; y = tanh(v) * 2 + i",
        ["v.add_(w[0])", "m.mul_(w)", "v.sum().backward()"],
    ),
    "views of views": (
        "mt = m.T\nfor i in range(6):\n    a = mt[1]; b = a[1:]; c, d = mt.unbind()[:2]; e = mt.detach()[0]\n"
        "    y = tanh(b) * 2 + i",
        ["m.mul_(w)", "print(c.grad_fn)", "(a.sum() * 2 + b.sum()).backward(); print(w.grad)", "d.add_(1)"],
    ),
    "changes inside the run": (
        "mv = m[1]\nfor i in range(6):\n    mv.mul_(0.5); v = mv[1:]; v.add_(i); y = tanh(v) * 2 + i\n"
        "    l = (y * w[1:]).sum()",
        ["m.mul_(w)", "v.sum().backward(); print(w.grad)", "l.backward()"],
    ),
    "a view that backward needs": (
        "mv = m[1]\nfor i in range(6):\n    v = mv[1:]; l = (v * w[1:] * 2).sum()",
        ["m.add_(1)", "l.backward()"],
    ),
    "a view without a name that backward needs": (
        "mv = m[1]\nfor i in range(6):\n    l = (mv[1:] * w[1:] * 2).sum()",
        ["m.add_(1)", "l.backward()"],
    ),
    "the bits of one number": (
        "for i in range(6):\n    v = tanh(m[:1, :1] * (i + 1)).detach(); y = v.view(int32); z = v.view(int32) + 1",
        ["print(y, z)"],
    ),
    "views in a list": (
        "xs = [m[0], m[1]]\nfor i in range(6):\n    vs = [x[1:] for x in xs]; y = tanh(vs[0]) * 2 + i",
        ["m.mul_(w)", "vs[1].sum().backward(); print(w.grad)"],
    ),
    "views that a function makes": (
        "mv = m[0]\ndef f(x): return x[1:], x.view(3, 1)\n"
        "for i in range(6):\n    v, u = f(mv); y = tanh(v) * 2 + i",
        ["m.mul_(w)", "(v.sum() + u.sum() * 3).backward(); print(w.grad)"],
    ),
    "the same row through base and view": (
        "mv = m[0]\nfor i in range(6):\n    v = mv[1:]; u = m[0]; u.add_(1); y = tanh(v) * 2 + i",
        ["m.mul_(w)", "(v.sum() + u.sum()).backward(); print(w.grad)"],
    ),
    "a name that comes to mean a view of something else": (
        "n = rand(3, 3); mv = m[0]\nfor i in range(8):\n    if i == 5:\n        mv = n[2]\n"
        "    v = mv[1:]; y = tanh(v) * 2 + i",
        ["m.mul_(w)", "print(v.requires_grad)", "n.mul_(w)", "v.sum().backward(); print(w.grad)"],
    ),
    "a constant of a size and its views": (
        "for i in range(6):\n    b = tensor([1., 2., 3.]); s = b[1:]; t = b.expand(3, 3); y = tanh(m * t) + s.sum()",
        ["b.mul_(2)", "print(s, t)", "s.mul_(w[1:])", "(t * m).sum().backward(); print(w.grad)"],
    ),
    "a constant that is seen at a place that changes": (
        "for i in range(9):\n    b = arange(4.); s = b[i % 3]; y = tanh(m * s) * 2",
        ["s.mul_(20)", "print(b)"],
    ),
    "what stands for two and views of both": (
        "for i in range(6):\n    h = tanh(m * w); b = h * 1.; r = h[0]; s = b[0]; u = b.T; l = (s * s).sum()",
        [
            "l.backward(retain_graph=True); print(w.grad)",
            "b.mul_(w)",
            "print(h, r, s, u)",
            "u.sum().backward()",
        ],
    ),
    "a view that stands for another tensor, too": (
        "for i in range(6):\n    h = tanh(m * w); r = h[1]; b = r * 1.; y = b * 2 + i; l = (b * b).sum()",
        ["h.mul_(2)", "print(r, b)", "l.backward(); print(w.grad)"],
    ),
    "gradients between the runs": (
        "for i in range(8):\n    m = zeros(3, 3); r = m[1]; print(i)\n    v = r[1:]; y = tanh(v) * 2 + i\n"
        "    print(i); m[1] = w * 2\n    l = v.sum() + (r * r).sum(); print(l)\n    l.backward()",
        [],
    ),
}


def test_bytes_read_as_another_dtype_stay_the_same_bytes() -> None:
    """Also of large arrays, where steps are grouped."""
    for size in (3, 100_000):
        found = difference(
            f"x = linspace(1., 2., {size}); z = ones({size}, dtype=complex64)\n"
            "for i in range(8):\n    x = x * 1.5; bits = x.view(int32) & 255; n = (x + 1).view(int32).sum()\n"
            "    half = ((x * 2).view(int32) - 8388608).view(float32); z = z * 2; r = view_as_real(z * 3).sum()\n",
            ["print(n, r)", "print(bits.sum(), half.sum())"],
        )
        assert found is None, found


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_of_a_view_from_outside_looks_into_its_base(name: str) -> None:
    loop, after = VIEWS[name]
    found = difference(f"m = rand(3, 3); w = ones(3, requires_grad=True)\n{loop}\n", after)
    assert found is None, found


@pytest.mark.parametrize("value", ("0", "-1e6", "i", "i / 3", "float('inf')"))
@pytest.mark.parametrize(
    "mask", ("x > 0", "(x > 0).t().contiguous().t()", "k % 2 == 0", "arange(4)[None] < n[:, None]")
)
@pytest.mark.parametrize("target", ("x * w", "x.clone()", "(k + 1).unsqueeze(1).expand(3, 4).clone()"))
def test_a_number_where_a_mask_is_true(target: str, mask: str, value: str) -> None:
    """PyTorch takes `masked_fill_` for it, too; it is one program with what is around it."""
    program = (
        "param w = ones(3, 4); x = randn(3, 4); k = arange(3); n = tensor([1, 4, 2])\n"
        f"for i in range(12):\n    y = {target}; y[{mask}] = {value}; z = y * 2\n"
        "    loss = (z * w).sum().tanh(); backward loss"
    )
    assert difference(program, ["y.grad_fn is None", "y._version"]) is None
    if "k" not in target or value in ("0", "-1e6", "i"):
        session = Session()
        session.run(program)
        assert session._evaluator.loops.programs[-1][1].runs > 2 and not session._evaluator.loops.left


@pytest.mark.parametrize("drawn", ("randperm(6)", "randperm(6)[:4]", "randperm(6, generator=g)"))
def test_a_new_order_each_round(drawn: str) -> None:
    program = (
        "x = randn(6, 2); param w = ones(2); g = torch.Generator().manual_seed(3)\n"
        f"for i in range(12):\n    order = {drawn}; y = x[order] @ w; loss = y.cumsum(0).sum(); backward loss"
    )
    assert difference(program, ["order", "rand(2)"]) is None
    session = Session()
    session.run(program)
    assert session._evaluator.loops.programs[-1][1].runs > 2 and not session._evaluator.loops.left


@pytest.mark.parametrize(
    "write",
    (
        "z.copy_(y)",
        "z[1] = y[0]",
        "z[:, 1:] = y[:, :3]",
        "z[:, :2] = z[:, 2:]",
        "z.copy_(y[0])",
        "z[1:] = y.double()[:2]",
    ),
)
def test_what_is_copied_is_not_taken_away(write: str) -> None:
    """A call writes straight into the target what nobody else has; here it is used again, and changed."""
    program = (
        "param w = ones(3, 4); z = zeros(3, 4); x = randn(3, 4)\nfor i in range(12):\n"
        f"    y = x * (i + 1); {write}; y.mul_(2); u = y + z; loss = (w * u).sum(); backward loss"
    )
    assert difference(program, []) is None
    session = Session()
    session.run(program)
    assert session._evaluator.loops.programs[-1][1].runs > 2 and not session._evaluator.loops.left
