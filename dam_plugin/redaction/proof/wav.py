"""Walks the WAV of a copy (RIFF, Multimedia Programming Interface 1.0): `fmt ` and `data` of plain PCM, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from dam_plugin.errors import NotProven
from dam_plugin.redaction.proof.exact import Exact

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
# The widths of a sample, by kind: no float has less than 32 bits (IEEE 754).
_BITS = {_PCM: (8, 16, 24, 32, 64), _FLOAT: (32, 64)}
_GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")
_MOST_HEAD = 12 + 8 + 40 + 8


@dataclass(frozen=True, slots=True)
class Sound:
    """The head of a WAV: hertz, channels, and the count of samples of one channel."""

    rate: int
    channels: int
    count: int


def walk(file: BinaryIO, size: int) -> Sound:
    """Return the head of a file of `size` bytes; raises NotProven at the first part that is out of place."""
    file.seek(0)
    head = file.read(_MOST_HEAD)
    fields = Exact(head, "the head of the file")
    fields.must(b"RIFF")
    if _little(fields, 4) != size - 8:
        fields.refuse("states another length than the file has")
    fields.must(b"WAVE")
    fields.must(b"fmt ")
    form = Exact(fields.take(_little(fields, 4)), "the sound's format")
    rate, channels, block = _form(form)
    fields.must(b"data")
    length = _little(fields, 4)
    behind = size - (len(head) - fields.left)
    if behind != length + length % 2 or length % block:
        fields.refuse("is not followed by the samples alone")
    if length % 2:
        file.seek(size - 1)
        if file.read(1) != b"\0":
            raise NotProven(["the last byte of the file holds something"])
    return Sound(rate, channels, length // block)


def _form(fields: Exact) -> tuple[int, int, int]:
    """Return (rate, channels, bytes of a block) from a format of 16 bytes, or from an extensible one of 40."""
    kind, channels = _little(fields, 2), _little(fields, 2)
    rate, speed, block, bits = (_little(fields, width) for width in (4, 4, 2, 2))
    if kind == _EXTENSIBLE:
        fields.must(b"\x16\0")
        fields.must(bits.to_bytes(2, "little"))
        fields.take(4)
        kind = _little(fields, 2)
        fields.must(_GUID_TAIL)
    elif fields.left:
        fields.must(b"\0\0")
    fields.end()
    if bits not in _BITS.get(kind, ()) or not (0 < channels <= 8 and 0 < rate <= 768_000):
        fields.refuse("is no plain PCM")
    if block != channels * bits // 8 or speed != rate * block:
        fields.refuse("does not agree with itself")
    return rate, channels, block


def _little(fields: Exact, width: int) -> int:
    return int.from_bytes(fields.take(width), "little")
