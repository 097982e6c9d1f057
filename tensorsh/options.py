"""The arguments of the command line, read by hand: `argparse` would cost a tenth of the start-up."""

from __future__ import annotations

from .errors import UsageError

HELP = """\
tensorsh: a shell for tensors, with PyTorch's semantics and gradients

usage: tensorsh [options] [SCRIPT [ARGUMENT ...]]
       tensorsh [options] -c CODE [-c CODE ...] [ARGUMENT ...]
       tensorsh help [NAME]
       tensorsh check [options] FILE_OR_FOLDER ...
       tensorsh compile --show FILE ...

Without SCRIPT or CODE: the interactive shell on a terminal, else standard input is the program.
SCRIPT `-` is standard input. The ARGUMENTs are the list `argv` in the program.

  -c, --command CODE    run CODE; repeatable, one session
  -i, --interactive     afterwards, stay in the shell
  -f, --format WHAT     how displayed values print: pretty (default on a terminal),
                        torch (PyTorch's own repr; default elsewhere), json, csv, npy
  -o, --output FILE     displayed values go there
      --arg NAME VALUE  bind NAME to the string VALUE
      --let NAME EXPR   bind NAME to the value of EXPR
      --session FILE    begin with what `:session save FILE` has kept
      --seed N          start the random numbers there
      --dtype D         the default float dtype
      --device D        where new tensors go: cpu, meta
      --threads N       threads for large operations
      --max-memory SIZE what a program may use, as 500M or 4G; by default what the machine has
      --timeout SECONDS how long a program may run; in the shell, an input
      --max-output SIZE how much it may print
      --sandbox         for the program of a stranger: no file but those named, no environment, no processes, no
                        clock finer than a millisecond, 60 seconds, 2G of memory, 64M of output, unless said otherwise
      --allow-read PATH, --allow-write PATH
                        what a program in the sandbox may read, and what it may write and read; a folder with all in it
      --keep-going      do not stop at the first error
      --timer           time each statement
      --profile         time by line of the program, compiled or not, when it ends
      --no-compile      run loops statement by statement, never as compiled programs
      --no-cache        keep no machine code in the user's cache, and use none from there
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


class Options:
    """What was asked for on the command line; keywords set what is not the default."""

    def __init__(self, **given: object) -> None:
        self.commands: list[str] = []
        self.script: str | None = None
        self.arguments: list[str] = []
        self.bindings: list[tuple[str, str, str]] = []  # ("arg" or "let", name, text)
        self.topic: str | None = None
        self.check: list[str] = []
        self.show_programs: list[str] = []
        self.interactive: bool = False
        self.format: str | None = None
        self.output: str | None = None
        self.session: str | None = None
        self.seed: int | None = None
        self.dtype: str | None = None
        self.device: str | None = None
        self.threads: int | None = None
        self.max_memory: int | None = None
        self.timeout: float | None = None
        self.max_output: int | None = None
        self.sandbox: bool = False
        self.allowed: list[tuple[str, str]] = []  # ("read" or "write", path)
        self.keep_going: bool = False
        self.timer: bool = False
        self.profile: bool = False
        self.anomaly: bool = False
        self.compile: bool = True
        self.cache: bool = True
        self.color: str = "auto"
        self.history: bool = True
        self.config: bool = True
        self.quiet: bool = False
        self.debug: bool = False
        self.help: bool = False
        self.version: bool = False
        vars(self).update(given)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Options) and vars(self) == vars(other)

    def __repr__(self) -> str:
        return f"Options({', '.join(f'{k}={v!r}' for k, v in vars(self).items())})"


#: flag → (field, value it sets)
SWITCHES = {
    "-i": ("interactive", True), "--interactive": ("interactive", True),
    "--keep-going": ("keep_going", True), "--timer": ("timer", True),
    "--profile": ("profile", True), "--anomaly": ("anomaly", True),
    "--no-compile": ("compile", False), "--no-cache": ("cache", False),
    "--no-history": ("history", False), "--no-config": ("config", False),
    "--sandbox": ("sandbox", True),
    "-q": ("quiet", True), "--quiet": ("quiet", True), "--debug": ("debug", True),
    "-h": ("help", True), "--help": ("help", True), "-V": ("version", True), "--version": ("version", True),
}  # fmt: skip

#: flag → field it gives a value
VALUES = {
    "-f": "format", "--format": "format", "-o": "output", "--output": "output", "--seed": "seed",
    "--dtype": "dtype", "--device": "device", "--threads": "threads", "--color": "color", "--session": "session",
    "--max-memory": "max_memory", "--timeout": "timeout", "--max-output": "max_output",
}  # fmt: skip

#: what a program in a sandbox may use, unless the command line says otherwise: seconds, bytes
SANDBOX = {"timeout": 60.0, "max_memory": 2 << 30, "max_output": 64 << 20}
LONGEST = 1e8  # seconds that timers of systems count
CHOICES = {"format": FORMATS, "color": ("auto", "always", "never")}
SHORT = "cfo"  # short flags that take a value, which may follow without a space


def read_options(argv: list[str]) -> Options:
    """Options from arguments; UsageError says what does not fit."""
    options = Options()
    rest = list(argv)
    files: list[str] | None = None  # what `check` is to look at, among which flags may stand
    while rest:
        word = rest.pop(0)
        if word == "--" and files is not None:
            files += rest
            break
        if word == "--":
            positional(options, rest)
            break
        if word == "-" or not word.startswith("-"):
            if files is not None:
                files.append(word)
                continue
            if word == "check" and not options.commands:
                files = []
                continue
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
    if files is not None:
        if options.commands:
            raise UsageError("check looks at files, not at -c CODE", help="echo CODE | tensorsh check -")
        positional(options, ["check", *files])
    if options.allowed and not options.sandbox:
        raise UsageError("--allow-read and --allow-write are for --sandbox")
    if options.sandbox:
        options.history = options.config = options.cache = False
        for name, most in SANDBOX.items():
            if getattr(options, name) is None:
                setattr(options, name, most)
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
    elif flag in ("--allow-read", "--allow-write"):
        options.allowed.append((flag.removeprefix("--allow-"), take(flag, rest)))
    elif flag in VALUES:
        name, text = VALUES[flag], take(flag, rest)
        if name in CHOICES and text not in CHOICES[name]:
            raise UsageError(f"{flag}: {text!r} is not one of {', '.join(CHOICES[name])}")
        reader = READERS.get(name)
        setattr(options, name, text if reader is None else reader(flag, text))
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


def size(flag: str, text: str) -> int:
    """Bytes; `4G` are 4 · 2³⁰."""
    power = " KMGT".find(text[-1:].upper())
    number = whole_number(flag, text[:-1] if power > 0 else text)
    if number < 0:
        raise UsageError(f"{flag} wants a size, not {text!r}")
    return number << 10 * max(power, 0)


def seconds(flag: str, text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = 0
    if not 0 < found <= LONGEST:
        raise UsageError(f"{flag} wants a number of seconds, not {text!r}")
    return found


READERS = {
    "seed": whole_number,
    "threads": whole_number,
    "max_memory": size,
    "max_output": size,
    "timeout": seconds,
}


def positional(options: Options, words: list[str]) -> None:
    """The script and its arguments; after -c everything is arguments."""
    if not words:
        return
    if options.commands:
        options.arguments = words
    elif words[0] == "help":
        options.topic = " ".join(words[1:])
    elif words[0] == "check" and len(words) > 1:
        options.check = words[1:]
    elif words[0] == "check":
        raise UsageError("check wants at least one FILE", help="tensorsh check train.tsh")
    elif words[:2] == ["compile", "--show"] and len(words) > 2:
        options.show_programs = words[2:]
    elif words[0] == "compile":
        raise UsageError("compile wants --show and a FILE", help="tensorsh compile --show train.tsh")
    else:
        options.script, *options.arguments = words
