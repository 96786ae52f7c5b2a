"""The picture that a copy must show, made from the source by the prover itself: upright, in sRGB, boxes filled, cut."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType

from PIL import Image, ImageFile

from dam_plugin.errors import NotProven
from dam_plugin.redaction.model import CLEAR_ALPHA, FILL
from dam_plugin.redaction.proof import pixels
from dam_plugin.redaction.proof.geometry import Box, upright_size
from dam_plugin.redaction.proof.held import is_known, refuse, sized
from dam_plugin.redaction.proof.pixels import Opener
from dam_plugin.redaction.proof.turned import orientation_of

TURNED_BY_DECODER = frozenset({"image/tiff", "image/heic", "image/heif"})
"""Types whose decoder gives the picture upright."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Module and class, imported where they are needed.
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
"""Pixels that are decoded: what a small file blows up to is held here several times. Of any other type: _HEAVIEST."""
_PNG_SHOWS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"iCCP", b"IDAT", b"IEND"})
_MOST_CHUNKS = 1 << 18
_HEAVY = frozenset({"image/webp", "image/avif", "image/heic", "image/heif"})
_OPAQUE = frozenset({"1", "L", "RGB"})
_WITH_ALPHA = frozenset({"LA", "PA", "RGBA"})


@dataclass(frozen=True, slots=True)
class Stored:
    """A source: (width, height) of its stored frame, how that is turned upright, and its colour profile (b"": none).

    `image` is as decoded; of a format whose decoder turns it, that is the upright picture.
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

    `boxes` and `crop` are in pixels of the upright picture, `turned` says that it is upright already. What lies under an
    alpha of CLEAR_ALPHA or less is emptied.
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
    """Whether the coding of a source kept every pixel: then the copy keeps them too."""
    return media_type in {"image/png", "image/tiff"} or (media_type == "image/webp" and b"VP8L" in _chunks(source))


def is_clear(image: Image.Image) -> bool:
    """Whether a picture lets anything shine through."""
    return image.mode == "RGBA" and image.getchannel("A").getextrema() != (255, 255)


def decoded(data: bytes, media_type: str) -> Image.Image:
    """Return the loaded picture of `data`, by the decoder of that type alone; raises NotProven."""
    opener = _opener(media_type)

    def open_bounded(file: io.BytesIO) -> ImageFile.ImageFile:
        image = opener(file)
        sized(*image.size, most=_MOST.get(media_type, _HEAVIEST))
        return image

    try:
        image = pixels.decoded(data, "the picture", open_bounded)
    except (RuntimeError, MemoryError, EOFError, AssertionError, zlib.error):
        raise refuse("the picture does not decode") from None
    # Such decoders keep the picture up to three times over as long as their image lives.
    return image.copy() if media_type in _HEAVY else image


def _shown_alone(source: bytes) -> bytes:
    """Return a PNG without what does not show, so that no text in it costs or fails anything."""
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


def plain(image: Image.Image) -> Image.Image:
    """Return a picture as L, RGB, or RGBA where it has alpha; raises NotProven for any other kind of pixels."""
    if image.mode in _WITH_ALPHA or (image.mode in _OPAQUE | {"P"} and "transparency" in image.info):
        return image if image.mode == "RGBA" else image.convert("RGBA")
    if image.mode in _OPAQUE | {"P"}:
        mode = {"1": "L", "P": "RGB"}.get(image.mode, image.mode)
        return image if image.mode == mode else image.convert(mode)
    raise refuse("the picture's pixels are of a kind that is not compared here")


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
    """Return the picture as RGB or RGBA, in sRGB unless its profile is one that is kept, and whether it was converted."""
    if not profile or is_known(profile):
        return plain(image), False
    alpha = plain(image).getchannel("A") if plain(image).mode == "RGBA" else None
    grey = {"LA": "L", "L": "L", "1": "L"}.get(image.mode)
    bare = image.convert(grey) if grey is not None else plain(image).convert("RGB")
    converted = pixels.in_srgb(bare, profile)
    result = plain(image) if converted is None else converted
    if alpha is not None and result.mode == "RGB":
        result.putalpha(alpha)
    return result, converted is not None
