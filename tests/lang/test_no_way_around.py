"""Ways to reach Python behind the language: every one ends in an error, or in something harmless.

They are here and in `data/no_way_around.txt`.

Each attempt puts what it has got into `loot`. It runs as a script, as an input of a session, and as a program of
tensorsh's own; afterwards `loot` is nothing that leads out: no module of Python's, frame, code object, loader, function
of Python's that evaluates text, no dictionary of such, and not the word "memory", which says that NumPy read what lies
at an address, or that something was changed that all sessions share.
"""

# ruff: noqa: E501  (an attempt is one text)

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tensorsh import Session, TensorshError
from ways_out import leads_out

CLASS = "class A:\n    x = 1\n    def f(self): return self.x\n"
ATTEMPTS = [
    # names
    "loot = __builtins__",
    "loot = __import__('os')",
    "loot = __loader__",
    "loot = __spec__",
    "loot = __build_class__",
    "loot = globals()['__builtins__']",
    "loot = locals().get('__builtins__')",
    "loot = vars()['__builtins__']",
    "loot = eval('1')",
    "exec('loot = 1')",
    "loot = compile('1', '', 'eval')",
    "loot = breakpoint",
    "from builtins import eval as loot",
    "from builtins import __import__ as loot",
    "import builtins; loot = builtins.eval",
    "import builtins; loot = getattr(builtins, 'ex' + 'ec')",
    "import builtins; loot = vars(builtins).get('__import__')",
    "__builtins__ = {}; loot = None",
    # attributes of functions, code, frames
    "loot = (lambda: 0).__globals__",
    "loot = (lambda: 0).__code__",
    "loot = (lambda: 0).__builtins__",
    "loot = (lambda: 0).__closure__",
    "def f(): pass\nloot = getattr(f, '__glob' + 'als__')",
    "def f(): pass\nloot = f.__getattribute__('__globals__')",
    "def f(): pass\nloot = object.__getattribute__(f, '__code__')",
    "def f(): pass\nloot = type(f).__getattribute__(f, '__globals__')",
    "def f(): pass\nloot = type(f).__dict__['__globals__'].__get__(f)",
    "def f(): pass\nloot = type(f).__globals__.__get__(f)",
    "def f(): yield\nloot = f().gi_frame",
    "def f(): yield\nloot = f().gi_code",
    "loot = (i for i in [1]).gi_frame.f_globals",
    "loot = getattr((i for i in [1]), 'gi_frame')",
    "g = (g.gi_frame.f_back for _ in [1])\nloot = next(g)",
    "try: 1 / 0\nexcept Exception as e: loot = e.__traceback__.tb_frame",
    "try: 1 / 0\nexcept Exception as e: loot = getattr(e.__traceback__, 'tb_frame')",
    "import sys\ntry: 1 / 0\nexcept Exception: loot = sys.exc_info()[2].tb_frame",
    "import sys; loot = sys._getframe()",
    "import sys; loot = getattr(sys, '_getframe')",
    "import sys; loot = sys.modules['os'].system",
    "import sys; loot = sys.modules['sys'].modules['builtins']",
    "import sys; loot = sys.meta_path",
    "import inspect; loot = inspect.currentframe()",
    "import inspect; loot = inspect.stack()",
    "import inspect; loot = inspect.getmodule(inspect)",
    "import inspect; loot = dict(inspect.getmembers(inspect))",
    "import inspect; loot = [v for n, v in inspect.getmembers(lambda: 0) if n == '__globals__']",
    "import traceback; loot = traceback.walk_stack(None)",
    "import types; loot = types.CodeType",
    "import types; loot = types.FunctionType((lambda: 0).__code__, {})",
    "import types; loot = types.FrameType",
    "import gc; loot = gc.get_objects()",
    "import gc; loot = gc.get_referrers(1)",
    # classes
    "loot = ().__class__.__base__.__subclasses__()",
    "loot = object.__subclasses__()",
    "loot = type.__subclasses__(object)",
    "loot = ''.__class__.__mro__[1].__subclasses__()",
    "loot = type.mro(int)[-1].__subclasses__()",
    CLASS + "loot = A.__subclasses__.__self__.__base__.__subclasses__()",
    CLASS + "loot = A.f.__globals__",
    CLASS + "loot = A().f.__func__.__globals__",
    CLASS + "loot = A.__init__.__globals__",
    CLASS + "loot = A.__dict__['f'].__globals__",
    CLASS + "loot = vars(A)['f'].__code__",
    CLASS + "loot = super(A, A()).__getattribute__('f').__globals__",
    "class M(type):\n    def __instancecheck__(c, o): return True\nclass P(metaclass=M):\n    __match_args__ = ('__globals__',)\n"
    "match (lambda: 0):\n    case P(g): loot = g",
    "class M(type):\n    def __instancecheck__(c, o): return True\nclass P(metaclass=M): pass\n"
    "match (lambda: 0):\n    case P(__globals__=g): loot = g",
    "P = type('P', (), {'__match_args__': ('__code__',)})\nmatch (lambda: 0):\n    case P(g): loot = g",
    "class A:\n    def __getattr__(self, name): return name\nclass str2(str):\n    def __eq__(self, o): return False\n"
    "    def __hash__(self): return 0\n    def __getitem__(self, i): return 'x'\nloot = getattr(lambda: 0, str2('__globals__'))",
    "class N(str):\n    def startswith(self, *a): return False\nloot = getattr((lambda: 0), N('__code__'))",
    "loot = print.__self__",
    "loot = len.__self__",
    "loot = [].append.__self__.__class__.__base__.__subclasses__()",
    "loot = print.__call__.__self__.__self__",
    "import math; loot = math.__loader__",
    "import math; loot = math.sin.__self__",
    "import json; loot = json.codecs",
    "import json; loot = json.decoder.scanner",
    "import random; loot = random._os",
    "import random; loot = random.Random.__init__.__globals__",
    "import os; loot = os.system",
    "import os; loot = os.popen",
    "import os; loot = os.execv",
    "import os; loot = os.path.os",
    "import os; loot = os.sys",
    "import os.path; loot = os.path.genericpath",
    "import pathlib; loot = pathlib.Path()._flavour.pathmod",
    "import pathlib; loot = pathlib.os",
    "import subprocess; loot = subprocess",
    "import socket; loot = socket",
    "import ctypes; loot = ctypes",
    "import importlib; loot = importlib.import_module('os')",
    "from importlib import import_module as loot",
    "import multiprocessing; loot = multiprocessing",
    "import threading; loot = threading._sys",
    "import logging; loot = logging.os",
    "import logging; loot = logging.Handler.__init__.__globals__",
    "import warnings; loot = warnings.sys",
    "import collections; loot = collections._sys",
    "from collections import namedtuple\nloot = namedtuple('P', 'x').__new__.__globals__",
    "from collections import namedtuple\nloot = namedtuple('P', 'x y')._make.__func__.__globals__",
    "from dataclasses import dataclass\n@dataclass\nclass D:\n    x: int = 0\nloot = D.__init__.__globals__",
    "from dataclasses import make_dataclass\nloot = make_dataclass('D', [('x', '__import__(\"os\")')]).__init__.__globals__",
    "import dataclasses; loot = dataclasses.sys",
    "import typing\nclass D:\n    x: '__import__(\"os\")'\nloot = typing.get_type_hints(D)",
    "import typing; loot = typing.ForwardRef('__import__(\"os\")')._evaluate({}, {}, frozenset())",
    "import functools; loot = functools.partial(getattr, lambda: 0, '__globals__')()",
    "import functools; loot = functools.reduce(getattr, ['__globals__'], lambda: 0)",
    "import functools\n@functools.singledispatch\ndef f(x): pass\n@f.register\ndef _(x: '__import__(\"os\")'): pass\nloot = 1",
    "import functools; loot = functools.wraps(lambda: 0)(lambda: 0).__wrapped__.__globals__",
    "import operator; loot = operator.attrgetter('__globals__')(lambda: 0)",
    "import operator; loot = operator.attrgetter('f.__globals__')(type('A', (), {'f': lambda: 0}))",
    "import operator; loot = operator.methodcaller('__getattribute__', '__code__')(lambda: 0)",
    "loot = list(map(getattr, [lambda: 0], ['__globals__']))",
    "loot = '{0.__globals__}'.format(lambda: 0)\nif 'tensorsh' in loot or '__builtins__' in loot: loot = eval",
    "loot = str.format('{0.__code__}', lambda: 0)\nif 'code object' in loot: loot = eval",
    "loot = '{x.__globals__}'.format_map({'x': lambda: 0})\nif '__builtins__' in loot: loot = eval",
    "f = str.format\nloot = f('{0.__class__.__init__.__globals__}', type('A', (), {'__init__': lambda s: None})())\n"
    "if '__builtins__' in loot: loot = eval",
    "import string; loot = string.Formatter().format('{0.__globals__}', lambda: 0)\nif '__builtins__' in loot: loot = eval",
    "import string; loot = string.Formatter().get_field('0.__globals__', (lambda: 0,), {})",
    "import pickle; loot = pickle.loads(b'cos\\nsystem\\n(S\"true\"\\ntR.')",
    "import pickle; loot = pickle.loads(b'cbuiltins\\neval\\n.')",
    "import io, torch; loot = torch.load(io.BytesIO(b'\\x80\\x02cos\\nsystem\\nq\\x00.'), weights_only=False)",
    "class E:\n    def __reduce__(self): return (eval, ('1',))\nimport pickle\nloot = pickle.loads(pickle.dumps(E()))",
    "import copy; loot = copy._sys",
    "import copy; loot = copy.copy((lambda: 0).__code__)",
    'import timeit; loot = timeit.timeit(\'__import__("os").system("true")\', number=1)',
    "import timeit; loot = timeit.Timer('1', globals={}).inner",
    "import contextlib\n@contextlib.contextmanager\ndef c(): yield\nloot = c().gen.gi_frame",
    "import contextlib; loot = contextlib.sys",
    "import enum\nclass C(enum.Enum):\n    A = 1\nloot = C.__new__.__globals__",
    "import abc; loot = abc.ABCMeta.register.__globals__",
    "import weakref; loot = weakref.sys",
    "import ast; loot = ast",
    "import code; loot = code",
    "import runpy; loot = runpy",
    "import platform; loot = platform.os",
    "import platform; loot = platform.popen",
    "import tempfile; loot = tempfile._os",
    "import shutil; loot = shutil.os",
    "import csv; loot = csv.io",
    "import argparse; loot = argparse._sys",
    "import argparse; loot = argparse.ArgumentParser().parse_args.__func__.__globals__",
    "import unittest; loot = unittest.TestCase.run.__globals__",
    "import decimal; loot = decimal.Decimal.__new__.__self__",
    "import re; loot = re._compiler",
    "import datetime; loot = datetime.sys",
    "import queue; loot = queue.threading",
    # torch and NumPy
    "import torch; loot = torch.os",
    "import torch; loot = torch.sys",
    "import torch; loot = torch.nn.functional.np",
    "import torch; loot = torch.relu.kernel",
    "import torch; loot = torch.relu.kernel.__globals__",
    "import torch; loot = torch.ones(1).array",
    "import torch; loot = torch.ones(1, requires_grad=True).sum().grad_fn.args",
    "import torch; loot = torch.nn.Module.forward.__globals__",
    "import torch; loot = torch.nn.Linear(1, 1).forward.__func__.__globals__",
    "import torch; loot = torch.nn.Module.__init__.__globals__",
    "import torch; loot = torch.optim.SGD.step.__globals__",
    "import torch; loot = torch.utils.data.DataLoader.__iter__.__globals__",
    "import torch; loot = torch.autograd.Function.apply.__globals__",
    "import torch; loot = torch._C",
    "import torch; loot = torch.__dict__",
    "import torch; loot = torch.__loader__",
    "import torch; loot = vars(torch)['__builtins__']",
    "import torch; loot = torch.nn.modules.module.warnings",
    "import torch; loot = torch.nn.modules.module.functools",
    "import torch; loot = torch.serialization.os",
    "import torch; loot = torch.ops",
    "import torch; loot = torch.utils.cpp_extension",
    "import torch; loot = torch.hub.os",
    "from torch import nn; loot = nn.init.math",
    "from torch.utils import data; loot = data.os",
    "import tensorsh; loot = tensorsh.session",
    "import tensorsh.session as loot",
    "from tensorsh import Session as loot",
    "from tensorsh.lang import evaluate as loot",
    "import numpy as np; loot = np.os",
    "import numpy as np; loot = np.lib",
    "import numpy as np; loot = np.sys",
    "import numpy as np; loot = np.ctypeslib",
    "import numpy as np; loot = np.core",
    "import numpy as np; loot = np.load('x.npy', allow_pickle=True)",
    "import numpy as np; loot = np.array([1]).ctypes",
    "import numpy as np; loot = np.vectorize(lambda x: x).pyfunc.__globals__",
    "import numpy as np; loot = np.frompyfunc(lambda x: x, 1, 1).__class__.__module__.__loader__",
    "import numpy as np; loot = np.linalg.linalg.sys",
    "import numpy as np; loot = np.testing.sys",
    "import numpy as np; loot = np.random.mtrand.sys",
    "import numpy as np; loot = np.fft._pocketfft",
    # aliases of modules in a program's own
    "class A:\n    __slots__ = ('__dict__',)\nA().__class__ = type\nloot = 1",
    "class A: pass\na = A()\na.__class__ = type(print)\nloot = a",
    "def f(): pass\nf.__code__ = (lambda: 1).__code__\nloot = f.__code__",
    "def f(): pass\nf.__globals__ = {}\nloot = f.__globals__",
    "def f(): pass\nsetattr(f, '__code__', 1)\nloot = f.__code__",
    "import json\njson.JSONEncoder.default = lambda s, o: 1\nimport json\nloot = json.JSONEncoder.default.__globals__",
    "import torch\ntorch.Tensor.__add__.__globals__\nloot = torch.Tensor.__add__.__globals__",
    "x = [c for c in object.__subclasses__() if c.__name__ == 'Popen']\nloot = x",
    "loot = property(lambda s: 0).fget.__globals__",
    "loot = staticmethod(lambda: 0).__func__.__globals__",
    "loot = classmethod(lambda c: 0).__wrapped__.__code__",
    "ｅval = 1; loot = __ｉmport__('os')",
    "loot = (lambda: 0).__gloｂals__",
    "with open('/dev/null') as f: loot = f.buffer.raw.__class__.__subclasses__()",
    "loot = open.__self__",
    "loot = input.__self__",
    "loot = ().__reduce_ex__(2)[0].__globals__",
    "class A: pass\nloot = A().__reduce_ex__(2)[0].__globals__",
    "loot = help.__globals__",
    "loot = exit.__globals__",
    "loot = type('M', (type,), {})('X', (), {}).__init__.__globals__",
    "import functools\nclass C:\n    @functools.cached_property\n    def p(self): return 1\nloot = C.__dict__['p'].func.__globals__",
    "async def f(): pass\nloot = f",
]
ATTEMPTS += (Path(__file__).parents[1] / "data/no_way_around.txt").read_text("utf-8").split("---\n")[1:]


def ways(attempt: str) -> list[tuple[str, dict[str, Any]]]:
    """The texts to try: a script of PyTorch's kind, an input of it, a program of tensorsh's own."""
    torch = "" if "import torch" in attempt else "import torch\n"
    script = {"name": "x.py", "script": True, "leads": True, "undo": False}
    return [(torch + attempt, script), (torch + attempt, {}), (attempt, {})]


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_no_way_around(attempt: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for text, options in ways(attempt):
        session = Session()
        session.on_warning = lambda report: None
        try:
            session.execute(text, **options)
        except TensorshError as error:
            assert error.kind != "internal", (text, error)
        except SystemExit:
            pass
        if "loot" in session:
            loot = session["loot"]
            assert not leads_out(loot), (text, type(loot), loot)


def test_there_are_enough() -> None:
    assert len(ATTEMPTS) >= 500
