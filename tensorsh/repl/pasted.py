"""Text that comes all at once: what was copied from a shell, and lines that arrive faster than anybody types.

`cleaned` makes a program of a paste. `Typed` reads lines of a terminal that does not announce pastes as if
each were typed and ended with Enter, without a key at a time.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable

from ..services.layout import INDENT, header_indent, next_indent
from ..services.scan import CLOSING, scan

#: what Python's shell and IPython write before a line of input
PROMPTED = re.compile(r"(?:>>>|\.\.\.)(?: |$)|In \[\d*\]: ?|\s+\.\.\.:(?: |$)")
#: the first line of a transcript; IPython's may begin with an answer
FIRST = re.compile(r">>> |>>>$|In \[\d*\]:|Out\[\d+\]:")


def cleaned(paste: str, before: str = "") -> str:
    """A pasted text as a program; `before` is what the input has up to the cursor.

    The prompts of a shell it was copied from go, and with them what that shell answered. At the start of
    an input common indentation goes; after an indentation every line gets that one.
    """
    text = paste.replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub(r"^\t+", lambda tabs: " " * INDENT * len(tabs[0]), text, flags=re.MULTILINE)
    indent = before.rpartition("\n")[2]
    if indent.strip() or (before and not indent):
        return text
    lines = textwrap.dedent(text).split("\n")
    if FIRST.match(next((line for line in lines if line.strip()), "")):
        lines = inputs(lines)
    return "\n".join([lines[0], *(indent + line if line.strip() else line for line in lines[1:])])


def inputs(lines: list[str]) -> list[str]:
    """The lines of a transcript that were typed, without their prompts."""
    return [line[found.end() :] for line in lines if (found := PROMPTED.match(line))] or [""]


class Typed:
    """Lines as if they were typed one after the other.

    `ends(text)` says whether an input is to be run when Enter comes. A line that has no indentation of its
    own gets the automatic one, as long as the lines before it relied on that, too; an empty line ends a block
    unless the next line is indented. `text` is what the input has already, `indent` the automatic indentation it
    ends with.
    """

    def __init__(self, text: str, ends: Callable[[str], bool], indent: str = ""):
        self.ends = ends
        self.done: list[str] = []  # inputs that are complete
        self.text = text = text.removesuffix(indent)
        self.indent = indent  # what Enter put at the start of the line that comes next
        self.relied = bool(indent)  # whether the line before was indented by Enter
        self.open = ""  # the quotes of a string that goes on
        self.depth = 0  # of brackets
        for line in text.split("\n"):
            self._follow(line)

    def add(self, lines: list[str], rest: str) -> None:
        """Type `lines`, each with Enter, then `rest` without."""
        if not self.text and FIRST.match(next((line for line in (*lines, rest) if line.strip()), "")):
            lines, rest = inputs(lines), inputs([rest])[0]
        lines = [re.sub(r"^\t+", lambda tabs: " " * INDENT * len(tabs[0]), line) for line in lines]
        # whether the next line that is not empty is indented, for each line
        goes_on = [False] * len(lines)
        below = rest
        for i in range(len(lines) - 1, -1, -1):
            goes_on[i] = below[:1] in (" ", "\t")
            below = lines[i] if lines[i].strip() else below
        for line, indented in zip(lines, goes_on, strict=True):
            self._enter(line, indented)
        if rest:
            self._put(rest)
        else:
            self.text += self.indent

    def _enter(self, line: str, goes_on: bool) -> None:
        """One line and Enter; `goes_on`: the next one is indented, so this is not the end."""
        automatic = self.indent if not line.strip() else ""
        self._put(line)
        if not goes_on and not self.depth and not self.open and self.ends(self.text):
            if self.text.strip():
                self.done.append(self.text.rstrip())
            self.text, self.indent, self.relied = "", "", False
            return
        last = self.text.rpartition("\n")[2]
        self.indent = automatic or ("" if self.open else next_indent(last))
        if len(self.indent) <= len(last) - len(last.lstrip()) and not self.relied:
            self.indent = ""
        self.text += "\n"

    def _put(self, line: str) -> None:
        """The next line, indented as it says or as Enter did."""
        own = line[:1] == " " or self.open
        if not own and self.indent and line:
            if re.match(r"(else|elif\b.*|except\b.*|finally)\s*:", line):
                self.indent = header_indent(self.text + self.indent + line) or ""
            line = self.indent + line
        self.relied = bool(self.indent) and not own
        self.indent = ""
        self.text += line
        self._follow(line)

    def _follow(self, line: str) -> None:
        """Brackets and strings that are open after one more line."""
        if self.open:
            if self.open not in line:
                return
            line = line.partition(self.open)[2]
            self.open = ""
        for token in scan(line):
            word = line[token.start : token.end]
            if token.kind == "open" and (quote := re.match(r"\w*('''|\"\"\")", word)):
                self.open = quote[1]
            elif token.kind == "sign" and word in "([{":
                self.depth += 1
            elif token.kind == "sign" and word in CLOSING:
                self.depth = max(0, self.depth - 1)
