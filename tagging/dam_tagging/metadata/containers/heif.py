"""Reads HEIF, also HEIC and AVIF (ISO/IEC 23008-12): its Exif and XMP items and the texts that people wrote.

It reads size, turn (`irot`) and mirror (`imir`) of the primary picture. EXIF's orientation only repeats turn and mirror,
so it does not turn the picture again. `quicktime` reads the movie of a sequence. Pixels are never read.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from dam_tagging.metadata.containers import quicktime
from dam_tagging.metadata.containers.blocks import (
    MAX_BLOCK,
    MAX_PACKETS,
    MAX_PARTS,
    Blocks,
    Damaged,
    Text,
    TextKind,
    Unreadable,
    take,
)
from dam_tagging.metadata.containers.bmff import UUID_SIZE, XMP_UUID, Box, Boxes, Fields, add_exif
from dam_tagging.metadata.fields.texts import decoded

WHAT = "HEIF file"
XMP_TYPE = b"application/rdf+xml"
FULL_BOX = 4
"""Bytes of version and flags, with which most boxes here begin."""

WRITTEN: dict[bytes, tuple[TextKind | None, ...]] = {
    b"udes": (None, "caption", "caption", "keyword"),
    b"altt": ("caption", None),
}
"""Properties written by people, and the kind of each string in them; None: a language (23008-12, 6.5.20, 6.5.21)."""

MAX_EXTENTS = 1_000
"""Most pieces of one metadata item. Real items have one."""

MAX_TABLES = 4
"""Most `ipma` boxes: one for each kind of item number and index."""

ROTATION = {0: (1, 0, 0, 1), 1: (0, 1, -1, 0), 2: (-1, 0, 0, -1), 3: (0, -1, 1, 0)}
"""`irot`: quarter turns against the clock, as the matrix from a stored point (x right, y down) to the shown point."""

MIRROR = {0: (1, 0, 0, -1), 1: (-1, 0, 0, 1)}
"""`imir`: 0 exchanges top and bottom, 1 left and right."""

ORIENTATIONS = {
    (1, 0, 0, 1): 1,
    (-1, 0, 0, 1): 2,
    (-1, 0, 0, -1): 3,
    (1, 0, 0, -1): 4,
    (0, 1, 1, 0): 5,
    (0, -1, 1, 0): 6,
    (0, -1, -1, 0): 7,
    (0, 1, -1, 0): 8,
}
"""The EXIF orientation of each matrix."""


@dataclass(frozen=True, slots=True)
class _Item:
    """A metadata item: its type or media type, and its encoding. `locked`: it is encrypted."""

    kind: bytes
    encoding: bytes
    locked: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """The place of an item's bytes: offset and length of each piece, in the file (method 0) or in `idat` (1)."""

    method: int
    elsewhere: bool
    pieces: tuple[tuple[int, int], ...] | None


def read(file: BinaryIO) -> Blocks:
    """Return the blocks of a HEIF file; raise `Unreadable` if its boxes are broken or it has no list of items."""
    boxes = Boxes(file, WHAT, frozenset({b"mdat"}))
    top = list(boxes.inside(boxes.whole))
    kinds = {box.kind for box in top}
    if kinds.isdisjoint({b"meta", b"moov"}):
        raise Unreadable("the HEIF file has no list of items (meta): it is cut off or damaged")
    blocks = quicktime.read(file) if b"moov" in kinds else Blocks()
    for box in top:
        if box.kind == b"meta":
            _Items(file, boxes, box, blocks).read()
        elif box.kind == b"mpvd":
            blocks.embedded.append((box.start, box.end))
        elif box.kind == b"uuid" and b"moov" not in kinds and boxes.uuid(box) == XMP_UUID:
            blocks.xmp.append(blocks.hold(boxes.content(box, UUID_SIZE)))
    if boxes.cut:
        blocks.damages.append("the HEIF file is cut off inside its picture")
    return blocks


