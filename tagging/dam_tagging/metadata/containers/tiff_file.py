"""Reads whole TIFF files, and RAW files that are TIFF: the blocks inside, the size, and the fields for `exif`.

`exif` gets a small TIFF structure that is made here from the fields of the first directory. So no library reads the
file's own tables, maker notes, pictures, marks or wide offsets.
"""

from __future__ import annotations

import struct
from io import BytesIO
from typing import BinaryIO

from dam_tagging.metadata.containers import tiff
from dam_tagging.metadata.containers.blocks import MAX_BLOCK, Blocks, Damaged, Unreadable

SPEAKING = frozenset(
    {270, 274, 315, tiff.XMP, tiff.IPTC, tiff.PHOTOSHOP, 37510, 40091, 40092, 40093, 40094, 40095, 42032}
)
"""Fields that may be about people. A file that has lost one of them is not whole."""

TABLES = frozenset({273, 279, 324, 325, 513, 514})
BULKS = frozenset({46, 34675, 37500, 37724, 50740})
"""Panasonic's JPEG, colour profile, maker notes, Photoshop's layers, DNG's private data."""

BLOCKS = frozenset({tiff.XMP, tiff.IPTC, tiff.PHOTOSHOP})
UNREAD = tiff.POINTERS | {tiff.SUB_IFDS} | TABLES | BULKS | BLOCKS
"""Fields that `exif` does not get: pointers, blocks that are taken out, tables of the picture, profiles, maker notes."""

MAX_FIELD = 1024 * 1024


def read(file: BinaryIO) -> Blocks:
    """Return the blocks of a TIFF file, with a small TIFF structure for `exif`.

    Raises `Unreadable` if its directories cannot be walked, or if a field that may be about people lies outside the file.
    """
    try:
        directories = tiff.walk_file(file)
        if any(directory.lost & SPEAKING for directory in directories.all):
            raise Unreadable("a field of the TIFF lies outside the file: it is cut off or damaged")
        blocks = Blocks(size=tiff.size(file, directories))
        blocks.exif.append(BytesIO(blocks.hold(_exif_block(file, directories, blocks))))
    except Damaged as error:
        raise Unreadable(str(error)) from error
    try:
        tiff.add_embedded(file, directories, blocks)
    except Damaged as error:
        blocks.damages.append(str(error))
    if directories.broken:
        blocks.damages.append(directories.broken)
    return blocks


def _exif_block(file: BinaryIO, directories: tiff.Directories, blocks: Blocks) -> bytes:
    """Return a new TIFF structure with the fields of the first directory and of its EXIF directory."""
    order = directories.order
    main = _kept(file, directories.all[0], blocks)
    inner = [field for one in directories.all if one.role == "exif" for field in _kept(file, one, blocks)]
    start = 8
    first = _table(order, start, main, pointer=bool(inner))
    second = _table(order, start + len(first), inner) if inner else b""
    magic = b"II*\0" if order == "<" else b"MM\0*"
    return magic + struct.pack(order + "I", start) + first + second


def _kept(file: BinaryIO, directory: tiff.Directory, blocks: Blocks) -> list[tuple[tiff.Entry, bytes]]:
    kept, total = [], 0
    for entry in directory.entries:
        if entry.tag in UNREAD or entry.kind > 13:
            continue
        if entry.size > MAX_FIELD:
            if entry.tag in SPEAKING:
                blocks.damages.append("a text of the TIFF is larger than is read")
            continue
        total += entry.size
        if total > MAX_BLOCK:
            raise Damaged("the TIFF directories hold more than is ever real")
        kept.append((entry, tiff.values(file, entry)))
    return kept


def _table(order: str, start: int, fields: list[tuple[tiff.Entry, bytes]], *, pointer: bool = False) -> bytes:
    """Return the bytes of a directory for the place `start`, with its values behind it; `pointer`: EXIF's directory follows."""
    place = start + 2 + 12 * (len(fields) + pointer) + 4
    table, values = bytearray(), bytearray()
    for entry, value in fields:
        table += struct.pack(order + "HHI", entry.tag, entry.kind, entry.count)
        if len(value) <= 4:
            table += value.ljust(4, b"\0")
        else:
            table += struct.pack(order + "I", place + len(values))
            values += value + b"\0" * (len(value) % 2)
    if pointer:
        table += struct.pack(order + "HHII", tiff.EXIF_IFD, 4, 1, place + len(values))
    return struct.pack(order + "H", len(fields) + pointer) + bytes(table) + b"\0\0\0\0" + bytes(values)
