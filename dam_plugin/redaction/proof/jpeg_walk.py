"""The prover's own strict walk of a JPEG (ITU-T T.81 annex B): every byte is accounted for, or the walk fails.

It shares no code with the writer: one mistake cannot both make a leak and hide it.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from dam_plugin.errors import NotProven
from dam_plugin.redaction.proof.allowed import MAX_PIXELS

MAX_SCANS = 100
MAX_PARTS = 20_000

EXIF = b"Exif\x00\x00"
XMP = b"http://ns.adobe.com/xap/1.0/\x00"
PROFILE = b"ICC_PROFILE\x00"
FRAMES = frozenset({0xC0, 0xC1, 0xC2})
CODING = FRAMES | {0xC4, 0xDA, 0xDB, 0xDD}

_STANDALONE = {0x01, *range(0xD0, 0xDA)}
_BEFORE_SEGMENT = re.compile(rb"\xff+([^\xff])", re.DOTALL)
_BEHIND_ENTROPY = re.compile(rb"\xff[^\x00\xd0-\xd7]", re.DOTALL)
_DECODED = CODING | {0xE0, 0xEE}
_TABLES = {0xC4, 0xDB, 0xDD}


@dataclass(frozen=True, slots=True)
class Part:
    """A marker segment: its marker, its payload and its place, with the entropy-coded data behind it."""

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
    """A JPEG from SOI to the first EOI; `end` is the offset behind it. Sizes are (width, height) in pixels.

    `factors` are the components' sampling factors (horizontal, vertical), `unit` the size of an MCU. A single
    component is coded block by block (T.81 A.2.2): its factors count as (1, 1), regardless of their values in the file.
    """

    parts: tuple[Part, ...]
    end: int
    size: tuple[int, int]
    factors: tuple[tuple[int, int], ...]

    @property
    def unit(self) -> tuple[int, int]:
        """Return (width, height) of the largest coding unit in pixels."""
        return 8 * max(h for h, _ in self.factors), 8 * max(v for _, v in self.factors)

    def bare(self, data: bytes) -> bytes:
        """Return the walked `data` with only what a decoder needs: tables, frame, scans, JFIF and Adobe segments."""
        kept = (data[part.start : part.end] for part in self.parts if part.marker in _DECODED)
        return b"".join([b"\xff\xd8", *kept, b"\xff\xd9"])

    def coding(self, data: bytes) -> bytes:
        """Return everything from the first coding segment of the walked `data` to the end of the last."""
        coded = [part for part in self.parts if part.marker in CODING]
        return data[coded[0].start : coded[-1].end]

    def with_longer_scan(self, more: int) -> Walked:
        """Return this JPEG as it would be if its last scan were longer by so many bytes without a marker."""
        at = max(index for index, part in enumerate(self.parts) if part.marker == 0xDA)
        scan = self.parts[at]
        behind = (replace(part, start=part.start + more, end=part.end + more) for part in self.parts[at + 1 :])
        parts = (*self.parts[:at], replace(scan, end=scan.end + more), *behind)
        return replace(self, parts=parts, end=self.end + more)

    def payloads(self, marker: int, head: bytes = b"") -> list[bytes]:
        """Return the payloads of the segments `marker` that begin with `head`."""
        return [part.payload for part in self.parts if part.marker == marker and part.payload.startswith(head)]

    def orientation(self) -> int:
        """Return the orientation by which viewers show the picture, 1..8; 1 if the file states no valid one.

        Viewers use the first Exif segment before the scans, if it has the standard's form. Raises NotProven if anything
        else that looks like Exif states another orientation: programs differ in what they read.
        """
        scans = min((part.start for part in self.parts if part.marker == 0xDA), default=self.end)
        blocks = [part for part in self.parts if part.marker == 0xE1 and b"exif\0" in part.payload[:9].lower()]
        claims = [
            claim for part in blocks for claim in _claims(part.payload[part.payload.lower().index(b"exif\0") + 6 :])
        ]
        shown = 1
        if blocks and blocks[0].start < scans and blocks[0].payload.startswith(EXIF):
            shown = next((value for first, value in _claims(blocks[0].payload[6:]) if first), 1)
        if not all(value == shown > 0 for _, value in claims):
            raise NotProven(["the orientation is stated oddly, or twice and differently"])
        return shown

    def profile(self) -> bytes:
        """Return the reassembled ICC profile; b"" if a chunk is missing or their count is wrong."""
        bodies = [payload for payload in self.payloads(0xE2, PROFILE) if len(payload) > 14]
        chunks = {payload[12]: payload[14:] for payload in bodies}
        if {payload[13] for payload in bodies} != {len(bodies)} or sorted(chunks) != list(range(1, len(bodies) + 1)):
            return b""
        return b"".join(chunks[number] for number in sorted(chunks))

    def coded_as_rgb(self) -> bool:
        """Whether decoders take the components for R, G, B.

        JFIF says no. Without JFIF Adobe's transform decides, or else the components' names.
        """
        if len(self.factors) != 3 or any(len(payload) >= 14 for payload in self.payloads(0xE0, b"JFIF\0")):
            return False
        adobe = [payload[11] for payload in self.payloads(0xEE, b"Adobe") if len(payload) >= 12]
        return adobe[-1] == 0 if adobe else _frame_of(self.parts)[6::3] == b"RGB"


def walk(data: bytes) -> Walked:
    """Walk `data` from SOI to the first EOI; raises NotProven at the first part that is out of place.

    Bytes behind that EOI are not judged: the caller compares `end` with the length.
    """
    if not data.startswith(b"\xff\xd8"):
        raise NotProven(["the file does not begin as a JPEG"])
    parts: list[Part] = []
    at, scans = 2, 0
    while True:
        at, marker = _next_marker(data, at)
        if marker == 0xD9:
            break
        start, payload = at - 2, _payload(data, at)
        at += 2 + len(payload)
        if marker == 0xDA:
            at += _entropy(data, at)
            scans += 1
        if scans > MAX_SCANS:
            raise NotProven([f"the file holds more than {MAX_SCANS} scans"])
        if len(parts) == MAX_PARTS:
            raise NotProven([f"the file holds more than {MAX_PARTS} segments"])
        parts.append(Part(marker, payload, start, at))
    size, factors = _shape(parts)
    return Walked(tuple(parts), at, size, factors)


def untidy(walked: Walked) -> Iterator[str]:
    """Yield the faults inside the coding segments: lengths that leave room, scans that repeat or are missing."""
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


def _frame_of(parts: tuple[Part, ...] | list[Part]) -> bytes:
    frames = [part.payload for part in parts if part.marker in FRAMES]
    if len(frames) != 1:
        raise NotProven(["the file does not hold exactly one Huffman-coded frame"])
    return frames[0]


def _shape(parts: list[Part]) -> tuple[tuple[int, int], tuple[tuple[int, int], ...]]:
    """Return (width, height) of the picture in pixels, and the components' sampling factors."""
    frame = _frame_of(parts)
    if len(frame) not in {9, 15} or len(frame) != 6 + 3 * frame[5] or frame[0] != 8:
        raise NotProven(["the frame is not one of 8 bits in grey or three colours"])
    height, width = struct.unpack(">HH", frame[1:5])
    factors = tuple((sampling >> 4, sampling & 15) for sampling in frame[7::3])
    if not (width and height and all(1 <= h <= 4 and 1 <= v <= 4 for h, v in factors)):
        raise NotProven(["the frame has no size"])
    if width * height > MAX_PIXELS:
        raise NotProven([f"the frame has more than {MAX_PIXELS // 1_000_000} megapixels"])
    return (width, height), factors if len(factors) > 1 else ((1, 1),)


