"""Machine code made by another process, which puts it into the user's cache and ends.

Loading LLVM and asking it takes some tenths of a second and a hundred megabytes, which a program should neither wait
for nor hold. The process is a Python that is told what to do by plain data in memory. It prints nothing, and who
started it may end before it; where both want one core its priority gives it a tenth.
"""

from __future__ import annotations

import marshal
import os
import sys
from importlib.util import find_spec
from typing import Any

from . import store

#: what the process runs
BEGIN = (
    "import marshal, os, sys; os.nice(10); os.closerange(3, 1024); "
    "folders, sys.pycache_prefix, sys.dont_write_bytecode, request = marshal.load(sys.stdin.buffer); "
    "sys.path += folders; "
    "from tensorsh.engine.compile.apart import make; make(*request)"
)
#: packages that it needs
PACKAGES = ("tensorsh", "numpy", "llvmlite", "scipy", "ml_dtypes")
#: processes at a time
MOST = 2

running: set[int] = set()


def possible() -> bool:
    """Whether this interpreter can be started again as one."""
    name = os.path.basename(sys.executable or "")
    return hasattr(os, "memfd_create") and name.startswith("python") and not getattr(sys, "frozen", False)


def start(key: str, kind: str, description: Any) -> int:
    """The number of a process that makes the code of a description and keeps it; 0 where none could be started.

    kind   "calls": `description` is a program's, kept under the key; "texts": it is pairs of a key and a text
    """
    for process in [*running]:
        over(process)
    if len(running) >= MOST:
        return 0
    request = folders(), sys.pycache_prefix, sys.dont_write_bytecode, (key, kind, description)
    try:
        memory = os.memfd_create("tensorsh")
        try:
            with open(memory, "wb", closefd=False) as file:
                marshal.dump(request, file)
            os.lseek(memory, 0, os.SEEK_SET)
            process = os.posix_spawn(
                sys.executable,
                [sys.executable, "-I", "-S", "-c", BEGIN],
                {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, memory, 0),
                    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                    (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
                ],
                setpgroup=0,  # what interrupts the program does not interrupt this
            )
        finally:
            os.close(memory)
    except OSError:
        return 0
    running.add(process)
    return process


def over(process: int, wait: bool = False) -> bool:
    """Whether a process has ended, at the latest now if `wait`."""
    if process in running:
        try:
            if not wait and os.waitpid(process, os.WNOHANG) == (0, 0):
                return False
            if wait:
                os.waitpid(process, 0)
        except ChildProcessError:  # somebody else has heard of its end
            pass
        running.discard(process)
    return True


def folders() -> list[str]:
    """Where the packages are that the process needs."""
    found = {}
    for name in PACKAGES:
        spec = find_spec(name)
        if spec is not None and spec.origin is not None:
            found[os.path.dirname(os.path.dirname(spec.origin))] = True
    return [*found]


def make(key: str, kind: str, description: Any) -> None:
    """Make the code of a description and keep it, in a process of its own."""
    from .machine.assembler import image_of

    if kind == "texts":
        for name, text in description:
            store.keep(name, image_of(text, thorough=True))
        return
    from .plan import outlined

    outline = outlined(description)
    store.keep_calls(key, outline, [image_of(text) for text in outline.texts])
