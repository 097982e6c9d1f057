"""Commands about variables: which there are, what they are, to forget them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import UsageError
from .table import command

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
        from ...lang.namespace import did_you_mean

        raise UsageError(
            f"there is no variable '{unknown[0]}'",
            code="name",
            help=did_you_mean(unknown[0], shell.session.names()),
        )
    for name in dict.fromkeys(names):
        del shell.session[name]


@command(":reset", "forget all variables")
def reset(shell: Shell, argument: str) -> None:
    shell.session.clear()
