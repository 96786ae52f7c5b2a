"""The strict walk of WAV: a format and samples, and not one byte more."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dam_plugin.errors import NotProven
from dam_plugin.redaction.proof import wav

PCM = struct.pack("<HHIIHH", 1, 2, 48_000, 192_000, 4, 16)
EXTENSIBLE = struct.pack("<HHIIHHHHIH", 0xFFFE, 2, 48_000, 288_000, 6, 24, 22, 24, 3, 1) + bytes.fromhex(
    "000000001000800000aa00389b71"
)


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"WAVE" + b"".join(
        kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for kind, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def walked(data: bytes) -> wav.Sound:
    return wav.walk(io.BytesIO(data), len(data))


def test_plain_samples_are_accounted_for() -> None:
    assert walked(riff((b"fmt ", PCM), (b"data", bytes(400)))) == wav.Sound(48_000, 2, 100)
    assert walked(riff((b"fmt ", EXTENSIBLE), (b"data", bytes(600)))) == wav.Sound(48_000, 2, 100)


def test_an_odd_number_of_bytes_is_filled_with_nothing() -> None:
    mono = struct.pack("<HHIIHH", 1, 1, 8_000, 8_000, 1, 8)
    data = riff((b"fmt ", mono), (b"data", bytes(7)))
    assert walked(data).count == 7
    with pytest.raises(NotProven, match="the last byte of the file"):
        walked(data[:-1] + b"g")


@pytest.mark.parametrize(
    "data",
    [
        riff((b"fmt ", PCM), (b"LIST", b"INFO"), (b"data", bytes(400))),
        riff((b"fmt ", PCM), (b"data", bytes(400)), (b"LIST", b"INFO")),
        riff((b"bext", bytes(602)), (b"fmt ", PCM), (b"data", bytes(400))),
        riff((b"fmt ", PCM), (b"fact", bytes(4)), (b"data", bytes(400))),
        riff((b"fmt ", PCM), (b"data", bytes(400)), (b"data", bytes(400))),
        riff((b"fmt ", PCM + b"\4\0gym!"), (b"data", bytes(400))),
        riff((b"fmt ", EXTENSIBLE[:-1] + b"!"), (b"data", bytes(600))),
        riff((b"fmt ", PCM), (b"data", bytes(401))),
        riff((b"fmt ", b"\x55" + PCM[1:]), (b"data", bytes(400))),
        riff((b"fmt ", PCM), (b"data", bytes(400))) + b"x",
        riff((b"fmt ", PCM), (b"data", bytes(400)))[:-4],
        riff((b"data", bytes(400)), (b"fmt ", PCM)),
        b"RF64" + riff((b"fmt ", PCM), (b"data", bytes(400)))[4:],
    ],
    ids=[
        *("tags in front", "tags behind", "broadcast note", "fact", "second data", "words in the format", "other guid"),
        *("part of a sample", "no PCM", "bytes behind the end", "cut off", "out of order", "long form"),
    ],
)
def test_whatever_else_a_file_holds_is_refused(data: bytes) -> None:
    with pytest.raises(NotProven):
        walked(data)


@given(st.binary(max_size=120))
def test_whatever_a_file_holds_only_not_proven_comes_of_it(rest: bytes) -> None:
    for head in (b"", b"RIFF", riff((b"fmt ", PCM))):
        with pytest.raises(NotProven):
            walked(head + rest)


@example(20, 2)
@given(st.integers(0, 43), st.integers(1, 255))
def test_a_changed_head_is_refused_or_says_the_same(at: int, change: int) -> None:
    data = bytearray(riff((b"fmt ", PCM), (b"data", bytes(400))))
    data[at] ^= change
    with pytest.raises(NotProven):
        walked(bytes(data))
