"""Reads JPEG XL (ISO/IEC 18181): Exif and XML boxes, plain or compressed with Brotli, and the codestream's size and turn.

The codestream's orientation is the one that counts: a decoder ignores EXIF's (18181-2, 9.4).
"""

from __future__ import annotations

from typing import BinaryIO

import brotli

from dam_tagging.metadata.containers.blocks import MAX_BLOCK, Blocks, Damaged, Unreadable
from dam_tagging.metadata.containers.bmff import Box, Boxes, add_exif, add_xml

CODESTREAM = b"\xff\x0a"
HEADER = 32
"""Bytes of a codestream that are enough for its size and orientation."""

KEPT = frozenset({b"Exif", b"xml "})
RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}
"""The ratios of width to height, by their number in a size."""

SIZE_BITS = (9, 13, 18, 30)


def read(file: BinaryIO) -> Blocks:
    """Return the blocks of a JPEG XL file, in boxes or bare; raise `Unreadable` if its boxes or its header are broken."""
    file.seek(0)
    start = file.read(HEADER)
    blocks = Blocks()
    if start.startswith(CODESTREAM):
        _picture(start, blocks)
    else:
        boxes = Boxes(file, "JPEG XL file", frozenset({b"jxlc", b"jxlp"}))
        for box in boxes.inside(boxes.whole):
            _visit(boxes, box, blocks)
        if boxes.cut:
            blocks.damages.append("the JPEG XL file is cut off inside its picture")
    if blocks.size is None:
        raise Unreadable("the JPEG XL file never says how large its picture is")
    return blocks


def _visit(boxes: Boxes, box: Box, blocks: Blocks) -> None:
    if box.kind in (b"jxlc", b"jxlp") and blocks.size is None:
        # A part of a codestream starts with its number.
        _picture(boxes.content(box, 0 if box.kind == b"jxlc" else 4, HEADER), blocks)
    elif box.kind in KEPT:
        _keep(box.kind, blocks.hold(boxes.content(box)), blocks)
    elif box.kind == b"brob" and (kind := boxes.content(box, most=4)) in KEPT:
        try:
            _keep(kind, blocks.hold(_unpacked(blocks.hold(boxes.content(box, 4)))), blocks)
        except Damaged as error:
            blocks.damages.append(str(error))


def _keep(kind: bytes, data: bytes, blocks: Blocks) -> None:
    if kind == b"Exif":
        add_exif(data, blocks)
    else:
        add_xml(data, blocks)


def _unpacked(data: bytes) -> bytes:
    """Decompress, up to a block's limit: a few bytes may unpack to gigabytes."""
    decoder = brotli.Decompressor()
    try:
        text: bytes = decoder.process(data, output_buffer_limit=MAX_BLOCK)
        while not decoder.is_finished() and len(text) < MAX_BLOCK and (more := decoder.process(b"")):
            text += more
    except brotli.error as error:
        raise Damaged("a compressed box of the JPEG XL file is damaged") from error
    if not decoder.is_finished() or len(text) > MAX_BLOCK:
        raise Damaged("a compressed box of the JPEG XL file is cut off or too large")
    return text


def _picture(start: bytes, blocks: Blocks) -> None:
    """Read the head of a codestream (18181-1, 9.2): SizeHeader, and the orientation of ImageMetadata."""
    if not start.startswith(CODESTREAM):
        raise Unreadable("the JPEG XL file's picture has no header")
    bits = _Bits(start[2:])
    small = bits.take(1)
    height = _side(bits, small)
    ratio = bits.take(3)
    if ratio:
        over, under = RATIOS[ratio]
        width = height * over // under
    else:
        width = _side(bits, small)
    blocks.size = (width, height)
    plain = bits.take(1)
    extra = 0 if plain else bits.take(1)
    blocks.orientation = 1 + bits.take(3) if extra else 1


def _side(bits: _Bits, small: int) -> int:
    return (bits.take(5) + 1) * 8 if small else bits.take(SIZE_BITS[bits.take(2)]) + 1


class _Bits:
    """Takes bits, the lowest of each byte first."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "little")
        self._left = 8 * len(data)

    def take(self, count: int) -> int:
        """Return the next bits as a number; raise `Unreadable` if there are fewer."""
        self._left -= count
        if self._left < 0:
            raise Unreadable("the JPEG XL file ends inside its header: it is cut off or damaged")
        number = self._value & ((1 << count) - 1)
        self._value >>= count
        return number
