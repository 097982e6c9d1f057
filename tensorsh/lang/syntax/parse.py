"""Text into a program: `parse`.

The tokens of `lexer` run through the LALR(1) table of `grammar`, and each rule that is complete becomes a
node by its method in `build`. Nothing here recurses, so neither long nor deep programs are special.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from ...errors import ParseError
from ...source import Source
from . import ast
from .build import Builder
from .grammar import BUILD, PASS, Grammar, load
from .lexer import Lexer, Tokens

BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Define, ast.Class, ast.Try, ast.Match)
LONG = 10_000  # characters from which it pays to keep the garbage collector away

grammar = cache(load)


def parse(source: Source, pythonic: bool = False) -> ast.Program:
    """The program that `source` is; ParseError where it is none. `pythonic`: read as Python reads it."""
    table = grammar()
    with _uncollected(len(source.text) > LONG):
        tokens = Lexer(table, source, pythonic).read()
        program = _run(table, source, tokens)
        program.skipped = tuple(tokens.skipped)
        return program


def is_complete(text: str, pythonic: bool = False) -> bool:
    """Whether the shell should run `text` rather than ask for another line.

    A text that breaks off is not complete; neither is one that ends inside a block, which only an empty
    line ends. A text with an error is: the error is the answer.
    """
    try:
        program = parse(Source(text), pythonic)
    except ParseError as error:
        return not error.incomplete
    if program.body and isinstance(program.body[-1], BLOCKS):
        last_line = text.replace("\r\n", "\n").rpartition("\n")
        return not last_line[2].strip() and not last_line[0].rpartition("\n")[2].strip()
    return True


@contextmanager
def _uncollected(long: bool) -> Iterator[None]:
    """A tree that only grows has no garbage: looking for it would take longer than parsing does."""
    if not long or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _run(table: Grammar, source: Source, tokens: Tokens) -> ast.Program:
    """The LALR(1) automaton.

    Three stacks hold, for each symbol read so far, the state it led to, its value and where it starts.
    A rule that only passes its one symbol on (`sum: product`) changes nothing but the state: such chains,
    a dozen long between a name and a statement, are followed once and remembered.
    """
    builder = Builder(source, tokens)
    rows, rules, chains, layout, accept = table.rows, table.rules, _chains(table), table.layout, table.accept
    builds = _builds(table)
    kinds, starts, ends = tokens.kinds, tokens.starts, tokens.ends

    state = table.start
    states: list[int] = [state]
    values: list[Any] = [None]
    begins: list[int] = [0]
    at, end = 0, 0
    kind = kinds[0]
    while True:
        action = rows[state].get(kind)
        if action is None:
            if state == accept:
                return values[-1]
            from .mistakes import explain

            raise explain(table, source, tokens, at, states)
        if action > 0:  # shift
            state = action
            states.append(state)
            values.append(at)
            begins.append(starts[at])
            if kind not in layout:
                end = ends[at]
            at += 1
            kind = kinds[at]
            continue
        rule, build = rules[-action], builds[-action]
        length = rule.length
        if length == 1 and rule.plain:
            if build:
                values[-1] = build(builder, begins[-1], end, values[-1:])
            elif rule.kind != PASS:
                values[-1] = values[-1:]
            states.pop()
        else:
            kept = rule.kept
            if kept is None:
                children = _joined(rule.children, values[-length:])
            elif len(kept) == 1:
                children = [values[kept[0]]]
            elif len(kept) == 2:
                children = [values[kept[0]], values[kept[1]]]
            else:
                children = [values[place] for place in kept]
            begin = end
            if length:
                begin = begins[-length]
                del values[-length:], begins[-length:], states[-length:]
            if build:
                values.append(build(builder, begin, end, children))
            else:
                values.append(children[0] if rule.kind == PASS else children)
            begins.append(begin)
        base, symbol = states[-1], rule.origin
        followed = chains[base]
        key = symbol << 16 | kind
        if key not in followed:
            followed[key] = _follow(table, base, symbol, kind)
        state = followed[key]
        states.append(state)


def _joined(places: list[tuple[int, bool]], children: list[Any]) -> list[Any]:
    """The children that count, those that are lists themselves spread out; the first list grows in place."""
    index, spread = places[0] if places else (0, False)
    made = children[index] if spread else [children[index] for index, _ in places[:1]]
    for index, spread in places[1:]:
        if spread:
            made.extend(children[index])
        else:
            made.append(children[index])
    return made


@cache
def _builds(table: Grammar) -> list[Any]:
    """For each rule the method of `Builder` that makes its node; None where there is none."""
    return [getattr(Builder, rule.name, None) if rule.kind == BUILD else None for rule in table.rules]


@cache
def _chains(table: Grammar) -> list[dict[int, int]]:
    """For each state what `_follow` found, by symbol and the kind of the next token."""
    return [{} for _ in table.rows]


def _follow(table: Grammar, base: int, symbol: int, kind: int) -> int:
    """The state after `symbol` on top of state `base`, once every rule that only passes it on is done."""
    while True:
        state = table.rows[base][symbol]
        action = table.rows[state].get(kind, 0)
        if action >= 0:
            return state
        rule = table.rules[-action]
        if rule.length != 1 or rule.kind != PASS:
            return state
        symbol = rule.origin
