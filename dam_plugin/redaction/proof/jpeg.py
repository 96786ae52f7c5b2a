"""Proves the copy of a JPEG: it holds nothing but the picture, boxes are empty, every other coefficient is the source's.

The writer codes a picture in only one way: one baseline scan with the standard's own tables. So the required bytes of a
copy are known. The prover makes them from the source, with its own code and geometry, and compares. If the order hides no
person, the source's own coding may stay, provided that it has room only for the picture (`own_coding`).
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from dam_plugin.redaction.allowed_metadata import packet
from dam_plugin.redaction.libturbojpeg import OPTIMISE, PROGRESSIVE
from dam_plugin.redaction.model import BLEED, Notice, Order, PixelBox
from dam_plugin.redaction.proof import coefficients, compare_pixels, names_absent, own_coding
from dam_plugin.redaction.proof.allowed import is_known
from dam_plugin.redaction.proof.hidden_boxes import Box, check_crop, hidden_boxes
from dam_plugin.redaction.proof.jpeg_walk import CODING, EXIF, PROFILE, XMP, Part, Walked, untidy, walk
from dam_plugin.redaction.proof.verdict import Report, counted

JFIF = b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
ORIENTATIONS = {
    bytes.fromhex(f"457869660000 4d4d002a00000008 0001 0112000300000001 {value:04x}0000 00000000"): value
    for value in range(2, 9)
}
"""The only Exif payloads that a copy may hold: one big-endian entry, Orientation, 2 to 8."""
ORDINARY = frozenset({"11", "111111", "211111", "121111", "221111", "411111", "222121", "221212"})
"""Sampling factors with which a copy keeps coefficients. A picture with other factors is written afresh."""
AS_IT_WAS = "orientation, profile, size and coding are the source's, the coding byte for byte"
NEEDED = "the picture needs every byte of the coding"
BLOCK = 8
"""The side of a block, in pixels, of a JPEG that is written afresh. Such a JPEG has no chroma subsampling."""
BEFORE = f"{NEEDED}, as was proven of these bytes before"
NOT_IN_SCAN = "not in the coded picture"
NOT_ONE_SCAN = "the source is not one baseline frame with one scan"

_SCAN = 0xDA
_END = b"\xff\xd9"
_STAND_IN = b"\0"
_PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Seen:
    """The files that a proof read: sha256, bytes and CRC-32 of the copy, and the sha256 of the source.

    `is_last`: the proof did not read the copy again after measuring it.
    """

    sha256: str
    size: int
    crc: int
    source: str
    is_last: bool


def prove_jpeg(
    report: Report,
    released: bytes,
    source: bytes,
    order: Order,
    crop: PixelBox | None,
    *,
    turbojpeg: Path | None = None,
) -> None:
    """Check that `released` is exactly the JPEG `source`, with everybody of `order` hidden or cut to `crop`.

    `turbojpeg` is the path of libturbojpeg, if it was set, here and below.
    """
    copy = container(report, released, order)
    original = report.attempt(lambda: walk(source), "the source")
    if copy is None or original is None:
        return
    if not report.check("orientation and colour profile are the source's", _same(copy, original)):
        return
    afresh = not _keeps_coefficients(original)
    boxes = report.attempt(
        lambda: hidden_boxes(
            order,
            original.size,
            original.orientation(),
            grid=original.unit,
            bleed=BLEED if afresh else 0,
            out_to=BLOCK if afresh else 1,
        )
    )
    if boxes is None:
        return
    if crop is not None:
        if not report.check("the crop shows nobody to hide", check_crop(crop, boxes, original.size, original.unit)):
            return
        boxes = []
    size = original.size if crop is None else (crop.right - crop.left, crop.bottom - crop.top)
    if not report.check("the size is the source's, or the crop's", _sized(copy, size)):
        return
    is_same = own_coding.is_same(copy, released, original, source)
    as_it_was = not order.hide and crop is None and not any(strays(copy, original, order, is_same=is_same))
    if as_it_was and not any(own_coding.room(copy, lambda: bytearray(released), order.secrets, turbojpeg)):
        report.check(AS_IT_WAS, ())
        report.check(NEEDED, ())
        return
    prove = _afresh if afresh else _kept
    prove(report, (copy, released), (original, source), boxes, crop, turbojpeg)


def container(report: Report, released: bytes, order: Order, *, where_not: str = "") -> Walked | None:
    """Check everything in a JPEG copy but its picture, and return its contents; None if it cannot be walked.

    `only_form`, or comparing with the source, finds what is hidden in the coding itself. `where_not` names the part of
    the copy that is missing in `released`.
    """
    copy = report.attempt(lambda: walk(released), "the copy")
    if copy is not None:
        report.check(
            "the file holds nothing but the picture, its orientation, a known profile and the ordered notice",
            _only(copy, order.notice),
        )
        report.check("the coding tables and scans are exact", untidy(copy))
        report.check("the file ends where the picture ends", _ends(released, copy))
    known, texts = _readable(released, copy)
    absent = names_absent.absent(order.secrets, released, texts, order.notice, known)
    report.check(names_absent.sentence(order.secrets, where_not), absent)
    return copy


def only_form(copy: Walked, released: bytes, turbojpeg: Path | None = None) -> Iterator[str]:
    """Yield a failure unless coding the coefficients anew gives the same coding.

    Bytes behind the last unit, rows below the frame, blocks beside it, unused tables and unusual padding are lost when
    coded anew. Tables made for the picture and libjpeg's progressive scans are accepted too.
    """
    progressive = bool(copy.payloads(0xC2))
    ways = (PROGRESSIVE,) if progressive else (0, OPTIMISE)
    bare, coding = copy.bare(released), copy.coding(released)
    if not any(_coding(coefficients.recoded(bare, way, library=turbojpeg)) == coding for way in ways):
        yield "the coding is not the one form that its coefficients have: something may be hidden in it"


def strays(copy: Walked, original: Walked, order: Order, *, is_same: bool) -> Iterator[str]:
    """Yield the differences between a copy and the source in its own coding; `is_same`: the bytes of the scans are equal."""
    if order.hide:
        yield "somebody is to be hidden, and the source's own coding hides nobody"
    if not _keeps_coefficients(original):
        yield "the source is of a kind that is written afresh"
    yield from _same(copy, original)
    yield from _sized(copy, original.size)
    if not (is_same and own_coding.has_segments_of(copy, original)):
        yield "the coding is not the source's"


def prove_as_it_was(
    report: Report,
    released: Path,
    read: Callable[[], bytes],
    order: Order,
    *,
    turbojpeg: Path | None = None,
    proven: str | None = None,
) -> Seen:
    """Check that `released` is exactly the JPEG that `read` returns, in its own coding; the order hides no person.

    It is `prove_jpeg` for such copies only, in less memory: it holds one picture at a time. `proven` is the sha256 of a
    source whose picture is known to need every byte of its coding. For these bytes that is not checked again.
    """
    original, sha256, copy = _read(report, released, read)
    # INVARIANT: believed of these very bytes alone, whose coding the copy is shown to have.
    is_proven = proven == sha256
    if original is not None:
        _prove(report, released, copy, original, order, turbojpeg, is_proven=is_proven)
    return Seen(copy.sha256, copy.size, copy.crc, sha256, is_last=is_proven)


@dataclass(frozen=True, slots=True)
class _Copy:
    """A copy as it was read: the bytes before and behind its scan, and whether the scan is the source's."""

    head: bytes
    behind: bytes
    scan: int
    is_same: bool
    sha256: str
    size: int
    crc: int


