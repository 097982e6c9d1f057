"""Tests import what they share from `support` (`from oracle import …`) and find the package beside them."""

import gc
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from tensorsh.engine.compile import store
from tensorsh.engine.graph import hooks

sys.path.insert(0, str(Path(__file__).parent / "support"))

if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
    # Tests start hundreds of commands, each of which would compile the package; the tree stays as clean.
    os.environ["PYTHONPYCACHEPREFIX"] = str(Path(tempfile.gettempdir()) / f"tensorsh-bytecode-{os.getuid()}")

os.environ.pop(
    "PYTHONUNBUFFERED", None
)  # commands write as they do for people: what nobody takes waits for the exit

os.environ["LC_ALL"] = "C.UTF-8"  # what is expected is English, whoever runs the tests

# how fast a machine makes examples is no property of what they test
settings.register_profile("tensorsh", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tensorsh")

np.seterr(all="ignore")  # as while a session runs: tests call operations by themselves too


def pytest_collection_finish() -> None:
    keep_all()


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    if nextitem is not None and nextitem.path != item.path:
        keep_all()


def keep_all() -> None:
    """No search for garbage looks through what there is by now again: tens of thousands of tests, what is imported."""
    gc.collect()
    gc.freeze()


def pytest_runtest_setup() -> None:
    np.seterr(all="ignore")  # programs run outside a session leave their own settings
    hooks.leaves.clear()  # a leaf with a hook keeps loops from being compiled: those of other tests are done with


@pytest.fixture(autouse=True)
def no_machine_code_from_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests make their own, unless they put another function there."""
    monkeypatch.setattr(store, "usable", lambda: False)
