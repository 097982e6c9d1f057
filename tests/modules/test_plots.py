"""Drawing and progress: tqdm is always there, matplotlib's calls are harmless with and without it."""

from __future__ import annotations

import importlib.util
import os
import pty
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tensorsh import Session, TensorshError
from tensorsh.modules import plots
from tensorsh.modules.bars import tqdm

ROOT = Path(__file__).parents[2]

TEACHING = """
import torch
import numpy as np
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.lines import Line2D
plt.style.use("default")
fig, axes = plt.subplots(2, 2, figsize=(3, 3))
lines = axes[0, 0].plot([1, 2], [3, 4], label="a")
axes[0, 0].legend()
for ax in axes.flatten():
    ax.set_title("x")
    ax.axis("off")
image = axes[0, 1].imshow(torch.rand(3, 3))
fig.colorbar(image, ax=axes[0, 1])
fig, one = plt.subplots()
fig, (left, right) = plt.subplots(1, 2)
counts, edges, patches = plt.hist(torch.arange(10.).numpy(), bins=5)
line, = plt.plot([1, 2, 3])
colours = plt.cm.viridis(np.linspace(0, 1, 5))
also = plt.get_cmap("plasma")(0.5)
first = len(plt.rcParams["axes.prop_cycle"].by_key()["color"])
one.spines["top"].set_visible(False)
plt.figure(figsize=(3, 3)); plt.subplot(1, 2, 1); plt.scatter([1, 2], [3, 4], c=[0, 1], cmap="viridis")
plt.xlim(0, 1); plt.ylabel("loss"); plt.xticks([]); plt.suptitle("s"); plt.grid(True); plt.tight_layout()
with plt.style.context("default"):
    plt.bar(["a", "b"], [1, 2])
plt.show()
print(axes.shape, len(lines), counts.tolist(), edges.shape, colours.shape, len(also), first)
plt.close("all")
"""


def run(text: str) -> list[str]:
    import contextlib
    import io

    written = io.StringIO()
    with contextlib.redirect_stdout(written):
        Session().run("import torch\n" + text)
    return written.getvalue().splitlines()


def test_a_teaching_program_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    here = run(TEACHING)
    monkeypatch.setattr(plots, "installed", lambda: False)
    without = run(TEACHING)
    assert without == ["(2, 2) 1 [2.0, 2.0, 2.0, 2.0, 2.0] (6,) (5, 4) 4 10"]
    assert here == without


def test_savefig_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "installed", lambda: False)
    with pytest.raises(TensorshError) as caught:
        run("import matplotlib.pyplot as plt\nplt.plot([1])\nplt.savefig('x.png')")
    assert caught.value.error_class == "ModuleNotFoundError"
    assert "tensorsh[plot]" in (caught.value.help or "")


PYLAB = """
import matplotlib.pylab as pl
from matplotlib import pyplot as plt
import numpy as np, pylab
print(pl.linspace(0, 1, 3), pl.norm([3., 4.]), pl.sum is np.sum, pl.max([1, 2]), pl.plot is plt.plot, pl.bytes is bytes)
print(pl.rand is np.random.rand, pylab.np is np, pl.plt is plt)
sketched = plt.rcParams["path.sketch"]
with plt.xkcd():
    inside = plt.rcParams["path.sketch"]
    plt.plot([1, 2])
print(inside, plt.rcParams["path.sketch"] == sketched)
plt.close("all")
"""


