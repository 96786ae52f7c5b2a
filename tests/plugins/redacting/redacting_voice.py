"""Reads and redacts portable pixmaps whose comments say who is where: `# NAME x y w h`; with `# lazy` it fills nothing."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import BinaryIO

from PIL import Image

from dam_hooks import hookimpl
from dam_plugin.model import Facts, Interval, Region
from dam_tagging.facts import NamedRegion

MEDIA_TYPE = "image/x-portable-pixmap"


@hookimpl
def read_metadata(file: BinaryIO) -> Facts | None:
    lines = file.read(4096).split(b"\n")
    if lines[0] != b"P6":
        return None
    people = [line[2:].decode().rsplit(" ", 4) for line in lines if line.startswith(b"# ") and line != b"# lazy"]
    regions = tuple(
        NamedRegion(name, "Face", Region(*map(float, numbers)), "the pixmap's comment") for name, *numbers in people
    )
    return Facts(MEDIA_TYPE, "read", regions=regions)


@hookimpl
def redact_media(file: BinaryIO, boxes: Sequence[Region], intervals: Sequence[Interval]) -> bytes | None:
    data = file.read()
    if not data.startswith(b"P6"):
        return None
    with Image.open(io.BytesIO(data), formats=["PPM"]) as picture:
        copy = picture.convert("RGB")
    for box in boxes if b"# lazy" not in data else ():
        left, top = math.floor(box.x * copy.width), math.floor(box.y * copy.height)
        right, bottom = math.ceil((box.x + box.w) * copy.width), math.ceil((box.y + box.h) * copy.height)
        copy.paste((128, 128, 128), (left, top, right, bottom))
    written = io.BytesIO()
    copy.save(written, "PNG")
    return written.getvalue()
