"""Reads RIFF (WebP, WAV, AVI). Chunks: EXIF, XMP, `_PMX`, LIST/INFO, strn, bext (EBU Tech 3285), iXML, ID3.

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

from dam_tagging.metadata.containers import timed_text
from dam_tagging.metadata.containers.blocks import MAX_PARTS, Blocks, Text, TextKind, Unreadable, length, take
from dam_tagging.metadata.fields import id3
from dam_tagging.metadata.fields.texts import may_be_words, runs

INFO_KINDS: dict[bytes, TextKind] = {
    b"INAM": "caption",
    b"ISBJ": "caption",
    b"ICMT": "caption",
    b"IART": "owner",
    b"ISTR": "person",
    b"IKEY": "keyword",
    b"ICRD": "taken",
}
ARTIST, PEOPLE = b"IART", "RIFF"
SAY_NOTHING = frozenset({b"ICOP", b"IGNR", b"ISFT"})
"""Fields of INFO without names and descriptions: rights, genre, program. They are searched only for signs that say no."""

IXML_CAPTIONS = frozenset({"NOTE", "PROJECT", "SCENE", "NAME", "USER", "BWF_DESCRIPTION"})
IXML_SILENT = frozenset(
    {"FUNCTION", "FILE_UID", "FAMILY_UID", "TIMECODE_FLAG", "BWF_ORIGINATOR", "BWF_ORIGINATOR_REFERENCE"}
)
MOST_UNKNOWN = 64 * 1024
WAV_KEPT = frozenset({b"LIST", b"bext", b"iXML", b"_PMX", b"id3 ", b"ID3 "})
WAV_SILENT = frozenset({b"fact", b"PEAK", b"JUNK", b"junk", b"FLLR", b"PAD "})
"""Chunks of a WAV without texts. A chunk that is neither one of these nor one of those above may hold texts."""

CAMERA_LIST, LABELS = b"exif", b"adtl"
LABEL_HEADS = {b"labl": 4, b"note": 4, b"ltxt": 20}
"""Bytes before the text of a label: the label's point in the sound, and its length."""

PCM = 1
MOST_LISTS = 5
WEBP_KEPT = frozenset({b"EXIF", b"XMP ", b"VP8X", b"VP8 ", b"VP8L"})
FRAME_HEAD = 16


def read_wav(file: BinaryIO) -> Blocks:
    """Return the blocks of a WAV; raise `Unreadable` if its chunks do not reach the end."""
    return _Wav(file).read()