@pytest.mark.parametrize("there", [True, False])
def test_pylab_is_pyplot_and_numpy(there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if there and not plots.installed():
        pytest.skip("matplotlib is not installed")
    if not there:
        monkeypatch.setattr(plots, "installed", lambda: False)
    assert run(PYLAB) == [
        "[0.  0.5 1. ] 5.0 True 2 True True",
        "True True True",
        f"{(1.0, 100.0, 2.0) if there else None} True",
    ]


INTERACTIVE = """
import torch
import matplotlib.pyplot as plt
said = [plt.isinteractive()]
with plt.ion():
    said.append(plt.isinteractive())
    with plt.ioff():
        said.append(plt.isinteractive())
    said.append(plt.isinteractive())
said.append(plt.isinteractive())
plt.ion()
print(said, plt.isinteractive(), type(plt.ioff()).__name__)
"""


@pytest.mark.parametrize("there", [True, False])
def test_the_switch_is_put_back_at_the_end_of_a_with(there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if there and not plots.installed():
        pytest.skip("matplotlib is not installed")
    if not there:
        monkeypatch.setattr(plots, "installed", lambda: False)
    assert run(INTERACTIVE) == ["[False, True, False, True, False] True ExitStack"]


@pytest.mark.skipif(not plots.installed(), reason="matplotlib is not installed")
def test_what_is_drawn_with_is_copied() -> None:
    text = """
import copy
import matplotlib.pyplot as plt
mine, also = copy.copy(plt.cm.viridis), copy.deepcopy(plt.cm.viridis)
mine.set_bad("red")
print(*([round(float(x), 1) for x in each(float("nan"))] for each in (mine, also, plt.cm.viridis)))
"""
    assert run(text) == ["[1.0, 0.0, 0.0, 1.0] [0.0, 0.0, 0.0, 0.0] [0.0, 0.0, 0.0, 0.0]"]


@pytest.mark.skipif(not plots.installed(), reason="matplotlib is not installed")
@pytest.mark.parametrize("call", [
    "plt.title('x', usetex=True)",
    "plt.style.use('http://example.org/a.mplstyle')",
    "plt.gcf().canvas.manager",
    "plt.gcf().canvas.print_figure('x.png')",
    "plt.plot.__globals__",
    "plt.gca().plot.__self__.figure.canvas.mpl_connect('draw_event', print)",
    "plt.plot(object())",
    "plt.text(0, 0, 'x', fontdict={'usetex': True})",
    "plt.setp(plt.gca().title, 'usetex', True)",
    "plt.savefig('x.pgf')",
    "plt.rcParams.update({'figure.hooks': ['os:getcwd']}); assert plt.rcParams['figure.hooks']",
    "plt.rcParams['text.usetex'] = True; assert plt.rcParams['text.usetex']",
])  # fmt: skip
def test_matplotlib_leads_nowhere(call: str) -> None:
    with pytest.raises(TensorshError):
        run("import matplotlib.pyplot as plt\n" + call)


@pytest.mark.skipif(not plots.installed(), reason="matplotlib is not installed")
def test_pictures_are_written_and_read(tmp_path: Path) -> None:
    path = str(tmp_path / "a.png")
    lines = run(
        f"import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.savefig({path!r}, dpi=20)\n"
        f"plt.imsave({path + '2.png'!r}, torch.rand(4, 5))\nprint(plt.imread({path + '2.png'!r}).shape)"
    )
    assert lines == ["(4, 5, 4)"]
    assert Path(path).read_bytes().startswith(b"\x89PNG")


def test_tqdm_counts_and_stdout_stays() -> None:
    text = """
from tqdm import tqdm, trange
from tqdm.auto import tqdm as auto
from tqdm.notebook import tqdm as notebook
seen = [i for i in tqdm(range(3), desc="x")] + list(trange(2)) + list(auto([5])) + list(notebook([6], leave=False))
bar = tqdm(total=10, unit="B")
bar.update(5); bar.update()
bar.set_description("epoch 1"); bar.set_postfix(loss=0.12345, acc="x", big=123456.0, n=3)
print(seen, bar.n, bar.total, bar.postfix, repr(bar.desc), len(trange(4)), bool(trange(0)))
tqdm.write("written"); bar.close()
with tqdm(total=2) as inner:
    inner.update(2)
"""
    assert run(text) == [
        "[0, 1, 2, 0, 1, 5, 6] 6 10 acc=x, big=1.23e+5, loss=0.123, n=3 'epoch 1: ' 4 False",
        "written",
    ]


def test_bars_of_auto_ask_for_two_iterators() -> None:
    """So a loader draws twice: what PyTorch printed with tqdm 4.67."""
    text = """
from torch.utils.data import DataLoader
from tqdm import tqdm
from tqdm.auto import tqdm as auto, trange
from tqdm.contrib import tenumerate
loader = DataLoader(torch.arange(40), batch_size=16, shuffle=True)
for wrap in (tqdm, auto, tenumerate):
    torch.manual_seed(42)
    print(len([batch for batch in wrap(loader, disable=True)]), torch.rand(1))
print(auto.__name__, type(trange(2)).__name__, isinstance(auto([]), tqdm))
"""
    assert run(text) == [
        "3 tensor([0.3904])", "3 tensor([0.2566])", "3 tensor([0.2566])", "tqdm_asyncio tqdm_asyncio True"
    ]  # fmt: skip


#: recorded from tqdm 4.67
METERS = {
    (5, 10, 2.0): " 50%|█████     | 5/10 [00:02<00:02,  2.50it/s]",
    (0, 10, 0.0): "  0%|          | 0/10 [00:00<?, ?it/s]",
    (3, 8, 4000.0): " 38%|███▊      | 3/8 [1:06:40<1:51:06, 1333.33s/it]",
    (7, None, 2.0): "7it [00:02,  3.50it/s]",
    (10, 10, 3.0): "100%|██████████| 10/10 [00:03<00:00,  3.33it/s]",
}


@pytest.mark.parametrize(("given", "text"), METERS.items())
def test_meter_is_tqdms(given: tuple[int, int | None, float], text: str) -> None:
    assert tqdm.format_meter(*given) == text


def test_a_bar_is_drawn_on_a_terminal() -> None:
    text = "import torch, time\nfrom tqdm import tqdm\nfor i in tqdm(range(4), desc='fit'): time.sleep(0.15)"
    master, slave = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "tensorsh", "-c", text], stdout=subprocess.PIPE, stderr=slave, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm"}, cwd=ROOT,
    )  # fmt: skip
    os.close(slave)
    shown: list[bytes] = []

    def read() -> None:
        try:
            while part := os.read(master, 4096):
                shown.append(part)
        except OSError:
            pass

    reader = threading.Thread(target=read)
    reader.start()
    printed, _ = child.communicate(timeout=60)
    reader.join(10)
    os.close(master)
    assert printed == ""
    drawn = b"".join(shown).decode()
    assert "fit" in drawn and "/4" in drawn


