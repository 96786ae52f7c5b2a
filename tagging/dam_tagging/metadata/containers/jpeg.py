"""Reads JPEG: walks the segments up to the first scan and takes out EXIF, XMP with its extension, Photoshop blocks, comments.

`trailers` reads the bytes behind the picture. Sources: ITU-T T.81 Annex B; XMP Specification Part 3, section 1.1.3;
exiftool's APP12.pm for Ducky.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO

from dam_tagging.metadata.containers import trailers
from dam_tagging.metadata.containers.blocks import MAX_PARTS, Blocks, Text, Unreadable, take
from dam_tagging.metadata.fields.texts import decoded, runs

EXIF = b"Exif\0"
XMP = b"http://ns.adobe.com/xap/1.0/\0"
XMP_EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
PHOTOSHOP = b"Photoshop 3.0\0"
DUCKY, MPF = b"Ducky", b"MPF\0"
DUCKY_COMMENT, DUCKY_COPYRIGHT = 2, 3
APP1, APP2, APP12, APP13, COM, SOS, EOI = 0xE1, 0xE2, 0xEC, 0xED, 0xFE, 0xDA, 0xD9
SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
KEPT = SIZES | {APP1, APP2, APP12, APP13, COM}
ALONE = frozenset({0x01, *range(0xD0, 0xD8)})


def read(file: BinaryIO) -> Blocks:
    """Return the blocks before the first scan and behind the picture; raise `Unreadable` if the structure is broken."""
    blocks = Blocks()
    mpf: list[tuple[int, bytes]] = []
    extension: dict[bytes, list[tuple[int, int, bytes]]] = defaultdict(list)
    photoshop: list[bytes] = []
    for marker, payload in _segments(file):
        if marker == APP2:
            if payload.startswith(MPF):
                mpf.append((file.tell() - len(payload) + len(MPF), payload[len(MPF) :]))
        else:
            _sort(marker, blocks.hold(payload), blocks, extension, photoshop)
    scan = file.tell()
    if blocks.size is None:
        raise Unreadable("the JPEG never says how large its picture is")
    if photoshop:
        blocks.photoshop.append(b"".join(photoshop))
    _join_extension(extension, blocks)
    trailers.read(file, scan, trailers.hints(mpf, blocks.xmp), blocks)
    return blocks


def _segments(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield marker and content of each segment that is read, up to the first scan."""
    file.seek(0)
    if take(file, 2, "JPEG header") != b"\xff\xd8":
        raise Unreadable("the file does not start like a JPEG")
    for _ in range(MAX_PARTS):
        marker = _marker(file)
        if marker == SOS:
            return
        if marker == EOI:
            raise Unreadable("the JPEG ends before its picture")
        if marker in ALONE:
            continue
        (size,) = struct.unpack(">H", take(file, 2, "JPEG segment"))
        if size < 2:
            raise Unreadable("a JPEG segment has no length: the file is damaged")
        if marker in KEPT:
            yield marker, take(file, size - 2, "JPEG segment")
        else:
            _skip(file, size - 2)
    raise Unreadable(f"the JPEG has more than {MAX_PARTS} segments")


def _marker(file: BinaryIO) -> int:
    if take(file, 1, "JPEG segments") != b"\xff":
        raise Unreadable("the JPEG's segments do not follow each other: the file is damaged")
    marker = 0xFF
    while marker == 0xFF:
        marker = take(file, 1, "JPEG segments")[0]
    return marker


def _skip(file: BinaryIO, count: int) -> None:
    """Skip a segment. Its last byte is read, so that a file that ends inside it is noticed."""
    if count:
        file.seek(count - 1, 1)
        take(file, 1, "JPEG segment")


def _sort(
    marker: int,
    payload: bytes,
    blocks: Blocks,
    extension: dict[bytes, list[tuple[int, int, bytes]]],
    photoshop: list[bytes],
) -> None:
    if marker in SIZES:
        if len(payload) < 6:
            raise Unreadable("the JPEG's frame header is damaged")
        height, width = struct.unpack(">HH", payload[1:5])
        blocks.size = (width, height) if width and height else None
    elif marker == COM:
        blocks.texts.append(Text("caption", decoded(payload), "JPEG comment"))
    elif marker == APP12:
        _application_12(payload, blocks)
    elif payload.startswith(EXIF):
        blocks.exif.append(BytesIO(payload[6:]))
    elif payload.startswith(XMP):
        blocks.xmp.append(payload[len(XMP) :])
    elif payload.startswith(XMP_EXTENSION):
        head = payload[len(XMP_EXTENSION) :]
        if len(head) < 40:
            blocks.damages.append("a part of the extended XMP is damaged")
            return
        whole, offset = struct.unpack(">II", head[32:40])
        extension[head[:32]].append((offset, whole, head[40:]))
    elif payload.startswith(PHOTOSHOP):
        photoshop.append(payload[len(PHOTOSHOP) :])


def _application_12(payload: bytes, blocks: Blocks) -> None:
    """Keep comment and copyright of Ducky (numbered values, each with its length), and the texts of old cameras."""
    if not payload.startswith(DUCKY):
        blocks.texts += [Text("text", text, "JPEG APP12") for text in runs(payload)]
        return
    at = len(DUCKY)
    while at + 4 <= len(payload):
        kind, size = struct.unpack_from(">HH", payload, at)
        value = payload[at + 4 : at + 4 + size]
        # The number of characters that follow, in UTF-16.
        text = value[4:].decode("utf-16-be", "replace")
        if kind == DUCKY_COMMENT:
            blocks.texts.append(Text("text", text, "Ducky Comment"))
        elif kind == DUCKY_COPYRIGHT:
            blocks.texts.append(Text("rights", text, "Ducky Copyright"))
        at += 4 + size


def _join_extension(extension: dict[bytes, list[tuple[int, int, bytes]]], blocks: Blocks) -> None:
    """Join the parts of each extended packet. A packet with a gap is damaged."""
    for guid, parts in extension.items():
        packet = bytearray()
        for offset, whole, part in sorted(parts):
            if offset != len(packet) or whole != parts[0][1]:
                break
            packet += part
        if len(packet) == parts[0][1]:
            blocks.xmp.append(bytes(packet))
        else:
            blocks.damages.append("the extended XMP is incomplete")
        if not any(guid in xmp for xmp in blocks.xmp):
            blocks.damages.append("an extended XMP belongs to no packet of this file")
    if not extension and any(b"HasExtendedXMP" in xmp for xmp in blocks.xmp):
        blocks.damages.append("the extended XMP is missing")
