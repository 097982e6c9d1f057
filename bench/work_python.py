"""Loops over numbers in Python itself, in variables of a module, as they are in a script."""

from __future__ import annotations

import clock

SCALARS = compile("s = 0\nfor j in range(1000000): s = s + j", "scalars", "exec")


def scalars():
    variables: dict[str, object] = {}
    return lambda: exec(SCALARS, variables)


if __name__ == "__main__":
    clock.main({"start": lambda: lambda: print(1 + 1), "scalars": scalars})
