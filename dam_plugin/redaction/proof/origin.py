"""What a source is by its first bytes, and what its tables say that a decoder does not pass on, though players go by it.

Whatever else is wrong with its tables is for the decoder to say: here nothing is failed for being damaged.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from dam_plugin.errors import NotProven
from dam_plugin.redaction.proof import bmff
from dam_plugin.redaction.proof.bmff import Box

_FREE = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"})
"""Boxes with which an MP4 or a MOV begins."""
_MOST_BOXES = 1 << 20
_MOST_TABLE = 1 << 16
_ITS_SPEED = bytes.fromhex("00010000")
_ENTRY = 78
"""Bytes of a picture's entry in front of its boxes (ISO/IEC 14496-12, 12.1.3)."""


def kind_of(path: Path) -> str | None:
    """Return libavformat's name of the container, of those that are compared; None for any other."""
    with path.open("rb") as file:
        head = file.read(12)
    if head[4:8] in _FREE:
        return "mov"
    if head[:4] == b"RIFF" and head[8:] == b"WAVE":
        return "wav"
    if head[:4] == b"fLaC":
        return "flac"
    # Layer III of MPEG 1 or 2, behind a tag or not (ISO/IEC 11172-3, 2.4.1.3).
    is_frame = head[:1] == b"\xff" and head[1:2] in {b"\xfb", b"\xfa", b"\xf3", b"\xf2"}
    return "mp3" if head[:3] == b"ID3" or is_frame else None


def shown_otherwise(path: Path) -> Iterator[str]:
    """Yield why players may show an MP4 or MOV otherwise than it decodes: at another speed, or a part of the picture."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        for track in _all(file, Box(b"", 0, 0, size), b"moov", b"trak"):
            if any(_is_paced(bmff.body(file, edits, _MOST_TABLE)) for edits in _all(file, track, b"edts", b"elst")):
                yield "the source is shown faster, slower or frozen by an edit: export it again without"
            if any(_is_cut(file, table) for table in _all(file, track, b"mdia", b"minf", b"stbl", b"stsd")):
                yield "players show a part of the source's picture alone (a clean aperture): export it again without"


def _is_paced(edits: bytes) -> bool:
    """Whether an edit list changes the speed (8.6.6): 12 bytes an edit, or 20, of which the last 4 are its rate."""
    width = 20 if edits[:1] == b"\1" else 12
    return any(edits[at + width - 4 : at + width] != _ITS_SPEED for at in range(8, len(edits) - width + 1, width))


def _is_cut(file: BinaryIO, table: Box) -> bool:
    """Whether a description of the picture has a clean aperture (12.1.4) that is not all of it."""
    for entry in _boxes(file, table.body + 8, table.end):
        head = bmff.read(file, entry.body, min(entry.end, entry.body + _ENTRY))
        for each in _boxes(file, entry.body + _ENTRY, entry.end):
            if each.kind == b"clap" and not _is_whole(bmff.body(file, each, 64), head[24:26], head[26:28]):
                return True
    return False


def _is_whole(aperture: bytes, *sides: bytes) -> bool:
    """Whether an aperture, four fractions, is as wide and high as the picture and in its middle."""
    numbers = [int.from_bytes(aperture[at : at + 4]) for at in range(0, 32, 4)]
    is_full = all(
        top == int.from_bytes(side) * bottom
        for top, bottom, side in zip(numbers[0:4:2], numbers[1:4:2], sides, strict=True)
    )
    return is_full and not numbers[4] and not numbers[6]


def _all(file: BinaryIO, parent: Box, *path: bytes) -> Iterator[Box]:
    """Yield every box of such a path below."""
    for each in _boxes(file, parent.body, parent.end):
        if each.kind == path[0]:
            yield from _all(file, each, *path[1:]) if path[1:] else (each,)


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """Yield boxes for as long as they are whole."""
    try:
        yield from bmff.boxes(file, start, max(start, end), _MOST_BOXES)
    except NotProven:
        return
