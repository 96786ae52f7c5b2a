"""IPTC-IIM records in Photoshop image resources (IIM 4.2; Photoshop File Formats): keywords, captions, by-line."""

from __future__ import annotations

import struct

from dam_tagging.metadata.blocks import Damaged
from dam_tagging.metadata.decoding import decoded
from dam_tagging.metadata.found import Found

MAX_RECORDS = 50_000
IIM_RESOURCE = 0x0404
SIGNATURES = frozenset({b"8BIM", b"PHUT", b"AgHg", b"DCSR", b"MeSa"})
UTF8_ANNOUNCED = frozenset({b"\x1b%G", b"\x1b%/G", b"\x1b%/H", b"\x1b%/I"})
"""Escapes of ISO 2022 to UTF-8, of any level."""

KEYWORD_SETS = {(2, 20): "IPTC SupplementalCategories", (2, 25): "IPTC Keywords"}
CAPTION_SETS = {
    (2, 5): "IPTC ObjectName",
    (2, 40): "IPTC SpecialInstructions",
    (2, 105): "IPTC Headline",
    (2, 118): "IPTC Contact",
    (2, 120): "IPTC Caption-Abstract",
    (2, 121): "IPTC LocalCaption",
}
MARKER_SETS = {(2, 40): "IPTC SpecialInstructions"}
OWNER_SETS = {(2, 80): "IPTC By-line"}
PLACE_SETS = {
    (2, 27): "IPTC ContentLocationName",
    (2, 90): "IPTC City",
    (2, 92): "IPTC Sub-location",
    (2, 95): "IPTC Province-State",
    (2, 100): "IPTC Country-PrimaryLocationCode",
    (2, 101): "IPTC Country-PrimaryLocationName",
}
TAKEN_SET, CHARACTER_SET = (2, 55), (1, 90)


def resources(data: bytes) -> list[bytes]:
    """Return the IIM blocks among Photoshop image resources; raise `Damaged` when their structure breaks."""
    found, at = [], 0
    end = len(data.rstrip(b"\0"))
    while at < end:
        if data[at : at + 4] not in SIGNATURES or len(data) < at + 7:
            raise Damaged("the Photoshop block is damaged")
        (kind,) = struct.unpack_from(">H", data, at + 4)
        name = data[at + 6] + 1
        at += 6 + name + name % 2
        if len(data) < at + 4:
            raise Damaged("the Photoshop block is cut off")
        (size,) = struct.unpack_from(">I", data, at)
        at += 4
        if at + size > len(data):
            raise Damaged("the Photoshop block is cut off")
        if kind == IIM_RESOURCE:
            found.append(data[at : at + size])
        at += size + size % 2
    return found


def read(data: bytes, found: Found) -> None:
    """Add keywords, captions, restrictions, by-line, places and day of one block; raise `Damaged` when its records break."""
    records = _records(data)
    announced = {value.strip(b"\0 ") for record, number, value in records if (record, number) == CHARACTER_SET}
    encoding = "utf-8" if announced & UTF8_ANNOUNCED else "cp1252"
    for record, number, value in records:
        text = decoded(value, encoding)
        key = (record, number)
        if source := MARKER_SETS.get(key):
            found.marker(text, source)
        if source := KEYWORD_SETS.get(key):
            found.keyword(text, source)
        elif source := CAPTION_SETS.get(key):
            found.caption(text, source)
        elif source := OWNER_SETS.get(key):
            found.owner(text, source)
        elif source := PLACE_SETS.get(key):
            found.location(text, source)
        elif key == TAKEN_SET:
            found.recorded(text, "IPTC DateCreated")


def _records(data: bytes) -> list[tuple[int, int, bytes]]:
    records: list[tuple[int, int, bytes]] = []
    at = 0
    end = len(data.rstrip(b"\0"))
    while at < end:
        if len(records) >= MAX_RECORDS:
            raise Damaged(f"the IPTC block holds more than {MAX_RECORDS} records")
        if data[at] != 0x1C or len(data) < at + 5:
            raise Damaged("the IPTC block is damaged")
        record, number, size = struct.unpack_from(">BBH", data, at + 1)
        at += 5
        if size & 0x8000:
            width = size & 0x7FFF
            if not 1 <= width <= 4 or len(data) < at + width:
                raise Damaged("the IPTC block has a record of an impossible length")
            size = int.from_bytes(data[at : at + width], "big")
            at += width
        if at + size > len(data):
            raise Damaged("the IPTC block is cut off")
        records.append((record, number, data[at : at + size]))
        at += size
    return records
