"""A build hook of hatchling: a wheel holds what a checkout makes itself at its first start, as modules.

These are the index of each package of operations (`engine.values.operation_index`) and the parser's table
(`lang.syntax.grammar`).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

INDEX = "from tensorsh.engine.values import operation_index; print(operation_index.as_module('tensorsh.{}'))"
#: module → the program that prints its text
MODULES = {
    "ops/names.py": INDEX.format("ops"),
    "train/names.py": INDEX.format("train"),
    "lang/syntax/table.py": "from tensorsh.lang.syntax import grammar; print(grammar.as_module())",
}


class WheelTables(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the modules, each made by a process of its own: an index wants nothing of tensorsh to be there before."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        self.folder = tempfile.TemporaryDirectory()
        for number, (module, program) in enumerate(MODULES.items()):
            code = f"import sys; sys.path.insert(0, sys.argv[1]); {program}"
            done = subprocess.run(
                [sys.executable, "-B", "-c", code, self.root],
                check=True, stdout=subprocess.PIPE, text=True, encoding="utf-8",
                env={
                    **os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONHASHSEED": "0",
                    "XDG_CACHE_HOME": self.folder.name,
                },
            )  # fmt: skip
            path = Path(self.folder.name, f"{number}.py")
            path.write_text(done.stdout, encoding="utf-8")
            build_data["force_include"][str(path)] = f"tensorsh/{module}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version != "editable":
            self.folder.cleanup()
