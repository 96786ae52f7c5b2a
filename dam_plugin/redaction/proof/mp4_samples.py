"""The sample tables of a track in MP4 (ISO/IEC 14496-12, 8.6 and 8.7): where each sample lies, and how long all last."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise, repeat
from typing import BinaryIO

from dam_plugin.errors import NotProven
from dam_plugin.redaction.proof import bmff
from dam_plugin.redaction.proof.bmff import Box
from dam_plugin.redaction.proof.exact import Exact

MOST_SAMPLES = 4_000_000
"""Samples of one track: a day of sound has about that many."""

_MOST_TABLE = 8 * MOST_SAMPLES + 64
_ROLL = bytes.fromhex("01000000 726f6c6c 00000002 00000001 ffff")
"""The group of samples that need the one before (`roll`, -1), as any AAC does."""


@dataclass(frozen=True, slots=True)
class Samples:
    """The samples of one track in the order of decoding.

    `sizes` in bytes; `duration` of them all in ticks of the media's clock; `chunks` are (offset in the file, number of
    samples). Samples are shown as they are decoded: a copy has no frames out of order.
    """

    sizes: array[int]
    duration: int
    chunks: tuple[tuple[int, int], ...]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.sizes)

    def extents(self) -> Iterator[tuple[int, int]]:
        """Yield (start, end) in the file of each chunk."""
        at = 0
        for offset, count in self.chunks:
            yield offset, offset + sum(self.sizes[at : at + count])
            at += count

    def places(self) -> Iterator[tuple[int, int]]:
        """Yield (start, length) in the file of each sample."""
        at = 0
        for offset, count in self.chunks:
            start = offset
            for length in self.sizes[at : at + count]:
                yield start, length
                start += length
            at += count


def read_samples(file: BinaryIO, boxes: Mapping[bytes, Box]) -> Samples:
    """Return the samples that the boxes of `stbl` tell of; raises NotProven where the tables do not agree."""
    sizes = _sizes(_open(file, boxes[b"stsz"]))
    duration = _duration(_open(file, boxes[b"stts"]), len(sizes))
    if b"stss" in boxes:
        _keys(_open(file, boxes[b"stss"]), len(sizes))
    if (b"sgpd" in boxes) != (b"sbgp" in boxes):
        raise NotProven(["a group of samples is not described"])
    if b"sgpd" in boxes:
        _open(file, boxes[b"sgpd"], with_head=True).must(_ROLL)
        group = _open(file, boxes[b"sbgp"], with_head=True)
        group.hex("00000000 726f6c6c 00000001" + len(sizes).to_bytes(4).hex() + "00000001")
        group.end()
    return Samples(sizes, duration, _chunks(file, boxes, len(sizes)))


def _open(file: BinaryIO, box: Box, *, with_head: bool = False) -> Exact:
    """Return the fields of a table behind its version and flags, which must be 0."""
    fields = Exact(bmff.body(file, box, _MOST_TABLE), f"table {box.name}")
    if not with_head:
        fields.must(bytes(4))
    return fields


def _sizes(fields: Exact) -> array[int]:
    constant, count = fields.number(4), fields.number(4)
    if not 0 < count <= MOST_SAMPLES:
        fields.refuse("tells of no sample, or of too many")
    sizes = array("I", repeat(constant, count)) if constant else fields.table(count, 4)
    fields.end()
    return sizes


def _duration(fields: Exact, samples: int) -> int:
    """Return how long all samples are shown, from (how many, how long) pairs (8.6.1.2); each is shown for a while."""
    pairs = fields.table(2 * fields.number(4), 4)
    fields.end()
    if sum(pairs[::2]) != samples or 0 in pairs:
        fields.refuse("does not agree with the number of samples")
    return sum(many * long for many, long in zip(pairs[::2], pairs[1::2], strict=True))


def _keys(fields: Exact, samples: int) -> None:
    numbers = fields.table(fields.number(4), 4)
    fields.end()
    if not numbers or numbers[0] != 1 or numbers[-1] > samples or any(a >= b for a, b in pairwise(numbers)):
        fields.refuse("does not begin with the first sample, or is out of order")


def _chunks(file: BinaryIO, boxes: Mapping[bytes, Box], samples: int) -> tuple[tuple[int, int], ...]:
    """Return (offset, number of samples) of each chunk (8.7.4, 8.7.5)."""
    if (b"stco" in boxes) == (b"co64" in boxes):
        raise NotProven(["a track has no table of chunks, or two"])
    wide = b"co64" in boxes
    fields = _open(file, boxes[b"co64" if wide else b"stco"])
    offsets = fields.table(fields.number(4), 8 if wide else 4)
    fields.end()
    runs = _open(file, boxes[b"stsc"])
    table = runs.table(3 * runs.number(4), 4)
    runs.end()
    firsts = [*table[::3], len(offsets) + 1]
    if not table or firsts[0] != 1 or any(a >= b for a, b in pairwise(firsts)) or set(table[2::3]) != {1}:
        runs.refuse("does not agree with the number of chunks")
    counts = [many for (a, b), many in zip(pairwise(firsts), table[1::3], strict=True) for _ in range(b - a)]
    if sum(counts) != samples or 0 in counts:
        runs.refuse("does not agree with the number of samples")
    return tuple(zip(offsets, counts, strict=True))
