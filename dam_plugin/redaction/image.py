"""Writes the copy of a JPEG: the people to hide filled black, or nothing changed but the metadata.

Where the fill goes is `plan`'s; whether the bytes may be published is `prove`'s. A constant fill is the only change
that a face matcher does not see through, and the output depends on no pixel, table or thumbnail inside a box.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence

from PIL import Image, ImageCms, ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction import jpeg
from dam_plugin.redaction.plan import PixelBox, Plan
from dam_plugin.redaction.profiles import KNOWN_PROFILES
from dam_plugin.redaction.segments import DAMAGED

QUALITY = 92
FILL = 0


def redact(source: bytes, plan: Plan) -> bytes:
    """Return a JPEG of the same frame with `plan.pixel_boxes` black and no metadata but orientation and profile.

    The encoder's settings are fixed (quality 92, 4:4:4, baseline); a profile that is not on the list is applied and
    dropped. Raises CannotRedact where the source does not decode or is not the plan's picture.
    """
    picture = jpeg.read(source)
    if (picture.size, picture.orientation) != (plan.size, plan.orientation) or not plan.pixel_boxes:
        raise CannotRedact("the plan belongs to another picture: plan again from the file as it is now")
    image = _filled(_decoded(picture), plan.pixel_boxes)
    converted = _to_srgb(image, picture.profile)
    if converted is not None:
        image = _filled(converted, plan.pixel_boxes)
    return _encoded(image, picture)


def clean(source: bytes) -> bytes:
    """Return the picture without its metadata, its pixels bit-identical: the coded data itself is kept.

    Two rare kinds are written afresh instead, as `redact` does but with nothing filled: a colour profile that is not
    on the list (converted to sRGB), and components coded as RGB, which need a segment that we drop.
    Raises CannotRedact where the source does not decode.
    """
    picture = jpeg.read(source)
    image = _decoded(picture)
    converted = _to_srgb(image, picture.profile)
    if converted is None and not picture.rgb:
        return jpeg.dress(picture.coding, picture.orientation, _known(picture.profile))
    return _encoded(converted or image, picture)


def _decoded(picture: jpeg.Jpeg) -> Image.Image:
    if ImageFile.LOAD_TRUNCATED_IMAGES:
        raise CannotRedact(
            "Pillow is set to accept truncated pictures in this process: unset LOAD_TRUNCATED_IMAGES and share again"
        )
    try:
        image = JpegImageFile(io.BytesIO(jpeg.decodable(picture)))
        image.load()
    except (OSError, SyntaxError, ValueError) as error:
        raise CannotRedact(DAMAGED) from error
    return image


def _filled(image: Image.Image, boxes: Sequence[PixelBox]) -> Image.Image:
    for box in boxes:
        image.paste(FILL, box.as_tuple())
    return image


def _known(profile: bytes | None) -> bytes | None:
    return profile if profile is not None and hashlib.sha256(profile).hexdigest() in KNOWN_PROFILES else None


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image | None:
    """Return the picture in sRGB; None where its profile is absent, kept, or of no use (viewers then take sRGB)."""
    if profile is None or _known(profile):
        return None
    try:
        ours = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if ours.profile.xcolor_space.strip() == "RGB":
            image = image.convert("RGB")
        return ImageCms.profileToProfile(image, ours, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (OSError, ImageCms.PyCMSError):
        return None


def _encoded(image: Image.Image, picture: jpeg.Jpeg) -> bytes:
    fresh = io.BytesIO()
    image.save(fresh, "JPEG", quality=QUALITY, subsampling="4:4:4")
    return jpeg.dress(jpeg.read(fresh.getvalue()).coding, picture.orientation, _known(picture.profile))
