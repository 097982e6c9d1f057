"""What is done again and again: `nox` lints, checks types and tests; `nox -s coverage` measures what tests reach."""

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
        ("tests/command/test_unbounded.py",),
        ("tests/command/test_moments.py", many),
        ("tests/command/test_edges.py", many),
        ("tests/repl/test_shell_keys.py", str(3 * int(many))),
    ):
        session.run("python", *command, env=env)


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
