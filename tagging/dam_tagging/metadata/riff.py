"""RIFF: WebP pictures and WAV sounds. Chunks: EXIF, XMP, `_PMX`, LIST/INFO, bext (EBU Tech 3285), iXML.

Sources: WebP Container Specification; Multimedia Programming Interface 1.0; XMP Specification Part 3.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from dam_tagging.metadata.blocks import MAX_PARTS, Blocks, Text, TextKind, Unreadable, length, take

INFO_KINDS: dict[bytes, TextKind] = {
    b"INAM": "caption",
    b"ISBJ": "caption",
    b"ICMT": "caption",
    b"IART": "owner",
    b"IKEY": "keyword",
    b"ICRD": "taken",
}
IXML_CAPTIONS = frozenset({"NOTE", "PROJECT", "SCENE"})
NOT_READ = {b"id3 ": "ID3", b"ID3 ": "ID3"}
WAV_KEPT = frozenset({b"LIST", b"bext", b"iXML", b"_PMX", *NOT_READ})
WEBP_KEPT = frozenset({b"EXIF", b"XMP ", b"VP8X", b"VP8 ", b"VP8L"})
FRAME_HEAD = 16


def read_wav(file: BinaryIO) -> Blocks:
    """Return the blocks of a WAV; raise `Unreadable` when its chunks do not reach the end."""
    blocks = Blocks()
    for name, size in _chunks(file, b"WAVE"):
        if name not in WAV_KEPT:
            continue
        if name in NOT_READ:
            blocks.damages.append(f"the {NOT_READ[name]} block of the sound is not read by this version")
            continue
        payload = blocks.hold(take(file, size, "WAV chunk"))
        match name:
            case b"LIST" if payload[:4] == b"INFO":
                _info(payload[4:], blocks)
            case b"bext":
                _broadcast(payload, blocks)
            case b"iXML":
                _ixml(payload, blocks)
            case b"_PMX":
                blocks.xmp.append(payload)
    return blocks


def read_webp(file: BinaryIO) -> Blocks:
    """Return the blocks of a WebP; raise `Unreadable` when its chunks do not reach the end."""
    blocks = Blocks()
    for name, size in _chunks(file, b"WEBP"):
        if name not in WEBP_KEPT:
            continue
        if name == b"EXIF":
            blocks.exif.append(BytesIO(blocks.hold(take(file, size, "EXIF block")).removeprefix(b"Exif\0\0")))
        elif name == b"XMP ":
            blocks.xmp.append(blocks.hold(take(file, size, "XMP block")))
        elif blocks.size is None:
            blocks.size = _webp_size(name, take(file, min(size, FRAME_HEAD), "WebP header"))
    if blocks.size is None:
        raise Unreadable("the WebP never says how large its picture is")
    return blocks


def _chunks(file: BinaryIO, form: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield each chunk's name and size with the file standing at its content."""
    end = length(file)
    head = take(file, 12, "RIFF header")
    if head[:4] != b"RIFF" or head[8:] != form:
        raise Unreadable("the RIFF file is of a kind that is not read")
    (declared,) = struct.unpack("<I", head[4:8])
    if declared + 8 > end + 1:
        raise Unreadable("the RIFF file ends too early: it is cut off")
    at = 12
    for _ in range(MAX_PARTS):
        # Fewer bytes than a chunk's head are padding.
        if at + 8 > end:
            return
        file.seek(at)
        name, size = struct.unpack("<4sI", take(file, 8, "RIFF chunk"))
        if at + 8 + size > end:
            raise Unreadable("a RIFF chunk lies outside the file: it is cut off or damaged")
        yield name, size
        at += 8 + size + size % 2
    raise Unreadable(f"the RIFF file has more than {MAX_PARTS} chunks")


def _info(payload: bytes, blocks: Blocks) -> None:
    at = 0
    while at + 8 <= len(payload):
        name, size = struct.unpack_from("<4sI", payload, at)
        at += 8
        if at + size > len(payload):
            blocks.damages.append("the INFO list of the sound is damaged")
            return
        if kind := INFO_KINDS.get(name):
            blocks.texts.append(Text(kind, _decoded(payload[at : at + size]), f"RIFF {name.decode('ascii')}"))
        at += size + size % 2


def _broadcast(payload: bytes, blocks: Blocks) -> None:
    """Read a broadcast extension: description (256 bytes), originator (32), reference (32), date (10)."""
    blocks.texts.append(Text("caption", _decoded(payload[:256]), "bext Description"))
    blocks.texts.append(Text("owner", _decoded(payload[256:288]), "bext Originator"))
    blocks.texts.append(Text("taken", _decoded(payload[320:330]), "bext OriginationDate"))


def _ixml(payload: bytes, blocks: Blocks) -> None:
    try:
        root = ElementTree.fromstring(payload.rstrip(b"\0 "), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        blocks.damages.append("the iXML block of the sound is damaged")
        return
    for element in root.iter():
        if element.tag in IXML_CAPTIONS and element.text:
            blocks.texts.append(Text("caption", element.text, f"iXML {element.tag}"))


def _decoded(value: bytes) -> str:
    value = value.partition(b"\0")[0]
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("cp1252", "replace")


def _webp_size(name: bytes, head: bytes) -> tuple[int, int]:
    """Return the size that a VP8X, VP8L or VP8 chunk states."""
    if len(head) < 10:
        raise Unreadable("the WebP's header is damaged")
    if name == b"VP8X":
        return 1 + int.from_bytes(head[4:7], "little"), 1 + int.from_bytes(head[7:10], "little")
    if name == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack("<HH", head[6:10])
    return width & 0x3FFF, height & 0x3FFF
