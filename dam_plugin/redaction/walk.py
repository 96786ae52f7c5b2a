"""The prover's own strict walk of a JPEG (ITU-T T.81 annex B): every byte is accounted for or the walk fails.

It shares no code with the writer, so that one mistake cannot make a leak and hide it as well.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dam_plugin.errors import NotProven

MAX_PIXELS = 120_000_000

EXIF = b"Exif\x00\x00"
PROFILE = b"ICC_PROFILE\x00"

_STANDALONE = {0x01, *range(0xD0, 0xDA)}
_BEFORE_SEGMENT = re.compile(rb"\xff+([^\xff])", re.DOTALL)
_BEHIND_ENTROPY = re.compile(rb"\xff[^\x00\xd0-\xd7]", re.DOTALL)
_DECODED = {0xC0, 0xC1, 0xC2, 0xC4, 0xDA, 0xDB, 0xDD, 0xE0, 0xEE}
_TABLES = {0xC4, 0xDB, 0xDD}


@dataclass(frozen=True, slots=True)
class Part:
    """A marker segment: its marker, its payload, and where it stands, with the entropy-coded data behind it."""

    marker: int
    payload: bytes
    start: int
    end: int

    @property
    def name(self) -> str:
        """Return the marker as the standard names it."""
        if 0xE0 <= self.marker <= 0xEF:
            return f"APP{self.marker - 0xE0}"
        named = {0xC4: "DHT", 0xDA: "SOS", 0xDB: "DQT", 0xDD: "DRI", 0xFE: "COM"}
        return named.get(self.marker, f"0x{self.marker:02X}")


@dataclass(frozen=True, slots=True)
class Walked:
    """A JPEG from SOI to the first EOI; `end` is the offset behind it. Sizes are (width, height) in pixels."""

    parts: tuple[Part, ...]
    end: int
    size: tuple[int, int]
    unit: tuple[int, int]

    def bare(self, data: bytes) -> bytes:
        """Return the walked `data` with only what a decoder needs: tables, frame, scans, JFIF and Adobe segments."""
        kept = (data[part.start : part.end] for part in self.parts if part.marker in _DECODED)
        return b"".join([b"\xff\xd8", *kept, b"\xff\xd9"])

    def orientation(self) -> int:
        """Return Exif's orientation, 1..8; 1 where the file states none that is valid."""
        for part in self.parts:
            if part.marker == 0xE1 and part.payload.startswith(EXIF):
                found = next(_orientations(part.payload[6:]), 1)
                return found if found in range(1, 9) else 1
        return 1

    def profile(self) -> bytes:
        """Return the reassembled ICC profile, or nothing where a chunk is missing or out of count."""
        chunks: dict[int, bytes] = {}
        counts: set[int] = set()
        seen = 0
        for part in self.parts:
            if part.marker == 0xE2 and part.payload.startswith(PROFILE) and len(part.payload) > 14:
                number, count = part.payload[12:14]
                chunks[number] = part.payload[14:]
                counts.add(count)
                seen += 1
        if counts != {seen} or sorted(chunks) != list(range(1, seen + 1)):
            return b""
        return b"".join(chunks[number] for number in sorted(chunks))


def walk(data: bytes) -> Walked:
    """Walk `data` from SOI to the first EOI; raises NotProven with the first thing that is out of place.

    What stands behind that EOI is not judged here: compare `end` with the length.
    """
    if not data.startswith(b"\xff\xd8"):
        raise NotProven(["the file does not begin as a JPEG"])
    parts: list[Part] = []
    at = 2
    while True:
        at, marker = _next_marker(data, at)
        if marker == 0xD9:
            break
        start, payload = at - 2, _payload(data, at)
        at += 2 + len(payload)
        at += _entropy(data, at) if marker == 0xDA else 0
        parts.append(Part(marker, payload, start, at))
    size, unit = _frame(parts)
    return Walked(tuple(parts), at, size, unit)


def untidy(walked: Walked) -> Iterator[str]:
    """Yield what is wrong inside the coding segments of a released file: lengths that leave room, scans that repeat."""
    for part in walked.parts:
        if part.marker == 0xDB and not _fits(part.payload, lambda head: 65 + 64 * (head[0] >> 4)):
            yield "a quantisation table has the wrong length"
        if part.marker == 0xC4 and not _fits(part.payload, lambda head: 17 + sum(head[1:17])):
            yield "a Huffman table has the wrong length"
        if part.marker == 0xDD and len(part.payload) != 2:
            yield "the restart interval has the wrong length"
    if sum(len(part.payload) for part in walked.parts if part.marker in _TABLES) > 1 << 15:
        yield "the coding tables are larger than any picture needs"
    yield from _scans(walked)


