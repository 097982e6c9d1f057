"""A warning as a diagnostic: the place in the program, the calls that led there, what the operands were."""

from __future__ import annotations

import re

from ...engine.core.warn import Event
from ...errors import Warned
from .faults import calls
from .places import guilty, labels

#: how a message from PyTorch's C++ code ends: of no use to whoever reads it
INTERNAL = re.compile(r" \(Triggered internally at [^()]*\)$")


def warned(event: Event) -> Warned:
    """What is shown of a warning."""
    message = event.message
    report = Warned(INTERNAL.sub("", str(message)), type(message), help=event.help)
    nodes = event.place.nodes
    if nodes:
        report.facts.span = guilty(nodes[0], report.facts)
        report.facts.labels = tuple(labels(nodes[0], event.operands))
        report.trail = calls(list(nodes[:0:-1]))
    return report
