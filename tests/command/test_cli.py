"""The command line: flags, streams, formats, exit codes."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tensorsh.cli import main
from tensorsh.errors import UsageError
from tensorsh.options import Options, read_options


def tensorsh(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program as users do."""
    env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")} | environment
    env["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[2]), env.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "tensorsh", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, env=env)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-c", "1", "-c", "2", "a", "-x"], Options(commands=["1", "2"], arguments=["a", "-x"])),
        (["-c1"], Options(commands=["1"])),
        (["--command=x=1"], Options(commands=["x=1"])),
        (["-qi", "-fjson"], Options(quiet=True, interactive=True, format="json")),
        (["--seed", "3", "s.tsh", "--seed", "4"], Options(seed=3, script="s.tsh", arguments=["--seed", "4"])),
        (["-", "a"], Options(script="-", arguments=["a"])),
        (["--", "-x.tsh"], Options(script="-x.tsh")),
        (
            ["--arg", "n", "v", "--let", "k", "1+1"],
            Options(bindings=[("arg", "n", "v"), ("let", "k", "1+1")]),
        ),
        (["check", "a.tsh", "b.tsh"], Options(check=["a.tsh", "b.tsh"])),
        (
            ["check", "-f", "json", "a.tsh", "-q", "-"],
            Options(check=["a.tsh", "-"], format="json", quiet=True),
        ),
        (["-fjson", "check", "a.tsh", "--", "-b"], Options(check=["a.tsh", "-b"], format="json")),
        (
            ["--color=never", "--keep-going", "--no-history"],
            Options(color="never", keep_going=True, history=False),
        ),
    ],
)
def test_options(arguments: list[str], expected: Options) -> None:
    assert read_options(arguments) == expected


