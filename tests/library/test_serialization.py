"""torch.save and torch.load: PyTorch's files, in both directions, and the words of their errors."""

from __future__ import annotations

import io
import json
import pickle
import pickletools
import re
import zipfile

import pytest

import library
import saved
from tensorsh import Session, TensorshError, torch

WORDS = json.loads((saved.FOLDER / "words.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", WORDS)
@pytest.mark.parametrize("form", ["pt", "legacy.pt"])
def test_reads_what_pytorch_saved(name: str, form: str) -> None:
    found = torch.load(saved.FOLDER / f"{name}.{form}")
    assert json.loads(json.dumps(saved.words(found, {}))) == WORDS[name]


@pytest.mark.parametrize("name", WORDS)
def test_reads_it_with_the_full_unpickler_and_mapped(name: str) -> None:
    path = str(saved.FOLDER / f"{name}.pt")
    for options in ({"weights_only": False}, {"mmap": True}):
        assert json.loads(json.dumps(saved.words(torch.load(path, **options), {}))) == WORDS[name]


@pytest.mark.parametrize("name", saved.values(torch))
def test_saves_the_bytes_that_pytorch_saves(name: str, tmp_path) -> None:
    torch.save(saved.values(torch)[name], tmp_path / f"{name}.pt")
    ours = (tmp_path / f"{name}.pt").read_bytes()
    theirs = (saved.FOLDER / f"{name}.pt").read_bytes()
    assert without_fingerprint(ours) == without_fingerprint(theirs)


def test_reads_a_module_that_pytorch_saved() -> None:
    path = saved.FOLDER / "module.pt"
    with pytest.raises(pickle.UnpicklingError, match="Sequential was not an allowed"):
        torch.load(path)
    there, here = torch.load(path, weights_only=False).eval(), saved.module(torch).eval()
    assert repr(there) == repr(here)
    assert torch.equal(there(torch.ones(1, 2))[0], here(torch.ones(1, 2))[0])


def test_saves_a_module_as_pytorch_does(tmp_path) -> None:
    torch.save(saved.module(torch), tmp_path / "module.pt")
    assert list(named(tmp_path / "module.pt")) == list(named(saved.FOLDER / "module.pt"))


def named(path):
    """What the pickle of an archive names, and the values in it."""
    with zipfile.ZipFile(path) as archive:
        content = archive.read("module/data.pkl")
    for code, argument, _ in pickletools.genops(content):
        if code.name in ("GLOBAL", "BINUNICODE", "BININT1", "BINFLOAT", "NEWTRUE", "NEWFALSE"):
            yield argument


def without_fingerprint(archive: bytes) -> bytes:
    """An archive without the hash of its records, whose making PyTorch does not document, and its checksums."""
    content = re.sub(rb"\d{40}PK\x07\x08.{4}", b"#", archive, flags=re.DOTALL)
    return re.sub(
        rb"(PK\x01\x02.{12}).{4}(.{24}[^/]*/\.data/serialization_id)", rb"\1\2", content, flags=re.DOTALL
    )


def test_a_mapped_file_is_not_written(tmp_path) -> None:
    path = tmp_path / "x.pt"
    torch.save(torch.zeros(3), path)
    before = path.read_bytes()
    torch.load(path, mmap=True).add_(1)
    assert path.read_bytes() == before


class Reduces:
    """What a file would do if it could."""

    def __init__(self, *reduced: object):
        self.reduced = reduced

    def __reduce__(self) -> tuple[object, ...]:
        return self.reduced


@pytest.mark.parametrize(
    "attack",
    [
        (print, ("x",)),
        (eval, ("1",)),
        (__import__, ("os",)),
        (getattr, (object, "__subclasses__")),
        (io.open, ("/etc/passwd",)),
        (type, ("X", (), {})),
        (pickle.loads, (b"",)),
    ],
)
def test_a_file_runs_nothing(attack) -> None:
    with pytest.raises(pickle.UnpicklingError, match="Can't get"):
        torch.load(archive_of(pickle.dumps(Reduces(*attack), 2)), weights_only=False)


@pytest.mark.parametrize(
    "target", ["torch\nDataLoader", "torch.nn.functional\nrelu", "torch\ntanh", "torch\nload"]
)
def test_a_file_changes_nothing_of_the_library(target: str) -> None:
    text = f"\x80\x02c{target}\nN}}U\x06kernelNs\x86b.".encode("latin-1")
    with pytest.raises(pickle.UnpicklingError):
        torch.load(archive_of(text), weights_only=False)


def archive_of(content: bytes) -> io.BytesIO:
    from tensorsh.torch.serialization.archive import Writer

    stream = io.BytesIO()
    archive = Writer(stream.write, "archive")
    archive.add("data.pkl", content)
    archive.close()
    stream.seek(0)
    return stream


@pytest.mark.parametrize("program, expected", library.blocks("library_serialization.txt"))
def test_prints_what_pytorch_prints(program: str, expected: str) -> None:
    assert library.output(program) == expected


LIES = [
    "'Tensor', np.ones(8, dtype=np.float16), 'float64', 'cpu', False, {}",
    "'Tensor', np.ones(3), 'float32', 'cpu', False, {}",
    "'Tensor', (3,), 'float32', 'cpu', False, {}",
    "'Tensor', np.ones(3), 'float64', 'meta', False, {}",
    "'Tensor', Long(), 'float64', 'cpu', False, {}",
    "'Tensor', np.ones(3), 'floaM64', 'cpu', False, {}",
    "'Tensor', np.ones(3), 'float64', 'kpu', False, {}",
    "'Tens', np.ones(3), 'float64', 'cpu', False, {}",
    "list, np.ones(3), 'float64', 'cpu', False, {}",
    "torch.nn.Module, np.ones(3), 'float64', 'cpu', False, {}",
]


@pytest.mark.parametrize("parts", LIES)
def test_a_pickle_that_lies_of_a_tensor_is_an_error(parts: str) -> None:
    """Were the array smaller than the shape says, operations would read what lies behind it."""
    session = Session()
    session.run(
        f"""import pickle, torch, numpy as np
class Long:
    shape = (9,)
class Lie:
    def __reduce__(self): return torch.ones(1).__reduce_ex__(2)[0], ({parts})
lie = pickle.dumps(Lie())"""
    )
    with pytest.raises(TensorshError) as caught:
        session.run("pickle.loads(lie)")
    assert caught.value.error_class in ("ValueError", "RuntimeError")
    assert caught.value.kind != "internal"


@pytest.mark.parametrize("reads", ["torch.load", "torch.serialization.get_unsafe_globals_in_checkpoint"])
@pytest.mark.parametrize("path, expected", [(r'"a\0b"', "ValueError"), (r'"a\ud800b"', "UnicodeEncodeError")])
def test_a_path_that_cannot_be_is_the_program_s_error(reads: str, path: str, expected: str) -> None:
    with pytest.raises(TensorshError) as caught:
        Session().run(f"import torch\n{reads}({path})")
    assert (caught.value.error_class, caught.value.kind) == (expected, "value")


#: of four numbers
STORAGE = b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x04tQ"
META = b"ctorch._utils\n_rebuild_meta_tensor_no_storage\n"
NONE = b"ccollections\nOrderedDict\n)R"
LIES_OF_ARGUMENTS = {
    b"ctorch._utils\n_rebuild_tensor_v3\n(" + STORAGE + b"K\x00K\x02\x85K\x01\x85\x89" + NONE + b"}tR.": (
        "TypeError: empty(): argument 'dtype' must be torch.dtype, not dict"
    ),
    b"ctorch._utils\n_rebuild_tensor_v2\n(" + STORAGE + b"K\x00}\x85K\x01\x85\x89" + NONE + b"tR.": (
        "TypeError: set_(): argument 'size' (position 3) must be tuple of ints, but found element of type dict at pos 0"
    ),
    META + b"(ctorch\nfloat32\nJ\xff\xff\xff\xff\x85K\x01\x85\x89tR.": (
        "RuntimeError: Trying to create tensor with negative dimension -1: [-1]"
    ),
    META + b"(K\x01K\x02\x85K\x01\x85\x89tR.": (
        "TypeError: empty_strided(): argument 'dtype' must be torch.dtype, not int"
    ),
}


@pytest.mark.parametrize("content", LIES_OF_ARGUMENTS)
@pytest.mark.parametrize("weights_only", [True, False])
def test_a_file_that_lies_of_arguments_is_an_error_of_the_program(
    content: bytes, weights_only: bool, tmp_path
) -> None:
    stream = archive_of(b"\x80\x02" + content)
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("archive/data/0", bytes(16))
        archive.writestr("archive/byteorder", "little")
    (tmp_path / "lies.pt").write_bytes(stream.getvalue())
    with pytest.raises(TensorshError) as caught:
        Session().run(f"import torch\ntorch.load({str(tmp_path / 'lies.pt')!r}, weights_only={weights_only})")
    assert f"{caught.value.error_class}: {caught.value.message}" == LIES_OF_ARGUMENTS[content]
    assert caught.value.kind != "internal"