def test_notebook_lines_are_skipped(capsys: pytest.CaptureFixture[str]) -> None:
    text = "%matplotlib inline\n!pip install x\nimport torch\nif True:\n    %timeit 1\n    y = (7\n  % 4)\nprint(y)"
    Session().run(text + "\ndisplay(y)")
    out, err = capsys.readouterr()
    assert out == "3\n3\n"
    assert [line.rpartition(": ")[2] for line in err.splitlines()] == [
        "%matplotlib inline", "!pip install x", "%timeit 1",
    ]  # fmt: skip


def test_display_shows(capsys: pytest.CaptureFixture[str]) -> None:
    Session().run("import torch\nfrom IPython.display import display\ndisplay(torch.ones(2), 'a')")
    assert capsys.readouterr().out == "tensor([1., 1.])\n'a'\n"


@pytest.mark.parametrize("name", ["torchvision", "wandb", "pandas", "torch.utils.tensorboard"])
def test_absent_modules_say_what_to_do(name: str) -> None:
    if name == "pandas" and importlib.util.find_spec("pandas"):
        pytest.skip("pandas is installed")
    with pytest.raises(TensorshError) as caught:
        Session().run(f"import torch\nimport {name}")
    assert caught.value.error_class == "ModuleNotFoundError"
    assert caught.value.help
