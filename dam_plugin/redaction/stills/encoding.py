"""From pixels to a fresh file, with fixed settings: the picture, a known colour profile and the notice, nothing else."""

from __future__ import annotations

import io
import struct
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction.stills import jpeg

JPEG: dict[str, Any] = {"quality": 92, "subsampling": "4:4:4"}
WEBP: dict[str, Any] = {"quality": 95, "method": 2, "exact": True}
WEBP_LOSSLESS: dict[str, Any] = {"lossless": True, "quality": 20, "method": 0, "exact": True}
"""Higher settings take more memory than a copy may: 792 MB for 24 megapixels."""
AVIF: dict[str, Any] = {"quality": 90, "speed": 9, "max_threads": 1, "autotiling": False}
"""One thread: the copy is the same on every machine, and takes 15 MB less. No more tiles than AV1 obliges to: each is
proven for itself."""
AVIF_LOSSLESS: dict[str, Any] = {**AVIF, "quality": 100}
TIFF: dict[str, Any] = {"compression": "tiff_adobe_deflate"}

XMP_TAG, BYTE = 700, 1
UNWRITTEN = "the copy could not be written: export the picture as a PNG or JPEG and share that"


def encode(
    image: Image.Image,
    media_type: str,
    *,
    profile: bytes | None,
    notice: bytes | None,
    lossless: bool = True,
    subsampling: str = "4:2:0",
    orientation: int = 1,
) -> bytes:
    """Return the file: a PNG, WebP, TIFF or AVIF, or a JPEG, which alone may state an orientation.

    `image` is in L, LA, RGB or RGBA; `profile` is a known one or None; `notice` is an XMP packet or None. PNG and TIFF
    are always without loss, WebP where `lossless` says so; AVIF then loses no more than what Pillow's conversion of
    colours takes. Raises CannotRedact.
    """
    try:
        match media_type:
            case "image/png":
                return _png(image, profile, notice)
            case "image/webp":
                return _webp(_in_colour(image), _told(profile, notice), lossless=lossless)
            case "image/tiff":
                return _tiff(image, profile, notice)
            case "image/avif":
                return _avif(image, _told(profile, notice), subsampling, lossless=lossless)
            case _:
                fresh = jpeg.read(_saved(image, "JPEG", **JPEG))
                return jpeg.dress(fresh.segments, orientation, profile, notice)
    except (OSError, ValueError, RuntimeError, OverflowError, struct.error) as error:
        raise CannotRedact(UNWRITTEN) from error


def _saved(image: Image.Image, format_: str, **settings: Any) -> bytes:  # noqa: ANN401 - Pillow's settings
    file = io.BytesIO()
    image.save(file, format_, **settings)
    return file.getvalue()


def _told(profile: bytes | None, notice: bytes | None) -> dict[str, Any]:
    return {**({"icc_profile": profile} if profile else {}), **({"xmp": notice} if notice else {})}


def _in_colour(image: Image.Image) -> Image.Image:
    return image.convert({"L": "RGB", "LA": "RGBA"}[image.mode]) if image.mode in {"L", "LA"} else image


def _webp(image: Image.Image, told: dict[str, Any], *, lossless: bool) -> bytes:
    if not lossless:
        try:
            return _saved(image, "WEBP", **WEBP, **told)
        except ValueError:
            # VP8 has room for so much detail and no more (half a megabyte of modes); VP8L has no such bound.
            pass
    return _saved(image, "WEBP", **WEBP_LOSSLESS, **told)


def _avif(image: Image.Image, told: dict[str, Any], subsampling: str, *, lossless: bool) -> bytes:
    if image.mode == "L":
        subsampling = "4:0:0"
    elif lossless:
        subsampling = "4:4:4"
    settings = AVIF_LOSSLESS if lossless else AVIF
    return _saved(
        image if image.mode == "L" else _in_colour(image), "AVIF", subsampling=subsampling, **settings, **told
    )


def _png(image: Image.Image, profile: bytes | None, notice: bytes | None) -> bytes:
    texts = PngInfo()
    if notice:
        texts.add_itxt("XML:com.adobe.xmp", notice)
    return _saved(image, "PNG", pnginfo=texts, icc_profile=profile)


def _tiff(image: Image.Image, profile: bytes | None, notice: bytes | None) -> bytes:
    tags = ImageFileDirectory_v2()
    if notice:
        tags[XMP_TAG] = notice
        tags.tagtype[XMP_TAG] = BYTE
    return _saved(image, "TIFF", tiffinfo=tags, **TIFF, **({"icc_profile": profile} if profile else {}))
