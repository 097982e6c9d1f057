"""A build hook of hatchling: a wheel holds the index of operations that a checkout makes itself (`operation_index`)."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGES = ("ops", "train")
CODE = """
import sys
sys.path.insert(0, sys.argv[1])
from tensorsh.engine.values import operation_index as index
print(index.as_module(sys.argv[2]))
"""


class WheelIndex(BuildHookInterface):  # type: ignore[type-arg]
    """Adds `names.py` to each package of operations."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        self.folder = tempfile.TemporaryDirectory()
        for package in PACKAGES:
            # in a process of its own: nothing of tensorsh may be imported before
            done = subprocess.run(
                [sys.executable, "-B", "-c", CODE, self.root, f"tensorsh.{package}"],
                check=True, stdout=subprocess.PIPE, text=True, encoding="utf-8",
                env={**os.environ, "PYTHONIOENCODING": "utf-8", "XDG_CACHE_HOME": self.folder.name},
            )  # fmt: skip
            path = Path(self.folder.name, f"{package}.py")
            path.write_text(done.stdout, encoding="utf-8")
            build_data["force_include"][str(path)] = f"tensorsh/{package}/names.py"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version != "editable":
            self.folder.cleanup()
