"""Reads names in the maker notes of cameras that recognise faces: Panasonic and Fujifilm. Other notes are not read.

Neither maker documents its notes. The reader follows exiftool's Panasonic.pm and FujiFilm.pm.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from dam_tagging.metadata.containers import tiff
from dam_tagging.metadata.containers.blocks import Text, TextKind
from dam_tagging.metadata.fields.texts import decoded, runs

MAKER_NOTE = 37500
PANASONIC, FUJIFILM = b"Panasonic\0\0\0", b"FUJIFILM"
PANASONIC_FACES, FUJIFILM_FACES = 0x0061, 0x4282
NAMED: dict[int, tuple[TextKind, str]] = {
    0x0065: ("caption", "Panasonic Title"),
    0x0066: ("person", "Panasonic BabyName"),
    0x0067: ("text", "Panasonic Location"),
    0x0069: ("text", "Panasonic Country"),
    0x006B: ("text", "Panasonic State"),
    0x006D: ("text", "Panasonic City"),
    0x006F: ("text", "Panasonic Landmark"),
}
FACE, FACES_AT, MOST_FACES, NAME_SIZE = 48, 4, 3, 20
"""Panasonic's table of recognised faces: a count, then a name, a place and an age for each face."""

UNSET = ("", "---", "9999:99:99 00:00:00")
MOST_NOTE, MOST_VALUE, MOST_ENTRIES = 1024 * 1024, 64 * 1024, 1_000


def texts(block: BinaryIO, directories: tiff.Directories) -> Iterator[Text]:
    """Yield the people named by the camera, and the owner's texts; nothing if the note is damaged."""
    holders = [one for one in directories.all if one.role == "exif"]
    entry = next((found for one in holders if (found := one.find(MAKER_NOTE)) is not None), None)
    if entry is None or entry.size > MOST_NOTE:
        return
    note = tiff.values(block, entry)
    if note.startswith(PANASONIC):
        # Its places count from the start of the whole block.
        yield from _panasonic(_fields(block, entry.offset + len(PANASONIC), 0, directories.order))
    elif note.startswith(FUJIFILM) and len(note) >= 12:
        (start,) = struct.unpack_from("<I", note, 8)
        for tag, value in _fields(block, entry.offset + start, entry.offset, "<"):
            if tag == FUJIFILM_FACES:
                yield from (Text("person", name, "Fujifilm FaceRecInfo") for name in runs(value))


def _panasonic(fields: Iterator[tuple[int, bytes]]) -> Iterator[Text]:
    for tag, value in fields:
        if tag in NAMED:
            kind, source = NAMED[tag]
            if (text := _text(value)) not in UNSET:
                yield Text(kind, text, source)
        elif tag == PANASONIC_FACES:
            for at in range(FACES_AT, FACES_AT + FACE * MOST_FACES, FACE):
                if (name := _text(value[at : at + NAME_SIZE])) not in UNSET:
                    yield Text("person", name, "Panasonic RecognizedFaceName")


def _text(value: bytes) -> str:
    return decoded(value.partition(b"\0")[0]).strip()


def _fields(block: BinaryIO, start: int, base: int, order: str) -> Iterator[tuple[int, bytes]]:
    """Yield tag and value of the fields that are read, as far as they are in the block."""
    block.seek(start)
    head = block.read(2)
    count = struct.unpack(f"{order}H", head)[0] if len(head) == 2 else 0
    rows = block.read(12 * min(count, MOST_ENTRIES))
    for at in range(0, len(rows) - 11, 12):
        tag, kind, number, inside = struct.unpack_from(f"{order}HHI4s", rows, at)
        size = number * tiff.TYPE_SIZES.get(kind, 0)
        if tag not in NAMED and tag not in (PANASONIC_FACES, FUJIFILM_FACES):
            continue
        if size <= len(inside):
            yield tag, inside[:size]
        elif size <= MOST_VALUE:
            block.seek(base + struct.unpack(f"{order}I", inside)[0])
            yield tag, block.read(size)