class _Items:
    """Reads one `meta` box and the items that it lists."""

    def __init__(self, file: BinaryIO, boxes: Boxes, meta: Box, blocks: Blocks) -> None:
        self._file = file
        self._boxes = boxes
        self._blocks = blocks
        self._parts: dict[bytes, Box] = {}
        for box in boxes.inside(meta, FULL_BOX):
            self._parts.setdefault(box.kind, box)

    def read(self) -> None:
        """Add the items' blocks, and the primary picture's size and orientation."""
        items = dict(self._infos())
        places = self._places(frozenset(items))
        for number, item in items.items():
            try:
                self._add(item, places.get(number))
            except Damaged as error:
                self._blocks.damages.append(str(error))
        self._descriptions()
        self._properties()

    def _descriptions(self) -> None:
        """Add the texts that people wrote about a picture: name, description and tags (`udes`), alternative text (`altt`)."""
        holder = self._parts.get(b"iprp")
        tables = [box for box in self._boxes.inside(holder) if box.kind == b"ipco"] if holder else []
        for box in (box for table in tables[:1] for box in self._boxes.inside(table)):
            if box.kind in WRITTEN:
                fields = Fields(self._blocks.hold(self._boxes.content(box, FULL_BOX)), WHAT)
                for part in WRITTEN[box.kind]:
                    text = decoded(fields.text())
                    if part is not None:
                        self._blocks.texts.append(Text(part, text, f"HEIF {box.kind.decode()}", separator=","))

    def _fields(self, kind: bytes) -> Fields | None:
        box = self._parts.get(kind)
        return Fields(self._blocks.hold(self._boxes.content(box)), WHAT) if box else None

    def _infos(self) -> Iterator[tuple[int, _Item]]:
        """Yield the numbers and descriptions of metadata items, up to one more than is read, so that the caller sees it."""
        listed = self._parts.get(b"iinf")
        if listed is None:
            return
        version = self._boxes.content(listed, most=1)
        left = 2 * (MAX_PACKETS + 1)
        for box in self._boxes.inside(listed, FULL_BOX + (2 if version == b"\0" else 4)):
            if box.kind != b"infe":
                continue
            number, item = _info(Fields(self._boxes.content(box), WHAT))
            if item.kind in (b"Exif", XMP_TYPE) and left > 0:
                left -= 1
                yield number, item

    def _places(self, wanted: frozenset[int]) -> dict[int, _Place]:
        """Return the places of the wanted items (`iloc`). The first entry of an item counts."""
        fields, places = self._fields(b"iloc"), dict[int, _Place]()
        if fields is None or not wanted:
            return places
        version = fields.number(4) >> 24
        sizes = fields.number(2)
        offset, span, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
        index = index if version in (1, 2) else 0
        count = fields.number(4 if version == 2 else 2)
        if count > MAX_PARTS:
            raise Unreadable(f"the HEIF file has more than {MAX_PARTS} items")
        for _ in range(count):
            number = fields.number(4 if version == 2 else 2)
            method = fields.number(2) & 15 if version in (1, 2) else 0
            elsewhere = fields.number(2) != 0
            start, pieces = fields.number(base), fields.number(2)
            if number not in wanted or number in places or pieces > MAX_EXTENTS:
                fields.skip(pieces * (index + offset + span))
                if number in wanted:
                    places.setdefault(number, _Place(method, elsewhere, None))
                continue
            found = []
            for _ in range(pieces):
                fields.skip(index)
                found.append((start + fields.number(offset), fields.number(span)))
            places[number] = _Place(method, elsewhere, tuple(found))
        return places

    def _add(self, item: _Item, place: _Place | None) -> None:
        data = self._data(item, place)
        if item.kind == b"Exif":
            add_exif(data, self._blocks)
        elif data.strip(b"\0 \t\r\n"):
            self._blocks.xmp.append(self._blocks.hold(_decoded(data, item.encoding)))

    def _data(self, item: _Item, place: _Place | None) -> bytes:
        if place is None:
            raise Damaged("a metadata item of the HEIF file is nowhere in it")
        if item.locked or place.elsewhere or place.method > 1 or place.pieces is None:
            raise Damaged("a metadata item of the HEIF file is encrypted or stored in a way that is not read")
        source = self._parts.get(b"idat") if place.method else self._boxes.whole
        if source is None:
            raise Damaged("a metadata item of the HEIF file is nowhere in it")
        data, total = [], 0
        for offset, span in place.pieces:
            # A length of zero means all bytes up to the end.
            size = span or max(source.size - offset, 0)
            total += size
            if offset + size > source.size or total > MAX_BLOCK:
                raise Damaged("a metadata item of the HEIF file lies outside it, or is larger than is read")
            self._file.seek(source.start + offset)
            data.append(self._blocks.hold(take(self._file, size, "metadata item")))
        return b"".join(data)

    def _properties(self) -> None:
        """Take size and orientation from the properties of the primary picture, in the order of the list."""
        primary, holder = self._fields(b"pitm"), self._parts.get(b"iprp")
        if primary is None or holder is None:
            return
        version = primary.number(4) >> 24
        number = primary.number(2 if version == 0 else 4)
        listed: list[Box] = []
        indices: list[int] = []
        tables = MAX_TABLES
        for box in self._boxes.inside(holder):
            if box.kind == b"ipco" and not listed:
                listed = list(self._boxes.inside(box))
            elif box.kind == b"ipma" and not indices:
                tables -= 1
                if tables < 0:
                    raise Unreadable("the HEIF file lists its properties too often")
                indices = _associated(Fields(self._blocks.hold(self._boxes.content(box)), WHAT), number)
        matrix = ROTATION[0]
        for box in (listed[index - 1] for index in indices if 0 < index <= len(listed)):
            if box.kind == b"ispe":
                size = Fields(self._boxes.content(box, FULL_BOX, 8), WHAT)
                width, height = size.number(4), size.number(4)
                self._blocks.size = (width, height) if width and height else None
            elif box.kind in (b"irot", b"imir"):
                value = Fields(self._boxes.content(box, most=1), WHAT).number(1)
                matrix = _then(ROTATION[value & 3] if box.kind == b"irot" else MIRROR[value & 1], matrix)
        self._blocks.orientation = ORIENTATIONS[matrix]


