"""Function transforms: programs whose output PyTorch recorded, and vmap's rules against a loop."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import pytest

from oracle import read_lines
from tensorsh import Session, TensorshError
from tensorsh.engine.core import context
from tensorsh.engine.core.mode import Listening
from tensorsh.engine.modes.levels import Mapping
from tensorsh.engine.records.op import Op
from tensorsh.engine.values.batched import Batched, over_slices
from tensorsh.engine.values.tensor import Tensor, make_tensor

PROGRAMS = read_lines("transforms.jsonl.gz")


def run(program: str) -> tuple[str, str | None]:
    """What a program prints, and the message it stops with."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            Session(seed=0).run(program)
        except TensorshError as error:
            return printed.getvalue(), error.message
    return printed.getvalue(), None


@pytest.mark.parametrize("first", range(0, len(PROGRAMS), 50))
def test_programs_print_what_they_print_in_pytorch(first: int) -> None:
    for case in PROGRAMS[first : first + 50]:
        out, message = run(case["program"])
        assert message == case.get("error"), case["program"]
        if message is None:  # what is known to differ leaves the list when it does so no more
            assert (out == case["stdout"]) is ("differs" not in case), case["program"]


# ------------------------------------------------------------------ rules against a loop


def recorded_calls() -> dict[str, list[tuple[Op, tuple[Any, ...]]]]:
    """Operations with a rule, as the recorded cases call them: a few calls of each."""
    calls: dict[str, dict[str, tuple[Op, tuple[Any, ...]]]] = {}

    class Noting(Listening):
        def heard(self, op: Op, args: tuple[Any, ...], result: Any) -> None:
            if (op.batch_rule is not None or op.batching) and not context.current().mode.batches:
                key = f"{op.schema} {[getattr(a, 'spec', a) for a in args]}"
                found = calls.setdefault(op.name, {})
                if len(found) < 12:
                    found.setdefault(key, (op, args))

    for case in read_lines("torch_cases.jsonl.gz"):
        if "/float64/" not in case["id"] and "/int64/" not in case["id"]:
            continue
        session = Session()
        with contextlib.suppress(TensorshError), session.active(), Noting():
            session.run(case["program"])
    return {name: list(found.values()) for name, found in sorted(calls.items())}


def mapped(a: Any, which: int, level: int) -> Any:
    """An argument with a batch of two: itself, and (of floats) something else."""
    if type(a) is tuple and any(isinstance(t, Tensor) for t in a):
        return tuple([mapped(t, which, level) for t in a])
    if not isinstance(a, Tensor):
        return a
    other = a.array * 1.25 if a.array.dtype.kind in "fc" else a.array
    array = np.stack([a.array, other.astype(a.array.dtype)])
    return Batched(make_tensor(array, a.spec.with_shape(array.shape)), level)


def same(have: Any, want: Any) -> bool:
    if isinstance(want, tuple):
        return len(have) == len(want) and all(map(same, have, want))
    have, want = have.value, want.value
    return have.spec is want.spec and np.allclose(have.array, want.array, 1e-6, 1e-9, equal_nan=True)


def test_rules_give_what_a_loop_over_the_slices_gives() -> None:
    checked: set[str] = set()
    for name, calls in recorded_calls().items():
        for op, args in calls:
            positions = [
                i for i, a in enumerate(args) if isinstance(a, Tensor | tuple) and mapped(a, 0, 1) is not a
            ]
            # all tensors mapped over, and each of them alone
            for chosen in [positions, *([i] for i in positions if len(positions) > 1)]:
                if not chosen:
                    continue
                with Mapping(2, "error") as batch, context.GradMode(False):
                    batched = tuple(
                        [mapped(a, 0, batch.level) if i in chosen else a for i, a in enumerate(args)]
                    )
                    try:
                        want = over_slices(op.run, batched, {})
                    except (RuntimeError, TypeError, ValueError, IndexError):
                        continue  # scaled inputs of which a slice is no valid argument
                    assert same(op.run(*batched), want), (
                        str(op.schema),
                        [getattr(a, "spec", a) for a in args],
                        chosen,
                    )
                    checked.add(name)
    assert len(checked) > 200, len(checked)


def test_reshape_of_mapped_values_is_a_view_where_it_can_be(capsys: pytest.CaptureFixture[str]) -> None:
    """As PyTorch's rule for batches has it, though what lies in another order is no plain view outside."""
    Session().run(
        "import torch\n"
        "x = torch.ones(2, 6, 2, requires_grad=True)\n"
        "for f, dim in ((lambda a: a.reshape(2, 2), 1), (lambda a: a.reshape(4), 1), (lambda a: a.reshape(12), 0)):\n"
        "    print(torch.vmap(f, dim)(x).grad_fn.name())"
    )
    assert capsys.readouterr().out.split() == ["ViewBackward0", "UnsafeViewBackward0", "ViewBackward0"]


def test_whole_slices_are_reduced_as_pytorch_does(capsys: pytest.CaptureFixture[str]) -> None:
    Session().run(
        "import torch\n"
        "from torch import vmap\n"
        "x = torch.arange(3, dtype=torch.int32)\n"
        "for name in ('sum', 'mean', 'prod'):\n"
        "    print(vmap(lambda t: getattr(t, name)(dtype=torch.float64))(x).dtype)\n"
        "y = torch.rand(3, requires_grad=True)\n"
        "print(vmap(lambda t: t.sum())(y).grad_fn.name(), vmap(lambda t: t.mean())(y).grad_fn.name())\n"
        "print(vmap(lambda t: t.quantile(0.5, dim=1, keepdim=True))(torch.ones(3, 1, 2)).shape)"
    )
    printed = capsys.readouterr().out.split("\n")
    assert printed[:3] == ["torch.float64"] * 3
    assert printed[3:5] == ["SumBackward1 MeanBackward1", "torch.Size([3, 1, 1])"]
