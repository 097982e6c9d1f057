"""The parse table: what Lark computes from `tensorsh.lark`.

Lark turns the grammar into an LALR(1) table once, which takes it 0.4 s; the table is then plain data, so a
run reads it without importing Lark at all. A wheel holds it as the module `table`; a checkout makes it for the user's
cache (`kept`).
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from ... import kept
from ...source import PACKAGE

FORMAT = 1  # of the data that is kept; raise it with every change of `_compute`

# How a rule's children become the value of the whole, see `Rule`.
BUILD, PASS, SPREAD = 0, 1, 2


class Rule:
    """One production of the grammar.

    origin    the nonterminal it produces, as a number
    length    how many symbols it replaces
    kind      BUILD: call `name`; PASS: the only child is the value; SPREAD: the list of children is
    name      the method of the builder that makes its node
    children  (index, spread) of the symbols that are kept; `spread` children are lists to be joined
    plain     all symbols are kept and none is spread
    kept      the symbols that are kept where none is spread, counted from the end; else None
    """

    __slots__ = ("children", "kept", "kind", "length", "name", "origin", "plain")

    def __init__(self, origin: int, length: int, kind: int, name: str, children: list[tuple[int, bool]]):
        self.origin = origin
        self.length = length
        self.kind = kind
        self.name = name
        self.children = children
        spreads = any(spread for _, spread in children)
        self.plain = len(children) == length and not spreads
        self.kept = None if spreads else tuple([index - length for index, _ in children])


class Grammar:
    """The table of `tensorsh.lark`.

    symbols   name → number, terminals first
    keywords  word → number of the terminal
    signs     `+`, `(`, … → number of the terminal
    patterns  name → regular expression of the terminals that have one
    rows      for each state: terminal → action; n > 0 shifts to state n, n < 0 reduces rule -n, and
              nonterminal → next state
    layout    the terminals that are no text of their own
    start     the first state; `accept` the state in which `$END` ends the program
    """

    def __init__(self, data: dict[str, Any]):
        self.names: list[str] = data["names"]
        self.symbols = {name: number for number, name in enumerate(self.names)}
        self.keywords: dict[str, int] = data["keywords"]
        self.signs: dict[str, int] = data["signs"]
        self.patterns: dict[str, str] = data["patterns"]
        self.rows: list[dict[int, int]] = data["rows"]
        self.rules = [Rule(*rule) for rule in data["rules"]]
        self.layout = {self.symbols[name] for name in ("_NEWLINE", "_INDENT", "_DEDENT", "$END")}
        self.start: int = data["start"]
        self.accept: int = data["accept"]


def load() -> Grammar:
    """The grammar: the table that was built into the package, else the one of the file as it is now."""
    try:
        return Grammar(import_module(".table", __package__).DATA)
    except ModuleNotFoundError:
        pass
    text = _text()
    key = f"{FORMAT}\n{text}"
    return Grammar(kept.computed("grammar", key, key, lambda: _compute(text)))


def as_module() -> str:
    """The text of the module `table`, for a wheel."""
    return f"DATA = {_compute(_text())!r}\n"


def _text() -> str:
    with open(_grammar_file(), encoding="utf-8") as file:
        return file.read()


def _grammar_file() -> str:
    """Inside the installed package, or beside it in a checkout."""
    inside = os.path.join(PACKAGE, "grammar", "tensorsh.lark")
    return inside if os.path.exists(inside) else os.path.join(PACKAGE, "..", "grammar", "tensorsh.lark")


# ------------------------------------------------------------------ from Lark


def _compute(text: str) -> dict[str, Any]:
    """Lark's table and rules as plain lists and numbers."""
    from lark import Lark
    from lark.lexer import PatternStr
    from lark.parsers.lalr_analysis import Shift

    lark = Lark(text, parser="lalr", lexer="basic", start="program", maybe_placeholders=False)
    table = lark.parser.parser._parse_table
    rules = list(dict.fromkeys(lark.rules))
    terminals = ["$END", *dict.fromkeys(t.name for t in lark.terminals)]
    declared = {s.name for rule in rules for s in rule.expansion if s.is_term} - set(terminals)
    names = [*terminals, *sorted(declared)]
    names += dict.fromkeys(rule.origin.name for rule in rules)
    symbols = {name: number for number, name in enumerate(names)}
    rule_number = {rule: number for number, rule in enumerate(rules, 1)}

    # State 0 is kept free so that every shift is a positive number.
    start, accept = table.start_states["program"] + 1, table.end_states["program"] + 1
    rows: list[dict[int, int]] = [{} for _ in range(len(table.states) + 1)]
    for state, actions in table.states.items():
        rows[state + 1] = {
            symbols[name]: argument + 1 if action is Shift else -rule_number[argument]
            for name, (action, argument) in actions.items()
        }

    literal = {t.name: str(t.pattern.value) for t in lark.terminals if isinstance(t.pattern, PatternStr)}
    return {
        "names": [str(name) for name in names],
        "keywords": {word: symbols[name] for name, word in literal.items() if word.isalpha()},
        "signs": {sign: symbols[name] for name, sign in literal.items() if not sign.isalpha()},
        "patterns": {str(t.name): str(t.pattern.value) for t in lark.terminals if t.name not in literal},
        "rows": rows,
        "rules": [(0, 0, BUILD, "", []), *(_rule(rule, symbols) for rule in rules)],
        "start": start,
        "accept": accept,
    }


def _rule(rule: Any, symbols: dict[str, int]) -> tuple[Any, ...]:
    """What Lark's own tree builder would do with this rule (see `Rule`)."""
    children = [
        (index, not symbol.is_term and symbol.name.startswith("_"))
        for index, symbol in enumerate(rule.expansion)
        if rule.options.keep_all_tokens or not (symbol.is_term and symbol.filter_out)
    ]
    if rule.origin.name.startswith("_"):
        kind = SPREAD
    elif rule.options.expand1 and not rule.alias and len(children) == 1 and not children[0][1]:
        kind = PASS
    else:
        kind = BUILD
    return symbols[rule.origin.name], len(rule.expansion), kind, str(rule.alias or rule.origin.name), children
