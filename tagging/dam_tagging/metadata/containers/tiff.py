"""Walks the directories of TIFF (TIFF 6.0, BigTIFF, and the RAW files built on them), with limits.

It finds the places of embedded XMP (700), IPTC (33723) and Photoshop (34377) blocks. `exif` reads EXIF's values,
`tiff_file` reads whole files.
"""

from __future__ import annotations

import struct
from collections import deque
from dataclasses import dataclass, field
from typing import BinaryIO, Literal

from dam_tagging.metadata.containers.blocks import MAX_BLOCK, Blocks, Damaged, length

TYPE_SIZES = {
    kind: size
    for size, kinds in {1: (1, 2, 6, 7, 129), 2: (3, 8), 4: (4, 9, 11, 13), 8: (5, 10, 12, 16, 17, 18)}.items()
    for kind in kinds
}
SUBFILE, WIDTH, HEIGHT, SUB_IFDS, XMP, IPTC, PHOTOSHOP, EXIF_IFD = 254, 256, 257, 330, 700, 33723, 34377, 34665
EXIF_WIDTH, EXIF_HEIGHT = 40962, 40963
POINTERS = frozenset({EXIF_IFD, 34853, 40965})
MAX_DIRECTORIES = 1_000
MAX_ENTRIES = 20_000
MAX_DECLARED = 4 * MAX_BLOCK

Role = Literal["main", "sub", "exif"]


@dataclass(frozen=True, slots=True)
class _Form:
    """The form of numbers: struct's sign for the byte order, and struct's letters for offsets, counts and entries."""

    order: str
    offset: str = "I"
    count: str = "H"
    entry: str = "HHI4s"


FORMS = {
    b"II*\0": _Form("<"),
    b"MM\0*": _Form(">"),
    b"II+\0": _Form("<", "Q", "Q", "HHQ8s"),
    b"MM\0+": _Form(">", "Q", "Q", "HHQ8s"),
    # Olympus and Panasonic mark their RAW files differently. The rest is TIFF.
    b"IIRO": _Form("<"),
    b"IIRS": _Form("<"),
    b"MMOR": _Form(">"),
    b"IIU\0": _Form("<"),
}
CANON_RAW = b"CR\2"


@dataclass(frozen=True, slots=True)
class Entry:
    """One field: its tag and type, the number and size of its values, and their place."""

    tag: int
    kind: int
    count: int
    unit: int
    offset: int

    @property
    def size(self) -> int:
        """Length of the values in bytes."""
        return self.count * self.unit


@dataclass(frozen=True, slots=True)
class Directory:
    """One directory: its kind (a page, below a page, or the first page's EXIF), its fields, and the tags it lost."""

    role: Role
    entries: tuple[Entry, ...]
    lost: frozenset[int]
    following: int

    def find(self, tag: int) -> Entry | None:
        """Return the field of this tag, or None."""
        return next((entry for entry in self.entries if entry.tag == tag), None)


@dataclass(slots=True)
class Directories:
    """Every directory in order; `order` is struct's sign for the byte order.

    `broken` is the fault of a directory behind the first: that directory and those it leads to are missing.
    """

    order: str
    all: list[Directory] = field(default_factory=list)
    broken: str | None = None

    @property
    def odd(self) -> bool:
        """Whether a field was left out because it lies outside or has no known type."""
        return any(directory.lost for directory in self.all)


def walk(file: BinaryIO) -> Directories:
    """Return every directory of a block that is later read as a whole by libraries.

    Raises `Damaged` for loops, for pointers out of the file, and for more directories than any real file has.
    """
    directories = walk_file(file)
    if directories.broken:
        raise Damaged(directories.broken)
    if sum(entry.size for directory in directories.all for entry in directory.entries) > MAX_DECLARED:
        raise Damaged("the TIFF directories hold more than is ever real")
    return directories


def walk_file(file: BinaryIO) -> Directories:
    """Return every directory of a file; raise `Damaged` for loops, for too many directories, and without a first one."""
    end = length(file)
    form = FORMS.get(file.read(4))
    if form is None:
        raise Damaged("the TIFF structure has no header that is understood")
    if form.offset == "Q":
        # BigTIFF states the width of its offsets, which is always the same.
        file.seek(8)
    found, seen, total = Directories(form.order), set[int](), 0
    todo: deque[tuple[int, Role]] = deque([(_number(file, form, form.offset), "main")])
    while todo:
        offset, role = todo.popleft()
        if offset in seen or len(seen) + len(todo) >= MAX_DIRECTORIES:
            raise Damaged("the TIFF directories run in a circle or are too many")
        seen.add(offset)
        try:
            directory = _directory(file, form, offset, end, role)
            below = _pointers(file, form, directory)
        except Damaged as error:
            if not found.all:
                raise
            found.broken = str(error)
            continue
        total += len(directory.entries)
        if total > MAX_ENTRIES:
            raise Damaged("the TIFF directories hold more than is ever real")
        if directory.following:
            todo.append((directory.following, role))
        todo += [(at, "exif" if tag == EXIF_IFD and not found.all else "sub") for tag, at in below]
        found.all.append(directory)
    return found


