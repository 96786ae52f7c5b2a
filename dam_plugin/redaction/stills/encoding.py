"""From pixels to a fresh PNG or JPEG with fixed settings: the picture, a known colour profile and the notice, nothing else."""

from __future__ import annotations

import io
import struct
from typing import Any, Literal

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction.stills import jpeg

JPEG: dict[str, Any] = {"quality": 92, "subsampling": "4:4:4"}
UNWRITTEN = "the copy could not be written: export the picture as a PNG or JPEG and share that"

Kind = Literal["image/png", "image/jpeg"]


def encode(
    image: Image.Image, kind: Kind, *, profile: bytes | None, notice: bytes | None, orientation: int = 1
) -> bytes:
    """Return the file: a PNG, which keeps every pixel, or a JPEG, which alone may state an orientation.

    `image` is in L, LA, RGB or RGBA, for a JPEG in L or RGB; `profile` is a known one or None; `notice` is an XMP packet
    or None. Raises CannotRedact.
    """
    try:
        if kind == "image/png":
            return _png(image, profile, notice)
        fresh = jpeg.read(_saved(image, "JPEG", **JPEG))
        return jpeg.dress(fresh.segments, orientation, profile, notice)
    except (OSError, ValueError, RuntimeError, OverflowError, struct.error) as error:
        raise CannotRedact(UNWRITTEN) from error


def _saved(image: Image.Image, format_: str, **settings: Any) -> bytes:  # noqa: ANN401 - Pillow's settings
    file = io.BytesIO()
    image.save(file, format_, **settings)
    return file.getvalue()


def _png(image: Image.Image, profile: bytes | None, notice: bytes | None) -> bytes:
    texts = PngInfo()
    if notice:
        texts.add_itxt("XML:com.adobe.xmp", notice)
    return _saved(image, "PNG", pnginfo=texts, icc_profile=profile)
