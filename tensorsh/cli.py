"""The command line: arguments → session → what is displayed, in the wanted format, where it is wanted.

Values go to standard output (or `-o FILE`), everything else to standard error. What only some runs
need is imported where it is needed: `tensorsh -c '1+1'` loads neither the shell nor any display but one.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from . import interrupt, limits, numpy_docs
from .errors import TensorshError, UsageError, facts_of
from .options import HELP, Options, read_options
from .output import Output, Report, use_color, width
from .source import decoded, read_program
from .streams import flush_output, on_terminal, screen_encoding, tell

if TYPE_CHECKING:
    from .sandbox import Sandbox
    from .session import Session

#: of `malloc.h`
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3


def main(argv: list[str] | None = None) -> int:
    """Run the program that the arguments describe; returns the exit code."""
    numpy_docs.defer()
    keep_memory()
    try:
        prepare_streams()
        try:
            return run(read_options(sys.argv[1:] if argv is None else argv))
        finally:
            limits.printed.end()
            flush_output()  # here, where a closed pipe is no error
    except UsageError as error:
        tell(f"tensorsh: {error.message}\nhelp: {error.help or 'tensorsh --help lists what there is'}")
        return error.exit_code
    except KeyboardInterrupt:
        if not limits.time.over:
            return interrupt.CODE
        tell(f"tensorsh: {limits.time.error()}")
        return 1
    except BrokenPipeError:
        _forget(sys.stdout)
        return 0
    except OSError as error:
        limits.printed.ours = True
        tell(f"tensorsh: cannot write: {error.strerror}")
        _forget(sys.stdout)
        return 1
    except SystemExit as leaving:
        return exit_code(leaving)


def keep_memory() -> None:
    """Let the C library keep what arrays give back, where it would hand it to the system and ask again.

    By itself it does so with every array of some hundred kilobytes, whose pages then cost more than their arithmetic.
    """
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):  # another C library than GNU's
            set_option = ctypes.CDLL(None).mallopt
            set_option(M_TRIM_THRESHOLD, 1 << 28)
            set_option(M_MMAP_THRESHOLD, 1 << 25)  # the most there is


def help_on(options: Options) -> int:
    """`tensorsh help`, `tensorsh help NAME`."""
    from .repl.help import outside
    from .repl.pager import show

    color = use_color(sys.stdout, options.color)
    show(outside(options.topic or "", width(sys.stdout), color), sys.stdout)
    return 0


def prepare_streams() -> None:
    """Any text can be written, and a stream that whoever started us has closed is an empty one."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def run(options: Options) -> int:
    """What `main` does, with errors still raised."""
    if options.help:
        print(HELP, end="")
        return 0
    if options.version:
        from . import __version__

        print(f"tensorsh {__version__}")
        return 0
    if options.topic is not None:
        return help_on(options)
    began = time.perf_counter()
    report = Report(options)
    looked_at = bool(options.check or options.show_programs)
    if looked_at and options.sandbox:
        raise UsageError("--sandbox is for programs that run", help="check and compile --show take --timeout")
    if options.timeout is not None and (looked_at or not wants_shell(options)):
        from .supervisor import supervise

        code = supervise(options.timeout, report.error)
        if code is not None:
            return code
    if options.check:
        from .check import check

        programs_begin(options)
        return check(options.check, report.error)
    if options.show_programs:
        from .programs import show

        programs_begin(options)
        return show(options.show_programs, report.error)
    sandbox = make_sandbox(options) if options.sandbox else None
    if options.max_output is not None:
        limits.printed.limit(options.max_output)
    with contextlib.closing(Output(options)) as output:
        if sandbox is not None:
            sandbox.confine()
        try:
            session = make_session(options)
            if sandbox is not None:
                session.confine(sandbox)
        except UsageError:
            raise
        except TensorshError as error:
            raise UsageError(error.message, help=error.help) from None
        programs_begin(options)
        session.hear_dropped()
        session.on_warning = report.warning
        output.session = session
        if options.session is not None:
            restore_session(session, options.session)
        try:
            return run_programs(session, options, output, report, began)
        except SystemExit as leaving:
            return exit_code(leaving)
        finally:
            if not limits.time.over:
                session.finish()
                session.finalize()


