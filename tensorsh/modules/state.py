"""What the modules of a session keep, seen before a statement and put back when it fails."""

from __future__ import annotations

import sys
from copy import copy
from typing import Any

from .module import Module, ProgramModule
from .system import STREAMS


class State:
    """Names of modules, random stream, filters, loggers, settings of the process, environment, streams."""

    def __init__(self, modules: Any):
        self.loaded = {name: (module, _names(module)) for name, module in modules.loaded.items()}
        self.random = modules._random, modules._random and modules._random.getstate()
        self.numpy = modules.numpy, modules.numpy and modules.numpy.state()
        self.warnings = modules.host.warnings.state()
        self.environ = modules.environ.copy()
        self.streams = {name: getattr(sys, name) for name in STREAMS}
        self.recursion_limit = modules.recursion_limit
        self.argv = list(modules.host.argv)
        self.callbacks = list(modules.callbacks)
        self.settings = {name: (setting, setting.seen()) for name, setting in modules.exchanged.items()}
        self.logs = None
        if modules._copies is not None and "logging" in modules._copies.made:
            from .logs import LogState

            self.logs = LogState(modules._copies.made["logging"])

    def restore(self, modules: Any) -> None:
        """Modules imported since are forgotten, with what they kept."""
        modules.loaded.clear()
        for name, (module, names) in self.loaded.items():
            modules.loaded[name] = module
            if names is not None:
                vars(module).clear()
                vars(module).update(names)
        modules._random, random = self.random
        if modules._random is not None:
            modules._random.setstate(random)
        numpy, state = self.numpy
        if numpy is None and modules.numpy is not None:
            modules.numpy.forget(modules)
        elif numpy is not None:
            if modules.numpy is None:
                numpy.again(modules)
            numpy.restore(state)
        modules.host.warnings.put_back(self.warnings)
        modules.environ.clear()
        modules.environ.update(self.environ)
        for name, stream in self.streams.items():
            setattr(sys, name, stream)
        for name in modules.exchanged.keys() - self.settings:
            modules.exchanged.pop(name).leave()
        for name, (setting, seen) in self.settings.items():
            modules.exchanged[name] = setting
            setting.enter()
            setting.write(copy(seen))
        if modules.recursion_limit != self.recursion_limit:
            modules.recursion_limit = self.recursion_limit
            modules.host.recursion_changed(self.recursion_limit)
        modules.host.argv[:] = self.argv
        modules.callbacks[:] = self.callbacks
        if self.logs is not None:
            self.logs.restore()


def _names(module: Any) -> dict[str, Any] | None:
    """The names of a module of ours; a program may put anything into `sys.modules`."""
    is_ours = issubclass(type(module), Module) and type(module) is not ProgramModule
    return dict(vars(module)) if is_ours else None