class _Wav:
    """Takes the chunks of one sound, and notes the chunks that it skips."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._blocks = Blocks()
        self._all_known = True
        self._rate: int | None = None
        self._length: int | None = None

    def read(self) -> Blocks:
        blocks = self._blocks
        for name, size in chunks(self._file, b"WAVE"):
            if name == b"data":
                self._length = (self._length or 0) + size
            elif name == b"fmt ":
                self._rate = _bytes_per_second(take(self._file, min(size, FRAME_HEAD), "WAV format"))
            elif name in WAV_KEPT:
                self._take(name, blocks.hold(take(self._file, size, "WAV chunk")))
            elif name not in WAV_SILENT:
                self._all_known = False
                if size <= MOST_UNKNOWN:
                    source = f"RIFF {name.decode('latin-1')}"
                    found = runs(blocks.hold(take(self._file, size, "WAV chunk")))
                    blocks.texts += [Text("text", text, source) for text in found]
        if self._rate and self._length is not None:
            blocks.duration = round(self._length / self._rate, 3) or None
            blocks.all_known = self._all_known
        return blocks

    def _take(self, name: bytes, payload: bytes) -> None:
        match name:
            case b"LIST" if payload[:4] == b"INFO":
                self._all_known = _info(payload[4:], self._blocks) and self._all_known
            case b"LIST" if payload[:4] == LABELS:
                _labels(payload[4:], self._blocks)
            case b"LIST":
                self._all_known = self._all_known and payload[:4] == CAMERA_LIST
            case b"bext":
                _broadcast(payload, self._blocks)
            case b"iXML":
                _ixml(payload, self._blocks)
            case b"_PMX":
                self._blocks.xmp.append(payload)
            case b"id3 " | b"ID3 ":
                id3.read(BytesIO(payload), self._blocks)
                self._all_known = False


def _bytes_per_second(head: bytes) -> int | None:
    """Return the bytes per second of sound; None if the sound is packed or its numbers contradict each other."""
    if len(head) < FRAME_HEAD:
        return None
    kind, _, samples, rate, unit, _ = struct.unpack("<HHIIHH", head)
    return rate if kind == PCM and rate == samples * unit else None


def add_avi(file: BinaryIO, blocks: Blocks) -> None:
    """Add the contents of an AVI's chunks, also of its headers; raise `Unreadable` if they do not reach the end.

    Pictures and sound are skipped. A stream of texts is not read, and is reported.
    """
    for name, size in chunks(file, b"AVI "):
        if name == b"_PMX":
            blocks.xmp.append(blocks.hold(take(file, size, "XMP block")))
        elif name == b"LIST" and size >= 4:
            start = file.tell()
            match take(file, 4, "AVI list"):
                case b"INFO":
                    _info(blocks.hold(take(file, size - 4, "INFO list")), blocks)
                case b"movi":
                    pass
                case _:
                    _headers(blocks.hold(take(file, size - 4, "AVI headers")), blocks, 0)
            file.seek(start)


def _headers(payload: bytes, blocks: Blocks, depth: int) -> None:
    """Keep the names of streams in the headers, and note streams of texts."""
    at = 0
    while at + 8 <= len(payload) and depth < MOST_LISTS:
        name, size = struct.unpack_from("<4sI", payload, at)
        content = payload[at + 8 : at + 8 + size]
        match name:
            case b"LIST" if content[:4] == b"INFO":
                _info(content[4:], blocks)
            case b"LIST":
                _headers(content[4:], blocks, depth + 1)
            case b"strn":
                blocks.texts.append(Text("text", _decoded(content), "AVI stream name"))
            case b"strh" if content[:4] == b"txts":
                blocks.damages.append(timed_text.UNREAD)
        at += 8 + size + size % 2


def read_webp(file: BinaryIO) -> Blocks:
    """Return the blocks of a WebP; raise `Unreadable` if its chunks do not reach the end."""
    blocks = Blocks()
    for name, size in chunks(file, b"WEBP"):
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


def chunks(file: BinaryIO, form: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield each chunk's name and size, with the file at the chunk's content."""
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


def _labels(payload: bytes, blocks: Blocks) -> None:
    """Keep the texts of labels and notes at points of the sound."""
    at = 0
    while at + 8 <= len(payload):
        name, size = struct.unpack_from("<4sI", payload, at)
        at += 8
        if at + size > len(payload):
            blocks.damages.append("the list of labels of the sound is damaged")
            return
        if head := LABEL_HEADS.get(name):
            blocks.texts.append(
                Text("caption", _decoded(payload[at + head : at + size]), f"RIFF {name.decode('ascii')}")
            )
        at += size + size % 2


def _info(payload: bytes, blocks: Blocks) -> bool:
    """Keep the fields of an INFO list; return whether each of them is known."""
    at, all_known = 0, True
    while at + 8 <= len(payload):
        name, size = struct.unpack_from("<4sI", payload, at)
        at += 8
        if at + size > len(payload):
            blocks.damages.append("the INFO list of the sound is damaged")
            return False
        text = _decoded(payload[at : at + size])
        if name in SAY_NOTHING:
            blocks.texts.append(Text("rights", text, f"RIFF {name.decode('latin-1')}"))
        else:
            kind = INFO_KINDS.get(name, "caption")
            if kind != "person":
                blocks.texts.append(Text(kind, text, f"RIFF {name.decode('latin-1')}"))
            if kind == "person" or name == ARTIST:
                people = text.replace("/", ";").split(";")
                blocks.texts += [Text("person", one.strip(), PEOPLE) for one in people]
            all_known = all_known and name in INFO_KINDS
        at += size + size % 2
    return all_known


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
        elif element.text and element.tag not in IXML_SILENT and may_be_words(element.text):
            blocks.texts.append(Text("text", element.text, f"iXML {element.tag}"))


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
