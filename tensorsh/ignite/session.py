"""What ignite does with the rest of a program: its logs and its random streams."""

from __future__ import annotations

import importlib
from typing import Any

from ..engine.core import context
from ..torch.namespace import torch

FORMAT = "%(asctime)s %(name)s %(levelname)s: %(message)s"


def python(name: str) -> Any:
    """One of Python's modules, as the program that runs has it."""
    lent = context.current().python
    return importlib.import_module(name) if lent is None else lent.find(name)


def logger_of(owner: object) -> Any:
    """The logger of an object, named after its class as in ignite."""
    kind = type(owner)
    return python("logging").getLogger(f"{kind.__module__}.{kind.__name__}")


def setup_logger(
    name: str | None = "ignite",
    level: int = 20,
    stream: Any = None,
    format: str = FORMAT,
    filepath: str | None = None,
    distributed_rank: int | None = None,
    reset: bool = False,
    encoding: str | None = "utf-8",
) -> Any:
    """A logger that writes to a stream (standard error), and to a file. One that is there is given as it is."""
    logging = python("logging")
    existing = name is None or name in logging.root.manager.loggerDict
    logger = logging.getLogger(name)
    if reset:
        for handler in list(logger.handlers):
            logger.removeHandler(handler)
    if existing and not reset:
        return logger
    logger.setLevel(level)
    handlers = [logging.StreamHandler(stream)]
    if filepath is not None:
        handlers.append(logging.FileHandler(filepath, encoding=encoding))
    for handler in handlers:
        handler.setLevel(level)
        handler.setFormatter(logging.Formatter(format))
        logger.addHandler(handler)
    if name is not None:
        logger.propagate = False
    return logger


def manual_seed(seed: int) -> None:
    """Seed the streams of `random`, torch and NumPy."""
    python("random").seed(seed)
    torch.manual_seed(seed)
    python("numpy").random.seed(seed)


for each in (setup_logger, manual_seed):
    each.__module__ = "ignite.utils"
