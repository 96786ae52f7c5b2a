"""The size that an AV1 picture is coded in (AV1 bitstream specification, 5.3 to 5.5): decoders scale what states another."""

from __future__ import annotations

from dam_plugin.redaction.stills.still import damaged

NAME = "AVIF"
SEQUENCE_HEADER = 1
MOST_UNITS = 8
_LONGEST = 256


def coded_size(coded: bytes) -> tuple[int, int]:
    """Return (width, height) of the first sequence header in the coded data; raises CannotRedact where there is none."""
    at = 0
    for _ in range(MOST_UNITS):
        if at >= len(coded) or not coded[at] & 2:
            raise damaged(NAME)
        kind, extended = coded[at] >> 3 & 15, coded[at] >> 2 & 1
        length, at = _leb128(coded, at + 1 + extended)
        if kind == SEQUENCE_HEADER:
            return _size(coded[at : at + min(length, _LONGEST)])
        at += length
    raise damaged(NAME)


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index, byte in enumerate(data[at : at + 5]):
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return value, at + index + 1
    raise damaged(NAME)


class _Bits:
    """Reads numbers from the most significant bit on."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data)
        self._left = 8 * len(data)

    def take(self, width: int) -> int:
        self._left -= width
        if self._left < 0:
            raise damaged(NAME)
        return self._value >> self._left & (1 << width) - 1


def _size(header: bytes) -> tuple[int, int]:
    bits = _Bits(header)
    bits.take(4)
    if bits.take(1):
        bits.take(5)
    else:
        _pass_operating_points(bits)
    across, down = bits.take(4) + 1, bits.take(4) + 1
    return bits.take(across) + 1, bits.take(down) + 1


def _pass_operating_points(bits: _Bits) -> None:
    """Pass over what the short header of a still picture leaves out; one with timing belongs to a video."""
    if bits.take(1):
        raise damaged(NAME)
    delayed = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:
            bits.take(1)
        if delayed and bits.take(1):
            bits.take(4)
