"""What can be set: the table that `:set`, the file of options and their completion read.

A setting says what values it takes, and how its value is got from and put into the shell. The file is
`config.toml` in the user's folder for configuration: `name = value`, one a line. What is wrong in it is reported
where it stands, and everything else holds.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import TensorshError, UsageError
from ..io import files
from ..source import Source, Span, decoded, regular

if TYPE_CHECKING:
    from .loop import Shell

TRUE = ("true", "on", "yes")
FALSE = ("false", "off", "no")
FORMATS = ("pretty", "torch", "json", "csv")
DTYPES = ("float32", "float64", "float16", "bfloat16")
BARE = re.compile(r"[ \t]*([\w-]+|\"[^\"]*\"|'[^']*')[ \t]*=")

Kind = tuple[str, ...] | type[Any]


class Setting(NamedTuple):
    """One of them. `kind`: the words it may be, or `bool` or `int`."""

    name: str
    kind: Kind
    about: str
    get: Callable[[Shell], Any]
    put: Callable[[Shell, Any], None]

    @property
    def words(self) -> tuple[str, ...]:
        """What it can be, as words to complete."""
        return self.kind if isinstance(self.kind, tuple) else ("on", "off") if self.kind is bool else ()

    def read(self, text: str) -> Any:
        """The value of a word that was typed; UsageError for what is none."""
        if self.kind is bool and text.lower() in TRUE + FALSE:
            return text.lower() in TRUE
        if self.kind is int and text.lstrip("-").isdecimal():
            return self.check(int(text))
        return self.check(text)

    def check(self, value: Any) -> Any:
        """The value, if it is one of this setting; UsageError says what there is."""
        if isinstance(self.kind, tuple):
            if value in self.kind:
                return value
            raise wrong(f"{self.name} cannot be {shown(value)}", f"it is one of {', '.join(self.kind)}")
        if type(value) is not self.kind or (self.kind is int and value < 0):
            wanted = "true or false" if self.kind is bool else "a whole number"
            raise wrong(f"{self.name} is {wanted}, not {shown(value)}", self.about)
        return value


def look(name: str, kind: Kind, about: str) -> Setting:
    """A setting of the shell's own look."""

    def put(shell: Shell, value: Any) -> None:
        setattr(shell.look, name, value)

    return Setting(name, kind, about, lambda shell: getattr(shell.look, name), put)


def default(name: str, kind: Kind, about: str, get: Callable[[Shell], Any]) -> Setting:
    """A default of the session."""
    return Setting(name, kind, about, get, lambda shell, value: shell.session.configure(**{name: value}))


def language_texts() -> Any:
    from .help import texts

    return texts


def put_color(shell: Shell, color: bool) -> None:
    shell.report.color = shell.output.color = color


SETTINGS: dict[str, Setting] = {
    each.name: each
    for each in (
        Setting(
            "format",
            FORMATS,
            "how values print",
            lambda shell: shell.output.format,
            lambda shell, value: setattr(shell.output, "format", value),
        ),
        look("echo", bool, "whether the values of expressions are shown"),
        look("keys", ("emacs", "vi"), "what keys do"),
        look("prompt", ("plain", "numbered"), "`>>> ` or `In [1]: ` and `Out[1]:`"),
        look(
            "theme",
            ("auto", "dark", "light", "sixteen"),
            "colours for a background, or the terminal's sixteen",
        ),
        Setting("color", bool, "whether there are colours", lambda shell: shell.report.color, put_color),
        look("suggest", bool, "whether an earlier input is suggested in grey"),
        look("status", bool, "whether the line at the bottom is there"),
        look("pager", bool, "whether what is longer than the screen is turned page by page"),
        look("history", int, "how many inputs are kept for later sessions"),
        Setting(
            "timer",
            bool,
            "whether each statement is timed",
            lambda shell: shell.timer,
            lambda shell, value: setattr(shell, "timer", value),
        ),
        default("dtype", DTYPES, "the default float dtype", lambda shell: shell.session.context.dtype.name),
        default(
            "device", ("cpu", "meta"), "where new tensors go", lambda shell: str(shell.session.context.device)
        ),
        default("seed", int, "where the random numbers start", lambda shell: shell.session.seed),
        default("threads", int, "threads for large operations", lambda shell: shell.session.context.threads),
        default(
            "cache",
            bool,
            "whether machine code is kept in the user's cache, and used from there",
            lambda shell: shell.session.context.keeping,
        ),
        Setting(
            "language",
            ("auto", "en", "zh"),
            "what help is written in; auto: as the locale says",
            lambda shell: language_texts().chosen[0] if language_texts().chosen else "auto",
            lambda shell, value: language_texts().choose(value),
        ),
        Setting(
            "kind",
            ("own", "torch"),
            "which kind of program the inputs are",
            lambda shell: "torch" if shell.session.pythonic else "own",
            lambda shell, value: setattr(shell.session, "pythonic", value == "torch"),
        ),
    )
}


