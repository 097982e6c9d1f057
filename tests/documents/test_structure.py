"""The house rules: which layer may import which, and what every operation owes."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import tensorsh

ROOT = Path(tensorsh.__file__).parent

#: the floors of the house, lowest first: a file may import from its own layer and from those on lower floors
FLOORS = (
    "source interrupt kept stand_in streams",
    "bytecode errors",
    "limits",
    "kinds",
    "options engine",
    "ops text io numpy_docs sandbox",
    "train",
    "torch",
    "ignite",
    "modules",
    "lang",
    "render",
    "progress session",
    "services",
    "display repl",
    "output",
    "supervisor",
    "cli",
    "check programs",
    "__init__ __main__",
)
FLOOR = {layer: floor for floor, layers in enumerate(FLOORS) for layer in layers.split()}

#: what is imported against the stairs, inside functions: the command line starts whichever front is asked for,
#: and a program's `help()` shows what the shell's does
UPWARD = {("cli", "check"), ("cli", "programs"), ("session", "repl")}

#: modules that cost start-up time and must only be imported inside the functions that need them
HEAVY = {
    "scipy",
    "rich",
    "prompt_toolkit",
    "pygments",
    "ml_dtypes",
    "opt_einsum",
    "safetensors",
    "plotext",
    "llvmlite",
}

FILES = sorted(ROOT.rglob("*.py"))


def layer(path: Path) -> str:
    first = path.relative_to(ROOT).parts[0]
    return first.removesuffix(".py")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path, *, top_level_only: bool = False) -> set[str]:
    """Absolute names of the modules a file imports."""
    package = ("tensorsh", *path.relative_to(ROOT).parts[:-1])
    found = set()
    for node in statements(tree_of(path), functions=not top_level_only):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level + 1]) if node.level else []
            module = ".".join([*base, *(node.module.split(".") if node.module else [])])
            found.add(module)
            found.update(f"{module}.{alias.name}" for alias in node.names)
    return found


def statements(tree: ast.AST, functions: bool) -> Iterator[ast.AST]:
    """The statements in a piece of a program; those inside of functions if wanted."""
    for field in ("body", "orelse", "handlers", "finalbody", "cases"):
        for node in getattr(tree, field, ()):
            if not functions and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if not functions and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                continue
            yield node
            yield from statements(node, functions)


LAYERS = sorted({layer(path) for path in FILES})


def goes_up(here: str, name: str) -> bool:
    """Whether an import in a layer is against the stairs."""
    first, _, there = name.partition(".")
    there = there.partition(".")[0]
    if first != "tensorsh" or there not in FLOOR or there == here:
        return False
    return FLOOR[there] >= FLOOR[here] and (here, there) not in UPWARD


@pytest.mark.parametrize("here", LAYERS)
def test_imports_run_one_way(here: str) -> None:
    files = [path for path in FILES if layer(path) == here]
    assert [(path.name, name) for path in files for name in imports(path) if goes_up(here, name)] == []


#: the floors of three layers that are houses of their own. In the engine and in the language a module may ask for what
#: stands above it inside a function: a tensor's methods run operations, the context has a mode in force, and modes are
#: made of all of these.
FOLDERS = {
    "engine": (
        "core",
        "numerics",
        "random records",
        "values",
        "calls graph",
        "modes run",
        "compile",
        "explain",
    ),
    "ops": (
        "rules",
        "sparse",
        "index",
        "shape",
        "create elementwise",
        "fft linalg signal special tensors",
        "random reduce transforms",
        "activation",
        "loss",
        "nn",
    ),
    "lang": ("syntax", "code", "names", "undo", "faults loops", "run", "torch_text"),
}


@pytest.mark.parametrize("house", FOLDERS)
def test_folders_stand_on_one_another(house: str) -> None:
    floor = {folder: floor for floor, folders in enumerate(FOLDERS[house]) for folder in folders.split()}
    assert floor.keys() == {path.name for path in (ROOT / house).iterdir() if (path / "__init__.py").exists()}
    for path in (ROOT / house).glob("*/**/*.py"):
        here = path.relative_to(ROOT / house).parts[0]
        for name in imports(path, top_level_only=house != "ops"):
            there = (name.removeprefix(f"tensorsh.{house}.") + ".").partition(".")[0]
            if name.startswith(f"tensorsh.{house}.") and there != here:
                assert floor[there] < floor[here], (path, name)


#: the modules that need each other as they are imported: losses by margins build on the classes of the others, and are
#: found beside them
CIRCLES = [{"tensorsh.torch.nn.modules.loss", "tensorsh.torch.nn.modules.loss_margins"}]


def test_no_modules_need_each_other() -> None:
    modules = {".".join(("tensorsh", *path.relative_to(ROOT).with_suffix("").parts)): path for path in FILES}
    needed = {name: imports(path, top_level_only=True) & modules.keys() for name, path in modules.items()}
    left = dict(needed)
    while ready := [name for name in left if not needed[name] & (left.keys() - {name})]:
        for name in ready:
            del left[name]
    in_circle = [name for name in left if name in _reached(name, needed)]
    assert {frozenset(_reached(name, needed) & set(in_circle)) for name in in_circle} == set(
        map(frozenset, CIRCLES)
    )


def _reached(name: str, needed: dict[str, set[str]]) -> set[str]:
    """All that a module needs, by way of others too."""
    found: set[str] = set()
    front = [name]
    while front:
        front = [other for each in front for other in needed[each] - found]
        found.update(front)
    return found


#: one name for two classes: what a signature has and what a layer has are both called a parameter, and the engine's
#: generator is the core of a program's
HOMONYMS = {"Parameter", "Generator"}


def test_no_two_things_of_the_engine_or_of_operations_share_a_name() -> None:
    files = [
        path
        for house in ("engine", "ops")
        for path in (ROOT / house).rglob("*.py")
        if path.name != "__init__.py"
    ]
    names = [path.stem for path in files]
    classes = [node.name for path in files for node in tree_of(path).body if isinstance(node, ast.ClassDef)]
    assert [name for name in names if names.count(name) > 1] == []
    assert {name for name in classes if classes.count(name) > 1} == HOMONYMS


@pytest.mark.parametrize("here", LAYERS)
def test_heavy_modules_are_imported_where_they_are_used(here: str) -> None:
    for path in FILES:
        if layer(path) == here:
            top = {name.split(".")[0] for name in imports(path, top_level_only=True)}
            assert not top & HEAVY or here == "repl", path
            assert "torch" not in {name.split(".")[0] for name in imports(path)}, path


#: what only some programs need: the machinery of calls, of undoing, of modules, the library
LATE = {
    "dataclasses",
    "difflib",
    "pathlib",
    "shlex",
    "tensorsh.engine.run.apply",
    "tensorsh.engine.graph.grad_fn",
    "tensorsh.engine.calls.native",
    "tensorsh.engine.graph.node",
    "tensorsh.engine.values.own_names",
    "tensorsh.kinds.aspects",
    "tensorsh.kinds.objects",
    "tensorsh.lang.faults.own_words",
    "tensorsh.lang.run.pattern_classes",
    "tensorsh.lang.syntax.python_syntax",
    "tensorsh.lang.loops.segments",
    "tensorsh.lang.undo.snapshot",
    "tensorsh.modules.copies",
    "tensorsh.modules.exchanged",
    "tensorsh.modules.tables",
    "tensorsh.torch.nn",
    "tensorsh.torch.settings",
    "unicodedata",
}


@pytest.fixture
def kept() -> None:
    """What a first start makes is in the cache: the table of the grammar, by Lark, and the index of operations."""
    subprocess.run([sys.executable, "-m", "tensorsh", "-c", "1+1"], stdout=subprocess.DEVNULL, check=True)


@pytest.mark.usefixtures("kept")
def test_one_line_program_imports_nothing_heavy() -> None:
    code = (
        "import sys; from tensorsh.cli import main\n"
        "try: main(['-c', '1+1'])\n"
        "except SystemExit: pass\n"
        f"print(sorted({HEAVY | LATE!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["2", "[]"]


PLAIN_LOOP = """
import torch
class P:
    def __init__(self, x): self.x = x
    def __add__(self, other): return P(self.x + other.x)
