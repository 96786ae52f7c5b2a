"""Walks the boxes of the ISO base media file format (ISO/IEC 14496-12, 4.2): MP4, HEIF, CR3, JPEG XL and JPEG 2000.

This module walks the box headers, and reads the boxes that several formats share. The reader of each format does the rest.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from dam_tagging.metadata.containers.blocks import MAX_PARTS, Blocks, Text, Unreadable, length, take
from dam_tagging.metadata.fields.texts import runs

XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
UUID_SIZE = 16
_TAG = re.compile(rb"<[^<>]{0,10000}>")
TIFF_STARTS = (b"II*\0", b"MM\0*")


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its type, and the start and end of its content."""

    kind: bytes
    start: int
    end: int

    @property
    def size(self) -> int:
        """Length of the content in bytes."""
        return self.end - self.start


class Boxes:
    """Walks the boxes of one file. Their number is limited over all levels.

    `what` names the file in errors. A top box with a type in `pictures` may be cut off, since its picture is not read;
    `cut` is then set.
    """

    def __init__(self, file: BinaryIO, what: str, pictures: frozenset[bytes] = frozenset()) -> None:
        """Measure the file."""
        self.whole = Box(b"", 0, length(file))
        self.cut = False
        self._file = file
        self._what = what
        self._pictures = pictures
        self._left = MAX_PARTS

    def inside(self, parent: Box, skip: int = 0) -> Iterator[Box]:
        """Yield the boxes inside a box, from its byte `skip` on; raise `Unreadable` if one ends outside."""
        at = parent.start + skip
        while at + 8 <= parent.end:
            self._left -= 1
            if self._left < 0:
                raise Unreadable(f"the {self._what} has more than {MAX_PARTS} boxes")
            self._file.seek(at)
            size, kind = struct.unpack(">I4s", take(self._file, 8, self._what))
            head = 8
            if size == 1:
                (size,) = struct.unpack(">Q", take(self._file, 8, self._what))
                head = 16
            elif size == 0:
                # In `udta` a zero ends the list. Elsewhere a box of size zero reaches to the end.
                if parent.kind == b"udta":
                    return
                size = parent.end - at
            outside = at + size > parent.end
            if outside and size >= head and parent == self.whole and kind in self._pictures:
                self.cut = True
                yield Box(kind, at + head, parent.end)
                return
            if outside or size < head:
                raise Unreadable(f"a box of the {self._what} lies outside the file: it is cut off or damaged")
            yield Box(kind, at + head, at + size)
            at += size

    def content(self, box: Box, skip: int = 0, most: int | None = None) -> bytes:
        """Return at most `most` bytes of the content of a box, from its byte `skip` on."""
        count = max(box.size - skip, 0)
        self._file.seek(box.start + skip)
        return take(self._file, count if most is None else min(count, most), f"box of the {self._what}")

    def uuid(self, box: Box) -> bytes:
        """Return the identifier of a `uuid` box, which says what it holds."""
        return self.content(box, most=UUID_SIZE)


class Fields:
    """Reads the numbers of a box's content one after the other. They are big-endian."""

    def __init__(self, data: bytes, what: str) -> None:
        """Start at the content's first byte; `what` names the file in errors."""
        self._data = data
        self._at = 0
        self._what = what

    def number(self, width: int) -> int:
        """Return the next `width` bytes as a number; raise `Unreadable` if there are fewer."""
        return int.from_bytes(self.take(width), "big")

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes; raise `Unreadable` if there are fewer."""
        part = self._data[self._at : self._at + count]
        if len(part) != count:
            raise Unreadable(f"the {self._what} is cut off or damaged")
        self._at += count
        return part

    def skip(self, count: int) -> None:
        """Skip these bytes. The next read notices missing ones."""
        self._at += count

    def text(self) -> bytes:
        """Return the next string. A zero or the end of the box ends it."""
        end = self._data.find(b"\0", self._at)
        end = len(self._data) if end < 0 else end
        part = self._data[self._at : end]
        self._at = end + 1
        return part


def add_exif(data: bytes, blocks: Blocks) -> None:
    """Add an Exif item: the offset of its TIFF header, then the block (ISO/IEC 23008-12, A.2.1; 18181-2, 9.4).

    Writers leave out the offset, or count it wrongly. So the header is looked for at all the places where they put it.
    """
    if len(data) <= 8:
        return
    offset = int.from_bytes(data[:4], "big")
    places = [at for at in (4 + offset, 4, 10, 0, 6) if data[at : at + 4] in TIFF_STARTS]
    blocks.exif.append(BytesIO(data[places[0] if places else 4 :]))


def add_xml(data: bytes, blocks: Blocks) -> None:
    """Add an XML box: an XMP packet in any encoding, or the texts of any other XML."""
    if b"RDF" in data.replace(b"\0", b""):
        blocks.xmp.append(data)
    else:
        blocks.texts += [Text("text", text, "XML box") for text in runs(_TAG.sub(b"\0\0", data))]
