"""torch.serialization: saving what a program has to a file, and loading it again, in PyTorch's own format.

A file is a zip archive: `data.pkl` is a pickle in which memory is only named (`names`, `pickler`), `data/N` are
the blocks of memory (`memory`), each once, however many tensors look into it. A pickle can call for any
class by name; the names that are found here are those of tensors and containers, and, where the caller asks
for more than weights, of the running program's own classes (`unpickler`).
"""

from ..namespace import lazily

CONTENTS = {
    "saving": "save",
    "loading": "load get_unsafe_globals_in_checkpoint",
    "safe": "add_safe_globals clear_safe_globals get_safe_globals safe_globals",
    "memory": "default_restore_location",
    "names": "StorageType",
}
NAMESPACES = ()

__getattr__, __dir__ = lazily(__name__)
