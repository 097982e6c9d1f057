"""Column means of a table on standard input, in pandas."""

from __future__ import annotations

import sys

import pandas as pd

import clock


def csv():
    return lambda: print(pd.read_csv(sys.stdin.buffer, header=None).mean())


if __name__ == "__main__":
    clock.main({"csv": csv})