def _next_marker(data: bytes, at: int) -> tuple[int, int]:
    found = _BEFORE_SEGMENT.match(data, at)
    if found is None:
        raise NotProven([f"no marker stands at byte {at}, where one must"])
    marker = found[1][0]
    if marker == 0 or (marker in _STANDALONE and marker != 0xD9):
        raise NotProven([f"marker 0x{marker:02X} stands where it must not, before byte {found.end()}"])
    return found.end(), marker


def _payload(data: bytes, at: int) -> bytes:
    try:
        (length,) = struct.unpack_from(">H", data, at)
    except struct.error:
        raise NotProven(["the file ends inside a segment's length"]) from None
    if length < 2 or at + length > len(data):
        raise NotProven([f"the segment at byte {at} has an impossible length"])
    return data[at + 2 : at + length]


def _entropy(data: bytes, at: int) -> int:
    behind = _BEHIND_ENTROPY.search(data, at)
    if behind is None:
        raise NotProven(["the file ends inside a scan"])
    if behind.start() == at:
        raise NotProven(["a scan holds no data"])
    return behind.start() - at


def _frame(parts: list[Part]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return (width, height) of the picture and of its largest coding unit, in pixels."""
    frames = [part.payload for part in parts if part.marker in {0xC0, 0xC1, 0xC2}]
    if len(frames) != 1:
        raise NotProven(["the file does not hold exactly one Huffman-coded frame"])
    (frame,) = frames
    if len(frame) not in {9, 15} or len(frame) != 6 + 3 * frame[5] or frame[0] != 8:
        raise NotProven(["the frame is not one of 8 bits in grey or three colours"])
    height, width = struct.unpack(">HH", frame[1:5])
    sampling = frame[7::3]
    horizontal, vertical = max(s >> 4 for s in sampling), max(s & 15 for s in sampling)
    if not (width and height and horizontal and vertical):
        raise NotProven(["the frame has no size"])
    if width * height > MAX_PIXELS:
        raise NotProven([f"the frame has more than {MAX_PIXELS // 1_000_000} megapixels"])
    return (width, height), (8 * horizontal, 8 * vertical)


def _fits(payload: bytes, length: Callable[[bytes], int]) -> bool:
    at = 0
    while at < len(payload):
        at += length(payload[at : at + 17])
    return at == len(payload) > 0


def _scans(walked: Walked) -> Iterator[str]:
    """Yield a failure for each scan that sends a coefficient again or out of turn: an older picture could lie below."""
    kinds = [part.marker for part in walked.parts]
    frame_at = next(index for index, kind in enumerate(kinds) if kind in {0xC0, 0xC1, 0xC2})
    names = walked.parts[frame_at].payload[6::3]
    left = {(name, k): -1 for name in names for k in range(64)}
    for part in walked.parts[:frame_at]:
        if part.marker == 0xDA:
            yield "a scan stands before the frame"
    for part in walked.parts:
        if part.marker == 0xDA and not _take(part.payload, kinds[frame_at] == 0xC2, left):
            yield "a scan is malformed, or sends a coefficient again"
    if any(left.values()):
        yield "some coefficients were never sent in full"


def _take(header: bytes, progressive: bool, left: dict[tuple[int, int], int]) -> bool:
    if not header or len(header) != 4 + 2 * header[0]:
        return False
    low, high, approximation = header[-3:]
    before, after = approximation >> 4 or -1, approximation & 15
    if high > 63 or low > high or (not progressive and (low, high, approximation) != (0, 63, 0)):
        return False
    sent = [(name, k) for name in header[1:-3:2] for k in range(low, high + 1)]
    if not sent or len(set(sent)) != len(sent) or any(left.get(key) != before for key in sent):
        return False
    left.update(dict.fromkeys(sent, after))
    return before == -1 or after == before - 1


def _orientations(tiff: bytes) -> Iterator[int]:
    if tiff[:4] not in {b"II\x2a\x00", b"MM\x00\x2a"} or len(tiff) < 8:
        return
    sign = "<" if tiff[0] == 0x49 else ">"
    try:
        (directory,) = struct.unpack_from(sign + "I", tiff, 4)
        (entries,) = struct.unpack_from(sign + "H", tiff, directory)
        for index in range(entries):
            at = directory + 2 + 12 * index
            tag, kind, _, short = struct.unpack_from(sign + "HHIH", tiff, at)
            if tag == 0x0112:
                yield {1: tiff[at + 8], 3: short}.get(kind, struct.unpack_from(sign + "I", tiff, at + 8)[0])
    except struct.error:
        return