def _fits(payload: bytes, length: Callable[[bytes], int]) -> bool:
    at = 0
    while at < len(payload):
        at += length(payload[at : at + 17])
    return at == len(payload) > 0


def _scans(walked: Walked) -> Iterator[str]:
    """Yield a failure for each scan that sends a coefficient again or out of turn: another picture could be hidden in it."""
    kinds = [part.marker for part in walked.parts]
    frame_at = next(index for index, kind in enumerate(kinds) if kind in FRAMES)
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


def _claims(tiff: bytes) -> Iterator[tuple[bool, int]]:
    """Yield each orientation of a TIFF block, and whether it is in the first directory; 0 means that it is unclear.

    A single SHORT is clear (one outside of 1..8 counts as 1), and so is a LONG of 1. Any block that is not TIFF 6.0 is
    unclear.
    """
    sign = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if sign is None or len(tiff) < 8:
        return
    number, directory = struct.unpack_from(sign + "HI", tiff, 2)
    if number != 42:
        yield False, 0
        return
    below = []
    for tag, field in _directory(tiff, directory, sign):
        if tag == 0x8769:
            below.append(struct.unpack(sign + "I", field[8:])[0])
        elif tag == 0x0112:
            yield True, _meaning(field, sign)
    if len(below) > 1:
        yield False, 0
    for place in below[:1]:
        yield from ((False, _meaning(field, sign)) for tag, field in _directory(tiff, place, sign) if tag == 0x0112)


def _directory(tiff: bytes, at: int, sign: str) -> Iterator[tuple[int, bytes]]:
    if at + 2 > len(tiff):
        return
    (entries,) = struct.unpack_from(sign + "H", tiff, at)
    for place in range(at + 2, at + 2 + 12 * entries, 12):
        field = tiff[place : place + 12]
        if len(field) < 12:
            return
        yield struct.unpack_from(sign + "H", field)[0], field


def _meaning(field: bytes, sign: str) -> int:
    kind, count, short = struct.unpack_from(sign + "HIH", field, 2)
    if (kind, count) == (3, 1):
        return short if short in range(1, 9) else 1
    return int((kind, count, *struct.unpack(sign + "I", field[8:])) == (4, 1, 1))