def find(name: str) -> Setting:
    """The setting of a name; UsageError where there is none."""
    if name in SETTINGS:
        return SETTINGS[name]
    from ..lang.names.namespace import did_you_mean

    help = did_you_mean(name, SETTINGS) or f"there are {', '.join(SETTINGS)}"
    raise wrong(f"there is no setting '{name}'", help)


def shown(value: Any) -> str:
    """A value as it is written in the file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)


def wrong(message: str, help: str) -> UsageError:
    return UsageError(message, code="config", help=help)


# ------------------------------------------------------------------ the file


def apply_file(shell: Shell, path: str, given: frozenset[str] = frozenset()) -> None:
    """Set what the file says, except what was `given` on the command line; what is wrong is reported."""
    try:
        with open(path, "rb", opener=regular) as file:
            source = Source(decoded(file.read()), path)
    except FileNotFoundError:
        return
    except (OSError, ValueError, SyntaxError) as error:
        shell.report.error(wrong(f"cannot read {path!r}: {error}", "it is a text of lines `name = value`"))
        return
    for name, value, line in entries(shell, source):
        try:
            setting = find(name)
            setting.check(value)
            if name not in given:
                setting.put(shell, value)
        except TensorshError as error:
            error.span = line
            shell.report.error(error)


def entries(shell: Shell, source: Source) -> list[tuple[str, Any, Span]]:
    """(name, value, line) of each entry; a file that is no TOML is reported, and has none."""
    import tomllib

    lines = [
        Span(source, found.start(), found.end()) for found in re.finditer("^.*$", source.text, re.MULTILINE)
    ]
    try:
        values = tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        message, _, place = str(error).partition(" (at ")
        number = re.match(r"line (\d+)", place)
        help = 'an entry is written `name = value`, a word in quotes: `format = "torch"`'
        told = wrong(message[:1].lower() + message[1:], help)
        told.span = lines[int(number[1]) - 1 if number else -1]
        shell.report.error(told)
        return []
    at = {found[1].strip("\"'"): line for line in lines if (found := BARE.match(line.text))}
    return [(name, value, at.get(name, lines[0])) for name, value in values.items()]


def save(path: str, values: dict[str, Any]) -> None:
    """Write settings to the file; its other lines stay as they are."""
    try:
        with open(path, encoding="utf-8", opener=regular) as file:
            lines = file.read().rstrip("\n").split("\n")
    except FileNotFoundError:
        lines = []
    for name, value in values.items():
        entry = f"{name} = {shown(value)}"
        places = [i for i, line in enumerate(lines) if (found := BARE.match(line)) and found[1] == name]
        if places:
            comment = re.search(r"\s+#[^\"']*$", lines[places[0]])
            lines[places[0]] = entry + (comment[0] if comment else "")
        else:
            end = next((i for i, line in enumerate(lines) if line.lstrip().startswith("[")), len(lines))
            lines.insert(end, entry)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    text = "\n".join(lines).lstrip("\n") + "\n"
    files.replace(path, lambda stream: stream.write(text.encode()))
