"""Reads tags at the end of a recording: ID3v1 (id3.org), and APEv2 (wiki.hydrogenaud.io, "APEv2 specification")."""

from __future__ import annotations

import struct
from typing import BinaryIO

from dam_tagging.metadata.containers.blocks import MAX_BLOCK, Blocks, Text, TextKind, length
from dam_tagging.metadata.fields.texts import decoded

ID3V1, ID3V1_SIZE = b"TAG", 128
ID3V1_FIELDS: tuple[tuple[slice, TextKind, str], ...] = (
    (slice(3, 33), "caption", "ID3v1 Title"),
    (slice(33, 63), "person", "ID3"),
    (slice(63, 93), "caption", "ID3v1 Album"),
    (slice(97, 127), "caption", "ID3v1 Comment"),
)
APE, APE_SIZE, ITEM_HEAD = b"APETAGEX", 32, 8
APE_NAMES = "APE"
APE_KINDS: dict[str, TextKind] = {
    **dict.fromkeys(("artist", "album artist", "performer", "conductor", "person", "people"), "person"),
    **dict.fromkeys(("keyword", "keywords"), "keyword"),
    "composer": "owner",
    "event": "event",
    "year": "taken",
}
"""Meanings of the items of an APEv2 tag, by their names in lower case. Any other text is a caption."""

NO_TEXT = 0b110
"""Bits of an item's flags that are set if it holds bytes or a link."""


def read(file: BinaryIO, blocks: Blocks) -> None:
    """Add the texts of the tags at the end of the file, if there are any."""
    end = length(file)
    start = max(0, end - ID3V1_SIZE - APE_SIZE)
    file.seek(start)
    tail = file.read(end - start)
    if tail[-ID3V1_SIZE:].startswith(ID3V1) and len(tail) >= ID3V1_SIZE:
        _oldest(tail[-ID3V1_SIZE:], blocks)
        tail, end = tail[:-ID3V1_SIZE], end - ID3V1_SIZE
    foot = tail[-APE_SIZE:]
    if foot.startswith(APE) and len(foot) == APE_SIZE:
        _, size, count = struct.unpack_from("<III", foot, len(APE))
        if not APE_SIZE <= size <= min(MAX_BLOCK, end):
            blocks.damages.append("the APE tag is damaged or too large")
            return
        file.seek(end - size)
        _items(blocks.hold(file.read(size - APE_SIZE)), count, blocks)


def _oldest(tag: bytes, blocks: Blocks) -> None:
    for where, kind, source in ID3V1_FIELDS:
        _keep(kind, decoded(tag[where].partition(b"\0")[0]), source, blocks)


def _items(body: bytes, count: int, blocks: Blocks) -> None:
    at = 0
    while at + ITEM_HEAD <= len(body) and count > 0:
        size, flags = struct.unpack_from("<II", body, at)
        name_end = body.find(b"\0", at + ITEM_HEAD)
        if name_end < 0 or name_end + 1 + size > len(body):
            break
        name, at, count = body[at + ITEM_HEAD : name_end].decode("latin-1"), name_end + 1 + size, count - 1
        if flags & NO_TEXT:
            continue
        kind = APE_KINDS.get(name.casefold(), "caption")
        for text in decoded(body[name_end + 1 : at]).split("\0"):
            _keep(kind, text, APE_NAMES if kind == "person" else f"{APE_NAMES} {name}", blocks)
    if count:
        blocks.damages.append("the APE tag is damaged")


def _keep(kind: TextKind, text: str, source: str, blocks: Blocks) -> None:
    for part in text.replace("/", ";").split(";") if kind == "person" else (text,):
        if part.strip():
            blocks.texts.append(Text(kind, part.strip(), source, ";" if ";" in part else ","))
