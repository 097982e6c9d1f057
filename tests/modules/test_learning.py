"""scikit-learn behind its wall: where it is installed, programs print what they print with it."""

from __future__ import annotations

import contextlib
import importlib.util
import io

import numpy as np
import pytest

from tensorsh import Session, TensorshError

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("sklearn") is None, reason="sklearn is not installed"
)

PROGRAM = """
import {torch}
import numpy as np
from sklearn.datasets import load_iris, make_moons
from sklearn.model_selection import train_test_split, KFold
from sklearn.preprocessing import StandardScaler, LabelEncoder, OneHotEncoder
from sklearn.metrics import accuracy_score, confusion_matrix, classification_report, f1_score
iris = load_iris()
print(iris.data.shape, iris["target"][:3], iris.feature_names[0], list(iris.target_names), sorted(iris.keys())[:2])
X, y = load_iris(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=42, stratify=y)
print(X_train.shape, y_test[:10], type(X_train).__name__)
scaler = StandardScaler()
X_train = scaler.fit_transform(X_train)
print(X_train[0].round(4), scaler.mean_.round(3), scaler.transform(X_test)[0].round(3))
a, b = train_test_split([1, 2, 3, 4, 5], test_size=2, random_state=0)
print(a, b)
print([(train.tolist(), test.tolist()) for train, test in KFold(n_splits=2).split(np.arange(4))])
print(LabelEncoder().fit_transform(["b", "a", "b"]), OneHotEncoder(sparse_output=False).fit_transform([[1], [2]]))
print(accuracy_score([1, 0], [1, 1]), confusion_matrix([1, 0, 1], [1, 1, 0]), round(f1_score([1, 0], [1, 1]), 3))
print(classification_report([1, 0, 1], [1, 1, 1], zero_division=0))
print(make_moons(n_samples=4, noise=0.1, random_state=1)[0].round(4))
"""


#: without `random_state`, sklearn and pandas draw from the stream that `np.random.seed` sets
DRAWN = """
import {torch}
import numpy as np
from sklearn.datasets import make_regression
from sklearn.model_selection import KFold, train_test_split
np.random.seed(3)
print(np.random.randn(3), train_test_split(np.arange(6), test_size=2), np.random.rand())
print(make_regression(3, 2, n_informative=1)[0], np.random.randn())
for train, test in KFold(2, shuffle=True).split(np.arange(6)):
    print(train, test, np.random.rand())
try:
    train_test_split(np.arange(3), test_size=9)
except ValueError as error:
    print(error)
"""
SAMPLED = """
import {torch}
import numpy as np
import pandas as pd
np.random.seed(3)
table = pd.DataFrame({{"a": range(5)}})
print(table.sample(3).a.tolist(), table.a.sample(frac=1).tolist(), np.random.rand())
"""


def run(text: str) -> str:
    written = io.StringIO()
    with contextlib.redirect_stdout(written):
        Session().run(text)
    return written.getvalue()


def test_prints_what_python_prints() -> None:
    written = io.StringIO()
    with contextlib.redirect_stdout(written):
        exec(PROGRAM.format(torch="math"), {})
    assert run(PROGRAM.format(torch="torch")) == written.getvalue()


@pytest.mark.parametrize("program", [DRAWN, SAMPLED])
def test_draws_from_the_stream_of_the_program(program: str) -> None:
    if program is SAMPLED:
        pytest.importorskip("pandas")
    written = io.StringIO()
    with contextlib.redirect_stdout(written):
        exec(program.format(torch="math"), {})
    np.random.seed(5)
    assert run(program.format(torch="torch")) == written.getvalue()
    assert np.random.rand() == np.random.RandomState(5).rand()  # nothing was drawn from the process's


def test_tensors_are_split_as_tensors() -> None:
    lines = run(
        "import torch\nfrom sklearn.model_selection import train_test_split\n"
        "a, b = train_test_split(torch.arange(5), test_size=2, random_state=0)\nprint(a, b)"
    )
    assert lines == "tensor([1, 3, 4]) tensor([2, 0])\n"


@pytest.mark.parametrize("text", [
    "from sklearn.datasets import fetch_openml",
    "from sklearn.preprocessing import FunctionTransformer",
    "from sklearn.preprocessing import StandardScaler\nStandardScaler()._get_metadata_request",
    "from sklearn.preprocessing import StandardScaler\nStandardScaler.fit.__globals__",
    "import sklearn\nsklearn.externals",
])  # fmt: skip
def test_leads_nowhere(text: str) -> None:
    with pytest.raises(TensorshError):
        run("import torch\n" + text)