def _kept(
    report: Report,
    released: tuple[Walked, bytes],
    source: tuple[Walked, bytes],
    boxes: Sequence[Box],
    crop: PixelBox | None,
    turbojpeg: Path | None,
) -> None:
    """Check a copy that keeps coefficients."""
    copy, original = released[0], source[0]
    wanted = report.attempt(
        lambda: coefficients.expected(original.bare(source[1]), boxes, original.factors, crop, library=turbojpeg),
        "the source",
    )
    if wanted is None:
        return
    told = counted(len(boxes), "box", "boxes")
    where = " in the crop" if crop is not None else " outside the boxes" if boxes else ""
    zero = f", all in {told} are zero" if boxes else ""
    report.check(
        f"every coefficient{where} is the source's{zero}, and nothing else is coded",
        _differences(copy, released[1], wanted, boxes, turbojpeg),
    )
    del wanted
    if not boxes:
        return
    shown = report.attempt(lambda: compare_pixels.decoded(copy.bare(released[1]), "the copy"))
    if shown is not None:
        report.check(
            f"another decoder shows {told} filled from edge to edge",
            compare_pixels.flat(shown, [seen for box in boxes if (seen := _without_rim(box, original))]),
        )


def _differences(
    copy: Walked, released: bytes, wanted: bytes, boxes: Sequence[Box], turbojpeg: Path | None
) -> Iterator[str]:
    """Yield the differences between the copy and the bytes that it must have. Reasons are looked for only if there are any."""
    ours = walk(wanted)
    if ours.coding(wanted) == copy.coding(released):
        return
    yield "the coding is not exactly what the source's coefficients come to: something may be hidden in it"
    if _tables(copy) != _tables(ours):
        yield "the quantisation tables or the sampling are not the source's"
    if copy.factors == ours.factors:
        yield from coefficients.differences(copy.bare(released), wanted, boxes, copy.factors, library=turbojpeg)


