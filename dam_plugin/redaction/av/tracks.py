"""What the headers of a recording say that a decoder does not pass on, though a player goes by it.

Field layouts: ISO/IEC 14496-12 (tkhd 8.3.2, elst 8.6.6, stsd 8.5.2, clap 12.1.4). Runs in the working process alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from dam_tagging.metadata.containers.blocks import Unreadable
from dam_tagging.metadata.containers.bmff import Box, Boxes, Fields

MOST_EDITS = 1_000
MOST_TRACKS = 64
_AT_ITS_SPEED = 1 << 16
_TABLE = 8
"""Bytes of a full box and a count, in front of the entries of a table."""
_PICTURE_ENTRY = 78
"""Bytes of a picture's entry of `stsd`, in front of its boxes."""
_WHAT = "recording"
MOST_WAV = 0x7FFF0000 - 1
"""Bytes of the samples of a WAV, at most: a larger size is a mark for none (writers differ in it), or more than is copied."""
_MOST_CHUNKS = 1_000


class Odd(Exception):
    """A table is damaged, or of a kind that is not read."""


@dataclass(frozen=True, slots=True)
class Track:
    """One track: its number, the group of tracks of which one is played (0: none), and what a player makes of it.

    `is_paced`: an edit changes its speed. `is_cut`: its clean aperture is not the whole picture.
    """

    number: int
    group: int
    is_paced: bool
    is_cut: bool


def tracks_of(path: Path) -> dict[int, Track]:
    """Return the tracks by their numbers; raises Odd."""
    try:
        with path.open("rb") as file:
            found = list(_tracks(Boxes(file, _WHAT)))
    except Unreadable as error:
        raise Odd from error
    numbered = {each.number: each for each in found}
    if len(numbered) != len(found):
        raise Odd
    return numbered


def is_tagged_flac(path: Path) -> bool:
    """Tell whether a file that an ID3 tag begins is a FLAC: it would be taken for an MP3."""
    with path.open("rb") as file:
        head = file.read(10)
        if head[:3] != b"ID3":
            return False
        # Seven bits of each byte count (ID3v2.4, 6.2).
        file.seek(10 + sum((byte & 0x7F) << 7 * place for place, byte in enumerate(reversed(head[6:10]))))
        return file.read(4) == b"fLaC"


def has_length(path: Path) -> bool:
    """Tell whether a WAV says where its samples end: one that was written into a pipe does not."""
    with path.open("rb") as file:
        at = 12
        for _ in range(_MOST_CHUNKS):
            file.seek(at)
            head = file.read(8)
            size = int.from_bytes(head[4:], "little")
            if head[:4] == b"data":
                return 0 < size <= MOST_WAV
            if len(head) < 8:
                break
            at += 8 + size + size % 2
    return True


def _tracks(boxes: Boxes) -> Iterator[Track]:
    movie = next((each for each in boxes.inside(boxes.whole) if each.kind == b"moov"), None)
    if movie is None:
        raise Odd
    parts = list(boxes.inside(movie))
    # A compressed table of tracks is a table that is not seen here.
    if len(parts) > MOST_TRACKS * 2 or any(each.kind == b"cmov" for each in parts):
        raise Odd
    for part in parts:
        if part.kind == b"trak":
            yield _track(boxes, part)


def _track(boxes: Boxes, track: Box) -> Track:
    head = _fields(boxes, _only(boxes, track, b"tkhd"), 96)
    long = head.number(1) == 1
    head.skip(3 + (16 if long else 8))
    number = head.number(4)
    head.skip(4 + (8 if long else 4) + 8 + 2)
    group = head.number(2)
    return Track(number, group, any(_paces(boxes, track)), _is_cut(boxes, track))


def _paces(boxes: Boxes, track: Box) -> Iterator[bool]:
    """Yield, for each edit, whether it changes the speed."""
    for edits in _all(boxes, track, b"edts", b"elst"):
        table = _fields(boxes, edits, _TABLE + 20 * MOST_EDITS)
        width = 8 if table.number(1) == 1 else 4
        table.skip(3)
        count = table.number(4)
        if count > MOST_EDITS:
            raise Odd
        for _ in range(count):
            table.skip(2 * width)
            yield table.number(4) != _AT_ITS_SPEED


def _is_cut(boxes: Boxes, track: Box) -> bool:
    path = (b"mdia", b"minf", b"stbl", b"stsd")
    if not any(_all(boxes, track, b"mdia", b"minf", b"vmhd")):
        return False
    entries = [entry for table in _all(boxes, track, *path) for entry in boxes.inside(table, _TABLE)]
    return any(_cuts(boxes, entry) for entry in entries)


def _cuts(boxes: Boxes, entry: Box) -> bool:
    size = _fields(boxes, entry, 28)
    size.skip(24)
    whole = Fraction(size.number(2)), Fraction(size.number(2))
    for each in boxes.inside(entry, _PICTURE_ENTRY):
        if each.kind == b"clap":
            fields = _fields(boxes, each, 32)
            width, height, across, down = (_ratio(fields) for _ in range(4))
            if (width, height) != whole or across or down:
                return True
    return False


def _ratio(fields: Fields) -> Fraction:
    top, bottom = fields.number(4), fields.number(4)
    if not bottom:
        raise Odd
    return Fraction(top, bottom)


def _fields(boxes: Boxes, box: Box, most: int) -> Fields:
    return Fields(boxes.content(box, most=most), _WHAT)


def _only(boxes: Boxes, parent: Box, kind: bytes) -> Box:
    found = [each for each in boxes.inside(parent) if each.kind == kind]
    if len(found) != 1:
        raise Odd
    return found[0]


def _all(boxes: Boxes, parent: Box, *path: bytes) -> Iterator[Box]:
    """Yield every box of such a path below: of several, decoders differ in which one counts."""
    for each in boxes.inside(parent):
        if each.kind == path[0]:
            yield from _all(boxes, each, *path[1:]) if path[1:] else (each,)
