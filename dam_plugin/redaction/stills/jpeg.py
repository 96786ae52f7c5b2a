"""Reads a JPEG strictly for the writer (ITU-T T.81), and builds a copy of it with segments of our own.

It walks the segments from SOI to the first EOI and keeps only those that the decoder needs. Of APPn and COM segments,
only the orientation and the colour profile are read. The prover walks files with code of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from dam_plugin.errors import CannotRedact
from dam_tagging.metadata.containers.blocks import Damaged
from dam_tagging.metadata.fields import xmp

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
"""Most restart markers in one scan: more than the largest accepted picture has MCUs."""
MAX_PIXELS = 120_000_000
MAX_SCANS = 100
JFIF_BODY = b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
ADOBE_RGB_BODY = b"Adobe\0\x64\0\0\0\0\0"
ICC_HEAD = b"ICC_PROFILE\0"
ICC_CHUNK = 65_000
EXIF_HEAD = b"Exif\0\0"
XMP_HEAD = b"http://ns.adobe.com/xap/1.0/\0"
MAX_BODY = 65_533
FOUR_INKS = "the JPEG is not in grey or RGB colours (CMYK, for instance): export it in RGB"
TOO_LARGE = f"the picture has more than {MAX_PIXELS // 1_000_000} megapixels: export a smaller copy"
UNFINISHED = "the progressive JPEG lacks some of its scans: export the picture again from the original"
SIDEWAYS = "the JPEG states its orientation oddly or twice: save it upright, then draw the boxes again"

_MARKER = re.compile(rb"\xff+([^\xff])", re.DOTALL)
_IN_SCAN = re.compile(rb"\xff(?!\x00)")
_ORIENTATION, _EXIF_DIRECTORY = 0x0112, 0x8769
_SHORT, _LONG = 3, 4
_LIKE_EXIF = re.compile(rb".{0,4}?exif\0.", re.DOTALL | re.IGNORECASE)
"""The beginning of anything that a program takes for an Exif segment: exiftool ignores up to four bytes before it, and
every program ignores the last byte."""
_XMP_ORIENTATION = re.compile(rb"tiff:Orientation(?:\s*=\s*[\"']|>)\s*([1-8])")


@dataclass(frozen=True, slots=True)
class Segment:
    """One marker segment: its payload without the length, and the entropy-coded data that follows an SOS.

    `scan` is a view of the walked file and keeps that file in memory. `restarts` are the numbers 0..7 of the scan's RST
    markers, in order.
    """

    marker: int
    body: bytes
    scan: memoryview | bytes = b""
    restarts: bytes = b""


@dataclass(frozen=True, slots=True)
class Jpeg:
    """The facts of a JPEG that redaction needs.

    `size` and `mcu` are (width, height) in pixels of the stored frame. `factors` are the sampling factors (horizontal,
    vertical) of each component. `orientation` is Exif's, 1..8; `xmp_orientation` is XMP's or None. `profile` holds the
    ICC bytes if all their chunks are there. `rgb`: the components are R, G, B rather than Y, Cb, Cr. `segments` are
    everything from the first table to the last scan, as views of the source.
    """

    size: tuple[int, int]
    mcu: tuple[int, int]
    factors: tuple[tuple[int, int], ...]
    orientation: int
    xmp_orientation: int | None
    profile: bytes | None
    rgb: bool
    segments: tuple[Segment, ...]


def walk(source: bytes) -> Iterator[Segment]:
    """Yield every segment before the first EOI, without fill bytes; raises CannotRedact if the file can be read in two ways."""
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
    """Yield the bytes of the segments in pieces: marker, length and payload, then the scan as a view."""
    for segment in segments:
        length = len(segment.body) + 2
        yield bytes([0xFF, segment.marker]) + length.to_bytes(2, "big") + segment.body
        yield segment.scan


def check_tables(parts: tuple[Segment, ...]) -> None:
    """Check that every table has its exact length, so that nothing can hide behind it."""
    for segment in parts:
        if segment.marker == DQT:
            _check_entries(segment.body, _quantisation_length)
        elif segment.marker == DHT:
            _check_entries(segment.body, _huffman_length)
        elif segment.marker == DRI and len(segment.body) != 2:
            raise CannotRedact(DAMAGED)


def read(source: bytes) -> Jpeg:
    """Walk `source` to its first EOI and return what redaction needs; raises CannotRedact with the remedy."""
    segments = tuple(walk(source))
    frame = _frame(segments)
    check_tables(segments)
    _check_scans(segments, frame)
    return Jpeg(
        size=frame.size,
        mcu=frame.mcu,
        factors=frame.factors,
        orientation=_orientation(segments),
        xmp_orientation=_xmp_orientation(segments),
        profile=_profile(segments),
        rgb=_is_rgb(segments, frame),
        segments=tuple(s for s in segments if s.marker in CODING),
    )


def dress(coding: Sequence[Segment], orientation: int, profile: bytes | None, notice: bytes | None = None) -> bytes:
    """Return a whole JPEG: SOI, our JFIF, our orientation segment unless it is 1, `notice`, `profile`, `coding`, EOI.

    `coding` are a `Jpeg`'s `segments`, `notice` is an XMP packet. Raises CannotRedact if the notice does not fit in a
    segment.
    """
    return b"".join(dressed(coding, orientation, profile, notice))


def dressed(
    coding: Sequence[Segment], orientation: int, profile: bytes | None, notice: bytes | None = None
) -> list[bytes | memoryview]:
    """Return the result of `dress` in pieces; the scans are views of their source."""
    ours = [Segment(APP0, JFIF_BODY)]
    if orientation != 1:
        ours.append(Segment(APP1, orientation_body(orientation)))
    if notice is not None:
        ours.append(Segment(APP1, _notice_body(notice)))
    ours.extend(Segment(APP2, body) for body in _profile_bodies(profile or b""))
    return [b"\xff\xd8", *wire(ours), *wire(coding), b"\xff\xd9"]


def with_notice(source: bytes, notice: bytes) -> bytes:
    """Return another program's JPEG with an XMP packet at the place where a copy has it: behind JFIF and Exif.

    Does not check that `source` is a JPEG. Raises CannotRedact if the packet does not fit in a segment.
    """
    at = 2
    while source.startswith((b"\xff\xe0", b"\xff\xe1"), at):
        at += 2 + int.from_bytes(source[at + 2 : at + 4])
    return b"".join([source[:at], *wire([Segment(APP1, _notice_body(notice))]), source[at:]])


def decodable(jpeg: Jpeg) -> bytes:
    """Return the source without metadata: the smallest JPEG that decodes to the same pixels."""
    colours = Segment(APP14, ADOBE_RGB_BODY) if jpeg.rgb else Segment(APP0, JFIF_BODY)
    return b"".join([b"\xff\xd8", *wire([colours, *jpeg.segments]), b"\xff\xd9"])


def orientation_body(orientation: int) -> bytes:
    """Return the fixed APP1 payload: big-endian Exif with the one entry Orientation (0x0112, SHORT)."""
    return EXIF_HEAD + b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0" + bytes([orientation]) + b"\0\0\0\0\0\0"


@dataclass(frozen=True, slots=True)
class _Frame:
    progressive: bool
    size: tuple[int, int]
    mcu: tuple[int, int]
    factors: tuple[tuple[int, int], ...]
    components: tuple[int, ...]


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


def _frame(segments: tuple[Segment, ...]) -> _Frame:
    frames = [index for index, segment in enumerate(segments) if segment.marker in FRAMES]
    scans = [index for index, segment in enumerate(segments) if segment.marker == SOS]
    if len(frames) != 1 or not scans or scans[0] < frames[0]:
        raise CannotRedact(DAMAGED)
    if len(scans) > MAX_SCANS:
        raise CannotRedact(f"the JPEG has more than {MAX_SCANS} scans: export the picture again from the original")
    segment = segments[frames[0]]
    body = segment.body
    if len(body) < 6 or len(body) != 6 + 3 * body[5]:
        raise CannotRedact(DAMAGED)
    if body[0] != 8:
        raise CannotRedact(KIND)
    if body[5] not in {1, 3}:
        raise CannotRedact(FOUR_INKS)
    height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    factors = tuple((body[at] >> 4, body[at] & 15) for at in range(7, len(body), 3))
    components = tuple(body[6::3])
    if not height or not width or len(set(components)) != len(components):
        raise CannotRedact(DAMAGED)
    if not all(1 <= h <= 4 and 1 <= v <= 4 for h, v in factors):
        raise CannotRedact(DAMAGED)
    if width * height > MAX_PIXELS:
        raise CannotRedact(TOO_LARGE)
    if len(factors) == 1:
        # A scan of one component codes block by block, whatever its factors say (T.81 A.2.2).
        factors = ((1, 1),)
    mcu = (8 * max(h for h, _ in factors), 8 * max(v for _, v in factors))
    return _Frame(segment.marker == PROGRESSIVE, (width, height), mcu, factors, components)


def _check_scans(segments: tuple[Segment, ...], frame: _Frame) -> None:
    """Refuse scans that repeat, contradict or leave out coefficients.

    libjpeg smooths an unfinished progressive picture over neighbouring blocks, which would carry what is inside a box
    to its outside.
    """
    precision = {component: [-1] * 64 for component in frame.components}
    interval = False
    for segment in segments:
        if segment.marker == DRI:
            interval = any(segment.body)
        elif segment.marker == SOS:
            _check_restarts(segment.restarts, interval)
            _take_scan(segment.body, frame, precision)
    if any(bits != 0 for levels in precision.values() for bits in levels):
        raise CannotRedact(UNFINISHED if frame.progressive else DAMAGED)


def _check_restarts(restarts: bytes, interval: bool) -> None:
    if (restarts and not interval) or any(number != index % 8 for index, number in enumerate(restarts)):
        raise CannotRedact(DAMAGED)


def _take_scan(body: bytes, frame: _Frame, precision: dict[int, list[int]]) -> None:
    """Set in `precision` how many low bits of each coefficient are still missing after this scan (-1: all)."""
    count = body[0] if body else 0
    if not 1 <= count <= len(frame.components) or len(body) != 4 + 2 * count:
        raise CannotRedact(DAMAGED)
    names = body[1 : 1 + 2 * count : 2]
    first, last, high, low = body[-3], body[-2], body[-1] >> 4, body[-1] & 15
    if len(set(names)) != count or not set(names) <= set(frame.components):
        raise CannotRedact(DAMAGED)
    if not frame.progressive and (first, last, high, low) != (0, 63, 0, 0):
        raise CannotRedact(DAMAGED)
    if frame.progressive and (last > 63 or first > last or (first == 0 and last != 0) or (first and count > 1)):
        raise CannotRedact(DAMAGED)
    for name in names:
        for k in range(first, last + 1):
            before = precision[name][k]
            if before != (high or -1) or (high and low != high - 1):
                raise CannotRedact(DAMAGED)
            precision[name][k] = low


def _orientation(segments: tuple[Segment, ...]) -> int:
    """Return Exif's orientation; 1 if there is none or if it is no number from 1 to 8, as viewers do.

    All programs read the first Exif segment if it comes before the scans and begins as the standard says. Some programs
    read other Exif segments too. These must state the same orientation: otherwise a box may lie elsewhere than it was
    drawn.
    """
    first_scan = next(at for at, segment in enumerate(segments) if segment.marker == SOS)
    blocks = [
        (at < first_scan and head[0] == EXIF_HEAD, *_stated(segment.body[head.end() :]))
        for at, segment in enumerate(segments)
        if segment.marker == APP1 and (head := _LIKE_EXIF.match(segment.body))
    ]
    shown = (blocks[0][1] if blocks and blocks[0][0] else set()) or {1}
    if len(shown) > 1 or not all(stated | others <= shown for _, stated, others in blocks):
        raise CannotRedact(SIDEWAYS)
    return next(iter(shown))


def _stated(tiff: bytes) -> tuple[set[int], set[int]]:
    """Return the orientations that a TIFF block states in its first directory and in its Exif directory.

    Raises CannotRedact for unusual ones. Also raises it for blocks with another version number (BigTIFF, makers' own
    formats), since some programs read those.
    """
    if tiff[:2] not in {b"II", b"MM"}:
        return set(), set()
    order: Literal["little", "big"] = "little" if tiff[:2] == b"II" else "big"
    if int.from_bytes(tiff[2:4], order) != 42:
        raise CannotRedact(SIDEWAYS)
    fields = list(_fields(tiff, int.from_bytes(tiff[4:8], order), order))
    below = [int.from_bytes(entry[8:], order) for tag, entry in fields if tag == _EXIF_DIRECTORY]
    if len(below) > 1:
        raise CannotRedact(SIDEWAYS)
    stated = {_turn(entry, order) for tag, entry in fields if tag == _ORIENTATION}
    others = {_turn(entry, order) for at in below for tag, entry in _fields(tiff, at, order) if tag == _ORIENTATION}
    return stated, others


def _fields(tiff: bytes, start: int, order: Literal["little", "big"]) -> Iterator[tuple[int, bytes]]:
    """Yield tag and entry (12 bytes) of each field of a directory, as far as the block goes (TIFF 6.0, section 2)."""
    count = int.from_bytes(tiff[start : start + 2], order)
    for at in range(start + 2, min(start + 2 + 12 * count, len(tiff) - 11), 12):
        yield int.from_bytes(tiff[at : at + 2], order), tiff[at : at + 12]


def _turn(entry: bytes, order: Literal["little", "big"]) -> int:
    """Return the orientation of a field: one SHORT. Browsers ignore a LONG, so a LONG may only be 1."""
    form = int.from_bytes(entry[2:4], order), int.from_bytes(entry[4:8], order)
    if form == (_SHORT, 1):
        value = int.from_bytes(entry[8:10], order)
        return value if 1 <= value <= 8 else 1
    if form == (_LONG, 1) and int.from_bytes(entry[8:], order) == 1:
        return 1
    raise CannotRedact(SIDEWAYS)


def _xmp_orientation(segments: tuple[Segment, ...]) -> int | None:
    """Return the orientation in XMP of the picture itself: a packet may also describe the pictures it was made from."""
    for segment in segments:
        if segment.marker == APP1 and segment.body.startswith(XMP_HEAD) and b"Orientation" in segment.body:
            told = _told_in(segment.body[len(XMP_HEAD) :]).strip()
            if re.fullmatch("[1-8]", told):
                return int(told)
    return None


def _told_in(packet: bytes) -> str:
    try:
        return xmp.first(xmp.parse(packet).get("tiff:Orientation"))
    except Damaged:
        # Some programs look only for these letters.
        found = _XMP_ORIENTATION.search(packet)
        return found[1].decode() if found else ""


def _profile(segments: tuple[Segment, ...]) -> bytes | None:
    """Return the ICC profile; None if there is none or a chunk is missing, as viewers do (ICC.1 annex B.4)."""
    chunks = [s.body for s in segments if s.marker == APP2 and s.body.startswith(ICC_HEAD) and len(s.body) > 14]
    chunks.sort(key=lambda body: body[12])
    if any((body[12], body[13]) != (index, len(chunks)) for index, body in enumerate(chunks, 1)):
        return None
    return b"".join(body[14:] for body in chunks) or None


def _notice_body(packet: bytes) -> bytes:
    body = XMP_HEAD + packet
    if len(body) > MAX_BODY:
        raise CannotRedact("the notice is longer than a JPEG can carry (64 kB): shorten it in the settings")
    return body


def _profile_bodies(profile: bytes) -> Iterator[bytes]:
    total = -(-len(profile) // ICC_CHUNK)
    for index in range(total):
        yield ICC_HEAD + bytes([index + 1, total]) + profile[index * ICC_CHUNK : (index + 1) * ICC_CHUNK]


def _is_rgb(segments: tuple[Segment, ...], frame: _Frame) -> bool:
    """Return whether the components are R, G, B, by libjpeg's rule.

    JFIF means YCbCr; else Adobe's transform decides, else the component ids.
    """
    if len(frame.components) != 3:
        return False
    if any(s.marker == APP0 and s.body.startswith(b"JFIF\0") and len(s.body) >= 14 for s in segments):
        return False
    adobe = [s.body[11] for s in segments if s.marker == APP14 and s.body.startswith(b"Adobe") and len(s.body) >= 12]
    return adobe[-1] == 0 if adobe else frame.components == (0x52, 0x47, 0x42)
