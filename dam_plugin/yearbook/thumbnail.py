"""A small upright picture of an uploaded or exported one, for a page that shows many; within bounds, whatever the file is."""

from __future__ import annotations

import base64
import io

from PIL import Image, ImageOps

LARGEST = 64 * 1024 * 1024
"""Bytes: of a larger file no small picture is made."""
# Pillow refuses larger pictures by itself; a warning is taken as a refusal too.
MOST_PIXELS = 120_000_000
# Nothing that Pillow hands to another program (EPS).
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF")


def thumbnail(body: bytes, widest: int) -> str | None:
    """Return a JPEG of at most `widest` pixels a side as a `data:` URL; None for what is no picture that we can open."""
    try:
        with Image.open(io.BytesIO(body), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                return None
            opened.draft("RGB", (widest * 2, widest * 2))
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    upright.thumbnail((widest, widest))
    small = io.BytesIO()
    upright.save(small, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(small.getvalue()).decode("ascii")
