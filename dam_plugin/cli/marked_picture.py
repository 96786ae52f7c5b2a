"""The upright picture with what its metadata mark on it: regions and names. What a file says is read elsewhere."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from dam_plugin.cli.output import printable
from dam_plugin.errors import InputError
from dam_plugin.redaction.stills.pixels import TURNS
from dam_tagging.facts import Facts
from dam_tagging.metadata.fields.frame import same_aspect

LONGEST_SIDE = 1600
"""Pixels of the longer side of what is drawn."""

MOST_PIXELS = 64_000_000
"""A larger picture that cannot be opened at a smaller scale is not opened at all."""

PERSON, STALE, OTHER, CANVAS = "#00c853", "#ff6d00", "#2979ff", "#808080"
LINE, LETTER, LABEL = 4, 22, 80

NOT_OPENED = (OSError, ValueError, SyntaxError, EOFError, MemoryError, Image.DecompressionBombError)
"""What Pillow raises for pictures that it does not know or that are damaged."""


def drawn(file: Path, facts: Facts) -> Image.Image:
    """Return the upright picture, or a grey one of its shape where it cannot be opened, with what the file marks."""
    upright = _opened(file, facts) or _canvas(file, facts)
    pen, font = ImageDraw.Draw(upright), ImageFont.load_default(LETTER)
    for region in facts.regions:
        colour = STALE if region.stale else PERSON if region.shows_person else OTHER
        box = region.region
        left, top = box.x * upright.width, box.y * upright.height
        right, bottom = left + box.w * upright.width, top + box.h * upright.height
        pen.rectangle((left, top, right, bottom), outline=colour, width=LINE)
        text = f"{region.name or region.kind or '?'}{' (stale)' if region.stale else ''}"
        label = printable(text).replace("\n", " ")[:LABEL]
        where = (left + LINE, max(top - LETTER - LINE, 0))
        pen.rectangle(pen.textbbox(where, label, font=font), fill="black")
        pen.text(where, label, fill=colour, font=font)
    return upright


def save(picture: Image.Image, path: Path, original: Path) -> None:
    """Write the picture for its owner's eyes alone; the recording itself is never overwritten."""
    if path.exists() and path.samefile(original):
        raise InputError(f"{str(path)!a} is the recording itself: give --picture another name")
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        picture.save(out, "PNG")


def _opened(file: Path, facts: Facts) -> Image.Image | None:
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(file) as opened:
            opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            if opened.width * opened.height > MOST_PIXELS:
                return None
            stored = opened.convert("RGB")
    except NOT_OPENED:
        return None
    turn = TURNS.get(facts.orientation or 1)
    upright = stored if turn is None else stored.transpose(turn)
    # Of a raw file Pillow opens a preview, which may be cut.
    if facts.image_size is not None and not same_aspect(upright.size, facts.image_size):
        return None
    return upright.resize(_scaled(upright.size))


def _canvas(file: Path, facts: Facts) -> Image.Image:
    if facts.image_size is None:
        raise InputError(f"{str(file)!a} does not say how large its picture is: there is nothing to draw on")
    return Image.new("RGB", _scaled(facts.image_size), CANVAS)


def _scaled(size: tuple[int, int]) -> tuple[int, int]:
    width, height = (max(round(side * LONGEST_SIDE / max(size)), 1) for side in size)
    return width, height
