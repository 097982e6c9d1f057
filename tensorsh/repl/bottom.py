"""The line at the bottom of the screen: the signature of the call that is being typed."""

from __future__ import annotations

from prompt_toolkit.formatted_text import StyleAndTextTuples

from ..session import Session
from .commands import last_of, split_command
from .lookup import Signature, signature_of
from .scan import place


def signature_line(session: Session, text: str, columns: int) -> StyleAndTextTuples | None:
    """The signature of the innermost call around the end of `text`, the current parameter marked."""
    command = split_command(text)
    if command is not None:
        kind, last = last_of(*command[:2])
        text = last if kind == "code" else ""
    if "(" not in text:
        return None
    call = place(text).call
    found = signature_of(session, call.callee) if call is not None else None
    if found is None or call is None:
        return None
    return marked(found, found.at(call.index, call.keyword), columns)


def marked(found: Signature, current: int | None, columns: int) -> StyleAndTextTuples:
    """The pieces of a signature; where it is too long, parameters before the current one are left out."""
    first = 0
    while len(found.name) + sum(len(text) + 2 for _, text in found.parameters[first:]) > columns - 4:
        if first >= (current or 0):
            break
        first += 1
    pieces: StyleAndTextTuples = [("", f"{found.name}(" + "…, " * (first > 0))]
    for i, (_, text) in enumerate(found.parameters[first:], first):
        pieces += [("", ", ")] * (i > first) + [("class:current" if i == current else "", text)]
    return [*pieces, ("", ")")]