def _info(fields: Fields) -> tuple[int, _Item]:
    """Read one `infe`: versions 0 and 1 know only media types, 2 and 3 have a type of four letters."""
    version = fields.number(4) >> 24
    number = fields.number(4 if version == 3 else 2)
    locked = fields.number(2) != 0
    kind = fields.take(4) if version >= 2 else b"mime"
    fields.text()
    encoding = b""
    if kind == b"mime":
        kind, encoding = fields.text().split(b";")[0].strip().lower(), fields.text()
    return number, _Item(kind, encoding, locked)


def _associated(fields: Fields, number: int) -> list[int]:
    """Return the properties that `ipma` lists for an item, counted from one."""
    head = fields.number(4)
    wide, long = head >> 24 >= 1, head & 1
    count = fields.number(4)
    if count > MAX_PARTS:
        raise Unreadable(f"the HEIF file has more than {MAX_PARTS} items")
    for _ in range(count):
        item, associations = fields.number(4 if wide else 2), fields.number(1)
        if item == number:
            return [fields.number(2) & 0x7FFF if long else fields.number(1) & 0x7F for _ in range(associations)]
        fields.skip(associations * (2 if long else 1))
    return []


def _decoded(data: bytes, encoding: bytes) -> bytes:
    """Undo a `content_encoding`: gzip and deflate, up to a block's limit."""
    if not encoding:
        return data
    if encoding.lower() not in (b"gzip", b"deflate"):
        raise Damaged("a metadata item of the HEIF file is compressed in a way that is not read")
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        text = inflater.decompress(data, MAX_BLOCK)
    except zlib.error as error:
        raise Damaged("a metadata item of the HEIF file is damaged") from error
    if not inflater.eof:
        raise Damaged("a metadata item of the HEIF file is cut off or too large")
    return text


def _then(after: tuple[int, int, int, int], before: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Return the matrix that applies `before` and then `after`."""
    a, b, c, d = after
    e, f, g, h = before
    return a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h
