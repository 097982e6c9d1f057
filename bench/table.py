"""The table of numbers that the CSV row reads: `table.py FILE` writes it."""

from __future__ import annotations

import sys

import numpy as np


def write_numbers(path: str, rows: int = 2_200_000, columns: int = 10) -> None:
    """Standard normal numbers with six decimals: 209 MB."""
    rng = np.random.default_rng(0)
    line = ",".join(["%.6f"] * columns)
    with open(path, "w") as file:
        for _ in range(0, rows, 100_000):
            numbers = rng.standard_normal((100_000, columns)).tolist()
            file.writelines([line % tuple(row) + "\n" for row in numbers])


if __name__ == "__main__":
    write_numbers(sys.argv[1])
