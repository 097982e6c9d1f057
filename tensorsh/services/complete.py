"""What can stand at the cursor: names, attributes, arguments, dtypes, devices, files.

`complete(session, text)` looks at the text of a program before the cursor and returns candidates, best first. It is a
pure function of the text, the session's variables and (inside the quotes of `load("…")`) the file system.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

from ..engine.core import device
from ..engine.core.dtype import dtypes
from ..session import Session
from . import members
from .scan import KEYWORDS, SOFT_KEYWORDS, Chain, Place, place
from .signatures import UNKNOWN, meta, names_after, names_of, resolve, signature_of, variables
from .symbols import SYMBOLS, symbols_after
from .typed import Bound, bound_at

#: functions whose first argument is the path of a file, and the statement that takes one
PATHS = frozenset({"load", "save"})
DTYPES = frozenset(dtypes)


class Candidate(NamedTuple):
    """`text` replaces the last `length` characters before the cursor; `meta` is shown beside it."""

    text: str
    length: int
    meta: str = ""


def complete(session: Session, text: str) -> list[Candidate]:
    """Candidates for the end of `text`, which is everything before the cursor."""
    names = symbols_after(text)
    if names:
        return [Candidate(name, len(text) - text.rindex("\\"), SYMBOLS[name]) for name in names]
    here = place(text)
    if here.quiet:
        return []
    if here.string is not None:
        return _in_string(session, here)
    if here.receiver:
        return matching(here.word, _after_dot(session, here, bound_at(session, text, here.start)))
    if here.before and here.before[-1] == ".":
        return []
    special = _expected(session, here)
    if special is not None:
        return matching(here.word, special)
    typed = bound_at(session, text, here.start)
    return matching(here.word, _arguments(session, here)) + _names(session, here, typed)


def _in_string(session: Session, here: Place) -> list[Candidate]:
    """Keys, the names of devices, or files."""
    assert here.string is not None
    inner = here.brackets[-1] if here.brackets else None
    if inner is not None and inner.subject:
        found = [key for key in members.keys(resolve(session, inner.subject)) if isinstance(key, str)]
        return matching(here.string, ((key, "key") for key in found))
    call = here.call
    if call is not None and call.keyword == "device":
        return matching(here.string, _devices())
    loads = call is not None and call.callee[-1] in PATHS and call.keyword in (None, "path")
    if loads or here.before[-1:] == ["import"]:
        suffix = ".tsh" if here.before[-1:] == ["import"] else ""
        return files(here.string, suffix)
    if "/" in here.string or (call is not None and here.string and call is inner):
        return files(here.string)
    return []


def _expected(session: Session, here: Place) -> Iterable[tuple[str, str]] | None:
    """Dtypes, devices, named sizes, keys, modules, where nothing else can stand."""
    before = here.before
    if before[:1] in (["import"], ["from"]):
        return _imported(session, before)
    inner = here.brackets[-1] if here.brackets else None
    if inner is not None and inner.subject and before[-1] in ("[", ","):
        if _declares(before[: before.index(":") + 1] if ":" in before else []):
            return [(name, f"size {size}") for name, (size, _) in session.sizes.items()]
        keys = members.keys(resolve(session, inner.subject))
        if keys and before[-1] == "[" and not here.word:
            return [(repr(key), "key") for key in keys if isinstance(key, str | int)]
    last = before[-1] if before else ""
    if last == "on" and len(before) > 1:
        return _devices()
    if last == "as" and "import" not in before and "with" not in before:
        return _dtypes()
    if last == ":" and not here.brackets and _declares(before):
        return _dtypes()
    call = here.call
    if last == "=" and call is not None and call.keyword == "dtype":
        return [*_dtypes(), ("torch", "module")]
    if last == "=" and call is not None and call.keyword == "device":
        return ((f'"{name}"', about) for name, about in _devices())
    return None


def _imported(session: Session, before: list[str]) -> list[tuple[str, str]]:
    """Modules after `import` and `from`, what a module has after `from … import`."""
    if before[0] == "from" and "import" in before:
        if before[-1] not in ("import", ",", "("):
            return [("as", "keyword")]
        path = tuple(before[1 : before.index("import") : 2])
        found = session.module(".".join(path))
        return [(name, "") for name in sorted(names_of(found))] if found is not None else []
    if before[-1] in ("import", "from", ","):
        return [(name, "module") for name in session.modules()]
    return [("import", "keyword")] if before[0] == "from" else [("as", "keyword")]


def _declares(before: list[str]) -> bool:
    """`x:` and `param x:`, rather than `if x:` or `for …:`."""
    return len(before) == 2 or (len(before) == 3 and before[0] == "param")


def _dtypes() -> list[tuple[str, str]]:
    return [(name, f"{d.bits} bits" if name == d.name else d.name) for name, d in dtypes.items()]


def _devices() -> list[tuple[str, str]]:
    return [(str(d), "" if not d.is_meta else "shapes without values") for d in device.available]


def _arguments(session: Session, here: Place) -> list[tuple[str, str]]:
    """`dim=` and its like, inside a call, where an argument starts."""
    call = here.brackets[-1] if here.brackets else None
    if call is None or not call.callee or here.before[-1:] not in (["("], [","]):
        return []
    found = signature_of(session, call.callee)
    if found is None:
        return []
    return [
        (f"{name}=", f"argument of {found.name}")
        for i, (name, text) in enumerate(found.parameters)
        if name and not text.startswith("*") and i >= call.index and name not in call.keywords
    ]


def _names(session: Session, here: Place, typed: Bound) -> list[Candidate]:
    """Variables, what every program has, keywords (which come first where a statement begins); without a letter
    typed only variables."""
    known = session.builtin_names()
    mine = sorted(typed.names.items())
    mine += [(name, meta(name, session[name])) for name in sorted(variables(session))]
    if not here.word:
        return matching("", mine)
    given = [
        (name, meta(name, session.builtin(name)))
        for name in sorted(known, key=str.lower)
        if name not in session and _fits(name, here.word)
    ]
    words = [(name, "keyword") for name in sorted(KEYWORDS)]
    if not here.brackets:
        words += [(name, "keyword") for name in sorted(SOFT_KEYWORDS) if name not in known]
    return matching(here.word, [*mine, *given, *words] if here.before else [*mine, *words, *given])


def _after_dot(session: Session, here: Place, typed: Bound) -> Iterable[tuple[str, str]]:
    """What may follow the dot: of a name that the text binds, of one that the session has."""
    chain = here.receiver
    if typed.itself is not None and chain == (typed.itself,):
        yield from sorted(typed.attributes.items())
        for base in typed.bases:
            yield from _attributes(session, base, here.word, inherited=True)
    else:
        yield from _attributes(session, (None, *chain[1:]) if chain[0] in typed.names else chain, here.word)


def _attributes(
    session: Session, chain: Chain, word: str, inherited: bool = False
) -> Iterable[tuple[str, str]]:
    """Attributes and methods, the in-place ones last."""
    for name in sorted(names_after(session, chain), key=lambda name: (name.endswith("_"), name.lower())):
        if _fits(name, word):
            value = resolve(session, (*chain, name))
            called = signature_of(session, (*chain, name), inherited)
            yield name, str(called)[len(name) :] if called else "" if value is UNKNOWN else meta(name, value)


def _fits(name: str, word: str) -> bool:
    """Whether `name` continues `word` in any case; an underscore in front has to be typed."""
    return name.lower().startswith(word.lower()) and not (name.startswith("_") and not word)


def matching(word: str, names: Iterable[tuple[str, str]]) -> list[Candidate]:
    """Those that continue `word`, each name once; in another case only where none is in the same."""
    found = {name: about for name, about in reversed(list(names)) if _fits(name, word)}
    exact = {name: about for name, about in found.items() if name.startswith(word)}
    return [Candidate(name, len(word), about) for name, about in (exact or found).items()][::-1]


def files(typed: str, *suffixes: str) -> list[Candidate]:
    """Files and folders that continue a path; only files that end so, if that is said."""
    folder, name = os.path.split(os.path.expanduser(typed))
    try:
        entries = sorted(os.scandir(folder or "."), key=lambda entry: entry.name.lower())
    except OSError:
        return []
    found = []
    for entry in entries:
        is_folder = _is_folder(entry)
        hidden = entry.name.startswith(".") and not name.startswith(".")
        if (
            not entry.name.startswith(name)
            or hidden
            or not (is_folder or entry.name.endswith(suffixes or ""))
        ):
            continue
        found.append(
            Candidate(entry.name + "/" * is_folder, len(os.path.split(typed)[1]), "folder" * is_folder)
        )
    return found


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