def run_programs(session: Session, options: Options, output: Output, report: Report, began: float) -> int:
    """Run all that the arguments name, and the shell if one is wanted; the exit code."""
    code = bind_arguments(session, options, report)
    texts = [] if code else programs(options)
    with profiled(session, report, began) if options.profile else contextlib.nullcontext():
        for name, text, script in texts:
            code = max(code, run_text(session, text, name, script, options, output, report))
            if code and not options.keep_going:
                break
    if wants_shell(options):
        return shell(session, options, output, report)
    return code


def exit_code(leaving: SystemExit) -> int:
    """The exit code that a program asks for; what is none is told."""
    if leaving.code is None or isinstance(leaving.code, int):
        return leaving.code or 0
    tell(str(leaving.code))
    return 1


def programs_begin(options: Options) -> None:
    """From now on an interrupt is the program's, and so is garbage: what was imported is none."""
    limits.roomy_stack()
    limits.memory.limit(options.max_memory, for_good=options.sandbox)
    limits.time.begin(options.timeout)
    interrupt.raises()
    if not wants_shell(options):
        interrupt.impatient()
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def make_sandbox(options: Options) -> Sandbox:
    """The sandbox that the flags describe."""
    from . import sandbox
    from .lang.syntax import grammar

    grammar.load()  # and keep its table, while files can be written
    files: dict[str, list[str]] = {"read": [], "write": []}
    for how, path in options.allowed:
        files[how].append(path)
    if options.script not in (None, "-") and not options.commands:
        files["read"].append(str(options.script))
    if options.session is not None:
        files["read"].append(options.session)
    if options.output is not None:
        files["write"].append(options.output)
    return sandbox.Sandbox(**files)


def limit_threads(n: int) -> None:
    """Tell the BLAS libraries; they read this when NumPy is imported, which has not happened yet."""
    for library in ("OPENBLAS", "MKL", "OMP", "BLIS", "VECLIB_MAXIMUM"):
        os.environ[f"{library}_NUM_THREADS"] = str(n)


def make_session(options: Options) -> Session:
    """The session that the flags describe."""
    if options.threads is not None:
        limit_threads(options.threads)
    import numpy as np

    from .session import Session, may_explain

    np.seterr(all="ignore")  # this process is ours, and front ends compute between runs too

    if sys.stderr.isatty():
        from . import progress

        progress.install()
    if sys.stdout.isatty():
        from .modules import plots_shown

        plots_shown.front["show"] = lambda chart: show_chart(chart, options)
    session = Session(
        seed=options.seed,
        dtype=options.dtype,
        device=options.device,
        threads=options.threads,
        compile=options.compile,
        cache=options.cache,
    )
    if options.anomaly:
        session.anomaly = True
    if any(map(may_explain, options.commands)):
        session.recollect()
    session.set_arguments(["-c" if options.commands else options.script or "", *options.arguments])
    return session


def show_chart(chart: Any, options: Options) -> None:
    """Draw a chart that a program shows."""
    from . import display

    color = use_color(sys.stdout, options.color)
    columns, encoding = width(sys.stdout), screen_encoding(sys.stdout)
    print(display.text(chart, None, "pretty", color=color, width=columns, encoding=encoding))


def restore_session(session: Session, path: str) -> None:
    """`--session FILE`."""
    from .repl.store import restore

    try:
        _, wrong = restore(session, path)
    except OSError as error:
        raise UsageError(f"cannot read {path!r}: {error.strerror}") from None
    except ValueError as error:
        if facts_of(error) is None:
            raise
        raise UsageError(str(error)) from None
    for each in wrong:
        tell(f"tensorsh: not restored: {each}")


def bind_arguments(session: Session, options: Options, report: Report) -> int:
    """`--arg NAME VALUE` and `--let NAME EXPR`, in the order they were given."""
    from .session import is_name

    for kind, name, text in options.bindings:
        if not is_name(name):
            raise UsageError(f"--{kind}: {name!r} is not a name")
        if kind == "arg":
            session[name] = text
            continue
        try:
            session[name] = session.evaluate(text, f"<--let {name}>")
        except TensorshError as error:
            report.error(error)
            return error.exit_code
    return 0


def programs(options: Options) -> Iterable[tuple[str, str, bool]]:
    """(name, text, is a script) of what is to be run, each read when its turn comes."""
    if options.commands:
        for i, text in enumerate(options.commands, 1):
            yield ("<command>" if len(options.commands) == 1 else f"<command {i}>"), text, False
    elif options.script is not None and options.script != "-":
        yield options.script, read_file(options.script), True
    elif options.script == "-" or not (options.interactive or sys.stdin.isatty()):
        yield "<stdin>", read_stdin(), True


