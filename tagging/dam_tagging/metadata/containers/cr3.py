"""Reads Canon's CR3: a movie whose `moov` holds Canon's own box with four TIFF blocks. XMP is in a top box.

CMT1 is the first directory (size, orientation, captions), CMT2 the EXIF directory. CMT3 (maker notes) and CMT4 (GPS)
are not read. Canon does not publish the format. The reader follows exiftool's Canon and QuickTime tables and lclevy's
description.
"""

from __future__ import annotations

from io import BytesIO
from typing import BinaryIO

from dam_tagging.metadata.containers import tiff
from dam_tagging.metadata.containers.blocks import Blocks, Damaged, Unreadable
from dam_tagging.metadata.containers.bmff import UUID_SIZE, XMP_UUID, Box, Boxes

CANON_UUID = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
BLOCKS = (b"CMT1", b"CMT2")


def read(file: BinaryIO) -> Blocks:
    """Return the blocks of a CR3; raise `Unreadable` if its boxes are broken or Canon's box is missing."""
    blocks = Blocks()
    boxes = Boxes(file, "CR3 file", frozenset({b"mdat"}))
    for box in boxes.inside(boxes.whole):
        if box.kind == b"moov":
            for child in boxes.inside(box):
                if child.kind == b"uuid" and boxes.uuid(child) == CANON_UUID:
                    _canon(boxes, child, blocks)
        elif box.kind == b"uuid" and boxes.uuid(box) == XMP_UUID:
            blocks.xmp.append(blocks.hold(boxes.content(box, UUID_SIZE)))
    if not blocks.exif:
        raise Unreadable("the CR3 file has no metadata of its camera: it is cut off or damaged")
    if boxes.cut:
        blocks.damages.append("the CR3 file is cut off inside its picture")
    return blocks


def _canon(boxes: Boxes, canon: Box, blocks: Blocks) -> None:
    for box in boxes.inside(canon, UUID_SIZE):
        if box.kind not in BLOCKS:
            continue
        block = BytesIO(blocks.hold(boxes.content(box)))
        blocks.exif.append(block)
        if box.kind == b"CMT1":
            try:
                blocks.size = tiff.picture_size(block)
            except Damaged:
                blocks.size = None
