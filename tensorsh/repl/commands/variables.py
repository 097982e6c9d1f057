"""Commands about variables: which there are, what they are, to forget them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import UsageError
from ...source import Source
from .table import command, counted

if TYPE_CHECKING:
    from ..loop import Shell


@command(":vars", "the variables: dtype, shape, gradient", also=("who", "whos"))
def vars_(shell: Shell, argument: str) -> None:
    from .. import help

    shell.tell(help.table_of_variables(shell.session, help.Page(shell.columns, shell.paint)))


@command(":del NAME ...", "forget variables", completes="variables")
def del_(shell: Shell, argument: str) -> None:
    names = argument.replace(",", " ").split()
    if not names:
        raise UsageError(":del wants the names of variables", code="command", help="`:vars` lists them")
    unknown = [name for name in names if name not in shell.session]
    if unknown:
        from ...lang.names.namespace import did_you_mean

        raise UsageError(
            f"there is no variable '{unknown[0]}'",
            code="name",
            help=did_you_mean(unknown[0], shell.session.names()),
        )
    for name in dict.fromkeys(names):
        del shell.session[name]


@command(":reset", "forget all variables; -f does not ask")
def reset(shell: Shell, argument: str) -> None:
    if argument not in ("", "-f"):
        raise UsageError(":reset takes no names", code="command", help=f"`:del {argument}` forgets them")
    count = len(shell.session.names())
    if count and not argument and not shell.ask(f"forget {counted(count, 'variable')}?"):
        shell.tell("nothing was forgotten")
        return
    shell.session.clear()


@command(":stats [EXPRESSION]", "least, mean, deviation, most, zeros, NaN of tensors", completes="code")
def stats(shell: Shell, argument: str) -> None:
    from .. import stats
    from ..help import Page

    session, text = shell.session, argument.strip()
    if text:
        values = [(text, session.trial(Source(text, shell.place), lambda run: run(), value=True))]
    else:
        values = [(name, session[name]) for name in session.names()]
    found = [each for name, value in values for each in stats.tensors_in(name, value)]
    shell.tell(stats.table(found, Page(shell.columns, shell.paint)))


@command(
    ":type EXPRESSION", "dtype, shape and device of what it would give; nothing is computed", completes="code"
)
def type_(shell: Shell, argument: str) -> None:
    if not argument.strip():
        raise UsageError(
            ":type wants an expression", code="command", help="type `:type randn(2, 3) @ randn(3)`"
        )
    from ...services.infer import inferred

    shell.tell(inferred(shell.session, Source(argument.strip(), shell.place)))


@command(
    ":why NAME", "why it has no gradient, and where a NaN or Inf in it first appeared", completes="variables"
)
def why(shell: Shell, argument: str) -> None:
    """Right after an error `:why` alone tells about that, as `?` does."""
    from ...engine.values.tensor import Tensor
    from ..help.page import wrapped
    from ..why import why as reasons
    from .helping import about_error

    name, session = argument.strip(), shell.session
    if not name:
        if shell.error is not None and not isinstance(shell.error, UsageError):
            about_error(shell)
            return
        tensors = [each for each in session.names() if isinstance(session[each], Tensor)]
        raise UsageError(
            ":why wants a tensor",
            code="command",
            help=f"type `:why {tensors[-1]}`; `:vars` lists them"
            if tensors
            else "type `w = [1., 2.]`, then `:why w`",
        )
    value = session.trial(Source(name, shell.place), lambda run: run(), value=True)
    if not isinstance(value, Tensor):
        raise UsageError(
            f"'{name}' is no tensor: {type(value).__name__} has no gradient",
            code="command",
            help="`:vars` lists the variables",
        )
    found = reasons(session, name, value, shell.entries[:-1])
    if shell.typed:
        found = "\n".join(line for each in found.split("\n") for line in wrapped(each, shell.columns))
    shell.tell(found)
