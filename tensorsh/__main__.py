"""The command `tensorsh`, which is also `python -m tensorsh`."""

from . import interrupt

interrupt.exits()  # before anything else is imported


def main() -> int:
    """Run the command line; the exit code."""
    import gc

    gc.disable()  # imports make no garbage; on again when programs begin
    from . import bytecode

    found = bytecode.enter()
    from .cli import main, settle

    try:
        code = main()
        interrupt.exits()
    except KeyboardInterrupt:
        interrupt.exits()
        code = interrupt.CODE
    bytecode.keep(found)
    settle()
    leave(code)
    return code


def leave(code: int) -> None:
    """End the process at once where a call goes on that an interrupt has left: libraries would wait for its end."""
    import sys

    aside = sys.modules.get("tensorsh.engine.run.aside")
    if aside is not None and aside.at_work:
        import atexit
        import os

        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError, AttributeError):
                continue
        os._exit(code)


if __name__ == "__main__":
    raise SystemExit(main())
