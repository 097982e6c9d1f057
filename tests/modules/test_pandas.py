"""pandas behind its wall: programs print what they print with PyTorch and pandas, and get no further."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import test_modules_reach
from test_modules_reach import refused

from module_programs import Program
from recorded import DATA, blocks, output
from tensorsh import Session, TensorshError
from tensorsh.modules import frame_names, plots
from tensorsh.modules.absent import instead_of
from tensorsh.modules.behind import Behind
from tensorsh.modules.frame_faces import UNHELD
from ways_out import leads_out

pd = pytest.importorskip("pandas", reason="pandas is not installed")

#: recorded with PyTorch 2.13 and pandas 3.1 by `tests/support/record_programs.py`
PROGRAMS = blocks("pandas_programs.txt")
OLD = int(pd.__version__.partition(".")[0]) < 3
BEGIN = """import torch, io, csv
import numpy as np
import pandas as pd
def f(): ...
df = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "x"]})
"""


def parts(name: str) -> list[str]:
    return (DATA / name).read_text(encoding="utf-8").split("\n---\n")


def run(text: str) -> str:
    written = io.StringIO()
    with contextlib.redirect_stdout(written):
        Session().run("import torch\n" + text)
    return written.getvalue()


@pytest.mark.skipif(OLD, reason="they are recorded with pandas 3")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("program", "printed"), PROGRAMS)
def test_prints_what_pytorch_prints(program: str, printed: str) -> None:
    assert output(program) == printed


def test_there_are_enough() -> None:
    assert len(PROGRAMS) >= 30


# ------------------------------------------------------------------ no way around


def is_real(value: Any) -> bool:
    """Whether a value is an object of pandas's own, which no program gets."""
    return type(value).__module__.partition(".")[0] == "pandas" and not isinstance(
        value, Behind | BaseException
    )


def leaks(value: Any, depth: int = 0) -> bool:
    if is_real(value) or refused(value) or leads_out(value):
        return True
    if isinstance(value, np.ndarray) and value.dtype == object:
        value = value.ravel().tolist()
    if isinstance(value, dict):
        value = [*value, *value.values()]
    return (
        depth < 6 and isinstance(value, list | tuple | set) and any(leaks(each, depth + 1) for each in value)
    )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("attempt", parts("pandas_refused.txt"))
