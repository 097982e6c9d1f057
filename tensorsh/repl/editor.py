"""`:edit`: a text in the user's editor, and what comes back."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile

from ..errors import UsageError

#: tried in this order where neither $VISUAL nor $EDITOR says
EDITORS = ("sensible-editor", "editor", "nano", "vim", "vi", "notepad")


def edited(text: str, suffix: str) -> str:
    """The text after it has been edited; UsageError where there is no editor, or it did not end well."""
    command = _editor()
    handle, path = tempfile.mkstemp(suffix=suffix, prefix="tensorsh-", text=True)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        try:
            code = subprocess.run([*command, path], check=False).returncode
        except OSError as error:
            raise UsageError(
                f"cannot run the editor {command[0]!r}: {error.strerror}",
                code="command",
                help="the variable EDITOR of your shell names it: EDITOR=nano tensorsh",
            ) from None
        if code:
            raise UsageError(
                f"the editor ended with exit code {code}: nothing was run",
                code="command",
                help="`:edit` again",
            )
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    finally:
        os.unlink(path)


def _editor() -> list[str]:
    from shutil import which

    chosen = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if chosen:
        return shlex.split(chosen)
    for name in EDITORS:
        if which(name):
            return [name]
    raise UsageError(
        "there is no editor",
        code="command",
        help="the variable EDITOR of your shell names one: EDITOR=nano tensorsh",
    )
