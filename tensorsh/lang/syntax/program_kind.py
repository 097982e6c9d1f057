"""Which kind of program a text is: PyTorch's, or tensorsh's own.

A text that imports torch is a PyTorch program, in which everything that Python has means what it means in
Python. It is told from the tokens: an import statement of torch, or of one of its modules, at top level or
inside a top-level `if`, `try` or `with`, anywhere in the text.
"""

from __future__ import annotations

import re

from ...source import Source
from .lexer import Lexer
from .parse import grammar

IMPORT, TORCH, FROM_TORCH = (
    re.compile(r"\bimport\b"),
    re.compile(r"\btorch\b"),
    re.compile(r"\bfrom\s+torch\b"),
)
#: headers of the blocks in which an import counts
TRANSPARENT = frozenset({"if", "elif", "else", "try", "except", "finally", "with"})


def may_import_torch(text: str) -> bool:
    """Whether a text has the words, in this order on a line; one that has not need not be read."""
    at = 0
    while (at := text.find("torch", at)) >= 0:
        begin, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
        end = len(text) if end < 0 else end
        found = IMPORT.search(text, begin, end)
        if found is not None and TORCH.search(text, found.end(), end) is not None:
            return True
        at = end
    return "torch" in text and FROM_TORCH.search(text) is not None


def imports_torch(source: Source) -> bool:
    """Whether a text is a PyTorch program."""
    if not may_import_torch(source.text):
        return False
    table = grammar()
    tokens = Lexer(table, source, pythonic=True).read()
    symbols, text = table.symbols, source.text
    newline, indent, dedent = symbols["_NEWLINE"], symbols["_INDENT"], symbols["_DEDENT"]
    semicolon, colon = table.signs[";"], table.signs[":"]
    blocks: list[bool] = []  # whether each open block is one in which an import counts
    header = ""
    begins = True
    kinds = tokens.kinds
    for i, kind in enumerate(kinds):
        if kind == indent:
            blocks.append(header in TRANSPARENT)
        elif kind == dedent:
            blocks.pop()
        elif begins and kind != newline:
            word = text[tokens.starts[i] : tokens.ends[i]]
            header = word
            if word in ("import", "from") and all(blocks) and _of_torch(tokens, text, i):
                return True
        # what follows the `:` of a one-line block (`try: import torch`) begins a statement, too
        begins = kind in (newline, indent, dedent, semicolon) or (
            kind == colon and header in ("try", "else", "if")
        )
    return False


def _of_torch(tokens: object, text: str, at: int) -> bool:
    """Whether the import statement that starts at token `at` is of torch."""
    statement = re.compile(r"(import|from)[ \t]+([^\n;#]*)").match(text, tokens.starts[at])  # type: ignore[attr-defined]
    if statement is None:
        return False
    word, rest = statement.groups()
    if word == "from":
        return re.match(r"torch\b|tensorsh[ \t]+import\b.*\btorch\b", rest) is not None
    return any(re.match(r"torch\b", part.strip()) for part in rest.split(","))
