"""Text into a program: `parse`.

The tokens of `lexer` run through the LALR(1) table of `grammar`, and each rule that is complete becomes a
node by its method in `build`. Nothing here recurses, so neither long nor deep programs are special.
"""

from __future__ import annotations

from functools import cache

from ..errors import ParseError
from ..source import Source
from . import ast
from .build import Builder
from .grammar import BUILD, PASS, Grammar, load
from .lexer import ERROR, Lexer, Tokens

grammar = cache(load)


def parse(source: Source) -> ast.Program:
    """The program that `source` is; ParseError where it is none."""
    table = grammar()
    tokens = Lexer(table, source).read()
    return _run(table, source, tokens)


def is_complete(text: str) -> bool:
    """Whether the shell should run `text` rather than ask for another line.

    A text that breaks off is not complete; neither is one that ends inside a block, which only an empty
    line ends. A text with an error is: the error is the answer.
    """
    try:
        program = parse(Source(text))
    except ParseError as error:
        return not error.incomplete
    if not program.body or not isinstance(program.body[-1], BLOCKS):
        return True
    last = text.rstrip(" \t\f")
    return last.endswith(("\n\n", "\r\n\r\n")) or not text.rpartition("\n")[2].strip() and last.count("\n") > 0 and last.endswith("\n\n")


BLOCKS = ast.If | ast.For | ast.While | ast.With | ast.Define


def _run(table: Grammar, source: Source, tokens: Tokens) -> ast.Program:
    """The LALR(1) automaton.

    Three stacks hold, for each symbol read so far, the state it led to, its value and where it starts.
    A rule that only passes its one symbol on (`sum: product`) changes nothing but the state: such chains,
    a dozen long between a name and a statement, are followed once and remembered.
    """
    builder = Builder(source, tokens)
    rows, rules = table.rows, table.rules
    builds = [getattr(builder, rule.name) if rule.kind == BUILD else None for rule in rules[1:]]
    builds.insert(0, None)
    kinds, starts, ends = tokens.kinds, tokens.starts, tokens.ends
    chains = _chains(table)
    layout = {table.symbols[name] for name in ("_NEWLINE", "_INDENT", "_DEDENT", "$END")}

    states, values, begins = [table.start], [None], [0]
    state = table.start
    at, end = 0, 0
    kind = kinds[0]
    while True:
        action = rows[state].get(kind)
        if action is None:
            if state == table.accept or kind == ERROR and tokens.error is None:
                return values[-1]
            raise _error(table, source, tokens, at, states)
        if action > 0:
            state = action
            states.append(state)
            values.append(at)
            begins.append(starts[at])
            if kind not in layout:
                end = ends[at]
            at += 1
            kind = kinds[at]
            continue
        rule = rules[-action]
        length = rule.length
        if length:
            children = values[-length:]
            begin = begins[-length]
            del values[-length:], begins[-length:], states[-length:]
        else:
            children, begin = [], end
        if rule.spreads:
            first, *others = rule.children
            joined = children[first[0]] if first[1] else [children[first[0]]]
            for index, spread in others:
                if spread:
                    joined.extend(children[index])
                else:
                    joined.append(children[index])
            children = joined
        elif len(rule.kept) != length:
            children = [children[index] for index in rule.kept]
        build = builds[-action]
        if build is not None:
            values.append(build(begin, end, children))
        else:
            values.append(children[0] if rule.kind == PASS else children)
        begins.append(begin)
        base = states[-1]
        key = (base, rule.origin, kind)
        state = chains.get(key)
        if state is None:
            state = chains[key] = _follow(table, base, rule.origin, kind)
        states.append(state)


@cache
def _chains(table: Grammar) -> dict[tuple[int, int, int], int]:
    return {}


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


def _error(table: Grammar, source: Source, tokens: Tokens, at: int, states: list[int]) -> ParseError:
    from .mistakes import explain

    return explain(table, source, tokens, at, states)
