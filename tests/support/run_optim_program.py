"""The program `data/optim_program.txt` under a torch; its output is kept in `tests/golden/optim.txt`."""

from __future__ import annotations

import contextlib
import copy
import io
import warnings
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).parents[1] / "data" / "optim_program.txt"


def printed(torch: Any) -> str:
    """What the program prints."""
    base = torch.optim.optimizer if hasattr(torch.optim, "optimizer") else None
    if base is None:
        from importlib import import_module

        base = import_module("torch.optim.optimizer")
    names = {
        "__name__": "__main__",
        "torch": torch, "nn": torch.nn, "optim": torch.optim, "copy": copy, "warnings": warnings,
        "Optimizer": torch.optim.Optimizer, "required": base.required,
        "register_optimizer_step_pre_hook": base.register_optimizer_step_pre_hook,
        "register_optimizer_step_post_hook": base.register_optimizer_step_post_hook,
    }  # fmt: skip
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(PROGRAM.read_text(encoding="utf-8"), str(PROGRAM), "exec"), names)
    return out.getvalue()


if __name__ == "__main__":
    import torch

    print(printed(torch), end="")