total = P(0)
for i in range(80):
    total = total + P(i)
w = None
for i in range(200):
    if i >= {first}:
        w = torch.zeros(1) if w is None else w * 0.5
        w = w + 1
print(total.x, w)
"""


@pytest.mark.parametrize(("first", "loaded", "w"), [(200, False, "None"), (100, True, "tensor([2.])")])
@pytest.mark.usefixtures("kept")
def test_loops_without_tensors_do_not_load_the_compiler(
    first: int, loaded: bool, w: str, tmp_path: Path
) -> None:
    program = tmp_path / "numbers.py"
    program.write_text(PLAIN_LOOP.format(first=first), encoding="utf-8")
    code = (
        "import sys; from tensorsh.cli import main\n"
        f"main([{str(program)!r}])\n"
        "print('tensorsh.engine.compile' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"3160 {w}", str(loaded)]


@pytest.mark.parametrize(
    "asked", ["import numpy as np\nprint(np.array.__doc__[:8])", "import torch\nhelp(print)"]
)
def test_docstrings_of_numpy_wait_for_a_reader(asked: str, tmp_path: Path) -> None:
    code = (
        "import sys; from tensorsh.cli import main\n"
        "main(['-c', '1+1'])\n"
        "import numpy\n"
        "print(numpy.ndarray.sum.__doc__)\n"
        f"main(['-c', {asked!r}])\n"
        "print(numpy.ndarray.sum.__doc__.split('(')[0])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert lines[:2] == ["2", "None"] and lines[-1] == "a.sum"


def test_who_imports_tensorsh_has_all_of_numpy() -> None:
    code = "import tensorsh, numpy; tensorsh.Session(); print(numpy.ndarray.sum.__doc__.split('(')[0])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["a.sum"]


def test_the_context_in_force_is_that_of_the_thread() -> None:
    wrong = [path.name for path in FILES if re.search(r"\bcontext\.current\.", path.read_text("utf-8"))]
    assert not wrong, "context.current() is a call"


def test_nothing_strange_lies_at_the_root() -> None:
    """What a command has left behind by mistake is not part of the project."""
    repository = ROOT.parent
    if not (repository / ".git").exists():
        pytest.skip("no repository")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=repository, capture_output=True, text=True, check=True
    )
    assert {name for name in listed.stdout.split("\0") if name and "/" not in name} == {
        *(".gitignore", ".pre-commit-config.yaml", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md"),
        *("README.zh-CN.md", "noxfile.py", "pyproject.toml"),
    }
