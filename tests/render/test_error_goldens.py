"""What a learner sees: the whole block of some sixty typical mistakes at width 80, and that its help helps.

`golden/errors.txt` holds programs (lines that begin with `> `), each with its block. The first lines are
PyTorch's own messages wherever PyTorch has the error.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tensorsh import Session, TensorshError
from tensorsh.render.error import error_text

GOLDENS = (Path(__file__).parents[1] / "golden" / "errors.txt").read_text(encoding="utf-8")


def goldens() -> list[tuple[str, str]]:
    found = []
    for chunk in GOLDENS.strip("\n").split("\n\n"):
        lines = chunk.split("\n")
        program = [line[2:] for line in lines if line.startswith("> ")]
        found.append(("\n".join(program), "\n".join(lines[len(program) :])))
    return found


@pytest.mark.parametrize(("program", "block"), goldens(), ids=[program for program, _ in goldens()])
def test_block(program: str, block: str) -> None:
    with pytest.raises(TensorshError) as caught:
        Session(seed=0).run(program)
    text = error_text(caught.value, color=False, width=80)
    assert "\n".join(line.rstrip() for line in text.split("\n")) == block


#: a mistake, a piece of its help, and what a reader who follows the help types
FOLLOWED = [
    ("a = ones(2, 3); b = ones(2, 3); a @ b", "b.T", "a = ones(2, 3); b = ones(2, 3); a @ b.T"),
    ("ones(3) @ ones(4)", "outer(a, b)", "outer(ones(3), ones(4))"),
    ("ones(2, 3) @ ones(3, 2, dtype=float64)", "x.to(float64)", "ones(2, 3).to(float64) @ ones(3, 2, dtype=float64)"),
    ("mm(ones(2, 3), ones(3))", "a @ b", "ones(2, 3) @ ones(3)"),
    ("x = ones(2, 3); x.view(4, 2)", "-1", "x = ones(2, 3); x.view(3, -1)"),
    ("x = ones(2, 3); x.t().view(6)", "x.reshape", "x = ones(2, 3); x.t().reshape(6)"),
    ("x = ones(3); x[5]", "-3 to 2", "x = ones(3); x[2]; x[-3]"),
    ("x = ones(3); x[ones(2)]", "x[i.long()]", "x = ones(3); x[ones(2).long()]"),
    ("x = ones(3); x[::-1]", "x.flip(0)", "x = ones(3); x.flip(0)"),
    ("arange(6).mean()", "x.float().mean()", "arange(6).float().mean()"),
    ("tensor([1, 2], requires_grad=True)", "1.", "tensor([1., 2.], requires_grad=True)"),
    ("y = ones(3).sum(); backward y", "requires_grad=True", "y = ones(3, requires_grad=True).sum(); backward y"),
    ("param w = [1., 2.]; y = w * 3; backward y", "backward y with ones_like(y)",
     "param w = [1., 2.]; y = w * 3; backward y with ones_like(y)"),
    ("param w: float64 = [1., 2.]; y = w * 3; backward y", "backward y.sum()",
     "param w: float64 = [1., 2.]; y = w * 3; backward y.sum()"),
    ("param x = [1.]; y = (x * x).sum(); backward y; backward y", "backward y retain",
     "param x = [1.]; y = (x * x).sum(); backward y retain; backward y"),
    ("param x = [1.]; x += 1", "with no_grad():", "param x = [1.]\nwith no_grad(): x += 1"),
    ("param x = [1.]; x.numpy()", "x.detach().numpy()", "param x = [1.]; x.detach().numpy()"),
    ("x = ones(2); grad x", "param x", "param x = ones(2); y = x.sum(); backward y; grad x"),
    ("param x = [1.]; y = x * 2; grad y", "y.retain_grad()",
     "param x = [1.]; y = x * 2; y.retain_grad(); backward y; grad y"),
    ("param x = [1.]; grad x", "backward loss", "param x = [1.]; loss = x.sum(); backward loss; grad x"),
    ("if ones(2) > 0: pass", "x.any()", "if (ones(2) > 0).any(): pass"),
    ("cross_entropy(ones(2, 3), tensor([0., 1.]))", "target.long()",
     "cross_entropy(ones(2, 3), tensor([0., 1.]).long())"),
    ("linear(ones(2, 3), ones(3, 4))", "its last size is the input's, 3", "linear(ones(2, 3), ones(4, 3))"),
    ("linalg.inv(zeros(2, 2))", "linalg.pinv", "linalg.pinv(zeros(2, 2))"),
    ("x: float99 = [1]", "'float'", "x: float = [1]"),
    ("n = 3\nfor i in n: pass", "for i in range(n)", "n = 3\nfor i in range(n): pass"),
    ("s = 'a'; s + 1", 'f"{x}"', "s = 'a'; s + f'{1}'"),
    ("with no_grad: pass", "with no_grad():", "with no_grad(): pass"),
    ("a, b = ones(3)", "*rest", "a, b, *rest = ones(3)"),
    ("zeros(10 ** 14)", "`on meta`", "zeros(10 ** 14) on meta"),
    ("1 / 0", "tensor(1.) / 0", "tensor(1.) / 0"),
    ('f"{ones(2):.2f}"', "index an element", 'f"{ones(2)[0]:.2f}"'),
    ('f"{10 ** 5000}"', '{n:x}', 'n = 10 ** 5000; f"{n:x}"'),
    ("x = (1, 2); x[0] = 3", "xs = list(xs)", "x = (1, 2); x = list(x); x[0] = 3"),
    ("int('1.5')", "int(float(s))", "int(float('1.5'))"),
]  # fmt: skip


@pytest.mark.parametrize(("mistake", "piece", "mended"), FOLLOWED, ids=[mistake for mistake, *_ in FOLLOWED])
def test_help_that_is_followed_works(mistake: str, piece: str, mended: str) -> None:
    with pytest.raises(TensorshError) as caught:
        Session().run(mistake)
    assert caught.value.help is not None
    assert piece in caught.value.help
    Session().run(mended)
