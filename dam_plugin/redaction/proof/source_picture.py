"""Makes the picture that a copy must show, from the source, with the prover's own code: upright, in sRGB, boxes filled, cut.

It reads how a source is turned: from Exif's tag 0x0112, or from HEIF's `irot` and `imir`. A source may hold further data.
Reading is limited, and unclear data raise NotProven.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType

from PIL import Image, ImageFile

from dam_plugin.errors import NotProven
from dam_plugin.redaction.model import CLEAR_ALPHA, FILL
from dam_plugin.redaction.proof import bmff, compare_pixels
from dam_plugin.redaction.proof.allowed import is_known, refuse, sized
from dam_plugin.redaction.proof.compare_pixels import Opener
from dam_plugin.redaction.proof.hidden_boxes import Box, upright_size

TURNED_BY_DECODER = frozenset({"image/tiff", "image/heic", "image/heif"})
"""Types for which the decoder gives an upright picture."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Module and class, imported only when they are needed.
_OPENERS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "image/png": ("PIL.PngImagePlugin", "PngImageFile"),
        "image/webp": ("PIL.WebPImagePlugin", "WebPImageFile"),
        "image/tiff": ("PIL.TiffImagePlugin", "TiffImageFile"),
        "image/avif": ("PIL.AvifImagePlugin", "AvifImageFile"),
        "image/jpeg": ("PIL.JpegImagePlugin", "JpegImageFile"),
    }
)
_HEAVIEST = 50_000_000
_MOST = MappingProxyType({"image/png": 89_000_000, "image/tiff": 89_000_000})
"""Most pixels that are decoded, by type; _HEAVIEST for any other type. A small file may grow to that, and is in memory
several times."""
_PNG_SHOWS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"iCCP", b"IDAT", b"IEND"})
_MOST_CHUNKS = 1 << 18
_HEAVY = frozenset({"image/webp", "image/avif", "image/heic", "image/heif"})
_OPAQUE = frozenset({"1", "L", "RGB"})
_WITH_ALPHA = frozenset({"LA", "PA", "RGBA"})
_ORIENTATION = 0x0112
_MOST_PARTS = 1 << 16
_BY_TURN = {
    # (quarter turns against the clock, axis of the mirror that follows) as Exif's orientation; HEIF 6.5.10 and 6.5.12.
    (0, None): 1, (0, 0): 4, (0, 1): 2,
    (1, None): 8, (1, 0): 5, (1, 1): 7,
    (2, None): 3, (2, 0): 2, (2, 1): 4,
    (3, None): 6, (3, 0): 7, (3, 1): 5,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stored:
    """A source: (width, height) of its stored frame, how the frame is turned upright, and its colour profile (b"": none).

    `image` is the decoded picture. If the decoder of its format turns it, that is the upright picture.
    """

    image: Image.Image
    size: tuple[int, int]
    orientation: int
    profile: bytes


def source_frame(source: bytes, media_type: str) -> Stored:
    """Decode a source, and read how its stored frame is turned; raises NotProven."""
    orientation = orientation_of(source, media_type)
    image = decoded(_shown_alone(source) if media_type == "image/png" else source, media_type)
    size = upright_size(image.size, orientation) if media_type in TURNED_BY_DECODER else image.size
    return Stored(image, size, orientation, bytes(image.info.get("icc_profile") or b""))


def wanted(stored: Stored, boxes: Sequence[Box], crop: Box | None, *, turned: bool) -> tuple[Image.Image, bool]:
    """Return the upright picture (L, RGB or RGBA), and whether its colours had to be converted.

    `boxes` and `crop` are in pixels of the upright picture. `turned`: the picture is upright already. Pixels with an
    alpha of CLEAR_ALPHA or less are emptied.
    """
    image, converted = _in_srgb(stored.image, stored.profile)
    if stored.orientation != 1 and not turned:
        image = image.transpose(_TURNS[stored.orientation])
    if image.mode == "RGBA":
        image.paste((0, 0, 0, 0), mask=image.getchannel("A").point(lambda alpha: 255 * (alpha <= CLEAR_ALPHA)))
    for box in boxes:
        image.paste((FILL, FILL, FILL, 255)[: len(image.mode)] if image.mode != "L" else FILL, box)
    return (image if crop is None else image.crop(crop)), converted


def is_lossless(source: bytes, media_type: str) -> bool:
    """Whether the coding of a source kept every pixel; then the copy has to keep them too."""
    return media_type in {"image/png", "image/tiff"} or (media_type == "image/webp" and b"VP8L" in _chunks(source))


def is_clear(image: Image.Image) -> bool:
    """Whether any pixel of a picture is not opaque."""
    return image.mode == "RGBA" and image.getchannel("A").getextrema() != (255, 255)


def decoded(data: bytes, media_type: str) -> Image.Image:
    """Return the loaded picture of `data`, using only the decoder of that type; raises NotProven."""
    opener = _opener(media_type)

    def open_bounded(file: io.BytesIO) -> ImageFile.ImageFile:
        image = opener(file)
        sized(*image.size, most=_MOST.get(media_type, _HEAVIEST))
        return image

    try:
        image = compare_pixels.decoded(data, "the picture", open_bounded)
    except (RuntimeError, MemoryError, EOFError, AssertionError, zlib.error):
        raise refuse("the picture does not decode") from None
    # Such decoders keep up to three copies of the picture for as long as their image lives.
    return image.copy() if media_type in _HEAVY else image


def plain(image: Image.Image) -> Image.Image:
    """Return a picture as L or RGB, or as RGBA if it has alpha; raises NotProven for other kinds of pixels."""
    if image.mode in _WITH_ALPHA or (image.mode in _OPAQUE | {"P"} and "transparency" in image.info):
        return image if image.mode == "RGBA" else image.convert("RGBA")
    if image.mode in _OPAQUE | {"P"}:
        mode = {"1": "L", "P": "RGB"}.get(image.mode, image.mode)
        return image if image.mode == mode else image.convert(mode)
    raise refuse("the picture's pixels are of a kind that is not compared here")


def orientation_of(source: bytes, media_type: str) -> int:
    """Return how the stored frame of `source` is turned upright, as Exif's orientation, 1..8.

    Raises NotProven if the source states it unclearly.
    """
    return _READERS[media_type](source)


def _shown_alone(source: bytes) -> bytes:
    """Return a PNG with only the chunks that viewers show, so that no text in it takes time or fails to decode."""
    kept, at = [source[:8]], 8
    for _ in range(_MOST_CHUNKS):
        kind, end = source[at + 4 : at + 8], at + 12 + int.from_bytes(source[at : at + 4])
        if kind in _PNG_SHOWS:
            kept.append(source[at:end])
        if kind == b"IEND" or end > len(source):
            break
        at = end
    return b"".join(kept)


def _chunks(source: bytes) -> Iterator[bytes]:
    """Yield the kinds of a WebP's chunks (RFC 9649, 2.3)."""
    at = 12
    for _ in range(_MOST_CHUNKS):
        if at >= len(source):
            return
        yield source[at : at + 4]
        length = int.from_bytes(source[at + 4 : at + 8], "little")
        at += 8 + length + length % 2


def _opener(media_type: str) -> Opener:
    if media_type in _OPENERS:
        module, name = _OPENERS[media_type]
        known: Opener = getattr(import_module(module), name)
        return known
    try:
        opener: Opener = import_module("pi_heif").HeifImageFile
    except ImportError:
        raise NotProven(["HEIC cannot be read here: install the extra `heif`"]) from None
    return opener


def _in_srgb(image: Image.Image, profile: bytes) -> tuple[Image.Image, bool]:
    """Return the picture as RGB or RGBA, in sRGB unless its profile is kept, and whether it was converted."""
    if not profile or is_known(profile):
        return plain(image), False
    alpha = plain(image).getchannel("A") if plain(image).mode == "RGBA" else None
    grey = {"LA": "L", "L": "L", "1": "L"}.get(image.mode)
    bare = image.convert(grey) if grey is not None else plain(image).convert("RGB")
    converted = compare_pixels.in_srgb(bare, profile)
    result = plain(image) if converted is None else converted
    if alpha is not None and result.mode == "RGB":
        result.putalpha(alpha)
    return result, converted is not None


def _of_png(source: bytes) -> int:
    at = 8
    for _ in range(_MOST_PARTS):
        length = int.from_bytes(source[at : at + 4])
        if source[at + 4 : at + 8] == b"eXIf":
            return _of_exif(source, at + 8, at + 8 + length)
        if source[at + 4 : at + 8] == b"IEND":
            break
        at += 12 + length
        if at >= len(source):
            break
    return 1


def _of_webp(source: bytes) -> int:
    at = 12
    for _ in range(_MOST_PARTS):
        length = int.from_bytes(source[at + 4 : at + 8], "little")
        if source[at : at + 4] == b"EXIF":
            start = at + 8 + 6 * source.startswith(b"Exif\0\0", at + 8)
            return _of_exif(source, start, at + 8 + length)
        at += 8 + length + length % 2
        if at >= len(source):
            break
    return 1


def _of_tiff(source: bytes) -> int:
    return _of_exif(source, 0, len(source))


def _of_exif(source: bytes, start: int, end: int) -> int:
    """Return the orientation of a TIFF structure's first directory (TIFF 6.0, section 2)."""
    sign = {b"II\x2a\0": "<", b"MM\0\x2a": ">"}.get(source[start : start + 4])
    if sign is None or end > len(source):
        return 1
    try:
        at = start + struct.unpack_from(sign + "I", source, start + 4)[0]
        (count,) = struct.unpack_from(sign + "H", source, at)
        entries = [(*struct.unpack_from(sign + "HHI", source, at + 2 + 12 * n), at + 10 + 12 * n) for n in range(count)]
        found = [(kind, values, place) for tag, kind, values, place in entries if tag == _ORIENTATION]
        if len(found) > 1:
            raise refuse("the orientation is stated twice")
        return _stated(source, sign, *found[0]) if found else 1
    except struct.error:
        return 1


def _stated(source: bytes, sign: str, kind: int, values: int, place: int) -> int:
    letter = {1: "B", 3: "H", 4: "I"}.get(kind)
    if letter is None or values != 1:
        raise refuse("the orientation is stated in an unusual way")
    (value,) = struct.unpack_from(sign + letter, source, place)
    return int(value) if value in range(1, 9) else 1


def _of_heif(source: bytes) -> int:
    """Return the turn of the primary item: its `irot`, then its `imir` (ISO/IEC 23008-12, 6.5.10 and 6.5.12)."""
    meta = _only(source, 0, len(source), b"meta")
    primary = bmff.body(source, _only(source, meta.body + 4, meta.end, b"pitm"), 16)
    whole = _only(source, meta.body + 4, meta.end, b"iprp")
    table, links = (_only(source, whole.body, whole.end, kind) for kind in (b"ipco", b"ipma"))
    properties = list(bmff.boxes(source, table.body, table.end))
    item = int.from_bytes(primary[4:8] if primary[:1] == b"\1" else primary[4:6])
    used = [properties[index - 1] for index in _linked(source, links, item) if 0 < index <= len(properties)]
    turns = [bmff.body(source, box, 8)[:1] or b"\0" for box in used if box.kind == b"irot"]
    mirrors = [bmff.body(source, box, 8)[:1] or b"\0" for box in used if box.kind == b"imir"]
    if len(turns) > 1 or len(mirrors) > 1:
        raise refuse("the orientation is stated twice")
    quarter, axis = (turns[0][0] & 3 if turns else 0), (mirrors[0][0] & 1 if mirrors else None)
    return _BY_TURN[quarter, axis]


def _only(source: bytes, start: int, end: int, kind: bytes) -> bmff.Box:
    found = [box for box in bmff.boxes(source, start, end) if box.kind == kind]
    if len(found) != 1:
        raise refuse(f"it does not hold exactly one box {kind.decode('ascii')}")
    return found[0]


def _linked(source: bytes, links: bmff.Box, item: int) -> Iterator[int]:
    """Yield the indices of the properties of one item (`ipma`, 9.3)."""
    table = bmff.body(source, links, _MOST_PARTS)
    wide_ids, wide = table[:1] > b"\0", table[3:4] > b"\0" and table[3] & 1
    at, step, mask = 8, 2 if wide else 1, 0x7FFF if wide else 0x7F
    for _ in range(int.from_bytes(table[4:8])):
        behind = at + (4 if wide_ids else 2)
        if behind >= len(table):
            return
        places = range(behind + 1, behind + 1 + table[behind] * step, step)
        if int.from_bytes(table[at:behind]) == item:
            yield from (int.from_bytes(table[place : place + step]) & mask for place in places)
        at = behind + 1 + table[behind] * step


_READERS: Mapping[str, Callable[[bytes], int]] = MappingProxyType(
    {
        "image/png": _of_png,
        "image/webp": _of_webp,
        "image/tiff": _of_tiff,
        "image/avif": _of_heif,
        "image/heic": _of_heif,
        "image/heif": _of_heif,
    }
)
