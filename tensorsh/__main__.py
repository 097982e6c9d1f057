"""The command `tensorsh`, which is also `python -m tensorsh`."""

from . import interrupt

interrupt.exits()  # before anything else is imported


def main() -> int:
    """Run the command line; the exit code."""
    import gc

    gc.disable()  # imports make no garbage; on again when programs begin
    from .cli import main

    try:
        code = main()
        interrupt.exits()
    except KeyboardInterrupt:
        interrupt.exits()
        code = interrupt.CODE
    return code


if __name__ == "__main__":
    raise SystemExit(main())
