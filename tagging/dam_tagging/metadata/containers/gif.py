"""Reads GIF 89a: walks the blocks and takes out the XMP application extension and the comments."""

from __future__ import annotations

import struct
from typing import BinaryIO

from dam_tagging.metadata.containers import trailers
from dam_tagging.metadata.containers.blocks import MAX_BLOCK, Blocks, Text, Unreadable, take
from dam_tagging.metadata.fields.texts import decoded

SIGNATURES = (b"GIF87a", b"GIF89a")
XMP_APPLICATION = b"XMP DataXMP"
XMP_TRAILER = 257
"""XMP is there without sub-blocks. A falling ramp of 257 bytes behind it leads other readers past it."""

EXTENSION, IMAGE, TRAILER, APPLICATION, COMMENT, PLAIN_TEXT = 0x21, 0x2C, 0x3B, 0xFF, 0xFE, 0x01
MAX_BLOCKS = 5_000_000


def read(file: BinaryIO) -> Blocks:
    """Return the blocks of a GIF; raise `Unreadable` if they do not reach the trailer."""
    file.seek(0)
    if take(file, 6, "GIF header") not in SIGNATURES:
        raise Unreadable("the file does not start like a GIF")
    width, height, flags = struct.unpack("<HHB", take(file, 5, "GIF header"))
    take(file, 2, "GIF header")
    _skip_colours(file, flags)
    blocks = Blocks(size=(width, height) if width and height else None)
    for _ in range(MAX_BLOCKS):
        introducer = take(file, 1, "GIF blocks")[0]
        if introducer == TRAILER:
            trailers.after(file, file.tell(), blocks)
            return blocks
        if introducer == IMAGE:
            _skip_colours(file, take(file, 9, "GIF frame")[8])
            take(file, 1, "GIF frame")
            _sub_blocks(file, keep=False)
        elif introducer == EXTENSION:
            _extension(file, blocks)
        else:
            raise Unreadable("the GIF's blocks do not follow each other: the file is damaged")
    raise Unreadable("the GIF has more blocks than are read")


def _extension(file: BinaryIO, blocks: Blocks) -> None:
    label = take(file, 1, "GIF extension")[0]
    if label == COMMENT:
        blocks.texts.append(Text("caption", decoded(blocks.hold(_sub_blocks(file, keep=True))), "GIF comment"))
    elif label == PLAIN_TEXT:
        blocks.texts.append(Text("text", decoded(blocks.hold(_sub_blocks(file, keep=True))[12:]), "GIF plain text"))
    elif label == APPLICATION:
        size = take(file, 1, "GIF extension")[0]
        name = take(file, size, "GIF extension")
        if name != XMP_APPLICATION:
            _sub_blocks(file, keep=False)
            return
        start = file.tell()
        _sub_blocks(file, keep=False)
        end = file.tell()
        file.seek(start)
        whole = take(file, end - start, "XMP block of the GIF")
        blocks.xmp.append(blocks.hold(whole[:-XMP_TRAILER]))
    else:
        _sub_blocks(file, keep=False)


def _sub_blocks(file: BinaryIO, *, keep: bool) -> bytes:
    """Walk past a chain of sub-blocks; return their content if asked, up to a block's limit."""
    held = bytearray()
    while size := take(file, 1, "GIF block")[0]:
        data = take(file, size, "GIF block")
        if keep:
            held += data
            if len(held) > MAX_BLOCK:
                raise Unreadable("a comment of the GIF is larger than is read")
    return bytes(held)


def _skip_colours(file: BinaryIO, flags: int) -> None:
    if flags & 0x80:
        take(file, 3 << ((flags & 7) + 1), "GIF colours")
