"""The writer's strict walk over the segments of a JPEG (ITU-T T.81 annex B), from SOI to the first EOI.

What the segments mean is `jpeg`'s. The prover walks files with code of its own and imports nothing from here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dam_plugin.errors import CannotRedact

SOI, EOI, SOS, DQT, DHT, DRI, COM = 0xD8, 0xD9, 0xDA, 0xDB, 0xC4, 0xDD, 0xFE
APP0, APP1, APP2, APP14, APP15 = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF
PROGRESSIVE = 0xC2
FRAMES = frozenset({0xC0, 0xC1, PROGRESSIVE})
CODING = FRAMES | {SOS, DQT, DHT, DRI}

NOT_A_JPEG = "the file is not a JPEG, and nothing else can be cleaned or redacted so far: share a JPEG of it"
DAMAGED = "the JPEG is damaged or cut short: export the picture again from the original"
KIND = "this kind of JPEG (arithmetic, lossless, hierarchical or 12-bit) is not taken: export it as an ordinary JPEG"

_MARKER = re.compile(rb"\xff+([^\xff])", re.DOTALL)
_SCAN_END = re.compile(rb"\xff(?![\x00\xd0-\xd7])")


@dataclass(frozen=True, slots=True)
class Segment:
    """One marker segment: its payload without the length, and the entropy-coded data that follows an SOS."""

    marker: int
    body: bytes
    scan: bytes = b""


def walk(source: bytes) -> Iterator[Segment]:
    """Yield every segment before the first EOI, fill bytes dropped; raises CannotRedact where the walk is unclear."""
    if source[:2] != b"\xff\xd8":
        raise CannotRedact(NOT_A_JPEG)
    position = 2
    while True:
        marker, position = _marker(source, position)
        if marker == EOI:
            return
        if marker not in CODING and not (APP0 <= marker <= APP15 or marker == COM):
            raise CannotRedact(DAMAGED if marker in {0x00, 0x01, SOI} or 0xD0 <= marker <= 0xD7 else KIND)
        body, position = _body(source, position)
        scan = b""
        if marker == SOS:
            scan = _scan(source, position)
            position += len(scan)
        yield Segment(marker, body, scan)


def wire(segment: Segment) -> bytes:
    """Return the segment as it stands in a file: marker, length, payload, scan."""
    return bytes([0xFF, segment.marker]) + (len(segment.body) + 2).to_bytes(2, "big") + segment.body + segment.scan


def check_tables(parts: tuple[Segment, ...]) -> None:
    """Hold every table to its exact length, so that nothing can ride along behind it."""
    for segment in parts:
        if segment.marker == DQT:
            _check_entries(segment.body, _quantisation_length)
        elif segment.marker == DHT:
            _check_entries(segment.body, _huffman_length)
        elif segment.marker == DRI and len(segment.body) != 2:
            raise CannotRedact(DAMAGED)


def _marker(source: bytes, position: int) -> tuple[int, int]:
    """Return the marker at `position` and the place behind it; fill bytes (0xFF) may stand before it."""
    found = _MARKER.match(source, position)
    if found is None:
        raise CannotRedact(DAMAGED)
    return found[1][0], found.end()


def _body(source: bytes, position: int) -> tuple[bytes, int]:
    length = int.from_bytes(source[position : position + 2], "big")
    end = position + length
    if length < 2 or end > len(source):
        raise CannotRedact(DAMAGED)
    return source[position + 2 : end], end


def _scan(source: bytes, position: int) -> bytes:
    end = _SCAN_END.search(source, position)
    if end is None or end.start() == position:
        raise CannotRedact(DAMAGED)
    return source[position : end.start()]


def _check_entries(body: bytes, length: Callable[[bytes], int]) -> None:
    if not body:
        raise CannotRedact(DAMAGED)
    while body:
        step = length(body)
        if step > len(body):
            raise CannotRedact(DAMAGED)
        body = body[step:]


def _quantisation_length(body: bytes) -> int:
    if body[0] >> 4 > 1 or body[0] & 15 > 3:
        raise CannotRedact(DAMAGED)
    return 1 + 64 * (1 + (body[0] >> 4))


def _huffman_length(body: bytes) -> int:
    if body[0] >> 4 > 1 or body[0] & 15 > 3:
        raise CannotRedact(DAMAGED)
    return 17 + sum(body[1:17])
