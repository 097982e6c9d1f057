"""A record is all that a new operation takes: everything works for those that are written here, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np
import pytest

from group_writer import take_small_for_large
from tensorsh import Session
from tensorsh.display import text
from tensorsh.engine.compile import fuse, lines
from tensorsh.engine.compile.machine import machine
from tensorsh.engine.core.spec import Spec
from tensorsh.engine.records.op import composite, op, registry
from tensorsh.engine.values.tensor import Tensor
from tensorsh.ops.random.random_streams import stream
from tensorsh.ops.rules.infer import same
from tensorsh.render.paint import painter
from tensorsh.repl.commands import ALL
from tensorsh.repl.complete import complete
from tensorsh.repl.help import Page, about


def declared() -> SimpleNamespace:
    """A unary with a derivative, a reduction, a view, one that draws random numbers."""

    @op(
        "squash(Tensor input)",
        infer=same,
        promote="float",
        inplace=True,
        elementwise=True,
        sample=([0.5, 1.0],),
    )
    def squash(x):
        """x / (1 + |x|) of each element x.

        >>> squash([0., 1.])
        tensor([0.0000, 0.5000])
        """
        return x / (1 + np.abs(x))

    @squash.derivative("input")
    def _(grad, input):
        return grad / (1 + input.abs()) ** 2

    def along(x: Spec, dim: int, keepdim: bool = False) -> Spec:
        d = dim % len(x.shape)
        return x.with_shape((*x.shape[:d], *[1] * keepdim, *x.shape[d + 1 :]))

    @op(
        "power(Tensor input, int dim, bool keepdim=False)",
        infer=along,
        batching="along",
        sample=([[1.0, 2.0]], 1),
    )
    def power(x, dim, keepdim):
        """The sum of the squares along a dimension.

        >>> power([[1., 2.]], 1)
        tensor([5.])
        """
        return np.sum(x * x, dim, keepdims=keepdim)

    @power.derivative("input")
    def _(grad, input, dim, keepdim):
        return 2 * input * (grad if keepdim else grad.unsqueeze(dim))

    @op("evens(Tensor input)", infer=lambda x: x.with_shape(((x.shape[0] + 1) // 2, *x.shape[1:])), view=True)
    def evens(x):
        """Every other row, a view.

        >>> evens([1., 2., 3.])
        tensor([1., 3.])
        """
        return x[::2]

    @evens.derivative("input")
    def _(grad, input_spec):
        return grad.new_zeros(input_spec.shape).slice_scatter(grad, 0, 0, None, 2)

    @evens.batched
    def _(slices, x):
        return x.value[:, ::2]

    @op("jittered(Tensor input, any generator)", infer=lambda x, _: x, batching="drawn", names=())
    def jittered(x, generator):
        return x + stream(generator).uniform(x.shape, x.dtype, 0, 1)

    @jittered.derivative("input")
    def _(grad):
        return grad

    @composite("jitter(Tensor input, *, Generator? generator=None)")
    def jitter(input, generator):
        """Each element and a random number.

        >>> manual_seed(0);
        >>> jitter([1., 2.])
        tensor([1.4963, 2.7682])
        """
        return jittered.run(input, generator)

    return SimpleNamespace(squash=squash, power=power, evens=evens, jitter=jitter)


PAGE = Page(200, painter(False))
needs_llvm = pytest.mark.skipif(find_spec("llvmlite") is None, reason="the extra `jit` is not installed")
NAMES = ("squash", "power", "evens", "jitter")


@pytest.fixture(scope="module")
def records() -> Iterator[SimpleNamespace]:
    before, public = set(dict.keys(registry)), set(Tensor.public)
    yield declared()
    for name in set(dict.keys(registry)) - before:
        if name.removeprefix("Tensor.").rstrip("_") in NAMES:
            del registry[name]
            if name.startswith("Tensor."):
                type.__delattr__(Tensor, name.removeprefix("Tensor."))
    Tensor.public.difference_update(name for name in Tensor.public - public if name.rstrip("_") in NAMES)


@pytest.fixture
def session(records: SimpleNamespace) -> Session:
    return Session(seed=0)


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        # functions, methods, in place
        ("squash([0., 1.])", "tensor([0.0000, 0.5000])"),
        ("[0., 1.].squash()", "tensor([0.0000, 0.5000])"),
        ("torch.squash([0, 1])", "tensor([0.0000, 0.5000])"),
        ("x = [0., 1.]; x.squash_(); torch.squash_(x); x", "tensor([0.0000, 0.3333])"),
        ("torch.ones(2, dtype=torch.float16).squash()", "tensor([0.5000, 0.5000], dtype=torch.float16)"),
        ("power([[1., 2.], [3., 4.]], 0)", "tensor([10., 20.])"),
        ("[[1., 2.], [3., 4.]].power(-1, keepdim=True)", "tensor([[ 5.],\n        [25.]])"),
        ("x = zeros(5); x.evens().add_(1); x", "tensor([1., 0., 1., 0., 1.])"),
        ("jitter([1., 2.])", "tensor([1.4963, 2.7682])"),
        ("jitter([1., 2.], generator=Generator().manual_seed(1))", "tensor([1.7576, 2.2793])"),
        # gradients
        ("x = tensor([0., 1.], requires_grad=True); squash(x).sum().backward(); x.grad", "tensor([1.0000, 0.2500])"),
        ("squash(ones(2, requires_grad=True)).grad_fn.name()", "SquashBackward0"),
        ("x = ones(2, requires_grad=True) * 1; x.squash_().grad_fn.name()", "SquashBackward0"),
        ("evens(ones(3, requires_grad=True) * 1).grad_fn.name()", "EvensBackward0"),
        ("w = ones(4, requires_grad=True); x = w * 1; evens(x).mul_(3); x.sum().backward(); w.grad",
         "tensor([3., 1., 3., 1.])"),
        ("w = ones(2, requires_grad=True); jitter(w).sum().backward(); w.grad", "tensor([1., 1.])"),
        *[
            (f"x = rand(2, 3, dtype=float64, requires_grad=True); {check}(lambda x: {call}, [x])", "True")
            for call in ("squash(x)", "power(x, 1)", "evens(x)", "x.clone().squash_()")
            for check in ("gradcheck", "gradgradcheck")
        ],
        ("hessian(lambda x: squash(x).sum(), tensor([1.]))", "tensor([[-0.2500]])"),
        ("jvp(squash, (zeros(1),), (ones(1),))", "(tensor([0.]), tensor([1.]))"),
        # vmap
        ("vmap(squash)(ones(2, 1))", "tensor([[0.5000],\n        [0.5000]])"),
        ("vmap(lambda x: power(x, 0))(arange(4.).reshape(2, 2))", "tensor([ 1., 13.])"),
        ("vmap(evens)(arange(6.).reshape(2, 3))", "tensor([[0., 2.],\n        [3., 5.]])"),
        ("vmap(evens)(ones(2, 3, requires_grad=True)).grad_fn.name()", "SliceBackward0"),
        ("vmap(jitter, randomness='different')(zeros(2, 1))", "tensor([[0.4963],\n        [0.7682]])"),
        # meta
        ("squash(ones(2, device='meta'))", "tensor(..., device='meta', size=(2,))"),
        ("power(ones(2, 3, device='meta'), 0)", "tensor(..., device='meta', size=(3,))"),
        ("evens(ones(3, device='meta'))", "tensor(..., device='meta', size=(2,))"),
        ("jitter(ones(3, device='meta'))", "tensor(..., device='meta', size=(3,))"),
    ],
)  # fmt: skip
def test_programs(session: Session, code: str, shown: str) -> None:
    assert str(session.run(code)[-1]) == shown


def test_help_and_completion(session: Session) -> None:
    session.run("x = ones(2)")
    for name in NAMES:
        told = about(session, name, PAGE, ALL)
        assert told.startswith(f"{name}(input") and f">>> {name}" in told.replace("manual_seed(0);\n>>> ", "")
        assert name in [found.text for found in complete(session, name[:3])]
        assert name in [found.text.removeprefix("x.") for found in complete(session, f"x.{name[:3]}")]
    told = about(session, "squash", PAGE, ALL)
    assert "x.squash_" in told and "grad / (1 + abs(input)) ** 2" in told
    assert "evens" in about(session, "x.evens", PAGE, ALL)


def test_explain(session: Session) -> None:
    session.run("param x = [1., 2., 3.]; y = (squash(x) * evens(power(x.repeat(5, 1), 1))).sum()")
    told = text(session.run("explain y wrt x")[-1], None, "torch", color=False, width=120)
    for line in ("squash(x)", "power(", "evens("):
        assert line in told, told


LOOP = """
param w = rand(40, 30)
x = rand(40, 30)
total = zeros(20)
for i in range(6):
    w.grad = None
    y = tanh(squash(w * x) + squash(x))
    z = evens(power(y, 1))
    loss = jitter(z).mean()
    backward loss
    total = total + z.detach()
