"""QuickTime and MP4 (ISO 14496-12): XMP in `moov/udta/XMP_` or the uuid box, the texts of udta and ilst, size, turn.

Samples are never read: only box headers and the boxes named here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from dam_tagging.metadata.blocks import MAX_PARTS, Blocks, Text, TextKind, Unreadable, length, take

XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
TEXT_KINDS: dict[str, TextKind] = {
    "\xa9nam": "caption",
    "\xa9cmt": "caption",
    "\xa9des": "caption",
    "\xa9inf": "caption",
    "desc": "caption",
    "ldes": "caption",
    "\xa9ART": "owner",
    "\xa9aut": "owner",
    "\xa9key": "keyword",
    "keyw": "keyword",
    "\xa9day": "taken",
    "com.apple.quicktime.title": "caption",
    "com.apple.quicktime.displayname": "caption",
    "com.apple.quicktime.description": "caption",
    "com.apple.quicktime.comment": "caption",
    "com.apple.quicktime.information": "caption",
    "com.apple.quicktime.artist": "owner",
    "com.apple.quicktime.author": "owner",
    "com.apple.quicktime.keywords": "keyword",
    "com.apple.quicktime.creationdate": "taken",
}
TURNS = {(0, 1, -1, 0): 6, (-1, 0, 0, -1): 3, (0, -1, 1, 0): 8}
"""A track's matrix (a, b, c, d), as the EXIF orientation that turns alike."""

PLAIN_BOXES = {
    b"moov": (b"",),
    b"trak": (b"moov",),
    b"udta": (b"moov", b"trak"),
    b"ilst": (b"meta",),
}
"""Boxes that only hold others, and where they may stand: so the nesting has an end."""

DATA = b"data"


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its type, and where its content starts and ends."""

    kind: bytes
    start: int
    end: int


def read(file: BinaryIO) -> Blocks:
    """Return the blocks of a movie; raise `Unreadable` when its boxes do not reach the end or it has no `moov`."""
    return _Movie(file).read()


class _Movie:
    """Walks one file; `_left` bounds the number of boxes over all levels."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = MAX_PARTS
        self._blocks = Blocks()
        self._keys: list[str] = []

    def read(self) -> Blocks:
        whole = Box(b"", 0, length(self._file))
        kinds = set()
        for box in self._boxes(whole):
            kinds.add(box.kind)
            self._visit(box, b"")
        if b"moov" not in kinds:
            raise Unreadable("the movie has no table of contents (moov): it is cut off or damaged")
        return self._blocks

    def _boxes(self, parent: Box) -> Iterator[Box]:
        at = parent.start
        while at + 8 <= parent.end:
            self._left -= 1
            if self._left < 0:
                raise Unreadable(f"the movie has more than {MAX_PARTS} boxes")
            self._file.seek(at)
            size, kind = struct.unpack(">I4s", take(self._file, 8, "movie"))
            head = 8
            if size == 1:
                (size,) = struct.unpack(">Q", take(self._file, 8, "movie"))
                head = 16
            elif size == 0:
                # In `udta` a zero ends the list; elsewhere the box reaches to the end.
                if parent.kind == b"udta":
                    return
                size = parent.end - at
            if size < head or at + size > parent.end:
                raise Unreadable("a box of the movie lies outside the file: it is cut off or damaged")
            yield Box(kind, at + head, at + size)
            at += size

    def _visit(self, box: Box, parent: bytes) -> None:
        if parent in PLAIN_BOXES.get(box.kind, ()):
            for child in self._boxes(box):
                self._visit(child, box.kind)
            return
        match parent, box.kind:
            case ((b"" | b"moov" | b"trak" | b"udta"), b"meta"):
                self._meta(box)
            case b"trak", b"tkhd":
                self._track(self._content(box))
            case b"udta", b"XMP_":
                self._blocks.xmp.append(self._content(box))
            case _, b"uuid":
                self._uuid(box)
            case b"meta", b"keys":
                self._keys = _key_names(self._content(box))
            case b"ilst", _:
                self._item(box)
            case b"udta", _:
                self._user_text(box)

    def _uuid(self, box: Box) -> None:
        size = box.end - box.start
        self._file.seek(box.start)
        if size > 16 and take(self._file, 16, "uuid box") == XMP_UUID:
            self._blocks.xmp.append(self._blocks.hold(take(self._file, size - 16, "XMP block")))

    def _content(self, box: Box) -> bytes:
        self._file.seek(box.start)
        return self._blocks.hold(take(self._file, box.end - box.start, "box of the movie"))

    def _meta(self, box: Box) -> None:
        """Visit a meta box: a full box in MP4 (four bytes first), a plain one in QuickTime."""
        self._file.seek(box.start)
        head = take(self._file, min(8, box.end - box.start), "meta box")
        start = box.start if head[4:8] == b"hdlr" else box.start + 4
        for child in self._boxes(Box(b"meta", min(start, box.end), box.end)):
            self._visit(child, b"meta")

    def _track(self, content: bytes) -> None:
        """Take size and turn of the first track that has a picture."""
        at = 40 if content[:1] == b"\0" else 52
        if self._blocks.size is not None or len(content) < at + 44:
            return
        a, b, _, c, d = struct.unpack_from(">5i", content, at)
        width, height = struct.unpack_from(">II", content, at + 36)
        if width >> 16 and height >> 16:
            self._blocks.size = (width >> 16, height >> 16)
            turn = (_sign(a), _sign(b), _sign(c), _sign(d))
            self._blocks.orientation = TURNS.get(turn, 1)

    def _item(self, box: Box) -> None:
        """Read an ilst item: its type is a name, or a number that counts the names in `keys`."""
        number = int.from_bytes(box.kind, "big")
        by_key = 0 < number <= len(self._keys)
        name = self._keys[number - 1] if by_key else box.kind.decode("latin-1")
        if name not in TEXT_KINDS:
            return
        for child in self._boxes(box):
            if child.kind == DATA and child.end - child.start > 8:
                self._keep(name, self._content(child)[8:])

    def _user_text(self, box: Box) -> None:
        """Read a user-data text: length and language before each string; 3GPP's texts are left alone."""
        name = box.kind.decode("latin-1")
        if name not in TEXT_KINDS or not name.startswith("\xa9"):
            return
        content, at = self._content(box), 0
        while at + 4 <= len(content):
            (size,) = struct.unpack_from(">H", content, at)
            self._keep(name, content[at + 4 : at + 4 + size])
            at += 4 + size

    def _keep(self, name: str, value: bytes) -> None:
        kind = TEXT_KINDS[name]
        text = value.decode("utf-8", "replace")
        self._blocks.texts.append(Text(kind, text, f"QuickTime {name}", separator=","))


def _key_names(content: bytes) -> list[str]:
    names, at = [], 8
    while at + 8 <= len(content):
        (size,) = struct.unpack_from(">I", content, at)
        if size < 8 or at + size > len(content):
            break
        names.append(content[at + 8 : at + size].decode("utf-8", "replace"))
        at += size
    return names


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)
