"""Fourier transforms and windows against PyTorch's recorded answers, and the inverses of each other."""

from __future__ import annotations

import pytest

from recorded import answer, lines
from tensorsh import Session


@pytest.mark.parametrize(("program", "expected"), lines("ops_fft.txt"))
def test_as_pytorch(program: str, expected: str) -> None:
    assert answer(program) == expected


@pytest.mark.parametrize("norm", ["None", "'backward'", "'ortho'", "'forward'"])
@pytest.mark.parametrize(
    "roundtrip",
    [
        "fft.ifft(fft.fft(z, norm=n), norm=n)",
        "fft.ifftn(fft.fftn(z, norm=n), norm=n)",
        "fft.irfft(fft.rfft(x, norm=n), 5, norm=n)",
        "fft.irfftn(fft.rfftn(x, norm=n), x.shape, norm=n)",
        "fft.hfft(fft.ihfft(x, norm=n), 5, norm=n)",
        "fft.hfft2(fft.ihfft2(x, norm=n), (4, 5), norm=n)",
        "fft.ifftshift(fft.fftshift(x))",
    ],
)
def test_inverse(roundtrip: str, norm: str) -> None:
    session = Session(seed=0)
    session.run(
        f"n = {norm}; x = randn(3, 4, 5, dtype=float64); z = x + 1j * randn(3, 4, 5, dtype=float64)\n"
        f"y = {roundtrip}; off = dist(y, z if y.is_complex() else x)"
    )
    assert session["off"].item() == pytest.approx(0, abs=1e-12)


def test_meta_has_the_shapes() -> None:
    for call in (
        "fft.rfft(x, 7)",
        "fft.fft2(x, s=(2, 9))",
        "fft.irfftn(x)",
        "fft.hfft(x)",
        "fft.fftshift(x)",
    ):
        shapes = []
        for device in ("cpu", "meta"):
            (out,) = Session().run(f"x = ones(3, 4, 5).to('{device}'); {call}")
            shapes.append((out.shape, out.dtype))
        assert shapes[0] == shapes[1], call