"""


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts of the machine code that ran."""
    texts: list[str] = []
    assemble = machine.assembled
    monkeypatch.setattr(
        machine, "assembled", lambda text, thorough: texts.append(text) or assemble(text, thorough)
    )
    return texts


@pytest.mark.parametrize("way", ["small", "numpy", pytest.param("machine", marks=needs_llvm)])
def test_compiled_loops(
    records: SimpleNamespace, way: str, monkeypatch: pytest.MonkeyPatch, used: list[str]
) -> None:
    if way != "small":
        take_small_for_large(monkeypatch)
        monkeypatch.setattr(fuse, "BLOCK", 60)
        monkeypatch.setattr(machine, "ENOUGH", 0)
    monkeypatch.setattr(lines, "available", lambda: way == "machine")
    found = {}
    for compile in (True, False):
        session = Session(compile=compile, seed=3)
        session.run(LOOP)
        found[compile] = [session.evaluate(name).array for name in ("w.grad", "total", "loss.detach()")]
        listings = "".join(session.listings())
        assert bool(listings) == compile
        if compile:  # kernels are read, so that what they do is part of a group
            assert "registry['squash']" not in listings and "registry['power']" not in listings
            assert ("def group" in listings) == (way != "small")
    assert bool(used) == (way == "machine")
    for have, want in zip(found[True], found[False], strict=True):
        np.testing.assert_allclose(have, want, 1e-4 if way == "machine" else 1e-5, 1e-6)
