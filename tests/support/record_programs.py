"""Record what PyTorch prints: python tests/support/record_programs.py FILE < PROGRAMS, with a Python that has torch.

Programs are separated by lines `---`; each becomes a block of FILE (see `recorded.blocks`).
"""

from __future__ import annotations

import contextlib
import io
import sys


def answer(program: str) -> str:
    """What a program prints, and the first line of its error."""
    import torch

    printed = io.StringIO()
    message = ""
    torch.manual_seed(0)
    with contextlib.redirect_stdout(printed):
        try:
            exec(program, {"torch": torch, "F": torch.nn.functional})
        except Exception as error:
            message = f"! {str(error).splitlines()[0]}\n"
    return printed.getvalue() + message


def main() -> None:
    programs = [part.strip("\n") + "\n" for part in sys.stdin.read().split("\n---\n")]
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write(
            "# Programs, what PyTorch 2.13 prints for them, and the message that stops them (`! …`).\n"
        )
        file.writelines(f"---\n{program}=>\n{answer(program)}" for program in programs)


if __name__ == "__main__":
    main()
