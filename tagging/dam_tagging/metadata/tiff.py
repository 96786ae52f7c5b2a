"""TIFF structure (TIFF 6.0): walks the directories of a TIFF file or an EXIF block, bounded, before a library reads it.

Finds where the embedded XMP (700), IPTC (33723) and Photoshop (34377) blocks lie. EXIF's values are read in `exif`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from dam_tagging.metadata.blocks import MAX_BLOCK, Blocks, Damaged, Unreadable, length

TYPE_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
WIDTH, HEIGHT, SUB_IFDS, XMP, IPTC, PHOTOSHOP, EXIF_IFD = 256, 257, 330, 700, 33723, 34377, 34665
POINTERS = frozenset({EXIF_IFD, 34853, 40965})
MAX_DIRECTORIES = 1_000
MAX_ENTRIES = 20_000
MAX_DECLARED = 4 * MAX_BLOCK


@dataclass(frozen=True, slots=True)
class Entry:
    """One field: its tag, how many values of how many bytes, and where they lie."""

    tag: int
    count: int
    unit: int
    offset: int

    @property
    def size(self) -> int:
        """Length of the values in bytes."""
        return self.count * self.unit


@dataclass(frozen=True, slots=True)
class Directories:
    """Every directory in order; `order` is struct's sign for the byte order; `odd` says that a field was left out."""

    order: str
    entries: tuple[tuple[Entry, ...], ...]
    odd: bool


def read(file: BinaryIO) -> Blocks:
    """Return a TIFF file as one block for `exif`; raise `Unreadable` when its directories cannot be walked."""
    try:
        directories = walk(file)
        if directories.odd:
            raise Unreadable("a field of the TIFF lies outside the file: it is cut off or damaged")
        return Blocks(size=_size(file, directories), exif=[file])
    except Damaged as error:
        raise Unreadable(str(error)) from error


def walk(file: BinaryIO) -> Directories:
    """Return every directory; raise `Damaged` on loops, on pointers out of the file and on more than is ever real."""
    end = length(file)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(file.read(4))
    if order is None:
        raise Damaged("the TIFF structure has no header that is understood")
    todo, seen, found, odd, total, declared = [_number(file, order)], set[int](), [], False, 0, 0
    while todo:
        offset = todo.pop(0)
        if offset in seen or len(seen) >= MAX_DIRECTORIES:
            raise Damaged("the TIFF directories run in a circle or are too many")
        seen.add(offset)
        entries, bad, following = _directory(file, order, offset, end)
        total += len(entries)
        declared += sum(entry.size for entry in entries)
        if total > MAX_ENTRIES or declared > MAX_DECLARED:
            raise Damaged("the TIFF directories hold more than is ever real")
        odd = odd or bad
        found.append(entries)
        if following:
            todo.append(following)
        todo += _pointers(file, order, entries)
    return Directories(order, tuple(found), odd)


def add_embedded(file: BinaryIO, directories: Directories, blocks: Blocks) -> None:
    """Add the XMP, IPTC and Photoshop blocks of every directory."""
    shelves = {XMP: blocks.xmp, IPTC: blocks.iim, PHOTOSHOP: blocks.photoshop}
    for entries in directories.entries:
        for entry in entries:
            shelf = shelves.get(entry.tag)
            if shelf is None:
                continue
            if entry.size > MAX_BLOCK:
                raise Damaged("a metadata block of the TIFF is larger than is read")
            file.seek(entry.offset)
            shelf.append(blocks.hold(file.read(entry.size)))


def _number(file: BinaryIO, order: str, form: str = "I") -> int:
    data = file.read(struct.calcsize(form))
    if len(data) != struct.calcsize(form):
        raise Damaged("the TIFF structure ends too early")
    return int(struct.unpack(order + form, data)[0])


def _directory(file: BinaryIO, order: str, offset: int, end: int) -> tuple[tuple[Entry, ...], bool, int]:
    if not 8 <= offset < end:
        raise Damaged("a TIFF directory lies outside the file")
    file.seek(offset)
    count = _number(file, order, "H")
    raw = file.read(12 * count)
    if len(raw) != 12 * count:
        raise Damaged("a TIFF directory is cut off")
    following = file.read(4)
    entries, bad = [], False
    for place, (tag, kind, number, value) in enumerate(struct.iter_unpack(order + "HHII", raw)):
        unit = TYPE_SIZES.get(kind, 0)
        where = value if unit * number > 4 else offset + 2 + 12 * place + 8
        if unit == 0 or where + unit * number > end:
            bad = True
            continue
        entries.append(Entry(tag, number, unit, where))
    return tuple(entries), bad, int.from_bytes(following, "little" if order == "<" else "big")


def _pointers(file: BinaryIO, order: str, entries: tuple[Entry, ...]) -> list[int]:
    found = []
    for entry in entries:
        if entry.tag in POINTERS and (entry.count != 1 or entry.unit != 4):
            raise Damaged("a TIFF directory points to several places at once")
        if entry.tag in (EXIF_IFD, SUB_IFDS) and entry.unit == 4:
            if entry.count > MAX_DIRECTORIES:
                raise Damaged("the TIFF directories are too many")
            file.seek(entry.offset)
            found += [_number(file, order) for _ in range(entry.count)]
    return [offset for offset in found if offset]


def _size(file: BinaryIO, directories: Directories) -> tuple[int, int] | None:
    numbers = {}
    for entry in directories.entries[0]:
        if entry.tag in (WIDTH, HEIGHT) and entry.unit in (2, 4):
            file.seek(entry.offset)
            numbers[entry.tag] = _number(file, directories.order, "H" if entry.unit == 2 else "I")
    width, height = numbers.get(WIDTH, 0), numbers.get(HEIGHT, 0)
    return (width, height) if width and height else None
