"""What a session was before a statement, and how it is made that again.

`Before` is taken as a statement begins: its names, settings, what modules keep, what it can touch
(`lang.undo.snapshot`), and the journal, which tensors tell of their changes from now on. A statement that fails is
taken back with it. One that succeeded can be taken back later, if what came after it has been: then `keep` holds on to
all of it. `Whole` is the same of everything there is, between statements, and can be returned to from before and after:
to take something back is a change that can itself be taken back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...engine.core import context
from ...engine.core.journal import Segment
from ...kinds import ATOMS

if TYPE_CHECKING:
    from ..code.statements import Statement
    from ..run.evaluate import Evaluator
    from .snapshot import Snapshot, Standing


class Before:
    """The session as it is; the journal listens from now on."""

    snapshot: Snapshot | None = None
    segment: Segment

    def __init__(self, evaluator: Evaluator, statement: Statement | None):
        self.evaluator = evaluator
        now = context.current()
        self.bound = None if statement is None else statement.names
        self.imported, self.own = set(evaluator.imported), dict(evaluator.imports.own)
        self.kind, self.settings = evaluator.pythonic, now.settings()
        if statement is None or evaluator.can_change(statement):
            self.snapshot = evaluator.snapshot(statement)
            if evaluator.history is not None:
                evaluator.history.replaced(self.snapshot.instead)
            self.modules = evaluator.modules.state()
        self.names = dict(evaluator.variables)  # with relays in the place of generators
        now.journal.begin()

    # ---------------------------------------------------------------- the statement has failed

    def restore(self) -> None:
        """The statement failed."""
        journal = context.current().journal
        written = journal.things()
        journal.rollback()
        self._put_back()
        if self.snapshot is not None:
            self.snapshot.restore(written)
        else:
            self._bind_again()

    def _put_back(self) -> None:
        """What is neither in variables nor in the journal."""
        evaluator = self.evaluator
        context.current().put_back(self.settings)
        if self.snapshot is not None:
            evaluator.modules.restore(self.modules)
        evaluator.imported = set(self.imported)
        evaluator.imports.own.clear()
        evaluator.imports.own.update(self.own)

    def _bind_again(self) -> None:
        """What variables were bound to, where nothing else can have changed."""
        self.evaluator.variables.clear()
        self.evaluator.variables.update(self.names)

    # ---------------------------------------------------------------- it has succeeded

    def commit(self) -> None:
        """It succeeded, and that is that."""
        context.current().journal.commit()
        if self.snapshot is not None:
            self.snapshot.commit()

    def keep(self) -> None:
        """It succeeded, and may be taken back."""
        self.segment = context.current().journal.take()
        if self.snapshot is not None:
            self.snapshot.keep()

    def take_back(self) -> None:
        """Take it back after `keep`; what came after it has been taken back."""
        written = self.segment.things()
        self.segment.roll_back()
        self._put_back()
        self.evaluator.pythonic = self.kind
        if self.snapshot is not None:
            self.snapshot.instead.clear()
            self.snapshot.take_back(written)
            assert self.evaluator.history is not None
            self.evaluator.history.replaced(self.snapshot.instead)
        else:
            self._bind_again()

    def only_looked(self) -> bool:
        """Whether it changed nothing but what was shown last."""
        if self.snapshot is not None or not self.segment.undo.keys() <= {(id(self.evaluator.variables), "")}:
            return False
        return not self.bound

    def lost(self) -> list[Any]:
        """What names stood for that they no longer stand for."""
        now = self.evaluator.variables
        return [
            old for name, old in self.names.items() if type(old) not in ATOMS and now.get(name) is not old
        ]


class Whole(Before):
    """Everything as it is between two statements."""

    snapshot: Standing

    def __init__(self, evaluator: Evaluator):
        super().__init__(evaluator, None)
        self.sizes = evaluator.runtime.sizes.copy()

    def keep(self) -> None:
        """What was done between is done; it may be returned to."""
        self.segment = context.current().journal.take()

    def take_back(self) -> None:
        """Return to it."""
        self.segment.roll_back()
        self._put_back()
        self.evaluator.pythonic = self.kind
        self.evaluator.runtime.sizes.put_back(self.sizes)
        self.snapshot.return_to()
