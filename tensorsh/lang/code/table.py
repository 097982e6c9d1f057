"""What the compiled code of a program refers to."""

from __future__ import annotations

from typing import Any

from ..syntax import ast


class Table:
    """What the compiled code of one program refers to: its file name, its nodes, its numeric literals."""

    def __init__(self, filename: str, silent: bool = False, pythonic: bool = False):
        self.filename = filename
        self.silent = silent  # bare expressions show nothing, as in a Python script
        self.ticking = False  # compiled while somebody measures (`ticking`)
        self.ticks: dict[int, str] = {}  # id of a statement → what it then calls
        self.pythonic = pythonic  # a PyTorch program, which means what it means in Python
        self.flags = 0  # of Python's compiler: what `from __future__ import` asks for
        self.plain: set[int] = set()  # lines of the functions that a trace may follow as they stand
        self.mentioned: frozenset[str] = frozenset()  # the names in the program: `import *` binds these
        self.nodes: list[ast.Node] = []
        self.wholes: dict[int, ast.Node] = {}  # line → what Python marks where the node is a part of it
        self.literals: list[list[Any]] = []

    def node(self, line: int) -> ast.Node | None:
        return self.nodes[line - 1] if 0 < line <= len(self.nodes) else None
