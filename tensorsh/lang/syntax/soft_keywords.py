"""Soft keywords: words that are ordinary names except where a name could not stand.

Python never has two operands side by side, so `grad w` can only be a query, while `grad(w)`, `grad[0]`,
`grad - w` and `grad = w` are what they are in Python. The grammar's section on tokens lists the rules.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...source import Source
from .grammar import Grammar

if TYPE_CHECKING:
    from .lexer import Tokens

# `with` is always a keyword, but says that a line which starts with `backward` means the statement.
SOFT_WORDS = (
    *("param", "graph", "explain", "backward", "grad", "on", "wrt", "with", "retain", "create", "case"),
    *("to", "grads"),
)

# Patterns are kept as text: `re` compiles each when it is first used, and remembers it.
# What `grad` and its like must stand before: an operand, and no word that continues an expression.
OPERAND = r"[ \t\f]+(?!(?:and|or|not|in|is|if|else|for|as|on|wrt|with|import|lambda)\b)[\w\"']"
DEVICE = r"[ \t\f]+(?!(?:and|or|not|in|is|if|else|for|as|wrt|with)\b)([^\W\d]\w*+(?::[0-9]+)?)"
ON = r"[ \t\f]+on[ \t\f]+[^\W\d]"
# A statement `backward (x * x).sum()`: nobody leaves a blank before the parenthesis of a call.
GROUP = r"[ \t\f]+\("
RETAIN = r"[ \t\f]+(?:retain|create)\b"


class SoftKeywords:
    """Decides for one source, while its tokens are read."""

    def __init__(
        self,
        grammar: Grammar,
        source: Source,
        tokens: Tokens,
        operand_ends: frozenset[int],
        pythonic: bool = False,
    ):
        self.pythonic = pythonic
        self.matches: list[int] = []  # how deep the blocks of the open `match` statements are indented
        self.symbols = symbols = grammar.symbols
        self.text = source.text
        self.kinds = tokens.kinds
        self.starts = tokens.starts
        self.ends = tokens.ends
        self.operand_ends = operand_ends
        self.queries: list[
            tuple[int, int]
        ] = []  # (bracket depth, token) of each `grad`, `explain` before a `wrt`
        self.start = self.looked_at = 0  # of the present statement; the tokens that were searched for it
        self.line_ends = frozenset(symbols[name] for name in ("_NEWLINE", "_INDENT", "_DEDENT", "SEMICOLON"))
        self.statement_ends = frozenset(
            symbols[name] for name in ("_NEWLINE", "_INDENT", "_DEDENT", "SEMICOLON", "COLON")
        )

    def read(self, word: str, end: int, depth: int, indents: int) -> int:
        """The terminal that `word`, which ends at `end` inside `depth` brackets, is here.

        `indents` is how many levels of indentation are open.
        """
        symbols, kinds = self.symbols, self.kinds
        before = kinds[-1] if kinds else symbols["_NEWLINE"]
        after_operand = before in self.operand_ends
        if before == symbols["DOT"]:
            return symbols["NAME"]
        match word:
            case "case":
                if depth == 0 and self._starts_case(before, indents):
                    return symbols["CASE"]
            case "on":
                if (after_operand or before == symbols["COLON"]) and self._follows(DEVICE, end):
                    return symbols["ON"]
            case "wrt":
                if after_operand and self._closes_query(depth):
                    return symbols["WRT"]
            case "retain" | "create":
                after_flag = before in (symbols["RETAIN"], symbols["CREATE"])
                if after_flag or (after_operand and depth == 0 and self.starts_backward()):
                    return symbols[word.upper()]
            case "with":
                if after_operand and depth == 0:
                    self.starts_backward()
                return symbols["WITH"]
            case "to":
                if after_operand and depth == 0 and self._starts_graph():
                    return symbols["TO"]
            case "grads":
                if depth == 0 and kinds[-2:] == [symbols["MINUS"]] * 2 and self._starts_graph():
                    for each in (kinds, self.starts, self.ends):  # the signs are part of the word
                        del each[-2:]
                    return symbols["GRADS"]
            case "param":
                if self._follows(OPERAND, end) and not self._follows(ON, end):
                    return symbols["PARAM"]
            case _:
                if word in ("grad", "explain") and not after_operand:
                    self.queries.append((depth, len(kinds)))
                if self._follows(OPERAND, end) and not (self._flags_follow(end) and self.starts_backward()):
                    return symbols[word.upper()]
                if (
                    word != "grad"
                    and not self.pythonic
                    and self._follows(GROUP, end)
                    and self._statement_start() == len(kinds)
                ):
                    return symbols[word.upper()]
        return symbols["NAME"]

    def device(self, end: int) -> tuple[int, int]:
        """Where the device after an `on` that ends at `end` stands; a `cuda:0` is one word there."""
        found = self._follows(DEVICE, end)
        assert found is not None
        return found.span(1)

    def _starts_case(self, before: int, indents: int) -> bool:
        """Whether a `case` begins a block of a `match`; that word is a keyword only where such a block follows."""
        while self.matches and self.matches[-1] > indents:
            self.matches.pop()
        symbols, kinds = self.symbols, self.kinds
        if before in (symbols["_NEWLINE"], symbols["_DEDENT"]):
            return bool(self.matches) and self.matches[-1] == indents
        if before != symbols["_INDENT"] or kinds[-3:-1] != [symbols["COLON"], symbols["_NEWLINE"]]:
            return False
        first = len(kinds) - 3
        while first and kinds[first - 1] not in self.line_ends:
            first -= 1
        if self.text[self.starts[first] : self.ends[first]] != "match":
            return False
        kinds[first] = symbols["MATCH"]
        self.matches.append(indents)
        return True

    def starts_backward(self) -> bool:
        """Whether the present statement starts with the word `backward`, which is then a keyword."""
        first = self._statement_start()
        if first == len(self.kinds) or self.text[self.starts[first] : self.ends[first]] != "backward":
            return False
        self.kinds[first] = self.symbols["BACKWARD"]
        return True

    def _starts_graph(self) -> bool:
        """Whether the present statement is a `graph`."""
        first = self._statement_start()
        return first < len(self.kinds) and self.kinds[first] == self.symbols["GRAPH"]

    def _follows(self, pattern: str, end: int) -> re.Match[str] | None:
        return re.compile(pattern).match(self.text, end)

    def _flags_follow(self, end: int) -> bool:
        """`backward grad retain`: there, `grad` is a name."""
        return self._follows(RETAIN, end) is not None

    def _closes_query(self, depth: int) -> bool:
        """Whether a `wrt` here belongs to a `grad` or `explain`; that word is then a keyword."""
        first = self._statement_start() if depth == 0 else 0
        while self.queries and (self.queries[-1][0] > depth or self.queries[-1][1] < first):
            self.queries.pop()
        if not self.queries or self.queries[-1][0] != depth:
            return False
        _, query = self.queries.pop()
        is_grad = self.text.startswith("grad", self.starts[query])
        self.kinds[query] = self.symbols["DERIVATIVE" if is_grad else "EXPLAIN"]
        return True

    def _statement_start(self) -> int:
        """The token with which the present statement starts (where no bracket is open)."""
        kinds, ends = self.kinds, self.statement_ends
        for at in range(len(kinds) - 1, self.looked_at - 1, -1):
            if kinds[at] in ends:
                self.start = at + 1
                break
        self.looked_at = len(kinds)
        return self.start
