"""Checks the AAC of a copy (ISO/IEC 14496-3): low complexity, and a channel of sound at the beginning of each frame.

A frame that begins with data, a fill or a programme is refused. Bits behind the first channel of a frame are not checked:
only decoding shows where that channel ends.
"""

from __future__ import annotations

from collections.abc import Iterator

from dam_plugin.redaction.proof.exact import Exact

MOST_FRAME = 8192
"""Most bytes of a frame: 6144 bits for each of 8 channels (4.5.3), and some room."""

_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)
_SYNC = bytes.fromhex("56e500")
"""The extension that rules out spectral band replication (1.6.5.1)."""
_SINGLE, _PAIR = 0, 1


def configuration(esds: bytes) -> tuple[int, int]:
    """Return (rate in hertz, channels) of an esds box; raises NotProven for a descriptor or byte that AAC does not need."""
    fields = Exact(esds, "the sound's configuration")
    fields.must(bytes(4))
    stream = _descriptor(fields, 3)
    stream.take(2)
    stream.must(b"\0")
    decoder = _descriptor(stream, 4)
    decoder.hex("4015")
    decoder.take(11)
    specific = _descriptor(decoder, 5)
    decoder.end()
    _descriptor(stream, 6).must(b"\2")
    stream.end()
    fields.end()
    word = specific.number(2)
    if specific.left:
        specific.must(_SYNC)
    specific.end()
    # 5 bits of object type (2: low complexity), 4 of rate, 4 of channels, 3 flags.
    kind, rate, channels = word >> 11, word >> 7 & 15, word >> 3 & 15
    if kind != 2 or rate >= len(_RATES) or not 1 <= channels <= 7 or word & 7:
        fields.refuse("is none of plain AAC")
    return _RATES[rate], 8 if channels == 7 else channels


def judge(frame: bytes, channels: int) -> Iterator[str]:
    """Yield a failure unless the first element of a raw frame (4.4.2.1) is sound; its first three bits say so."""
    if frame[0] >> 5 != (_PAIR if channels == 2 else _SINGLE):
        yield "a frame of the sound begins with something else than sound"


def _descriptor(fields: Exact, tag: int) -> Exact:
    """Return the fields of a descriptor; its length is 1 to 4 bytes of 7 bits (ISO/IEC 14496-1, 8.3.3)."""
    fields.must(bytes([tag]))
    length = 0
    for _ in range(4):
        byte = fields.number(1)
        length = length << 7 | byte & 127
        if byte < 128:
            break
    else:
        fields.refuse("has an impossible length")
    return Exact(fields.take(length), "the sound's configuration")
