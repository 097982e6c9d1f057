"""`apply`, written out for one operation.

`apply_any` loops over the arguments of any operation. For an operation whose tensors are plain arguments
(no lists of them) the same steps are generated as straight code for its signature: this is what a small
operation costs. `apply_any` defines the meaning; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import context
from .apply import BATCHED, apply_any, attach_view, new_plan, record, run_kernel, wrap_output
from .batched import run_batched
from .op import Op
from .tensor import TENSORS, make_tensor


def runner(op: Op) -> Callable[..., Any]:
    """A function of the bound arguments, in order."""
    if op.lists:
        return lambda *args: apply_any(op, args)
    names = [f"a{i}" for i in range(len(op.schema.parameters))]
    all_names = ", ".join(names)
    packed = f"({all_names},)" if names else "()"
    keys, arrays, wants = ["state.dtype"], [], []
    lines = [f"def run({all_names}):", "    state = context.current"]
    lines += ["    if state.trace is not None:", f"        return state.trace.apply(op, {packed})"]
    for i, name in enumerate(names):
        if op.tensorlike[i]:
            lines.append(f"    t{i} = type({name}) in TENSORS")
            keys.append(f"{name}.spec if t{i} else type({name})")
            arrays.append(f"{name}.array if t{i} else {name}")
            through_base = f"{name}.view_of is not None and {name}.view_of.base.requires_grad_slot"
            wants.append(f"(t{i} and ({name}.requires_grad_slot or {through_base}))")
        else:
            keys.append(name)
            arrays.append(name)
    lines += [
        f"    key = ({', '.join(keys)},)",
        "    try:",
        "        plan = plans.get(key)",
        "    except TypeError:",
        f"        return apply_any(op, {packed})",
        "    if plan is None:",
        f"        plan = new_plan(op, {packed}, key)",
        "        if plan is BATCHED:",
        f"            return run_batched(op, {packed})",
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
    lines += [
        "    if state.tracer is not None:",
        f"        state.tracer(op, {packed}, result)",
        "    return result",
    ]
    scope: dict[str, Any] = {
        "BATCHED": BATCHED,
        "TENSORS": TENSORS,
        "make_tensor": make_tensor,
        "apply_any": apply_any,
        "attach_view": attach_view,
        "context": context,
        "kernel": op.kernel,
        "ndarray": np.ndarray,
        "new_plan": new_plan,
        "op": op,
        "plans": op.plans,
        "record": record,
        "run_batched": run_batched,
        "run_kernel": run_kernel,
        "wrap_output": wrap_output,
    }
    exec("\n".join(lines), scope)
    return scope["run"]
