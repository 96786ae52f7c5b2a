"""Whether the coding of a JPEG may stand in a copy as it is: an ordinary baseline picture, with no room for anything else.

Whatever is out of the ordinary is coded anew, which is `wipe`'s. The prover judges for itself, by code of its own, and of the
scan too, which is not looked into here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dam_plugin.redaction.stills.jpeg import Jpeg
from dam_plugin.redaction.stills.segments import DHT, DQT, SOS, Segment

_BASELINE = 0xC0
_COMPONENTS = {b"\1", b"\1\2\3"}
_MOST_SIZES = (11, 10)
"""The most bits of a DC difference and of an AC coefficient in a baseline picture of 8 bits (T.81, table F.1 and F.2)."""
_ZERO_RUNS = frozenset({0x00, 0xF0})


@dataclass(frozen=True, slots=True)
class _Table:
    """A Huffman table: its class (0: DC, 1: AC) and destination in one byte, the codes of each length, the symbols."""

    head: int
    counts: bytes
    symbols: bytes


def is_plain(picture: Jpeg) -> bool:
    """Whether a picture is coded as cameras do it: one baseline scan, each table once and in use, whole coding units."""
    *before, scan = picture.segments
    frames = [segment.body for segment in before if segment.marker not in {DHT, DQT}]
    if scan.marker != SOS or scan.restarts or len(frames) != 1:
        return False
    if not any(segment.marker == _BASELINE for segment in before):
        return False
    return (
        frames[0][6::3] in _COMPONENTS
        and scan.body[1:-3:2] == frames[0][6::3]
        and _quantises(before, frames[0])
        and _codes(before, scan.body)
        and _fills_its_units(picture)
    )


def _quantises(segments: Sequence[Segment], frame: bytes) -> bool:
    bodies = [segment.body for segment in segments if segment.marker == DQT]
    # A table of 16 bits begins otherwise, and ends elsewhere.
    return all(len(body) % 65 == 0 for body in bodies) and sorted(
        head for body in bodies for head in body[::65]
    ) == sorted(set(frame[8::3]))


def _codes(segments: Sequence[Segment], scan: bytes) -> bool:
    tables = [table for segment in segments if segment.marker == DHT for table in _tables(segment.body)]
    selected = scan[2:-3:2]
    wanted = {each >> 4 for each in selected} | {0x10 + (each & 15) for each in selected}
    return sorted(table.head for table in tables) == sorted(wanted) and all(map(_is_legal, tables))


def _tables(body: bytes) -> Iterator[_Table]:
    while body:
        end = 17 + sum(body[1:17])
        yield _Table(body[0], body[1:17], body[17:end])
        body = body[end:]


def _is_legal(table: _Table) -> bool:
    """Whether each symbol can occur in a baseline picture and stands in the table once, and the code leaves one word free."""
    is_ac = table.head >> 4
    least = 1 if is_ac else 0
    legal = all(
        (is_ac and symbol in _ZERO_RUNS) or ((is_ac or symbol < 16) and least <= symbol & 15 <= _MOST_SIZES[is_ac])
        for symbol in table.symbols
    )
    free = (1 << 16) - sum(count << 15 - at for at, count in enumerate(table.counts))
    return legal and len(set(table.symbols)) == len(table.symbols) and free > 0


def _fills_its_units(picture: Jpeg) -> bool:
    """Whether no block lies outside of the picture as a whole: what stands there would not survive another coding."""
    largest = [side // 8 for side in picture.mcu]
    for factors in picture.factors:
        for side, unit, factor, most in zip(picture.size, picture.mcu, factors, largest, strict=True):
            samples = -(-side * factor // most)
            if -(-samples // 8) != -(-side // unit) * factor:
                return False
    return True
