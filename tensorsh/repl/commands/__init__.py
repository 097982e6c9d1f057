"""What the shell does besides running programs: `:help`, `:vars`, `:time`, … and `?name`, `help(name)`.

A command is a function of the shell and the rest of the line, with a line of help; the table `COMMANDS`
is what `:help`, completion and "did you mean" read. What a command needs is imported when it runs.
"""

# `:help` lists commands in this order
from . import helping, settings, variables, running, typed, past  # noqa: F401, I001
from .dispatch import dispatch
from .table import ALL, COMMANDS, Command, last_of, split_command

__all__ = ["ALL", "COMMANDS", "Command", "dispatch", "last_of", "split_command"]
