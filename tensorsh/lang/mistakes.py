from ..errors import ParseError
from ..source import Span
from .lexer import ERROR
def explain(table, source, tokens, at, states):
    if tokens.kinds[at] == ERROR: return tokens.error
    return ParseError("invalid syntax", span=Span(source, tokens.starts[at], tokens.ends[at]))
