"""What of PyTorch is not here, and why: the help below the error for such a name."""

from __future__ import annotations

DEVICES = "there is one processor's memory and no accelerator"
COMPILER = "loops and calls are compiled where that pays, unasked; torch.compile(f) is f"
DISTRIBUTED = "programs run in one process"
SPARSE = "sparse tensors are in coordinate form: torch.sparse_coo_tensor, x.to_sparse()"
QUANTISED = "numbers are stored as floats and integers: x.to(torch.bfloat16) halves their size"
CPP = "nothing is compiled from C++; operations are Python functions"
EXPORT = "models are saved with torch.save(model.state_dict(), path)"
NETWORK = "nothing is fetched from the network"
TENSORBOARD = "print what is to be seen, or write it with csv or json"
TIMING = "time is measured with time.perf_counter(), statements with --timer"
NESTED = "sequences of several lengths are padded: torch.nn.utils.rnn.pad_sequence"

#: path after `torch.` → why it is not there
ABSENT = {
    "ao": QUANTISED,
    "classes": CPP,
    "export": EXPORT,
    "fx": COMPILER,
    "futures": DISTRIBUTED,
    "hub.get_dir": NETWORK,
    "hub.help": NETWORK,
    "hub.list": NETWORK,
    "hub.load": NETWORK,
    "hub.set_dir": NETWORK,
    "library": CPP,
    "monitor": TIMING,
    "multiprocessing": DISTRIBUTED,
    "nested": NESTED,
    "onnx": EXPORT,
    "ops": CPP,
    "package": EXPORT,
    "per_channel_affine": QUANTISED,
    "per_tensor_affine": QUANTISED,
    "quantization": QUANTISED,
    "quantize_per_channel": QUANTISED,
    "quantize_per_tensor": QUANTISED,
    "quint8": QUANTISED,
    "qint8": QUANTISED,
    "qint32": QUANTISED,
    "sparse_bsc": SPARSE,
    "sparse_bsc_tensor": SPARSE,
    "sparse_bsr": SPARSE,
    "sparse_bsr_tensor": SPARSE,
    "sparse_compressed_tensor": SPARSE,
    "sparse_csc": SPARSE,
    "sparse_csc_tensor": SPARSE,
    "sparse_csr": SPARSE,
    "sparse_csr_tensor": SPARSE,
    "utils.benchmark": TIMING,
    "utils.bottleneck": TIMING,
    "utils.collect_env": TIMING,
    "utils.cpp_extension": CPP,
    "utils.mobile_optimizer": EXPORT,
    "utils.tensorboard": TENSORBOARD,
}


def why_absent(path: str) -> str | None:
    """Why `torch.PATH`, or what it is in, is not here; None for what PyTorch does not have either."""
    while path:
        if path in ABSENT:
            return f"tensorsh has no torch.{path}: {ABSENT[path]}"
        path = path.rpartition(".")[0]
    return None
