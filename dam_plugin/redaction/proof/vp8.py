"""Reads of a VP8 frame's header in how many partitions its coefficients lie (RFC 6386, 7.3, 9.2 to 9.5 and 19.2)."""

from __future__ import annotations

from dataclasses import dataclass, field


def token_partitions(first: bytes) -> int:
    """Return what the first partition says: 1, 2, 4 or 8. Zeros are read behind its end, as decoders do."""
    bits = _Bits(first)
    bits.number(2)
    if bits.number(1):
        _pass_segments(bits)
    bits.number(10)
    if bits.number(1) and bits.number(1):
        for _ in range(8):
            bits.pass_optional(7)
    return 1 << bits.number(2)


def _pass_segments(bits: _Bits) -> None:
    """Pass over the segments (section 9.3): numbers of 7 and 6 bits with a sign, then three probabilities."""
    update_map, update_data = bits.number(1), bits.number(1)
    if update_data:
        bits.number(1)
        for width in (8, 8, 8, 8, 7, 7, 7, 7):
            bits.pass_optional(width)
    for _ in range(3 if update_map else 0):
        bits.pass_optional(8)


@dataclass(slots=True)
class _Bits:
    """The boolean decoder (section 7.3) at even odds, the only ones that this part of the header has."""

    data: bytes
    value: int = field(init=False)
    range: int = 255
    at: int = 2
    shifted: int = 0

    def __post_init__(self) -> None:
        self.value = int.from_bytes(self.data[:2].ljust(2, b"\0"))

    def number(self, width: int) -> int:
        value = 0
        for _ in range(width):
            value = value << 1 | self._flag()
        return value

    def pass_optional(self, width: int) -> None:
        """Pass over a number that is there only behind a set flag."""
        if self.number(1):
            self.number(width)

    def _flag(self) -> int:
        split = 1 + ((self.range - 1) * 128 >> 8)
        bit = self.value >= split << 8
        self.value -= split << 8 if bit else 0
        self.range = self.range - split if bit else split
        while self.range < 128:
            self._shift()
        return int(bit)

    def _shift(self) -> None:
        self.value, self.range, self.shifted = self.value << 1, self.range << 1, self.shifted + 1
        if self.shifted == 8:
            self.value |= self.data[self.at] if self.at < len(self.data) else 0
            self.at, self.shifted = self.at + 1, 0