def picture_size(file: BinaryIO) -> tuple[int, int] | None:
    """Return (width, height) in pixels as stored, or None; raise `Damaged` if the directories cannot be walked."""
    return size(file, walk_file(file))


def size(file: BinaryIO, directories: Directories) -> tuple[int, int] | None:
    """Return (width, height) as stored, of the picture in full resolution, or None.

    RAW files and DNG have a small picture in the first directory.
    """
    file.seek(8)
    canon = file.read(3) == CANON_RAW
    full = [one for one in directories.all if value(file, directories, one.find(SUBFILE)) == 0]
    exif = [one for one in directories.all if one.role == "exif"]
    for directory in (*(exif if canon else ()), *full, *directories.all[:1]):
        tags = (EXIF_WIDTH, EXIF_HEIGHT) if directory.role == "exif" else (WIDTH, HEIGHT)
        width, height = (value(file, directories, directory.find(tag)) for tag in tags)
        if width and height:
            return width, height
    return None


def value(file: BinaryIO, directories: Directories, entry: Entry | None) -> int | None:
    """Return the first value of a field of whole numbers, or None."""
    if entry is None or entry.count == 0 or entry.kind not in (3, 4, 16):
        return None
    file.seek(entry.offset)
    return int.from_bytes(file.read(entry.unit), "little" if directories.order == "<" else "big")


def values(file: BinaryIO, entry: Entry) -> bytes:
    """Return the bytes of a field's values; raise `Damaged` if the file ends inside them."""
    file.seek(entry.offset)
    data = file.read(entry.size)
    if len(data) != entry.size:
        raise Damaged("a field of the TIFF lies outside the file: it is cut off or damaged")
    return data


def add_embedded(file: BinaryIO, directories: Directories, blocks: Blocks) -> None:
    """Add the XMP, IPTC and Photoshop blocks of every directory."""
    shelves = {XMP: blocks.xmp, IPTC: blocks.iim, PHOTOSHOP: blocks.photoshop}
    for entry in (entry for directory in directories.all for entry in directory.entries):
        shelf = shelves.get(entry.tag)
        if shelf is None:
            continue
        if entry.size > MAX_BLOCK:
            raise Damaged("a metadata block of the TIFF is larger than is read")
        shelf.append(blocks.hold(values(file, entry)))


def _number(file: BinaryIO, form: _Form, letter: str) -> int:
    data = file.read(struct.calcsize(form.order + letter))
    if len(data) != struct.calcsize(form.order + letter):
        raise Damaged("the TIFF structure ends too early")
    return int(struct.unpack(form.order + letter, data)[0])


def _directory(file: BinaryIO, form: _Form, offset: int, end: int, role: Role) -> Directory:
    if not 8 <= offset < end:
        raise Damaged("a TIFF directory lies outside the file")
    file.seek(offset)
    head, width = struct.calcsize(form.order + form.count), struct.calcsize(form.order + form.entry)
    inline = struct.calcsize(form.order + form.offset)
    count = _number(file, form, form.count)
    if count > MAX_ENTRIES:
        raise Damaged("the TIFF directories hold more than is ever real")
    raw = file.read(width * count)
    if len(raw) != width * count:
        raise Damaged("a TIFF directory is cut off")
    following = file.read(inline)
    entries, lost = [], set[int]()
    for place, (tag, kind, number, value) in enumerate(struct.iter_unpack(form.order + form.entry, raw)):
        unit = TYPE_SIZES.get(kind, 0)
        where = offset + head + width * (place + 1) - inline
        if unit * number > inline:
            where = struct.unpack(form.order + form.offset, value)[0]
        if unit == 0 or where + unit * number > end:
            lost.add(tag)
            continue
        entries.append(Entry(tag, kind, number, unit, where))
    big_endian = form.order == ">"
    return Directory(
        role, tuple(entries), frozenset(lost), int.from_bytes(following, "big" if big_endian else "little")
    )


def _pointers(file: BinaryIO, form: _Form, directory: Directory) -> list[tuple[int, int]]:
    """Return tag and target of each pointer to a directory that is walked."""
    found: list[tuple[int, int]] = []
    for entry in directory.entries:
        if entry.tag in POINTERS and (entry.count != 1 or entry.unit not in (4, 8)):
            raise Damaged("a TIFF directory points to several places at once")
        if entry.tag in (EXIF_IFD, SUB_IFDS) and entry.unit in (4, 8):
            if len(found) + entry.count > MAX_DIRECTORIES:
                raise Damaged("the TIFF directories are too many")
            file.seek(entry.offset)
            letter = "I" if entry.unit == 4 else "Q"
            found += [(entry.tag, _number(file, form, letter)) for _ in range(entry.count)]
    return [(tag, offset) for tag, offset in found if offset]
