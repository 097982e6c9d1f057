"""The line at the bottom: the signature of the call that is being typed, else how things stand."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from prompt_toolkit.formatted_text import StyleAndTextTuples

from ..engine.values.tensor import TENSORS
from ..render.outline import bytes_text
from ..services.scan import place
from ..services.signatures import Signature, signature_of
from ..session import Session
from .commands import last_of, split_command
from .commands.table import duration

if TYPE_CHECKING:
    from .loop import Shell

#: how many objects are looked at to say what variables hold
LOOKED = 2000


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


def status_line(shell: Shell, columns: int) -> StyleAndTextTuples:
    """Kind of program, default dtype and device, seed, bytes in variables, last time: as many as there is room for."""
    session = shell.session
    held, all_seen = bytes_held([session[name] for name in session.names()])
    parts = [
        "PyTorch program (:kind own leaves it)" if session.pythonic else "tensorsh",
        session.context.dtype.name,
        str(session.context.device),
        f"seed {session.seed}" if session.seed is not None else "",
        f"{'' if all_seen else 'over '}{bytes_text(held)} in variables" if held else "",
        duration(shell.seconds) if shell.seconds is not None else "",
    ]
    text = ""
    for part in filter(None, parts):
        longer = f"{text}   {part}" if text else part
        text = longer if len(longer) < columns else text
    return [("class:bottom-toolbar.text", text)]


def bytes_held(values: list[Any]) -> tuple[int, bool]:
    """The bytes of the arrays that values lead to, each once, and whether all that there is was looked at."""
    owners: dict[int, int] = {}
    seen: set[int] = set()
    left = deque(values)
    while left:
        value = left.popleft()
        if id(value) in seen:
            continue
        if len(seen) >= LOOKED:
            return sum(owners.values()), False
        seen.add(id(value))
        if type(value) in TENSORS:
            array = value.array
            if not value.spec.is_meta:
                while getattr(array.base, "nbytes", None) is not None:
                    array = array.base
                owners[id(array)] = array.nbytes
            if value.grad_slot is not None:
                left.append(value.grad_slot)
        elif type(value) in (list, tuple):
            left.extend(value[:LOOKED])
        elif type(value) is dict:
            left.extend(list(value.values())[:LOOKED])
        elif "_parameters" in getattr(value, "__dict__", ()):
            for part in ("_parameters", "_buffers", "_modules"):
                left.extend(vars(value)[part].values())
    return sum(owners.values()), True