def read_stdin() -> str:
    """The text of a program on standard input; UsageError for what is none."""
    try:
        return decoded(sys.stdin.buffer.read())
    except UnicodeDecodeError as error:
        raise UsageError(f"standard input is not {not_text(error)}") from None
    except SyntaxError as error:
        raise UsageError(f"cannot read standard input: {error.msg}") from None


def is_program(text: str) -> bool:
    """Whether what was given for the name of a file is a program itself."""
    from .errors import ParseError
    from .lang.syntax.parse import parse
    from .source import Source

    try:
        parse(Source(text))
    except ParseError:
        return False
    return not text.isidentifier()


def read_file(path: str) -> str:
    """The text of a script; UsageError for what cannot be read."""
    try:
        return read_program(path, pipes=True)
    except OSError as error:
        from shlex import quote

        meant = isinstance(error, FileNotFoundError) and not path.endswith((".py", ".tsh"))
        raise UsageError(
            f"cannot read {path!r}: {error.strerror}",
            help=f"tensorsh -c {quote(path)} runs a text" if meant and is_program(path) else None,
        ) from None
    except SyntaxError as error:
        raise UsageError(f"cannot read {path!r}: {error.msg}") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path!r} is not {not_text(error)}") from None


def not_text(error: UnicodeDecodeError) -> str:
    encoding = error.encoding.upper().removesuffix("-SIG")
    return f"{encoding} text ({error.reason} at byte {error.start})"


def run_text(
    session: Session, text: str, name: str, script: bool, options: Options, output: Output, report: Report
) -> int:
    """Run one text to its end or first error; the exit code it asks for."""
    code = 0

    def keep_going(error: TensorshError) -> None:
        nonlocal code
        code = max(code, error.exit_code)
        finish_progress()
        if script and session.uncaught(error):
            return
        with limits.printed.ourselves():
            flush_output()
            report.error(error)

    try:
        session.execute(
            text,
            name,
            output.show,
            script=script,
            leads=script,
            undo=options.keep_going or not script or wants_shell(options),
            on_error=keep_going if options.keep_going else None,
            on_time=report.time if options.timer else None,
        )
    except TensorshError as error:
        keep_going(error)
    except KeyboardInterrupt:
        if not limits.time.over:
            raise
        keep_going(limits.time.report())  # not while a statement ran
    finally:
        finish_progress()
    return code


@contextlib.contextmanager
def profiled(session: Session, report: Report, began: float) -> Iterator[None]:
    """`--profile`: measure, and tell when it is over, however it ends. `began` is when tensorsh did."""
    starting = time.perf_counter() - began
    found = None
    try:
        with session.profiled() as found:
            yield
    finally:
        if found is not None and found.rows:
            finish_progress()
            found.elsewhere = {"starting": starting, **found.elsewhere}
            report.profile(found)


def finish_progress() -> None:
    """No bar of a loop that an error has ended stays below the error."""
    if on_terminal(sys.stderr):
        from . import progress

        progress.finish()


def wants_shell(options: Options) -> bool:
    """`-i`, or nothing to run and a person at the keyboard."""
    nothing = not options.commands and options.script is None
    return options.interactive or (nothing and sys.stdin.isatty())


def shell(session: Session, options: Options, output: Output, report: Report) -> int:
    """The interactive shell."""
    from .repl.loop import run

    return run(
        session,
        output,
        report,
        history=options.history,
        config=options.config,
        quiet=options.quiet,
        timer=options.timer,
        given=given_settings(options),
    )


def given_settings(options: Options) -> frozenset[str]:
    """The settings that the command line has decided, over those of the user's file."""
    given = [
        name
        for name in ("format", "dtype", "device", "seed", "threads")
        if getattr(options, name) is not None
    ]
    colored = options.color != "auto" or os.environ.get("NO_COLOR") or os.environ.get("FORCE_COLOR")
    switched = [*["timer"] * options.timer, *["cache"] * (not options.cache)]
    return frozenset([*given, *["color"] * bool(colored), *switched])


def settle() -> None:
    """The process ends: what nobody takes is let go. Python would try again, and have an exit code of its own."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            _forget(stream)
        except (ValueError, AttributeError):  # closed, or something that is no stream
            continue


def _forget(stream: Any) -> None:
    """The reader of a stream is gone: let Python's exit flush into nothing."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = limits.printed.nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY) if nowhere is None else nowhere, stream.fileno())
