"""What redaction reads of a JPEG, and a copy of it dressed in segments of our own.

Only what the decoder needs is kept; nothing of APPn or COM leaves this module but the orientation and the profile.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction.segments import (
    APP0,
    APP1,
    APP2,
    APP14,
    CODING,
    DAMAGED,
    DRI,
    FRAMES,
    KIND,
    PROGRESSIVE,
    SOS,
    Segment,
    check_tables,
    walk,
    wire,
)

MAX_PIXELS = 120_000_000
MAX_SCANS = 100

JFIF_BODY = b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
ADOBE_RGB_BODY = b"Adobe\0\x64\0\0\0\0\0"
ICC_HEAD = b"ICC_PROFILE\0"
ICC_CHUNK = 65_000
XMP_HEAD = b"http://ns.adobe.com/xap/1.0/\0"
MAX_BODY = 65_533

_XMP_ORIENTATION = re.compile(rb"tiff:Orientation(?:\s*=\s*[\"']|>)\s*([1-8])")

FOUR_INKS = "the JPEG is not in grey or RGB colours (CMYK, for instance): export it in RGB"
TOO_LARGE = f"the picture has more than {MAX_PIXELS // 1_000_000} megapixels: export a smaller copy"
UNFINISHED = "the progressive JPEG lacks some of its scans: export the picture again from the original"
SIDEWAYS = "the JPEG states its orientation oddly or twice: save it upright, then draw the boxes again"


@dataclass(frozen=True, slots=True)
class Jpeg:
    """What redaction knows of a JPEG.

    `size` and `mcu` are (width, height) in pixels of the stored frame; `factors` are the sampling factors (horizontal,
    vertical) of each component; `orientation` is Exif's, 1..8; `xmp_orientation` is XMP's or None; `profile` holds the
    ICC bytes where all chunks are there; `rgb` says the components are R, G, B rather than Y, Cb, Cr; `segments` are
    everything from the first table to the last scan, as views of the source, and `coding` is a copy of their bytes.
    """

    size: tuple[int, int]
    mcu: tuple[int, int]
    factors: tuple[tuple[int, int], ...]
    orientation: int
    xmp_orientation: int | None
    profile: bytes | None
    rgb: bool
    segments: tuple[Segment, ...]

    @property
    def coding(self) -> bytes:
        """Return the coding segments as they stand in a file, without SOI and EOI."""
        return b"".join(wire(self.segments))


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


def dress(
    coding: bytes | Sequence[Segment], orientation: int, profile: bytes | None, notice: bytes | None = None
) -> bytes:
    """Return a whole JPEG: SOI, our JFIF, our orientation segment unless it is 1, `notice`, `profile`, `coding`, EOI.

    `coding` is what `Jpeg.coding` or `Jpeg.segments` hold, `notice` an XMP packet. Raises CannotRedact where it is longer
    than a segment holds.
    """
    ours = [Segment(APP0, JFIF_BODY)]
    if orientation != 1:
        ours.append(Segment(APP1, orientation_body(orientation)))
    if notice is not None:
        ours.append(Segment(APP1, _notice_body(notice)))
    ours.extend(Segment(APP2, body) for body in _profile_bodies(profile or b""))
    coded = [coding] if isinstance(coding, bytes) else wire(coding)
    return b"".join([b"\xff\xd8", *wire(ours), *coded, b"\xff\xd9"])


def decodable(jpeg: Jpeg) -> bytes:
    """Return the smallest JPEG that decodes to the same pixels as the source: no metadata reaches the decoder."""
    colours = Segment(APP14, ADOBE_RGB_BODY) if jpeg.rgb else Segment(APP0, JFIF_BODY)
    return b"".join([b"\xff\xd8", *wire([colours, *jpeg.segments]), b"\xff\xd9"])


def orientation_body(orientation: int) -> bytes:
    """Return the fixed APP1 payload: big-endian Exif with the one entry Orientation (0x0112, SHORT)."""
    return b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0" + bytes([orientation]) + b"\0\0\0\0\0\0"


@dataclass(frozen=True, slots=True)
class _Frame:
    progressive: bool
    size: tuple[int, int]
    mcu: tuple[int, int]
    factors: tuple[tuple[int, int], ...]
    components: tuple[int, ...]


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
    """Note in `precision` how many low bits of each coefficient are still missing after this scan (-1: all)."""
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
    """Return Exif's orientation; 1 where there is none or where it is no number from 1 to 8, as viewers take it."""
    stated = {
        value
        for segment in segments
        if segment.marker == APP1 and segment.body.startswith(b"Exif\0\0")
        for value in _exif_orientations(segment.body[6:])
    }
    if len(stated) > 1:
        raise CannotRedact(SIDEWAYS)
    value = next(iter(stated), 1)
    return value if 1 <= value <= 8 else 1


def _exif_orientations(tiff: bytes) -> Iterator[int]:
    order: Literal["little", "big"] = "little" if tiff[:2] == b"II" else "big"
    if tiff[:4] not in {b"II*\0", b"MM\0*"}:
        return
    start = int.from_bytes(tiff[4:8], order)
    count = int.from_bytes(tiff[start : start + 2], order)
    for at in range(start + 2, min(start + 2 + 12 * count, len(tiff) - 11), 12):
        entry = tiff[at : at + 12]
        if int.from_bytes(entry[:2], order) == 0x0112:
            width = {3: 2, 4: 4}.get(int.from_bytes(entry[2:4], order))
            if width is None:
                # Programs differ in what they make of such a value, and so in where a box lies.
                raise CannotRedact(SIDEWAYS)
            yield int.from_bytes(entry[8 : 8 + width], order)


def _xmp_orientation(segments: tuple[Segment, ...]) -> int | None:
    for segment in segments:
        found = _XMP_ORIENTATION.search(segment.body) if segment.marker == APP1 else None
        if found:
            return int(found[1])
    return None


def _profile(segments: tuple[Segment, ...]) -> bytes | None:
    """Return the ICC profile; None where there is none or a chunk is missing, as viewers take it (ICC.1 annex B.4)."""
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
    """Guess the colour model as libjpeg does: JFIF means YCbCr, then Adobe's transform, then the component ids."""
    if len(frame.components) != 3:
        return False
    if any(s.marker == APP0 and s.body.startswith(b"JFIF\0") and len(s.body) >= 14 for s in segments):
        return False
    adobe = [s.body[11] for s in segments if s.marker == APP14 and s.body.startswith(b"Adobe") and len(s.body) >= 12]
    return adobe[-1] == 0 if adobe else frame.components == (0x52, 0x47, 0x42)
