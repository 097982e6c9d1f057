"""What programs import and tensorsh does not have: the help below `No module named …`."""

from __future__ import annotations

PICTURES = "read pictures as arrays with numpy.load, or draw with matplotlib.pyplot"
LOGGING = "print what is to be seen, or write it with csv or json"
NETWORK = "programs reach no network: put the files beside the program and read them from there"
PROCESSES = "programs start no other programs"
CONFIGURATION = "settings are read with json, configparser or argparse"
TABLES = "pip install pandas; without it, read tables with csv or numpy.genfromtxt, or with tensorsh's own load(path)"
LEARNING = "split with torch.utils.data.random_split; data sets are read from files beside the program"
TRAINING = "write the loop with torch.optim, or use ignite.engine, which is here"

#: name of a module's first part → what to do instead
HELP = {
    "torchvision": "read data from files (numpy.load, csv) into a TensorDataset; pictures are transformed "
    "with tensor operations and F.interpolate",
    "torchaudio": "read sound with numpy, and transform it with torch.stft and torch.fft",
    "torchtext": "read text with open(), and count words with collections.Counter",
    "torchmetrics": "ignite.metrics is here",
    "torchinfo": "print(model) shows its layers; sum(p.numel() for p in model.parameters()) counts parameters",
    "torchsummary": "print(model) shows its layers; sum(p.numel() for p in model.parameters()) counts parameters",
    "pytorch_lightning": TRAINING,
    "lightning": TRAINING,
    "accelerate": TRAINING,
    "fastai": TRAINING,
    "transformers": "nn.Transformer and nn.MultiheadAttention are here; nothing is downloaded",
    "datasets": NETWORK,
    "tensorboard": LOGGING,
    "tensorboardX": LOGGING,
    "wandb": LOGGING,
    "mlflow": LOGGING,
    "seaborn": "draw with matplotlib.pyplot",
    "plotly": "draw with matplotlib.pyplot",
    "PIL": PICTURES,
    "cv2": PICTURES,
    "skimage": PICTURES,
    "imageio": PICTURES,
    "pandas": TABLES,
    "sklearn": LEARNING,
    "scipy": "torch.linalg, torch.fft and torch.special hold much of it",
    "einops": "rearrange with reshape, permute and torch.einsum",
    "yaml": CONFIGURATION,
    "hydra": CONFIGURATION,
    "omegaconf": CONFIGURATION,
    "requests": NETWORK,
    "urllib": NETWORK,
    "http": NETWORK,
    "socket": NETWORK,
    "subprocess": PROCESSES,
    "multiprocessing": PROCESSES,
    "ctypes": PROCESSES,
    "asyncio": "programs run one thing after the other",
    "tensorflow": "torch is here",
    "jax": "torch.func has grad, vmap, jacrev and their like",
}


TEXTS = "texts are not run as programs: write a function, or put the code in a file and import it"
DEBUGGER = "print values, or run the program with -i and look at them after it"
#: builtins that programs do not have → why, and what to do instead
BUILTINS = {
    "eval": "texts are not evaluated: ast.literal_eval and json.loads read values, a dictionary or getattr "
    "chooses by name",
    "exec": TEXTS,
    "execfile": TEXTS,
    "compile": TEXTS,
    "__import__": "modules are named where they are imported: import json",
    "__builtins__": "the builtins are there by their names, and cannot be changed",
    "breakpoint": f"there is no debugger: {DEBUGGER}",
    "__loader__": "programs do not load code themselves: put it in a file and import it",
    "__spec__": "programs do not load code themselves: put it in a file and import it",
    "__build_class__": "classes are made by class statements, or by type(name, bases, names)",
    "unicode": "a text is a str", "xrange": "count with range", "raw_input": "read a line with input()",
    "reduce": "from functools import reduce", "cmp": "compare with < and ==", "basestring": "a text is a str",
}  # fmt: skip


def instead_of(name: str) -> str | None:
    """What to do without a module, if something is known."""
    return HELP.get(name.partition(".")[0])