@pytest.mark.parametrize(
    "arguments",
    [
        ["--bogus"],
        ["-c"],
        ["--seed", "x"],
        ["-f", "xml"],
        ["check"],
        ["check", "-c", "1"],
        ["--let", "x"],
        ["--quiet=1"],
        ["-qz"],
    ],
)
def test_bad_usage(arguments: list[str]) -> None:
    with pytest.raises(UsageError):
        read_options(arguments)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["-c", "1"], 0),
        (["-c", "1 / 0"], 1),
        (["-c", "assert false"], 1),
        (["-c", "x ="], 3),
        (["-c", "[1, 2"], 3),
        (["--nope"], 2),
        (["missing.tsh"], 2),
        (["--device", "cuda", "-c", "1"], 2),
        (["--let", "x", "zz", "-c", "1"], 1),
        (["--arg", "1x", "a", "-c", "1"], 2),
        (["--keep-going", "-c", "1 / 0", "-c", "2"], 1),
        (["-c", "exit(7)"], 7),
        (["--help"], 0),
        (["--version"], 0),
    ],
)
def test_exit_codes(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == code
    written = capsys.readouterr()
    assert "Traceback" not in written.err
    assert (written.err == "") == (code in (0, 7))


def test_values_go_to_stdout_and_errors_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--keep-going", "-c", "x = [1, 2]\nzz\nx\n'a'"])
    written = capsys.readouterr()
    assert written.out == "tensor([1, 2])\n'a'\n"
    assert written.err.startswith("error[name]: NameError: name 'zz' is not defined\n  --> <command>:2:1\n")


def test_stops_at_the_first_error(capsys: pytest.CaptureFixture[str]) -> None:
    main(["-c", "1", "-c", "2; zz; 3", "-c", "4"])
    assert capsys.readouterr().out == "1\n2\n"


def test_bindings(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--arg", "name", "3", "--let", "k", "[1, 2] * 2", "-c", "name, k, argv", "a", "b"])
    assert capsys.readouterr().out == "('3', tensor([2, 4]), ['a', 'b'])\n"


def test_formats(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    main(["-f", "json", "-c", "x = [1., inf]; x; 1 + 1"])
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["name"], first["dtype"], first["data"]) == ("x", "float32", [1.0, "inf"])
    assert second == {"type": "int", "value": 2}
    main(["-f", "csv", "-c", "[[1, 2], [3, 4]]"])
    assert capsys.readouterr().out == "1,2\n3,4\n"
    target = tmp_path / "x.npy"
    main(["-f", "npy", "-o", str(target), "-c", "[1, 2]"])
    main(["-c", f"load({str(target)!r})"])
    assert capsys.readouterr().out == "tensor([1, 2])\n"
    assert main(["-o", str(tmp_path / "no" / "x"), "-c", "1"]) == 2


def test_errors_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-f", "json", "-c", "x = zz"]) == 1
    error = json.loads(capsys.readouterr().err)["error"]
    assert (error["kind"], error["line"], error["column"], error["end_column"]) == ("name", 1, 5, 7)


def test_timer(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--timer", "-c", "x = 1\nx"])
    lines = capsys.readouterr().err.splitlines()
    assert [line.split("ms")[1].strip() for line in lines] == ["x = 1", "x"]


def test_debug_shows_what_is_behind(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--debug", "-c", "1 / 0"])
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_script_arguments_and_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "d.csv").write_text("1,2\n3,4\n")
    (tmp_path / "s.tsh").write_text(
        '#!/usr/bin/env tensorsh\nprint(argv)\nload("d.csv")\n', encoding="utf-8-sig"
    )
    assert main([str(tmp_path / "s.tsh"), "a", "-q"]) == 0
    assert capsys.readouterr().out == "['a', '-q']\ntensor([[1, 2],\n        [3, 4]])\n"
    (tmp_path / "bad.tsh").write_bytes(b"x = '\xff'")
    assert main([str(tmp_path / "bad.tsh")]) == 2


def test_check_finds_errors_without_computing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "s.tsh"
    path.write_text(
        "x = ones(100000, 100000)\nprint(x)\nn = x.sum().item()\ny = n + 1\nones(2, 3) * ones(4, 5)\n"
    )
    assert main(["check", str(path)]) == 1
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.count("error[") == 1 and ":5:12" in written.err
    path.write_text("x = ones(2)\n")
    assert main(["check", str(path)]) == 0
    path.write_text("x = \n")
    assert main(["check", str(path)]) == 3


def test_check_looks_at_all_that_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "b.py").write_text("import torch\nprint(torch, nowhere)\n")
    (tmp_path / "a.tsh").write_text("ones(2) + ones(3)\n")
    (tmp_path / "c.txt").write_text("no program")
    assert main(["check", "absent.py", str(tmp_path), "-f", "json"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith("tensorsh: cannot read 'absent.py'")
    assert [Path(json.loads(line)["error"]["file"]).name for line in told[1:]] == ["a.tsh", "b.py"]
    (tmp_path / "b.tsh").write_text("x = (\n")
    assert main(["check", str(tmp_path), "absent.py"]) == 3
    (tmp_path / "empty").mkdir()
    assert main(["check", str(tmp_path / "empty")]) == 2
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"ones(2) + ones(3)\nones(2) @ ones(3)\n")))
    capsys.readouterr()
    assert main(["check", "-"]) == 1
    assert [line for line in capsys.readouterr().err.splitlines() if "-->" in line] == [
        "  --> <stdin>:1:9", "  --> <stdin>:2:9",
    ]  # fmt: skip


def test_standard_input_is_the_program() -> None:
    for arguments in ([], ["-"]):
        done = tensorsh(
            *arguments,
            stdin="x = tensor([1., 2.], requires_grad=True)\ny = (x*x).sum()\nbackward y\ngrad x\n",
        )
        assert (done.stdout, done.stderr, done.returncode) == ("tensor([2., 4.])\n", "", 0)


def test_standard_input_is_data() -> None:
    assert tensorsh("-c", 'load("-").shape', stdin="1,2\n3,4\n").stdout == "torch.Size([2, 2])\n"


def test_colour_follows_flag_and_environment() -> None:
    assert "\x1b[" in tensorsh("--color", "always", "-c", "zz").stderr
    assert "\x1b[" in tensorsh("-c", "zz", FORCE_COLOR="1").stderr
    assert "\x1b[" not in tensorsh("-c", "zz").stderr
    assert "\x1b[" not in tensorsh("-c", "zz", FORCE_COLOR="1", NO_COLOR="1").stderr


@pytest.mark.parametrize("flags", [[], ["--timeout", "60"], ["--max-output", "1M"], ["--sandbox"]])
def test_a_closed_pipe_ends_it_silently(flags: list[str]) -> None:
    for program in ("ones(3)", "for i in range(100000): print(i)", "for i in range(100000): i"):
        command = [sys.executable, "-m", "tensorsh", *flags, "-c", program]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait() == 0


def test_an_interrupt_is_130() -> None:
    command = [sys.executable, "-m", "tensorsh", "-c", "print('on', flush=true)\nwhile true: pass"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, "Traceback" in errors) == (130, False)


def test_a_long_program_runs() -> None:
    done = tensorsh(stdin="x = 1\n" * 20_000 + "x\n")
    assert (done.stdout, done.returncode) == ("1\n", 0)


def test_threads_reach_the_libraries_before_numpy_is_imported() -> None:
    code = (
        "import sys, os\n"
        "from tensorsh.cli import main\n"
        "assert 'numpy' not in sys.modules\n"
        "main(['--threads', '1', '-c', '1;'])\n"
        "print(os.environ['OPENBLAS_NUM_THREADS'], 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1 True\n"


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="the system does not limit memory")
def test_more_memory_than_there_is_is_refused(tmp_path):
    tried = {
        '"a" * 10**9': "MemoryError",
        "[0] * 10**9": "MemoryError",
        '"x".ljust(10**10)': "MemoryError",
        'format(1.5, "1000000000")': "MemoryError",
        '"%*d" % (10**9, 1)': "MemoryError",
        'f"{1:>{10**9}}"': "MemoryError",
        "list(range(10**11))": "MemoryError",
        'format(1.5, ".10000000000f")': "ValueError: precision too big",
        "[0] * 10**30": "OverflowError: cannot fit 'int' into an index-sized integer",
        "torch.ones(10**9)": "RuntimeError: DefaultCPUAllocator: can't allocate memory: you tried to allocate 4000000",
        "torch.ones(4000, 1) * torch.ones(1, 10**6)": "RuntimeError: DefaultCPUAllocator: can't allocate memory: you",
        "np.ones(10**9)": "numpy._core._exceptions._ArrayMemoryError: Unable to allocate 7.45 GiB for an array",
    }
    path = tmp_path / "prog.py"
    program = (
        "import torch, numpy as np\n"
        + "".join(f"x = {each}\n" for each in tried)
        + "print(len('a' * 10**8))\n"
    )
    path.write_text(program)
    command = [sys.executable, "-m", "tensorsh", "--max-memory", "400M", "--keep-going", "-f", "json", path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    errors = [json.loads(line)["error"] for line in done.stderr.splitlines()]
    for error, said in zip(errors, tried.values(), strict=True):
        assert f"{error['class']}: {error['message']}".removesuffix(": ").startswith(said)
        assert error["help"] or "Error: " in said
    assert (done.returncode, done.stdout) == (1, "100000000\n")


@pytest.mark.parametrize("size", ["lots", "-1", "4X", "G"])
def test_sizes_that_are_none(size, capsys):
    assert main(["--max-memory", size, "-c", "1"]) == 2
    assert "--max-memory wants" in capsys.readouterr().err


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="the system does not limit memory")
@pytest.mark.parametrize("size", ["0", "300K", "1M", "3M"])
@pytest.mark.parametrize(
    "text", ["undefined", "import torch\nundefined", "x = []\nwhile true: x.append([x])"]
)
def test_what_tells_of_an_error_has_memory_of_its_own(size, text, tmp_path):
    command = [sys.executable, "-m", "tensorsh", "--max-memory", size, "-f", "json", "-c", text]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert json.loads(line)["error"]["code"] in ("out-of-memory", "name")


def test_a_profile_is_told_when_the_program_ends(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text("import sys\nfor i in range(3):\n    print(i)\nsys.exit(7)\n")
    done = tensorsh("--profile", "--color", "never", str(script))
    assert (done.returncode, done.stdout) == (7, "0\n1\n2\n")
    assert done.stderr.split("\n")[0].split()[:4] == ["line", "count", "ms", "share"]
    assert "print(i)" in done.stderr and "starting" in done.stderr
    failed = tensorsh("--profile", "-f", "json", "-c", "x = 1\n1 / 0")
    kinds = [next(iter(json.loads(line))) for line in failed.stderr.splitlines()]
    assert failed.returncode == 1 and kinds[0] == "error" and set(kinds[1:]) == {"profile"}