def test_no_way_around(attempt: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "backend=" in attempt and not plots.installed():
        pytest.skip("nothing is drawn without matplotlib")
    monkeypatch.chdir(tmp_path)
    session = Session()
    session.on_warning = lambda report: None
    session.run(BEGIN)
    try:
        session.run(attempt)
    except TensorshError as error:
        assert error.kind != "internal"
    else:
        assert "loot" in attempt, "it was done"
    assert "loot" not in session or not leaks(session["loot"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("attempt", parts("pandas_leaks.txt"))
def test_nothing_real_comes_out(attempt: str) -> None:
    session = Session()
    session.on_warning = lambda report: None
    session.run(BEGIN)
    session.run(attempt)
    assert session["got"] and not leaks(session["got"])


@pytest.mark.filterwarnings("ignore")
def test_nothing_leads_out(monkeypatch: pytest.MonkeyPatch) -> None:
    program = Program()
    program.run((DATA / "pandas_samples.txt").read_text(encoding="utf-8"))
    modules = program.modules
    monkeypatch.setattr(test_modules_reach, "refused", lambda value: refused(value) or is_real(value))
    starts = [(name, modules.loaded[name]) for name in modules.loaded if name.startswith("pandas")]
    with contextlib.redirect_stdout(io.StringIO()):
        assert test_modules_reach.walk(modules, [*starts, *program.main_names().items()], most=20_000) == []


def test_what_is_not_there_says_what_to_do() -> None:
    for text, words in (
        ("pd.read_excel('x.xlsx')", "read_csv"), ("pd.read_sql('x', 'y')", "network"), ("df.to_pickle('x')", "to_csv"),
        ("pd.eval('1')", "mask"), ("df.query('a.max() > 1')", "mask"), ("pd.read_csv('http://x/y.csv')", "network"),
        ("pd.core", "pd.DataFrame"), ("from pandas import read_excel", "read_csv"),
    ):  # fmt: skip
        with pytest.raises(TensorshError) as caught:
            run(BEGIN + text)
        assert words in (caught.value.help or ""), text


def test_listed_names_are_pandas() -> None:
    kinds = [
        pd.DataFrame, pd.Series, pd.Index, pd.MultiIndex, pd.DatetimeIndex, pd.Categorical, pd.Timestamp, pd.Timedelta,
        pd.Interval, pd.Period, pd.DateOffset, pd.IntervalIndex, pd.CategoricalDtype, type(pd.DataFrame().groupby([])),
        type(pd.Series(dtype=float).groupby([])), type(pd.Series(dtype=float).rolling(1)), pd.DatetimeTZDtype,
        pd.Series(["a"]).str, pd.Series(["a"], dtype="category").cat, pd.Series(pd.to_datetime(["2020"])).dt,
        pd.CategoricalIndex,
        pd.Series(pd.to_timedelta([1])).dt, next(pd.DataFrame({"a": [1]}).itertuples()), pd.offsets.MonthEnd(), np,
        pd.Timedelta(1).components,
        pd.read_csv(io.StringIO("a\n1"), chunksize=1),
    ]  # fmt: skip
    elsewhere = {  # in older and newer ones

        "append", "applymap", "iteritems", "mad", "is_monotonic", "backfill", "pad", "weekofyear", "bool", "utcnow",
        "swapaxes", "isascii",
    }  # fmt: skip
    assert {
        name for name in frame_names.NAMES - elsewhere if not any(hasattr(kind, name) for kind in kinds)
    } == set()


# ------------------------------------------------------------------ files


def test_files_ask_at_the_gate(tmp_path: Path) -> None:
    class Closed(Program):
        def admit(self, path: Any, how: str) -> None:
            raise PermissionError(f"{how} {path}")

    program = Closed()
    program.run("import pandas as pd\ndf = pd.DataFrame({'a': [1]})")
    for call in (
        "pd.read_csv('x')", "pd.read_table('x')", "pd.read_fwf('x')", "pd.read_json('x')",
        "pd.read_csv('x', chunksize=1)",
        "df.to_csv('x')", "df.to_json('x')", "df.to_html('x')", "df.to_string('x')", "df['a'].to_csv('x')",
        "df.to_csv(path_or_buf='x.gz')", "pd.DataFrame.to_csv(df, 'x')", "df.index.to_frame().to_csv('x')",
        "df.info(buf=open('x', 'w'))",
    ):  # fmt: skip
        with pytest.raises(PermissionError):
            program.run(call)


def test_files_are_written_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = """import pandas as pd
from pathlib import Path
df = pd.DataFrame({"a": [1, 2], "b": ["x", "é"]})
for name in ("t.csv", "t.csv.gz", "t.zip", "t.csv.bz2", "t.csv.xz"):
    df.to_csv(name, index=False)
    print(pd.read_csv(name).equals(df))
df.to_csv("t.csv", mode="a", header=False, index=False, encoding="utf-8")
print(open("t.csv", encoding="utf-8").read(), pd.read_csv(Path("t.csv")).shape)
df.to_json("t.json", orient="records")
print(pd.read_json("t.json"), Path("t.json").read_text())
df.to_string("t.txt"); df.to_html(open("t.html", "w"))
print(Path("t.txt").read_text(), Path("t.html").exists())
for chunk in pd.read_csv("t.csv", chunksize=3): print(len(chunk))
try: df.to_csv("nowhere/t.csv")
except OSError as e: print(e)
try: pd.read_csv("none.csv")
except FileNotFoundError as e: print(e)
"""
    ours = run(text)
    (tmp_path / "theirs").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, cwd=tmp_path / "theirs"
    )
    assert ours == done.stdout, done.stderr


# ------------------------------------------------------------------ undo, options, imports

CHANGES = """df["c"] = 1
df.loc[0, "a"] = 9
s[0] = 7
df.columns = ["x", "y"]
df.index.name = "q"
df.drop(columns="a", inplace=True)
loc[0, "a"] = 5
s.name = "t"
cat[0] = "b"
del df["a"]
df.a = 5
df.sort_values("a", ascending=False, inplace=True)
df.iloc[0, 0] = 4; df.iloc[1, 1] = "k"
df.insert(0, "z", 1); df.loc[9] = [1, 2, "e"]
df["when"] = pd.to_datetime("2020-01-01"); df.pop("b")
torch.from_numpy(df["a"].to_numpy())[0] = 77
pd.set_option("display.max_rows", 2)
frames.append(df); frames[0]["a"] += 1; frames.clear()
"""


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("change", CHANGES.splitlines())
def test_a_failed_statement_is_undone(change: str) -> None:
    session = Session()
    session.on_warning = lambda report: None
    session.run(
        BEGIN
        + "s = df['a']\nloc = df.loc\ncat = pd.Categorical(['a', 'b'])\ngroup = df.groupby('b')\nframes = [df]"
    )
    show = (
        "[df.to_string(), df.index.name, s.to_string(), s.name, cat.tolist(), "
        "len(frames), pd.options.display.max_rows]"
    )
    (before,) = session.run(show)
    for _ in range(2):
        with pytest.raises(TensorshError, match="division"):
            session.run("if True:\n    " + change.replace("; ", "\n    ") + "\n    1 / 0")
        (after,) = session.run(show)
        assert after == before


def test_options_are_the_sessions_own() -> None:
    before, other = pd.get_option("display.precision"), Session()
    session = Session()
    session.run("import torch\nimport pandas as pd\npd.options.display.precision = 2")
    assert pd.get_option("display.precision") == before
    assert run("import pandas as pd\nprint(pd.get_option('display.precision'))") == f"{before}\n"
    other.run("import torch")
    written = io.StringIO()
    with contextlib.redirect_stdout(written):
        session.run("print(pd.Series([1.23456]))")
    assert "1.23\n" in written.getvalue()


def test_sessions_are_forgotten() -> None:
    import gc

    from tensorsh.modules.frame_faces import _STANDS

    def use() -> None:
        run(BEGIN + "print(df, df['a'].mean(), pd.NaT, list(df.iterrows()))")

    use()
    gc.collect()
    before = len(_STANDS)
    for _ in range(3):
        use()
    gc.collect()
    assert len(_STANDS) == before


def test_it_is_loaded_where_a_program_imports_it() -> None:
    code = "import sys; from tensorsh import Session; Session().run('import torch\\nprint(torch.ones(1))'); "
    done = subprocess.run(
        [sys.executable, "-c", code + "print('pandas' in sys.modules)"], capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "False", done.stderr


def test_without_it_the_import_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "pandas" else found(name, *rest)
    )
    with pytest.raises(TensorshError) as caught:
        run("import pandas as pd")
    assert caught.value.error_class == "ModuleNotFoundError"
    assert "No module named 'pandas'" in caught.value.message
    assert caught.value.help == instead_of("pandas") and "pip install pandas" in caught.value.help


@pytest.mark.skipif(OLD or not UNHELD, reason="pandas writes to the original, or Python does not tell")
@pytest.mark.parametrize("options", [{}, {"name": "x.py", "script": True, "undo": False}])
def test_a_chained_assignment_is_told(options: dict[str, Any]) -> None:
    session, heard = Session(), []
    session.on_warning = lambda report: heard.append((report.category.__name__, report.span.position[0]))
    session.execute(
        BEGIN + """def change(d):
    d["c"] = 1
    d["a"][0] = 5
class Holder: pass
h = Holder(); h.df = df; frames = [df]
df["d"] = 1; h.df["e"] = 1; frames[0]["f"] = 1; df.loc[0, "a"] = 2
for _, part in df.groupby("b"): part["g"] = 1
change(df)
df[df["a"] > 1]["b"] = "z"
print(df["a"].tolist())
""", **options)  # fmt: skip
    assert heard == [("ChainedAssignmentError", 8), ("ChainedAssignmentError", 14)]


# ------------------------------------------------------------------ beside others


def test_tables_go_into_sklearn_and_come_out() -> None:
    pytest.importorskip("sklearn")
    text = """import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler, LabelEncoder, OneHotEncoder
from sklearn.datasets import load_iris
df = pd.DataFrame({"a": [1.0, 2, 3, 4, 5, 6], "b": [3.0, 1, 2, 5, 6, 7], "y": ["u", "v", "u", "v", "u", "v"]})
X, y = df[["a", "b"]], df["y"]
Xa, Xb, ya, yb = train_test_split(X, y, test_size=0.33, random_state=1, stratify=y)
print(Xa, yb, type(Xa))
scaler = StandardScaler()
print(scaler.fit_transform(Xa), scaler.feature_names_in_)
print(LabelEncoder().fit_transform(df["y"]), OneHotEncoder(sparse_output=False).fit_transform(df[["y"]]))
iris = load_iris(as_frame=True)
print(iris.frame.head(2), iris.data.shape, iris.target.value_counts())
"""
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)
    assert run(text) == done.stdout, done.stderr


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("there", [True, False])
def test_tables_are_drawn(there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not there:
        monkeypatch.setattr(plots, "installed", lambda: False)
    elif not plots.installed():
        pytest.skip("matplotlib is not installed")
    assert run(BEGIN + """
import matplotlib.pyplot as plt
df["c"] = df["a"] ** 2
ax = df.plot(x="a", y="c", title="t", legend=False)
ax.set_xlabel("x")
df["a"].plot(kind="bar"); df.plot.scatter(x="a", y="c"); df.hist(); df["a"].hist(bins=3)
df.boxplot(column="a", by="b"); df["b"].value_counts().plot.pie(); df.groupby("b")["a"].plot()
fig, axes = plt.subplots(1, 2)
df.plot(ax=axes[0]); plt.plot(df["a"], df["a"]); plt.scatter(df.a, df.a, c=df.a); plt.hist(df["a"])
plt.show()
plt.close("all")
print("drawn")
""") == "drawn\n"  # fmt: skip
