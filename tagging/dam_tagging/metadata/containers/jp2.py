"""Reads JPEG 2000 (ISO/IEC 15444-1, Annexes A and I): the size, XMP, EXIF and IPTC in `uuid` boxes, XMP in `xml ` boxes.

exiftool, exiv2 and Adobe's plug-in write these identifiers of EXIF and IPTC; no standard defines them.
"""

from __future__ import annotations

import struct
from io import BytesIO
from typing import BinaryIO

from dam_tagging.metadata.containers.blocks import Blocks, Unreadable, take
from dam_tagging.metadata.containers.bmff import UUID_SIZE, XMP_UUID, Box, Boxes, add_xml

EXIF_UUIDS = (b"JpgTiffExif->JP2", bytes.fromhex("0537cdab9d0c4431a72afa561f2a113e"))
IPTC_UUIDS = (bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38"), bytes.fromhex("09a14e97c0b442e0bebf36df6f0ce36f"))
PHOTOSHOP_UUID = bytes.fromhex("2c4c0100850440b9a03e562148d6dfeb")
HOLDERS = frozenset({b"jp2h", b"asoc", b"jpch"})
MAX_DEPTH = 8


def read(file: BinaryIO) -> Blocks:
    """Return the blocks of a JPEG 2000 file; raise `Unreadable` if its boxes are broken or it has no size."""
    blocks = Blocks()
    boxes = Boxes(file, "JPEG 2000 file", frozenset({b"jp2c"}))
    _visit(boxes, boxes.whole, blocks, 0)
    if blocks.size is None:
        raise Unreadable("the JPEG 2000 file never says how large its picture is")
    if boxes.cut:
        blocks.damages.append("the JPEG 2000 file is cut off inside its picture")
    return blocks


def read_codestream(file: BinaryIO) -> Blocks:
    """Return the size of a bare codestream (Annex A, SIZ). It cannot hold metadata."""
    file.seek(0)
    x, y, left, top = struct.unpack(">4I", take(file, 24, "JPEG 2000 header")[8:])
    if x <= left or y <= top:
        raise Unreadable("the JPEG 2000 file never says how large its picture is")
    return Blocks(size=(x - left, y - top))


def _visit(boxes: Boxes, parent: Box, blocks: Blocks, depth: int) -> None:
    for box in boxes.inside(parent):
        if box.kind in HOLDERS:
            if depth == MAX_DEPTH:
                raise Unreadable("the boxes of the JPEG 2000 file are nested too deep")
            _visit(boxes, box, blocks, depth + 1)
        elif box.kind == b"ihdr" and blocks.size is None:
            header = boxes.content(box, most=8)
            height, width = struct.unpack(">II", header.rjust(8, b"\0"))
            blocks.size = (width, height) if width and height else None
        elif box.kind == b"xml ":
            add_xml(blocks.hold(boxes.content(box)), blocks)
        elif box.kind == b"uuid":
            _uuid(boxes, box, blocks)


def _uuid(boxes: Boxes, box: Box, blocks: Blocks) -> None:
    kind = boxes.uuid(box)
    if kind not in (XMP_UUID, PHOTOSHOP_UUID, *EXIF_UUIDS, *IPTC_UUIDS):
        return
    data = blocks.hold(boxes.content(box, UUID_SIZE))
    if kind == XMP_UUID:
        blocks.xmp.append(data)
    elif kind == PHOTOSHOP_UUID:
        blocks.photoshop.append(data)
    elif kind in EXIF_UUIDS:
        # Some writers put JPEG's header before the block.
        blocks.exif.append(BytesIO(data[6:] if data[:6].upper() == b"EXIF\0\0" else data))
    else:
        blocks.iim.append(data)
