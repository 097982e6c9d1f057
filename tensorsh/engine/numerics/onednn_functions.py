"""Sigmoid and hyperbolic tangent of float32 numbers as oneDNN's cells compute them, with vectors of eight.

A layer of LSTM cells is oneDNN's in PyTorch, and its last digits are those of these approximations. Every step is a
fused multiply-add, which float64 computes exactly and rounds once.

tanh |x| is one of 32 polynomials of what is left of |x| without its lower bits, and x itself near 0. The sigmoid is
e / (1 + e) with e = exp(-|x|) = 2^n · p(s), n = ⌊x / log 2 + 1/2⌋ and s = x - n · log 2.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

FLOAT32, FLOAT64, INT32 = np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.int32)


def _floats(words: str) -> Array:
    """The float32 numbers of which these are the bits, in hexadecimal."""
    return np.frombuffer(bytes.fromhex("".join(words.split())), ">u4").astype(np.uint32).view(FLOAT32)


#: of the 32 polynomials: coefficients of degree 0, then of degree 1, and so on
POLYNOMIALS = _floats(
    """
    0000000039bfffff39ffffff3a3ffffe3a7ffffb3abffff73affffeb3b3fffdc3b7fffab3bbfff703bfffeab3c3ffdc0
    3c7ffaab3cbff7013cffeaad3d3fdc083d7faacd3dbf70813dfeacc93e3dc7fd3e7acbf53eb77a9f3eec9a9f3f22991f
    3f42f7d63f67b7cc3f76ca833f7ebbe93f7fd40c3f7fff323f7ffffc3f800000
    3f8000003f8000183f7fffe83f7fffda3f7fffdc3f7fffdc3f7fffac3f7fff703f7ffeec3f7ffdc03f7ffbed3f7ff704
    3f7feff53f7fdbca3f7fbfff3f7f70413f7f009b3f7dc36c3f7c0aa83f7734b83f70a4de3f5f1fd83f4954933f18b9ec
    3ed706cb3e390b063d90b11f3c21a0533aaf7fdb37ccc1a3355c673300000000
    00000000be4e0ff13d25b1b13d6b6dab3c9fb1d5babff06f3c07b3f6bb3fc1bc3a9f5921bbbf06f2bbb0f402bc47db9e
    bc73d5e7bca25bdabcfca780bd40e07cbd7dab03bdbe4a0fbdfb14a5be36cc8dbe6bd102be9fe7c5beba0f10bec206a8
    bea3c388be277d62bd8b7960bc209f49baad44cab7c6eeacb663aa4100000000
    0000000045b3ae96c414eb20c450e02ec3152b4ebead2f56c2162e02beb4bd5ac11a59a4bed2f507c020d32c3dd0f506
    bf2a75e2bff950e3bed47334be809b8cbeb64532be961a5bbe9b63acbea0d4b2be828a77be378612bdc209083d2d3957
    3dd46e893db3f6293d2c5e7b3bd204033a59dfae3770af45372cc01400000000
    00000000cc981a1b4a7edd3d4ab1007c48fedd9c41a557b5477ee32a422557f545ff3ce442a55641446e0867c33dc19a
    4291521443af4fad4110fe88c1099b753fc8a8dcbfbeaef5be365aad3f4d96523ddfa08f3e34e9b83e2d07a63dc63567
    3cdaeb78bcd17537bc92829cbb43ab99b9b471ddb6baad5ab78bafc700000000
    0000000052f688d5d0505c72d08f98e3ce505cc9c7162b8acc5061d6c7162bdfca50b37fc7162a3ac8422086471a714e
    c5ece1f1c70e3d90c3eba94a43e0c424c21f455242217cc8405e7dc4c10dd4013e96b602bd1a6d2fbd393883bd674682
    bd310016b961e2693ba324953a7680d538b3173c35a9deea375c3f2a00000000
    00000000d8995ed1558285ea55b2cd69530286254bc9991f5082898a4b4999b34e02c07c4ac997644b72c822ca40c0e1
    489413e449b1222446134c4ec60c2d5743c83910c3c872d1c186bc9e42325bc3bf2ffa4a3d9a203cbc545a43bae08fee
    3c80225d3b1fd1dfba36b9d1b91de544b71f100fb408e2edb685fec800000000
    """
).reshape(7, 32)
#: bits at which the first polynomial begins, those that tell which one, where they begin
FIRST, TELLING, SHIFT = np.int32(0x39800000), np.int32(-0x400000), np.int32(22)
#: below the one tanh x is x, from the other on it is 1
LINEAR, SATURATED = _floats("39ddb3d7 41102cb3")

LEAST, GREATEST, LOG2_E, LOG_2 = _floats("c2aeac50 42b17218 3fb8aa3b 3f317218")
#: of p, from the highest power; the last is 1
EXPONENTIAL = (*_floats("3c07cfce 3d2b9d0d 3e2aad40 3efffee3 3f7ffffb").tolist(), 1.0)

ONE, TWO, HALF = np.float32(1), np.float32(2), np.float32(0.5)
SIGN = np.int32(-0x80000000)


def tanh(x: Array) -> Array:
    """The hyperbolic tangent of each element."""
    size = np.abs(x)
    bits = size.view(INT32)
    which = (bits - FIRST) >> SHIFT
    coefficients = POLYNOMIALS.take(which, axis=1, mode="clip").astype(FLOAT64)
    rest = (size - (bits & TELLING).view(FLOAT32)).astype(FLOAT64)
    wide = coefficients[6]
    for degree in range(5, -1, -1):
        wide *= rest
        wide += coefficients[degree]
        found = wide.astype(FLOAT32)
        if degree:
            wide[...] = found
    found = np.where(size < SATURATED, found, ONE)
    np.copyto(found, size, where=size < LINEAR)
    return np.copysign(found, x, out=found)


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)) of each element."""
    e = _exp(-np.abs(x))
    e /= e + ONE
    return np.where(np.signbit(x), e, ONE - e)


def _exp(x: Array) -> Array:
    """e to the power of each element, none of which is positive."""
    zero = x < LEAST
    x = np.maximum(np.fmin(x, GREATEST), LEAST)
    n = x * LOG2_E
    n += HALF
    np.floor(n, n)
    wide = n.astype(FLOAT64)
    wide *= -float(LOG_2)
    wide += x
    s = wide.astype(FLOAT32).astype(FLOAT64)
    first, *others = EXPONENTIAL
    wide = s * first
    wide += others[0]
    for each in others[1:]:
        wide[...] = wide.astype(FLOAT32)
        wide *= s
        wide += each
    found = wide.astype(FLOAT32)
    power = n.astype(INT32)
    power += 126
    power <<= 23
    power[zero] = 0
    found *= power.view(FLOAT32)
    found *= TWO
    return found