def _afresh(
    report: Report,
    released: tuple[Walked, bytes],
    source: tuple[Walked, bytes],
    boxes: Sequence[Box],
    crop: PixelBox | None,
    turbojpeg: Path | None,
) -> None:
    """Check a copy that was written afresh from pixels: boxes are flat, the rest is within the encoder's tolerance."""
    copy, original = released[0], source[0]
    report.check("nothing is coded but the picture", only_form(copy, released[1], turbojpeg))
    expected = report.attempt(lambda: _picture(source[1], original, crop))
    shown = report.attempt(lambda: compare_pixels.decoded(copy.bare(released[1]), "the copy"))
    if expected is None or shown is None:
        return
    sentence = f"{counted(len(boxes), 'box is', 'boxes are')} filled from edge to edge" if boxes else ""
    report.check(sentence, compare_pixels.flat(shown, boxes))
    report.check("outside the boxes the picture is the source's", compare_pixels.strays(shown, expected, boxes))


def _picture(source: bytes, original: Walked, crop: PixelBox | None) -> Image.Image:
    """Return the picture that a copy written afresh must show, in sRGB if the source's profile is not kept."""
    image: Image.Image = compare_pixels.decoded(original.bare(source), "the source")
    if crop is not None:
        image = image.crop(crop.as_tuple())
    profile = original.profile()
    converted = compare_pixels.in_srgb(image, profile) if profile and not is_known(profile) else None
    return image if converted is None else converted


def _keeps_coefficients(original: Walked) -> bool:
    profile = original.profile()
    sampling = "".join(f"{h}{v}" for h, v in original.factors)
    return not original.coded_as_rgb() and sampling in ORDINARY and (not profile or is_known(profile))


def _only(copy: Walked, notice: Notice | None) -> Iterator[str]:
    """Yield a failure for each segment that is not on the list, is out of order or has other bytes than the allowed ones."""
    allowed = None if notice is None else XMP + packet(notice)
    has_known = is_known(copy.profile())
    ranks = []
    for part in copy.parts:
        rank = _rank(part, allowed, has_known=has_known)
        if rank is None:
            yield f"the file holds a segment {part.name} that a copy may not hold"
        else:
            ranks.append(rank)
    if ranks != sorted(ranks) or ranks.count(0) != 1 or ranks.count(1) > 1 or ranks.count(2) > 1:
        yield "the segments stand out of order or twice, or one is missing"
    if allowed is not None and 2 not in ranks:
        yield "the ordered notice is not in the file"


def _rank(part: Part, notice: bytes | None, *, has_known: bool) -> int | None:
    """Return the place of a segment among the others; None for one that a copy may not hold."""
    if part.marker == 0xE0:
        return 0 if part.payload == JFIF else None
    if part.marker == 0xE1 and part.payload.startswith(EXIF):
        return 1 if part.payload in ORIENTATIONS else None
    if part.marker == 0xE1:
        return 2 if part.payload == notice else None
    if part.marker == 0xE2:
        return 3 if part.payload.startswith(PROFILE) and len(part.payload) > 14 and has_known else None
    # A restart interval is never written.
    return 4 if part.marker in CODING - {0xDD} else None


def _ends(released: bytes, copy: Walked) -> Iterator[str]:
    if copy.end != len(released):
        yield f"{len(released) - copy.end} bytes stand behind the end of the picture"
    if copy.end != 4 + sum(part.end - part.start for part in copy.parts):
        yield "fill bytes stand between the segments"


def _same(copy: Walked, original: Walked) -> Iterator[str]:
    if copy.orientation() != original.orientation():
        yield "the copy's orientation is not the source's"
    if copy.profile() != (original.profile() if is_known(original.profile()) else b""):
        yield "the copy's colour profile is not the source's"


def _sized(copy: Walked, size: tuple[int, int]) -> Iterator[str]:
    if copy.size != size:
        yield "the copy's size is not the source's, or not the crop's"


