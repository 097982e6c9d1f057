"""What a program must not get hold of."""

from __future__ import annotations

import builtins
import importlib.machinery
import os
import subprocess
import sys
import types
from typing import Any

from tensorsh.modules.module import Module

PYTHONS = (
    types.FrameType,
    types.CodeType,
    importlib.machinery.ModuleSpec,
    importlib.machinery.SourceFileLoader,
)


FUNCTIONS = (
    builtins.eval, builtins.exec, builtins.compile, builtins.__import__, os.system, os.popen, sys._getframe,
    subprocess.Popen, builtins.getattr, builtins.open,
)  # fmt: skip


def leads_out(loot: Any, depth: int = 0) -> bool:
    """Whether a program must not hold this."""
    if isinstance(loot, types.ModuleType):
        return not isinstance(loot, Module)
    if (
        (type(loot) is str and loot == "memory")
        or isinstance(loot, PYTHONS)
        or any(loot is function for function in FUNCTIONS)
    ):
        return True
    if isinstance(loot, dict):
        return "__builtins__" in loot or "__import__" in loot or any(leads_out(v, 2) for v in loot.values())
    if isinstance(loot, list | tuple | set) and depth < 2:
        return any(leads_out(each, depth + 1) for each in loot)
    return loot is object.__subclasses__ or getattr(loot, "__module__", "") in (
        "subprocess",
        "importlib._bootstrap",
    )
