"""What is done again and again: `nox` lints, checks types and tests; `nox -s coverage` measures what tests reach."""

import os
from pathlib import Path

import nox

nox.options.sessions = ["lint", "types", "tests"]
nox.options.reuse_existing_virtualenvs = True


@nox.session
def lint(session: nox.Session) -> None:
    """Rules and format."""
    session.install("ruff>=0.6")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """mypy."""
    session.install("-e", ".[dev]")
    session.run("mypy")


@nox.session
def tests(session: nox.Session) -> None:
    """All tests on two processes; arguments go to pytest."""
    session.install("-e", ".[test,einsum,safetensors,plot]")
    session.run("pytest", "-n", "2", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Which lines the tests reach, the commands that they start included."""
    session.install("-e", ".[test,einsum,safetensors,plot]", "pytest-cov>=5")
    session.run("pytest", "-n", "2", "--cov", "--cov-report=term:skip-covered", *session.posargs)


@nox.session
def trust(session: nox.Session) -> None:
    """The long runs of docs/trust.md; a number says how many inputs, moments and keys."""
    session.install("-e", ".[test,einsum,safetensors,plot]")
    many = session.posargs[0] if session.posargs else "1000"
    env = {"PYTHONPATH": "tests/support"}
    for command in (
        ("tests/support/fuzz.py", "--inputs", str(200 * int(many))),
        ("tests/support/fuzz_growth.py",),
        ("tests/command/test_unbounded.py",),
        ("tests/command/test_moments.py", many),
        ("tests/command/test_edges.py", many),
        ("tests/repl/test_shell_keys.py", str(3 * int(many))),
        ("tests/compile/test_compile_sequences.py", "0", str(5 * int(many)), "--machine-code", "--soon"),
        (
            "tests/compile/test_compile_sequences.py",
            "0",
            str(5 * int(many)),
            "--machine-code",
            "--soon",
            "--small",
        ),
    ):
        session.run("python", *command, env=env)


@nox.session
def fuzz(session: nox.Session) -> None:
    """What reads files and texts, guided by the branches it reaches (atheris); a number: seconds for each kind."""
    session.install("-e", ".[test,einsum,safetensors,fuzz]")
    seconds = session.posargs[0] if session.posargs else "600"
    session.run(
        "python", "tests/support/fuzz_guided.py", "--seconds", seconds, env={"PYTHONPATH": "tests/support"}
    )


#: what is mutated: its modules, and the tests that are to notice
MUTATED = {
    "spec": (["tensorsh/engine/core/spec.py"], ["tests/engine/test_spec.py"]),
    "gate": (["tensorsh/modules/gate.py"], ["tests/modules/test_gate.py"]),
    "backward": (
        ["tensorsh/engine/graph/backward.py", "tensorsh/engine/graph/gradient_walk.py"],
        ["tests/library/test_library_autograd.py", "tests/engine/test_explain.py"],
    ),
    "index": (
        [
            "tensorsh/ops/index/getitem.py",
            "tensorsh/ops/index/index_write.py",
            "tensorsh/ops/index/by_tensors.py",
        ],
        [
            "tests/ops/test_ops_index.py",
            "tests/ops/test_index_cases.py",
            "tests/library/test_library_torch.py",
        ],
    ),
}


@nox.session
@nox.parametrize("what", list(MUTATED))
def mutation(session: nox.Session, what: str) -> None:
    """Change one thing at a time in a copy of the tree, and see that a test fails; prints what survives."""
    session.install("-e", ".[test,einsum,safetensors,plot]", "cosmic-ray>=8.3")
    modules, tests = MUTATED[what]
    copy = Path(session.create_tmp()) / what
    session.run("git", "worktree", "add", "--force", "--detach", str(copy), external=True)
    database, config = copy / "mutation.sqlite", copy / "mutation.toml"
    command = f"python -m pytest -x -q -p no:cacheprovider {' '.join(tests)}"
    config.write_text(
        f"[cosmic-ray]\nmodule-path = {modules}\ntimeout = 200.0\nexcluded-modules = []\n"
        f'test-command = "{command}"\n[cosmic-ray.distributor]\nname = "local"\n',
        "utf-8",
    )
    try:
        with session.chdir(copy):
            env = {"PYTHONPATH": f"{copy}{os.pathsep}{copy / 'tests' / 'support'}"}
            for arguments in (("init", config.name, database.name), ("exec", config.name, database.name)):
                session.run("cosmic-ray", *arguments, env=env)
            session.run("cr-report", "--show-diff", "--surviving-only", database.name)
    finally:
        session.run("git", "worktree", "remove", "--force", str(copy), external=True)


@nox.session
def generate(session: nox.Session) -> None:
    """Write what is derived from the operation records."""
    session.install("-e", ".[test]")
    session.run("python", "tools/generate.py", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Programs of classes and numbers, and the front; `bench/run.py` has more."""
    session.install("-e", ".")
    session.run("python", "bench/classes.py")
    session.run("python", "bench/front.py")