def _tables(walked: Walked) -> list[bytes]:
    return [part.payload for part in walked.parts if part.marker in CODING - {0xC4, 0xDA}]


def _coding(data: bytes) -> bytes:
    return walk(data).coding(data)


def _without_rim(box: Box, original: Walked) -> Box | None:
    """Return a box without its outermost pixel if chroma is subsampled: decoders mix that pixel with those outside."""
    rim = [0 if side == BLOCK else 1 for side in original.unit]
    left, top = (edge + by if edge else 0 for edge, by in zip(box[:2], rim, strict=True))
    right, bottom = (
        edge - by if edge < side else edge for edge, side, by in zip(box[2:], original.size, rim, strict=True)
    )
    return (left, top, right, bottom) if left < right and top < bottom else None


def _readable(released: bytes, copy: Walked | None) -> tuple[list[tuple[int, int]], bytes]:
    """Return the place of a known profile, whose own text (its maker's name) is no secret, and all other text."""
    if copy is None:
        return [], released
    known = is_known(copy.profile())
    told = [part for part in copy.parts if part.marker == 0xE2 and part.payload.startswith(PROFILE) and known]
    texts = [part.payload for part in copy.parts if part not in told and part.marker not in CODING]
    return [(part.start, part.end) for part in told], b"\0".join([*texts, released[copy.end :]])


def _prove(
    report: Report,
    released: Path,
    copy: _Copy,
    original: Walked,
    order: Order,
    turbojpeg: Path | None,
    *,
    is_proven: bool,
) -> None:
    # The source's scan holds no marker. So with one byte in its place the walk is the same, and all but the scan is
    # checked. The scan is not searched for names: only a coding is accepted here whose picture needs every byte.
    short = container(report, copy.head + _STAND_IN + copy.behind, order, where_not=NOT_IN_SCAN)
    if short is None:
        return
    is_same = copy.is_same and _scan_of(short) == (len(copy.head), len(copy.head) + len(_STAND_IN))
    if report.check(AS_IT_WAS, strays(short, original, order, is_same=is_same)):
        whole = short.with_longer_scan(copy.scan - len(_STAND_IN))
        room = own_coding.room(whole, lambda: _whole(released), order.secrets, turbojpeg, is_needed=is_proven)
        report.check(BEFORE if is_proven else NEEDED, room)


def _read(report: Report, released: Path, read: Callable[[], bytes]) -> tuple[Walked | None, str, _Copy]:
    """Return the walked source with its sha256, and the copy as it was read. The source's bytes are released."""
    source = read()
    original = report.attempt(lambda: walk(source), "the source")
    scan = _scan_of(original) if original is not None else None
    if original is not None and scan is None:
        report.check("", [NOT_ONE_SCAN])
    start, end = scan or (0, 0)
    return original, hashlib.sha256(source).hexdigest(), _look(released, source, start, end)


def _scan_of(walked: Walked) -> tuple[int, int] | None:
    """Return the start and the end of the data of a JPEG's one scan; None if it has several."""
    scans = [part for part in walked.parts if part.marker == _SCAN]
    return (_data_of(scans[0]), scans[0].end) if len(scans) == 1 else None


def _data_of(part: Part) -> int:
    return part.start + 4 + len(part.payload)


def _look(released: Path, source: bytes, start: int, end: int) -> _Copy:
    """Read a copy once, from its beginning to its end, and compare its scan with `source[start:end]`."""
    digest, crc, is_same, count = hashlib.sha256(), 0, True, 0
    with released.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(max(size - (end - start) - len(_END), 0))
        digest.update(head)
        crc = zlib.crc32(head)
        buffer = memoryview(bytearray(_PIECE))
        for at in range(start, end, _PIECE):
            piece = buffer[: min(_PIECE, end - at)]
            got = file.readinto(piece)
            is_same = is_same and got == len(piece) and source.startswith(piece, at)
            digest.update(piece[:got])
            crc = zlib.crc32(piece[:got], crc)
            count += got
        behind = file.read()
    digest.update(behind)
    crc = zlib.crc32(behind, crc)
    return _Copy(head, behind, end - start, is_same, digest.hexdigest(), len(head) + count + len(behind), crc)


def _whole(released: Path) -> bytearray:
    with released.open("rb", buffering=0) as file:
        data = bytearray(os.fstat(file.fileno()).st_size)
        file.readinto(data)
        return data
