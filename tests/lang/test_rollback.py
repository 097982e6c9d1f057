"""A failed statement changes nothing: random changes in one statement that fails leave the session as it was.

`snapshot` takes a session apart as deep as a program could look: identities, values, shapes, strides, flags,
versions, gradients, graph nodes, lists, optimisers, random numbers, defaults and named sizes.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tensorsh import Session, TensorshError
from tensorsh.engine.values.tensor import Tensor

SETUP = """
w = tensor([1., 2., 3.], requires_grad=True)
b = tensor(0.5, requires_grad=True)
x = arange(6.).reshape(2, 3)
row = x[1]
column = x[:, 0:2]
flat = x.view(-1)
n = arange(4)
mask = tensor([True, False, True])
c = tensor([1 + 2j, 3j])
h = w * 2
h.retain_grad()
y = (h * b).sum()
y.backward(retain_graph=True)
base = ones(2, 2)
param q: float64 = [1., 2.]
q.grad = ones(2, dtype=float64)
xs = [w, "a", 3]
nested = [[print, "b"], xs]
names = ["u", "v"]
table = {"w": w, "xs": xs, "in": {"n": 1, "s": {1, 2}}, 5: x}
some = {3, "m"}
opt = sgd([w, b], lr=0.1, momentum=0.9)
opt.step()
ada = adam([q], lr=0.1)
ada.step()
total = 0
size: float32[k] = ones(3)
def change(v): v += 1
def grow(items): items.append("grown")
"""

CHANGES = """
w.grad = none
w.grad += 1
w.grad.zero_()
w.grad.mul_(2)
w.requires_grad_(False)
b.requires_grad = False
x.requires_grad_()
x += 1
x *= x
x[0] = 7
x[0, 1:] = tensor([8., 9.])
x[x > 2] = -1.
row.add_(5)
row[0] = 100
column.zero_()
column += w[0:2]; column.grad_fn; x.grad_fn
x += w; row.sum(); row.grad_fn; column.grad_fn; flat * 2
h += 1; h.grad_fn; y.grad_fn
flat.fill_(3)
flat[2] += 10
n += 1
n[tensor([0, 0, 3])] = 9
n.clamp_(1, 2)
mask.logical_not_()
c.mul_(2j)
c[0] = 1
base.unsqueeze_(0)
base.t_()
base.resize_(3, 3)
base.squeeze_()
base.transpose_(0, 1)
base.copy_(zeros(2, 2))
base.normal_()
base.uniform_()
base.data = zeros(5)
base.data[0] = 9
base.detach_()
base.swapaxes_(0, 1)
base.index_fill_(0, tensor([0]), 4.)
base.scatter_(0, tensor([[0, 1]]), 5.)
base.masked_fill_(base > 0, 2.)
base.sqrt_()
base @= ones(2, 2)
base **= 2
base -= 1
base //= 2
h.add_(1)
h.detach_()
h.retain_grad()
y.backward(retain_graph=True)
y.backward()
backward y retain
backward h with [1., 1., 1.] retain
z = (q * q).sum(); z.backward()
(w * b).sum().backward()
grad y wrt w
opt.step()
opt.zero_grad()
opt.zero_grad(set_to_none=False)
opt.lr = 3
opt.options["lr"] = 4
ada.step()
ada.lr *= 2
with no_grad(): w -= 0.1
with no_grad(): w.copy_(zeros(3))
with no_grad(): b.fill_(1.)
with no_grad(): v = w[0:2]; v.zero_()
w.detach().zero_()
w.data.add_(1)
xs.append(1)
xs.extend([1, "c"])
xs += [2, "d"]
names += "st"
xs *= 2
xs *= 0
nested[0] *= 0
del opt.options["lr"]
xs[0] = 9
xs[1:] = []
xs[0] += 1
xs.reverse()
xs.clear()
xs.pop()
xs.insert(0, "i")
xs.remove("a")
del xs[0]
names.sort(); names.append("w")
names.sort(reverse=True)
nested[0].append(5)
nested[0][0] = 1
nested[1] += ["e"]
nested[1][0] = none
nested = nested[0]
table["w"] = 1
table["new"] = b
table["in"]["n"] += 1
table["in"] |= {"m": 2}
table["in"]["s"] |= {7}
table["in"]["s"] -= some
table["xs"] += [5]
table[5] += 1
table["w"].requires_grad_(False)
table.update(w=none, k=[x])
table.pop("w"); table["w"] = 0
table.popitem()
table.setdefault("list", []).append(3)
table["in"].clear()
table |= {"z": 1}
del table["xs"]
some.add(4)
some.discard(3)
some.remove("m")
some -= {3}
some &= {3}
some ^= {3, 9}
some.clear()
table, some = some, table
def put(**more): table.update(more)
put(q=1)
x = 1
total += 5
del total
del w
_ = 5
new = ones(3)
other: float32[m] = ones(4)
same: float32[k, k2] = ones(3, 2)
manual_seed(3)
rand(3)
randn(3); randint(5, (2,))
dropout(ones(5), 0.5)
set_default_dtype(float64)
set_grad_enabled(False)
set_printoptions(precision=2)
change(x)
change(n)
grow(xs)
grow(names)
xs = [xs, xs]
x, n = n, x
a, (w, b) = 1, (2, 3)
for total in range(3): pass
x, xs[0] = 5, 6
w.retain_grad()
w.zero_()
n.data = zeros(2)
sin(x, out=x)
add(x, 1, out=x)
"""

FAILURES = (
    "1 / 0", "x_missing", "ones(2) + ones(3)", "assert False", "zeros(10 ** 14)", "[1, 2][5]", "y.backward().foo",
)  # fmt: skip

#: a statement around the changes and the failure, which is the last thing to happen in it
FORMS = (
    "if True:\n{body}",
    "for _i in range(3):\n{body}",
    "while True:\n{body}",
    "with enable_grad():\n{body}",
    "with manual_seed(8):\n{body}",
    "if True:\n    for _j in [1]:\n        with no_grad():\n            pass\n{body}",
)


def lines(text: str) -> list[str]:
    return [line for line in text.strip().splitlines() if line]


def snapshot(session: Session) -> Any:
    """Everything a program could see of a session, as plain data."""
    seen: dict[int, Any] = {}
    context = session.context

    def deep(value: Any) -> Any:
        if value is None or isinstance(value, bool | int | float | complex | str):
            return repr(value)
        if id(value) in seen:
            return "again", id(value)
        seen[id(value)] = value
        return id(value), type(value).__name__, content(value)

    def content(value: Any) -> Any:
        if isinstance(value, Tensor):
            return (
                value.spec, value.array.tobytes(), value.array.shape, value.array.strides,
                value.array.__array_interface__["data"][0] if value.array.size else None,
                value.requires_grad, value.is_leaf, value.retains, value.version, id(value.node), value.output_index,
                deep(value.grad_slot), id(value.view_of),
            )  # fmt: skip
        if isinstance(value, list | tuple):
            return [deep(item) for item in value]
        if isinstance(value, set):
            return sorted(map(repr, value))
        if isinstance(value, dict):
            return [(deep(key), deep(item)) for key, item in value.items()]
        if isinstance(value, np.ndarray):
            return value.tobytes(), value.shape
        if type(value).__name__ == "Optimizer":
            return [deep(each) for each in (value.options, value.parameters)], [
                [
                    (key, item.tobytes() if isinstance(item, np.ndarray) else item)
                    for key, item in state.items()
                ]
                for state in value.state
            ]
        return None

    variables = session._evaluator.variables
    held = [(name, deep(variables[name])) for name in sorted(session._evaluator.names())]
    printing = context.printing
    random = context.generator.get_state()
    return (
        held,
        np.asarray(random.array if isinstance(random, Tensor) else random, dtype=object).tolist().__repr__(),
        (context.dtype.name, str(context.device), context.grad_enabled, repr(printing)),
        {name: size[0] for name, size in session._evaluator.runtime.sizes.items()},
        session._evaluator.imported.copy(),
    )


def prepared() -> Session:
    session = Session(seed=0)
    session.run(SETUP)
    return session


def fails_without_a_trace(session: Session, program: str) -> None:
    before = snapshot(session)
    with pytest.raises(TensorshError) as caught, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        session.run(program)
    assert caught.value.kind != "internal", caught.value
    assert snapshot(session) == before, program


def indented(changes: list[str], failure: str) -> str:
    return "\n".join("    " + line for line in [*changes, failure])


@pytest.mark.parametrize("change", lines(CHANGES))
def test_one_change_and_then_a_failure(change: str) -> None:
    fails_without_a_trace(prepared(), "if True:\n" + indented([change], "1 / 0"))


@pytest.mark.parametrize("change", lines(CHANGES))
def test_a_change_in_a_function(change: str) -> None:
    if change.startswith(
        ("del ", "x ", "n ", "w ", "b ", "base ", "xs ", "total ", "nested ", "x,", "a,", "for ")
    ):
        return  # in a function these are its own names
    program = "def work():\n" + indented([change], "1 / 0")
    session = prepared()
    session.run(program)
    fails_without_a_trace(session, "work()")
    fails_without_a_trace(session, "results = [work() for _ in range(2)]")


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from(lines(CHANGES)), min_size=2, max_size=8),
    st.sampled_from(FAILURES),
    st.sampled_from(FORMS),
)
def test_many_changes_and_then_a_failure(changes: list[str], failure: str, form: str) -> None:
    fails_without_a_trace(prepared(), form.format(body=indented(changes, failure)))


def test_what_succeeded_before_stays_and_work_goes_on() -> None:
    session = prepared()
    with pytest.raises(TensorshError):
        session.run("x += 1\nif True:\n    x += 10\n    xs.append(5)\n    1 / 0\nx += 100")
    assert session.run("x[0, 0].item(), len(xs)") == [(1.0, 3)]
    assert session.run("x += 1; x[0, 0].item()") == [2.0]
    with pytest.raises(TensorshError):
        session.run("z = (w * w).sum(); w.grad = none\nif True:\n    z.backward()\n    1 / 0")
    assert session.run("w.grad is none") == [True]
    assert session.run("z.backward(); w.grad is not none") == [True]


@pytest.mark.parametrize(
    "change", ["xs.append(1)", "x += 1", "w.grad = none", "manual_seed(1)", "import 'inner.tsh'"]
)
def test_an_import_that_fails(tmp_path: Any, change: str) -> None:
    (tmp_path / "inner.tsh").write_text("inner = 1\nxs.append(2)\n")
    (tmp_path / "outer.tsh").write_text(f"fresh = 1\n{change}\ndel names\n1 / 0\n")
    session = prepared()
    before = snapshot(session)
    with pytest.raises(TensorshError):
        session.run(f"import '{tmp_path}/outer.tsh'")
    assert snapshot(session) == before
    (tmp_path / "outer.tsh").write_text(f"fresh = 1\n{change}\n")
    session.run(f"import '{tmp_path}/outer.tsh'")
    assert session["fresh"] == 1
