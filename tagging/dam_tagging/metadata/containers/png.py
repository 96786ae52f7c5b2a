"""Reads PNG (Third Edition): walks the chunks and takes out eXIf, the XMP text and other texts. No pixel is decoded.

Chunks after the picture count too: exiftool writes XMP there.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO

from dam_tagging.metadata.containers import trailers
from dam_tagging.metadata.containers.blocks import (
    MAX_BLOCK,
    MAX_PARTS,
    Blocks,
    Damaged,
    Text,
    TextKind,
    Unreadable,
    take,
)
from dam_tagging.metadata.fields.texts import decoded, may_be_words

CHECKSUM = 4
SIGNATURE = b"\x89PNG\r\n\x1a\n"
XMP_KEYWORD = "XML:com.adobe.xmp"
TEXT_KINDS: dict[str, TextKind] = {
    "Title": "caption",
    "Subject": "caption",
    "Keywords": "keyword",
    "Description": "caption",
    "Comment": "caption",
    "Author": "owner",
    "Creation Time": "taken",
}
SILENT = frozenset(
    {"copyright", "software", "source", "disclaimer", "warning", "artist", "creator", "date:create", "date:modify"}
    | {"date:timestamp", "png:software", "exif:software", "exif:copyright", "exif:artist", "signature", "creation-date"}
)
"""Keywords (lower case) of texts about the maker, the owner, the time and the tools of the picture."""

PROGRAMS = frozenset({"software", "png:software", "exif:software"})
RAW_PROFILE = "Raw profile type "


def read(file: BinaryIO) -> Blocks:
    """Return the blocks of a PNG; raise `Unreadable` if its chunks do not reach the end chunk."""
    blocks = Blocks()
    for kind, size in chunks(file):
        if kind in (b"IHDR", b"eXIf", b"tEXt", b"zTXt", b"iTXt"):
            _sort(kind, blocks.hold(take(file, size, "PNG chunk")), blocks)
    trailers.after(file, file.tell() + CHECKSUM, blocks)
    if blocks.size is None:
        raise Unreadable("the PNG never says how large its picture is")
    return blocks


def chunks(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Yield each chunk's type and size up to IEND (section 5.3), with the file at the chunk's content.

    Checksums are not checked. Raises `Unreadable` if there are gaps between the chunks, or too many chunks.
    """
    file.seek(0)
    if take(file, 8, "PNG header") != SIGNATURE:
        raise Unreadable("the file does not start like a PNG")
    for _ in range(MAX_PARTS):
        size, kind = struct.unpack(">I4s", take(file, 8, "PNG chunks"))
        start = file.tell()
        yield kind, size
        if kind == b"IEND":
            return
        file.seek(start + size)
        take(file, CHECKSUM, "PNG chunk")
    raise Unreadable(f"the PNG has more than {MAX_PARTS} chunks")


def _sort(kind: bytes, payload: bytes, blocks: Blocks) -> None:
    if kind == b"IHDR":
        if len(payload) < 8:
            raise Unreadable("the PNG's header is damaged")
        width, height = struct.unpack(">II", payload[:8])
        blocks.size = (width, height) if width and height else None
    elif kind == b"eXIf":
        blocks.exif.append(BytesIO(payload.removeprefix(b"Exif\0\0")))
    else:
        try:
            _text(kind, payload, blocks)
        except (Damaged, zlib.error):
            blocks.damages.append("a text of the PNG is damaged")


def _text(kind: bytes, payload: bytes, blocks: Blocks) -> None:
    keyword, parted, rest = payload.partition(b"\0")
    if not parted:
        raise Damaged("a text of the PNG has no keyword")
    name = keyword.decode("latin-1")
    body = blocks.hold(_body(kind, rest))
    if name == XMP_KEYWORD:
        blocks.xmp.append(body)
    elif name.startswith(RAW_PROFILE):
        _raw_profile(name.removeprefix(RAW_PROFILE), body, blocks)
    elif name in TEXT_KINDS:
        # The standard demands Latin-1 in two of the three, but writers put UTF-8 there.
        blocks.texts.append(Text(TEXT_KINDS[name], decoded(body), f"PNG {name}"))
    elif name.casefold() not in PROGRAMS:
        text = decoded(body)
        named = name.casefold() not in SILENT and may_be_words(text)
        blocks.texts.append(Text("text" if named else "rights", text, f"PNG {name}"))


def _body(kind: bytes, rest: bytes) -> bytes:
    if kind == b"tEXt":
        return rest
    if kind == b"zTXt":
        return _inflated(rest[1:])
    compressed, (_, _, body) = rest[:1] == b"\1", _three(rest[2:])
    return _inflated(body) if compressed else body


def _three(data: bytes) -> tuple[bytes, bytes, bytes]:
    """Split an iTXt into language, translated keyword and text."""
    parts = data.split(b"\0", 2)
    if len(parts) != 3:
        raise Damaged("a text of the PNG is cut off")
    return parts[0], parts[1], parts[2]


def _inflated(data: bytes) -> bytes:
    """Decompress, up to a block's limit: a few bytes may unpack to gigabytes."""
    inflater = zlib.decompressobj()
    text = inflater.decompress(data, MAX_BLOCK)
    if not inflater.eof:
        raise Damaged("a text of the PNG is cut off or too large")
    return text


def _raw_profile(name: str, body: bytes, blocks: Blocks) -> None:
    """Read an ImageMagick profile: a name, a length, and hexadecimal digits, each on its own lines."""
    # The name may have several words: exiftool writes `IPTC profile`.
    _, _, digits = body.strip().partition(b"\n")[2].partition(b"\n")
    try:
        data = bytes.fromhex(digits.decode("ascii"))
    except ValueError as error:
        raise Damaged("a profile of the PNG is damaged") from error
    if name == "xmp":
        blocks.xmp.append(data)
    elif name == "iptc":
        (blocks.photoshop if data.startswith(b"8BIM") else blocks.iim).append(data)
    elif name in ("exif", "APP1"):
        is_xmp = data.startswith(b"http://ns.adobe.com/xap/1.0/\0")
        if is_xmp:
            blocks.xmp.append(data.partition(b"\0")[2])
        else:
            blocks.exif.append(BytesIO(data.removeprefix(b"Exif\0\0")))
