"""The writer's strict walk over the segments of a JPEG (ITU-T T.81 annex B), from SOI to the first EOI.

What the segments mean is `jpeg`'s. The prover walks files with code of its own and imports nothing from here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from dam_plugin.errors import CannotRedact

SOI, EOI, SOS, DQT, DHT, DRI, COM = 0xD8, 0xD9, 0xDA, 0xDB, 0xC4, 0xDD, 0xFE
APP0, APP1, APP2, APP14, APP15 = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF
PROGRESSIVE = 0xC2
FRAMES = frozenset({0xC0, 0xC1, PROGRESSIVE})
CODING = FRAMES | {SOS, DQT, DHT, DRI}

NOT_A_JPEG = "the file is not a JPEG: export it again as one"
DAMAGED = "the JPEG is damaged or cut short: export the picture again from the original"
KIND = "this kind of JPEG (arithmetic, lossless, hierarchical or 12-bit) is not taken: export it as an ordinary JPEG"

MAX_SEGMENTS = 20_000
MAX_RESTARTS = 2_000_000
"""In one scan: more than the MCUs of the largest picture that is taken."""

_MARKER = re.compile(rb"\xff+([^\xff])", re.DOTALL)
_IN_SCAN = re.compile(rb"\xff(?!\x00)")


@dataclass(frozen=True, slots=True)
class Segment:
    """One marker segment: its payload without the length, and the entropy-coded data that follows an SOS.

    `scan` is a view of the walked file, which it keeps in memory; `restarts` are the numbers 0..7 of the RST markers
    in it, in order.
    """

    marker: int
    body: bytes
    scan: memoryview | bytes = b""
    restarts: bytes = b""


def walk(source: bytes) -> Iterator[Segment]:
    """Yield every segment before the first EOI, fill bytes dropped; raises CannotRedact where the walk is unclear."""
    if source[:2] != b"\xff\xd8":
        raise CannotRedact(NOT_A_JPEG)
    position = 2
    for _ in range(MAX_SEGMENTS):
        marker, position = _marker(source, position)
        if marker == EOI:
            return
        if marker not in CODING and not (APP0 <= marker <= APP15 or marker == COM):
            raise CannotRedact(DAMAGED if marker in {0x00, 0x01, SOI} or 0xD0 <= marker <= 0xD7 else KIND)
        body, position = _body(source, position)
        if marker == SOS:
            end, restarts = _scan(source, position)
            yield Segment(marker, body, memoryview(source)[position:end], restarts)
            position = end
        else:
            yield Segment(marker, body)
    raise CannotRedact(DAMAGED)


def wire(segments: Iterable[Segment]) -> Iterator[bytes | memoryview]:
    """Yield the pieces of the segments as they stand in a file: marker, length and payload, then the scan uncopied."""
    for segment in segments:
        length = len(segment.body) + 2
        yield bytes([0xFF, segment.marker]) + length.to_bytes(2, "big") + segment.body
        yield segment.scan


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


def _scan(source: bytes, position: int) -> tuple[int, bytes]:
    """Return where the entropy-coded data ends, and the numbers of its RST markers."""
    restarts = bytearray()
    for found in _IN_SCAN.finditer(source, position):
        at = found.start()
        marker = source[at + 1 : at + 2]
        if not b"\xd0" <= marker <= b"\xd7":
            if at == position:
                break
            return at, bytes(restarts)
        if len(restarts) == MAX_RESTARTS:
            break
        restarts.append(marker[0] - 0xD0)
    raise CannotRedact(DAMAGED)


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
