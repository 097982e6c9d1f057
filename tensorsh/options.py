"""The arguments of the command line, read by hand: `argparse` would cost a tenth of the start-up."""

from __future__ import annotations

from dataclasses import dataclass, field

from .errors import UsageError

HELP = """\
tensorsh: a shell for tensors, with PyTorch's semantics and gradients

usage: tensorsh [options] [SCRIPT [ARGUMENT ...]]
       tensorsh [options] -c CODE [-c CODE ...] [ARGUMENT ...]
       tensorsh check FILE ...

Without SCRIPT or CODE: the interactive shell on a terminal, else standard input is the program.
SCRIPT `-` is standard input. The ARGUMENTs are the list `argv` in the program.

  -c, --command CODE    run CODE; repeatable, one session
  -i, --interactive     afterwards, stay in the shell
  -f, --format WHAT     how displayed values print: pretty (default on a terminal),
                        torch (PyTorch's own repr; default elsewhere), json, csv, npy
  -o, --output FILE     displayed values go there
      --arg NAME VALUE  bind NAME to the string VALUE
      --let NAME EXPR   bind NAME to the value of EXPR
      --seed N          start the random numbers there
      --dtype D         the default float dtype
      --device D        where new tensors go: cpu, meta
      --threads N       threads for large operations
      --keep-going      do not stop at the first error
      --timer           time each statement
      --color WHEN      auto, always or never
      --no-history      the shell keeps no history
      --no-config       read no configuration
  -q, --quiet           no banner
      --debug           with errors, show Python's traceback
  -h, --help            this text
  -V, --version         the version

Exit code: 0 all ran; 1 an evaluation error or a failed assert; 2 bad usage or an unreadable file;
3 a syntax error; 130 interrupted.
"""

FORMATS = ("pretty", "torch", "json", "csv", "npy")


@dataclass(slots=True)
class Options:
    """What was asked for on the command line."""

    commands: list[str] = field(default_factory=list)
    script: str | None = None
    arguments: list[str] = field(default_factory=list)
    bindings: list[tuple[str, str, str]] = field(default_factory=list)  # ("arg" or "let", name, text)
    check: list[str] = field(default_factory=list)
    interactive: bool = False
    format: str | None = None
    output: str | None = None
    seed: int | None = None
    dtype: str | None = None
    device: str | None = None
    threads: int | None = None
    keep_going: bool = False
    timer: bool = False
    color: str = "auto"
    history: bool = True
    config: bool = True
    quiet: bool = False
    debug: bool = False
    help: bool = False
    version: bool = False


#: flag → (field, value it sets)
SWITCHES = {
    "-i": ("interactive", True), "--interactive": ("interactive", True),
    "--keep-going": ("keep_going", True), "--timer": ("timer", True),
    "--no-history": ("history", False), "--no-config": ("config", False),
    "-q": ("quiet", True), "--quiet": ("quiet", True), "--debug": ("debug", True),
    "-h": ("help", True), "--help": ("help", True), "-V": ("version", True), "--version": ("version", True),
}  # fmt: skip

#: flag → field it gives a value
VALUES = {
    "-f": "format", "--format": "format", "-o": "output", "--output": "output", "--seed": "seed",
    "--dtype": "dtype", "--device": "device", "--threads": "threads", "--color": "color",
}  # fmt: skip

CHOICES = {"format": FORMATS, "color": ("auto", "always", "never")}
SHORT = "cfo"  # short flags that take a value, which may follow without a space


def read_options(argv: list[str]) -> Options:
    """Options from arguments; UsageError says what does not fit."""
    options = Options()
    rest = list(argv)
    while rest:
        word = rest.pop(0)
        if word == "--":
            positional(options, rest)
            break
        if word == "-" or not word.startswith("-"):
            positional(options, [word, *rest])
            break
        flag, equals, value = word.partition("=")
        if not word.startswith("--"):
            flag, equals, value = word[:2], "", word[2:]
            if value and flag[1] not in SHORT:
                rest.insert(0, "-" + value)  # -qi is -q -i
                value = ""
            equals = value
        if equals:
            rest.insert(0, value)
        read_flag(options, flag, rest, attached=bool(equals))
    return options


def read_flag(options: Options, flag: str, rest: list[str], *, attached: bool) -> None:
    """One flag and the values that belong to it."""
    if flag in SWITCHES and not attached:
        name, setting = SWITCHES[flag]
        setattr(options, name, setting)
    elif flag in ("-c", "--command"):
        options.commands.append(take(flag, rest))
    elif flag in ("--arg", "--let"):
        options.bindings.append((flag[2:], take(flag, rest), take(flag, rest)))
    elif flag in VALUES:
        name, text = VALUES[flag], take(flag, rest)
        if name in CHOICES and text not in CHOICES[name]:
            raise UsageError(f"{flag}: {text!r} is not one of {', '.join(CHOICES[name])}")
        setattr(options, name, whole_number(flag, text) if name in ("seed", "threads") else text)
    else:
        raise UsageError(f"unknown option {flag}")


def take(flag: str, rest: list[str]) -> str:
    if not rest:
        raise UsageError(f"{flag} wants a value")
    return rest.pop(0)


def whole_number(flag: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise UsageError(f"{flag} wants a whole number, not {text!r}") from None


def positional(options: Options, words: list[str]) -> None:
    """The script and its arguments; after -c everything is arguments."""
    if not words:
        return
    if options.commands:
        options.arguments = words
    elif words[0] == "check" and len(words) > 1:
        options.check = words[1:]
    elif words[0] == "check":
        raise UsageError("check wants at least one FILE", help="tensorsh check train.tsh")
    else:
        options.script, *options.arguments = words
