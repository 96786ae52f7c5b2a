"""Reads Photoshop files (PSD and PSB; Adobe Photoshop File Formats): the size in the header, and the image resources.

IPTC (1028), EXIF (1058, 1059) and XMP (1060) are taken. Layers and the picture are never read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO

from dam_tagging.metadata.containers.blocks import MAX_PARTS, Blocks, Unreadable, take
from dam_tagging.metadata.fields.iptc import IIM_RESOURCE, SIGNATURES, TEXT_RESOURCES, resource_texts

EXIF_RESOURCES = frozenset({1058, 1059})
XMP_RESOURCE = 1060
SMALLEST = 12
"""Bytes of an empty resource without a name."""

KEPT = EXIF_RESOURCES | {XMP_RESOURCE, IIM_RESOURCE}


def read(file: BinaryIO) -> Blocks:
    """Return the blocks of a Photoshop file; raise `Unreadable` if its header or its resources are broken."""
    file.seek(0)
    signature, version, height, width = struct.unpack(">4sH8xII4x", take(file, 26, "Photoshop header"))
    if signature != b"8BPS" or version not in (1, 2) or not width or not height:
        raise Unreadable("the file does not start like a Photoshop file")
    blocks = Blocks(size=(width, height))
    (colours,) = struct.unpack(">I", take(file, 4, "Photoshop header"))
    file.seek(colours, 1)
    (size,) = struct.unpack(">I", take(file, 4, "Photoshop file"))
    start = file.tell()
    add_resources(file, start, start + size, blocks)
    return blocks


def add_resources(file: BinaryIO, start: int, end: int, blocks: Blocks) -> None:
    """Add the blocks among the image resources of this part of a file; raise `Unreadable` if their structure is broken."""
    for kind, size, name in _resources(file, start, end):
        blocks.texts += resource_texts(kind, name, b"")
        if kind in TEXT_RESOURCES:
            blocks.texts += resource_texts(kind, b"", blocks.hold(take(file, size, "Photoshop resource")))
        if kind not in KEPT:
            continue
        data = blocks.hold(take(file, size, "Photoshop resource"))
        if kind in EXIF_RESOURCES:
            blocks.exif.append(BytesIO(data))
        else:
            (blocks.xmp if kind == XMP_RESOURCE else blocks.iim).append(data)


def _resources(file: BinaryIO, start: int, end: int) -> Iterator[tuple[int, int, bytes]]:
    """Yield number, length and name of each resource, with the file at the resource's data."""
    at = start
    for _ in range(MAX_PARTS):
        if at + SMALLEST > end:
            return
        file.seek(at)
        signature, kind, name = struct.unpack(">4sHB", take(file, 7, "Photoshop resources"))
        if not signature.strip(b"\0"):
            # Padding follows.
            return
        if signature not in SIGNATURES:
            raise Unreadable("the Photoshop resources do not follow each other: the file is damaged")
        # The name and the byte with its length have an even length together.
        title = take(file, name, "Photoshop resources")
        file.seek((name + 1) % 2, 1)
        (size,) = struct.unpack(">I", take(file, 4, "Photoshop resources"))
        at = file.tell() + size + size % 2
        if at > end + size % 2:
            raise Unreadable("a Photoshop resource lies outside its place: the file is cut off or damaged")
        yield kind, size, title
    raise Unreadable(f"the Photoshop file has more than {MAX_PARTS} resources")
