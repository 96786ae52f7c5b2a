"""Writes copies from pixels: of PNG, WebP, TIFF, AVIF and HEIC, and of JPEGs that `wipe` cannot copy.

A copy is a JPEG or PNG of fixed settings. It depends on no pixel inside a box, and on no metadata but the orientation
and the colour profile. `plan_picture` decides where boxes lie.
"""

from __future__ import annotations

import io
import struct
from typing import Any, Literal

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction.allowed_metadata import packet
from dam_plugin.redaction.boxes import check_plan
from dam_plugin.redaction.model import FILL, Frame, Notice, PixelBox, Plan
from dam_plugin.redaction.stills import heif, jpeg, png, tiff, webp
from dam_plugin.redaction.stills.decoding import decode, known
from dam_plugin.redaction.stills.still import SIDEWAYS, Still

SHORT = "the plan hides no more than the JPEG's own units, and colours reach beyond them: plan again for the pixel path"
NO_READER = "pictures of this type are not redacted: export it as a JPEG or PNG"
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""The turn of a stored frame to the upright picture, by Exif's orientation (Exif 3.0, tag 0x0112)."""
JPEG_SETTINGS: dict[str, Any] = {"quality": 92, "subsampling": "4:4:4"}
UNWRITTEN = "the copy could not be written: export the picture as a PNG or JPEG and share that"
Kind = Literal["image/png", "image/jpeg"]

_READERS = {"image/png": png.read, "image/webp": webp.read, "image/tiff": tiff.read}
_HEIF = frozenset({"image/avif", "image/heic", "image/heif"})


def frame(source: bytes, media_type: str) -> Frame:
    """Return the frame of a picture of that type, for its plan; raises CannotRedact with the remedy.

    The orientation is the same that the tagging used for its regions. The grid is 1 for PNG and TIFF, 16 for WebP, AVIF
    and HEIC, and the MCU's size for a JPEG.
    """
    return read(source, media_type).frame


def rewrite(source: bytes, plan: Plan, notice: Notice | None) -> bytes:
    """Return the copy that `plan` describes, written afresh: a JPEG of a lossy picture, a PNG of any other.

    A lossy picture that is not opaque becomes a PNG too: a JPEG has no transparency. The copy is upright, but that of a
    JPEG keeps its stored frame and states its orientation. Boxes are opaque and filled with FILL. A crop is cut before
    the picture is turned. A colour profile that is not on the list is applied and dropped. The only metadata are a known
    profile and `notice`. Raises CannotRedact if the source does not decode or the plan is for another picture.
    """
    still = read(source, plan.frame.media_type)
    _check(plan, still)
    image = decode(still)
    for box in plan.pixel_boxes:
        image.paste(_fill(image), box.as_tuple())
    if plan.crop is not None:
        image = image.crop(plan.crop.as_tuple())
    stored = still.media_type == "image/jpeg"
    if not stored and still.orientation != 1:
        image = image.transpose(TURNS[still.orientation])
    # This is judged after the boxes are filled, so that the kind of the copy reveals nothing about the pixels below a box.
    exact = still.lossless or is_clear(image)
    return encode(
        image if exact else _opaque(image),
        "image/png" if exact else "image/jpeg",
        profile=known(still.profile),
        notice=packet(notice) if notice else None,
        orientation=still.orientation if stored else 1,
    )


def read(source: bytes, media_type: str) -> Still:
    """Return the facts of a picture of that type, and a bare file that decodes to it. Raises CannotRedact."""
    if media_type == "image/jpeg":
        return _read_jpeg(source)
    if media_type in _HEIF:
        return heif.read(source, media_type)
    reader = _READERS.get(media_type)
    if reader is None:
        raise CannotRedact(NO_READER)
    return reader(source)


def encode(
    image: Image.Image, kind: Kind, *, profile: bytes | None, notice: bytes | None, orientation: int = 1
) -> bytes:
    """Return the picture as a PNG, which keeps every pixel, or as a JPEG. Only a JPEG may state an orientation.

    `image` is in L, LA, RGB or RGBA, for a JPEG in L or RGB; `profile` is a known one or None; `notice` is an XMP packet
    or None. Raises CannotRedact.
    """
    try:
        if kind == "image/png":
            return _png(image, profile, notice)
        fresh = jpeg.read(_saved(image, "JPEG", **JPEG_SETTINGS))
        return jpeg.dress(fresh.segments, orientation, profile, notice)
    except (OSError, ValueError, RuntimeError, OverflowError, struct.error) as error:
        raise CannotRedact(UNWRITTEN) from error


def is_clear(image: Image.Image) -> bool:
    """Whether any pixel of a picture is not opaque."""
    return "A" in image.getbands() and image.getchannel("A").getextrema() != (255, 255)


def _read_jpeg(source: bytes) -> Still:
    picture = jpeg.read(source)
    if picture.xmp_orientation not in {None, picture.orientation}:
        raise CannotRedact(SIDEWAYS)
    return Still(
        media_type="image/jpeg",
        size=picture.size,
        orientation=picture.orientation,
        grid=picture.mcu,
        bare=jpeg.decodable(picture),
        profile=picture.profile,
        lossless=False,
    )


def _opaque(image: Image.Image) -> Image.Image:
    """Return an opaque picture without its alpha channel."""
    return image.convert(image.mode.removesuffix("A")) if "A" in image.getbands() else image


def _fill(image: Image.Image) -> tuple[int, ...]:
    return tuple(255 if band == "A" else FILL for band in image.getbands())


def _check(plan: Plan, still: Still) -> None:
    """Check that the plan is for this picture: a box that is cut short would show a part of a hidden person."""
    check_plan(plan, still.frame)
    if still.media_type == "image/jpeg" and any(_is_short(box, still) for box in plan.pixel_boxes):
        raise CannotRedact(SHORT)


def _is_short(box: PixelBox, still: Still) -> bool:
    """Whether a box ends at the edge of a unit of subsampled colours. Upsampling carries these colours one pixel further."""
    sides = zip(box.as_tuple(), still.grid * 2, still.size * 2, strict=True)
    return any(unit > 8 and edge % unit == 0 and edge not in {0, limit} for edge, unit, limit in sides)


def _saved(image: Image.Image, format_: str, **settings: Any) -> bytes:  # noqa: ANN401 - Pillow's settings
    file = io.BytesIO()
    image.save(file, format_, **settings)
    return file.getvalue()


def _png(image: Image.Image, profile: bytes | None, notice: bytes | None) -> bytes:
    texts = PngInfo()
    if notice:
        texts.add_itxt("XML:com.adobe.xmp", notice)
    return _saved(image, "PNG", pnginfo=texts, icc_profile=profile)
