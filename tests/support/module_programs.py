"""Programs run on the tables of modules alone: compiled by Python, guarded names through the host.

It stands for what the language does with a PyTorch program, as far as modules are concerned, so that a text can be
run in Python and here and the outputs compared.
"""

from __future__ import annotations

import ast
import contextlib
import io
import itertools
import os
import subprocess
import sys
import traceback
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tensorsh.modules import Host, Modules, is_guarded
from tensorsh.modules.imports import import_all, import_name

_counter = itertools.count(1)


class Program(Host):
    """A session whose language is Python without `eval`."""

    def __init__(self, argv: list[str] | None = None):
        super().__init__(argv or ["prog.py"])
        self.names: dict[str, Any] = {"__name__": "__main__"}
        Modules(self)
        self.warnings.find = self.node
        self.names["__builtins__"] = {**self.modules.builtins, "__import__": self._import}
        self.texts: dict[str, list[str]] = {}

    def main_names(self) -> dict[str, Any]:
        return {name: value for name, value in self.names.items() if name != "__builtins__"}

    def place(self, filename: str, lineno: int) -> tuple[str, int, str, str] | None:
        lines = self.texts.get(filename)
        if lines is None or not 0 < lineno <= len(lines):
            return None
        return "prog.py", lineno, lines[lineno - 1].strip(), ""

    def bind(self, name: str, value: Any) -> None:
        self.names[name] = value

    def node(self, filename: str, lineno: int) -> Any:
        """What stands for the language's node at a place, as far as warnings ask."""
        source = SimpleNamespace(name="prog.py")
        return SimpleNamespace(span=SimpleNamespace(source=source, position=(lineno, 0)))

    def evaluate(self, text: str, names: dict[str, Any]) -> Any:
        tree = _Guard().visit(ast.parse(text.strip(), mode="eval"))
        scope = {**names, "__builtins__": self.names["__builtins__"], **self._gates()}
        return eval(
            compile(ast.fix_missing_locations(tree), "<tensorsh text>", "eval", dont_inherit=True), scope
        )

    def run(self, text: str) -> None:
        """Run a text; its errors come out."""
        filename = f"<tensorsh {next(_counter)}>"
        self.texts[filename] = text.splitlines()
        tree = ast.fix_missing_locations(_Guard().visit(ast.parse(text)))
        self.names["__builtins__"].update(self._gates())
        with self.modules.active():
            exec(compile(tree, filename, "exec", dont_inherit=True), self.names)

    def _gates(self) -> dict[str, Any]:
        return {
            "@get": self.attribute,
            "@set": self.set_attribute,
            "@from": lambda module, name: import_name(self, self._import(module, wanted=(name,)), name),
            "@all": lambda module: self.names.update(import_all(self, self._import(module, wanted=("*",)))),
        }

    def _import(
        self, name: str, names: Any = None, local: Any = None, wanted: Any = (), level: int = 0
    ) -> Any:
        if type(wanted) is list:  # NumPy's C code imports what it needs when it first needs it
            return __import__(name, None, None, wanted, level)
        found = self.modules.find(name)
        if found is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        if wanted:
            for each in wanted:
                self.modules.find(f"{name}.{each}")
            return found
        return self.modules.find(name.partition(".")[0])


class _Guard(ast.NodeTransformer):
    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if is_guarded(node.attr) and isinstance(node.ctx, ast.Load):
            return _call("@get", node.value, node.attr)
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | list[ast.AST]:
        if node.module == "__future__":
            return node
        module = ast.Constant(node.module)
        if node.names[0].name == "*":
            return ast.Expr(ast.Call(ast.Name("@all", ast.Load()), [module], []))
        return [
            ast.Assign(
                [ast.Name(each.asname or each.name, ast.Store())],
                ast.Call(ast.Name("@from", ast.Load()), [module, ast.Constant(each.name)], []),
            )
            for each in node.names
        ]

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        self.generic_visit(node)
        target = node.targets[0]
        if len(node.targets) == 1 and isinstance(target, ast.Attribute):
            return ast.Expr(_call("@set", target.value, target.attr, node.value))
        return node


def _call(name: str, value: ast.expr, attribute: str, *rest: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), [value, ast.Constant(attribute), *rest], [])


def here(text: str, argv: list[str] | None = None) -> str:
    """What a text prints on the tables; an error that comes out is printed as `Class: message`."""
    program = Program(argv)
    return _printed(lambda: program.run(text))


def in_python(text: str, argv: list[str] | None = None, *, fresh: bool = False) -> str:
    """What it prints in Python; `fresh` in a process of its own."""
    import types

    if fresh:
        code = f"from module_programs import in_python; import sys; sys.stdout.write(in_python({text!r}))"
        folder = Path(__file__).parent
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(folder.parents[1])])}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout
    module = types.ModuleType("__main__")
    names = module.__dict__
    names["__builtins__"] = __builtins__
    kept, main = sys.argv, sys.modules["__main__"]
    sys.argv = argv or ["prog.py"]
    sys.modules["__main__"] = module
    try:
        with warnings.catch_warnings():
            return _printed(lambda: exec(compile(text, "prog.py", "exec", dont_inherit=True), names))
    finally:
        sys.argv = kept
        sys.modules["__main__"] = main


def _printed(run: Any) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            run()
        except SystemExit as end:
            out.write(f"SystemExit: {end.code}\n")
        except BaseException as error:
            out.write("".join(traceback.format_exception_only(error)))
    return out.getvalue()
