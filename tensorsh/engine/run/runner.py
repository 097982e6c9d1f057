"""`apply`, written out for one operation.

`apply.compute` loops over the arguments of any operation. For an operation whose tensors are plain arguments
(no lists of them) the same steps are generated as straight code for its signature: this is what a small
operation costs. `compute` defines the meaning; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import context
from ..core.mode import EAGER
from ..records.op import Op
from ..values.tensor import TENSORS, Tensor, make_tensor
from .apply import FITS, apply_any, attach_view, compute, new_plan, record, run_kernel, wrap_output


def _remembered(op: Op, i: int, name: str) -> str:
    """What the plan is remembered by of an argument that is no tensor."""
    if i in op.factors:
        return f"float if type({name}) is float and {-FITS} < {name} < {FITS} else {name}"
    return f"{name} - a{op.moving[0]}" if i in op.moving[1:] else "0" if i in op.moving else name


def runner(op: Op, straight: bool = False) -> Callable[..., Any]:
    """A function of the bound arguments, in order; `straight`: it computes, whichever mode is in force."""
    if op.lists:
        general = compute if straight else apply_any
        return lambda *args: general(op, args)
    names = [f"a{i}" for i in range(len(op.schema.parameters))]
    all_names = ", ".join(names)
    packed = f"({all_names},)" if names else "()"
    keys, arrays, wants = [_first(op)], [], []
    lines = [f"def run({all_names}):", "    state = current()"]
    if not straight:
        lines += ["    if state.mode is not EAGER:", f"        return state.mode.apply(op, {packed})"]
    for i, name in enumerate(names):
        if op.tensorlike[i]:
            lines.append(f"    t{i} = type({name}) is Tensor or type({name}) in TENSORS")
            keys.append(f"{name}.spec if t{i} else type({name})")
            arrays.append(f"{name}.array if t{i} else {name}")
            through_base = f"{name}.view_of is not None and {name}.view_of.base.requires_grad_slot"
            wants.append(f"(t{i} and ({name}.requires_grad_slot or {through_base}))")
        else:
            keys.append(_remembered(op, i, name))
            arrays.append(name)
    lines += [
        f"    key = ({', '.join(keys)},)",
        "    try:",
        "        plan = plans.get(key)",
        "    except TypeError:",
        f"        return compute(op, {packed})",
        "    if plan is None:",
        f"        plan = new_plan(op, {packed}, key)",
        "    if plan.simple:",
        f"        out = kernel({', '.join(arrays)})",
        "        known = plan.out",
        "        if type(out) is ndarray and out.dtype is known.np:",
        "            result = make_tensor(out, known)",
        "        else:",
        "            result = wrap_output(out, known)",
        "    else:",
        f"        result = run_kernel(op, plan, {packed})",
    ]
    if op.view:
        lines.append(f"    attach_view(op, {packed}, result, state)")
    if wants and not op.nondifferentiable:
        lines.append(f"    if state.grad_enabled and ({' or '.join(wants)}):")
        lines.append(f"        record(op, {packed}, key, result)")
    lines.append("    return result")
    scope: dict[str, Any] = {
        **{f"d{i}": op.schema.parameters[i].default for i in op.numbers},
        "EAGER": EAGER,
        "TENSORS": TENSORS,
        "Tensor": Tensor,
        "make_tensor": make_tensor,
        "attach_view": attach_view,
        "compute": compute,
        "current": context.current,
        "kernel": op.kernel,
        "ndarray": np.ndarray,
        "new_plan": new_plan,
        "op": op,
        "plans": op.plans,
        "record": record,
        "run_kernel": run_kernel,
        "wrap_output": wrap_output,
    }
    exec("\n".join(lines), scope)
    return scope["run"]


def _first(op: Op) -> str:
    """What a plan's key begins with: see `apply.key_of`."""
    usual = " and ".join(f"a{i} is d{i}" for i in op.numbers)
    types = ", ".join(f"type(a{i})" for i in op.numbers)
    return f"state.dtype if {usual} else (state.dtype, {types})" if usual else "state.dtype"
